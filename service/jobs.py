"""Slow work: queued in the transaction that asks for it, done by a worker, given up after five attempts.

The queue is pgqueuer's. It runs a job again whose worker died, but does not count that attempt; a job that kills its
worker would come back for ever. So each attempt is counted here before it begins.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog
from msgspec import Struct
from prometheus_client import Counter

from service import db, tracing
from service.leader import GONE

if TYPE_CHECKING:
    from pgqueuer.adapters.persistence.queries import Queries
    from pgqueuer.core.qm import QueueManager

SQL = db.queries("jobs")

ATTEMPTS = 5
RECONNECT_SECONDS = 5
BROKEN = "It could not be done; the program's log says why."
"""Of a job whose exception nobody foresaw: its own text may hold what it worked on."""
LOOK_SECONDS = 1
"""How often a worker that has had nothing to do yet looks whether something is queued."""

UNUSABLE = (*GONE, asyncpg.PostgresError)
"""What comes of a statement of the queue's own that the database does not take now."""

Do = Callable[[asyncpg.Pool, str], Awaitable[None]]
"""What a job does with its payload, on a pool of connections."""

log = structlog.get_logger("tenderscore")


_JOBS = Counter(
    "tenderscore_jobs", "Attempts at jobs in this process, by what they do and what came of them.", ["duty", "outcome"]
)


class JobError(Exception):
    """A job failed; the text says why, `mend` is a command that helps. `final`: another attempt would fail as well."""

    def __init__(self, why: str, *, mend: str = "", final: bool = False) -> None:
        super().__init__(why)
        self.mend = mend
        self.final = final


class Later(Exception):
    """A job went as it should and wants to be done again after a while: that is no failure of it."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"again after {after}")
        self.after = after


class Failure(Struct, frozen=True):
    """Why a job was given up, and how long ago."""

    failure: str
    mend: str | None
    seconds_ago: int


class Progress(Struct, frozen=True):
    """How many parts of a job are done, and of how many; nothing before that is known."""

    parts_done: int | None
    parts_total: int | None


def key_of(duty: str, payload: str) -> str:
    """A job's identity: one job at a time does one duty on one payload."""
    return f"{duty}:{payload}"


async def enqueue(conn: db.Connection, duty: str, payload: str) -> None:
    """Queue a job; it exists once the caller's transaction is committed. While it waits or runs, it is queued once."""
    headers = tracing.carried()
    await SQL.enqueue_job(conn, duty=duty, payload=payload.encode(), key=key_of(duty, payload), headers=headers)


async def enqueue_later(conn: db.Connection, duty: str, payload: str, at: datetime) -> None:
    """Queue a job that nobody begins before an instant of the database's clock."""
    await SQL.enqueue_later(conn, duty=duty, payload=payload.encode(), key=key_of(duty, payload), at=at)


async def enqueue_all(conn: db.Connection, duty: str, payloads: Sequence[str]) -> None:
    """Queue several jobs by one statement, each as `enqueue` does."""
    await SQL.enqueue_jobs(
        conn,
        duty=duty,
        payloads=[payload.encode() for payload in payloads],
        keys=[key_of(duty, payload) for payload in payloads],
    )


async def hasten(conn: db.Connection, duty: str, payload: str) -> None:
    """Queue a job, or let one that waits for its turn be done now."""
    await SQL.hasten_job(conn, duty=duty, payload=payload.encode(), key=key_of(duty, payload))


async def find_failure(conn: db.Connection, duty: str, payload: str) -> Failure | None:
    """Why this job was given up; None while it waits, runs or is done."""
    return await db.maybe(SQL.find_failure(conn, key=key_of(duty, payload)), Failure)


async def tell(pool: asyncpg.Pool, duty: str, payload: str, progress: Progress) -> None:
    """Note how far a job is, for those who wait for it."""
    key = key_of(duty, payload)
    await SQL.note_progress(pool, key=key, parts_done=progress.parts_done, parts_total=progress.parts_total)


async def find_progress(conn: db.Connection, duty: str, payload: str) -> Progress:
    """How far a job is."""
    found = await db.maybe(SQL.find_progress(conn, key=key_of(duty, payload)), Progress)
    return Progress(None, None) if found is None else found


async def forget(conn: db.Connection, duty: str, payload: str) -> None:
    """Let a job that was given up be tried anew."""
    await SQL.forget_attempts(conn, key=key_of(duty, payload))


async def attempt(pool: asyncpg.Pool, do: Do, duty: str, payload: str) -> timedelta | None:
    """Make one attempt; the time after which to make another, or None when the job is done or given up.

    Raises nothing: pgqueuer deletes a job from the queue whose function has raised. While the database is away the job
    waits for it here; a fault of the program is a failure like any other, whose text tells nobody what it read.
    """
    try:
        while True:
            try:
                return await _attempt(pool, do, duty, payload)
            except UNUSABLE as error:
                log.warning("job without database", job=key_of(duty, payload), reason=str(error))
                await asyncio.sleep(RECONNECT_SECONDS)
    except asyncio.CancelledError:  # we were told to stop: no fault of the job, somebody else goes on with it
        return timedelta()


