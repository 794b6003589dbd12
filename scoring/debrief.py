"""What a letter to one bidder gives away about the prices of others, worked out as that bidder could.

With a formula whose points depend on other bids, one's own price and one's own points are an equation for the price
that was the measure. The letter's reader solves it; so do we, before it is sent. Intervals are exact to the price's
own unit: a price at an end gives, by the engine's own formula and the published rounding, just the points shown, and
one unit beyond it does not. Source: relative scores reveal prices at debriefs (standards.md, C-13).
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final, Literal

import msgspec

from scoring.decimals import Mode, exact_text, parse_decimal, rounded
from scoring.methods import Method, Relative, is_relative, relative_points
from scoring.placing import ToleranceBand
from scoring.price import (
    InverseProportional,
    InverseWithMinimumMark,
    LinearFromLowest,
    LinearToMultiple,
    Logarithmic,
    LowestToHighest,
    MeanBased,
)

FROM_LOWEST: Final = (
    InverseProportional,
    InverseWithMinimumMark,
    LinearFromLowest,
    LinearToMultiple,
    Logarithmic,
    ToleranceBand,
)
"""Formulas whose only measure is the lowest price."""
NARROW: Final = Fraction(1, 100)
"""An interval narrower than ± 1 % of its middle pins a price."""
HIGHEST_LOOKED_AT: Final = 1000
"""No price beyond so many times the largest price known is looked at."""
HUNDRED: Final = Fraction(100)
THREE: Final = 3
"""Bids of which two are known and the mean gives the third."""

Whose = Literal["winner", "lowest", "highest", "mean", "other"]


class ShownBid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the reader knows of one bid: its points (0–100) on the price as printed, and its price where it is known."""

    points: str | None = None
    price: str | None = None


class ShownLetter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one bidder's letter shows about prices, together with what everybody knows.

    `method` is the published formula of the price; `decimals` and `mode` are how its points are rounded before they are
    printed, none where they are exact. `unit_decimals` are those of a price (2 for cents). `bids` is how many bids were
    measured together, where that is known. A winner's price is often known from the award notice.
    """

    method: Method
    own: ShownBid
    winner: ShownBid = ShownBid()
    decimals: int | None = 2
    mode: Mode = "half_up"
    unit_decimals: int = 2
    bids: int | None = None


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """The interval in which a price that the letter does not show must lie.

    `whose` is the winner, or the bidder with the lowest or highest price where that is neither reader nor winner, the
    mean of all prices, or the only other bid. `pinned`: narrower than ± 1 %. `how` says it for the buyer.
    """

    whose: Whose
    lowest: str
    highest: str
    pinned: bool
    third_party: bool
    how: str


class Debrief(msgspec.Struct, frozen=True, kw_only=True):
    """What can be worked out from a letter; `not_examined` says why nothing could be looked for."""

    derived: tuple[Derived, ...]
    not_examined: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each price that is pinned."""
        return tuple(found.how for found in self.derived if found.pinned)


Span = tuple[int, int]
"""A lowest and a highest price in whole units."""


class _Reader:
    """The equation that the reader solves: prices as whole units, points as they are printed."""

    def __init__(self, letter: ShownLetter) -> None:
        self.letter = letter
        self.unit = 10**letter.unit_decimals
        self.own = self._units(letter.own.price)
        self.winner = self._units(letter.winner.price)
        known = [price for price in (self.own, self.winner) if price is not None]
        self.most = HIGHEST_LOOKED_AT * max(known, default=1)

    def _units(self, price: str | None) -> int | None:
        return None if price is None else int(parse_decimal(price, "price") * self.unit)

    def shown(self, points: Fraction) -> Fraction:
        """Points as the letter prints them."""
        if self.letter.decimals is None or self.letter.mode == "none":
            return points
        return rounded(points, self.letter.decimals, self.letter.mode)

    def points(self, price: int, *others: int) -> Fraction:
        """The printed points of a price that is measured together with others."""
        method = self.letter.method
        assert isinstance(method, Relative)
        values = [Fraction(one, self.unit) for one in (price, *others)]
        return self.shown(relative_points(method, values, "lower")[0].points)

    def said(self, span: Span) -> tuple[str, str]:
        """A span as decimals."""
        return exact_text(Fraction(span[0], self.unit)), exact_text(Fraction(span[1], self.unit))


