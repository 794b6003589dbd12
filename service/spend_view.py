"""The spend analysis as its report shows it: charts' bars with their lengths, so that templates need not compute."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from msgspec import Struct

from scoring.decimals import half_up
from service.spend_analysis import Part, SpendAnalysis, Table

LENGTH: Final = 80
"""Millimetres of the longest bar."""


class Bar(Struct, frozen=True, kw_only=True):
    """A bar: what it is about, its length in millimetres, the amount behind it, its share. `pale`: what is unknown."""

    label: str
    width: Decimal
    amount: Decimal
    share: Decimal | None
    pale: bool = False


class SpendView(Struct, frozen=True, kw_only=True):
    """The charts of a report."""

    rings: tuple[Bar, ...]
    sizes: tuple[Bar, ...]
    top: tuple[Bar, ...]
    years: tuple[Bar, ...]
    ring_names: tuple[str, ...]


def view_of(analysis: SpendAnalysis) -> SpendView:
    """The charts of an analysis."""
    years = [
        Part(name=year.name, amount=year.amount, lines=year.lines, suppliers=year.suppliers, share=None, of_all=None)
        for year in analysis.years
    ]
    return SpendView(
        rings=_of_table(analysis.rings),
        sizes=_of_table(analysis.sizes),
        top=_bars(analysis.concentration.top),
        years=_bars(years),
        ring_names=tuple(part.name for part in analysis.rings.parts),
    )


def _of_table(table: Table) -> tuple[Bar, ...]:
    """The parts and, paler, the unknown one, by their shares of everything."""
    if not table.parts:
        return ()
    return _bars([*table.parts, table.unknown], of_all=True)


def _bars(parts: Sequence[Part], *, of_all: bool = False) -> tuple[Bar, ...]:
    longest = max((part.amount for part in parts), default=Decimal(0))
    if longest <= 0:
        return ()
    return tuple(
        Bar(
            label=part.name,
            width=half_up(max(Fraction(part.amount), Fraction(0)) / Fraction(longest) * LENGTH, 1),
            amount=part.amount,
            share=part.of_all if of_all else part.share,
            pale=of_all and part is parts[-1],
        )
        for part in parts
    )
