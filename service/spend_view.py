"""The spend analysis as its report shows it: charts, tables by ring and the beginnings of long lists, in a language."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Generic, TypeVar

from msgspec import Struct

from service import charts
from service.charts import Chart, Length
from service.language import Language
from service.report_view import Say
from service.spend_analysis import Crossing, Leak, Part, SpendAnalysis, Table
from service.spend_matching import Proposal

SHOWN: Final = 40
"""Rows of a list that the report prints; the attached data has all."""
RINGS: Final = 4
"""Rings side by side; of more the best paid stand alone."""
TOLD: Final = 3
"""Bars that a chart's message names."""


T = TypeVar("T")


class Cut(Struct, Generic[T], frozen=True, kw_only=True):
    """The first rows of a list, and how many more there are."""

    rows: tuple[T, ...]
    more: int


class Crossed(Struct, frozen=True, kw_only=True):
    """A category or sector: what was paid in all, in each of the columns' rings, and nobody knows where."""

    name: str
    amount: Decimal
    cells: tuple[Decimal | None, ...]
    unknown: Decimal


class SpendView(Struct, frozen=True, kw_only=True):
    """The charts and cut lists of a report. `columns` are rings side by side; `others`: the last one is all others."""

    rings: Chart | None
    sizes: Chart | None
    top: Chart | None
    years: Chart | None
    columns: tuple[str, ...]
    others: bool
    categories: Cut[Crossed]
    sectors: Cut[Crossed]
    leaks: Cut[Leak]
    proposals: Cut[Proposal]


def view_of(analysis: SpendAnalysis, speech: Language, say: Say, spoken: Mapping[str, str]) -> SpendView:
    """What the report on an analysis shows; `spoken` has our own words for its parts."""

    def chart(parts: Sequence[Part], message: str, *, of_all: bool = False) -> Chart | None:
        bars = [_bar(part, speech, spoken, of_all=of_all) for part in parts]
        if not any(bar.size > 0 for bar in bars):
            return None
        most = sorted(bars, key=_size, reverse=True)[:TOLD]
        return charts.lengths(bars, f"{message} {'; '.join(f'{bar.name}: {bar.figure}' for bar in most)}")

    rings = sorted(analysis.rings.parts, key=_amount, reverse=True)
    alone = {part.name for part in rings[: RINGS if len(rings) <= RINGS else RINGS - 1]}
    columns = tuple(part.name for part in analysis.rings.parts if part.name in alone)
    others = len(rings) > RINGS
    return SpendView(
        rings=chart(_parts(analysis.rings), say("Spend by ring; the numbers stand in the table."), of_all=True),
        sizes=chart(
            _parts(analysis.sizes), say("Spend by size of supplier; the numbers stand in the table."), of_all=True
        ),
        top=chart(analysis.concentration.top, say("The best paid suppliers with their sums and shares.")),
        years=chart(
            [
                Part(name=year.name, amount=year.amount, lines=year.lines, suppliers=0, share=None, of_all=None)
                for year in analysis.years
            ],
            say("Spend by financial year; the numbers stand in the table."),
        ),
        columns=columns,
        others=others,
        categories=_crossed(analysis.categories, analysis.more_categories, columns, others=others),
        sectors=_crossed(analysis.sectors, analysis.more_sectors, columns, others=others),
        leaks=_cut(analysis.influence.categories, analysis.more_leaks),
        proposals=_cut(analysis.proposals, 0),
    )


def _amount(part: Part) -> Decimal:
    return part.amount


def _size(bar: Length) -> Fraction:
    return bar.size


def _bar(part: Part, speech: Language, spoken: Mapping[str, str], *, of_all: bool) -> Length:
    share = part.of_all if of_all else part.share
    percent = "" if share is None else f" · {speech.number(f'{share:f}')} %"
    return Length(
        name=spoken.get(part.name, part.name),
        size=Fraction(part.amount),
        figure=f"{speech.number(f'{part.amount:f}')}{percent}",
        tone="pale" if of_all and part.share is None else "mid",
    )


def _parts(table: Table) -> tuple[Part, ...]:
    """The parts and the unknown one; nothing where nothing is known."""
    return (*table.parts, table.unknown) if table.parts else ()


def _cut(rows: Sequence[T], more: int) -> Cut[T]:
    return Cut(rows=tuple(rows[:SHOWN]), more=max(0, len(rows) - SHOWN) + more)


def _crossed(rows: Sequence[Crossing], more: int, columns: Sequence[str], *, others: bool) -> Cut[Crossed]:
    """Rows with a cell for each column, and one for all other rings."""
    return _cut([_row(row, columns, others=others) for row in rows], more)


def _row(row: Crossing, columns: Sequence[str], *, others: bool) -> Crossed:
    cells = [row.rings.get(ring) for ring in columns]
    left = [amount for ring, amount in row.rings.items() if ring not in columns]
    rest = [sum(left, start=Decimal("0.00")) if left else None] if others else []
    return Crossed(name=row.name, amount=row.amount, cells=(*cells, *rest), unknown=row.unknown)
