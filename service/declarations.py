"""Declarations of interest: whoever is to see bids says first what connects them with those who have bid.

Names are known from the opening on, so nobody declares earlier. Another person approves or rejects; until then, and
again from a later declaration on, every bid is closed to the declarant (`tenders.check_cleared`). Sources: Directive
2014/24/EU, article 24; Procurement Act 2023, sections 81 to 83; Edmonton City Auditor 2017, a declared conflict that
stayed on.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, events, tenders
from service.drafts import Reason
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, InvalidRequest, NotFound, Refusal
from service.tenders import RoleHeld

SQL = db.queries("declarations")

Interest = Literal["none", "actual", "potential", "perceived"]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class NewDeclaration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What connects you with the bidders: nothing, or an interest with its details and how it is to be mitigated."""

    interest: Interest
    details: Annotated[str, Meta(max_length=10_000)] = ""
    mitigation: Annotated[str, Meta(max_length=10_000)] = ""


class NewDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the person may see bids, and why."""

    approved: bool
    reason: Reason


class Declaration(Struct, frozen=True, kw_only=True):
    """A person's declaration with what was decided about it; `approved` is missing until then."""

    tender_id: UUID
    person_id: UUID
    person: str
    number: int
    interest: Interest
    details: str
    mitigation: str
    declared_at: datetime
    approved: bool | None
    decision: str | None
    decided_by: UUID | None
    decided_at: datetime | None


class Behind(Struct, frozen=True, kw_only=True):
    """An organisation behind a bid besides the one that sent it, as the bid names it."""

    role: Literal["lead", "member", "subcontractor"]
    name: str
    identifier: str | None


class Bidder(Struct, frozen=True, kw_only=True):
    """Who has bid for a lot, with everybody who bids jointly or is relied upon, and nothing about the bid."""

    lot_id: UUID
    lot: int
    supplier_id: UUID
    supplier: str
    identifier: str | None
    parties: list[Behind]


# Refusals


class NamesNotKnown(Refusal):
    """Nobody knows yet who has bid.

    A declaration before the opening could not tell of the bidders. Declare once the first lot is opened.
    """


class OwnDeclaration(Refusal):
    """Nobody decides about their own declaration.

    An approver decides about it; about an approver's own, the author of the tender.
    """

    status = 403


class OwnInterestOpen(Refusal):
    """You have an interest of your own that nobody has approved.

    Who may see no bid lets nobody else see one. Give the role to a third person, at `POST /tenders/{id}/roles`, who
    decides; or let your own declaration be approved first. Source: Procurement Act 2023, sections 81 to 83.
    """

    status = 403


class NotTheLastDeclaration(Refusal):
    """The person has declared anew since.

    Decide about the last declaration; what was said earlier no longer holds.
    """


class DeclarationDecided(Refusal):
    """This declaration has been decided.

    Circumstances that have changed are a new declaration, which closes access until it is approved.
    """


class MitigationMissing(Refusal):
    """An interest is approved only together with what mitigates it.

    Let the person declare anew and say how, such as by another seat; or reject the declaration and replace the person.
    Source: Procurement Act 2023, section 82.
    """


CONSTRAINTS["declaration_decisions_once"] = (DeclarationDecided, "The declaration has been decided already.")


# Rules


def check_declaration(new: NewDeclaration) -> None:
    """An interest without its details tells nobody anything."""
    if new.interest != "none" and not new.details.strip():
        mend = "Say who or what connects you with which bidder, since when."
        raise InvalidRequest("The interest is not told.", faults=(Fault("/details", "Details are missing.", mend),))


def check_decider(tender: tenders.TenderRow, caller: Caller, declared: Declaration, held: Collection[RoleHeld]) -> None:
    """Another person: an approver, or the author where the declaration is an approver's."""
    if declared.person_id == caller.person_id:
        raise OwnDeclaration("This is your own declaration.")
    approvers = {role.person_id for role in held if role.role == "approver"}
    tenders.check_role(tender, "author" if declared.person_id in approvers else "approver")


