"""What an evaluation report prints: the stored evaluation, and what the service knows about tender, bids and panel."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from scoring import Evaluation


class Tender(Struct, frozen=True, kw_only=True):
    """The tender and lot that were evaluated, as published."""

    title: str
    reference: str
    buyer: str
    currency: str
    time_zone: str
    lot_number: int
    lot_title: str
    published_at: datetime | None
    submission_deadline: datetime | None
    opened_at: datetime | None


class Entry(Struct, frozen=True, kw_only=True):
    """Whose a bid is, and when it was received. `digest` is the one on the receipt.

    `fault` says what was wrong with an envelope when it was opened.
    """

    bid_id: str
    supplier: str
    submitted_at: datetime | None = None
    digest: str | None = None
    fault: str | None = None


class Issued(Struct, frozen=True, kw_only=True):
    """A corrigendum in force: what it changed, and why."""

    number: int
    reason: str
    changed: tuple[str, ...]
    issued_at: datetime

    @property
    def amends(self) -> bool:
        """Whether the lots, and with them perhaps the rules, are others than before."""
        return "lots" in self.changed


class PanelScore(Struct, frozen=True, kw_only=True):
    """One evaluator's own score for one criterion of one bid as it stood in the end, and why.

    `first` is the value that was given alone, `change_reason` why the last version is another one. `left`: the person
    had left the seat, so that the score does not count; `seated`: the person still had a seat in the lot.
    """

    bid_id: str
    criterion_id: str
    evaluator: str
    value: str
    reason: str
    given_at: datetime
    person_id: str = ""
    version: int = 1
    first: str | None = None
    change_reason: str | None = None
    left: bool = False
    seated: bool = True


class Consensus(Struct, frozen=True, kw_only=True):
    """The score agreed in moderation for one criterion of one bid, and why; `first` and so on as for an own score."""

    bid_id: str
    criterion_id: str
    value: str
    reason: str
    moderator: str
    recorded_at: datetime
    moderator_id: str = ""
    version: int = 1
    first: str | None = None
    change_reason: str | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """A decision on whether a bid may be ranked, and why."""

    bid_id: str
    state: str
    reason: str
    decided_by: str
    decided_at: datetime


class Officer(Struct, frozen=True, kw_only=True):
    """One of the people who opened the bids, and when this one asked for it."""

    name: str
    acted_at: datetime


class LateBid(Struct, frozen=True, kw_only=True):
    """A bid that came too late and was not stored: whose, when, how many bytes, with which digest."""

    supplier: str
    arrived_at: datetime
    size: int
    digest: str


class MissingBid(Struct, frozen=True, kw_only=True):
    """A bid that stands in the log and was not in the database when the lot was opened."""

    supplier: str
    digest: str


class SealedPrice(Struct, frozen=True, kw_only=True):
    """A bid whose price envelope was never opened, and why."""

    supplier: str
    reason: str


class Opening(Struct, frozen=True, kw_only=True):
    """What the opening record says beyond the opened bids and who opened them; prices where they came apart."""

    custody: str
    withdrawn: int
    late: tuple[LateBid, ...] = ()
    missing: tuple[MissingBid, ...] = ()
    locked_at: datetime | None = None
    locked_by: str | None = None
    price_opened_at: datetime | None = None
    price_officers: tuple[Officer, ...] = ()
    stay_sealed: tuple[SealedPrice, ...] = ()


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One entry of the tender's log up to the evaluation."""

    position: int
    at: datetime
    actor: str
    kind: str
    data: dict[str, Any]


class ReportDocument(Struct, frozen=True, kw_only=True):
    """All that an evaluation report prints. What is missing (offline there is no tender, no panel) is left out of it.

    `canonical` is the stored result byte for byte; it goes into the PDF, so that the report carries its own proof.
    """

    evaluation: Evaluation
    canonical: bytes
    entries: tuple[Entry, ...]
    number: int | None = None
    digest: str | None = None
    evaluated_at: datetime | None = None
    evaluated_by: str | None = None
    tender: Tender | None = None
    scores: tuple[PanelScore, ...] = ()
    consensus: tuple[Consensus, ...] = ()
    decisions: tuple[Decision, ...] = ()
    officers: tuple[Officer, ...] = ()
    opening: Opening | None = None
    issued: tuple[Issued, ...] = ()
    events: tuple[AuditEntry, ...] = ()
