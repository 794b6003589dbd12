"""A letter kept in English is read in another language: its own sentences are told, people's stay as they are."""

import pytest

from service.criterion_words import how_assessed, scores_available
from service.language import LANGUAGES
from service.legal_awards import STANDSTILLS, WITHHOLDING
from service.legal_grounds import GROUNDS
from service.letter_words import method, paragraphs, scores, share
from service.letters import _standstill
from tests.make_reports import RETROFIT, lot_of

GERMAN = LANGUAGES["de"]
OTHERS = [language for code, language in LANGUAGES.items() if code != "en"]
LOT = lot_of(RETROFIT)


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
def test_what_the_law_has_letters_say_is_said_in_every_language(language):
    """Every standstill with its source, every ground on which somebody is out, every formula."""
    standstills = {_standstill(one, on_paper=False) for every in STANDSTILLS.values() for one in every}
    grounds = {one.text for every in GROUNDS.values() for one in every}
    for text in filter(None, standstills | grounds):
        assert paragraphs(text, language, "UTC") != text
        assert "No contract" not in paragraphs(text, language, "UTC")
        assert " working days" not in paragraphs(text, language, "UTC")
    for criterion in LOT.criteria:
        assert method(how_assessed(criterion), language) != how_assessed(criterion)


def test_what_people_have_written_between_stays_as_it_is():
    text = "Local oak, joints drawn.\n\nIn the tender: Answer on quality; p. 3.\n\nIt is met."
    told = paragraphs(text, GERMAN, "UTC").split("\n\n")
    assert told == ["Local oak, joints drawn.", "Im Angebot: Answer on quality; p. 3.", "Sie ist erfüllt."]
    assert paragraphs(text, LANGUAGES["en"], "UTC") == text


def test_an_instant_in_a_sentence_is_written_as_the_language_writes_it():
    heard = "You were asked about it on 14 October 2026, 12:00:00 (UTC+03:00, Athens) and answered on 5 November 2026, "
    told = paragraphs(f"{heard}15:42:07 (UTC+02:00, Athens); your answer was considered.", GERMAN, "Europe/Athens")
    assert "14. Oktober 2026, 12:00:00 (UTC+03:00, Athen)" in told
    assert "5. November 2026, 15:42:07 (UTC+02:00, Athen)" in told


def test_scores_and_shares_have_the_languages_marks():
    group = next(one for one in LOT.criteria if one.criteria)
    english = scores_available(group, 35)
    assert english.startswith("0 to 35 weighted points, the sum of: ")
    assert scores(english, GERMAN).startswith("0 bis 35 gewichtete Punkte, die Summe von: ")
    assert " up to " not in scores(english, GERMAN)
    assert scores("0 poor; 1.5 fair", GERMAN) == "0 poor; 1,5 fair"
    assert share("12.5 of 100", GERMAN) == "12,5\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}100"


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
def test_a_withheld_field_keeps_the_approver_s_reason_and_cites_the_law_in_the_reader_s_language(language):
    """Procurement Act 2023 s.94(3): it is said why, and by which provision; the Act's own name stays."""
    for grounds in WITHHOLDING.values():
        for ground in grounds:
            told = paragraphs(f"Local oak. (Withheld: {ground.source}.)", language, "UTC")
            assert told.startswith("Local oak. (")
            assert "Withheld" not in told
            assert not [left for left in (" s.9", "Directive 2014/24/EU art", "Regulation (EU)") if left in told]


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
def test_every_ground_is_cited_in_the_reader_s_language(language):
    for ground in (one for every in GROUNDS.values() for one in every):
        told = paragraphs(ground.source, language, "UTC")
        assert told != ground.source
        assert not [left for left in ("subparagraph", "Schedule", "second ") if left in told]
