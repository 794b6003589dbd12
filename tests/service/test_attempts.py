"""Refused attempts: every one that was answered is in the log, and none of them holds anybody up."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from service import attempts, db, events
from service.attempts import Attempt, Attempts
from tests.make import a_bid
from tests.service.conftest import LOG, Market, done, market_in, refused


@contextlib.asynccontextmanager
async def locked(market: Market, tender: dict[str, Any]) -> AsyncIterator[None]:
    """The tender and its log, held as by an opening that takes its time."""
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            await holder.execute("SELECT FROM log_heads WHERE log_id = $1 FOR UPDATE", tender["id"])
            yield
    finally:
        await holder.close()


def address(tender: dict[str, Any], rest: str = "") -> str:
    return f"/lots/{tender['lots'][0]['id']}/bids{rest}"


async def refusals(market: Market, tender: dict[str, Any], *, least: int) -> list[dict[str, Any]]:
    """The log's refused attempts, once there are so many."""
    async with asyncio.timeout(10):
        found: list[dict[str, Any]] = []
        while len(found) < least:  # each look is a round trip, during which everybody else goes on
            found = [entry for entry in await market.log(tender) if entry["kind"] == "refused"]
    return found


async def test_while_a_tender_is_opened_its_refusals_hold_up_nobody_and_none_is_lost(alone: Market) -> None:
    """Thirty late checks of bids for it are answered; others bid, for the first time too, as if nothing happened."""
    opening, other, unseen = [await alone.publish() for _ in range(3)]
    await alone.close(opening)
    newcomer = await alone.register(name="Newcomer")
    done(await alone.alder.submit(other))
    async with locked(alone, opening):
        late = [alone.alder.post(address(opening, "?validate=only"), a_bid()) for _ in range(30)]
        checks = asyncio.gather(*late)
        begun = time.monotonic()
        await asyncio.sleep(0.1)
        answers = await asyncio.gather(
            newcomer.submit(other),
            alone.alder.submit(unseen),
            alone.cedar.get("/organisations/me"),
            alone.anonymous.get("/health/ready"),
        )
        assert [answer.status_code for answer in answers] == [201, 201, 200, 200]
        assert {answer.status_code for answer in await checks} == {409}
        assert time.monotonic() - begun < 4
        refused(await alone.birch.post(address(other), a_bid()), 400, "idempotency-key-missing")
        assert [entry["person_id"] for entry in await refusals(alone, other, least=1)] == [alone.birch.id]
        await asyncio.sleep(1)
    found = await refusals(alone, opening, least=30)
    assert len(found) == 30
    assert {entry["data"]["problem"] for entry in found} == {"submission-deadline-passed"}
    assert all(entry["data"]["answered_at"] < entry["at"] for entry in found)


async def test_what_is_not_written_yet_is_written_when_the_service_stops(dsn: str) -> None:
    """Told to stop while a log is locked, it waits for that log rather than losing what it has answered."""
    async with market_in(dsn) as market:
        tender = await market.publish()
        stack = contextlib.AsyncExitStack()
        await stack.enter_async_context(locked(market, tender))
        refused(await market.alder.post(address(tender), a_bid()), 400, "idempotency-key-missing")
        assert [entry for entry in await market.log(tender) if entry["kind"] == "refused"] == []
        asyncio.get_running_loop().call_later(1, lambda: freed.append(asyncio.create_task(stack.aclose())))
        freed: list[asyncio.Task[None]] = []
    await asyncio.gather(*freed)
    conn = await db.connect(dsn)
    try:
        assert await conn.fetchval("SELECT count(*) FROM events WHERE kind = 'refused' AND log_id = $1", tender["id"])
    finally:
        await conn.close()


