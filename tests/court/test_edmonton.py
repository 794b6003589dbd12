"""Edmonton City Auditor, 2017: an evaluator with a declared conflict stayed on the panel.

The auditor found that a member of an evaluation team who had declared a conflict of interest scored the bids all the
same, and that the files of declarations were inconsistent. Source: globalnews.ca/news/3734817 (city audit of contract
bidding).

Played again: a declaration is not a paper in a file. From the moment that it is made the person sees no bid, scores
nothing and was at no meeting; who stays, stays by another person's recorded decision.
"""

from typing import Any

from tests.make import a_score, an_item
from tests.service.conftest import Market, done, refused

CRITERION = "method-statement"
CONFLICT = {"interest": "actual", "details": "My partner is a director of Alder Roofing Ltd."}


async def declared(market: Market) -> tuple[dict[str, Any], dict[str, Any]]:
    """An evaluator has scored one bid, then a conflict comes up and is declared."""
    tender, (bid, other) = await market.opened()
    await market.seat(tender, market.second_evaluator)
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score(value="5")))
    done(await market.evaluator.post(f"/tenders/{tender['id']}/declarations", CONFLICT))
    return tender, other


async def test_from_the_declaration_on_the_person_is_out_at_once(market: Market) -> None:
    """Before anybody has decided: no bid, no score, no scores of others."""
    tender, other = await declared(market)
    lot = f"/lots/{tender['lots'][0]['id']}"
    for path in (f"{lot}/bids", f"{lot}/scores", f"{lot}/opening", f"/bids/{other['bid_id']}/documents"):
        refused(await market.evaluator.get(path), 403, "not-cleared")
    path = f"/bids/{other['bid_id']}/scores/{CRITERION}"
    refused(await market.evaluator.put(path, a_score()), 403, "not-cleared")
    entry = (await market.log(tender))[-1]
    assert (entry["kind"], entry["data"]["problem"]) == ("refused", "not-cleared")


async def test_an_interest_that_nothing_mitigates_cannot_be_waved_through(market: Market) -> None:
    """Nor by the person's own hand; the rejection and its reason are in the log."""
    tender, _ = await declared(market)
    decision = f"/tenders/{tender['id']}/declarations/{market.evaluator.id}/2/decision"
    fine = {"approved": True, "reason": "It will be fine."}
    refused(await market.approver.post(decision, fine), 409, "mitigation-missing")
    refused(await market.evaluator.post(decision, fine), 403, "forbidden")
    done(await market.approver.post(decision, {"approved": False, "reason": "An actual conflict."}))
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["interest"]) == ("declaration.rejected", "actual")


async def test_the_conflicted_person_is_replaced_and_the_scores_do_not_count(market: Market) -> None:
    """They stay in the record, marked; the meeting is held without the person, who cannot be written into it."""
    tender, other = await declared(market)
    lot = f"/lots/{tender['lots'][0]['id']}"
    body = {"person_id": market.evaluator.id, "successor_id": None, "reason": "Declared an actual conflict."}
    done(await market.author.post(f"{lot}/panel/replacements", body))
    (score,) = done(await market.moderator.get(f"{lot}/scores"))
    assert (score["person"], score["value"], score["counts"]) == ("Evaluator", "5", False)
    done(await market.second_evaluator.put(f"/bids/{other['bid_id']}/scores/{CRITERION}", a_score()))
    refused(await market.meet(tender, an_item(other)), 422, "meeting-record-incomplete")
    present = (market.moderator, market.second_evaluator)
    meeting = done(await market.meet(tender, an_item(other), present=present))
    assert market.evaluator.id not in meeting["present"]
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert [kind for kind in kinds if kind.startswith(("declaration.", "seat."))] == ["declaration.made", "seat.ended"]


async def test_the_scores_of_a_rejected_person_decide_nothing(market: Market) -> None:
    """All scored, then "I own Birch", rejected: no lock, and no run, until the person is replaced and others agree."""
    tender, bids = await market.opened()
    lot, third = tender["lots"][0], market.second_evaluator
    path = f"/lots/{lot['id']}"
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score()))
    declarations = f"/tenders/{tender['id']}/declarations"
    done(await market.evaluator.post(declarations, CONFLICT | {"details": "I own Birch."}))
    lock = f"{path}/criteria/{CRITERION}/lock"
    assert "Evaluator" in refused(await market.moderator.post(lock), 409, "seat-not-cleared")["detail"]
    no = {"approved": False, "reason": "An actual conflict."}
    done(await market.approver.post(f"{declarations}/{market.evaluator.id}/2/decision", no))
    assert "rejected" in refused(await market.moderator.post(lock), 409, "seat-not-cleared")["detail"]
    body = {"person_id": market.evaluator.id, "successor_id": third.id, "reason": "Owns a bidder."}
    done(await market.author.post(f"{path}/panel/replacements", body))
    for bid in bids:
        done(await third.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score(value="2")))
    why = {"value": "2", "change_reason": "Another evaluator sits."}
    items = [an_item(bid, **why) for bid in bids]
    done(await market.meet(tender, *items, present=(market.moderator, third)))
    done(await market.moderator.post(lock))
    done(await market.moderator.post(f"{path}/evaluations", {"rules_digest": lot["rules_digest"]}))


async def test_nothing_is_ranked_on_the_scores_of_who_is_in_conflict_or_out_of_office(market: Market) -> None:
    """What came up after the lock is asked for before the run, and the role that was taken away as well."""
    tender, _ = await market.agreed()
    lot = tender["lots"][0]
    path, digest = f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}
    role = f"/tenders/{tender['id']}/roles/{market.evaluator.id}/evaluator"
    done(await market.author.delete(role))
    problem = refused(await market.moderator.post(path, digest), 409, "seat-not-cleared")
    assert "no evaluator of the tender any more" in problem["detail"]
    await market.give(tender, market.evaluator, "evaluator")
    done(await market.evaluator.post(f"/tenders/{tender['id']}/declarations", CONFLICT))
    problem = refused(await market.moderator.post(path, digest), 409, "seat-not-cleared")
    assert market.evaluator.id in problem["errors"][0]["mend"]
    await market.clear(tender, market.evaluator)
    run = done(await market.moderator.post(path, digest))
    done(await market.evaluator.post(f"/tenders/{tender['id']}/declarations", CONFLICT))
    body = {"evaluation_id": run["id"], "bid_id": None, "reason": "None is fit.", "acknowledged": []}
    path = f"/lots/{lot['id']}/recommendations"
    refused(await market.moderator.post(path, body), 409, "seat-not-cleared")
