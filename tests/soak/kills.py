"""kill -9 of the service, of PostgreSQL and of the worker while bids come in (`make soak SOAK=kills [N=200]`).

16 suppliers submit and replace bids, each sent again under its Idempotency-Key until it is acknowledged, a tenth of
them twice at once. Of ten kills four hit `serve` (and so the embedded PostgreSQL, which goes down with it), four hit
the postmaster with all its children, two the worker in the middle of a report. The service must be ready again, and
the new worker must have begun what is queued, within ten seconds. After every ten kills the receipts are compared with
rows, stored envelopes, keys, log entries, proofs and, after an opening, with what was sent.

Controls, at the end of a campaign: with synchronous_commit=off (set inside the storing statement, where the service,
which refuses such a server, cannot see it) kills of PostgreSQL must show lost bids; without the unique index and key,
and with a storing statement that does not look for them, there must be duplicated ones. A kill -9 cannot see fsync=off:
the service refuses such a server at its start (tests/service/test_db.py).

Progress lies in .soak/kills.json and belongs to one state of the code. Exit status 1 if anything was lost, duplicated,
late in coming back, or if a control was not caught; 2 if the hour was up.
"""

import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import msgspec

from tests.make import a_score
from tests.soak.clients import PATIENT, Market, Unexpected, Unknown, a_new_bid, statuses, submit
from tests.soak.harness import (
    LONGEST_SECONDS,
    SOAK,
    START_SECONDS,
    Failed,
    Stand,
    code_digest,
    descendants,
    kill_all,
    load,
    store,
    tell,
    until,
    verdict,
)
from tests.soak.load import LOTS, Load, market_on
from tests.soak.receipts import Count, pass_deadline

PROGRESS = SOAK / "kills.json"
KILLS = 200
SUPPLIERS = 16
ROUND = ("app", "postgres", "app", "postgres", "worker") * 2
READY_SECONDS = 10.0
"""The most that may pass from a kill until the service is ready, or until the new worker has begun a job."""

STALL_SECONDS = 120
"""When it is ready, each of the suppliers must get a receipt within this time."""

CONTROL_KILLS = 10
"""A control is given up, as not caught, after so many kills without a finding."""


class Progress(msgspec.Struct):
    """How far the campaign has come, and what it found."""

    code: str
    kills: dict[str, int] = {}
    slowest: dict[str, float] = {}
    late: int = 0
    stalled: int = 0
    count: Count = msgspec.field(default_factory=Count)
    unknown: int = 0
    refused: dict[str, int] = {}
    reports: int = 0
    reports_missing: int = 0
    rounds: int = 0
    seconds: float = 0
    controls: dict[str, dict[str, int]] = {}

    def faults(self) -> list[str]:
        """Everything that must not be, as sentences."""
        found = self.count.faults()
        if self.late:
            found.append(f"{self.late} times a part did not do its work again within {READY_SECONDS:.0f} s")
        if self.stalled:
            found.append(f"{self.stalled} times no bids were acknowledged for {STALL_SECONDS} s although it was ready")
        if self.reports_missing:
            found.append(f"{self.reports_missing} reports were not made after their worker was killed")
        strange = {said: number for said, number in self.refused.items() if said not in PATIENT}
        if strange:
            found.append(f"answers other than 503 while parts were down: {strange}")
        found += [f"the control {name!r} was not caught" for name, seen in self.controls.items() if not seen["found"]]
        return found


# One kill


async def kill(stand: Stand, part: str) -> float:
    """Kill -9 `app` or `postgres`, start it again if nothing else does; the seconds until the service was ready."""
    began = time.monotonic()
    if part == "app":
        await stand.serve.end(signal.SIGKILL)
        stand.serve.start()
    else:
        stand.kill_postgres()
    await stand.until_ready(START_SECONDS)
    return time.monotonic() - began


async def kill_worker(stand: Stand, market: Market, tender_id: str) -> float:
    """Kill -9 the worker and the process in which it typesets, and start it again.

    Returns the seconds until the new one has begun whatever was queued by then; a tender's record at least is.
    """
    began = time.monotonic()
    if stand.worker.process is not None:
        kill_all([*descendants(stand.worker.process.pid), stand.worker.process.pid])
    await stand.worker.end(signal.SIGKILL)
    await market.people["auditor"].line.done("POST", f"/tenders/{tender_id}/record-files")
    owner = await stand.connect()
    try:
        queued = [row["id"] for row in await owner.fetch(QUEUED)]
        stand.worker.start()

        async def begun() -> bool:
            return not {row["id"] for row in await owner.fetch(QUEUED)}.intersection(queued)

        await until(begun, START_SECONDS, "the first job of the new worker")
    finally:
        await owner.close()
    return time.monotonic() - began


QUEUED = "SELECT id FROM pgqueuer WHERE status = 'queued' AND execute_after <= clock_timestamp()"


# Reports, for the worker to be killed at


