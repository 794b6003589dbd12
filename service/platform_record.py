"""The platform record: the evidence that the platform worked when bids were due, and what each supplier tried.

A late bid cannot be turned down when the bidder was diligent and the buyer cannot show that the platform worked
(Conseil d'État, 449250, RATP v Alstom-Aptis, 23 September 2021); a complete record decides the same dispute the other
way (InHealth v NHS England [2023] EWHC 352). Attempts come from the tender's log, health from the samples that every
serving process writes (`samples.py`). Before the opening a supplier reads its own attempts and nobody any other's.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from service import db
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, NotFound, refusals
from service.tenders import Known, TenderNotPublished, TenderRow, check_access, read

SQL = db.queries("platform_record")

BEFORE = timedelta(hours=24)
AFTER = timedelta(hours=1)
LONGEST = BEFORE + AFTER
KEPT_AROUND_A_DEADLINE = timedelta(hours=48)
KEPT = timedelta(days=30)
"""What prune_service_samples() of migration 0011 keeps: a window outside of it would show outages that were none."""

NAMED = 5
"""How many outages the summary names; all of them stand under `health`."""

NDJSON = "application/x-ndjson"
_SERVER_ERROR = 500

Begin = Annotated[
    datetime | None,
    QueryParameter(description="From this instant; 24 hours before the deadline, or the publication, if left out."),
]
End = Annotated[
    datetime | None, QueryParameter(description="To before this instant; 1 hour behind the deadline if left out.")
]
What = Literal[
    "validated", "submitted", "replaced", "withdrawn", "received", "late", "refused", "interrupted", "unanswered"
]


class Outage(Struct, frozen=True, kw_only=True):
    """A time without a sample of any process, to the slots' bounds, and the samples next to it."""

    began_at: datetime
    ended_at: datetime
    missing: int
    last_sample_at: datetime | None
    stopped: bool
    next_sample_at: datetime | None
    silent_seconds: Decimal | None
    failed_attempts: int | None
    failure: str | None
    meaning: str = ""


class Instance(Struct, frozen=True, kw_only=True):
    """A process that served; `stopped`: it said goodbye."""

    instance_id: UUID
    version: str
    first_sample_at: datetime
    last_sample_at: datetime
    samples: int
    stopped: bool


class Minute(Struct, frozen=True, kw_only=True):
    """One minute: its samples, the processes that wrote them, the slowest round trip to the database, server errors."""

    at: datetime
    samples: int
    instances: int
    slowest_ms: Decimal | None
    server_errors: int


class Clock(Struct, frozen=True, kw_only=True):
    """Whose clock judged, and how far it can be trusted. Offsets are of the service's machine against the database."""

    source: str
    ntp: Literal["synchronised", "not synchronised", "unknown"]
    ntp_error_ms: Decimal | None
    least_offset_ms: Decimal | None
    most_offset_ms: Decimal | None
    meaning: str


class Health(Struct, frozen=True, kw_only=True):
    """Whether the platform worked, in slots of `every_seconds`; one sample of any process shows that it did.

    What is not over yet is not judged: `judged_until` is the end of the window or of the last slot that is over.
    """

    every_seconds: int
    judged_until: datetime
    expected: int
    missing: int
    samples: int
    slowest_ms: Decimal | None
    server_errors: int
    outages: list[Outage]
    instances: list[Instance]
    minutes: list[Minute]


class Attempt(Struct, frozen=True, kw_only=True):
    """One attempt: when, what, how it was answered. `position` is its place in the log, told after the opening.

    `answer` is the HTTP status, none where the connection broke; `problem` the slug of a refusal.
    """

    at: datetime
    about: Literal["bid", "document"]
    what: What
    answer: int | None
    problem: str | None
    detail: str | None
    size: int | None
    lot_id: UUID | None
    bid_id: UUID | None
    document_id: UUID | None
    version: int | None
    method: str | None
    path: str | None
    position: int | None


class SupplierAttempts(Struct, frozen=True, kw_only=True):
    """What one supplier tried, in order; without a supplier: what was tried with no valid key."""

    supplier_id: UUID | None
    supplier: str | None
    attempts: list[Attempt]


