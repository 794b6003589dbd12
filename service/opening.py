"""The opening: M officers, after the deadline, and the only queries that read envelopes and the key to them.

It takes the tender's row FOR UPDATE and so waits for every submission in flight, which holds that row shared. What is
opened is opened together, or nothing is. Where a lot has price envelopes they are opened the same way later, once the
technical consensus is locked, and only those of bids that are still in the race.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID, uuid4

import msgspec
import structlog
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct

import scoring
from service import bidders, bids, db, documents, events, money, opening_record, tenders, unsealing
from service.access import OFFICERS, READERS
from service.bids import OwnBid
from service.consortia import Overlap, Party
from service.documents import SealedDocument
from service.money import AcceptedCurrency
from service.opening_record import OpeningRecord
from service.organisations import Caller
from service.problems import Refusal
from service.submissions import NamedDocument
from service.tenders import Known, TenderLot, TenderRow
from service.unsealing import Box, Contents, EnvelopeKind, KeyOf, LoggedBid, LoggedContents, Opened, SealedBid
from service.wrapping import Wrapper

SQL = db.queries("opening")

T = TypeVar("T")

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tenderscore")


class PanelBid(Struct, frozen=True, kw_only=True):
    """A bid after the opening, for the buyer's people. `state` is what was last decided about it.

    `offers` has the sealed prices once they are opened. `fault` says what was wrong with an envelope, to whoever scores
    only of which kind it is: the panel decides what that means. `price_stays_sealed` is the reason why a bid's price is
    never opened. Of amounts in another currency `offers` has those given, `in_tender_currency` those compared,
    `exchange` the published rate. `overlaps` tells which of its bidders stand behind another bid for the lot too.
    `corrections` has the values that two persons put right as obvious errors; the offers stay as they were opened.
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


class OpenedContentsChanged(Refusal):
    """What the opening found has been changed in the database since.

    The log has a digest of it, made at the opening. Nothing is computed from changed bids: compare with what the
    suppliers hold, put the rows back as they were, and ask who had access to the database.
    """


# Rules


def check_may_open(tender: TenderRow, lot: TenderLot, envelope: EnvelopeKind) -> None:
    """Only an opening officer, only from the deadline on, only once; prices only after the technical consensus."""
    tenders.check_role(tender, *OFFICERS)
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


def check_reader(tender: TenderRow) -> None:
    """Refuse who holds none of the roles for which opened bids are, and who may not see them for now."""
    tenders.check_role(tender, *READERS)
    tenders.check_cleared(tender)


class Sight(NamedTuple):
    """What of opened bids one person may read: `criteria` are those on which an evaluator sits; None means all."""

    criteria: frozenset[str] | None

    def of(self, named: Mapping[str, T]) -> dict[str, T]:
        """What is told by criterion, as far as this person reads it."""
        return {name: value for name, value in named.items() if self.reads(name)}

    def reads(self, criterion_id: str) -> bool:
        """Whether what concerns a criterion is for this person."""
        return self.criteria is None or criterion_id in self.criteria

    def bid(self, bid: PanelBid) -> PanelBid:
        """A bid with the answers that this person scores, and no price in whatever envelope it came."""
        shown = {name: self.of(getattr(bid, name)) for name in ("offers", "in_tender_currency", "corrections")}
        return msgspec.structs.replace(bid, fault=self.fault(bid.fault), **shown)

    def fault(self, fault: str | None) -> str | None:
        """What was wrong with a bid: whole for who decides about it, of whoever scores only the kind."""
        return fault if fault is None or self.criteria is None else unsealing.kind_of(fault)


# Reading


async def sight_of(conn: db.Connection, known: Known, lot_id: UUID, caller: Caller) -> Sight:
    """What of a lot's bids the caller may read; the one filter for whoever scores, or has ever had a seat to score.

    A seat once held counts under whatever role: nobody reads all in between and then scores on.
    """
    rows = [row async for row in SQL.list_own_seats(conn, lot_id=lot_id, person_id=caller.person_id)]
    if not rows and "evaluator" not in known.tender.roles:
        return Sight(None)
    return Sight(frozenset(row["criterion_id"] for row in rows if row["in_force"]))


async def find_record(conn: db.Connection, caller: Caller, lot_id: UUID) -> tuple[Known, OpeningRecord]:
    """The opening record with its tender, as it is for this person: somebody of the buyer's with a role in the tender.

    The panel reads it once it is cleared, and whoever scores without what faults of envelopes tell.
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_opening")
    if "opening_officer" not in known.tender.roles:
        tenders.check_cleared(known.tender)
    record = await opening_record.record_of(conn, caller, lot_id)
    if "opening_officer" in known.tender.roles:
        return known, record
    sight = await sight_of(conn, known, lot_id, caller)
    return known, record if sight.criteria is None else opening_record.without_details(record)


# Reading what is sealed


class _Released(Struct, frozen=True):
    wrapped_key: bytes
    wrapped_by: str


class Sealed(NamedTuple):
    """What the role that may read envelopes has read: the box, headers only, and in the service's custody the key."""

    box: Box
    key: _Released | None


