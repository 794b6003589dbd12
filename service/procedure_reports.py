"""The report on a procedure that the law keeps: who bid, who was out, who won, each with why; conflicts; grounds.

Made as data from what happened; only what nobody did in this service is asked of people, and what is missing is named
with its reference. Source: Public Contracts Regulations 2015 reg. 84(1) (text seen), Directive 2014/24/EU art. 84(1).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

import msgspec
from litestar import Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import db, events, letters, opening, tenders
from service.declarations import Interest
from service.drafts import Reason
from service.organisations import Caller
from service.problems import Fault, Refusal
from service.tenders import Known, TenderLot, TenderRow

SQL = db.queries("procedure_reports")

Procedure = Literal[
    "open",
    "restricted",
    "competitive_with_negotiation",
    "competitive_dialogue",
    "innovation_partnership",
    "negotiated_without_publication",
]
PROCEDURES: Final[tuple[Procedure, ...]] = get_args(Procedure)
JUSTIFIED: Final = PROCEDURES[2:]
"""Procedures whose choice the report justifies."""
FIELDS: Final = ("authority_address", "value", "procedure", "justification", "conflicts")
"""Texts about the whole procedure; `subcontracting:<lot number>` besides."""


class NewReportText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text that only people can give; for `procedure` one of the known procedures."""

    text: Reason


class ReportText(Struct, frozen=True, kw_only=True):
    """A version of a text of the report."""

    field: str
    version: int
    text: str
    person: str
    given_at: datetime


class ReportedBid(Struct, frozen=True, kw_only=True):
    """A bid as the report names it: its state, and for what reason."""

    lot_id: UUID
    bid_id: UUID
    supplier: str
    state: scoring.State
    reason: str | None
    decided_at: datetime | None = None


class LastRun(Struct, frozen=True):
    """The last run of a lot, to the byte as it is stored."""

    canonical: bytes
    evaluated_at: datetime


class ReportedAward(Struct, frozen=True, kw_only=True):
    """A lot's award decision as the report names it, the annulled ones with why."""

    lot_id: UUID
    number: int
    bid_id: UUID | None
    supplier: str | None
    reason: str
    recommendation: str | None
    decided_at: datetime
    annulled: str | None


class Cancelled(Struct, frozen=True):
    """Why a lot was cancelled."""

    lot_id: UUID
    reason: str


class ReportedLot(Struct, frozen=True, kw_only=True):
    """A lot: who was admitted, who was rejected, whose price was too low, who won and why, or why nobody did.

    `cancelled` is the reason for which it was cancelled.
    """

    lot_id: UUID
    number: int
    title: str
    admitted: list[ReportedBid]
    rejected: list[ReportedBid]
    abnormally_low: list[ReportedBid]
    award: ReportedAward | None
    annulled: list[ReportedAward]
    cancelled: str | None
    subcontracting: str | None


class ReportedConflict(Struct, frozen=True, kw_only=True):
    """A conflict of interest that a person declared, and the measure taken: mitigated, or the person kept out.

    `approved` is missing while nobody has decided. A later declaration of the same person stands beside it.
    """

    person: str
    interest: Interest
    details: str
    mitigation: str
    declared_at: datetime
    approved: bool | None
    decision: str | None


class MissingPart(Struct, frozen=True, kw_only=True):
    """Something that the report must have and has not, under which reference, and how to give it."""

    field: str
    message: str
    reference: str
    mend: str


class ProcedureReport(Struct, frozen=True, kw_only=True):
    """The report on a tender, as far as it has come; complete when nothing is missing.

    `conflicts_declared` is what people declared; `conflicts` what there is to be said besides, or that there were none.
    """

    law: str
    authority: str
    authority_address: str | None
    reference: str
    subject: str
    description: str
    value: str | None
    currency: str
    procedure: str | None
    justification: str | None
    electronic: str
    conflicts_declared: list[ReportedConflict]
    conflicts: str | None
    lots: list[ReportedLot]
    log: str
    made_at: datetime
    missing: list[MissingPart]


class AsReported(NamedTuple):
    """A report with its tender, and the latest instant that it tells of."""

    known: Known
    report: ProcedureReport
    last: datetime


# Refusals