def check_without_interest(tender: tenders.TenderRow, own: Collection[Declaration]) -> None:
    """Who decides is approved, or has declared nothing but that there is no interest, and was never rejected.

    Two who have only declared that nothing connects them, and both wait, can decide about each other.
    """
    if tender.clearance in {"approved", "outdated"}:
        return
    if any(one.approved is False or (one.approved is None and one.interest != "none") for one in own):
        raise OwnInterestOpen("Your own declaration is open or rejected: give the role to a third person.")


def check_approvable(declared: Declaration, new: NewDecision) -> None:
    """An interest that nothing mitigates is not approved."""
    if new.approved and declared.interest != "none" and not declared.mitigation.strip():
        raise MitigationMissing(f"{declared.person} has declared an interest ({declared.interest}) and no mitigation.")


# Handlers


@get("/tenders/{tender_id:uuid}/bidders")
async def list_bidders(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Bidder]:
    """List who has bid for the lots that are opened: what a declaration of interest is about; for every role."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "list_bidders")
    return await db.many(SQL.list_bidders(conn, tender_id=tender_id), Bidder)


@post("/tenders/{tender_id:uuid}/declarations")
async def declare_interest(
    tender_id: FromPath[UUID],
    data: JSONBody[NewDeclaration],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Declaration:
    """Declare your interests, once the bidders are known. A later declaration closes access until it is approved."""
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "declare_interest")
    if not any(lot.opened_at for lot in known.lots):
        raise NamesNotKnown("No lot of this tender has been opened.")
    check_declaration(data)
    number: int = await SQL.insert_declaration(
        conn,
        tender_id=tender_id,
        person_id=caller.person_id,
        interest=data.interest,
        details=data.details,
        mitigation=data.mitigation,
    )
    declared = await find(conn, tender_id, caller.person_id, number)
    facts = {"number": number, **msgspec.to_builtins(data)}
    await events.record(conn, "declaration.made", tender_id=tender_id, actor=caller.person_id, data=facts)
    return declared


@post("/tenders/{tender_id:uuid}/declarations/{person_id:uuid}/{number:int}/decision")
async def decide_declaration(
    tender_id: FromPath[UUID],
    person_id: FromPath[UUID],
    number: FromPath[Number],
    data: JSONBody[NewDecision],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Declaration:
    """Approve or reject a declaration, with a reason; for approvers, for an approver's own the author.

    Not by whose own interest is open or rejected: then a third person is given the role.
    """
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "decide_declaration")
    declared = await find(conn, tender_id, person_id, number)
    check_decider(
        known.tender, caller, declared, await db.many(tenders.SQL.list_roles(conn, tender_id=tender_id), RoleHeld)
    )
    rows = SQL.list_declarations(conn, tender_id=tender_id, person_id=caller.person_id, number=None)
    check_without_interest(known.tender, await db.many(rows, Declaration))
    if await SQL.last_number(conn, tender_id=tender_id, person_id=person_id) != number:
        raise NotTheLastDeclaration(f"{declared.person} has declared anew.")
    check_approvable(declared, data)
    await SQL.insert_decision(
        conn,
        tender_id=tender_id,
        person_id=person_id,
        number=number,
        approved=data.approved,
        reason=data.reason,
        decided_by=caller.person_id,
    )
    kind: events.Kind = "declaration.approved" if data.approved else "declaration.rejected"
    facts = {"person_id": person_id, "number": number, "interest": declared.interest, "reason": data.reason}
    await events.record(conn, kind, tender_id=tender_id, actor=caller.person_id, data=facts)
    return await find(conn, tender_id, person_id, number)


@get("/tenders/{tender_id:uuid}/declarations")
async def list_declarations(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Declaration]:
    """List the declarations of interest: all for author, approver or auditor, for everybody else their own."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "list_declarations")
    only = None if {"author", "approver", "auditor"} & set(known.tender.roles) else caller.person_id
    return await db.many(SQL.list_declarations(conn, tender_id=tender_id, person_id=only, number=None), Declaration)


async def find(conn: db.Connection, tender_id: UUID, person_id: UUID, number: int) -> Declaration:
    """One declaration; raises NotFound."""
    rows = SQL.list_declarations(conn, tender_id=tender_id, person_id=person_id, number=number)
    found = await db.many(rows, Declaration)
    if not found:
        raise NotFound
    return found[0]


router = Router(
    path="/", route_handlers=[list_bidders, declare_interest, decide_declaration, list_declarations], tags=["Panel"]
)
