"""The standstill, counted day by day with the holidays of the place."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.legal import Standstill
from service.legal_awards import STANDSTILLS
from service.standstill import CalendarNeeded, calendar_of, wait, why_no_working_day
from tests.service.conftest import Market, done, refused

(UK,) = STANDSTILLS["uk-pa2023"]
(GERMANY,) = STANDSTILLS["eu-2014-24-de"]
(UNION,) = STANDSTILLS["eu-2014-24"]


def ends(law: Standstill, at: datetime, zone: str, calendar: str | None = None, **more: bool) -> date:
    """The last day of a standstill that an instant begins."""
    waiting = wait(law, at, zone, calendar=calendar_of(law, calendar), **more)
    assert waiting.ends_at.astimezone(ZoneInfo(zone)).time().isoformat() == "00:00:00"
    return waiting.days[-1].on


@pytest.mark.parametrize(
    ("published", "last"),
    [
        ("2026-02-02", "2026-02-11"),  # a Monday: that day is the first of eight
        ("2026-03-27", "2026-04-09"),  # Good Friday and Easter Monday lie between
        ("2025-12-18", "2025-12-31"),  # Christmas and Boxing Day
        ("2026-02-07", "2026-02-18"),  # published on a Saturday, which does not count
        ("2024-12-24", "2025-01-08"),  # 2 January is a bank holiday in one part of the kingdom
    ],
)
def test_eight_working_days_begin_with_the_day_of_the_notice(published: str, last: str) -> None:
    """Procurement Act 2023 s.51(2), counted by hand on the calendar."""
    at = datetime.fromisoformat(f"{published}T15:00:00+00:00")
    assert ends(UK, at, "Europe/London").isoformat() == last


def test_ten_calendar_days_begin_the_day_after_and_end_on_a_working_day() -> None:
    """Remedies Directive art. 2a(2) with Regulation 1182/71 art. 3(4): Christmas, a Saturday and a Sunday go on."""
    assert ends(GERMANY, datetime(2026, 11, 2, 9, tzinfo=UTC), "Europe/Berlin") == date(2026, 11, 12)
    assert ends(GERMANY, datetime(2026, 12, 15, 9, tzinfo=UTC), "Europe/Berlin") == date(2026, 12, 28)
    assert ends(GERMANY, datetime(2026, 11, 4, 9, tzinfo=UTC), "Europe/Berlin") == date(2026, 11, 16)


def test_on_paper_it_takes_fifteen_days() -> None:
    """Where the decision did not go out electronically."""
    assert ends(GERMANY, datetime(2026, 11, 2, 9, tzinfo=UTC), "Europe/Berlin", on_paper=True) == date(2026, 11, 17)


def test_the_day_is_the_one_at_the_tenders_place() -> None:
    """Half past eleven at night in London is still the day of the notice; in Berlin the next one has begun."""
    at = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    assert ends(UK, at, "Europe/London") == date(2026, 11, 11)
    assert wait(GERMANY, at, "Europe/Berlin", calendar="DE").days[0].on == date(2026, 11, 3)


def test_every_day_is_explained_and_the_counted_ones_are_numbered() -> None:
    """Whoever doubts the end can follow it; the change to summer time costs no hour."""
    waiting = wait(UK, datetime(2026, 3, 27, 9, tzinfo=UTC), "Europe/London", calendar=calendar_of(UK, None))
    assert [day.counted for day in waiting.days if day.counted] == list(range(1, 9))
    assert {day.why for day in waiting.days if not day.counted} == {
        "no working day: Saturday",
        "no working day: Sunday",
        "no working day: Good Friday",
        "no working day: Easter Monday",
    }
    assert waiting.ends_at.isoformat() == "2026-04-10T00:00:00+01:00"
    assert waiting.holidays_version


def test_where_the_law_knows_many_countries_the_buyer_names_one() -> None:
    """Nobody's holidays are taken by default."""
    with pytest.raises(CalendarNeeded):
        calendar_of(UNION, None)
    with pytest.raises(CalendarNeeded):
        calendar_of(UNION, "XX")
    assert calendar_of(UNION, "FR") == "FR"
    assert why_no_working_day(date(2026, 7, 14), "FR")
    assert why_no_working_day(date(2026, 7, 14), "DE") is None
    assert calendar_of(GERMANY, "FR") == "DE"


@pytest.mark.parametrize("named", ["utils", "  ", "", "XNYS", "FR-XX", "FR-", "FR utils", "fr"])
def test_a_calendar_is_countries_or_parts_of_them_whose_holidays_are_known(named: str) -> None:
    """Neither a stock exchange nor a word of the library nor blanks, which would be no holidays at all."""
    with pytest.raises(CalendarNeeded):
        calendar_of(UNION, named)
    for known in ("FR", "FR-57", "GB-ENG GB-SCT", "DE-BY"):
        assert calendar_of(UNION, known) == known


@pytest.mark.parametrize("law", [law for laws in STANDSTILLS.values() for law in laws])
def test_every_standstill_ends_for_every_beginning_of_a_year(law: Standstill) -> None:
    """No calendar makes a count that does not end, or one shorter than the law."""
    for offset in range(366):
        at = datetime(2027, 1, 1, 12, tzinfo=UTC) + timedelta(days=offset)
        waiting = wait(law, at, "UTC", calendar=law.calendar or "FR")
        assert len([day for day in waiting.days if day.counted]) == law.days
        assert why_no_working_day(waiting.days[-1].on, waiting.calendar) is None


async def test_the_standstill_is_kept_as_it_was_computed(market: Market) -> None:
    """Its days, law and calendar can be read by the buyer's people, and by nobody else; before it there is nothing."""
    tender, _, _ = await market.awarded(jurisdiction="eu-2014-24-de", time_zone="Europe/Berlin")
    path = f"/lots/{tender['lots'][0]['id']}/standstill"
    refused(await market.colleague.get(path), 404, "not-found")
    sent = await market.send_letters(tender)
    told = done(await market.colleague.get(path))
    assert (told["is_over"], told["award_number"]) == (False, 1)
    assert datetime.fromisoformat(told["ends_at"]) == datetime.fromisoformat(sent["standstill_ends_at"])
    assert told["explained"]["calendar"] == "DE"
    assert "2a(2)" in told["explained"]["law"]["source"]
    for person in (market.stranger, market.alder):
        refused(await person.get(path), 404, "not-found")
