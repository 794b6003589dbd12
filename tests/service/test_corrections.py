"""Obvious errors: asked about, answered, proposed by one and confirmed by another; the opened value stays beside it."""

from typing import Any

import httpx
import pytest

from tests.make import a_bid, a_score
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_clarifications import answer, ask, lot_of


async def asked_about(
    market: Market, bid: dict[str, Any], criterion_id: str = "price", **fields: Any
) -> dict[str, Any]:
    """An obvious error that the bidder has been asked about."""
    question = {"kind": "obvious_error", "criterion_id": criterion_id, "question": "Did you mean 1184500?"}
    return done(await ask(market, bid, **question))


async def propose(person: Person, asked: dict[str, Any], corrected: str = "900000.00") -> httpx.Response:
    body = {"corrected": corrected, "reason": "The sum of the bill of quantities, which came with the bid."}
    return await person.post(f"/clarifications/{asked['id']}/correction", body)


async def decide(person: Person, asked: dict[str, Any], decision: str = "confirmed") -> httpx.Response:
    body = {"decision": decision, "reason": "The bill of quantities leaves no doubt."}
    return await person.put(f"/clarifications/{asked['id']}/correction/decision", body)


async def run_of(market: Market, tender: dict[str, Any]) -> dict[str, Any]:
    run = await market.evaluate_again(tender)
    return done(await market.moderator.get(f"/evaluations/{run['id']}"))


async def test_two_persons_mend_an_obvious_error_and_both_values_are_shown(market: Market) -> None:
    """The next run uses the corrected value; the offer as opened, and the run before, stay what they were."""
    tender, (alder, birch), _ = await market.evaluated()
    asked = await asked_about(market, alder)
    done(await answer(market.alder, asked, "Yes, a digit was lost: 900000."))
    proposed = done(await propose(market.moderator, asked))
    assert (proposed["original"], proposed["corrected"], proposed["decision"]) == ("1184500.00", "900000.00", None)
    assert (await market.last(tender))["kind"] == "correction.proposed"
    assert (await run_of(market, tender))["winner"] == birch["bid_id"]
    confirmed = done(await decide(market.approver, asked))
    assert confirmed["decision"] == "confirmed"
    assert "SAG ELV" in confirmed["source"]
    assert (await market.last(tender))["kind"] == "correction.decided"
    (opened, _) = done(await market.moderator.get(f"{lot_of(tender)}/bids"))
    assert (opened["offers"]["price"], opened["corrections"]) == ("1184500.00", {"price": "900000.00"})
    assert (await run_of(market, tender))["winner"] == alder["bid_id"]
    assert done(await market.auditor.get(f"{lot_of(tender)}/corrections")) == [confirmed]


async def test_an_evaluator_of_quality_reads_no_price_on_any_way(market: Market) -> None:
    """Neither as opened, nor in the question or the answer about it, nor corrected, nor in a decision's reason.

    The same holds for an author who gives up the evaluator's role and audits: a seat once held is what counts.
    """
    tender, (alder, _) = await market.opened()
    words = await asked_about(market, alder, "method-statement")
    asked = await asked_about(market, alder, question="Did you mean 900000.00?")
    done(await answer(market.alder, asked, "Yes, 900000.00."))
    done(await propose(market.moderator, asked))
    done(await decide(market.approver, asked))
    state = {"state": "non_compliant", "reason": "Not signed, and 900000.00 is no price for it."}
    done(await market.moderator.put(f"/bids/{alder['bid_id']}/state", state))
    paths = [f"{lot_of(tender)}/{name}" for name in ("bids", "clarifications", "corrections", "states")]
    paths.append(f"/bids/{alder['bid_id']}/clarifications")

    async def told(person: Person) -> list[bool]:
        return ["900000" in (await person.get(path)).text for path in paths]

    assert await told(market.moderator) == 5 * [True]
    assert await told(market.evaluator) == 5 * [False]
    (read,) = done(await market.evaluator.get(paths[1]))
    assert read["id"] == words["id"]
    assert [one["state"] for one in done(await market.evaluator.get(paths[3]))] == ["non_compliant"]
    await market.owner.execute(
        "UPDATE tender_roles SET role = 'auditor' WHERE tender_id = $1 AND person_id = $2",
        tender["id"],
        market.evaluator.id,
    )
    paths.append(f"/tenders/{tender['id']}/events")
    assert await told(market.evaluator) == 6 * [False]
    assert await told(market.auditor) == 6 * [True]
    refused(await market.evaluator.get(f"/tenders/{tender['id']}/log/entries"), 409, "scores-untold")


