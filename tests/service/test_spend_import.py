"""Every row of a file becomes a line or is on the list of those left out, with its reason; nothing is half imported."""

import csv
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from service.spend_columns import read_amount
from service.spend_import import LEFT_OUT, LINES, REASONS, Imported, Mapped
from tests.make_spend import HEADINGS, PAYMENTS, PLACES, REGISTER, Desk, as_csv, as_workbook, payments

PROJECT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SPEND_DATA", PROJECT.parent / "shared" / "data" / "spend"))
"""Files of a real council; who has none skips what needs them."""
FILES = sorted(DATA.glob("*.csv"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def listed(folder: Path) -> list[dict[str, str]]:
    """The list of rows that were left out."""
    with (folder / LEFT_OUT).open(newline="") as file:
        return list(csv.DictReader(file))


def reasons(found: Imported) -> dict[str, int]:
    return {one.reason: one.lines for one in found.left_out}


def test_a_plain_file_is_read_whole_and_summed_to_the_penny(desk: Desk) -> None:
    _, found = desk.read(payments())
    assert (found.rows, found.kept, found.left_out) == (8, 8, ())
    assert found.total == Decimal("200000.00")
    assert (found.first_paid_on, found.last_paid_on) == (date(2024, 4, 3), date(2024, 9, 21))
    assert (found.credits, found.credits_amount) == (1, Decimal("-5000.00"))
    assert (found.redacted, found.redacted_amount) == (1, Decimal("1000.00"))


MESSY = (
    (("Elm", "01/04/2024", "12", "T9", "x", "too much"), "fields"),
    (("", "", "", "", ""), "empty"),
    (HEADINGS, "heading"),
    (("Grand total", "", "200000.00", "", ""), "total"),
    (("", "", "55.00", "", ""), "total"),
    (("Elm", "01/04/2024", "", "T9", ""), "no-amount"),
    (("Elm", "01/04/2024", "n/a", "T9", ""), "amount"),
    (("Elm", "01/04/2024", "1.5E+03", "T9", ""), "amount"),
    (("Elm", "01/04/2024", "1,234,567,890,123,456,789.00", "T9", ""), "amount"),
    (("Elm", "01/04/2024", "-99,999,999,999,999,999.99", "T9", ""), "amount"),
    (("Elm", "31/04/2024", "12", "T9", ""), "date"),
)


@pytest.mark.parametrize(("row", "reason"), MESSY)
def test_a_row_that_is_no_payment_is_left_out_for_its_reason(desk: Desk, row: tuple[str, ...], reason: str) -> None:
    """It is counted, it is on the list with its row as a spreadsheet shows it, and it is in no sum."""
    folder, found = desk.read(payments(row, (*PAYMENTS[0][:3], "T99", "Roofs")))
    assert (found.rows, found.kept, reasons(found)) == (10, 9, {reason: 1})
    assert found.total == Decimal("260000.00")
    (line,) = listed(folder)
    assert (line["row"], line["reason"]) == ("10", REASONS[reason])


def test_a_firm_called_total_is_no_total(desk: Desk) -> None:
    _, found = desk.read(payments(("TOTAL GAS & POWER LTD", "01/04/2024", "12.00", "T9", "Gas")))
    assert (found.kept, found.total) == (9, Decimal("200012.00"))


@pytest.mark.parametrize("name", ["Redactive Media Sales Ltd", "Confidential Shredding Ltd", "Personnel Data Ltd"])
def test_firms_whose_names_only_sound_so_are_not_redacted(desk: Desk, name: str) -> None:
    _, found = desk.read(
        payments((name, "01/04/2024", "1.00", "T9", "x"), ("NAME REDACTED", "01/04/2024", "1", "", ""))
    )
    assert found.redacted == 2


def test_a_missing_day_or_name_is_kept_and_counted_as_missing(desk: Desk) -> None:
    _, found = desk.read(payments(("Elm", "", "1.00", "T9", ""), ("", "01/04/2024", "1.00", "T9", "")))
    assert found.kept == 10
    assert found.missing == {"supplier": 1, "paid_on": 1, "category": 2}


def test_the_list_never_runs_in_a_spreadsheet(desk: Desk) -> None:
    """What somebody wrote into a cell to be run by whoever opens the list is text; a negative amount stays one."""
    evil = '=HYPERLINK("http://evil.example","x")'
    folder, _ = desk.read(payments((evil, "31/02/2024", "-5.00", "T9", "@SUM(A1)")))
    (line,) = listed(folder)
    assert (line["supplier"], line["category"], line["amount"]) == ("'" + evil, "'@SUM(A1)", "-5.00")


def test_amounts_in_other_currencies_are_left_out(desk: Desk) -> None:
    rows = [(*HEADINGS, "Currency"), (*PAYMENTS[0], "GBP"), (*PAYMENTS[1], "EUR"), (*PAYMENTS[2], "")]
    _, found = desk.read(as_csv(rows))
    assert (found.kept, reasons(found)) == (2, {"currency": 1})


@pytest.mark.parametrize(
    ("amount", "kept"),
    [("€500", 8), ("500 USD", 8), ("500 EUR", 8), ("500\u202fEUR", 8), ("EUR500.00", 8), ("£500", 9), ("500 GBP", 9)],
)
def test_a_mark_of_another_currency_is_one(desk: Desk, amount: str, kept: int) -> None:
    """500 euros are not 500 pounds, whatever the file's currency is said to be."""
    folder, found = desk.read(payments(("Elm", "01/04/2024", amount, "T9", "")))
    assert found.kept == kept
    assert [line["reason"] for line in listed(folder)] == ["The amount is in another currency."] * (9 - kept)


def test_more_than_two_decimals_are_rounded_and_told(desk: Desk) -> None:
    _, found = desk.read(payments(("Elm", "01/04/2024", "0.335", "T9", ""), ("Elm", "01/04/2024", "0.500", "T9", "")))
    assert (found.rounded, found.total) == (1, Decimal("200000.84"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_same_payments_in_any_writing_are_the_same_lines(desk: Desk, codec: str, mark: str) -> None:
    """Encoding, delimiter, line ends and quotes change nothing: sums, days and missing parts are those of the first."""
    _, plain = desk.read(payments(("Müller & Söhne", "01/04/2024", "1.00", "T9", "Café")))
    rows = [HEADINGS, *PAYMENTS, ("Müller & Söhne", "01/04/2024", "1.00", "T9", "Café")]
    for options in ({}, {"lineterminator": "\n"}, {"quoting": csv.QUOTE_ALL}):
        _, found = desk.read(as_csv(rows, delimiter=mark, **options).decode().encode(codec))
        assert found == plain


def test_the_quick_way_and_the_slow_way_give_the_same_lines(desk: Desk) -> None:
    """A row with too many cells sends the file the slow way; without that row the result is the same to the byte."""
    many = [(f"Firm {n}", "01/04/2024", f"{n}.00", f"X{n}", "Roofs") for n in range(500)]
    _, quick = desk.read(payments(*many))
    _, slow = desk.read(payments(*many, ("a", "01/04/2024", "1", "b", "c", "d")))
    assert msgspec.structs.replace(slow, rows=quick.rows, left_out=()) == quick


def test_mixed_line_ends_and_stray_quotation_marks_lose_no_row(desk: Desk) -> None:
    """Files that were put together from several: lines end in two ways, inches and nicknames stand in the open."""
    content = payments() + b'Elm,01/04/2024,1.00,T9,7" pipe\n"Oak ""Bob"" Ltd" x,01/04/2024,2.00,T10,y\r\n'
    _, found = desk.read(content)
    assert (found.rows, found.kept, found.total) == (10, 10, Decimal("200003.00"))


def test_a_workbook_gives_the_lines_of_the_text(desk: Desk) -> None:
    rows = [list(HEADINGS), *[[name, day, float(amount), *more] for name, day, amount, *more in PAYMENTS]]
    _, found = desk.read(as_workbook({"April": rows}))
    _, plain = desk.read(payments())
    assert found == plain


def test_nothing_is_half_imported(desk: Desk) -> None:
    """A fault in the last row of many leaves no line at all."""
    many = [(f"Firm {n}", "01/04/2024", f"{n}.00", f"X{n}", "Roofs") for n in range(2000)]
    fault = desk.refused(payments(*many) + b"Elm,01/04/2024,1.00,T\0,x\n")
    assert (fault.row, fault.column) == (2010, "character 22")


def test_a_column_that_is_not_there_is_refused(desk: Desk) -> None:
    fault = desk.refused(payments(), Mapped(columns={"amount": 9}))
    assert "column 9" in fault.message


def test_a_mapping_that_takes_another_column_for_the_amount_leaves_all_out(desk: Desk) -> None:
    """A wrong mapping does no harm: every row is on the list."""
    folder, found = desk.read(payments(), Mapped(columns={"amount": 1, "supplier": 2}))
    assert (found.kept, found.total, len(listed(folder))) == (0, 0, 8)


def test_a_register_and_a_list_of_places_are_read_as_well(desk: Desk) -> None:
    _, register = desk.read(as_csv([*REGISTER, ("", "1", "", "", "")]), None, "register")
    assert (register.kept, reasons(register)) == (4, {"needed": 1})
    folder, places = desk.read(as_csv([*PLACES, ("X1", "")]), None, "places")
    assert (places.kept, len(listed(folder))) == (4, 1)


@pytest.mark.skipif(not FILES, reason="the real council's files are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_files_are_read_to_the_last_row_and_penny(desk: Desk, path: Path) -> None:
    """Six quarters with changing headings, redactions and credit notes: our sum is that of the plain csv reader."""
    folder, found = desk.read(path.read_bytes())
    with path.open(newline="", encoding="utf-8") as file:
        heading, *rows = list(csv.reader(file))
    place = [cell.casefold() for cell in heading].index("amount")
    amounts = [read_amount(row[place], ".") for row in rows]
    assert (found.rows, found.kept) == (len(rows), len(rows) - len(listed(folder)))
    assert found.total == sum(amount for amount in amounts if amount is not None)
    redacted = [row for row in rows if "redacted" in ",".join(row).casefold()]
    assert found.redacted == len(redacted)
    assert (folder / LINES).stat().st_size < path.stat().st_size
