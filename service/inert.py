"""Cells of CSV that no spreadsheet program runs, whichever mark it parts them by; one rule, in Python and in SQL.

A program that takes ; for the delimiter of a file with commas, or does not heed quotation marks, begins a new cell in
the middle of ours: what would run there is held back as well. Source: OWASP, CSV injection; ASVS 5.0, 1.2.10.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

_RUNS: Final = "=+\\-@|＝＋－＠"
"""With what a cell begins that a spreadsheet program may run; those of full width are the same to some."""
_INSIDE: Final = f"(^|[;,\t\r\n])(['\"]*[{_RUNS}])"
_BEFORE: Final = "^(['\"]*[\t\r\n])"
_HELD_INSIDE: Final = r"\1'\2"
_HELD_BEFORE: Final = r"'\1"
_PLAIN: Final = "[+-]?[0-9]+([.,][0-9]+)*"
"""A number is a number wherever it is read."""
_inside, _before, _plain = re.compile(_INSIDE), re.compile(_BEFORE), re.compile(_PLAIN)
_inside_held, _before_held = re.compile(f"(^|[;,\t\r\n])'(['\"]*[{_RUNS}])"), re.compile("^'(['\"]*[\t\r\n])")


def may_run(text: str) -> bool:
    """Whether a program might take a cell of this text for a formula."""
    return _plain.fullmatch(text) is None and (_inside.match(text) or _before.match(text)) is not None


def hold_back(text: str) -> str:
    """A cell of CSV that no program runs: what begins like a formula, in it too, gets an apostrophe before it."""
    return text if _plain.fullmatch(text) else _before.sub(_HELD_BEFORE, _inside.sub(_HELD_INSIDE, text))


def take_back(cell: str) -> str:
    """The text that was held back in a cell; any other as it is."""
    return _inside_held.sub(r"\1\2", _before_held.sub(r"\1", cell))


def write(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV: every text held back, every cell in quotes, so that no program parts one by a mark within it."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(
        [hold_back(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return out.getvalue()


def _quoted(pattern: str) -> str:
    """A pattern as a text of SQL."""
    return "'" + pattern.replace("'", "''") + "'"


MACRO: Final = f"""
CREATE OR REPLACE TEMP MACRO inert(cell) AS
CASE
    WHEN regexp_full_match(cell, {_quoted(_PLAIN)}) THEN cell
    ELSE regexp_replace(
        regexp_replace(cell, {_quoted(_INSIDE)}, {_quoted(_HELD_INSIDE)}, 'g'),
        {_quoted(_BEFORE)}, {_quoted(_HELD_BEFORE)}
    )
END
"""
"""`hold_back` for DuckDB, whose patterns read the same; to be written with `FORCE_QUOTE *`."""
