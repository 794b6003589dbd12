"""A drill: the machine is lost, the service comes back from backup and archive (`make soak SOAK=restore [N=3]`).

16 suppliers submit some thousand bids; meanwhile `tenderscore backup` makes a base backup and `tenderscore archive`
keeps the server's log elsewhere. Outside are kept the receipts and the last checkpoint of every tender's log. Then
everything is killed and the data folder is removed. `tenderscore restore` makes a new folder of backup and archive and
proves it against the backup; `serve` is started on it, and all is compared with what was kept outside: every log must
have had the checkpoint's root when it had its size, every receipt must be there and prove what it says, a request
repeated under its key must get its receipt, and the bids must open to what was sent.

What may be lost (RPO): nothing that was acknowledged before the archive had it. For the first part of a drill the
archive is waited for and nothing may be lost. Then bidding goes on and everything is killed at once: what is lost of
that is measured and told, in bids and in seconds. With pg_receivewal among synchronous_standby_names it is nought.

Controls: one flipped bit in the backup and one in the head of a log that it has signed (the restore must object), one
in the archive (receipts must be missing), one entry of a log changed by the database's owner (the root must differ),
one flipped bit in a table of the restored folder (its checksums must object).

N is the number of drills, and may be followed by the number of bids in each: N="3 100000". Progress lies in
.soak/restore.json and belongs to one state of the code. Exit status 1 if a drill failed or a control was not caught; 2
if the hour was up.
"""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import msgspec

from service.local_postgres import erase
from tests.soak.backup import Archive, back_up, corrupt, restore
from tests.soak.clients import Market, Sent, Tender, Unexpected, same_receipt, try_once
from tests.soak.harness import LONGEST_SECONDS, SOAK, Failed, Stand, code_digest, load, store, tell, verdict
from tests.soak.load import LOTS, Load, market_on
from tests.soak.proofs import read_checkpoint, root_of
from tests.soak.receipts import VERSIONS, Count, compare, compare_opened, pass_deadline

PROGRESS = SOAK / "restore.json"
DRILLS, BIDS = 3, 10_000
SUPPLIERS = 16
RESTORE_SECONDS = 300.0
"""The most that a restore may take, for up to 100,000 bids."""

REPLAYED = 50
"""So many requests are repeated under their keys after the restore."""


class Progress(msgspec.Struct):
    """How far the campaign has come, and what it found."""

    code: str
    drills: int = 0
    count: Count = msgspec.field(default_factory=Count)
    roots: int = 0
    false_roots: int = 0
    replayed: int = 0
    replayed_otherwise: int = 0
    slowest_restore: float = 0
    late: int = 0
    lost_after_archive: int = 0
    seconds_after_archive: float = 0
    seconds: float = 0
    controls: dict[str, str] = {}

    def faults(self) -> list[str]:
        """Everything that must not be, as sentences."""
        found = self.count.faults()
        if self.false_roots:
            found.append(f"{self.false_roots} logs have another size or root than the checkpoint kept outside")
        if self.replayed_otherwise:
            found.append(f"{self.replayed_otherwise} repeated requests did not get their receipts")
        if self.late:
            found.append(f"{self.late} restores took more than {RESTORE_SECONDS:.0f} s")
        return found + [f"the control {name!r} was not caught" for name, how in self.controls.items() if not how]


# What is kept outside


class Outside(msgspec.Struct):
    """What the machine's loss does not take: the receipts, and each log's size and root when bidding had paused."""

    bids: list[Sent]
    lots: list[str]
    logs: dict[str, tuple[int, bytes]]


async def heads(owner: asyncpg.Connection, bids: list[Sent], tenders: list[Tender]) -> dict[str, tuple[int, bytes]]:
    """Each log's size and root by the largest signed checkpoint on a receipt; where there are none, by its entries."""
    found: dict[str, tuple[int, bytes]] = {}
    for bid in bids:
        if bid.receipt and (proof := bid.receipt.get("proof")):
            key = base64.b64decode(proof["key"]["public_key"])
            checkpoint = read_checkpoint(proof["checkpoint"], key)
            tender_id = bid.receipt["tender_id"]
            found[tender_id] = max(found.get(tender_id, (0, b"")), (checkpoint.size, checkpoint.root))
    for tender in tenders:
        if tender.id not in found:
            entries = await stored_entries(owner, tender.id)
            found[tender.id] = (len(entries), root_of(entries))
    return found


