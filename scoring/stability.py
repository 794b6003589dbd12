"""Within which limits of one weighting first place holds, when the other criteria of its group keep their proportions.

Let a criterion weigh w of the W that its group gives out, and the group S of the whole. Moving its weighting to t and
sharing the rest out in the old proportions changes the lead D of one bid over another by (t − w) · W · G / (W − w) ·
S / (100 · W), G being by how much more the first bid exceeds its own points for the group on this criterion than the
second does. So the lead is gone at

    t* = w − 100 · D · (W − w) / (S · G)

which for criteria without groups is t* = W · A / (A − (W − w) · d), d the difference on the criterion and A the
weighted difference on all others. Every t* is a fraction of integers; none is rounded.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

EXACT: Final = 1 << 53


class Turn(NamedTuple):
    """The rival that first catches up in one direction, and how far away: lead ÷ |gap|."""

    rival: int
    distance: Fraction


class Turns(NamedTuple):
    """On one criterion: who catches up first when its weighting falls, and when it rises; nothing where nobody does."""

    down: Turn | None
    up: Turn | None


def nearest_turns(leads: Any, gaps: Any) -> list[Turns]:
    """For each criterion the nearest turns, from every rival's lead D ≥ 0 and gap G (rivals × criteria), by columns.

    Leads and gaps are integer arrays, all entries below 2^53, so floats hold them exactly; division rounds correctly
    and so never reverses an order. The nearest rivals are therefore among those with the least quotient of floats, and
    fractions of the integers decide between them. Of equally near rivals the first is named.
    """
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = leads[:, None] / np.abs(gaps)
    falling, rising = (nearest(np, np.where(side, quotients, np.inf)) for side in (gaps > 0, gaps < 0))
    return [
        Turns(exact_turn(leads, gaps, place, falls), exact_turn(leads, gaps, place, rises))
        for place, (falls, rises) in enumerate(zip(falling, rising, strict=True))
    ]


def nearest(np: Any, quotients: Any) -> list[list[int]]:
    """For each column the rows whose quotient is the least."""
    least = quotients.min(axis=0)
    found: list[list[int]] = [[] for _ in range(quotients.shape[1])]
    for column, row in np.argwhere((quotients <= least).T & np.isfinite(least)[:, None]).tolist():
        found[column].append(row)
    return found


def exact_turn(leads: Any, gaps: Any, place: int, rivals: Sequence[int]) -> Turn | None:
    """The nearest of a few rivals, by fractions."""
    turns = [Turn(rival, Fraction(int(leads[rival]), abs(int(gaps[rival][place])))) for rival in rivals]
    return min(turns, key=lambda turn: turn.distance, default=None)


def nearest_turns_plain(leads: Sequence[int], gaps: Sequence[Sequence[int]]) -> list[Turns]:
    """The same by fractions alone, for integers of any size."""
    rivals = range(len(leads))
    return [
        Turns(
            exact_turn(leads, gaps, place, [rival for rival in rivals if gaps[rival][place] > 0]),
            exact_turn(leads, gaps, place, [rival for rival in rivals if gaps[rival][place] < 0]),
        )
        for place in range(len(gaps[0]) if gaps else 0)
    ]
