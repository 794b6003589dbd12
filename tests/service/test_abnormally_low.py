"""Low prices: flagged by the published test, explained with a clock, judged with reasons, rejected by decision only."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.abnormally_low import PeriodNotAllowed, check_period
from service.legal import ExplanationPeriod
from tests.make import a_bid, a_lot, a_score
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_selection import elapse, evaluate, lot_of, states

PERIOD = "period-not-allowed"
CASE = "environmental-social-labour-law"


async def a_low_price(
    market: Market, jurisdiction: str = "eu-2014-24"
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Alder's bid, Birch's below the published threshold, and the run that flags it."""
    lot = a_lot()
    lot["rules"]["abnormally_low"] = [{"id": "ALT-PT", "threshold": "700000"}]
    tender = await market.publish(lots=[lot], jurisdiction=jurisdiction)
    done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="600000.00")))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    return tender, bids, await evaluate(market, tender)


async def request(market: Market, bid: dict[str, Any], person: Person | None = None, **fields: Any) -> httpx.Response:
    body = {"question": "Explain your price in figures.", "due_at": await market.in_an_hour()} | fields
    return await (person or market.moderator).post(f"/bids/{bid['bid_id']}/abnormally-low/requests", body)


async def answer(market: Market, low: dict[str, Any]) -> None:
    path = f"/clarifications/{low['requests'][-1]['id']}/answer"
    done(await market.birch.put(path, {"answer": "The modules are in stock since 2030."}))


async def assess(person: Person, bid: dict[str, Any], *, explained: bool, **fields: Any) -> httpx.Response:
    body = {"explained": explained, "reason": "Wages and modules are shown in figures."} | fields
    return await person.post(f"/bids/{bid['bid_id']}/abnormally-low/assessments", body)


async def decide(person: Person, bid: dict[str, Any], outcome: str, **fields: Any) -> httpx.Response:
    body = {"outcome": outcome, "reason": "As assessed."} | fields
    return await person.post(f"/bids/{bid['bid_id']}/abnormally-low/decisions", body)


async def award(market: Market, tender: dict[str, Any], winner: dict[str, Any] | None) -> httpx.Response:
    """Approve what the moderator recommends on the last run."""
    run = done(await market.moderator.get(f"{lot_of(tender)}/evaluations"))[-1]
    await market.recommend(tender, run, winner)
    body = {"evaluation_id": run["id"], "bid_id": winner and winner["bid_id"], "reason": "As recommended."}
    return await market.approver.post(f"{lot_of(tender)}/award", body)


async def test_a_flagged_bid_is_explained_accepted_and_awarded(market: Market) -> None:
    """The award is refused at each step before, naming the bid and what is still to be done."""
    tender, (_, birch), result = await a_low_price(market)
    assert result["winner"] == birch["bid_id"]
    todo: list[str] = []

    async def refused_award() -> None:
        problem = refused(await award(market, tender, birch), 409, "not-assessed")
        (fault,) = problem["errors"]
        assert "Birch" in fault["message"]
        assert "ALT-PT:threshold" in fault["message"]
        assert fault["mend"]
        (low,) = done(await market.approver.get(f"{lot_of(tender)}/abnormally-low"))
        todo.append(low["open"])

    await refused_award()
    low = done(await request(market, birch))
    assert (low["flags"], low["open"]) == (["ALT-PT:threshold"], "answer")
    await refused_award()
    await answer(market, low)
    await refused_award()
    assert done(await assess(market.moderator, birch, explained=True))["open"] == "decision"
    assert (await market.last(tender))["kind"] == "abnormally-low.assessed"
    await refused_award()
    assert todo == ["request", "answer", "assessment", "decision"]
    assert done(await decide(market.approver, birch, "accepted"))["open"] is None
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["outcome"]) == ("abnormally-low.decided", "accepted")
    assert done(await award(market, tender, birch))["bid_id"] == birch["bid_id"]


async def test_a_rejection_is_a_decision_and_can_be_taken_back(market: Market) -> None:
    """Out of the race by it and by nothing else; a new request and assessment bring the bid back."""
    tender, (alder, birch), _ = await a_low_price(market)
    await answer(market, done(await request(market, birch)))
    done(await assess(market.moderator, birch, explained=False, reason="Wages are below the collective agreement."))
    assert await states(market, tender) == ["admissible", "admissible"]
    assert done(await decide(market.approver, birch, "rejected"))["state"] == "abnormally_low_rejected"
    assert (await market.last(tender))["data"]["source"] == "abnormally_low"
    assert (await evaluate(market, tender))["winner"] == alder["bid_id"]
    for state in ("admissible", "abnormally_low_rejected"):
        path = f"/bids/{birch['bid_id']}/state"
        refused(await market.moderator.put(path, {"state": state, "reason": "So be it."}), 409, "decided-elsewhere")
    await answer(market, done(await request(market, birch, question="And by the agreement of this year?")))
    refused(await decide(market.approver, birch, "accepted"), 409, "assessment-missing")
    done(await assess(market.moderator, birch, explained=True))
    assert done(await decide(market.approver, birch, "accepted"))["state"] == "admissible"
    assert (await evaluate(market, tender))["winner"] == birch["bid_id"]


