"""What else to know before a lot's rules are published, beyond what `check_publishable` already says."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from scoring.answers import Graded
from scoring.decimals import finite_decimals
from scoring.discount import Bilinear, DiscountMethod
from scoring.methods import Relative
from scoring.model import Criterion, Lot, method_tag
from scoring.placing import RankPoints
from scoring.price import LowestToHighest, MeanBased
from scoring.publishable import Problem
from scoring.quality_price import UtilityIndex
from scoring.rules import uses_financial_points
from scoring.tree import plan

FEW: Final = 3
"""With so few bids or fewer, a figure taken over the field points to one rival."""

EFORMS: Final = "EU: eForms SDK 1.16, BR-BT-00539-0200, BR-BT-00539-0201, BR-BT-05421-0250 (seen, required)"
BROMCOM: Final = "GB: Bromcom v ULT [2022] EWHC 3262 (TCC) (seen, required)"
DISCLOSURE: Final = "EU: Directive 2014/24/EU art. 55(3), legitimate commercial interests (knowledge, required)"
LOWEST_PRICE: Final = "the lowest price, a third bidder's where the winner is not the cheapest"
_PERCENT_DECIMALS: Final = 2


def cautions(lot: Lot, bids: int) -> tuple[Problem, ...]:
    """Cautions about a lot's rules, for a field of so many bids."""
    return (*_half_marks(lot), *_weightings(lot), *_debriefs(lot, bids))


def giveaways(lot: Lot) -> tuple[Problem, ...]:
    """A warning for each formula by which losers can work out prices that nobody has told them, however many bid.

    Each knows its own price and points, and the winner's. The campaign of debriefs (C-13) finds no other formula.
    """
    found = [
        (f"{path}/method", method_tag(criterion) or "", what)
        for path, criterion in _placed(lot.criteria)
        if (what := _given_away(criterion)) is not None
    ]
    if lot.rule is not None and (uses_financial_points(lot.rule) or isinstance(lot.rule, UtilityIndex)):
        found.append(("/rule", str(lot.rule.__struct_config__.tag), LOWEST_PRICE))
    return tuple(
        Problem(
            severity="warning",
            pointer=pointer,
            message=f"{tag} gives prices away: from its own price and points a loser can work out {what}",
            mend="choose an absolute formula such as A1, or say in the tender that all prices will be published",
            law=(DISCLOSURE,),
        )
        for pointer, tag, what in found
    )


def _given_away(criterion: Criterion) -> str | None:
    method = criterion.method
    if not isinstance(method, Relative):
        return None
    if isinstance(method, RankPoints):
        return "between which of the prices that it knows another one lies"
    if isinstance(method, LowestToHighest):
        return "with the winner's the lowest and the highest price"
    if isinstance(method, MeanBased):
        return "the mean of all prices, and so the third price where three bid"
    if isinstance(method, Bilinear):
        return "with the winner's the largest discount or the mean one, and so others' prices where few bid"
    return LOWEST_PRICE


def _placed(criteria: tuple[Criterion, ...], prefix: str = "") -> Iterator[tuple[str, Criterion]]:
    for index, criterion in enumerate(criteria):
        path = f"{prefix}/criteria/{index}"
        yield path, criterion
        yield from _placed(criterion.criteria, path)


def _half_marks(lot: Lot) -> Iterator[Problem]:
    """Scales of whole marks: an evaluator will want to write 3.5."""
    for path, criterion in _placed(lot.criteria):
        method = criterion.method
        if isinstance(method, Graded) and all(level.value == level.value.to_integral_value() for level in method.scale):
            yield Problem(
                severity="warning",
                pointer=f"{path}/method/scale",
                message="half marks are not on the scale, so none can be given, agreed, or come from an average",
                mend="tell the panel, or publish the half marks as steps with descriptors of their own",
                law=(BROMCOM,),
            )


def _weightings(lot: Lot) -> Iterator[Problem]:
    """Weightings that a notice cannot carry: eForms knows one flat list of exact numbers for each lot."""
    leaves = [node for node in plan(lot).leaves if node.scored and node.share]
    if not leaves:
        yield Problem(
            severity="warning",
            pointer="/criteria",
            message="no criterion has a weighting: a notice must say in words how the criteria combine (BT-543)",
            mend="write the rule in words for the notice, at most 1,000 characters",
            law=("EU: eForms SDK 1.16, BT-543 (seen, required)",),
        )
    odd = [node.id for node in leaves if not _is_short(node.share)]
    if odd:
        yield Problem(
            severity="warning",
            pointer="/criteria",
            message=f"the share of the whole of {', '.join(odd)} needs more than two decimals; a notice would round it",
            mend="choose weightings whose products have at most two decimals",
            law=(EFORMS,),
        )
    if leaves and lot.total not in {Decimal(100), Decimal(1)}:
        yield Problem(
            severity="warning",
            pointer="/total",
            message=f"weightings that add up to {lot.total:f} are points for a notice, not percentages",
            mend="send them as exact points (poi-exa), or let them add up to 100",
            law=(EFORMS,),
        )


def _is_short(share: Fraction) -> bool:
    decimals = finite_decimals(share)
    return decimals is not None and decimals <= _PERCENT_DECIMALS


def _debriefs(lot: Lot, bids: int) -> Iterator[Problem]:
    """Relative formulas by which a bidder finds a rival's price from its own price and its own points."""
    for path, criterion in _placed(lot.criteria):
        method = criterion.method
        if not isinstance(method, Relative) or isinstance(method, RankPoints):
            continue
        whole_field = isinstance(method, MeanBased | LowestToHighest | Bilinear)
        if whole_field and bids > FEW:
            continue
        found = "the largest discount" if isinstance(method, DiscountMethod) else "the best value"
        whose = "the only rival's" if bids == FEW - 1 else "a rival's" if bids <= FEW else "the best bidder's"
        what = f"{whose} exact value" if whole_field else f"{found}, and so {whose} value"
        yield Problem(
            severity="warning",
            pointer=f"{path}/method",
            message=f"with {bids} bids a loser can work out {what} from its own points under {method_tag(criterion)}",
            mend="choose an absolute formula such as A1, or say in the tender that this figure will be published",
            law=(DISCLOSURE,),
        )
