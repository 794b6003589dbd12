"""What letters are made from: the award that stands, and what is stored about each bid."""

import msgspec

import scoring
from tests.make import a_decision
from tests.service.conftest import Market, done, refused
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


async def test_a_letter_on_an_annulled_award_is_marked_for_all_who_read_it(market: Market) -> None:
    """It stays to the byte as it was sent; beside it when, by whom, why, and what replaces it once there is one."""
    tender, bids = await three(market)
    await market.send_letters(tender)
    path = f"{path_of(tender)}/{bids['alder']}"
    sent = done(await market.alder.get(path))
    assert sent["annulled"] is None
    annulment = {"annulled_by": "court", "reference": "[2026] EWHC 7", "reason": "A mark was wrong."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award/annulment", annulment))
    marked = done(await market.alder.get(path))
    assert marked["letter"] == sent["letter"]
    assert marked["digest"] == sent["digest"]
    assert {name: marked["annulled"][name] for name in annulment} == annulment
    assert (marked["annulled"]["replaced_by"], bool(marked["annulled"]["annulled_at"])) == (None, True)
    assert done(await market.auditor.get(f"{path}?award=1")) == marked
    run = await market.evaluate_again(tender)
    await market.recommend(tender, run, {"bid_id": bids["birch"]})
    award = {"evaluation_id": run["id"], "bid_id": bids["birch"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award", award))
    assert done(await market.alder.get(path))["annulled"]["replaced_by"] is None
    await market.send_letters(tender)
    assert (
        done(await market.alder.get(path))["letter"]["award_number"],
        done(await market.alder.get(path))["annulled"],
    ) == (
        2,
        None,
    )
    first = done(await market.alder.get(f"{path}?award=1"))
    assert (first["letter"], first["annulled"]["replaced_by"]) == (sent["letter"], 2)
    refused(await market.alder.get(f"{path}?award=3"), 404, "not-found")
    refused(await market.cedar.get(f"{path}?award=1"), 404, "not-found")
    refused(await market.stranger.get(f"{path}?award=1"), 404, "not-found")
