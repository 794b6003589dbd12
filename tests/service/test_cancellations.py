"""A tender or a lot is cancelled by an approver with a reason: before and after the deadline, and after the opening."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from tests.make import a_bid, a_lot, a_score
from tests.service.conftest import Market, Person, done, refused

REASON = "The survey found that the roofs do not carry the load."


def lot_of(tender: dict[str, Any], index: int = 0) -> str:
    return f"/lots/{tender['lots'][index]['id']}"


async def cancel(person: Person, path: str, **fields: Any) -> httpx.Response:
    return await person.post(f"{path}/cancellation", {"reason": REASON} | fields)


async def line_of(market: Market, tender: dict[str, Any]) -> dict[str, Any]:
    """The tender as portals read it in the list, by the door before the framework."""
    cursor = ""
    while True:
        page = done(await market.alder.get(f"/tenders?limit=200{cursor}"))
        for line in page["items"]:
            if line["id"] == tender["id"]:
                return line
        cursor = f"&cursor={page['next']}"


async def two_lots(market: Market) -> dict[str, Any]:
    return await market.publish(lots=[a_lot(), a_lot(title="Southern schools")])


async def test_an_approver_cancels_a_tender_before_the_deadline(market: Market) -> None:
    """Everybody reads the reason; a bidder reads that its own bid was there; the log tells it."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    (given,) = done(await cancel(market.approver, f"/tenders/{tender['id']}"))
    assert (given["stage"], given["reason"], given["your_bid_id"]) == ("published", REASON, None)
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"], entry["data"]["reason"]) == (
        "lots.cancelled",
        market.approver.id,
        REASON,
    )
    assert done(await market.birch.get(f"/tenders/{tender['id']}"))["stage"] == "cancelled"
    assert (await line_of(market, tender))["cancelled_at"] == given["cancelled_at"]
    told = done(await market.alder.get(f"{lot_of(tender)}/cancellation"))
    assert (told["your_bid_id"], told["to_be_told"]) == (receipt["bid_id"], None)
    assert done(await market.birch.get(f"{lot_of(tender)}/cancellation"))["your_bid_id"] is None
    (bidder,) = done(await market.approver.get(f"{lot_of(tender)}/cancellation"))["to_be_told"]
    assert bidder["supplier"] == "Alder Roofing Ltd"
    assert done(await market.colleague.get(f"{lot_of(tender)}/cancellation"))["to_be_told"] is None


async def test_a_cancelled_lot_takes_no_bids_by_either_door(market: Market) -> None:
    """First bids, replacements, checks and documents are refused alike, before the deadline and after it."""
    tender = await two_lots(market)
    receipt = done(await market.alder.submit(tender))
    done(await cancel(market.approver, lot_of(tender)))
    path = f"{lot_of(tender)}/bids"
    refused(await market.birch.submit(tender), 409, "lot-cancelled")
    refused(await market.birch.post(f"{path}?validate=only", a_bid()), 409, "lot-cancelled")
    replacement = await market.alder.put(f"/bids/{receipt['bid_id']}", a_bid(price="1.00"), Idempotency_Key="2")
    refused(replacement, 409, "lot-cancelled")
    sent = await market.http.post(
        f"{lot_of(tender)}/documents",
        content=b"%PDF",
        headers={"Authorization": f"Bearer {market.alder.key}", "Idempotency-Key": "d", "Content-Type": "text/plain"},
    )
    refused(sent, 409, "lot-cancelled")
    await market.close(tender)
    refused(await market.birch.submit(tender), 409, "lot-cancelled")
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds.count("bid.submitted") == 1
    assert "bid.late" not in kinds


async def test_the_other_lot_goes_on(market: Market) -> None:
    """A cancelled lot does not hold up its neighbours: they take bids, are opened, and the log is told then."""
    tender = await two_lots(market)
    done(await cancel(market.approver, lot_of(tender)))
    other = {"lots": tender["lots"][1:], "id": tender["id"]}
    done(await market.birch.submit(other))
    read = done(await market.author.get(f"/tenders/{tender['id']}"))
    assert (read["stage"], read["lots"][1]["cancelled_at"]) == ("published", None)
    assert (await line_of(market, tender))["cancelled_at"] is None
    sealed = done(await market.approver.get(f"/tenders/{tender['id']}/events"))
    assert "bid.submitted" not in {entry["kind"] for entry in sealed}
    assert (await market.open(other))["number"] == 1
    assert done(await market.author.get(f"/tenders/{tender['id']}"))["stage"] == "opened"
    told = done(await market.approver.get(f"/tenders/{tender['id']}/events"))
    assert "bid.submitted" in {entry["kind"] for entry in told}
    assert told[0]["position"] == 1


async def test_while_another_lot_is_sealed_nobody_learns_who_bid_for_the_cancelled_one(market: Market) -> None:
    """Who bid for one lot is likely to bid for the other."""
    tender = await two_lots(market)
    done(await market.alder.submit(tender))
    done(await cancel(market.approver, lot_of(tender)))
    assert done(await market.approver.get(f"{lot_of(tender)}/cancellation"))["to_be_told"] is None