async def test_a_refused_correction_changes_nothing(market: Market) -> None:
    """And it is kept with its reason."""
    tender, (alder, birch), _ = await market.evaluated()
    asked = await asked_about(market, alder)
    done(await answer(market.alder, asked))
    done(await propose(market.moderator, asked))
    assert done(await decide(market.approver, asked, "refused"))["decision"] == "refused"
    assert (await run_of(market, tender))["winner"] == birch["bid_id"]
    refused(await decide(market.approver, asked), 409, "correction-decided")
    refused(await propose(market.moderator, asked), 409, "correction-proposed")


async def test_nothing_is_corrected_without_the_bidders_answer(market: Market) -> None:
    """Neither after silence nor after an explanation: SAG ELV lets the bidder be asked, not be guessed at."""
    _, (alder, birch) = await market.opened()
    refused(await propose(market.moderator, await asked_about(market, alder)), 409, "not-an-obvious-error")
    explained = done(await ask(market, birch))
    done(await answer(market.birch, explained))
    refused(await propose(market.moderator, explained), 409, "not-an-obvious-error")


@pytest.mark.parametrize("value", ["-1", "much", "1184500.00", "NaN", "1e5"])
async def test_a_corrected_value_is_one_that_the_bid_could_have_had(market: Market, value: str) -> None:
    """What submission would have refused no correction lets in, and the same value again is none."""
    _, (alder, _) = await market.opened()
    asked = await asked_about(market, alder)
    done(await answer(market.alder, asked))
    refused(await propose(market.moderator, asked, value), 422, "unfit-correction")


async def test_words_that_the_panel_scores_are_not_corrected(market: Market) -> None:
    """The answer explains them."""
    _, (alder, _) = await market.opened()
    asked = await asked_about(market, alder, "method-statement")
    done(await answer(market.alder, asked))
    refused(await propose(market.moderator, asked, "Better words."), 422, "unfit-correction")


async def test_one_person_alone_corrects_nothing(market: Market) -> None:
    """Only a moderator proposes, only an approver decides, and the database too wants two persons."""
    tender, (alder, _) = await market.opened()
    asked = await asked_about(market, alder)
    done(await answer(market.alder, asked))
    for person in (market.approver, market.evaluator, market.colleague):
        refused(await propose(person, asked), 403, "forbidden")
    refused(await decide(market.approver, asked), 404, "not-found")
    done(await propose(market.moderator, asked))
    for person in (market.moderator, market.evaluator, market.author):
        refused(await decide(person, asked), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await propose(person, asked), 404, "not-found")
        refused(await decide(person, asked), 404, "not-found")
        refused(await person.get(f"{lot_of(tender)}/corrections"), 404, "not-found")
    await market.owner.execute(
        "UPDATE tender_roles SET role = 'approver' WHERE tender_id = $1 AND person_id = $2",
        tender["id"],
        market.moderator.id,
    )
    refused(await decide(market.moderator, asked), 409, "corrected-by-yourself")
    done(await decide(market.moderator, asked, "refused"))


async def test_at_the_lock_open_values_stay_and_sealed_ones_are_not_corrected(market: Market) -> None:
    """Between the two envelopes nobody can fit quality to price, nor a price that nobody has seen."""
    rules = (await market.draft())["lots"][0]["rules"]
    tender = await market.publish(lots=[{"title": "Roofs", "rules": rules, "price_envelope": ["price"]}])
    done(await market.alder.submit(tender, a_bid()))
    (bid,) = (await market.open(tender))["bids"]
    asked = await asked_about(market, bid, "carbon")
    done(await answer(market.alder, asked))
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    done(await market.moderator.post(f"{lot_of(tender)}/consensus-lock"))
    refused(await propose(market.moderator, asked, "60"), 409, "consensus-locked")


async def test_after_the_award_nothing_is_corrected(market: Market) -> None:
    """What the award rests on stays."""
    tender, (alder, birch), run = await market.evaluated()
    asked = await asked_about(market, alder)
    done(await answer(market.alder, asked))
    done(await propose(market.moderator, asked))
    await market.recommend(tender, run, birch)
    award = {"evaluation_id": run["id"], "bid_id": birch["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"{lot_of(tender)}/award", award))
    refused(await decide(market.approver, asked), 409, "lot-already-awarded")
