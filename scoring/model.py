"""What is scored and what comes out: lot, criteria, opened bids, evaluation. Frozen; none of them can exist wrong.

Build them from outside by decoding (`scoring.decode`), which checks types as well; a constructor checks values only.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from scoring.abnormally_low import AbnormallyLowTest
from scoring.absolute import Concave, LinearAgainstCeiling, LinearBetweenBounds, Lookup, ReferenceOverPrice
from scoring.answers import Credited, Graded, PassFail, Target, Text, YesNo
from scoring.decimals import WEIGHTING_DECIMALS, Rounding, require_decimal
from scoring.discount import Bilinear, DiscountProportional, DiscountWithFloor
from scoring.methods import Method
from scoring.monetised import FictitiousDiscount
from scoring.rules import NEED_SHARES, Rule, criteria_named, highest_wins, needs_quality
from scoring.selection import QualityBased
from scoring.tie_break import OnCriterion, TieBreak
from scoring.units import Direction, find_unit, is_money

MAX_DEPTH = 8
MAX_CRITERIA = 200

State = Literal[
    "received",
    "withdrawn",
    "late",
    "excluded",
    "failed_selection",
    "non_compliant",
    "failed_hurdle",
    "abnormally_low_rejected",
    "admissible",
    "disqualified_after_award",
]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
RecomputePolicy = Literal["always", "until_admission_closed", "never"]


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An award criterion: either a leaf with a method and a unit, or a group with criteria of its own.

    `weighting` is its share among its siblings, in the units of the parent's `total` (100 unless declared).
    `minimum` is on the criterion's points scale of 0–100 and inclusive: 70 means "70 or more passes". `max_pass` lets
    only so many best bids on this criterion go on; bids equal to the last of them go on too.
    """

    id: Id
    title: str = ""
    description: str = ""
    weighting: Decimal = Decimal(0)
    direction: Direction | None = None
    """Which way is better; left out, the unit or the method says."""
    unit: str | None = None
    """A currency code such as GBP, or a code of UNITS; left out, the method says."""
    method: Method | None = None
    minimum: Decimal | None = None
    max_pass: Annotated[int, msgspec.Meta(ge=1)] | None = None
    total: Decimal = Decimal(100)
    """What the weightings of `criteria` add up to."""
    criteria: tuple["Criterion", ...] = ()

    def __post_init__(self) -> None:
        require_id(self.id)
        require_direction(self)
        require_decimal(self.weighting, "weighting", low=0, decimals=WEIGHTING_DECIMALS)
        require_decimal(self.total, "total", low=Decimal("0.0000001"), decimals=WEIGHTING_DECIMALS)
        if self.minimum is not None:
            require_decimal(self.minimum, "minimum", low=0, high=100)
        if self.unit is not None:
            find_unit(self.unit)
        if self.criteria and self.method is not None:
            raise ValueError(f"criterion {self.id!r} has both a method and criteria; a group has no method of its own")
        if self.criteria:
            require_sum(self.criteria, self.total, f"criterion {self.id!r}", may_be_zero=not is_weighed(self))
        elif isinstance(self.method, PassFail | Text) and self.weighting:
            raise ValueError(f"criterion {self.id!r} earns no points; leave its weighting out")


def require_id(name: str) -> None:
    """Refuse an id that cannot be told apart on paper, or by the lines that drawing lots hashes."""
    if name != name.strip() or not name.isprintable():
        raise ValueError(f"id {name!r} has blanks at its ends or unprintable characters; write a short name")


def require_direction(criterion: Criterion) -> None:
    """Refuse a direction that the method contradicts: it would give the best offer the fewest points."""
    by_method = direction_by(criterion.method)
    if criterion.direction is not None and by_method is not None and criterion.direction != by_method:
        raise ValueError(
            f"criterion {criterion.id!r}: direction is {criterion.direction!r}, but by its method"
            f" {method_tag(criterion)} {by_method} is better; choose another method, or leave direction out"
        )