def debrief(letter: ShownLetter) -> Debrief:
    """The prices of others that a letter gives away, each as an interval.

    Own price 120, own points 83.33 by P1: the lowest price was between 99.99 and 100.01, whoever bid it.

    >>> found = debrief(ShownLetter(method=InverseProportional(), own=ShownBid(points="83.33", price="120.00"),
    ...                             winner=ShownBid(points="100.00")))
    >>> [(one.whose, one.lowest, one.highest, one.pinned) for one in found.derived]
    [('winner', '99.99', '100', True)]
    """
    if not is_relative(letter.method):
        return Debrief(derived=())
    if letter.own.price is None or letter.own.points is None:
        return Debrief(derived=(), not_examined="The letter shows no points on the price, or its reader bid no price.")
    reader = _Reader(letter)
    if isinstance(letter.method, FROM_LOWEST):
        return Debrief(derived=tuple(_from_lowest(reader)))
    if isinstance(letter.method, LowestToHighest):
        return Debrief(derived=tuple(_between_ends(reader)))
    if isinstance(letter.method, MeanBased):
        return Debrief(derived=tuple(_from_mean(reader)))
    return Debrief(derived=(), not_examined="This formula's measure is no single price; look at the letter yourself.")


def _derived(reader: _Reader, whose: Whose, span: Span, how: str) -> Derived:
    low, high = reader.said(span)
    narrow = Fraction(span[1] - span[0]) < 2 * NARROW * Fraction(span[0] + span[1], 2)
    names: dict[Whose, str] = {
        "winner": "The winner's price",
        "lowest": "The lowest price, a third bidder's,",
        "highest": "The highest price, a third bidder's,",
        "mean": "The mean of all prices",
        "other": "The price of the only other bidder",
    }
    sentence = f"{names[whose]} lies between {low} and {high}: {how}"
    third = whose in {"lowest", "highest", "other"}
    return Derived(whose=whose, lowest=low, highest=high, pinned=narrow, third_party=third, how=sentence)


def crossings(low: int, high: int, points: Callable[[int], Fraction], wanted: Fraction, *, rising: bool) -> Span:
    """The first whole number from low to high whose points have reached the wanted ones, and the last not beyond them.

    Points rise or fall with the number. Where none has just the wanted points, the first lies behind the last.

    >>> crossings(0, 100, lambda number: Fraction(number // 10), Fraction(3), rising=True)
    (30, 39)
    """

    def first(reached: Callable[[Fraction], bool]) -> int:
        begin, end = low, high + 1
        while begin < end:
            middle = (begin + end) // 2
            if reached(points(middle)):
                end = middle
            else:
                begin = middle + 1
        return begin

    if rising:
        return first(lambda value: value >= wanted), first(lambda value: value > wanted) - 1
    return first(lambda value: value <= wanted), first(lambda value: value < wanted) - 1


def span_of(low: int, high: int, points: Callable[[int], Fraction], wanted: Fraction, *, rising: bool) -> Span | None:
    """The whole numbers from low to high whose points are just the wanted ones."""
    found = crossings(low, high, points, wanted, rising=rising)
    return found if found[0] <= found[1] else None


def _from_lowest(reader: _Reader) -> Iterator[Derived]:
    """Own price and own points give the lowest price; a winner's points then give the winner's."""
    own, shown = reader.own, reader.letter.own.points
    assert own is not None
    assert shown is not None
    wanted = parse_decimal(shown, "points")
    lowest = span_of(1, own, lambda least: reader.points(own, least), wanted, rising=True)
    if lowest is None:
        return
    how = "the reader's own price and points can be solved for the price that was the measure."
    theirs = reader.letter.winner.points
    if theirs is None:
        if lowest[1] < own:
            yield _derived(reader, "lowest", lowest, how)
        return
    printed = parse_decimal(theirs, "points")
    winner = _winners_span(reader, lowest, printed)
    if reader.winner is None:
        yield _derived(reader, "winner", winner, f"{how} The winner's points on that measure then give its price.")
    known = winner if reader.winner is None else (reader.winner, reader.winner)
    if lowest[1] < min(own, known[0]):
        yield _derived(reader, "lowest", lowest, f"{how} It is neither the reader's nor the winner's.")


