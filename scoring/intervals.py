"""Logarithms without floats: proven bounds in whole numbers, so that an irrational result is rounded correctly.

A number such as ln 1.25 ÷ ln 2 has no last digit. The digits that a tender publishes are found by a guess, which is
then proven: the true value lies between the two halves around it, by enclosing every logarithm between two whole
multiples of 2^-bits and using more bits until the answer is certain. Nothing depends on the machine.
"""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

_HALF: Final = Fraction(1, 2)
_GUESS: Final = Context(prec=60)


def _atanh_bounds(z: Fraction, bits: int) -> tuple[int, int]:
    """Bounds of atanh z for 0 ≤ z ≤ 1/3, in units of 2^-bits; each term shrinks by 9 or more."""
    low = high = 0
    low_term = (z.numerator << bits) // z.denominator
    high_term = low_term + 1
    low_square = (low_term * low_term) >> bits
    high_square = ((high_term * high_term) >> bits) + 1
    for odd in range(1, 2 * (bits // 3 + 2), 2):
        low += low_term // odd
        high += high_term // odd + 1
        low_term = (low_term * low_square) >> bits
        high_term = ((high_term * high_square) >> bits) + 1
    return low, high + 2 * high_term


def ln_bounds(x: Fraction, bits: int) -> tuple[int, int]:
    """Whole numbers that enclose ln x · 2^bits, for x > 0: ln x = k · ln 2 ± 2 · atanh((y − 1) / (y + 1)).

    >>> low, high = ln_bounds(Fraction(2), 32)
    >>> low <= 2977044471 <= high and high - low < 1000
    True
    """
    twos = x.numerator.bit_length() - x.denominator.bit_length()
    rest = x / Fraction(2) ** twos
    z = (rest - 1) / (rest + 1)
    low, high = _atanh_bounds(abs(z), bits)
    if z < 0:
        low, high = -high, -low
    ln2_low, ln2_high = _atanh_bounds(Fraction(1, 3), bits)
    ends = sorted((twos * ln2_low, twos * ln2_high))
    return 2 * (low + ends[0]), 2 * (high + ends[1])


def sign_of_logarithms(terms: Sequence[tuple[Fraction, Fraction]]) -> int:
    """The sign of Σ factor · ln x, which must not be zero; bits are doubled until the sign is certain."""
    bits = 128
    while True:
        low = high = Fraction(0)
        for factor, x in terms:
            ends = sorted(factor * end for end in ln_bounds(x, bits))
            low, high = low + ends[0], high + ends[1]
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
        bits *= 2


def _nearest(sign: Callable[[Fraction], int], guess: int) -> int:
    """The whole number nearest to a real one, of which only its side of any given number is known."""
    while sign(guess - _HALF) < 0:
        guess -= 1
    while sign(guess + _HALF) > 0:
        guess += 1
    return guess


def _guess(value: Decimal) -> int:
    return int(value.to_integral_value(context=_GUESS))


def _decimal(value: Fraction) -> Decimal:
    return _GUESS.divide(Decimal(value.numerator), Decimal(value.denominator))


def common_power(x: Fraction, base: Fraction) -> Fraction | None:
    """The rational e with base^e = x, for x ≥ 1 and base > 1; nothing when no rational does.

    Euclid's algorithm on the exponents: while both are powers of one number, dividing them never makes them longer.

    >>> common_power(Fraction(4), Fraction(8)), common_power(Fraction(3), Fraction(2))
    (Fraction(2, 3), None)
    """
    longest = max(_length(x), _length(base))
    pair = [(x, (1, 0)), (base, (0, 1))]
    while True:
        pair.sort(key=lambda item: item[0], reverse=True)
        (one, (a, b)), (two, (c, d)) = pair
        if two == 1:
            return Fraction(-d, c) if c else None
        quotient = one / two
        if _length(quotient) > longest:
            return None
        pair[0] = (quotient, (a - c, b - d))


def _length(x: Fraction) -> int:
    return max(x.numerator.bit_length(), x.denominator.bit_length())


def log_ratio_points(x: Fraction, base: Fraction, decimals: int) -> tuple[Fraction, bool]:
    """100 · (1 − ln x / ln base) for x ≥ 1 and base > 1, and whether it is exact or rounded to so many decimals.

    >>> log_ratio_points(Fraction(5, 4), Fraction(2), 4)
    (Fraction(84759, 1250), False)
    """
    power = common_power(x, base)
    if power is not None:
        return 100 * (1 - power), True
    unit = 10**decimals
    ratio = _GUESS.divide(_GUESS.ln(_decimal(x)), _GUESS.ln(_decimal(base)))

    def sign(bound: Fraction) -> int:
        return sign_of_logarithms(((Fraction(-1), x), (1 - bound / (100 * unit), base)))

    guess = _guess(_GUESS.multiply(Decimal(100 * unit), _GUESS.subtract(Decimal(1), ratio)))
    return Fraction(_nearest(sign, guess), unit), False


def _whole_root(value: int, degree: int) -> int | None:
    """The exact root of a whole number, where there is one."""
    if value <= 1 or degree == 1:
        return value
    if degree >= value.bit_length():
        return None
    low, high = 1, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low if low**degree == value else None


def power_points(x: Fraction, exponent: Fraction, decimals: int) -> tuple[Fraction, bool]:
    """100 · x^exponent for 0 ≤ x and 0 < exponent ≤ 100, and whether it is exact or rounded to so many decimals.

    >>> power_points(Fraction(1, 4), Fraction(1, 2), 4), power_points(Fraction(6, 7), Fraction(1, 2), 4)
    ((Fraction(50, 1), True), (Fraction(46291, 500), False))
    """
    if x in {0, 1}:
        return 100 * x, True
    top, bottom = (_whole_root(part, exponent.denominator) for part in (x.numerator, x.denominator))
    if top is not None and bottom is not None:
        return 100 * Fraction(top, bottom) ** exponent.numerator, True
    unit = 10**decimals

    def sign(bound: Fraction) -> int:
        if bound <= 0:
            return 1
        return sign_of_logarithms(((exponent, x), (Fraction(-1), bound / (100 * unit))))

    power = _GUESS.exp(_GUESS.multiply(_decimal(exponent), _GUESS.ln(_decimal(x))))
    return Fraction(_nearest(sign, _guess(_GUESS.multiply(Decimal(100 * unit), power))), unit), False
