"""Documents attached to bids on their way in: streamed, sealed as they come, kept outside of the bid's row.

A document is sent by itself, before the bid that names it. Its bytes are sealed to the tender's key a chunk at a time,
so that none of it is ever written in the clear and its size does not matter; while they trickle in, nothing of the
database is held. The statement that keeps it reads the clock once, after its last byte has come, and judges by that.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import structlog
from litestar import Request, Response, Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, FromQuery
from litestar.types import Receive
from msgspec import Meta, Struct

from service import db, edge, sealing
from service.attempts import Attempt, Attempts
from service.bids import IdempotencyKey
from service.document_store import Store, disk_of
from service.organisations import Caller
from service.problems import (
    CONSTRAINTS,
    BodyTooLarge,
    NotFound,
    Refusal,
    Unauthenticated,
    Unavailable,
    UnreadableRequest,
    UnsupportedMediaType,
)
from service.reception import IdempotencyKeyReused, check_key
from service.sealing import DOCUMENT_STEP, DOCUMENT_TYPE, HEADER_BYTES, SealBroken, Sealer
from service.settings import Settings
from service.signing import Secrets, request_name
from service.tenders import LotCancelled, SubmissionDeadlinePassed

SQL = db.queries("uploads")

MOST_DOCUMENTS = 500
"""Documents of one supplier for one lot, those of replaced bids included."""
MOST_AT_ONCE = 8
"""Uploads of one supplier under way in one process."""
IDLE_SECONDS = 60
"""An upload of which nothing has come for so long has broken off."""
LONGEST_SECONDS = 3600
"""An upload that takes longer has broken off."""
LEFT_BEHIND_HOURS = 2
"""After so long an upload that is no document never becomes one."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tenderscore")

DocumentId = Annotated[
    UUID | None, Meta(description="For a document that you sealed yourself: the id that it was sealed under.")
]


class DocumentReceipt(Struct, frozen=True, kw_only=True):
    """A document is kept: name its id in your bid. The digest is the SHA-256 of the sealed bytes, the size theirs."""

    document_id: UUID
    digest: str
    size: int
    received_at: datetime


class WayIn(Struct, frozen=True, kw_only=True):
    """What has to be known of a published lot to take a document in; `documents` and `bytes` are the supplier's own."""

    tender_id: UUID
    submission_deadline: datetime
    cancelled_at: datetime | None
    public_key: bytes
    now: datetime
    key_used: bool
    documents: int
    bytes: int


class Known(Struct, frozen=True, kw_only=True):
    """A document that is kept, and what its sender's request was fingerprinted as."""

    document_id: UUID
    digest: str
    size: int
    received_at: datetime
    fingerprint: str

    def receipt(self) -> DocumentReceipt:
        """What its sender is answered."""
        return DocumentReceipt(
            document_id=self.document_id, digest=self.digest, size=self.size, received_at=self.received_at
        )


class Verdict(Struct, frozen=True, kw_only=True):
    """What the storing statement decided, by which reading of the clock."""

    verdict: Literal["stored", "replay", "late", "taken", "key-refused", "cancelled"]
    at: datetime
    submission_deadline: datetime


class Sent(NamedTuple):
    """A document on its way in: whose, for which lot, how long, and its bytes as they come. `id` if it is sealed."""

    caller: Caller
    lot_id: UUID
    id: UUID | None
    retry_key: str
    announced: int
    body: AsyncIterator[bytes]

    @property
    def asked(self) -> str:
        """Whose request it is, and for which lot, with its key."""
        return f"{self.caller.organisation_id} document {self.lot_id} {self.retry_key}"

    def scope(self) -> dict[str, Any]:
        """What its name is unique in."""
        supplier_id = self.caller.organisation_id
        return {"lot_id": self.lot_id, "supplier_id": supplier_id, "name": request_name(self.asked)}


class Answer(NamedTuple):
    """A receipt, and whether it is the answer to an earlier request with the same key."""

    receipt: DocumentReceipt
    replayed: bool


# Refusals


class LengthMissing(Refusal):
    """A document is sent with its length.

    Send the header `Content-Length`; most programs do when they are given a file rather than a stream. So an upload
    that breaks off is known as such.
    """

    status = 411


