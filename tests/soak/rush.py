"""One rush to a deadline: 64 connections send bids until after it, the officers open beside them, then all is counted.

Five kinds of weather. In a `calm` rush nothing is added. In a `stalled` one the tender's log is held for a moment
around the deadline, so that bids which arrived in time could be stored only after it; in a `held` one for longer than a
batch waits, so that the tender's bids go into a lane of their own. In a `slow` one what is to be committed just before
the deadline is committed two fifths of a second behind it, as on a disk that is busy elsewhere: bids that are stamped
in time are then still invisible when the officers ask to open.

And in a `crowded` one another tender closes two seconds earlier, with a rush of its own: while its officers open it,
and its late bids are told so, nothing of that may hold up the bids for this one.

Whatever the service writes as the instant of a bid, there is a witness of the campaign's own: it locks the tender's log
once the database's clock has passed the deadline, and reads how long the log is. Every later bid is a late one.
"""

import asyncio
import contextlib
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from service import db
from tests.make import a_bid
from tests.soak.clients import Answer, Line, Tender, Unknown, read_answer
from tests.soak.stage import Clock, Play, measure_clock

Weather = Literal["calm", "stalled", "slow", "held", "crowded"]
WEATHERS: tuple[Weather, ...] = ("calm", "stalled", "slow", "held", "crowded")
HOLDS: dict[Weather, tuple[float, float]] = {"stalled": (0.06, 0.02), "held": (0.12, 0.12)}
"""Seconds before and behind the deadline for which the log is held: together less than `intake.HELD_AFTER`, or more."""

CONNECTIONS = 64
BID_BYTES = 16 * 1024
LEAD_SECONDS = 1.5
"""From publication to the first bid: connections are opened, clocks compared."""

CROWD_SECONDS = 2.0
"""So much earlier closes the other tender in a crowd."""

TAIL_SECONDS = 0.7
"""So long bids go on behind the deadline."""

IN_GOOD_TIME = 1.0
"""Seconds before the deadline at which the last byte must have arrived for a bid to have a right to be taken."""

SLOW_DISK = """
CREATE FUNCTION rush_slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    left_over interval := (
        SELECT tender.submission_deadline - pg_catalog.clock_timestamp()
        FROM public.lots AS lot INNER JOIN public.tenders AS tender ON lot.tender_id = tender.id
        WHERE lot.id = NEW.lot_id
    );
BEGIN
    IF left_over BETWEEN interval '-100 ms' AND interval '100 ms' THEN
        PERFORM pg_sleep_for(left_over + interval '400 ms');
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER rush_slow_commit AFTER INSERT ON bids DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION rush_slow_commit();
"""


MUST_BE_NONE = ("late", "missing", "wronged", "early", "disordered")


class Shot(NamedTuple):
    """One bid as its supplier saw it; instants by the campaign's monotonic clock, those of sending by the first try."""

    supplier: str
    first_byte: float
    last_byte: float
    answered: float
    turned_away: int
    status: int
    slug: str
    receipt: dict[str, Any]


class Seen(msgspec.Struct, kw_only=True):
    """What a rush amounted to; everything from `late` on must be nought or empty."""

    weather: Weather
    sent: int = 0
    acknowledged: int = 0
    told_late: int = 0
    turned_away: int = 0
    """Answers 503, after which the same bid was sent again under its key."""
    opened: int = 0
    per_second: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    slowest: float = 0.0
    late_slowest: float = 0.0
    """The longest time after which a sender was told that it was too late: it may have to wait for the opening."""
    clock_error: float = 0.0
    late: int = 0
    """Bids that were stored, or acknowledged, at or after the deadline."""
    missing: int = 0
    """Bids that were acknowledged and are not in the opening record."""
    wronged: int = 0
    """Bids whose last byte arrived a second before the deadline or earlier, and that were not taken in the end."""
    early: int = 0
    """Bids that were refused as late at an instant before the deadline."""
    disordered: int = 0
    """Entries of the log whose instant lies before that of an earlier entry."""
    strange: dict[str, int] = {}
    """Anything else that must not be, and how often."""

    def faults(self) -> dict[str, int]:
        """What must not be, by its name."""
        named = {name: getattr(self, name) for name in MUST_BE_NONE}
        return {name: count for name, count in (named | self.strange).items() if count}


