"""The arithmetic of a contract: periods, targets, achievement, forecast, ratings, and what is lacking. Pure.

Everything is exact: decimals in, fractions inside, rounded once where a number is told. What nobody has verified is
missing: of what should be delivered it is nothing delivered, of what should be little (emissions) it is not known.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from msgspec import Struct, structs

import scoring
from scoring import Direction
from scoring.decimals import DECIMALS, finite_decimals, half_up, is_plain_decimal, require_decimal
from scoring.units import find_unit
from service.problems import Fault, InvalidRequest

Accrual = Literal["sum", "each_period"]
"""sum: deliveries add up over the contract (hours, tonnes) · each_period: every period must reach the target."""

Rating = Literal["good", "approaching_target", "requires_improvement", "inadequate", "other"]
"""The ratings of the Procurement Regulations 2024, reg. 39(5). Source: legislation.gov.uk/uksi/2024/692."""

EACH_PERIOD = frozenset({"percent", "grade", "yes_no", "number"})
"""Units of which two periods are no sum."""
LONGEST_YEARS = 30
HUNDRED = Fraction(100)
MOST_PERCENT = Decimal(1000)
ENDLESS_DECIMALS = 4
"""So many has what no finite decimal writes, such as a third."""


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


class Promise(Struct, frozen=True, kw_only=True):
    """What a promise is reckoned with. `advantage`, `rate` and `levels` are what it was worth at the award.

    `target` is the contract's. `scored` is what was promised at the award, None of what no bid promised; `lacking` what
    the contract's targets lack of it, of `each_period` the mean of what each lacks.
    """

    direction: Direction
    accrual: Accrual
    target: Fraction
    scored: Fraction | None = None
    lacking: Fraction = Fraction(0)
    advantage: Decimal | None = None
    rate: Decimal | None = None
    levels: Mapping[str, Decimal] = {}


class Standing(Struct, frozen=True, kw_only=True):
    """How a promise stands. Percentages are rounded half up to two decimals, once; quantities are exact.

    target, target_to_date: over the whole contract; over the periods that have ended. verified, verified_to_date: what
    was verified of all periods; of the ended ones; of `each_period` its mean. shortfall: of the ended periods; of
    `each_period` the mean of what each lacked.

    achievement = verified of the ended periods ÷ target to date, for emissions and the like target ÷ verified, at most
    100, and for a saving, whose target is below 0, verified ÷ target from 0 to 100; of `each_period` the mean of the
    periods, each at most 100. forecast = verified + what is still planned × the achievement so far: what the contract
    ends with if it goes on like this. None: not known yet.
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


def check_days(starts_on: date, ends_on: date) -> None:
    """A contract that ends after it starts, and within 30 years."""
    if ends_on < starts_on:
        fault = Fault("/ends_on", f"This lies before {starts_on}.", "Give the contract's last day.")
    elif ends_on.year - starts_on.year > LONGEST_YEARS:
        fault = Fault("/ends_on", f"More than {LONGEST_YEARS} years are not planned.", "Plan the years that are fixed.")
    else:
        return
    raise InvalidRequest("These are no days of a contract.", faults=(fault,))


def promise_of(one: scoring.Commitment, offered: str) -> tuple[Decimal, str, Accrual] | None:
    """Target, unit and accrual of a promise; None where a question was answered with no: nothing was promised.

    What people graded, and a yes, is delivered as described, in percent: 100 is all of it, in every period.
    """
    if offered == "no":
        return None
    if one.judged or not is_plain_decimal(one.value):
        return Decimal(100), "percent", "each_period"
    return Decimal(one.value), one.unit, "each_period" if one.unit in EACH_PERIOD else "sum"


class InUnit(NamedTuple):
    """In what targets are given; `nought` says that the promise is that there be none, such as of emissions."""

    unit: str
    nought: bool


