"""Who does what in a tender: roles given and taken, and which of them one person cannot hold together."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from service import db, events
from service.access import Role, check_sign_in
from service.organisations import Caller
from service.problems import NotFound, Refusal
from service.tenders import SQL, RoleHeld, check_access, lock_record, read


class NewRole(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to give to a person of the buyer's organisation."""

    person_id: UUID
    role: Role


# Refusals


class RolesConflict(Refusal):
    """One person cannot hold both roles.

    Who scores neither approves nor audits, and nobody alone both writes and approves a tender: give one of the roles to
    somebody else. Nor does anybody score who could read all bids in another role before.
    """


class OwnRole(Refusal):
    """Nobody gives themselves a role.

    The author has that role from the draft on; for every other one ask the tender's author or an approver.
    """

    status = 403


# Rules

_EXCLUSIVE: tuple[tuple[Role, Role], ...] = (
    ("author", "approver"),
    ("evaluator", "approver"),
    ("moderator", "approver"),
    ("evaluator", "auditor"),
)


_READ_ALL: tuple[Role, ...] = ("moderator", "approver", "auditor", "contract_manager")
"""Roles that read every bid, with its price once that is open, and every score."""


OPENS_OR_APPROVES: frozenset[Role] = frozenset({"opening_officer", "approver"})
"""Roles that are given only by who has signed in as strongly as who has them must."""


def check_unread(new: NewRole, reader: Role | None) -> None:
    """Refuse to let somebody score who could read all bids before, in the role `reader`."""
    if new.role == "evaluator" and reader is not None:
        name = reader.replace("_", " ")
        raise RolesConflict(f"This person was {name} of the tender once bids were open, and could read all of them.")


def check_roles_agree(held: Sequence[RoleHeld], new: NewRole) -> None:
    """Refuse a role that must not be held together with one that the person has."""
    has = {role.role for role in held if role.person_id == new.person_id}
    for pair in _EXCLUSIVE:
        if new.role in pair and (other := pair[1 - pair.index(new.role)]) in has:
            raise RolesConflict(f"This person is {other} of the tender and so cannot be {new.role} as well.")


def check_not_oneself(caller: Caller, new: NewRole) -> None:
    """Refuse a role that somebody would take."""
    if new.person_id == caller.person_id:
        raise OwnRole(f"Another author or approver has to give you the role {new.role}.")


# Handlers


@post("/tenders/{tender_id:uuid}/roles")
async def grant_role(
    tender_id: FromPath[UUID],
    data: JSONBody[NewRole],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> RoleHeld:
    """Give another person of your organisation a role in the tender; for its author or an approver.

    Where opening and approving ask for a strong sign-in, so does making somebody an opening officer or an approver.
    """
    known = await lock_record(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "grant_role")
    if data.role in OPENS_OR_APPROVES:
        check_sign_in(caller)
    check_roles_agree(await db.many(SQL.list_roles(conn, tender_id=tender_id), RoleHeld), data)
    check_not_oneself(caller, data)
    reader = await SQL.find_reader(conn, tender_id=tender_id, person_id=data.person_id, roles=list(_READ_ALL))
    check_unread(data, reader)
    row = SQL.insert_role(
        conn, tender_id=tender_id, person_id=data.person_id, role=data.role, organisation_id=caller.organisation_id
    )
    held = await db.one(row, RoleHeld)
    facts = {"person_id": held.person_id, "role": held.role}
    await events.record(conn, "role.granted", tender_id=tender_id, actor=caller.person_id, data=facts)
    return held


@delete("/tenders/{tender_id:uuid}/roles/{person_id:uuid}/{role:str}", status_code=204)
async def take_role(
    tender_id: FromPath[UUID],
    person_id: FromPath[UUID],
    role: FromPath[Role],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> None:
    """Take a role from a person; for the tender's author or an approver."""
    known = await lock_record(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "take_role")
    if await SQL.delete_role(conn, tender_id=tender_id, person_id=person_id, role=role) is None:
        raise NotFound
    facts = {"person_id": person_id, "role": role}
    await events.record(conn, "role.taken", tender_id=tender_id, actor=caller.person_id, data=facts)


@get("/tenders/{tender_id:uuid}/roles")
async def list_roles(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[RoleHeld]:
    """List who holds which role; for the buyer's people."""
    known = await read(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "list_roles")
    return await db.many(SQL.list_roles(conn, tender_id=tender_id), RoleHeld)


router = Router(path="/", route_handlers=[grant_role, take_role, list_roles], tags=["Tenders"])
