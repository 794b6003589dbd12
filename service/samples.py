"""Health samples: every few seconds each serving process writes down that it and its database work.

The buyer must be able to show that the platform worked when bids were due (Conseil d'État, 449250, RATP v
Alstom-Aptis, 23 September 2021). So a sample is stored as a bid is, stamped by the database's clock, in the middle of
its slot of `every` seconds by that clock: a slot without any sample is an outage, whoever was to blame. On return a
process says how long it could not write, and writes down the attempts at bids that nobody could store meanwhile.
"""

import asyncio
import contextlib
import ctypes
import hmac
import shutil
import sys
import time
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
import structlog
from litestar import Litestar
from prometheus_client import Gauge

from service import db, events, organisations
from service.settings import Settings
from service.traffic import Counts, Note, Traffic

SQL = db.queries("samples")

NOTES_AT_ONCE = 200
TELL_SECONDS = 1
"""At most so many noted attempts are written in so much time: the return of a database is no time to flood it."""

PRUNE_SECONDS = 86_400
GOODBYE_SECONDS = 2

UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What keeps a sample from being written; a TimeoutError is an OSError."""

_ROUND_TRIP = Gauge("tenderscore_database_round_trip_seconds", "Last sample: a connection, a transaction, one answer.")
_FAILED = Gauge("tenderscore_failed_samples", "Samples that could not be written since the last one that was.")
_QUEUE = Gauge("tenderscore_bids_waiting", "Last sample: bids that wait to be stored, where that is known.")
_DISK = Gauge("tenderscore_disk_free_bytes", "Last sample: free space of the embedded database's disk.")

_log = structlog.get_logger("tenderscore")


# The clock of this machine


class Ntp(NamedTuple):
    """What the kernel says about its clock: disciplined by NTP or alike, and its own bound of the error."""

    synchronised: bool | None
    error_ms: Decimal | None


UNKNOWN = Ntp(None, None)


class _Timex(ctypes.Structure):
    """The head of Linux' struct timex on 64-bit machines (adjtimex(2)), and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


_STA_UNSYNC = 0x0040
_LONG_BYTES = 8


def read_ntp() -> Ntp:
    """Ask the kernel, which takes no right; where it cannot be asked, unknown. maxerror is in microseconds."""
    if sys.platform != "linux" or ctypes.sizeof(ctypes.c_long) != _LONG_BYTES:
        return UNKNOWN
    state = _Timex()
    try:
        answer = ctypes.CDLL(None).adjtimex(ctypes.byref(state))
    except (OSError, AttributeError):
        return UNKNOWN
    if answer < 0:
        return UNKNOWN
    return Ntp(not state.status & _STA_UNSYNC, Decimal(state.maxerror) / 1000)


def program_version() -> str:
    """The installed version of this program."""
    try:
        return version("tenderscore")
    except PackageNotFoundError:
        return "unknown"


# Sampling


