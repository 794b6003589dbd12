"""Whether a bidder takes part, as its letter tells it: which ground or condition, on what evidence, how it was heard.

Sources: Directive 2014/24/EU art. 55(2)(a) and 57(6); Procurement Act 2023 ss.57-58; Procurement Regulations 2024
reg. 31(3)(c). Nobody else reads it: it stands in the letter to the bidder that it is about.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from service import db, requirements, tenders
from service.language import LANGUAGES
from service.selection import Outcome, Subject
from service.tenders import Known, TenderLot

SQL = db.queries("participation")

ENGLISH: Final = LANGUAGES["en"]
OUTCOMES: Final[dict[Outcome, str]] = {
    "met": "It is met.",
    "not_met": "It is not met.",
    "excluded": "It applies, and you are excluded.",
    "self_cleaned": "It applies; you have proved that you are reliable again and are not excluded.",
    "not_excluded": "It applies; to exclude you would go too far.",
}


class Participation(Struct, frozen=True, kw_only=True):
    """A decision about whether a bidder takes part, as it is told to that bidder.

    `title` is the ground in the law's words or the published condition, `source` where it stands; `heard` says how the
    bidder was heard about a ground, and `self_cleaning` how what it proved was judged. Where people have told the
    decision anew for the letter, that text stands under `evidence`, and `reason` and `self_cleaning` are left out.
    """

    subject: Subject
    id: str
    title: str
    source: str
    outcome: Outcome
    decision: str
    evidence: str
    reason: str | None
    heard: str | None
    self_cleaning: str | None
    decided_at: datetime

    @property
    def field(self) -> str:
        """The name under which it can be told anew in a letter."""
        return f"participation:{self.id}"

    @property
    def keeps_out(self) -> bool:
        """Whether the bidder is out of the race by it."""
        return self.outcome in {"excluded", "not_met"}


class Made(Struct, frozen=True, kw_only=True):
    """The standing decision about a bid and one ground, condition or requirement, with the last hearing about it."""

    bid_id: UUID
    subject: Subject
    subject_id: str
    outcome: Outcome
    evidence: str
    reason: str
    self_cleaning: str | None
    decided_at: datetime
    asked_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None


# Rules


def told(made: Made, titles: dict[tuple[str, str], tuple[str, str]], zone: str) -> Participation:
    """A decision in words; instants in the tender's zone, by their city."""
    title, source = titles.get((made.subject, made.subject_id), (made.subject_id, ""))
    return Participation(
        subject=made.subject,
        id=made.subject_id,
        title=title,
        source=source,
        outcome=made.outcome,
        decision=OUTCOMES[made.outcome],
        evidence=made.evidence,
        reason=made.reason,
        heard=_heard(made, zone),
        self_cleaning=made.self_cleaning,
        decided_at=made.decided_at,
    )


def _heard(made: Made, zone: str) -> str | None:
    if made.asked_at is None or made.due_at is None:
        return None
    asked = f"You were asked about it on {ENGLISH.instant(made.asked_at, zone)}"
    if made.answered_at is None:
        return f"{asked} and had not answered by {ENGLISH.instant(made.due_at, zone)}."
    return f"{asked} and answered on {ENGLISH.instant(made.answered_at, zone)}; your answer was considered."


def in_short(decided: Iterable[Participation]) -> str | None:
    """Why a bidder is out of the race, by all that keeps it out; None where nothing does."""
    out = (
        (f"{one.title} ({one.source})", one.decision, one.reason or one.evidence, one.self_cleaning)
        for one in decided
        if one.keeps_out
    )
    return "\n\n".join(" ".join(filter(None, said)) for said in out) or None


def retold(one: Participation, text: str | None) -> Participation:
    """The decision as it was recorded, or in the words that people have written for the letter instead."""
    return one if text is None else msgspec.structs.replace(one, evidence=text, reason=None, self_cleaning=None)


# Reading


async def of_lot(conn: db.Connection, known: Known, lot: TenderLot) -> dict[UUID, tuple[Participation, ...]]:
    """What is decided about each bidder of a lot but that all is well, by bid."""
    titles = {("ground", one.id): (one.text, one.source) for one in tenders.legal_rules(known.tender).grounds}
    published = (await requirements.of_tender(conn, known.tender.id)).of_lot(lot.number)
    titles |= {(one.kind, one.id): (f"{one.title}: {one.text}", "published with the tender") for one in published}
    found: dict[UUID, tuple[Participation, ...]] = {}
    for made in await db.many(SQL.list_decided(conn, lot_id=lot.id), Made):
        if made.outcome != "met":
            found[made.bid_id] = (*found.get(made.bid_id, ()), told(made, titles, known.tender.time_zone))
    return found
