"""What only people can say in a letter, and what is left out of it: texts and redactions, each in versions.

Nothing of either changes once the letters on the award have gone out.
"""

from uuid import UUID

import msgspec
from litestar import Router, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import awards, db, events, letter_sources, letters, opening, participation, tenders
from service.drafts import Reason
from service.jurisdictions import Presets
from service.letter_sources import GivenText, LettersAlreadySent, Redaction
from service.organisations import Caller
from service.problems import Fault, NotFound, Refusal
from service.tenders import Known, TenderLot

SQL = db.queries("letter_texts")


class NewText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text about a bid that only people can give."""

    text: Reason


class NewRedaction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which of the law's grounds a field about a bid is withheld, and why it applies; null for both shows it again.

    Which grounds there are tells `withholding` of the tender's `legal-rules`. Others read ground and reason instead.
    """

    ground: scoring.Id | None
    reason: Reason | None

    def __post_init__(self) -> None:
        if (self.ground is None) != (self.reason is None):
            raise ValueError("ground and reason: give both, or null for both to show the field again")


# Refusals


class NoSuchField(Refusal):
    """The letter has no such field.

    The fields that can be written or redacted are listed under `errors`.
    """

    status = 422


class MustBeTold(Refusal):
    """The law has this told in every letter.

    It is not withheld, whoever asks for it. What may be withheld are scores, explanations and other words about a bid;
    which, and on whose authority this one is not, stands under `errors`.
    """

    status = 422


class NotAGround(Refusal):
    """The law of the tender does not know this ground for withholding.

    What a letter must tell is left out on one of the law's grounds or not at all: they stand under `errors`, and in
    `withholding` at `GET /tenders/{id}/legal-rules`. Sources: Procurement Act 2023, section 94; Directive 2014/24/EU,
    article 55(3).
    """

    status = 422


# Rules


def check_field(lot: TenderLot, field: str, known: list[str]) -> None:
    """Refuse a field that the lot's letters do not have."""
    if field not in known:
        fault = Fault("/field", f"There is no field {field!r}.", f"Use one of {', '.join(known)}.")
        raise NoSuchField(f"The letters of lot {lot.number} have no such field.", faults=(fault,))


def check_withholding(law: Presets, field: str, ground: str | None) -> None:
    """Refuse to withhold what the law has told, and on grounds that it does not know."""
    told = letters.never_withheld(law)
    if ground is not None and field in told:
        fault = Fault(
            "/field", f"{told[field]} has {field} told.", "Withhold the score or explanation that it is about."
        )
        raise MustBeTold(f"{field} is not withheld under {law.title}.", faults=(fault,))
    known = {one.id: one.text for one in law.withholding}
    if ground is not None and ground not in known:
        grounds = "; ".join(f"{name}: {text}" for name, text in known.items())
        fault = Fault("/ground", f"{law.title} has no ground {ground!r}.", f"Use one of these. {grounds}")
        raise NotAGround(f"{law.title} knows other grounds.", faults=(fault,))


# Handlers


async def _lock_letters(
    conn: db.Connection, caller: Caller, lot_id: UUID, bid_id: UUID, operation: str
) -> tuple[Known, TenderLot]:
    """The lot, locked, for somebody who may write its letters; refuses once those on its award have gone out."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, operation)
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
    """Give a text about a bid that only people know: an address, an explanation; for author, moderator or approver.

    `participation:<id>` tells a decision about a ground or condition in other words than the record has it.
    """
    known, lot = await _lock_letters(conn, caller, lot_id, bid_id, "give_text")
    decided = (await participation.of_lot(conn, known, lot)).get(bid_id, ())
    fields = letters.known_fields(lot, letters.TEXTS, scores=False)
    check_field(lot, field, [*fields, *(one.field for one in decided)])
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
    """Withhold a field about a bid from others, who read ground and reason instead; for an approver.

    Not what the law has told in every letter. Who the bid is of always reads all of it.
    """
    known, lot = await _lock_letters(conn, caller, lot_id, bid_id, "redact_field")
    check_field(lot, field, letters.known_fields(lot, letters.HIDEABLE, scores=True))
    check_withholding(tenders.legal_rules(known.tender), field, data.ground)
    row = SQL.insert_redaction(
        conn,
        lot_id=lot_id,
        bid_id=bid_id,
        field=field,
        ground=data.ground,
        reason=data.reason,
        person_id=caller.person_id,
    )
    decided = await db.one(row, Redaction)
    facts = {"lot_id": lot_id, **msgspec.to_builtins(decided)}
    await events.record(conn, "letter.redacted", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return decided


router = Router(path="/", route_handlers=[give_text, redact_field], tags=["Award"])
