"""Award criteria of somebody else's lot as rules of ours, where they can be told exactly; else what is still needed.

The standard has kinds, weights and thresholds, and no formula: by which method a criterion is scored is given by
whoever drafts, by the criterion or for all of a kind. The lowest price as the only criterion needs none. Weights are
taken as numbers, or from a description that is nothing but a percentage, as Find a Tender's notices often have it.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal, NamedTuple, get_args

from msgspec import Meta, Struct
from msgspec.structs import replace

import scoring
from scoring.model import MAX_CRITERIA
from scoring.selection import LeastCost
from service import award_criteria
from service.ocds_reading import Part, Reading

Kind = Literal["price", "cost", "quality"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
PRICE_ONLY: Final = "priceOnly"
HUNDRED: Final = Decimal(100)
_LONGEST_ID: Final = 100
_PERCENTAGE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")
_SCALES: Final = {
    "percentageExact": ("percent", Decimal(1)),
    "decimalExact": ("percent", HUNDRED),
    "pointsExact": ("points", Decimal(1)),
}
"""What an exact weight is a share of, and what it is multiplied by to be ours."""


class ScoredBy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a criterion earns points; `unit` and `direction` as in a draft. Prices and costs are in its currency."""

    method: scoring.Method
    unit: Annotated[str, Meta(max_length=100)] | None = None
    direction: scoring.Direction | None = None


class FoundCriterion(Struct, frozen=True, kw_only=True):
    """A criterion as it was found, and what a draft still needs to have it."""

    path: str
    id: str
    title: str
    description: str
    kind: Kind | None
    weighting: Decimal | None
    minimum: Decimal | None
    max_pass: int | None
    needs: tuple[str, ...]


class FoundRules(NamedTuple):
    """A lot's criteria, and its rules where nothing is missing; else what is."""

    criteria: tuple[FoundCriterion, ...]
    rules: scoring.Lot | None
    needs: tuple[str, ...]


class Terms(NamedTuple):
    """What holds for all lots: the currency, the methods that were given, and whether only the price counts."""

    currency: str
    methods: Mapping[str, ScoredBy]
    price_only: bool

    def method_of(self, one: FoundCriterion) -> ScoredBy | None:
        """The method for a criterion: by its id, its title, or its kind."""
        names: tuple[str, ...] = (one.id, one.title, one.kind or one.id)
        return next((self.methods[name] for name in names if name in self.methods), None)


class _Weight(NamedTuple):
    number: Decimal
    scale: str


def found_rules(reading: Reading, lot: Part, into: str, terms: Terms) -> FoundRules:
    """The rules of a lot by its award criteria; `into` is where they would stand in the draft."""
    coded = isinstance(lot.members.get("awardCriteria"), str)
    asked = None if coded else reading.part(lot, "awardCriteria")
    parts = [] if asked is None else reading.parts(asked, "criteria")
    if not parts:
        return _without_criteria(lot, terms)
    if len(parts) > MAX_CRITERIA:
        return FoundRules((), None, (f"It has {len(parts)} criteria; {MAX_CRITERIA} are allowed.",))
    only = len(parts) == 1 and parts[0].members.get("type") == "price"
    criteria: list[FoundCriterion] = []
    scales: set[str] = set()
    for number, part in enumerate(parts):
        taken = {one.id for one in criteria}
        one, weight = _criterion(reading, part, f"{into}/criteria/{number}", taken)
        scales |= {weight.scale} if weight else set()
        if not (only and terms.method_of(one) is None):
            one = _with_needs(one, terms)
        criteria.append(one)
    rules, needs = _rules(criteria, scales, terms, only=only)
    if asked is not None and rules is not None:
        _words(reading, asked, rules, into)
    return FoundRules(tuple(criteria), rules, needs)


def _without_criteria(lot: Part, terms: Terms) -> FoundRules:
    """Of a lot without criteria the tender may still say that the lowest price wins."""
    if not terms.price_only:
        return FoundRules((), None, ("It has no award criteria.",))
    price = scoring.Criterion(id="price", unit=terms.currency)
    found = _shown(price, lot.path)
    return FoundRules((found,), scoring.Lot(criteria=(price,), rule=LeastCost()), ())


def _shown(criterion: scoring.Criterion, path: str) -> FoundCriterion:
    return FoundCriterion(
        path=path,
        id=criterion.id,
        title=criterion.title,
        description=criterion.description,
        kind="price",
        weighting=None,
        minimum=None,
        max_pass=None,
        needs=(),
    )


def _with_needs(one: FoundCriterion, terms: Terms) -> FoundCriterion:
    needs = list(one.needs)
    if one.weighting is None:
        needs.append("It has no exact weight.")
    if terms.method_of(one) is None:
        needs.append("How it earns points is not told: give a method for it or its kind.")
    return replace(one, needs=tuple(needs))


