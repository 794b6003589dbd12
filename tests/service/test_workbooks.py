"""A workbook of a few kilobytes that would be billions of cells is refused before it is read."""

import io
import time
import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest

from service import sheets, workbooks
from service.catalogue_reading import read_catalogue
from service.sheets import XLSX, SheetUnreadable
from service.spend_reading import UnreadableFile, head_of

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ROWS = 20_000


def workbook(rows: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook whose only sheet, or another part, is written by hand."""
    plain, out = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in made.namelist():
            packed.writestr(name, rows if name == part else made.read(name))
    return out.getvalue()


def sheet(rows: str) -> bytes:
    return workbook(f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>')


@pytest.fixture(scope="module")
def wide() -> bytes:
    """A cell in column A, and one in the last column of every row."""
    last = "".join(f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>' for row in range(2, ROWS + 1))
    return sheet(f'<row r="1"><c r="A1"><v>1</v></c></row>{last}')


def test_corpus_a_sheet_whose_rows_reach_the_last_column_costs_no_memory_and_no_time(wide: bytes) -> None:
    """A hundred kilobytes that once took 50 seconds and gigabytes of whatever process read them."""
    assert len(wide) < 200_000
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(SheetUnreadable, match="50 columns"):
            sheets.read(wide, XLSX)
        assert tracemalloc.get_traced_memory()[1] < 8 * sheets.MOST_UNPACKED
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "body",
    [
        sheet("<row>" + "<c/>" * 500_000 + "</row>"),
        sheet('<row r="1"><c r="A1"/></row>' * 100_000),
        workbook(f'<styleSheet xmlns="{MAIN}"><fonts>{"<font/>" * 500_000}</fonts></styleSheet>', "xl/styles.xml"),
    ],
    ids=["cells without an address", "one row again and again", "styles"],
)
def test_corpus_a_sheet_that_would_keep_its_reader_busy_is_refused_before_it_is_read(body: bytes) -> None:
    """What becomes an object for every tag is counted first."""
    began = time.process_time()
    with pytest.raises(SheetUnreadable, match="larger"):
        sheets.read(body, XLSX)
    assert time.process_time() - began < 5


def test_payments_and_catalogues_that_reach_the_last_column_are_refused(wide: bytes, tmp_path: Path) -> None:
    path = tmp_path / "wide.xlsx"
    path.write_bytes(wide)
    with pytest.raises(UnreadableFile, match="XFD2"):
        head_of(path, "payments", None)
    assert "XFD2" in read_catalogue(path).faults[0].message


def test_a_cell_far_to_the_right_that_is_only_coloured_counts_for_nothing(tmp_path: Path) -> None:
    """Spreadsheet programs write such cells for whole rows that somebody has coloured."""
    path = tmp_path / "coloured.xlsx"
    path.write_bytes(sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="0"/><c r="XFC1"></c></row>'))
    workbooks.check(path, 1_000_000)
    assert head_of(path, "payments", None).rows[0][0] == "1"
    with pytest.raises(ValueError, match="unpacks"):
        workbooks.check(path, 1_000)


def test_a_damaged_workbook_is_refused(wide: bytes, tmp_path: Path) -> None:
    """A byte that was turned in its packed sheet breaks the packing, not the reader."""
    path = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(io.BytesIO(wide)) as packed:
        at = packed.getinfo("xl/worksheets/sheet1.xml").header_offset
    broken = bytearray(wide)
    broken[at + 80 : at + 90] = b"\xff" * 10
    path.write_bytes(broken)
    with pytest.raises(UnreadableFile):
        head_of(path, "payments", None)
    assert read_catalogue(path).faults
