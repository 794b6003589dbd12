"""Leaves that people judge or answer: graded on a scale, yes or no, a quantity against a target, pass or fail, text."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal, assert_never

import msgspec

from scoring.decimals import is_plain_decimal, parse_decimal, require_decimal
from scoring.worked import FULL, InvalidValue, Worked, limited, require_above_zero


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
    return is_plain_decimal(text) and parse_decimal(text, "grade") == value


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
    return Worked(
        Fraction(method.yes if text == "yes" else method.no), 'the answer is "{answer}"', {"answer": text}, stated=True
    )


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

    >>> [str(target(Target(target=Decimal(40)), Fraction(value)).points) for value in (0, 10, 40, 90)]
    ['0', '25', '100', '100']
    """

    target: Decimal
    quality_share: Decimal = Decimal(0)
    quality: str | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.target, "target")
        require_decimal(self.quality_share, "quality_share", low=0, high=1)
        if (self.quality_share > 0) != (self.quality is not None):
            raise ValueError("quality_share and quality go together; write both or neither")


def target(method: Target, value: Fraction) -> Worked:
    """Points for the quantity alone."""
    if value < 0:
        raise InvalidValue(f"a quantity of {value} is below 0")
    goal = Fraction(method.target)
    worked = Worked(FULL * value / goal, "100 × {value} ÷ {target}", {"value": value, "target": goal})
    return limited(
        worked,
        None,
        None,
        low=0,
        high=100,
    )


class Credited(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="credited",
):
    """Quantity credited with the confidence in it, against a published target

    Formula: 100 · min(1, value · c / target); c, from 0 to 1, is the points of the graded criterion ÷ 100.
    Used: social value commitments whose delivery a method statement must make believable.
    Parameters: target, above 0; confidence, the id of the graded criterion, such as the method statement, whose points
    are the confidence in the quantity: on a scale of 0 to 5 a grade of 4 credits 80 % of what is promised.
    Edge cases: with the lowest grade of 0 nothing is credited, however much is promised; more than the target credited
    earns no more points; a negative quantity stops the scoring. The graded criterion may weigh nothing itself.
    Source: credited = quantity × confidence, a mitigation of inflated promises; the target is published, so that no
    rival's promise changes a bid's points.

    >>> [str(credited(Credited(target=Decimal(40), confidence="plan"), Fraction(90), Fraction(points)).points)
    ...  for points in (0, 20, 80)]
    ['0', '45', '100']
    """

    target: Decimal
    confidence: str

    def __post_init__(self) -> None:
        require_above_zero(self.target, "target")


def credited(method: Credited, value: Fraction, points: Fraction) -> Worked:
    """Points for a quantity, credited with the points of the criterion that says how far it is believed."""
    if value < 0:
        raise InvalidValue(f"a quantity of {value} is below 0")
    goal, confidence = Fraction(method.target), points / FULL
    worked = Worked(
        FULL * value * confidence / goal,
        "100 × {value} × {confidence} ÷ {target}",
        {"value": value, "confidence": confidence, "target": goal, "points": points, "graded": method.confidence},
        where="{confidence} is {points}, the points of {graded}, ÷ 100",
    )
    return limited(worked, None, None, low=0, high=100)


def leans_on(method: object) -> str | None:
    """The graded criterion without whose points a quantity has none."""
    match method:
        case Target():
            return method.quality
        case Credited():
            return method.confidence
        case _:
            return None


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


AnswerMethod = Graded | YesNo | Target | Credited


def answer_points(method: AnswerMethod, text: str) -> Worked:
    """Points of one answer by a method of this family; of a quantity alone, wholly believed."""
    match method:
        case Graded():
            return graded(method, text)
        case YesNo():
            return yes_no(method, text)
        case Target():
            return target(method, parse_decimal(text, "value"))
        case Credited():
            return credited(method, parse_decimal(text, "value"), FULL)
        case _:
            assert_never(method)
