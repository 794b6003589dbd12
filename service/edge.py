"""The edge of HTTP: bodies come in through `wire`, errors go out as problems; editions, pages and request ids."""

import base64
import hmac
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from secrets import token_hex
from typing import Annotated, Any, Generic, TypeVar, cast
from urllib.parse import unquote_to_bytes
from uuid import UUID

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, ValidationException
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

from service import db, wire, wording
from service.deprecations import DEPRECATED
from service.problems import (
    BodyTooLarge,
    Fault,
    Forbidden,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Refusal,
    StorageFull,
    Unauthenticated,
    Unavailable,
    UnreadableRequest,
    UnsupportedMediaType,
    refusal_for_constraint,
)
from service.signing import Secrets

PROBLEM = "application/problem+json"
_log = cast("structlog.stdlib.BoundLogger", structlog.get_logger("tenderscore"))


def media_type_of(request: Request[Any, Any, Any]) -> str:
    """The media type of a body, in small letters and without parameters; empty where the header is missing."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded straight to the handler's declared struct."""

    async def json(self) -> Any:
        """The body as the type of the handler's `data` parameter; raises a Refusal that names the place."""
        media_type = media_type_of(self)
        if media_type != "application/json":
            raise UnsupportedMediaType(
                f"This address takes application/json, not {media_type or 'a body without a type'}."
            )
        body = await self.body()
        field = self.route_handler.parsed_fn_signature.parameters["data"]
        return wire.decode(body, field.annotation)


# Errors out


def as_refusal(error: Exception) -> Refusal:
    """The refusal that an exception of any kind amounts to; unknown ones are our own fault."""
    match error:
        case Refusal():
            return error
        case asyncpg.IntegrityConstraintViolationError():
            name = cast("str | None", getattr(error, "constraint_name", None))
            return refusal_for_constraint(name) or InternalError("")
        case asyncpg.DataError() | asyncpg.UntranslatableCharacterError():
            return InvalidRequest("A value is outside of what can be stored, such as a year behind 9999.")
        case asyncpg.DiskFullError():
            return StorageFull("The disk of the database is full. Try again soon.", headers={"Retry-After": "5"})
        case db.DatabaseError():
            return Unavailable(f"The database cannot be relied on. {error}", headers={"Retry-After": "60"})
        case HTTPException():
            return _from_http(error)
        case _:
            return _from_outage(error) or InternalError("")


def _from_outage(error: Exception) -> Refusal | None:
    """The refusal for a database that is busy, away or moving; None for any other error."""
    match error:
        case (
            asyncpg.LockNotAvailableError()
            | asyncpg.TransactionRollbackError()
            | asyncpg.OperatorInterventionError()
            | asyncpg.InsufficientResourcesError()
            | TimeoutError()
        ):
            return Unavailable("Too much is going on at once. Try again in a moment.", headers={"Retry-After": "2"})
        case (
            OSError()
            | asyncpg.InterfaceError()
            | asyncpg.InternalClientError()
            | asyncpg.PostgresConnectionError()
            | asyncpg.PostgresSystemError()  # it cannot read or write its own files
            | asyncpg.ReadOnlySQLTransactionError()
        ):
            return Unavailable("The database cannot be reached just now.", headers={"Retry-After": "5"})
        case _:
            return None


def _from_http(error: HTTPException) -> Refusal:
    if isinstance(error, ValidationException):
        if any(fault.pointer == "data" for fault in _parameters(error)):
            return UnreadableRequest("The body is empty. Send JSON.")
        return InvalidRequest("The request does not fit its description.", faults=tuple(_parameters(error)))
    if isinstance(error, NotAuthorizedException):
        return Unauthenticated("Send a key: `Authorization: Bearer ts_live_…`.")
    kinds: dict[int, Callable[[], Refusal]] = {
        400: lambda: UnreadableRequest(error.detail),
        403: lambda: Forbidden(error.detail),
        404: lambda: NotFound("There is nothing at this address."),
        405: lambda: MethodNotAllowed("This address does not take this method.", headers=error.headers),
        413: lambda: BodyTooLarge("The body is larger than this address takes."),
        415: lambda: UnsupportedMediaType(error.detail),
    }
    return kinds.get(error.status_code, lambda: InternalError(""))()


