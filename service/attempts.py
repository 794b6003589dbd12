"""Attempts that came to nothing – refusals, uploads that broke off – written down without holding anybody up.

Each is an entry of the log that its address belongs to (Directive 2014/24/EU, Annex IV (g)). They go by a connection
of their own, many at a time and log by log: a log that is locked, as by an opening, keeps neither the pool's
connections nor the entries of other logs waiting. An answer waits a moment for its entry, and not at all while its log
or the database is known to be away; the entry is kept in memory until it is written, and only a crash loses it.

Nobody can fill a log or hold its head: of what comes without a valid key the first in a minute is written as it came,
and of one key the first PER_MINUTE; what is more is counted and becomes one entry, once the minute is over.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
import structlog

from service import db, events
from service.rounds import FAILURES

SQL = db.queries("attempts")

MOMENT = 0.25
"""Seconds that an answer waits for its entry."""
LOCK_SECONDS = 0.1
"""How long the writer waits for the head of one log, while entries of other logs wait behind it."""
HELD_SECONDS = 0.5
"""When a log that was locked, or a database that was away, is tried again."""
MINUTE = 60.0
PER_MINUTE = 100
"""Entries of one key in one log and minute; what is more is counted."""
MOST_WAITING = 20_000
"""Attempts kept in memory; what is more is counted in the platform's log."""
AT_ONCE = 100
GOODBYE_SECONDS = 5.0
"""How long a process that stops tries to write what is left; then it is left to the service's own log."""

_NOUNS = ("tender_id", "lot_id", "bid_id", "evaluation_id")
_MOST_PLACES = 4096
_UNFIT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, TypeError, ValueError)
"""How the writing of an entry fails that can never be written."""

_Place: TypeAlias = tuple[object, ...]

_log = structlog.get_logger("tenderscore")


class Attempt(NamedTuple):
    """What was tried: `ids` are those of its address, `key_id` the key's that it came by, None for nobody known."""

    kind: events.Kind
    ids: Mapping[str, Any]
    actor: UUID | None
    key_id: str | None
    data: dict[str, Any]
    counted: bool = False
    """Whether it is only counted, because enough of its like has been written down in this minute."""

    @property
    def place(self) -> _Place:
        """What its log is found by."""
        return tuple(self.ids.get(noun) for noun in _NOUNS)


class _Waiting(NamedTuple):
    attempt: Attempt
    since: float
    written: asyncio.Future[None]


class _Minute:
    """What one key, or everybody without one, has tried in one log since an instant."""

    def __init__(self, first: Attempt, since: float) -> None:
        self.first = first
        self.since = since
        self.written = 0
        self.problems: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()

    def count(self, attempt: Attempt) -> None:
        self.problems[attempt.data.get("problem", attempt.kind)] += 1
        self.methods[attempt.data.get("method", "POST")] += 1

    def summary(self) -> Attempt:
        """One entry for all that were counted."""
        number = self.problems.total()
        shown = next((method for method, _ in self.methods.most_common() if method != "GET"), "GET")
        data = self.first.data | {
            "problem": self.problems.most_common(1)[0][0],
            "detail": f"{number} further attempts within a minute, counted and not written down one by one.",
            "method": shown,
            "number": number,
            "problems": dict(self.problems),
        }
        return Attempt("refused", self.first.ids, self.first.actor, self.first.key_id, data)


class Spared:
    """Of what is written down elsewhere the first so many in a minute, by name, and each only once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._minutes: dict[Hashable, tuple[float, set[Hashable]]] = {}

    def spares(self, name: Hashable, what: Hashable) -> bool:
        """Whether a thing shall only be counted: it was written down in this minute, or enough others were."""
        since, written = self._minutes.get(name, (0.0, frozenset[Hashable]()))
        fresh = asyncio.get_running_loop().time() - since < MINUTE
        return fresh and (what in written or len(written) >= self._most)

    def wrote(self, name: Hashable, what: Hashable) -> None:
        """A thing was written down. Minutes that are over are forgotten; they stand in their order."""
        now = asyncio.get_running_loop().time()
        while self._minutes and now - next(iter(self._minutes.values()))[0] >= MINUTE:
            del self._minutes[next(iter(self._minutes))]
        self._minutes.setdefault(name, (now, set()))[1].add(what)


class Attempts:
    """The attempts that one process has to write down, and the connection by which it does."""

    def __init__(self, dsn: str, *, pooler: str = "") -> None:
        self._dsn = dsn
        self._pooler = pooler
        self._new: deque[_Waiting] = deque()
        self._logs: dict[UUID, deque[_Waiting]] = {}
        self._held: dict[UUID, float] = {}
        self._places: dict[_Place, UUID] = {}
        self._minutes: dict[tuple[UUID, str | None], _Minute] = {}
        self._away = False
        self._wake = asyncio.Event()
        self._conn: db.Connection | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Write as long as the block runs; at its end what is left, counts included."""
        writer = asyncio.create_task(self._write())
        try:
            yield
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await self._write_the_rest()
            if self._conn is not None:
                await self._conn.close(timeout=5)

    @property
    def waiting(self) -> int:
        """How many are not written yet."""
        return len(self._new) + sum(map(len, self._logs.values()))

    async def put(self, attempt: Attempt) -> None:
        """Have an attempt written down; returns after a moment at most, and it is written all the same."""
        loop = asyncio.get_running_loop()
        if self.waiting >= MOST_WAITING:
            self._count(events.PLATFORM_LOG, attempt._replace(actor=None, key_id=None), loop.time())
            return
        waiting = _Waiting(attempt, loop.time(), loop.create_future())
        self._new.append(waiting)
        self._wake.set()
        if not self._away and self._places.get(attempt.place) not in self._held:
            await asyncio.wait([waiting.written], timeout=MOMENT)

    async def _write(self) -> None:
        while True:
            self._wake.clear()
            (failed,) = await asyncio.gather(self._go_round(), return_exceptions=True)
            if isinstance(failed, BaseException):
                _log.error("attempts are not written down now", number=self.waiting, exc_info=failed)
                self._away = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until_due()):
                    await self._wake.wait()
            if self._away:
                await asyncio.sleep(HELD_SECONDS)

    def _until_due(self) -> float | None:
        """Seconds until a locked log is tried again, or a minute with a count is over; None for neither."""
        if self._away:
            return 0
        due = [*self._held.values(), *(one.since + MINUTE for one in self._minutes.values())]
        return max(0.0, min(due) - asyncio.get_running_loop().time()) if due else None

    async def _go_round(self) -> None:
        """Write what can be written now; what cannot stays, whatever went wrong."""
        try:
            self._close_minutes(asyncio.get_running_loop().time() - MINUTE)
            if not (self._new or self._logs):
                return
            if self._conn is None or self._conn.is_closed():
                self._conn = await db.open_connection(self._dsn, pooler=self._pooler)
            while self._new:
                await self._sort_in(self._conn, [*islice(self._new, AT_ONCE)])
                await self._write_logs(self._conn)
            await self._write_logs(self._conn)
            self._away = False
        except FAILURES as error:
            if not self._away:
                _log.warning("attempts are not written down now", number=self.waiting, reason=type(error).__name__)
            self._away = True

    async def _sort_in(self, conn: db.Connection, batch: Sequence[_Waiting]) -> None:
        """Put new ones to the logs that they belong to, or count them."""
        unknown = [place for place in {one.attempt.place: None for one in batch} if place not in self._places]
        found = await _find_logs(conn, unknown)
        for one in batch:
            place = one.attempt.place
            log_id = self._places.get(place) or found[place]
            self._new.popleft()
            self._admit(log_id, one)
        # Of ids that nothing has there is no end.
        self._places |= {place: log_id for place, log_id in found.items() if log_id != events.PLATFORM_LOG}
        while len(self._places) > _MOST_PLACES:
            del self._places[next(iter(self._places))]

    def _admit(self, log_id: UUID, one: _Waiting) -> None:
        minute = self._minute(log_id, one.attempt, one.since)
        if not one.attempt.counted and minute.written < (PER_MINUTE if one.attempt.key_id else 1):
            minute.written += 1
            self._logs.setdefault(log_id, deque()).append(one)
        else:
            minute.count(one.attempt)
            _settle(one)

    def _minute(self, log_id: UUID, attempt: Attempt, at: float) -> _Minute:
        name = log_id, attempt.key_id
        minute = self._minutes.get(name)
        if minute is None:
            self._minutes[name] = minute = _Minute(attempt, at)
        return minute

    def _count(self, log_id: UUID, attempt: Attempt, at: float) -> None:
        self._minute(log_id, attempt, at).count(attempt)

    def _close_minutes(self, began_before: float) -> None:
        """Forget the minutes that are over; what was counted in them becomes an entry. They stand in their order."""
        for name, minute in [*self._minutes.items()]:
            if minute.since > began_before:
                break
            del self._minutes[name]
            if minute.problems:
                entry = _Waiting(minute.summary(), minute.since, asyncio.get_running_loop().create_future())
                self._logs.setdefault(name[0], deque()).append(entry)

    async def _write_logs(self, conn: db.Connection) -> None:
        """Write to every log that is not known to be locked."""
        now = asyncio.get_running_loop().time()
        for log_id, queue in [*self._logs.items()]:
            if self._held.get(log_id, now) > now:
                continue
            self._held.pop(log_id, None)
            try:
                while queue:
                    await self._write_some(conn, log_id, queue)
                del self._logs[log_id]
            except asyncpg.LockNotAvailableError:
                self._held[log_id] = asyncio.get_running_loop().time() + HELD_SECONDS

    async def _write_some(
        self, conn: db.Connection, log_id: UUID, queue: deque[_Waiting], *, most: int = AT_ONCE
    ) -> None:
        """Write the first of one log in one statement; where one of them can never be written, the first alone."""
        batch = [*islice(queue, most)]
        try:
            await _record(conn, log_id, batch)
        except _UNFIT as error:
            if len(batch) > 1:
                await self._write_some(conn, log_id, queue, most=1)
                return
            _log.error("attempt not written down", **batch[0].attempt.data, exc_info=error)
        for one in batch:
            queue.popleft()
            _settle(one)

    async def _write_the_rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                self._close_minutes(asyncio.get_running_loop().time())
                await self._go_round()
                while self.waiting:
                    await asyncio.sleep(LOCK_SECONDS)
                    await self._go_round()
        for one in (*self._new, *(one for queue in self._logs.values() for one in queue)):
            _log.error("attempt not written down", **one.attempt.data)


async def _find_logs(conn: db.Connection, places: Sequence[_Place]) -> dict[_Place, UUID]:
    if not places:
        return {}
    columns = {f"{noun}s": [place[at] for place in places] for at, noun in enumerate(_NOUNS)}
    rows = [row async for row in SQL.find_logs(conn, **columns)]
    return {place: row["log_id"] for place, row in zip(places, rows, strict=True)}


async def _record(conn: db.Connection, log_id: UUID, batch: Sequence[_Waiting]) -> None:
    now = asyncio.get_running_loop().time()
    await SQL.record_attempts(
        conn,
        log_id=log_id,
        kinds=[one.attempt.kind for one in batch],
        person_ids=[one.attempt.actor for one in batch],
        facts=[one.attempt.data for one in batch],
        ages=[now - one.since for one in batch],
        lock_timeout=f"{round(LOCK_SECONDS * 1000)}ms",
    )


def _settle(one: _Waiting) -> None:
    if not one.written.done():
        one.written.set_result(None)
