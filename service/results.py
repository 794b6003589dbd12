"""A stored result, read as often as it is asked for: its canonical bytes, kept in memory and never served unchecked.

A result is asked for by everybody at once when an award is told. Its bytes are kept by their digest, so they cannot go
stale; whether they are the lot's stored result still, and whether the key and the person may read it now, is asked of
the database by every request (engineering.md S2).
"""

import asyncio
import re
import time
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import HTTPScope, Receive, Send

import scoring
from service import db, evaluations, frontdoor
from service.access import PANEL, ROWS
from service.edge import UNCHANGED, etag, holds, takes_gzip
from service.frontdoor import Answer, Desk, Header, Memory
from service.organisations import Caller
from service.rounds import FAILURES, Rounds

SQL = db.queries("results")

MEMORY_BYTES = 16_000_000
"""Bytes of results that one process keeps: of a hundred bids on twenty criteria ten plain ones, or a hundred packed."""

_ADDRESS = re.compile("/evaluations/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def headers_of(digest: str, *, packed: bool, whole: bool) -> dict[str, str]:
    """The headers of a result. The tag is the digest, packed or not: what callers compare is the result.

    RFC 9110 (8.8.3.3) wants another tag, or a weak one, for packed bytes, for the sake of caches and of ranges; caches
    are told to store nothing, and there are no ranges.
    whole: with the body; without it the answer is that the caller holds it already.
    """
    headers = {"ETag": etag(digest), "Vary": "Accept-Encoding"}
    if packed and whole:
        headers["Content-Encoding"] = "gzip"
    return headers


def pack(canonical: bytes) -> bytes:
    """The bytes as gzip, always the same for the same."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(canonical) + packer.flush()


# Handlers


@get("/evaluations/{evaluation_id:uuid}", responses=UNCHANGED)
async def get_evaluation(
    evaluation_id: FromPath[UUID],
    request: Request[Caller, Any, State],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[scoring.Evaluation]:
    """Read a result as it was stored: the canonical JSON whose SHA-256 is the digest and the ETag.

    It holds the rules, the inputs and every step; `tenderscore verify FILE` computes it again. With the ETag that you
    hold as `If-None-Match` the answer is 304, without a body. `Accept-Encoding: gzip` makes it a tenth as long.
    """
    stored = await evaluations.get_stored(conn, caller, evaluation_id)
    packed = takes_gzip(", ".join(request.headers.getall("accept-encoding", [])))
    if holds(", ".join(request.headers.getall("if-none-match", [])), stored.digest):
        return Response(
            cast("Any", b""), status_code=304, headers=headers_of(stored.digest, packed=packed, whole=False)
        )
    return Response(
        cast("Any", await asyncio.to_thread(pack, stored.canonical) if packed else stored.canonical),
        media_type="application/json",
        headers=headers_of(stored.digest, packed=packed, whole=True),
    )


# The door


class Asked(NamedTuple):
    """Which result the holder of which key asks for."""

    key_id: str
    evaluation_id: str


class ResultDoor:
    """Answers GET /evaluations/{id} before the framework (see frontdoor)."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._desk = Desk("GET", "/evaluations/{evaluation_id}")
        self._rounds = Rounds(find_digests)
        self._memory = Memory[tuple[str, bool]](MEMORY_BYTES)
        self._loading: dict[tuple[str, bool], asyncio.Task[bytes | None]] = {}

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> bool:
        """Answer if it is a known caller's plain question for a result that this caller may read."""
        address = _ADDRESS.fullmatch(scope["path"])
        if address is None or scope["method"] != "GET" or scope["query_string"]:
            return False
        since = time.perf_counter()
        headers = frontdoor.heard(scope)
        caller = self._state.known_keys.caller(headers.get(b"authorization"))
        if caller is None:
            return False
        with self._desk.busy():
            answer = await self._answer(caller, address[1], headers)
            if answer is not None:
                await self._desk.answer(scope, send, caller, answer, since=since)
        return answer is not None

    async def _answer(self, caller: Caller, evaluation_id: str, headers: Mapping[bytes, bytes]) -> Answer | None:
        """What the framework would answer; None where that is no success."""
        digest = await self._rounds.ask(self._state.pool, Asked(caller.key_id, evaluation_id))
        if digest is None:
            return None
        packed = takes_gzip(headers.get(b"accept-encoding", b"").decode("latin-1"))
        if holds(headers.get(b"if-none-match", b"").decode("latin-1"), digest):
            return Answer(304, _raw_headers(digest, packed=packed, whole=False), b"")
        body = await self._body(evaluation_id, digest, packed=packed)
        if body is None:
            return None
        return Answer(200, _raw_headers(digest, packed=packed, whole=True), body)

    async def _body(self, evaluation_id: str, digest: str, *, packed: bool) -> bytes | None:
        """The bytes of this digest, from memory or, once for all who ask, from the database; None if they are gone."""
        kept = self._memory.get((digest, packed))
        if kept is not None:
            return kept
        loading = self._loading.get((digest, packed))
        if loading is None:
            loading = asyncio.create_task(self._load(evaluation_id, digest, packed=packed))
            self._loading[digest, packed] = loading
            loading.add_done_callback(lambda _: self._loading.pop((digest, packed)))
        return await asyncio.shield(loading)

    async def _load(self, evaluation_id: str, digest: str, *, packed: bool) -> bytes | None:
        try:
            canonical: bytes | None = await SQL.get_result(self._state.pool, evaluation_id=evaluation_id, digest=digest)
        except FAILURES:
            return None
        if canonical is None:
            return None
        body = await asyncio.to_thread(pack, canonical) if packed else canonical
        self._memory.put((digest, packed), body)
        return body


@lru_cache(1_000)
def _raw_headers(digest: str, *, packed: bool, whole: bool) -> tuple[Header, ...]:
    named = headers_of(digest, packed=packed, whole=whole)
    return tuple((name.lower().encode(), value.encode()) for name, value in named.items())


async def find_digests(conn: db.Connection, asked: Sequence[Asked]) -> Mapping[Asked, str]:
    """The digest of each result that the key's holder may read now; left out is whatever may not be read."""
    rows = SQL.find_digests(
        conn,
        key_ids=[one.key_id for one in asked],
        evaluation_ids=[one.evaluation_id for one in asked],
        roles=list(ROWS["get_evaluation"].roles),
        panel=list(PANEL),
    )
    return {asked[row["place"] - 1]: row["digest"] async for row in rows}


router = Router(path="/", route_handlers=[get_evaluation], tags=["Evaluation"])