def _winners_span(reader: _Reader, lowest: Span, printed: Fraction) -> Span:
    """Every price that earns the winner's points under some lowest price of the span: it grows with the lowest one."""
    low, high = (
        crossings(least, reader.most, lambda price, least=least: reader.points(price, least), printed, rising=False)
        for least in lowest
    )
    return max(lowest[0], min(low)), max(high)


def _between_ends(reader: _Reader) -> Iterator[Derived]:
    """Two prices with their points are two equations for the lowest and the highest price."""
    own, shown, theirs = reader.own, reader.letter.own.points, reader.letter.winner.points
    assert own is not None
    assert shown is not None
    if theirs is None:
        return
    mine, printed = parse_decimal(shown, "points"), parse_decimal(theirs, "points")
    half = Fraction(0) if reader.letter.decimals is None else Fraction(1, 2 * 10**reader.letter.decimals)
    how = "the prices and points of the reader and of the winner are two equations for the two ends."
    if reader.winner is None:
        return
    found = _ends(((own, mine), (reader.winner, printed)), half)
    if found is None:
        return
    low, high = found
    nearest, dearest = min(own, reader.winner), max(own, reader.winner)
    if low[1] < nearest:
        yield _derived(reader, "lowest", low, how)
    if high[0] > dearest:
        yield _derived(reader, "highest", high, how)


def _ends(known: Sequence[tuple[int, Fraction]], half: Fraction) -> tuple[Span, Span] | None:
    """Spans of the lowest and the highest price from two prices with printed points, each within half a last digit.

    points = 100 · (M − p) / (M − m) for both, so M − m = 100 · (p₂ − p₁) / (s₁ − s₂) and M = p₁ + s₁ · (M − m) / 100.
    """
    (price, points), (other, others) = sorted(known)
    least, most = points - others - 2 * half, points - others + 2 * half
    if other == price or least <= 0:
        return None
    widths = [HUNDRED * (other - price) / least, HUNDRED * (other - price) / most]
    tops = [price + mark * width / HUNDRED for mark in (points - half, points + half) for width in widths]
    bottoms = [
        price - (HUNDRED - mark) * width / HUNDRED for mark in (points - half, points + half) for width in widths
    ]
    return (max(0, _up(min(bottoms))), _down(max(bottoms))), (_up(min(tops)), _down(max(tops)))


def _from_mean(reader: _Reader) -> Iterator[Derived]:
    """Own price and points give the mean; with three bids and the winner's price known, the third one's price."""
    own, shown = reader.own, reader.letter.own.points
    method = reader.letter.method
    assert own is not None
    assert shown is not None
    assert isinstance(method, MeanBased)
    wanted = parse_decimal(shown, "points")

    def at_mean(mean: int) -> Fraction:
        # Two bids around the mean have it as their mean.
        return reader.points(own, max(0, 2 * mean - own))

    # A mean need not be a whole number of units: where none has just these points, it lies between the two around.
    # Below half the own price nothing is looked at.
    half = (own + 1) // 2
    around = crossings(half, reader.most, at_mean, wanted, rising=True)
    mean = 0 if min(around) <= half else min(around) - 1, max(around) + 1
    how = "the reader's own price and points can be solved for it."
    yield _derived(reader, "mean", mean, how)
    theirs = reader.letter.winner.points
    winner = None if reader.winner is None else (reader.winner, reader.winner)
    if winner is None and theirs is not None:
        winner = _by_mean(reader, mean, parse_decimal(theirs, "points"))
        yield _derived(reader, "winner", winner, "its points, measured by that mean, give it.")
    number = reader.letter.bids
    if number == THREE and winner is not None:
        rest = max(0, 3 * mean[0] - own - winner[1]), 3 * mean[1] - own - winner[0]
        yield _derived(reader, "other", rest, "three times the mean less the two prices that the reader knows.")


def _by_mean(reader: _Reader, mean: Span, printed: Fraction) -> Span:
    """The prices that earn these points under a mean of the span; what lies beyond twice the mean is not looked at."""
    ends: list[int] = []
    for middle in mean:
        found = crossings(
            1,
            2 * middle,
            lambda price, middle=middle: reader.points(price, max(0, 2 * middle - price)),
            printed,
            rising=False,
        )
        ends += [min(found), reader.most if max(found) > 2 * middle else max(found)]
    return min(ends), max(ends)


def _up(value: Fraction) -> int:
    return -((-value.numerator) // value.denominator)


def _down(value: Fraction) -> int:
    return value.numerator // value.denominator
