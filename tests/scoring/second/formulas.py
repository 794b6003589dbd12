"""Points (0–100) on one criterion, formula by formula as the catalogue of rules writes them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tests.scoring.second.digits import log_ratio, power

Json = dict[str, Any]
FULL = Fraction(100)
POLES = {"P1", "P1h", "P2", "P3", "P6", "P9", "A2b"}
"""Formulas that divide by an offer."""
RELATIVE = {"P1", "P1h", "P2", "P3", "P4", "P5", "P6", "P7", "P7b", "P8", "P9", "P10"}
UNSCORED = {"pass_fail", "text"}
BY_CEILING = {"A2", "A3", "P7", "P7b", "P8"}


class StoppedError(Exception):
    """The bids cannot be ranked: something is missing, unreadable, or divided by zero."""


def number(text: str) -> Fraction:
    """A plain decimal."""
    return Fraction(text)


def limits(method: Json, points: Fraction, low: int | None = None, high: int | None = None) -> Fraction:
    """Floor and cap as published, else as the formula has them."""
    floor, cap = method.get("floor", low), method.get("cap", high)
    if floor not in (None, "none"):
        points = max(points, Fraction(floor))
    if cap not in (None, "none"):
        points = min(points, Fraction(cap))
    return points


def relative_points(method: Json, values: Sequence[Fraction], *, lower: bool) -> list[Fraction]:
    """Points of all bids of the reference set, in the order of their values."""
    match method["id"]:
        case "P7" | "P7b" | "P8":
            return by_discount(method, values)
        case "P9" | "P10":
            return by_place(method, values, lower=lower)
        case "P4":
            return from_lowest_to_highest(method, values, lower=lower)
        case "P5":
            mean = sum(values, Fraction(0)) / len(values)
            if min(values) == max(values):
                return [limits(method, Fraction(50)) for _ in values]
            if mean == 0:
                raise StoppedError
            sign = 1 if lower else -1
            return [limits(method, 50 - sign * 100 * (value - mean) / mean) for value in values]
        case _:
            return [against_best(method, value, values, lower=lower) for value in values]


def from_lowest_to_highest(method: Json, values: Sequence[Fraction], *, lower: bool) -> list[Fraction]:
    """P4; all equal is 0/0, and everybody has full points."""
    low, high = min(values), max(values)
    if low == high:
        return [limits(method, FULL) for _ in values]
    return [limits(method, 100 * (high - value if lower else value - low) / (high - low)) for value in values]


def against_best(method: Json, value: Fraction, values: Sequence[Fraction], *, lower: bool) -> Fraction:
    """P1, P1h, P2, P3 and P6: one value against the lowest, or the highest where higher is better."""
    best = min(values) if lower else max(values)
    if not any(values) and not lower and method["id"] != "P6":
        return Fraction(method.get("top", 100)) if method["id"] == "P1h" else limits(method, FULL)
    if best == 0 or (value == 0 and method["id"] == "P6") or (lower and value == 0):
        raise StoppedError
    ratio = best / value if lower else value / best
    match method["id"]:
        case "P1":
            return limits(method, 100 * ratio)
        case "P1h":
            floor, top = Fraction(method.get("floor", 0)), Fraction(method.get("top", 100))
            return ratio * (top - floor) + floor
        case "P2":
            return limits(method, 100 * (1 - abs(value - best) / abs(best)))
        case "P3":
            k = Fraction(method.get("k", 2))
            distance = k * best - value if lower else k * value - best
            return limits(method, 100 * distance / ((k - 1) * best), low=0)
        case _:
            return limits(method, log_ratio(1 / ratio, Fraction(method["base"]), method.get("decimals", 10)))


def discount(method: Json, price: Fraction) -> Fraction:
    """The discount on the ceiling; a price above it gives none."""
    ceiling = Fraction(method["ceiling"])
    return max(Fraction(0), (ceiling - price) / ceiling)


def by_discount(method: Json, values: Sequence[Fraction]) -> list[Fraction]:
    """P7, P7b and P8."""
    discounts = [discount(method, value) for value in values]
    most, mean = max(discounts), sum(discounts, Fraction(0)) / len(discounts)
    if method["id"] == "P7b":
        divisor = max(Fraction(method["threshold"]), most)
        return [limits(method, 100 * one / divisor) for one in discounts]
    if method["id"] == "P8":
        return [limits(method, bilinear(Fraction(method["x"]), one, mean, most)) for one in discounts]
    if most == 0:
        points = Fraction(0) if method.get("no_discount") == "none" else FULL
        return [limits(method, points) for _ in discounts]
    alpha, decimals = Fraction(method.get("alpha", 1)), method.get("decimals", 10)
    return [limits(method, power(one / most, alpha, decimals)) for one in discounts]


def bilinear(x: Fraction, one: Fraction, mean: Fraction, most: Fraction) -> Fraction:
    """P8: up to the mean discount one line, above it another."""
    if most == mean:
        return FULL
    if one <= mean:
        return 100 * x * one / mean
    return 100 * (x + (1 - x) * (one - mean) / (most - mean))


def by_place(method: Json, values: Sequence[Fraction], *, lower: bool) -> list[Fraction]:
    """P9 by distance from the best, P10 by how many are better."""
    out_of = Fraction(method.get("out_of", 100))
    best = min(values) if lower else max(values)
    points: list[Fraction] = []
    for value in values:
        if method["id"] == "P9":
            if best == 0 and any(values):
                raise StoppedError
            found = band_points(method["bands"], abs(value - best) / (best or 1), ends="to")
        else:
            better = sum(1 for other in values if (other < value if lower else other > value))
            found = Fraction(method["points"][better]) if better < len(method["points"]) else None
        points.append(100 * (found or Fraction(0)) / out_of)
    return points


def band_points(bands: Sequence[Json], value: Fraction, ends: str) -> Fraction | None:
    """The points of the row in which a value falls."""
    for index, band in enumerate(bands):
        low, high = band.get("from"), band.get("to")
        above = low is None or value > Fraction(low)
        below = high is None or value < Fraction(high)
        first, last = index == 0, index == len(bands) - 1
        at_low = low is not None and value == Fraction(low) and (ends == "from" or first or low == high)
        at_high = high is not None and value == Fraction(high) and (ends == "to" or last or low == high)
        if (above and below) or (at_low and (below or at_high)) or (at_high and above):
            return Fraction(band["points"])
    return None


def absolute_points(method: Json, text: str) -> Fraction:
    """Points that need no other bid."""
    match method["id"]:
        case "graded" | "yes_no" | "target" | "credited":
            return answer_points(method, text)
        case "A4":
            return looked_up(method, text)
        case "A5":
            if "price" in method and number(text) != Fraction(method["price"]):
                raise StoppedError
            return Fraction(0)
        case _:
            return by_published_figures(method, number(text))


def by_published_figures(method: Json, value: Fraction) -> Fraction:
    """A1, A2, A2b and A3."""
    match method["id"]:
        case "A1":
            best, worst = Fraction(method["best"]), Fraction(method["worst"])
            return limits(method, 100 * (worst - value) / (worst - best), low=0, high=100)
        case "A2":
            ceiling = Fraction(method["ceiling"])
            return limits(method, 100 * (ceiling - value) / ceiling, low=0)
        case "A2b":
            if value == 0:
                raise StoppedError
            return limits(method, 100 * Fraction(method["reference"]) / value, high=100)
        case _:
            rest = 1 - discount(method, value)
            return limits(method, 100 - power(rest, Fraction(method["n"]), method.get("decimals", 10)))


def looked_up(method: Json, text: str) -> Fraction:
    """A4: the table of single values first, then the bands."""
    table: dict[str, str] = method.get("values", {})
    found = Fraction(table[text]) if text in table else None
    if found is None:
        found = band_points(method.get("bands", []), number(text), method.get("ends", "from"))
    if found is None:
        raise StoppedError
    return 100 * found / Fraction(method.get("out_of", 100))


def level_of(method: Json, text: str) -> Json:
    """The step of the scale that a grade or its label names."""
    found = next((level for level in method["scale"] if names_level(level, text)), None)
    if found is None:
        raise StoppedError
    return found


def names_level(level: Json, text: str) -> bool:
    """Whether a grade is this step of the scale, by its value or its label."""
    return text == level.get("label") or (is_plain(text) and number(text) == Fraction(level["value"]))


def is_plain(text: str) -> bool:
    """Whether a text is a number."""
    return text.lstrip("-").replace(".", "", 1).isdigit()


def answer_points(method: Json, text: str) -> Fraction:
    """Grades, yes or no, and quantities against a target (the quantity alone, and wholly believed)."""
    match method["id"]:
        case "graded":
            highest = max(Fraction(level["value"]) for level in method["scale"])
            return 100 * Fraction(level_of(method, text)["value"]) / highest
        case "yes_no":
            return Fraction(method.get("yes", 100) if text == "yes" else method.get("no", 0))
        case _:
            if number(text) < 0:
                raise StoppedError
            return 100 * min(Fraction(1), number(text) / Fraction(method["target"]))
