"""One tender from draft to award through HTTP, with everything that may happen on the way."""

from typing import Any

import msgspec

import scoring
from tests.make import a_bid, a_corrigendum, a_decision, a_score, a_tender, an_item, an_organisation
from tests.service.conftest import Market, Person, done, market_in, refused

TOLD = [
    "tender.drafted",
    "refused",  # a supplier looked at the draft
    "tender.edited",
    "tender.published",
    "corrigendum.proposed",
    "corrigendum.issued",
    "refused",  # a check of a blank bid
    "bid.submitted",
    "bid.submitted",
    "bid.replaced",
    "bid.submitted",
    "bid.withdrawn",
    "refused",  # an officer before the deadline
    "bid.late",
    "opening.asked",
    "opening.asked",
    "bids.opened",
    "training.recorded",
    *("declaration.made", "declaration.approved"),
    *("declaration.made", "refused", "declaration.approved"),
    *("declaration.made", "declaration.approved"),
    *("declaration.made", "declaration.approved"),
    "panel.set",
    *("score.given", "score.given"),
    *("score.given", "score.given"),
    *("consensus.recorded", "consensus.recorded", "meeting.held"),
    "criterion.locked",
    "bid.state-decided",
    "bid.state-decided",
    "lot.evaluated",
    "award.recommended",
    "award.decided",
]
"""What the log tells in the end."""


async def test_one_tender_from_draft_to_award(dsn: str) -> None:
    """Drafted, published, amended, bid for, opened, scored, ranked and awarded; the log tells it all in order."""
    async with market_in(dsn) as market:
        tender = await drafted_and_published(market)
        receipts = await bid_for(market, tender)
        bids = await opened(market, tender, receipts)
        await seated(market, tender)
        await scored(market, tender, bids)
        await ranked_and_awarded(market, tender, bids)


async def drafted_and_published(market: Market) -> dict[str, Any]:
    """Two people agree on the rules before anybody else sees them; two of them then extend the time."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}"
    refused(await market.alder.get(path), 404, "not-found")
    edited = await market.author.put(path, a_tender(title="Solar roofs, second reading"), If_Match='"1"')
    etag = edited.headers["etag"]
    done(await market.approver.post(f"{path}/publication", If_Match=etag))
    changed = await market.amend(tender, a_corrigendum())
    assert changed["corrigenda"][0]["number"] == 1
    assert changed["submission_deadline"] == a_corrigendum()["submission_deadline"]
    return changed


async def bid_for(market: Market, tender: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """One supplier checks first, one thinks again, one withdraws, one comes too late."""
    path = f"/lots/{tender['lots'][0]['id']}/bids"
    incomplete = refused(await market.alder.post(f"{path}?validate=only", {"values": {}}), 422, "bid-incomplete")
    assert len(incomplete["errors"]) == 5
    alder = done(await market.alder.submit(tender, a_bid(price="900000.00")))
    birch = done(await market.birch.submit(tender, a_bid(price="1500000.00")))
    better = a_bid(price="1000000.00", apprentice_weeks="200")
    birch = done(await market.birch.put(f"/bids/{birch['bid_id']}", better, Idempotency_Key="again"))
    cedar = done(await market.cedar.submit(tender))
    done(await market.cedar.delete(f"/bids/{cedar['bid_id']}"))
    refused(await market.officer.post(f"/lots/{tender['lots'][0]['id']}/opening"), 409, "deadline-not-reached")
    await market.close(tender)
    made = done(await market.operator.post("/organisations", an_organisation(name="Tardy Ltd")))
    late = Person(market.http, made["key"]["secret"])
    refused(await late.submit(tender), 409, "submission-deadline-passed")
    return {"alder": alder, "birch": birch}


async def opened(
    market: Market, tender: dict[str, Any], receipts: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Two officers find exactly what was acknowledged and not withdrawn."""
    record = await market.open(tender)
    assert {bid["digest"] for bid in record["bids"]} == {receipt["digest"] for receipt in receipts.values()}
    return {
        name: next(bid for bid in record["bids"] if bid["bid_id"] == receipt["bid_id"])
        for name, receipt in receipts.items()
    }


