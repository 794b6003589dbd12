"""Whole-tender rules: the figure by which the bids of a field are compared, rule by rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tests.scoring.second.formulas import Json, StoppedError, number

DIVIDE: Final = {"R1", "R2", "R2b", "R3", "R4", "R5", "S2", "S2b"}
HIGHEST_WINS: Final = {"R2b", "R3", "S2", "S2b", "S3", "S4"}


@dataclass(frozen=True)
class Entrant:
    """What a rule sees of one bid: price, quality 0–100, the values as offered, and points by criterion."""

    price: Fraction
    quality: Fraction
    worth: Fraction
    """Its weighted points of quality as a share of the whole (0–1)."""
    values: dict[str, str]
    points: dict[str, Fraction]


@dataclass(frozen=True)
class Field:
    """The shares of price and quality (0–1), and of each leaf of quality that states its own share of the whole."""

    price_share: Fraction
    quality_share: Fraction
    stated_shares: dict[str, Fraction]


def highest_wins(rule: Json) -> bool:
    """Whether more is better; R1 turns round with k."""
    return rule["id"] in HIGHEST_WINS or (rule["id"] == "R1" and "k" in rule)


def is_refused(rule: Json, one: Entrant) -> bool:
    """Whether the rule itself leaves a bid out: over the budget, or a zero that its zero rule rejects."""
    if rule["id"] == "S3":
        return one.price > Fraction(rule["budget"])
    return divides_by_zero(rule, one) and rule.get("zero") == "reject"


def divides_by_zero(rule: Json, one: Entrant) -> bool:
    """Whether a bid's zero would be a divisor."""
    if rule["id"] == "R2" or (rule["id"] == "R1" and "k" not in rule):
        return one.quality == 0
    return rule["id"] in {"R1", "R2b", "R3", "S2", "S2b"} and one.price == 0


def turns_round(rule: Json, field: Field, one: Entrant) -> bool:
    """Whether a number below 0 would make worse bids come first, so that the rule cannot compare."""
    if one.price < 0 and rule["id"] in DIVIDE | {"M3"}:
        return True
    match rule["id"]:
        case "R1" | "R2" | "R2b":
            return one.quality < 0
        case "R4":
            return coefficient(field, one) <= 0
        case _:
            return rule["id"] == "R5" and one.quality <= -100


def figures(rule: Json, field: Field, entrants: Sequence[Entrant], financial: Sequence[Fraction]) -> list[Fraction]:
    """Each bid's figure; `financial` are the price points Sf, already rounded as published."""
    if any(divides_by_zero(rule, one) or turns_round(rule, field, one) for one in entrants):
        raise StoppedError
    match rule["id"][0]:
        case "R":
            return [ratio(rule, field, one, entrants) for one in entrants]
        case "M":
            return [comparison_price(rule, field, one, entrants) for one in entrants]
        case _ if rule["id"] == "S5":
            return [Fraction(place) for place in walked(Fraction(rule["rate"]), entrants)]
        case _:
            return [selected(rule, field, one, entrants, sf) for one, sf in zip(entrants, financial, strict=True)]


def ratio(rule: Json, field: Field, one: Entrant, entrants: Sequence[Entrant]) -> Fraction:
    """R1 to R5."""
    price, quality = one.price, one.quality
    match rule["id"]:
        case "R1":
            return Fraction(rule["k"]) * quality / price if "k" in rule else price / quality
        case "R2":
            return price / (quality / 100)
        case "R2b":
            return quality * Fraction(rule["estimate"]) / price
        case "R3":
            behind = (max(other.quality for other in entrants) - quality) / 100
            steepness = field.quality_share / field.price_share
            return (1 - behind * steepness) * min(other.price for other in entrants) / price
        case "R4":
            return price / coefficient(field, one)
        case _:
            lowest = min(other.quality for other in entrants)
            return price / ((quality + 100) / (lowest + 100))


