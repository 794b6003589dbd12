"""Where files of payments and evidence lie, and what is made of them: in the database in chunks, or with documents.

Payments are published or about to be, evidence is of a contract; neither is sealed. An object is written before
anything refers to it, so that a crash leaves at most an object to which nothing refers, and that is swept.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from uuid import UUID

import asyncpg
import structlog

from service import db
from service.document_store import CHUNK_BYTES, DatabaseStore, Disk, disk_of, store_at
from service.problems import Unavailable
from service.settings import Settings

SQL = db.queries("spend_shelf")

LEFT_BEHIND_HOURS = 6
"""Longer than any upload or job takes."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tenderscore")


class Shelf:
    """Puts objects down and finds them again."""

    def __init__(self, pool: asyncpg.Pool, address: str | None, disk: Disk) -> None:
        self._pool = pool
        self._address = address
        self.disk = disk

    @classmethod
    def of(cls, pool: asyncpg.Pool, settings: Settings) -> "Shelf":
        """The shelf that the settings ask for."""
        return cls(pool, settings.document_store, disk_of(settings))

    async def put(self, pieces: AsyncIterator[bytes]) -> UUID:
        """Keep an object; one that fails or is cancelled leaves nothing behind. Raises Unavailable."""
        await self._sweep()
        object_id: UUID = await SQL.begin_object(self._pool, kept_in=self._address)
        try:
            store = store_at(self._address, self._pool)
            if isinstance(store, DatabaseStore):
                await self._put(object_id, pieces)
            else:
                await store.write(object_id, pieces)
        except BaseException:
            await asyncio.shield(self.remove([object_id]))
            raise
        return object_id

    async def _put(self, object_id: UUID, pieces: AsyncIterator[bytes]) -> None:
        held, number = bytearray(), 0
        async for piece in pieces:
            held += piece
            while len(held) >= CHUNK_BYTES:
                chunk = bytes(held[:CHUNK_BYTES])
                await SQL.insert_chunk(self._pool, object_id=object_id, number=number, contents=chunk)
                del held[:CHUNK_BYTES]
                number += 1
        if held:
            await SQL.insert_chunk(self._pool, object_id=object_id, number=number, contents=bytes(held))

    async def read(self, object_id: UUID) -> AsyncIterator[bytes]:
        """The bytes of an object as they come."""
        addresses = {row["id"]: row["kept_in"] async for row in SQL.list_places(self._pool, object_ids=[object_id])}
        store = store_at(addresses.get(object_id), self._pool)
        if not isinstance(store, DatabaseStore):
            async for piece in store.read(object_id, object_id):
                yield piece
            return
        number = 0
        while (chunk := await SQL.read_chunk(self._pool, object_id=object_id, number=number)) is not None:
            yield chunk
            number += 1

    async def fetch(self, object_id: UUID, path: Path, most: int | None = None) -> None:
        """Write an object to a file, or its beginning of about `most` bytes."""
        came = 0
        with path.open("wb") as file:
            async for piece in self.read(object_id):
                await asyncio.to_thread(file.write, piece)
                came += len(piece)
                if most is not None and came >= most:
                    return

    async def remove(self, object_ids: Collection[UUID]) -> None:
        """Forget objects; where that fails now, they are swept later."""
        try:
            places = [(row["id"], row["kept_in"]) async for row in SQL.list_places(self._pool, object_ids=object_ids)]
            for object_id, address in places:
                if address is not None:
                    await store_at(address, self._pool).delete(object_id)
            await SQL.delete_objects(self._pool, object_ids=object_ids)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Unavailable) as error:
            _log.warning("spend objects not removed", object_ids=[str(one) for one in object_ids], exc_info=error)

    async def _sweep(self) -> None:
        """Remove what crashes have left behind, a few at a time."""
        behind = [row["id"] async for row in SQL.list_left_behind(self._pool, hours=LEFT_BEHIND_HOURS)]
        if behind:
            await self.remove(behind)


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes, read beside the event loop."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece
