"""How a contract is performed, in the standard's words: indicators agreed, results, failures, the notices themselves.

Only what a published notice has told: no obligation before the notice of the indicators, no figure before that of the
assessment, and so nothing that nobody has verified. What is withheld about the winner on a criterion stays so here.
Sources: the extensions for metrics and performance failures; the United Kingdom's for ratings (`measureClassification`)
and consequences.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from scoring.units import find_unit, is_money
from service import ocds
from service.obligations import Obligation
from service.performance import Rating, exactly
from service.performance_notices import About, Assessment, Failure, Outcome, Rated, code_of

RATINGS: Final[dict[Rating, tuple[str, str]]] = {
    "good": ("met", "Good"),
    "approaching_target": ("slightlyBelow", "Approaching target"),
    "requires_improvement": ("below", "Requires improvement"),
    "inadequate": ("significantlyBelow", "Inadequate"),
    "other": ("other", "Other"),
}
"""The codes of the United Kingdom's extension and the words of SI 2024/692, regulation 39(5)."""

CONSEQUENCES: Final[dict[Outcome, str | None]] = {
    "terminated": "Termination",
    "terminated_in_part": "Partial termination",
    "damages": "Damages",
    "settlement": "Settlement agreement",
    "none": None,
}
CONTRACT_ONLY: Final = "Agreed in the contract; not promised in the bid."
NOTICES: Final = {"UK7": "contractNotice", "UK9": "implementationNotice", "UK11": "contractTerminationNotice"}
"""The types of documents that Find a Tender's profile has for notices."""


class ToldOf(Struct, frozen=True, kw_only=True):
    """A notice about a contract that was published, with what it told and over which days the contract runs."""

    lot: int
    award: int
    about: About
    number: int
    reference: str
    published_at: datetime
    starts_on: date
    ends_on: date
    indicators: tuple[Obligation, ...]
    assessment: Assessment | None
    failure: Failure | None

    @property
    def ends_the_contract(self) -> bool:
        """Whether it tells that the contract has come to its end."""
        if self.failure is not None:
            return self.failure.outcome == "terminated"
        return self.assessment is not None and self.assessment.at_termination


class Context(NamedTuple):
    """Whose contract it is, in which money and time, and what about the winner is withheld, by field."""

    lot: int
    currency: str
    zone: ZoneInfo
    suppliers: tuple[ocds.Reference, ...]
    hidden: Mapping[str, str]

    def why_hidden(self, criterion_id: str) -> str | None:
        """Why what was promised and delivered on a criterion is not told; None where it is."""
        return self.hidden.get(f"score:{criterion_id}") or self.hidden.get(f"explanation:{criterion_id}")

    def days(self, first: date, last: date) -> ocds.Period:
        """From the beginning of a day to the end of another, where the tender is."""
        ends = datetime.combine(last, time(23, 59, 59), self.zone)
        return ocds.Period(start_date=datetime.combine(first, time(), self.zone), end_date=ends)

    def observed(self, name: str, period: ocds.Period, number: Decimal | None, unit: str) -> ocds.Observation:
        """A figure: a value where it is money, else a measure with its unit; without a number neither is known."""
        if number is None:
            return ocds.Observation(id=name, period=period)
        if is_money(unit):
            code = self.currency if unit == "money" else unit
            return ocds.Observation(id=name, period=period, value=ocds.Value(amount=ocds.plain(number), currency=code))
        label = ocds.Unit(name=find_unit(unit).label)
        return ocds.Observation(id=name, period=period, measure=ocds.plain(number), unit=label)


def agreed(notices: Sequence[ToldOf], context: Context) -> tuple[ocds.Metric, ...]:
    """The key performance indicators, with what was promised over the whole contract."""
    return tuple(
        ocds.Metric(
            id=f"{context.lot}-{one.criterion_id}",
            title=one.title,
            description=CONTRACT_ONLY if one.origin == "contract" else None,
            observations=(
                context.observed(
                    "agreed",
                    context.days(notice.starts_on, notice.ends_on),
                    exactly(one.promise().target),
                    one.unit,
                ),
            ),
        )
        for notice in notices
        for one in notice.indicators
        if context.why_hidden(one.criterion_id) is None
    )


