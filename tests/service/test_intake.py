"""Group commit: many bids in one statement, each judged for itself, none acknowledged before the commit."""

import asyncio
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest

from service import db, intake
from tests.make import a_bid
from tests.service.conftest import Market, Person, done, refused


async def suppliers(market: Market, number: int) -> list[Person]:
    return [await market.register(name=f"Supplier {index}") for index in range(number)]


async def test_bids_of_one_moment_take_consecutive_places_in_the_log(market: Market) -> None:
    """Whoever bids at once with many others gets a place, an instant and a proof of its own."""
    tender = await market.publish()
    own = await suppliers(market, 12)
    receipts = [done(answer) for answer in await asyncio.gather(*(supplier.submit(tender) for supplier in own))]
    log = await market.log(tender)
    assert [entry["position"] for entry in log] == list(range(1, len(log) + 1))
    places = {entry["position"]: entry for entry in log if entry["kind"] == "bid.submitted"}
    assert {receipt["proof"]["position"] for receipt in receipts} == places.keys()
    for receipt in receipts:
        assert places[receipt["proof"]["position"]]["at"] == receipt["submitted_at"]
        assert receipt["proof"]["tree_size"] >= receipt["proof"]["position"]
    together = {receipt["proof"]["tree_size"] for receipt in receipts}
    assert len(together) < len(receipts)  # they did share commits


async def test_a_bad_neighbour_spoils_nobodys_bid(market: Market) -> None:
    """In one batch one is late, one stands already, one has another key's body; the rest is stored."""
    tender, closed = await market.publish(), await market.publish()
    done(await market.alder.submit(tender, key="mine"))
    await market.close(closed)
    answers = await asyncio.gather(
        market.birch.submit(tender),
        market.birch.submit(closed),
        market.alder.submit(tender, key="another"),
        market.alder.submit(tender, a_bid(price="1.00"), key="mine"),
        market.cedar.submit(tender),
    )
    stored, late, standing, reused, also = answers
    done(stored), done(also)
    refused(late, 409, "submission-deadline-passed")
    refused(standing, 409, "bid-already-submitted")
    refused(reused, 422, "idempotency-key-reused")


async def test_the_same_request_many_times_at_once_is_one_bid_and_one_answer(market: Market) -> None:
    """A portal that retries in panic gets one receipt, to the byte; the copies say that they are copies."""
    tender = await market.publish()
    answers = await asyncio.gather(*(market.alder.submit(tender, key="panic") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum(answer.headers.get("idempotency-replayed") is None for answer in answers) == 1
    assert await market.owner.fetchval("SELECT count(*) FROM bids WHERE lot_id = $1", tender["lots"][0]["id"]) == 1


async def test_a_copy_that_has_waited_for_the_first_is_told_to_come_again(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told so while the first still waits, whatever that waits for; later it gets the first one's receipt."""
    monkeypatch.setattr(intake, "DUPLICATE_WAIT", 0.1)
    tender = await market.publish()
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM log_heads WHERE log_id = $1 FOR UPDATE", tender["id"])
            sent = [asyncio.create_task(market.alder.submit(tender, key="once")) for _ in range(4)]
            for told in islice(asyncio.as_completed(sent), 3):
                refused(await told, 409, "request-in-flight")
            (first,) = (one for one in sent if not one.done())
    finally:
        await holder.close()
    receipt = done(await first)
    assert done(await market.alder.submit(tender, key="once")) == receipt
    assert "refused" not in {entry["kind"] for entry in await market.log(tender)}


async def test_two_bids_of_one_supplier_at_once_are_one_bid(market: Market) -> None:
    """Two colleagues press the button with different prices: one bid is stored, the other is told so."""
    tender = await market.publish()
    answers = await asyncio.gather(*(market.alder.submit(tender, a_bid(price=f"{price}.00")) for price in (10, 20)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_who_goes_away_while_waiting_finds_the_bid_stored(market: Market) -> None:
    """A portal's time-out after the body was sent loses nothing: the same key gets the receipt."""
    tender = await market.publish()
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            impatient = asyncio.create_task(market.alder.submit(tender, key="impatient"))
            while not await market.owner.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ):
                await asyncio.wait([impatient], timeout=0.01)
            impatient.cancel()
            await asyncio.gather(impatient, return_exceptions=True)
    finally:
        await holder.close()
    again = await market.alder.submit(tender, key="impatient")
    assert again.headers["idempotency-replayed"] == "true"
    assert done(again)["version"] == 1


async def test_a_broken_connection_is_mended_by_the_next_bid(alone: Market) -> None:
    """PostgreSQL cuts the connection that stores bids: the bid of that moment is told to come again, and does."""
    tender = await alone.publish()
    done(await alone.alder.submit(tender))
    await alone.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    )
    key = str(uuid4())
    answers: list[Any] = []
    while not answers or answers[-1].status_code != 201:
        answers.append(await alone.birch.submit(tender, key=key))
        assert answers[-1].status_code in {201, 503}, answers[-1].text
        assert len(answers) < 10
    lots = tender["lots"][0]["id"]
    assert await alone.owner.fetchval("SELECT count(*) FROM bids WHERE lot_id = $1", lots) == 2


async def test_a_tender_that_is_being_opened_holds_up_no_other_tenders_bids(market: Market) -> None:
    """One buyer's opening takes long; bids for everybody else's tenders are stored meanwhile, its own afterwards."""
    held, others = await market.publish(), [await market.publish() for _ in range(3)]
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", held["id"])
            waiting = [asyncio.create_task(person.submit(held)) for person in (market.alder, market.birch)]
            for tender in others:
                done(await market.alder.submit(tender))
            late = asyncio.create_task(market.cedar.submit(held))
            done(await market.birch.submit(others[0]))
            assert not any(task.done() for task in (*waiting, late))
    finally:
        await holder.close()
    assert [answer.status_code for answer in await asyncio.gather(*waiting, late)] == [201, 201, 201]
