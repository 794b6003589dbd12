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
        ("", "", "5.00", "", "Roofs total"),
        ("", "", "5.00", "", "Total Roofs"),
        ("Elm Ltd", "", "5.00", "", "Total"),
        ("Total for March", "", "5.00", "", "Roofs"),
        ("Total net amount", "", "5.00", "", "Roofs"),
        *(
            (label, "", "5.00", "", "")
            for label in ("Grand Total", "Report total:", "Sum:", "Total 2024", "March total:")
        ),
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
        ("Total Energies Gas & Power Ltd", "", "5.00", "", "Gas"),
        ("Total Energies Gas & Power Ltd", "", "5.00", "", ""),
        ("Suma Wholefoods", "", "5.00", "", ""),
        ("Fitness Total", "", "5.00", "", "Gym"),
        ("Elm", "", "5.00", "", "Roof works, lump sum"),
        ("", "", "5.00", "", "Lump sum"),
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
    """Sums of groups and of all, without any clear label; one that is a penny off is a payment."""
    one, two = ("Elm", "01/04/2024", "1.00", "T1", ""), ("Elm", "02/04/2024", "2.00", "T2", "")
    subtotal, whole = ("", "", "3.00", "", "Roads"), ("Total Council", "", "6.01", "", "")
    other = ("Fir", "03/04/2024", "2.01", "T3", "")
    folder, found = Desk(tmp_path).read(
        as_csv([HEADINGS, one, two, subtotal, other, ("Fir", "", "1.00", "", ""), whole, ("Oak", "", "6.00", "", "")])
    )
    assert [line["row"] for line in listed(folder)] == ["4", "7"]
    assert (found.kept, str(found.total), reasons(found)) == (5, "12.01", {"sum": 2})


def test_the_last_row_is_looked_at_though_it_has_a_day(tmp_path: Path) -> None:
    _, found = Desk(tmp_path).read(payments(("", "30/09/2024", "200000.00", "", "All")))
    assert (found.kept, reasons(found)) == (8, {"sum": 1})


def test_what_a_supplier_is_paid_may_be_any_sum(tmp_path: Path) -> None:
    """The last payment equals those before it; a credit and the new bill have no day; all of them are payments."""
    desk = Desk(tmp_path)
    one, two = ("Elm", "01/04/2024", "100.00", "T1", ""), ("Oak", "02/04/2024", "250.00", "T2", "")
    for last in (
        ("Fir", "03/04/2024", "350.00", "T3", ""),
        ("Fir", "03/04/2024", "350.00", "", ""),
        ("Fir", "", "350.00", "", ""),
        ("", "03/04/2024", "350.00", "T3", ""),
        ("Total Energies Ltd", "03/04/2024", "350.00", "", ""),
    ):
        _, found = desk.read(as_csv([HEADINGS, one, two, last]))
        assert (found.kept, found.left_out) == (3, ()), last
    credit, rebill = ("Elm", "", "-50.00", "", ""), ("Elm", "", "50.00", "", "")
    _, found = desk.read(as_csv([HEADINGS, one, credit, rebill]))
    assert (found.kept, str(found.total)) == (3, "100.00")
    nameless = [(day, amount, "T") for _, day, amount, *_ in (one, two, ("", "", "350.00"))]
    _, found = desk.read(as_csv([("Paid Date", "Amount", "Trans No"), *nameless]))
    assert found.kept == 3