async def test_nobody_judges_before_the_bidder_was_heard(market: Market) -> None:
    """Article 69(1): explanations are asked for first; silence counts only once its time has elapsed."""
    _, (_, birch), _ = await a_low_price(market)
    refused(await assess(market.moderator, birch, explained=False), 409, "not-answered")
    refused(await decide(market.approver, birch, "rejected"), 409, "not-answered")
    low = done(await request(market, birch))
    refused(await assess(market.moderator, birch, explained=False), 409, "not-answered")
    refused(await decide(market.approver, birch, "rejected"), 409, "not-answered")
    await elapse(market, low["requests"][0])
    refused(await decide(market.approver, birch, "rejected"), 409, "assessment-missing")
    done(await assess(market.moderator, birch, explained=False, reason="Nothing was explained."))
    assert done(await decide(market.approver, birch, "rejected"))["state"] == "abnormally_low_rejected"


async def test_a_decision_follows_from_the_assessment(market: Market) -> None:
    """What is explained is not rejected; what the law wants rejected is not accepted; else the approver may accept."""
    _, (_, birch), _ = await a_low_price(market)
    await answer(market, done(await request(market, birch)))
    done(await assess(market.moderator, birch, explained=True))
    refused(await decide(market.approver, birch, "rejected"), 409, "assessment-says-otherwise")
    done(await assess(market.moderator, birch, explained=False, mandatory_case=CASE, reason="Below the minimum wage."))
    refused(await decide(market.approver, birch, "accepted"), 409, "assessment-says-otherwise")
    done(await assess(market.moderator, birch, explained=False, reason="Thin, but legal."))
    assert done(await decide(market.approver, birch, "accepted"))["open"] is None


