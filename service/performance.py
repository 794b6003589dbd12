"""The arithmetic of a contract: periods, targets, achievement, forecast, ratings, and what a shortfall costs. Pure.

Everything is exact: decimals in, fractions inside, rounded once where a number is told. What nobody has verified is
missing: of what should be delivered it is nothing delivered, of what should be little (emissions) it is not known.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple, assert_never

from msgspec import Meta, Struct, structs

import scoring
from scoring import Direction
from scoring.decimals import DECIMALS, exact_text, finite_decimals, half_up, is_plain_decimal, require_decimal
from service.problems import Fault, InvalidRequest

Accrual = Literal["sum", "each_period"]
"""sum: deliveries add up over the contract (hours, tonnes) · each_period: every period must reach the target."""

Rating = Literal["good", "approaching_target", "requires_improvement", "inadequate", "other"]
"""The ratings of the Procurement Regulations 2024, reg. 39(5). Source: legislation.gov.uk/uksi/2024/692."""

EACH_PERIOD = frozenset({"percent", "grade", "yes_no", "number"})
"""Units of which two periods are no sum."""
HUNDRED = Fraction(100)
MOST_PERCENT = Decimal(1000)
ENDLESS_DECIMALS = 4
"""So many has what no finite decimal writes, such as a third."""
LEAST_AMOUNT = Decimal("0.0001")


class Bounds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From which achievement in percent a rating holds; below the last it is inadequate.

    The regulation says "close to" and "significantly below" without figures: these are the buyer's, published with the
    plan. The defaults are ours.
    """

    good: Decimal = Decimal(100)
    approaching_target: Decimal = Decimal(90)
    requires_improvement: Decimal = Decimal(75)

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            require_decimal(getattr(self, name), name, low=1, high=MOST_PERCENT, decimals=4)
        if not self.good > self.approaching_target > self.requires_improvement:
            raise ValueError("bounds must fall: good, then approaching_target, then requires_improvement")


class Period(Struct, frozen=True, kw_only=True):
    """A period of a contract, its first and last day included, and what is to be delivered in it."""

    number: int
    starts_on: date
    ends_on: date
    target: Decimal


class ByAdvantage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="id", tag="advantage"):
    """A shortfall costs a multiple of the advantage that the undelivered part brought at the award.

    Charge = factor × (advantage of what was promised − advantage of what was delivered), at most `cap`. The usual
    factor in the Netherlands is 1.5: who promised more than was delivered must not keep the gain.
    """

    factor: Decimal = Decimal("1.5")
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        check_amounts(factor=self.factor, cap=self.cap)


class ByUnit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="id", tag="per_unit"):
    """A shortfall costs an agreed amount per unit, such as 100.00 per hour: charge = rate × shortfall, at most `cap`.

    `source` says where the rate comes from: the contract's clause, or a proxy value of the catalogue.
    """

    rate: Decimal
    source: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        check_amounts(rate=self.rate, cap=self.cap)


Compensation = ByAdvantage | ByUnit


class Promise(Struct, frozen=True, kw_only=True):
    """What a promise is reckoned with. `advantage`, `rate` and `levels` are what it was worth at the award."""

    direction: Direction
    accrual: Accrual
    target: Fraction
    advantage: Decimal | None = None
    rate: Decimal | None = None
    levels: Mapping[str, Decimal] = {}


class Standing(Struct, frozen=True, kw_only=True):
    """How a promise stands. Percentages are rounded half up to two decimals, once; quantities are exact.

    target, target_to_date: over the whole contract; over the periods that have ended. verified, verified_to_date: what
    was verified of all periods; of the ended ones; of `each_period` its mean. shortfall: of the ended periods; of
    `each_period` the mean of what each lacked.

    achievement = verified of the ended periods ÷ target to date, for emissions and the like target ÷ verified, at most
    100; of `each_period` the mean of the periods, each at most 100. forecast = verified + what is still planned × the
    achievement so far: what the contract ends with if it goes on like this. None: not known yet.
    """

    target: Decimal
    target_to_date: Decimal
    verified: Decimal
    verified_to_date: Decimal
    achievement: Decimal | None
    forecast: Decimal | None
    forecast_achievement: Decimal | None
    shortfall: Decimal | None
    rating: Rating | None


