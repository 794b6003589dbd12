"""What comes in and goes out, counted before everything else: requests and server errors by kind since the last sample.

Two sorts of attempts would leave no entry in a tender's log, because nothing is stored while they are answered: a bid
that was only checked, and one that was answered with a server error because the database could not be reached. They are
noted here, in memory, until the sampler (`samples.py`) can write them down.
"""

import asyncio
import re
import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Awaitable
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send
from msgspec import Struct
from prometheus_client import Counter

from service.organisations import read_key

RequestKind = Literal["bids", "documents", "reads", "other"]

_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NOTED = re.compile(f"/lots/{_ID}/bids|/bids/{_ID}|(/[a-z]+/{_ID})?/documents(/{_ID})?(/[a-z]+)?")
_IDS = re.compile(f"/(tender|lot|bid|document)s/({_ID})")
_SIZE = re.compile(rb"[0-9]{1,15}")
_NOTED_KINDS = frozenset(("bids", "documents"))
_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_STEPS_OF_A_BID = 2
_OK = 200
_SERVER_ERROR = 500


REFUSALS = Counter(
    "tenderscore_refusals",
    "What was refused, by what it was about and by the problem that was answered.",
    ["kind", "problem"],
)

Counts: TypeAlias = tuple[dict[str, int], dict[str, int]]
"""Requests and server errors, each by kind."""


class Note(Struct, frozen=True, kw_only=True):
    """An attempt at a bid or a document that the log does not know yet.

    `at` is by this process's monotonic clock, in seconds. `key` is the id and the secret's digest of the key that was
    sent, not yet checked. `size` is what the sender said, in bytes.
    """

    at: float
    validated: bool
    method: str
    path: str
    status: int
    problem: str | None
    key: tuple[str, bytes] | None
    size: int | None

    def ids(self) -> dict[str, UUID]:
        """The ids in the address, by the names that handlers give them."""
        return {f"{noun}_id": UUID(value) for noun, value in _IDS.findall(self.path)}


class Traffic:
    """Counts since they were last taken, and notes; `most` is how many notes are kept, `lost` how many were not."""

    def __init__(self, most: int) -> None:
        self._requests: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._most = most
        self.notes: deque[Note] = deque()
        self.noted = asyncio.Event()
        self.lost = 0

    def count(self, kind: RequestKind, status: int) -> None:
        """Count an answer."""
        requests = self._requests
        requests[kind] = requests[kind] + 1 if kind in requests else 1
        if status >= _SERVER_ERROR:
            self._failures[kind] = self._failures.get(kind, 0) + 1

    def see(self, scope: HTTPScope, kind: RequestKind, status: int) -> int:
        """Note a check of a bid; the status again if it is an error to be noted with its body.

        Whoever went away before the answer got none: the log has that as an upload that broke off.
        """
        if status >= _SERVER_ERROR:
            return status if kind in _NOTED_KINDS and _NOTED.fullmatch(scope["path"]) else 0
        if status == _OK and kind == "bids" and b"validate=only" in scope["query_string"]:
            self.note(note_of(scope, status, b""))
        return 0

    def note(self, note: Note) -> None:
        """Keep an attempt until it is written down."""
        if len(self.notes) < self._most:
            self.notes.append(note)
            self.noted.set()
        else:
            self.lost += 1

    def take(self) -> Counts:
        """Requests and server errors by kind since this was last asked."""
        taken = self._requests, self._failures
        self._requests, self._failures = {}, {}
        return taken

    def put_back(self, taken: Counts) -> None:
        """What was taken could not be written: it counts for the next sample."""
        self._requests = dict(Tally(self._requests) + Tally(taken[0]))
        self._failures = dict(Tally(self._failures) + Tally(taken[1]))


def kind_of(method: str, path: str) -> RequestKind:
    """What a request is about, by its method and address alone."""
    if method in _READING:
        return "reads"
    if path.endswith("/bids") or (path.startswith("/bids/") and path.count("/") == _STEPS_OF_A_BID):
        return "bids"
    return "documents" if "/documents" in path else "other"


def counted(app: ASGIApp, traffic: Traffic) -> ASGIApp:
    """The application, every answer of it counted: to be the outermost of all, so that no door is missed."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        kind = kind_of(scope["method"], scope["path"])
        failed, gone = 0, False

        # Not async: what is sent is passed on without a coroutine more.
        def count(message: Message) -> Awaitable[None]:
            nonlocal failed
            if message["type"] == "http.response.start":
                traffic.count(kind, message["status"])
                failed = 0 if gone else traffic.see(scope, kind, message["status"])
            elif failed and message["type"] == "http.response.body":
                traffic.note(note_of(scope, failed, message["body"]))
                failed = 0
            return send(message)

        async def hear() -> ReceiveMessage:
            nonlocal gone
            message = await receive()
            gone = message["type"] == "http.disconnect"
            return message

        await app(scope, hear if kind in _NOTED_KINDS else receive, count)

    return answer


class _Typed(Struct):
    type: str


def note_of(scope: HTTPScope, status: int, body: bytes) -> Note:
    """What is kept of an attempt: its address, whose key was sent, and the problem that the answer's body names."""
    headers = dict(scope["headers"])
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    size = _SIZE.fullmatch(headers.get(b"content-length", b""))
    return Note(
        at=time.monotonic(),
        validated=status == _OK,
        method=scope["method"],
        path=scope["path"],
        status=status,
        problem=_problem(body),
        key=read_key(token.strip()) if scheme.lower() == "bearer" else None,
        size=int(size[0]) if size else None,
    )


def _problem(body: bytes) -> str | None:
    """The slug of the problem that was answered, from the body's own words."""
    try:
        return msgspec.json.decode(body, type=_Typed).type.rpartition("/")[2]
    except msgspec.DecodeError:
        return None
