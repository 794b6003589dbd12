"""Rank acceptability: how often each bid takes each place when nobody knows the weightings.

Weightings are drawn evenly from all that add up to the whole: for k criteria k − 1 random integers below 2^b are
sorted, and the distances between them are the weightings, integers that add up to 2^b. No logarithm is taken and the
random bits are the generator's own, so a seed gives the same draws on every machine.

One matrix product gives, for each draw and bid, 2^52 + 2^n · Σ weighting · points + number, n bits being enough for the
bids' numbers. b is chosen so that this stays below 2^53: every product and partial sum is then an integer that a binary
float holds exactly, in any order, and its last 52 bits, read as an integer, are the sum with the bid's number behind
it. So plain sorting of integers ranks the bids; neighbours with the same sum share the better place.
"""

from collections.abc import Sequence
from typing import Any, Final

MOST_BITS: Final = 26
BITS: Final = 52
CHUNK_PRODUCTS: Final = 1 << 18
"""Multiplications in one matrix product: few enough to be left to one thread."""
CHUNKS: Final = 4
"""Matrix products whose sums are ranked together; more would leave the cache."""


def place_counts(points: Sequence[Sequence[int]], *, draws: int, seed: int) -> list[list[int]]:
    """For each bid (a row of whole-number points by criterion) how often it takes place 1, 2, … in so many draws.

    >>> place_counts([[10, 10], [0, 0]], draws=3, seed=1)
    [[3, 0], [0, 3]]
    >>> place_counts([[10, 10], [0, 0]], draws=0, seed=1)
    [[0, 0], [0, 0]]
    """
    if not draws:
        return [[0] * len(points) for _ in points]
    import numpy as np

    table = np.array(points, dtype=np.int64)
    bids, criteria = len(points), len(points[0])
    table -= table.min(axis=0)  # a criterion on which all gain the same changes no place
    number_bits = max(bids - 1, 1).bit_length()
    bits = min(MOST_BITS, BITS - number_bits - int(table.max()).bit_length())
    if bits < 1:
        raise ValueError("points have too many digits; round them to 6 decimals first")
    numbers = (1 << number_bits) - 1 - np.arange(bids)
    columns = np.vstack([table.T << number_bits, (1 << BITS) + numbers]).astype(np.float64)
    counts = np.zeros(bids << number_bits, dtype=np.int64)
    few = max(CHUNK_PRODUCTS // columns.size, 1)
    draw = Draw(np, seed, (min(CHUNKS * few, draws), criteria), bits)
    sums = np.empty((min(CHUNKS * few, draws), bids))
    for start in range(0, draws, len(sums)):
        count = min(len(sums), draws - start)
        weightings = draw.next(count)
        for first in range(0, count, few):
            np.matmul(weightings[first : first + few], columns, out=sums[first : min(first + few, count)])
        packed = sums[:count].view(np.int64)
        packed.sort(axis=1)
        counts += counted(np, packed, number_bits)
    return counts.reshape(bids, 1 << number_bits)[:, numbers].T.tolist()


class Draw:
    """Draws of whole-number weightings that add up to 2^bits, with room for so many at a time."""

    def __init__(self, np: Any, seed: int, shape: tuple[int, int], bits: int) -> None:
        draws, criteria = shape
        self.np, self.bits = np, bits
        self.generator = np.random.PCG64(seed)
        self.ends = np.zeros((draws, criteria + 1), dtype=np.int32)
        self.ends[:, -1] = 1 << bits
        self.weightings = np.ones((draws, criteria + 1))

    def next(self, draws: int) -> Any:
        """The next so many draws, one a row and a 1 behind each, as exact floats; they stand until the next call."""
        np, ends, weightings = self.np, self.ends[:draws], self.weightings[:draws]
        inner = ends[:, 1:-1]
        words = self.generator.random_raw((inner.size + 1) // 2).astype("<u8", copy=False).view("<u4")
        np.right_shift(words[: inner.size].reshape(inner.shape), 32 - self.bits, out=inner, casting="unsafe")
        inner.sort(axis=1)
        np.subtract(ends[:, 1:], ends[:, :-1], out=weightings[:, :-1])
        return weightings


def counted(np: Any, packed: Any, number_bits: int) -> Any:
    """How often each number takes each place, as place · 2^number_bits + number, from sums sorted upwards."""
    draws, bids = packed.shape
    mask = (1 << number_bits) - 1
    places: Any = np.arange(bids - 1, -1, -1)
    row = packed.ravel()
    if (row[1:] ^ row[:-1]).min(initial=mask + 1) <= mask:
        equal = (packed[:, 1:] ^ packed[:, :-1]) <= mask
        # From the highest down, a place whose sum equals the one before takes its number.
        fresh = np.where(np.hstack([~equal, np.ones((draws, 1), dtype=bool)]), places, 0)
        places = np.maximum.accumulate(fresh[:, ::-1], axis=1)[:, ::-1]
    packed &= mask
    packed += places << number_bits
    return np.bincount(packed.ravel(), minlength=bids << number_bits)
