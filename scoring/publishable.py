"""What stands against publishing a lot's rules: faults that block it, and warnings with the law that cares.

A case file may be scored without all of this; a tender may not be published with a fault.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from scoring.answers import Graded
from scoring.legal_notes import notes_on
from scoring.methods import HAVE_A_POLE, DiscountMethod, Relative, zero_rule
from scoring.model import Criterion, Lot, direction_of
from scoring.price import LinearFromLowest, Logarithmic, MeanBased
from scoring.rules import DividingRule, Rule, is_relative_rule


class Problem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to mend or to know before publishing: where (a JSON Pointer into the lot), what, and how to mend it."""

    severity: Literal["fault", "warning"]
    pointer: str
    message: str
    mend: str
    law: tuple[str, ...] = ()
    """Countries and references that care, from the dated notes."""


def check_publishable(lot: Lot) -> tuple[Problem, ...]:
    """Every fault and warning of a lot's rules; publishing needs that no fault is among them."""
    return (
        *_rounding_problems(lot),
        *(problem for path, criterion in _paths(lot.criteria, "") for problem in _criterion_problems(path, criterion)),
        *(_rule_problems(lot.rule) if lot.rule is not None else ()),
        *_tie_break_problems(lot),
    )


def _paths(criteria: tuple[Criterion, ...], prefix: str) -> Iterator[tuple[str, Criterion]]:
    for index, criterion in enumerate(criteria):
        path = f"{prefix}/criteria/{index}"
        yield path, criterion
        yield from _paths(criterion.criteria, path)


def _rounding_problems(lot: Lot) -> Iterator[Problem]:
    for index, rounding in enumerate(lot.rounding):
        if rounding.mode is None:
            yield Problem(
                severity="fault",
                pointer=f"/rounding/{index}/mode",
                message=f"the stage {rounding.stage!r} is rounded to {rounding.decimals} decimals without a mode",
                mend='write "half_up", "half_even" or "truncate"',
            )
    if not any(rounding.stage == "total" for rounding in lot.rounding):
        yield Problem(
            severity="warning",
            pointer="/rounding",
            message="totals are ranked unrounded, so bids that look equal on paper can have different ranks",
            mend='publish a rounding of the stage "total", or print the digits that decide',
        )


def _criterion_problems(path: str, criterion: Criterion) -> Iterator[Problem]:
    method = criterion.method
    lower = direction_of(criterion) == "lower" or isinstance(method, Logarithmic)
    if method is not None and isinstance(method, HAVE_A_POLE | DiscountMethod) and lower and zero_rule(method) is None:
        yield Problem(
            severity="fault",
            pointer=f"{path}/method/zero",
            message=f"{_tag(method)} needs a rule for an offer of 0",
            mend='write "reject", "full" or the smallest value that is reckoned instead, such as "0.01"',
        )
    if isinstance(method, LinearFromLowest | MeanBased | Logarithmic) and method.floor in {None, "none"}:
        yield Problem(
            severity="warning",
            pointer=f"{path}/method/floor",
            message=f"{_tag(method)} gives negative points far from the best price",
            mend='write "floor": "0", or "none" where negative points are meant',
            law=_law(_tag(method), relative=False),
        )
    if isinstance(method, Relative):
        yield from _relative_problems(path, criterion, _tag(method))
    if isinstance(method, Graded) and criterion.minimum is not None:
        yield Problem(
            severity="warning",
            pointer=f"{path}/minimum",
            message="a minimum shortens the scale: the grades below it can no longer win points",
            mend="check that the remaining grades still tell bids apart",
        )


def _relative_problems(path: str, criterion: Criterion, tag: str) -> Iterator[Problem]:
    yield Problem(
        severity="warning",
        pointer=f"{path}/method",
        message=f"{tag} depends on the other bids: a loser can change the winner, a debrief tells the best price",
        mend="simulate it, or choose an absolute formula such as A1",
        law=_law(tag, relative=True),
    )
    if criterion.minimum is not None or criterion.max_pass is not None:
        yield Problem(
            severity="warning",
            pointer=f"{path}/minimum" if criterion.minimum is not None else f"{path}/max_pass",
            message="a hurdle on relative points depends on the other bids, and who fails it stays in the comparison",
            mend="put hurdles on criteria with absolute points",
        )


def _rule_problems(rule: Rule) -> Iterator[Problem]:
    if isinstance(rule, DividingRule) and rule.zero is None:
        yield Problem(
            severity="fault",
            pointer="/rule/zero",
            message=f"{_tag(rule)} divides by what bids state and needs a rule for 0",
            mend='write "zero": "reject"',
        )
    if is_relative_rule(rule):
        yield Problem(
            severity="warning",
            pointer="/rule",
            message=f"{_tag(rule)} depends on the other bids",
            mend="simulate it before publishing",
            law=_law(_tag(rule), relative=True),
        )


def _tie_break_problems(lot: Lot) -> Iterator[Problem]:
    if not lot.tie_break:
        yield Problem(
            severity="warning",
            pointer="/tie_break",
            message="no tie-break is published: equal bids share a rank and nobody wins",
            mend='publish a list, such as [{"id": "higher_quality"}]',
            law=("PT: CCP art. 74(4)-(5) (seen)",),
        )


def _tag(formula: msgspec.Struct) -> str:
    return str(formula.__struct_config__.tag)


def _law(tag: str, *, relative: bool) -> tuple[str, ...]:
    return tuple(
        f"{note.country}: {note.reference} ({note.evidence}, {note.weight})"
        for note in notes_on(tag, relative=relative)
        if note.weight in {"forbidden", "discouraged"}
    )
