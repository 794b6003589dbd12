"""What bidders are asked after the opening: one part of the bid, a time to answer, and no new bid."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.clarifications import LONGEST, NoTimeToAnswer, check_time
from service.tenders import TenderRow
from tests.make import a_bid, a_score
from tests.service.conftest import Market, Person, done, refused


def lot_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}"


async def a_question(market: Market, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "explanation",
        "criterion_id": "method-statement",
        "question": "For which schools does the crane plan hold?",
        "due_at": await market.in_an_hour(),
    } | fields


async def ask(market: Market, bid: dict[str, Any], person: Person | None = None, **fields: Any) -> httpx.Response:
    body = {name: value for name, value in (await a_question(market, **fields)).items() if value is not None}
    return await (person or market.moderator).post(f"/bids/{bid['bid_id']}/clarifications", body)


async def answer(person: Person, asked: dict[str, Any], text: str = "For all twelve.") -> httpx.Response:
    return await person.put(f"/clarifications/{asked['id']}/answer", {"answer": text})


async def test_a_bidder_is_asked_about_one_part_of_its_bid_and_answers(market: Market) -> None:
    """Both are in the log; the bid is what it was."""
    tender, (alder, _) = await market.opened()
    before = done(await market.moderator.get(f"{lot_of(tender)}/bids"))
    asked = done(await ask(market, alder))
    assert (asked["number"], asked["answer"], asked["criterion_id"]) == (1, None, "method-statement")
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["bid_id"]) == ("clarification.asked", alder["bid_id"])
    assert done(await market.alder.get(f"/bids/{alder['bid_id']}/clarifications")) == [asked]
    answered = done(await answer(market.alder, asked))
    assert answered["answer"] == "For all twelve."
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("clarification.answered", market.alder.id)
    assert done(await market.moderator.get(f"{lot_of(tender)}/bids")) == before
    refused(await answer(market.alder, asked, "Or else for ten."), 409, "already-answered")


async def test_the_list_shows_who_was_asked_what(market: Market) -> None:
    """Equal treatment can be seen; a supplier sees its own questions and no rival's."""
    tender, (alder, birch) = await market.opened()
    done(await ask(market, alder))
    done(await ask(market, birch, question="And for which of yours?"))
    listed = done(await market.evaluator.get(f"{lot_of(tender)}/clarifications"))
    assert [(one["supplier"], one["number"]) for one in listed] == [
        ("Alder Roofing Ltd", 1),
        ("Birch & Sons Renewables", 1),
    ]
    refused(await market.alder.get(f"/bids/{birch['bid_id']}/clarifications"), 404, "not-found")
    refused(await market.alder.get(f"{lot_of(tender)}/clarifications"), 404, "not-found")
    refused(await market.colleague.get(f"{lot_of(tender)}/clarifications"), 403, "forbidden")


@pytest.mark.parametrize(
    ("fields", "slug"),
    [
        ({"kind": "negotiation"}, "invalid-request"),
        ({"criterion_id": None}, "invalid-request"),
        ({"document_id": str(uuid4())}, "invalid-request"),
        ({"criterion_id": "quality"}, "no-such-part"),
        ({"criterion_id": "unheard-of"}, "no-such-part"),
        ({"criterion_id": None, "document_id": str(uuid4())}, "no-such-part"),
        ({"kind": "obvious_error", "criterion_id": None, "document_id": str(uuid4())}, "invalid-request"),
        ({"question": " "}, "invalid-request"),
        ({"due_at": "2020-01-01T00:00:00Z"}, "no-time-to-answer"),
        ({"due_at": "9999-01-01T00:00:00Z"}, "no-time-to-answer"),
    ],
)
async def test_nothing_else_is_asked(market: Market, fields: dict[str, Any], slug: str) -> None:
    """Neither a negotiation, nor the bid as a whole, nor what the bid does not have, nor without time to answer."""
    _, (alder, _) = await market.opened()
    refused(await ask(market, alder, **fields), 422, slug)


@pytest.mark.parametrize(("microseconds", "allowed"), [(-1, True), (0, True), (1, False)])
def test_a_bidder_has_ninety_days_at_most(microseconds: int, allowed: object) -> None:
    """Until then nothing is decided: an instant without end would block the award for good."""
    now = datetime(2031, 3, 1, tzinfo=UTC)
    tender = TenderRow(**(dict.fromkeys(TenderRow.__struct_fields__) | {"now": now}))
    assert timedelta(days=90) == LONGEST
    due_at = now + LONGEST + timedelta(microseconds=microseconds)
    if allowed:
        check_time(tender, due_at)
    else:
        with pytest.raises(NoTimeToAnswer):
            check_time(tender, due_at)


