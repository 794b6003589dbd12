"""From promised quantities to money: pro rata, by dated values, with the confidence in each; and what looks inflated.

Nothing here scores a bid: a draft's author reckons with it, and a panel reads which promises to ask about. Values come
from a series of the catalogue and are cited; nothing is extrapolated.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Annotated, Final, Literal, NamedTuple, assert_never
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from scoring.decimals import half_up, is_plain_decimal, require_decimal
from scoring.model import direction_of, unit_of
from scoring.quantities import Mass, credited, fte_years, tonnes
from scoring.units import find_unit, is_money
from service import db, measures, monitoring, opening, own_measures, tenders
from service.measures import ProxySeries
from service.opening import PanelBid
from service.organisations import Caller
from service.performance import exactly
from service.problems import Fault, InvalidRequest, NotFound

FAR_ABOVE: Final = 2
"""A promise of so many times what the others promise at the median, or the target asks for, is asked about."""
LEAST_OTHERS: Final = 2
RELIABLE: Final = Decimal("0.9")
"""Whose earlier promises of a measure were delivered to a lesser share is asked how this one will be."""

Series = Annotated[str, Meta(min_length=1, max_length=100)]
Own = Mapping[UUID, Sequence[ProxySeries]]
"""What units are worth by catalogues of one's own, by their ids."""


class Employment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="id", tag="employment"):
    """People at work: how many, for how many hours a week and months; a candidate counts for 12 or 24 months."""

    people: Decimal
    weekly_hours: Decimal
    months: Decimal
    full_time_hours: Decimal = Decimal(36)
    most_months: Literal[12, 24, 120] = 12


class Amount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="id", tag="amount"):
    """A plain quantity in a unit: hours, weeks, people.

    WELLBYs are people × points of life satisfaction, on a scale from 0 to 10, × years: 40 people who gain half a point
    for a year and three months are 25.
    """

    unit: Literal["hour", "week", "person", "apprentice", "count", "wellby"]
    quantity: Decimal


class Emissions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="id", tag="emissions"):
    """Emissions by the year in which they fall, in kilograms or tonnes of CO2 equivalent."""

    unit: Mass
    years: dict[Annotated[str, Meta(pattern="^[12][0-9]{3}$")], Decimal]


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quantity, the series and case that its value is taken from, and the confidence in it, from 0 to 1.

    With `catalogue_id`, the series is the code of a measure in that catalogue of your own, whose value is its one case,
    `central`.
    """

    quantity: Employment | Amount | Emissions
    series: Series | None = None
    catalogue_id: UUID | None = None
    case: Annotated[str, Meta(max_length=50)] = "central"
    confidence: Decimal = Decimal(1)


class NewValuation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Quantities to reckon with; with a contract's sum and a percentage, how much of that obligation they fulfil."""

    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=100)]
    contract_sum: Decimal | None = None
    percent: Decimal | None = None


class Valued(Struct, frozen=True, kw_only=True):
    """One quantity: in its unit, credited with the confidence in it, and in money where a series says what it is worth.

    Quantities without an end are rounded half up to four decimals here and nowhere before; money to cents.
    """

    unit: str
    quantity: Decimal
    credited: Decimal
    value: Decimal | None
    currency: str | None
    price_base: str | None
    formula: str
    source: str | None


class Valuation(Struct, frozen=True, kw_only=True):
    """All of them. `totals` by currency and price base, because amounts of different years are no sum.

    `due` is the percentage of the contract's sum; `fulfilled` what of it the values make up, in percent, where all are
    in one currency at the prices of one year.
    """

    items: tuple[Valued, ...]
    totals: dict[str, Decimal]
    due: Decimal | None
    fulfilled: Decimal | None


class Doubt(Struct, frozen=True, kw_only=True):
    """A promise to ask about, and why; it excludes nothing."""

    bid_id: UUID
    supplier: str
    criterion_id: str
    value: str
    message: str
    mend: str


# Rules


def series_of(item: Item, own: Own, at: str) -> ProxySeries | None:
    """The series that an item names, of the built-in catalogue or of one's own. Raises InvalidRequest."""
    if item.series is None:
        if item.catalogue_id is None:
            return None
        fault = Fault(f"{at}/series", "Of this catalogue no measure is named.", "Give the measure's code.")
        raise InvalidRequest("A series is not named.", faults=(fault,))
    known = measures.built_in().series if item.catalogue_id is None else own[item.catalogue_id]
    for series in known:
        if series.id == item.series:
            return series
    names = ", ".join(series.id for series in known) or "none"
    fault = Fault(f"{at}/series", f"There is no series {item.series!r}.", f"There are {names}.")
    raise InvalidRequest("A series is not known.", faults=(fault,))


