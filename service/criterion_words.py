"""How a criterion was to be assessed, in a letter's words: formula, figures, scale, and an offer with its unit.

Source: Procurement Regulations 2024 reg. 31(2)(d): how each was to have been assessed by reference to scores, and which
scores were available.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

import msgspec

import scoring
from scoring.answers import Graded
from scoring.decimals import exact_text
from scoring.model import method_tag
from service.letter_words import PUBLISHED, SUM, UP_TO
from service.report_view import measure_of

NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


@lru_cache(maxsize=1)
def _formulas() -> dict[str, str]:
    return {one.id: f"{one.name}: {one.formula}" for one in scoring.methods()}


def _figures(method: scoring.Method) -> str:
    """The figures that were published for a formula, such as its target; tables stand elsewhere."""
    fields: dict[str, object] = msgspec.to_builtins(method)
    named = [f"{name.replace('_', ' ')} {text}" for name, text in fields.items() if NUMBER.fullmatch(str(text))]
    return f"{PUBLISHED}{', '.join(named)}." if named else ""


def part_of(parent: scoring.Criterion, child: scoring.Criterion, share: Fraction) -> Fraction:
    """A sub-criterion's share of the whole lot, of which its parent has `share`."""
    return share * Fraction(child.weighting) / Fraction(parent.total)


def how_assessed(criterion: scoring.Criterion) -> str:
    """By which formula a criterion earns its points, with the figures that were published for it."""
    tag = method_tag(criterion)
    if criterion.criteria:
        return "by its sub-criteria, whose weighted scores are added up"
    if criterion.method is None or tag not in _formulas():
        return "as the tender's rule says"
    return _formulas()[tag] + _figures(criterion.method)


def scores_available(criterion: scoring.Criterion, share: Fraction) -> str:
    """Which scores there were to have; `share` is the criterion's part of the whole lot."""
    method = criterion.method
    if criterion.criteria:
        parts = "; ".join(
            f"{child.title or child.id}{UP_TO}{exact_text(part_of(criterion, child, share))}"
            for child in criterion.criteria
            if child.weighting
        )
        return f"0 to {exact_text(share)} weighted points{SUM}{parts}"
    if isinstance(method, Graded):
        return "; ".join(f"{level.value:f} {level.label or ''}".strip() for level in method.scale)
    return "0 to 100 points by formula, then weighted" if method is not None else "as the tender's rule says"


def in_units(criterion: scoring.Criterion, offer: str, currency: str) -> str:
    """What was offered on a criterion, in its published unit: 1184500.00 GBP, 40 weeks, yes."""
    return offer if criterion.unit is None else f"{offer} {measure_of(criterion, currency)}"
