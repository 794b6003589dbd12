"""Braceurself Ltd v NHS England [2022] EWHC 1532 (TCC): one mark on one question decided, and nobody had looked.

An orthodontic provider lost the contract for East Hampshire by 2.25 per cent. The court found one manifest error in the
marking of one question (access to the premises): with the mark that the evidence carried, the claimant would have won.
Source: burges-salmon.com, "Braceurself: one simple mistake leads to successful procurement challenge"; [2022] EWHC 1532
(TCC); the question marked and [2023] EWCA Civ 837 on damages are from knowledge. What must hold: before anybody signs,
the panel is told by name each mark that changes the winner; it cannot recommend without answering; and a corrected mark
after the judgment makes a new run beside the old one, under a new award.
"""

from typing import Any

from tests.make import a_bid, a_score
from tests.service.conftest import Market, done, market_in, refused


async def won_by_a_hair(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Both offers are alike; the second is better by a few apprentice weeks, and wins by less than one mark."""
    tender = await market.publish()
    done(await market.alder.submit(tender, a_bid()))
    done(await market.birch.submit(tender, a_bid(apprentice_weeks="180")))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        path = f"/bids/{bid['bid_id']}"
        done(await market.evaluator.put(f"{path}/scores/method-statement", a_score(value="3")))
        done(await market.moderator.put(f"{path}/consensus/method-statement", a_score(value="3")))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    return tender, bids, run


async def test_the_panel_is_warned_of_the_one_mark_before_it_signs(dsn: str) -> None:
    """The warning names question, bid and mark; no recommendation without an answer, no award without either."""
    async with market_in(dsn) as market:
        tender, (alder, birch), run = await won_by_a_hair(market)
        lot = f"/lots/{tender['lots'][0]['id']}"
        warned = {one["name"]: one for one in done(await market.approver.get(f"/evaluations/{run['id']}/warnings"))}
        mark = f"one-mark/method-statement/{alder['bid_id']}/3-4"
        assert f"bid {alder['bid_id']} wins" in warned[mark]["message"]
        body: dict[str, Any] = {"evaluation_id": run["id"], "bid_id": birch["bid_id"], "reason": "Ranked first."}
        problem = refused(await market.moderator.post(f"{lot}/recommendations", body), 422, "warnings-not-answered")
        assert mark in str(problem["errors"])
        refused(await market.approver.post(f"{lot}/award", body), 409, "not-recommended")
        others = [{"warning": name, "answer": "Read again."} for name in warned if name != mark]
        unanswered = body | {"acknowledged": others}
        refused(await market.moderator.post(f"{lot}/recommendations", unanswered), 422, "warnings-not-answered")


async def test_after_the_judgment_the_corrected_mark_makes_another_award_beside_the_first(dsn: str) -> None:
    """Nothing is overwritten: two runs with their difference, two awards, the first annulled by the court."""
    async with market_in(dsn) as market:
        tender, (alder, birch), first = await won_by_a_hair(market)
        lot = f"/lots/{tender['lots'][0]['id']}"
        await market.recommend(tender, first, birch)
        award = {"evaluation_id": first["id"], "bid_id": birch["bid_id"], "reason": "As recommended."}
        done(await market.approver.post(f"{lot}/award", award))
        judgment = {
            "annulled_by": "court",
            "reference": "[2022] EWHC 1532 (TCC)",
            "reason": "The mark on access was a manifest error.",
        }
        done(await market.approver.post(f"{lot}/award/annulment", judgment))
        why = {"reason": "The court found the mark to be a manifest error."}
        done(await market.approver.post(f"{lot}/criteria/method-statement/unlock", why))
        better = a_score(value="4", reason="The evidence on access carries a 4.")
        own = better | {"change_reason": "The court found the mark to be a manifest error."}
        done(await market.evaluator.put(f"/bids/{alder['bid_id']}/scores/method-statement", own))
        done(await market.moderator.put(f"/bids/{alder['bid_id']}/consensus/method-statement", own))
        await market.lock(tender)
        second = await market.evaluate_again(tender, "The court corrected one mark.")
        told = done(await market.auditor.get(f"/evaluations/{second['id']}/difference?from={first['id']}"))
        assert [(one["bid_id"], one["before"], one["after"]) for one in told["inputs"]] == [(alder["bid_id"], "3", "4")]
        assert (told["winner_before"], told["winner_after"]) == (birch["bid_id"], alder["bid_id"])
        await market.recommend(tender, second, alder)
        award = {"evaluation_id": second["id"], "bid_id": alder["bid_id"], "reason": "By the corrected mark."}
        assert done(await market.approver.post(f"{lot}/award", award))["number"] == 2
        awards = done(await market.auditor.get(f"{lot}/awards"))
        assert [one["annulment"] is not None for one in awards] == [True, False]
