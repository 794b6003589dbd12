"""The closed family of whole-tender rules: its union, its dispatch, and what a rule reads from the criteria."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from scoring.contest import Contest, Figure
from scoring.decimals import Rounding
from scoring.monetised import (
    FictitiousDiscount,
    MonetisedRule,
    QualityPremium,
    WillingnessToPay,
    monetised_figures,
    named_by,
)
from scoring.quality_price import (
    AdjustedBid,
    AdjustedScore,
    Coefficient,
    PricePerQualityPoint,
    QualityPriceRule,
    RelativeValueCost,
    UtilityIndex,
    quality_price_figures,
)
from scoring.selection import (
    FixedBudget,
    LeastCost,
    QualityAndCost,
    QualityBased,
    RatedCriteria,
    SelectionRule,
    TradeOff,
    selection_figures,
)

Rule = QualityPriceRule | MonetisedRule | SelectionRule

NEED_SHARES: Final = UtilityIndex | Coefficient | QualityPremium | QualityAndCost | RatedCriteria
"""Rules in which the price has a weighting of its own."""


RELATIVE_RULES: Final = UtilityIndex | RelativeValueCost | QualityPremium | QualityAndCost | RatedCriteria | TradeOff
"""Rules in which other bids can change a bid's figure or place."""


DividingRule = PricePerQualityPoint | AdjustedBid | AdjustedScore | UtilityIndex | QualityAndCost | RatedCriteria
"""Rules that divide by a price or a quality, so that a 0 needs a published rule."""


RATIO_RULES: Final = QualityPriceRule | FictitiousDiscount | QualityAndCost | RatedCriteria
"""Rules that divide or multiply the price, for which an amount below 0 has no meaning."""


def figures(rule: Rule, contest: Contest, price_roundings: tuple[Rounding, ...]) -> list[Figure]:
    """The figure of every contender under the rule, in their order."""
    if isinstance(rule, QualityPriceRule):
        return quality_price_figures(rule, contest)
    if isinstance(rule, MonetisedRule):
        return monetised_figures(rule, contest)
    return selection_figures(rule, contest, price_roundings)


def highest_wins(rule: Rule) -> bool:
    """Whether the highest figure is the best; otherwise the lowest is."""
    if isinstance(rule, PricePerQualityPoint):
        return rule.k is not None
    return isinstance(rule, AdjustedScore | UtilityIndex | QualityAndCost | RatedCriteria | FixedBudget | QualityBased)


def is_relative_rule(rule: Rule) -> bool:
    """Whether other bids can change a bid's figure."""
    return isinstance(rule, RELATIVE_RULES)


def needs_quality(rule: Rule) -> bool:
    """Whether the rule works with the quality Q, so that criteria without a method state points of 0–100."""
    if isinstance(rule, MonetisedRule):
        return isinstance(rule, QualityPremium | WillingnessToPay)
    return not isinstance(rule, LeastCost | Coefficient)


def criteria_named(rule: Rule) -> Mapping[str, object]:
    """The criteria that the rule's own parameters name."""
    named: dict[str, object] = {} if rule.price is None else {rule.price: None}
    return {**named, **named_by(rule)} if isinstance(rule, MonetisedRule) else named


def uses_financial_points(rule: Rule) -> bool:
    """Whether the rule gives the price points of 0–100 (Sf) before weighting them."""
    return isinstance(rule, QualityAndCost | RatedCriteria)


def refusal(rule: Rule, price: Fraction | None, quality: Fraction | None) -> tuple[str, dict[str, str]] | None:
    """Why the rule itself leaves a bid unranked: over the budget, or a 0 that its published zero rule rejects."""
    if isinstance(rule, FixedBudget):
        over = price is not None and price > rule.budget
        return ("over_budget", {"budget": f"{rule.budget:f}"}) if over else None
    if not isinstance(rule, DividingRule) or rule.zero is None:
        return None
    by_quality = isinstance(rule, AdjustedBid) or (isinstance(rule, PricePerQualityPoint) and rule.k is None)
    if (quality if by_quality else price) == 0:
        return "zero", {"value": "quality" if by_quality else "price"}
    return None
