"""What a criterion is measured in: which way is better, what may be offered, how it is written."""

import re
from typing import Final, Literal

import msgspec

Direction = Literal["higher", "lower"]
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One measure: its name for people, the better direction, bounds of an offer and its decimals."""

    label: str
    direction: Direction | None
    low: int | None = None
    high: int | None = None
    decimals: int = 12


UNITS: Final[dict[str, Unit]] = {
    "money": Unit(label="amount of money", direction="lower", decimals=4),
    "fte_year": Unit(label="full-time jobs × years", direction="higher", low=0),
    "person": Unit(label="people", direction="higher", low=0, decimals=0),
    "apprentice": Unit(label="apprentices", direction="higher", low=0, decimals=0),
    "week": Unit(label="weeks", direction="higher", low=0),
    "hour": Unit(label="hours", direction="higher", low=0),
    "wellby": Unit(label="points of life satisfaction × people × years", direction="higher", low=0),
    "tCO2e": Unit(label="tonnes of CO2 equivalent", direction="lower"),
    "kgCO2e": Unit(label="kilograms of CO2 equivalent", direction="lower"),
    "km": Unit(label="kilometres", direction="lower", low=0),
    "percent": Unit(label="percent", direction="higher"),
    "number": Unit(label="number", direction=None),
    "count": Unit(label="number", direction="higher", low=0, decimals=0),
    "grade": Unit(label="grade", direction="higher"),
    "yes_no": Unit(label="yes or no", direction="higher"),
    "text": Unit(label="text, not scored", direction=None),
}
"""Every unit by its code. A currency code of three capital letters (GBP, EUR) is money too.

A WELLBY is one point of life satisfaction, on a scale from 0 to 10, for one person for one year:
40 people who gain half a point for a year and three months are 25.
"""


def is_money(code: str) -> bool:
    """Whether offers in this unit are amounts of money."""
    return code == "money" or _CURRENCY.fullmatch(code) is not None


def find_unit(code: str) -> Unit:
    """The unit behind a code; an unknown code is a ValueError that lists the known ones."""
    if is_money(code):
        return UNITS["money"]
    unit = UNITS.get(code)
    if unit is None:
        raise ValueError(f"unit {code!r} is unknown; write a currency code such as GBP, or one of {', '.join(UNITS)}")
    return unit