def _rules(
    criteria: Sequence[FoundCriterion], scales: set[str], terms: Terms, *, only: bool
) -> tuple[scoring.Lot | None, tuple[str, ...]]:
    """The rules that the criteria amount to, or why they are none."""
    needs = [f"{one.title or one.id}: {need}" for one in criteria for need in one.needs]
    if len(scales) > 1:
        needs.append("Weights in percent stand beside weights in points.")
    if needs:
        return None, tuple(needs)
    try:
        if only and terms.method_of(criteria[0]) is None:
            return scoring.Lot(criteria=(_built(criteria[0], terms, None),), rule=LeastCost()), ()
        built = tuple(_built(one, terms, terms.method_of(one)) for one in criteria)
        total = HUNDRED if scales == {"percent"} else sum((one.weighting for one in built), start=Decimal(0))
        return scoring.Lot(criteria=built, total=total), ()
    except ValueError as error:
        return None, (str(error),)


def _built(one: FoundCriterion, terms: Terms, by: ScoredBy | None) -> scoring.Criterion:
    """The criterion; words that only say what its method says anyway are not kept as its description."""
    money = terms.currency if one.kind in {"price", "cost"} else None

    def criterion(description: str) -> scoring.Criterion:
        return scoring.Criterion(
            id=one.id,
            title="" if one.title == one.id else one.title,
            description=description,
            weighting=Decimal(0) if by is None or one.weighting is None else one.weighting,
            unit=(by.unit if by else None) or money,
            direction=by.direction if by else None,
            method=by.method if by else None,
            minimum=one.minimum,
            max_pass=one.max_pass,
        )

    plain = criterion("")
    return plain if award_criteria.how_scored(plain) == one.description else criterion(one.description)


def _criterion(reading: Reading, part: Part, into: str, taken: set[str]) -> tuple[FoundCriterion, _Weight | None]:
    name, description = reading.text(part, "name") or "", reading.text(part, "description") or ""
    kind = reading.text(part, "type")
    given = reading.text(part, "id")
    needs: list[str] = []
    if kind not in KINDS:
        needs.append("Whether it is a price, a cost or quality is not told.")
    weight, minimum, most = _numbers(reading, part, into, own=given is not None)
    percentage = _PERCENTAGE.fullmatch(description) if weight is None else None
    for member, value, place in (("name", name, "title"), ("description", description, "description")):
        if value:
            reading.take(part.at(member), f"{into}/{'weighting' if percentage and member != 'name' else place}")
    if percentage is not None:
        weight, description = _Weight(Decimal(percentage[1]), "percent"), ""
    for member, value in (("type", kind), ("id", given)):
        if value:
            reading.take(part.at(member), f"{into}/{'unit' if member == 'type' else 'id'}")
    found = FoundCriterion(
        path=part.path,
        id=_id_of(given, name, kind, taken),
        title=name,
        description=description,
        kind=next((one for one in KINDS if one == kind), None),
        weighting=None if weight is None else weight.number,
        minimum=minimum,
        max_pass=most,
        needs=tuple(needs),
    )
    return found, weight


def _numbers(
    reading: Reading, part: Part, into: str, *, own: bool
) -> tuple[_Weight | None, Decimal | None, int | None]:
    """A criterion's weight, minimum and number of bids that go on. `own`: minimums are on our scale of 0 to 100."""
    weights: list[_Weight] = []
    minimum, most = None, None
    for one in reading.parts(part, "numbers"):
        number, weight, threshold = (
            reading.number(one, "number"),
            reading.text(one, "weight"),
            one.members.get("threshold"),
        )
        if number is None:
            continue
        if weight in _SCALES and number >= 0:
            scale, factor = _SCALES[weight]
            weights.append(_Weight(number * factor, scale))
            reading.take(one.path, f"{into}/weighting")
        elif threshold == "minimumScore" and own and 0 <= number <= HUNDRED and minimum is None:
            minimum = number
            reading.take(one.path, f"{into}/minimum")
        elif threshold == "maximumBids" and number >= 1 and number == number.to_integral_value() and most is None:
            most = int(number)
            reading.take(one.path, f"{into}/max_pass")
        elif threshold == "minimumScore":
            reading.leave(one.path, "On which scale it stands is not told: write it as `minimum`, from 0 to 100.")
        else:
            reading.leave(one.path, "It is no exact weight and no threshold that a draft knows.")
    return (weights[0] if len(weights) == 1 else None), minimum, most


def _id_of(given: str | None, name: str, kind: str | None, taken: set[str]) -> str:
    """The criterion's own id, or one made of its kind or its name; no two are alike."""
    named = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[: _LONGEST_ID // 2]
    wanted = given if given and len(given) <= _LONGEST_ID and given.isprintable() else None
    first = wanted or ("price" if kind == "price" else named) or "criterion"
    number, found = 1, first
    while found in taken:
        number += 1
        found = f"{first[: _LONGEST_ID // 2]}-{number}"
    return found


def _words(reading: Reading, asked: Part, rules: scoring.Lot, into: str) -> None:
    """How the criteria combine in words: what the rules say as well is taken, anything else left out."""
    said = reading.text(asked, "weightingDescription")
    if said == award_criteria.combination(rules):
        reading.take(asked.at("weightingDescription"), into)
    elif said is not None:
        reason = "How criteria combine follows from their methods: compare whether these say the same."
        reading.leave(asked.at("weightingDescription"), reason)
