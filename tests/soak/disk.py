"""The disk of the database filled up while bids come in (`make soak SOAK=disk [N=20]`).

The data folder lies on a volume of 256 MB in memory. While 16 suppliers submit bids of 16 kB, a ballast takes what is
left of it, to the last byte and as often as PostgreSQL frees some, for several seconds; then the ballast is removed.
While the volume is full every answer is a receipt or a 503 or 507 in problem+json, some of them 507: the service itself
must not go away, although PostgreSQL panics when it cannot write its log (in every second fill it is made to) and
cannot recover either. Within 30 s of the ballast's removal bids are acknowledged again, without hands. Then the
receipts are compared as in the campaign of kills.

Control: with synchronous_commit=off (set inside the storing statement) and PostgreSQL killed as the volume
fills, there must be lost bids. A fill alone shows none even then: bids are refused before PostgreSQL panics.

Needs root, to mount the volume. Progress lies in .soak/disk.json and belongs to one state of the code. Exit status 1 if
anything was lost or answered otherwise, or if the control was not caught; 2 if the hour was up or there is no root.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any, Self

import asyncpg
import msgspec

from tests.soak.clients import PATIENT, Line, Market, Unexpected, Unknown, statuses
from tests.soak.harness import (
    LONGEST_SECONDS,
    SOAK,
    Failed,
    Stand,
    code_digest,
    load,
    store,
    tell,
    verdict,
)
from tests.soak.kills import FORGETFUL
from tests.soak.load import LOTS, Load, market_on
from tests.soak.receipts import Count

PROGRESS = SOAK / "disk.json"
FILLS = 20
SUPPLIERS = 16
VOLUME_MB = 256
BID_BYTES = 16_000
RECOVERY_SECONDS = 30.0
"""The most that may pass from space to the next receipt."""

FULL_SECONDS = (6.0, 20.0)
"""How long the volume stays full, at least and at most."""

CONTROL_FILLS = 5
LAZY = ("ALTER SYSTEM SET wal_writer_delay = '10s'", "ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
"""For the control: what is acknowledged is written seconds later."""

FULL = "507 storage-full"
"""What a supplier is told while PostgreSQL still runs, as it does in every second fill at least."""

NO_ROOT = "a small volume can only be mounted by root"


class Progress(msgspec.Struct):
    """How far the campaign has come, and what it found."""

    code: str
    fills: int = 0
    count: Count = msgspec.field(default_factory=Count)
    refused: dict[str, int] = {}
    read: dict[str, int] = {}
    silent: int = 0
    slowest_recovery: float = 0
    late: int = 0
    never_full: int = 0
    died: int = 0
    deaths: int = 0
    seconds: float = 0
    control: dict[str, int] = {}

    def faults(self) -> list[str]:
        """Everything that must not be, as sentences."""
        found = self.count.faults()
        strange = {said: number for said, number in self.refused.items() if said not in PATIENT}
        strange |= {said: number for said, number in self.read.items() if said not in {*PATIENT, "200"}}
        sentences = (
            (strange, f"answers other than 503 and 507 while the disk was full: {strange}"),
            (self.silent, f"{self.silent} requests were not answered at all"),
            (self.late, f"{self.late} times no bid was acknowledged within {RECOVERY_SECONDS:.0f} s of space"),
            (
                self.never_full,
                f"{self.never_full} times nothing was refused: the disk was not full, which proves nothing",
            ),
            (self.died, f"{self.died} times the service ended"),
            (
                self.fills > 1 and FULL not in self.refused,
                f"nobody was ever told {FULL}, which says what is wrong",
            ),
            (self.control and not self.control["found"], "the control 'lost' was not caught"),
        )
        return found + [said for wrong, said in sentences if wrong]


# A volume that can be filled


class Volume:
    """A small file system in memory, and the ballast that fills it."""

    def __init__(self, megabytes: int) -> None:
        self.path = Path(tempfile.gettempdir()) / f"ts-disk-{os.getpid()}"
        self.megabytes = megabytes

    @property
    def ballast(self) -> Path:
        """The file that takes the room."""
        return self.path / "ballast"

    def __enter__(self) -> Self:
        self.path.mkdir(mode=0o711)
        options = f"size={self.megabytes}m,mode=0711"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path], capture_output=True, text=True, check=False
        )
        if done.returncode:
            self.path.rmdir()
            raise Failed(f"mount: {done.stderr.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        unmount(self.path)

    def fill(self) -> None:
        """Take all that is left, to the last byte."""
        with self.ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size):
                        pass

    def free(self) -> None:
        """Give the room back."""
        self.ballast.unlink(missing_ok=True)


def unmount(path: Path) -> None:
    """Remove a volume with all that is on it; who still works in it does not hinder that."""
    subprocess.run(["umount", "--lazy", path], capture_output=True, check=False)
    with contextlib.suppress(OSError):
        path.rmdir()


def unmount_left() -> None:
    """Remove the volumes of campaigns that were killed."""
    for path in Path(tempfile.gettempdir()).glob("ts-disk-*"):
        if not Path(f"/proc/{path.name.rpartition('-')[2]}").exists():
            unmount(path)


def can_mount() -> bool:
    """Whether this machine lets us mount a volume in memory."""
    if os.geteuid() != 0:
        return False
    try:
        with Volume(1):
            return True
    except (Failed, OSError):
        return False


# One fill


class Reader:
    """Somebody who reads all the while, and what was answered."""

    def __init__(self, market: Market, paths: list[str]) -> None:
        self.line = Line(market.url, market.people["auditor"].line.key)
        self.paths = paths
        self.said: Counter[str] = Counter()
        self.silent = 0
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            for path in self.paths:
                try:
                    answer = await self.line.send("GET", path)
                    self.said[f"{answer.status} {answer.slug}".strip()] += 1
                except Unknown:
                    self.silent += 1
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.line.close()


@contextlib.asynccontextmanager
async def stand_on_volume(volume: Volume, *, suppliers: int) -> AsyncIterator[tuple[Stand, Market]]:
    """The product with its data on the volume, and a market on it."""
    with volume:
        stand = Stand(SOAK / f"disk-{os.getpid()}", data=volume.path / "data")
        async with stand, market_on(stand.url, stand.operator_key, suppliers) as market:
            if (stand.data / "postgres").is_symlink():
                raise Failed(f"PostgreSQL's account cannot reach {volume.path}")
            try:
                yield stand, market
            finally:
                volume.free()


async def fill_under_load(volume: Volume, bidding: Load, seconds: float) -> None:
    """Keep the volume full for so long, from the first refusal on (waited for a minute at most)."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        await asyncio.to_thread(volume.fill)
        await asyncio.sleep(0.1)
        if statuses(bidding.bids):
            end = min(end, time.monotonic() + seconds)
            seconds = float("inf")


