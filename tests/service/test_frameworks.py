"""Frameworks are awarded to suppliers, and what calls off from them exists for nobody else."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest

import scoring
from service import frameworks
from tests.make import a_bid, a_corrigendum, a_score, a_tender
from tests.service.conftest import Market, Person, done, refused

FRAMEWORK = {"ends_at": "2131-06-01T12:00:00Z", "most_suppliers": 2, "total_value": "500000.00"}
MICROSECOND = timedelta(microseconds=1)


class Ranked(NamedTuple):
    """A framework that is evaluated, its bids by their bidders, and the run."""

    tender: dict[str, Any]
    bids: dict[str, str]
    run: dict[str, Any]


async def ranked(market: Market, later: datetime | None = None, **fields: Any) -> Ranked:
    """A framework; Birch is ranked before Alder, and Alder before Cedar. later: where a frozen clock then stands."""
    terms = {name: fields.pop(name) for name in FRAMEWORK if name in fields}
    needed = {"requirements": fields.pop("requirements", [])}
    deadline = {"submission_deadline": await market.in_an_hour()}
    draft = await market.draft(**deadline | {"framework": FRAMEWORK | terms} | fields)
    done(await market.author.put(f"/tenders/{draft['id']}/requirements", needed))
    tender = done(await market.approver.post(f"/tenders/{draft['id']}/publication", If_Match='"1"'))
    bids: dict[str, str] = {}
    for name, price in (("alder", "1184500.00"), ("birch", "1000000.00"), ("cedar", "1900000.00")):
        bids[name] = done(await getattr(market, name).submit(tender, a_bid(price=price)))["bid_id"]
    if later is not None:
        await market.set_clock(later)
    await market.open(tender)
    for bid_id in bids.values():
        done(await market.evaluator.put(f"/bids/{bid_id}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid_id}/consensus/method-statement", a_score()))
    lot = tender["lots"][0]
    await market.lock(tender)
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    return Ranked(tender, bids, run)


def an_award(found: Ranked, **fields: Any) -> dict[str, Any]:
    return {"evaluation_id": found.run["id"], "bid_id": found.bids["birch"], "reason": "As recommended."} | fields


async def awarded(
    market: Market, later: datetime | None = None, places: int | None = None, **terms: Any
) -> dict[str, Any]:
    """A framework that is awarded to Birch, with so many places in all."""
    found = await ranked(market, later, **terms)
    await market.recommend(found.tender, found.run, {"bid_id": found.bids["birch"]}, places)
    done(await market.approver.post(f"/lots/{found.tender['lots'][0]['id']}/award", an_award(found, places=places)))
    return found.tender


async def call_off(market: Market, framework: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return await market.publish(**({"framework_id": framework["id"], "estimated_value": "200000.00"} | fields))


async def refused_call_off(market: Market, framework: dict[str, Any], **fields: Any) -> set[str]:
    """The places that stand in the way of publishing a call-off."""
    given = {"framework_id": framework["id"], "estimated_value": "200000.00"}
    draft = await market.draft(**({"submission_deadline": await market.in_an_hour()} | given | fields))
    answer = await market.approver.post(f"/tenders/{draft['id']}/publication", If_Match='"1"')
    return {fault["pointer"] for fault in refused(answer, 422, "tender-not-ready")["errors"]}


async def seen(person: Person) -> set[str]:
    """Every tender in the person's list; asked by a key that the service knows, so that the door answers too."""
    found: set[str] = set()
    cursor = ""
    while True:
        page = done(await person.get(f"/tenders?limit=200{cursor and f'&cursor={cursor}'}"))
        found |= {line["id"] for line in page["items"]}
        if page["next"] is None:
            return found
        cursor = page["next"]


