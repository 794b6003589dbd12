"""What a bidder is told about its own exclusion or admission, and what nobody is told about others."""

from typing import Any

from tests.service.conftest import Market, done, refused
from tests.service.test_selection import GROUND, a_case, decide, elapse, evaluate, hear, lot_of

SECRET = "Westgate's file of 2025 shows a canary."


async def told(market: Market, tender: dict[str, Any], winner: dict[str, Any]) -> None:
    """Meet the winner's conditions, evaluate, award, and send the letters."""
    for subject, name in (("condition", "insurance"), ("mandatory", "modules")):
        done(await decide(market.moderator, winner, subject, name, "met"))
    await evaluate(market, tender)
    run = await market.evaluate_again(tender)
    await market.recommend(tender, run, winner)
    award = {"evaluation_id": run["id"], "bid_id": winner["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"{lot_of(tender)}/award", award))
    await market.send_letters(tender)


async def test_an_excluded_bidder_reads_ground_evidence_and_how_it_was_heard_and_nobody_else_does(
    market: Market,
) -> None:
    """Article 55(2)(a), 57(6): each in words, with the law; to the other bidder not a word of it."""
    tender, (alder, birch) = await a_case(market, "eu-2014-24-de")
    asked = done(await hear(market, alder))
    done(await market.alder.put(f"/clarifications/{asked['id']}/answer", {"answer": "We have a new plant."}))
    judged = {"evidence": SECRET, "reason": "A canary.", "self_cleaning": "The new plant alone mends nothing."}
    done(await decide(market.moderator, alder, "ground", GROUND, "excluded", **judged))
    done(await decide(market.moderator, alder, "condition", "insurance", "met"))
    await told(market, tender, birch)
    path = f"{lot_of(tender)}/assessment-summaries"
    own = done(await market.alder.get(f"{path}/{alder['bid_id']}"))["letter"]["own"]
    (one,) = own["participation"]
    assert (one["subject"], one["outcome"], one["evidence"]) == ("ground", "excluded", SECRET)
    assert "57(4)(g)" in one["source"]
    assert one["title"].endswith(".")
    assert one["heard"].count("(UTC, London)") == 2
    assert "your answer was considered" in one["heard"]
    assert own["state"] == "disqualified"
    assert one["title"] in own["disqualification"]
    assert "The new plant alone mends nothing." in own["disqualification"]
    assert GROUND not in own["disqualification"]
    answer = await market.birch.get(f"{path}/{birch['bid_id']}")
    assert answer.json()["letter"]["own"]["participation"] == []
    for text in ("canary", "excluded", market.alder.name):
        assert text not in answer.text, text


async def test_who_let_its_time_elapse_and_who_lacks_a_condition_read_that(market: Market) -> None:
    """Both stand in the letter; the published condition in its own words."""
    tender, (alder, birch) = await a_case(market, "eu-2014-24-de")
    await elapse(market, done(await hear(market, alder)))
    done(await decide(market.moderator, alder, "ground", GROUND, "excluded"))
    done(await decide(market.moderator, alder, "condition", "insurance", "not_met", reason="Cover of 2 million."))
    await told(market, tender, birch)
    own = done(await market.alder.get(f"{lot_of(tender)}/assessment-summaries/{alder['bid_id']}"))["letter"]["own"]
    condition, ground = own["participation"]
    assert "had not answered by" in ground["heard"]
    assert (condition["subject"], condition["heard"]) == ("condition", None)
    assert condition["title"] == "Liability insurance: Cover of at least 5 million pounds for each event."
    assert "Cover of 2 million." in own["disqualification"]


async def test_a_bidder_that_has_cleaned_itself_reads_how_that_was_judged(market: Market) -> None:
    """It is not excluded; the winner reads it as well as a loser would, each of itself."""
    tender, (alder, birch) = await a_case(market, "eu-2014-24-de")
    asked = done(await hear(market, birch))
    done(await market.birch.put(f"/clarifications/{asked['id']}/answer", {"answer": "We paid."}))
    judged = "Damages paid, site managers replaced."
    done(await decide(market.moderator, birch, "ground", GROUND, "self_cleaned", self_cleaning=judged))
    await told(market, tender, birch)
    path = f"{lot_of(tender)}/assessment-summaries"
    (one,) = done(await market.birch.get(f"{path}/{birch['bid_id']}"))["letter"]["own"]["participation"]
    assert (one["outcome"], one["self_cleaning"]) == ("self_cleaned", judged)
    letter = (await market.alder.get(f"{path}/{alder['bid_id']}")).text
    assert judged not in letter
    assert "self_cleaned" not in letter


async def test_words_of_a_decision_that_tell_of_another_bidder_stop_the_sending(market: Market) -> None:
    """They were written for the record; before they go out they are searched like any text of a letter."""
    tender, (alder, birch) = await a_case(market, "eu-2014-24-de")
    reason = f"Unlike {market.birch.name} it shows no policy."
    done(
        await decide(
            market.moderator, birch, "mandatory", "modules", "not_met", reason=f"Unlike {market.alder.name}'s."
        )
    )
    done(await decide(market.moderator, birch, "mandatory", "modules", "met"))
    done(await decide(market.moderator, alder, "condition", "insurance", "not_met", reason="See the file of Cedar."))
    done(await decide(market.moderator, alder, "condition", "insurance", "not_met", reason=reason))
    for subject, name in (("condition", "insurance"), ("mandatory", "modules")):
        done(await decide(market.moderator, birch, subject, name, "met"))
    run = await market.evaluate_again(tender)
    await market.recommend(tender, run, None)
    nothing = {"evaluation_id": run["id"], "bid_id": None, "reason": "The budget was cut."}
    done(await market.approver.post(f"{lot_of(tender)}/award", nothing))
    await market.complete_letters(tender)
    sending = await market.approver.post(f"{lot_of(tender)}/assessment-summaries/sending", {})
    problem = refused(sending, 409, "others-mentioned")
    places = {fault["pointer"] for fault in problem["errors"]}
    assert f"/bids/{alder['bid_id']}/participation:insurance" in places
    assert not any(birch["bid_id"] in place for place in places)
    text = f"{lot_of(tender)}/assessment-summaries/{alder['bid_id']}/texts/participation"
    refused(await market.moderator.put(f"{text}:modules", {"text": "Fine."}), 422, "no-such-field")
    done(await market.moderator.put(f"{text}:insurance", {"text": "Your bid shows no policy in annex 5."}))
    done(await market.approver.post(f"{lot_of(tender)}/assessment-summaries/sending", {"calendar": "DE"}))
    answer = await market.alder.get(f"{lot_of(tender)}/assessment-summaries/{alder['bid_id']}")
    own = answer.json()["letter"]["own"]
    (one,) = own["participation"]
    assert (one["evidence"], one["reason"]) == ("Your bid shows no policy in annex 5.", None)
    assert own["disqualification"].endswith("Your bid shows no policy in annex 5.")
    assert market.birch.name not in answer.text
