"""A sentence is English where it stands, and is found again by its words to be said in another language."""

import re
import time

import pytest

from service import wording
from service.language import LANGUAGES
from service.wording import choose, sentence_of, told

OTHERS = [code for code in LANGUAGES if code != "en"]
FIGURES = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


def test_english_is_what_stands_in_the_code():
    assert told("This instant has passed.", "en") == "This instant has passed."


def test_a_sentence_is_told_with_its_figures_as_they_are():
    assert told("Rank 2 of 7.", "de") == "Rang 2 von 7."


def test_a_figure_that_is_a_sentence_of_ours_is_told_too():
    told_whole = told("This address takes application/json, not a body without a type.", "de")
    assert "without" not in told_whole
    assert told("a body without a type", "de") in told_whole


@pytest.mark.parametrize("lang", OTHERS)
def test_every_sentence_with_figures_is_found_again_by_its_words(lang: str):
    """Whatever message is filled in, it is that message that is told, or one with the same words and translation."""
    catalogue = wording.wording(lang)
    for sentence in wording._sentences(lang):
        figures = {name: f"X{number}" for number, name in enumerate(sentence.names)}
        said = sentence.message.format_map(figures)
        assert told(said, lang) == catalogue.gettext(sentence.message).format_map(figures)


@pytest.mark.parametrize(
    ("message", "text", "figures"),
    [
        ("{a} of {b} bytes", "3 of 7 bytes", {"a": "3", "b": "7"}),
        ("{a} of {b} bytes had come", "3 of 7 of 9 bytes had come", {"a": "3", "b": "7 of 9"}),
        ("{a} of {b} bytes", "3 of 7 of 9 bytes", None),
        ("{a} of {b} bytes", "3 of  bytes", None),
        ("{a} of {b} bytes", " of 7 bytes", None),
        ("{a} of {b} bytes", "3 of 7 bits", None),
        ("{a} of {b} bytes", "3 bytes", None),
        ("It is {now}.", "It is 12:00.", {"now": "12:00"}),
        ("It is {now}.", "It is a long story.", None),
        ('Send {{"number": {number}}} now.', 'Send {"number": 3} now.', {"number": "3"}),
        ("aa{x}aa", "aaa", None),
        ("The log has {size} entries.", "The log has {size} entries.", {"size": "{size}"}),
    ],
)
def test_figures_are_what_stands_between_the_words(message: str, text: str, figures: dict[str, str] | None):
    assert sentence_of(message).figures(text) == figures


def test_what_nobody_translated_stays_as_it_was_written():
    assert told("Ein Satz, den es nicht gibt.", "fr") == "Ein Satz, den es nicht gibt."
    assert told("", "fr") == ""
    assert told("{0} {} %s {{", "fr") == "{0} {} %s {{"


def test_a_text_made_to_be_slow_is_read_as_fast_as_any():
    began = time.process_time()
    for text in ("The bid arrived at " * 5000, "the member " * 300, "Lot " * 900 + ".", ", " * 1900):
        told(text, "de")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("lang", ["tlh", "xx", "../de", "DE", ""])
def test_a_language_without_a_catalogue_is_not_spoken(lang: str):
    with pytest.raises(LookupError):
        wording.wording(lang)


def test_reports_are_made_in_the_languages_that_are_spoken():
    assert set(LANGUAGES) == wording.spoken()


def test_no_translation_counts_as_reviewed_before_a_person_says_so():
    assert wording.is_reviewed("en")
    assert not any(wording.is_reviewed(lang) for lang in OTHERS)


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("DE", "de"),
        ("fr;q=0.4, de;q=0.6", "de"),
        ("tlh, fr;q=0.1", "fr"),
        ("tlh", "en"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("en, de;q=0.9", "en"),
        ("de;q=2, fr", "fr"),
        ("de;q=abc", "en"),
        (",".join(["x"] * 50 + ["de"]), "en"),
        ("\x00;;;q=,=", "en"),
    ],
)
def test_a_reader_s_language_is_the_one_preferred_among_those_that_there_are(accepted: str, chosen: str):
    assert choose(accepted) == chosen
