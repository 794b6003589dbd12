"""Group commit: bids that come in while one commit is under way are stored together by the next.

One statement judges, stamps and stores them (`store_bids`, migrations), each with a verdict of its own. Nobody waits
for company: the first bid of a quiet moment goes at once, and what comes meanwhile is the next batch. An answer is
given only after the commit.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Counter, Histogram

from service import db, merkle
from service.attempts import Spared
from service.problems import Refusal, Unavailable
from service.receipts import Proof, prove
from service.sealing import Envelope
from service.signing import Secrets, Signer

SQL = db.queries("intake")

_log = structlog.get_logger("tenderscore")

MOST_AT_ONCE = 64
"""Bids in one batch: more gain little and hold the logs' heads longer."""
MOST_WAITING = 2048
"""Bids that wait, those for tenders that are locked included."""
MOST_BYTES = 256_000_000
"""Bytes of the bodies that have come and wait; each is in memory a few times, as it came and sealed."""
MOST_OWN_BYTES = 32_000_000
"""The same of one supplier."""
LONGEST_WAIT = 0.5
"""Seconds: from then on newcomers are sent away before their body is read. It stays below the second that a bid may
be complete before the deadline and still be judged in time."""
HELD_AFTER = 0.1
"""Seconds that a batch waits for a tender that somebody has locked; then that tender's bids wait apart."""
LONGEST_HELD = 30.0
"""Seconds that the first bid of a lane waits for a tender that is being opened or changed, once for the tender and once
for its log; then all of the lane are told to come again."""
STORE_SECONDS = 60.0
"""After so long a statement is given up together with its connection, and never cancelled: a commit that waits for a
standby would then be seen, receipt and all, although nobody else has it."""
CRASH_SECONDS = 10.0
"""How long the service is not ready after its writer has failed by a mistake of ours, and was started again."""
LATE_PER_MINUTE = 10
"""Entries for late bids of one supplier for one lot; what is more is counted."""
DUPLICATE_WAIT = 5.0
"""Seconds that a repeated key waits for the first request's answer."""

Outcome = Literal[
    "stored",
    "replay",
    "late",
    "rules-changed",
    "standing",
    "withdrawn",
    "version-changed",
    "too-many-versions",
    "documents-missing",
    "documents-elsewhere",
    "key-refused",
    "cancelled",
    "unknown",
]


