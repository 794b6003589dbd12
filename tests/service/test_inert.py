"""No cell of a list that is given out runs, however a program parts it; what is read again is what it was."""

import csv
import io

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import inert

RUNNING = [
    "=1+1",
    "+49 30",
    "-5 apples",
    "@SUM(A1)",
    "|x",
    "\t=1",
    "\n=1",
    "\r=1",
    "'=1",
    "''=1",
    '"=1',
    "＝1+1",
    "＋1",
    "－1+2",
    "＠SUM(A1)",
    'Acme;=HYPERLINK("https://example.org")',
    "Acme,@SUM(A1)",
    "Acme\t+1+1",
    "Acme\n-1-1",
    "Acme;\t=1",
    "Acme;'=1",
    'Acme;"=1',
]
HARMLESS = ["Alder & Sons", "-5.00", "+5", "1,234.50", "-1,234.50", "", "a=b", "2-3", "'", "''a", "a; b", "say 'no'"]


def parts(text: str) -> list[str]:
    """Every beginning of a cell that some program could see in a text."""
    for mark in "\t\r\n;":
        text = text.replace(mark, ",")
    return [part.lstrip('"') for part in text.split(",")]


@pytest.mark.parametrize("text", RUNNING)
def test_what_begins_like_a_formula_is_held_back_after_every_mark_that_parts_cells(text: str) -> None:
    """A German Excel takes ; for the delimiter, quoted or not; signs of full width are signs in a Japanese one."""
    held = inert.hold_back(text)
    assert held[:1] not in "=+-@|＝＋－＠\t\r\n"
    assert not [part for part in parts(held) if part[:1] and part[0] in "=+-@|＝＋－＠"]
    assert inert.take_back(held) == text
    assert inert.may_run(text) is (held[0] == "'")


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_and_prose_stay_as_they_are(text: str) -> None:
    assert inert.hold_back(text) == text
    assert not inert.may_run(text)


@given(st.text(st.sampled_from("=+-@|＝'\";,\t\r\n1a. "), max_size=12))
def test_what_was_held_back_is_read_again_as_it_was(text: str) -> None:
    assert inert.take_back(inert.hold_back(text)) == text


def test_the_rule_is_the_same_in_sql() -> None:
    """Lists of spend are written by the database engine, all others by Python."""
    with duckdb.connect() as con:
        con.execute(inert.MACRO)
        for text in [*RUNNING, *HARMLESS]:
            assert con.execute("SELECT inert(?)", [text]).fetchone() == (inert.hold_back(text),), text
        assert con.execute("SELECT inert(NULL)").fetchone() == (None,)


def test_every_cell_stands_in_quotes() -> None:
    """Else `Acme;=x` between two commas is two cells to whoever parts by semicolons."""
    written = inert.write([["Acme;=x", 5, "-5.00"], ["a\nb", None, ""]])
    assert written == '"Acme;\'=x","5","-5.00"\r\n"a\nb","",""\r\n'
    assert next(csv.reader(io.StringIO(written, newline=""))) == ["Acme;'=x", "5", "-5.00"]