class Charge(Struct, frozen=True, kw_only=True):
    """What a shortfall costs by the agreed formula, in the tender's currency, and how that was worked out."""

    amount: Decimal
    formula: str


def check_targets(targets: Sequence[Decimal], periods: int, at: str) -> None:
    """One finite target for each period."""
    if len(targets) != periods:
        message, mend = f"There are {len(targets)} targets for {periods} periods.", "Give one for each period."
    elif not all(one.is_finite() and is_plain_decimal(f"{one:f}") for one in targets):
        message, mend = "A target is no plain decimal.", "Write plain decimals, such as 12.5."
    else:
        return
    raise InvalidRequest("The targets do not fit the periods.", faults=(Fault(at, message, mend),))


def check_amounts(**amounts: Decimal | None) -> None:
    """Refuse what is no amount above nought with at most 4 decimals."""
    for name, amount in amounts.items():
        if amount is not None:
            require_decimal(amount, name, low=LEAST_AMOUNT, decimals=4)


# Periods and targets


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last.

    >>> str(months_later(date(2031, 1, 31), 1)), str(months_later(date(2031, 11, 30), 3))
    ('2031-02-28', '2032-02-29')
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def spans(starts_on: date, ends_on: date, months: int) -> list[tuple[date, date]]:
    """The periods from the first day to the last, each of so many months; the last may be shorter."""
    found: list[tuple[date, date]] = []
    begins = starts_on
    while begins <= ends_on:
        next_begins = months_later(starts_on, months * (len(found) + 1))
        found.append((begins, min(next_begins - timedelta(days=1), ends_on)))
        begins = next_begins
    return found


def spread(target: Decimal, days: Sequence[tuple[date, date]], decimals: int) -> tuple[Decimal, ...]:
    """A target over periods by their days. What is due up to each period's end is rounded, so that the parts add up.

    >>> year = spans(date(2031, 1, 1), date(2031, 12, 31), 3)
    >>> [str(one) for one in spread(Decimal(100), year, 0)]
    ['25', '25', '25', '25']
    >>> [str(one) for one in spread(Decimal(7), year, 0)]
    ['2', '1', '2', '2']
    """
    lengths = [(last - first).days + 1 for first, last in days]
    whole, passed, given = sum(lengths), 0, Decimal(0)
    parts: list[Decimal] = []
    for length in lengths:
        passed += length
        due = half_up(Fraction(target) * passed / whole, decimals)
        parts.append(due - given)
        given = due
    return tuple(parts)


def periods_of(days: Sequence[tuple[date, date]], targets: Sequence[Decimal]) -> tuple[Period, ...]:
    """Periods numbered from 1, with their targets."""
    return tuple(
        Period(number=number, starts_on=first, ends_on=last, target=target)
        for number, ((first, last), target) in enumerate(zip(days, targets, strict=True), start=1)
    )


# Achievement


