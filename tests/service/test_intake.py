"""Group commit: many bids in one statement, each judged for itself, none acknowledged before the commit."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest

from service import db, intake
from service.intake import Intake
from tests.conftest import administer
from tests.make import a_bid
from tests.service.conftest import LOG, Market, Person, done, market_in, refused, served

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextlib.asynccontextmanager
async def pooled_login(dsn: str) -> AsyncIterator[str]:
    """An address whose login has the service's rights itself, as behind a pooler."""
    login = f"login_{uuid4().hex}"
    await administer(dsn, f"CREATE ROLE {login} LOGIN PASSWORD 'secret' IN ROLE tenderscore_app")
    parts = urlsplit(dsn)
    try:
        yield urlunsplit(parts._replace(netloc=f"{login}:secret@{parts.netloc.rpartition('@')[2]}"))
    finally:
        await administer(dsn, f"DROP ROLE {login}")


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
            while not await market.owner.fetchval(WAITING):
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


async def test_bids_that_waited_in_vain_for_a_tender_are_all_told_so_at_once(
    alone: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tender stays locked: nobody waits for the neighbours' waiting, and no bid waits a second time."""
    monkeypatch.setattr(intake, "LONGEST_HELD", 1.0)
    tender, own = await alone.publish(), await suppliers(alone, 6)
    holder = await db.connect(alone.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            begun = time.monotonic()
            for answer in await asyncio.gather(*(one.submit(tender) for one in own)):
                refused(answer, 503, "unavailable")
            assert time.monotonic() - begun < 4
    finally:
        await holder.close()
    for answer in await asyncio.gather(*(one.submit(tender) for one in own)):
        done(answer)


async def test_another_body_under_a_key_in_flight_is_told_so_at_once(market: Market) -> None:
    """It gets neither the first one's verdict nor its receipt, and does not wait for them."""
    tender = await market.publish()
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            first = asyncio.create_task(market.alder.submit(tender, key="mine"))
            while not await market.owner.fetchval(WAITING):
                await asyncio.wait([first], timeout=0.01)
            other = await market.alder.submit(tender, a_bid(price="1.00"), key="mine")
            refused(other, 422, "idempotency-key-reused")
            assert not first.done()
    finally:
        await holder.close()
    done(await first)


async def test_a_mistake_of_ours_stops_one_batch_and_not_the_service(
    alone: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits is answered, the service is not ready for a while and says why, and the next bid is stored."""
    tender = await alone.publish()
    settle = Intake._settle

    async def fail(_intake: Intake, _batch: Any) -> None:
        monkeypatch.setattr(Intake, "_settle", settle)
        raise ZeroDivisionError

    monkeypatch.setattr(Intake, "_settle", fail)
    first = await asyncio.wait_for(alone.alder.submit(tender, key="k"), 10)
    assert first.status_code in {201, 500}  # the framework tries what the front door could not
    refused(await alone.anonymous.get("/health/ready"), 503, "unavailable")
    assert [line["event"] for line in LOG if line["event"] == "bids are not stored"]
    done(await alone.alder.submit(tender, key="k"))
    done(await alone.birch.submit(tender))
    monkeypatch.setattr(intake, "CRASH_SECONDS", 0)
    done(await alone.anonymous.get("/health/ready"))


async def test_behind_a_pooler_as_well_a_locked_tender_holds_up_no_other(alone: Market) -> None:
    """There nothing can be set on a connection: each statement says how long it waits for a lock."""
    held, other = await alone.publish(), await alone.publish()
    async with pooled_login(alone.dsn) as own, served(own, database_pooler="transaction") as url:
        holder = await db.connect(alone.dsn)
        alder, birch = (
            Person(httpx.AsyncClient(base_url=url, timeout=30), one.key) for one in (alone.alder, alone.birch)
        )
        try:
            async with holder.transaction():
                await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", held["id"])
                waiting = asyncio.create_task(alder.submit(held))
                while not await alone.owner.fetchval(WAITING):
                    await asyncio.wait([waiting], timeout=0.01)
                done(await asyncio.wait_for(birch.submit(other), 5))
                assert not waiting.done()
            done(await waiting)
        finally:
            await holder.close()
            await asyncio.gather(alder.http.aclose(), birch.http.aclose())


# Memory has an end


async def test_a_queue_of_held_bids_has_an_end(alone: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bids for a tender that is locked count like all that wait: the one too many is told to come again."""
    monkeypatch.setattr(intake, "MOST_WAITING", 2)
    tender = await alone.publish()
    holder = await db.connect(alone.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            waiting = [asyncio.create_task(one.submit(tender)) for one in (alone.alder, alone.birch)]
            await asyncio.sleep(1)  # they are in a lane by now
            refused(await asyncio.wait_for(alone.cedar.submit(tender), 5), 503, "unavailable")
    finally:
        await holder.close()
    for answer in await asyncio.gather(*waiting):
        done(answer)
    done(await alone.cedar.submit(tender))


@pytest.mark.parametrize("limit", ["MOST_BYTES", "MOST_OWN_BYTES"])
async def test_bodies_in_flight_have_room_for_so_many_bytes(
    market: Market, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A body too many is refused for now, a replacement too; what was answered gives its room back."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    monkeypatch.setattr(intake, limit, 100)
    refused(await market.birch.submit(tender), 503, "unavailable")
    path = f"/bids/{receipt['bid_id']}"
    refused(await market.alder.put(path, a_bid(price="1.00"), Idempotency_Key="k"), 503, "unavailable")
    monkeypatch.setattr(intake, limit, 1_000)
    for _ in range(3):
        done(await market.alder.put(path, a_bid(price="2.00"), Idempotency_Key=str(uuid4())))
    done(await market.birch.submit(tender))


# What no standby has


async def test_no_receipt_is_given_for_a_bid_that_no_standby_has(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits wait for a standby, and there is none: neither the answer nor the look-up nor a retry gives a receipt."""
    monkeypatch.setattr(intake, "STORE_SECONDS", 2.0)
    monkeypatch.setattr(db, "STATEMENT_SECONDS", 2.0)
    async with market_in(dsn) as market:
        tender = await market.publish()
        path = f"/lots/{tender['lots'][0]['id']}/bids"
        await standby(market.owner, "nobody")
        try:
            refused(await market.alder.submit(tender, key="mine"), 503, "unavailable")
            assert done(await market.alder.get(path)) == []
            # Somebody ends its waiting: it can be seen, and is no more on a standby than before.
            await market.owner.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            )
            seen: list[Any] = []
            while not seen:  # each look is a round trip
                seen = done(await market.alder.get(path))
            refused(await market.alder.get(f"/bids/{seen[0]['bid_id']}"), 503, "unavailable")
            refused(await market.alder.submit(tender, key="mine"), 503, "unavailable")
        finally:
            await standby(market.owner, "")
        receipt = done(await market.alder.submit(tender, key="mine"))
        assert done(await market.alder.get(f"/bids/{seen[0]['bid_id']}")) == receipt


async def standby(owner: asyncpg.Connection, name: str) -> None:
    """Let commits wait for a standby of this name."""
    await owner.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    await owner.execute("SELECT pg_reload_conf()")
    while await owner.fetchval("SHOW synchronous_standby_names") != name:
        pass  # each look is a round trip
    await asyncio.sleep(0.2)  # the others hear of it in the same moment


async def test_a_server_that_forgets_is_noticed_while_the_service_runs(alone: Market) -> None:
    """Readiness says so; and no bid is stored by a connection that is new since, as to another leader."""
    tender = await alone.publish()
    done(await alone.alder.submit(tender))
    name = alone.dsn.rpartition("/")[2].partition("?")[0]
    await alone.owner.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await alone.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    told = [refused(await alone.anonymous.get("/health/ready"), 503, "unavailable") for _ in range(10)]
    assert "synchronous_commit=off" in told[-1]["detail"]
    for _ in range(3):
        refused(await alone.birch.submit(tender), 503, "unavailable")
    await alone.owner.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
    await alone.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    answers = [await alone.birch.submit(tender, key="again") for _ in range(10)]
    done(answers[-1])
    done([await alone.anonymous.get("/health/ready") for _ in range(10)][-1])
