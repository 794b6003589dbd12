"""Numbers as the tender publishes them: bounded decimals in, exact fractions inside, decimals out.

Nothing in the engine is a binary float. A number enters as a decimal of at most 15 digits before and 12 after the
point, is worked with as a fraction, and is rounded only by a published `Rounding`.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Final, Literal, assert_never

import msgspec

Exact = Fraction
Mode = Literal["half_up", "half_even", "truncate", "none"]
Bound = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(none|-?[0-9]{1,15}(\.[0-9]{1,12})?)$",
        description='A limit on points: "none", or a decimal such as "0". Left out, the formula\'s own limit holds.',
    ),
]

WHOLE_DIGITS: Final = 15
DECIMALS: Final = 12
WEIGHTING_DECIMALS: Final = 7
PRINTED_DECIMALS: Final = 10
"""Points that are no finite decimal are printed with this many decimals, half up, unless the tender says otherwise."""

# One number, one spelling of its sign: there is no minus nought.
_PLAIN: Final = re.compile(r"(?!-0+(?:\.0+)?$)-?[0-9]{1,15}(?:\.[0-9]{1,12})?", re.ASCII)
_ASK: Final = f"at most {WHOLE_DIGITS} digits, then at most {DECIMALS} decimals after a point"


def require_decimal(
    value: Decimal,
    name: str,
    *,
    low: Decimal | int | None = None,
    high: Decimal | int | None = None,
    decimals: int = DECIMALS,
) -> None:
    """Refuse a decimal that is not finite, has too many digits, or lies outside `low`…`high` (both allowed).

    Works without arithmetic on the number, so that 1E+1000000 is refused and not computed.
    """
    if not value.is_finite():
        raise ValueError(f"{name} is {value}; write a plain number such as 12.5")
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or value.adjusted() >= WHOLE_DIGITS or exponent > 0:
        raise ValueError(f"{name} is too long or uses an exponent; write {_ASK}")
    if -exponent > decimals:
        raise ValueError(f"{name} has {-exponent} decimals; write at most {decimals}")
    if low is not None and value < low:
        raise ValueError(f"{name} is {value:f}; write {low} or more")
    if high is not None and value > high:
        raise ValueError(f"{name} is {value:f}; write {high} or less")


def require_decimals(values: Mapping[str, Decimal], name: str) -> None:
    """Refuse a table in which one decimal is not acceptable; the message names its key."""
    for key, value in values.items():
        require_decimal(value, f"{name}[{key!r}]")


def is_plain_decimal(text: str) -> bool:
    """Whether a text is a decimal as it is written here: plain digits, no exponent, no blanks, of bounded length."""
    return _PLAIN.fullmatch(text) is not None


def parse_decimal(text: str, name: str) -> Fraction:
    """Read an offered value; only plain digits count, so NaN, 1e9, 1_000, ２ and blanks are refused."""
    if not is_plain_decimal(text):
        raise ValueError(f"{name} is {text[:40]!r}, which is no plain number; write {_ASK}")
    return Fraction(text)


class Rounding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One published rounding step: at this stage, to this many decimals, in this mode.

    Stages, in the order in which they act: `leaf` the points (0–100) of every scored leaf criterion, before weighting;
    `price_points` the price criterion's points as its formula states them, that is its weighted points (W·…), or Sf
    (0–100) under the rules S2 and S2b; `criterion` the weighted points of every leaf criterion; `subtotal` the
    weighted points of every group of criteria; `total` the total, by which bids are then ranked. Every later step works
    with the rounded number. Half up means half away from zero.
    """

    stage: Literal["leaf", "price_points", "criterion", "subtotal", "total"]
    decimals: Annotated[int, msgspec.Meta(ge=0, le=12)] | None = None
    mode: Mode | None = None
    criteria: tuple[str, ...] = ()
    """Only for these criteria; empty means all at that stage."""

    def __post_init__(self) -> None:
        if self.mode != "none" and self.decimals is None:
            raise ValueError(f'decimals is missing for the stage "{self.stage}"; write a whole number, 2 for cents')
        if self.stage == "total" and self.criteria:
            raise ValueError('criteria names criteria, but the stage "total" has none; leave it out')


def rounded(value: Fraction, decimals: int, mode: Mode) -> Fraction:
    """The one function that rounds.

    >>> str(rounded(Fraction("62.125"), 2, "half_up")), str(rounded(Fraction("62.125"), 2, "half_even"))
    ('6213/100', '1553/25')
    >>> float(rounded(Fraction("-0.129"), 2, "truncate"))
    -0.12
    """
    if mode == "none":
        return value
    scale = 10**decimals
    whole, rest = divmod(abs(value.numerator) * scale, value.denominator)
    match mode:
        case "half_up":
            whole += 2 * rest >= value.denominator
        case "half_even":
            whole += 2 * rest > value.denominator or (2 * rest == value.denominator and whole % 2 == 1)
        case "truncate":
            pass
        case _:
            assert_never(mode)
    return Fraction(-whole if value < 0 else whole, scale)


def rounded_by(steps: Sequence[Rounding], value: Fraction) -> Fraction:
    """The value after every published rounding, in order; a step without a mode rounds half up."""
    for step in steps:
        value = rounded(value, step.decimals or 0, step.mode or "half_up")
    return value


def finite_decimals(value: Fraction) -> int | None:
    """How many decimals write this number exactly; nothing when no finite decimal does (2/3)."""
    return _decimals_of(value.denominator)


@lru_cache(maxsize=4096)
def _decimals_of(denominator: int) -> int | None:
    twos, fives = (denominator & -denominator).bit_length() - 1, 0
    rest = denominator >> twos
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else None


def decimal_text(value: Fraction, decimals: int) -> str:
    """The number with exactly so many decimals; it must be a multiple of that unit already."""
    numerator, denominator = value.as_integer_ratio()
    if decimals == 0:
        return str(numerator // denominator)
    digits = str(abs(numerator) * 10**decimals // denominator).rjust(decimals + 1, "0")
    sign = "-" if numerator < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def half_up(value: Fraction, decimals: int) -> Decimal:
    """The number as a decimal with exactly so many decimals, half away from zero.

    >>> str(half_up(Fraction(2, 3), 2)), str(half_up(Fraction(-1, 2), 0)), str(half_up(Fraction(-1, 1000), 2))
    ('0.67', '-1', '0.00')
    """
    return Decimal(decimal_text(rounded(value, decimals, "half_up"), decimals))


def printed(value: Fraction, rounding: Rounding | None = None) -> str:
    """The number as it is shown: by the published rounding, else exactly, else with ten decimals half up.

    >>> printed(Fraction(200, 3)), printed(Fraction(80)), printed(Fraction(5, 2))
    ('66.6666666667', '80', '2.5')
    >>> printed(Fraction(80), Rounding(stage="leaf", decimals=2, mode="half_up"))
    '80.00'
    """
    if rounding is not None and rounding.decimals is not None and rounding.mode not in {None, "none"}:
        return decimal_text(value, rounding.decimals)
    decimals = finite_decimals(value)
    if decimals is None or decimals > DECIMALS:
        return decimal_text(rounded(value, PRINTED_DECIMALS, "half_up"), PRINTED_DECIMALS)
    return decimal_text(value, decimals)


def exact_text(value: Fraction) -> str:
    """The number without loss: a decimal where one exists, else a fraction such as 200/3."""
    numerator, denominator = value.as_integer_ratio()
    if denominator == 1:
        return str(numerator)
    decimals = _decimals_of(denominator)
    return f"{numerator}/{denominator}" if decimals is None else decimal_text(value, decimals)
