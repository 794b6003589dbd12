"""Drawing lots: the secret whose hash was published with the rules is revealed once, after the opening.

Anybody can then draw the same lots again (`scoring.tie_break`): nobody could choose a secret to suit a bid, and nobody
can keep the secret to themselves and try another.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from scoring.tie_break import DrawLots, keeps
from service import db, events, opening, tenders
from service.organisations import Caller
from service.panel import check_not_awarded
from service.problems import CONSTRAINTS, Fault, Refusal
from service.tenders import TenderLot

SQL = db.queries("draws")


class NewDraw(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret, to the letter as it was hashed for publication."""

    secret: Annotated[str, Meta(min_length=1, max_length=1_000)]


class Draw(Struct, frozen=True, kw_only=True):
    """The revealed secret of a lot, with which evaluations from then on break ties."""

    lot_id: UUID
    secret: str
    person_id: UUID
    revealed_at: datetime


# Refusals


class NoLotsToDraw(Refusal):
    """The published rules of this lot do not draw lots.

    Ties are broken by the published list and by nothing else; bids that stay equal share their rank.
    """


class NotThePublishedSecret(Refusal):
    """This is not the secret whose hash was published.

    The lot's tie-break holds the SHA-256 of the secret's bytes in UTF-8; with one blank more it is another secret.
    """

    status = 422


class AlreadyDrawn(Refusal):
    """The secret of this lot has been revealed.

    There is one, and it decides. Run the evaluation again to see what it means.
    """


CONSTRAINTS["drawn_lots_are_revealed_once"] = (AlreadyDrawn, "The secret has been revealed already.")

# Rules


def check_secret(lot: TenderLot, secret: str) -> None:
    """Refuse where no lots are drawn, and any secret but the one that the buyer committed itself to."""
    commitments = [rule.commitment for rule in lot.rules.tie_break if isinstance(rule, DrawLots)]
    if not commitments:
        raise NoLotsToDraw(f"Lot {lot.number} was published without drawing lots.")
    if not any(keeps(commitment, secret) for commitment in commitments):
        fault = Fault("/secret", f"Its SHA-256 is not {commitments[0]}.", "Look for the secret as it was written down.")
        raise NotThePublishedSecret("The hash of this secret is not the published one.", faults=(fault,))


# Handlers


@post("/lots/{lot_id:uuid}/draw")
async def reveal_secret(
    lot_id: FromPath[UUID],
    data: JSONBody[NewDraw],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Draw:
    """Reveal the secret for drawing lots, once everything is opened; for the author, a moderator or an approver."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "reveal_secret")
    tenders.check_cleared(known.tender, "author")
    opening.check_all_opened(lot)
    check_not_awarded(lot)
    check_secret(lot, data.secret)
    row = SQL.insert_draw(conn, lot_id=lot_id, secret=data.secret, person_id=caller.person_id)
    draw = await db.one(row, Draw)
    facts = {"lot_id": lot_id, "secret": draw.secret}
    await events.record(conn, "lots.drawn", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return draw


router = Router(path="/", route_handlers=[reveal_secret], tags=["Evaluation"])
