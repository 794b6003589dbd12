"""What a bid must say before anybody judges it: which criteria ask the bidder, which the panel, what may be said."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from scoring.absolute import Lookup
from scoring.answers import Graded, PassFail, Text, YesNo, graded, passes
from scoring.decimals import parse_decimal
from scoring.methods import Absolute, Relative, absolute_points, takes_negative
from scoring.model import Criterion, Lot, direction_of, leaves, unit_of
from scoring.rules import RATIO_RULES, Rule
from scoring.units import find_unit
from scoring.worked import InvalidValue, Unscorable

LONGEST_ANSWER = 20_000


class OfferFault(NamedTuple):
    """One thing wrong with a bid's values: the criterion, what is wrong, and how to mend it."""

    criterion: str
    message: str
    mend: str


def is_for_panel(criterion: Criterion) -> bool:
    """Whether people decide the value (a grade, a pass) on what the bid answered in words."""
    return isinstance(criterion.method, Graded | PassFail)


def check_offer(lot: Lot, values: Mapping[str, str]) -> tuple[OfferFault, ...]:
    """Everything wrong with a bid's values, in published order: missing, unknown, and unfit ones. Empty means complete.

    A criterion that the panel decides asks the bidder for an answer in words; the others for the value itself.
    """
    asked = {criterion.id: criterion for criterion in leaves(lot.criteria)}
    faults: list[OfferFault] = []
    for name, criterion in asked.items():
        if name in values:
            message = _unfit(lot.rule, criterion, values[name])
            if message is not None:
                faults.append(OfferFault(name, message, _wanted(criterion)))
        elif not isinstance(criterion.method, Text):
            faults.append(OfferFault(name, "The value is missing.", _wanted(criterion)))
    faults.extend(
        OfferFault(name, "The lot has no such criterion that asks for a value.", "Leave it out.")
        for name in values
        if name not in asked
    )
    return tuple(faults)


def judged_value(criterion: Criterion, value: str) -> str:
    """A panel's value as the tender published it: the scale's own spelling, or "pass" or "fail".

    Raises InvalidValue for what is not on the published scale, exactly.
    """
    method = criterion.method
    if isinstance(method, PassFail):
        return "pass" if passes(value) else "fail"
    if not isinstance(method, Graded):
        raise InvalidValue("this criterion is scored by its formula, not by the panel")
    points = graded(method, value).points
    return next(f"{one.value:f}" for one in method.scale if graded(method, f"{one.value:f}").points == points)


def _unfit(rule: Rule | None, criterion: Criterion, text: str) -> str | None:
    method = criterion.method
    if isinstance(method, Graded | PassFail | Text):
        return _unfit_words(text)
    try:
        if isinstance(method, Absolute):
            absolute_points(method, text)
        if isinstance(method, YesNo | Lookup):
            return None
        value = parse_decimal(text, "The value")
        if value < 0 and not _takes_negative(rule, criterion):
            return "The value is below 0, which the published formula cannot score."
        return unfit_number(criterion, value, text)
    except (Unscorable, ValueError) as error:
        return str(error)


def _unfit_words(text: str) -> str | None:
    if not text.strip():
        return "The answer is blank."
    return f"The answer has more than {LONGEST_ANSWER} characters." if len(text) > LONGEST_ANSWER else None


def unfit_number(criterion: Criterion, value: Fraction, text: str) -> str | None:
    """What the criterion's unit does not allow about a number, or None."""
    unit = find_unit(unit_of(criterion))
    decimals = len(text.partition(".")[2])
    if decimals > unit.decimals:
        return f"The value has {decimals} decimals; {unit.decimals} are allowed for {unit.label}."
    if unit.low is not None and value < unit.low:
        return f"The value is below {unit.low}, the least possible {unit.label}."
    if unit.high is not None and value > unit.high:
        return f"The value is above {unit.high}, the highest possible {unit.label}."
    return None


def _takes_negative(rule: Rule | None, criterion: Criterion) -> bool:
    """Amounts below 0 are for income, and for what no formula divides or multiplies."""
    if isinstance(criterion.method, Relative):
        return takes_negative(criterion.method, direction_of(criterion))
    return criterion.method is not None or not isinstance(rule, RATIO_RULES)


def _wanted(criterion: Criterion) -> str:
    match criterion.method:
        case Graded() | PassFail():
            return f"Answer in words, at most {LONGEST_ANSWER} characters; the panel judges the answer."
        case YesNo():
            return 'Write "yes" or "no".'
        case Text():
            return "Write some words, or leave it out."
        case _:
            return f'Write a plain decimal in quotes, such as "1250.50" ({find_unit(unit_of(criterion)).label}).'
