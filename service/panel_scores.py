"""Individual scores: drafted as one types, submitted with reason and citation, changed only with a reason.

Nobody is led by colleagues: others' scores on a criterion are shown once one's own are in for every bid. Sources: Woods
v Milton Keynes [2015] EWHC 2011 (TCC), no reasons of the time; EnergySolutions v NDA [2016] EWHC 1988 (TCC), changed
scores.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, events, opening, panel, tenders
from service.drafts import Reason
from service.edge import check_unchanged, etag
from service.organisations import Caller
from service.problems import Fault, Refusal
from service.tenders import TenderLot

SQL = db.queries("panel_scores")

Value = Annotated[str, Meta(min_length=1, max_length=100)]
Cite = Annotated[
    str,
    Meta(min_length=1, max_length=500, pattern=r"\S", description="Where in the bid, such as Method statement, p. 4."),
]
Cites = Annotated[tuple[Cite, ...], Meta(min_length=1, max_length=50)]


class NewScore(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A score with its reason and the places in the bid that it rests on; a changed score also says why it changed.

    The value is one of the published scale, or pass or fail, as text: "4".
    """

    value: Value
    reason: Reason
    cites: Cites
    change_reason: Reason | None = None


class NewDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an evaluator has typed so far; nothing is checked before it is submitted."""

    value: Annotated[str, Meta(max_length=100)] = ""
    reason: Annotated[str, Meta(max_length=10_000)] = ""
    cites: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=50)] = ()


class Draft(Struct, frozen=True, kw_only=True):
    """One's own draft of a score."""

    bid_id: UUID
    criterion_id: str
    value: str
    reason: str
    cites: tuple[str, ...]
    saved_at: datetime


class PanelScore(Struct, frozen=True, kw_only=True):
    """One evaluator's standing score for a bid on a criterion. It does not count once the person's seat has ended."""

    bid_id: UUID
    criterion_id: str
    person_id: UUID
    version: int
    value: str
    reason: str
    cites: tuple[str, ...]
    change_reason: str | None
    given_at: datetime
    person: str | None = None
    counts: bool = True


class Progress(Struct, frozen=True, kw_only=True):
    """How far an evaluator is on a criterion: of the bids in the race so many are submitted, so many drafted."""

    criterion_id: str
    person_id: UUID
    person: str
    expected: int
    submitted: int
    drafted: int
    last_at: datetime | None


