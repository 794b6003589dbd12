"""Framework agreements and their call-offs: who has a place, what is left, and what calls off lawfully.

A tender with a `framework` is awarded as any other, by two persons. The award gives the bid ranked first its place and,
where the panel recommended several, those ranked behind it theirs. A tender with a `framework_id` calls off: it exists
for its buyer and for the framework's suppliers alone, whom `is_framework_supplier` (migration 0025) names to every
query that shows tenders.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, NamedTuple
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

import scoring
from service import agreements, db, events, tenders
from service.agreements import Agreed, CallOff, Framework
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal
from service.tenders import Known, TenderRow

SQL = db.queries("frameworks")


PlacesNumber = Annotated[
    int,
    Meta(ge=2, le=1_000, description="With how many bids a framework is concluded: those ranked first, this one too."),
]


class FrameworkSupplier(Struct, frozen=True, kw_only=True):
    """A supplier with a place in a framework, by which bid for which lot."""

    lot_id: UUID
    lot_number: int
    bid_id: UUID
    supplier_id: UUID
    supplier: str
    decided_at: datetime


class CalledOff(Struct, frozen=True, kw_only=True):
    """A published tender that calls off from a framework."""

    tender_id: UUID
    reference: str
    title: str
    estimated_value: Decimal
    published_at: datetime


class FrameworkState(Struct, frozen=True, kw_only=True):
    """A framework now: its terms, who has a place, what was called off and what is left."""

    tender_id: UUID
    terms: Framework
    ended: bool
    suppliers: list[FrameworkSupplier]
    call_offs: list[CalledOff]
    called_off: Decimal
    left: Decimal


class _Use(Struct, frozen=True):
    suppliers: int
    called_off: Decimal


class _Locked(Struct, frozen=True):
    id: UUID
    reference: str
    currency: str
    framework: Framework


class _Lot(Struct, frozen=True):
    rules: scoring.Lot


# Refusals


class NoFramework(Refusal):
    """The tender is no framework agreement.

    A framework is drafted with `framework`: until when, with how many suppliers, for how much in all.
    """


class TooManyPlaces(Refusal):
    """The framework cannot be concluded with so many bids.

    It was published with the most suppliers that it takes, only ranked bids get a place, and of equal bids none is left
    out.
    """

    status = 422


class NoSuchFramework(Refusal):
    """There is no such framework of yours.

    A call-off names the framework that it calls off from by the id of its tender, which is your own organisation's.
    """

    status = 422


CONSTRAINTS["tenders_call_off_from_a_tender_of_their_buyer"] = (NoSuchFramework, "You have no tender of this id.")

# Rules


def beside(
    terms: Framework | None, result: scoring.Evaluation, awarded: UUID | None, number: int | None
) -> dict[UUID, int]:
    """The bids that get a place beside the awarded one, with their ranks, as many as asked for in all."""
    if number is None:
        return {}
    if terms is None:
        raise NoFramework("Places are given in a framework only; leave `places` out.")
    if awarded is None:
        raise TooManyPlaces("Where nothing is awarded there are no places; leave `places` out.")
    return next_places(result, awarded, terms.most_suppliers, number)


def next_places(result: scoring.Evaluation, awarded: UUID, most: int, number: int) -> dict[UUID, int]:
    """The bids that get a place beside the awarded one, with their ranks; refuses to pick among equals."""
    if number > most:
        raise TooManyPlaces(f"The framework takes {most} suppliers of this lot, not {number}.")
    ranks = {UUID(bid.id): bid.rank for bid in result.bids if bid.rank is not None and bid.rank <= number}
    if len(ranks) != number:
        raise TooManyPlaces(f"{len(ranks)} bids are ranked {number} or better; conclude the framework with so many.")
    ranks.pop(awarded, None)
    return ranks


# Places


class GivenBy(NamedTuple):
    """Which award gives places, for what reason and by whose decision."""

    lot_id: UUID
    award_number: int
    reason: str
    person_id: UUID


async def give_places(conn: db.Connection, known: Known, by: GivenBy, places: Mapping[UUID, int]) -> None:
    """Keep and write down the places beside an award, which two persons have decided on together."""
    await SQL.insert_places(conn, bid_ids=[*places], ranks=[*places.values()], **by._asdict())
    facts = {"lot_id": by.lot_id, "award_number": by.award_number, "bid_ids": [*places], "reason": by.reason}
    await events.record(conn, "framework.concluded", tender_id=known.tender.id, actor=by.person_id, data=facts)


async def holders_of(conn: db.Connection, tender: TenderRow, lot_id: UUID) -> tuple[UUID, ...]:
    """The bids for a lot of a framework that hold a place now; none in any other tender."""
    if tender.framework is None:
        return ()
    suppliers = await db.many(SQL.list_suppliers(conn, framework_id=tender.id), FrameworkSupplier)
    return tuple(one.bid_id for one in suppliers if one.lot_id == lot_id)


# Publication


async def judge(conn: db.Connection, known: Known) -> tuple[list[Fault], list[Fault]]:
    """What stands in the way of publishing a framework or a call-off, and what is only warned of.

    Locks the framework that is called off from: two call-offs at once cannot both use what is left.
    """
    tender = known.tender
    faults: list[Fault] = []
    warnings: list[Fault] = []
    if tender.framework is not None:
        faults += agreements.term_faults(tender.framework, tender.submission_deadline)
        warnings += agreements.term_warnings(tender.framework, tender.jurisdiction, tender.now)
    if tender.framework_id is not None and tender.estimated_value is not None:
        agreed = await _agreed(conn, tender.framework_id, tender.buyer_id)
        if agreed is None:
            mend = "Name the id of a published framework of yours, or leave it out."
            return [*faults, Fault("/framework_id", "There is no such framework.", mend)], warnings
        rules = [lot.rules for lot in known.lots]
        call_off = CallOff(tender.currency, tender.estimated_value, tender.submission_deadline, tender.now, rules)
        faults += agreements.call_off_faults(call_off, agreed)
        warnings += agreements.call_off_warnings(call_off, agreed)
    return faults, warnings


async def _agreed(conn: db.Connection, framework_id: UUID, buyer_id: UUID) -> Agreed | None:
    locked = await db.maybe(SQL.lock_framework(conn, framework_id=framework_id, buyer_id=buyer_id), _Locked)
    if locked is None:
        return None
    use = await db.one(SQL.get_use(conn, framework_id=framework_id), _Use)
    lots = await db.many(SQL.list_rules(conn, framework_id=framework_id), _Lot)
    rules: Sequence[scoring.Lot] = [lot.rules for lot in lots]
    return Agreed(locked.reference, locked.currency, locked.framework, use.suppliers, use.called_off, rules)


# Handlers


@get("/tenders/{tender_id:uuid}/framework")
async def get_framework(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> FrameworkState:
    """Read who has a place in a framework, what was called off and what is left; for its buyer and its suppliers."""
    tender = (await tenders.read(conn, caller, tender_id=tender_id)).tender
    suppliers = await db.many(SQL.list_suppliers(conn, framework_id=tender_id), FrameworkSupplier)
    if caller.organisation_id not in {tender.buyer_id, *(one.supplier_id for one in suppliers)}:
        raise NotFound
    if tender.framework is None:
        raise NoFramework(f"{tender.reference} has no framework.")
    use = await db.one(SQL.get_use(conn, framework_id=tender_id), _Use)
    return FrameworkState(
        tender_id=tender_id,
        terms=tender.framework,
        ended=tender.now >= tender.framework.ends_at,
        suppliers=suppliers,
        call_offs=await db.many(SQL.list_call_offs(conn, framework_id=tender_id), CalledOff),
        called_off=use.called_off,
        left=tender.framework.total_value - use.called_off,
    )


router = Router(path="/", route_handlers=[get_framework], tags=["Tenders"])
