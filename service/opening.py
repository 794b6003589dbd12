"""The opening: M officers, after the deadline, and the only queries that read envelopes and the key to them.

It takes the tender's row FOR UPDATE and so waits for every submission in flight, which holds that row shared. What is
opened is opened together, or nothing is. Where a lot has price envelopes they are opened the same way later, once the
technical consensus is locked, and only those of bids that are still in the race.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Collection
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct

import scoring
from service import bidders, bids, db, documents, events, money, tenders, unsealing
from service.bids import OwnBid
from service.consortia import Overlap, Party
from service.drafts import Custody
from service.money import AcceptedCurrency
from service.organisations import Caller
from service.problems import Forbidden, NotFound, Refusal
from service.tenders import Known, TenderLot, TenderRow
from service.unsealing import Box, EnvelopeKind, KeyOf, Opened, SealedBid
from service.wrapping import Wrapper

SQL = db.queries("opening")

T = TypeVar("T")


class OpeningAct(Struct, frozen=True, kw_only=True):
    """An officer's request to open."""

    person_id: UUID
    person: str
    acted_at: datetime


class PanelBid(Struct, frozen=True, kw_only=True):
    """A bid after the opening, for the buyer's people. `state` is what was last decided about it.

    `offers` has the sealed prices once they are opened. `fault` says what was wrong with an envelope: the panel decides
    what that means. `price_stays_sealed` is the reason why a bid's price is never opened. Of amounts in another
    currency `offers` has those given, `in_tender_currency` those compared, `exchange` the published rate. `overlaps`
    tells which of its bidders stand behind another bid for the lot too. `corrections` has the values that two persons
    put right as obvious errors; the offers stay as they were opened.
    """

    bid_id: UUID
    supplier_id: UUID
    supplier: str
    version: int
    submitted_at: datetime
    digest: str
    rules_digest: str
    offers: dict[str, str]
    fault: str | None
    price_stays_sealed: str | None
    state: scoring.State
    variant: int
    variant_description: str | None
    currency: str | None
    exchange: AcceptedCurrency | None
    in_tender_currency: dict[str, str] = {}
    parties: tuple[Party, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    corrections: dict[str, str] = {}

    def comparable(self, rules: scoring.Lot) -> dict[str, str]:
        """The offers as corrected, in the tender's currency; amounts that cannot be converted are left out."""
        stated = self.offers | self.corrections
        if self.currency is None:
            return stated
        if self.exchange is None:
            return money.without_amounts(rules, stated)
        return stated | money.in_tender_currency(rules, stated, self.exchange)


class OpenedLine(Struct, frozen=True, kw_only=True):
    """A bid as the opening record names it, with everybody who stands behind it."""

    bid_id: UUID
    supplier: str
    version: int
    submitted_at: datetime
    digest: str
    fault: str | None
    variant: int
    variant_description: str | None
    parties: tuple[Party, ...] = ()
    overlaps: tuple[Overlap, ...] = ()


class LateBid(Struct, frozen=True, kw_only=True):
    """A bid that came too late: it was not stored and so cannot be opened."""

    supplier_id: UUID
    supplier: str
    arrived_at: datetime
    size: int
    digest: str


class PriceLine(Struct, frozen=True, kw_only=True):
    """What became of a bid's price envelope; `stays_sealed` is the reason why it is never opened."""

    bid_id: UUID
    supplier: str
    opened: bool
    fault: str | None
    stays_sealed: str | None


class PriceOpening(Struct, frozen=True, kw_only=True):
    """The opening of the prices, after the technical consensus was locked."""

    officers: list[OpeningAct]
    opened_at: datetime | None
    bids: list[PriceLine]


class OpeningRecord(Struct, frozen=True, kw_only=True):
    """Who asked to open a lot, when it was opened, and what was in the box.

    Until as many officers as are needed have asked, nothing is opened and nothing is told about bids: `number` and
    `withdrawn` are missing. `prices` is there once the technical consensus of a lot with price envelopes is locked.
    """

    tender_id: UUID
    lot_id: UUID
    custody: Custody
    officers: list[OpeningAct]
    officers_needed: int
    opened_at: datetime | None
    number: int | None
    bids: list[OpenedLine]
    late: list[LateBid]
    withdrawn: int | None
    prices: PriceOpening | None


# Refusals


class DeadlineNotReached(Refusal):
    """Bids are opened after the submission deadline only.

    Ask again from that instant on, by the database's clock. The attempt has been written into the tender's log.
    """


class NotOpened(Refusal):
    """The lot's bids have not been opened.

    Opening officers ask for it, each with `POST /lots/{id}/opening`, after the submission deadline; the tender's
    `officers_needed` says how many it takes.
    """


class AlreadyOpened(Refusal):
    """The lot's bids have been opened.

    Read the record at `GET /lots/{id}/opening`.
    """


class NoPriceEnvelope(Refusal):
    """The lot has no price envelopes.

    Its bids came in one envelope each, as it was published; all is open since the opening.
    """


class ConsensusNotLocked(Refusal):
    """Prices stay sealed until the technical consensus is locked.

    A moderator locks it with `POST /lots/{id}/consensus-lock` once every bid in the race has its agreed scores.
    """


class PricesSealed(Refusal):
    """The prices of this lot have not been opened.

    Opening officers ask for it with `POST /lots/{id}/opening?envelope=price`, once the technical consensus is locked.
    """


# Rules


def check_may_open(tender: TenderRow, lot: TenderLot, envelope: EnvelopeKind) -> None:
    """Only an opening officer, only from the deadline on, only once; prices only after the technical consensus."""
    tenders.check_role(tender, "opening_officer")
    if tender.published_at is None or tender.submission_deadline is None:
        raise tenders.TenderNotPublished("A draft has no bids.")
    if tender.now < tender.submission_deadline:
        raise DeadlineNotReached(f"The deadline is {tender.submission_deadline.isoformat()}.")
    opened_at = lot.opened_at
    if envelope == "price":
        check_opened(lot)
        check_price_envelope(lot)
        if lot.consensus_locked_at is None:
            raise ConsensusNotLocked(f"The technical consensus of lot {lot.number} is not locked.")
        opened_at = lot.price_opened_at
    if opened_at is not None:
        raise AlreadyOpened(f"The {envelope}s of lot {lot.number} were opened at {opened_at.isoformat()}.")


def check_price_envelope(lot: TenderLot) -> None:
    """Refuse where all of a bid lies in one envelope."""
    if not lot.price_envelope:
        raise NoPriceEnvelope(f"Lot {lot.number} was published without a price envelope.")


def check_opened(lot: TenderLot) -> datetime:
    """When the lot was opened; refuses if it was not."""
    if lot.opened_at is None:
        raise NotOpened(f"Lot {lot.number} has not been opened.")
    return lot.opened_at


def check_all_opened(lot: TenderLot) -> None:
    """Refuse while anything that the lot's ranking needs is sealed."""
    check_opened(lot)
    if lot.price_envelope and lot.price_opened_at is None:
        raise PricesSealed(f"The prices of lot {lot.number} are sealed.")


READERS: tuple[tenders.Role, ...] = ("evaluator", "moderator", "approver", "auditor", "contract_manager")
"""Opened bids are for those who score, decide or audit, not for every colleague (Annex IV (f))."""


def check_reader(tender: TenderRow) -> None:
    """Refuse who holds none of the roles for which opened bids are, and who may not see them for now."""
    tenders.check_role(tender, *READERS)
    tenders.check_cleared(tender)


def shown_to_evaluator(bid: PanelBid, seated: Collection[str]) -> PanelBid:
    """A bid as an evaluator sees it: the answers that this person scores, and no price in whatever envelope it came."""
    offers = {name: value for name, value in bid.offers.items() if name in seated}
    converted = {name: value for name, value in bid.in_tender_currency.items() if name in seated}
    return msgspec.structs.replace(bid, offers=offers, in_tender_currency=converted)


# Reading what is sealed


class _Released(Struct, frozen=True):
    wrapped_key: bytes
    wrapped_by: str


class Sealed(NamedTuple):
    """What the role that may read envelopes has read: the box and, in the service's custody, the wrapped key."""

    box: Box
    key: _Released | None


@contextlib.asynccontextmanager
async def _opening_role(conn: db.Connection) -> AsyncGenerator[None]:
    """Act in the one role that may read envelopes; an error ends the transaction, and with it the role."""
    await SQL.become_opening_officer(conn)
    yield
    await SQL.become_service(conn)


async def read_sealed(conn: db.Connection, known: Known, lot: TenderLot, envelope: EnvelopeKind) -> Sealed:
    """Read a lot's envelopes in the one role that may. The statements judge deadline and officers once more."""
    async with _opening_role(conn):
        key = await db.maybe(SQL.release_key(conn, lot_id=lot.id, envelope=envelope), _Released)
        sealed = await db.many(SQL.open_envelopes(conn, lot_id=lot.id, envelope=envelope), SealedBid)
    accepted = [known.tender.currency, *(other.code for other in known.tender.accepted_currencies)]
    return Sealed(Box(known.tender.id, lot.id, envelope, lot.rules, lot.price_envelope, sealed, accepted), key)


async def read_headers(conn: db.Connection, lot_id: UUID, envelope: EnvelopeKind, kind: type[T]) -> list[T]:
    """Read the headers of a lot's envelopes in the one role that may; no contents."""
    async with _opening_role(conn):
        return await db.many(SQL.list_headers(conn, lot_id=lot_id, envelope=envelope), kind)


async def open_box(
    conn: db.Connection, caller: Caller, box: Box, key_of: KeyOf, document_key_of: documents.KeyOf
) -> None:
    """Decrypt a whole box and keep what it held, all of it or nothing, and write it down.

    With offers the content keys of the documents that came with them are kept too.
    """
    opened = await asyncio.to_thread(unsealing.open_all, box, key_of)
    attached = await documents.list_sealed(conn, box.lot_id) if box.kind == "offer" else []
    there = {(one.bid_id, one.document_id) for one in attached}
    faults = [_fault(one, there) for one in opened]
    record = SQL.record_opening if box.kind == "offer" else SQL.record_price_opening
    await record(
        conn,
        lot_id=box.lot_id,
        bid_ids=[one.bid.bid_id for one in opened],
        versions=[one.bid.version for one in opened],
        contents=[one.offers for one in opened],
        faults=faults,
        variant_descriptions=[one.variant_description for one in opened],
        currencies=[one.currency for one in opened],
    )
    await bidders.keep(conn, opened)
    kind = "bids.opened" if box.kind == "offer" else "prices.opened"
    facts: dict[str, Any] = {
        "lot_id": box.lot_id,
        "bids": [_told(one, fault) for one, fault in zip(opened, faults, strict=True)],
    }
    if found := (await bidders.behind(conn, box.lot_id)).overlaps:
        facts["overlaps"] = [{"bid_id": bid_id, "with": [*overlaps]} for bid_id, overlaps in sorted(found.items())]
    names = {document.id: document.name for one in opened for document in one.documents}
    found = await documents.open_all(conn, attached, names, document_key_of)
    if faulty := [{"document_id": one.sealed.document_id, "fault": one.fault} for one in found if one.fault]:
        facts["documents"] = faulty
    await events.record(conn, kind, tender_id=box.tender_id, actor=caller.person_id, data=facts)


def _fault(one: Opened, there: set[tuple[UUID, UUID]]) -> str | None:
    """What was wrong with a bid's envelope, documents included that it names and did not come with."""
    missing = [document.name for document in one.documents if (one.bid.bid_id, document.id) not in there]
    told = [f"{name}: the offer names this document, and the bid was sent without it." for name in missing]
    return unsealing.told([one.fault, *told] if one.fault else told) or None


def _told(one: Opened, fault: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"bid_id": one.bid.bid_id, "digest": one.bid.digest}
    told |= {"variant": one.bid.variant} if one.bid.variant else {}
    told |= {"parties": [*one.parties]} if one.parties else {}
    return told if fault is None else {**told, "fault": fault}


async def _open_by_service(conn: db.Connection, caller: Caller, sealed: Sealed, wrapper: Wrapper) -> None:
    if sealed.key is None:
        raise DeadlineNotReached("The database does not release the key.")
    private = await wrapper.unwrap(sealed.box.tender_id, sealed.key.wrapped_key, sealed.key.wrapped_by)
    box = sealed.box
    document_key_of = documents.by_private_key(box.tender_id, box.lot_id, private)
    await open_box(conn, caller, box, unsealing.by_private_key(box, private), document_key_of)


# Handlers


@get("/lots/{lot_id:uuid}/bids")
async def list_bids(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[OwnBid] | list[PanelBid]:
    """For a supplier its own bids for the lot, without contents; for the tender's panel the opened bids.

    Evaluators see the values of the criteria on which they are seated; moderators and approvers see all that is open.
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        return await db.many(bids.SQL.list_own(conn, lot_id=lot_id, supplier_id=caller.organisation_id), OwnBid)
    check_reader(known.tender)
    lot = known.lot(lot_id)
    check_opened(lot)
    behind = await bidders.behind(conn, lot_id)
    opened = [
        msgspec.structs.replace(
            bid,
            in_tender_currency=money.in_tender_currency(lot.rules, bid.offers, bid.exchange),
            **behind.of(bid.bid_id),
        )
        for bid in await db.many(SQL.list_opened(conn, lot_id=lot_id), PanelBid)
    ]
    if "evaluator" not in known.tender.roles:
        return opened
    rows = SQL.list_own_seats(conn, lot_id=lot_id, person_id=caller.person_id)
    seated = {row["criterion_id"] async for row in rows}
    return [shown_to_evaluator(bid, seated) for bid in opened]


@post("/lots/{lot_id:uuid}/opening")
async def open_bids(
    lot_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    envelope: FromQuery[EnvelopeKind] = "offer",
) -> Response[OpeningRecord]:
    """Ask to open a lot's bids, as an opening officer after the deadline.

    Requests are kept and answered 202; the one that makes them as many as are needed opens the bids, 201. In the
    officers' custody all are answered 202: `tenderscore officer open` then brings the keys. With `?envelope=price` the
    price envelopes of the bids in the race are asked for, once the technical consensus is locked.
    """
    caller.require("write")
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    check_may_open(known.tender, lot, envelope)
    insert = SQL.insert_opening_act if envelope == "offer" else SQL.insert_price_act
    await insert(conn, lot_id=lot_id, person_id=caller.person_id)
    facts: dict[str, Any] = {"lot_id": lot_id, "envelope": envelope}
    await events.record(conn, "opening.asked", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    enough = await SQL.count_officers(conn, lot_id=lot_id, envelope=envelope) >= known.tender.officers_needed
    opens = enough and known.tender.custody == "service"
    if opens:
        await _open_by_service(conn, caller, await read_sealed(conn, known, lot, envelope), state.wrapper)
    return Response(await record_of(conn, caller, lot_id), status_code=201 if opens else 202)


@get("/lots/{lot_id:uuid}/opening")
async def get_opening(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> OpeningRecord:
    """Read the opening record; for the buyer's people who hold a role in the tender, the panel once it is cleared."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    if not known.tender.roles:
        raise Forbidden("The opening record is for those who hold a role in the tender.")
    if "opening_officer" not in known.tender.roles:
        tenders.check_cleared(known.tender)
    return await record_of(conn, caller, lot_id)


async def record_of(conn: db.Connection, caller: Caller, lot_id: UUID) -> OpeningRecord:
    """The opening record as it stands now."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    opened = lot.opened_at is not None
    lines = await db.many(SQL.list_opened_lines(conn, lot_id=lot_id), OpenedLine)
    if lines:
        behind = await bidders.behind(conn, lot_id)
        lines = [msgspec.structs.replace(line, **behind.of(line.bid_id)) for line in lines]
    return OpeningRecord(
        tender_id=known.tender.id,
        lot_id=lot_id,
        custody=known.tender.custody,
        officers=await _acts(conn, lot_id, "offer"),
        officers_needed=known.tender.officers_needed,
        opened_at=lot.opened_at,
        number=len(lines) if opened else None,
        bids=lines,
        late=await db.many(SQL.list_late(conn, lot_id=lot_id), LateBid) if opened else [],
        withdrawn=await SQL.count_withdrawn(conn, lot_id=lot_id) if opened else None,
        prices=await _price_opening(conn, lot),
    )


async def _price_opening(conn: db.Connection, lot: TenderLot) -> PriceOpening | None:
    if lot.consensus_locked_at is None:
        return None
    return PriceOpening(
        officers=await _acts(conn, lot.id, "price"),
        opened_at=lot.price_opened_at,
        bids=await db.many(SQL.list_price_lines(conn, lot_id=lot.id), PriceLine),
    )


async def _acts(conn: db.Connection, lot_id: UUID, envelope: EnvelopeKind) -> list[OpeningAct]:
    return await db.many(SQL.list_opening_acts(conn, lot_id=lot_id, envelope=envelope), OpeningAct)


router = Router(path="/", route_handlers=[list_bids, open_bids, get_opening], tags=["Opening"])
