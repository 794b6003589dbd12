"""A tender from draft to publication: lots, award criteria, who does what, corrigenda.

What happens in a tender's life is stored as facts with times; `stage` says what they amount to at an instant.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from msgspec import Struct

import scoring
from service import db, events, tender_list
from service.access import PANEL, ROWS, Role, Stage
from service.agreements import Framework
from service.drafts import Custody, DraftLot, DraftTender, NoticeTerms
from service.edge import Limit, check_if_match, etag
from service.jurisdictions import Presets, presets
from service.language import LanguageCode
from service.legal import JurisdictionId
from service.money import AcceptedCurrency, Vat
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, Forbidden, NotFound, Refusal
from service.submissions import VariantTerms

SQL = db.queries("tenders")

Clearance = Literal["not_needed", "none", "awaiting", "rejected", "outdated", "approved"]
IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", description="The ETag of the version that you have read and edit.")
]


class TenderLot(Struct, frozen=True, kw_only=True):
    """A stored lot, with what has happened to it so far."""

    id: UUID
    number: int
    title: str
    rules: scoring.Lot
    price_envelope: tuple[str, ...]
    variants: VariantTerms | None
    rules_digest: str | None
    opened_at: datetime | None
    consensus_locked_at: datetime | None
    price_opened_at: datetime | None
    evaluated_at: datetime | None
    awarded_at: datetime | None
    cancelled_at: datetime | None


class TenderRow(Struct, frozen=True, kw_only=True):
    """A stored tender as one caller sees it: `now` is the database's clock, `roles` what the caller holds in it.

    `clearance` says how the caller's declaration of interest stands (see migration 0017).
    """

    id: UUID
    buyer_id: UUID
    buyer: str
    author_id: UUID
    reference: str
    title: str
    description: str
    currency: str
    time_zone: str
    custody: Custody
    officers_needed: int
    jurisdiction: JurisdictionId
    language: LanguageCode | None
    vat: Vat
    accepted_currencies: tuple[AcceptedCurrency, ...]
    framework: Framework | None
    framework_id: UUID | None
    estimated_value: Decimal | None
    starts_on: date | None
    notice: NoticeTerms | None
    public_key: str | None
    version: int
    rules_digest: str | None
    created_at: datetime
    submission_deadline: datetime | None
    published_at: datetime | None
    framework_ends_at: datetime | None
    first_opened_at: datetime | None
    now: datetime
    roles: tuple[Role, ...]
    clearance: Clearance


class RoleHeld(Struct, frozen=True, kw_only=True):
    """Who holds which role since when."""

    person_id: UUID
    person: str
    role: Role
    granted_at: datetime


class Corrigendum(Struct, frozen=True, kw_only=True):
    """A numbered change of a published tender, in force. Numbers that are missing were proposed and not confirmed."""

    number: int
    reason: str
    changes: dict[str, object]
    issued_at: datetime


class Tender(Struct, frozen=True, kw_only=True):
    """A tender with its lots, its stage now, and its corrigenda.

    `public_key` is what bids are sealed to: a point of P-256, uncompressed, in hexadecimal.
    """

    id: UUID
    stage: Stage
    buyer: str
    reference: str
    title: str
    description: str
    currency: str
    time_zone: str
    custody: Custody
    officers_needed: int
    jurisdiction: JurisdictionId
    language: LanguageCode | None
    vat: Vat
    accepted_currencies: tuple[AcceptedCurrency, ...]
    framework: Framework | None
    framework_id: UUID | None
    estimated_value: Decimal | None
    starts_on: date | None
    notice: NoticeTerms | None
    public_key: str | None
    version: int
    rules_digest: str | None
    created_at: datetime
    submission_deadline: datetime | None
    published_at: datetime | None
    lots: list[TenderLot]
    corrigenda: list[Corrigendum]
    your_roles: tuple[Role, ...]
    warnings: tuple[Fault, ...] = ()


# Refusals


class TenderAlreadyPublished(Refusal):
    """The tender is published, so its rules are frozen.

    Change it by a corrigendum (`POST /tenders/{id}/corrigenda`), which a second person confirms before the deadline.
    """


class TenderNotPublished(Refusal):
    """The tender is still a draft.

    An approver publishes it with `POST /tenders/{id}/publication`.
    """


class SubmissionDeadlinePassed(Refusal):
    """The submission deadline has passed.

    The instant of the deadline is already too late. The attempt has been written into the tender's log.
    """


class LotCancelled(Refusal):
    """The lot has been cancelled.

    It takes no bids and no further step leads to an award; bids that were not opened stay sealed for ever. Read the
    reason at `GET /lots/{id}/cancellation`.
    """


class ReferenceTaken(Refusal):
    """You have another tender with this reference.

    References tell a buyer's tenders apart; choose another one.
    """


class NotCleared(Refusal):
    """Bids are closed to you until your declaration of interest is approved.

    Read who has bid at `GET /tenders/{id}/bidders`, say with `POST /tenders/{id}/declarations` what connects you with
    them, or that nothing does, and let another person approve it. Sources: Directive 2014/24/EU, article 24;
    Procurement Act 2023, sections 81 to 83.
    """

    status = 403


CONSTRAINTS["tenders_one_per_reference_of_a_buyer"] = (ReferenceTaken, "The reference is taken by another tender.")

# Rules


def stage(tender: TenderRow, lots: Sequence[TenderLot]) -> Stage:
    """What the facts amount to now; a tender is opened, evaluated or awarded once all of its lots are.

    Lots that were cancelled do not hold up the others; a tender without any other is cancelled.
    """
    if tender.published_at is None or tender.submission_deadline is None:
        return "draft"
    lots = [lot for lot in lots if lot.cancelled_at is None]
    if not lots:
        return "cancelled"
    if tender.now < tender.submission_deadline:
        return "published"
    if all(lot.awarded_at for lot in lots):
        return "awarded"
    if all(lot.evaluated_at for lot in lots):
        return "evaluated"
    return "opened" if all(lot.opened_at for lot in lots) else "closed"


def check_role(tender: TenderRow, *roles: Role) -> None:
    """Refuse a caller who holds none of these roles in the tender."""
    if not set(roles) & set(tender.roles):
        needed = " or ".join(role.replace("_", " ") for role in roles)
        raise Forbidden(f"This is for the {needed} of the tender. See who that is at /tenders/{tender.id}/roles.")


def check_access(tender: TenderRow, caller: Caller, operation: str) -> None:
    """Refuse whom the role table does not let do this; a stranger is told that there is nothing here."""
    row = ROWS[operation]
    if tender.buyer_id != caller.organisation_id:
        if row.whose == "buyer":
            raise NotFound
    elif row.roles:
        check_role(tender, *row.roles)


def check_not_cancelled(lots: Sequence[TenderLot]) -> None:
    """Refuse where each of these lots is cancelled."""
    if lots and all(lot.cancelled_at for lot in lots):
        which = ", ".join(f"lot {lot.number} at {lot.cancelled_at:%Y-%m-%dT%H:%M:%SZ}" for lot in lots)
        raise LotCancelled(f"Cancelled: {which}.")


_STANDS: dict[Clearance, str] = {
    "none": "You have not declared your interests.",
    "awaiting": "Your declaration awaits approval by another person.",
    "rejected": "Your declaration was rejected.",
    "outdated": "A lot was opened after your declaration, and it may have other bidders: declare anew.",
}


def is_cleared(tender: TenderRow, *also: Role) -> bool:
    """Whether the caller's declaration of interest, or that none is needed, lets this person see bids.

    Auditors and contract managers stand outside of the panel: they decide nothing, and the auditor examines the
    declarations themselves. Who has declared an interest that is not approved sees nothing, whatever the role.
    """
    if tender.clearance in {"none", "outdated"}:
        return not {*PANEL, *also} & set(tender.roles)
    return tender.clearance in {"approved", "not_needed"}


def check_cleared(tender: TenderRow, *also: Role) -> None:
    """The one gate before everything that tells of bids; `also` are roles that it holds back here besides the panel."""
    if not is_cleared(tender, *also):
        raise NotCleared(f"{_STANDS[tender.clearance]} Do it at /tenders/{tender.id}/declarations.")


def check_draft(tender: TenderRow) -> None:
    """Refuse once the tender is published."""
    if tender.published_at is not None:
        raise TenderAlreadyPublished(f"{tender.reference} was published at {tender.published_at.isoformat()}.")


def legal_rules(tender: TenderRow) -> Presets:
    """The legal rules of the tender: those in force on the day of its publication, today for a draft, where it is.

    Raises RulesNotInForce.
    """
    at = tender.published_at or tender.now
    return presets(tender.jurisdiction, at.astimezone(ZoneInfo(tender.time_zone)).date())


def check_open(tender: TenderRow) -> datetime:
    """Refuse before publication, from the instant of the deadline on, and once a lot is opened; returns the deadline.

    What was opened stays closed, whatever a clock says that is behind, such as that of a leader that took over.
    """
    if tender.published_at is None or tender.submission_deadline is None:
        raise TenderNotPublished(f"{tender.reference} is still a draft.")
    if tender.now >= tender.submission_deadline:
        raise SubmissionDeadlinePassed(f"{tender.reference} closed at {tender.submission_deadline.isoformat()}.")
    if tender.first_opened_at is not None:
        raise SubmissionDeadlinePassed(f"Bids were opened at {tender.first_opened_at.isoformat()}.")
    return tender.submission_deadline


# Reading and locking, used by the modules of the later phases as well


class Known(NamedTuple):
    """A tender and its lots as read by one request."""

    tender: TenderRow
    lots: list[TenderLot]

    def lot(self, lot_id: UUID) -> TenderLot:
        """The lot of this id; raises NotFound."""
        for lot in self.lots:
            if lot.id == lot_id:
                return lot
        raise NotFound


def differences(known: Known, new: Mapping[str, Any], lots: Sequence[DraftLot] | None) -> dict[str, dict[str, Any]]:
    """What of a tender changes, as old and new value by its name; a lot's rules by their digests."""
    changed = {name: {"old": getattr(known.tender, name), "new": value} for name, value in new.items()}
    if lots is not None:
        for number, (old, lot) in enumerate(zip_longest(known.lots, lots), start=1):
            for name in ("title", "price_envelope"):
                changed[f"lot {number} {name}"] = {"old": getattr(old, name, None), "new": getattr(lot, name, None)}
            digests = [None if one is None else scoring.rules_digest(one.rules) for one in (old, lot)]
            changed[f"lot {number} rules_digest"] = {"old": digests[0], "new": digests[1]}
    return {name: pair for name, pair in changed.items() if pair["old"] != pair["new"]}


