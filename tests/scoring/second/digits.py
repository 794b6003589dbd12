"""Rounding, printing and the two irrational functions, by other means than the engine's.

Whole and half numbers come from Python's integers and from `round`, logarithms and roots from `decimal` with 90 digits.
"""

from decimal import Context, Decimal
from fractions import Fraction
from math import floor, isqrt
from typing import Final, Literal

Fault = Literal["half_even", "failed_bid_in_reference_set", "truncation", "strict_minimum", "dense_ranking"]
"""A mistake planted on purpose, to prove that the comparison would find it."""

LONG: Final = Context(prec=90)
NEAR: Final = Fraction(1, 10**60)


def rounded(value: Fraction, decimals: int, mode: str, fault: Fault | None = None) -> Fraction:
    """The number after one published rounding; half up is away from zero."""
    if mode == "half_up" and fault == "half_even":
        mode = "half_even"
    if mode != "none" and fault == "truncation":
        mode = "truncate"
    unit = 10**decimals
    if mode == "half_even":
        return Fraction(round(value * unit), unit)
    if mode == "truncate":
        return Fraction(int(value * unit), unit)
    if mode == "half_up":
        whole = floor(abs(value) * unit + Fraction(1, 2))
        return Fraction(whole if value >= 0 else -whole, unit)
    return value


def shown(value: Fraction) -> Fraction:
    """The number as it is printed: exactly if 12 decimals suffice, else with ten, half up."""
    return value if (value * 10**12).denominator == 1 else rounded(value, 10, "half_up")


def long_decimal(value: Fraction) -> Decimal:
    """Ninety digits of a fraction."""
    return LONG.divide(Decimal(value.numerator), Decimal(value.denominator))


def log_ratio(x: Fraction, base: Fraction, decimals: int) -> Fraction:
    """100 · (1 − ln x / ln base): exact where it is rational, else half up to so many decimals."""
    ratio = Fraction(LONG.divide(LONG.ln(long_decimal(x)), LONG.ln(long_decimal(base))))
    simple = ratio.limit_denominator(400)
    if abs(simple - ratio) < NEAR and x**simple.denominator == base**simple.numerator:
        return 100 * (1 - simple)
    return rounded(100 * (1 - ratio), decimals, "half_up")


def power(x: Fraction, exponent: Fraction, decimals: int) -> Fraction:
    """100 · x^exponent: exact where it is rational, else half up to so many decimals."""
    root = exact_root(x, exponent.denominator)
    if root is not None:
        return 100 * root**exponent.numerator
    logarithm = LONG.multiply(LONG.ln(long_decimal(x)), long_decimal(exponent))
    return rounded(100 * Fraction(LONG.exp(logarithm)), decimals, "half_up")


def exact_root(x: Fraction, degree: int) -> Fraction | None:
    """The rational root of a fraction that is not negative, where there is one."""
    top, bottom = whole_root(x.numerator, degree), whole_root(x.denominator, degree)
    return None if top is None or bottom is None else Fraction(top, bottom)


def whole_root(value: int, degree: int) -> int | None:
    """The exact root of a whole number, found by bisection."""
    if value < 2 or degree == 1:
        return value
    if degree > value.bit_length():
        return None
    low, high = 1, isqrt(value) + 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low if low**degree == value else None
