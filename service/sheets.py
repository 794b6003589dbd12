"""Sheets that people fill in, workbooks or CSV: written so that nothing in them runs, read so that nothing is guessed.

A cell is told by its address, such as B7. Formulas, dates, percentages and errors are refused, never their cached
values read: what a supplier sees in its program and what a file holds can differ. Source: OWASP, CSV injection; ASVS
5.0, 1.2.10.
"""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib import import_module
from itertools import count
from typing import Any, Final, Literal, NamedTuple, ParamSpec, TypeVar

from service import inert
from service.problems import Fault, Refusal

P = ParamSpec("P")
T = TypeVar("T")

Format = Literal["xlsx", "csv"]
CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES: Final[dict[Format, str]] = {"xlsx": XLSX, "csv": CSV}

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 50
MOST_PARTS: Final = 1_000
MOST_UNPACKED: Final = 8_000_000
"""Bytes of an unpacked workbook; one that is filled in has a few hundred thousand."""
MOST_TAGS: Final = 1_000_000
"""Of all parts of a workbook; 20,000 rows of eight cells have as many."""
MOST_TAGS_OF_TEXTS: Final = 400_000
"""Of its texts."""
MOST_TAGS_OF_OTHERS: Final = 20_000
"""Of any other part than these and the sheets."""
MOST_TAGS_OF_A_ROW: Final = 5_000
AT_ONCE: Final = 2
"""So many sheets are read or written at once; further ones wait."""
_turn = asyncio.Semaphore(AT_ONCE)
_ONE_INSTANT = datetime.fromisoformat("2000-01-01")
"""When every sheet says that it was made, so that the same sheet is the same bytes; openpyxl takes no zone."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9][0-9.,'’\s]*")


class SheetUnreadable(Refusal):
    """The sheet cannot be read as it stands.

    Every cell that needs mending is named by its address, such as B7. Nothing of the sheet was kept. Take a fresh
    template, fill in its cells as text, and save it as a workbook (.xlsx) or as CSV in UTF-8.
    """

    status = 422


class Read(NamedTuple):
    """The rows of a sheet as text, and what is wrong with single cells, by their addresses."""

    rows: list[list[str]]
    faults: dict[str, Fault]

    def cell(self, row: int, column: int) -> str:
        """A cell's text, both counted from 1; empty where there is none. What was refused is empty too."""
        line = self.rows[row - 1] if row <= len(self.rows) else []
        return line[column - 1] if column <= len(line) else ""


async def beside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Read, judge or write a sheet beside the event loop; whoever waits for a turn should hold no connection."""
    async with _turn:
        return await asyncio.to_thread(work, *args, **kwargs)


def address(row: int, column: int) -> str:
    """The address of a cell, both counted from 1: row 7, column 2 is B7."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def ambiguous(text: str) -> tuple[str, str] | None:
    """What can be read as two numbers, and how to write the one that is meant; None for anything else."""
    text = text.strip()
    if not _GROUPED.fullmatch(text) or re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII):
        return None
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", text, re.ASCII):
        return (
            f"{text} may mean {text.replace('.', '')} or {text}0.",
            f"Write {text.replace('.', '')} if the point parts thousands, {text}0 if it parts decimals.",
        )
    if _NUMBER.fullmatch(text):
        return None
    return (
        f"{text} is written with marks that mean different things in different countries.",
        "Write a point before the decimals and nothing between thousands, such as 1234567.50.",
    )


# Writing


def write(rows: Sequence[Sequence[str]], form: Format, *, title: str = "Sheet", widths: Sequence[int] = ()) -> bytes:
    """A file with these rows. In a workbook every cell is text, so that a program neither runs nor rewrites it."""
    if form == "csv":
        return b"\xef\xbb\xbf" + inert.write(rows).encode()
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for number, row in enumerate(rows, 1):
        for place, text in enumerate(row, 1):
            cell = sheet.cell(number, place)
            cell.value, cell.data_type, cell.number_format = _INVALID.sub("�", text), "s", "@"
            cell.quotePrefix = inert.may_run(text)
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[address(1, place)[:-1]].width = width
    sheet.freeze_panes = "A3"
    book.properties.created = book.properties.modified = _ONE_INSTANT
    out_bytes = io.BytesIO()
    book.save(out_bytes)
    return out_bytes.getvalue()