def _parameters(error: ValidationException) -> Iterator[Fault]:
    for item in cast("list[Any]", error.extra or []):
        if isinstance(item, dict):
            found = cast("dict[str, str]", item)
            yield Fault(pointer=found.get("key", ""), message=found.get("message", "is not valid"))


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The one place where an error becomes an answer."""
    refusal = as_refusal(error)
    if isinstance(refusal, InternalError):
        reference = str(uuid.uuid4())
        facts = {"method": request.method, "path": request.url.path, "request_id": request_id(request.scope)}
        _log.error("crash", reference=reference, **facts, exc_info=error)
        refusal = InternalError(f"It has been logged under the reference {reference}.")
    if isinstance(refusal, StorageFull):
        _log.error("disk full", path=request.url.path, mend="give the database's volume more space")
    if isinstance(error, db.DatabaseError):
        _log.error("database not relied on", reason=str(error), mend=error.mend)
    headers = dict(refusal.headers)
    if refusal.status == Unauthenticated.status:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="tenderscore"')
    lang = wording.choose(request.headers.get("accept-language", ""))
    if lang != wording.ENGLISH:
        headers["Content-Language"] = lang
    body = msgspec.json.encode(refusal.problem(request.url.path, request.app.state.get("public_url") or "", lang))
    return Response(body, status_code=refusal.status, media_type=PROBLEM, headers=headers)


# Who edits must say what

_ENTITY_TAGS = re.compile(r'(W/)?"([^"]*)"')


def etag(version: int | str) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def check_if_match(if_match: str | None, version: int | str) -> None:
    """An edit must name the version that it edits (RFC 9110, 13.1.1)."""
    if if_match is None:
        raise PreconditionRequired(
            f"Send `If-Match` with the ETag of the version you edit; the present one is {etag(version)}."
        )
    if not _names(if_match, version):
        raise PreconditionFailed(
            f"You edit version {if_match}, the present one is {etag(version)}. Read it again first."
        )


def _names(if_match: str, version: int | str) -> bool:
    """Whether `If-Match` names this version: `*` names any that exists, a list one of its own, a weak tag none."""
    if if_match.strip() == "*":
        return version != 0
    return ("", str(version)) in _ENTITY_TAGS.findall(if_match)


def check_replaced(if_match: str | None, version: int | str) -> None:
    """A whole list that takes the place of another must name it, or it would undo silently what somebody has added.

    The first one, where the version is 0, need not.
    """
    if version == 0:
        check_unchanged(if_match, version)
    else:
        check_if_match(if_match, version)


def check_unchanged(if_match: str | None, version: int | str) -> None:
    """Where an edit names the version that it edits, 0 being none yet, that must be the present one.

    For what is mostly edited by one person, and for what was promised without it: nobody has to send it.
    """
    if if_match is not None:
        check_if_match(if_match, version)


# Who has read it already, and who reads it packed

_TAGS = re.compile(r'"([^"]*)"')
_ACCEPTED = re.compile(r"(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=([0-9.]+)\s*)?(?=,|$)", re.IGNORECASE)


def holds(if_none_match: str, version: str) -> bool:
    """Whether the caller holds this version already: `*`, or its entity tag in the list (RFC 9110, 13.1.2).

    Tags are compared weakly, as the RFC asks for here: packed or not, it is the same version.
    """
    return if_none_match.strip() == "*" or version in _TAGS.findall(if_none_match)


UNCHANGED = {304: ResponseSpec(None, description="You hold this version: its ETag came as `If-None-Match`.")}
"""How an address is described that answers so."""


def takes_gzip(accept_encoding: str) -> bool:
    """Whether the caller names gzip among what it accepts (RFC 9110, 12.5.3)."""
    found = _ACCEPTED.search(accept_encoding)
    return found is not None and (found[1] is None or found[1].strip("0.") != "")


# Text in the query is text: the rule for bodies holds for it


def check_query(query: bytes) -> None:
    """Refuse a query with text that is no UTF-8, or hides or reorders what is seen, as in a body, by its parameter."""
    if b"%" not in query and query.isascii():
        return
    faults: list[Fault] = []
    for part in query.split(b"&"):
        name, _, value = (unquote_to_bytes(one.replace(b"+", b" ")) for one in part.partition(b"="))
        place = name.decode(errors="replace")
        try:
            fault = wire.hidden_in(name.decode(), place) or wire.hidden_in(value.decode(), place)
        except UnicodeDecodeError:
            fault = Fault(place, "It is not UTF-8.", "Write each letter as its bytes in UTF-8, such as %C3%A4 for ä.")
        if fault is not None:
            faults.append(fault)
    if faults:
        raise InvalidRequest(
            "Some text contains characters that cannot be seen or that change its direction.",
            faults=tuple(faults[: wire.MOST_FAULTS]),
        )


# Every request has an id, and is one line in the log

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def request_id(scope: Scope) -> str:
    """The request's id: the caller's own `X-Request-Id` where it is well-formed, else a new one."""
    known = cast("str | None", scope["state"].get("request_id"))
    if known is None:
        # Every request comes by here: the headers as they lie, not litestar's view of them.
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        known = given.decode() if _REQUEST_ID.fullmatch(given) else token_hex(16)
        scope["state"]["request_id"] = known
    return known


class BindRequestId:
    """Middleware by which everything that is logged while a request is worked on carries the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with its id bound; an id in the path counts only as it is written in our own answers."""
        ids = cast("dict[str, object]", scope.get("path_params") or {}).values()
        steps = scope["path"].lower().split("/")
        if any(isinstance(value, UUID | int) and str(value) not in steps for value in ids):
            raise NotFound
        if any(isinstance(value, str) and wire.hidden_in(value, "") for value in ids):
            raise NotFound  # nothing that we have named has such a name
        check_query(scope["query_string"])
        # A request that came while the one before on its connection was worked on begins with that one's context.
        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(request_id=request_id(scope)):
            await self.app(scope, receive, send)


def answer_head(app: ASGIApp) -> ASGIApp:
    """The application, answering HEAD wherever it answers GET (RFC 9110, 9.3.2); the server leaves the body out."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = cast("Scope", {**scope, "method": "GET"})
        await app(scope, receive, send)

    return answer