@pytest.mark.parametrize(
    ("case", "told"),
    [(CASE, "As assessed. (Directive 2014/24/EU, article 69(3), second subparagraph)"), (None, "As assessed.")],
)
async def test_who_must_be_rejected_is_told_by_which_law(market: Market, case: str | None, told: str) -> None:
    """It stands in the reason that the letter and the report repeat; without a case there is only the reason."""
    tender, (_, birch), _ = await a_low_price(market)
    await answer(market, done(await request(market, birch)))
    done(await assess(market.moderator, birch, explained=False, mandatory_case=case))
    done(await decide(market.approver, birch, "rejected"))
    states = done(await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/states"))
    assert [(one["state"], one["reason"]) for one in states] == [("abnormally_low_rejected", told)]


async def test_who_has_assessed_a_price_does_not_decide_on_it_under_another_role(market: Market) -> None:
    """Two persons reject a low price; a moderator who became approver is still the one who judged it."""
    tender, (_, birch), _ = await a_low_price(market)
    turncoat = await market.colleague_of(market.author, "Turncoat")
    await market.give(tender, turncoat, "moderator")
    await market.clear(tender, turncoat)
    await answer(market, done(await request(market, birch)))
    done(await assess(turncoat, birch, explained=False))
    done(await assess(market.moderator, birch, explained=False))
    done(await market.author.delete(f"/tenders/{tender['id']}/roles/{turncoat.id}/moderator"))
    await market.give(tender, turncoat, "approver")
    refused(await decide(turncoat, birch, "rejected"), 409, "assessed-by-yourself")
    assert done(await decide(market.approver, birch, "rejected"))["state"] == "abnormally_low_rejected"
    await evaluate(market, tender)
    done(await award(market, tender, None))


async def test_a_mandatory_case_is_one_of_the_jurisdictions(market: Market) -> None:
    """Article 69(3) names one; the Procurement Act 2023 none; and what is explained needs no case."""
    _, (_, birch), _ = await a_low_price(market, "uk-pa2023")
    await answer(market, done(await request(market, birch)))
    refused(await assess(market.moderator, birch, explained=False, mandatory_case=CASE), 422, "no-such-case")
    refused(await assess(market.moderator, birch, explained=True, mandatory_case=CASE), 422, "invalid-request")
    done(await assess(market.moderator, birch, explained=False))


async def test_a_price_that_no_test_flags_can_be_asked_about(market: Market) -> None:
    """Then it too must be dealt with before the award."""
    tender, (alder, birch), _ = await market.evaluated()
    assert done(await market.moderator.get(f"{lot_of(tender)}/abnormally-low")) == []
    low = done(await request(market, birch))
    assert (low["flags"], low["open"]) == ([], "answer")
    refused(await award(market, tender, birch), 409, "not-assessed")
    assert done(await award(market, tender, None))["bid_id"] is None
    refused(await request(market, alder), 409, "lot-already-awarded")


async def test_the_asked_supplier_sees_the_request_and_no_rival_does(market: Market) -> None:
    """Nor does an evaluator, whose scores are not about the price."""
    tender, (alder, birch), _ = await a_low_price(market)
    low = done(await request(market, birch))
    (asked,) = done(await market.birch.get(f"/bids/{birch['bid_id']}/clarifications"))
    assert asked == low["requests"][0]
    refused(await market.alder.get(f"/bids/{birch['bid_id']}/clarifications"), 404, "not-found")
    assert done(await market.alder.get(f"/bids/{alder['bid_id']}/clarifications")) == []
    assert done(await market.evaluator.get(f"{lot_of(tender)}/clarifications")) == []
    refused(await market.evaluator.get(f"{lot_of(tender)}/abnormally-low"), 403, "forbidden")
    refused(await market.birch.get(f"{lot_of(tender)}/abnormally-low"), 404, "not-found")


async def test_each_step_is_for_its_role(market: Market) -> None:
    """A moderator judges, an approver decides, an evaluator neither; for a rival and another city nothing is there."""
    _, (_, birch), _ = await a_low_price(market)
    for person in (market.evaluator, market.author, market.colleague):
        refused(await request(market, birch, person), 403, "forbidden")
    await answer(market, done(await request(market, birch, market.approver)))
    for person in (market.approver, market.evaluator, market.colleague):
        refused(await assess(person, birch, explained=True), 403, "forbidden")
    done(await assess(market.moderator, birch, explained=True))
    for person in (market.moderator, market.evaluator, market.colleague):
        refused(await decide(person, birch, "accepted"), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await request(market, birch, person), 404, "not-found")
        refused(await assess(person, birch, explained=True), 404, "not-found")
        refused(await decide(person, birch, "accepted"), 404, "not-found")
    refused(await request(market, {"bid_id": str(uuid4())}), 404, "not-found")


async def test_a_later_request_replaces_an_earlier_one_with_its_time(market: Market) -> None:
    """Nobody waits three months for a slip: the last request's time counts, and the first asks for nothing more."""
    _, (_, birch), _ = await a_low_price(market)
    hour = datetime.fromisoformat(await market.in_an_hour())
    slip = done(await request(market, birch, due_at=(hour + timedelta(days=89)).isoformat()))["requests"][0]["id"]
    low = done(await request(market, birch))
    await market.owner.execute("UPDATE clarifications SET asked_at = asked_at - interval '1 day' WHERE id = $1", slip)
    await elapse(market, low["requests"][1])
    assert done(await assess(market.moderator, birch, explained=False))["open"] == "decision"


@pytest.mark.parametrize("due_at", ["2020-01-01T00:00:00Z", "9999-01-01T00:00:00Z"])
async def test_a_request_leaves_time_to_answer(market: Market, due_at: str) -> None:
    """An instant that has passed is no time, and one far off blocks an award; a decision without reasons is none."""
    _, (_, birch), _ = await a_low_price(market)
    refused(await request(market, birch, due_at=due_at), 422, "no-time-to-answer")
    refused(await decide(market.approver, birch, "rejected", reason=" "), 422, "invalid-request")
    refused(await assess(market.moderator, birch, explained=True, reason=""), 422, "invalid-request")


@pytest.mark.parametrize(
    ("days", "microseconds", "allowed"), [(5, 0, True), (5, -1, False), (15, 0, True), (15, 1, False)]
)
def test_the_law_may_say_how_long_a_supplier_has(days: int, microseconds: int, allowed: object) -> None:
    """To the microsecond, both ends included; where it is silent any time that is left will do."""
    now = datetime(2031, 3, 1, tzinfo=UTC)
    law = ExplanationPeriod(
        least_days=5, most_days=15, source="A law", evidence="seen", valid_from=date(2031, 1, 1), valid_to=None
    )
    due_at = now + timedelta(days=days, microseconds=microseconds)
    if allowed:
        check_period(law, now, due_at)
    else:
        with pytest.raises(PeriodNotAllowed, match="at least 5 days, at most 15"):
            check_period(law, now, due_at)
    check_period(None, now, due_at + timedelta(days=900))


async def test_in_italy_a_supplier_has_fifteen_days_at_most(market: Market) -> None:
    """D.Lgs. 36/2023, article 110(2)."""
    tender = await market.publish(jurisdiction="eu-2014-24-it")
    done(await market.alder.submit(tender))
    (bid,) = (await market.open(tender))["bids"]
    hour = datetime.fromisoformat(await market.in_an_hour())
    problem = refused(await request(market, bid, due_at=(hour + timedelta(days=15)).isoformat()), 422, PERIOD)
    assert "110(2)" in problem["detail"]
    done(await request(market, bid, due_at=(hour + timedelta(days=14)).isoformat()))


async def test_while_the_price_is_sealed_nobody_finds_it_low(market: Market) -> None:
    """Too early."""
    lot = a_lot(price_envelope=["price"])
    tender = await market.publish(lots=[lot])
    done(await market.alder.submit(tender))
    (bid,) = (await market.open(tender))["bids"]
    refused(await request(market, bid), 409, "prices-sealed")