class NoSuchReportPart(Refusal):
    """The report has no such part, or not of this value.

    The parts that people give, and the known procedures, are listed under `errors`.
    """

    status = 422


# Rules


def law_of(tender: TenderRow) -> str:
    """Under which provision the report is made."""
    if tender.jurisdiction == "uk-pa2023":
        return "Procurement Act 2023 s.98, in the form of Public Contracts Regulations 2015 reg. 84(1)"
    if tender.jurisdiction.startswith("eu-"):
        return "Directive 2014/24/EU art. 84(1)"
    return "in the form of Directive 2014/24/EU art. 84(1)"


def check_part(lots: Sequence[TenderLot], field: str, text: str) -> None:
    """Refuse a part that the report does not have, and a procedure that no law knows."""
    known = [*FIELDS, *(f"subcontracting:{lot.number}" for lot in lots)]
    if field not in known:
        fault = Fault("/field", f"There is no part {field!r}.", f"Use one of {', '.join(known)}.")
        raise NoSuchReportPart("The report has no such part.", faults=(fault,))
    if field == "procedure" and text not in PROCEDURES:
        fault = Fault("/text", f"{text!r} is no procedure.", f"Use one of {', '.join(PROCEDURES)}.")
        raise NoSuchReportPart("The report does not know this procedure.", faults=(fault,))


def lot_report(
    lot: TenderLot,
    bids: Sequence[ReportedBid],
    awards: Sequence[ReportedAward],
    cancelled: Sequence[Cancelled],
    texts: dict[str, str],
) -> ReportedLot:
    """One lot of the report."""
    own = [bid for bid in bids if bid.lot_id == lot.id]
    decided = [award for award in awards if award.lot_id == lot.id]
    standing = [award for award in decided if award.annulled is None]
    return ReportedLot(
        lot_id=lot.id,
        number=lot.number,
        title=lot.title,
        admitted=[bid for bid in own if bid.state == "admissible" and bid.reason is None],
        rejected=[bid for bid in own if bid.state != "admissible" or bid.reason is not None],
        abnormally_low=[bid for bid in own if bid.state == "abnormally_low_rejected"],
        award=standing[-1] if standing else None,
        annulled=[award for award in decided if award.annulled is not None],
        cancelled=next((one.reason for one in cancelled if one.lot_id == lot.id), None),
        subcontracting=texts.get(f"subcontracting:{lot.number}"),
    )


def missing_parts(
    tender: TenderRow, lots: Sequence[ReportedLot], texts: dict[str, str], declared: Sequence[ReportedConflict]
) -> Iterator[MissingPart]:
    """Every part that the law asks for and that is not there; what was declared and decided need not be said again."""
    law, path = law_of(tender), f"PUT /tenders/{tender.id}/procedure-report/texts"
    asked = [
        ("authority_address", "(a): the authority's address"),
        ("value", "(a): the value of the contract"),
        ("procedure", "(e)–(f): which procedure was chosen"),
    ]
    if not declared:
        asked.append(("conflicts", "(i): conflicts of interest detected and measures taken, or that there were none"))
    yield from _undecided(tender, declared)
    if texts.get("procedure") in JUSTIFIED:
        asked.append(("justification", "(e)–(f): the circumstances that justify this procedure"))
    for lot in lots:
        if lot.award is None and lot.cancelled is None:
            message = f"The award of lot {lot.number} is not decided."
            mend = f"POST /lots/{lot.lot_id}/award"
            yield MissingPart(field=f"award:{lot.number}", message=message, reference=f"{law}(d), (g)", mend=mend)
        elif lot.award is not None and lot.award.bid_id is not None:
            share = f"(d): the share of lot {lot.number} that is subcontracted, with names if known"
            asked.append((f"subcontracting:{lot.number}", share))
    for field, part in asked:
        if not texts.get(field):
            reference, _, words = part.partition(": ")
            message = f"It is not said: {words}."
            yield MissingPart(field=field, message=message, reference=f"{law}{reference}", mend=f"{path}/{field}")


def _undecided(tender: TenderRow, declared: Sequence[ReportedConflict]) -> Iterator[MissingPart]:
    """Conflicts about which no measure was taken yet."""
    mend = f"POST /tenders/{tender.id}/declarations/{{person}}/{{number}}/decision"
    for one in declared:
        if one.approved is None:
            message = f"Nobody has decided about what {one.person} declared."
            reference = f"{law_of(tender)}(i)"
            yield MissingPart(field="conflicts_declared", message=message, reference=reference, mend=mend)


