"""Quantities that promises are made of, by published pro-rata rules: full-time years, hours, weeks, tonnes. Exact.

A quantity is credited with the confidence that somebody has in it, where a tender has published that it is.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from scoring.decimals import require_decimal

Mass = Literal["tCO2e", "kgCO2e"]
"""Units of emissions, in scoring/units.py."""

MONTHS = 12
KG = 1000


def fte_years(
    people: Decimal, weekly_hours: Decimal, full_time_hours: Decimal, months: Decimal, most_months: int
) -> Fraction:
    """Full-time years: people × their share of a full-time week, at most 1 × months ÷ 12, at most `most_months`.

    Dutch tables reckon with 36 hours and count a candidate for 12 or 24 months; the United Kingdom with 35 to 40 hours.
    Source: SROI tables of Utrecht and the region of The Hague (2023).

    >>> str(fte_years(Decimal(2), Decimal(18), Decimal(36), Decimal(6), 12))
    '1/2'
    >>> str(fte_years(Decimal(1), Decimal(40), Decimal(36), Decimal(30), 24))
    '2'
    """
    for name, value in (("people", people), ("weekly_hours", weekly_hours), ("months", months)):
        require_decimal(value, name, low=0)
    require_decimal(full_time_hours, "full_time_hours", low=1, high=168)
    share = min(Fraction(1), Fraction(weekly_hours) / Fraction(full_time_hours))
    return Fraction(people) * share * min(Fraction(months), Fraction(most_months)) / MONTHS


def tonnes(amount: Decimal, unit: Mass) -> Fraction:
    """Emissions in tonnes of CO2 equivalent.

    >>> str(tonnes(Decimal(1250), "kgCO2e")), str(tonnes(Decimal("1.25"), "tCO2e"))
    ('5/4', '5/4')
    """
    require_decimal(amount, unit)
    return Fraction(amount) / KG if unit == "kgCO2e" else Fraction(amount)


def credited(quantity: Fraction, confidence: Decimal) -> Fraction:
    """A quantity × the confidence in it, from 0 to 1: an unproved promise counts for less than a proved one.

    >>> str(credited(Fraction(40), Decimal("0.75")))
    '30'
    """
    require_decimal(confidence, "confidence", low=0, high=1)
    return quantity * Fraction(confidence)
