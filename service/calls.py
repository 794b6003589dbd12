"""One exchange with the service, without a network: what is sent, when it is sent again, and what an answer means.

`client.py` drives it, waiting or with await; so both clients are one. Whoever takes a copy of both and of `operations`
needs nothing else of this project but httpx and msgspec.
"""

import secrets
from collections.abc import Generator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
import msgspec
from msgspec import Struct

T_co = TypeVar("T_co", covariant=True)

JSON = "application/json"
TRIES = 6
"""So often is one request sent at most."""
LONGEST_WAIT = 60.0
"""Seconds; a service that asks for more patience is not waited for."""


HARMLESS_TWICE: dict[str, str] = {
    "DELETE /bids/{bid_id}": "A withdrawn bid stays so, and each repetition gets the same receipt, whenever it comes.",
    "DELETE /keys/{key_id}": "A revoked key stays so since the first time; who has revoked the one in use gets a 401.",
    "DELETE /identity-providers/{provider_id}": "A retired provider stays so since the first time.",
}
"""What is put or deleted and changes nothing the second time, with the reason. All else decides anew, is one version
more, or is refused because it is done already: it is sent again only with an idempotency key."""


class Operation(Struct, frozen=True, omit_defaults=True):
    """An operation as the description of the interface has it.

    `query` and `headers` lead from a Python argument to the name on the wire; `bodies` are the media types that it
    takes, the first unless another is named.
    """

    method: str
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    bodies: tuple[str, ...] = ()

    def may_repeat(self, request: httpx.Request) -> bool:
        """Whether its request does no more when it comes twice than when it comes once."""
        if self.method in {"GET", "HEAD"} or "Idempotency-Key" in request.headers:
            return True
        return f"{self.method} {self.path}" in HARMLESS_TWICE


class Reply(Struct, Generic[T_co], frozen=True, kw_only=True):
    """A success: `value` is the JSON, the text, or the bytes of a file, as the operation answers."""

    value: T_co
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def etag(self) -> str:
        """The version that was read, for `if_match`."""
        return self.headers.get("etag", "")

    @property
    def location(self) -> str:
        """Where the thing that was made is read."""
        return self.headers.get("location", "")

    @property
    def replayed(self) -> bool:
        """Whether this is the answer to an earlier request with the same idempotency key."""
        return self.headers.get("idempotency-replayed") == "true"

    @property
    def unchanged(self) -> bool:
        """Whether you hold it already, by the ETag that you sent as `if_none_match`; `value` is empty then."""
        return self.status == HTTPStatus.NOT_MODIFIED

    @property
    def in_the_making(self) -> bool:
        """Whether what was asked for is still being made: ask again after `wait` seconds."""
        return self.status == HTTPStatus.ACCEPTED

    @property
    def wait(self) -> float:
        """Seconds that the service asks to wait."""
        return seconds_in(self.headers) or 0.3


# Problems


class Fault(Struct, frozen=True):
    """One thing wrong with what was sent: where, what, and how to mend it."""

    pointer: str
    message: str
    mend: str = ""


class _Problem(Struct, frozen=True):
    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    mend: str = ""
    errors: tuple[Fault, ...] = ()


class Refused(Exception):
    """The service has refused; each status has a subclass. `kind` names the problem's page at `/problems/{kind}`."""

    statuses: ClassVar[frozenset[int]] = frozenset()

    def __init__(self, answer: httpx.Response) -> None:
        try:
            said = msgspec.json.decode(answer.content, type=_Problem)
        except msgspec.MsgspecError:
            said = _Problem(title=f"The service answered {answer.status_code}")
        self.status = answer.status_code
        self.kind = said.type.rpartition("/")[2]
        self.title, self.detail, self.mend, self.faults = said.title, said.detail, said.mend, said.errors
        self.retry_after = seconds_in(answer.headers)
        faults = (f"{fault.pointer}: {fault.message} {fault.mend}".rstrip() for fault in said.errors)
        super().__init__("\n".join([f"{said.title.rstrip('.')}. {said.detail}".rstrip(), *faults]))


class Unreadable(Refused):
    """400: what was sent cannot be read."""

    statuses = frozenset({400, 405, 408, 411, 413, 415})


class Unauthenticated(Refused):
    """401: no valid key."""

    statuses = frozenset({401})


class Forbidden(Refused):
    """403: the key or the role does not allow this."""

    statuses = frozenset({403})


class Missing(Refused):
    """404: missing, or somebody else's."""

    statuses = frozenset({404, 410})


class Conflict(Refused):
    """409: not at this stage, or it is there already."""

    statuses = frozenset({409})


