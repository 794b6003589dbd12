"""Conditions of participation and mandatory requirements: written in the draft, frozen by publication, read by all."""

from typing import Any
from uuid import uuid4

import pytest

from service.examples import EXAMPLES
from tests.make import a_lot
from tests.service.conftest import Market, done, refused

BODY = EXAMPLES["write_requirements"].body


def a_requirement(**fields: Any) -> dict[str, Any]:
    return BODY["requirements"][0] | fields


async def test_what_bidders_must_fulfil_is_published_under_a_digest(market: Market) -> None:
    """The log of the publication names it; everybody reads it; afterwards nobody changes it."""
    draft = await market.draft()
    path = f"/tenders/{draft['id']}"
    written = done(await market.author.put(f"{path}/requirements", BODY))
    assert (written["version"], len(written["requirements"])) == (1, 2)
    assert (await market.last(draft))["data"] == {"digest": written["digest"], "number": 2}
    assert done(await market.author.put(f"{path}/requirements", BODY, If_Match='"1"'))["version"] == 2
    refused(await market.alder.get(f"{path}/requirements"), 404, "not-found")
    done(await market.approver.post(f"{path}/publication", If_Match='"1"'))
    assert (await market.last(draft))["data"]["requirements_digest"] == written["digest"]
    assert done(await market.alder.get(f"{path}/requirements"))["digest"] == written["digest"]
    refused(await market.author.put(f"{path}/requirements", BODY), 409, "tender-already-published")


async def test_who_names_the_version_overwrites_no_newer_one(market: Market) -> None:
    """The first needs no name, 0 being none yet; who replaces a whole list names it, and `*` is any that exists."""
    path = f"/tenders/{(await market.draft())['id']}/requirements"
    refused(await market.author.put(path, BODY, If_Match="*"), 412, "precondition-failed")
    first = await market.author.put(path, BODY, If_Match='"0"')
    assert (done(first)["version"], first.headers["etag"]) == (1, '"1"')
    refused(await market.author.put(path, BODY, If_Match='"0"'), 412, "precondition-failed")
    refused(await market.author.put(path, BODY), 428, "precondition-required")
    assert (await market.author.get(path)).headers["etag"] == '"1"'
    assert done(await market.author.put(path, BODY, If_Match='"1"'))["version"] == 2
    assert done(await market.author.put(path, BODY, If_Match="*"))["version"] == 3


async def test_a_tender_without_any_says_so(market: Market) -> None:
    """None written is none asked."""
    tender = await market.publish()
    found = done(await market.birch.get(f"/tenders/{tender['id']}/requirements"))
    assert (found["version"], found["requirements"]) == (0, [])


@pytest.mark.parametrize(
    ("requirements", "pointer"),
    [
        ([a_requirement(), a_requirement()], "/requirements/1/id"),
        ([a_requirement(lot=2)], "/requirements/0/lot"),
        ([a_requirement(kind="score")], "/requirements/0/kind"),
        ([a_requirement(evidence=" ")], "/requirements/0/evidence"),
        ([a_requirement(weighting="10")], "/requirements/0"),
    ],
)
async def test_what_cannot_be_asked_is_refused(market: Market, requirements: list[Any], pointer: str) -> None:
    """Twice the same id, a lot that is not there, no evidence; and a requirement has no weighting."""
    draft = await market.draft()
    answer = await market.author.put(f"/tenders/{draft['id']}/requirements", {"requirements": requirements})
    assert refused(answer, 422, "invalid-request")["errors"][0]["pointer"].startswith(pointer)


async def test_a_lot_that_went_away_stops_the_publication(market: Market) -> None:
    """What a requirement is for must be there when it is published."""
    draft = await market.draft(lots=[a_lot(), a_lot()])
    path = f"/tenders/{draft['id']}"
    done(await market.author.put(f"{path}/requirements", {"requirements": [a_requirement(lot=2)]}))
    body = {name: draft[name] for name in ("reference", "title", "currency", "time_zone", "submission_deadline")}
    done(await market.author.put(path, body | {"lots": [a_lot()]}, If_Match='"1"'))
    problem = refused(await market.approver.post(f"{path}/publication", If_Match='"2"'), 422, "tender-not-ready")
    assert problem["errors"][0]["pointer"] == "/requirements/0/lot"


async def test_only_the_author_writes_them(market: Market) -> None:
    """Neither an approver nor a colleague; for others the draft is not there."""
    draft = await market.draft()
    path = f"/tenders/{draft['id']}/requirements"
    for person in (market.approver, market.moderator, market.colleague):
        refused(await person.put(path, BODY), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.put(path, BODY), 404, "not-found")
    refused(await market.author.put(f"/tenders/{uuid4()}/requirements", BODY), 404, "not-found")
