"""How a contractor performed, for the public: ratings of the key performance indicators, failures, notices as data.

Sources: Procurement Act 2023, sections 52 (indicators), 53 (contract details) and 71 (assessment, breach, failure to
improve); the Procurement Regulations 2024 (SI 2024/692), regulation 39, whose ratings are used word for word. Who buys
under another law may rate all the same; nothing then falls due.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, structs

from service import contract_law, db, deliveries, events, obligations, performance
from service.drafts import Instant, Reason
from service.obligations import Obligation, Origin, Place, Plan, Watched
from service.organisations import Caller
from service.performance import Period, Rating
from service.problems import CONSTRAINTS, Fault, InvalidRequest, NotFound, Refusal, pointer

SQL = db.queries("performance_notices")

About = Literal["kpis", "assessment", "failure"]
FailureKind = Literal["breach", "not_improved"]
Outcome = Literal["terminated", "terminated_in_part", "damages", "settlement", "none"]
Words = Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]


class NewRating(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rating that differs from what the figures say, and why; `other` is what none of the other words describes."""

    rating: Rating
    comment: Reason


class NewAssessment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An assessment of the key performance indicators between two days that have passed.

    Ratings follow from what was verified in the periods that ended between them, whenever those began, and that were
    not rated before; `ratings` names, by criterion, those that shall differ. Where figures say nothing a rating must be
    given.
    """

    starts_on: date
    ends_on: date
    at_termination: bool = False
    ratings: dict[str, NewRating] = {}


class Rated(Struct, frozen=True, kw_only=True):
    """An indicator with its figures and its rating; `by_figures` is what the figures alone say.

    `periods`: the periods that ended in the assessed days and that no assessment before has rated, None in assessments
    that were made before this was told. `running`: the period that was not over on the last of these days: it counts
    in the assessment after this one, and at the end of a contract in none. `origin`: whether the bid promised it.
    """

    criterion_id: str
    title: str
    unit: str
    target: Decimal
    verified: Decimal
    achievement: Decimal | None
    by_figures: Rating | None
    rating: Rating
    comment: str
    periods: tuple[int, ...] | None = None
    running: int | None = None
    origin: Origin = "bid"


class Assessment(Struct, frozen=True, kw_only=True):
    """An assessment, as it was made."""

    number: int
    starts_on: date
    ends_on: date
    at_termination: bool
    ratings: tuple[Rated, ...]
    person_id: UUID
    assessed_at: datetime


class NewFailure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A breach with a consequence (section 71(3)), or performance that did not improve when asked (section 71(4)).

    `arose_on`: the day on which the consequence came or the time to improve ended. `decided_by`: a court, the parties'
    agreement, the buyer.
    """

    kind: FailureKind
    outcome: Outcome
    description: Reason
    arose_on: date
    decided_by: Words


class Failure(Struct, frozen=True, kw_only=True):
    """A failure to perform, as it was recorded."""

    number: int
    kind: FailureKind
    outcome: Outcome
    description: str
    arose_on: date
    decided_by: str
    person_id: UUID
    recorded_at: datetime