class PlatformRecord(Struct, frozen=True, kw_only=True):
    """The record as this caller may read it. `suppliers` is withheld from the buyer until all lots are opened."""

    tender_id: UUID
    tender: str
    submission_deadline: datetime
    deadlines: list[datetime]
    made_at: datetime
    begin: datetime
    end: datetime
    summary: str
    health: Health
    samples: str
    clock: Clock
    suppliers: list[SupplierAttempts] | None
    withheld: str | None


class _Facts(Struct, frozen=True, kw_only=True):
    every_seconds: int
    until: datetime
    expected: int
    samples: int
    slowest_ms: Decimal | None
    server_errors: int
    least_offset_ms: Decimal | None
    most_offset_ms: Decimal | None
    ntp_synchronised: bool | None
    ntp_error_ms: Decimal | None
    database_on_host: bool | None
    postgresql: str


class _Entry(Struct, frozen=True, kw_only=True):
    position: int | None
    supplier_id: UUID | None
    supplier: str | None
    kind: str
    at: datetime
    lot_id: UUID | None
    bid_id: UUID | None
    document_id: UUID | None
    version: int | None
    size: int | None
    problem: str | None
    detail: str | None
    method: str | None
    path: str | None


# Rules


class _Window(NamedTuple):
    begin: datetime
    end: datetime


def check_published(tender: TenderRow) -> tuple[datetime, datetime]:
    """When the tender was published and when its bids are due; refuses a draft."""
    if tender.published_at is None or tender.submission_deadline is None:
        raise TenderNotPublished(f"{tender.reference} is still a draft; nobody could bid yet.")
    return tender.published_at, tender.submission_deadline


def check_window(
    begin: datetime | None, end: datetime | None, *, tender: TenderRow, deadlines: Sequence[datetime]
) -> _Window:
    """The time that is asked about: at most 25 hours, of which all samples are still kept."""
    published_at, deadline = check_published(tender)
    window = _Window(begin or max(published_at, deadline - BEFORE), end or deadline + AFTER)
    faults: list[Fault] = []
    for name, at in window._asdict().items():
        if at.tzinfo is None:
            faults.append(Fault(name, "The instant has no offset.", "Write it like 2031-03-14T11:30:00Z."))
    if faults:
        raise InvalidRequest("The window cannot be told.", faults=tuple(faults))
    around = KEPT_AROUND_A_DEADLINE
    if not timedelta(0) < window.end - window.begin <= LONGEST:
        faults.append(Fault("end", "It must lie behind `begin`, by 25 hours at most.", "Ask for it piece by piece."))
    elif window.begin < tender.now - KEPT and not any(
        at - around <= window.begin and window.end <= at + around for at in deadlines
    ):
        mend = "Ask for a time within 48 hours of a deadline."
        faults.append(Fault("begin", "Samples of that time are not kept: they would look like an outage.", mend))
    if faults:
        raise InvalidRequest("The window cannot be told.", faults=tuple(faults))
    return window


def check_reader(known: Known, caller: Caller) -> UUID | None:
    """Whose attempts the caller may ask for: a supplier its own, the buyer's approver, auditor and officers all."""
    if known.tender.buyer_id == caller.organisation_id:
        check_access(known.tender, caller, "get_platform_record")
        return None
    if caller.kind != "supplier":
        raise NotFound
    return caller.organisation_id


def is_opened(known: Known) -> bool:
    """Whether all lots are opened; until then nobody learns who bids, or how many do (Annex IV (b))."""
    return bool(known.lots) and all(lot.opened_at for lot in known.lots)


def explain(outage: Outage) -> str:
    """What the samples next to an outage tell about it."""
    if outage.next_sample_at is None:
        return "There is no sample since: the platform did not answer, or samples are switched off."
    again = f"the next sample is of {_at(outage.next_sample_at)}"
    if outage.failed_attempts:
        why = f"{outage.failed_attempts} attempts failed ({outage.failure})"
        return f"A process ran and could not reach the database: {why}; {again}."
    if outage.silent_seconds is not None:
        return f"A process ran and wrote nothing for {outage.silent_seconds} s by its own clock; {again}."
    if outage.stopped and outage.last_sample_at is not None:
        return f"The service was stopped in good order at {_at(outage.last_sample_at)}; {again}, of a new process."
    return f"No process served, or it was ended without notice; {again}, of a new process."


