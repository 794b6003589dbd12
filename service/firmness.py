"""How firmly first place stands, in figures that a report prints.

Worked out from the stored evaluation wherever a report is made, with the seed and the number of draws that
`GET /evaluations/{id}/sensitivity` has by default: the same evaluation always gives the same figures.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Final

from msgspec import Struct

import scoring
from scoring.decimals import decimal_text, exact_text, rounded
from scoring.sensitivity import Interval, Places
from service.report_document import ReportDocument
from service.report_view import Rule, Standing

DRAWS: Final = 10_000
SEED: Final = 1
SHOWN_DECIMALS: Final = 2
MOST_TRIED: Final = 4_000
"""Bids × bids × criteria up to which single grades and absent bids are tried one by one: about a second."""
LEFT_OUT: Final = "so many bids are not tried one by one in a report"
TRIED: Final = frozenset({"marks", "removals"})
UNPRINTED: Final = frozenset({"reversals", "break_even", "spreads"})
TOLD: Final = 3
"""Places that are told one by one; those after them are told together."""


class Range(Struct, frozen=True, kw_only=True):
    """Between which weightings of one criterion the first stays first; the others of its group keep their proportions.

    A limit that two decimals cannot write is rounded inwards, so that what is said about it holds. `falls` and `rises`
    are the ways to the limits in per cent of the group. Beyond a limit the bid of `below` or `above` is first; where
    nobody is named, the weighting can go no further.
    """

    rule: Rule
    lowest: str
    highest: str
    falls: Fraction
    rises: Fraction
    below: str | None
    above: str | None

    @property
    def margin(self) -> Fraction | None:
        """The shorter way to a limit beyond which another is first."""
        return min((way for way, rival in ((self.falls, self.below), (self.rises, self.above)) if rival), default=None)

    @property
    def limit(self) -> str:
        """The limit at the end of the shorter way."""
        return self.lowest if self.falling else self.highest

    @property
    def rival(self) -> str | None:
        """Who is first beyond that limit."""
        return self.below if self.falling else self.above

    @property
    def falling(self) -> bool:
        """Whether that limit lies below the weighting."""
        return self.below is not None and (self.above is None or self.falls <= self.rises)


class Chance(Struct, frozen=True, kw_only=True):
    """How often a bid is first, second, third and further down under random weightings, in per cent of the draws."""

    standing: Standing
    shares: tuple[str, ...]


class Mark(Struct, frozen=True, kw_only=True):
    """One grade that, one step up or down on its scale, puts another bid first, or none alone."""

    standing: Standing
    rule: Rule
    grade: str
    changed_to: str
    winner: str | None


class Leaver(Struct, frozen=True, kw_only=True):
    """A losing bid without which another than the first would be first, or none alone."""

    supplier: str
    winner: str | None


class Firmness(Struct, frozen=True, kw_only=True):
    """Everything that would put another bid first; ranges begin with the narrowest.

    `kept` is the share of the draws that leave the first where it is, in per cent; there is none without one first.
    `reasons` says of what is missing why; with `many` bids, grades and absent bids are missing.
    """

    draws: int
    seed: int
    kept: str | None
    ranges: tuple[Range, ...]
    chances: tuple[Chance, ...]
    marks: tuple[Mark, ...]
    leavers: tuple[Leaver, ...]
    many: bool
    reasons: dict[str, str]
    notes: tuple[str, ...]

    @property
    def nearest(self) -> Range | None:
        """The weighting of which the least change puts another first."""
        return next((one for one in self.ranges if one.margin is not None), None)


def firmness_of(document: ReportDocument, rules: Sequence[Rule], standings: Sequence[Standing]) -> Firmness:
    """How firmly the first place of an evaluation stands."""
    stored = document.evaluation
    many = len(stored.inputs) ** 2 * sum(1 for _ in scoring.leaves(stored.lot.criteria)) > MOST_TRIED
    left_out = dict.fromkeys(UNPRINTED | TRIED if many else UNPRINTED, LEFT_OUT)
    found = scoring.sensitivity(
        stored.lot, stored.inputs, stored.draw_secret, draws=DRAWS, seed=SEED, left_out=left_out
    )
    rule = {one.id: one for one in rules}
    bid = {one.result.id: one for one in standings}

    def name(rival: str | None) -> str | None:
        return None if rival is None else bid[rival].entry.supplier

    ranges = [
        _range(one, rule[one.criterion], (name(one.rival_below), name(one.rival_above))) for one in found.intervals
    ]
    chances = tuple(_chances(found.places, bid, found.draws))
    return Firmness(
        draws=found.draws,
        seed=found.seed,
        kept=next((one.shares[0] for one in chances if one.standing.result.id == found.winner), None),
        ranges=tuple(sorted(ranges, key=lambda one: (one.margin is None, one.margin or 0))),
        chances=chances,
        marks=tuple(
            Mark(
                standing=bid[one.bid],
                rule=rule[one.criterion],
                grade=one.grade,
                changed_to=one.changed_to,
                winner=name(one.winner),
            )
            for one in found.marks
        ),
        leavers=tuple(
            Leaver(supplier=bid[one.bid].entry.supplier, winner=name(one.winner))
            for one in found.removals
            if found.winner not in {None, one.bid, one.winner}
        ),
        many=many,
        reasons=found.reasons,
        notes=found.notes,
    )


def _range(found: Interval, rule: Rule, rivals: tuple[str | None, str | None]) -> Range:
    weighting, total = Fraction(found.weighting), Fraction(found.total)
    lowest, highest = Fraction(found.lowest), Fraction(found.highest)
    return Range(
        rule=rule,
        lowest=exact_text(min(weighting, Fraction(ceil(lowest * 10**SHOWN_DECIMALS), 10**SHOWN_DECIMALS))),
        highest=exact_text(max(weighting, rounded(highest, SHOWN_DECIMALS, "truncate"))),
        falls=(weighting - lowest) / total * 100,
        rises=(highest - weighting) / total * 100,
        below=rivals[0],
        above=rivals[1],
    )


def _chances(places: Sequence[Places], bids: Mapping[str, Standing], draws: int) -> Iterator[Chance]:
    """The places of each bid, in the order of their ranks. Shares are exact: ten thousand draws are two decimals."""
    if not draws:
        return
    for one in sorted(places, key=lambda one: bids[one.bid].result.rank or 0):
        counts = (*one.counts[:TOLD], sum(one.counts[TOLD:])) if len(one.counts) > TOLD else one.counts
        shares = tuple(decimal_text(Fraction(count * 100, draws), SHOWN_DECIMALS) for count in counts)
        yield Chance(standing=bids[one.bid], shares=shares)
