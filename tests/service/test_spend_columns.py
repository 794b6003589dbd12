"""Headings, amounts and dates as councils write them."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.spend_columns import (
    HEADINGS,
    MONTHS,
    amount_pattern,
    kind_of_number,
    mark_of,
    meanings_of,
    order_of,
    plain,
    read_amount,
    read_date,
)

OXFORD = (
    ("Body Name", "Organisatonal Unit", "Expenditure Category", "Paid Date", "Trans No", "Amount", "Supplier Name"),
    ("Organisation", "Service Area", "Expenditure Unit", "Paid Date", "Trans No", "Amount", "Supplier Name"),
    ("Client", "Service Area", "Expenditure Catergory", "Paid Date", "Trans No", "Amount", "Supplier Name"),
)
"""Headings that one city has used for the same seven columns, slips of the pen included."""


@pytest.mark.parametrize("headings", OXFORD)
def test_changing_headings_mean_the_same(headings: tuple[str, ...]) -> None:
    """Quarter by quarter the same seven things are found, whatever they are called."""
    found = meanings_of(headings, "payments", {})
    assert found == {
        "body": 1,
        "unit": 2,
        "category": 3,
        "paid_on": 4,
        "transaction": 5,
        "amount": 6,
        "supplier": 7,
    }


def test_what_a_person_confirmed_counts_before_what_we_know() -> None:
    headings = ("Who", "Amount", "What it cost")
    assert meanings_of(headings, "payments", {}) == {"amount": 2}
    known = {"who": "supplier", "whatitcost": "amount"}
    assert meanings_of(headings, "payments", known) == {"supplier": 1, "amount": 3}


def test_the_net_amount_is_taken_before_the_gross_one() -> None:
    assert meanings_of(("Gross Amount", "Net Amount"), "payments", {}) == {"amount": 2}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1054.11", "1054.11"),
        ("-1,054.11", "-1054.11"),
        ("£1,054", "1054.00"),
        ("(300.00)", "-300.00"),
        ("300.00-", "-300.00"),
        ("300.00 CR", "-300.00"),
        ("300.00 DR", "300.00"),
        ("\u2212 5.50", "-5.50"),
        ("1 234 567.89", "1234567.89"),
        ("\u00a3\u00a012.5", "12.50"),
        ("1\u202f234\u2009567.89", "1234567.89"),
        ("CHF 1\u2019234.50", "1234.50"),
        ("1\u2007234.5 €", "1234.50"),
        ("GBP1,000.00", "1000.00"),
        ("EUR1234.5", "1234.50"),
        ("1234.5zł", "1234.50"),
        ("5EUROS", None),
        ("33.335", "33.34"),
        ("-33.335", "-33.34"),
        ("9999999999999999.99", None),
        ("1.5e3", None),
        ("12,34", None),
        ("--5", None),
        ("-5-", None),
        ("n/a", None),
        ("", None),
        ("NaN", None),
        ("\u0661\u0662", None),
    ],
)
def test_an_amount_is_read_to_the_penny_or_not_at_all(text: str, amount: str | None) -> None:
    """Credits in all their spellings; what leaves doubt, such as a thousands comma after two digits, is no amount."""
    assert read_amount(text, ".") == (None if amount is None else Decimal(amount))


def test_a_decimal_comma_is_told_from_a_thousands_comma() -> None:
    assert read_amount("1.054,10", ",") == Decimal("1054.10")
    assert read_amount("1.054,10", ".") is None
    assert read_amount("EUR1.234,50", ",") == Decimal("1234.50")
    assert read_amount("1\u202f234,50\u202f€", ",") == Decimal("1234.50")
    assert mark_of(["1.054,10", "12,50", "7"]) == (",", None)
    assert mark_of(["1,054.10", "12.50", "7"]) == (".", None)
    assert mark_of(["7", "1.054"]) == (".", "1.054")


def test_headings_are_known_in_plain_letters_of_any_script() -> None:
    assert [name for names in HEADINGS.values() for name in names.split() if plain(name) != name] == []
    assert meanings_of(("Catégorie", "Montant HT", "Fournisseur"), "payments", {}) == {
        "amount": 2,
        "supplier": 3,
        "category": 1,
    }


def test_numbers_are_told_apart_by_who_gave_them_out() -> None:
    names = ("Company number", "VAT Registration Number", "Vendor No", "Supplier ID", "ЕИК")
    assert [kind_of_number(name) for name in names] == ["company", "tax", "", "", "company"]


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    st.sampled_from([".2f", ",.2f"]),
    st.sampled_from([".", ","]),
)
def test_what_is_written_is_read(amount: Decimal, form: str, mark: str) -> None:
    """Any amount, with or without thousands, comes back to the penny, and by the quick way too where that is taken."""
    text = format(amount, form)
    text = text.translate(str.maketrans(",.", ".,")) if mark == "," else text
    assert read_amount(text, mark) == amount
    assert re.fullmatch(amount_pattern(mark), text)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("07/04/2015", "dmy", date(2015, 4, 7)),
        ("07/04/2015", "mdy", date(2015, 7, 4)),
        ("7-Apr-15", "dmy", date(2015, 4, 7)),
        ("07 April 2015", "dmy", date(2015, 4, 7)),
        ("2015-04-07", "dmy", date(2015, 4, 7)),
        ("2015-04-07T00:00:00", "dmy", date(2015, 4, 7)),
        ("07/04/2015 00:00", "dmy", date(2015, 4, 7)),
        ("07.04.2015", "dmy", date(2015, 4, 7)),
        ("42101", "dmy", date(2015, 4, 7)),
        ("7. April 2015", "dmy", date(2015, 4, 7)),
        ("7-Mai-15", "dmy", date(2015, 5, 7)),
        ("07. Dez. 2015", "dmy", date(2015, 12, 7)),
        ("7 août 2015", "dmy", date(2015, 8, 7)),
        ("1er févr. 2015", "dmy", date(2015, 2, 1)),
        ("7-ene-2015", "dmy", date(2015, 1, 7)),
        ("12 de diciembre de 2015", "dmy", date(2015, 12, 12)),
        ("7 GIU 2015", "dmy", date(2015, 6, 7)),
        ("7/set/2015", "dmy", date(2015, 9, 7)),
        ("7 de março de 2015", "dmy", date(2015, 3, 7)),
        ("7 października 2015", "dmy", date(2015, 10, 7)),
        ("7-lis-15", "dmy", date(2015, 11, 7)),
        ("7 mrt. 2015", "dmy", date(2015, 3, 7)),
        ("7 Μαΐου 2015", "dmy", date(2015, 5, 7)),
        ("7-Φεβ-2015", "dmy", date(2015, 2, 7)),
        ("7 май 2015", "dmy", date(2015, 5, 7)),
        ("7.септ.2015 г.", "dmy", date(2015, 9, 7)),
        ("07.09.2015г.", "dmy", date(2015, 9, 7)),
        ("7\u00a0April\u00a02015", "dmy", date(2015, 4, 7)),
        ("7-jui-2015", "dmy", None),
        ("7-foo-2015", "dmy", None),
        ("31/02/2015", "dmy", None),
        ("13/13/2015", "dmy", None),
        ("2015", "dmy", None),
        ("soon", "dmy", None),
    ],
)
def test_a_day_is_read_as_it_is_meant(text: str, order: str, day: date | None) -> None:
    assert read_date(text, order) == day


def test_the_order_of_day_and_month_is_told_by_the_days_behind_the_twelfth() -> None:
    assert order_of(["01/02/2015", "13/02/2015"]) == ("dmy", True)
    assert order_of(["01/02/2015", "02/13/2015"]) == ("mdy", True)
    assert order_of(["2015-02-01"]) == ("ymd", True)
    assert order_of(["1-Feb-15"]) == ("dmy", True)
    assert order_of(["01/02/2015"]) == ("dmy", False)


def test_no_name_of_a_month_means_another_one() -> None:
    """What one language calls a month, no other calls another; so no language need be asked for."""
    names = [name for names in MONTHS for name in {plain(name) for name in names.split()}]
    assert len(names) == len(set(names))
    for number, known in enumerate(MONTHS, 1):
        for name in known.split():
            assert read_date(f"7 {name} 2015", "dmy") == date(2015, number, 7)
