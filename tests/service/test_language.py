"""Numbers, money and times as people write them; every digit that came in goes out."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from service.language import LANGUAGES, LanguageCode, marks_of

ENGLISH = LANGUAGES["en"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0", "0"),
        ("999", "999"),
        ("1250500.50", "1,250,500.50"),
        ("-1234.5", "−1,234.5"),
        ("yes", "yes"),
        ("1e9", "1e9"),
    ],
)
def test_long_numbers_are_set_in_groups_of_three_and_other_text_is_left_alone(text: str, written: str):
    assert ENGLISH.number(text) == written


@pytest.mark.parametrize("lang", LANGUAGES)
@given(
    some.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
    | some.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-1, max_value=1)
    | some.integers(min_value=-(10**15), max_value=10**15)
)
def test_no_digit_is_rounded_away_in_any_language(lang: str, value: object):
    """Every digit that goes in comes out in its place, and the decimal mark stands where the point stood."""
    language, text = LANGUAGES[lang], f"{value:f}" if not isinstance(value, int) else str(value)
    marks = marks_of(language.locale)
    written = language.number(text)
    assert written.replace(marks.group, "").replace(marks.decimal, ".").replace("−", "-") == text
    assert marks.group != marks.decimal


@pytest.mark.parametrize(
    ("lang", "number", "money"),
    [
        ("en", "1,250,500.50", "EUR\u00a01,250,500.50"),
        ("de", "1.250.500,50", "1.250.500,50\u00a0EUR"),
        ("fr", "1\u202f250\u202f500,50", "1\u202f250\u202f500,50\u00a0EUR"),
    ],
)
def test_a_language_has_its_own_marks_and_its_own_place_for_the_currency(lang: str, number: str, money: str):
    assert LANGUAGES[lang].number("1250500.50") == number
    assert LANGUAGES[lang].money("1250500.50", "EUR") == money


def test_numbers_inside_a_sentence_are_set_and_what_only_looks_like_one_is_not():
    german = LANGUAGES["de"]
    assert german.numbers("100 × 2105750.5 ÷ 2296000 = 91.71") == "100 × 2.105.750,5 ÷ 2.296.000 = 91,71"
    assert german.numbers("P10 and 1.2.3 and 1.250.500,50") == "P10 and 1.2.3 and 1.250.500,50"
    assert german.numbers("It is 1234.5.") == "It is 1.234,5."


def test_money_names_its_currency():
    assert ENGLISH.money("2184500.00", "GBP") == "GBP\u00a02,184,500.00"


@pytest.mark.parametrize(
    ("at", "zone", "written"),
    [
        (datetime(2026, 10, 14, 11, 0, tzinfo=UTC), "Europe/London", "14 October 2026, 12:00:00 (UTC+01:00, London)"),
        (datetime(2026, 12, 1, 11, 0, tzinfo=UTC), "Europe/London", "1 December 2026, 11:00:00 (UTC, London)"),
        (
            datetime(2026, 3, 1, 2, 0, tzinfo=UTC),
            "America/New_York",
            "28 February 2026, 21:00:00 (UTC−05:00, New York)",
        ),
    ],
)
def test_an_instant_is_told_with_its_distance_from_utc_and_the_city(at: datetime, zone: str, written: str):
    """Abbreviations mislead: in February nobody in Athens is on EEST."""
    assert ENGLISH.instant(at, zone) == written


@pytest.mark.parametrize(("hour", "written"), [(0, "01:30:00 UTC+01:00"), (1, "01:30:00 UTC")])
def test_the_hour_that_comes_twice_when_clocks_go_back_is_told_apart_in_a_table(hour: int, written: str):
    """A lock at 01:30 on the last Sunday in October: only the distance from UTC says which of the two."""
    at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    assert ENGLISH.stamp(at, "Europe/London") == f"2026-10-25 {written}"


def test_names_in_a_row_are_joined_as_the_language_joins_them():
    assert ENGLISH.listed(["Alder", "Birch", "Cedar"]) == "Alder, Birch and Cedar"
    assert LANGUAGES["de"].listed(["Alder", "Birch"]) == "Alder und Birch"
    assert LANGUAGES["el"].listed(["Alder"]) == "Alder"


def test_a_tender_can_have_any_language_that_there_are_reports_in():
    assert get_args(LanguageCode) == tuple(LANGUAGES)