def implementation(notices: Sequence[ToldOf], context: Context) -> ocds.Implementation | None:
    """Results and failures; None while no notice has told of any."""
    titles: dict[str, str] = {}
    observations: dict[str, list[ocds.Observation]] = {}
    for notice in notices:
        for one in notice.assessment.ratings if notice.assessment is not None else ():
            if notice.assessment is not None and context.why_hidden(one.criterion_id) is None:
                titles[one.criterion_id] = one.title
                observations.setdefault(one.criterion_id, []).append(_result(notice.assessment, one, context))
    metrics = tuple(
        ocds.Metric(id=f"{context.lot}-{name}", title=titles[name], observations=tuple(found))
        for name, found in observations.items()
    )
    failures = tuple(_failure(one.failure, context) for one in notices if one.failure is not None)
    if not metrics and not failures:
        return None
    return ocds.Implementation(metrics=metrics, performance_failures=failures)


def _result(assessment: Assessment, one: Rated, context: Context) -> ocds.Observation:
    """What was verified of an indicator in the assessed days, and how it was rated."""
    known = one.verified if one.achievement is not None else None
    code, words = RATINGS[one.rating]
    notes = [f"Rating: {words}."]
    if one.achievement is not None:
        notes.append(f"Target of these days: {one.target:f}; achieved: {one.achievement:f} %.")
    period = context.days(assessment.starts_on, assessment.ends_on)
    return replace(
        context.observed(f"assessment-{assessment.number}", period, known, one.unit),
        measure_classification=ocds.Classification(id=code, description=words),
        notes=" ".join([*notes, one.comment]).strip(),
    )


def _failure(failure: Failure, context: Context) -> ocds.PerformanceFailure:
    """A breach with its consequence, or that performance did not improve."""
    breach = failure.kind == "breach"
    consequence, at = CONSEQUENCES[failure.outcome], datetime.combine(failure.arose_on, time(), context.zone)
    imposed = f"{consequence}, {failure.arose_on}, decided by {failure.decided_by}." if consequence else None
    return ocds.PerformanceFailure(
        id=f"failure-{failure.number}",
        category="Breach of contract" if breach else "Failure to improve performance",
        penalty_imposed=imposed,
        description=failure.description,
        decision_date=None if breach else at,
        penalty_date=at if breach else None,
        penalty_type="negotiated" if failure.outcome == "settlement" else None,
        penalty_type_entered=failure.decided_by if breach else None,
        partial_termination=failure.description if failure.outcome == "terminated_in_part" else None,
        suppliers=context.suppliers,
    )


def documents(notices: Sequence[ToldOf], language: str) -> tuple[ocds.Document, ...]:
    """The notices themselves, under the references by which they were published."""
    return tuple(
        ocds.Document(
            id=f"notice-{one.about}-{one.number}",
            document_type=NOTICES[code_of(one.about, one.failure)],
            title=one.reference,
            description=one.failure.description if one.failure is not None else None,
            date_published=one.published_at,
            language=language,
            notice_type=code_of(one.about, one.failure),
        )
        for one in notices
    )


def withheld(notices: Sequence[ToldOf], context: Context, award: str) -> Iterator[ocds.Withheld]:
    """The indicators that are left out, each with its reason."""
    named = {
        one.criterion_id: one.title
        for notice in notices
        for one in (*notice.indicators, *(notice.assessment.ratings if notice.assessment is not None else ()))
    }
    for name, title in named.items():
        if reason := context.why_hidden(name):
            for field in ("contracts.agreedMetrics", "contracts.implementation.metrics"):
                kind = field.rpartition(".")[2]
                yield ocds.Withheld(id=f"{award}-{kind}-{name}", field=field, name=title, rationale=reason)
