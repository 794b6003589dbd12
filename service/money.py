"""What money in a bid means: with or without VAT, in which currency, and what it is in the tender's own.

A tender compares all prices in its one currency and on its one basis. Where it accepts other currencies, each has one
rate, published with its date and source and frozen with the rules: nobody chooses a rate when the prices are known.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

import scoring
from scoring.model import unit_of
from scoring.units import is_money
from service.problems import Fault

Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code, such as GBP.")]

_EXACT = Context(prec=2_000, rounding=ROUND_HALF_UP)
"""Digits enough for any amount and any rate that can be written: nothing is lost before the published rounding."""

_LONGEST_RATE = 40
_AMOUNT: Final = re.compile(r"[0-9](?:[0-9.,' \u00a0\u202f]*[0-9])?")
_WHOLE = 100


class VatRate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate of value-added tax that applies to what is bought, in percent, and to which part of it."""

    percent: Decimal
    applies_to: Annotated[str, Meta(max_length=400)] = ""

    def __post_init__(self) -> None:
        if not self.percent.is_finite() or not 0 <= self.percent <= _WHOLE:
            raise ValueError("percent is from 0 to 100, such as 20 or 5.5")


class Vat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether bids' prices are given and compared without VAT (`exclusive`) or with it, and the rates that apply."""

    basis: Literal["exclusive", "inclusive"] = "exclusive"
    rates: Annotated[tuple[VatRate, ...], Meta(max_length=20)] = ()


class AcceptedCurrency(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A currency that bids may name beside the tender's own: `rate` is what one unit of it is in the tender's.

    Amounts are multiplied exactly and then rounded half up to `decimals`.
    """

    code: Currency
    rate: Decimal
    rate_on: date
    source: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]
    decimals: Annotated[int, Meta(ge=0, le=4)] = 2

    def __post_init__(self) -> None:
        if not self.rate.is_finite() or self.rate <= 0 or len(format(self.rate, "f")) > _LONGEST_RATE:
            raise ValueError("rate is more than 0 and has at most 40 digits, such as 0.8512")

    def converted(self, amount: Decimal) -> Decimal:
        """An amount of this currency in the tender's own."""
        step = Decimal(1).scaleb(-self.decimals)
        return _EXACT.quantize(_EXACT.multiply(amount, self.rate), step)


# Rules


def check_accepted(own: str, accepted: Sequence[AcceptedCurrency]) -> None:
    """A currency has one rate, and the tender's own none; raises ValueError."""
    codes = [currency.code for currency in accepted]
    if own in codes:
        raise ValueError(f"accepted_currencies: {own} is the tender's own currency and needs no rate")
    if len(set(codes)) < len(codes):
        raise ValueError("accepted_currencies: each currency has one rate; name it once")


def currency_fault(currency: str, own: str, accepted: Sequence[AcceptedCurrency]) -> Fault | None:
    """What is wrong with the currency that a bid names; none is the tender's own."""
    codes = [own, *(other.code for other in accepted)]
    if not currency or currency in codes:
        return None
    named = f"{currency[:3]!r} is no currency that this tender accepts."
    return Fault("/currency", named, f"Give all prices in {' or '.join(codes)}, and name that currency.")


def in_tender_currency(
    rules: scoring.Lot, offers: Mapping[str, str], exchange: AcceptedCurrency | None
) -> dict[str, str]:
    """Those values of a bid that are amounts of money, in the tender's currency; none where it was made in that."""
    if exchange is None:
        return {}
    amounts = [name for name in _amounts(rules) if name in offers]
    return {name: format(exchange.converted(Decimal(offers[name])), "f") for name in amounts}


def without_amounts(rules: scoring.Lot, offers: Mapping[str, str]) -> dict[str, str]:
    """A bid's values without its amounts of money: what nobody can convert must not be compared."""
    amounts = _amounts(rules)
    return {name: value for name, value in offers.items() if name not in amounts}


def _amounts(rules: scoring.Lot) -> set[str]:
    leaves = scoring.leaves(rules.criteria)
    return {leaf.id for leaf in leaves if is_money(unit_of(leaf))}


def amounts_in(text: str) -> set[Decimal]:
    """Every number that stands in a text, however its thousands and decimals are marked off."""
    found: set[Decimal] = set()
    for token in _AMOUNT.findall(text):
        for thousands, point in ((",", "."), (".", ",")):
            digits = re.sub(f"[{re.escape(thousands)}' \u00a0\u202f]", "", token).replace(point, ".")
            try:
                found.add(Decimal(digits))
            except InvalidOperation:
                continue
    return found