_BIDS = Counter("tenderscore_bids", "Bids that were judged, by what came of them.", ["outcome"])
_COMMIT = Histogram(
    "tenderscore_commit_seconds",
    "How long a batch of bids took to be judged and committed.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)


class RequestInFlight(Refusal):
    """The first request with this Idempotency-Key is still being worked on.

    Repeat the request in a few seconds, with the same key: you get the answer to the first.
    """

    # The first request's entry tells of both. This one would wait for the very log that keeps the first waiting.
    recorded = True


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was used for another request.

    A key stands for one request and its body. Use the answer that you have, or a new key for a new body.
    """

    status = 422


class TooManyVersions(Refusal):
    """There are as many versions of your bids for this lot as are kept.

    Your standing bid stays valid as it is; nothing was stored. If it must still change, ask the buyer before the
    deadline.
    """


class Post(NamedTuple):
    """A sealed bid on its way in; `name` is what the request is known again by, `key_id` the API key it came by."""

    tender_id: UUID
    lot_id: UUID
    bid_id: UUID
    version: int
    supplier_id: UUID
    person_id: UUID
    key_id: str
    name: str
    fingerprint: str
    tender_digest: str
    rules_digest: str
    size: int
    digest: str
    offer: Envelope
    price: Envelope | None
    documents: Sequence[UUID]
    variant: int

    @property
    def whose(self) -> tuple[UUID, UUID]:
        """Whose bid for which lot: of these one is judged at a time."""
        return self.supplier_id, self.lot_id

    @property
    def operation(self) -> tuple[object, ...]:
        """What its Idempotency-Key is unique in."""
        target = (self.lot_id, self.variant) if self.version == 1 else self.bid_id
        return self.supplier_id, target, self.name


class Verdict(NamedTuple):
    """What the statement decided about one bid. `fingerprint` is the first request's where the key had been used.

    `recorded`: whether it has made an entry of the log.
    """

    outcome: Outcome
    at: datetime
    submission_deadline: datetime
    bid_id: UUID
    version: int
    fingerprint: str
    proof: Proof | None
    recorded: bool = True


class _Waiting(NamedTuple):
    post: Post
    since: float
    answer: asyncio.Future[Verdict]


class Intake:
    """The queue of one process and the connection that empties it."""

    def __init__(self, dsn: str, secrets: Secrets, *, pooler: str = "") -> None:
        self._dsn = dsn
        self._pooler = pooler
        self._secrets = secrets
        self._waiting: deque[_Waiting] = deque()
        self._held: dict[UUID, deque[_Waiting]] = {}
        self._lanes: set[asyncio.Task[None]] = set()
        self._in_flight: dict[tuple[object, ...], _Waiting] = {}
        self._wake = asyncio.Event()
        self._bytes = 0
        self._own_bytes: dict[UUID, int] = {}
        self._crashed: float | None = None
        self._late = Spared(LATE_PER_MINUTE)
        self._conn: db.Connection | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Empty the queue as long as the block runs; at its end what waits is still stored."""
        writer = asyncio.create_task(self._keep_writing())
        try:
            yield
        finally:
            while left := [*self._waiting, *(one for lane in self._held.values() for one in lane)]:
                await asyncio.wait([waiting.answer for waiting in left])
            await asyncio.gather(*self._lanes, return_exceptions=True)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            if self._conn is not None:
                await self._conn.close(timeout=5)

    @property
    def waiting(self) -> int:
        """How many bids wait for a commit."""
        return len(self._waiting) + sum(map(len, self._held.values()))

    @contextlib.contextmanager
    def room(self, supplier_id: UUID) -> Generator[Callable[[int], None]]:
        """Room in memory for a supplier's bid, to be told of each piece that has come, until it is answered.

        Refuses newcomers while those who wait have waited too long or are too many, and pieces that are too much.
        What has only been announced takes no room: whoever sends slowly keeps nobody out.
        """
        longest = asyncio.get_running_loop().time() - self._waiting[0].since if self._waiting else 0
        if longest > LONGEST_WAIT or len(self._in_flight) >= MOST_WAITING:
            raise _crowded()
        size = 0

        def grow(more: int) -> None:
            nonlocal size
            own = self._own_bytes.get(supplier_id, 0) + more
            if self._bytes + more > MOST_BYTES or own > MOST_OWN_BYTES:
                raise _crowded()
            self._own_bytes[supplier_id] = own
            self._bytes += more
            size += more

        try:
            yield grow
        finally:
            if size:
                self._bytes -= size
                self._own_bytes[supplier_id] -= size
                if not self._own_bytes[supplier_id]:
                    del self._own_bytes[supplier_id]

    def check_working(self) -> None:
        """Refuse to be called ready for a while after a mistake of ours has stopped the writer."""
        if self._crashed is not None and asyncio.get_running_loop().time() - self._crashed < CRASH_SECONDS:
            raise Unavailable("The storing of bids has failed and was begun anew.", headers={"Retry-After": "10"})

    async def put(self, post: Post) -> Verdict:
        """Have a bid judged and stored; returns after the commit. A repeated key gets the first one's answer."""
        if first := self._in_flight.get(post.operation):
            return await self._same_answer(first, post)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(post, loop.time(), loop.create_future())
        self._in_flight[post.operation] = waiting
        lane = self._held.get(post.tender_id)
        if lane is None:
            self._waiting.append(waiting)
            self._wake.set()
        else:
            lane.append(waiting)
        # The sender may go away; its bid is stored all the same, and its key will tell.
        return await asyncio.shield(waiting.answer)

    async def _same_answer(self, first: _Waiting, again: Post) -> Verdict:
        """The first one's verdict; refuses another body at once, of which that verdict says nothing."""
        if first.post.fingerprint != again.fingerprint:
            raise IdempotencyKeyReused("The key belongs to a request with another body, which is being worked on.")
        try:
            verdict = await asyncio.wait_for(asyncio.shield(first.answer), DUPLICATE_WAIT)
        except TimeoutError:
            raise RequestInFlight("It has taken more than five seconds.", headers={"Retry-After": "5"}) from None
        return verdict._replace(outcome="replay") if verdict.outcome == "stored" else verdict

    async def _keep_writing(self) -> None:
        """Write; where that fails by a mistake of ours, say so, answer all who wait, and begin anew."""
        while True:
            (failed,) = await asyncio.gather(self._write(), return_exceptions=True)
            _log.error("bids are not stored", number=len(self._waiting), exc_info=failed)
            self._crashed = asyncio.get_running_loop().time()
            left, self._waiting = [*self._waiting], deque()
            self._answer(left, failed or AssertionError())

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := _next_batch(self._waiting):
                await self._settle(batch)
                self._waiting = deque(waiting for waiting in self._waiting if not self._is_settled(waiting))

    def _is_settled(self, waiting: _Waiting) -> bool:
        return waiting.answer.done() or waiting.post.tender_id in self._held

    async def _settle(self, batch: list[_Waiting]) -> None:
        """Store a batch and answer each of it; if that failed as a whole, tender by tender, then one by one."""
        if self._conn is None or self._conn.is_closed():
            (opened,) = await asyncio.gather(self._connect(), return_exceptions=True)
            if isinstance(opened, BaseException):
                self._answer(batch, opened)
                return
            self._conn = opened
        found = await self._store(self._conn, batch, HELD_AFTER)
        one_tender = len({waiting.post.tender_id for waiting in batch}) == 1
        if one_tender and isinstance(found, asyncpg.LockNotAvailableError):
            self._hold(batch[0].post.tender_id)
        elif len(batch) > 1 and isinstance(found, asyncpg.PostgresError) and not self._conn.is_closed():
            for part in _apart(batch):
                await self._settle(part)
        else:
            self._answer(batch, found)

    def _hold(self, tender_id: UUID) -> None:
        """Let the bids for a tender that is locked, those to come too, wait in a lane of their own."""
        self._held[tender_id] = deque(
            one for one in self._waiting if one.post.tender_id == tender_id and not one.answer.done()
        )
        lane = asyncio.create_task(self._serve_lane(tender_id))
        self._lanes.add(lane)
        lane.add_done_callback(self._lanes.discard)

    async def _serve_lane(self, tender_id: UUID) -> None:
        lane = self._held[tender_id]
        (conn,) = await asyncio.gather(self._connect(), return_exceptions=True)
        failed = conn if isinstance(conn, BaseException) else None
        while lane and not isinstance(conn, BaseException) and failed is None:
            (failed,) = await asyncio.gather(self._empty(conn, lane), return_exceptions=True)
        # Nothing is awaited in between: whoever comes now finds the lane, or finds that there is none.
        del self._held[tender_id]
        if failed is not None:
            self._answer([*lane], failed)
        if not isinstance(conn, BaseException):
            await conn.close(timeout=5)

    async def _empty(self, conn: db.Connection, lane: deque[_Waiting]) -> None:
        """Store a lane's bids; raises what goes for all that are left: a tender that stays locked, no database."""
        while batch := _next_batch(lane):
            found = await self._store(conn, batch, LONGEST_HELD)
            if len(batch) > 1 and _spoils_one(found) and not conn.is_closed():
                del batch[1:]  # one bid that cannot be stored spoils nobody else's
                found = await self._store(conn, batch, LONGEST_HELD)
            if isinstance(found, BaseException) and (conn.is_closed() or not _spoils_one(found)):
                raise found
            self._answer(batch, found)
            for settled in batch:
                lane.remove(settled)

    def _answer(self, batch: Sequence[_Waiting], found: list[Verdict] | BaseException) -> None:
        if isinstance(found, BaseException):
            _BIDS.labels("failed").inc(len(batch))
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(found)
                    waiting.answer.exception()  # whoever waited may have gone
        else:
            for waiting, verdict in zip(batch, found, strict=True):
                waiting.answer.set_result(verdict)
                _BIDS.labels(verdict.outcome).inc()
        for waiting in batch:
            self._in_flight.pop(waiting.post.operation, None)

    async def _connect(self) -> db.Connection:
        conn = await db.open_connection(self._dsn, pooler=self._pooler, statement_seconds=None)
        try:
            # It may be another server than at the start, or have other settings by now.
            await db.check_durability(conn)
        except BaseException:
            conn.terminate()
            raise
        return conn

    async def _store(
        self, conn: db.Connection, batch: list[_Waiting], patience: float
    ) -> list[Verdict] | BaseException:
        """The verdicts, or what went wrong: that is told to those who wait, and must not end the queue.

        patience: seconds that the statement waits for a lock.
        """
        judging = asyncio.create_task(self._judge(conn, [waiting.post for waiting in batch], patience))
        began = time.perf_counter()
        done, _ = await asyncio.wait((judging,), timeout=STORE_SECONDS)
        _COMMIT.observe(time.perf_counter() - began)
        if not done:
            conn.terminate()
            await asyncio.wait((judging,))
            judging.exception()
            return TimeoutError("the database did not answer in time")
        return judging.exception() or judging.result()

    async def _judge(self, conn: db.Connection, posts: list[Post], patience: float) -> list[Verdict]:
        """The verdicts. Many late bids of one supplier, or one that comes again, make no entries: they bear no digest.

        A batch has one bid at most of a supplier for a lot, so that none goes by before the last one is counted.
        """
        spared = {
            at for at, post in enumerate(posts) if self._late.spares(post.whose, (post.operation, post.fingerprint))
        }
        bare = [post._replace(tender_digest="", digest="") if at in spared else post for at, post in enumerate(posts)]
        verdicts = await self._ask(conn, bare, patience)
        again = [at for at in sorted(spared) if verdicts[at].outcome not in {"late", "replay"}]
        if again:  # the deadline has moved
            for at, verdict in zip(again, await self._ask(conn, [posts[at] for at in again], patience), strict=True):
                verdicts[at] = verdict
        for post, verdict in zip(posts, verdicts, strict=True):
            if verdict.outcome == "late" and verdict.recorded:
                self._late.wrote(post.whose, (post.operation, post.fingerprint))
        return verdicts

    async def _ask(self, conn: db.Connection, posts: list[Post], patience: float) -> list[Verdict]:
        signer = self._secrets.signers[0]
        lock_timeout = f"{round(patience * 1000)}ms"
        rows = SQL.store_bids(conn, **_columns(posts), signer=signer.key_id, lock_timeout=lock_timeout)
        return _verdicts(posts, sorted([row async for row in rows], key=_ordinal), signer)


def _crowded() -> Unavailable:
    return Unavailable(
        "Too many bids wait to be stored. Send yours again, with the same Idempotency-Key.",
        headers={"Retry-After": "1"},
    )


def _spoils_one(found: list[Verdict] | BaseException) -> bool:
    """Whether a batch may have failed for one of its bids alone."""
    return isinstance(found, asyncpg.PostgresError) and not isinstance(found, asyncpg.LockNotAvailableError)


def _next_batch(queue: deque[_Waiting]) -> list[_Waiting]:
    """Those who have waited longest; of one supplier and lot one at a time, because the second follows the first.

    They leave the queue when they are answered, so that the queue's first tells how long the longest has waited.
    """
    batch: list[_Waiting] = []
    seen: set[tuple[UUID, UUID]] = set()
    for waiting in queue:
        if waiting.post.whose not in seen:
            seen.add(waiting.post.whose)
            batch.append(waiting)
            if len(batch) == MOST_AT_ONCE:
                break
    return batch


def _apart(batch: list[_Waiting]) -> list[list[_Waiting]]:
    """The batch tender by tender; of one tender bid by bid."""
    parts: dict[UUID, list[_Waiting]] = {}
    for waiting in batch:
        parts.setdefault(waiting.post.tender_id, []).append(waiting)
    return [*parts.values()] if len(parts) > 1 else [[waiting] for waiting in batch]


def _columns(posts: Sequence[Post]) -> dict[str, list[Any]]:
    """The statement's arrays, one value of each for every bid."""
    return {
        "lot_ids": [post.lot_id for post in posts],
        "bid_ids": [post.bid_id for post in posts],
        "versions": [post.version for post in posts],
        "supplier_ids": [post.supplier_id for post in posts],
        "person_ids": [post.person_id for post in posts],
        "key_ids": [post.key_id for post in posts],
        "names": [post.name for post in posts],
        "fingerprints": [post.fingerprint for post in posts],
        "tender_digests": [post.tender_digest for post in posts],
        "rules_digests": [post.rules_digest for post in posts],
        "sizes": [post.size for post in posts],
        "digests": [post.digest for post in posts],
        "offer_headers": [post.offer.header for post in posts],
        "offers": [post.offer.body for post in posts],
        "price_headers": [post.price.header if post.price else None for post in posts],
        "prices": [post.price.body if post.price else None for post in posts],
        "documents": ["{" + ",".join(map(str, post.documents)) + "}" for post in posts],
        "variants": [post.variant for post in posts],
    }


def _ordinal(row: Any) -> int:
    return row["ordinal"]


def _verdicts(posts: Sequence[Post], rows: Sequence[Any], signer: Signer) -> list[Verdict]:
    """Each bid's verdict; of those stored with the proof, under one signature for all of a tender."""
    entered: dict[UUID, list[Any]] = {}
    for post, row in zip(posts, rows, strict=True):
        if row["entry"] is not None:
            entered.setdefault(post.tender_id, []).append(row)
    trees: dict[UUID, tuple[merkle.Grown, str]] = {}
    for tender_id, own in entered.items():
        leaves = [merkle.leaf_hash(row["entry"].encode()) for row in own]
        tree = merkle.append(own[0]["frontier"], own[0]["size_before"], leaves)
        trees[tender_id] = tree, signer.checkpoint(tender_id, tree.size, tree.root)
    return [
        Verdict(
            outcome=row["verdict"],
            at=row["at"],
            submission_deadline=row["submission_deadline"],
            bid_id=row["bid_id"],
            version=row["version"],
            fingerprint=row["fingerprint"],
            proof=prove(signer, row["entry"], row["place"], *trees[post.tender_id])
            if row["verdict"] == "stored"
            else None,
            recorded=row["entry"] is not None,
        )
        for post, row in zip(posts, rows, strict=True)
    ]