async def provoke(volume: Volume, stand: Stand) -> None:
    """Fill the volume and let PostgreSQL need a new file for its log at once, for which there is no room: it panics.

    The connection is there before: PostgreSQL may panic by itself as soon as the volume is full, and then takes none.
    """
    owner = await stand.connect()
    try:
        await asyncio.to_thread(volume.fill)
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await owner.fetch("SELECT pg_switch_wal() FROM generate_series(1, 8)")
    finally:
        owner.terminate()


async def one_fill(
    progress: Progress, *, megabytes: int, suppliers: int, seconds: float, seed: int, provoked: bool = False
) -> None:
    """Fill the volume once under load, free it, and compare; the progress is brought up to date."""
    volume = Volume(megabytes)
    async with stand_on_volume(volume, suppliers=suppliers) as (stand, market):
        tender = await market.publish(LOTS)
        bidding = Load(market, [tender], seed=seed, size=BID_BYTES)
        reader = Reader(market, ["/health/ready", f"/tenders/{tender.id}"])
        bidding.start()
        try:
            await bidding.expect(2 * suppliers)
            if provoked:
                await provoke(volume, stand)
            await fill_under_load(volume, bidding, seconds)
            before = bidding.acknowledged
            volume.free()
            began = time.monotonic()
            back = await bidding.more(1, 120)
            progress.slowest_recovery = max(progress.slowest_recovery, round(time.monotonic() - began, 2))
            progress.late += not back or time.monotonic() - began > RECOVERY_SECONDS
            tell(f"full for {seconds:.0f} s at {before} bids, back after {time.monotonic() - began:.1f} s")
            await bidding.expect(suppliers)
            await bidding.stop()
        except BaseException:
            await bidding.abandon()
            raise
        finally:
            await reader.stop()
        await settle(progress, stand, bidding, reader)


