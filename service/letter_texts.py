"""What only people can say in a letter, and what is left out of it: texts and redactions, each in versions.

Nothing of either changes once the letters on the award have gone out.
"""

from uuid import UUID

import msgspec
from litestar import Router, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from service import awards, db, events, letter_sources, letters, opening, tenders
from service.drafts import Reason
from service.letter_sources import GivenText, LettersAlreadySent, Redaction
from service.organisations import Caller
from service.problems import Fault, NotFound, Refusal
from service.tenders import Known, TenderLot

SQL = db.queries("letter_texts")

_WRITERS: tuple[tenders.Role, ...] = ("author", "moderator", "approver")


class NewText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text about a bid that only people can give."""

    text: Reason


class NewRedaction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a field about a bid is not shown to others; without a reason it is shown again."""

    reason: Reason | None


# Refusals


class NoSuchField(Refusal):
    """The letter has no such field.

    The fields that can be written or redacted are listed under `errors`.
    """

    status = 422


# Rules


def check_field(lot: TenderLot, field: str, known: list[str]) -> None:
    """Refuse a field that the lot's letters do not have."""
    if field not in known:
        fault = Fault("/field", f"There is no field {field!r}.", f"Use one of {', '.join(known)}.")
        raise NoSuchField(f"The letters of lot {lot.number} have no such field.", faults=(fault,))


# Handlers


async def _lock_letters(
    conn: db.Connection, caller: Caller, lot_id: UUID, bid_id: UUID, *roles: tenders.Role
) -> tuple[Known, TenderLot]:
    """The lot, locked, for somebody who may write its letters; refuses once those on its award have gone out."""
    caller.require("write")
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_role(known.tender, *roles)
    tenders.check_cleared(known.tender, "author")
    opening.check_opened(lot)
    if bid_id not in {bid.bid_id for bid in await letter_sources.bids_of(conn, lot_id)}:
        raise NotFound
    award = await awards.standing_award(conn, lot_id)
    if award is not None and await letter_sources.list_sent(conn, lot_id, award.number):
        raise LettersAlreadySent(f"The letters on award {award.number} of lot {lot.number} have been sent.")
    return known, lot


@put("/lots/{lot_id:uuid}/assessment-summaries/{bid_id:uuid}/texts/{field:str}")
async def give_text(
    lot_id: FromPath[UUID],
    bid_id: FromPath[UUID],
    field: FromPath[str],
    data: JSONBody[NewText],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> GivenText:
    """Give a text about a bid that only people know: an address, an explanation; for author, moderator or approver."""
    known, lot = await _lock_letters(conn, caller, lot_id, bid_id, *_WRITERS)
    check_field(lot, field, letters.known_fields(lot, letters.TEXTS, scores=False))
    row = SQL.insert_text(conn, lot_id=lot_id, bid_id=bid_id, field=field, text=data.text, person_id=caller.person_id)
    given = await db.one(row, GivenText)
    facts = {"lot_id": lot_id, **msgspec.to_builtins(given)}
    await events.record(conn, "letter.text-given", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return given


@put("/lots/{lot_id:uuid}/assessment-summaries/{bid_id:uuid}/redactions/{field:str}")
async def redact_field(
    lot_id: FromPath[UUID],
    bid_id: FromPath[UUID],
    field: FromPath[str],
    data: JSONBody[NewRedaction],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Redaction:
    """Leave a field about a bid out of what others read, with the reason that they read instead; for an approver."""
    known, lot = await _lock_letters(conn, caller, lot_id, bid_id, "approver")
    check_field(lot, field, letters.known_fields(lot, letters.HIDEABLE, scores=True))
    row = SQL.insert_redaction(
        conn, lot_id=lot_id, bid_id=bid_id, field=field, reason=data.reason, person_id=caller.person_id
    )
    decided = await db.one(row, Redaction)
    facts = {"lot_id": lot_id, **msgspec.to_builtins(decided)}
    await events.record(conn, "letter.redacted", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return decided


router = Router(path="/", route_handlers=[give_text, redact_field], tags=["Award"])
