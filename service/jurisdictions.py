"""Whose legal rules a tender follows: dated data with sources, chosen by the tender's publication date.

No rule is coded twice: what a jurisdiction asks is in `legal_rules`, `legal_grounds` and `legal_awards`; the parts of a
tender's life ask `presets` and never for a country.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal, TypeVar, get_args

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from service import db
from service.legal import ExplanationPeriod, Ground, JurisdictionId, LegalRule, LetterKind, Standstill, in_force
from service.legal_awards import LETTERS, STANDSTILLS, WITHHOLDING
from service.legal_grounds import ABNORMALLY_LOW_MANDATORY, EXPLANATION_PERIODS, GROUNDS
from service.legal_rules import RULE_BOOKS, Permission
from service.problems import NotFound, Refusal

SQL = db.queries("jurisdictions")

JURISDICTIONS: Final[tuple[JurisdictionId, ...]] = get_args(JurisdictionId)
_UNION: Final[JurisdictionId] = "eu-2014-24"
T = TypeVar("T")


class Presets(Struct, frozen=True, kw_only=True):
    """What a jurisdiction asks of a tender that is published on a day; what each means stands at `RuleBook`."""

    id: JurisdictionId
    title: str
    country: str | None
    rules: tuple[LegalRule, ...]
    officers_least: int
    record_years: int | None
    relative_scoring: Permission
    tie_break: Literal["required", "recommended"]
    judgement_first: bool
    abnormally_low_tests: tuple[str, ...]
    abnormally_low_test: Literal["required", "recommended"]
    grounds: tuple[Ground, ...]
    abnormally_low_mandatory: tuple[LegalRule, ...]
    explanation_period: ExplanationPeriod | None
    standstill: Standstill | None
    letters: tuple[LetterKind, ...]
    withholding: tuple[LegalRule, ...]

    def rule(self, name: str) -> LegalRule | None:
        """The rule of this id, where the jurisdiction has it on that day."""
        return next((rule for rule in self.rules if rule.id == name), None)


class Jurisdiction(Struct, frozen=True, kw_only=True):
    """Whose rules a tender may follow, and from which day on they are known here."""

    id: JurisdictionId
    title: str
    valid_from: date
    valid_to: date | None


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
    shared = set(Presets.__struct_fields__) & set(book.__struct_fields__) - {"rules"}
    return Presets(
        **{name: getattr(book, name) for name in shared},
        id=jurisdiction,
        rules=in_force(book.rules, on),
        grounds=in_force(_of(jurisdiction, GROUNDS, ()), on),
        abnormally_low_mandatory=in_force(_of(jurisdiction, ABNORMALLY_LOW_MANDATORY, ()), on),
        explanation_period=next(iter(in_force(_of(jurisdiction, EXPLANATION_PERIODS, ()), on)), None),
        standstill=next(iter(in_force(_of(jurisdiction, STANDSTILLS, ()), on)), None),
        letters=_of(jurisdiction, LETTERS, ()),
        withholding=in_force(_of(jurisdiction, WITHHOLDING, ()), on),
    )


def _of(jurisdiction: JurisdictionId, data: Mapping[JurisdictionId, T], nothing: T) -> T:
    """A jurisdiction's own data, else for a member state the Union's."""
    if jurisdiction in data:
        return data[jurisdiction]
    return data.get(_UNION, nothing) if jurisdiction.startswith(_UNION) else nothing


# Handlers


@get("/jurisdictions")
async def list_jurisdictions() -> list[Jurisdiction]:
    """List whose legal rules a tender may follow; what they are on a day tells `GET /jurisdictions/{id}?on=…`."""
    return [
        Jurisdiction(id=name, title=book.title, valid_from=book.valid_from, valid_to=book.valid_to)
        for name, books in RULE_BOOKS.items()
        for book in books
    ]


@get("/jurisdictions/{jurisdiction:str}")
async def get_jurisdiction(
    jurisdiction: FromPath[str],
    conn: NamedDependency[db.Connection],
    on: Annotated[date | None, QueryParameter(description="The day of publication; today unless you say.")] = None,
) -> Presets:
    """Read a jurisdiction's rules, grounds, periods and letters as in force on a day, each with its source.

    A tender follows those of the day of its publication. None of this is legal advice: what is marked `knowledge` was
    not seen in its source when it was written down.
    """
    for known in JURISDICTIONS:
        if known == jurisdiction:
            return presets(known, on or await SQL.get_today(conn))
    raise NotFound(f"There is no jurisdiction {jurisdiction!r}; see /jurisdictions.")


router = Router(path="/", route_handlers=[list_jurisdictions, get_jurisdiction], tags=["Reference"])