async def settle(progress: Progress, stand: Stand, bidding: Load, reader: Reader) -> None:
    """Compare what was acknowledged with what is there, and count every answer."""
    owner = await stand.connect()
    progress.count.add(await bidding.check(owner))
    await owner.close()
    refused = statuses(bidding.bids)
    for said, number in refused.items():
        progress.refused[said] = progress.refused.get(said, 0) + number
    for said, number in reader.said.items():
        progress.read[said] = progress.read.get(said, 0) + number
    said_by_the_service = stand.serve.log.read_text(errors="replace")
    for line in said_by_the_service.splitlines():
        if '"event":"crash"' in line:  # what a 500 was about
            tell(line[-2000:])
    progress.silent += reader.silent + sum(bid.unknown for bid in bidding.bids)
    progress.never_full += not refused
    progress.died += not stand.serve.runs
    # PostgreSQL's own log lies on the full volume and may lack the panic; the service's lies elsewhere.
    progress.deaths += said_by_the_service.count("PostgreSQL died")
    progress.fills += 1


# Control


async def control(*, megabytes: int, suppliers: int) -> dict[str, int]:
    """The same on a server that acknowledges before it has written, until bids are lost; what was found."""
    seen = {"fills": 0, "found": 0}
    while seen["fills"] < CONTROL_FILLS and not seen["found"]:
        volume = Volume(megabytes)
        async with stand_on_volume(volume, suppliers=suppliers) as (stand, market):
            owner = await stand.connect()
            for statement in (*LAZY, *FORGETFUL):
                await owner.execute(statement)
            await owner.close()
            bidding = Load(market, [await market.publish(LOTS)], forgiving=True, seconds=60)
            bidding.start()
            await bidding.expect(2 * suppliers)
            await asyncio.to_thread(volume.fill)
            stand.kill_postgres()
            await fill_under_load(volume, bidding, FULL_SECONDS[0])
            volume.free()
            await bidding.more(suppliers, 60)
            await bidding.stop()
            owner = await stand.connect()
            count = await bidding.check(owner, opening=False)
            await owner.close()
            seen = {"fills": seen["fills"] + 1, "found": count.lost, "acknowledged": count.acknowledged}
            tell(f"control: {count.lost} lost after {seen['fills']} fills", end=True)
    return seen


# The campaign


async def run(path: Path, fills: int, seconds: float, *, megabytes: int = VOLUME_MB) -> Progress:
    """Go on until so many fills are done and the control was made, or the time is up; stored after every fill."""
    progress, began = load(path, Progress(code=code_digest())), time.monotonic()
    spent = progress.seconds
    while progress.fills < fills and time.monotonic() - began < seconds:
        number = progress.fills
        full = Random(number).uniform(*FULL_SECONDS)
        how = {"seconds": full, "seed": number, "provoked": number % 2 == 1}
        await one_fill(progress, megabytes=megabytes, suppliers=SUPPLIERS, **how)
        progress.seconds = spent + time.monotonic() - began
        store(path, progress)
        tell(f"{progress.fills} of {fills} fills: {summary(progress)}", end=True)
    if not progress.control and time.monotonic() - began < seconds:
        progress.control = await control(megabytes=megabytes, suppliers=SUPPLIERS)
        store(path, progress)
    return progress


def summary(progress: Progress) -> str:
    """The figures that matter, in a line."""
    return (
        f"{progress.count.acknowledged:,} acknowledged, {progress.count.lost} lost, refused {progress.refused}, "
        f"{progress.deaths} deaths of PostgreSQL, slowest recovery {progress.slowest_recovery} s"
    )


def main(arguments: list[str]) -> int:
    """Run the campaign and say how it went."""
    fills = int(arguments[0]) if arguments else FILLS
    unmount_left()
    if not can_mount():
        return verdict("disk", {}, [], missing=NO_ROOT)
    try:
        progress = asyncio.run(run(PROGRESS, fills, LONGEST_SECONDS))
    except (Failed, Unexpected) as failure:
        print(f"disk: the campaign itself failed: {failure}", file=sys.stderr)
        return 3
    missing = "" if progress.fills >= fills and progress.control else f"{progress.fills} of {fills} fills done"
    figures: dict[str, Any] = msgspec.to_builtins(progress)
    return verdict("disk", figures, progress.faults(), missing=missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
