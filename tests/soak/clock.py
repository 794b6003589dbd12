"""The service under a wrong clock, the database under the right one (`make soak SOAK=clock [N=3]`, rounds of all lies).

libfaketime lies to the service's processes alone: an hour and a day early and late, frozen, running fast, stepping back
and forth in the middle of a rush, in another zone. Under each lie there is a rush to a deadline (rush.py) with the same
outcome as without: the database's clock decides, and receipts never go back in the log's order. Keys expire by the
database's clock as well. Then deadlines in the hour that comes twice when summer time ends, and in the one that does
not come when it begins: an instant with an offset is one instant, and anything else is refused.

Control: a service that tells the database the time must be caught under the lies.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from service.organisations import make_key
from tests.make import a_bid, a_tender
from tests.service.conftest import FREEZE
from tests.soak import stage
from tests.soak.harness import LONGEST_SECONDS, code_digest, load, store, tell, verdict
from tests.soak.rush import CONNECTIONS, Seen, storm
from tests.soak.stage import Play

PROGRESS = Path(".soak/clock.json")
ROUNDS = 3
SECONDS = 5.0
SUPPLIERS = 8_000
HOUR = 3600
DAY = 24 * HOUR


class Lie(NamedTuple):
    """What the service is told: libfaketime's word for it, and by how many seconds its clock is then wrong at least."""

    told: str
    wrong_by: float = 0.0
    steps: tuple[str, ...] = ()
    zone: str = "UTC"


LIES = {
    "an hour fast": Lie(f"+{HOUR}", HOUR - 60),
    "an hour slow": Lie(f"-{HOUR}", HOUR - 60),
    "a day fast": Lie(f"+{DAY}", DAY - 60),
    "a day slow": Lie(f"-{DAY}", DAY - 60),
    "frozen": Lie("2031-03-14 12:00:00", DAY),
    "running fast": Lie("+0 x20"),
    "stepping back and forth": Lie("+0", 0.0, (f"-{HOUR}", "+20", f"-{DAY}", "-3", f"+{HOUR}", "-1")),
    "in another zone": Lie("+0", 0.0, (), "Pacific/Kiritimati"),
}


def library() -> Path | None:
    """libfaketime, or None where it is not installed."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


MISSING = "libfaketime is not installed; to mend: sudo apt-get install faketime"


class Round(msgspec.Struct):
    """One lie: how wrong the service's clock was, and what the rush amounted to."""

    lie: str
    wrong_by: float
    seen: Seen
    strange: dict[str, int]

    def faults(self) -> dict[str, int]:
        """What must not be; nor may nobody have been let in, as where the service believes that it is too late."""
        nobody = {} if self.seen.acknowledged else {"rushes in which no bid was acknowledged": 1}
        return self.seen.faults() | self.strange | nobody


class Progress(msgspec.Struct):
    """The rounds run so far, what the deadlines of summer time amounted to, and how the control was caught."""

    code: str
    rounds: list[Round] = []
    summer: dict[str, str] = {}
    control: dict[str, dict[str, int]] = {}


def told_by(file: Path, lie: Lie) -> tuple[str, ...]:
    """The command under which a program believes the lie that stands in the file; its monotonic clock stays right."""
    variables = {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "TZ": lie.zone,
    }
    return "env", *(f"{name}={value}" for name, value in variables.items())


@contextlib.asynccontextmanager
async def stepping(file: Path, lie: Lie, seconds: float) -> AsyncIterator[None]:
    """Step the lie through its stations again and again while the block runs."""

    async def step() -> None:
        while lie.steps:
            for told in (*lie.steps, lie.told):
                await asyncio.to_thread(file.write_text, told)
                await asyncio.sleep(seconds)

    task = asyncio.create_task(step())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def believed(play: Play) -> float:
    """How many seconds the service's clock is ahead of the database's, by the date on its answers."""
    answer = await play.market.operator.send("GET", "/health/live")
    true: datetime = await play.owner.fetchval("SELECT clock_timestamp()")
    return (parsedate_to_datetime(answer.headers["date"]) - true).total_seconds()


