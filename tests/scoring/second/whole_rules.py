"""Invented lots under a whole-tender rule: a price that the rule reads as it is, and criteria to hold against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scoring.second.formulas import Json
from tests.scoring.second.rules import highest_wins
from tests.scoring.second.tree import ASK_FOR_POINTS

if TYPE_CHECKING:
    from tests.scoring.second.tenders import Making

WITH_QUALITY = {*ASK_FOR_POINTS, "R4"}
RULES = [
    "R1",
    "R2",
    "R2b",
    "R3",
    "R4",
    "R5",
    "M1",
    "M2",
    "M3",
    "M4",
    "M5",
    "M6",
    "M7",
    "S1",
    "S2",
    "S2b",
    "S3",
    "S4",
    "S5",
]
GRADES = ("0", "1", "2", "3", "4", "5")
PRICES = ("80", "100", "100", "120", "200", "99.5", "1000000.25")


def whole_rule_lot(making: Making, tag: str) -> Json:
    """A lot under the rule of this id."""
    making.can_miss = tag != "S4"
    rule: Json = {"id": tag, "price": "price"} if making.maybe(0.7) else {"id": tag}
    if tag in WITH_QUALITY:
        criteria = [price(making), *quality(making, rule)]
        criteria[0]["weighting"] = str(100 - sum(int(spec["weighting"]) for spec in criteria[1:]))
        add_parameters(making, rule)
        if making.maybe(0.1):
            criteria = [envelope(criteria[:2]), *criteria[2:]]
    else:
        criteria = [price(making), *amounts(making, rule)]
    lot: Json = {"criteria": criteria, "rule": rule}
    add_framing(making, lot)
    return lot


def price(making: Making) -> Json:
    """The price, which the rule reads as it is; now and then 0, or a rebate."""
    grid: list[str] = list(making.chance.sample(PRICES, making.chance.randint(1, 5)))
    grid += ["0"] if making.maybe(0.05) else []
    grid += ["-20"] if making.maybe(0.04) else []
    making.choices["price"] = grid
    return {"id": "price", "unit": "GBP"}


def add_framing(making: Making, lot: Json) -> None:
    """A pass/fail question, another total, tie-breaks and a least figure."""
    criteria = lot["criteria"]
    if making.maybe(0.2):
        asked: Json = {"id": "eligible", "method": {"id": "pass_fail"}}
        making.chance.choice([criteria, criteria[-1].get("criteria", criteria)]).append(asked)
        making.choices["eligible"] = ("pass", "pass", "fail")
    if lot["rule"]["id"] in WITH_QUALITY and making.maybe(0.1):
        lot["total"] = "1000"
        for spec in criteria:
            spec["weighting"] = str(10 * int(spec.get("weighting", "0")))
    if making.maybe(0.3):
        listed: list[Json] = [
            {"id": "lower_price"},
            {"id": "criterion", "criterion": "price"},
            {"id": "higher_quality"},
        ]
        lot["tie_break"] = making.chance.sample(listed, making.chance.randint(1, 3))
    if highest_wins(lot["rule"]) and making.maybe(0.1):
        lot["minimum"] = making.chance.choice(("0", "1", "50", "100"))


def envelope(criteria: list[Json]) -> Json:
    """Price and a criterion of quality under one heading."""
    total = str(sum(int(spec["weighting"]) for spec in criteria))
    return {"id": "envelope", "weighting": total, "total": total, "criteria": criteria}


def add_parameters(making: Making, rule: Json) -> None:
    """The rule's own figures."""
    chance = making.chance
    figures: dict[str, Json] = {
        "R1": {"k": chance.choice(("1", "1000"))} if chance.random() < 0.4 else {},
        "R2b": {"estimate": chance.choice(("100", "120.5"))},
        "M4": {"estimate": chance.choice(("120", "99.9"))},
        "M7": {"wtp": chance.choice(("0", "0.5", "1.25"))},
        "S3": {"budget": chance.choice(("100", "120", "99.99"))},
        "S5": {"rate": chance.choice(("1", "2.5", "0.5"))},
    }
    rule.update(figures.get(rule["id"], {}))
    if rule["id"] in {"R1", "R2", "R2b", "R3", "S2", "S2b"} and making.maybe(0.6):
        rule["zero"] = "reject"


