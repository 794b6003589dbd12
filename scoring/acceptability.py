"""Rank acceptability: how often each bid takes each place when nobody knows the weightings.

Weightings are drawn evenly from all that add up to the whole: for k criteria k − 1 random integers below 2^b are
sorted, and the distances between them are the weightings, integers that add up to 2^b. No logarithm is taken and the
random bits are the generator's own, so a seed gives the same draws on every machine.

Points are integers of at most 2^(53 − b); so every product and partial sum is an integer below 2^53, which a binary
float holds exactly, and the sums are the same in any order. A sum and its bid's number are packed into one 64-bit
integer, the sum first, and sorted; neighbours with the same sum share the better place.
"""

from collections.abc import Sequence
from typing import Any, Final

MOST_BITS: Final = 26
CHUNK: Final = 500
"""Draws worked on at a time, so that they stay in the processor's cache."""
_SUM_BITS: Final = 53
_PACKED_BITS: Final = 62


def place_counts(points: Sequence[Sequence[int]], *, draws: int, seed: int) -> list[list[int]]:
    """For each bid (a row of whole-number points by criterion) how often it takes place 1, 2, … in so many draws.

    >>> place_counts([[10, 10], [0, 0]], draws=3, seed=1)
    [[3, 0], [0, 3]]
    """
    import numpy as np

    table = np.array(points, dtype=np.int64)
    bids, criteria = len(points), len(points[0])
    table -= table.min(axis=0)  # a criterion on which all gain the same changes no place
    number_bits = max(bids - 1, 1).bit_length()
    point_bits = int(table.max()).bit_length()
    bits = min(MOST_BITS, _SUM_BITS - point_bits, _PACKED_BITS - number_bits - point_bits)
    if bits < 1:
        raise ValueError("points have too many digits; round them to 6 decimals first")
    columns = table.T.astype(np.float64)
    numbers = (1 << number_bits) - 1 - np.arange(bids)
    counts = np.zeros(bids * bids, dtype=np.int64)
    generator = np.random.PCG64(seed)
    for start in range(0, draws, CHUNK):
        weightings = drawn(np, generator, (min(CHUNK, draws - start), criteria), bits)
        packed = (weightings @ columns).astype(np.int64)
        packed <<= number_bits
        packed |= numbers
        packed.sort(axis=1)
        counts += counted(np, packed, number_bits)
    return counts.reshape(bids, bids).T.tolist()


def drawn(np: Any, generator: Any, shape: tuple[int, int], bits: int) -> Any:
    """Whole-number weightings that add up to 2^bits, one draw a row, as exact floats."""
    draws, criteria = shape
    ends = np.zeros((draws, criteria + 1), dtype=np.int32)
    ends[:, -1] = 1 << bits
    random = generator.random_raw(draws * (criteria - 1)).reshape(draws, criteria - 1)
    ends[:, 1:-1] = random >> np.uint64(64 - bits)
    ends[:, 1:-1].sort(axis=1)
    return np.subtract(ends[:, 1:], ends[:, :-1], dtype=np.float64)


def counted(np: Any, packed: Any, number_bits: int) -> Any:
    """How often each bid takes each place, as place · bids + bid, from sums sorted upwards."""
    draws, bids = packed.shape
    mask = (1 << number_bits) - 1
    number = mask - (packed & mask)
    sums = packed >> number_bits
    places = np.broadcast_to(np.arange(bids - 1, -1, -1), (draws, bids))
    equal = sums[:, 1:] == sums[:, :-1]
    if equal.any():
        # From the highest down, a place that equals the one before takes its number.
        fresh = np.where(np.concatenate([~equal, np.ones((draws, 1), dtype=bool)], axis=1), places, 0)
        places = np.maximum.accumulate(fresh[:, ::-1], axis=1)[:, ::-1]
    return np.bincount((number + places * bids).ravel(), minlength=bids * bids)