def check_targets(targets: Sequence[Decimal], periods: int, given: InUnit, at: str) -> None:
    """One target for each period, within the bounds and decimals of the unit; all of them nought promise nothing."""
    fault = None
    if len(targets) != periods:
        message = f"There are {len(targets)} targets for {periods} periods."
        fault = Fault(at, message, "Give one for each period.")
    for number, one in enumerate(targets if fault is None else ()):
        try:
            check_quantity(one, given.unit, "target")
        except ValueError as error:
            fault = Fault(f"{at}/{number}", str(error), f"The targets are in {find_unit(given.unit).label}.")
            break
    if fault is None and not any(targets) and not given.nought:
        mend = "Give what is owed, or say `contracted`: false where nothing is."
        fault = Fault(at, "Every target is nought, so nothing is owed.", mend)
    if fault is not None:
        raise InvalidRequest("The targets do not fit the periods.", faults=(fault,))


def check_quantity(quantity: Decimal, unit: str, name: str) -> None:
    """A plain decimal within the bounds and decimals of a unit; else a ValueError."""
    known = find_unit(unit)
    require_decimal(quantity, name, low=known.low, high=known.high, decimals=known.decimals)


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
    return shared(target, [Fraction((last - first).days + 1) for first, last in days], decimals)


def shared(target: Decimal, weights: Sequence[Fraction], decimals: int) -> tuple[Decimal, ...]:
    """The same by weights of one sign.

    >>> [str(one) for one in shared(Decimal(40), [Fraction(5), Fraction(15)], 0)]
    ['10', '30']
    """
    whole, passed, given = sum(weights, start=Fraction(0)), Fraction(0), Decimal(0)
    parts: list[Decimal] = []
    for weight in weights:
        passed += weight
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


def lacking(promise: Promise, targets: Sequence[Decimal]) -> Fraction:
    """What the targets of a contract lack of what was scored, as `Promise` says; nought where they reach it."""
    if promise.scored is None:
        return Fraction(0)
    sign = 1 if promise.direction == "higher" else -1
    if promise.accrual == "each_period":
        gaps = (max(Fraction(0), sign * (promise.scored - Fraction(target))) for target in targets)
        return sum(gaps, start=Fraction(0)) / len(targets)
    return max(Fraction(0), sign * (promise.scored - promise.target))


def as_scored(
    promise: Promise, targets: Sequence[Decimal], days: Sequence[tuple[date, date]]
) -> tuple[Promise, tuple[Decimal, ...]]:
    """A promise and its targets as they were scored: in the contract's shares by period where it has any, else by days.

    What the contract lowered or raised since the award is no other promise of the supplier's.
    """
    if promise.scored is None or (promise.accrual == "sum" and promise.scored == promise.target):
        return promise, tuple(targets)
    scored = exactly(promise.scored)
    made = structs.replace(promise, target=promise.scored, lacking=Fraction(0))
    if promise.accrual == "each_period":
        return made, (scored,) * len(targets)
    decimals = max(ENDLESS_DECIMALS, -int(scored.as_tuple().exponent))
    if promise.target and len({one > 0 for one in targets if one}) == 1:
        return made, shared(scored, [Fraction(one) for one in targets], decimals)
    return made, spread(scored, days, decimals)


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

    Where more is better: value ÷ target. Where less is better: 1 up to the target, then target ÷ value; of a saving,
    which is a target below 0, value ÷ target, and 0 where nothing was saved.

    >>> str(ratio(Fraction(30), Fraction(40), "higher")), str(ratio(Fraction(80), Fraction(60), "lower"))
    ('3/4', '3/4')
    >>> [str(ratio(Fraction(saved), Fraction(-120), "lower")) for saved in (-60, -150, 10)]
    ['1/2', '1', '0']
    """
    if direction == "higher":
        return value / target if target > 0 else Fraction(int(value >= target))
    if value <= target:
        return Fraction(1)
    if target < 0:
        return max(Fraction(0), value / target)
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
    saves = promise.direction == "lower" and promise.target < 0
    pace = of_ended / due if due > 0 or (saves and due) else Fraction(1)
    # At least what is verified already: of a saving, which is below 0, the lesser number is the more.
    more = min if saves and pace >= 0 else max
    forecast = more(every, of_ended + pace * (promise.target - due))
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