class Rush:
    """A tender, and everything that happens to it around its deadline."""

    def __init__(
        self, play: Play, *, seconds: float, weather: Weather = "calm", connections: int = CONNECTIONS
    ) -> None:
        self.play = play
        self.seconds = seconds
        self.weather = weather
        self.connections = connections
        self.shots: list[Shot] = []
        self.unknown: set[str] = set()
        """The suppliers who got no answer."""
        self.size_at_deadline = 0
        self.tender: Tender
        self.clock: Clock
        self.deadline: datetime
        self._suppliers = iter(range(len(play.suppliers)))
        price, words = "100000000000.00", "We strip and re-roof one school at a time, outside term. " * 400
        body = msgspec.json.encode(a_bid(price=price, method_statement=words[: BID_BYTES - 200]))
        self._body = body.replace(price.encode(), b"%015.2f")

    async def run(self) -> Seen:
        """Publish, rush, open, count."""
        await self.publish(await self.play.deadline_in(LEAD_SECONDS + self.seconds))
        await self.rush()
        return await self.count()

    async def publish(self, deadline: datetime) -> None:
        """Publish a tender that closes then."""
        self.deadline = deadline
        self.tender = await self.play.market.publish(submission_deadline=self.deadline.isoformat())
        self.clock = await measure_clock(self.play.owner)

    async def rush(self) -> None:
        """Everything that happens around the deadline."""
        lines = [Line(self.play.stand.url) for _ in range(self.connections)]
        await asyncio.gather(*(line.connected() for line in lines))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            tasks.create_task(self._open())
            for line in lines:
                tasks.create_task(self._shoot(line))
        for line in lines:
            await line.close()

    # What happens

    def _left(self, before: float = 0.0) -> float:
        """Seconds until so much before the deadline."""
        return self.clock.until(self.deadline) - before - time.monotonic()

    async def _shoot(self, line: Line) -> None:
        """One connection: bid after bid, each of a supplier that has not bid, until behind the deadline."""
        await asyncio.sleep(max(0.0, self._left(self.seconds)))
        path = f"/lots/{self.tender.lots[0]}/bids"
        while self._left() > -TAIL_SECONDS and (number := next(self._suppliers, None)) is not None:
            body, supplier = self._body % (1e9 + number), self.play.suppliers[number]
            headers = [
                f"POST {path} HTTP/1.1",
                "Host: localhost",
                f"Authorization: Bearer {supplier.key}",
                f"Idempotency-Key: rush-{number}",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
            ]
            try:
                await self._send(line, supplier.organisation_id, "\r\n".join([*headers, "", ""]).encode() + body)
            except Unknown:
                self.unknown.add(supplier.organisation_id)
                await line.close()

    async def _send(self, line: Line, supplier: str, request: bytes) -> None:
        """Send a bid, again when the service is too busy, as its Retry-After asks."""
        first, last, answer = await self._try(line, request)
        turned_away = 0
        while answer.status == 503 and self._left() > -TAIL_SECONDS:
            turned_away += 1
            await asyncio.sleep(min(1.0, float(answer.headers.get("retry-after", "1"))))
            _, _, answer = await self._try(line, request)
        receipt = answer.json() if answer.status == 201 else {}
        told = (time.monotonic(), turned_away, answer.status, answer.slug, receipt)
        self.shots.append(Shot(supplier, first, last, *told))

    async def _try(self, line: Line, request: bytes) -> tuple[float, float, Answer]:
        """When the first byte was sent, when the last one, and the answer."""
        try:
            async with asyncio.timeout(line.seconds):
                reader, writer = await line.connected()
                first = time.monotonic()
                writer.write(request)
                await writer.drain()
                last = time.monotonic()
                return first, last, await read_answer(reader)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            raise Unknown(str(error)) from error

    async def _watch(self) -> None:
        """The witness: how long the log was at a moment behind the deadline; in a stall it holds it from before."""
        conn = await db.connect(self.play.dsn)
        head = "SELECT size FROM log_heads WHERE log_id = $1"
        before, behind = HOLDS.get(self.weather, (0.0, 0.0))
        try:
            await asyncio.sleep(max(0.0, self._left(before)))
            async with conn.transaction():
                if before:
                    await conn.execute(f"{head} FOR UPDATE", self.tender.id)
                await asyncio.sleep(max(0.0, self._left()))
                while await conn.fetchval("SELECT clock_timestamp() < $1", self.deadline):
                    pass  # each look is a round trip
                await conn.execute(f"{head} FOR UPDATE", self.tender.id)
                self.size_at_deadline = await conn.fetchval(head, self.tender.id)
                await asyncio.sleep(behind)
        finally:
            await conn.close()

    async def _open(self) -> None:
        """Both officers ask to open, from the deadline on, until the lot is open; by the annex, past the crowd."""
        people = self.play.market.people
        url = (self.play.annex if self.play.annex.serve.runs else self.play.stand).url
        lines = [Line(url, people[name].line.key) for name in ("officer", "second_officer")]
        await asyncio.gather(*(line.connected() for line in lines))
        await asyncio.sleep(max(0.0, self._left()))
        await asyncio.gather(*(self._ask(line) for line in lines))
        for line in lines:
            await line.close()

    async def _ask(self, officer: Line) -> None:
        path = f"/lots/{self.tender.lots[0]}/opening"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            answer: Answer | None = None
            with contextlib.suppress(Unknown):
                answer = await officer.send("POST", path)
            if answer is not None and (answer.status == 201 or answer.slug == "already-opened"):
                return
            await asyncio.sleep(0.002)

    # What it amounts to

    async def count(self) -> Seen:
        """Compare what was answered with what is stored."""
        taken = {shot.receipt["bid_id"]: shot for shot in self.shots if shot.status == 201}
        delays = sorted(shot.answered - shot.first_byte for shot in taken.values()) or [0.0]
        waited = [shot.answered - shot.first_byte for shot in self.shots if shot.status == 409]
        seen = Seen(
            weather=self.weather,
            sent=len(self.shots),
            acknowledged=len(taken),
            told_late=sum(shot.slug == "submission-deadline-passed" for shot in self.shots),
            turned_away=sum(shot.turned_away for shot in self.shots),
            per_second=round(len(taken) / self.seconds, 1),
            p50=round(delays[len(delays) // 2], 4),
            p99=round(delays[len(delays) * 99 // 100], 4),
            slowest=round(delays[-1], 4),
            late_slowest=round(max(waited, default=0.0), 4),
        )
        after = await measure_clock(self.play.owner)
        seen.clock_error = self.clock.error + after.error + abs(after.offset - self.clock.offset)
        seen.wronged = sum(self._wronged(shot, seen.clock_error) for shot in self.shots)
        await self._compare(seen, taken)
        self._strange(seen)
        return seen

    def _wronged(self, shot: Shot, error: float) -> bool:
        arrived = self.clock.at(shot.last_byte) + error
        return shot.status != 201 and arrived <= self.deadline.timestamp() - IN_GOOD_TIME

    async def _compare(self, seen: Seen, taken: dict[str, Shot]) -> None:
        """Receipts, rows, log and opening record against each other and the deadline."""
        lot, owner = UUID(self.tender.lots[0]), self.play.owner
        rows = await owner.fetch(
            "SELECT bid.id, version.submitted_at, version.digest FROM bids AS bid"
            " INNER JOIN bid_versions AS version ON version.bid_id = bid.id WHERE bid.lot_id = $1",
            lot,
        )
        entries = await owner.fetch(
            "SELECT position, kind, at, data ->> 'bid_id' AS bid_id, data ->> 'supplier_id' AS supplier_id"
            " FROM events WHERE log_id = $1 ORDER BY position",
            UUID(self.tender.id),
        )
        record = await self.play.market.people["officer"].line.done("GET", f"/lots/{lot}/opening")
        opened = {bid["bid_id"]: bid["digest"] for bid in record["bids"]}
        stored = {str(row["id"]): row for row in rows}
        late = {number for number, row in stored.items() if row["submitted_at"] >= self.deadline}
        late |= {
            number
            for number, shot in taken.items()
            if datetime.fromisoformat(shot.receipt["submitted_at"]) >= self.deadline
        }
        late |= {
            str(entry["bid_id"])
            for entry in entries
            if entry["kind"] == "bid.submitted" and entry["position"] > self.size_at_deadline
        }
        seen.late = len(late)
        seen.opened = len(opened)
        seen.missing = sum(opened.get(number) != shot.receipt["digest"] for number, shot in taken.items())
        late_entries = [entry for entry in entries if entry["kind"] == "bid.late"]
        seen.early = sum(entry["at"] < self.deadline for entry in late_entries)
        instants = [entry["at"] for entry in entries]
        seen.disordered = sum(after < before for before, after in pairwise(instants))
        seen.strange = _gaps(
            taken=set(taken),
            stored=set(stored),
            opened=set(opened),
            logged=[str(entry["bid_id"]) for entry in entries if entry["kind"] == "bid.submitted"],
            positions=[entry["position"] for entry in entries],
            unknown=len(self.unknown),
        )
        if record["opened_at"] is None:
            seen.strange["not opened"] = 1
        seen.strange |= self._late_gaps(Counter(str(entry["supplier_id"]) for entry in late_entries))

    def _late_gaps(self, logged: Counter[str]) -> dict[str, int]:
        """Where the late entries of the log are not what senders were told; who was sent away may have one as well.

        A statement that is given up for its slowness is answered 503, and may still be committed afterwards.
        """
        told = {shot.supplier for shot in self.shots if shot.slug == "submission-deadline-passed"}
        may = {shot.supplier: 1 + shot.turned_away for shot in self.shots if shot.status in {409, 503}}
        may |= dict.fromkeys(self.unknown, 1)
        found = {
            "told late, not in the log": len(told - logged.keys()),
            "late in the log, told otherwise": len(logged.keys() - may.keys()),
            "late in the log too often": sum(count > may.get(supplier, count) for supplier, count in logged.items()),
        }
        return {name: count for name, count in found.items() if count}

    def _strange(self, seen: Seen) -> None:
        """Answers that are neither a receipt nor the word that it was too late; 503 is allowed."""
        for said, count in Counter(f"{shot.status} {shot.slug}".strip() for shot in self.shots).items():
            if said not in {"201", "409 submission-deadline-passed", "503 unavailable"}:
                seen.strange[said] = count
        if self.unknown:
            seen.strange["no answer"] = len(self.unknown)
        if next(self._suppliers, None) is None:
            seen.strange["suppliers ran out"] = 1


def _gaps(
    *, taken: set[str], stored: set[str], opened: set[str], logged: list[str], positions: list[int], unknown: int
) -> dict[str, int]:
    """Where receipts, rows, log and record do not agree."""
    found = {
        "acknowledged, no row": len(taken - stored),
        "acknowledged, not in the log": len(taken - set(logged)),
        "stored, not in the log exactly once": len(stored ^ set(logged)) + len(logged) - len(set(logged)),
        "stored without a receipt": max(0, len(stored - taken) - unknown),
        "opened, not stored": len(opened - stored),
        "gaps in the log": int(positions != list(range(1, len(positions) + 1))),
    }
    return {name: count for name, count in found.items() if count}


async def storm(play: Play, *, seconds: float, weather: Weather, connections: int = CONNECTIONS) -> Seen:
    """One rush in this weather."""
    if weather == "crowded":
        return await crowd(play, seconds=seconds, connections=connections)
    if weather == "slow":
        await play.owner.execute(SLOW_DISK)
    try:
        return await Rush(play, seconds=seconds, weather=weather, connections=connections).run()
    finally:
        if weather == "slow":
            await play.owner.execute("DROP FUNCTION rush_slow_commit CASCADE")


async def crowd(play: Play, *, seconds: float, connections: int) -> Seen:
    """Two rushes to deadlines close together, half of the connections each: the later one, with any fault of both."""
    rushes = [Rush(play, seconds=seconds, weather="crowded", connections=connections // 2) for _ in range(2)]
    first = await play.deadline_in(2 * LEAD_SECONDS + seconds)
    for number, rush in enumerate(rushes):
        await rush.publish(first + timedelta(seconds=number * CROWD_SECONDS))
    await asyncio.gather(*(rush.rush() for rush in rushes))
    earlier, seen = [await rush.count() for rush in rushes]
    seen.strange |= {f"of the earlier tender: {name}": count for name, count in earlier.faults().items()}
    return seen


async def bystander(play: Play, *, seconds: float = 4.0) -> float:
    """How long a bid takes while another tender is locked, as by a large opening, and a bid for that one waits."""
    held, free = [await play.market.publish() for _ in range(2)]
    waiting, line = play.line(0), play.line(1)

    async def submit(line: Line, tender: Tender) -> float:
        began = time.monotonic()
        answer = await line.send("POST", f"/lots/{tender.lots[0]}/bids", a_bid(), Idempotency_Key="bystander")
        await line.close()
        return time.monotonic() - began if answer.status == 201 else float("inf")

    async with play.owner.transaction():
        await play.owner.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", held.id)
        first = asyncio.create_task(submit(waiting, held))
        while not await play.owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass  # each look is a round trip
        second = asyncio.create_task(submit(line, free))
        await asyncio.sleep(seconds)
    await first
    return round(await second, 3)


def total(rounds: list[Seen]) -> dict[str, Any]:
    """The figures of several rushes as one."""
    figures: dict[str, Any] = {"rounds": len(rounds)}
    counted = ("sent", "acknowledged", "told_late", "turned_away", "opened")
    for name in (*counted, *MUST_BE_NONE):
        figures[name] = sum(getattr(seen, name) for seen in rounds)
    for name in ("p50", "p99", "slowest", "late_slowest", "clock_error"):
        figures[name] = max((getattr(seen, name) for seen in rounds), default=0.0)
    figures["per_second"] = min((seen.per_second for seen in rounds if seen.weather == "calm"), default=0.0)
    return figures
