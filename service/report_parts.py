"""A report in parts: what was laid out before is taken from the store; the rest is laid out side by side, and kept.

A part is found by a digest of what it prints and of all that decides how (`pdf.key_of`). Each is laid out by itself, in
whichever company, so that neither the store nor the order nor the number of processes changes a byte of the report.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from uuid import UUID

import asyncpg
from msgspec import Struct

from service import apart, db
from service.report_document import ReportDocument
from service.typeset import Cut, bind_report, cut_report, press_parts

SQL = db.queries("report_parts")

CHUNK = 25
"""Parts that one process lays out: enough to be worth its start, few enough that its memory stays flat."""

LENGTH = 2_000_000
"""Characters of pages that one process lays out, unless one page alone has more."""

Tell = Callable[[int, int], Awaitable[None]]
"""Told how many parts are ready, and of how many."""


class KeptPart(Struct, frozen=True):
    """A part and what it is found by."""

    key: bytes
    part: bytes


class Making(Struct, frozen=True):
    """Whose parts are made, in which language, on which connections, and how many processes may work at once."""

    pool: asyncpg.Pool
    seats: asyncio.Semaphore
    tender_id: UUID
    lang: str
    tell: Tell


async def make(making: Making, document: ReportDocument) -> bytes:
    """The report as PDF. Raises WorkError when a part cannot be made; those that were made are kept."""
    async with making.seats:
        cut = await apart.run(cut_report, document, making.lang)
    return await finish(making, cut)


async def finish(making: Making, begun: bytes | Cut) -> bytes:
    """A sheet as PDF from what was begun: one of a single part is made already. Raises WorkError as `make` does."""
    if isinstance(begun, bytes):
        return begun
    front, cut = begun
    parts = await _ready(making, dict(cut))
    async with making.seats:
        return await apart.run(bind_report, front, [parts[key] for key, _ in cut])


async def prepare(making: Making, document: ReportDocument) -> None:
    """Lay out and keep what is not kept yet, so that the report is soon made when somebody asks for it."""
    async with making.seats:
        _, cut = await apart.run(cut_report, document, making.lang)
    await _ready(making, dict(cut))


async def _ready(making: Making, wanted: dict[bytes, str]) -> dict[bytes, bytes]:
    """Every part, from the store or new."""
    async with db.transaction(making.pool) as conn:
        rows = SQL.list_parts(conn, tender_id=making.tender_id, lang=making.lang, keys=list(wanted))
        ready = {kept.key: kept.part for kept in await db.many(rows, KeptPart)}
    missing = [key for key in wanted if key not in ready]
    await making.tell(len(ready), len(wanted))

    async def press(keys: list[bytes]) -> None:
        async with making.seats:
            pressed = await apart.run(press_parts, [wanted[key] for key in keys])
        async with db.transaction(making.pool) as conn:
            await SQL.keep_parts(conn, tender_id=making.tender_id, lang=making.lang, keys=keys, parts=list(pressed))
        ready.update(zip(keys, pressed, strict=True))
        await making.tell(len(ready), len(wanted))

    for outcome in await asyncio.gather(*map(press, _chunks(missing, wanted)), return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
    return ready


def _chunks(keys: Sequence[bytes], pages: Mapping[bytes, str]) -> Iterator[list[bytes]]:
    """Parts as processes lay them out: few where they are long."""
    chunk: list[bytes] = []
    length = 0
    for key in keys:
        if chunk and (len(chunk) == CHUNK or length + len(pages[key]) > LENGTH):
            yield chunk
            chunk, length = [], 0
        chunk.append(key)
        length += len(pages[key])
    if chunk:
        yield chunk
