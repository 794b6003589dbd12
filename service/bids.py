"""Bids on their way in: submitted, replaced, withdrawn, checked; the front door for first bids.

Nothing here or in `reception.py` can read what was stored; that is `opening.py`'s one query.
"""

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID, uuid4

import asyncpg
from litestar import Request, Response, Router, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, FromQuery, HeaderParameter
from litestar.types import HTTPScope, Receive, Send
from msgspec import Meta, Struct

from service import bid_sheets, db, edge, reception, sealing, sheets, wire
from service.attempts import Attempt
from service.bid_sheets import Filled
from service.frontdoor import Answer, Desk, heard, read_body
from service.organisations import Caller
from service.problems import BodyTooLarge, NotFound, Refusal, UnsupportedMediaType
from service.receipts import ENCODER, Receipt, find_receipt
from service.reception import KEY, Sent, Taken, check_complete, check_key
from service.sealing import BID_TYPE
from service.submissions import Submission, Terms
from service.tenders import LotCancelled, SubmissionDeadlinePassed

SQL = db.queries("bids")


IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Required: any text of 1–100 characters of your own, new for each bid and not to be guessed,"
        " such as a UUID; the same for a retry.",
    ),
]
VariantNumber = Annotated[int, Meta(ge=0, le=20, description="Which variant, from 1; 0 is the bid itself.")]
ValidateOnly = Annotated[Literal["only"] | None, Meta(description="`only`: check the bid and store nothing.")]


class DryRun(Struct, frozen=True, kw_only=True):
    """The outcome of `?validate=only` for a bid without faults. Nothing was stored: this is no receipt."""

    complete: bool
    rules_digest: str
    submission_deadline: datetime
    checked_at: datetime


class OwnBid(Struct, frozen=True, kw_only=True):
    """A supplier's own bid before the opening: everything but its contents. `variant` is 0 for the bid itself.

    `under_present_rules` is false when a corrigendum has changed rules or requirements since: look again, replace it.
    """

    bid_id: UUID
    version: int
    submitted_at: datetime
    digest: str
    rules_digest: str
    variant: int
    withdrawn_at: datetime | None
    under_present_rules: bool


# The front door for first bids


class BidDoor:
    """`POST /lots/{id}/bids` before the framework (see frontdoor.py): what is accepted is answered here.

    Whatever is refused is handed to litestar with the refusal, which answers it and writes it down.
    """

    _PATH = re.compile(r"/lots/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/bids", re.ASCII)

    def __init__(self, state: State) -> None:
        self._state = state
        self._most: dict[str, int] = {kind: most_bytes(kind, state.max_bid_bytes) for kind in _MEDIA_TYPES}
        self._desk = Desk("POST", "/lots/{lot_id}/bids")

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> bool:
        """Answer an accepted bid; say False for everything else."""
        match = self._PATH.fullmatch(scope["path"])
        if match is None or scope["method"] != "POST" or scope["query_string"]:
            return False
        since = time.perf_counter()
        headers = heard(scope)
        authorization, keys = headers.get(b"authorization"), self._state.known_keys
        caller: Caller | None = keys.caller(authorization) or await keys.introduce(self._state.pool, authorization)
        if caller is None or caller.kind != "supplier" or "write" not in caller.scopes:
            return False
        taken: Taken | None = None
        with self._desk.busy():
            with contextlib.suppress(Exception):  # litestar meets it again, and answers for it
                try:
                    with self._state.reception.intake.room(caller.organisation_id) as grow:
                        sent = await self._read(UUID(match[1]), headers, receive, caller, grow)
                        taken = None if sent is None else await self._state.reception.take(sent)
                except (Refusal, asyncpg.LockNotAvailableError, TimeoutError) as refusal:
                    # Nor shall what has waited in vain wait once more. Without the frames that it came through: they
                    # hold the body, and would hold one another.
                    scope["state"][_REFUSED] = refusal.with_traceback(None)
            if taken is None:
                return False
            own = {"Location": f"/bids/{taken.receipt.bid_id}", **taken.headers()}
            raw = [(name.lower().encode(), value.encode()) for name, value in own.items()]
            answer = Answer(201, raw, ENCODER.encode(taken.receipt))
            await self._desk.answer(scope, send, caller, answer, since=since)
        return True

    async def _read(
        self,
        lot_id: UUID,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        caller: Caller,
        grow: Callable[[int], None],
    ) -> Sent | None:
        """What was sent; None if litestar shall look at it."""
        media_type = headers.get(b"content-type", b"").decode("latin-1")
        key = headers.get(b"idempotency-key", b"").decode("latin-1")
        if media_type not in _MEDIA_TYPES or not KEY.fullmatch(key):
            return None
        body = await read_body(receive, self._most[media_type], grow)
        return None if body is None else Sent(caller, lot_id, uuid4(), 1, check_key(key), media_type, body)


