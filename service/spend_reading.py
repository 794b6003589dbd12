"""A file as councils publish it, made readable: its encoding, delimiter and heading found, every fault with its place.

Text in UTF-8, UTF-16 or an encoding of one byte a letter, or a workbook. Nothing is guessed in silence: what cannot be
read without doubt is `Unreadable`, with row and column, and nothing of the file is imported then.
"""

import codecs
import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from service import workbooks
from service.spend_columns import SLIP, Kind, is_listed, meaning_of
from service.spend_encodings import Encoding, codec_of, encoding_of

Delimiter = Literal[",", ";", "\t", "|"]
Quoting = Literal["double", "none"]

LONGEST_LINE: Final = 1_000_000
"""Bytes; no line of payments has as many."""
MOST_COLUMNS: Final = 200
MOST_LINES_OF_A_CELL: Final = 20
"""A quoted text that goes on for longer was never meant to be one."""
HEAD_ROWS: Final = 40
"""So far down a heading is looked for."""
WORKBOOK_BYTES: Final = 1_000_000_000
"""Of an unpacked workbook."""
WORKBOOK_RATIO: Final = 300
"""A workbook that unpacks to more times its size is no workbook of payments."""
NEWLINE: Final = b"\n"
_BLOCK = 4 * 1024 * 1024
_DELIMITERS: tuple[Delimiter, ...] = (",", ";", "\t", "|")


class Layout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file is written. `quoting` is `none` where quotation marks are text, such as inches.

    `heading_row` counts from 1 as a spreadsheet does; rows above it are titles. `sheet` is for workbooks alone.
    """

    encoding: Encoding = "utf-8"
    delimiter: Delimiter = ","
    quoting: Quoting = "double"
    heading_row: Annotated[int, Meta(ge=1, le=1000)] = 1
    sheet: Annotated[str, Meta(max_length=100)] = ""


class Unreadable(Struct, frozen=True, kw_only=True):
    """Why a file cannot be read: what is wrong, in which row (from 1) and column, and what helps."""

    message: str
    mend: str
    row: int | None = None
    column: str | None = None


class UnreadableFile(Exception):
    """Carries an Unreadable to whoever reads the file."""

    def __init__(self, message: str, mend: str, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.fault = Unreadable(message=message, mend=mend, row=row, column=column)


class Head(NamedTuple):
    """The first rows of a file and how it is written; a workbook's sheets."""

    layout: Layout
    rows: list[list[str]]
    sheets: tuple[str, ...]


class Table(NamedTuple):
    """A file as UTF-8 text with a delimiter: behind `skip` lines of titles and heading its rows begin.

    `lines` counts those that follow; a quoted text may take several. `marked`: a first column says what is wrong with a
    row, because rows were put right.
    """

    path: Path
    layout: Layout
    headings: tuple[str, ...]
    skip: int
    lines: int
    marked: bool


def starts_as_workbook(source: Path) -> bool:
    """Whether the file at a path is a workbook by its first bytes."""
    with source.open("rb") as file:
        return is_workbook(file.read(8))


def is_workbook(start: bytes) -> bool:
    """Whether a file begins as workbooks do: zipped, or as the older ones."""
    return start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def _undecodable(error: UnicodeDecodeError, encoding: Encoding, before: int, block: bytes) -> UnreadableFile:
    """The fault with its row and its character within the row."""
    row = before + block.count(b"\n", 0, error.start) + 1
    place = error.start - block.rfind(b"\n", 0, error.start)
    other = "cp1252" if encoding == "utf-8" else "utf-8"
    return UnreadableFile(
        f"The byte {error.object[error.start]:#04x} is not {encoding}.",
        f"Part of the file may be in another encoding: choose {other}, or save the whole file as UTF-8.",
        row,
        f"character {place}",
    )


# Lines