async def run_lie(
    place: stage.Stage,
    name: str,
    *,
    seconds: float = SECONDS,
    connections: int = CONNECTIONS,
    mistake: str = "",
    suppliers: int = SUPPLIERS,
) -> Round:
    """A rush under one lie."""
    lie, file = LIES[name], place.place / "lie"
    file.write_text(lie.told)
    async with place.play(mistake=mistake, before=told_by(file, lie), suppliers=suppliers) as play:
        await play.start_annex()
        wrong_by = await believed(play)
        strange = {} if abs(wrong_by) >= lie.wrong_by else {"lies that were not believed": 1}
        async with stepping(file, lie, seconds / 12):
            seen = await storm(play, seconds=seconds, weather="stalled", connections=connections)
        strange |= await check_keys(play)
    return Round(name, round(wrong_by, 1), seen, strange)


async def check_keys(play: Play) -> dict[str, int]:
    """Keys expire by the database's clock: one that expired a minute ago, and one that expires in half an hour."""
    found: dict[str, int] = {}
    for minutes, status in ((-1, 401), (30, 200)):
        key = make_key()
        await play.owner.execute(
            "INSERT INTO api_keys (id, person_id, label, secret_digest, scopes, expires_at)"
            " SELECT $1, person.id, 'campaign', $2, '{read}', clock_timestamp() + make_interval(mins => $3)"
            " FROM people AS person WHERE person.organisation_id = $4::text::uuid",
            key.id,
            key.digest,
            minutes,
            play.suppliers[0].organisation_id,
        )
        line = play.line(0)
        line.key = key.whole
        answer = await line.send("GET", "/organisations/me")
        await line.close()
        if answer.status != status:
            found[f"a key that expires in {minutes} min answered {answer.status}"] = 1
    return found


# Summer time

IN_LONDON: dict[str, str | None] = {
    # 26 October 2031: from 02:00 summer time it is 01:00 again. 01:30 comes twice, an hour apart.
    "2031-10-26T01:30:00+01:00": "2031-10-26T00:30:00Z",
    "2031-10-26T01:30:00+00:00": "2031-10-26T01:30:00Z",
    "2031-10-26T01:30:00Z": "2031-10-26T01:30:00Z",
    # 30 March 2031: behind 01:00 comes 02:00. No clock in London shows 01:30; the offset makes it an instant.
    "2031-03-30T01:30:00+00:00": "2031-03-30T01:30:00Z",
    "2031-03-30T01:30:00+01:00": "2031-03-30T00:30:00Z",
    # Without an offset nobody could say which one is meant, or whether there is one.
    "2031-10-26T01:30:00": None,
    "2031-03-30T01:30:00": None,
}
"""Deadlines as written, and the instant that each is; None: it must be refused."""

MICROSECOND = timedelta(microseconds=1)


async def check_summer(place: stage.Stage) -> dict[str, str]:
    """What is wrong with deadlines at the seams of summer time; the database's clock is put to each."""
    found: dict[str, str] = {}
    async with place.play(suppliers=3) as play:
        await play.stand.serve.end()
        await play.owner.execute(FREEZE)
        name = await play.owner.fetchval("SELECT current_database()")
        await play.owner.execute(f"ALTER DATABASE {name} SET search_path = frozen, pg_catalog, public")
        await play.start()
        for written, instant in IN_LONDON.items():
            if said := await check_deadline(play, written, instant):
                found[written] = said
    return found


