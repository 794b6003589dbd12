"""How a language writes numbers, money and dates. Formatting never rounds: every digit that came in goes out.

A language is one entry in LANGUAGES and one gettext catalogue; English needs none, its texts stand in the templates.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

FIGURE_SPACE = "\u2007"
NO_BREAK_SPACE = "\u00a0"


class Language(Struct, frozen=True, kw_only=True):
    """One language's marks and names. `day` is a pattern of {day}, {month} and {year}."""

    code: str
    decimal_mark: str
    group_mark: str
    months: tuple[str, ...]
    day: str

    def number(self, text: str) -> str:
        """A plain decimal with this language's marks: 1250500.50 → 1,250,500.50. Other text stays as it is."""
        sign, digits = ("−", text[1:]) if text.startswith("-") else ("", text)
        whole, point, decimals = digits.partition(".")
        if not whole.isascii() or not whole.isdigit() or (point and not (decimals.isascii() and decimals.isdigit())):
            return text
        groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)][::-1]
        grouped = self.group_mark.join(groups)
        return f"{sign}{grouped}{self.decimal_mark}{decimals}" if point else f"{sign}{grouped}"

    def money(self, text: str, currency: str) -> str:
        """An amount with its currency code, which unlike a symbol belongs to one currency: GBP 1,250,500.50."""
        return f"{currency}{NO_BREAK_SPACE}{self.number(text)}"

    def date(self, at: datetime, zone: str) -> str:
        """The day in the tender's time zone: 14 October 2026."""
        local = at.astimezone(ZoneInfo(zone))
        return self.day.format(day=local.day, month=self.months[local.month - 1], year=local.year)

    def instant(self, at: datetime, zone: str) -> str:
        """Day, time to the second, offset and city. Abbreviations such as CET mislead and are not used."""
        local = at.astimezone(ZoneInfo(zone))
        return f"{self.date(at, zone)}, {local:%H:%M:%S} ({offset(local)}, {city(zone)})"

    def stamp(self, at: datetime, zone: str) -> str:
        """A short form for tables: 2026-10-14 12:00:00, in the zone that the table's head names."""
        return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def offset(local: datetime) -> str:
    """The distance from UTC: UTC+01:00."""
    shift = local.utcoffset() or timedelta()
    minutes = int(shift.total_seconds()) // 60
    return (
        "UTC" if minutes == 0 else f"UTC{'+' if minutes > 0 else '−'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    )


def city(zone: str) -> str:
    """The city that a zone is named after: Europe/London → London."""
    return zone.rpartition("/")[2].replace("_", " ")


LANGUAGES = {
    "en": Language(
        code="en",
        decimal_mark=".",
        group_mark=",",
        months=(
            "January", "February", "March", "April", "May", "June",
            "July", "August", "September", "October", "November", "December",
        ),
        day="{day} {month} {year}",
    )
}  # fmt: skip
"""Every language in which reports can be had, by its BCP 47 code."""
