"""What letters are made from: the award that stands, and what is stored about each bid."""

import msgspec

import scoring
from tests.make import a_decision
from tests.service.conftest import Market, done
from tests.service.test_summaries import path_of, three


async def test_after_an_annulment_the_next_award_has_letters_of_its_own(market: Market) -> None:
    """The first letters stay; the second ones tell of the second award."""
    tender, bids = await three(market)
    await market.send_letters(tender)
    lot = f"/lots/{tender['lots'][0]['id']}"
    annulment = {"annulled_by": "court", "reference": "[2026] EWHC 7", "reason": "A mark was wrong."}
    done(await market.approver.post(f"{lot}/award/annulment", annulment))
    done(await market.moderator.put(f"/bids/{bids['birch']}/state", a_decision(state="non_compliant")))
    run = await market.evaluate_again(tender)
    result = msgspec.convert(done(await market.moderator.get(f"/evaluations/{run['id']}")), scoring.Evaluation)
    await market.recommend(tender, run, {"bid_id": result.winner})
    award = {"evaluation_id": run["id"], "bid_id": result.winner, "reason": "As recommended."}
    done(await market.approver.post(f"{lot}/award", award))
    await market.send_letters(tender)
    letter = done(await market.birch.get(f"{path_of(tender)}/{bids['birch']}"))["letter"]
    assert (letter["award_number"], letter["own"]["state"]) == (2, "disqualified")
