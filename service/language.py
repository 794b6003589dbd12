"""How a language writes numbers, money and dates. Formatting never rounds: every digit that came in goes out.

A language is one entry in LANGUAGES and one catalogue (service/locale); English needs none, its texts stand where they
are used. Marks, months and cities are those of the Unicode CLDR, by Babel; Babel's own formatter rounds half to even
and is not used for numbers.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal, TypeAlias, cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from msgspec import Struct

LanguageCode = Literal["en", "de", "fr", "es", "it", "pt", "pl", "nl", "el", "bg"]
"""What there are reports in, by BCP 47 code; the keys of LANGUAGES."""

Day: TypeAlias = date
"""A day; inside a language `date` writes one."""

ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
"""As they stand in what is stored."""

FIGURE_SPACE = "\u2007"
NO_BREAK_SPACE = "\u00a0"

_NUMBER = re.compile(r"(?<![\w.,])[0-9]{1,15}(\.[0-9]+)?(?![\w.,])|(?<![\w.,])[0-9]{1,15}(\.[0-9]+)?(?=[.,](?:\s|$))")
"""A number inside a formula or a sentence; one that was set already has a mark beside its digits."""


class Marks(Struct, frozen=True, kw_only=True):
    """What stands between digits, and whether a currency stands before the amount."""

    decimal: str
    group: str
    currency_first: bool


class Language(Struct, frozen=True, kw_only=True):
    """One language: its BCP 47 code, and the locale of the CLDR whose customs it follows.

    `grouped_from`: the fewest digits that are set in groups of three; five where four stand together, as 1500 does in
    Spanish. Source: CLDR, minimumGroupingDigits, which Babel leaves out.
    """

    code: str
    locale: str
    grouped_from: int = 4

    def number(self, text: str) -> str:
        """A plain decimal with this language's marks: 1250500.50 → 1,250,500.50. Other text stays as it is."""
        sign, digits = ("−", text[1:]) if text.startswith("-") else ("", text)
        whole, point, decimals = digits.partition(".")
        if not whole.isascii() or not whole.isdigit() or (point and not (decimals.isascii() and decimals.isdigit())):
            return text
        marks = marks_of(self.locale)
        groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)][::-1]
        grouped = marks.group.join(groups) if len(whole) >= self.grouped_from else whole
        return f"{sign}{grouped}{marks.decimal}{decimals}" if point else f"{sign}{grouped}"

    def numbers(self, text: str) -> str:
        """Every plain number inside a text with this language's marks; what follows letters, as in P10, is none."""
        return _NUMBER.sub(lambda found: self.number(found.group()), text)

    def money(self, text: str, currency: str) -> str:
        """An amount with its currency code, which unlike a symbol belongs to one currency: GBP 1,250,500.50."""
        amount = self.number(text)
        first, last = (currency, amount) if marks_of(self.locale).currency_first else (amount, currency)
        return f"{first}{NO_BREAK_SPACE}{last}"

    def date(self, at: datetime, zone: str) -> str:
        """The day in the tender's time zone: 14 October 2026."""
        return self.day(at.astimezone(ZoneInfo(zone)).date())

    def day(self, day: Day) -> str:
        """A day that has no time zone, such as a contract's last: 31 March 2028."""
        return format_date(day, "long", self.locale)

    def instant(self, at: datetime, zone: str) -> str:
        """Day, time to the second, offset and city. Abbreviations such as CET mislead and are not used."""
        local = at.astimezone(ZoneInfo(zone))
        return f"{self.date(at, zone)}, {local:%H:%M:%S} ({offset(local)}, {self.city(zone)})"

    def stamp(self, at: datetime, zone: str) -> str:
        """A short form for tables: 2026-10-14 12:00:00 UTC+01:00; the city stands in the table's head.

        The offset tells the two hours apart that both are called 01:30 when the clocks go back.
        """
        local = at.astimezone(ZoneInfo(zone))
        return f"{local:%Y-%m-%d %H:%M:%S} {offset(local)}"

    def listed(self, names: Sequence[str]) -> str:
        """Names in a row: A, B and C."""
        return format_list(names, locale=self.locale)

    def city(self, zone: str) -> str:
        """The city that a zone is named after: Europe/Athens → Αθήνα."""
        zones = cast("Mapping[str, Mapping[str, str]]", Locale.parse(self.locale).time_zones)
        return zones.get(zone, {}).get("city") or zone.rpartition("/")[2].replace("_", " ")


@cache
def marks_of(locale: str) -> Marks:
    """The marks of a locale of the CLDR."""
    custom = Locale.parse(locale)
    symbols = custom.number_symbols["latn"]
    return Marks(
        decimal=symbols["decimal"],
        group=symbols["group"],
        currency_first=custom.currency_formats["standard"].pattern.startswith("¤"),
    )


def offset(local: datetime) -> str:
    """The distance from UTC: UTC+01:00."""
    shift = local.utcoffset() or timedelta()
    minutes = int(shift.total_seconds()) // 60
    return (
        "UTC" if minutes == 0 else f"UTC{'+' if minutes > 0 else '−'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    )


LANGUAGES = {
    language.code: language
    for language in (
        Language(code="en", locale="en_GB"),
        Language(code="de", locale="de_DE"),
        Language(code="fr", locale="fr_FR"),
        Language(code="es", locale="es_ES", grouped_from=5),
        Language(code="it", locale="it_IT"),
        Language(code="pt", locale="pt_PT", grouped_from=5),
        Language(code="pl", locale="pl_PL", grouped_from=5),
        Language(code="nl", locale="nl_NL"),
        Language(code="el", locale="el_GR"),
        Language(code="bg", locale="bg_BG", grouped_from=5),
    )
}
"""Every language in which reports can be had and problems are told, by its BCP 47 code; English first."""