# Handlers

_TEXT = Schema(type=OpenAPIType.STRING)


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    return Schema(type=OpenAPIType.OBJECT, properties={**properties}, required=[*required], additional_properties=False)


@dataclass
class BidOperation(Operation):
    """An operation whose body is a bid, in the clear or sealed; the handlers read it themselves."""

    def __post_init__(self) -> None:
        """Describe the body, which litestar cannot see."""
        one_id = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.UUID)
        document = _object({"id": one_id, "name": _TEXT}, "id", "name")
        values = Schema(type=OpenAPIType.OBJECT, additional_properties=_TEXT, max_properties=200)
        role = Schema(type=OpenAPIType.STRING, enum=["lead", "member"])
        party = {"name": _TEXT, "identifier": _TEXT, "organisation_id": one_id}
        member = _object(party | {"role": role, "share": _TEXT}, "name", "role")
        subcontractor = _object(party | {"work": _TEXT}, "name", "work")
        variant = _object({"number": Schema(type=OpenAPIType.INTEGER), "description": _TEXT}, "number", "description")
        submission = Schema(
            type=OpenAPIType.OBJECT,
            description=Submission.__doc__,
            properties={
                "values": values,
                "documents": Schema(type=OpenAPIType.ARRAY, items=document),
                "members": Schema(type=OpenAPIType.ARRAY, items=member),
                "subcontractors": Schema(type=OpenAPIType.ARRAY, items=subcontractor),
                "variant": variant,
                "currency": _TEXT,
            },
            required=["values"],
            additional_properties=False,
        )
        sealed = Schema(type=OpenAPIType.STRING, description="What `tenderscore seal` writes.")
        filled = Schema(
            type=OpenAPIType.STRING, description="The template of `GET /lots/{id}/bids/template`, filled in."
        )
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(schema=submission),
                BID_TYPE: OpenAPIMediaType(schema=sealed),
                **{kind: OpenAPIMediaType(schema=filled) for kind in sheets.TYPES.values()},
            },
        )


_MEDIA_TYPES = ("application/json", BID_TYPE)


def most_bytes(media_type: str, most: int) -> int:
    """How many bytes a bid's body may have. most: of contents that are not sealed."""
    return sealing.largest_container(most) if media_type == BID_TYPE else most


_SHEETS = tuple(sheets.TYPES.values())
_REFUSED = "bid_refused"


class _Target(NamedTuple):
    """Which bid is sent."""

    lot_id: UUID
    bid_id: UUID
    version: int
    variant: int


def _raise_refused(request: Request[Any, Any, Any]) -> None:
    """Raise what the front door has refused the request with already."""
    refused = request.scope["state"].pop(_REFUSED, None)
    if isinstance(refused, Exception):
        try:
            raise refused
        finally:
            del refused  # else this frame and the refusal hold each other, and the request's body with them


class _Came(NamedTuple):
    """A bid as it came: JSON, or sealed; of a sheet the same bid as JSON, and the sheet."""

    media_type: str
    body: bytes
    filled: Filled | None = None


