"""What a file looks like is shown before anything of it counts, with everything that a person should look at."""

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from service.spend_import import Mapped
from service.spend_reading import Layout
from tests.make_spend import HEADINGS, Desk, as_csv, payments


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_decimal_comma_is_found(desk: Desk) -> None:
    rows = [HEADINGS, ("Elm", "01.04.2024", "1.054,10", "T1", ""), ("Elm", "13.04.2024", "-2,5", "T2", "")]
    assert desk.look(as_csv(rows, delimiter=";")).mapping.decimal_mark == ","
    _, found = desk.read(as_csv(rows, delimiter=";"))
    assert (found.total, found.last_paid_on) == (Decimal("1051.60"), date(2024, 4, 13))


def test_doubts_are_told_before_the_import(desk: Desk) -> None:
    rows = [("Who", "Paid Date", "Betrag"), ("Elm", "01/02/2024", "many")]
    doubts = desk.look(as_csv(rows)).doubts
    assert any("`supplier`" in doubt for doubt in doubts)
    assert any("'many'" in doubt for doubt in doubts)
    assert any("day or the month" in doubt for doubt in doubts)
    assert desk.look(payments()).doubts == ()


def test_a_preview_shows_each_column_with_what_it_was_taken_for(desk: Desk) -> None:
    seen = desk.look(payments())
    assert [(one.number, one.field) for one in seen.columns] == [
        (1, "supplier"),
        (2, "paid_on"),
        (3, "amount"),
        (4, "transaction"),
        (5, "category"),
    ]
    assert seen.columns[2].samples == ("60000.00", "20000.00", "80000.00")
    assert seen.mapping == Mapped(
        layout=Layout(), columns={"amount": 3, "supplier": 1, "paid_on": 2, "category": 5, "transaction": 4}
    )


def test_a_point_that_may_part_thousands_is_a_doubt(desk: Desk) -> None:
    rows = [("Supplier", "Amount"), ("Elm", "1.234"), ("Oak", "17")]
    assert any("'1.234'" in doubt for doubt in desk.look(as_csv(rows)).doubts)
    assert desk.look(as_csv([*rows, ("Fir", "1.5")])).doubts == ()


def test_the_currency_is_that_of_the_marks_beside_the_amounts(desk: Desk) -> None:
    rows = [("Supplier", "Amount"), ("Elm", "€5.00"), ("Oak", "€7.00"), ("Fir", "£2.00")]
    seen = desk.look(as_csv(rows))
    assert seen.mapping.currency == "EUR"
    assert any("several currencies" in doubt for doubt in seen.doubts)
    assert desk.look(as_csv([("Supplier", "Amount"), ("Elm", "£5")])).doubts == ()


def test_dates_that_are_none_are_a_doubt(desk: Desk) -> None:
    rows = [HEADINGS, ("Elm", "13 avril 2024", "5", "T1", ""), ("Oak", "Easter", "7", "T2", "")]
    assert desk.look(as_csv(rows)).doubts == ("1 of the first 2 dates are no dates, such as 'Easter'.",)


@pytest.mark.parametrize("cell", ["EUR", "eur", "€", "Euro", " EURO "])
def test_a_column_of_currencies_is_asked_first(desk: Desk, cell: str) -> None:
    """What every row says is the currency to propose, however it is written, and its rows are kept."""
    rows = [("Lieferant", "Betrag", "Währung"), ("Elm", "5,00", cell), ("Oak", "7,50", cell), ("Fir", "1,00", "")]
    seen = desk.look(as_csv(rows, delimiter=";"))
    assert (seen.mapping.currency, seen.doubts) == ("EUR", ())
    _, found = desk.read(as_csv(rows, delimiter=";"))
    assert (found.kept, found.total) == (3, Decimal("13.50"))


def test_rows_in_other_currencies_are_a_doubt(desk: Desk) -> None:
    rows = [("Supplier", "Amount", "Currency"), ("Elm", "5", "EUR"), ("Oak", "7", "EUR"), ("Fir", "2", "Swiss")]
    (doubt,) = desk.look(as_csv(rows)).doubts
    assert doubt == "1 of the first 3 currencies, such as 'Swiss', are not EUR; their rows will be left out."
    assert desk.read(as_csv(rows))[1].kept == 2


def test_a_mark_of_several_currencies_is_the_one_that_was_confirmed(desk: Desk) -> None:
    rows = [("Supplier", "Amount", "Currency"), ("Elm", "5", "$"), ("Oak", "7", "€")]
    seen = desk.look(as_csv(rows)).mapping
    assert desk.read(as_csv(rows), replace(seen, currency="CAD"))[1].total == 5


