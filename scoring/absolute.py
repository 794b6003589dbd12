"""Methods whose points follow from one price and published figures alone; no rival can change them."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal, assert_never

import msgspec

from scoring.decimals import Bound, exact_text, parse_decimal, require_decimal, require_decimals
from scoring.intervals import power_points
from scoring.price import Precision
from scoring.worked import (
    FULL,
    Band,
    InvalidValue,
    OverCeiling,
    Worked,
    ZeroRule,
    above_ceiling,
    band_of,
    discount_of,
    limited,
    listed_points,
    require_above_zero,
    require_bands,
    require_zero_rule,
)


class LinearBetweenBounds(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="A1"
):
    """Linear between published bounds

    Formula: 100 · (worst − value) / (worst − best), never below 0 or above 100 unless floor and cap say so.
    Used: Mercell "gewogen factor"; recommended where relative formulas are refused.
    Parameters: best earns full points, worst earns none; the order of the two gives the direction.
    Edge cases: one bid, equal bids and a value of 0 need no rule; nothing is divided by an offer.
    Source: support.negometrix.com article 9000092064.

    >>> method = LinearBetweenBounds(best=Decimal(60), worst=Decimal(220))
    >>> [float(linear_between_bounds(method, Fraction(price)).points) for price in (80, 100, 120, 200)]
    [87.5, 75.0, 62.5, 12.5]
    """

    best: Decimal
    worst: Decimal
    floor: Bound | None = None
    cap: Bound | None = None

    def __post_init__(self) -> None:
        require_decimal(self.best, "best")
        require_decimal(self.worst, "worst")
        if self.best == self.worst:
            raise ValueError("best and worst are equal; write the value for full points and the value for none")


def linear_between_bounds(method: LinearBetweenBounds, value: Fraction) -> Worked:
    """Points by A1."""
    best, worst = Fraction(method.best), Fraction(method.worst)
    falls = "100 × ({worst} − {value}) ÷ ({worst} − {best})"
    rises = "100 × ({value} − {worst}) ÷ ({best} − {worst})"
    worked = Worked(
        FULL * (worst - value) / (worst - best),
        rises if best > worst else falls,
        {"value": value, "best": best, "worst": worst},
    )
    return limited(worked, method.floor, method.cap, low=0, high=100)


class LinearAgainstCeiling(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="A2"
):
    """Linear against a ceiling or estimate

    Formula: 100 · (ceiling − p) / ceiling.
    Used: where the buyer publishes a budget or an estimate and refuses relative formulas.
    Parameters: ceiling; over_ceiling, "floor" (no points above the ceiling) or "exclude" (not ranked); floor; cap.
    Edge cases: full points only for a price of 0, which needs no rule here.
    Source: linear form on the published ceiling; Portugal CCP art. 139(4) allows only absolute forms.

    >>> method = LinearAgainstCeiling(ceiling=Decimal(220))
    >>> [round(float(linear_against_ceiling(method, Fraction(price)).points), 4) for price in (80, 100, 120, 200)]
    [63.6364, 54.5455, 45.4545, 9.0909]
    """

    ceiling: Decimal
    over_ceiling: OverCeiling = "floor"
    floor: Bound | None = None
    cap: Bound | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.ceiling, "ceiling")


def linear_against_ceiling(method: LinearAgainstCeiling, value: Fraction) -> Worked:
    """Points by A2."""
    require_no_rebate(value)
    ceiling = Fraction(method.ceiling)
    numbers = {"value": value, "ceiling": ceiling}
    worked = Worked(FULL * (ceiling - value) / ceiling, "100 × ({ceiling} − {value}) ÷ {ceiling}", numbers)
    return limited(worked, method.floor, method.cap, low=0)


def require_no_rebate(value: Fraction) -> None:
    """Refuse a price below 0: it is scored only where the criterion asks for income, or by A1."""
    if value < 0:
        raise InvalidValue(f"{exact_text(value)} is below 0, which this formula cannot score; publish A1 for that")


class ReferenceOverPrice(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="A2b"
):
    """Reference over price

    Formula: 100 · min(1, reference / p); cap "none" lifts the limit of 100.
    Used: the absolute sister of the inverse proportional formula, with a published reference instead of the lowest bid.
    Parameters: reference; cap (100 unless published); floor; zero.
    Edge cases: a price of 0 sits in the denominator and needs the zero rule.
    Source: UK Bid Evaluation Guidance Note May 2021, benchmark scoring.

    >>> method = ReferenceOverPrice(reference=Decimal(100))
    >>> [str(reference_over_price(method, Fraction(price)).points) for price in (80, 100, 200)]
    ['100', '100', '50']
    """

    reference: Decimal
    cap: Bound | None = None
    floor: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.reference, "reference")
        require_zero_rule(self.zero)


def reference_over_price(method: ReferenceOverPrice, value: Fraction) -> Worked:
    """Points by A2b."""
    if value <= 0:
        raise InvalidValue(f"{value} is not above 0, and the formula divides by it")
    reference = Fraction(method.reference)
    worked = Worked(FULL * reference / value, "100 × {reference} ÷ {value}", {"reference": reference, "value": value})
    return limited(worked, method.floor, method.cap, high=100)


class Concave(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="A3"
):
    """Concave, absolute

    Formula: 100 · (1 − (1 − R)^n), R = (ceiling − p) / ceiling.
    Used: Consip/MEPA, Italy.
    Parameters: ceiling; n, above 0 and at most 100; decimals (10 unless published) for a fractional n, rounded half up
    by an interval proof; over_ceiling; floor; cap.
    Edge cases: above the ceiling 0 points; a price of 0 earns full points and needs no rule.
    Source: wiki.acquistinretepa.it, Concava (formula from knowledge; an image in the source).

    >>> method = Concave(ceiling=Decimal(220), n=Decimal(5))
    >>> [round(float(concave(method, Fraction(price)).points), 4) for price in (80, 100, 120, 200)]
    [99.3642, 98.0596, 95.1717, 37.9079]
    """

    ceiling: Decimal
    n: Decimal
    decimals: Precision = 10
    over_ceiling: OverCeiling = "floor"
    floor: Bound | None = None
    cap: Bound | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.ceiling, "ceiling")
        require_above_zero(self.n, "n", high=100)


def concave(method: Concave, value: Fraction) -> Worked:
    """Points by A3."""
    require_no_rebate(value)
    ceiling, n = Fraction(method.ceiling), Fraction(method.n)
    lost, exact = power_points(1 - discount_of(value, ceiling), n, method.decimals)
    text = "100 × (1 − (1 − ({ceiling} − {value}) ÷ {ceiling}) ^ {n})"
    numbers = {"ceiling": ceiling, "value": value, "n": n, "decimals": method.decimals}
    shown = text if exact else f"{text}, to {{decimals}} decimals"
    worked = Worked(FULL - lost, shown, numbers, where=above_ceiling(value, ceiling))
    return limited(worked, method.floor, method.cap, low=0)


class Lookup(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="A4"
):
    """Published table or bands

    Formula: the points of the row in which the value falls.
    Used: preference levels (South Africa), delivery times, guarantees in years.
    Parameters: bands, ascending, each with from, to and points (0–100); a row with from = to stands for that one value.
    values is a table for single values and wins over bands. ends says which end belongs to a band:
    "from" (the default) means from ≤ value < to, and the last band includes its to; "to" means from < value ≤ to, and
    the first band includes its from. out_of is the number of points that the table's author calls full marks.
    Edge cases: a value in no row stops the scoring with the rows that exist; it is never 0 by silence.
    Source: lookup and bands, the buyer's own published table.

    >>> method = Lookup(bands=(Band(to=Decimal(10), points=Decimal(100)), Band(from_=Decimal(10), points=Decimal(50))))
    >>> [str(lookup(method, text).points) for text in ("9.99", "10", "30")]
    ['100', '50', '50']
    """

    bands: tuple[Band, ...] = ()
    values: dict[str, Decimal] = {}
    ends: Literal["from", "to"] = "from"
    out_of: Decimal = Decimal(100)

    def __post_init__(self) -> None:
        if not self.bands and not self.values:
            raise ValueError('bands is empty; write at least one row such as {"from":"0","to":"10","points":"100"}')
        require_bands(self.bands)
        require_decimals(self.values, "values")
        require_above_zero(self.out_of, "out_of")


def lookup(method: Lookup, text: str) -> Worked:
    """Points by A4."""
    scale = FULL / Fraction(method.out_of)
    listed = method.values.get(text)
    if listed is not None:
        said, numbers = listed_points("{value}", listed, method.out_of)
        return Worked(Fraction(listed) * scale, said, {**numbers, "value": text}, stated=True)
    if not method.bands:
        raise InvalidValue(f"{text!r} is in no row of the published table; its rows are {', '.join(method.values)}")
    value = parse_decimal(text, "value")
    band = band_of(method.bands, value, method.ends)
    if band is None:
        raise InvalidValue(f"{text!r} falls in no band of the published table")
    low = "" if band.from_ is None else f" from {band.from_:f}"
    high = "" if band.to is None else f" up to {band.to:f}"
    said, numbers = listed_points(f"{{value}}, in the band{low}{high},", band.points, method.out_of)
    return Worked(Fraction(band.points) * scale, said.removesuffix(","), {**numbers, "value": value}, stated=True)


class FixedPrice(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="A5"
):
    """Fixed price, quality only

    Formula: none; the price is fixed and earns nothing, quality alone decides.
    Used: Directive 2014/24/EU art. 67(2), last sentence.
    Parameters: price, the fixed price, where the tender states it: another offer is then refused.
    Edge cases: its weighting is 0, or its points are the same for everybody and decide nothing.
    Source: Directive 2014/24/EU art. 67(2).

    >>> str(fixed_price(FixedPrice(), Fraction(100)).points)
    '0'
    """

    price: Decimal | None = None

    def __post_init__(self) -> None:
        if self.price is not None:
            require_decimal(self.price, "price")


def fixed_price(method: FixedPrice, value: Fraction) -> Worked:
    """No points, whatever the price."""
    if method.price is not None and value != method.price:
        raise InvalidValue(f"the price is fixed at {method.price:f}; the bid says {value}")
    return Worked(Fraction(0), "the price is fixed and earns no points", {}, stated=True)


AbsoluteMethod = LinearBetweenBounds | LinearAgainstCeiling | ReferenceOverPrice | Concave | Lookup | FixedPrice


def absolute_price_points(method: AbsoluteMethod, text: str) -> Worked:
    """Points of one offer by a method of this family."""
    match method:
        case LinearBetweenBounds():
            return linear_between_bounds(method, parse_decimal(text, "value"))
        case LinearAgainstCeiling():
            return linear_against_ceiling(method, parse_decimal(text, "value"))
        case ReferenceOverPrice():
            return reference_over_price(method, parse_decimal(text, "value"))
        case Concave():
            return concave(method, parse_decimal(text, "value"))
        case Lookup():
            return lookup(method, text)
        case FixedPrice():
            return fixed_price(method, parse_decimal(text, "value"))
        case _:
            assert_never(method)