class DocumentEmpty(Refusal):
    """The document is empty.

    A file of no bytes says nothing. Check that the right file was chosen and that it was written completely.
    """

    status = 422


class SealedDocumentBroken(Refusal):
    """The sealed document is not of the form that `tenderscore seal --document` writes.

    It was cut, changed, or made otherwise. Seal the file again. What is inside is read by nobody before the opening.
    """

    status = 422


class DocumentIdTaken(Refusal):
    """There is a document with this id already.

    Seal the file again, which gives it a new id, and send that.
    """


class TooManyDocuments(Refusal):
    """You have sent as many documents for this lot as it takes.

    Join files before you send them, or name documents that you have sent already.
    """


class TooManyUploads(Refusal):
    """Too many documents of yours are on their way at once.

    Send the next one when one of them has been answered.
    """

    status = 429


class UploadInterrupted(Refusal):
    """The document did not arrive as a whole.

    Nothing of it was kept; the attempt is in the tender's log. Send it again, with the same Idempotency-Key.
    """

    status = 408
    recorded = True


CONSTRAINTS["documents_have_one_id"] = (DocumentIdTaken, "The id is another document's.")

# Rules

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def check_media_type(media_type: str, document_id: UUID | None) -> None:
    """The body is the file itself, of any type, or a sealed document together with the id that it was sealed under."""
    if media_type in _FORMS:
        raise UnsupportedMediaType(f"Send the file itself, as application/octet-stream, and not as {media_type}.")
    if media_type == DOCUMENT_TYPE and document_id is None:
        raise UnreadableRequest("A sealed document needs `?document_id=…`, the id that it was sealed under.")
    if media_type != DOCUMENT_TYPE and document_id is not None:
        raise UnreadableRequest(f"Leave `document_id` out, or send the sealed document as {DOCUMENT_TYPE}.")


def check_length(announced: int | None, most: int, *, sealed: bool) -> int:
    """The announced length. most: bytes of a document that has not been sealed."""
    if announced is None:
        raise LengthMissing("The header `Content-Length` is missing.")
    if announced == 0:
        raise DocumentEmpty("The body has no bytes.")
    if announced > (HEADER_BYTES + sealing.sealed_bytes(most, DOCUMENT_STEP) if sealed else most):
        raise BodyTooLarge(f"A document has at most {most} bytes; this one has {announced}.")
    if sealed:
        with _as_refusal():
            sealing.check_body_size(announced - HEADER_BYTES)
    return announced


def check_may_come(way: WayIn, announced: int, most_bytes: int) -> None:
    """Refuse before the first byte what is too late or too much; who comes later is judged when all has come."""
    if way.cancelled_at is not None:
        raise LotCancelled(f"It was cancelled at {way.cancelled_at.isoformat()}.")
    if way.now >= way.submission_deadline:
        raise _late(way.now, way.submission_deadline)
    if way.documents >= MOST_DOCUMENTS:
        raise TooManyDocuments(f"There are {way.documents} documents of yours for this lot.")
    if way.bytes + announced > most_bytes:
        raise TooManyDocuments(f"Yours for this lot have {way.bytes} bytes; all may have {most_bytes} together.")


def refusal_of(verdict: Verdict) -> Refusal:
    """Why a document was not kept."""
    match verdict.verdict:
        case "late":
            refusal = _late(verdict.at, verdict.submission_deadline)
            refusal.recorded = True
            return refusal
        case "cancelled":
            return LotCancelled("The lot was cancelled; your document was not kept.")
        case "taken":
            return DocumentIdTaken("The id is another document's.")
        case "key-refused":
            return Unauthenticated("Send a valid key: `Authorization: Bearer ts_live_…`.")
        case _:
            return NotFound()


def _late(at: datetime, deadline: datetime) -> SubmissionDeadlinePassed:
    return SubmissionDeadlinePassed(
        f"The document was not here at {at.isoformat()}; the deadline was {deadline.isoformat()}."
    )


@contextlib.contextmanager
def _as_refusal() -> Generator[None]:
    try:
        yield
    except SealBroken as broken:
        raise SealedDocumentBroken(f"Its {broken.part}: {broken.why}") from None


# Taking them in


