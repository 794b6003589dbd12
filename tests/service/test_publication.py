"""Publication freezes a tender's rules; only numbered corrigenda change them afterwards."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

import scoring
from tests.make import a_corrigendum, a_criterion, a_lot, a_rules, a_tender
from tests.service.conftest import Market, Person, done, refused

DEADLINE = datetime(2031, 3, 14, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OTHER_RULES = a_rules(rounding=[{"stage": "total", "decimals": 3, "mode": "half_up"}])


async def publish(person: Person, tender: dict[str, Any], version: int = 1) -> httpx.Response:
    return await person.post(f"/tenders/{tender['id']}/publication", If_Match=f'"{version}"')


async def amend(person: Person, tender: dict[str, Any], change: dict[str, Any]) -> httpx.Response:
    """Issue a corrigendum on the present version."""
    etag = (await person.get(f"/tenders/{tender['id']}")).headers["etag"]
    return await person.post(f"/tenders/{tender['id']}/corrigenda", change, If_Match=etag)


# Publication


async def test_an_approver_publishes_and_the_rules_are_frozen_under_their_digest(market: Market) -> None:
    """Anybody can compute the published digest from the published rules."""
    tender = await market.draft()
    answer = await publish(market.approver, tender)
    published = done(answer)
    assert answer.status_code == 200
    assert published["stage"] == "published"
    assert published["published_at"]
    (lot,) = published["lots"]
    assert lot["rules_digest"] == scoring.rules_digest(msgspec.convert(lot["rules"], scoring.Lot))
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("tender.published", market.approver.id)
    assert entry["data"]["rules_digest"] == published["rules_digest"]
    seen = done(await market.alder.get(f"/tenders/{tender['id']}"))
    assert seen["rules_digest"] == published["rules_digest"]


async def test_everything_that_stands_in_the_way_is_named_at_once(market: Market) -> None:
    """A buyer mends a draft once, not fault by fault."""
    tender = done(await market.author.post("/tenders", a_tender(lots=[], submission_deadline=None)))
    await market.give(tender, market.approver, "approver")
    await market.give(tender, market.officer, "opening_officer")
    problem = refused(await publish(market.approver, tender), 422, "tender-not-ready")
    pointers = [fault["pointer"] for fault in problem["errors"]]
    assert sorted(pointers) == ["/lots", "/roles", "/roles", "/roles", "/submission_deadline"]
    assert all(fault["mend"] for fault in problem["errors"])
    log = done(await market.author.get(f"/tenders/{tender['id']}/events"))
    assert log[-1]["data"]["problem"] == "tender-not-ready"


async def test_one_officer_with_the_role_twice_is_one_officer(market: Market) -> None:
    """Two people open; holding the role twice makes nobody two people."""
    tender = await market.draft()
    done(await market.author.delete(f"/tenders/{tender['id']}/roles/{market.second_officer.id}/opening_officer"))
    problem = refused(await publish(market.approver, tender), 422, "tender-not-ready")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/roles"]


@pytest.mark.parametrize(("offset", "status"), [(MICROSECOND, 200), (timedelta(0), 422), (-MICROSECOND, 422)])
async def test_a_deadline_lies_in_the_future(frozen: Market, offset: timedelta, status: int) -> None:
    """A tender that nobody could bid for any more is not published."""
    now = await frozen.owner.fetchval("SELECT clock_timestamp()")
    tender = await frozen.draft(submission_deadline=(now + offset).isoformat())
    assert (await publish(frozen.approver, tender)).status_code == status


async def test_only_an_approver_publishes(market: Market) -> None:
    """Not the author, not the panel; for another city the draft does not exist."""
    tender = await market.draft()
    for person in (market.author, market.moderator, market.colleague):
        refused(await publish(person, tender), 403, "forbidden")
    missing = {"id": str(uuid4())}
    theirs, nobody = await publish(market.stranger, tender), await publish(market.stranger, missing)
    refused(theirs, 404, "not-found")
    assert theirs.content.replace(tender["id"].encode(), missing["id"].encode()) == nobody.content


async def test_nobody_publishes_what_they_wrote(market: Market) -> None:
    """Even if the role came to the author by another way, the author does not approve."""
    tender = await market.draft()
    await market.owner.execute("INSERT INTO tender_roles VALUES ($1, $2, 'approver')", tender["id"], market.author.id)
    refused(await publish(market.author, tender), 409, "roles-conflict")


async def test_the_published_version_is_the_one_that_was_read(market: Market) -> None:
    """An approver approves what was read, not what somebody has made of it since."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/publication"
    refused(await market.approver.post(path), 428, "precondition-required")
    done(await market.author.put(f"/tenders/{tender['id']}", a_tender(), If_Match='"1"'))
    refused(await publish(market.approver, tender), 412, "precondition-failed")
    assert (await publish(market.approver, tender, 2)).status_code == 200


