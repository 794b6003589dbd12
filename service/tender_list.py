"""The list of tenders, which portals poll: a page that has not changed is answered from memory.

Whether it has changed, and whether the key is still good, is asked of the database by every request: the stamp of a
page is a digest of its lines, so a page in memory cannot be another one than the stored one (engineering.md S2).
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.types import HTTPScope, Receive, Send
from msgspec import Struct

from service import db, frontdoor
from service.edge import Cursor, Limit, Page, page_of, start_of
from service.frontdoor import Answer, Desk, Memory
from service.organisations import Caller
from service.problems import Refusal
from service.rounds import FAILURES, Rounds

SQL = db.queries("tender_list")

MEMORY_BYTES = 4_000_000
"""Bytes of pages that one process keeps: about three hundred of fifty tenders."""

PAGES = 16
"""Pages of one round; each takes the database a tenth of a millisecond."""

LONGEST = 200
"""Lines of a page, at most; edge.Limit says so to everybody."""

DEFAULT = 50

_QUERY = re.compile(rb"(?:limit=([1-9][0-9]{0,2})(?=&|$)&?)?(?:cursor=([A-Za-z0-9_-]{1,200}))?")


class TenderLine(Struct, frozen=True, kw_only=True):
    """A tender in a list."""

    id: UUID
    buyer: str
    reference: str
    title: str
    created_at: datetime
    published_at: datetime | None
    submission_deadline: datetime | None
    time_zone: str


def page(lines: list[TenderLine], limit: int) -> Page[TenderLine]:
    """The page of one line more than it holds."""
    return page_of(lines, limit, lambda line: (line.created_at, line.id))


# Handlers


@get("/tenders")
async def list_tenders(
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[TenderLine]:
    """List your own organisation's tenders and all published ones, oldest first."""
    after_at, after_id = start_of(cursor)
    rows = SQL.list_tenders(
        conn, organisation_id=caller.organisation_id, after_at=after_at, after_id=after_id, limit=limit + 1
    )
    return page(await db.many(rows, TenderLine), limit)


# The door


class _Asked(NamedTuple):
    key_id: str
    after_at: datetime
    after_id: UUID
    limit: int


class TenderListDoor:
    """Answers GET /tenders before the framework (see frontdoor)."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._desk = Desk("GET", "/tenders")
        self._rounds = Rounds(find_stamps, most=PAGES)
        self._memory = Memory[tuple[bytes, int]](MEMORY_BYTES)
        self._loading: dict[tuple[bytes, int], asyncio.Task[bytes | None]] = {}

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> bool:
        """Answer if it is a known caller's plain question for a page."""
        if scope["path"] != "/tenders" or scope["method"] != "GET":
            return False
        since = time.perf_counter()
        caller = self._state.known_keys.caller(frontdoor.heard(scope).get(b"authorization"))
        asked = caller and _read(scope["query_string"], caller)
        if not asked:
            return False
        with self._desk.busy():
            body = await self._body(asked, caller)
            if body is not None:
                await self._desk.answer(scope, send, caller, Answer(200, [], body), since=since)
        return body is not None

    async def _body(self, asked: _Asked, caller: Caller) -> bytes | None:
        """The page, from memory or, once for all who ask, from the database; None if this caller may not have it."""
        stamp = await self._rounds.ask(self._state.pool, asked)
        if stamp is None:
            return None
        kept = self._memory.get((stamp, asked.limit))
        if kept is not None:
            return kept
        loading = self._loading.get((stamp, asked.limit))
        if loading is None:
            loading = asyncio.create_task(self._load(asked, caller.organisation_id, stamp))
            self._loading[stamp, asked.limit] = loading
            loading.add_done_callback(lambda _: self._loading.pop((stamp, asked.limit)))
        return await asyncio.shield(loading)

    async def _load(self, asked: _Asked, organisation_id: UUID, stamp: bytes) -> bytes | None:
        """The page of this stamp; None if it has changed since."""
        place = {"after_at": asked.after_at, "after_id": asked.after_id, "limit": asked.limit + 1}
        try:
            rows = [row async for row in SQL.list_stamped(self._state.pool, organisation_id=organisation_id, **place)]
        except FAILURES:
            return None
        if (rows[0]["stamp"] if rows else hashlib.sha256().digest()) != stamp:
            return None
        body = msgspec.json.encode(page(msgspec.convert(rows, list[TenderLine]), asked.limit))
        self._memory.put((stamp, asked.limit), body)
        return body


def _read(query: bytes, caller: Caller) -> _Asked | None:
    """What is asked for; None for a spelling that the framework shall read, or refuse."""
    found = _QUERY.fullmatch(query)
    if found is None or (limit := int(found[1] or DEFAULT)) > LONGEST:
        return None
    try:
        after_at, after_id = start_of(found[2].decode() if found[2] else None)
    except Refusal:
        return None
    return _Asked(caller.key_id, after_at, after_id, limit)


async def find_stamps(conn: db.Connection, asked: Sequence[_Asked]) -> Mapping[_Asked, bytes]:
    """The stamp of each page; left out are those whose key is not good any more."""
    rows = SQL.find_stamps(
        conn,
        key_ids=[one.key_id for one in asked],
        after_ats=[one.after_at for one in asked],
        after_ids=[one.after_id for one in asked],
        limits=[one.limit + 1 for one in asked],
    )
    return {asked[row["place"] - 1]: row["stamp"] async for row in rows}