async def test_only_who_moderates_asks(market: Market) -> None:
    """An evaluator asks through the moderator; an outsider not at all; after the award nobody does."""
    _, (alder, _), _ = await market.awarded()
    refused(await ask(market, alder), 409, "lot-already-awarded")
    _, (alder, _) = await market.opened()
    for person in (market.evaluator, market.author, market.officer, market.colleague):
        refused(await ask(market, alder, person), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await ask(market, alder, person), 404, "not-found")


async def test_before_the_opening_there_is_no_bid_to_ask_about(market: Market) -> None:
    """Too early."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    refused(await ask(market, receipt), 404, "not-found")
    refused(await market.alder.get(f"/bids/{receipt['bid_id']}/clarifications"), 404, "not-found")
    refused(await market.moderator.get(f"{lot_of(tender)}/clarifications"), 409, "not-opened")


async def test_only_the_bidder_itself_answers(market: Market) -> None:
    """A rival, the buyer and a stranger do not."""
    _, (alder, _) = await market.opened()
    asked = done(await ask(market, alder))
    for person in (market.birch, market.cedar):
        refused(await answer(person, asked), 404, "not-found")
    for person in (market.moderator, market.stranger):
        refused(await answer(person, asked), 403, "forbidden")
    refused(await answer(market.alder, {"id": str(uuid4())}), 404, "not-found")
    refused(await answer(market.alder, asked, " "), 422, "invalid-request")


@pytest.mark.parametrize(("microseconds", "status"), [(-1, 200), (0, 409), (1, 409)])
async def test_the_instant_is_already_too_late_to_answer(frozen: Market, microseconds: int, status: int) -> None:
    """By the database's clock, to the microsecond."""
    tender = await frozen.publish()
    done(await frozen.alder.submit(tender))
    now = await frozen.owner.fetchval("SELECT clock_timestamp()") + timedelta(hours=2)
    await frozen.set_clock(now)
    for officer in (frozen.officer, frozen.second_officer):
        done(await officer.post(f"{lot_of(tender)}/opening"))
    await frozen.clear(tender)
    (alder,) = done(await frozen.moderator.get(f"{lot_of(tender)}/bids"))
    due = now + timedelta(hours=1)
    asked = done(await ask(frozen, alder, due_at=due.isoformat()))
    await frozen.set_clock(due + timedelta(microseconds=microseconds))
    answered = await answer(frozen.alder, asked)
    assert answered.status_code == status
    if status == 409:
        refused(answered, 409, "answer-too-late")


async def test_a_sealed_price_is_not_asked_about(market: Market) -> None:
    """Before the prices are opened nobody asks what they mean."""
    lot = {"title": "Roofs", "rules": (await market.draft())["lots"][0]["rules"], "price_envelope": ["price"]}
    tender = await market.publish(lots=[lot])
    done(await market.alder.submit(tender, a_bid()))
    (bid,) = (await market.open(tender))["bids"]
    refused(await ask(market, bid, criterion_id="price"), 409, "prices-sealed")
    done(await ask(market, bid))


async def test_in_a_cancelled_lot_nothing_is_asked_or_answered(market: Market) -> None:
    """What leads to no award needs no answer."""
    tender, (alder, _) = await market.opened()
    asked = done(await ask(market, alder))
    done(await market.approver.post(f"{lot_of(tender)}/cancellation", {"reason": "No budget."}))
    refused(await answer(market.alder, asked), 409, "lot-cancelled")
    refused(await ask(market, alder), 409, "lot-cancelled")


async def test_an_answer_that_waits_for_a_cancellation_is_refused(market: Market) -> None:
    """What is true is read behind the lock, not before it."""
    tender, (alder, _) = await market.opened()
    asked = done(await ask(market, alder))
    async with market.owner.transaction():
        await market.owner.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
        waiting = asyncio.create_task(answer(market.alder, asked))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await market.owner.execute(
            "UPDATE lots SET cancelled_at = clock_timestamp() WHERE tender_id = $1", tender["id"]
        )
    refused(await waiting, 409, "lot-cancelled")


async def test_an_answer_scores_nothing_by_itself(market: Market) -> None:
    """The panel still gives its scores, and the run still asks for each of them."""
    tender, (alder, _) = await market.opened()
    done(await answer(market.alder, done(await ask(market, alder))))
    digest = {"rules_digest": tender["lots"][0]["rules_digest"]}
    refused(await market.moderator.post(f"{lot_of(tender)}/evaluations", digest), 409, "evaluation-incomplete")
    done(await market.evaluator.put(f"/bids/{alder['bid_id']}/scores/method-statement", a_score()))