def summarise(health: Health, window: _Window) -> str:
    """The record in plain words."""
    time = f"From {_at(window.begin)} to {_at(health.judged_until)}"
    if health.expected == 0:
        return f"Nothing is to be told yet: the first samples are due after {_at(window.begin)}."
    if health.samples == 0:
        return f"{time} there is no sample at all: it cannot be shown that the platform worked."
    if health.missing == 0:
        said = f"{time} the platform answered throughout: none of {health.expected:,} samples is missing."
    else:
        gaps = [f"{_seconds(gap)} from {_at(gap.began_at)} to {_at(gap.ended_at)}" for gap in health.outages]
        more = f" and {len(gaps) - NAMED} more times" if len(gaps) > NAMED else ""
        number = f"{health.missing:,} of {health.expected:,} samples are missing"
        said = f"{time} {number}. The platform did not show that it worked for {'; '.join(gaps[:NAMED])}{more}."
    if health.server_errors:
        said += f" {health.server_errors:,} requests were answered with a server error."
    return said


def describe_clock(facts: _Facts) -> Clock:
    """What is known of the clock that judged."""
    states: dict[bool | None, Literal["synchronised", "not synchronised", "unknown"]] = {
        True: "synchronised",
        False: "not synchronised",
        None: "unknown",
    }
    ntp = states[facts.ntp_synchronised]
    where = {
        True: "The database runs on the same machine as the service, so that this is its clock.",
        False: "The database runs on another machine, which was not asked; the offsets compare the two clocks.",
        None: "Whether the database runs on the same machine is not known; the offsets compare the two clocks.",
    }
    return Clock(
        source=f"Every instant is read from the database's clock (PostgreSQL {facts.postgresql}), which judges bids.",
        ntp=ntp,
        ntp_error_ms=facts.ntp_error_ms,
        least_offset_ms=facts.least_offset_ms,
        most_offset_ms=facts.most_offset_ms,
        meaning=f"NTP on the service's machine, by its kernel: {ntp}. {where[facts.database_on_host]}",
    )


_KINDS: dict[str, tuple[What, int | None]] = {
    "bid.validated": ("validated", 200),
    "bid.submitted": ("submitted", 201),
    "bid.replaced": ("replaced", 200),
    "bid.withdrawn": ("withdrawn", 200),
    "bid.late": ("late", 409),
    "bid.interrupted": ("interrupted", None),
    "document.received": ("received", 201),
    "document.late": ("late", 409),
    "document.interrupted": ("interrupted", None),
}
_LATE = "submission-deadline-passed"


def attempt_of(entry: _Entry) -> Attempt:
    """An entry of the log as the attempt that it tells of."""
    if entry.kind in _KINDS:
        what, answer = _KINDS[entry.kind]
        problem = _LATE if what == "late" else entry.problem
    else:
        problem = entry.problem
        kind = refusals().get(problem or "")
        answer = kind.status if kind else None
        broken = answer is not None and answer >= _SERVER_ERROR
        what = "late" if problem == _LATE else "unanswered" if broken else "refused"
    about = "document" if entry.kind.startswith("document.") or "/documents" in (entry.path or "") else "bid"
    found = msgspec.structs.asdict(entry) | {"about": about, "what": what, "answer": answer, "problem": problem}
    return msgspec.convert(found, Attempt)


def by_supplier(entries: Sequence[_Entry]) -> list[SupplierAttempts]:
    """The attempts of each supplier, the suppliers by name and those without a key last."""

    def sender(entry: _Entry) -> tuple[bool, str, str]:
        return entry.supplier_id is None, entry.supplier or "", str(entry.supplier_id)

    groups = (list(group) for _, group in groupby(sorted(entries, key=sender), sender))
    return [
        SupplierAttempts(
            supplier_id=group[0].supplier_id,
            supplier=group[0].supplier,
            attempts=[attempt_of(entry) for entry in group],
        )
        for group in groups
    ]


