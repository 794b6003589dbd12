"""The front door: what is asked most is answered before the framework, in the framework's own words.

Litestar's request model costs more than the hot requests' work (house.md 2). A *door* stands before it for one route:
an async callable `(scope, receive, send) -> bool` that answers a request and says True, or says False and has sent
nothing; then the next door is asked, and after the last one litestar. A door answers plain successes only. Everything
else – a refusal, a stranger, an unusual spelling of the address – it leaves to litestar, which refuses, writes the
refusal down and logs it. So the rules of refusing stand in one place, and both ways in answer alike.

To add a door:

1. Beside the noun's handler write a class that takes `app.state` (`pool` and `public_url` are there once the
   application has started, `known_keys` from the beginning) and has `async def __call__(scope, receive, send) -> bool`.
2. Look at `scope["method"]` and `scope["path"]` first and say False at once for what is not its own.
3. `heard(scope)` gives the headers; none at all if one of them came twice, so that nobody is known: say False.
4. `state.known_keys.caller(...)` gives the caller, or None for one that litestar has not met yet: say False. The
   statement that the door then runs must itself demand that the key is neither revoked nor expired (see KnownKeys).
5. Answer with a `Desk`: the request's id, Cache-Control, log line and metrics come from it as from litestar.
6. A database error: catch it and say False; litestar meets it again and answers for it.
7. The body may be read and False said all the same: what was read is there again for whoever comes next.
8. Name the door in `serving.DOORS`, and add the route to the test that asks both ways.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

import structlog
from litestar.plugins.prometheus import PrometheusConfig, PrometheusMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send
from prometheus_client import Histogram

from service import edge
from service.organisations import Caller

Door: TypeAlias = Callable[[HTTPScope, Receive, Send], Awaitable[bool]]
"""Answers a request and says True, or says False and has sent nothing."""

Header: TypeAlias = tuple[bytes, bytes]

_UNTOLD = Histogram("untold_seconds", "Told to nobody.", ["method", "path", "status_code", "app_name"], registry=None)


class Meter(PrometheusMiddleware):
    """Counts every request and how long it took; not of the feed, whose callers ask it to take its time."""

    def request_time(self, labels: dict[str, str | int | float]) -> Histogram:
        """Where the seconds go."""
        return _UNTOLD if labels["path"] == "/events" else super().request_time(labels)


METRICS = PrometheusConfig(
    app_name="tenderscore", prefix="tenderscore", group_path=True, exclude=["^/metrics"], middleware_class=Meter
)
"""Not of scrapes."""

_HEARD = frozenset(
    (
        b"authorization",
        b"accept-encoding",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"idempotency-key",
        b"if-none-match",
        b"x-request-id",
    )
)


class FrontDoor:
    """The application behind its doors; what is not HTTP, such as the lifespan, passes through."""

    def __init__(self, app: ASGIApp, doors: Sequence[Door]) -> None:
        self._app = app
        self._doors = tuple(doors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask each door in turn, then the framework."""
        if scope["type"] == "http":
            reread = _Reread(receive)
            for door in self._doors:
                if await door(scope, reread, send):
                    return
                reread.rewind()
            receive = reread.rest
        await self._app(scope, receive, send)


