"""Invented tenders as case data: small grids of values, so that ties, equal prices and exact limits are common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from random import Random

from tests.scoring.second.formulas import Json
from tests.scoring.second.whole_rules import RULES, whole_rule_lot

FAILED_STATES = ("withdrawn", "late", "excluded", "failed_selection", "non_compliant", "abnormally_low_rejected")
PRICES = ("80", "100", "100.00", "120", "160", "200", "220", "240", "99.99", "123456789.1234", "0.01", "333.3333")
QUANTITIES = ("0", "1", "2.5", "5", "10", "10", "20", "40", "41", "0.000000000001")
SCALES = (
    ["0", "1", "2", "3", "4", "5"],
    ["0", "20", "40", "60", "80", "100"],
    ["-1", "0", "1.5", "3"],
    ["0", "0.5", "1"],
)
PRICE_METHODS = [
    "P1",
    "P1h",
    "P2",
    "P3",
    "P4",
    "P5",
    "P6",
    "P7",
    "P7b",
    "P8",
    "P9",
    "P10",
    "A1",
    "A2",
    "A2b",
    "A3",
    "A4",
    "A5",
]
QUALITY_METHODS = ["graded", "graded", "graded", "yes_no", "target", "A4", "A1", "P1", "P4", "P10", "P2", "P5"]
SECRET = "dew point"
ALPHAS = ("1", "0.5", "2", "0.3", "1.7")
BANDS: list[Json] = [
    {"to": "100", "points": "100"},
    {"from": "100", "to": "200", "points": "33.3"},
    {"from": "200", "points": "5"},
]
TOLERANCES: list[Json] = [{"from": "0", "to": "0.25", "points": "100"}, {"from": "0.25", "to": "1", "points": "50"}]


@dataclass
class Making:
    """A tender being invented: the source of chance, and for each leaf the values from which bids choose."""

    chance: Random
    choices: dict[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    count: int = 0
    can_miss: bool = True
    """Whether a missing value stops the ranking, whatever the rest; not where no price is asked."""

    def maybe(self, share: float) -> bool:
        """Whether something that happens in this share of tenders happens in this one."""
        return self.chance.random() < share

    def name(self) -> str:
        """The next criterion's id."""
        self.count += 1
        return f"c{self.count}"


def random_case(chance: Random) -> Json:
    """One tender with its bids: by criteria and their weightings, or (in two of five) by a whole-tender rule."""
    return case_under(chance, chance.choice(RULES) if chance.random() < 0.4 else None)


def case_under(chance: Random, rule: str | None) -> Json:
    """One tender with its bids under a whole-tender rule, or by weighted points."""
    making = Making(chance)
    lot = whole_rule_lot(making, rule) if rule else weighted_lot(making)
    if making.maybe(0.6):
        lot["rounding"] = roundings(chance, list(making.choices))
    bids = [bid(making, index) for index in range(chance.choice((1, 2, 2, 3, 3, 4, 5, 6, 8)))]
    chance.shuffle(bids)
    case: Json = {"lot": lot, "bids": bids}
    if any(entry["id"] == "lots" for entry in lot.get("tie_break", ())) and making.maybe(0.8):
        case["draw_secret"] = SECRET
    return case


def bid(making: Making, index: int) -> Json:
    """A bid that chooses its values from the grids; a few never got as far as the ranking."""
    values = {name: making.chance.choice(grid) for name, grid in making.choices.items()}
    made: Json = {"id": f"bid-{index}", "values": values}
    if making.maybe(0.1):
        made["state"] = making.chance.choice(FAILED_STATES)
    if making.maybe(0.01) and values and making.can_miss:
        del values[making.chance.choice(sorted(values))]
    graded = [name for name, grid in making.choices.items() if "3" in grid and name != "price"]
    if making.maybe(0.004) and graded:
        values[making.chance.choice(graded)] = making.chance.choice(("3.5", "7", "1e1"))
    return made


def roundings(chance: Random, leaves: list[str]) -> list[Json]:
    """Published roundings of any stage and mode."""
    stages = chance.sample(("leaf", "price_points", "criterion", "subtotal", "total"), chance.randint(1, 5))
    made: list[Json] = []
    for stage in stages:
        mode = chance.choice(("half_up", "half_up", "half_even", "truncate", "none", None))
        entry: Json = {"stage": stage, "decimals": chance.choice((0, 0, 1, 1, 2, 2, 3, 5, 12))}
        if mode is not None:
            entry["mode"] = mode
        if stage in {"leaf", "criterion"} and leaves and chance.random() < 0.2:
            entry["criteria"] = chance.sample(leaves, chance.randint(1, len(leaves)))
        made.append(entry)
    return [*made, {**made[0], "decimals": 0}] if chance.random() < 0.05 else made