async def test_a_call_off_exists_for_its_buyer_and_the_framework_s_suppliers(market: Market) -> None:
    """Birch, who was awarded, finds, reads and bids; the city sees all of it."""
    framework = await awarded(market)
    tender = await call_off(market, framework)
    for person in (market.birch, market.author):
        assert tender["id"] in await seen(person)
        assert tender["id"] in await seen(person)
        assert done(await person.get(f"/tenders/{tender['id']}"))["framework_id"] == framework["id"]
    lot_id = tender["lots"][0]["id"]
    assert done(await market.birch.get(f"/lots/{lot_id}/sealing"))["lot_id"] == lot_id
    assert done(await market.birch.submit(tender))["tender"] == tender["reference"]
    assert (await market.last(tender))["kind"] == "bid.submitted"
    assert done(await market.birch.post(f"/lots/{lot_id}/bids?validate=only", a_bid()))["complete"]
    state = done(await market.birch.get(f"/tenders/{framework['id']}/framework"))
    assert [one["supplier"] for one in state["suppliers"]] == [market.birch.name]
    assert [one["tender_id"] for one in state["call_offs"]] == [tender["id"]]
    assert (state["called_off"], state["left"], state["ended"]) == ("200000.00", "300000.00", False)


async def test_for_everybody_else_a_call_off_does_not_exist_whatever_they_try(market: Market) -> None:
    """Lists, pages, sealing, bids by both doors, dry runs, documents, log, records: as if the id had been made up.

    Its own control: to the same requests about an open tender nobody is told that it does not exist.
    """
    framework = await awarded(market)
    hidden, shown = await call_off(market, framework), await market.publish()
    for person in (market.alder, market.cedar, market.stranger):
        for _ in range(2):
            found = await seen(person)
            assert hidden["id"] not in found
            assert shown["id"] in found
        for tender, missing in ((hidden, True), (shown, False)):
            tender_id, lot_id = tender["id"], tender["lots"][0]["id"]
            answers = [
                await person.get(f"/tenders/{tender_id}"),
                await person.get(f"/lots/{lot_id}/sealing"),
                await person.get(f"/lots/{lot_id}/bids"),
                await person.get(f"/tenders/{tender_id}/platform-record"),
                await person.get(f"/tenders/{tender_id}/log/checkpoint"),
                await person.get(f"/tenders/{tender_id}/key"),
            ]
            if person is not market.stranger:
                answers += [
                    await person.submit(tender),
                    await person.submit(tender),
                    await person.post(f"/lots/{lot_id}/bids?validate=only", a_bid()),
                    await person.http.post(
                        f"/lots/{lot_id}/documents",
                        content=b"x",
                        headers={"Authorization": f"Bearer {person.key}", "Idempotency-Key": str(uuid4())},
                    ),
                ]
            gone = [answer.status_code == 404 for answer in answers]
            if missing:
                assert all(gone), [(answer.request.url.path, answer.status_code) for answer in answers]
            else:
                assert not any(gone[:3] + gone[6:])
        refused(await person.get(f"/tenders/{framework['id']}/framework"), 404, "not-found")
    owner = market.owner
    assert await owner.fetchval("SELECT count(*) FROM bids WHERE lot_id = $1", hidden["lots"][0]["id"]) == 0
    assert await owner.fetchval("SELECT count(*) FROM documents WHERE lot_id = $1", hidden["lots"][0]["id"]) == 0


async def test_a_framework_is_concluded_with_several_by_two_persons(market: Market) -> None:
    """One recommends with how many, another decides on just that; then the second supplier takes part too."""
    found = await ranked(market)
    tender = found.tender
    award = f"/lots/{tender['lots'][0]['id']}/award"
    await market.recommend(tender, found.run, {"bid_id": found.bids["birch"]}, 2)
    refused(await market.approver.post(award, an_award(found)), 409, "not-recommended")
    refused(await market.approver.post(award, an_award(found, places=3)), 422, "too-many-places")
    refused(await market.moderator.post(award, an_award(found, places=2)), 403, "forbidden")
    made = done(await market.approver.post(award, an_award(found, places=2)))
    assert (made["places"], made["recommendation_number"]) == (2, 1)
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["bid_ids"]) == ("framework.concluded", [found.bids["alder"]])
    state = done(await market.alder.get(f"/tenders/{tender['id']}/framework"))
    assert [one["supplier"] for one in state["suppliers"]] == [market.birch.name, market.alder.name]
    called = await call_off(market, tender)
    assert done(await market.alder.submit(called))["tender_id"] == called["id"]
    refused(await market.cedar.get(f"/tenders/{called['id']}"), 404, "not-found")