def counted(accrual: Accrual, verified: Iterable[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """What counts in each period, of what was verified first to last: the sum, or the last where each must be reached.

    >>> counted("sum", [(1, Decimal(3)), (1, Decimal(4))]), counted("each_period", [(1, Decimal(3)), (1, Decimal(4))])
    ({1: Decimal('7')}, {1: Decimal('4')})
    """
    found: dict[int, Decimal] = {}
    for period, quantity in verified:
        found[period] = quantity + (found.get(period, Decimal(0)) if accrual == "sum" else 0)
    return found


def ratio(value: Fraction, target: Fraction, direction: Direction) -> Fraction:
    """Delivered against promised: 1 is as promised.

    Where more is better: value ÷ target. Where less is better: 1 up to the target, then target ÷ value.

    >>> str(ratio(Fraction(30), Fraction(40), "higher")), str(ratio(Fraction(80), Fraction(60), "lower"))
    ('3/4', '3/4')
    """
    if direction == "higher":
        return value / target if target > 0 else Fraction(int(value >= target))
    if value <= target:
        return Fraction(1)
    return target / value if target > 0 else Fraction(0)


def rate(achieved: Fraction, bounds: Bounds) -> Rating:
    """The rating of an achievement, by the exact fraction and not by what is printed of it."""
    percent = achieved * HUNDRED
    if percent >= bounds.good:
        return "good"
    if percent >= bounds.approaching_target:
        return "approaching_target"
    return "requires_improvement" if percent >= bounds.requires_improvement else "inadequate"


def standing(
    promise: Promise, periods: Sequence[Period], verified: Mapping[int, Decimal], today: date, bounds: Bounds
) -> Standing:
    """How a promise stands on a day, by what was verified in each period; a period's last day is still its own."""
    return _told(promise, *_reckoned(promise, periods, verified, today), bounds)


def missing(
    promise: Promise, periods: Sequence[Period], verified: Mapping[int, Decimal], today: date
) -> Fraction | None:
    """What the ended periods lack, exactly; of `each_period` the mean of what each lacked. None: not known yet."""
    _, found = _reckoned(promise, periods, verified, today)
    return None if found is None else found.missing


def _reckoned(
    promise: Promise, periods: Sequence[Period], verified: Mapping[int, Decimal], today: date
) -> "tuple[_Sums, _Found | None]":
    ended = [period for period in periods if period.ends_on < today]
    if promise.accrual == "each_period":
        return _reckoned_each(promise, ended, verified)
    due = sum((Fraction(one.target) for one in ended), start=Fraction(0))
    of_ended = sum((Fraction(verified.get(one.number, 0)) for one in ended), start=Fraction(0))
    every = sum((Fraction(one) for one in verified.values()), start=Fraction(0))
    sums = _Sums(due, every, of_ended)
    if not _is_known(promise, ended, verified):
        return sums, None
    achieved = ratio(of_ended, due, promise.direction)
    pace = of_ended / due if due > 0 else Fraction(1)
    forecast = max(every, of_ended + pace * (promise.target - due))
    gap = due - of_ended if promise.direction == "higher" else of_ended - due
    return sums, _Found(achieved, forecast, max(gap, Fraction(0)))


def _reckoned_each(
    promise: Promise, ended: Sequence[Period], verified: Mapping[int, Decimal]
) -> "tuple[_Sums, _Found | None]":
    if not _is_known(promise, ended, verified):
        return _Sums(Fraction(0), Fraction(0), Fraction(0)), None
    values = [Fraction(verified.get(one.number, 0)) for one in ended]
    targets = [Fraction(one.target) for one in ended]
    ratios = [
        min(Fraction(1), ratio(value, target, promise.direction)) for value, target in zip(values, targets, strict=True)
    ]
    sign = 1 if promise.direction == "higher" else -1
    gaps = [max(Fraction(0), sign * (target - value)) for value, target in zip(values, targets, strict=True)]
    mean, due, achieved, gap = (sum(many, start=Fraction(0)) / len(ended) for many in (values, targets, ratios, gaps))
    return _Sums(due, mean, mean), _Found(achieved, mean, gap)


class _Sums(NamedTuple):
    due: Fraction
    verified: Fraction
    of_ended: Fraction


class _Found(NamedTuple):
    achieved: Fraction
    forecast: Fraction
    missing: Fraction


def _is_known(promise: Promise, ended: Sequence[Period], verified: Mapping[int, Decimal]) -> bool:
    """Whether anything can be said: something is due, and of what should be little nothing is missing."""
    return bool(ended) and (promise.direction == "higher" or all(one.number in verified for one in ended))


def _told(promise: Promise, sums: _Sums, found: _Found | None, bounds: Bounds) -> Standing:
    known = Standing(
        target=exactly(promise.target),
        target_to_date=exactly(sums.due),
        verified=exactly(sums.verified),
        verified_to_date=exactly(sums.of_ended),
        achievement=None,
        forecast=None,
        forecast_achievement=None,
        shortfall=None,
        rating=None,
    )
    if found is None:
        return known
    at_the_end = ratio(found.forecast, promise.target, promise.direction)
    return structs.replace(
        known,
        achievement=half_up(found.achieved * HUNDRED, 2),
        forecast=exactly(found.forecast),
        forecast_achievement=half_up(at_the_end * HUNDRED, 2),
        shortfall=exactly(found.missing),
        rating=rate(found.achieved, bounds),
    )


def exactly(number: Fraction) -> Decimal:
    """A number as a decimal; one that has no end is rounded half up to four decimals.

    >>> str(exactly(Fraction(1, 8))), str(exactly(Fraction(2, 3)))
    ('0.125', '0.6667')
    """
    decimals = finite_decimals(number)
    return half_up(number, ENDLESS_DECIMALS if decimals is None or decimals > DECIMALS else decimals)


# What a shortfall costs


def charge(promise: Promise, by: Compensation, shortfall: Fraction, ended: tuple[int, int]) -> Charge | None:
    """What a shortfall costs by the agreed formula; None where neither the award nor the contract gives an amount.

    `ended`: how many periods have ended, and how many there are. Where every period must reach the target, the
    shortfall is their mean: a rate is due for each ended period, an advantage for their share of the contract. With
    published levels the delivered level earns what it would have earned at the award; without them the advantage
    shrinks in proportion. Rounded once, at the end: a shortfall without an end stands in the formula as a fraction.

    >>> each = Promise(direction="higher", accrual="each_period", target=Fraction(100))
    >>> charge(each, ByUnit(rate=Decimal(3), source="clause 14.2"), Fraction(100, 3), (3, 4))
    Charge(amount=Decimal('300.00'), formula='3 × (100/3) × 3')
    """
    each = promise.accrual == "each_period"
    match by:
        case ByUnit(rate=agreed):
            exact, formula = Fraction(agreed) * shortfall, f"{agreed:f} × {_written(shortfall)}"
            if each:
                exact, formula = exact * ended[0], f"{formula} × {ended[0]}"
        case ByAdvantage(factor=factor):
            lost = lost_advantage(promise, shortfall)
            if lost is None:
                return None
            exact, formula = Fraction(factor) * lost[0], f"{factor:f} × {lost[1]}"
            if each:
                exact, formula = exact * Fraction(*ended), f"{formula} × {ended[0]} ÷ {ended[1]}"
        case _:
            assert_never(by)
    if by.cap is not None and exact > Fraction(by.cap):
        return Charge(amount=scoring.in_cents(Fraction(by.cap)), formula=f"{formula}, at most {by.cap:f}")
    return Charge(amount=scoring.in_cents(exact), formula=formula)


def lost_advantage(promise: Promise, shortfall: Fraction) -> tuple[Fraction, str] | None:
    """The part of the advantage at the award that was not earned, and how that is written."""
    if promise.rate is not None:
        return Fraction(promise.rate) * shortfall, f"{promise.rate:f} × {_written(shortfall)}"
    if promise.advantage is None:
        return None
    if promise.levels:
        higher = promise.direction == "higher"
        reached = promise.target + (-shortfall if higher else shortfall)
        met = (
            amount
            for level, amount in promise.levels.items()
            if (Fraction(level) <= reached if higher else Fraction(level) >= reached)
        )
        worth = min(promise.advantage, max(met, default=Decimal(0)))
        return Fraction(promise.advantage) - Fraction(worth), f"({promise.advantage:f} − {worth:f})"
    if promise.target == 0:
        return Fraction(promise.advantage), f"{promise.advantage:f}"
    share = min(Fraction(1), shortfall / abs(promise.target))
    written = f"{promise.advantage:f} × {_written(shortfall)} ÷ {_written(abs(promise.target))}"
    return Fraction(promise.advantage) * share, written


def _written(number: Fraction) -> str:
    text = exact_text(number)
    return f"({text})" if "/" in text else text