_INVALID = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold."""


# Reading


def read(body: bytes, media_type: str) -> Read:
    """The rows of a file. Raises SheetUnreadable where it is no such file; faults of single cells are told beside them.

    Takes up to a second for the largest workbook: call it beside the event loop.
    """
    found = _read_workbook(body) if media_type == XLSX else _read_csv(body)
    rows: list[list[str]] = []
    faults: dict[str, Fault] = {}
    for number, row in enumerate(found, 1):
        if number > MOST_ROWS or len(row) > MOST_COLUMNS:
            raise SheetUnreadable(f"A sheet has at most {MOST_ROWS} rows and {MOST_COLUMNS} columns.")
        texts: list[str] = []
        for column, cell in enumerate(row, 1):
            if isinstance(cell, Fault):
                faults[address(number, column)] = Fault(address(number, column), cell.message, cell.mend)
            texts.append("" if isinstance(cell, Fault) else cell)
        rows.append(texts)
    return Read(rows, faults)


_Found = Iterator[list[str | Fault]]


def _read_csv(body: bytes) -> _Found:
    encoding = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        row = body.count(b"\n", 0, error.start) + 1
        mend = "Save it as “CSV UTF-8”; in which other encoding it is would be a guess."
        raise SheetUnreadable(
            f"Row {row} is not UTF-8.", faults=(Fault(f"row {row}", "A letter cannot be read.", mend),)
        ) from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(1_000_000)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number in count(1):
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            mend = "Save it anew as CSV; a cell with quotes or line ends stands in quotes."
            fault = Fault(address(number, 1), f"The row cannot be parted into cells: {error}.", mend)
            raise SheetUnreadable(f"It is no CSV from row {number} on.", faults=(fault,)) from None
        yield [_plain(cell) for cell in row]


def _plain(cell: str) -> str | Fault:
    """A cell of CSV without the apostrophes that held it back."""
    return _FORMULA if cell.startswith("=") else inert.take_back(cell)


_FORMULA = Fault("", "There is a formula.", "Put its value there as text; to begin a text with =, put ' before it.")


def _read_workbook(body: bytes) -> _Found:
    openpyxl: Any = import_module("openpyxl")
    try:
        book = openpyxl.load_workbook(_unpacked(body), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        # One row at a time: openpyxl fills each up to its last cell, and XFD7 alone makes a row of 16,384.
        for row in sheet.iter_rows(max_row=MOST_ROWS + 1):
            yield [_text(cell) for cell in row]
    except SheetUnreadable:
        raise
    except Exception as error:
        # openpyxl answers a broken file with whatever happens to break: KeyError, ValueError, ParseError, BadZipFile.
        kind = type(error).__name__
        raise SheetUnreadable(f"It is no workbook that can be opened ({kind}). Save it anew as .xlsx.") from error


def _unpacked(body: bytes) -> io.BytesIO:
    """The workbook with its parts unpacked, never more than MOST_UNPACKED of them, whatever their headers say.

    Refuses what unpacks to more, XML that declares entities, and what is not packed as workbooks are.
    """
    plain_bytes, left, tags = io.BytesIO(), MOST_UNPACKED, MOST_TAGS
    with zipfile.ZipFile(io.BytesIO(body)) as packed, zipfile.ZipFile(plain_bytes, "w") as plain:
        parts = packed.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise SheetUnreadable(f"The workbook has more than {MOST_PARTS} parts, or {MOST_UNPACKED} bytes unpacked.")
        for part in parts:
            if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise SheetUnreadable(f"Its part {part.filename} is not packed as workbooks are.")
            with packed.open(part) as member:
                # `packed.read(part)` unpacks up to a gigabyte before it looks at the size that the header names
                content = member.read(min(part.file_size, left))
            left -= len(content)
            if b"<!DOCTYPE" in content or content.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise SheetUnreadable(f"Its part {part.filename} is not written as workbooks are.")
            tags -= content.count(b"<")
            if tags < 0 or _takes_long(part.filename, content):
                raise SheetUnreadable(f"Its part {part.filename} is larger than that of a sheet which people fill in.")
            plain.writestr(part.filename, content)
    plain_bytes.seek(0)
    return plain_bytes


_ROW = re.compile(rb"<(?:[^\s<>/:]{1,100}:)?row[\s/>]")


def _takes_long(name: str, content: bytes) -> bool:
    """Whether a part would keep its reader busy: every tag of a style becomes an object, and a row is read at once."""
    if name.startswith("xl/worksheets/"):
        rows = _ROW.split(content)
        return len(rows) > MOST_ROWS + 2 or max(row.count(b"<") for row in rows) > MOST_TAGS_OF_A_ROW
    most = MOST_TAGS_OF_TEXTS if name.casefold() == "xl/sharedstrings.xml" else MOST_TAGS_OF_OTHERS
    return content.count(b"<") > most


def _text(cell: Any) -> str | Fault:
    """A cell of a workbook as text: numbers to the 15 digits that a spreadsheet has."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return _FORMULA
    if cell.data_type == "e":
        return Fault("", f"There is an error: {value}.", "Put the value there as text.")
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float() if "%" in (cell.number_format or ""):
            return Fault("", "It is shown as a percentage.", "Format the cell as text, and write the number again.")
        case int() | float():
            return format(Decimal(f"{value:.15g}"), "f")
        case datetime() | date() | time() | timedelta():
            return Fault("", "The program has made a date of it.", "Format the cell as text, and write it again.")
        case _:
            return str(value)