async def read(
    conn: db.Connection, caller: Caller, *, tender_id: UUID | None = None, lot_id: UUID | None = None
) -> Known:
    """The tender of this id or of this lot, with its lots, as the caller may see them; raises NotFound."""
    row = SQL.get_tender(
        conn,
        tender_id=tender_id,
        lot_id=lot_id,
        organisation_id=caller.organisation_id,
        person_id=caller.person_id,
    )
    tender = await db.one(row, TenderRow)
    return Known(tender, await db.many(SQL.list_lots(conn, tender_id=tender.id), TenderLot))


async def lock(
    conn: db.Connection, caller: Caller, *, tender_id: UUID | None = None, lot_id: UUID | None = None
) -> Known:
    """Lock a tender of the caller's organisation by its own id or a lot's; every rule then holds until commit.

    The clock in `tender.now` is read after the lock. Raises NotFound, and LotCancelled where no step may follow.
    """
    known = await lock_record(conn, caller, tender_id=tender_id, lot_id=lot_id)
    check_not_cancelled(known.lots if lot_id is None else [known.lot(lot_id)])
    return known


async def lock_record(
    conn: db.Connection, caller: Caller, *, tender_id: UUID | None = None, lot_id: UUID | None = None
) -> Known:
    """The same for what is no step towards an award but belongs to the record: it goes on after a cancellation."""
    found = await SQL.lock_tender(conn, tender_id=tender_id, lot_id=lot_id, organisation_id=caller.organisation_id)
    if found is None:
        raise NotFound
    return await read(conn, caller, tender_id=found)


