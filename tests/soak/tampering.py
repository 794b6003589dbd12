"""Whatever is done to a log's database, one receipt and the published script find it: `make soak SOAK=tampering [N=…]`.

A log of 100 bids suffers every single bit of every entry, leaf, frontier and size, and every deletion, insertion,
swap, move, truncation and repetition; a log of 10,000 bids suffers N random bits (10,000 unless said); a receipt
suffers every bit that the signature covers. Forks, rollbacks and whole rewrites, with fresh hashes and fresh
signatures, are judged by the script as a program of its own, everything else by its functions in this process.

At last stored bids, documents and opened values are changed in a real database (stored.py), N/20 of them.

The control is a verifier that is given only the database, with all its hashes: it accepts the whole rewrite.

Progress lies in .soak/tampering.json and belongs to one state of the code. Exit status 1 if anything went unnoticed, or
if the control noticed something; 2 if the hour was up.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace

from service import merkle, verify_receipt
from service.signing import Signer
from tests.make_logs import LOG_ID, SIGNER, a_log, a_receipt, a_withdrawal, a_withdrawal_receipt, an_entry, public
from tests.soak.harness import LONGEST_SECONDS, PROJECT, code_digest, load, store, tell, verdict
from tests.soak.stored import play as change_stored

PROGRESS = Path(".soak/tampering.json")
TESTED_BY = tuple(
    PROJECT / "tests" / name
    for name in (
        "make.py",
        "make_logs.py",
        "service/conftest.py",
        "service/test_documents.py",
        "service/test_tampered.py",
        "service/test_uploads.py",
    )
)
"""What a campaign says holds for these beside the program and the campaigns themselves."""

SCRIPT = Path(verify_receipt.__file__)
RECORDS, MANY_RECORDS, FLIPS, FLIPS_A_CHUNK, BITS_A_CHUNK = 100, 10_000, 10_000, 100, 200
OF_POSITION = 41
"""The receipt of which bid is in the verifier's hands."""
THIEF = Signer(b"\x03" * 32)
"""The key of somebody who has the whole database, but not the service's secret."""
STORED_IN = 20
"""So many flips in the log for each change of a stored bid, which takes a tender of its own."""
KEPT = 100
SIGNATURES = cache(verify_receipt.check_signature)


class Database(msgspec.Struct):
    """What is stored of one log: the events' exact texts and their leaves, the head's size and frontier."""

    entries: list[bytes]
    leaves: list[bytes]
    frontier: list[bytes]
    size: int

    def log(self) -> bytes:
        """The log as it is exported."""
        return b"".join(entry + b"\n" for entry in self.entries)

    def checkpoint(self, signer: Signer = SIGNER) -> str:
        """What the service signs when it is asked now. ValueError where a head like that belongs to no log."""
        return signer.checkpoint(LOG_ID, self.size, merkle.append(self.frontier, self.size, ()).root)

    def again(self, size: int) -> str:
        """The checkpoint of a receipt of that size, when the service makes it again from what is stored now."""
        return SIGNER.checkpoint(LOG_ID, size, merkle.root(self.leaves[:size]))


def database_of(entries: list[bytes]) -> Database:
    """A log with all its hashes as they must be."""
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    return Database(list(entries), leaves, list(merkle.append((), 0, leaves).frontier), len(leaves))


@cache
def whole(records: int) -> Database:
    """The log that nobody has touched; not to be changed."""
    return database_of([entry.encode() for entry in a_log(records)])


@cache
def receipt_of(records: int) -> dict[str, Any]:
    """The one receipt, signed when the log had all of these records."""
    return a_receipt(a_log(records), OF_POSITION)


# Judges: True where the tampering is noticed