def worth_of(series: ProxySeries, item: Item, year: str | None, at: str) -> Decimal:
    """The value of a series in an item's case and a year. Raises InvalidRequest: nothing is extrapolated."""
    ageless = "" in series.values.get(item.case, {})
    try:
        return measures.proxy_of(series, item.case, None if year is None or ageless else int(year))
    except NotFound as error:
        place = "case" if year is None or item.case not in series.values else f"quantity/years/{year}"
        fault = Fault(f"{at}/{place}", f"{series.id} has no such value.", error.detail)
        raise InvalidRequest("A value is not known, and nothing is extrapolated.", faults=(fault,)) from None


def value_item(item: Item, own: Own, at: str) -> Valued:
    """One quantity, pro rata, credited, in money. Raises InvalidRequest with its place."""
    series = series_of(item, own, at)
    try:
        match item.quantity:
            case Emissions():
                return _emissions(item, item.quantity, series, at)
            case Employment() as work:
                years = fte_years(work.people, work.weekly_hours, work.full_time_hours, work.months, work.most_months)
                how = f"{work.people:f} × min(1, {work.weekly_hours:f} ÷ {work.full_time_hours:f})"
                how += f" × min({work.months:f}, {work.most_months}) ÷ 12"
                return _valued(item, Reckoned("fte_year", years, how), series, at)
            case Amount(unit=unit, quantity=amount):
                require_decimal(amount, "quantity", low=0, decimals=find_unit(unit).decimals)
                return _valued(item, Reckoned(unit, Fraction(amount), f"{amount:f}"), series, at)
            case _:
                assert_never(item.quantity)
    except ValueError as error:
        fault = Fault(f"{at}/quantity", str(error), "Write plain decimals within their bounds.")
        raise InvalidRequest("A quantity cannot be reckoned with.", faults=(fault,)) from None


class Reckoned(NamedTuple):
    """A quantity in its unit, and how it came about."""

    unit: str
    quantity: Fraction
    how: str


def _valued(item: Item, reckoned: Reckoned, series: ProxySeries | None, at: str) -> Valued:
    unit, quantity, how = reckoned
    counted = credited(quantity, item.confidence)
    how += f" × {item.confidence:f}" if item.confidence != 1 else ""
    if series is not None and series.per != unit:
        raise ValueError(f"{series.id} is a value per {series.per}, and this is in {unit}")
    worth = None if series is None else worth_of(series, item, None, at)
    return Valued(
        unit=unit,
        quantity=exactly(quantity),
        credited=exactly(counted),
        value=None if worth is None else scoring.in_cents(counted * Fraction(worth)),
        currency=series.currency if series else None,
        price_base=series.price_base if series else None,
        formula=how if worth is None else f"{how} × {worth:f}",
        source=series.source if series else None,
    )


def _emissions(item: Item, given: Emissions, series: ProxySeries | None, at: str) -> Valued:
    """Each year's tonnes by that year's value: what is emitted later costs more."""
    by_year = {year: tonnes(amount, given.unit) for year, amount in sorted(given.years.items())}
    if series is not None and series.per != "tCO2e":
        raise ValueError(f"{series.id} is a value per {series.per}, and this is in tCO2e")
    quantity = sum(by_year.values(), start=Fraction(0))
    counted, parts, worth = credited(quantity, item.confidence), list[str](), Fraction(0)
    for year, amount in by_year.items():
        if series is None:
            parts.append(f"{exactly(amount):f}")
            continue
        value = worth_of(series, item, year, at)
        worth += amount * Fraction(value)
        parts.append(f"{exactly(amount):f} × {value:f}")
    how = " + ".join(parts)
    how = f"({how}) × {item.confidence:f}" if item.confidence != 1 else how
    return Valued(
        unit="tCO2e",
        quantity=exactly(quantity),
        credited=exactly(counted),
        value=None if series is None else scoring.in_cents(worth * Fraction(item.confidence)),
        currency=series.currency if series else None,
        price_base=series.price_base if series else None,
        formula=how,
        source=series.source if series else None,
    )


def valuation(new: NewValuation, own: Own) -> Valuation:
    """All quantities, their totals, and what of an obligation they fulfil. Raises InvalidRequest."""
    if (new.contract_sum is None) != (new.percent is None):
        fault = Fault("/percent", "Contract sum and percentage go together.", "Give both, or neither.")
        raise InvalidRequest("The obligation is incomplete.", faults=(fault,))
    items = tuple(value_item(item, own, f"/items/{number}") for number, item in enumerate(new.items))
    totals: dict[str, Decimal] = {}
    for one in items:
        if one.value is not None:
            name = f"{one.currency}, prices of {one.price_base}"
            totals[name] = totals.get(name, Decimal(0)) + one.value
    due = fulfilled = None
    if new.contract_sum is not None and new.percent is not None:
        for name, amount in (("contract_sum", new.contract_sum), ("percent", new.percent)):
            if not amount.is_finite() or amount <= 0:
                fault = Fault(f"/{name}", "This is not above 0.", "Write a plain decimal, such as 5.")
                raise InvalidRequest("The obligation is no amount.", faults=(fault,))
        due = scoring.in_cents(Fraction(new.contract_sum) * Fraction(new.percent) / 100)
        if due > 0 and len(totals) == 1:
            (made,) = totals.values()
            fulfilled = half_up(Fraction(made) / Fraction(due) * 100, 2)
    return Valuation(items=items, totals=totals, due=due, fulfilled=fulfilled)


