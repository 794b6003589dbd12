"""How every benchmark measures and prints: JSON lines on standard output, progress on standard error."""

import json
import random
import sys
import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import NamedTuple

BATCH_MS = 5


class Figure(NamedTuple):
    """One line of the result; `goal` is the least acceptable ratio, `digest` of results that must not change."""

    figure: str
    ratio: float
    goal: float
    baseline: str
    ours: float
    theirs: float
    n: int
    digest: str = ""


def report(figures: Iterable[Figure]) -> int:
    """Print every figure as a JSON line; 1 when a goal is missed, else 0."""
    missed = False
    for figure in figures:
        ratio = round(figure.ratio, 3)
        line = figure._asdict() | {"ratio": ratio, "ours": round(figure.ours, 4), "theirs": round(figure.theirs, 4)}
        if not figure.digest:
            del line["digest"]
        print(json.dumps(line), flush=True)
        if ratio < figure.goal:
            print(f"missed: {figure.figure} {ratio} < {figure.goal}", file=sys.stderr)
            missed = True
    return int(missed)


def timed(rounds: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Median CPU milliseconds of each call, all calls in a new random order every round.

    A short call is repeated until it takes `BATCH_MS`, lest it be measured with what the other left in the cache.
    """
    spent: dict[str, list[float]] = {name: [] for name in calls}
    batches: dict[str, int] = {}
    for name, call in calls.items():
        call()
        start = time.process_time_ns()
        call()
        batches[name] = max(1, round(BATCH_MS * 1e6 / max(time.process_time_ns() - start, 1)))
    for _ in range(rounds):
        for name in random.sample(list(calls), len(calls)):
            start = time.process_time_ns()
            for _ in range(batches[name]):
                calls[name]()
            spent[name].append((time.process_time_ns() - start) / batches[name])
    found = {name: median(times) / 1e6 for name, times in spent.items()}
    print(f"  {rounds} rounds: " + ", ".join(f"{name} {ms:.3f} ms" for name, ms in found.items()), file=sys.stderr)
    return found


def compared(name: str, goal: float, baseline: str, rounds: int, digest: str, **calls: Callable[[], object]) -> Figure:
    """A figure from the calls `ours` and `theirs`."""
    print(name, file=sys.stderr)
    ms = timed(rounds, **calls)
    return Figure(name, ms["theirs"] / ms["ours"], goal, baseline, ms["ours"], ms["theirs"], rounds, digest)