async def stored_entries(owner: asyncpg.Connection, tender_id: str) -> list[bytes]:
    """Every entry of a log as stored, first to last."""
    rows = await owner.fetch(
        "SELECT log_entry(log_id, position, kind, person_id, data, at, salt) AS entry"
        " FROM events WHERE log_id = $1 ORDER BY position",
        tender_id,
    )
    return [row["entry"].encode() for row in rows]


async def false_roots(owner: asyncpg.Connection, outside: Outside) -> int:
    """How many logs did not have that root when they had the size of the checkpoint kept outside."""
    wrong = 0
    for tender_id, (size, root) in outside.logs.items():
        entries = await stored_entries(owner, tender_id)
        wrong += len(entries) < size or root_of(entries[:size]) != root
    return wrong


# The machine that is lost


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder that the account of the server can reach; removed afterwards."""
    place = Path(tempfile.gettempdir()) / f"ts-restore-{os.getpid()}"
    place.mkdir(mode=0o711)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


class Lost(msgspec.Struct):
    """What there is when the machine is gone."""

    outside: Outside
    after: list[Sent]
    """Bids that were sent after the archive had been waited for."""

    segment: str
    """A file of the archive that holds bids, all of it written after the backup."""


async def lose(place: Path, stand: Stand, market: Market, bids: int, *, seed: int) -> Lost:
    """Let so many bids come in, a backup be made meanwhile, and kill everything while more come in."""
    owner = await stand.connect()
    tenders = [await market.publish(LOTS) for _ in range(4)]
    async with Archive(stand, place / "archive") as archive:
        bidding = Load(market, tenders, seed=seed)
        bidding.start()
        await bidding.expect(bids // 3, 1800)
        await back_up(stand, place / "backup")
        await owner.execute("SELECT pg_switch_wal()")
        segment = await owner.fetchval("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
        await bidding.expect(max(len(market.suppliers), bids - bidding.acknowledged), 1800)
        await bidding.stop()
        await archive.has_everything(owner)
        outside = Outside(bidding.bids, bidding.lots, await heads(owner, bidding.bids, tenders))
        more = bidding.successor(seconds=5, forgiving=True)
        more.start()
        await more.expect(2 * len(market.suppliers))
        await owner.close()
        stand.kill_everything()
        await more.stop()
    erase(stand.data)
    return Lost(outside, more.bids, segment)


# The drill


async def drill(progress: Progress, bids: int, *, suppliers: int = SUPPLIERS, seed: int = 0) -> None:
    """Lose a machine, restore it, compare; the progress is brought up to date."""
    with workplace() as place:
        stand = Stand(place / "lost", data=place / "data")
        addresses = [stand.url]
        async with stand, market_on(lambda: addresses[-1], stand.operator_key, suppliers) as market:
            lost = await lose(place, stand, market, bids, seed=seed)
            tell(f"{len(lost.outside.bids)} bids; everything was killed while {len(lost.after)} more came in")
            began = time.monotonic()
            async with await restored(place, "new") as anew:
                seconds = time.monotonic() - began
                progress.slowest_restore = max(progress.slowest_restore, round(seconds, 2))
                progress.late += seconds > RESTORE_SECONDS
                addresses.append(anew.url)
                await market.close()
                await judge(progress, anew, market, lost)
    progress.drills += 1


async def restored(place: Path, name: str, backup: str = "backup") -> Stand:
    """A stand, not started yet, on a new folder made of backup and archive. Raises Failed where that is not proved."""
    stand = Stand(place / f"stand-{name}", data=place / name)
    await restore(stand, place / backup, place / "archive")
    return stand


async def judge(progress: Progress, stand: Stand, market: Market, lost: Lost) -> None:
    """Compare what came back with what was kept outside."""
    owner, outside = await stand.connect(), lost.outside
    progress.roots += len(outside.logs)
    progress.false_roots += await false_roots(owner, outside)
    count, gone = await compared(owner, lost)
    progress.count.add(count)
    progress.lost_after_archive += len(gone)
    progress.seconds_after_archive = max(progress.seconds_after_archive, span(gone))
    for bid in Random(0).sample(outside.bids, min(REPLAYED, len(outside.bids))):
        again = msgspec.structs.replace(bid, receipt=None)
        await try_once(market.suppliers[bid.supplier].line, again)
        progress.replayed += 1
        progress.replayed_otherwise += again.receipt is None or not same_receipt(bid.receipt or {}, again.receipt)
    tender_id = next(iter(outside.logs))
    await pass_deadline(owner, tender_id)
    lot = next(bid.lot_id for bid in outside.bids if bid.receipt and bid.receipt["tender_id"] == tender_id)
    there = [bid for bid in lost.after if bid not in gone]
    progress.count.add(await compare_opened(market, [*outside.bids, *there], lot))
    await owner.close()


async def compared(owner: asyncpg.Connection, lost: Lost) -> tuple[Count, list[Sent]]:
    """What the comparison finds in what the archive had, and which of the later bids are gone."""
    lots = lost.outside.lots
    stored = {(row["bid_id"], row["version"]) for row in await owner.fetch(VERSIONS, lots)}
    acknowledged = [bid for bid in lost.after if bid.receipt]
    gone = [bid for bid in acknowledged if (bid.receipt["bid_id"], bid.receipt["version"]) not in stored]
    # Who got no answer before the end may have been stored: those are neither surplus nor missing.
    rest = [bid for bid in lost.after if bid not in gone]
    count = await compare(owner, [*lost.outside.bids, *rest], lots)
    count.unresolved -= sum(bid.receipt is None for bid in rest)
    count.notes = [note for note in count.notes if not note.startswith("unresolved")]
    return count, gone


def span(bids: list[Sent]) -> float:
    """From the first to the last of their receipts, in seconds."""
    times = [bid.acknowledged_at for bid in bids]
    return round(max(times) - min(times), 3) if times else 0.0


# Controls


async def controls(place: Path, lost: Lost) -> AsyncIterator[tuple[str, str]]:
    """Each spoils a copy of what a drill restores from, or the restored folder; name, and how it was noticed or ""."""
    yield "bit in backup", await refused(place, "base", flip_largest)
    yield "bit in a signed head", await refused(place, "backup.json", flip_head)
    yield "bit in archive", await flipped_in_archive(place, lost)
    async with await restored(place, "changed") as stand:
        owner = await stand.connect()
        async with owner.transaction():
            await owner.execute("SET LOCAL session_replication_role = replica")
            await owner.execute(CHANGE, next(iter(lost.outside.logs)))
        wrong = await false_roots(owner, lost.outside)
        yield "entry rewritten", f"{wrong} roots differ" if wrong else ""
        table = await owner.fetchval("SELECT pg_relation_filepath('bid_versions')")
        await owner.close()
        await stand.serve.end()
        corrupt(stand.data / "postgres" / "data" / table, Random(1))
        stand.serve.start()
        yield "bit in table", await noticed(stand, lost)
        await stand.serve.end()


CHANGE = """
UPDATE events SET data = data || '{"size": 1}'
WHERE log_id = $1 AND position = (
    SELECT min(position) FROM events WHERE log_id = $1 AND kind = 'bid.submitted'
)
"""


async def refused(place: Path, what: str, spoil: Callable[[Path], None]) -> str:
    """How a restore refuses a copy of the backup in which something is spoiled; "" if it does not."""
    copy = place / "flipped"
    shutil.copytree(place / "backup", copy)
    spoil(copy / what)
    try:
        await restored(place, f"of-{what}", "flipped")
    except Failed as failure:
        return str(failure)[:200]
    finally:
        shutil.rmtree(copy)
    return ""


def flip_largest(base: Path) -> None:
    """One bit in the largest table."""
    corrupt(max((path for path in (base / "base").rglob("*") if path.is_file()), key=size_of), Random(1))


def flip_head(manifest: Path) -> None:
    """One bit of the root in the first signed head: another letter."""
    told = json.loads(manifest.read_text())
    name, size, root, *rest = told["heads"][0].split("\n")
    told["heads"][0] = "\n".join([name, size, root[:5] + chr(ord(root[5]) ^ 1) + root[6:], *rest])
    manifest.write_text(json.dumps(told))


async def flipped_in_archive(place: Path, lost: Lost) -> str:
    """One flipped bit in what was written after the backup, restored from; the bit is put back afterwards."""
    segment = next(path for path in (place / "archive").glob(f"{lost.segment}*") if path.is_file())
    whole = segment.read_bytes()
    corrupt(segment, Random(1))
    stand = Stand(place / "stand-short", data=place / "short")
    try:
        await restore(stand, place / "backup", place / "archive")
        stand.serve.start()
        return await noticed(stand, lost)
    except Failed as failure:
        return f"restore: {failure}"[:200]
    finally:
        await stand.end()
        segment.write_bytes(whole)
        for copy in (place / "archive").glob(f"{lost.segment}*"):
            copy.write_bytes(whole)


async def noticed(stand: Stand, lost: Lost) -> str:
    """How a spoiled folder betrays itself: the server does not start, does not read, or the comparison finds it."""
    try:
        await stand.until_ready(60)
        owner = await stand.connect()
        try:
            # Contents too: a table is read whole, with its checksums.
            for table in await owner.fetch("SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r'"):
                await owner.execute(f"COPY {table['name']} TO '/dev/null'")
            count, _ = await compared(owner, lost)
            wrong = await false_roots(owner, lost.outside)
        finally:
            await owner.close()
    except (Failed, asyncpg.PostgresError) as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    found = count.faults() + ([f"{wrong} roots differ"] if wrong else [])
    return "; ".join(found)[:300]


def size_of(path: Path) -> int:
    """Bytes."""
    return path.stat().st_size


async def check_controls(progress: Progress, bids: int, *, suppliers: int) -> None:
    """All five, on one machine lost."""
    with workplace() as place:
        stand = Stand(place / "lost", data=place / "data")
        async with stand, market_on(stand.url, stand.operator_key, suppliers) as market:
            lost = await lose(place, stand, market, bids, seed=1)
            async for name, how in controls(place, lost):
                progress.controls[name] = how
                tell(f"control {name}: {how or 'NOT noticed'}", end=True)


# The campaign


async def run(path: Path, drills: int, bids: int, seconds: float) -> Progress:
    """Go on until so many drills are done and the controls were made, or the time is up; stored after every drill."""
    progress, began = load(path, Progress(code=code_digest())), time.monotonic()
    spent = progress.seconds
    while progress.drills < drills and time.monotonic() - began < seconds:
        await drill(progress, bids, seed=progress.drills)
        progress.seconds = spent + time.monotonic() - began
        store(path, progress)
        tell(f"{progress.drills} of {drills} drills: {summary(progress)}", end=True)
    if not progress.controls and time.monotonic() - began < seconds:
        await check_controls(progress, 500, suppliers=SUPPLIERS)
        store(path, progress)
    return progress


def summary(progress: Progress) -> str:
    """The figures that matter, in a line."""
    return (
        f"{progress.count.acknowledged:,} acknowledged, {progress.count.lost} lost, {progress.false_roots} of "
        f"{progress.roots} roots differ, restored within {progress.slowest_restore} s; killed at once, "
        f"{progress.lost_after_archive} bids of the last {progress.seconds_after_archive} s were not in the archive yet"
    )


def main(arguments: list[str]) -> int:
    """Run the campaign and say how it went."""
    drills, bids = (int(text) for text in (*arguments, *map(str, (DRILLS, BIDS)[len(arguments) :])))
    try:
        progress = asyncio.run(run(PROGRESS, drills, bids, LONGEST_SECONDS))
    except (Failed, Unexpected) as failure:
        print(f"restore: the campaign itself failed: {failure}", file=sys.stderr)
        return 3
    missing = "" if progress.drills >= drills and progress.controls else f"{progress.drills} of {drills} drills done"
    figures: dict[str, Any] = msgspec.to_builtins(progress)
    return verdict("restore", figures, progress.faults(), missing=missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