class NewReminder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to tell those whose scores are missing."""

    message: Reason


# Refusals


class ChangeNeedsReason(Refusal):
    """What was submitted is changed only with a reason.

    Send it as `change_reason`; both versions stay in the record. Source: EnergySolutions v NDA [2016] EWHC 1988 (TCC).
    """

    status = 422


class NothingMissing(Refusal):
    """Every score that is expected has been submitted.

    There is nobody to remind.
    """


# Rules


def check_change_reason(version: int, reason: str | None, at: str = "") -> None:
    """From the second version on a change says why."""
    if version > 1 and reason is None:
        faults = (Fault(f"{at}/change_reason", "It is missing.", "Say why the score changes."),)
        raise ChangeNeedsReason(f"This would be version {version}.", faults=faults)


class Typed(Protocol):
    """A score as somebody has typed it, a person's own or an agreed one."""

    @property
    def value(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def cites(self) -> tuple[str, ...]: ...
    @property
    def change_reason(self) -> str | None: ...


def says_the_same(new: NewScore, value: str, standing: Typed) -> bool:
    """Whether a score, its value in the scale's spelling, stands just so: who has lost the answer gets it again.

    Another `change_reason` is another version; who repeats the request may repeat it or leave it out.
    """
    told = standing.value, standing.reason, standing.cites
    return (value, new.reason, new.cites) == told and new.change_reason in {None, standing.change_reason}


def check_may_score(lot: TenderLot, criterion_id: str, seats: Collection[panel.Seat], caller: Caller) -> None:
    """Only who is seated on the criterion scores it."""
    if not any(seat.person_id == caller.person_id and seat.criterion_id == criterion_id for seat in seats):
        raise panel.NotSeated(f"You have no seat on {criterion_id} of lot {lot.number}.")


def behind(progress: Sequence[Progress]) -> list[Progress]:
    """Those who have not submitted all that is expected."""
    return [one for one in progress if one.submitted < one.expected]


# Handlers


async def _seated(conn: db.Connection, caller: Caller, bid_id: UUID, criterion_id: str, operation: str) -> panel.Place:
    """The place of a bid that the caller may score on a criterion now."""
    known, lot = await panel.lock_bid(conn, caller, bid_id)
    tenders.check_access(known.tender, caller, operation)
    tenders.check_cleared(known.tender)
    panel.check_not_awarded(lot)
    panel.check_not_locked(lot)
    panel.panel_criterion(lot, criterion_id)
    check_may_score(lot, criterion_id, await panel.seats_in_force(conn, lot.id), caller)
    await panel.check_criterion_open(conn, lot, criterion_id)
    return panel.Place(known, lot)


@put("/bids/{bid_id:uuid}/scores/{criterion_id:str}")
async def give_score(
    bid_id: FromPath[UUID],
    criterion_id: FromPath[str],
    data: JSONBody[NewScore],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: tenders.IfMatch = None,
) -> Response[PanelScore]:
    """Submit your own score for a bid on a criterion, with reason and citation; for evaluators who are seated on it.

    A new one is a new version and says why (`change_reason`); your draft is cleared. Sent again with nothing changed,
    it is the version that is there. Whoever sends the ETag of the version that was read as `If-Match` overwrites no
    newer one from another window.
    """
    known, lot = await _seated(conn, caller, bid_id, criterion_id, "give_score")
    value = panel.published_value(lot, criterion_id, data.value)
    key = {"bid_id": bid_id, "criterion_id": criterion_id, "person_id": caller.person_id}
    before = await db.maybe(SQL.get_standing(conn, **key), PanelScore)
    if before is not None and says_the_same(data, value, before):
        return Response(before, headers={"ETag": etag(before.version)})
    version = 1 if before is None else before.version + 1
    check_unchanged(if_match, version - 1)
    check_change_reason(version, data.change_reason)
    row = SQL.insert_panel_score(
        conn,
        **key,
        version=version,
        value=value,
        reason=data.reason,
        cites=list(data.cites),
        change_reason=data.change_reason,
    )
    score = await db.one(row, PanelScore)
    await SQL.delete_draft(conn, **key)
    facts: dict[str, Any] = msgspec.to_builtins(score)
    if before is not None:
        facts["was"] = before.value
    await events.record(conn, "score.given", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return Response(score, headers={"ETag": etag(score.version)})


@put("/bids/{bid_id:uuid}/scores/{criterion_id:str}/draft")
async def save_draft(
    bid_id: FromPath[UUID],
    criterion_id: FromPath[str],
    data: JSONBody[NewDraft],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Draft:
    """Save what you have typed so far; nobody else ever sees it, and it is no record."""
    await _seated(conn, caller, bid_id, criterion_id, "save_draft")
    row = SQL.put_draft(
        conn,
        bid_id=bid_id,
        criterion_id=criterion_id,
        person_id=caller.person_id,
        value=data.value,
        reason=data.reason,
        cites=list(data.cites),
    )
    return await db.one(row, Draft)


@get("/lots/{lot_id:uuid}/scores/drafts")
async def list_drafts(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Draft]:
    """List your own drafts."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_drafts")
    opening.check_opened(known.lot(lot_id))
    tenders.check_cleared(known.tender)
    return await db.many(SQL.list_drafts(conn, lot_id=lot_id, person_id=caller.person_id), Draft)


@get("/lots/{lot_id:uuid}/scores")
async def list_scores(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[PanelScore]:
    """List the panel's scores. An evaluator sees others' on a criterion once all own ones on it are submitted.

    So does whoever has ever had a seat in the lot, under whatever role by now.
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_scores")
    return await shown(conn, known, lot_id, caller)


async def shown(conn: db.Connection, known: tenders.Known, lot_id: UUID, caller: Caller) -> list[PanelScore]:
    """The standing scores of a lot, as far as the caller, who has a role for them, may see them now."""
    opening.check_opened(known.lot(lot_id))
    tenders.check_cleared(known.tender)
    sight = await opening.sight_of(conn, known, lot_id, caller)
    only = None if sight.criteria is None else caller.person_id
    return await standing(conn, lot_id, only)


async def standing(conn: db.Connection, lot_id: UUID, only: UUID | None = None) -> list[PanelScore]:
    """The standing scores of a lot, as an evaluator may see them or all."""
    return await db.many(SQL.list_panel_scores(conn, lot_id=lot_id, person_id=only), PanelScore)


@get("/lots/{lot_id:uuid}/panel/progress")
async def get_progress(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Progress]:
    """Say how far each evaluator is on each criterion, without any value; for the panel and auditors."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_progress")
    opening.check_opened(known.lot(lot_id))
    tenders.check_cleared(known.tender)
    return await db.many(SQL.list_progress(conn, lot_id=lot_id), Progress)


@post("/lots/{lot_id:uuid}/panel/reminders", status_code=200)
async def remind_evaluators(
    lot_id: FromPath[UUID],
    data: JSONBody[NewReminder],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> list[Progress]:
    """Remind everybody whose scores are missing; for moderators. Each reminder is an entry of the log."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "remind_evaluators")
    opening.check_opened(known.lot(lot_id))
    tenders.check_cleared(known.tender)
    late = behind(await db.many(SQL.list_progress(conn, lot_id=lot_id), Progress))
    if not late:
        raise NothingMissing("All scores of the seated evaluators are in.")
    reminders = [
        {
            "lot_id": lot_id,
            "person_id": one.person_id,
            "criterion_id": one.criterion_id,
            "missing": one.expected - one.submitted,
            "message": data.message,
        }
        for one in late
    ]
    await events.record_all(conn, "score.reminded", tender_id=known.tender.id, actor=caller.person_id, data=reminders)
    return late


router = Router(
    path="/",
    route_handlers=[give_score, save_draft, list_drafts, list_scores, get_progress, remind_evaluators],
    tags=["Evaluation"],
)