async def _attempt(pool: asyncpg.Pool, do: Do, duty: str, payload: str) -> timedelta | None:
    key = key_of(duty, payload)
    begun = await SQL.begin_attempt(pool, key=key)
    if begun > ATTEMPTS:
        await SQL.give_up(pool, key=key, failure="Its worker ended each time before it was done.")
        return None
    try:
        failed = await _do(pool, do, payload, key)
    except Later as later:
        await SQL.forget_attempts(pool, key=key)
        return later.after
    except asyncio.CancelledError:
        with contextlib.suppress(*UNUSABLE):
            await SQL.take_back_attempt(pool, key=key)
        raise
    if failed is None:
        await SQL.forget_attempts(pool, key=key)
        _JOBS.labels(duty, "done").inc()
        return None
    await SQL.note_failure(pool, key=key, failure=str(failed), mend=failed.mend or None)
    log.error("job failed", job=key, attempt=begun, failure=str(failed))
    _JOBS.labels(duty, "failed").inc()
    if failed.final or begun == ATTEMPTS:
        await SQL.give_up(pool, key=key, failure=str(failed))
        return None
    return timedelta(seconds=2**begun)


async def _do(pool: asyncpg.Pool, do: Do, payload: str, key: str) -> JobError | None:
    """Do a job; why it failed, if it did. That the database was lost is such a reason: another attempt may go well."""
    try:
        await do(pool, payload)
    except JobError as error:
        return error
    except Later:
        raise
    except Exception:
        log.exception("job broken", job=key)
        return JobError(BROKEN)
    return None


def _queries(pool: asyncpg.Pool) -> "Queries":
    from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
    from pgqueuer.adapters.persistence.queries import Queries
    from pgqueuer.domain.models import Job, TracebackRecord

    class Kept(Queries):
        """Puts a job back when the database is there again: one that cannot be put back is deleted as failed."""

        async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
            while True:
                try:
                    return await super().retry_job(job, delay, traceback_record)
                except UNUSABLE:
                    if pool.is_closing():  # the job stays picked: another worker takes it once we are silent
                        raise
                    await asyncio.sleep(RECONNECT_SECONDS)

    return Kept(AsyncpgPoolDriver(pool))


def _manager(pool: asyncpg.Pool, duties: Mapping[str, Do], at_once: int) -> "QueueManager":
    """The queue's worker, with one entry for each duty."""
    from pgqueuer.core.qm import QueueManager
    from pgqueuer.domain.errors import RetryRequested
    from pgqueuer.domain.models import Job

    manager = QueueManager(_queries(pool))
    seats = asyncio.Semaphore(at_once)

    def register(duty: str, do: Do) -> None:
        async def run(job: Job) -> None:
            async with seats:
                with tracing.job(duty, job.headers):
                    again = await attempt(pool, do, duty, (job.payload or b"").decode())
            if again is not None:
                raise RetryRequested(delay=again)

        manager.entrypoint(duty)(run)

    for duty, do in duties.items():
        register(duty, do)
    return manager


async def work(
    dsn: str, duties: Mapping[str, Do], *, at_once: int, grace: float, pooler: str = "", connections: int | None = None
) -> None:
    """Do queued jobs, `at_once` at the same time, until cancelled; then finish those in hand within `grace` seconds.

    What another call does has seats of its own, so that what takes long holds up nothing but its like. `connections`:
    fewer than one for each, where jobs hold none while they wait for others. A job that does not finish in time goes
    back into the queue. The database may go away and come back.
    """
    while True:
        try:
            pool = await db.open_pool(dsn, pooler=pooler, connections=connections or at_once + 3)
            async with pool:
                await _first_job(pool)
                await _run(_manager(pool, duties, at_once), at_once, grace)
        except (*UNUSABLE, db.DatabaseError) as error:
            log.warning("worker without database", reason=str(error))
            await asyncio.sleep(RECONNECT_SECONDS)


async def _first_job(pool: asyncpg.Pool) -> None:
    """Wait until something is queued, and load the queue's library beside the requests, not before them.

    It takes a fifth of a second and 10 MB, which a process that never gets a job shall not pay.
    """
    while True:
        if await SQL.any_job(pool):
            await asyncio.to_thread(import_module, "pgqueuer.core.qm")
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _run(manager: "QueueManager", at_once: int, grace: float) -> None:
    running = asyncio.create_task(
        manager.run(batch_size=1, max_concurrent_tasks=max(2, at_once), dequeue_timeout=timedelta(seconds=5))
    )
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        manager.shutdown.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running, grace)
        raise


async def until_told(working: Coroutine[Any, Any, None]) -> None:
    """Run a worker that is a program of its own: SIGTERM and SIGINT end it in good order."""
    task = asyncio.create_task(working)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
