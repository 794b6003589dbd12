"""The relay tells every entry once, in an order that no reader can be overtaken in, however many write at once."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from service import db, events, relay
from service.settings import Settings
from tests.make_receiver import receiving
from tests.service.conftest import SECRETS, Market, done
from tests.service.test_news import feed_of, tell_all, telling, types_of

__all__ = ["telling"]


async def announce(conn: Any, tender: dict[str, Any]) -> int:
    """An entry that everybody is told of."""
    return await events.record(conn, "question.answered", tender_id=UUID(tender["id"]), actor=None, data={})


async def at_of(market: Market, tender: dict[str, Any]) -> datetime:
    return await market.owner.fetchval("SELECT max(at) FROM events WHERE log_id = $1", tender["id"])


async def test_an_entry_that_is_committed_late_is_told_late_and_not_skipped(
    market: Market, telling: asyncpg.Pool
) -> None:
    """The reader has gone past its instant already: a cursor made of instants would never show it."""
    late, early = await market.publish(), await market.publish()
    await tell_all(telling)
    place = (await feed_of(market.cedar))[1]
    async with telling.acquire() as conn:
        writing = conn.transaction()
        await writing.start()
        await announce(conn, late)
        async with db.transaction(telling) as other:
            await announce(other, early)
        await tell_all(telling)
        told, place = await feed_of(market.cedar, place)
        assert (types_of(told, early), types_of(told, late)) == (["question.answered"], [])
        await writing.commit()
    assert await at_of(market, late) < await at_of(market, early), "it was written first"
    await tell_all(telling)
    told, _ = await feed_of(market.cedar, place)
    assert (types_of(told, early), types_of(told, late)) == ([], ["question.answered"])


async def test_nothing_is_skipped_or_doubled_while_many_write_tell_and_read(
    market: Market, telling: asyncpg.Pool
) -> None:
    """Six writers on three logs, two workers, one reader: the reader ends with every entry once, each log in order."""
    tenders = [await market.publish() for _ in range(3)]
    await tell_all(telling)
    place = (await feed_of(market.cedar))[1]
    writing = True
    read: list[dict[str, Any]] = []

    async def write(tender: dict[str, Any]) -> None:
        for _ in range(8):
            async with db.transaction(telling) as conn:
                await announce(conn, tender)

    async def work() -> None:
        async with await db.open_pool(market.dsn, connections=1) as own:
            while writing:
                await relay.tell(own)

    async def poll() -> None:
        nonlocal place
        while writing:
            told, place = await feed_of(market.cedar, place)
            read.extend(told)

    others = [asyncio.create_task(one) for one in (work(), work(), poll())]
    await asyncio.gather(*(write(tender) for tender in tenders for _ in range(2)))
    writing = False
    await asyncio.gather(*others)
    await tell_all(telling)
    read.extend((await feed_of(market.cedar, place))[0])
    assert len({one["id"] for one in read}) == len(read) == 48
    for tender in tenders:
        at = [one["timestamp"] for one in read if one["data"]["tender_id"] == tender["id"]]
        assert len(at) == 16
        assert at == sorted(at)


async def test_one_tells_at_a_time_and_the_clock_of_telling_never_goes_back(
    market: Market, telling: asyncpg.Pool
) -> None:
    """A worker that finds another one telling goes away; a clock that stepped back does not reorder the feed."""
    tender = await market.publish()
    async with db.transaction(telling) as conn:
        assert await relay.SQL.lock_relay(conn) is not None
        assert await relay.tell(telling) == 0
    await tell_all(telling)
    ahead: datetime = await market.owner.fetchval(
        "UPDATE relay SET told_at = told_at + interval '1 hour' RETURNING told_at"
    )
    place = (await feed_of(market.cedar))[1]
    async with db.transaction(telling) as conn:
        await announce(conn, tender)
    await tell_all(telling)
    assert await market.owner.fetchval("SELECT max(told_at) > $1 FROM news", ahead)
    assert types_of((await feed_of(market.cedar, place))[0], tender) == ["question.answered"]


async def test_long_logs_are_told_in_pieces(market: Market, telling: asyncpg.Pool) -> None:
    """Of one log at most so many entries in one transaction; the rest follows at once."""
    tender = await market.publish()
    await tell_all(telling)
    async with db.transaction(telling) as conn:
        await conn.execute(
            "SELECT log_append($1, 'score.reminded', NULL, '{}') FROM generate_series(1, $2)",
            UUID(tender["id"]),
            relay.ENTRIES + 1,
        )
        await announce(conn, tender)
    assert await relay.tell(telling) == relay.ENTRIES
    assert await relay.tell(telling) == 2
    assert types_of((await feed_of(market.cedar))[0], tender)[-1] == "question.answered"


async def test_the_worker_tells_and_delivers_by_itself(alone: Market) -> None:
    """From a request to a consumer in the operator's own network, by the log, the relay and the queue."""
    made = done(await alone.cedar.post("/webhooks", {"url": "https://portal.example/", "types": ["summary.sent"]}))
    hook = f"/webhooks/{made['webhook']['id']}"
    settings = Settings(outbound_hosts="127.0.0.1", shutdown_seconds=2)
    async with receiving(plain=True) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        await alone.owner.execute("UPDATE webhooks SET url = $2 WHERE id = $1", made["webhook"]["id"], url)
        working = asyncio.create_task(relay.work(alone.dsn, settings, SECRETS))
        assert (await alone.cedar.post(f"{hook}/ping")).status_code == 202
        try:
            async with asyncio.timeout(30):
                await receiver.came.wait()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    (request,) = receiver.received
    (delivery,) = done(await alone.cedar.get(f"{hook}/deliveries"))["items"]
    assert request.headers["webhook-id"] == delivery["event_id"]
    assert (delivery["type"], delivery["data"]["href"]) == ("webhook.pinged", hook)
    assert delivery["delivered_at"], "told to stop, the worker finishes what it has begun"
