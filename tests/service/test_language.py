"""Numbers, money and times as people write them; every digit that came in goes out."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from service.language import LANGUAGES

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


@given(some.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_no_digit_is_rounded_away(value: object):
    written = ENGLISH.number(f"{value:f}")
    assert written.replace(",", "").replace("−", "-") == f"{value:f}"


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