def by_script(stored: Database, records: int, checkpoint: str, receipt: dict[str, Any] | None = None) -> bool:
    """The published script as a program: a receipt, the log as exported now, a checkpoint as given now."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "receipt.json").write_text(json.dumps(receipt or receipt_of(records)))
        (folder / "log.ndjson").write_bytes(stored.log())
        (folder / "checkpoint").write_text(checkpoint)
        command = [sys.executable, "-I", str(SCRIPT), str(folder / "receipt.json"), "--key", public(SIGNER)]
        command += ["--log", str(folder / "log.ndjson"), "--log-checkpoint", str(folder / "checkpoint")]
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
    noticed, accepted = ran.stderr.startswith("NOT VERIFIED. "), ran.stdout.endswith("\nVERIFIED.\n")
    if noticed == accepted or ran.returncode != noticed:
        raise RuntimeError(f"neither yes nor no: {ran}")
    return noticed


def by_log(stored: Database, records: int) -> bool:
    """The script's function that compares a log with roots, here with the one that the receipt vouches for."""
    path = Path(tempfile.gettempdir()) / f"tampering-{os.getpid()}.ndjson"
    path.write_bytes(stored.log())
    try:
        verify_receipt.check_log(path, {records: root_of(records)})
    except ValueError:
        return True
    finally:
        path.unlink()
    return False


@cache
def root_of(records: int) -> bytes:
    """The root in the receipt, as the script reads it."""
    return verify_receipt.open_checkpoint(receipt_of(records)["proof"]["checkpoint"], SIGNER.public_key)[2]


def by_checkpoints(stored: Database, records: int) -> bool:
    """The script's comparisons of checkpoints: none is shorter than the receipt's, none of its size has another root.

    Compared is what the service signs now, and what it signs when it makes the receipt again.
    """
    try:
        notes = [stored.checkpoint(), stored.again(records)]
    except ValueError:
        return True
    for note in notes:
        _, size, root, *_ = note.split("\n")
        if int(size) != records or verify_receipt.unbase64(root) != root_of(records):
            return True
    return False


def by_receipt(receipt: str) -> bool:
    """The script's functions on a receipt alone, with the published key."""
    # What was verified once need not be verified for every bit elsewhere: most of the time would go there.
    verify_receipt.check_signature = SIGNATURES
    try:
        list(verify_receipt.check(json.loads(receipt.encode("utf-8", "surrogatepass").decode("utf-8")), public(SIGNER)))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return True
    return False


def by_database_alone(stored: Database) -> bool:
    """The control: a verifier that is given the database only, and computes every hash in it again."""
    return stored != database_of(stored.entries)


# Tampering: each yields what was done and whether it was noticed

Outcome = tuple[str, bool]


