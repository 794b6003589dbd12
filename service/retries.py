"""Requests that may be repeated: a POST with an Idempotency-Key takes effect once, and its repetition gets its answer.

Name, effect and answer are of one transaction. It begins here, before the handler, and ends before anything is sent;
the handler works in it as in its own. What was refused is not kept: its repetition is judged anew. Bids and documents
keep their keys themselves, with their receipts (`reception`, `uploads`).

An answer may hold a secret, such as a new API key. So it is stored sealed under the service's secret together with the
sender's Idempotency-Key, of which only a digest is stored: without the sender nobody reads it again, not even we.
"""

import asyncio
import os
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

from service import db
from service.access import check_caller
from service.edge import PROBLEM, answer_error
from service.file_bodies import Flow, check_file
from service.intake import DUPLICATE_WAIT, IdempotencyKeyReused, RequestInFlight
from service.organisations import Caller
from service.problems import UnreadableRequest
from service.reception import IdempotencyKeyMissing, check_key
from service.rounds import FAILURES
from service.signing import Secrets

SQL = db.queries("retries")

NOT_KEPT = frozenset({"submit_bid", "upload_document", "issue_token"})
"""Operations with POST that are not kept here: they keep keys themselves, or change nothing that a repetition would
change twice for the worse."""

SLOW = frozenset({"simulate_lot", "stamp_log"})
"""Operations that work for seconds without a connection: their one transaction begins when they have something to keep,
with `last_connection_of`. Of two processes that were asked for the same, one keeps it and both answer what it did."""

STREAMED = frozenset({"upload_spend_file", "add_evidence", "import_catalogue", "import_tender"})
"""The same whose body is a file, too large for memory: what it is known by holds the SHA-256 of that, which the handler
knows when all has come. A repetition's is read here, and thrown away."""

_NONCE_BYTES = 12
_MULTIPLE_CHOICES = 300
_REPLAYED = (b"idempotency-replayed", b"true")


class Answer(Struct, frozen=True, array_like=True):
    """What was answered: status, headers and body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class _NotDone(Exception):
    """The request was refused: what it has begun is undone, and its answer is not kept."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Asked:
    """A request with its key: what its name is, what it is known by, and what seals its answer."""

    def __init__(self, secrets: Secrets, sender: UUID, place: str, key: str, said: bytes = b"") -> None:
        told = f"{sender} {place} {key}".encode()
        self.names = secrets.fingerprints(b"request: " + told)
        self._sealing = secrets.fingerprints(b"answer: " + told)
        self._secrets = secrets
        self._said = said

    def fingerprints(self, came: bytes) -> tuple[str, ...]:
        """What the request is known by, the newest secret's first. came: its body, or the SHA-256 of a file."""
        return self._secrets.fingerprints(self._said + b"\n" + came)

    @property
    def name(self) -> str:
        return self.names[0]

    def seal(self, answer: Answer) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        plain = zlib.compress(msgspec.msgpack.encode(answer))
        return nonce + AESGCM(bytes.fromhex(self._sealing[0])).encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> Answer:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        for key in self._sealing:
            try:
                plain = AESGCM(bytes.fromhex(key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
            except InvalidTag:
                continue
            return msgspec.msgpack.decode(zlib.decompress(plain), type=Answer)
        raise LookupError("no secret opens this answer")


class Retries:
    """Litestar's innermost middleware; `connection_of` gives the handler the transaction that was begun here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._in_flight: dict[str, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, once for all that have its key."""
        asked = await self._asked(scope, receive) if scope["type"] == "http" else None
        if asked is None:
            await self.app(scope, receive, send)
            return
        known, body = asked
        await self._wait_for(known.name)
        self._in_flight[known.name] = done = asyncio.Event()
        slow = cast("Any", scope["route_handler"]).handler_name in SLOW | STREAMED
        try:
            answer = await (self._answer_slowly if slow else self._answer)(scope, receive, known, body)
        except _NotDone as refused:
            answer = refused.answer
        except FAILURES as error:
            # Litestar takes the answer that was held back as sent, and would answer nothing more.
            answer = _of_error(Request(scope), error)
        finally:
            del self._in_flight[known.name]
            done.set()
        await send(cast("Message", {"type": "http.response.start", "status": answer.status, "headers": answer.headers}))
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})

    async def _asked(self, scope: Scope, receive: Receive) -> tuple[_Asked, bytes | None] | None:
        """The request's name and its body, which of a file has yet to come; None for one that is not to be kept."""
        caller = cast("object", scope.get("user"))
        handler = cast("Any", scope["route_handler"])
        if scope.get("method") != "POST" or not isinstance(caller, Caller) or handler.handler_name in NOT_KEPT:
            return None
        request: Request[Any, Any, Any] = handler.resolve_request_class()(scope, receive)
        header = request.headers.get("idempotency-key")
        if header is None:
            return None
        secrets: Secrets = request.app.state.secrets
        try:
            key = check_key(header)
        except IdempotencyKeyMissing as malformed:
            raise UnreadableRequest(malformed.detail) from None
        check_caller(request, handler)  # a first answer is given again to none who could not have asked for it
        said = (request.url.query, request.headers.get("if-match", ""), request.headers.get("content-type", ""))
        known = _Asked(secrets, caller.person_id, request.url.path, key, "\n".join(said).encode())
        return known, None if handler.handler_name in STREAMED else await request.body()

    async def _wait_for(self, name: str) -> None:
        """Wait for the same request in this process, without a connection; raises RequestInFlight after a while."""
        try:
            async with asyncio.timeout(DUPLICATE_WAIT):
                while running := self._in_flight.get(name):
                    await running.wait()
        except TimeoutError:
            raise _in_flight() from None

    async def _answer(self, scope: Scope, receive: Receive, known: _Asked, body: bytes | None) -> Answer:
        caller, fingerprints = cast("Caller", scope["user"]), known.fingerprints(body or b"")
        async with db.transaction_of(scope["litestar_app"].state.pool, caller.organisation_id) as conn:
            if not await self._claim(conn, known, fingerprints[0]):
                return await self._first(conn, known, fingerprints)
            scope["state"]["connection"] = conn
            answer = await _heard(self.app, scope, receive)
            if answer.status >= _MULTIPLE_CHOICES:
                raise _NotDone(answer)
            await SQL.keep_answer(conn, name=known.name, answer=known.seal(answer))
        return answer

    async def _answer_slowly(self, scope: Scope, receive: Receive, known: _Asked, body: bytes | None) -> Answer:
        """The same for what works without a connection: the name is claimed in the transaction that keeps the work."""
        pool, caller = scope["litestar_app"].state.pool, cast("Caller", scope["user"])
        async with db.transaction_of(pool, caller.organisation_id) as conn:
            is_known = await SQL.find_answer(conn, names=list(known.names)) is not None
        if is_known:
            came = await _digest(Request(scope, receive)) if body is None else body
            async with db.transaction_of(pool, caller.organisation_id) as conn:
                return await self._first(conn, known, known.fingerprints(came))
        held: list[db.Connection] = []
        faster: list[Answer] = []
        async with AsyncExitStack() as ends:

            async def begin(came: bytes) -> db.Connection:
                conn = await ends.enter_async_context(db.transaction_of(pool, caller.organisation_id))
                fingerprints = known.fingerprints(came if body is None else body)
                if not await self._claim(conn, known, fingerprints[0]):
                    faster.append(await self._first(conn, known, fingerprints))
                    raise _in_flight()  # what the handler has begun it undoes; the answer is the other process's
                held.append(conn)
                return conn

            scope["state"]["begin"] = begin
            answer = await _heard(self.app, scope, receive)
            if faster:
                return faster[0]
            if answer.status >= _MULTIPLE_CHOICES or not held:
                raise _NotDone(answer)
            await SQL.keep_answer(held[0], name=known.name, answer=known.seal(answer))
        return answer

    async def _first(self, conn: db.Connection, known: _Asked, fingerprints: tuple[str, ...]) -> Answer:
        """The answer that was given to the first request of this name; refuses another body."""
        found = await SQL.find_answer(conn, names=list(known.names))
        if found is None:  # thrown away in this moment, because it is too old
            raise _in_flight()
        if found["fingerprint"] not in fingerprints:
            raise IdempotencyKeyReused("The key belongs to a request with another body.")
        first = known.open(found["answer"])
        headers = [one for one in first.headers if one[0].lower() != _REPLAYED[0]]
        return msgspec.structs.replace(first, headers=[*headers, _REPLAYED])

    async def _claim(self, conn: db.Connection, known: _Asked, fingerprint: str) -> bool:
        """Whether the request is the first of its name; waits for another process that is at it."""
        await conn.fetchval("SELECT set_config('lock_timeout', $1, TRUE)", f"{DUPLICATE_WAIT:.0f}s")
        try:
            first = await SQL.begin_request(conn, name=known.name, older=list(known.names[1:]), fingerprint=fingerprint)
        except asyncpg.LockNotAvailableError:
            raise _in_flight() from None
        await conn.fetchval("SELECT set_config('lock_timeout', '0', TRUE)")
        return bool(first)


