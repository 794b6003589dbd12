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
LetterKind = Literal["assessment_summary", "article_55_notice", "regulation_86_notice", "world_bank_notification"]


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
    """How long a contract waits after its award is known; `calendar` names whose holidays are no working days.

    It begins with the day of the event (`counts_first_day`) or the day after. `days_on_paper` is for decisions that do
    not go out electronically. A period of calendar days that would end on no working day goes on to the end of the next
    (`ends_on_working_day`). The calendar is a country, or parts of it whose holidays all count: "GB-ENG GB-SCT"; none
    where the law knows several, and the buyer names the one.
    """

    days: int
    working_days: bool
    starts: Literal["notice", "decision"]
    calendar: str | None
    counts_first_day: bool = False
    days_on_paper: int | None = None
    ends_on_working_day: bool = False
    source: str
    evidence: Evidence
    valid_from: date
    valid_to: date | None = None


class ExplanationPeriod(Struct, frozen=True, kw_only=True):
    """How long a supplier has to explain a low price: days at least, days at most; none where the law is silent."""

    least_days: int | None
    most_days: int | None
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