async def seated(market: Market, tender: dict[str, Any]) -> None:
    """Nobody of the panel sees a bid before another person has approved what connects them with the bidders."""
    path, lot = f"/tenders/{tender['id']}", f"/lots/{tender['lots'][0]['id']}"
    trained = {"person_id": market.evaluator.id, "subject": "Writing reasons", "held_on": "2026-02-11"}
    done(await market.author.post(f"{path}/trainings", trained))
    for person in (market.approver, market.evaluator, market.second_evaluator, market.moderator):
        made = done(await person.post(f"{path}/declarations", {"interest": "none"}))
        if person is market.evaluator:
            refused(await person.get(f"{lot}/bids"), 403, "not-cleared")
        decider = market.author if person is market.approver else market.approver
        decision = {"approved": True, "reason": "Nothing was declared."}
        done(await decider.post(f"{path}/declarations/{person.id}/{made['number']}/decision", decision))
    seats = [{"person_id": one.id, "criteria": ["method-statement"]} for one in panel_of(market)]
    policy = {"every_question": True, "spread": 1, "outlier": 1, "majority": "unanimous"}
    body = {"chair_id": market.moderator.id, "reason": "Two are in proportion.", "policy": policy, "seats": seats}
    read = (await market.author.get(f"{lot}/panel")).headers["etag"]
    done(await market.author.put(f"{lot}/panel", body, If_Match=read))


def panel_of(market: Market) -> tuple[Person, Person]:
    return market.evaluator, market.second_evaluator


async def scored(market: Market, tender: dict[str, Any], bids: dict[str, dict[str, Any]]) -> None:
    """Two evaluators score by themselves, the meeting agrees, and says why; then nothing of it changes."""
    items: list[dict[str, Any]] = []
    for name, marks in {"alder": ("2", "3"), "birch": ("4", "5")}.items():
        for person, mark in zip(panel_of(market), marks, strict=True):
            path = f"/bids/{bids[name]['bid_id']}/scores/method-statement"
            done(await person.put(path, a_score(value=mark)))
        items.append(an_item(bids[name], value=marks[0], reason="Agreed after discussion of the crane plan."))
    done(await market.meet(tender, *items))
    await market.lock(tender)


async def ranked_and_awarded(market: Market, tender: dict[str, Any], bids: dict[str, dict[str, Any]]) -> None:
    """A bid is excluded and let back in, the ranking is stored and re-computable, and the first one wins."""
    lot = tender["lots"][0]
    state = f"/bids/{bids['alder']['bid_id']}/state"
    done(await market.moderator.put(state, a_decision()))
    done(await market.moderator.put(state, a_decision(state="admissible", reason="It was in the annex.")))
    digest = {"rules_digest": lot["rules_digest"]}
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", digest))
    stored = (await market.auditor.get(f"/evaluations/{run['id']}")).content
    result = msgspec.json.decode(stored, type=scoring.Evaluation)
    assert scoring.canonical(scoring.evaluate(result.lot, list(result.inputs))) == stored
    # By hand: price 40, statement 21, working time 14, apprentice weeks 15, carbon 10 per cent.
    # Birch: 90 × 0.4 + 80 × 0.21 + 14 + 200/208 × 15 + 55.5 × 0.1; Alder: 40 + 40 × 0.21 + 14 + 156/208 × 15 + 5.55.
    totals = {bid.id: bid.total for bid in result.bids}
    assert totals == {bids["birch"]["bid_id"]: "86.77", bids["alder"]["bid_id"]: "79.20"}
    assert result.winner == bids["birch"]["bid_id"]
    await market.recommend(tender, run, bids["birch"])
    award = {"evaluation_id": run["id"], "bid_id": result.winner, "reason": "Ranked first on the published criteria."}
    done(await market.approver.post(f"/lots/{lot['id']}/award", award))
    assert done(await market.auditor.get(f"/tenders/{tender['id']}"))["stage"] == "awarded"
    report = await market.moderator.get(f"/evaluations/{run['id']}/report.html")
    assert report.status_code == 200
    assert "Birch" in report.text
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds == TOLD