def weightings(chance: Random, count: int, total: str) -> list[str]:
    """So many weightings that add up to the total, exactly; a few are 0, some have many decimals."""
    left, made = Fraction(total), list[Fraction]()
    step = chance.choice((Fraction(1), Fraction(5), Fraction(1, 2), Fraction(1, 1000), Fraction(1, 10**7)))
    for index in range(count - 1):
        most = left / (count - index)
        share = most if chance.random() < 0.3 else most * Fraction(chance.randint(0, 20), 10)
        share = min(left, (share // step) * step)
        made.append(share)
        left -= share
    return [plain(share) for share in [*made, left]]


def plain(value: Fraction) -> str:
    """A fraction with at most 7 decimals as a decimal."""
    whole = value * 10**7
    if whole.denominator != 1:
        raise ValueError(value)
    digits = f"{whole.numerator:08d}"
    return f"{digits[:-7]}.{digits[-7:]}".rstrip("0").rstrip(".")


def weighted_lot(making: Making) -> Json:
    """A lot ranked by weighted points: a price, and a tree of other criteria."""
    chance = making.chance
    total = chance.choice(("100", "100", "100", "1", "1000", "60"))
    others = chance.randint(0, 4)
    specs = [price_leaf(making)] if making.maybe(0.9) or not others else []
    specs += [group(making, 2) if making.maybe(0.3) else quality_leaf(making) for _ in range(others)]
    if making.maybe(0.03):
        specs[0] = deepened(making, specs[0])
    for spec, weighting in zip(specs, weightings(chance, len(specs), total), strict=True):
        spec["weighting"] = weighting
    specs += unscored(making)
    chance.shuffle(specs)
    lot: Json = {"criteria": specs}
    if total != "100":
        lot["total"] = total
    if making.maybe(0.1):
        lot["minimum"] = plain(Fraction(total) * chance.choice((40, 50, 60)) / 100)
    split_quality(making, specs)
    weigh_by_confidence(making, specs)
    add_hurdles(making, specs)
    if making.maybe(0.3):
        lot["tie_break"] = tie_breaks(making, specs)
    return lot


def price_leaf(making: Making) -> Json:
    """The price under any formula."""
    grid: list[str] = list(making.chance.sample(PRICES, making.chance.randint(1, 4)))
    method = price_method(making)
    if making.maybe(0.08) and not (method["id"] in {"P5", "P9"} and "zero" not in method):
        grid.append("0")
    if method["id"] == "A5" and "price" in method:
        grid = [method["price"]]
    making.choices["price"] = grid
    spec: Json = {"id": "price", "method": method}
    if making.maybe(0.8) or method["id"] == "A4":
        spec["unit"] = making.chance.choice(("GBP", "money"))
    if method["id"] in {"P1", "P1h", "P2", "P3", "P4", "P5", "P6", "P9", "P10", "A1"} and making.maybe(0.1):
        spec["direction"], spec["unit"] = "higher", "GBP"
        if method["id"] == "A1":
            method["best"], method["worst"] = method["worst"], method["best"]
    if method["id"] in {"P4", "P5", "P10", "A1", "A2", "P7", "P7b", "P8"} and making.maybe(0.05):
        grid.append("-20")
    return spec


def price_method(making: Making) -> Json:
    """A formula for the price, with parameters on and off their edges."""
    chance = making.chance
    tag = chance.choice(PRICE_METHODS)
    ceiling = chance.choice(("200", "220", "100", "1000000000"))
    parameters: dict[str, Json] = {
        "P1h": {"floor": chance.choice(("0", "10")), "top": chance.choice(("100", "90.5"))},
        "P3": {"k": chance.choice(("2", "3", "1.5"))},
        "P6": {"base": chance.choice(("1.5", "2", "3", "4")), "decimals": chance.choice((2, 4, 10, 12))},
        "P7": {"ceiling": ceiling, "alpha": chance.choice(ALPHAS), "decimals": chance.choice((0, 4, 12))},
        "P7b": {"ceiling": ceiling, "threshold": chance.choice(("0.05", "0.5"))},
        "P8": {"ceiling": ceiling, "x": chance.choice(("0.80", "0.85", "0.9"))},
        "P9": {"bands": TOLERANCES[: chance.randint(1, 2)]},
        "P10": {"points": ["25", "22", "20.5"][: chance.randint(1, 3)], "out_of": "25"},
        "A1": {"best": chance.choice(("60", "100", "0")), "worst": chance.choice(("220", "160"))},
        "A2": {"ceiling": ceiling},
        "A2b": {"reference": chance.choice(("100", "120.5"))},
        "A3": {"ceiling": ceiling, "n": chance.choice(("5", "1", "0.5", "2.5")), "decimals": chance.choice((2, 10))},
        "A4": {"bands": BANDS, "ends": chance.choice(("from", "to"))},
        "A5": chance.choice(({}, {"price": "100"})),
    }
    method: Json = {"id": tag, **parameters.get(tag, {})}
    add_limits(making, method)
    return method


def add_limits(making: Making, method: Json) -> None:
    """Zero rule, floor, cap, and what happens above the ceiling, where the formula has such a parameter."""
    chance, tag = making.chance, method["id"]
    if tag in {"P1", "P1h", "P2", "P3", "P6", "P7", "P7b", "P8", "P9", "A2b"} and making.maybe(0.5):
        method["zero"] = chance.choice(("reject", "full", "0.01", "50"))
    if tag in {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P7b", "P8", "A1", "A2", "A2b", "A3"}:
        if making.maybe(0.3):
            method["floor"] = chance.choice(("none", "0", "10.5"))
        if making.maybe(0.3):
            method["cap"] = chance.choice(("none", "100", "95"))
    if tag in {"A2", "A3", "P7", "P7b", "P8"} and making.maybe(0.4):
        method["over_ceiling"] = chance.choice(("floor", "exclude"))
    if tag == "P7" and making.maybe(0.4):
        method["no_discount"] = chance.choice(("full", "none"))


def quality_leaf(making: Making) -> Json:
    """A criterion that is not the price, under any of the formulas for such."""
    chance, name = making.chance, making.name()
    tag = chance.choice(QUALITY_METHODS)
    if tag == "graded":
        return graded_leaf(making, name)
    if tag == "yes_no":
        making.choices[name] = ("yes", "no")
        method: Json = {"id": tag, **chance.choice(({}, {"yes": "80", "no": "12.5"}, {"fatal": "no"}))}
        return {"id": name, "method": method}
    grid = list(chance.sample(QUANTITIES, chance.randint(1, 5)))
    making.choices[name] = grid
    if tag == "target":
        return {"id": name, "method": {"id": tag, "target": chance.choice(("10", "40", "3"))}, "unit": "hour"}
    if tag == "A1":
        return {"id": name, "method": {"id": tag, "best": "40", "worst": chance.choice(("0", "5"))}, "unit": "hour"}
    if tag == "A4":
        making.choices[name] = ("0", "1", "1", "2")
        return {"id": name, "method": {"id": tag, "values": {"0": "0", "1": "40", "2": "100"}}, "unit": "number"}
    lower = chance.random() < 0.5
    if tag in {"P1", "P2", "P5"} and making.maybe(0.8):
        making.choices[name] = ["1", *(value for value in grid if value != "0")]
    method = {"id": tag} if tag != "P10" else {"id": tag, "points": ["100", "75", "50", "25"]}
    measure = {"unit": "tCO2e", "direction": "lower"} if lower else {"unit": "hour", "direction": "higher"}
    return {"id": name, "method": method, **measure}


def graded_leaf(making: Making, name: str) -> Json:
    """A question graded on one of the scales, sometimes with a fatal lowest grade or with labels."""
    scale = making.chance.choice(SCALES)
    levels: list[Json] = [{"value": value} for value in scale]
    if making.maybe(0.15):
        levels[0]["fatal"] = True
    making.choices[name] = making.chance.sample(scale, making.chance.randint(1, len(scale)))
    if making.maybe(0.1):
        levels[-1]["label"] = "excellent"
        making.choices[name] = [*making.choices[name], "excellent"]
    return {"id": name, "method": {"id": "graded", "scale": levels}}


def group(making: Making, depth: int) -> Json:
    """A group of criteria, down to a few levels, in points of its own total."""
    parts = [
        group(making, depth + 1) if depth < 5 and making.maybe(0.25) else quality_leaf(making)
        for _ in range(making.chance.randint(1, 3))
    ]
    total = making.chance.choice(("100", "100", "1", "20", "7"))
    for part, weighting in zip(parts, weightings(making.chance, len(parts), total), strict=True):
        part["weighting"] = weighting
    spec: Json = {"id": making.name(), "criteria": [*parts, *(unscored(making) if making.maybe(0.2) else [])]}
    return spec if total == "100" else {**spec, "total": total}


def deepened(making: Making, spec: Json) -> Json:
    """A criterion under as many headings as are allowed."""
    levels = max(1, 8 - depth_of(spec))
    for _ in range(levels):
        spec = {"id": making.name(), "criteria": [{**spec, "weighting": "100"}]}
    return spec


def depth_of(spec: Json) -> int:
    """How many levels a criterion has."""
    return 1 + max((depth_of(part) for part in spec.get("criteria", ())), default=0)


def unscored(making: Making) -> list[Json]:
    """Now and then a pass/fail question, and a text that nobody judges."""
    made: list[Json] = []
    if making.maybe(0.3):
        made.append({"id": making.name(), "method": {"id": "pass_fail"}})
        making.choices[made[-1]["id"]] = ("pass", "pass", "pass", "yes", "fail", "no")
    if making.maybe(0.1):
        made.append({"id": making.name(), "method": {"id": "text"}})
        making.choices[made[-1]["id"]] = ("We plant birches.",)
    return made


def every(specs: Sequence[Json]) -> list[Json]:
    """All criteria of a tree."""
    return [one for spec in specs for one in (spec, *every(spec.get("criteria", ())))]


def split_quality(making: Making, specs: Sequence[Json]) -> None:
    """Sometimes a quantity's points come partly from a grade."""
    methods = [spec["method"] for spec in every(specs) if "method" in spec]
    graded = [spec["id"] for spec in every(specs) if "method" in spec and spec["method"]["id"] in {"graded", "yes_no"}]
    for method in methods:
        if method["id"] == "target" and graded and making.maybe(0.5):
            method["quality"], method["quality_share"] = (
                making.chance.choice(graded),
                making.chance.choice(("0.5", "0.3", "1")),
            )


def weigh_by_confidence(making: Making, specs: Sequence[Json]) -> None:
    """Sometimes a quantity counts as far as a grade says that it is believed."""
    methods = [(spec["id"], spec["method"]) for spec in every(specs) if "method" in spec]
    believing = [
        name for name, method in methods if method["id"] == "graded" and not method["scale"][0]["value"].startswith("-")
    ]
    for _, method in methods:
        if method["id"] == "target" and "quality" not in method and believing and making.maybe(0.5):
            method.update(id="credited", confidence=making.chance.choice(believing))


def add_hurdles(making: Making, specs: Sequence[Json]) -> None:
    """Minimum scores that some bids meet exactly, and sometimes best-so-many limits."""
    scored = [spec for spec in every(specs) if "criteria" in spec or spec["method"]["id"] not in {"pass_fail", "text"}]
    for spec in scored:
        if making.maybe(0.12) and is_scored(spec):
            spec["minimum"] = making.chance.choice(("20", "40", "50", "60", "80", "25"))
    for _ in range(2 if making.maybe(0.1) else 1 if making.maybe(0.15) else 0):
        chosen = making.chance.choice(scored)
        if is_scored(chosen):
            chosen["max_pass"] = making.chance.randint(1, 3)


def is_scored(spec: Json) -> bool:
    """Whether a criterion earns points, itself or below."""
    if "criteria" in spec:
        return any(is_scored(part) for part in spec["criteria"])
    return "method" in spec and spec["method"]["id"] not in {"pass_fail", "text"}


def tie_breaks(making: Making, specs: Sequence[Json]) -> list[Json]:
    """A published list of tie-breaks that the lot can answer."""
    scored = [spec["id"] for spec in every(specs) if is_scored(spec)]
    made: list[Json] = [
        {"id": "higher_quality"},
        {"id": "criterion", "criterion": making.chance.choice(scored)},
    ]
    if any(spec["id"] == "price" and spec.get("direction") != "higher" for spec in specs):
        made.append({"id": "lower_price"})
    made.append({"id": "heaviest"})
    made.append({"id": "lots", "commitment": sha256(SECRET.encode()).hexdigest()})
    return making.chance.sample(made, making.chance.randint(1, len(made)))