def coefficient(field: Field, one: Entrant) -> Fraction:
    """R4: K = 1 + Σ v / (1 − Σ v_max)."""
    features = one.worth
    for leaf, highest in field.stated_shares.items():
        value = number(one.values[leaf])
        if value > highest or value < 0:
            raise StoppedError
        features += value
    return 1 + features / (1 - field.quality_share)


def comparison_price(rule: Json, field: Field, one: Entrant, entrants: Sequence[Entrant]) -> Fraction:
    """M1 to M7."""
    price = one.price
    match rule["id"]:
        case "M1":
            return price - sum((worth(one, name, value) for name, value in rule["values"].items()), Fraction(0))
        case "M2":
            return price + malus_less_bonus(rule, one)
        case "M3":
            return price * (1 - listed(rule["levels"], one.values[rule["criterion"]]))
        case "M4":
            lowest = min(other.quality for other in entrants)
            premium = field.quality_share * (one.quality - lowest) / 100
            return price - Fraction(rule["estimate"]) * premium / field.price_share
        case "M5":
            growth = 1 + Fraction(rule.get("rate", 0))
            years = ((name, year) for name, listed_years in rule["years"].items() for year in listed_years)
            return price + sum((number(one.values[name]) / growth**year for name, year in years), Fraction(0))
        case "M6":
            priced = (number(one.values[name]) * Fraction(each) for name, each in rule["prices"].items())
            return price + sum(priced, Fraction(0))
        case _:
            return price - one.quality * Fraction(rule["wtp"])


def listed(table: dict[str, str], text: str) -> Fraction:
    """The published amount of a grade or level; an unlisted one stops."""
    if text not in table:
        raise StoppedError
    return Fraction(table[text])


def worth(one: Entrant, name: str, value: str | dict[str, str]) -> Fraction:
    """M1: what a grade is worth in money."""
    if isinstance(value, dict):
        return listed(value, one.values[name])
    grade = one.points[name] / 100 if name in one.points else number(one.values[name])
    return grade * Fraction(value)


def malus_less_bonus(rule: Json, one: Entrant) -> Fraction:
    """M2: amounts added, less amounts taken off."""
    bonus: dict[str, dict[str, str]] = rule.get("bonus", {})
    malus: dict[str, dict[str, str]] = rule.get("malus", {})
    sum_of = Fraction(0)
    for name in {*bonus, *malus}:
        more, less = malus.get(name, {}), bonus.get(name, {})
        grade = one.values[name]
        if grade not in more and grade not in less:
            raise StoppedError
        sum_of += Fraction(more.get(grade, 0)) - Fraction(less.get(grade, 0))
    return sum_of


def selected(rule: Json, field: Field, one: Entrant, entrants: Sequence[Entrant], sf: Fraction) -> Fraction:
    """S1 to S4."""
    weighed = field.price_share + field.quality_share
    match rule["id"]:
        case "S1":
            return one.price
        case "S2":
            return (field.quality_share * one.quality + field.price_share * sf) / weighed
        case "S2b":
            highest = max(other.quality for other in entrants)
            relative = 100 * one.quality / highest if highest > 0 else Fraction(0)
            return (field.price_share * sf + field.quality_share * relative) / weighed
        case _:
            return one.quality


def walked(rate: Fraction, entrants: Sequence[Entrant]) -> list[int]:
    """S5: the place of each bid; the next place is what the same walk gives without those before it."""
    places = [0] * len(entrants)
    left = sorted(range(len(entrants)), key=lambda index: entrants[index].price)
    place = 1
    while left:
        best = entrants[left[0]]
        for index in left[1:]:
            one = entrants[index]
            if one.quality > best.quality and (one.price - best.price) / (one.quality - best.quality) <= rate:
                best = one
        equals = [i for i in left if (entrants[i].price, entrants[i].quality) == (best.price, best.quality)]
        for index in equals:
            places[index] = place
        left = [index for index in left if index not in equals]
        place += 1
    return places
