"""A lot's rules as the standards publish award criteria: kinds, weights, thresholds, goals, and the rest in words.

Both the Open Contracting Data Standard and eForms know a flat list with one exact weight each. So the leaves of our
tree are listed with their share of the whole lot; where such a share never ends as a decimal, the groups at the top.
A rule for the whole tender is no sum of weights: its criteria stand without numbers, and the rule in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Final, Literal, NamedTuple, Protocol

import scoring
from scoring.absolute import FixedPrice
from scoring.answers import PassFail, Text
from scoring.catalogue import Listed
from scoring.decimals import exact_text
from scoring.model import is_price, method_tag, price_criterion, unit_of
from scoring.units import find_unit, is_money
from service.measures import by_code
from service.ocds import (
    AwardCriteria,
    AwardCriterion,
    EnvironmentalImpact,
    Number,
    SocialObjective,
    Sustainability,
)

LONGEST_NAME: Final = 400
LONGEST_DESCRIPTION: Final = 6000
LONGEST_COMBINATION: Final = 1000
"""Characters. Source: eForms SDK 1.16, BT-734, BT-540, BT-543."""

HUNDRED: Final = 100
_DECIMALS: Final = 10
Kind = Literal["price", "cost", "quality"]

SOCIAL: Final = {
    "acc-all": "social.accessibility",
    "et-eq": "social.ethnicEquality",
    "gen-eq": "social.genderEquality",
    "hum-right": "social.humanRightsInSupplyChains",
    "opp": "social.disadvantagedEmploymentOpportunities",
    "work-cond": "social.laborRightsPromotion",
    "other": "social",
}
"""OCDS goals by the codes of BT-775, spelt as the codelist has them."""

ENVIRONMENTAL: Final = {
    "biodiv-eco": "environmental.biodiversityProtectionRestoration",
    "circ-econ": "environmental.circularEconomy",
    "clim-adapt": "environmental.climateChangeAdaptation",
    "clim-mitig": "environmental.climateChangeMitigation",
    "pollu-prev": "environmental.pollutionPrevention",
    "water-mar": "environmental.waterResourcesProtection",
    "other": "environmental",
}
"""OCDS goals by the codes of BT-774."""


class Tagged(Protocol):
    """What a measure says of the goals that it serves: the codes of BT-775, BT-774 and OCDS."""

    @property
    def social_objective(self) -> SocialObjective | None: ...
    @property
    def environmental_impact(self) -> EnvironmentalImpact | None: ...
    @property
    def goal(self) -> str | None: ...


class Tags(NamedTuple):
    """The same, where nobody but a unit says it."""

    social_objective: SocialObjective | None = None
    environmental_impact: EnvironmentalImpact | None = None
    goal: str | None = None


_CARBON: Final = Tags(environmental_impact="clim-mitig", goal="environmental.carbonEmissionsReduction")
_BY_UNIT: Final[dict[str, Tags]] = {
    "fte_year": Tags("other"),
    "apprentice": Tags("other", goal="social.apprenticeships"),
    "wellby": Tags("other"),
    "tCO2e": _CARBON,
    "kgCO2e": _CARBON,
}
"""Goals of criteria that no catalogue knows: what their unit tells by itself. Whose jobs they are it does not tell."""


class Goal(NamedTuple):
    """A goal beyond the purchase that a criterion serves: its name, and the codes of BT-775, BT-774 and OCDS.

    OCDS has no codes for skills and the like; ours stand below its own `social`, as an open codelist allows.
    """

    name: str
    social: str | None
    environmental: str | None
    goal: str


class Leaf(NamedTuple):
    """A criterion that is scored by itself: its place in the tree, and its share of the whole lot."""

    path: str
    criterion: scoring.Criterion
    share: Fraction


# Rules


def published(lot: scoring.Lot) -> AwardCriteria:
    """The award criteria of a lot: each with its kind, its weight where weights are added, and its thresholds."""
    leaves = [one for one in leaves_of(lot) if not isinstance(one.criterion.method, PassFail | Text)]
    price = price_criterion(lot.criteria, lot.rule)
    weight = "percentageExact" if lot.total == HUNDRED else "pointsExact"
    if lot.rule is None and not all(_ends(one.share) for one in leaves):
        criteria = tuple(_group(one, price, weight) for one in lot.criteria if one.weighting or _fixed(one))
    else:
        criteria = tuple(
            AwardCriterion(
                id=one.path,
                type=_kind(one.criterion, price),
                name=_name(one.criterion),
                description=one.criterion.description.strip() or how_scored(one.criterion),
                numbers=_numbers(one.criterion, one.share if lot.rule is None else Fraction(0), weight),
            )
            for one in leaves
            if one.share or lot.rule is not None or _fixed(one.criterion)
        )
    return AwardCriteria(criteria=criteria, weighting_description=combination(lot))


def combination(lot: scoring.Lot) -> str:
    """How the criteria combine, in words: the rule for the whole tender, or that weighted points are added."""
    if lot.rule is not None:
        listed = _listed()[str(lot.rule.__struct_config__.tag)]
        text = f"{listed.id}, {listed.name}: {listed.formula}"
    else:
        text = f"Points from 0 to 100 on each criterion, times its weight of {lot.total:f}; the highest sum wins."
    groups = [one for one, _ in scoring.walk(lot.criteria) if one.criteria and one.minimum is not None]
    text += "".join(f" {_name(one)}: at least {one.minimum:f} of 100 points." for one in groups)
    if lot.minimum is not None:
        text += f" In all at least {lot.minimum:f} of {lot.total:f}."
    methods = [f" {_name(one)}: {how_scored(one)}" for one in scoring.leaves(lot.criteria) if one.method is not None]
    for sentence in methods:
        if len(text) + len(sentence) > LONGEST_COMBINATION:
            break
        text += sentence
    return text


def code(lots: Sequence[scoring.Lot]) -> str:
    """The standard's one word for how all lots are awarded; a price that is fixed decides nothing."""
    fixed = [{leaf.path for leaf in leaves_of(lot) if _fixed(leaf.criterion)} for lot in lots]
    listed = zip(lots, fixed, strict=True)
    kinds = {one.type for lot, same in listed for one in published(lot).criteria if one.id not in same}
    if kinds == {"price"}:
        return "priceOnly"
    if kinds <= {"price", "cost"}:
        return "costOnly"
    return "qualityOnly" if kinds == {"quality"} else "ratedCriteria"