class Reports:
    """A ranked lot whose report is asked for again and again, one evaluation after another."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.lot: str = ""
        self.rules: str = ""
        self.asked: list[str] = []

    async def prepare(self, owner: asyncpg.Connection) -> None:
        """Two bids, opened and scored."""
        tender = await self.market.publish()
        self.lot, self.rules = tender.lots[0], tender.rules_digests[0]
        for number in (0, 1):
            assert await submit(self.market.suppliers[number].line, a_new_bid(number, self.lot))
        await pass_deadline(owner, tender.id)
        await self.market.open(self.lot)
        people = self.market.people
        await self.market.seat(tender.id, self.lot)
        for bid in await people["auditor"].line.done("GET", f"/lots/{self.lot}/bids"):
            path = f"/bids/{bid['bid_id']}"
            await people["evaluator"].line.done("PUT", f"{path}/scores/method-statement", a_score())
            await people["moderator"].line.done("PUT", f"{path}/consensus/method-statement", a_score())
        await people["moderator"].line.done("POST", f"/lots/{self.lot}/criteria/method-statement/lock")

    async def ask(self, owner: asyncpg.Connection) -> None:
        """Have the lot ranked once more, ask for the report, and wait until the worker is at it (a minute at most)."""
        moderator = self.market.people["moderator"].line
        run = await moderator.done("POST", f"/lots/{self.lot}/evaluations", {"rules_digest": self.rules})
        self.asked.append(run["id"])
        await moderator.done("GET", f"/evaluations/{run['id']}/report.pdf")

        async def picked() -> bool:
            return await owner.fetchval("SELECT count(*) FROM pgqueuer WHERE status = 'picked'") > 0

        with contextlib.suppress(Failed):
            await until(picked, 60, "a worker")

    async def missing(self, seconds: float) -> int:
        """How many of the reports are still not there after so long; each must be the same bytes when read twice."""
        line = self.market.people["moderator"].line
        left = list(self.asked)

        async def all_made() -> bool:
            for run in list(left):
                with contextlib.suppress(Unknown):
                    answers = [await line.send("GET", f"/evaluations/{run}/report.pdf") for _ in range(2)]
                    if [answer.status for answer in answers] == [200, 200] and answers[0].body == answers[1].body:
                        left.remove(run)
            return not left

        with contextlib.suppress(Failed):
            await until(all_made, seconds, "the reports", pause=1)
        return len(left)


# Rounds


async def campaign_round(
    progress: Progress, kinds: list[str], *, suppliers: int, seed: int, with_reports: bool = True
) -> None:
    """Kill each of the parts once under load, then compare; the progress is brought up to date."""
    random = Random(seed)
    async with Stand.under("kills") as stand, market_on(stand.url, stand.operator_key, suppliers) as market:
        stand.worker.start()
        owner = await stand.connect()
        reports, quiet = Reports(market), await market.publish()
        if with_reports:
            await reports.prepare(owner)
        bidding = Load(market, [await market.publish(LOTS), await market.publish(LOTS)], seed=seed)
        bidding.start()
        try:
            for kind in kinds:
                progress.stalled += not await bidding.more(suppliers, STALL_SECONDS)
                if kind == "worker" and with_reports:
                    owner = owner if not owner.is_closed() else await stand.connect()
                    await reports.ask(owner)
                await asyncio.sleep(random.random())
                worker = kind == "worker"
                seconds = await (kill_worker(stand, market, quiet.id) if worker else kill(stand, kind))
                note(progress, kind, seconds)
                tell(f"{sum(progress.kills.values())} kills, {bidding.acknowledged} bids since the last comparison")
            progress.stalled += not await bidding.more(suppliers, STALL_SECONDS)
            await bidding.stop()
        except BaseException:
            await bidding.abandon()
            raise
        owner = await stand.connect()
        await settle(progress, bidding, reports, owner)
        await owner.close()


def note(progress: Progress, kind: str, seconds: float) -> None:
    """Count a kill and how long the part took to do its work again."""
    progress.kills[kind] = progress.kills.get(kind, 0) + 1
    progress.slowest[kind] = max(progress.slowest.get(kind, 0), round(seconds, 2))
    progress.late += seconds > READY_SECONDS


async def settle(progress: Progress, bidding: Load, reports: Reports, owner: asyncpg.Connection) -> None:
    """Compare what was acknowledged with what is there, and count."""
    progress.count.add(await bidding.check(owner))
    progress.unknown += sum(bid.unknown for bid in bidding.bids)
    for said, number in statuses(bidding.bids).items():
        progress.refused[said] = progress.refused.get(said, 0) + number
    progress.reports += len(reports.asked)
    progress.reports_missing += await reports.missing(180) if reports.asked else 0


def planned(kills: int) -> list[list[str]]:
    """The kinds of all kills, in rounds."""
    kinds = [ROUND[number % len(ROUND)] for number in range(kills)]
    return [kinds[start : start + len(ROUND)] for start in range(0, kills, len(ROUND))]


# Controls


FORGETFUL = (
    """
