"""The database's leader lost while bids come in (`make soak SOAK=failover [N=20]`).

Three PostgreSQL nodes under Patroni with synchronous mode; `serve` and a worker use them by one address of three hosts.
While 16 suppliers submit and replace bids, the leader is in turn killed (Patroni and PostgreSQL, kill -9), frozen for
40 s and thawed, killed after its standbys were kept from receiving for 1.5 s and what they had not yet taken was thrown
away, asked to hand over, and robbed of its PostgreSQL alone. Within 60 s of each bids are acknowledged again; nothing
that was acknowledged is lost or doubled, whoever leads in the end; reports asked for are made.

Control: without synchronous mode the third event must lose bids. The third matters because on one machine a plain kill
loses nothing even then: the kernel has delivered the log already.

Patroni comes from PyPI (raft instead of etcd), into a folder of the campaign's own. Progress lies in
.soak/failover.json and belongs to one state of the code. Exit status 1 if anything was lost, doubled or late, or if the
control was not caught; 2 if the hour was up, or if Patroni cannot be had.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.soak.clients import PATIENT, Market, Unexpected, statuses
from tests.soak.harness import (
    LONGEST_SECONDS,
    PROJECT,
    SOAK,
    Failed,
    Stand,
    code_digest,
    kill_all,
    load,
    store,
    tell,
    verdict,
)
from tests.soak.kills import Reports
from tests.soak.load import LOTS, Load, market_on
from tests.soak.patroni import Cluster, Missing, install
from tests.soak.receipts import Count

PROGRESS = SOAK / "failover.json"
EVENTS = 20
SUPPLIERS = 16
KINDS = ("kill", "freeze", "lag and kill", "switchover", "postgres")
GAP_SECONDS = 60.0
"""The most that may pass without a receipt."""

FROZEN_SECONDS = 40.0
LAG_SECONDS = 1.5
CONTROL_EVENTS = 3


class Progress(msgspec.Struct):
    """How far the campaign has come, and what it found."""

    code: str
    events: int = 0
    gaps: dict[str, float] = {}
    late: int = 0
    count: Count = msgspec.field(default_factory=Count)
    unknown: int = 0
    refused: dict[str, int] = {}
    reports: int = 0
    reports_missing: int = 0
    died: int = 0
    seconds: float = 0
    control: dict[str, int] = {}

    def faults(self) -> list[str]:
        """Everything that must not be, as sentences."""
        found = self.count.faults()
        strange = {said: number for said, number in self.refused.items() if said not in PATIENT}
        sentences = (
            (self.late, f"{self.late} times nothing was acknowledged for {GAP_SECONDS:.0f} s or more"),
            (strange, f"answers other than 503 while there was no leader: {strange}"),
            (self.reports_missing, f"{self.reports_missing} reports were not made"),
            (self.died, f"{self.died} times the service or its worker ended"),
            (self.control and not self.control["found"], "the control 'lost' was not caught"),
        )
        return found + [said for wrong, said in sentences if wrong]


# The product on a cluster


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder that the account of the servers can reach; removed afterwards."""
    place = Path(tempfile.gettempdir()) / f"ts-failover-{os.getpid()}"
    place.mkdir(mode=0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def command(stand: Stand, *arguments: str) -> str:
    """Run one of the product's commands on the stand's database; its output."""
    done = subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=PROJECT,
        env=os.environ | stand.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{arguments[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


@contextlib.asynccontextmanager
async def product(
    place: Path, patroni: Path, *, synchronous: bool, suppliers: int
) -> AsyncIterator[tuple[Cluster, Stand, Market]]:
    """A cluster, the product on it, a market on that."""
    home = place / ("synchronous" if synchronous else "asynchronous")
    home.mkdir(mode=0o755)
    cluster = Cluster(home, patroni, synchronous=synchronous)
    try:
        await cluster.start()
        stand = Stand(place / f"stand-{home.name}", database_url=cluster.dsn)
        stand.data.mkdir()
        secret = stand.data / "secret"
        secret.touch(0o600)
        secret.write_text(await asyncio.to_thread(command, stand, "secret"))
        stand.environment["TENDERSCORE_SECRET_FILE"] = str(secret)
        stand.serve.environment |= stand.environment
        stand.worker.environment |= stand.environment
        await asyncio.to_thread(command, stand, "migrate", "--first-key", str(stand.data / "first-key"))
        async with stand, market_on(stand.url, stand.operator_key, suppliers) as market:
            stand.worker.start()
            yield cluster, stand, market
    finally:
        cluster.stop()


# Events


async def happen(cluster: Cluster, kind: str) -> None:
    """Let the leader be lost in one way; what is frozen is thawed later by `mend`."""
    leader = await cluster.leader()
    match kind:
        case "kill":
            leader.kill()
        case "freeze":
            kill_all(leader.everything(), signal.SIGSTOP)
        case "lag and kill":
            receivers = [pid for node in cluster.nodes if node is not leader for pid in node.receivers()]
            if not receivers:
                raise Failed("no standby receives anything")
            kill_all(receivers, signal.SIGSTOP)
            await asyncio.sleep(LAG_SECONDS)
            leader.kill()
            kill_all(receivers)
        case "switchover":
            await cluster.switch_over()
        case _:
            kill_all(leader.postgres())


async def one_event(cluster: Cluster, bidding: Load, kind: str) -> float:
    """Let it happen under load, then mend the cluster; the longest time without a receipt, in seconds."""
    await bidding.expect(3 * len(bidding.market.suppliers))
    began = time.monotonic()
    frozen = (await cluster.leader()).everything() if kind == "freeze" else []
    await happen(cluster, kind)
    if frozen:
        await asyncio.sleep(FROZEN_SECONDS)
        kill_all(frozen, signal.SIGCONT)
    await bidding.expect(2 * len(bidding.market.suppliers), 240)
    await cluster.heal()
    await bidding.expect(len(bidding.market.suppliers), 240)
    return longest_gap(bidding, began)


def longest_gap(bidding: Load, since: float) -> float:
    """The longest time between two receipts after that instant, or before the first one."""
    times = sorted(bid.acknowledged_at for bid in bidding.bids if bid.acknowledged_at > since)
    return max((later - earlier for earlier, later in zip([since, *times], times, strict=False)), default=float("inf"))


async def a_round(progress: Progress, cluster: Cluster, stand: Stand, market: Market, kinds: tuple[str, ...]) -> None:
    """These events one after another under one load, then the comparison on whoever leads now."""
    owner = await stand.connect()
    reports = Reports(market)
    await reports.prepare(owner)
    await reports.ask(owner)
    await owner.close()
    bidding = Load(market, [await market.publish(LOTS), await market.publish(LOTS)], seed=progress.events)
    bidding.start()
    try:
        for kind in kinds:
            gap = await one_event(cluster, bidding, kind)
            progress.gaps[kind] = max(progress.gaps.get(kind, 0), round(gap, 2))
            progress.late += gap >= GAP_SECONDS
            progress.events += 1
            tell(
                f"{progress.events} events; {kind}: {gap:.1f} s without a receipt, {bidding.acknowledged} bids",
                end=True,
            )
        await bidding.stop()
    except BaseException:
        await bidding.abandon()
        raise
    owner = await stand.connect()
    progress.count.add(await bidding.check(owner))
    await owner.close()
    progress.unknown += sum(bid.unknown for bid in bidding.bids)
    for said, number in statuses(bidding.bids).items():
        progress.refused[said] = progress.refused.get(said, 0) + number
    progress.reports += len(reports.asked)
    progress.reports_missing += await reports.missing(180)
    progress.died += (not stand.serve.runs) + (not stand.worker.runs)


# Control


async def control(place: Path, patroni: Path, *, suppliers: int) -> dict[str, int]:
    """The lagging standbys of a cluster without synchronous mode, until bids are lost; what was found."""
    seen = {"events": 0, "found": 0}
    async with product(place, patroni, synchronous=False, suppliers=suppliers) as (cluster, stand, market):
        while seen["events"] < CONTROL_EVENTS and not seen["found"]:
            bidding = Load(market, [await market.publish(LOTS), await market.publish(LOTS)], forgiving=True, seconds=90)
            bidding.start()
            await bidding.expect(5 * suppliers)
            await happen(cluster, "lag and kill")
            await bidding.more(suppliers, 240)
            await bidding.stop()
            await cluster.heal()
            owner = await stand.connect()
            count = await bidding.check(owner, opening=False)
            await owner.close()
            seen = {"events": seen["events"] + 1, "found": count.lost, "acknowledged": count.acknowledged}
            tell(f"control: {count.lost} of {count.acknowledged} lost after {seen['events']} events", end=True)
    return seen


# The campaign


async def run(path: Path, events: int, seconds: float, *, suppliers: int = SUPPLIERS) -> Progress:
    """Go on until so many events are done and the control was made, or the time is up; stored after every round."""
    progress, began = load(path, Progress(code=code_digest())), time.monotonic()
    spent = progress.seconds
    with workplace() as place:
        tell("installing Patroni …")
        patroni = await asyncio.to_thread(install, place)
        if progress.events < events:
            async with product(place, patroni, synchronous=True, suppliers=suppliers) as (cluster, stand, market):
                while progress.events < events and time.monotonic() - began < seconds:
                    kinds = KINDS[: events - progress.events]
                    await a_round(progress, cluster, stand, market, kinds)
                    progress.seconds = spent + time.monotonic() - began
                    store(path, progress)
                    tell(f"{progress.events} of {events} events: {summary(progress)}", end=True)
        if not progress.control and time.monotonic() - began < seconds:
            progress.control = await control(place, patroni, suppliers=suppliers)
            store(path, progress)
    return progress


def summary(progress: Progress) -> str:
    """The figures that matter, in a line."""
    count = progress.count
    return (
        f"{count.acknowledged:,} acknowledged, {count.lost} lost, {count.duplicated} duplicated, "
        f"{progress.unknown} unknown and resolved, longest gaps {progress.gaps}"
    )


def main(arguments: list[str]) -> int:
    """Run the campaign and say how it went."""
    events = int(arguments[0]) if arguments else EVENTS
    try:
        progress = asyncio.run(run(PROGRESS, events, LONGEST_SECONDS))
    except Missing as reason:
        return verdict("failover", {}, [], missing=str(reason))
    except (Failed, Unexpected) as failure:
        print(f"failover: the campaign itself failed: {failure}", file=sys.stderr)
        return 3
    missing = "" if progress.events >= events and progress.control else f"{progress.events} of {events} events done"
    figures: dict[str, Any] = msgspec.to_builtins(progress)
    return verdict("failover", figures, progress.faults(), missing=missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
