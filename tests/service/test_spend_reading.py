"""Files that are hard to read, and files that are made to harm: a clear fault with its place, or the rows."""

import io
import zipfile
from pathlib import Path

import pytest

from service import spend_reading
from service.spend_encodings import encoding_of
from service.spend_reading import Layout, Table, UnreadableFile, delimiter_of, head_of, put_right, table_of
from tests.make_spend import as_workbook

TEXT = "Supplier,Date,Amount\nAlder,01/04/2024,1.00\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


def read(source: Path, content: bytes, layout: Layout | None = None) -> Table:
    source.write_bytes(content)
    head = head_of(source, "payments", layout)
    return table_of(source, head.layout, source.parent)


def rows(source: Path, content: bytes, layout: Layout | None = None) -> list[str]:
    """The rows behind the heading, put right, as lines."""
    folder = source.parent
    return put_right(read(source, content, layout), folder).path.read_text().splitlines()


def refused(source: Path, content: bytes, layout: Layout | None = None) -> tuple[str, int | None, str | None]:
    """Message, row and column of the fault that a file must have."""
    with pytest.raises(UnreadableFile) as caught:
        rows(source, content, layout)
    assert caught.value.fault.mend
    return caught.value.fault.message, caught.value.fault.row, caught.value.fault.column


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_found_and_names_come_through(source: Path, codec: str, encoding: str) -> None:
    """Müller stays Müller, and a pound sign a pound sign, in every encoding that offices use."""
    text = "Supplier,Date,Amount\nMüller,01/04/2024,£1.00\n"
    table = read(source, text.encode(codec))
    assert table.layout.encoding == encoding
    assert table.path.read_text(encoding="utf-8-sig") == text
    assert (table.headings, table.lines) == (("Supplier", "Date", "Amount"), 1)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters_are_found_though_amounts_have_commas(source: Path, mark: str) -> None:
    assert delimiter_of([f"Name{mark}Paid", f"Alder{mark}1,054", f"Birch{mark}7"]) == mark
    line = mark.join(["Alder", "01/04/2024", '"1,054.00"'])
    assert read(source, f"{mark.join(['Supplier', 'Date', 'Amount'])}\n{line}\n".encode()).layout.delimiter == mark


def test_titles_above_the_heading_are_passed_over(source: Path) -> None:
    content = b"Payments over 500 pounds,,\n,,\nSupplier Name,Paid Date,Amount\nAlder,01/04/2024,1.00\n"
    table = read(source, content)
    assert (table.layout.heading_row, table.skip, table.lines) == (3, 3, 1)


def test_a_last_line_without_its_end_is_a_line(source: Path) -> None:
    assert read(source, TEXT.encode().rstrip()).lines == 1
    assert read(source, TEXT.replace("\n", "\r\n").encode()).lines == 1


def test_short_rows_are_filled_and_long_ones_marked(source: Path) -> None:
    """Nothing of a row with too many cells is lost, and it does not push its neighbours aside."""
    content = TEXT.encode() + b"Birch\n\nCedar,Oak,01/04/2024,2.00\nElm,02/04/2024,3.00,,\n"
    assert rows(source, content)[1:] == [
        '"","Birch","",""',
        '"","","",""',
        '"fields","Cedar","Oak","01/04/2024,2.00"',
        '"","Elm","02/04/2024","3.00"',
    ]


def test_quoted_cells_keep_commas_quotes_and_lines(source: Path) -> None:
    content = TEXT.encode() + b'"Birch, ""Sons""\nand Co",02/04/2024,3.00\n'
    assert rows(source, content)[1:] == ['"","Birch, ""Sons""', 'and Co","02/04/2024","3.00"']


def test_a_quotation_mark_that_never_closes_is_named_by_its_row(source: Path) -> None:
    """It would swallow every row behind it, and the sum would be short without anybody knowing."""
    more = b"".join(b"Elm,02/04/2024,3.00\n" for _ in range(30))
    message, row, column = refused(source, TEXT.encode() + b'"Birch,02/04/2024,3.00\n' + more)
    assert (row, column) == (3, "column 1")
    assert "does not close" in message
    assert refused(source, TEXT.encode() + b'"Birch,02/04/2024,3.00\nElm,1,2\n')[1] == 3
    inches = Layout(quoting="none")
    assert len(rows(source, TEXT.encode() + b'7" pipe,02/04/2024,3.00\n' + more, inches)) == 32


