"""What a tender publishes, and suppliers offer, about awarding lots together: limits, rules, combined offers.

Directive 2014/24/EU art. 46: a tender may limit how many lots one supplier is awarded, by objective rules that it
publishes, and may let suppliers offer for several lots at once.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec

from scoring.decimals import require_decimal
from scoring.model import Id
from scoring.tie_break import DrawLots
from scoring.worked import InvalidValue, require_above_zero

MAX_LOTS: Final = 200
SINGLE: Final = "single"


class LotBid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A bid that may be awarded a lot: its rank there, its price, and its total under the lot's own rules."""

    supplier: Id
    rank: Annotated[int, msgspec.Meta(ge=1)]
    price: Decimal
    points: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        require_decimal(self.price, "price")
        require_decimal(self.points, "points")


class RankedLot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A lot after its own evaluation: the ranked bids alone. `value` is the estimate that the tender published."""

    id: Id
    value: Decimal = Decimal(0)
    bids: tuple[LotBid, ...] = ()

    def __post_init__(self) -> None:
        require_decimal(self.value, "value", low=0)
        suppliers = [bid.supplier for bid in self.bids]
        if len(set(suppliers)) != len(suppliers):
            raise ValueError(f"lot {self.id!r} has two bids of one supplier; leave one of them out")


class CombinedOffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An offer that holds only if its supplier is awarded all of these lots.

    Either `price` for them together, or a `discount` in percent on the sum of the supplier's single prices. `points`
    are those of the lots together; left out, the sum of the supplier's single bids counts.
    """

    id: Id
    supplier: Id
    lots: tuple[Id, ...]
    price: Decimal | None = None
    discount: Decimal | None = None
    points: Decimal | None = None

    def __post_init__(self) -> None:
        if len(self.lots) <= 1 or len(set(self.lots)) != len(self.lots):
            raise ValueError(f"combined offer {self.id!r} must name at least two different lots")
        if (self.price is None) == (self.discount is None):
            raise ValueError(f"combined offer {self.id!r} needs either a price or a discount in percent")
        if self.id == SINGLE:
            raise ValueError(f"combined offer {self.id!r}: this id means a bid for one lot; choose another")
        if self.price is not None:
            require_decimal(self.price, "price")
        if self.discount is not None:
            require_decimal(self.discount, "discount", low=0, high=100)
        if self.points is not None:
            require_decimal(self.points, "points")


class ByLotValue(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="lot_value",
):
    """The most valuable lot is awarded first, each to its best-ranked bid whose supplier is still within its limit.

    Lots of equal value follow each other as the tender lists them.
    """


class ByPreference(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="preference",
):
    """A supplier that is first in more lots than it may have keeps those that its bid prefers.

    The others go to the next in rank, who may now have too many in turn, and so on until nobody has. The outcome does
    not depend on where one begins (Gale and Shapley 1962). `preferences` are the suppliers' own, stated in their bids.
    """

    preferences: dict[Id, tuple[Id, ...]]


class LeastCost(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="least_cost",
):
    """The combination of single and combined offers that costs least in sum."""


class MostPoints(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="most_points",
):
    """The combination of single and combined offers with the highest sum of points.

    `weights` say how much a lot's points count, such as its share of the value; a lot that is not named counts 1.
    """

    weights: dict[Id, Decimal] = {}

    def __post_init__(self) -> None:
        for lot, weight in self.weights.items():
            require_above_zero(weight, f"weights[{lot!r}]")


CombinationRule = ByLotValue | ByPreference | LeastCost | MostPoints
Simple = Literal["lower_cost", "more_points", "fewer_suppliers", "fewer_combined_offers"]
CombinationTieBreak = Simple | DrawLots


class CombinationRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the tender published about awarding its lots together.

    `max_lots` is how many one supplier may be awarded; `own_limits` are lower numbers that suppliers state themselves.
    `tie_break` is applied in order to combinations that are equally good.
    """

    rule: CombinationRule
    max_lots: Annotated[int, msgspec.Meta(ge=1)] | None = None
    own_limits: dict[Id, Annotated[int, msgspec.Meta(ge=0)]] = {}
    tie_break: tuple[CombinationTieBreak, ...] = ()

    def limit(self, supplier: str) -> int | None:
        """How many lots a supplier may be awarded; nothing when there is no limit."""
        own = self.own_limits.get(supplier)
        return own if self.max_lots is None else min(self.max_lots, self.max_lots if own is None else own)


def check_case(lots: Sequence[RankedLot], combined: Sequence[CombinedOffer], rules: CombinationRules) -> None:
    """Refuse lots, offers and rules that do not fit together; every fault is named."""
    names = [("lot", lot.id) for lot in lots] + [("combined offer", offer.id) for offer in combined]
    faults = [
        f"there are two of {kind} {name!r}" for kind, name in sorted({one for one in names if names.count(one) > 1})
    ]
    if not lots or len(lots) > MAX_LOTS:
        faults.append(f"there are {len(lots)} lots; 1 to {MAX_LOTS} can be combined")
    rule = rules.rule
    if isinstance(rule, ByLotValue | ByPreference):
        if combined:
            faults.append(f'the rule "{rule.__struct_config__.tag}" knows no combined offers; publish "least_cost"')
        faults += faults_of_ranks(lots)
    if isinstance(rule, ByPreference):
        faults += faults_of_preferences(rule, lots, rules)
    for offer in combined:
        faults += faults_of_offer(offer, lots, rule)
    if faults:
        raise InvalidValue(*faults)


def faults_of_ranks(lots: Sequence[RankedLot]) -> Iterator[str]:
    """Lots in which two bids share a rank: their own tie-break comes first."""
    for lot in lots:
        ranks = [bid.rank for bid in lot.bids]
        for rank in sorted({rank for rank in ranks if ranks.count(rank) > 1}):
            yield f"lot {lot.id!r} has several bids of rank {rank}; apply its own tie-break first"


def faults_of_preferences(rule: ByPreference, lots: Sequence[RankedLot], rules: CombinationRules) -> Iterator[str]:
    """Suppliers who may have to choose among their lots and have not said how."""
    for supplier in sorted({bid.supplier for lot in lots for bid in lot.bids}):
        bids_for = [lot.id for lot in lots if any(bid.supplier == supplier for bid in lot.bids)]
        limit, stated = rules.limit(supplier), rule.preferences.get(supplier, ())
        if len(set(stated)) != len(stated):
            yield f"the preferences of {supplier!r} name a lot twice"
        missing = [name for name in bids_for if name not in stated]
        if missing and limit is not None and limit < len(bids_for):
            yield f"{supplier!r} states no preference for lot {missing[0]!r} and may have to choose"


def faults_of_offer(offer: CombinedOffer, lots: Sequence[RankedLot], rule: CombinationRule) -> Iterator[str]:
    """Lots that are not there, and single bids that are missing where the offer refers to them."""
    by_id = {lot.id: lot for lot in lots}
    for name in offer.lots:
        if name not in by_id:
            yield f"combined offer {offer.id!r} names the lot {name!r}, which is not there"
        elif all(bid.supplier != offer.supplier for bid in by_id[name].bids):
            if offer.discount is not None:
                yield f"combined offer {offer.id!r} discounts lot {name!r}, for which {offer.supplier!r} has no bid"
            elif offer.points is None and isinstance(rule, MostPoints):
                yield f"combined offer {offer.id!r} needs points, because its supplier has no bid for lot {name!r}"