class _Flow:
    """A body on its way to the store: hashed as it came, sealed unless it is, hashed as it is kept."""

    def __init__(self, sent: Sent, way: WayIn, document_id: UUID) -> None:
        self.came = hashlib.sha256()
        self.kept = hashlib.sha256()
        self.size = 0
        self.header = b""
        self._body = sent.body
        self._sealer: Sealer | None = None
        if sent.id is None:
            supplier_id = sent.caller.organisation_id
            context = sealing.context(way.tender_id, sent.lot_id, supplier_id, "document", document_id)
            self._sealer = Sealer(way.public_key, context, DOCUMENT_STEP, sent.announced)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._sealed():
            if len(self.header) < HEADER_BYTES:
                self.header += piece[: HEADER_BYTES - len(self.header)]
                if len(self.header) == HEADER_BYTES:
                    with _as_refusal():
                        sealing.check_header(self.header)
            self.kept.update(piece)
            self.size += len(piece)
            yield piece

    async def _sealed(self) -> AsyncIterator[bytes]:
        if self._sealer is not None:
            yield self._sealer.header
        async for piece in self._body:
            self.came.update(piece)
            yield self._sealer.update(piece) if self._sealer else piece
        if self._sealer is not None:
            yield self._sealer.finish()


class Uploads:
    """Takes documents in."""

    def __init__(
        self, pool: asyncpg.Pool, store: Store, secrets: Secrets, settings: Settings, attempts: Attempts
    ) -> None:
        self.most_bytes = settings.max_document_bytes
        self._most_own_bytes = settings.max_supplier_document_bytes
        self._disk = disk_of(settings)
        self._attempts = attempts
        self._pool = pool
        self._store = store
        self._secrets = secrets
        self._under_way: Counter[UUID] = Counter()

    async def take(self, sent: Sent) -> Answer:
        """Seal, keep and judge a document; raises the Refusal that tells why it was not kept."""
        way = await db.one(SQL.get_way_in(self._pool, **sent.scope()), WayIn)
        try:
            with self._seat(sent.caller.organisation_id):
                if way.key_used:
                    return await self._again(sent)
                check_may_come(way, sent.announced, self._most_own_bytes)
                self._disk.check_room(sent.announced)
                return await self._keep(sent, way)
        except UploadInterrupted as broken:
            await self._write_down(sent, broken)
            raise

    @contextlib.contextmanager
    def _seat(self, supplier_id: UUID) -> Generator[None]:
        if self._under_way[supplier_id] >= MOST_AT_ONCE:
            raise TooManyUploads(f"{MOST_AT_ONCE} are under way.", headers={"Retry-After": "5"})
        self._under_way[supplier_id] += 1
        try:
            yield
        finally:
            self._under_way[supplier_id] -= 1
            self._under_way += Counter()  # forgets those who have none

    async def _write_down(self, sent: Sent, broken: UploadInterrupted) -> None:
        facts = {"lot_id": sent.lot_id, "supplier_id": sent.caller.organisation_id, **broken.facts}
        caller, ids = sent.caller, {"lot_id": sent.lot_id}
        await self._attempts.put(Attempt("document.interrupted", ids, caller.person_id, caller.key_id, facts))

    async def _again(self, sent: Sent) -> Answer:
        """The answer to the first request with this key, if this one says the same."""
        came = hashlib.sha256()
        async for piece in sent.body:
            came.update(piece)
        return await self._replayed(sent, came.digest())

    async def _replayed(self, sent: Sent, came: bytes) -> Answer:
        first = await db.one(SQL.find_answer(self._pool, **sent.scope()), Known)
        if first.fingerprint not in self._secrets.request_fingerprints(sent.asked, _identity(sent, came)):
            raise IdempotencyKeyReused("The key belongs to a request with another body.")
        return Answer(first.receipt(), replayed=True)

    async def _keep(self, sent: Sent, way: WayIn) -> Answer:
        await self._sweep()
        document_id, upload_id = sent.id or uuid4(), uuid4()
        flow = _Flow(sent, way, document_id)
        await SQL.begin_upload(self._pool, upload_id=upload_id)
        kept = False
        try:
            await self._store.write(upload_id, aiter(flow))
            verdict = await self._judge(sent, document_id, upload_id, flow)
            kept = verdict.verdict == "stored"
        finally:
            if not kept:
                await asyncio.shield(self._discard(upload_id))
        if kept:
            receipt = DocumentReceipt(
                document_id=document_id, digest=flow.kept.hexdigest(), size=flow.size, received_at=verdict.at
            )
            return Answer(receipt, replayed=False)
        if verdict.verdict == "replay":
            return await self._replayed(sent, flow.came.digest())
        raise refusal_of(verdict)

    async def _judge(self, sent: Sent, document_id: UUID, upload_id: UUID, flow: _Flow) -> Verdict:
        row = SQL.store_document(
            self._pool,
            document_id=document_id,
            upload_id=upload_id,
            person_id=sent.caller.person_id,
            key_id=sent.caller.key_id,
            fingerprint=self._secrets.request_fingerprint(sent.asked, _identity(sent, flow.came.digest())),
            kept_in=self._store.address,
            header=flow.header,
            digest=flow.kept.hexdigest(),
            size=flow.size,
            **sent.scope(),
        )
        return await db.one(row, Verdict)

    async def _discard(self, upload_id: UUID) -> None:
        """Leave nothing of an upload that is no document; where that fails now, it is swept later."""
        try:
            if await SQL.discard_upload(self._pool, upload_id=upload_id):
                await self._store.delete(upload_id)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Unavailable) as error:
            _log.warning("upload not discarded", upload_id=str(upload_id), exc_info=error)

    async def _sweep(self) -> None:
        """Discard what crashes have left behind, a few at a time."""
        async for row in SQL.list_left_behind(self._pool, hours=LEFT_BEHIND_HOURS):
            await self._discard(row["id"])