async def test_strangers_cannot_fill_a_tenders_log(alone: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three hundred attempts without a key the first is an entry, and one more tells how many there were."""
    monkeypatch.setattr(attempts, "MINUTE", 2)
    tender = await alone.publish()
    for _ in range(3):
        await asyncio.gather(*(alone.anonymous.post(address(tender), a_bid()) for _ in range(100)))
    found = await refusals(alone, tender, least=2)
    numbers = [entry["data"].get("number", 1) for entry in found]
    while sum(numbers) < 300:
        numbers = [entry["data"].get("number", 1) for entry in await refusals(alone, tender, least=len(numbers) + 1)]
    assert sum(numbers) == 300
    assert len(numbers) <= 6
    summary = next(entry for entry in found if "number" in entry["data"])
    assert summary["person_id"] is None
    assert summary["data"]["problems"] == {"unauthenticated": summary["data"]["number"]}
    assert summary["data"]["method"] == "POST"
    await alone.open(tender)
    told = done(await alone.auditor.get(f"/tenders/{tender['id']}/platform-record"))
    (strangers,) = (one for one in told["suppliers"] if one["supplier_id"] is None)
    assert {attempt["problem"] for attempt in strangers["attempts"]} == {"unauthenticated"}


async def test_one_supplier_cannot_fill_a_tenders_log(alone: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many a minute its refusals are counted under its name; its neighbour's are written as ever."""
    monkeypatch.setattr(attempts, "MINUTE", 1.5)
    monkeypatch.setattr(attempts, "PER_MINUTE", 3)
    tender = await alone.publish()
    await asyncio.gather(*(alone.alder.post(address(tender), a_bid()) for _ in range(20)))
    refused(await alone.birch.post(address(tender), a_bid()), 400, "idempotency-key-missing")
    found = await refusals(alone, tender, least=5)
    assert [entry["person_id"] for entry in found] == [*[alone.alder.id] * 3, alone.birch.id, alone.alder.id]
    assert found[-1]["data"]["number"] == 17
    assert found[-1]["data"]["organisation_id"] == alone.alder.organisation_id


# One process's writer


def an_attempt(**data: Any) -> Attempt:
    return Attempt("refused", {}, None, "k" * 12, {"problem": "forbidden", **data})


async def written(pool: asyncpg.Pool) -> list[Any]:
    rows = await pool.fetch("SELECT data FROM events WHERE log_id = $1 ORDER BY position", events.PLATFORM_LOG)
    return [row["data"]["number"] for row in rows]


async def test_one_that_cannot_be_written_takes_no_other_with_it(pool: asyncpg.Pool, dsn: str) -> None:
    """A person whom the database does not know: that one goes into the service's own log, the others are entries."""
    writer = Attempts(dsn)
    async with writer.running():
        bad = an_attempt(number=2)._replace(actor=uuid4())
        await asyncio.gather(*(writer.put(one) for one in (an_attempt(number=1), bad, an_attempt(number=3))))
    assert await written(pool) == [1, 3]
    assert [line["number"] for line in LOG if line["event"] == "attempt not written down"][-1:] == [2]


async def test_while_the_database_is_away_they_wait(pool: asyncpg.Pool, dsn: str) -> None:
    """Its connection is cut and cut again; in the end all are there, in their order, and nobody waited for them."""
    writer = Attempts(dsn)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = $1"
    name = dsn.rpartition("/")[2].partition("?")[0]
    owner = await db.connect(dsn)
    try:
        async with writer.running():
            for number in range(20):
                await asyncio.gather(writer.put(an_attempt(number=number)), owner.execute(cut, name))
    finally:
        await owner.close()
    conn = await db.connect(dsn)
    try:
        rows = await conn.fetch("SELECT data->>'number' AS number FROM events ORDER BY position")
    finally:
        await conn.close()
    assert list(dict.fromkeys(int(row["number"]) for row in rows)) == list(range(20))


async def test_more_than_memory_takes_is_counted(pool: asyncpg.Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has an end; how many are missing stands in the platform's log."""
    monkeypatch.setattr(attempts, "MOST_WAITING", 2)
    writer = Attempts(dsn)
    puts = [asyncio.create_task(writer.put(an_attempt(number=0))) for _ in range(5)]
    await asyncio.sleep(0)
    async with writer.running():
        await asyncio.gather(*puts)
    assert await written(pool) == [0, 0, 3]
