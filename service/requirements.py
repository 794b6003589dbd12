"""What a bidder must fulfil, published with the tender: conditions of participation and mandatory requirements.

They are met or not, and never earn a point. The author writes them in the draft; publication puts them under their
digest in the tender's log, and from then on only a corrigendum changes them, in time for all to bid anew. Exclusion
grounds are not written here: they are the law's (`legal_grounds`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import db, events, tenders
from service.drafts import Title
from service.edge import check_replaced, etag
from service.organisations import Caller
from service.problems import Fault, InvalidRequest

SQL = db.queries("requirements")


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a bidder or its bid must fulfil, and by what it shows that.

    `condition`: a condition of participation, about the supplier's standing and ability; `mandatory`: a requirement of
    the bid itself. `lot` is the number of the one lot that it is for; none: every lot.
    """

    id: scoring.Id
    kind: Literal["condition", "mandatory"]
    title: Title
    text: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
    evidence: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S", description="What shows it.")]
    lot: Annotated[int, Meta(ge=1, le=200)] | None = None


EveryRequirement = Annotated[tuple[Requirement, ...], Meta(max_length=200)]


class NewRequirements(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All conditions and requirements of a tender, in order; they replace those written before."""

    requirements: EveryRequirement


class Requirements(Struct, frozen=True, kw_only=True):
    """A tender's conditions and requirements, with the digest that publication or a corrigendum told the log."""

    version: int
    requirements: tuple[Requirement, ...]
    digest: str
    written_at: datetime | None

    def of_lot(self, number: int) -> tuple[Requirement, ...]:
        """Those that bids for a lot must fulfil."""
        return tuple(one for one in self.requirements if one.lot in {None, number})


# Rules

NONE = Requirements(version=0, requirements=(), digest=scoring.digest(()), written_at=None)
"""What a tender has for which nothing was written."""


def faults(requirements: Sequence[Requirement], lots: int) -> Iterator[Fault]:
    """Ids that are taken twice, and lots that are not there."""
    seen: set[str] = set()
    for index, one in enumerate(requirements):
        if one.id in seen:
            yield Fault(
                f"/requirements/{index}/id", f"{one.id!r} is taken by another one.", "Give it an id of its own."
            )
        seen.add(one.id)
        if one.lot is not None and one.lot > lots:
            mend = "Give the number of a lot, or leave it out for every lot."
            yield Fault(f"/requirements/{index}/lot", f"There is no lot {one.lot}; the draft has {lots}.", mend)


# Reading


async def of_tender(conn: db.Connection, tender_id: UUID) -> Requirements:
    """A tender's conditions and requirements as they are now."""
    return await db.maybe(SQL.get_requirements(conn, tender_id=tender_id), Requirements) or NONE


async def write(conn: db.Connection, tender_id: UUID, new: Sequence[Requirement], person_id: UUID) -> str:
    """Keep a tender's conditions and requirements as its next version; returns their digest."""
    digest = scoring.digest(new)
    await SQL.insert_requirements(conn, tender_id=tender_id, requirements=new, digest=digest, person_id=person_id)
    return digest


# Handlers


@put("/tenders/{tender_id:uuid}/requirements")
async def write_requirements(
    tender_id: FromPath[UUID],
    data: JSONBody[NewRequirements],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: tenders.IfMatch = None,
) -> Response[Requirements]:
    """Write a draft's conditions of participation and mandatory requirements, all of them; for its author.

    To replace what was written before needs the ETag that was read as `If-Match`: no newer version is overwritten.
    """
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "write_requirements")
    tenders.check_draft(known.tender)
    check_replaced(if_match, (await of_tender(conn, tender_id)).version)
    if found := tuple(faults(data.requirements, len(known.lots))):
        raise InvalidRequest("The requirements do not fit the draft.", faults=found)
    digest = await write(conn, tender_id, data.requirements, caller.person_id)
    facts = {"digest": digest, "number": len(data.requirements)}
    await events.record(conn, "requirements.written", tender_id=tender_id, actor=caller.person_id, data=facts)
    return _tagged(await of_tender(conn, tender_id))


def _tagged(found: Requirements) -> Response[Requirements]:
    return Response(found, headers={"ETag": etag(found.version)})


@get("/tenders/{tender_id:uuid}/requirements")
async def get_requirements(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[Requirements]:
    """Read what a tender's bidders must fulfil; for its buyer, and once it is published for everybody."""
    await tenders.read(conn, caller, tender_id=tender_id)
    return _tagged(await of_tender(conn, tender_id))


router = Router(path="/", route_handlers=[write_requirements, get_requirements], tags=["Tenders"])
