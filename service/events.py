"""The audit log: what was done and what was refused, in order, one log per tender; entries are never changed.

An entry is written in the transaction of the change it tells of, so that neither exists without the other. Refusals
write theirs in a transaction of their own, after the refused change has been rolled back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from service import db

SQL = db.queries("events")

PLATFORM_LOG = UUID(int=0)
"""The log of everything that belongs to no tender: organisations, people, keys."""

Kind = Literal[
    "organisation.registered",
    "person.added",
    "key.issued",
    "key.revoked",
    "identity-provider.registered",
    "identity-provider.retired",
    "identity.registered",
    "officer-key.registered",
    "tender.imported",
    "tender.drafted",
    "tender.edited",
    "tender.simulated",
    "role.granted",
    "role.taken",
    "key.made",
    "share.rehearsed",
    "tender.published",
    "corrigendum.proposed",
    "corrigendum.issued",
    "corrigendum.withdrawn",
    "bid.validated",
    "bid.submitted",
    "bid.replaced",
    "bid.withdrawn",
    "bid.late",
    "bid.interrupted",
    "document.received",
    "document.late",
    "document.interrupted",
    "opening.asked",
    "share.relayed",
    "envelopes.unopenable",
    "bids.opened",
    "declaration.made",
    "declaration.approved",
    "declaration.rejected",
    "training.recorded",
    "panel.set",
    "seat.taken",
    "seat.ended",
    "score.given",
    "score.reminded",
    "meeting.held",
    "consensus.recorded",
    "criterion.locked",
    "criterion.unlocked",
    "consensus.locked",
    "prices.opened",
    "bid.state-decided",
    "lots.drawn",
    "lot.evaluated",
    "evaluation.verified",
    "report.stored",
    "record.stored",
    "paper.stored",
    "retention.set",
    "hold.decided",
    "shredding.asked",
    "bids.shredded",
    "award.recommended",
    "recommendation.rejected",
    "award.decided",
    "framework.concluded",
    "award.annulled",
    "lots.cancelled",
    "question.asked",
    "question.answered",
    "clarification.asked",
    "clarification.answered",
    "correction.proposed",
    "correction.decided",
    "requirements.written",
    "selection.decided",
    "abnormally-low.assessed",
    "abnormally-low.decided",
    "letter.text-given",
    "letter.redacted",
    "summary.sent",
    "award-notice.published",
    "contract.signed",
    "obligations.made",
    "obligation.changed",
    "obligation.added",
    "delivery.reported",
    "delivery.evidenced",
    "delivery.decided",
    "remedy.taken",
    "performance.assessed",
    "performance.failed",
    "performance-notice.published",
    "contract.reminded",
    "report.text-given",
    "log.timestamped",
    "catalogue.imported",
    "spend.file-received",
    "spend.file-mapped",
    "spend.imported",
    "spend.file-deleted",
    "spend.supplier-answered",
    "spend.analysed",
    "spend.finding-linked",
    "webhook.made",
    "webhook.secret-rotated",
    "webhook.pinged",
    "webhook.disabled",
    "webhook.enabled",
    "webhook.removed",
    "refused",
]


class Event(Struct, frozen=True, kw_only=True):
    """One entry of a log: its position (1, 2, 3 … without gaps), what happened, when, who did it, and the facts.

    From publication until all lots are opened no position is told: its gaps would tell how many bids there are.
    """

    position: int | None
    kind: str
    at: datetime
    person_id: UUID | None
    person: str | None
    data: dict[str, Any]


async def record(
    conn: db.Connection, kind: Kind, *, tender_id: UUID | None, actor: UUID | None, data: Mapping[str, Any]
) -> int:
    """Append an entry in the caller's transaction and return its position.

    The log's head stays locked until that transaction ends, so positions have no gaps and follow the order of commits.
    """
    return await SQL.record_event(conn, log_id=tender_id or PLATFORM_LOG, kind=kind, person_id=actor, data=dict(data))


async def record_all(
    conn: db.Connection, kind: Kind, *, tender_id: UUID, actor: UUID, data: Sequence[Mapping[str, Any]]
) -> None:
    """Append one entry for each of `data`, in their order, with one statement."""
    await SQL.record_events(conn, log_id=tender_id, kind=kind, person_id=actor, data=[dict(one) for one in data])


async def record_attempt(
    pool: asyncpg.Pool, kind: Kind, *, ids: Mapping[str, Any], actor: UUID | None, data: Mapping[str, Any]
) -> None:
    """Write down what came to nothing, in the log of the tender that its address belongs to, found by the ids in it."""
    async with db.transaction(pool) as conn:
        known = {name: ids.get(name) for name in ("tender_id", "lot_id", "bid_id", "evaluation_id")}
        log_id = await SQL.find_log(conn, **known)
        await record(conn, kind, tender_id=log_id, actor=actor, data=data)