def test_headings_of_other_scripts_are_known(desk: Desk) -> None:
    greek = desk.look("Προμηθευτής;Ποσό;Ημερομηνία\nΆλφα;5,00;13/04/2024\n".encode("cp1253"))
    assert greek.mapping.columns == {"supplier": 1, "amount": 2, "paid_on": 3}
    assert any("cp1253" in doubt for doubt in greek.doubts)
    assert desk.look("Доставчик;Сума\nАлдер;5,00\n".encode("cp1251")).mapping.columns == {"supplier": 1, "amount": 2}


def test_an_amount_and_a_day_without_a_heading_for_them_are_found_by_their_cells_and_doubted(desk: Desk) -> None:
    """Not numbers of documents, not VAT, not what a contract is worth, not the day on which it began."""
    rows = [
        ("Supplier", "Doc", "Contract value", "Contract start", "VAT", "Cleared", "Sterling", "Latitude"),
        ("Elm", "46285340", "90000.00", "01/02/2023", "2.50", "13/04/2024", "12.50", "51.7520131"),
        ("Oak", "46285341", "80000.00", "01/02/2023", "1.40", "14/04/2024", "-7", "51.7520132"),
    ]
    seen = desk.look(as_csv(rows))
    assert seen.mapping.columns == {"supplier": 1, "paid_on": 6, "amount": 7}
    assert seen.doubts == (
        "No heading says which column is `paid_on`; by their first rows it may be 6 'Cleared'.",
        "No heading says which column is `amount`; by their first rows it may be 7 'Sterling'.",
    )
    assert desk.read(as_csv(rows))[1].total == Decimal("5.50")


def test_all_columns_that_may_be_the_amount_are_told(desk: Desk) -> None:
    rows = [("Supplier", "A", "B"), ("Elm", "12.50", "15.00"), ("Oak", "7.00", "8.40")]
    seen = desk.look(as_csv(rows))
    assert seen.mapping.columns["amount"] == 2
    assert any("2 'A', 3 'B'" in doubt for doubt in seen.doubts)


def test_no_amount_is_guessed_from_bare_numbers(desk: Desk) -> None:
    """They may be years, accounts or numbers of documents."""
    seen = desk.look(as_csv([("Supplier", "A", "B"), ("Elm", "2024", "46285340"), ("Oak", "2023", "46285341")]))
    assert "amount" not in seen.mapping.columns
    assert seen.doubts == ("No column was taken for `amount`, which is needed.",)


def test_words_that_the_cells_belie_are_not_followed(desk: Desk) -> None:
    """Net says N and G, Paid says yes and no: neither is an amount."""
    rows = [("Supplier", "Net", "Paid", "Gross"), ("Elm", "N", "Yes", "12.50"), ("Oak", "G", "No", "7.00")]
    seen = desk.look(as_csv(rows))
    assert (seen.mapping.columns, seen.doubts) == ({"supplier": 1, "amount": 4}, ())


def test_a_title_above_the_headings_is_not_taken_for_them(desk: Desk) -> None:
    rows = [
        ("Total amount paid to suppliers", "", ""),
        ("Supplier/Beneficiary name", "Cleared Date", "AP Amount (£)"),
        ("Gross & Net Total Amount plc", "13/04/2024", "12.50"),
    ]
    seen = desk.look(as_csv(rows))
    assert seen.mapping.layout.heading_row == 2
    assert seen.mapping.columns == {"supplier": 1, "paid_on": 2, "amount": 3}


REAL = Path(os.environ.get("SPEND_DATA", Path(__file__).parents[3] / "shared" / "data" / "spend"))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_real_files_of_a_city_are_understood_as_they_are(desk: Desk) -> None:
    """Six quarters with four sets of headings: always the same fields, and nothing was guessed."""
    for path in sorted(REAL.glob("*.csv")):
        seen = desk.look(path.read_bytes())
        assert {"supplier", "amount", "paid_on", "transaction"} <= set(seen.mapping.columns)
        assert not any("No heading says" in doubt for doubt in seen.doubts)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("heading", ["AP Amount (£)", "Invoice Amount Excl. VAT", "Net", "Zzz"])
def test_a_real_file_under_another_heading_of_its_amounts_is_understood(desk: Desk, heading: str) -> None:
    """Whatever a council calls them, the amounts of its lines are found."""
    for path in sorted(REAL.glob("*.csv")):
        head, lines = path.read_text("cp1252").split("\n", 1)
        changed = re.sub("(?i)(?<=,)amount(?=,)", heading, head)
        seen = desk.look(f"{changed}\n{lines}".encode())
        assert seen.columns[seen.mapping.columns["amount"] - 1].heading == heading
        assert any("No heading says" in doubt for doubt in seen.doubts) == (heading == "Zzz")