class _Reread:
    """The messages of a request, to be received again by each who looks at it."""

    __slots__ = ("_next", "_read", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[ReceiveMessage] = []
        self._next = 0

    async def __call__(self) -> ReceiveMessage:
        if self._next == len(self._read):
            self._read.append(await self._receive())
        self._next += 1
        return self._read[self._next - 1]

    def rewind(self) -> None:
        self._next = 0

    def join(self, body: bytes) -> None:
        """The whole body has been read: keep it once, as whoever has read it does, and not its pieces as well."""
        self._read = [{"type": "http.request", "body": body, "more_body": False}]
        self._next = 1

    async def rest(self) -> ReceiveMessage:
        """The messages for whoever comes last: nothing is kept any more, because a body may be a large document."""
        return self._read.pop(0) if self._read else await self._receive()


async def read_body(receive: Receive, most: int, grow: Callable[[int], None]) -> bytes | None:
    """The whole body; None for one that breaks off or has more bytes than it may, which litestar shall judge.

    grow: is told of each piece that has come, and may raise.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message["body"]
        grow(len(message["body"]))
        if len(body) > most:
            return None
        more = message["more_body"]
    whole = bytes(body)
    if isinstance(receive, _Reread):
        receive.join(whole)
    return whole


def heard(scope: HTTPScope) -> dict[bytes, bytes]:
    """The headers that doors go by; none of them if one came twice, which litestar shall judge."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _HEARD:
            if name in found:
                return {}
            found[name] = value
    return found


Name = TypeVar("Name")

ENTRY_BYTES = 250
"""What keeping something takes beside its bytes."""


class Memory(Generic[Name]):
    """Bytes that may be asked for again, by name: at most so many; those not asked for longest make room."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[Name, bytes] = OrderedDict()

    def get(self, name: Name) -> bytes | None:
        kept = self._kept.get(name)
        if kept is not None:
            self._kept.move_to_end(name)
        return kept

    def get_all(self, names: Sequence[Name]) -> list[bytes] | None:
        """The bytes of all these names, or None if one is not there."""
        found: list[bytes] = []
        for name in names:
            kept = self.get(name)
            if kept is None:
                return None
            found.append(kept)
        return found

    def put(self, name: Name, content: bytes) -> None:
        """Keep the bytes; of what is itself larger than all there may be, nothing is kept."""
        if name in self._kept:
            self._size -= ENTRY_BYTES + len(self._kept.pop(name))
        if len(content) > self._most:
            return
        self._kept[name] = content
        self._size += ENTRY_BYTES + len(content)
        while self._size > self._most:
            _, dropped = self._kept.popitem(last=False)
            self._size -= ENTRY_BYTES + len(dropped)


class Answer(NamedTuple):
    """What a door answers; a body is JSON, and its type and length are added to the headers."""

    status: int
    headers: Sequence[Header]
    body: bytes


class Desk:
    """Where the door of one route answers: headers, log line and metrics as of a request that litestar has handled."""

    def __init__(self, method: str, path: str) -> None:
        """`path` is the route as litestar counts it: /evaluations/{evaluation_id}."""
        self._meter = Meter(cast("ASGIApp", None), METRICS)
        self._labels: dict[str, str | int | float] = {
            "method": method,
            "path": path,
            "status_code": 200,
            "app_name": METRICS.app_name,
        }
        self._counted: dict[int, tuple[Any, Any]] = {}
        self._busy: Any = None

    def busy(self) -> "Desk":
        """`with desk.busy():` counts the request among those in progress."""
        return self

    def __enter__(self) -> None:
        if self._busy is None:
            self._busy = self._meter.requests_in_progress(self._labels).labels(*self._labels.values())
        self._busy.inc()

    def __exit__(self, *_: object) -> None:
        self._busy.dec()

    async def answer(self, scope: HTTPScope, send: Send, caller: Caller, answer: Answer, *, since: float) -> None:
        """Send the answer; `since` is time.perf_counter() when the request came."""
        headers = answer.headers
        structlog.contextvars.bind_contextvars(key_id=caller.key_id)
        if answer.body:
            length = b"%d" % len(answer.body)
            headers = [(b"content-type", b"application/json"), *headers, (b"content-length", length)]
        start = cast("Message", {"type": "http.response.start", "status": answer.status, "headers": headers})
        await edge.finish_answer(start, scope)
        await send(start)
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})
        requests, seconds = self._counted.get(answer.status) or self._collectors(answer.status)
        requests.inc()
        seconds.observe(time.perf_counter() - since)

    def _collectors(self, status: int) -> tuple[Any, Any]:
        labels = {**self._labels, "status_code": status}
        values = [*labels.values()]
        self._counted[status] = found = (
            self._meter.request_count(labels).labels(*values),
            self._meter.request_time(labels).labels(*values),
        )
        return found
