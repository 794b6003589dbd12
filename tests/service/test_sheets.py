"""Sheets as files: nothing in them runs, nothing in them is guessed, and every fault has its cell."""

import contextlib
import csv
import io
import tracemalloc
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest

from service import sheets
from service.sheets import CSV, XLSX, SheetUnreadable, address, ambiguous, read, write

ROWS = [
    ["tenderscore bid", "x"],
    ["Field", "Value"],
    ["a", "=cmd|'/c calc'!A0"],
    ["b", "-5.00"],
    ["c", "Zürich\n„Straße“"],
]
DANGEROUS = ["=1+1", "+49 30", "-5 apples", "@SUM(A1)", "\t=1", "|x", "'=1", "''a"]


def workbook(**cells: Any) -> bytes:
    book = openpyxl.Workbook()
    for place, value in cells.items():
        book.active[place] = value
        if isinstance(value, float) and place.startswith("P"):
            book.active[place].number_format = "0%"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_was_written_is_read_again_to_the_letter_and_none_of_it_runs(form: sheets.Format) -> None:
    """Formulas of others, such as a supplier's name, are text in both forms, and come back as they were."""
    rows = [*ROWS, *[["d", text] for text in DANGEROUS]]
    body = write(rows, form)
    assert read(body, sheets.TYPES[form]) == (rows, {})
    if form == "xlsx":
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(body)).active.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} == {"s"}
        assert {cell.number_format for cell in cells} == {"@"}
    else:
        cells = [row[1] for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))]
        assert [cell for cell in cells if cell[:1] in tuple("=+-@\t|")] == ["-5.00"]


def test_a_cell_that_does_not_hold_its_value_is_refused_by_its_address() -> None:
    """A formula, a date, a percentage, an error: a program shows something else than the file holds."""
    day = date(2031, 3, 14)
    found = read(workbook(B3="=SUM(A1:A2)", B4=day, P5=0.05, B6="#N/A", B7=0.1 + 0.2, B8=1234567.5, B9=True), XLSX)
    assert sorted(found.faults) == ["B3", "B4", "B6", "P5"]
    assert [found.cell(row, 2) for row in (3, 7, 8, 9)] == ["", "0.3", "1234567.5", "yes"]
    assert found.cell(99, 99) == ""
    assert list(read(b"a,b\r\n1,=1+1\r\n", CSV).faults) == ["B2"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("Straße;1".encode("cp1252"), CSV),
        (b'a,"b\n', CSV),
        (b"PK\x03\x04 no zip", XLSX),
        (b"", XLSX),
        (b",".join([b"a"] * 60), CSV),
    ],
)
def test_what_is_no_sheet_is_refused(body: bytes, media_type: str) -> None:
    """Another encoding would be a guess; a broken file is said to be one."""
    with pytest.raises(SheetUnreadable):
        read(body, media_type)


def test_a_bomb_is_not_unpacked_and_entities_are_not_expanded() -> None:
    plain = workbook(A1="x")
    for name, content in (
        ("xl/media/image1.png", b"\0" * (sheets.MOST_UNPACKED + 1)),
        ("xl/worksheets/sheet2.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ):
        out = io.BytesIO(plain)
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name, content)
        with pytest.raises(SheetUnreadable):
            read(out.getvalue(), XLSX)


def test_a_part_that_says_it_is_small_is_believed_and_read_no_further() -> None:
    """Its header says 100 bytes and it would unpack to a hundred million: as many are read as it says."""
    out = io.BytesIO(workbook(A1="x"))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/image1.png", b"\0" * 100_000_000)
        packed.getinfo("xl/media/image1.png").file_size = 100
    tracemalloc.start()
    try:
        with contextlib.suppress(SheetUnreadable):
            read(out.getvalue(), XLSX)
        assert tracemalloc.get_traced_memory()[1] < 4 * sheets.MOST_UNPACKED
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["1.234", "1.234,50", "1,234", "1,5", "1 234.50", "1'234", "12.345.678", "1\u00a0234"])
def test_a_number_that_means_different_things_in_different_countries_is_not_read(text: str) -> None:
    """A price of 1.234 is a thousand in Munich and one in London."""
    assert ambiguous(text) is not None


@pytest.mark.parametrize("text", ["1234", "-5", "1234.50", "0.125", "1.2340", "1234.567", "yes", "12 apples", ""])
def test_a_number_that_means_one_thing_everywhere_is(text: str) -> None:
    assert ambiguous(text) is None


def test_addresses_are_those_of_spreadsheets() -> None:
    assert [address(7, column) for column in (2, 26, 27, 703)] == ["B7", "Z7", "AA7", "AAA7"]
    utf16 = "Feld;Wert\nStraße;1234.50\n".encode("utf-16")
    assert read(utf16, CSV).rows == [["Feld", "Wert"], ["Straße", "1234.50"]]
