"""A sum of payments is no payment: rows of totals are left out and listed, however they are labelled."""

from pathlib import Path

import pytest

from tests.make_spend import HEADINGS, Desk, as_csv, payments
from tests.service.test_spend_import import listed, reasons


@pytest.mark.parametrize(
    "row",
    [
        ("", "", "99999", "Total", ""),
        ("Alder Roofing Ltd Total", "", "80000.00", "", ""),
        ("Sub-total: Roofs", "", "5", "", ""),
        *(
            (label, "", "5.00", "", "")
            for label in ("Summe", "Totaal", "Totale", "Razem", "Sous-total", "Общо", "ΣΥΝΟΛΟ", "Suma", "Total général")
        ),
    ],
)
def test_a_row_with_a_label_of_totals_is_left_out(tmp_path: Path, row: tuple[str, ...]) -> None:
    folder, found = Desk(tmp_path).read(payments(row, ("Elm", "01/04/2024", "1.00", "T9", "")))
    assert (found.kept, reasons(found)) == (9, {"total": 1})
    assert listed(folder)[0]["reason"] == "The row is a total, or names neither supplier nor day."


@pytest.mark.parametrize(
    "row",
    [
        ("Total Gas & Power Ltd", "01/04/2024", "5.00", "T9", ""),
        ("Total Gas & Power Ltd", "", "5.00", "T9", ""),
        ("Totaljerkface Ltd", "", "5.00", "", ""),
        ("Elm", "", "5.00", "", ""),
    ],
)
def test_a_payment_to_a_firm_with_such_a_name_stays(tmp_path: Path, row: tuple[str, ...]) -> None:
    _, found = Desk(tmp_path).read(payments(row, ("Elm", "01/04/2024", "1.00", "T9", "")))
    assert (found.kept, found.left_out) == (10, ())


def test_a_firm_whose_name_begins_so_is_paid_where_no_row_has_a_day(tmp_path: Path) -> None:
    rows = [("Supplier", "Amount"), ("Total Gas & Power Ltd", "7.00"), ("Elm", "2.00"), ("Grand total", "9.00")]
    _, found = Desk(tmp_path).read(as_csv(rows))
    assert (found.kept, reasons(found)) == (2, {"total": 1})


def test_an_amount_that_is_the_sum_above_it_is_no_payment(tmp_path: Path) -> None:
    """Sums of groups and of all, without any label; one that is a penny off is a payment."""
    one, two = ("Elm", "01/04/2024", "1.00", "T1", ""), ("Elm", "02/04/2024", "2.00", "T2", "")
    subtotal, whole = ("Roads", "", "3.00", "", ""), ("Northgate Council", "", "6.01", "", "")
    other = ("Fir", "03/04/2024", "2.01", "T3", "")
    folder, found = Desk(tmp_path).read(
        as_csv([HEADINGS, one, two, subtotal, other, ("Fir", "", "1.00", "", ""), whole, ("Oak", "", "6.00", "", "")])
    )
    assert [line["row"] for line in listed(folder)] == ["4", "7"]
    assert (found.kept, str(found.total), reasons(found)) == (5, "12.01", {"sum": 2})


def test_the_last_row_is_looked_at_though_it_has_a_day(tmp_path: Path) -> None:
    _, found = Desk(tmp_path).read(payments(("All", "30/09/2024", "200000.00", "", "")))
    assert (found.kept, reasons(found)) == (8, {"sum": 1})
