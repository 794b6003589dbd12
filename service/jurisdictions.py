"""Whose legal rules a tender follows: dated data with sources, chosen by the tender's publication date.

No rule is coded twice: what a jurisdiction asks is in `legal_rules`, `legal_grounds` and `legal_awards`; the parts of a
tender's life ask `presets` and never for a country.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, TypeVar, get_args

from msgspec import Struct

from service.legal import Ground, JurisdictionId, LegalRule, LetterKind, Standstill, in_force
from service.legal_awards import LETTERS, STANDSTILLS
from service.legal_grounds import ABNORMALLY_LOW_MANDATORY, GROUNDS
from service.legal_rules import RULE_BOOKS, Permission
from service.problems import Refusal

JURISDICTIONS: Final[tuple[JurisdictionId, ...]] = get_args(JurisdictionId)
_UNION: Final[JurisdictionId] = "eu-2014-24"
T = TypeVar("T")


class Presets(Struct, frozen=True, kw_only=True):
    """What a jurisdiction asks of a tender that is published on a day."""

    id: JurisdictionId
    title: str
    rules: tuple[LegalRule, ...]
    officers_least: int
    record_years: int | None
    relative_scoring: Permission
    time_tie_break: Permission
    grounds: tuple[Ground, ...]
    abnormally_low_mandatory: tuple[LegalRule, ...]
    standstill: Standstill | None
    letters: tuple[LetterKind, ...]


# Refusals


class RulesNotInForce(Refusal):
    """The chosen jurisdiction has no rules for this date.

    A tender follows the rules in force on the day of its publication. `GET /jurisdictions/{id}?on=…` tells which are.
    """

    status = 422


# Rules


def presets(jurisdiction: JurisdictionId, on: date) -> Presets:
    """The rules of a jurisdiction in force on a day; raises RulesNotInForce where there are none."""
    books = in_force(RULE_BOOKS[jurisdiction], on)
    if not books:
        first = min(book.valid_from for book in RULE_BOOKS[jurisdiction])
        raise RulesNotInForce(f"{jurisdiction} has rules from {first} on, and none on {on}.")
    book = books[0]
    return Presets(
        id=jurisdiction,
        title=book.title,
        rules=in_force(book.rules, on),
        officers_least=book.officers_least,
        record_years=book.record_years,
        relative_scoring=book.relative_scoring,
        time_tie_break=book.time_tie_break,
        grounds=in_force(_of(jurisdiction, GROUNDS, ()), on),
        abnormally_low_mandatory=in_force(_of(jurisdiction, ABNORMALLY_LOW_MANDATORY, ()), on),
        standstill=next(iter(in_force(_of(jurisdiction, STANDSTILLS, ()), on)), None),
        letters=_of(jurisdiction, LETTERS, ()),
    )


def _of(jurisdiction: JurisdictionId, data: Mapping[JurisdictionId, T], nothing: T) -> T:
    """A jurisdiction's own data, else for a member state the Union's."""
    if jurisdiction in data:
        return data[jurisdiction]
    return data.get(_UNION, nothing) if jurisdiction.startswith(_UNION) else nothing
