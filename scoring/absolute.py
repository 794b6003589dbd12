"""Methods whose points follow from one bid and published figures alone; no rival can change them."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from scoring.decimals import Bound, parse_decimal, require_decimal, require_decimals
from scoring.worked import FULL, InvalidValue, Worked, limited

ZeroRule = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(reject|full|[0-9]{1,15}(\.[0-9]{1,12})?)$",
        description='What an offer of exactly 0 means: "reject" (the bid is not ranked), "full" (full points), or the '
        'smallest value that is reckoned instead, such as "0.01".',
    ),
]


def require_zero_rule(zero: str | None) -> None:
    """Refuse a smallest value that is itself zero."""
    if zero is not None and zero not in {"reject", "full"} and Fraction(zero) == 0:
        raise ValueError(
            'zero is 0, which would still divide by zero; write "reject", "full" or a value such as "0.01"'
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

    >>> from scoring.absolute import linear_between_bounds
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
    worked = Worked(
        FULL * (worst - value) / (worst - best),
        "100 × ({worst} − {value}) ÷ ({worst} − {best})",
        {"value": value, "best": best, "worst": worst},
    )
    return limited(worked, method.floor, method.cap, low=0, high=100)


class Band(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}
):
    """One row of a published table: values from `from` to `to` earn `points` (0–100). A missing end is open."""

    from_: Decimal | None = None
    to: Decimal | None = None
    points: Decimal

    def __post_init__(self) -> None:
        for name, value in (("from", self.from_), ("to", self.to), ("points", self.points)):
            if value is not None:
                require_decimal(value, name)
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"from {self.from_:f} is above to {self.to:f}; write the smaller value in from")


def require_bands(bands: tuple[Band, ...]) -> None:
    """Refuse bands that overlap or are not in ascending order."""
    for index, (one, two) in enumerate(pairwise(bands)):
        if one.to is None or two.from_ is None or two.from_ < one.to:
            raise ValueError(
                f"bands[{index + 1}] overlaps bands[{index}]; write bands in ascending order, end to start"
            )


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

    >>> from scoring.absolute import lookup
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
        require_decimal(self.out_of, "out_of", low=Decimal("0.000001"))


def band_of(bands: tuple[Band, ...], value: Fraction, ends: Literal["from", "to"]) -> Band | None:
    """The row a value falls in, by the published rule for the ends."""
    for index, band in enumerate(bands):
        low, high = band.from_, band.to
        if low is not None and (value < low or (value == low and ends == "to" and index > 0 and high != low)):
            continue
        last = index == len(bands) - 1
        if high is not None and (value > high or (value == high and ends == "from" and not last and high != low)):
            continue
        return band
    return None


def lookup(method: Lookup, text: str) -> Worked:
    """Points by A4."""
    scale = FULL / Fraction(method.out_of)
    listed = method.values.get(text)
    if listed is not None:
        return Worked(Fraction(listed) * scale, "the published points for {value}", {"value": text})
    if not method.bands:
        raise InvalidValue(f"{text!r} is in no row of the published table; its rows are {', '.join(method.values)}")
    value = parse_decimal(text, "value")
    band = band_of(method.bands, value, method.ends)
    if band is None:
        raise InvalidValue(f"{text!r} falls in no band of the published table")
    low, high = ("…" if end is None else Fraction(end) for end in (band.from_, band.to))
    return Worked(
        Fraction(band.points) * scale,
        "the published points for {value}, between {low} and {high}",
        {"value": value, "low": low, "high": high},
    )


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step of a grading scale: its value, what it is called, and what a bid must show to earn it."""

    value: Decimal
    label: str = ""
    descriptor: str = ""
    fatal: bool = False
    """A bid graded so on this criterion is not ranked; the tender must have said so."""

    def __post_init__(self) -> None:
        require_decimal(self.value, "value")


class Graded(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="graded",
):
    """Graded on a published scale

    Formula: 100 · grade / highest grade.
    Used: quality questions judged by a panel; the grade is the one agreed in moderation, never an average.
    Parameters: scale, the listed grades in ascending order with label and descriptor; only these are valid, so a half
    mark exists only where the scale lists it. A grade marked fatal leaves the bid unranked.
    Edge cases: a grade off the scale stops the scoring. Negative grades give negative points.
    Source: Bromcom v ULT [2022] EWHC 3262 (TCC): averaged marks that were not on the published scale were a breach.

    >>> from scoring.absolute import graded
    >>> method = Graded(scale=tuple(Level(value=Decimal(value)) for value in range(6)))
    >>> str(graded(method, "4").points)
    '80'
    """

    scale: tuple[Level, ...]

    def __post_init__(self) -> None:
        values = [level.value for level in self.scale]
        if not values or values != sorted(set(values)) or values[-1] <= 0:
            raise ValueError("scale must list different grades in ascending order, the highest above 0")


