"""The invented payments of the city's year: the same at every run, with the traps that councils' files have."""

from decimal import Decimal
from pathlib import Path

from service import city_spend
from service.city_spend import EXCLUDED, MISSPELT, PAYEES, payments
from tests.make_spend import Desk


def test_both_halves_are_read_to_the_penny_and_what_is_no_payment_is_left_out(tmp_path: Path) -> None:
    """A line that stands there twice is still two lines of its file: only the analysis knows that it repeats one."""
    desk = Desk(tmp_path)
    _, first = desk.read(city_spend.first_half())
    _, second = desk.read(city_spend.second_half())
    lines = list(payments())
    twice = max((one for one in lines if one.paid_on.month in range(4, 10)), key=lambda one: (one.paid_on, one.number))
    assert first.kept + second.kept == len(lines) + 1
    assert first.total + second.total == sum(one.amount for one in lines) + twice.amount
    assert first.left_out == ()
    assert {one.reason: one.lines for one in second.left_out} == {"heading": 1, "total": 1}
    assert first.credits + second.credits == sum(one.amount < 0 for one in lines) > 20
    assert first.redacted + second.redacted == sum(one.payee.name.startswith("Redacted") for one in lines)


def test_the_headings_change_and_the_names_do() -> None:
    first, second = city_spend.first_half().decode(), city_spend.second_half().decode("cp1252")
    assert "Supplier Name" in first.splitlines()[0]
    assert "Vendor" in second.splitlines()[1]
    assert MISSPELT[0] in second
    assert MISSPELT[0] not in first
    assert "(£" in second


def test_what_counts_is_all_but_what_is_passed_on_to_others() -> None:
    passed_on = sum((one.amount for one in payments() if one.payee.category == EXCLUDED), start=Decimal(0))
    assert passed_on > 0
    assert city_spend.counted() + passed_on == sum(one.amount for one in payments())


def test_the_register_has_whoever_has_a_place_once() -> None:
    names = [line.split(",")[0] for line in city_spend.register().decode().splitlines()[1:]]
    assert sorted(names) == sorted({payee.name for payee in PAYEES if payee.place})
    assert "Willow Taxis" not in names
