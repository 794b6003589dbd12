"""The list of tenders, which portals poll: lines that have not changed are answered from memory.

Which lines a page has now, and whether the key is still good, is asked of the database by every request. It tells the
lines by stamps: digests of all that they say, so a line in memory cannot be another one than the stored one
(engineering.md S2).
"""

import contextlib
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.types import HTTPScope, Receive, Send
from msgspec import Struct

from service import db, frontdoor
from service.edge import Cursor, Limit, Page, cursor_behind, link_to_next, page_of, start_of
from service.frontdoor import Answer, Desk, Header, Memory
from service.organisations import Caller
from service.problems import Refusal
from service.rounds import FAILURES, Rounds
from service.signing import Secrets

SQL = db.queries("tender_list")

MEMORY_BYTES = 4_000_000
"""Bytes of lines that one process keeps: of about eight thousand tenders."""

PAGES = 16
"""Pages of one round; each takes the database a tenth of a millisecond."""

LONGEST = 200
"""Lines of a page, at most; edge.Limit says so to everybody."""

DEFAULT = 50

_QUERY = re.compile(rb"(?:limit=([1-9][0-9]{0,2})(?=&|$)&?)?(?:cursor=([A-Za-z0-9_-]{1,200}))?")


class TenderLine(Struct, frozen=True, kw_only=True):
    """A tender in a list; `cancelled_at` where all of its lots are cancelled."""

    id: UUID
    buyer: str
    reference: str
    title: str
    created_at: datetime
    published_at: datetime | None
    submission_deadline: datetime | None
    cancelled_at: datetime | None
    time_zone: str


# Handlers


@get("/tenders")
async def list_tenders(
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response[Page[TenderLine]]:
    """List your own organisation's tenders and all published ones, oldest first."""
    after_at, after_id = start_of(cursor, state.secrets)
    rows = SQL.list_tenders(
        conn, organisation_id=caller.organisation_id, after_at=after_at, after_id=after_id, limit=limit + 1
    )
    found = await db.many(rows, TenderLine)
    page = page_of(found, limit, lambda line: (line.created_at, line.id), state.secrets)
    return Response(page, headers=link_to_next("/tenders", limit, page.next))


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
        self._memory = Memory[bytes](MEMORY_BYTES)

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> bool:
        """Answer if it is a known caller's plain question for a page."""
        if scope["path"] != "/tenders" or scope["method"] != "GET":
            return False
        since = time.perf_counter()
        caller = self._state.known_keys.caller(frontdoor.heard(scope).get(b"authorization"))
        asked = caller and _read(scope["query_string"], caller, self._state.secrets)
        if not asked:
            return False
        with self._desk.busy():
            answer = await self._page(asked, caller)
            if answer is not None:
                await self._desk.answer(scope, send, caller, answer, since=since)
        return answer is not None

    async def _page(self, asked: _Asked, caller: Caller) -> Answer | None:
        """The page, from memory or from the database; None if this caller may not have it, or it is changing."""
        stamps = await self._rounds.ask(self._state.pool, asked)
        if stamps is None:
            return None
        lines = self._memory.get_all(stamps)
        if lines is None:
            await self._load(asked, caller.organisation_id)
            lines = self._memory.get_all(stamps)
        return None if lines is None else _page(lines, asked.limit, self._state.secrets)

    async def _load(self, asked: _Asked, organisation_id: UUID) -> None:
        """Keep the lines of a page, by their stamps."""
        rows = SQL.list_stamped(
            self._state.pool,
            organisation_id=organisation_id,
            after_at=asked.after_at,
            after_id=asked.after_id,
            limit=asked.limit + 1,
        )
        with contextlib.suppress(*FAILURES):
            async for row in rows:
                self._memory.put(row["stamp"], msgspec.json.encode(msgspec.convert(row, TenderLine)))


def _page(lines: Sequence[bytes], limit: int, secrets: Secrets) -> Answer:
    """The page of these lines and one more, as edge.Page is written, linked to the next."""
    headers: list[Header] = []
    cursor = b"null"
    if len(lines) > limit:
        last = msgspec.json.decode(lines[limit - 1], type=TenderLine)
        behind = cursor_behind(last.created_at, last.id, secrets)
        linked = link_to_next("/tenders", limit, behind)
        headers = [(name.lower().encode(), value.encode()) for name, value in linked.items()]
        cursor = b'"%b"' % behind.encode()
    return Answer(200, headers, b'{"items":[%b],"next":%b}' % (b",".join(lines[:limit]), cursor))


def _read(query: bytes, caller: Caller, secrets: Secrets) -> _Asked | None:
    """What is asked for; None for a spelling that the framework shall read, or refuse."""
    found = _QUERY.fullmatch(query)
    if found is None or (limit := int(found[1] or DEFAULT)) > LONGEST:
        return None
    try:
        after_at, after_id = start_of(found[2].decode() if found[2] else None, secrets)
    except Refusal:
        return None
    return _Asked(caller.key_id, after_at, after_id, limit)


async def find_stamps(conn: db.Connection, asked: Sequence[_Asked]) -> Mapping[_Asked, Sequence[bytes]]:
    """The stamps of each page's lines; left out are pages whose key is not good any more."""
    rows = SQL.find_stamps(
        conn,
        key_ids=[one.key_id for one in asked],
        after_ats=[one.after_at for one in asked],
        after_ids=[one.after_id for one in asked],
        limits=[one.limit + 1 for one in asked],
    )
    return {asked[row["place"] - 1]: row["stamps"] or () async for row in rows}
