"""What was learnt from all contracts, as a paper for whoever drafts a tender, beside the findings that this answers.

It sets targets and caps that can be reached, and says how much of a promise experience makes plausible. It is no award
score: only what a tender publishes may be scored.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from scoring import UNITS, Direction
from service import db, monitoring, spend_findings, tenders
from service.monitoring import DeliveredOf
from service.organisations import Caller
from service.paper_document import Document, Loaded, heading_of, latest
from service.spend_findings import LinkedFinding

ALL: Final = Decimal("100.00")
"""Percent: nobody is believed to deliver more than was promised."""


class Answered(Struct, frozen=True, kw_only=True):
    """A finding of the spend analysis that the tender answers, and the outcome that it is to bring."""

    about: str
    amount: Decimal
    share: Decimal | None
    outcome: str


class LearntBy(Struct, frozen=True, kw_only=True):
    """What one supplier delivered of what it had promised of a measure."""

    supplier: str
    contracts: int
    promised: Decimal
    delivered: Decimal
    percent: Decimal | None


class LearntOf(Struct, frozen=True, kw_only=True):
    """What was delivered of a measure by all suppliers, and by each; `plausible` in percent."""

    title: str
    unit: str
    direction: Direction
    plausible: Decimal | None
    suppliers: tuple[LearntBy, ...]


class LearntPaper(Document, frozen=True, kw_only=True):
    """Everything that the paper prints."""

    today: date
    findings: tuple[Answered, ...]
    measures: tuple[LearntOf, ...]


def _of(one: DeliveredOf) -> LearntOf:
    return LearntOf(
        title=one.title,
        unit=one.unit,
        direction=one.direction,
        plausible=None if one.percent is None else min(one.percent, ALL),
        suppliers=tuple(
            LearntBy(**{name: getattr(by, name) for name in LearntBy.__struct_fields__}) for by in one.suppliers
        ),
    )


async def load(conn: db.Connection, caller: Caller, tender_id: UUID) -> Loaded:
    """What the buyer's contractors delivered up to the day it is, for its people; a draft is enough.

    It is dated by the last thing that it tells: a decision about a delivery, or a finding that was linked.
    """
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "list_findings")
    linked = await db.many(spend_findings.SQL.list_findings(conn, tender_id=tender_id), LinkedFinding)
    learnt = await monitoring.learnt_by(conn, known.tender.buyer_id)
    document = LearntPaper(
        heading=heading_of(known),
        at=latest(known.tender.created_at, learnt.known_at, *(one.linked_at for one in linked)),
        today=learnt.today,
        findings=tuple(
            Answered(about=one.finding.about, amount=one.finding.amount, share=one.finding.share, outcome=one.outcome)
            for one in linked
        ),
        measures=tuple(_of(one) for one in sorted(learnt.measures, key=lambda one: one.title)),
    )
    return Loaded(known.tender, document)


def view(document: LearntPaper) -> dict[str, Any]:
    """What its template sees beside the document: what units are called."""
    codes = {one.unit for one in document.measures}
    return {"units": {code: UNITS[code].label if code in UNITS else code for code in codes}}