async def check_deadline(play: Play, written: str, instant: str | None) -> str:
    """What is wrong with one deadline: not the instant that it is, or bids judged by another one."""
    set_clock, market = "UPDATE frozen.clock SET at = $1", play.market
    await play.owner.execute(set_clock, datetime(2031, 3, 1, tzinfo=UTC))
    await market.close()
    draft = await market.people["author"].line.send("POST", "/tenders", a_tender(submission_deadline=written))
    if instant is None:
        return "" if draft.status == 422 else f"answered {draft.status} instead of 422"
    tender = await market.publish(submission_deadline=written)
    if tender.document["submission_deadline"] != instant:
        return f"became {tender.document['submission_deadline']}"
    deadline = datetime.fromisoformat(instant)
    statuses: list[int] = []
    for supplier, at in enumerate((deadline - MICROSECOND, deadline, deadline + MICROSECOND)):
        await play.owner.execute(set_clock, at)
        line = play.line(supplier)
        answer = await line.send("POST", f"/lots/{tender.lots[0]}/bids", a_bid(), Idempotency_Key=written)
        await line.close()
        statuses.append(answer.status)
    return "" if statuses == [201, 409, 409] else f"a microsecond before, at and behind it: {statuses}"


# The campaign

CONTROL: dict[str, tuple[str, ...]] = {
    "an hour fast": ("wronged", "told_late"),
    "an hour slow": ("late", "acknowledged"),
    "stepping back and forth": ("wronged", "told_late", "acknowledged"),
}
"""Lies under which a service that goes by its own clock must be caught, and by what: all of it, so that a service that
answers nobody is not taken for one that was caught. A fast clock lets nobody in."""


async def run(rounds: int, seconds: float = LONGEST_SECONDS) -> Progress:
    """The control, the seams of summer time, then all lies in turn; goes on where it stopped."""
    progress, end = load(PROGRESS, Progress(code=code_digest())), time.monotonic() + seconds
    async with stage.under("clock") as place:
        for name in [name for name in CONTROL if name not in progress.control]:
            caught = await run_lie(place, name, seconds=3.0, mistake="application-clock")
            progress.control[name] = {sign: getattr(caught.seen, sign) for sign in CONTROL[name]}
            store(PROGRESS, progress)
            tell(f"control, {name}: {progress.control[name]}")
        progress.summer = await check_summer(place)
        names = list(LIES)
        while len(progress.rounds) < rounds * len(names) and time.monotonic() < end:
            name = names[len(progress.rounds) % len(names)]
            progress.rounds.append(await run_lie(place, name))
            store(PROGRESS, progress)
            told = progress.rounds[-1]
            tell(f"{name} ({told.wrong_by:+} s): {told.seen.acknowledged} acknowledged, {told.faults() or 'all right'}")
    return progress


def faults_of(progress: Progress) -> list[str]:
    """Everything that fails the campaign, in sentences."""
    found = [f"{told.lie}: {told.faults()}" for told in progress.rounds if told.faults()]
    found += [f"the deadline {written} {said}" for written, said in progress.summer.items()]
    if not all(seen.get(sign) for name, seen in progress.control.items() for sign in CONTROL[name]):
        found.append(f"a service that goes by its own clock was not caught: {progress.control}")
    return found


def main(arguments: list[str]) -> int:
    """Run the campaign; 1 if anything was wrong or the control was not caught, 2 if the hour did not suffice."""
    if library() is None:
        return verdict("clock", {}, [], missing=MISSING)
    rounds = int(arguments[0]) if arguments else ROUNDS
    progress = asyncio.run(run(rounds))
    done, all_rounds = len(progress.rounds), rounds * len(LIES)
    figures: dict[str, Any] = {
        "rushes": done,
        "lies": {told.lie: told.wrong_by for told in progress.rounds},
        "acknowledged": sum(told.seen.acknowledged for told in progress.rounds),
        "told_late": sum(told.seen.told_late for told in progress.rounds),
        "deadlines_at_the_seams": len(IN_LONDON),
        "control": progress.control,
    }
    missing = f"{done} of {all_rounds} rushes" if done < all_rounds else ""
    return verdict("clock", figures, faults_of(progress), missing=missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