def direction_by(method: Method | None) -> Direction | None:
    """Which way is better where the method alone says it."""
    match method:
        case LinearBetweenBounds(best=best, worst=worst):
            return "higher" if best > worst else "lower"
        case DiscountProportional() | DiscountWithFloor() | Bilinear():
            return "lower"
        case LinearAgainstCeiling() | ReferenceOverPrice() | Concave():
            return "lower"
        case _:
            return None


def require_sum(criteria: tuple[Criterion, ...], total: Decimal, where: str, *, may_be_zero: bool) -> None:
    """Refuse siblings whose weightings do not add up to the declared total, exactly."""
    weighed = sum((criterion.weighting for criterion in criteria), start=Decimal(0))
    if weighed != total and not (may_be_zero and weighed == 0):
        raise ValueError(f"the weightings of {where} add up to {weighed:f}; they must add up to exactly {total:f}")


def is_weighed(criterion: Criterion) -> bool:
    """Whether a criterion earns points by a method, itself or below; a rule's raw values and pass/fail do not."""
    if criterion.criteria:
        return any(is_weighed(child) for child in criterion.criteria)
    return not (criterion.method is None or isinstance(criterion.method, PassFail | Text))


class Lot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A lot's published rules: the tree of criteria, how points become a ranking, and how digits are rounded."""

    criteria: tuple[Criterion, ...]
    rule: Rule | None = None
    """Left out, the highest sum of weighted points wins."""
    rounding: tuple[Rounding, ...] = ()
    tie_break: tuple[TieBreak, ...] = ()
    """Applied in order to bids with equal totals; left out, they share the rank."""
    total: Decimal = Decimal(100)
    """What the weightings of the top criteria add up to, and so the highest possible total."""
    minimum: Decimal | None = None
    """The least total (in the units of `total`) that may win; inclusive."""
    recompute_on_exclusion: RecomputePolicy = "always"
    abnormally_low: tuple[AbnormallyLowTest, ...] = ()
    """Tests that flag a price for explanation; none rejects a bid."""

    def __post_init__(self) -> None:
        require_decimal(self.total, "total", low=Decimal("0.0000001"), decimals=WEIGHTING_DECIMALS)
        if self.minimum is not None:
            require_decimal(self.minimum, "minimum")
        if not self.criteria:
            raise ValueError("criteria is empty; write at least one criterion")
        require_tree(self.criteria)
        require_sum(self.criteria, self.total, "the lot", may_be_zero=self.rule is not None)
        if self.rule is None:
            require_methods(self.criteria)
        else:
            require_rule(self.criteria, self.rule)
            if self.minimum is not None and not highest_wins(self.rule):
                raise ValueError(
                    "minimum would shut out the best bids, because the rule's lowest figure wins; leave it out"
                )
        require_references(self)


def require_methods(criteria: tuple[Criterion, ...]) -> None:
    """Refuse a leaf without a method where no whole-tender rule reads it."""
    for criterion in leaves(criteria):
        if criterion.method is None:
            raise ValueError(f"criterion {criterion.id!r} has neither a method nor criteria; write one of the two")


def require_rule(criteria: tuple[Criterion, ...], rule: Rule) -> None:
    """Refuse criteria from which the rule cannot be worked out: no price, no quality, or names that are not there."""
    by_id = {criterion.id: criterion for criterion in leaves(criteria)}
    for name in criteria_named(rule):
        if name not in by_id or isinstance(by_id[name].method, Text):
            raise ValueError(f"rule names the criterion {name!r}, which is no leaf that asks for a value")
    price = price_criterion(criteria, rule)
    if price is None and not isinstance(rule, QualityBased):
        raise ValueError(
            'rule finds no single price; leave the price\'s method out, or write "price": its id in the rule'
        )
    if price is not None and (price.method is not None or price.minimum is not None or price.max_pass is not None):
        name = "method" if price.method is not None else "minimum and max_pass"
        raise ValueError(f"criterion {price.id!r} is the price that the rule reads as it is; leave its {name} out")
    if isinstance(rule, NEED_SHARES) and (price is None or price.weighting <= 0):
        raise ValueError("rule needs a weighting of its own on the price; write the price's share in its weighting")
    require_quality([leaf for leaf in by_id.values() if leaf is not price], rule)