class _Scan:
    """Looks at every line of a text once: encoding, NUL, length. What is not UTF-8 is written anew."""

    def __init__(self) -> None:
        self.lines = 0

    def run(self, source: Path, encoding: Encoding, out: Path) -> Path:
        """The path of the text in UTF-8: the source's own where it is, with or without a mark."""
        with source.open("rb") as file:
            if encoding == "utf-8":
                for block in self._blocks(iter(lambda: file.read(_BLOCK), b"")):
                    self._check(block)
                return source
            codec = codec_of(file.read(400), encoding)
            file.seek(0)
            with out.open("wb") as copy:
                for block in self._blocks(self._decoded(file, codec, encoding)):
                    self._check(block)
                    copy.write(block)
        return out

    def _decoded(self, file: io.BufferedReader, codec: str, encoding: Encoding) -> Iterator[bytes]:
        decoder, before = codecs.getincrementaldecoder(codec)(), 0
        while block := file.read(_BLOCK):
            try:
                yield decoder.decode(block, final=len(block) < _BLOCK).encode()
            except UnicodeDecodeError as error:
                raise _undecodable(error, encoding, before, block) from None
            before += block.count(b"\n")

    def _check(self, block: bytes) -> None:
        try:
            if not block.isascii():
                block.decode()
        except UnicodeDecodeError as error:
            before = self.lines - block.count(b"\n") - (not block.endswith(b"\n"))
            raise _undecodable(error, "utf-8", before, block) from None

    def _blocks(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The text in blocks of whole lines; refuses a line without end before memory is full of it."""
        held = b""
        for piece in pieces:
            whole, end, rest = piece.rpartition(b"\n")
            if end:
                yield self._counted(held + whole + end)
                held = rest
            else:
                held += rest
            if len(held) > LONGEST_LINE:
                raise UnreadableFile(
                    f"The line has more than {LONGEST_LINE} characters.",
                    "Check that the file is a list of payments with one line for each, and how its lines end.",
                    self.lines + 1,
                    f"character {LONGEST_LINE}",
                )
        if held:
            yield self._counted(held)

    def _counted(self, block: bytes) -> bytes:
        if (place := block.find(b"\0")) >= 0:
            raise UnreadableFile(
                "There is a NUL character, which no text has.",
                "Save the file as CSV in UTF-8 from the program that made it.",
                self.lines + block.count(b"\n", 0, place) + 1,
                f"character {place - block.rfind(NEWLINE, 0, place)}",
            )
        self.lines += block.count(b"\n") + (not block.endswith(b"\n"))
        return block


# Heading


def _records(lines: Iterable[str], layout: Layout) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_LINE)
    quoting = csv.QUOTE_MINIMAL if layout.quoting == "double" else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=layout.delimiter, quoting=quoting)


def delimiter_of(lines: Sequence[str]) -> Delimiter:
    """The mark that cuts the most lines into the same number of cells, two or more."""

    def worth(mark: Delimiter) -> tuple[int, int]:
        counts = Counter(len(row) for row in _records(lines, Layout(delimiter=mark)) if len(row) > 1)
        cells, often = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return often, cells

    return max(_DELIMITERS, key=worth)


def heading_row_of(rows: Sequence[Sequence[str]], kind: Kind) -> int:
    """The row, from 1, with the most headings that we know, whole or else by words; or the first fullest one."""

    def worth(number: int) -> tuple[int, int, int, int]:
        row = rows[number]
        known = sum(1 for cell in row if is_listed(cell, kind))
        worded = sum(1 for cell in row if (found := meaning_of(cell, kind, {})) is not None and found[1] < SLIP)
        return known, worded, sum(1 for cell in row if cell.strip()), -number

    return max(range(len(rows)), key=worth, default=0) + 1


def head_of(source: Path, kind: Kind, given: Layout | None) -> Head:
    """How a file is written, found out or as given, and its first rows. Raises UnreadableFile."""
    with source.open("rb") as file:
        start = file.read(64 * 1024 * 1024)
    if is_workbook(start):
        return _head_of_workbook(source, kind, given)
    encoding = given.encoding if given else encoding_of(start)
    text = start[: 512 * 1024].decode(codec_of(start, encoding), errors="replace")
    lines = [line + "\n" for line in re.split(r"\r\n|\n|\r", text)[: HEAD_ROWS * 2]]
    layout = given or Layout(encoding=encoding, delimiter=delimiter_of([line for line in lines if line.strip()]))
    rows = list(_first(_records(lines, layout)))
    if given is None:
        layout = Layout(encoding=encoding, delimiter=layout.delimiter, heading_row=heading_row_of(rows, kind))
    return Head(layout, rows, ())


def _first(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for _ in range(HEAD_ROWS):
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            return


def headings_of(rows: Sequence[Sequence[str]], layout: Layout) -> tuple[str, ...]:
    """The headings; raises UnreadableFile where there are none or far too many."""
    if layout.heading_row > len(rows):
        raise UnreadableFile(
            f"There is no row {layout.heading_row}.", "Say in which row the headings stand.", layout.heading_row
        )
    found = [cell.strip() for cell in rows[layout.heading_row - 1]]
    while found and not found[-1]:
        found.pop()
    if not found or len(found) > MOST_COLUMNS:
        raise UnreadableFile(
            f"The heading has {len(found)} columns.",
            f"One to {MOST_COLUMNS} are read: check the delimiter and in which row the headings stand.",
            layout.heading_row,
        )
    return tuple(found)


# Workbooks


def _open_workbook(source: Path) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook

    mend = "Open it in a spreadsheet program and save it anew, or as CSV."
    try:
        if zipfile.is_zipfile(source):
            workbooks.check(source, min(WORKBOOK_BYTES, max(10_000_000, WORKBOOK_RATIO * source.stat().st_size)))
        return CalamineWorkbook.from_path(str(source))
    except (CalamineError, ValueError, OSError) as error:
        raise UnreadableFile(f"The workbook cannot be opened: {error}.", mend) from None


def _rows_of(book: Any, sheet: str, most: int | None = None) -> Iterator[list[str]]:
    from python_calamine import CalamineError

    names: list[str] = book.sheet_names
    if sheet and sheet not in names:
        raise UnreadableFile(f"There is no sheet {sheet!r}.", f"The workbook has {', '.join(names)}.")
    try:
        for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=most):
            yield [_cell(value) for value in row]
    except CalamineError as error:
        raise UnreadableFile(f"The sheet {sheet!r} cannot be read: {error}.", "Save the sheet as CSV.") from None


def _cell(value: Any) -> str:
    """A cell as text: numbers to the 15 digits that a spreadsheet has, days as 2015-04-07."""
    match value:
        case bool():
            return str(value).upper()
        case float():
            return format(Decimal(f"{value:.15g}"), "f")
        case datetime():
            return value.date().isoformat()
        case date() | time() | timedelta():
            return str(value)
        case _:
            return str(value)


def _head_of_workbook(source: Path, kind: Kind, given: Layout | None) -> Head:
    book = _open_workbook(source)
    names: list[str] = book.sheet_names
    if not names:
        raise UnreadableFile("The workbook has no sheet.", "Send the payments as CSV.")
    best: Head | None = None
    for name in [given.sheet or names[0]] if given else names[:20]:
        rows = list(_rows_of(book, name, HEAD_ROWS))
        layout = given or Layout(sheet=name, heading_row=heading_row_of(rows, kind))
        head = Head(layout, rows, tuple(names))
        if best is None or _known(head, kind) > _known(best, kind):
            best = head
    assert best is not None
    return best


def _known(head: Head, kind: Kind) -> int:
    if head.layout.heading_row > len(head.rows):
        return 0
    return sum(meaning_of(cell, kind, {}) is not None for cell in head.rows[head.layout.heading_row - 1])


# The whole file


def table_of(source: Path, layout: Layout, folder: Path) -> Table:
    """The file as a text of whole lines in UTF-8, looked through once. Raises UnreadableFile."""
    if starts_as_workbook(source):
        book, source = _open_workbook(source), folder / "sheet.csv"
        with source.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(_rows_of(book, layout.sheet or book.sheet_names[0]))
        layout = Layout(heading_row=layout.heading_row, sheet=layout.sheet)
    scan = _Scan()
    path = scan.run(source, layout.encoding, folder / "text.csv")
    with path.open(encoding="utf-8-sig") as file:
        rows = [row for _, row in zip(range(layout.heading_row), _records(file, layout), strict=False)]
    headings = headings_of(rows, layout)
    return Table(path, layout, headings, layout.heading_row, scan.lines - layout.heading_row, marked=False)


def put_right(table: Table, folder: Path) -> Table:
    """The same with every row as long as the heading, and a first column that marks rows which were longer.

    Raises UnreadableFile where a quotation mark opens and does not close.
    """
    path, width, rows = folder / "rows.csv", len(table.headings), 0
    with table.path.open(encoding="utf-8-sig") as file, path.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, quoting=csv.QUOTE_ALL).writerow
        for row in _behind_heading(file, table.layout):
            over = any(cell.strip() for cell in row[width:])
            kept = [*row[: width - 1], table.layout.delimiter.join(row[width - 1 :])] if over else row[:width]
            write(["fields" if over else "", *kept, *[""] * (width - len(kept))])
            rows += 1
    return Table(path, Layout(), table.headings, 0, rows, marked=True)


def _behind_heading(file: io.TextIOWrapper, layout: Layout) -> Iterator[list[str]]:
    """The rows, empty ones too; refuses a quoted text that swallows the rows behind it."""
    csv.field_size_limit(LONGEST_LINE)
    before, number, row = 0, 0, list[str]()
    lines = _Remembering(file)
    records = csv.reader(
        lines,
        delimiter=layout.delimiter,
        quoting=csv.QUOTE_MINIMAL if layout.quoting == "double" else csv.QUOTE_NONE,
    )
    spanned = 0
    try:
        for number, row in enumerate(records, 1):
            spanned, before = records.line_num - before, records.line_num
            if spanned > MOST_LINES_OF_A_CELL:
                raise _unclosed(number, row)
            if number > layout.heading_row:
                yield row
    except csv.Error:
        raise _unclosed(number + 1, []) from None
    if spanned > 1 and '"' not in lines.last:
        raise _unclosed(number, row)


class _Remembering:
    """Lines, of which the last is known when all have been read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.last = line
            yield line


def _unclosed(number: int, row: Sequence[str]) -> UnreadableFile:
    long = max(range(len(row)), key=lambda place: row[place].count("\n"), default=None)
    return UnreadableFile(
        "A quotation mark opens here and does not close.",
        "Close it, or say `quoting: none` if quotation marks are text in this file.",
        number,
        None if long is None else f"column {long + 1}",
    )
