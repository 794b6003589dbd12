"""The relay: turns what logs have grown by into news, and puts these on their way to webhooks.

The log is the outbox: an entry is written in the transaction of what it tells of, and read here after its commit. One
worker at a time tells, whichever is there, so the order in which news are told is the order in which they can be seen:
who reads the feed behind a cursor misses nothing of what was still being written. Bids pay nothing for it.
"""

import asyncio

import asyncpg
import structlog

from service import db, jobs, news, webhook_deliveries
from service.leader import GONE
from service.outbound import Outbound, own_hosts
from service.settings import Settings
from service.signing import Secrets

SQL = db.queries("relay")

EVERY_SECONDS = 1
ENTRIES = 500
"""Of each log so many entries are read at a time, of a hundred logs at once."""

_log = structlog.get_logger("tenderscore")


async def tell(pool: asyncpg.Pool) -> int:
    """Tell what can be told now; returns how many entries were read, nought where another worker is telling."""
    async with db.transaction(pool) as conn:
        since = await SQL.lock_relay(conn)
        if since is None:
            return 0
        entries: int = await SQL.tell(conn, tellings=news.tellings(), entries=ENTRIES)
        rows = SQL.insert_deliveries(conn, since=since, rights=news.rights())
        fresh = [str(row["id"]) async for row in rows]
        await SQL.give_up_failed(conn, duty=webhook_deliveries.DUTY)
        overdue = [str(row["id"]) async for row in SQL.list_overdue(conn, duty=webhook_deliveries.DUTY)]
        if fresh or overdue:
            await jobs.enqueue_all(conn, webhook_deliveries.DUTY, [*fresh, *overdue])
    return entries


async def keep_telling(dsn: str, *, pooler: str = "") -> None:
    """Tell once a second until cancelled, without a pause while there is more. The database may go and come back."""
    while True:
        try:
            async with await db.open_pool(dsn, pooler=pooler, connections=1) as pool:
                while True:
                    if await tell(pool) == 0:
                        await asyncio.sleep(EVERY_SECONDS)
        except (*GONE, asyncpg.PostgresError, db.DatabaseError) as error:
            _log.warning("relay without database", reason=str(error))
            await asyncio.sleep(jobs.RECONNECT_SECONDS)


async def work(dsn: str, settings: Settings, secrets: Secrets) -> None:
    """Tell, and deliver to webhooks, until cancelled: beside the worker of reports, which may be busy for minutes."""
    courier = webhook_deliveries.Courier(
        secrets, Outbound(own_hosts(settings.outbound_hosts)), settings.public_url or ""
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(keep_telling(dsn, pooler=settings.database_pooler))
        group.create_task(
            jobs.work(
                dsn,
                {webhook_deliveries.DUTY: courier.deliver},
                at_once=webhook_deliveries.AT_ONCE,
                grace=settings.shutdown_seconds,
                pooler=settings.database_pooler,
                connections=webhook_deliveries.CONNECTIONS,
            )
        )