async def test_nobody_gives_places_alone(market: Market) -> None:
    """Not who recommended them, who is an approver as well by now, nor who has scored; and nobody unasked."""
    found = await ranked(market)
    tender = found.tender
    award = f"/lots/{tender['lots'][0]['id']}/award"
    await market.recommend(tender, found.run, {"bid_id": found.bids["birch"]})
    refused(await market.approver.post(award, an_award(found, places=2)), 409, "not-recommended")
    await market.recommend(tender, found.run, {"bid_id": found.bids["birch"]}, 2)
    for role, person in (("moderator", market.moderator), ("evaluator", market.evaluator)):
        done(await market.author.delete(f"/tenders/{tender['id']}/roles/{person.id}/{role}"))
        await market.give(tender, person, "approver")
        refused(await person.post(award, an_award(found, places=2)), 409, "roles-conflict")
        done(await market.author.delete(f"/tenders/{tender['id']}/roles/{person.id}/approver"))
        await market.give(tender, person, role)
    assert await market.owner.fetchval("SELECT count(*) FROM framework_places WHERE lot_id = $1", lot_id(tender)) == 0
    done(await market.approver.post(award, an_award(found, places=2)))
    assert await market.owner.fetchval("SELECT count(*) FROM framework_places WHERE lot_id = $1", lot_id(tender)) == 1


def lot_id(tender: dict[str, Any]) -> str:
    return tender["lots"][0]["id"]


async def test_places_are_recommended_where_there_is_a_framework_and_bids_for_them(market: Market) -> None:
    """Not more than it takes, not without a bid, and not in another tender."""
    found = await ranked(market)
    path = f"/lots/{lot_id(found.tender)}/recommendations"
    body = an_award(found, places=2)
    for wrong in ({"places": 3}, {"places": 2, "bid_id": None}):
        refused(await market.moderator.post(path, body | wrong), 422, "too-many-places")
    refused(await market.moderator.post(path, body | {"places": 1}), 422, "invalid-request")
    refused(await market.moderator.get(f"/evaluations/{found.run['id']}/warnings?places=3"), 422, "too-many-places")
    plain, bids, run = await market.evaluated()
    other = {"evaluation_id": run["id"], "bid_id": bids[1]["bid_id"], "reason": "Two.", "places": 2}
    refused(await market.moderator.post(f"/lots/{lot_id(plain)}/recommendations", other), 409, "no-framework")
    refused(await market.author.get(f"/tenders/{plain['id']}/framework"), 409, "no-framework")
    early = await market.publish(framework=FRAMEWORK)
    assert "/framework_id" in await refused_call_off(market, early)


async def test_whoever_is_to_hold_a_place_has_met_what_was_published(market: Market) -> None:
    """Conditions and grounds are decided on for each of them, not only for the bid ranked first."""
    needed = {
        "id": "insurance",
        "kind": "condition",
        "title": "Insurance",
        "text": "5 million.",
        "evidence": "A policy.",
    }
    found = await ranked(market, jurisdiction="uk-pa2023", requirements=[needed])
    met = {"subject": "condition", "id": "insurance", "outcome": "met", "evidence": "Annex 5.", "reason": "In force."}
    done(await market.moderator.post(f"/bids/{found.bids['birch']}/selection", met))
    path = f"/lots/{lot_id(found.tender)}/recommendations"
    problem = refused(await market.moderator.post(path, an_award(found, places=2)), 409, "requirements-not-decided")
    assert [fault["pointer"] for fault in problem["errors"]] == [
        f"/bids/{found.bids['alder']}/selection/condition/insurance"
    ]
    done(await market.moderator.post(f"/bids/{found.bids['alder']}/selection", met))
    problem = refused(await market.moderator.post(path, an_award(found, places=2)), 422, "warnings-not-answered")
    asked = " ".join(fault["mend"] for fault in problem["errors"])
    assert f"grounds-not-decided/{found.bids['alder']}" in asked
    assert found.bids["cedar"] not in asked
    assert (await market.recommend(found.tender, found.run, {"bid_id": found.bids["birch"]}, 2))["places"] == 2