async def test_a_tender_is_published_once(market: Market) -> None:
    """Of ten approvals at once, one publishes and nine are told."""
    tender = await market.draft()
    answers = await asyncio.gather(*(publish(market.approver, tender) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + 9 * [409]
    refused(await publish(market.approver, tender), 409, "tender-already-published")
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds.count("tender.published") == 1


# Corrigenda


async def test_a_corrigendum_is_numbered_and_tells_what_it_changes(market: Market) -> None:
    """Suppliers read each change with its number, its reason and its new values; the log has the new digest."""
    tender = await market.publish()
    answer = await amend(market.approver, tender, a_corrigendum(title="Solar roofs for eleven schools"))
    changed = done(answer)
    assert answer.status_code == 201
    assert answer.headers["etag"] != '"1"'
    assert changed["title"] == "Solar roofs for eleven schools"
    assert changed["submission_deadline"] == a_corrigendum()["submission_deadline"]
    assert changed["rules_digest"] == tender["rules_digest"]
    done(await amend(market.approver, tender, {"reason": "A word was missing.", "description": "Complete now."}))
    seen = done(await market.alder.get(f"/tenders/{tender['id']}"))
    assert [corrigendum["number"] for corrigendum in seen["corrigenda"]] == [1, 2]
    assert seen["corrigenda"][0]["reason"] == "The site visit was moved."
    assert set(seen["corrigenda"][0]["changes"]) == {"title", "submission_deadline"}
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["number"]) == ("corrigendum.issued", 2)
    assert entry["person_id"] == market.approver.id


async def test_new_rules_have_a_new_digest_and_lots_keep_their_ids(market: Market) -> None:
    """Whatever was computed under the old digest can be told from what is computed under the new."""
    tender = await market.publish()
    changed = done(await amend(market.approver, tender, a_corrigendum(lots=[a_lot(rules=OTHER_RULES)])))
    assert changed["lots"][0]["id"] == tender["lots"][0]["id"]
    assert changed["lots"][0]["rules_digest"] != tender["lots"][0]["rules_digest"]
    assert changed["rules_digest"] != tender["rules_digest"]


@pytest.mark.parametrize(
    ("pointer", "change"),
    [
        ("/submission_deadline", {"reason": "Sooner.", "submission_deadline": "2026-01-01T00:00:00Z"}),
        ("/submission_deadline", {"reason": "Rules without time.", "lots": [a_lot(rules=OTHER_RULES)]}),
        ("/lots", a_corrigendum(lots=[a_lot(), a_lot()])),
        ("", {"reason": "Nothing."}),
    ],
)
async def test_a_corrigendum_that_harms_bidders_is_refused(
    market: Market, pointer: str, change: dict[str, Any]
) -> None:
    """A published deadline moves only later, new rules give more time, lots stay as many as they are."""
    tender = await market.publish()
    problem = refused(await amend(market.approver, tender, change), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert done(await market.approver.get(f"/tenders/{tender['id']}"))["corrigenda"] == []


@pytest.mark.parametrize("reason", ["", "  ", None])
async def test_a_corrigendum_has_a_reason(market: Market, reason: object) -> None:
    """Nothing published is changed without saying why."""
    problem = refused(
        await amend(market.approver, await market.publish(), a_corrigendum(reason=reason)), 422, "invalid-request"
    )
    assert problem["errors"][0]["pointer"] == "/reason"


async def test_a_draft_has_no_corrigenda(market: Market) -> None:
    """Too early: what is not published is edited."""
    refused(await amend(market.approver, await market.draft(), a_corrigendum()), 409, "tender-not-published")


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 201), (timedelta(0), 409), (MICROSECOND, 409)])
async def test_corrigenda_end_with_the_deadline(frozen: Market, offset: timedelta, status: int) -> None:
    """Once bids can no longer be changed, neither can the rules, nor the deadline be revived."""
    await frozen.set_clock(DEADLINE - timedelta(hours=1))
    tender = await frozen.publish(submission_deadline=DEADLINE.isoformat())
    await frozen.set_clock(DEADLINE + offset)
    answer = await amend(frozen.approver, tender, a_corrigendum())
    assert answer.status_code == status
    if status == 409:
        refused(answer, 409, "submission-deadline-passed")