class Sampler:
    """Writes the samples of one process."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        traffic: Traffic,
        every: int,
        *,
        queue_length: Callable[[], int | None],
        disk: Path | None,
        pooled: bool,
    ) -> None:
        """`every`: seconds between samples. `disk`: a folder whose free space is told. `pooled`: behind a pooler."""
        self.instance_id = uuid4()
        self.pool = pool
        self.traffic = traffic
        self.every = every
        self._queue_length = queue_length
        self._disk = disk
        self._pooled = pooled
        self._version = program_version()
        self._number = 0
        self._failed = 0
        self._failure: str | None = None
        self._written = 0.0

    async def take(self, *, stopping: bool = False) -> datetime | None:
        """Write one sample; its instant, or None if the database could not be reached within half of `every`."""
        self._number += 1
        taken, stored = self.traffic.take(), False
        try:
            async with asyncio.timeout(self.every / 2):
                at = await self._write(taken, stopping=stopping)
            stored = True
        except UNREACHABLE as error:
            self._failed += 1
            _FAILED.set(self._failed)
            self._failure = type(error).__name__
            if self._failed == 1:
                _log.warning("no sample written", reason=self._failure)
            return None
        finally:
            if not stored:
                self.traffic.put_back(taken)
        if self._failed:
            _log.warning("samples written again", failed_attempts=self._failed)
        self._failed, self._failure, self._written = 0, None, time.monotonic()
        _FAILED.set(0)
        if self.traffic.notes:
            self.traffic.noted.set()
        return at

    async def _write(self, taken: Counts, *, stopping: bool) -> datetime:
        begun = time.perf_counter()
        async with db.transaction(self.pool) as conn:
            sent = time.time()
            clock = await SQL.look_at_clock(conn)
            ours = (sent + time.time()) / 2  # ours is compared with the database's; it judges nothing
            ntp, round_trip = read_ntp(), time.perf_counter() - begun
            queue_length, disk_free = self._queue_length(), self._disk_free()
            _ROUND_TRIP.set(round_trip)
            _QUEUE.set(queue_length or 0)
            _DISK.set(disk_free or 0)
            return await SQL.insert_sample(
                conn,
                instance_id=self.instance_id,
                number=self._number,
                every_seconds=self.every,
                version=self._version,
                stopping=stopping,
                round_trip_ms=_thousandths(round_trip * 1000),
                failed_attempts=self._failed,
                silent_seconds=_thousandths(time.monotonic() - self._written) if self._written else None,
                failure=self._failure,
                requests=taken[0],
                failures=taken[1],
                server_errors=sum(taken[1].values()),
                queue_length=queue_length,
                disk_free_bytes=disk_free,
                clock_offset_ms=_thousandths((ours - clock["now"].timestamp()) * 1000),
                ntp_synchronised=ntp.synchronised,
                ntp_error_ms=ntp.error_ms,
                database_on_host=None if self._pooled else clock["on_host"],
            )

    def _disk_free(self) -> int | None:
        try:
            return None if self._disk is None else shutil.disk_usage(self._disk).free
        except OSError:
            return None

    async def tell(self) -> int:
        """Write down the attempts that were noted, the oldest first; returns how many."""
        told = 0
        notes = self.traffic.notes
        if self.traffic.lost:
            _log.error("attempts not written down", number=self.traffic.lost)
            self.traffic.lost = 0
        with contextlib.suppress(*UNREACHABLE):
            async with asyncio.timeout(self.every / 4):
                while notes and told < NOTES_AT_ONCE:
                    await self._tell(notes[0])
                    notes.popleft()
                    told += 1
        return told

    async def _tell(self, note: Note) -> None:
        """Write one attempt into its tender's log, with the instant at which it was answered as nearly as is known."""
        holder = (await organisations.find_holders(self.pool, [note.key[0]])).get(note.key[0]) if note.key else None
        if note.key is None or holder is None or not hmac.compare_digest(holder["secret_digest"], note.key[1]):
            holder = None
        if note.validated and holder is None:
            return
        now = (await SQL.look_at_clock(self.pool))["now"]
        data: dict[str, Any] = {
            "method": note.method,
            "path": note.path,
            "status": note.status,
            "size": note.size,
            "answered_at": now - timedelta(seconds=time.monotonic() - note.at),
            "instance_id": self.instance_id,
        }
        if not note.validated:
            data["problem"] = note.problem
        if holder is not None:
            data |= {"organisation_id": holder["organisation_id"], "key_id": holder["key_id"]}
        await events.record_attempt(
            self.pool,
            "bid.validated" if note.validated else "refused",
            ids=note.ids(),
            actor=holder["person_id"] if holder else None,
            data=data,
        )

    async def run(self) -> None:
        """Take samples, and write down what is noted in between, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_sampling())
            group.create_task(self._keep_telling())

    async def _keep_sampling(self) -> None:
        """One sample in the middle of each slot by the database's clock."""
        pruned: float | None = None
        while True:
            begun = time.monotonic()
            at = await self.take()
            if at is not None and (pruned is None or begun - pruned > PRUNE_SECONDS):
                with contextlib.suppress(*UNREACHABLE):
                    await SQL.prune_samples(self.pool)
                    pruned = begun
            since, wait = (begun, self.every) if at is None else (self._written, until_next(at, self.every))
            await asyncio.sleep(max(0.0, wait - (time.monotonic() - since)))

    async def _keep_telling(self) -> None:
        """What is noted is written within a second; while that cannot be, after the next sample that can."""
        noted = self.traffic.noted
        while True:
            await noted.wait()
            noted.clear()
            if await self.tell() and self.traffic.notes:
                noted.set()
            await asyncio.sleep(TELL_SECONDS)


def until_next(at: datetime, every: int) -> float:
    """Seconds from an instant to the middle of the slot after its own.

    >>> from datetime import UTC
    >>> until_next(datetime(2031, 3, 14, 11, 30, 1, tzinfo=UTC), 10)
    14.0
    """
    return every - at.timestamp() % every + every / 2


def _thousandths(number: float) -> Decimal:
    return Decimal(f"{number:.3f}")


def _tell_of_crash(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (error := running.exception()) is not None:
        _log.error("no more samples", exc_info=error)


def keeping(settings: Settings) -> Callable[[Litestar], contextlib.AbstractAsyncContextManager[None]]:
    """What samples for as long as the application runs; to stand behind whatever opens `app.state.pool`.

    The queue whose length is told is the intake's, which the application has opened before.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        if not settings.sample_seconds:
            yield
            return

        def queue_length() -> int:
            return app.state.reception.intake.waiting

        sampler = Sampler(
            app.state.pool,
            app.state.traffic,
            settings.sample_seconds,
            queue_length=queue_length,
            disk=settings.data if settings.database_url is None else None,
            pooled=settings.database_pooler == "transaction",
        )
        running = asyncio.create_task(sampler.run())
        running.add_done_callback(_tell_of_crash)
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await sampler.take(stopping=True)
                    await sampler.tell()

    return lifespan