def graded(method: Graded, text: str) -> Worked:
    """Points for a grade; a label of the scale is understood as its value."""
    for level in method.scale:
        if text == level.label:
            grade = Fraction(level.value)
            break
    else:
        grade = parse_decimal(text, "grade")
        if all(grade != level.value for level in method.scale):
            listed = ", ".join(f"{level.value:f}" for level in method.scale)
            raise InvalidValue(f"grade {text!r} is not on the published scale; its grades are {listed}")
    highest = Fraction(method.scale[-1].value)
    return Worked(FULL * grade / highest, "100 × {grade} ÷ {highest}", {"grade": grade, "highest": highest})


def is_fatal(method: Graded, text: str) -> bool:
    """Whether this grade is published as one that rules the bid out."""
    return any(level.fatal and (text == level.label or _same(text, level.value)) for level in method.scale)


def _same(text: str, value: Decimal) -> bool:
    return parse_decimal(text, "grade") == value


class YesNo(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="yes_no",
):
    """Yes or no

    Formula: yes earns the points for yes (100), no those for no (0).
    Used: certificates, memberships, options that are offered or not.
    Parameters: yes and no, points 0–100; fatal names the answer that leaves a bid unranked.
    Edge cases: any other answer stops the scoring.
    Source: the buyer's own published question.

    >>> from scoring.absolute import yes_no
    >>> str(yes_no(YesNo(), "yes").points), str(yes_no(YesNo(), "no").points)
    ('100', '0')
    """

    yes: Decimal = Decimal(100)
    no: Decimal = Decimal(0)
    fatal: Literal["yes", "no"] | None = None

    def __post_init__(self) -> None:
        require_decimal(self.yes, "yes")
        require_decimal(self.no, "no")


def yes_no(method: YesNo, text: str) -> Worked:
    """Points for an answer."""
    if text not in {"yes", "no"}:
        raise InvalidValue(f'answer {text[:40]!r} is neither "yes" nor "no"')
    return Worked(Fraction(method.yes if text == "yes" else method.no), 'the answer is "{answer}"', {"answer": text})


class Target(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="target",
):
    """Quantity against a published target

    Formula: 100 · min(1, value / target); with a qualitative part, quantity share · that + quality share · points of
    the grade.
    Used: social value commitments: jobs, apprentice weeks, tCO2e saved, local spend.
    Parameters: target, above 0; quality_share (0–1) and quality, the id of the graded criterion whose points make up
    the qualitative part.
    Edge cases: more than the target earns no more points; a negative quantity stops the scoring.
    Source: absolute form of the qualitative and quantitative split; the target replaces the highest bid, so that no
    rival's promise changes a bid's points.

    >>> from scoring.absolute import target
    >>> [str(target(Target(target=Decimal(40)), Fraction(value)).points) for value in (0, 10, 40, 90)]
    ['0', '25', '100', '100']
    """

    target: Decimal
    quality_share: Decimal = Decimal(0)
    quality: str | None = None

    def __post_init__(self) -> None:
        require_decimal(self.target, "target", low=Decimal("0.000000000001"))
        require_decimal(self.quality_share, "quality_share", low=0, high=1)
        if (self.quality_share > 0) != (self.quality is not None):
            raise ValueError("quality_share and quality go together; write both or neither")


def target(method: Target, value: Fraction) -> Worked:
    """Points for the quantity alone."""
    if value < 0:
        raise InvalidValue(f"a quantity of {value} is below 0")
    goal = Fraction(method.target)
    worked = Worked(FULL * value / goal, "100 × {value} ÷ {target}", {"value": value, "target": goal})
    return limited(worked, None, None, low=0, high=100)


class PassFail(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="pass_fail",
):
    """Pass or fail

    Formula: none; "pass" or "yes" goes on, "fail" or "no" leaves the bid unranked.
    Used: exclusion grounds, conditions of participation, mandatory requirements.
    Parameters: none.
    Edge cases: a bid that fails never sets a lowest price or any other reference value.
    Source: recorded decision of the buyer; never a score.

    >>> from scoring.absolute import passes
    >>> passes("pass"), passes("fail")
    (True, False)
    """


def passes(text: str) -> bool:
    """Whether a pass/fail answer lets the bid go on."""
    if text not in {"pass", "yes", "fail", "no"}:
        raise InvalidValue(f'answer {text[:40]!r} is neither "pass" nor "fail"')
    return text in {"pass", "yes"}


class Text(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="text",
):
    """Text, not scored

    Formula: none; the answer is kept and shown, and earns nothing.
    Used: information that the buyer needs but does not judge.
    Parameters: none.
    Edge cases: may be missing.
    Source: unscored text.
    """
