"""The record of a procedure as a paper: the report that the law asks for, as far as it has come, and what it lacks.

Source: Directive 2014/24/EU art. 84(1), Public Contracts Regulations 2015 reg. 84(1), Procurement Act 2023 s. 98.
"""

from typing import Any
from uuid import UUID

import msgspec

from service import db, procedure_reports
from service.organisations import Caller
from service.paper_document import Document, Loaded, heading_of
from service.procedure_reports import ProcedureReport


class ProcedurePaper(Document, frozen=True, kw_only=True):
    """Everything that the record of a procedure prints."""

    report: ProcedureReport


async def load(conn: db.Connection, caller: Caller, tender_id: UUID) -> Loaded:
    """The report as far as it has come, for those who may read it over HTTP.

    It is dated by the last thing that it tells, and not by when it was asked for, so that the same report is one paper.
    """
    known, report, last = await procedure_reports.report_of(conn, caller, tender_id)
    report = msgspec.structs.replace(report, made_at=last)
    return Loaded(known.tender, ProcedurePaper(heading=heading_of(known), at=last, report=report))


def view(_document: ProcedurePaper) -> dict[str, Any]:
    """Its template sees the document and nothing else."""
    return {}
