"""From a finding of the spend analysis to a draft's outcomes: why this tender is run as it is, kept with it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, events, spend_analyses, tenders
from service.organisations import Caller
from service.problems import Fault, InvalidRequest
from service.spend_analysis import Finding, SpendAnalysis

SQL = db.queries("spend_findings")


class NewLinkedFinding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding of an analysis and the outcome that the tender is to bring; the finding names outcomes that fit."""

    analysis_id: UUID
    finding_id: Annotated[str, Meta(min_length=1, max_length=400)]
    outcome: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]


class LinkedFinding(Struct, frozen=True, kw_only=True):
    """A finding as it stood in its analysis, and the outcome that the tender is to bring."""

    id: UUID
    tender_id: UUID
    analysis_id: UUID
    finding: Finding
    outcome: str
    person_id: UUID
    linked_at: datetime


def check_finding(result: SpendAnalysis, finding_id: str) -> Finding:
    """The finding of this id."""
    for finding in result.findings:
        if finding.id == finding_id:
            return finding
    ids = ", ".join(finding.id for finding in result.findings)
    fault = Fault("/finding_id", "The analysis has no such finding.", f"It has {ids or 'none'}.")
    raise InvalidRequest("The finding is not one of the analysis.", faults=(fault,))


@post("/tenders/{tender_id:uuid}/spend-findings")
async def link_finding(
    tender_id: FromPath[UUID],
    data: JSONBody[NewLinkedFinding],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[LinkedFinding]:
    """Link a finding of your organisation's spend analysis with a draft, and the outcome to bring; for its author."""
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "link_finding")
    tenders.check_draft(known.tender)
    result = await spend_analyses.result_of(conn, caller, data.analysis_id)
    finding = check_finding(msgspec.json.decode(result.canonical, type=SpendAnalysis), data.finding_id)
    ids = {"analysis_id": data.analysis_id, "outcome": data.outcome}
    row = SQL.insert_finding(conn, tender_id=tender_id, person_id=caller.person_id, finding=finding, **ids)
    linked = await db.one(row, LinkedFinding)
    facts = {**ids, "finding_id": data.finding_id, "digest": result.digest}
    await events.record(conn, "spend.finding-linked", tender_id=tender_id, actor=caller.person_id, data=facts)
    return Response(linked, status_code=201)


@get("/tenders/{tender_id:uuid}/spend-findings")
async def list_findings(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[LinkedFinding]:
    """List the findings of the spend analysis that a tender answers; for the buyer's people."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "list_findings")
    return await db.many(SQL.list_findings(conn, tender_id=tender_id), LinkedFinding)


router = Router(path="/", route_handlers=[link_finding, list_findings], tags=["Spend"])
