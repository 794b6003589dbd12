"""A million invented tenders: the engine against the second implementation (`make soak SOAK=scoring [N=1000000]`).

Progress lies in .soak/scoring.json and belongs to one state of the code: change a rule, and the count starts again.
Exit status 1 if any tender was scored differently; the file keeps what differed, by the number of the tender.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

import msgspec

from tests.scoring.second.comparison import differences
from tests.scoring.second.tenders import random_case

PROJECT = Path(__file__).parent.parent.parent
PROGRESS = Path(".soak/scoring.json")
TENDERS = 1_000_000
CHUNK = 500
LONGEST_SECONDS = 55 * 60
KEPT = 100
"""So many differing tenders are written down; more would say no more."""


class Progress(msgspec.Struct):
    """How far a campaign has come: tenders done, of which code, and what differed by the number of the tender."""

    code: str
    done: int = 0
    differing: int = 0
    found: dict[int, list[str]] = {}


def code_digest() -> str:
    """SHA-256 over the engine, the second implementation and what invents the tenders."""
    files = sorted([*(PROJECT / "scoring").glob("*.py"), *(PROJECT / "tests/scoring/second").glob("*.py")])
    return hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()


def load(path: Path) -> Progress:
    """The progress made with the present code; none yet otherwise."""
    fresh = Progress(code=code_digest())
    if not path.exists():
        return fresh
    stored = msgspec.json.decode(path.read_bytes(), type=Progress)
    return stored if stored.code == fresh.code else fresh


def store(path: Path, progress: Progress) -> None:
    """Replace the file in one step, so that a killed run leaves the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(msgspec.json.encode(progress))
    draft.replace(path)


def check(numbers: range) -> dict[int, list[str]]:
    """What differs in these tenders."""
    found: dict[int, list[str]] = {}
    for number in numbers:
        try:
            sentences = differences(random_case(Random(number)))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            sentences = [f"{type(error).__name__}: {error}"]
        if sentences:
            found[number] = sentences
    return found


def chunks(first: int, last: int) -> Iterator[range]:
    """The numbers still to do, some hundreds at a time."""
    return (range(start, min(start + CHUNK, last)) for start in range(first, last, CHUNK))


def run(path: Path, tenders: int, seconds: float) -> Progress:
    """Go on until so many tenders are done or the time is up; progress is stored after every chunk."""
    progress, began = load(path), time.monotonic()
    already = progress.done
    todo = list(chunks(already, tenders))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as workers:
        for numbers, found in zip(todo, workers.map(check, todo), strict=True):
            progress.done = numbers.stop
            progress.differing += len(found)
            progress.found = dict([*progress.found.items(), *found.items()][:KEPT])
            store(path, progress)
            passed = time.monotonic() - began
            left = passed / (progress.done - already) * (tenders - progress.done)
            report = f"{progress.done:,} of {tenders:,} tenders, {progress.differing} differ, {left / 60:.0f} min left"
            print(f"\r{report:<70}", end="", file=sys.stderr, flush=True)
            if passed > seconds:
                workers.shutdown(cancel_futures=True)
                break
    print(file=sys.stderr)
    return progress


def main(arguments: list[str]) -> int:
    """Run the campaign; 1 if anything differs."""
    tenders = int(arguments[0]) if arguments else TENDERS
    progress = run(PROGRESS, tenders, LONGEST_SECONDS)
    print(json.dumps({"tenders": progress.done, "differing": progress.differing, "code": progress.code}))
    for number, sentences in progress.found.items():
        print(f"tender {number}: {'; '.join(sentences)}", file=sys.stderr)
    if progress.done < tenders:
        print("The hour is up; run again to go on.", file=sys.stderr)
    return 1 if progress.differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