def require_quality(others: list[Criterion], rule: Rule) -> None:
    """Refuse a rule that has no quality to work with, or cannot tell which criterion it means."""
    quality = [leaf for leaf in others if not isinstance(leaf.method, PassFail | Text)]
    if needs_quality(rule) and not quality:
        raise ValueError("rule needs at least one quality criterion beside the price")
    if needs_quality(rule) and len(quality) > 1 and not any(leaf.weighting for leaf in quality):
        raise ValueError("rule needs the weightings of the quality criteria; write a weighting on each of them")
    if isinstance(rule, FictitiousDiscount) and rule.criterion is None and len(quality) != 1:
        raise ValueError('rule finds no single level; write "criterion": the id of the criterion that states the level')


def price_criterion(criteria: tuple[Criterion, ...], rule: Rule | None = None) -> Criterion | None:
    """The one leaf that states the price: the one that the rule names, else the only amount of money or "lower" leaf.

    A whole-tender rule reads the price as it is, so only leaves without a method count there. Where several leaves
    could be meant, the one with the id "price" is; nothing is found when that leaves a choice.
    """
    asked = list(leaves(criteria))
    if rule is not None:
        if rule.price is not None:
            return next((leaf for leaf in asked if leaf.id == rule.price), None)
        asked = [leaf for leaf in asked if leaf.method is None]
    for found in (
        [leaf for leaf in asked if is_price(leaf)],
        [leaf for leaf in asked if leaf.unit is None and leaf.direction == "lower" and leaf.method is None],
        [leaf for leaf in asked if leaf.unit is None and leaf.direction is None and leaf.method is None],
    ):
        named = [leaf for leaf in found if leaf.id.casefold() == "price"]
        if len(found) == 1 or len(named) == 1:
            return found[0] if len(found) == 1 else named[0]
    return None


def require_references(lot: Lot) -> None:
    """Refuse names of criteria, in roundings, tie-breaks and targets, that the lot does not have."""
    by_id = {criterion.id: criterion for criterion, _ in walk(lot.criteria)}
    named = [(f"rounding[{index}]", name) for index, entry in enumerate(lot.rounding) for name in entry.criteria]
    named += [
        (f"tie_break[{index}]", entry.criterion)
        for index, entry in enumerate(lot.tie_break)
        if isinstance(entry, OnCriterion)
    ]
    for where, name in named:
        if name not in by_id:
            raise ValueError(f"{where} names the criterion {name!r}, which the lot does not have")
    for criterion in by_id.values():
        quality = criterion.method.quality if isinstance(criterion.method, Target) else None
        graded = by_id.get(quality or "")
        if quality is not None and (graded is None or not isinstance(graded.method, Graded | YesNo | Lookup)):
            raise ValueError(f"criterion {criterion.id!r} takes its quality from {quality!r}, which is not graded")
        if isinstance(criterion.method, Credited):
            require_confidence(criterion, criterion.method, by_id.get(criterion.method.confidence))


def require_confidence(criterion: Criterion, method: Credited, graded: Criterion | None) -> None:
    """Refuse a confidence that is no grade from 0 up: credit is between nothing and all that was promised."""
    scale = graded.method.scale if graded is not None and isinstance(graded.method, Graded) else ()
    if not scale or scale[0].value < 0:
        raise ValueError(
            f"criterion {criterion.id!r} takes its confidence from {method.confidence!r}; name a criterion that is "
            "graded on a scale without negative grades"
        )


def require_tree(criteria: tuple[Criterion, ...]) -> None:
    """Refuse a tree that is too deep or too large, or in which two criteria share an id."""
    seen: set[str] = set()
    for criterion, depth in walk(criteria):
        if depth > MAX_DEPTH:
            raise ValueError(f"criterion {criterion.id!r} lies {depth} levels deep; {MAX_DEPTH} are allowed")
        if criterion.id in seen:
            raise ValueError(f"two criteria have the id {criterion.id!r}; ids must differ in the whole tree")
        seen.add(criterion.id)
    if len(seen) > MAX_CRITERIA:
        raise ValueError(f"the lot has {len(seen)} criteria; {MAX_CRITERIA} are allowed")


