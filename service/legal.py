"""What a legal rule is: text, source, and when it is in force. The rules themselves are in the files beside this one.

Nothing here is legal advice. `evidence` says whether the text was seen or is believed from knowledge; check the latter.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal, Protocol, TypeVar

from msgspec import Struct

JurisdictionId = Literal[
    "uk-pa2023",
    "eu-2014-24",
    "eu-2014-24-de",
    "eu-2014-24-es",
    "eu-2014-24-it",
    "eu-2014-24-pl",
    "eu-2014-24-pt",
    "world-bank",
    "none",
]
Evidence = Literal["seen", "knowledge"]
LetterKind = Literal["assessment_summary", "article_55_notice", "world_bank_notification"]


class LegalRule(Struct, frozen=True, kw_only=True):
    """A rule that a tender of a jurisdiction follows, in our own words."""

    id: str
    text: str
    source: str
    evidence: Evidence
    valid_from: date
    valid_to: date | None = None


class Ground(Struct, frozen=True, kw_only=True):
    """A ground on which a supplier must or may be excluded; `self_cleaning`: it may prove that it is reliable again."""

    id: str
    kind: Literal["mandatory", "discretionary"]
    text: str
    source: str
    evidence: Evidence
    self_cleaning: bool
    valid_from: date
    valid_to: date | None = None


class Standstill(Struct, frozen=True, kw_only=True):
    """How long a contract waits after its award is known; `calendar` names whose holidays are no working days."""

    days: int
    working_days: bool
    starts: Literal["notice", "decision"]
    calendar: str | None
    source: str
    evidence: Evidence
    valid_from: date
    valid_to: date | None = None


class Dated(Protocol):
    """What is in force from a day on, perhaps up to a day."""

    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


D = TypeVar("D", bound=Dated)


def in_force(dated: Iterable[D], on: date) -> tuple[D, ...]:
    """Those in force on a day; the first and the last day count."""
    return tuple(one for one in dated if one.valid_from <= on and (one.valid_to is None or on <= one.valid_to))