def flipped(data: bytes, bit: int) -> bytes:
    """The same with one bit turned over."""
    broken = bytearray(data)
    broken[bit // 8] ^= 1 << bit % 8
    return bytes(broken)


def with_item(items: list[bytes], at: int, item: bytes) -> list[bytes]:
    """The same list with another item at a place."""
    return [*items[:at], item, *items[at + 1 :]]


def flip_entry(stored: Database, at: int, bit: int) -> Database:
    """One bit of one entry turned over."""
    return replace(stored, entries=with_item(stored.entries, at, flipped(stored.entries[at], bit)))


def every_bit_of_an_entry(at: int) -> Iterator[Outcome]:
    """Each bit of the entry, the leaf left as it was."""
    for bit in range(len(whole(RECORDS).entries[at]) * 8):
        yield f"bit {bit} of entry {at}", by_log(flip_entry(whole(RECORDS), at, bit), RECORDS)


def every_bit_of_a_leaf(at: int) -> Iterator[Outcome]:
    """Each bit of the stored leaf: the receipt made again is another, or fits no more."""
    stored = whole(RECORDS)
    for bit in range(256):
        broken = replace(stored, leaves=with_item(stored.leaves, at, flipped(stored.leaves[at], bit)))
        yield f"bit {bit} of leaf {at}", by_checkpoints(broken, RECORDS)


def every_bit_of_the_head(_: int) -> Iterator[Outcome]:
    """Each bit of the frontier and of the size, a bigint."""
    stored = whole(RECORDS)
    for at, node in enumerate(stored.frontier):
        for bit in range(256):
            broken = replace(stored, frontier=with_item(stored.frontier, at, flipped(node, bit)))
            yield f"bit {bit} of the frontier's node {at}", by_checkpoints(broken, RECORDS)
    for bit in range(63):
        yield f"bit {bit} of the size", by_checkpoints(replace(stored, size=stored.size ^ 1 << bit), RECORDS)


def every_shape(at: int) -> Iterator[Outcome]:
    """One record deleted, repeated, put in, swapped or moved; the log ended before it. All hashes are made anew."""
    entries = whole(RECORDS).entries
    new = an_entry(at + 1, kind="bid.withdrawn").encode()
    shapes = {
        "deleted": [*entries[:at], *entries[at + 1 :]],
        "put in": [*entries[:at], new, *entries[at:]],
        "exchanged": with_item(entries, at, new),
        "ended": entries[:at],
        "emptied": with_item(entries, at, b""),
    }
    if at + 1 < len(entries):  # behind the last entry the log only grows, which the receipt cannot and need not forbid
        shapes["repeated"] = [*entries[: at + 1], *entries[at:]]
    for other in range(len(entries)):
        if other != at:
            shapes[f"swapped with {other}"] = with_item(with_item(entries, at, entries[other]), other, entries[at])
            rest = [*entries[:at], *entries[at + 1 :]]
            shapes[f"moved to {other}"] = [*rest[:other], entries[at], *rest[other:]]
    for what, changed in shapes.items():
        yield f"entry {at} {what}", by_log(Database(changed, [], [], 0), RECORDS)


def random_flips(chunk: int) -> Iterator[Outcome]:
    """Random bits of random entries of the long log."""
    random = Random(chunk)
    stored = whole(MANY_RECORDS)
    for _ in range(FLIPS_A_CHUNK):
        at = random.randrange(MANY_RECORDS)
        bit = random.randrange(len(stored.entries[at]) * 8)
        yield f"bit {bit} of entry {at} of many", by_log(flip_entry(stored, at, bit), MANY_RECORDS)


def signed_places(text: str) -> list[int]:
    """Where in a receipt's JSON the bits are that the signature covers: all but the names, which are not signed."""
    places = set(range(len(text)))
    for name in ("tender", "lot_number", "supplier"):
        start = text.index(f'"{name}": ')
        places -= set(range(start, text.index(', "', start) + 2))
    # Bits of the notation itself, between values, may leave the same JSON: "a" :1 is "a": 1.
    return sorted(place for place in places if text[place] not in " \n")


def bits_of_the_receipt(chunk: int) -> Iterator[Outcome]:
    """Bits of the receipt as a file."""
    text = json.dumps(receipt_of(RECORDS))
    bits = [(place, bit) for place in signed_places(text) for bit in range(7)]
    for place, bit in bits[chunk * BITS_A_CHUNK : (chunk + 1) * BITS_A_CHUNK]:
        broken = text[:place] + chr(ord(text[place]) ^ 1 << bit) + text[place + 1 :]
        yield f"bit {bit} of letter {place} of the receipt", by_receipt(broken)


def rewrites() -> dict[str, Database]:
    """Logs whose every hash is right, and which are not the log that was signed."""
    entries = whole(RECORDS).entries
    another = an_entry(OF_POSITION, data={**json.loads(entries[OF_POSITION - 1])["data"], "digest": "0" * 64}).encode()
    late = an_entry(RECORDS // 2, at="2026-11-27T11:59:59.999999Z").encode()
    more = [an_entry(position).encode() for position in range(RECORDS + 1, RECORDS + 31)]
    return {
        "the bid itself exchanged": database_of(with_item(entries, OF_POSITION - 1, another)),
        "another's bid exchanged": database_of(with_item(entries, RECORDS // 2 - 1, late)),
        "the first entry rewritten, and thirty more": database_of([another, *entries[1:], *more]),
        "forked after the bid, to the same length": database_of([*entries[:OF_POSITION], *more[:30], *entries[71:]]),
        "forked after the bid, and longer": database_of([*entries[:60], *more, *entries[60:]]),
        "gone back to the bid": database_of(entries[:OF_POSITION]),
        "gone back by one entry": database_of(entries[:-1]),
        "gone back and grown again": database_of([*entries[:-1], *more]),
        "all in another order": database_of(entries[::-1]),
        "without any entry": database_of([]),
    }


def every_rewrite(_: int) -> Iterator[Outcome]:
    """By the script as a program: each rewrite, signed by the service and by the thief; heads with one bit wrong."""
    for what, stored in rewrites().items():
        for signer, by in ((SIGNER, "the service"), (THIEF, "the thief")):
            yield f"{what}, signed by {by}", by_script(stored, RECORDS, stored.checkpoint(signer))
        yield f"{what}, control", not by_database_alone(stored)
    stolen = a_receipt([entry.decode() for entry in rewrites()["the bid itself exchanged"].entries], OF_POSITION, THIEF)
    yield "a receipt of the thief's", by_receipt(json.dumps(stolen))
    stored = whole(RECORDS)
    for at, node in enumerate(stored.frontier):
        broken = replace(stored, frontier=with_item(stored.frontier, at, flipped(node, at)))
        yield f"the frontier's node {at}", by_script(stored, RECORDS, broken.checkpoint())
    for at in range(0, RECORDS, 10):
        broken = replace(stored, leaves=with_item(stored.leaves, at, flipped(stored.leaves[at], at)))
        yield f"leaf {at}", by_script(stored, RECORDS, broken.again(RECORDS))
        broken = flip_entry(stored, at, 8 * at)
        yield f"entry {at}", by_script(broken, RECORDS, broken.checkpoint())


WITHDRAWN_AT = RECORDS + 1


@cache
def with_withdrawal() -> tuple[list[bytes], dict[str, Any]]:
    """A log in which a bid is withdrawn before the last ten entries, and the receipt that its supplier was given."""
    entries = [*a_log(RECORDS), a_withdrawal(WITHDRAWN_AT, OF_POSITION)]
    receipt = a_withdrawal_receipt(entries, WITHDRAWN_AT, OF_POSITION)
    more = [an_entry(WITHDRAWN_AT + further) for further in range(1, 11)]
    return [entry.encode() for entry in [*entries, *more]], receipt


def every_withdrawal(_: int) -> Iterator[Outcome]:
    """A withdrawal unmade, with leaf and frontier as if it had never been; and its receipt told otherwise."""
    entries, receipt = with_withdrawal()
    before, after = entries[: WITHDRAWN_AT - 1], entries[WITHDRAWN_AT:]
    another = a_withdrawal(WITHDRAWN_AT, OF_POSITION + 1).encode()
    unmade = {
        "taken out": database_of(before),
        "taken out, and what came later moved up": database_of([*before, *after]),
        "another bid's instead": database_of([*before, another, *after]),
        "a bid instead": database_of([*before, an_entry(WITHDRAWN_AT).encode(), *after]),
    }
    for what, stored in unmade.items():
        yield f"withdrawal: {what}", by_script(stored, WITHDRAWN_AT, stored.checkpoint(), receipt)
    told: dict[str, dict[str, Any]] = {
        "at another time": receipt | {"withdrawn_at": "2026-11-27T03:00:00.123456Z"},
        "of another bid": receipt | {"bid_id": receipt["lot_id"]},
        "of another version": receipt | {"version": 2},
        "as a bid": {name: value for name, value in receipt.items() if name != "withdrawn_at"},
        "by the proof of the bid": receipt | {"proof": receipt_of(RECORDS)["proof"]},
    }
    for what, forged in told.items():
        yield f"withdrawal's receipt {what}", by_receipt(json.dumps(forged))
    for size in (WITHDRAWN_AT, len(entries)):
        stored = database_of(entries[:size])
        yield "honest withdrawal", not by_script(stored, WITHDRAWN_AT, stored.checkpoint(), receipt)
    yield "honest withdrawal's receipt", not by_receipt(json.dumps(receipt))


def every_honest_log(_: int) -> Iterator[Outcome]:
    """The other control: what was not tampered with is accepted, or noticing would mean nothing."""
    entries = whole(RECORDS).entries
    more = [an_entry(position).encode() for position in range(RECORDS + 1, RECORDS + 31)]
    for further in (0, 1, 28, 30):
        stored = database_of([*entries, *more[:further]])
        yield f"honest, {further} later", not by_script(stored, RECORDS, stored.checkpoint())
    yield "honest, made again", not by_script(whole(RECORDS), RECORDS, whole(RECORDS).again(RECORDS))
    yield "honest receipt", not by_receipt(json.dumps(receipt_of(RECORDS)))
    yield "honest long log", not by_log(whole(MANY_RECORDS), MANY_RECORDS)


# The campaign

STAGES: dict[str, tuple[Callable[[int], Iterator[Outcome]], int]] = {
    "honest": (every_honest_log, 1),
    "rewrites": (every_rewrite, 1),
    "withdrawals": (every_withdrawal, 1),
    "head": (every_bit_of_the_head, 1),
    "shapes": (every_shape, RECORDS),
    "leaves": (every_bit_of_a_leaf, RECORDS),
    "receipt": (bits_of_the_receipt, 1 + 7 * 2_000 // BITS_A_CHUNK),
    "entries": (every_bit_of_an_entry, RECORDS),
}
"""What is done, and in how many parts; the random flips come after these."""


class Progress(msgspec.Struct):
    """How far a campaign has come: parts done, tamperings, and what nobody noticed."""

    code: str
    done: int = 0
    tamperings: int = 0
    stored: int = 0
    unnoticed: list[str] = []


def parts(flips: int) -> list[tuple[str, int]]:
    """Every part of a campaign with so many random flips, in order."""
    fixed = [(stage, number) for stage, (_, count) in STAGES.items() for number in range(count)]
    return fixed + [("flips", number) for number in range(-(-flips // FLIPS_A_CHUNK))]


def play(part: tuple[str, int]) -> tuple[int, list[str]]:
    """How many tamperings a part was, and which of them went unnoticed."""
    stage, number = part
    tamper = random_flips if stage == "flips" else STAGES[stage][0]
    outcomes = list(tamper(number))
    return len(outcomes), [what for what, noticed in outcomes if not noticed]


def fresh() -> Progress:
    """No progress yet, with the present code."""
    return Progress(code=code_digest(*TESTED_BY))


def run(path: Path, todo: list[tuple[str, int]], seconds: float) -> Progress:
    """Go on until all parts are done or the time is up; progress is stored after every part."""
    progress, began = load(path, fresh()), time.monotonic()
    already = progress.done
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as workers:
        for tamperings, unnoticed in workers.map(play, todo[already:]):
            progress.done += 1
            progress.tamperings += tamperings
            progress.unnoticed = [*progress.unnoticed, *unnoticed][:KEPT]
            store(path, progress)
            report = f"{progress.done} of {len(todo)} parts, {progress.tamperings:,} tamperings"
            tell(f"{report}, {len(progress.unnoticed)} unnoticed")
            if time.monotonic() - began > seconds:
                workers.shutdown(cancel_futures=True)
                break
    return progress


def change(path: Path, changes: int, seconds: float) -> Progress:
    """Go on changing stored bids where it stopped; progress is stored after every change."""
    progress = load(path, fresh())
    # The service runs in this process, and would print a line for each request.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

    def note(done: int, unnoticed: list[str]) -> None:
        progress.stored = done
        progress.unnoticed = [*progress.unnoticed, *unnoticed][:KEPT]
        store(path, progress)
        tell(f"{done} of {changes} changes of stored bids, {len(progress.unnoticed)} unnoticed")

    asyncio.run(change_stored(range(progress.stored, changes), seconds, note))
    return progress


def main(arguments: list[str]) -> int:
    """Run the campaign; 1 if anything went unnoticed, 2 if the hour did not suffice."""
    flips = int(arguments[0]) if arguments else FLIPS
    todo, changes, began = parts(flips), flips // STORED_IN, time.monotonic()
    progress = run(PROGRESS, todo, LONGEST_SECONDS)
    left = LONGEST_SECONDS - (time.monotonic() - began)
    if progress.done >= len(todo) and progress.stored < changes and left > 0:
        progress = change(PROGRESS, changes, left)
    figures = {"parts": progress.done, "of": len(todo), "tamperings": progress.tamperings}
    figures |= {"stored": progress.stored, "of_stored": changes}
    missing = [f"{progress.done} of {len(todo)} parts"] if progress.done < len(todo) else []
    missing += [f"{progress.stored} of {changes} changes of stored bids"] if progress.stored < changes else []
    faults = [f"nobody noticed: {what}" for what in progress.unnoticed]
    return verdict("tampering", figures, faults, missing=" and ".join(missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