def _in_flight() -> RequestInFlight:
    return RequestInFlight("It has taken more than five seconds.", headers={"Retry-After": "5"})


async def _digest(request: Request[Any, Any, Any]) -> bytes:
    """The SHA-256 of a file that is sent again, which is kept nowhere."""
    state = request.app.state
    most = max(state.max_spend_bytes, state.max_evidence_bytes)
    flow = Flow(request.receive, check_file(request, most, frozenset()))
    async for _ in flow:
        pass
    return flow.hash.digest()


def _of_error(request: Request[Any, Any, Any], error: Exception) -> Answer:
    told = answer_error(request, error)
    headers = {"Content-Type": PROBLEM, "Content-Length": str(len(told.content)), **told.headers}
    named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Answer(told.status_code or 500, named, told.content)


async def _heard(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """What the application answers, kept until it may be sent."""
    status, headers, body = 500, list[tuple[bytes, bytes]](), bytearray()

    async def keep(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], [(bytes(name), bytes(value)) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            body.extend(message["body"])

    await app(scope, receive, keep)
    return Answer(status, headers, bytes(body))


@asynccontextmanager
async def connection_of(request: Request[Any, Any, Any], pool: asyncpg.Pool) -> AsyncGenerator[db.Connection]:
    """The request's one transaction: the one that its repetition is known by, or its own."""
    held = cast("db.Connection | None", request.scope["state"].get("connection"))
    caller = cast("Caller | None", request.scope.get("user"))
    if held is not None:
        yield held
        return
    ours = db.transaction(pool) if caller is None else db.transaction_of(pool, caller.organisation_id)
    async with ours as conn:
        yield conn


@asynccontextmanager
async def last_connection_of(
    request: Request[Any, Any, Any], pool: asyncpg.Pool, came: bytes = b""
) -> AsyncGenerator[db.Connection]:
    """The same for a handler that keeps its work at the end: the transaction begins here, with the request's name.

    came: the SHA-256 of the file that was the body, if it was one.
    """
    begin = cast("Callable[[bytes], Awaitable[db.Connection]] | None", request.scope["state"].get("begin"))
    if begin is not None:
        yield await begin(came)
        return
    async with db.transaction_of(pool, cast("Caller", request.scope["user"]).organisation_id) as conn:
        yield conn