async def _came(request: Request[Any, Any, Any], caller: Caller, lot_id: UUID) -> _Came:
    """What a supplier sent by litestar's way."""
    media_type = edge.media_type_of(request)
    if media_type not in _MEDIA_TYPES + _SHEETS:
        wanted = ", ".join(_MEDIA_TYPES + _SHEETS)
        raise UnsupportedMediaType(f"A bid is one of {wanted}, not {media_type or 'without a type'}.")
    body = await _body(request, caller, lot_id)
    _check_size(media_type, body, request.app.state.max_bid_bytes)
    if media_type in _MEDIA_TYPES:
        return _Came(media_type, body)
    way = await reception.read_way_in(request.app.state.pool, caller, lot_id)
    filled = await bid_sheets.fill(way, body, media_type)
    return _Came("application/json", filled.body, filled)


async def _take(
    request: Request[Any, Any, Any], state: State, caller: Caller, target: _Target, key: str | None
) -> Taken:
    """Have a bid judged and stored, whatever it came as."""
    key = check_key(key)
    with state.reception.intake.room(caller.organisation_id) as grow:
        media_type, body, filled = await _came(request, caller, target.lot_id)
        grow(len(body))
        lot_id, bid_id, version, variant = target
        with bid_sheets.told_by_cells(filled):
            return await state.reception.take(Sent(caller, lot_id, bid_id, version, key, media_type, body, variant))


def _check_size(media_type: str, body: bytes, most: int) -> None:
    """Litestar lets in what any bid may have; what is not sealed may have less."""
    if len(body) > most_bytes(media_type, most):
        raise BodyTooLarge("The body is larger than this address takes.")


async def _body(request: Request[Any, Any, Any], caller: Caller, lot_id: UUID) -> bytes:
    """The whole body; an upload that breaks off is evidence and goes into the tender's log."""
    try:
        return await request.body()
    except InternalServerException:  # litestar's word for a client that went away
        data = {"lot_id": lot_id, "supplier_id": caller.organisation_id, "announced": request.content_length}
        attempt = Attempt("bid.interrupted", {"lot_id": lot_id}, caller.person_id, caller.key_id, data)
        await request.app.state.attempts.put(attempt)
        raise


async def _dry_run(
    request: Request[Any, Any, Any], pool: asyncpg.Pool, caller: Caller, lot_id: UUID, variant: int
) -> Response[DryRun]:
    way = await reception.read_way_in(pool, caller, lot_id)
    came = _Came("", await request.body())
    _check_size(came.media_type, came.body, request.app.state.max_bid_bytes)
    if edge.media_type_of(request) in _SHEETS:
        came = await _came(request, caller, lot_id)
    with bid_sheets.told_by_cells(came.filled):
        data = wire.decode(came.body, Submission)
        if way.cancelled_at is not None:
            raise LotCancelled(f"Lot {way.lot_number} was cancelled at {way.cancelled_at.isoformat()}.")
        if way.now >= way.submission_deadline:
            raise SubmissionDeadlinePassed(f"{way.tender} closed at {way.submission_deadline.isoformat()}.")
        check_complete(way.rules, data, way.admits(variant, caller.organisation_id))
    found = DryRun(
        complete=True,
        rules_digest=way.rules_digest,
        submission_deadline=way.submission_deadline,
        checked_at=way.now,
    )
    return Response(found, status_code=200)


@post("/lots/{lot_id:uuid}/bids", operation_class=BidOperation)
async def submit_bid(
    lot_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    idempotency_key: IdempotencyKey = None,
    validate: FromQuery[ValidateOnly] = None,
    variant: FromQuery[VariantNumber] = 0,
) -> Response[Receipt] | Response[DryRun]:
    """Submit a bid for a lot; the receipt comes only after the bid is safely stored, sealed to the tender's key.

    A repeated key gets the first receipt again, marked `Idempotency-Replayed: true`. A bid that you have sealed
    yourself (`tenderscore seal`) is sent as `application/vnd.tenderscore.sealed-bid`, a filled template
    (`GET /lots/{id}/bids/template`) as what it is; it is sealed like any other, and its faults are told by cells.
    With `?validate=only` the bid is checked, all faults are named at once, and nothing is stored. Where the lot takes
    variants, each is sent with its number, `?variant=1`, and says in its contents what is different.
    """
    if validate:
        return await _dry_run(request, state.pool, caller, lot_id, variant)
    _raise_refused(request)
    taken = await _take(request, state, caller, _Target(lot_id, uuid4(), 1, variant), idempotency_key)
    headers = {"Location": f"/bids/{taken.receipt.bid_id}", **taken.headers()}
    return Response(taken.receipt, status_code=201, headers=headers)