# Handlers


@get("/tenders/{tender_id:uuid}/procedure-report")
async def get_procedure_report(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> ProcedureReport:
    """Read the report on a procedure as far as it has come, with what is missing; for those who decide or audit."""
    return (await report_of(conn, caller, tender_id)).report


def with_unranked(bids: list[ReportedBid], runs: Iterable[LastRun]) -> list[ReportedBid]:
    """The bids, with the reason for those that only a published rule keeps out: they are rejected as well.

    Source: Directive 2014/24/EU, article 84(1)(c); Public Contracts Regulations 2015, reg. 84(1).
    """
    results = (result for run in runs for result in msgspec.json.decode(run.canonical, type=scoring.Evaluation).bids)
    kept_out = {result.id: letters.kept_from_ranking(result) for result in results if result.rank is None}
    return [
        msgspec.structs.replace(bid, reason=kept_out[str(bid.bid_id)])
        if bid.reason is None and str(bid.bid_id) in kept_out
        else bid
        for bid in bids
    ]


async def report_of(conn: db.Connection, caller: Caller, tender_id: UUID) -> AsReported:
    """The report on a procedure as far as it has come, for those who decide or audit."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tender = known.tender
    tenders.check_access(tender, caller, "get_procedure_report")
    opening.check_reader(tender)
    runs = await db.many(SQL.list_last_runs(conn, tender_id=tender_id), LastRun)
    bids = with_unranked(await db.many(SQL.list_bids(conn, tender_id=tender_id), ReportedBid), runs)
    awards = await db.many(SQL.list_awards(conn, tender_id=tender_id), ReportedAward)
    cancelled = await db.many(SQL.list_cancelled(conn, tender_id=tender_id), Cancelled)
    given = await db.many(SQL.list_texts(conn, tender_id=tender_id), ReportText)
    texts = {one.field: one.text for one in given}
    declared = await db.many(SQL.list_conflicts(conn, tender_id=tender_id), ReportedConflict)
    lots = [lot_report(lot, bids, awards, cancelled, texts) for lot in known.lots]
    report = ProcedureReport(
        law=law_of(tender),
        authority=tender.buyer,
        authority_address=texts.get("authority_address"),
        reference=tender.reference,
        subject=tender.title,
        description=tender.description,
        value=texts.get("value"),
        currency=tender.currency,
        procedure=texts.get("procedure"),
        justification=texts.get("justification"),
        electronic="Bids were received electronically only; there is nothing to justify.",
        conflicts_declared=declared,
        conflicts=texts.get("conflicts"),
        lots=lots,
        log=f"/tenders/{tender_id}/events",
        made_at=tender.now,
        missing=list(missing_parts(tender, lots, texts, declared)),
    )
    last = max(
        (
            *(one.given_at for one in given),
            *(award.decided_at for award in awards),
            *(one.declared_at for one in declared),
            *(bid.decided_at for bid in bids if bid.decided_at),
            *(run.evaluated_at for run in runs),
            *(lot.opened_at for lot in known.lots if lot.opened_at),
            tender.created_at,
        )
    )
    return AsReported(known, report, last)


@put("/tenders/{tender_id:uuid}/procedure-report/texts/{field:str}")
async def give_report_text(
    tender_id: FromPath[UUID],
    field: FromPath[str],
    data: JSONBody[NewReportText],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> ReportText:
    """Give a part of the report that only people know; for author, moderator or approver. Each is a new version."""
    known = await tenders.lock_record(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "give_report_text")
    tenders.check_cleared(known.tender, "author")
    check_part(known.lots, field, data.text)
    row = SQL.insert_text(conn, tender_id=tender_id, field=field, text=data.text, person_id=caller.person_id)
    given = await db.one(row, ReportText)
    facts = msgspec.to_builtins(given)
    await events.record(conn, "report.text-given", tender_id=tender_id, actor=caller.person_id, data=facts)
    return given


router = Router(path="/", route_handlers=[get_procedure_report, give_report_text], tags=["Award"])
