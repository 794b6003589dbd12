"""A sentence is English where it stands, and is said again in another language from its message and figures."""

import pytest

from service import wording
from service.wording import choose, say, told

LANGUAGES = ("en", "de", "fr")


def test_english_is_what_stands_in_the_code():
    said = say("Lot {number}", number=3)
    assert said == "Lot 3"
    assert told(said, "en") == "Lot 3"


def test_a_sentence_is_told_again_with_its_figures():
    assert told(say("Rank {rank} of {ranked}.", rank=2, ranked=7), "de") == "Rang 2 von 7."


def test_a_sentence_may_stand_in_another():
    inner = say("the price")
    assert told(say("{title}: {value} is above the published ceiling of {ceiling}, so the bid is not ranked.",
                    title=inner, value="9", ceiling="8"), "de").startswith(told(inner, "de"))  # fmt: skip
    assert told(inner, "de") != inner


def test_what_nobody_translated_stays_as_it_was_written():
    assert told("Ein Satz, den es nicht gibt.", "fr") == "Ein Satz, den es nicht gibt."
    assert told("", "fr") == ""


def test_braces_in_somebody_s_words_are_no_figures():
    assert say("Lot {number}", number="{number}") == "Lot {number}"


@pytest.mark.parametrize("lang", ["tlh", "xx", "../de", "DE", ""])
def test_a_language_without_a_catalogue_is_not_spoken(lang: str):
    with pytest.raises(LookupError):
        wording.wording(lang)


def test_no_translation_counts_as_reviewed_before_a_person_says_so():
    assert wording.is_reviewed("en")
    assert not any(wording.is_reviewed(lang) for lang in ("de", "fr"))


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
    assert choose(accepted, LANGUAGES) == chosen
