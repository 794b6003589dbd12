"""YAML as people write it means what they wrote, and nothing of what makes YAML dangerous gets in."""

import json

import pytest

from service import wire, yaml_reading
from service.drafts import DraftTender
from service.examples import TENDER
from service.problems import InvalidRequest, UnreadableRequest
from service.setups import Setup

PLAIN = """\
title: no
currency: GBP
time_zone: Europe/London
language: null
officers_needed: 3
description: 2026-01-31
vat: {rates: [{percent: 0.1}]}
accepted_currencies:
  - {code: EUR, rate: 0.8512, rate_on: 2026-01-31, source: "ECB: daily", decimals: 2}
"""


def test_words_without_quotes_are_what_is_asked_for():
    """No is a word, 0.1 is a tenth to the letter, a date a date, null nothing, and 3 a number."""
    read = yaml_reading.decode(PLAIN.encode(), Setup)
    assert (read.title, read.description, read.language, read.officers_needed) == ("no", "2026-01-31", None, 3)
    assert str(read.vat.rates[0].percent) == "0.1"
    assert (str(read.accepted_currencies[0].rate), str(read.accepted_currencies[0].rate_on)) == ("0.8512", "2026-01-31")


def test_the_same_tender_as_json_and_as_yaml_is_the_same():
    """Written by us with quotes or by people without."""
    body = json.dumps(TENDER).encode()
    told = yaml_reading.encode(TENDER)
    assert yaml_reading.decode(told, DraftTender) == wire.decode(body, DraftTender)
    bare = told.replace(b"'", b"")
    assert bare != told
    assert yaml_reading.decode(bare, DraftTender) == wire.decode(body, DraftTender)


TEXTS = ("no", "null", "~", "0.10", "1e3", "010", "2026-01-31", "a: b", "# no", "- a", "&a", "*a", "!x", "'", '"', "%")
BLOCKS = (
    "two\nlines\n",
    "two \n lines",
    "\n",
    " blank",
    "tab\tand\nline",
    "é ü 字",
    "\u2028",
    "=1+1",
    "<<",
    "|",
    "--- a",
)


@pytest.mark.parametrize("text", [*TEXTS, *BLOCKS])
def test_any_text_comes_back_to_the_letter(text: str):
    """Whatever is in a title or an id."""
    for value in ({"title": text}, {text: text}, [text]):
        again = yaml_reading.decode(yaml_reading.encode(value), type(value))
        assert again == value


@pytest.mark.parametrize(
    ("line", "new", "pointer"),
    [
        (5, "officers_needed: 3.0", "/officers_needed"),
        (5, 'officers_needed: "3"', "/officers_needed"),
        (5, "officers_needed: 010", "/officers_needed"),
        (7, "vat: {rates: [{percent: 010}]}", "/vat/rates/0/percent"),
        (7, "vat: {rates: [{percent: 1e1}]}", "/vat/rates/0/percent"),
        (7, "vat: {rates: [{percent: .5}]}", "/vat/rates/0/percent"),
        (7, "vat: {rates: [{percent: 1_0}]}", "/vat/rates/0/percent"),
        (7, "vat: {rates: [{percent: 0x10}]}", "/vat/rates/0/percent"),
        (7, "vat: {rates: [{percent: .inf}]}", "/vat/rates/0/percent"),
        (7, "vat: {rates: [{percent: 200}]}", "/vat/rates/0"),
        (1, "titel: no", "/titel"),
        (1, 'title: "a\\u202eb"', "/title"),
    ],
)
def test_what_readers_take_differently_is_refused_with_its_line(line: int, new: str, pointer: str):
    """Octal or decimal, float or text: nobody guesses. So are unknown members and letters that hide."""
    lines = PLAIN.splitlines()
    lines[line - 1] = new
    with pytest.raises(InvalidRequest) as caught:
        yaml_reading.decode("\n".join(lines).encode(), Setup)
    told = {fault.pointer: fault.message for fault in caught.value.faults}
    assert told[pointer].startswith(f"Line {line}: "), told


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("title: a\ntitle: b\n", 2),
        ("a: &x [1]\nb: *x\n", 1),
        ("a: [1]\nb: *x\n", 2),
        ("title: !!python/object/apply:os.system [ls]\n", 1),
        ("title: !!str a\n", 1),
        ("title: ! a\n", 1),
        ("<<: {title: a}\n", 1),
        ("? [a]\n: b\n", 1),
        ("%TAG ! tag:x,2000:\n---\ntitle: a\n", 1),
        ("title: a\n---\ntitle: b\n", 2),
        ("title: [a\n", 2),
        ("title: 'a\n", 2),
        ("\ttitle: a\n", 1),
        ("title: a\x07\n", None),
    ],
)
def test_what_no_set_up_needs_is_refused(body: str, line: int | None):
    """Members named twice, aliases, tags, merges, directives, further documents; each with its line."""
    with pytest.raises(UnreadableRequest) as caught:
        yaml_reading.decode(body.encode(), Setup)
    assert line is None or f"line {line}" in caught.value.detail, caught.value.detail


def test_a_billion_laughs_are_not_laughed():
    """Aliases that multiply, nesting without end, and what is not UTF-8, are refused before anything grows."""
    laughs = 'a: &a ["lol"]\n' + "".join(
        f"{b}: &{b} [{', '.join(f'*{a}' for _ in range(9))}]\n" for a, b in ["ab", "bc", "cd"]
    )
    for body in (laughs.encode(), b"[" * 100_000, b"a: " * 50 + b"b", b"title: \xff", b"", b"# nothing\n"):
        with pytest.raises(UnreadableRequest):
            yaml_reading.decode(body, Setup)
