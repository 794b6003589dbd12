"""The engine beside floats, fractions and its peers: `make bench BENCH=engine`.

Prints one JSON line a figure: ratio says how many times better ours is (theirs ÷ ours); ours and theirs are CPU
milliseconds of the process (medians, both sides in random order) or counts, n how often or how many. Both sides get the
machine's own BLAS kernel and one thread. Exits with 1 when a goal is missed or results changed.
"""

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tests.bench.measure import Figure, compared, report, timed

PRESET = {"OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS"}
KERNELS = ("Haswell", "Zen", "Prescott", "Sandybridge")
DIGEST = "d54cb43d76e40f96025f25c8cac530cc3058b382c4ca57fd5be1e7fd959448f2"
"""Of all results of `exact_results`; it changes only when the engine's arithmetic does."""

BANDS = [{"to": "10", "points": "100"}, {"from": "10", "to": "20", "points": "75"}, {"from": "20", "points": "50"}]
GRADES = [{"value": str(grade)} for grade in range(6)]
KINDS = (
    ("lower", {"id": "P1", "zero": "reject"}),
    ("lower", {"id": "P4"}),
    ("lower", {"id": "A4", "bands": BANDS}),
    ("higher", {"id": "graded", "scale": GRADES}),
)
SIX_DECIMALS = {"stage": "leaf", "decimals": 6, "mode": "half_up"}
TWO_DECIMALS = {"stage": "total", "decimals": 2, "mode": "half_up"}


def main() -> int:
    """Print every figure; 1 when a goal is missed."""
    if "--digest" in sys.argv:
        print(exact_results())
        return 0
    return report(figures())


def figures() -> Iterator[Figure]:
    """All figures, the quick ones first."""
    yield from exact_against_float()
    yield from peers()
    yield differences()
    yield from tie_grid()
    yield same_everywhere()
    yield from acceptability()
    yield stability()
    yield explained()


def digest_of(*arrays: Any) -> str:
    """SHA-256 of whole-number results."""
    import numpy as np

    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array, dtype="<i8").tobytes())
    return found.hexdigest()