async def present(
    conn: db.Connection, caller: Caller, known: Known, warnings: tuple[Fault, ...] = ()
) -> Response[Tender]:
    """The tender as this caller is answered, with the ETag of its version."""
    shared = set(Tender.__struct_fields__) & set(TenderRow.__struct_fields__)
    tender = Tender(
        **{name: getattr(known.tender, name) for name in shared},
        stage=stage(*known),
        lots=known.lots,
        corrigenda=await db.many(SQL.list_corrigenda(conn, tender_id=known.tender.id), Corrigendum),
        your_roles=known.tender.roles if known.tender.buyer_id == caller.organisation_id else (),
        warnings=warnings,
    )
    return Response(tender, headers={"ETag": etag(tender.version)})


async def store_lots(conn: db.Connection, tender_id: UUID, lots: Sequence[DraftLot]) -> None:
    """Put a tender's lots as given, numbered from 1; a lot that was there keeps its id."""
    await SQL.put_lots(
        conn,
        tender_id=tender_id,
        numbers=list(range(1, len(lots) + 1)),
        titles=[lot.title for lot in lots],
        rules=[lot.rules for lot in lots],
        price_envelopes=[lot.price_envelope for lot in lots],
        variants=[lot.variants for lot in lots],
    )
    await SQL.drop_lots(conn, tender_id=tender_id, above=len(lots))