async def test_a_corrigendum_is_issued_by_an_approver_on_the_version_read(market: Market) -> None:
    """Neither the author nor outsiders change what is published, and no change overwrites another unseen."""
    tender = await market.publish()
    path = f"/tenders/{tender['id']}/corrigenda"
    refused(await amend(market.author, tender, a_corrigendum()), 403, "forbidden")
    refused(await market.approver.post(path, a_corrigendum()), 428, "precondition-required")
    refused(await market.approver.post(path, a_corrigendum(), If_Match='"99"'), 412, "precondition-failed")
    missing = str(uuid4())
    for person in (market.stranger, market.alder):
        theirs = await person.post(path, a_corrigendum(), If_Match='"1"')
        nobody = await person.post(f"/tenders/{missing}/corrigenda", a_corrigendum(), If_Match='"1"')
        refused(theirs, 404, "not-found")
        assert theirs.content.replace(tender["id"].encode(), missing.encode()) == nobody.content


async def test_corrigenda_at_once_are_numbered_one_after_the_other(market: Market) -> None:
    """Of several changes of one version the first is issued; the others read it first."""
    tender = await market.publish()
    changes = (amend(market.approver, tender, a_corrigendum(title=f"Title {number}")) for number in range(5))
    answers = await asyncio.gather(*changes)
    numbers = [c["number"] for c in done(await market.alder.get(f"/tenders/{tender['id']}"))["corrigenda"]]
    issued = [answer.status_code for answer in answers].count(201)
    assert numbers == list(range(1, issued + 1))
    assert issued >= 1


async def test_all_money_of_a_tender_is_in_its_currency(market: Market) -> None:
    """Nobody converts amounts, so a price in another currency is refused when the rules are frozen or changed."""
    foreign = [a_lot(rules=a_rules(criteria=[a_criterion(unit="EUR")], tie_break=[]))]
    draft = await market.draft(lots=foreign)
    problem = refused(await publish(market.approver, draft), 422, "tender-not-ready")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/lots/0/rules/criteria/0/unit"]
    tender = await market.publish()
    problem = refused(await amend(market.approver, tender, a_corrigendum(lots=foreign)), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/lots/0/rules/criteria/0/unit"]


async def test_who_wrote_a_tender_never_changes_it_as_its_approver(market: Market) -> None:
    """Giving up the author's role and taking the approver's makes nobody a second person."""
    tender = await market.publish()
    done(await market.approver.delete(f"/tenders/{tender['id']}/roles/{market.author.id}/author"))
    role = {"person_id": market.author.id, "role": "approver"}
    done(await market.approver.post(f"/tenders/{tender['id']}/roles", role))
    refused(await amend(market.author, tender, a_corrigendum()), 409, "roles-conflict")