def quality(making: Making, rule: Json) -> list[Json]:
    """One to three criteria of quality: graded, against a target, or stated as points; sometimes in a group."""
    chance = making.chance
    specs = [quality_criterion(making, rule, index) for index in range(chance.randint(1, 3))]
    for spec in specs:
        spec["weighting"] = chance.choice(("10", "15", "20", "25"))
    if len(specs) == 1 and rule["id"] in {"R1", "R2", "R2b", "R5", "M7", "S3", "S4", "S5"} and making.maybe(0.2):
        specs[0]["weighting"] = "0"
        return specs
    if making.maybe(0.2):
        spec = chance.choice(specs)
        spec["minimum"] = chance.choice(("20", "40", "60"))
    if making.maybe(0.1):
        spec = chance.choice(specs)
        spec["max_pass"] = chance.randint(1, 3)
    if making.maybe(0.3):
        total = str(sum(int(spec["weighting"]) for spec in specs))
        return [{"id": "quality", "weighting": chance.choice(("30", "70")), "total": total, "criteria": specs}]
    return specs


def quality_criterion(making: Making, rule: Json, index: int) -> Json:
    """A criterion of quality."""
    chance, name = making.chance, f"q{index}"
    kind = chance.choice(("graded", "target", "stated"))
    if kind == "graded":
        scale = GRADES if chance.random() < 0.9 else ("-3", "-2", "-1", "0", "2")
        making.choices[name] = chance.sample(scale, chance.randint(1, 4))
        return {"id": name, "method": {"id": "graded", "scale": [{"value": value} for value in scale]}}
    if kind == "target":
        making.choices[name] = ("0", "10", "15", "30")
        return {"id": name, "method": {"id": "target", "target": "30"}, "unit": "hour"}
    making.choices[name] = ("0", "0.05", "0.1") if rule["id"] == "R4" else ("0", "50", "70", "70", "95.5", "100")
    return {"id": name, "unit": "number", "direction": "higher"}


def amounts(making: Making, rule: Json) -> list[Json]:
    """Criteria that the monetising rules read as raw values, with the rule's tables for them."""
    chance = making.chance
    raw: Json = {"id": "raw", "unit": "number", "direction": "higher"}
    graded: Json = {"id": "graded", "method": {"id": "graded", "scale": [{"value": value} for value in GRADES]}}
    if rule["id"] != "S1":
        making.choices["raw"] = ("0", "1", "2", "2", "10")
    table = {"0": "0", "1": "0.04", "2": "0.1", "10": "-0.05"}
    money = {grade: str(5 * int(grade)) for grade in GRADES}
    match rule["id"]:
        case "M1":
            making.choices["graded"] = GRADES
            rule["values"] = {"raw": chance.choice(("2.5", "-1")), "graded": chance.choice(("50", money))}
            return [raw, graded]
        case "M2":
            making.choices["raw"] = GRADES
            rule["bonus"] = {"raw": {grade: money[grade] for grade in GRADES[2:]}}
            rule["malus"] = {"raw": {grade: str(30 - 10 * int(grade)) for grade in GRADES[:3]}}
            return [raw]
        case "M3":
            rule["criterion"], rule["levels"] = "raw", table
            return [raw]
        case "M5":
            rule["years"] = {"raw": chance.choice(([0], [1, 2, 3], [10]))}
            rule["rate"] = chance.choice(("0", "0.035", "0.25"))
            return [raw]
        case "M6":
            making.choices["raw"] = ("-2", "0", "0.5", "2", "10")
            rule["prices"] = {"raw": chance.choice(("2.5", "280"))}
            return [raw]
        case _:
            making.choices["graded"] = GRADES
            return [graded]