def test_a_nul_is_named_by_its_row_and_place(source: Path) -> None:
    assert refused(source, TEXT.encode() + b"Bir\0ch,02/04/2024,3.00\n", Layout())[1:] == (3, "character 4")


def test_mixed_encodings_are_named_by_their_row_and_place(source: Path) -> None:
    """UTF-8 at first and Windows-1252 behind: to read all in either would spoil names in silence."""
    content = TEXT.encode() + "Müller,1,2\n".encode() + "Café,1,2\n".encode("cp1252")
    message, row, column = refused(source, content, Layout(encoding="utf-8"))
    assert (row, column) == (4, "character 4")
    assert "0xe9" in message
    control = rows(source, content.replace("Café".encode("cp1252"), "Café".encode()), Layout(encoding="utf-8"))
    assert len(control) == 3


def test_a_line_without_end_is_refused_before_memory_is_full(source: Path) -> None:
    content = TEXT.encode() + b"x" * 6_000_000 + b",1,2\n"
    message, row, _ = refused(source, content)
    assert row == 3
    assert "more than 1000000" in message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"," * 500 + b"\n"])
def test_what_has_no_heading_is_refused(source: Path, content: bytes) -> None:
    refused(source, content)


def test_a_byte_that_windows_does_not_have_is_named(source: Path) -> None:
    assert refused(source, TEXT.encode() + b"A\x9d,1,2\n", Layout(encoding="cp1252"))[1:] == (3, "character 2")


def test_encoding_of_a_beginning_that_cuts_a_letter_is_still_utf_8() -> None:
    assert encoding_of("Müller".encode()[:2]) == "utf-8"


# Workbooks


def test_a_workbook_is_read_by_the_sheet_that_has_our_headings(source: Path) -> None:
    """Numbers come as their digits, not as what binary makes of them; rows keep the numbers that people see."""
    book = as_workbook(
        {
            "Notes": [["About this file"]],
            "Data": [["Payments"], [], ["Supplier Name", "Paid Date", "Amount"], ["Alder", 45385, 1054.1]],
        }
    )
    table = read(source, book)
    assert (table.layout.sheet, table.layout.heading_row) == ("Data", 3)
    assert put_right(table, source.parent).path.read_text().splitlines() == ['"","Alder","45385","1054.1"']


def test_a_formula_is_never_worked_out(source: Path) -> None:
    """What the program that wrote the file has stored counts; where there is nothing, there is nothing."""
    book = as_workbook({"Data": [["Supplier Name", "Paid Date", "Amount"], ["Alder", "01/04/2024", "=1+1"]]})
    assert rows(source, book) == ['"","Alder","01/04/2024",""']


def test_a_zip_bomb_is_refused_by_what_it_would_unpack_to(source: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 40_000_000)
    message, _, _ = refused(source, out.getvalue())
    assert "unpacks to 40000000 bytes" in message


@pytest.mark.parametrize("content", [b"PK\x03\x04 and then nothing", b"\xd0\xcf\x11\xe0 nothing either"])
def test_a_broken_workbook_is_refused(source: Path, content: bytes) -> None:
    assert "cannot be opened" in refused(source, content)[0]


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(source: Path) -> None:
    book = as_workbook({"Data": [["Supplier Name", "Amount"], ["Alder", 1]]})
    assert "'Old'" in refused(source, book, Layout(sheet="Old"))[0]


def test_the_slow_way_and_the_quick_way_count_the_same_rows(source: Path) -> None:
    """Every line of a plain file is one row, whichever way it is read."""
    content = TEXT.encode() + b"".join(f"S{n},02/04/2024,{n}.00\n".encode() for n in range(1000))
    table = read(source, content)
    assert put_right(table, source.parent).lines == table.lines == 1001
    assert spend_reading.LONGEST_LINE < 4 * 1024 * 1024
