"""Publication freezes a tender's rules, by somebody else than their author."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

import scoring
from tests.make import a_criterion, a_lot, a_rules, a_tender
from tests.service.conftest import Market, Person, done, refused

MICROSECOND = timedelta(microseconds=1)


async def publish(person: Person, tender: dict[str, Any], version: int = 1) -> httpx.Response:
    return await person.post(f"/tenders/{tender['id']}/publication", If_Match=f'"{version}"')


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


async def test_all_money_of_a_tender_is_in_its_currency(market: Market) -> None:
    """Nobody converts amounts, so a price in another currency is refused when the rules are frozen."""
    foreign = [a_lot(rules=a_rules(criteria=[a_criterion(unit="EUR")], tie_break=[]))]
    draft = await market.draft(lots=foreign)
    problem = refused(await publish(market.approver, draft), 422, "tender-not-ready")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/lots/0/rules/criteria/0/unit"]


async def test_a_language_that_nobody_chose_is_said_at_publication(market: Market):
    silent, chosen = await market.publish(), await market.publish(language="bg")
    assert "come in English" in "".join(one["message"] for one in silent["warnings"] if one["pointer"] == "/language")
    assert "/language" not in [one["pointer"] for one in chosen["warnings"]]
    assert (silent["language"], chosen["language"]) == (None, "bg")
    refused(await market.author.post("/tenders", a_tender(language="tlh")), 422, "invalid-request")


async def test_who_publishes_a_relative_price_formula_is_told_what_letters_will_give_away(market: Market):
    """C-13: before publication, when the formula can still be changed."""
    tender = await market.publish()
    told = [warning for warning in tender["warnings"] if "gives prices away" in warning["message"]]
    assert [warning["pointer"] for warning in told] == ["/lots/0/rules/criteria/0/method"]
    assert "choose an absolute formula" in told[0]["mend"]