async def test_letters_of_a_framework_tell_each_bidder_whether_it_holds_a_place(market: Market) -> None:
    """Who holds one has won and compares itself with nobody; who does not learns the names of all who do."""
    found = await ranked(market, jurisdiction="uk-pa2023")
    await market.recommend(found.tender, found.run, {"bid_id": found.bids["birch"]}, 2)
    done(await market.approver.post(f"/lots/{lot_id(found.tender)}/award", an_award(found, places=2)))
    await market.send_letters(found.tender)
    path = f"/lots/{lot_id(found.tender)}/assessment-summaries"
    letters = {
        name: done(await getattr(market, name).get(f"{path}/{found.bids[name]}"))["letter"] for name in found.bids
    }
    names = [market.birch.name, market.alder.name]
    for name, holds in (("birch", True), ("alder", True), ("cedar", False)):
        told = letters[name]["framework"]
        assert told["place"] == ("holds a place" if holds else "does not hold a place")
        assert (told["suppliers"], told["most_suppliers"]) == (names, 2)
        assert (letters[name]["own"]["state"], letters[name]["winner"] is None) == (
            ("winner", True) if holds else ("not_awarded", False)
        )
    assert letters["alder"]["own"]["why_not_awarded"] is None
    assert letters["cedar"]["winner"]["supplier"] == market.birch.name
    assert market.cedar.name not in json.dumps(letters["alder"]) + json.dumps(letters["birch"])


async def test_letters_of_another_tender_say_nothing_of_places(market: Market) -> None:
    """Negative control."""
    tender, bids, _ = await market.awarded(jurisdiction="uk-pa2023")
    await market.send_letters(tender)
    path = f"/lots/{lot_id(tender)}/assessment-summaries/{bids[1]['bid_id']}"
    assert done(await market.birch.get(path))["letter"]["framework"] is None


def test_of_equal_bids_none_is_left_out():
    """Three bids share the second rank: two places cannot be given, four can."""
    ids = [UUID(int=number) for number in range(1, 5)]
    bids = [
        scoring.BidResult(
            id=str(bid_id), rank=rank, tied=rank == 2, points={}, weighted={}, total="1", flags=(), chain=()
        )
        for bid_id, rank in zip(ids, (1, 2, 2, 2), strict=True)
    ]

    class Result:
        """What `next_places` reads of an evaluation."""

    result: Any = Result()
    result.bids = bids
    for number in (2, 3):
        with pytest.raises(frameworks.TooManyPlaces):
            frameworks.next_places(result, ids[0], 10, number)
    assert frameworks.next_places(result, ids[0], 10, 4) == dict.fromkeys(ids[1:], 2)


async def test_who_lost_the_place_sees_no_more_of_what_calls_off(market: Market) -> None:
    """An annulled award takes its supplier's place, and those beside it; own receipts stay readable."""
    framework = await awarded(market)
    tender = await call_off(market, framework)
    receipt = done(await market.birch.submit(tender))
    annulment = {"annulled_by": "court", "reference": "[2022] EWHC 1532 (TCC)", "reason": "A manifest error."}
    done(await market.approver.post(f"/lots/{framework['lots'][0]['id']}/award/annulment", annulment))
    refused(await market.birch.get(f"/tenders/{tender['id']}"), 404, "not-found")
    refused(await market.birch.put(f"/bids/{receipt['bid_id']}", a_bid(), Idempotency_Key="k"), 404, "not-found")
    assert tender["id"] not in await seen(market.birch)
    assert done(await market.birch.get(f"/bids/{receipt['bid_id']}")) == receipt


async def test_a_call_off_keeps_to_its_framework(market: Market) -> None:
    """Value, currency and criteria; everything that stands in the way is named at once."""
    framework = await awarded(market)
    done(await market.author.get(f"/tenders/{framework['id']}/framework"))
    assert await refused_call_off(market, framework, estimated_value="500000.01") == {"/estimated_value"}
    await call_off(market, framework, estimated_value="400000.00")
    assert await refused_call_off(market, framework, estimated_value="100000.01") == {"/estimated_value"}
    other = a_tender()["lots"]
    other[0]["rules"]["criteria"][0] |= {"id": "whole-life-cost"}
    other[0]["rules"]["tie_break"] = other[0]["rules"]["tie_break"][:1]
    assert await refused_call_off(market, framework, lots=other, estimated_value="1.00") == {"/lots/0/rules/criteria"}
    exact = await call_off(market, framework, estimated_value="100000.00")
    assert exact["estimated_value"] == "100000.00"