def _identity(sent: Sent, came: bytes) -> bytes:
    """What a retry must repeat: the SHA-256 of the body, and the id if it came with one."""
    return came + (sent.id.bytes if sent.id else b"")


# Handlers


@dataclass
class DocumentOperation(Operation):
    """An operation whose body is a file; the handler reads it itself."""

    def __post_init__(self) -> None:
        """Describe the body, which litestar cannot see."""
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(required=True, content={"application/octet-stream": file, DOCUMENT_TYPE: file})


@post("/lots/{lot_id:uuid}/documents", operation_class=DocumentOperation)
async def upload_document(
    lot_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    document_id: FromQuery[DocumentId] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[DocumentReceipt]:
    """Send a document for a lot, before the bid that names it: the file itself is the body, of any media type.

    It is sealed to the tender's key as it comes. A document that you have sealed yourself (`tenderscore seal
    --document`) is sent as `application/vnd.tenderscore.sealed-document` with `?document_id=…`. A repeated
    Idempotency-Key with the same body gets the first answer again, marked `Idempotency-Replayed: true`.
    """
    check_media_type(edge.media_type_of(request), document_id)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the file as it is, without a Content-Encoding.")
    uploads: Uploads = state.uploads
    announced = check_length(request.content_length, uploads.most_bytes, sealed=document_id is not None)
    key = check_key(idempotency_key)
    sent = Sent(caller, lot_id, document_id, key, announced, _body(request.receive, announced))
    answer = await uploads.take(sent)
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(answer.receipt, status_code=201, headers=headers)


async def _body(receive: Receive, announced: int) -> AsyncIterator[bytes]:
    """The body in the pieces in which it comes; raises UploadInterrupted unless all of it does in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST_SECONDS
    came = 0
    while came < announced:
        try:
            async with asyncio.timeout_at(min(loop.time() + IDLE_SECONDS, end)):
                message = await receive()
        except TimeoutError:
            raise _interrupted("It took too long", came, announced) from None
        if message["type"] != "http.request" or not (message["body"] or message["more_body"]):
            raise _interrupted("It broke off", came, announced)
        came += len(message["body"])
        yield message["body"]


def _interrupted(what: str, came: int, announced: int) -> UploadInterrupted:
    facts = {"announced": announced, "received": came}
    return UploadInterrupted(f"{what}: {came} of {announced} bytes had come.", facts=facts)


router = Router(path="/", route_handlers=[upload_document], tags=["Bids"])