def walk(criteria: tuple[Criterion, ...], depth: int = 1) -> Iterator[tuple[Criterion, int]]:
    """Every criterion with its depth, parents before children."""
    for criterion in criteria:
        yield criterion, depth
        if depth <= MAX_DEPTH:
            yield from walk(criterion.criteria, depth + 1)


def leaves(criteria: tuple[Criterion, ...]) -> Iterator[Criterion]:
    """The criteria for which a bid gives a value, in published order."""
    return (criterion for criterion, _ in walk(criteria) if not criterion.criteria)


class OpenedBid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One bid after opening: its state, and per leaf criterion the offered value or the consensus grade, as text.

    Decimals are plain ("1250.50"), answers are "yes" or "no", "pass" or "fail".
    """

    id: Id
    state: State = "admissible"
    values: dict[str, str] = {}

    def __post_init__(self) -> None:
        require_id(self.id)


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One link of the chain that leads from a bid's value to its rank.

    `message` and `arguments` are what `sentence` says, as data, so that it can be said in another language. `exact` is
    the number before rounding without loss, `rounding` what the tender published for this stage, `result` the number
    after it, `weighting` the criterion's share of the whole lot and `contribution` what it adds to the total.
    """

    criterion: str | None
    message: str
    arguments: dict[str, str]
    sentence: str
    input: str | None = None
    formula: str | None = None
    exact: str | None = None
    rounding: Rounding | None = None
    result: str | None = None
    weighting: str | None = None
    contribution: str | None = None


class BidResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One bid's outcome: place, points and weighted points by criterion, total, flags, and the chain behind them.

    Numbers are decimals as text, as the published rounding shows them. `rank` is missing when the bid is not ranked;
    `flags` says why, and what the buyer must look at, such as an abnormally low price.
    """

    id: str
    rank: int | None
    tied: bool
    points: dict[str, str]
    weighted: dict[str, str]
    total: str | None
    flags: tuple[str, ...]
    chain: tuple[Step, ...]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A lot ranked, with everything needed to rank it again: rules, inputs, engine and every step."""

    engine: str
    lot: Lot
    inputs: tuple[OpenedBid, ...]
    draw_secret: str | None
    """The secret revealed for drawing lots; its hash was published with the rules."""
    bids: tuple[BidResult, ...]
    """In order of rank, then the unranked, each group by id."""
    winner: str | None
    rules_digest: str
    inputs_digest: str
    reference_set: tuple[str, ...]
    """Ids of the bids over which lowest, highest and mean values were taken."""
    notes: tuple[Step, ...]
    """What holds for the lot as a whole, such as a tie that still waits for lots to be drawn."""


def unit_of(criterion: Criterion) -> str:
    """The criterion's unit code, by its own word or else by its method; "number" when neither says."""
    if criterion.unit is not None:
        return criterion.unit
    match criterion.method:
        case YesNo():
            return "yes_no"
        case Text():
            return "text"
        case Graded() | PassFail():
            return "grade"
        case Target() | Credited() | Lookup() | None:
            return "number"
        case LinearBetweenBounds(best=best, worst=worst) if best > worst:
            return "number"
        case _:
            return "number" if criterion.direction == "higher" else "money"


def direction_of(criterion: Criterion) -> Direction:
    """Which way is better: the criterion's own word, else its method's, else its unit's."""
    return criterion.direction or direction_by(criterion.method) or find_unit(unit_of(criterion)).direction or "higher"


def is_price(criterion: Criterion) -> bool:
    """Whether the leaf is an amount of money of which less is better."""
    return is_money(unit_of(criterion)) and direction_of(criterion) == "lower"


def method_tag(criterion: Criterion) -> str | None:
    """The published id of the criterion's method, such as P1."""
    if criterion.method is None:
        return None
    tag = criterion.method.__struct_config__.tag
    return tag if isinstance(tag, str) else None