def a_lot(criteria: int) -> Any:
    """A lot of the four kinds in turn, with points to 6 decimals and totals to 2."""
    import msgspec

    from scoring.model import Lot

    shares = [10_000 // criteria] * criteria
    shares[-1] += 10_000 - sum(shares)
    leaves = [
        {"id": f"c{place}", "weighting": f"{share / 100:.2f}", "direction": direction, "method": method}
        for place, share in enumerate(shares)
        for direction, method in [KINDS[place % len(KINDS)]]
    ]
    return msgspec.convert({"criteria": leaves, "rounding": [SIX_DECIMALS, TWO_DECIMALS]}, Lot)


def amounts(bids: int, criteria: int, seed: int) -> Any:
    """Offers in units of 10^-4, by criterion: prices around a million, days, grades; from the generator's own bits."""
    import numpy as np

    raw = np.random.PCG64(seed).random_raw(bids * criteria).reshape(criteria, bids) >> np.uint64(1)
    found = np.empty((criteria, bids), dtype=np.int64)
    for place, row in enumerate(raw.astype(np.int64)):
        kind = place % len(KINDS)
        found[place] = (
            (900_000_00 + row % 400_000_00) * 100 if kind < 2 else row % 400_000 if kind == 2 else row % 6 * 10_000
        )
    return found


def ready(bids: int, criteria: int, seed: int = 1) -> tuple[Any, Any, Any]:
    """A lot made ready, its table, and the same amounts by criterion."""
    from scoring.bulk import Vectors
    from scoring.columns import columns_of

    vectors, offered = Vectors(columns_of(a_lot(criteria))), amounts(bids, criteria, seed)
    order = [int(name[1:]) for name in vectors.criteria]
    return vectors, vectors.table_of(tuple(f"bid {place:06}" for place in range(bids)), offered[order]), offered


def in_order(vectors: Any, scored: Any) -> str:
    """Digest of a scored table with the criteria in published order."""
    import numpy as np

    order = np.argsort([int(name[1:]) for name in vectors.criteria])
    return digest_of(scored.points[order], scored.totals, scored.ranks)


def float_engine(offered: Any, weights: Any) -> tuple[Any, Any, Any]:
    """What people write: floats, np.round on every criterion and on the total."""
    import numpy as np

    edges, steps = np.array([10.0, 20.0]), np.array([100.0, 75.0, 50.0])
    points = np.empty_like(offered)
    for place, row in enumerate(offered):
        match place % len(KINDS):
            case 0:
                points[place] = np.round(100 * row.min() / row, 6)
            case 1:
                high = row.max()
                points[place] = np.round(100 * (high - row) / (high - row.min()), 6)
            case 2:
                points[place] = np.round(steps[np.searchsorted(edges, row, side="right")], 6)
            case _:
                points[place] = np.round(100 * row / 5, 6)
    totals = np.round(weights @ points / 100, 2)
    return points, totals, len(totals) + 1 - np.searchsorted(np.sort(totals), totals, side="right")


def exact_against_float() -> Iterator[Figure]:
    """The vector engine beside float numpy on the same mix of methods."""
    import numpy as np

    for bids, criteria, rounds, goal in ((50, 20, 60, 1.67), (1000, 50, 60, 1.67), (100_000, 50, 15, 0.87)):
        vectors, table, offered = ready(bids, criteria)
        floats = offered / 10_000
        weights = np.array([float(one.weighting) for one in a_lot(criteria).criteria])
        yield compared(
            f"exact_vs_float_{bids}x{criteria}",
            goal,
            "float numpy with np.round",
            rounds,
            in_order(vectors, vectors.score(table)),
            ours=lambda vectors=vectors, table=table: vectors.score(table),
            theirs=lambda floats=floats, weights=weights: float_engine(floats, weights),
        )


def peers() -> Iterator[Figure]:
    """The vector engine beside the weighted sums of pymcdm and scikit-criteria, which round nothing."""
    import numpy as np
    import skcriteria
    from pymcdm.methods import WSM
    from skcriteria.agg.simple import WeightedSumModel
    from skcriteria.pipelines import mkpipe
    from skcriteria.preprocessing.invert_objectives import InvertMinimize
    from skcriteria.preprocessing.scalers import SumScaler

    vectors, table, offered = ready(50, 20)
    matrix = offered.T / 10_000 + 1
    weights = np.array([float(one.weighting) / 100 for one in a_lot(20).criteria])
    types = np.array([-1 if KINDS[place % len(KINDS)][0] == "lower" else 1 for place in range(20)])

    def pymcdm() -> Any:
        method = WSM()
        return method.rank(method(matrix, weights, types))

    def scikit_criteria() -> Any:
        data = skcriteria.mkdm(matrix, types.tolist(), weights=weights)
        return mkpipe(InvertMinimize(), SumScaler(target="both"), WeightedSumModel()).evaluate(data)

    digest = in_order(vectors, vectors.score(table))
    for name, goal, call, rounds in (
        ("pymcdm 1.4 WSM and rank", 15, pymcdm, 40),
        ("scikit-criteria 0.10 pipeline", 50, scikit_criteria, 40),
    ):
        label = f"exact_vs_{name.partition(' ')[0].replace('-', '_')}_50x20"
        yield compared(label, goal, name, rounds, digest, ours=lambda: vectors.score(table), theirs=call)


def differences() -> Figure:
    """Cells, totals and ranks in which the two engines differ: random tenders, ties, amounts near 2^53 and beyond."""
    from scoring.bulk import plain_standings
    from scoring.canonical import canonical
    from scoring.columns import NotByColumns
    from scoring.model import OpenedBid

    print("differences", file=sys.stderr)
    different, cells, found = 0, 0, hashlib.sha256()
    for seed in range(40):
        vectors, table, offered = ready(25, 16, seed)
        if seed % 2:
            offered[:8:4] = 2**53 - 25 + offered[:8:4] % 50
            offered[1:8:4] = 2**53 - 3 + offered[1:8:4] % 7
        if seed % 4 == 0:
            offered[0::4] = 8_000_000 * (1 + offered[0::4] % 5)
        order = [int(name[1:]) for name in vectors.criteria]
        table = vectors.table_of(table.bids, offered[order])
        bids = [
            OpenedBid(id=bid, values={f"c{place}": text_of(int(offered[place, at])) for place in range(16)})
            for at, bid in enumerate(table.bids)
        ]
        try:
            ours = vectors.standings(vectors.score(table))
        except NotByColumns:
            different += 1
            continue
        plain = plain_standings(vectors.lot.plan.lot, bids)
        cells += len(bids) * 18
        different += sum(canonical(one) != canonical(two) for one, two in zip(ours, plain, strict=True))
        found.update(canonical(ours))
    return Figure(
        "differences_plain_vs_vector", float(different == 0), 1, "plain engine", different, 0, cells, found.hexdigest()
    )


def text_of(amount: int) -> str:
    """An amount as a bid states it."""
    return f"{amount // 10_000}.{amount % 10_000:04}".rstrip("0").rstrip(".")


def tie_grid() -> Iterator[Figure]:
    """Wrong published totals where marks come in halves: ours, and those of floats."""
    import msgspec
    import numpy as np

    from scoring.bulk import Vectors
    from scoring.columns import columns_of
    from scoring.model import Lot

    print("tie grid", file=sys.stderr)
    shares, bids = (5, 10, 15, 20, 25, 25), 200_000
    scale = [{"value": f"{half / 2:g}"} for half in range(21)]
    halves = (np.random.PCG64(5).random_raw(6 * bids).reshape(6, bids) >> np.uint64(1)).astype(np.int64) % 21
    whole = np.array(shares) @ halves  # 200 times the total out of 10
    for decimals, top in ((2, 10), (1, 100)):
        leaves = [
            {"id": f"c{place}", "weighting": f"{share * top / 100:g}", "method": {"id": "graded", "scale": scale}}
            for place, share in enumerate(shares)
        ]
        rounding = [{"stage": "total", "decimals": decimals, "mode": "half_up"}]
        vectors = Vectors(
            columns_of(msgspec.convert({"criteria": leaves, "total": str(top), "rounding": rounding}, Lot))
        )
        order = [int(name[1:]) for name in vectors.criteria]
        table = vectors.table_of(tuple(f"{place:06}" for place in range(bids)), halves[order] * 5_000)
        scored = vectors.score(table)
        unit = 200 * 10 // top // 10**decimals if top * 10**decimals <= 2000 else 1
        right = (2 * whole + unit) // (2 * unit)
        weights = np.array(shares) / 100 * (top / 10)
        floats = np.round(weights @ (halves / 2), decimals)
        wrong = int((np.rint(floats * 10**decimals).astype(np.int64) != right).sum())
        ours = int((scored.totals != right).sum())
        good = ours == 0 and wrong > bids * 0.05
        yield Figure(
            f"wrong_totals_on_tie_grid_{decimals}_decimals",
            wrong / max(ours, 1) if good else 0.0,
            1,
            "float numpy with np.round",
            ours,
            wrong,
            bids,
            digest_of(scored.totals, scored.ranks),
        )


def exact_results() -> str:
    """One digest of points, totals, ranks and random weightings, of small and big tables."""
    from scoring.acceptability import place_counts

    found = hashlib.sha256()
    for bids, criteria in ((50, 20), (1000, 50), (20_000, 50)):
        vectors, table, _ = ready(bids, criteria)
        found.update(in_order(vectors, vectors.score(table)).encode())
    points = amounts(100, 20, 3) % 100_000_001
    found.update(digest_of(place_counts(points.T.tolist(), draws=10_000, seed=1)).encode())
    return found.hexdigest()


def same_everywhere() -> Figure:
    """The same digest with one and two threads and under other kernels of the linear algebra."""
    print("same everywhere", file=sys.stderr)
    digests: list[str] = []
    for kernel in (None, *KERNELS):
        for threads in ("1", "2"):
            environment = {name: value for name, value in os.environ.items() if name not in PRESET}
            environment |= {"OPENBLAS_NUM_THREADS": threads} | ({"OPENBLAS_CORETYPE": kernel} if kernel else {})
            run = subprocess.run(
                [sys.executable, "-m", "tests.bench.engine", "--digest"],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            digests.append(run.stdout.strip())
    same = set(digests) == {DIGEST}
    print(f"  digests {sorted(set(digests))}", file=sys.stderr)
    return Figure(
        "same_digest_1_and_2_threads_5_kernels",
        float(same),
        1,
        "the committed digest",
        len(set(digests)),
        1,
        len(digests),
        digests[0],
    )


def acceptability() -> Iterator[Figure]:
    """10,000 draws × 100 bids × 20 criteria beside numpy floats and plain loops."""
    import numpy as np

    from scoring.acceptability import place_counts

    points = (amounts(100, 20, 3) % 100_000_001).T.tolist()
    floats = np.array(points) / 1e6

    def by_floats() -> Any:
        weightings = np.random.default_rng(1).dirichlet(np.ones(20), size=10_000)
        order = np.argsort(-(weightings @ floats.T), axis=1)
        return np.bincount((order + np.arange(100) * 100).ravel(), minlength=10_000)

    def by_loops() -> Any:
        chance = random.Random(1)
        counts = [[0] * 100 for _ in range(100)]
        rows = floats.tolist()
        for _ in range(100):
            cuts = sorted(chance.random() for _ in range(19))
            weightings = [high - low for low, high in zip([0.0, *cuts], [*cuts, 1.0], strict=True)]
            totals = [sum(w * p for w, p in zip(weightings, row, strict=True)) for row in rows]
            for place, bid in enumerate(sorted(range(100), key=lambda bid: -totals[bid])):
                counts[bid][place] += 1
        return counts

    digest = digest_of(place_counts(points, draws=10_000, seed=1))
    assert digest == digest_of(place_counts(points, draws=10_000, seed=1))
    yield compared(
        "rank_acceptability_vs_numpy_float",
        1.67,
        "numpy float: dirichlet, matmul, argsort, bincount",
        40,
        digest,
        ours=lambda: place_counts(points, draws=10_000, seed=1),
        theirs=by_floats,
    )
    print("rank_acceptability_vs_loops", file=sys.stderr)
    ms = timed(5, ours=lambda: place_counts(points, draws=10_000, seed=1), theirs=by_loops)
    loops = ms["theirs"] * 100
    yield Figure(
        "rank_acceptability_vs_plain_loops",
        loops / ms["ours"],
        100,
        "plain Python loops, 100 draws scaled up to 10,000",
        ms["ours"],
        loops,
        5,
        digest,
    )


def stability() -> Figure:
    """Intervals of the winner's 20 weightings against 99 rivals, by columns and by fractions."""
    import numpy as np

    from scoring.stability import nearest_turns, nearest_turns_plain

    points = (amounts(100, 20, 9) % 100_000_001).T
    weights = np.full(20, 500)
    first = int((points @ weights).argmax())
    rows, shares = points.tolist(), weights.tolist()

    def by_columns() -> Any:
        return ends(nearest_turns(*leads_and_gaps(points, weights, first)), shares)

    exact = by_columns()
    leads, gaps = leads_and_gaps(points, weights, first)
    assert exact == intervals_by_fractions(rows, shares, first)
    assert exact == ends(nearest_turns_plain(leads.tolist(), gaps.tolist()), shares)
    return compared(
        "stability_intervals_vs_fractions",
        8,
        "fractions, one rival and criterion at a time; equal results",
        20,
        hashlib.sha256(repr(exact).encode()).hexdigest(),
        ours=by_columns,
        theirs=lambda: intervals_by_fractions(rows, shares, first),
    )


def leads_and_gaps(points: Any, weights: Any, first: int) -> tuple[Any, Any]:
    """What the first bid leads each rival by, and by how much more it exceeds its own total on each criterion."""
    import numpy as np

    differences = points[first] - np.delete(points, first, axis=0)
    leads = differences @ weights
    return leads, differences * 10_000 - leads[:, None]


def ends(turns: Any, shares: list[int]) -> list[tuple[Fraction, Fraction]]:
    """The interval of every weighting of 10,000, from the nearest turns."""
    found: list[tuple[Fraction, Fraction]] = []
    for share, (down, up) in zip(shares, turns, strict=True):
        low = Fraction(0) if down is None else share - down.distance * (10_000 - share)
        high = Fraction(10_000) if up is None else share + up.distance * (10_000 - share)
        found.append((max(low, Fraction(0)), min(high, Fraction(10_000))))
    return found


def intervals_by_fractions(rows: list[list[int]], shares: list[int], first: int) -> list[tuple[Fraction, Fraction]]:
    """The same by the formula t* = W · A / (A - (W - w) · d), one rival at a time."""
    found: list[tuple[Fraction, Fraction]] = []
    rivals = [row for place, row in enumerate(rows) if place != first]
    for place, share in enumerate(shares):
        low, high = Fraction(0), Fraction(10_000)
        for row in rivals:
            parts = [one - two for one, two in zip(rows[first], row, strict=True)]
            others = sum(w * d for w, d in zip(shares, parts, strict=True)) - share * parts[place]
            slope = others - (10_000 - share) * parts[place]
            turn = Fraction(10_000 * others, slope) if slope else None
            if turn is not None and slope < 0:
                low = max(low, turn)
            elif turn is not None:
                high = min(high, turn)
        found.append((low, high))
    return found


def explained() -> Figure:
    """One tender of 8 bids × 20 criteria: scored alone, and scored with every step explained."""
    from scoring.bulk import plain_standings
    from scoring.canonical import digest
    from scoring.entry import Entry
    from scoring.model import OpenedBid
    from scoring.ranking import evaluate, rank
    from scoring.tree import plan

    lot, offered = a_lot(20), amounts(8, 20, 4)
    bids = [
        OpenedBid(id=f"bid {at}", values={f"c{place}": text_of(int(offered[place, at])) for place in range(20)})
        for at in range(8)
    ]
    assert plain_standings(lot, bids)

    def alone() -> Any:
        return rank(plan(lot), [Entry(bid, standing=True) for bid in bids], None)

    return compared(
        "scored_and_explained_vs_scored_alone",
        0.5,
        "the plain engine without explanation",
        40,
        digest(evaluate(lot, bids)),
        ours=lambda: evaluate(lot, bids),
        theirs=alone,
    )


if __name__ == "__main__":
    if "--digest" not in sys.argv and (
        os.environ.get("OPENBLAS_NUM_THREADS") != "1" or "OPENBLAS_CORETYPE" in os.environ
    ):
        kept = {name: value for name, value in os.environ.items() if name not in PRESET}
        sys.stdout.flush()
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.bench.engine", *sys.argv[1:]],
            kept | {"OPENBLAS_NUM_THREADS": "1"},
        )
    sys.exit(main())