async def test_two_call_offs_at_once_cannot_both_use_what_is_left(market: Market) -> None:
    """The framework's row is locked while what is left is compared."""
    framework = await awarded(market)
    given = {"framework_id": framework["id"], "estimated_value": "300000.00"}
    drafts = [await market.draft(submission_deadline=await market.in_an_hour(), **given) for _ in range(2)]
    paths = [f"/tenders/{draft['id']}/publication" for draft in drafts]
    answers = await asyncio.gather(*(market.approver.post(path, If_Match='"1"') for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200, 422]


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 200), (timedelta(0), 422), (MICROSECOND, 422)])
async def test_from_the_instant_of_its_end_nothing_is_called_off(
    frozen: Market, offset: timedelta, status: int
) -> None:
    """By the database's clock, to the microsecond."""
    start = datetime(2031, 3, 1, 9, tzinfo=UTC)
    await frozen.set_clock(start)
    end = start + timedelta(days=30)
    framework = await awarded(frozen, start + timedelta(minutes=1), ends_at=end.isoformat())
    given = {"framework_id": framework["id"], "estimated_value": "1.00"}
    draft = await frozen.draft(submission_deadline=(end + offset).isoformat(), **given)
    answer = await frozen.approver.post(f"/tenders/{draft['id']}/publication", If_Match='"1"')
    assert answer.status_code == status, answer.text
    await frozen.set_clock(end + offset)
    assert done(await frozen.author.get(f"/tenders/{framework['id']}/framework"))["ended"] is (status == 422)
    await frozen.set_clock(start)
    if status == 200:
        late = a_corrigendum(submission_deadline=end.isoformat())
        problem = refused(await frozen.propose(draft, late), 422, "invalid-request")
        assert problem["errors"][0]["message"] == "The framework ends before bids are in."


async def test_a_call_off_names_a_framework_of_its_own_buyer(market: Market) -> None:
    """Another buyer's framework, and none at all, are refused in the same words."""
    framework = await awarded(market)
    body = {"framework_id": framework["id"], "estimated_value": "1.00"}
    theirs = await market.stranger.post("/tenders", a_tender(**body))
    nobody = await market.stranger.post("/tenders", a_tender(**body | {"framework_id": str(uuid4())}))
    assert refused(theirs, 422, "no-such-framework") == refused(nobody, 422, "no-such-framework")
    plain = await market.publish()
    assert await refused_call_off(market, plain) == {"/framework_id"}


@pytest.mark.parametrize(
    "fields",
    [
        {"framework": FRAMEWORK | {"most_suppliers": 0}},
        {"framework": FRAMEWORK | {"total_value": "0"}},
        {"framework": FRAMEWORK | {"ends_at": "2131-06-01"}},
        {"framework_id": "6c0f6f7e-52a0-4a0c-8f0f-5f3f3f4e8b22"},
        {"framework_id": "6c0f6f7e-52a0-4a0c-8f0f-5f3f3f4e8b22", "estimated_value": "1", "framework": FRAMEWORK},
        {"estimated_value": "NaN"},
    ],
)
async def test_a_framework_is_limited_and_a_call_off_has_a_value(market: Market, fields: dict[str, Any]) -> None:
    """Without a term, a value and a number of suppliers nobody knows what was agreed."""
    refused(await market.author.post("/tenders", a_tender(**fields)), 422, "invalid-request")


async def test_a_framework_is_published_under_the_digest_and_warned_of_where_it_is_long(market: Market) -> None:
    """More than four years need a published reason under the Union's rules."""
    tender = await market.publish(framework=FRAMEWORK, jurisdiction="eu-2014-24")
    assert tender["framework"] == FRAMEWORK
    assert tender["rules_digest"] != scoring.digest([tender["lots"][0]["rules_digest"]])
    assert "/framework/ends_at" in [warning["pointer"] for warning in tender["warnings"]]
