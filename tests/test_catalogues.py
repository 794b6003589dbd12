"""Every language says everything, with the same figures and without markup; a catalogue with a fault is found out."""

import re

import pytest
from babel.messages.catalog import Catalog

from tests import make_catalogues
from tests.make_catalogues import CATALOGUES, TRANSLATED, faults, template
from tests.sentences import Module

SAID = "{count} of {most} bids"


def test_there_is_a_catalogue_for_every_language_and_none_besides():
    assert {path.name for path in CATALOGUES.iterdir()} == {
        f"{lang}.{kind}" for lang in TRANSLATED for kind in ("po", "mo")
    }


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    """Every message that the code and the templates have."""
    return template()


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_catalogue_says_everything_that_is_said_and_nothing_else(wanted: Catalog, lang: str):
    assert list(faults(make_catalogues.read(lang), wanted)) == []


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_catalogue_is_written_and_compiled_by_the_tool_and_says_whether_a_person_has_read_it(lang: str, tmp_path):
    stored = (CATALOGUES / f"{lang}.po").read_bytes()
    again = tmp_path / "again.po"
    make_catalogues.write(again, make_catalogues.read(lang))
    assert again.read_bytes() == stored
    assert again.with_suffix(".mo").read_bytes() == (CATALOGUES / f"{lang}.mo").read_bytes()
    header = stored.decode().partition("msgid")[0]
    assert re.search(r"^# X-Reviewed: (no|yes)\b", header, re.MULTILINE)
    assert "# standstill: " in header, "the glossary keeps to one word for one thing"


@pytest.mark.parametrize(
    ("message", "told", "fault"),
    [
        (SAID, "", "not translated"),
        (SAID, "{count} von {mots} Angeboten", "other figures"),
        (SAID, "{count} Angebote", "other figures"),
        (SAID, "{count} von {most} <b>Angeboten</b>", "markup"),
        (SAID, "{count} von {most} Angeboten ", "other spaces"),
        ("%(count)s bids", "%(count)d Angebote", "other figures"),
        (("{count} bid", "{count} bids"), ("{count} Angebot", ""), "not translated"),
        (("{count} bid", "{count} bids"), ("{count} Angebot", "Angebote"), "other figures"),
    ],
)
def test_a_translation_with_a_fault_is_found(message: str, told: str, fault: str):
    wanted, catalogue = Catalog("de"), Catalog("de")
    wanted.add(message)
    catalogue.add(message, told)
    assert [found for found in faults(catalogue, wanted) if found.startswith(fault)]


def test_a_guessed_a_missing_and_an_unused_translation_are_found():
    wanted, catalogue = Catalog("de"), Catalog("de")
    wanted.add("bid")
    catalogue.add("offer", "Offerte", flags=["fuzzy"])
    assert [found.partition(":")[0] for found in faults(catalogue, wanted)] == ["missing", "nobody says it", "guessed"]


def test_a_translation_without_a_fault_is_let_through():
    wanted, catalogue = Catalog("pl"), Catalog("pl")
    both = ("One bid.", "{count} bids.")
    wanted.add(both)
    catalogue.add(both, ("Jedna oferta.", "{count} oferty.", "{count} ofert."))
    assert list(faults(catalogue, wanted)) == []


def test_sentences_are_found_where_code_says_them(tmp_path):
    """In words, with figures, in either side of a choice, behind a name, in what a function returns; and no others."""
    source = tmp_path / "source.py"
    source.write_text(
        'MEND = "Mend it so."\n'
        'def why(x): return f"It has {len(x)} parts." if x else "It has no parts."\n'
        "def rule(a):\n"
        '    what = "one of two" if a else "the other one"\n'
        '    log("nobody reads this")\n'
        '    raise Broken(f"The lot takes {what}, not {a.b.isoformat()}.", faults=(Fault("/a b", why(a), MEND),))\n'
        'TABLE["x"] = (Broken, "It was broken before.")\n'
    )
    found = set(Module(source, frozenset({"Broken", "Fault"})).sentences())
    assert found == {
        "Mend it so.",
        "It has {x} parts.",
        "It has no parts.",
        "The lot takes {what}, not {b}.",
        "one of two",
        "the other one",
        "It was broken before.",
    }