class NewPublication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which notice was published when, and under which reference; `number` is that of the assessment or failure."""

    about: About
    number: Annotated[int, Meta(ge=1, le=1000)] = 1
    reference: Words
    published_at: Instant


class Publication(Struct, frozen=True, kw_only=True):
    """A notice that was published."""

    about: About
    number: int
    reference: str
    published_at: datetime


class Indicator(Struct, frozen=True, kw_only=True):
    """A key performance indicator as it is published; `origin`: whether the bid promised it or the contract alone."""

    title: str
    description: str
    target: Decimal
    unit: str
    origin: Origin


class PerformanceNotice(Struct, frozen=True, kw_only=True):
    """A notice as data: what the regulations ask to be said.

    `code`: UK7 contract details, UK9 contract performance, UK11 contract termination. `statement`: what the notice is
    used for. `due_on`: the last day to publish it, by the tender's law. `published`: where and when it was.
    """

    about: About
    number: int
    code: str
    statement: str
    buyer: str
    title: str
    procurement: str
    contract: str
    contractor: str
    contractor_identifier: str | None
    indicators: tuple[Indicator, ...]
    assessed_from: date | None
    assessed_until: date | None
    ratings: tuple[Rated, ...]
    failure: Failure | None
    source: str | None
    due_on: date | None
    published: Publication | None


# Refusals


class NoIndicators(Refusal):
    """The contract has no key performance indicators.

    Say of its obligations which are, with `"kpi": true` in `PUT /obligations/{id}/terms`.
    """


class NoticePublished(Refusal):
    """This notice has been published already.

    What has changed since is said by the next assessment, or by a corrected notice where it was published.
    """


CONSTRAINTS["performance_notices_are_published_once"] = (NoticePublished, "It stands in the list of notices.")

# Rules


def indicators(watched: Watched) -> list[Obligation]:
    """The obligations that are key performance indicators."""
    return [one for one in watched.obligations if one.terms.kpi]


def check_span(new: NewAssessment, earlier: Sequence[Assessment], plan: Plan, today: date) -> None:
    """Days that have passed, at most twelve months of them, without a gap to the assessment before."""
    begins = earlier[-1].ends_on + timedelta(days=1) if earlier else plan.starts_on
    faults: list[Fault] = []
    if new.starts_on > begins:
        faults.append(Fault("/starts_on", f"Nobody has assessed the days from {begins}.", f"Write {begins}."))
    if new.ends_on < new.starts_on:
        faults.append(Fault("/ends_on", "It lies before the first day.", "Give the last day that is assessed."))
    elif new.ends_on > today or (new.ends_on == today and not new.at_termination):
        faults.append(Fault("/ends_on", f"It is {today}.", "Assess what has passed."))
    elif earlier and new.ends_on <= earlier[-1].ends_on:
        passed = f"The days up to {earlier[-1].ends_on} are assessed."
        faults.append(Fault("/ends_on", passed, "Assess what came after them."))
    elif new.ends_on >= performance.months_later(new.starts_on, 12):
        faults.append(Fault("/ends_on", "These are more than twelve months.", "Assess at least once in twelve months."))
    if faults:
        raise InvalidRequest("These days cannot be assessed.", faults=tuple(faults))


def to_rate(one: Obligation, new: NewAssessment, earlier: Iterable[Assessment]) -> list[Period]:
    """The periods that ended in the assessed days, of those that no assessment before has rated.

    Assessments that did not tell theirs rated what lay wholly in their days.
    """
    before: set[int] = set()
    for made in earlier:
        for rating in made.ratings:
            if rating.criterion_id == one.criterion_id:
                before |= {
                    span.number
                    for span in one.periods
                    if (
                        made.starts_on <= span.starts_on and span.ends_on <= made.ends_on
                        if rating.periods is None
                        else span.number in rating.periods
                    )
                }
    ended = (span for span in one.periods if new.starts_on <= span.ends_on <= new.ends_on)
    return [span for span in ended if span.number not in before]


def running(one: Obligation, day: date) -> int | None:
    """The period that is not over when a day ends; None where none is."""
    return next((span.number for span in one.periods if span.starts_on <= day < span.ends_on), None)


def rated(
    watched: Watched, known: Iterable[deliveries.Delivery], new: NewAssessment, earlier: Sequence[Assessment]
) -> tuple[Rated, ...]:
    """Every indicator with the figures of the assessed days and its rating. Raises InvalidRequest, NoIndicators."""
    asked, made = indicators(watched), obligations.by_obligation(known)
    if not asked:
        raise NoIndicators("None of its obligations is one.")
    names = [one.criterion_id for one in asked]
    faults = [
        Fault(pointer("ratings", name), "This is no indicator of the contract.", f"There are {', '.join(names)}.")
        for name in new.ratings
        if name not in names
    ]
    found: list[Rated] = []
    for one in asked:
        periods = to_rate(one, new, earlier)
        inside = {span.number for span in periods}
        verified = {name: value for name, value in deliveries.verified(made[one.id], one).items() if name in inside}
        after, bounds = new.ends_on + timedelta(days=1), watched.plan.bounds
        standing = performance.standing(one.promise(), periods, verified, after, bounds)
        given = new.ratings.get(one.criterion_id)
        rating = given.rating if given else standing.rating
        if rating is None:
            at = pointer("ratings", one.criterion_id)
            faults.append(Fault(at, "The figures say nothing of these days.", "Give a rating and why."))
            continue
        found.append(
            Rated(
                criterion_id=one.criterion_id,
                title=one.title,
                unit=one.unit,
                target=standing.target_to_date,
                verified=standing.verified_to_date,
                achievement=standing.achievement,
                by_figures=standing.rating,
                rating=rating,
                comment=given.comment if given else "",
                periods=tuple(span.number for span in periods),
                running=running(one, new.ends_on),
                origin=one.origin,
            )
        )
    if faults:
        raise InvalidRequest("The indicators cannot be rated so.", faults=tuple(faults))
    return tuple(found)


def check_failure(new: NewFailure, today: date) -> None:
    """A breach has a consequence, what did not improve has none yet; both have come."""
    faults: list[Fault] = []
    if (new.kind == "breach") == (new.outcome == "none"):
        mend = "A breach ends in termination, damages or a settlement (section 71(3)); what did not improve in none."
        faults.append(Fault("/outcome", f"{new.kind} does not go with {new.outcome}.", mend))
    if new.arose_on > today:
        faults.append(Fault("/arose_on", f"It is {today}.", "Record it once it has come."))
    if faults:
        raise InvalidRequest("This is no failure that the law knows.", faults=tuple(faults))


_STATEMENTS: dict[About, str] = {
    "kpis": "The key performance indicators of the contract.",
    "assessment": (
        "This notice is being used to set out the contracting authority's assessment of performance against the key"
        " performance indicators."
    ),
    "failure": "",
}


def statement_of(made: Assessment) -> str:
    """What the notice of an assessment is used for; at the end of a contract also what it does not rate."""
    left_out = sorted({one.running for one in made.ratings if one.running is not None})
    if not made.at_termination or not left_out:
        return _STATEMENTS["assessment"]
    periods = ", ".join(map(str, left_out))
    return f"{_STATEMENTS['assessment']} Period {periods} was not over on {made.ends_on} and is not rated."


def code_of(about: About, failure: Failure | None = None) -> str:
    """Which of the notices under the Procurement Act it is: UK7 details, UK9 performance, UK11 termination."""
    if about == "kpis":
        return "UK7"
    return "UK11" if failure is not None and failure.outcome == "terminated" else "UK9"


# Reading


class Record(Struct, frozen=True, kw_only=True):
    """What was assessed, recorded and published on a contract."""

    assessments: tuple[Assessment, ...]
    failures: tuple[Failure, ...]
    published: tuple[Publication, ...]

    def publication(self, about: About, number: int) -> Publication | None:
        """Where and when a notice was published, if it was."""
        for one in self.published:
            if (one.about, one.number) == (about, number):
                return one
        return None


async def record_of(conn: db.Connection, plan: Plan) -> Record:
    """The assessments, failures and published notices of a contract."""
    ids = {"lot_id": plan.lot_id, "award_number": plan.award_number}
    return Record(
        assessments=tuple(await db.many(SQL.list_assessments(conn, **ids), Assessment)),
        failures=tuple(await db.many(SQL.list_failures(conn, **ids), Failure)),
        published=tuple(await db.many(SQL.list_published(conn, **ids), Publication)),
    )


def notices_of(here: Place, record: Record, identifier: str | None) -> list[PerformanceNotice]:
    """Every notice of a contract: its indicators, each assessment, each failure."""
    plan, tender, law = here.watched.plan, here.known.tender, contract_law.law_of(here)
    signed_on = plan.signed_at.astimezone(ZoneInfo(tender.time_zone)).date()
    lasts = timedelta(days=law.days - 1) if law else None

    def notice(about: About, number: int, last_day: date | None, **fields: Any) -> PerformanceNotice:
        told: dict[str, Any] = {"assessed_from": None, "assessed_until": None, "ratings": (), "failure": None}
        told |= {"statement": _STATEMENTS[about], **fields}
        return PerformanceNotice(
            about=about,
            number=number,
            code=code_of(about, told["failure"]),
            buyer=tender.buyer,
            title=tender.title,
            procurement=tender.reference,
            contract=plan.reference,
            contractor=plan.contractor,
            contractor_identifier=identifier,
            indicators=tuple(
                Indicator(
                    title=one.title,
                    description=one.promised,
                    target=performance.exactly(one.promise().target),
                    unit=one.unit,
                    origin=one.origin,
                )
                for one in indicators(here.watched)
            ),
            source=law.source if law else None,
            due_on=last_day if law else None,
            published=record.publication(about, number),
            **told,
        )

    found = [notice("kpis", 1, signed_on + lasts if lasts else None)]
    for one in record.assessments:
        within = performance.months_later(one.starts_on, law.months) if law else None
        span = {"assessed_from": one.starts_on, "assessed_until": one.ends_on, "ratings": one.ratings}
        found.append(notice("assessment", one.number, within, statement=statement_of(one), **span))
    for failure in record.failures:
        section = "71(3)" if failure.kind == "breach" else "71(4)"
        statement = f"Section {section} of the Procurement Act 2023 applies."
        last_day = failure.arose_on + lasts if lasts else None
        found.append(notice("failure", failure.number, last_day, statement=statement, failure=failure))
    return found


# Handlers


@post("/lots/{lot_id:uuid}/assessments")
async def assess_performance(
    lot_id: FromPath[UUID],
    data: JSONBody[NewAssessment],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Assessment]:
    """Rate the key performance indicators of a contract for days that have passed; for a contract manager."""
    here = await obligations.place(conn, caller, "assess_performance", lock=True, lot_id=lot_id)
    plan = here.watched.plan
    earlier = (await record_of(conn, plan)).assessments
    check_span(data, earlier, plan, here.today)
    ratings = rated(here.watched, await deliveries.of_contract(conn, here.watched), data, earlier)
    facts: dict[str, Any] = {"lot_id": lot_id, "award_number": plan.award_number, "starts_on": data.starts_on}
    facts |= {"ends_on": data.ends_on, "at_termination": data.at_termination, "ratings": ratings}
    made = await db.one(SQL.insert_assessment(conn, **facts, person_id=caller.person_id), Assessment)
    await _record(conn, "performance.assessed", here, caller, {"number": made.number, **facts})
    return Response(made, status_code=201)


@post("/lots/{lot_id:uuid}/performance-failures")
async def record_failure(
    lot_id: FromPath[UUID],
    data: JSONBody[NewFailure],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Failure]:
    """Record a breach of the contract or performance that did not improve, for the notice; for a contract manager."""
    here = await obligations.place(conn, caller, "record_failure", lock=True, lot_id=lot_id)
    check_failure(data, here.today)
    facts: dict[str, Any] = {"lot_id": lot_id, "award_number": here.watched.plan.award_number}
    facts |= {name: getattr(data, name) for name in data.__struct_fields__}
    made = await db.one(SQL.insert_failure(conn, **facts, person_id=caller.person_id), Failure)
    await _record(conn, "performance.failed", here, caller, {"number": made.number, **facts})
    return Response(made, status_code=201)


@get("/lots/{lot_id:uuid}/performance-notices")
async def list_performance_notices(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[PerformanceNotice]:
    """List the notices about a contract's performance as data, each with its last day; for the buyer's people."""
    here = await obligations.place(conn, caller, "list_performance_notices", lock=False, lot_id=lot_id)
    contractor = await SQL.find_contractor(conn, bid_id=here.watched.plan.bid_id)
    return notices_of(here, await record_of(conn, here.watched.plan), contractor["identifier"])


@post("/lots/{lot_id:uuid}/performance-notices")
async def record_performance_notice(
    lot_id: FromPath[UUID],
    data: JSONBody[NewPublication],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[PerformanceNotice]:
    """Record that a notice about a contract's performance was published; for a contract manager."""
    here = await obligations.place(conn, caller, "record_performance_notice", lock=True, lot_id=lot_id)
    plan = here.watched.plan
    contractor = await SQL.find_contractor(conn, bid_id=plan.bid_id)
    for notice in notices_of(here, await record_of(conn, plan), contractor["identifier"]):
        if (notice.about, notice.number) == (data.about, data.number):
            break
    else:
        raise NotFound(f"The contract has no notice about {data.about} {data.number}.")
    if data.published_at > here.known.tender.now:
        fault = Fault("/published_at", "This lies in the future.", "Record the notice once it is published.")
        raise InvalidRequest("The notice is not published yet.", faults=(fault,))
    facts: dict[str, Any] = {"lot_id": lot_id, "award_number": plan.award_number}
    facts |= {name: getattr(data, name) for name in data.__struct_fields__}
    published = await db.one(SQL.insert_notice(conn, **facts, person_id=caller.person_id), Publication)
    await _record(conn, "performance-notice.published", here, caller, facts)
    return Response(structs.replace(notice, published=published), status_code=201)


async def _record(conn: db.Connection, kind: events.Kind, here: Place, caller: Caller, facts: dict[str, Any]) -> None:
    await events.record(conn, kind, tender_id=here.known.tender.id, actor=caller.person_id, data=facts)


router = Router(
    path="/",
    route_handlers=[assess_performance, record_failure, list_performance_notices, record_performance_notice],
    tags=["Contract"],
)