class Outdated(Refused):
    """412 and 428: somebody else has changed it, or the version that you have read was not named."""

    statuses = frozenset({412, 428})


class Invalid(Refused):
    """422: every fault is in `faults`."""

    statuses = frozenset({422})


class Busy(Refused):
    """429: too many requests; it has been tried again as often as made sense."""

    statuses = frozenset({429})


class Unavailable(Refused):
    """5xx: the service cannot answer; for a request without an idempotency key it is not known whether it was done."""

    statuses = frozenset(range(500, 600))


class NoAnswer(Exception):
    """The connection broke, and it is not known whether the request was done.

    Read what is there before you send it anew. Requests that may be repeated have been.
    """


_KINDS = (Unreadable, Unauthenticated, Forbidden, Missing, Conflict, Outdated, Invalid, Busy, Unavailable)


def refused(answer: httpx.Response) -> Refused:
    """The exception that an answer other than a success stands for."""
    kind = next((kind for kind in _KINDS if answer.status_code in kind.statuses), Refused)
    return kind(answer)


def seconds_in(headers: Mapping[str, str]) -> float | None:
    """What `Retry-After` asks for: seconds, or the seconds from the answer's own date to another (RFC 9110, 10.2.3)."""
    said = headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        until, now = parsedate_to_datetime(said), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None


# Requests


def prepare(url: str, operation: Operation, given: Mapping[str, Any], key: str) -> httpx.Request:
    """The request for an operation. Raises TypeError for an argument that it does not have, or one that is missing.

    An idempotency key is made where the operation takes one and none is given.
    """
    given = {name: value for name, value in given.items() if value is not None}
    body, media_type = given.pop("body", None), given.pop("media_type", None)
    path = operation.path
    for name in [name for name in given if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", quote(str(given.pop(name)), safe=""))
    if "{" in path:
        raise TypeError(f"{operation.method} {path} lacks an argument")
    query = {wire: _text(given.pop(name)) for name, wire in operation.query.items() if name in given}
    headers = {wire: str(given.pop(name)) for name, wire in operation.headers.items() if name in given}
    if "Idempotency-Key" in operation.headers.values():
        headers.setdefault("Idempotency-Key", str(uuid4()))
    if given or (body is not None and not operation.bodies):
        raise TypeError(f"{operation.method} {operation.path} takes no {', '.join(given) or 'body'}")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
    if content is not None:
        headers["Content-Type"] = media_type or operation.bodies[0]
    return httpx.Request(operation.method, f"{url}{path}", params=query or None, headers=headers, content=content)


def path_of(location: str, url: str) -> str:
    """Where a `location` leads within a service. Raises ValueError for one that would carry the key elsewhere."""
    path = location.removeprefix(url)
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"{location} is no address of {url}")
    return path


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# Exchange


_PASSING = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
Steps = Generator[httpx.Request | float, httpx.Response | httpx.TransportError | None, Reply[Any]]
"""Yields a request, and is sent its answer or what went wrong; or seconds to wait, and is sent nothing."""


def exchange(operation: Operation, request: httpx.Request) -> Steps:
    """Send an operation's request until it is answered, as often as that is safe, and give the reply.

    Safe to repeat is what only reads, what carries an idempotency key, and what HARMLESS_TWICE names; anything after a
    refusal that says it was not done (429), and where no connection came about. Raises Refused and NoAnswer.
    """
    repeatable = operation.may_repeat(request)
    for tried in range(1, TRIES + 1):
        answer = yield request
        if isinstance(answer, httpx.Response):
            if answer.is_success or answer.status_code == HTTPStatus.NOT_MODIFIED:
                return _reply(answer)
            again = answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or (
                answer.status_code in _PASSING and repeatable
            )
            asked = seconds_in(answer.headers)
            failure: Exception = refused(answer)
        else:
            again = repeatable or isinstance(answer, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            asked = None
            failure = NoAnswer(f"{request.method} {request.url.path}: {answer!r}")
        if not again or tried == TRIES or (asked or 0) > LONGEST_WAIT:
            raise failure
        yield _pause(tried) if asked is None else asked
    raise AssertionError


def _pause(tried: int) -> float:
    """Seconds before the next try: twice as many each time, and not the same for all who were cut off together."""
    return min(8.0, 0.1 * 2**tried) * (0.5 + secrets.randbelow(500) / 1000)


def _reply(answer: httpx.Response) -> Reply[Any]:
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    value: Any = answer.content
    if media_type == JSON:
        value = msgspec.json.decode(answer.content)
    elif media_type.startswith("text/") and media_type != "text/csv":
        value = answer.text
    return Reply(value=value, status=answer.status_code, headers=answer.headers, content=answer.content)