@contextlib.asynccontextmanager
async def _opening_role(conn: db.Connection) -> AsyncGenerator[None]:
    """Act in the one role that may read envelopes; an error ends the transaction, and with it the role."""
    await SQL.become_opening_officer(conn)
    yield
    await SQL.become_service(conn)


async def read_sealed(conn: db.Connection, known: Known, lot: TenderLot, envelope: EnvelopeKind) -> Sealed:
    """Read a lot's headers in the one role that may. The statements judge deadline and officers once more."""
    logged = unsealing.standing(await db.many(SQL.list_logged(conn, lot_id=lot.id), LoggedBid))
    if envelope == "price":
        going_on = [row["bid_id"] async for row in SQL.list_going_on(conn, lot_id=lot.id)]
        logged = {bid_id: logged[bid_id] for bid_id in going_on if bid_id in logged}
    async with _opening_role(conn):
        key = await db.maybe(SQL.release_key(conn, lot_id=lot.id, envelope=envelope), _Released)
    sealed = await read_envelopes(conn, lot.id, envelope, SealedBid)
    accepted = (known.tender.currency, *(other.code for other in known.tender.accepted_currencies))
    box = Box(known.tender.id, lot.id, envelope, lot.rules, lot.price_envelope, sealed, logged, accepted)
    return Sealed(box, key)


async def read_envelopes(
    conn: db.Connection, lot_id: UUID, envelope: EnvelopeKind, kind: type[T], *, bid_ids: Sequence[UUID] | None = None
) -> list[T]:
    """Read a lot's envelopes in the one role that may: whole those of the bids that are named, else all headers."""
    async with _opening_role(conn):
        return await db.many(SQL.open_envelopes(conn, lot_id=lot_id, envelope=envelope, bid_ids=bid_ids), kind)


async def read_documents(conn: db.Connection, lot_id: UUID) -> list[SealedDocument]:
    """Read the headers of the documents that came with a lot's bids, in the one role that may."""
    async with _opening_role(conn):
        return await documents.list_sealed(conn, lot_id)


async def open_box(conn: db.Connection, box: Box, key_of: KeyOf, document_key_of: documents.KeyOf) -> dict[str, Any]:
    """Decrypt a whole box and keep what it held, all of it or nothing; returns what has to be written down.

    With offers the content keys of the documents that came with them are kept too. Nothing is written into the log: its
    head would be locked, and others' refusals wait for it.
    """
    attached = await read_documents(conn, box.lot_id) if box.kind == "offer" else []
    # What a bid was sent with says the log; another document that hangs on it by now stays sealed.
    sent = {(bid_id, name) for bid_id, logged in box.logged.items() for name in logged.documents or ()}
    attached = [one for one in attached if (one.bid_id, one.document_id) in sent]
    there = {(one.bid_id, one.document_id) for one in attached}
    told: list[dict[str, Any]] = []
    names: dict[UUID, str] = {}
    for bid_ids in unsealing.portions(box.bids):
        portion = await read_envelopes(conn, box.lot_id, box.kind, SealedBid, bid_ids=bid_ids)
        opened = await asyncio.to_thread(unsealing.open_all, box, portion, key_of)
        told += await _keep(conn, box, [(one, _fault(box, one, there)) for one in opened])
        names |= {document.id: document.name for one in opened for document in one.documents}
    await SQL.mark_opened(conn, lot_id=box.lot_id, envelope=box.kind)
    facts: dict[str, Any] = {"lot_id": box.lot_id, "bids": told}
    found = {bid.bid_id for bid in box.bids}
    if missing := [
        {"bid_id": bid_id, "supplier_id": one.supplier_id, "version": one.version, "digest": one.digest}
        for bid_id, one in box.logged.items()
        if bid_id not in found
    ]:
        facts["missing"] = missing
        _log.error("bids missing", lot_id=str(box.lot_id), bid_ids=[str(one["bid_id"]) for one in missing])
    if overlaps := (await bidders.behind(conn, box.lot_id)).overlaps:
        facts["overlaps"] = [{"bid_id": bid_id, "with": [*others]} for bid_id, others in sorted(overlaps.items())]
    kept = await documents.open_all(conn, attached, names, document_key_of)
    if faulty := [{"document_id": one.sealed.document_id, "fault": one.fault} for one in kept if one.fault]:
        facts["documents"] = faulty
    return facts


async def record_opened(conn: db.Connection, caller: Caller, box: Box, facts: dict[str, Any]) -> None:
    """Write the opening of a box down."""
    kind = "bids.opened" if box.kind == "offer" else "prices.opened"
    await events.record(conn, kind, tender_id=box.tender_id, actor=caller.person_id, data=facts)


