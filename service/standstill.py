"""The standstill, day by day: a contract may be signed when its last day has ended where the tender lives.

What the law counts is data (`legal_awards`); which days are holidays comes from a library, whose version is kept with
every standstill that was computed. Nothing shortens one: not a later release, not another calendar.
"""

import zoneinfo
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from typing import Final
from uuid import UUID

import holidays
import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from service import db, tenders
from service.legal import Standstill
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, Refusal

SQL = db.queries("standstill")

SATURDAY: Final = 5
LONGEST: Final = 400
"""Days after which a count that does not end is a mistake in the data."""


class Day(Struct, frozen=True, kw_only=True):
    """One day of a standstill: its number where it counts, and why it does or does not."""

    on: date
    counted: int | None
    why: str


class Waiting(Struct, frozen=True, kw_only=True):
    """A standstill worked out: a contract may be signed from `ends_at` on, not an instant earlier."""

    ends_at: datetime
    time_zone: str
    days: tuple[Day, ...]
    law: Standstill
    calendar: str
    holidays_version: str


class StoredStandstill(Struct, frozen=True, kw_only=True):
    """The standstill of an award as it was computed when it began."""

    lot_id: UUID
    award_number: int
    begins_at: datetime
    ends_at: datetime
    is_over: bool
    explained: Waiting


# Refusals


class CalendarNeeded(Refusal):
    """Whose public holidays count must be said.

    The law of this tender knows several countries: give an ISO 3166 code, such as FR, or of a part, such as FR-57.
    """

    status = 422


class StandstillBegan(Refusal):
    """The standstill of this award has begun.

    It has one beginning. Read it at `GET /lots/{id}/standstill`.
    """


CONSTRAINTS["standstills_begin_once_per_award"] = (StandstillBegan, "The standstill has begun already.")

# Rules


def calendar_of(law: Standstill, named: str | None) -> str:
    """Whose holidays count: the law's own calendar, or where it has none the one that the buyer names."""
    if law.calendar is not None:
        return law.calendar
    fault = Fault("/calendar", "It is missing, or no country or part that is known.", "Write an ISO 3166 code: FR.")
    if named is None:
        raise CalendarNeeded("This tender's law leaves the calendar to the country.", faults=(fault,))
    if not is_known_calendar(named):
        raise CalendarNeeded(f"No calendar is known for {named!r}.", faults=(fault,))
    return named


def is_known_calendar(calendar: str) -> bool:
    """Whether it names countries, or parts of them, whose public holidays are known; stock exchanges are none.

    >>> [is_known_calendar(name) for name in ("FR", "GB-ENG GB-SCT", "FR-XX", "XNYS", "utils", "  ")]
    [True, True, False, False, False, False]
    """
    known = holidays.list_supported_countries(include_aliases=True)
    parts = [part.partition("-") for part in calendar.split()]
    return bool(parts) and all(
        country in known and (subdivision in known[country] if dash else True) for country, dash, subdivision in parts
    )


@lru_cache(maxsize=64)
def holiday_names(calendar: str, year: int) -> dict[date, str]:
    """The public holidays of a year, by date, of all the parts that a calendar names."""
    found: dict[date, str] = {}
    for part in calendar.split():
        country, _, subdivision = part.partition("-")
        named = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
        found |= {on: named[on] for on in named if on not in found}
    return found


def why_no_working_day(on: date, calendar: str) -> str | None:
    """Why a day is no working day, or None where it is one."""
    if on.weekday() >= SATURDAY:
        return f"{on:%A}"
    return holiday_names(calendar, on.year).get(on)


def wait(law: Standstill, begins_at: datetime, time_zone: str, *, calendar: str, on_paper: bool = False) -> Waiting:
    """The standstill that an event begins, day by day.

    >>> from datetime import UTC
    >>> from service.legal_awards import STANDSTILLS
    >>> (uk,) = STANDSTILLS["uk-pa2023"]
    >>> friday = datetime(2026, 3, 27, 9, tzinfo=UTC)
    >>> wait(uk, friday, "Europe/London", calendar=uk.calendar).ends_at.isoformat()
    '2026-04-10T00:00:00+01:00'
    """
    zone = zoneinfo.ZoneInfo(time_zone)
    first = begins_at.astimezone(zone).date()
    length = law.days_on_paper if on_paper and law.days_on_paper else law.days
    days = tuple(_days(law, first, length, calendar))
    after = days[-1].on + timedelta(days=1)
    return Waiting(
        ends_at=datetime(after.year, after.month, after.day, tzinfo=zone),
        time_zone=time_zone,
        days=days,
        law=law,
        calendar=calendar,
        holidays_version=version("holidays"),
    )


def _days(law: Standstill, first: date, length: int, calendar: str) -> Iterator[Day]:
    """Every day from the event to the last one that belongs to the period."""
    counted = 0
    event = "the notice" if law.starts == "notice" else "the decision sent to the bidders"
    for offset in range(LONGEST):
        on = first + timedelta(days=offset)
        idle = why_no_working_day(on, calendar)
        if offset == 0 and not law.counts_first_day:
            yield Day(on=on, counted=None, why=f"the day of {event}: the period begins on the next one")
            continue
        if counted < length and not (law.working_days and idle):
            counted += 1
            yield Day(on=on, counted=counted, why=idle or "working day")
        elif counted < length:
            yield Day(on=on, counted=None, why=f"no working day: {idle}")
        else:
            why = (
                f"no working day, on which the period does not end: {idle}" if idle else "the next working day ends it"
            )
            yield Day(on=on, counted=None, why=why)
        if counted == length and not (law.ends_on_working_day and idle):
            return


# Beginning one


async def begin(
    conn: db.Connection,
    tender: tenders.TenderRow,
    lot_id: UUID,
    award_number: int,
    begins_at: datetime,
    waiting: Waiting,
) -> StoredStandstill:
    """Keep the standstill of an award; refuses a second one."""
    row = SQL.insert_standstill(
        conn,
        lot_id=lot_id,
        award_number=award_number,
        begins_at=begins_at,
        ends_at=waiting.ends_at,
        explained=msgspec.to_builtins(waiting),
        now=tender.now,
    )
    return await db.one(row, StoredStandstill)


async def current(conn: db.Connection, lot_id: UUID, award_number: int) -> StoredStandstill | None:
    """The standstill of an award, if it has begun."""
    row = SQL.get_standstill(conn, lot_id=lot_id, award_number=award_number)
    return await db.maybe(row, StoredStandstill)


# Handlers


@get("/lots/{lot_id:uuid}/standstill")
async def get_standstill(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> StoredStandstill:
    """Read the standstill of a lot's last award, day by day with the law; for the buyer's people."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_standstill")
    tenders.check_cleared(known.tender)
    return await db.one(SQL.get_standstill(conn, lot_id=lot_id, award_number=None), StoredStandstill)


router = Router(path="/", route_handlers=[get_standstill], tags=["Award"])