@put("/bids/{bid_id:uuid}", operation_class=BidOperation)
async def replace_bid(
    bid_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    idempotency_key: IdempotencyKey = None,
    validate: FromQuery[ValidateOnly] = None,
) -> Response[Receipt] | Response[DryRun]:
    """Replace your bid by a further version before the deadline; the last version counts, earlier ones stay sealed.

    A bid that you seal yourself is sealed for the version after the present one.
    """
    own = await reception.own_bid(state.pool, caller, bid_id)
    if validate:
        return await _dry_run(request, state.pool, caller, own.lot_id, own.variant)
    target = _Target(own.lot_id, bid_id, own.version + 1, own.variant)
    taken = await _take(request, state, caller, target, idempotency_key)
    return Response(taken.receipt, status_code=200, headers=taken.headers())


@get("/bids/{bid_id:uuid}")
async def get_receipt(
    bid_id: FromPath[UUID], state: State, conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Receipt:
    """Read the receipt of your bid's standing version, or of its withdrawal.

    Contents are read by nobody before the opening.
    """
    return await find_receipt(conn, state.secrets, bid_id=bid_id, supplier_id=caller.organisation_id)


@delete("/bids/{bid_id:uuid}", status_code=200)
async def withdraw_bid(
    bid_id: FromPath[UUID], state: State, conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Receipt:
    """Withdraw your bid before the deadline; it is never opened. The answer is a receipt that proves the withdrawal.

    Keep it: its proof is of the withdrawal's entry in the log, which nobody can take back unnoticed. A repetition,
    whenever it comes, gets the same answer.
    """
    whose = {"bid_id": bid_id, "supplier_id": caller.organisation_id}
    signer = state.secrets.signers[0].key_id
    row = await SQL.withdraw_bid(conn, **whose, person_id=caller.person_id, signer=signer)
    if row is None:
        raise NotFound
    if row["withdrawn"] is None and not await SQL.is_withdrawn(conn, **whose):
        raise SubmissionDeadlinePassed("After the deadline a bid stands; ask the buyer.")
    return await find_receipt(conn, state.secrets, bid_id=bid_id, supplier_id=caller.organisation_id)


@get("/lots/{lot_id:uuid}/sealing")
async def get_sealing(
    lot_id: FromPath[UUID],
    state: State,
    caller: NamedDependency[Caller],
    variant: FromQuery[VariantNumber] = 0,
) -> Terms:
    """Read what a bid for a published lot is sealed with: its tender's public key, and the rules that it answers to.

    Save the answer as a file for `tenderscore seal`. A supplier is told the version that its next bid will have, or
    its next variant of this number.
    """
    way = await reception.read_way_in(state.pool, caller, lot_id)
    reception.check_variant(way.variants, variant)
    whose = {"lot_id": lot_id, "supplier_id": caller.organisation_id, "variant": variant}
    supplier = caller.kind == "supplier"
    return Terms(
        tender_id=way.tender_id,
        lot_id=lot_id,
        public_key=way.public_key,
        rules=way.rules,
        rules_digest=way.rules_digest,
        price_envelope=way.price_envelope,
        submission_deadline=way.submission_deadline,
        supplier_id=caller.organisation_id if supplier else None,
        version=await SQL.next_version(state.pool, **whose) if supplier else None,
        currency=way.currency,
        vat=way.vat,
        accepted_currencies=way.accepted_currencies,
        variants=way.variants,
    )


router = Router(
    path="/",
    route_handlers=[submit_bid, replace_bid, get_receipt, withdraw_bid, get_sealing],
    tags=["Bids"],
)