async def store_draft(conn: db.Connection, caller: Caller, data: DraftTender, facts: Mapping[str, Any]) -> UUID:
    """Store a draft, whose author is the caller; `facts` are told in its log besides."""
    columns = {name: getattr(data, name) for name in data.__struct_fields__ if name != "lots"}
    ids = {"buyer_id": caller.organisation_id, "author_id": caller.person_id}
    tender_id: UUID = await SQL.insert_tender(conn, **ids, **columns)
    await events.SQL.start_log(conn, log_id=tender_id)
    await store_lots(conn, tender_id, data.lots)
    holder = {"person_id": caller.person_id, "organisation_id": caller.organisation_id}
    await db.one(SQL.insert_role(conn, tender_id=tender_id, role="author", **holder), RoleHeld)
    told = {"digest": scoring.digest(data), **facts}
    await events.record(conn, "tender.drafted", tender_id=tender_id, actor=caller.person_id, data=told)
    return tender_id


async def start(conn: db.Connection, caller: Caller, data: DraftTender) -> Response[Tender]:
    """Store a draft and answer with it."""
    tender_id = await store_draft(conn, caller, data, {})
    answer = await present(conn, caller, await read(conn, caller, tender_id=tender_id))
    answer.headers["Location"] = f"/tenders/{tender_id}"
    return answer


# Handlers


@post("/tenders")
async def draft_tender(
    data: JSONBody[DraftTender], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[Tender]:
    """Start a draft; you become its author. Weightings must add up to exactly 100 at every level from the start."""
    return await start(conn, caller, data)


@get("/tenders/{tender_id:uuid}")
async def get_tender(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[Tender]:
    """Read a tender: your own organisation's, or any that is published. The ETag is the version to edit."""
    return await present(conn, caller, await read(conn, caller, tender_id=tender_id))


@get("/tenders/{tender_id:uuid}/legal-rules")
async def get_legal_rules(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Presets:
    """Read the legal rules that a tender follows: those in force on the day of its publication, today for a draft."""
    return legal_rules((await read(conn, caller, tender_id=tender_id)).tender)


@put("/tenders/{tender_id:uuid}")
async def edit_tender(
    tender_id: FromPath[UUID],
    data: JSONBody[DraftTender],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: IfMatch = None,
) -> Response[Tender]:
    """Replace a draft as a whole; for its author. Send the ETag that you have read as `If-Match`."""
    known = await lock(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "edit_tender")
    check_draft(known.tender)
    check_if_match(if_match, known.tender.version)
    columns = {name: getattr(data, name) for name in data.__struct_fields__ if name != "lots"}
    columns["starts_on"] = data.starts_on or known.tender.starts_on
    await SQL.update_tender(conn, tender_id=tender_id, **columns)
    await store_lots(conn, tender_id, data.lots)
    facts = {"digest": scoring.digest(data), "changes": differences(known, columns, data.lots)}
    await events.record(conn, "tender.edited", tender_id=tender_id, actor=caller.person_id, data=facts)
    return await present(conn, caller, await read(conn, caller, tender_id=tender_id))


@get("/tenders/{tender_id:uuid}/events")
async def list_events(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    after: Annotated[int, QueryParameter(ge=0, le=2**63 - 1, description="How many entries you have read.")] = 0,
    limit: Limit = 100,
) -> Response[list[events.Event]]:
    """Read the tender's audit log in order, `after` the entries you have read; for its author, approver or auditor.

    Where a whole page is answered, the `Link` header leads on from behind it.

    From publication until all lots are opened, what suppliers do is left out and entries have no position: nobody
    learns who bids, or how many do (Directive 2014/24/EU, Annex IV (b)). Then all is told: read it from the start; what
    tells of bids only with an approved declaration of interest.
    """
    known = await read(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "list_events")
    reader = {"reader_id": caller.person_id, "cleared": is_cleared(known.tender, "author"), "skip": after}
    found = await db.many(events.SQL.list_events(conn, log_id=tender_id, **reader, limit=limit), events.Event)
    link = f'</tenders/{tender_id}/events?limit={limit}&after={after + limit}>; rel="next"'
    return Response(found, headers={"Link": link} if len(found) == limit else {})


router = Router(
    path="/",
    route_handlers=[draft_tender, tender_list.list_tenders, get_tender, get_legal_rules, edit_tender, list_events],
    tags=["Tenders"],
)