# What looks inflated


def doubts(
    lot: scoring.Lot, bids: Sequence[PanelBid], delivered: Mapping[tuple[str, UUID], Decimal]
) -> Iterator[Doubt]:
    """Promises that stand out: against the others, against what is asked for, against what was delivered before.

    `delivered`: by measure and supplier, the share of earlier promises that was delivered.
    """
    for criterion in scoring.leaves(lot.criteria):
        unit = unit_of(criterion)
        if is_money(unit) or scoring.is_for_panel(criterion) or unit in {"text", "grade", "yes_no", "number"}:
            continue
        higher = direction_of(criterion) == "higher"
        values = {bid.bid_id: Fraction(bid.offers[criterion.id]) for bid in bids if _is_number(bid, criterion.id)}
        target = getattr(criterion.method, "target", None)
        for bid in bids:
            if bid.bid_id not in values:
                continue
            value, others = values[bid.bid_id], [other for name, other in values.items() if name != bid.bid_id]
            for message in _reasons(value, others, target if isinstance(target, Decimal) else None, higher=higher):
                yield _doubt(bid, criterion, message)
            share = delivered.get((criterion.id, bid.supplier_id))
            if share is not None and share < RELIABLE:
                yield _doubt(bid, criterion, f"Of earlier promises of this kind {share * 100:f} % were delivered.")


def _is_number(bid: PanelBid, name: str) -> bool:
    return bid.state == "admissible" and is_plain_decimal(bid.offers.get(name, ""))


def _reasons(value: Fraction, others: Sequence[Fraction], target: Decimal | None, *, higher: bool) -> Iterator[str]:
    if len(others) >= LEAST_OTHERS:
        middle = Fraction(median(others))
        if higher and middle > 0 and value >= FAR_ABOVE * middle:
            yield f"It is {exactly(value / middle):f} times what the others promise at the median."
        if not higher and middle > 0 and value * FAR_ABOVE <= middle:
            yield "It is at most half of what the others promise at the median."
    if target is not None and target > 0 and value >= FAR_ABOVE * Fraction(target):
        yield f"It is {exactly(value / Fraction(target)):f} times what the tender asks for, and earns no more for that."


def _doubt(bid: PanelBid, criterion: scoring.Criterion, message: str) -> Doubt:
    return Doubt(
        bid_id=bid.bid_id,
        supplier=bid.supplier,
        criterion_id=criterion.id,
        value=bid.offers[criterion.id],
        message=message,
        mend="Ask how it will be delivered and proved: POST /bids/{id}/clarifications. Nothing follows by itself.",
    )


# Handlers


@post("/catalogue/valuations", status_code=200)
async def value_quantities(
    data: JSONBody[NewValuation], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Valuation:
    """Reckon quantities pro rata and in money, by dated values with their sources; nothing is stored.

    Values come from the built-in catalogue, or from one that you have imported (`POST /catalogues`).
    """
    own: dict[UUID, list[ProxySeries]] = {}
    for number, item in enumerate(data.items):
        if item.catalogue_id is not None and item.catalogue_id not in own:
            own[item.catalogue_id] = await _series_in(conn, caller, item.catalogue_id, f"/items/{number}/catalogue_id")
    return valuation(data, own)


async def _series_in(conn: db.Connection, caller: Caller, catalogue_id: UUID, at: str) -> list[ProxySeries]:
    try:
        catalogue = await own_measures.find(conn, caller, catalogue_id)
    except NotFound:
        fault = Fault(at, "You have no such catalogue.", "Take its id from `GET /catalogues`.")
        raise InvalidRequest("A catalogue is not known.", faults=(fault,)) from None
    found = (own_measures.as_series(catalogue, one) for one in catalogue.measures)
    return [series for series in found if series is not None]


@get("/lots/{lot_id:uuid}/plausibility")
async def list_doubts(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Doubt]:
    """List promises of a lot's bids that stand out and should be asked about; for who moderates or decides.

    Against the others' median, against the target, and against what the supplier delivered of earlier promises to you.
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_doubts")
    tenders.check_cleared(known.tender)
    lot = known.lot(lot_id)
    opening.check_opened(lot)
    bids = await db.many(opening.SQL.list_opened(conn, lot_id=lot_id), PanelBid)
    learnt = (await monitoring.learnt_by(conn, caller.organisation_id)).measures
    delivered = {
        (one.measure, by.supplier_id): by.percent / 100
        for one in learnt
        for by in one.suppliers
        if by.percent is not None
    }
    return list(doubts(lot.rules, bids, delivered))


router = Router(path="/", route_handlers=[value_quantities, list_doubts], tags=["Catalogue"])
