"""What will go is said on every answer and in the description, half a year before."""

from datetime import date

import pytest

from service.access import ROWS
from service.deprecations import DEPRECATED, Deprecation
from tests.service.conftest import Market, done

SINCE, SUNSET = date(2031, 1, 1), date(2031, 7, 31)


def test_what_is_deprecated_is_an_operation_that_there_is() -> None:
    assert set(DEPRECATED) <= set(ROWS)


def test_nothing_ends_without_half_a_years_notice() -> None:
    with pytest.raises(ValueError, match="half a year"):
        Deprecation(since=SINCE, sunset=date(2031, 5, 1), instead="/docs")


async def test_a_deprecated_operation_says_since_when_until_when_and_what_instead(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On answers and refusals alike; others say nothing of it."""
    there = Deprecation(since=SINCE, sunset=SUNSET, instead="https://tenders.example/docs#people")
    monkeypatch.setitem(DEPRECATED, "list_people", there)
    for answer in (await market.author.get("/people"), await market.anonymous.get("/people")):
        assert answer.headers["deprecation"] == "@1924992000"
        assert answer.headers["sunset"] == "Thu, 31 Jul 2031 00:00:00 GMT"
        assert '<https://tenders.example/docs#people>; rel="deprecation"' in answer.headers["link"]
    answer = await market.author.get("/organisations/me")
    done(answer)
    assert not {"deprecation", "sunset"} & set(answer.headers)