DO $$
DECLARE
    careful text := (
        SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'store_bids' ORDER BY pronargs DESC LIMIT 1
    );
    forget text := 'PERFORM set_config(''synchronous_commit'', ''off'', TRUE);';
    careless text := regexp_replace(careful, '\nBEGIN\n', E'\nBEGIN\n' || forget || E'\n');
BEGIN
    IF careless = careful THEN
        RAISE EXCEPTION 'store_bids begins in other words now';
    END IF;
    EXECUTE careless;
END
$$
""",
)
"""Only bids are forgotten, and no setting of the server tells: the service refuses a server that says so."""

LOOSE = """
DO $$
DECLARE
    careful text := (
        SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'store_bids' ORDER BY pronargs DESC LIMIT 1
    );
    careless text := replace(careful, 'WHEN used.bid_id IS NOT NULL THEN', 'WHEN FALSE THEN');
BEGIN
    careless := replace(careless, 'WHEN given.version = 1 AND standing.id IS NOT NULL THEN', 'WHEN FALSE THEN');
    IF length(careful) - length(careless) <> 58 THEN  -- both conditions were there
        RAISE EXCEPTION 'store_bids looks up what it stored in other words now';
    END IF;
    EXECUTE careless;
END
$$
"""
WITHOUT_UNIQUENESS = (
    "DROP INDEX bids_one_standing_per_supplier_lot_and_variant",
    "ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_used_once",
    LOOSE,
)
"""Both walls: the indexes, and that the storing statement looks before it stores."""


async def control(name: str, spoil: tuple[str, ...], *, suppliers: int, kinds: tuple[str, ...]) -> dict[str, int]:
    """Spoil the database behind the running service, kill until the comparison finds something; what it found."""
    seen: dict[str, int] = {"kills": 0, "found": 0}
    async with Stand.under("kills") as stand, market_on(stand.url, stand.operator_key, suppliers) as market:
        owner = await stand.connect()
        for statement in spoil:
            await owner.execute(statement)
        await owner.close()
        while seen["kills"] < CONTROL_KILLS and not seen["found"]:
            bidding = Load(market, [await market.publish(LOTS)], hedged=0.5, seconds=20, forgiving=True)
            bidding.start()
            await bidding.expect(5 * suppliers)
            await kill(stand, kinds[seen["kills"] % len(kinds)])
            await bidding.more(suppliers, 60)
            await bidding.stop()
            owner = await stand.connect()
            count = await bidding.check(owner, opening=False)
            await owner.close()
            seen = {"kills": seen["kills"] + 1, "found": getattr(count, name), "acknowledged": count.acknowledged}
            tell(f"control: {seen['found']} {name} after {seen['kills']} kills", end=True)
    return seen


async def controls(progress: Progress, path: Path | None, *, suppliers: int = SUPPLIERS) -> None:
    """Both controls, each once a campaign."""
    todo: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "lost": (FORGETFUL, ("postgres",)),
        "duplicated": (WITHOUT_UNIQUENESS, ("app", "postgres")),
    }
    for name, (spoil, kinds) in todo.items():
        if name not in progress.controls:
            progress.controls[name] = await control(name, spoil, suppliers=suppliers, kinds=kinds)
            if path is not None:
                store(path, progress)


# The campaign


async def run(path: Path, kills: int, seconds: float, *, suppliers: int = SUPPLIERS) -> Progress:
    """Go on until so many kills are done and both controls were made, or the time is up; stored after every round."""
    progress, began = load(path, Progress(code=code_digest())), time.monotonic()
    spent = progress.seconds
    for number, kinds in enumerate(planned(kills)):
        if number < progress.rounds:
            continue
        if time.monotonic() - began > seconds:
            break
        await campaign_round(progress, kinds, suppliers=suppliers, seed=number)
        progress.rounds = number + 1
        progress.seconds = spent + time.monotonic() - began
        store(path, progress)
        tell(f"{sum(progress.kills.values())} of {kills} kills: {summary(progress)}", end=True)
    if time.monotonic() - began < seconds:
        await controls(progress, path, suppliers=suppliers)
    return progress


def summary(progress: Progress) -> str:
    """The figures that matter, in a line."""
    count = progress.count
    return (
        f"{count.acknowledged:,} acknowledged, {count.lost} lost, {count.duplicated} duplicated, "
        f"{progress.unknown} unknown and resolved, slowest {progress.slowest}"
    )


def main(arguments: list[str]) -> int:
    """Run the campaign and say how it went."""
    kills = int(arguments[0]) if arguments else KILLS
    try:
        progress = asyncio.run(run(PROGRESS, kills, LONGEST_SECONDS))
    except (Failed, Unexpected) as failure:
        print(f"kills: the campaign itself failed: {failure}", file=sys.stderr)
        return 3
    done = sum(progress.kills.values())
    missing = "" if done >= kills and len(progress.controls) == 2 else f"{done} of {kills} kills done"
    figures: dict[str, Any] = msgspec.to_builtins(progress)
    return verdict("kills", figures, progress.faults(), missing=missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