def goals(lot: scoring.Lot, own: Mapping[str, Tagged]) -> Iterator[Goal]:
    """The goals that a lot's weighed criteria serve: by the measure that they are, else by what their unit tells.

    `own`: what the buyer's own catalogues say of criteria, by their ids; the built-in catalogue comes first.
    """
    known: dict[str, Tagged] = {**own, **by_code()}
    for leaf in leaves_of(lot):
        unit = _BY_UNIT.get(unit_of(leaf.criterion), Tags())
        tags = known.get(leaf.criterion.id, unit)
        social, environmental = tags.social_objective, tags.environmental_impact
        goal = tags.goal or SOCIAL.get(social or "") or ENVIRONMENTAL.get(environmental or "")
        if leaf.share and goal is not None:
            yield Goal(_name(leaf.criterion), social, environmental, goal)


def sustainability(lot: scoring.Lot, own: Mapping[str, Tagged]) -> tuple[Sustainability, ...]:
    """The goals of a lot, each once, pursued by award criteria; `own` as in `goals`."""
    named: dict[str, list[str]] = {}
    for one in goals(lot, own):
        named.setdefault(one.goal, []).append(one.name)
    return tuple(
        Sustainability(goal=goal, strategies=("awardCriteria",), description=", ".join(names))
        for goal, names in named.items()
    )


def leaves_of(lot: scoring.Lot) -> Iterator[Leaf]:
    """Every criterion that is scored by itself, in published order; shares are out of the lot's total, exactly."""

    def walk(
        criteria: Sequence[scoring.Criterion], out_of: Decimal, share: Fraction, path: tuple[str, ...]
    ) -> Iterator[Leaf]:
        for one in criteria:
            own = share * Fraction(one.weighting) / Fraction(out_of)
            here = (*path, one.id)
            if one.criteria:
                yield from walk(one.criteria, one.total, own, here)
            else:
                yield Leaf("/".join(here), one, own)

    yield from walk(lot.criteria, lot.total, Fraction(lot.total), ())


def _group(top: scoring.Criterion, price: scoring.Criterion | None, weight: str) -> AwardCriterion:
    """A criterion at the top with what it is made of in words."""
    parts = ", ".join(f"{_name(one)} ({one.weighting:f} of {top.total:f})" for one in top.criteria)
    own = top.description.strip() or ("" if top.criteria else how_scored(top))
    text = f"{own} Made of: {parts}." if parts else own
    kinds: list[Kind] = [_kind(one, price) for one in scoring.leaves((top,))]
    return AwardCriterion(
        id=top.id,
        type=kinds[0] if len(set(kinds)) == 1 else "quality",
        name=_name(top),
        description=text.strip(),
        numbers=_numbers(top, Fraction(top.weighting), weight),
    )


def _numbers(criterion: scoring.Criterion, share: Fraction, weight: str) -> tuple[Number, ...]:
    """Its weight and thresholds, in the order in which people read them."""
    found: list[Number] = []
    if share:
        exact = Decimal(exact_text(share))
        found.append(Number(number=exact, weight="percentageExact" if weight == "percentageExact" else "pointsExact"))
    fixed = _fixed(criterion)
    if fixed is not None and fixed.price is not None:
        found.append(Number(number=fixed.price, fixed="total"))
    if criterion.minimum is not None:
        found.append(Number(number=criterion.minimum, threshold="minimumScore"))
    if criterion.max_pass is not None:
        found.append(Number(number=Decimal(criterion.max_pass), threshold="maximumBids"))
    return tuple(found)


def _fixed(criterion: scoring.Criterion) -> FixedPrice | None:
    """The method of a price that is the same for everybody: it weighs nothing, and is published all the same."""
    return criterion.method if isinstance(criterion.method, FixedPrice) else None


def _kind(criterion: scoring.Criterion, price: scoring.Criterion | None) -> Kind:
    if price is not None and criterion.id == price.id:
        return "price"
    return "cost" if is_price(criterion) else "quality"


def _name(criterion: scoring.Criterion) -> str:
    return criterion.title.strip() or criterion.id


def how_scored(criterion: scoring.Criterion) -> str:
    """What an offer is counted in, and how it earns points."""
    unit = unit_of(criterion)
    label = find_unit(unit).label if unit == "money" or not is_money(unit) else unit
    tag = method_tag(criterion)
    if tag is None:
        return f"{label[:1].upper()}{label[1:]}; read by the rule for the whole tender."
    return f"{label[:1].upper()}{label[1:]}; {_listed()[tag].name} ({tag})."


def _ends(share: Fraction) -> bool:
    """Whether a share is a decimal with few digits."""
    return (share * 10**_DECIMALS).denominator == 1


@cache
def _listed() -> dict[str, Listed]:
    return {one.id: one for one in scoring.methods()}