def _at(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _seconds(outage: Outage) -> str:
    return f"{(outage.ended_at - outage.began_at).total_seconds():g} s"


# Handlers


class _Asked(NamedTuple):
    """Which tender, which time of it, and whose attempts."""

    known: Known
    deadlines: list[datetime]
    window: _Window
    supplier_id: UUID | None


async def _ask(
    conn: db.Connection, caller: Caller, tender_id: UUID, begin: datetime | None, end: datetime | None
) -> _Asked:
    known = await read(conn, caller, tender_id=tender_id)
    supplier_id = check_reader(known, caller)
    check_published(known.tender)
    deadlines: list[datetime] = [row["at"] async for row in SQL.list_deadlines(conn, tender_id=tender_id)]
    window = check_window(begin, end, tender=known.tender, deadlines=deadlines)
    return _Asked(known, deadlines, window, supplier_id)


@get("/tenders/{tender_id:uuid}/platform-record")
async def get_platform_record(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    begin: Begin = None,
    end: End = None,
) -> PlatformRecord:
    """Read whether the platform worked around the deadline, and what suppliers tried.

    A supplier reads its own attempts and the platform's health at any time. The buyer's approver, auditor and opening
    officers read the health at any time and all attempts once every lot is opened.
    """
    known, deadlines, window, supplier_id = await _ask(conn, caller, tender_id, begin, end)
    opened = is_opened(known)
    suppliers = None
    if opened or supplier_id is not None:
        rows = SQL.list_attempts(conn, log_id=tender_id, supplier_id=supplier_id, opened=opened)
        suppliers = by_supplier(await db.many(rows, _Entry))
    facts = await db.one(SQL.get_health(conn, begin_at=window.begin, end_at=window.end), _Facts)
    health = await _health(conn, window, facts)
    _, deadline = check_published(known.tender)
    return PlatformRecord(
        tender_id=tender_id,
        tender=known.tender.reference,
        submission_deadline=deadline,
        deadlines=deadlines,
        made_at=known.tender.now,
        begin=window.begin,
        end=window.end,
        summary=summarise(health, window),
        health=health,
        samples=f"/tenders/{tender_id}/platform-record/samples?begin={_at(window.begin)}&end={_at(window.end)}",
        clock=describe_clock(facts),
        suppliers=suppliers,
        withheld=None if suppliers is not None else "Who bids, and how many do, is told once all lots are opened.",
    )


async def _health(conn: db.Connection, window: _Window, facts: _Facts) -> Health:
    judged: dict[str, Any] = {"begin_at": window.begin, "until": facts.until}
    gaps = await db.many(SQL.list_outages(conn, **judged, every=facts.every_seconds), Outage)
    return Health(
        every_seconds=facts.every_seconds,
        judged_until=facts.until,
        expected=facts.expected,
        missing=sum(gap.missing for gap in gaps),
        samples=facts.samples,
        slowest_ms=facts.slowest_ms,
        server_errors=facts.server_errors,
        outages=[msgspec.structs.replace(gap, meaning=explain(gap)) for gap in gaps],
        instances=await db.many(SQL.list_instances(conn, begin_at=window.begin, end_at=window.end), Instance),
        minutes=await db.many(SQL.list_minutes(conn, **judged), Minute),
    )


@get("/tenders/{tender_id:uuid}/platform-record/samples", media_type=NDJSON)
async def list_samples(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    begin: Begin = None,
    end: End = None,
) -> Response[bytes]:
    """Read every health sample around the deadline, one JSON object a line; what is not known is left out.

    How much was requested (`requests`, `failures`, `queue_length`, `disk_free_bytes`) is told to the buyer's people,
    after the opening, of times in which no tender that is still sealed could be bid for: it is of the whole platform.
    """
    known, _, window, supplier_id = await _ask(conn, caller, tender_id, begin, end)
    told_before = datetime.min.replace(tzinfo=UTC)
    if supplier_id is None and is_opened(known):
        told_before = await SQL.get_sealed_since(conn) or datetime.max.replace(tzinfo=UTC)
    rows = SQL.list_samples(conn, begin_at=window.begin, end_at=window.end, counts_before=told_before)
    return Response("".join([f"{row['line']}\n" async for row in rows]).encode(), media_type=NDJSON)


router = Router(path="/", route_handlers=[get_platform_record, list_samples], tags=["Tenders"])