async def finish_answer(message: Message, scope: Scope) -> None:
    """On every answer, errors included: the request's id, no storing by caches unless said otherwise, a log line."""
    if message["type"] != "http.response.start":
        return
    known = request_id(scope)
    headers = [*message["headers"], (b"x-request-id", known.encode())]
    if b"cache-control" not in [name.lower() for name, _ in headers]:
        headers.append((b"cache-control", b"no-store"))
    handler = cast("Any", scope.get("route_handler"))  # a door before the framework has none
    if handler is not None and (going := DEPRECATED.get(handler.handler_name)) is not None:
        headers.extend(going.headers())
    message["headers"] = headers
    _log.info("request", request_id=known, method=scope.get("method"), path=scope["path"], status=message["status"])


# Lists: a page at a time, from behind a place that the caller cannot and need not read

Item = TypeVar("Item")
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many at most.")]
PartLimit = Annotated[
    int | None, QueryParameter(ge=1, le=200, description="How many at most, and `Link` leads on; without it, all.")
]
Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.")]
_Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class Page(Struct, Generic[Item], frozen=True):
    """One page of a list; `next` is the cursor of the page after it, absent on the last."""

    items: list[Item]
    next: str | None = None


def start_of(cursor: str | None, secrets: Secrets) -> tuple[datetime, UUID]:
    """Where a page begins: behind the instant and id that the cursor holds; without one, at the start.

    Raises UnreadableRequest for a cursor that we have not made.
    """
    if cursor is None:
        return datetime.min.replace(tzinfo=UTC), UUID(int=0)
    try:
        place = _unmarked(base64.urlsafe_b64decode(cursor + "=="), secrets)
        at, item_id = msgspec.json.decode(place, type=tuple[_Aware, UUID])
        at.astimezone(UTC)
    except (ValueError, OverflowError, msgspec.MsgspecError):
        raise UnreadableRequest("The cursor is not one of ours. Take it from `next` of the page before.") from None
    return at, item_id


def before(cursor: str | None, secrets: Secrets) -> tuple[datetime | None, UUID | None]:
    """The same for a list whose newest comes first: before which instant and id; neither at its start."""
    return (None, None) if cursor is None else start_of(cursor, secrets)


def part_of(
    rows: list[Item], limit: int | None, path: str, place: Callable[[Item], tuple[datetime, UUID]], secrets: Secrets
) -> Response[list[Item]]:
    """A page as a plain array, as the list was before it had pages: only the `Link` header leads to the next one.

    Without a limit it is all of the list, as was promised before.
    """
    if limit is None:
        return Response(rows)
    page = page_of(rows, limit, place, secrets)
    return Response(page.items, headers=link_to_next(path, limit, page.next))


def page_of(
    rows: list[Item], limit: int, place: Callable[[Item], tuple[datetime, UUID]], secrets: Secrets
) -> Page[Item]:
    """Cut a page from one row more than it holds; that row tells whether there is another page."""
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], cursor_behind(*place(rows[limit - 1]), secrets))


def link_to_next(path: str, limit: int, cursor: str | None) -> dict[str, str]:
    """The `Link` header of a page that has a next one (RFC 8288)."""
    return {} if cursor is None else {"Link": f'<{path}?limit={limit}&cursor={cursor}>; rel="next"'}


def cursor_behind(at: datetime, item_id: UUID, secrets: Secrets) -> str:
    """The cursor of the page that begins behind this instant and id, marked as ours."""
    place = msgspec.json.encode((at, item_id))
    return base64.urlsafe_b64encode(next(_marks(place, secrets)) + place).decode().rstrip("=")


_MARK_BYTES = 12


def _unmarked(token: bytes, secrets: Secrets) -> bytes:
    """The place in a cursor that we have made; nothing for any other, which is no place."""
    mark, place = token[:_MARK_BYTES], token[_MARK_BYTES:]
    ours = [hmac.compare_digest(mark, made) for made in _marks(place, secrets)]
    return place if any(ours) else b""


def _marks(place: bytes, secrets: Secrets) -> Iterator[bytes]:
    """What a place is marked with, by the newest secret first."""
    return (bytes.fromhex(mark)[:_MARK_BYTES] for mark in secrets.fingerprints(b"cursor:" + place))