async def _keep(conn: db.Connection, box: Box, opened: Sequence[tuple[Opened, str | None]]) -> list[dict[str, Any]]:
    """Keep what some of a box's envelopes held; what the log is told of each."""
    salts = [uuid4() for _ in opened]
    columns: dict[str, Any] = {
        "lot_id": box.lot_id,
        "bid_ids": [one.bid.bid_id for one, _ in opened],
        "versions": [one.bid.version for one, _ in opened],
        "contents": [one.offers for one, _ in opened],
        "faults": [fault for _, fault in opened],
        "salts": salts,
    }
    if box.kind == "offer":
        columns["variant_descriptions"] = [one.variant_description for one, _ in opened]
        columns["currencies"] = [one.currency for one, _ in opened]
        await SQL.insert_opened(conn, **columns)
        await bidders.keep(conn, [one for one, _ in opened])
    else:
        await SQL.insert_opened_prices(conn, **columns)
    return [_told(one, fault, salt) for (one, fault), salt in zip(opened, salts, strict=True)]


def _fault(box: Box, one: Opened, there: set[tuple[UUID, UUID]]) -> str | None:
    """What was wrong with a bid's envelope, and with the documents that it names or was sent with."""
    bid_id = one.bid.bid_id
    logged = box.logged.get(bid_id)
    sent = set(logged.documents or ()) if logged and box.kind == "offer" else set[UUID]()
    told = [*_without(one.documents, sent), *_lost(sorted(name for name in sent if (bid_id, name) not in there))]
    return unsealing.told([one.fault, *told] if one.fault else told) or None


def _without(named: Sequence[NamedDocument], sent: set[UUID]) -> Iterator[str]:
    for document in named:
        if document.id not in sent:
            yield f"{document.name}: the offer names this document, and the bid was sent without it."


def _lost(documents: Sequence[UUID]) -> Iterator[str]:
    for document_id in documents:
        yield f"The bid was sent with the document {document_id}, says the log, and the database has lost it."


def _told(one: Opened, fault: str | None, salt: UUID) -> dict[str, Any]:
    told: dict[str, Any] = {"bid_id": one.bid.bid_id, "digest": one.bid.digest}
    told |= {"variant": one.bid.variant} if one.bid.variant else {}
    told |= {"parties": [*one.parties]} if one.parties else {}
    told["contents_digest"] = unsealing.contents_digest(one.bid.bid_id, one.offers, fault, salt, one.currency)
    return told if fault is None else {**told, "fault": fault}


async def _open_by_service(conn: db.Connection, sealed: Sealed, wrapper: Wrapper) -> dict[str, Any]:
    if sealed.key is None:
        raise DeadlineNotReached("The database does not release the key.")
    private = await wrapper.unwrap(sealed.box.tender_id, sealed.key.wrapped_key, sealed.key.wrapped_by)
    box = sealed.box
    document_key_of = documents.by_private_key(box.tender_id, box.lot_id, private)
    return await open_box(conn, box, unsealing.by_private_key(box, private), document_key_of)


async def check_unchanged(conn: db.Connection, lot: TenderLot) -> None:
    """Refuse to go on where opened contents are not those that the log has a digest of, bid by bid."""
    kept = await db.many(SQL.list_contents(conn, lot_id=lot.id), Contents)
    logged = await db.many(SQL.list_contents_logged(conn, lot_id=lot.id), LoggedContents)
    if changed := sorted(map(str, unsealing.find_changed(kept, logged))):
        _log.error("opened contents changed", lot_id=str(lot.id), bid_ids=changed)
        raise OpenedContentsChanged(f"In lot {lot.number} it concerns {', '.join(changed)}.")


# Handlers


@get("/lots/{lot_id:uuid}/bids")
async def list_bids(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[OwnBid] | list[PanelBid]:
    """For a supplier its own bids for the lot, without contents; for the tender's panel the opened bids.

    Evaluators see the values, as opened and as corrected, of the criteria on which they are seated; moderators and
    approvers see all that is open.
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
    sight = await sight_of(conn, known, lot_id, caller)
    return [sight.bid(bid) for bid in opened]


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
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    check_may_open(known.tender, lot, envelope)
    insert = SQL.insert_opening_act if envelope == "offer" else SQL.insert_price_act
    await insert(conn, lot_id=lot_id, person_id=caller.person_id)
    enough = await SQL.count_officers(conn, lot_id=lot_id, envelope=envelope) >= known.tender.officers_needed
    opens = enough and known.tender.custody == "service"
    sealed = await read_sealed(conn, known, lot, envelope) if opens else None
    found = await _open_by_service(conn, sealed, state.wrapper) if sealed else {}
    facts: dict[str, Any] = {"lot_id": lot_id, "envelope": envelope}
    await events.record(conn, "opening.asked", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    if sealed:
        await record_opened(conn, caller, sealed.box, found)
    return Response(await opening_record.record_of(conn, caller, lot_id), status_code=201 if opens else 202)


@get("/lots/{lot_id:uuid}/opening")
async def get_opening(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> OpeningRecord:
    """Read the opening record; for the buyer's people who hold a role in the tender, the panel once it is cleared."""
    _, record = await find_record(conn, caller, lot_id)
    return record


router = Router(path="/", route_handlers=[list_bids, open_bids, get_opening], tags=["Opening"])