async def test_after_the_deadline_the_bids_of_a_cancelled_lot_are_never_opened(market: Market) -> None:
    """Neither by the officers' requests nor, should somebody ask it directly, by the database."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    await market.close(tender)
    assert (await market.officer.post(f"{lot_of(tender)}/opening")).status_code == 202
    done(await cancel(market.approver, lot_of(tender)))
    refused(await market.second_officer.post(f"{lot_of(tender)}/opening"), 409, "lot-cancelled")
    lot_id = tender["lots"][0]["id"]
    await market.owner.execute(
        "INSERT INTO opening_acts VALUES ($1, $2, clock_timestamp())", lot_id, market.second_officer.id
    )
    judged = "SELECT may_be_opened($1, 'offer')"
    assert await market.owner.fetchval(judged, lot_id) is None
    # Negative control: without the cancellation the same acts open it.
    await market.owner.execute("UPDATE lots SET cancelled_at = NULL WHERE id = $1", lot_id)
    assert await market.owner.fetchval(judged, lot_id) is True
    await market.owner.execute("UPDATE lots SET cancelled_at = clock_timestamp() WHERE id = $1", lot_id)
    assert done(await market.alder.get(f"{lot_of(tender)}/cancellation"))["stage"] == "closed"


async def test_after_the_opening_nothing_leads_to_an_award(market: Market) -> None:
    """Scores, agreements, decisions, runs and the award are refused; what was said stays to be read."""
    tender, (bid, _), run = await market.evaluated()
    given = done(await cancel(market.approver, lot_of(tender)))
    assert given["stage"] == "opened"
    path = f"/bids/{bid['bid_id']}"
    digest = {"rules_digest": tender["lots"][0]["rules_digest"]}
    award = {"evaluation_id": run["id"], "bid_id": bid["bid_id"], "reason": "First."}
    for answer in (
        await market.evaluator.put(f"{path}/scores/method-statement", a_score()),
        await market.moderator.put(f"{path}/consensus/method-statement", a_score()),
        await market.moderator.put(f"{path}/state", {"state": "excluded", "reason": "Late."}),
        await market.moderator.post(f"{lot_of(tender)}/evaluations", digest),
        await market.approver.post(f"{lot_of(tender)}/award", award),
        await market.author.post(f"/tenders/{tender['id']}/corrigenda", {"reason": "Late", "title": "Another"}),
        await cancel(market.approver, lot_of(tender)),
        await cancel(market.approver, f"/tenders/{tender['id']}"),
    ):
        refused(answer, 409, "lot-cancelled")
    assert len(done(await market.moderator.get(f"{lot_of(tender)}/bids"))) == 2
    # What belongs to the record goes on: an auditor is let in afterwards.
    await market.give(tender, market.colleague, "auditor")
    hold = {"held": True, "reason": "A bidder has announced a claim."}
    assert done(await market.approver.put(f"/tenders/{tender['id']}/legal-hold", hold))["held"]


async def test_what_is_awarded_is_not_cancelled(market: Market) -> None:
    """Too late: an award is annulled, which is another decision with other consequences."""
    tender, _, _ = await market.awarded()
    for path in (lot_of(tender), f"/tenders/{tender['id']}"):
        refused(await cancel(market.approver, path), 409, "lot-already-awarded")


async def test_a_draft_is_not_cancelled(market: Market) -> None:
    """Too early: a draft binds nobody."""
    draft = await market.draft()
    refused(await cancel(market.approver, f"/tenders/{draft['id']}"), 409, "tender-not-published")
    refused(await market.approver.get(f"{lot_of(draft)}/cancellation"), 404, "not-found")


async def test_only_an_approver_cancels_and_says_why(market: Market) -> None:
    """Neither the author nor a moderator; a reason that says nothing is none; an author made approver stays author."""
    tender = await market.publish()
    for path in (lot_of(tender), f"/tenders/{tender['id']}"):
        for person in (market.author, market.moderator, market.evaluator, market.colleague):
            refused(await cancel(person, path), 403, "forbidden")
        refused(await cancel(market.approver, path, reason=" "), 422, "invalid-request")
    await market.owner.execute(
        "UPDATE tender_roles SET role = 'approver' WHERE tender_id = $1 AND person_id = $2 AND role = 'author'",
        tender["id"],
        market.author.id,
    )
    refused(await cancel(market.author, lot_of(tender)), 409, "roles-conflict")


async def test_foreign_tenders_are_not_there_to_cancel(market: Market) -> None:
    """For another city and for a bidder they are what a missing one is."""
    tender = await market.publish()
    for person in (market.stranger, market.alder):
        refused(await cancel(person, lot_of(tender)), 404, "not-found")
        refused(await cancel(person, f"/tenders/{tender['id']}"), 404, "not-found")
    refused(await cancel(market.approver, f"/lots/{uuid4()}"), 404, "not-found")
    refused(await market.alder.get(f"{lot_of(tender)}/cancellation"), 404, "not-found")


async def test_a_cancellation_waits_for_bids_in_flight_and_no_bid_comes_after_it(market: Market) -> None:
    """Each bid of a crowd is either receipted before the cancellation in the log, or refused."""
    tender = await market.publish()
    suppliers = [await market.register(name=f"Crowd {number} Works") for number in range(6)]
    answers = await asyncio.gather(
        *(supplier.submit(tender) for supplier in suppliers[:3]),
        cancel(market.approver, lot_of(tender)),
        *(supplier.submit(tender) for supplier in suppliers[3:]),
    )
    done(answers[3])
    stored = sum(answer.status_code == 201 for index, answer in enumerate(answers) if index != 3)
    kinds = [
        entry["kind"] for entry in await market.log(tender) if entry["kind"] in {"bid.submitted", "lots.cancelled"}
    ]
    assert kinds == ["bid.submitted"] * stored + ["lots.cancelled"]
