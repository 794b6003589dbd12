"""On which side of a law's threshold a contract lies: by its value with tax, and told where nobody can tell."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from service import contract_law
from service.contract_law import LAWS
from service.money import Vat, VatRate
from service.obligations import Place
from service.tenders import Known, TenderRow
from tests.service.test_deliveries import watched_with

SIGNED = datetime(2031, 3, 1, tzinfo=UTC)


def a_contract(value: str | None, vat: Vat, **fields: Any) -> Place:
    """A contract under the Procurement Act, awarded at a price."""
    told = {"jurisdiction": "uk-pa2023", "currency": "GBP", "time_zone": "Europe/London", "vat": vat} | fields
    tender = TenderRow(**(dict.fromkeys(TenderRow.__struct_fields__) | told))
    watched = watched_with()
    plan = msgspec.structs.replace(watched.plan, value=value and Decimal(value), signed_at=SIGNED)
    return Place(Known(tender, []), msgspec.structs.replace(watched, plan=plan), SIGNED.date())


def rate(percent: int, applies_to: str = "") -> Vat:
    return Vat(basis="exclusive", rates=(VatRate(percent=Decimal(percent), applies_to=applies_to),))


def test_the_act_asks_of_contracts_above_five_million() -> None:
    law = LAWS["uk-pa2023"]
    assert (law.above, law.indicators, law.months, law.days) == (Decimal(5_000_000), 3, 12, 30)


@pytest.mark.parametrize(
    ("value", "vat", "reach"),
    [
        ("5000000", Vat(basis="inclusive"), None),
        ("5000000.01", Vat(basis="inclusive"), "above"),
        ("4200000", rate(20), "above"),
        ("4166666.66", rate(20), None),
        ("4200000", rate(0), None),
        ("4200000", Vat(), "may_exceed"),
        ("4200000", rate(20, "materials"), "may_exceed"),
        ("5000000.01", Vat(), "above"),
        ("4100000", Vat(), None),
        (None, rate(20), "unknown"),
    ],
)
def test_values_include_value_added_tax(value: str | None, vat: Vat, reach: str | None) -> None:
    """4,200,000 without the tax are 5,040,000 with 20 %: above the threshold, though the price is below it."""
    here = a_contract(value, vat)
    found = contract_law.asking(here)
    assert (found and found.reach) == reach
    assert contract_law.law_of(here) == (LAWS["uk-pa2023"] if reach == "above" else None)


def test_a_price_in_another_currency_is_on_neither_side() -> None:
    found = contract_law.asking(a_contract("100", Vat(basis="inclusive"), currency="EUR"))
    assert found is not None
    assert found.reach == "unknown"


def test_contracts_of_other_laws_and_before_the_act_are_asked_nothing() -> None:
    assert contract_law.asking(a_contract(None, Vat(), jurisdiction="none")) is None
    early = a_contract("9000000", Vat(basis="inclusive"))
    plan = msgspec.structs.replace(early.watched.plan, signed_at=datetime(2025, 2, 23, tzinfo=UTC))
    watched = msgspec.structs.replace(early.watched, plan=plan)
    assert contract_law.asking(early._replace(watched=watched)) is None
