"""Where sealed documents lie: in the database in chunks, or in object storage by `obstore` – S3 and the like, a folder.

A store takes an upload's sealed bytes as they come and holds a few chunks of them at most. What is in it is of use to
nobody without the tender's key. Which uploads are documents, the database alone knows.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

import asyncpg
import structlog

from service import db
from service.problems import StorageFull, Unavailable
from service.settings import Settings

SQL = db.queries("document_store")

CHUNK_BYTES = 960 * 1024
"""Bytes of one row of the chunk table."""
PART_BYTES = 5 * 1024 * 1024
"""Bytes of one part of a multipart upload; S3 takes no smaller ones."""

_log = cast("structlog.stdlib.BoundLogger", structlog.get_logger("tenderscore"))


class Disk(NamedTuple):
    """The disk that documents fill; no folder where it is another machine's. Of its room some is left to bids."""

    folder: Path | None
    reserve: int

    def check_room(self, announced: int) -> None:
        """Refuse a document that would take what is left to bids."""
        if self.folder is None:
            return
        with suppress(OSError):
            if shutil.disk_usage(self.folder).free - announced < self.reserve:
                raise StorageFull("The room that is left is kept for bids.", headers={"Retry-After": "60"})


def disk_of(settings: Settings) -> Disk:
    """The disk on which documents lie: the embedded database's, or the folder's that is the store."""
    if settings.document_store is not None:
        url = urlsplit(settings.document_store)
        folder = Path(unquote(url.path)) if url.scheme == "file" else None
    else:
        folder = settings.data if settings.database_url is None else None
    return Disk(folder, settings.disk_reserve_bytes)


class DatabaseStore:
    """Keeps uploads in the chunk table. A connection is held for one chunk's statement, not while bytes come in."""

    address: str | None = None

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def write(self, upload_id: UUID, pieces: AsyncIterator[bytes]) -> None:
        """Keep an upload that has begun."""
        held, number = bytearray(), 0
        async for piece in pieces:
            held += piece
            while len(held) >= CHUNK_BYTES:
                await self._put(upload_id, number, bytes(held[:CHUNK_BYTES]))
                del held[:CHUNK_BYTES]
                number += 1
        if held:
            await self._put(upload_id, number, bytes(held))

    async def _put(self, upload_id: UUID, number: int, contents: bytes) -> None:
        await SQL.insert_chunk(self._pool, upload_id=upload_id, number=number, contents=contents)

    async def read(self, document_id: UUID, upload_id: UUID) -> AsyncIterator[bytes]:
        """The sealed bytes of an opened document; of any other there are none."""
        del upload_id
        number = 0
        while (chunk := await SQL.read_chunk(self._pool, document_id=document_id, number=number)) is not None:
            yield chunk
            number += 1

    async def delete(self, upload_id: UUID) -> None:
        """Nothing to do: the chunks went with the upload's row."""


class ObjectStore:
    """Keeps uploads as objects named by their ids."""

    def __init__(self, address: str) -> None:
        """The address is s3://bucket/prefix, with credentials from the usual AWS_ variables, or file:///folder."""
        # Here and not above: most services keep documents in their database.
        from obstore import store

        self.address: str | None = address
        local = urlsplit(address).scheme == "file"
        self._folder = Path(unquote(urlsplit(address).path)) if local else None
        patience: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
        options: dict[str, Any] = {"mkdir": True} if local else {"retry_config": patience}
        self._store: Any = store.from_url(address, **options)

    async def write(self, upload_id: UUID, pieces: AsyncIterator[bytes]) -> None:
        """Keep an upload; one that fails or is cancelled leaves nothing behind."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            await obstore.put_async(
                self._store, str(upload_id), pieces, chunk_size=PART_BYTES, max_concurrency=2, use_multipart=True
            )
        except BaseError as error:
            raise _unreachable(error) from error
        if self._folder is not None:  # obstore leaves it to the operating system when a file reaches the disk
            await asyncio.to_thread(_flush, self._folder / str(upload_id), self._folder)

    async def read(self, document_id: UUID, upload_id: UUID) -> AsyncIterator[bytes]:
        """The sealed bytes of an upload."""
        del document_id
        import obstore
        from obstore.exceptions import BaseError

        try:
            found = await obstore.get_async(self._store, str(upload_id))
            async for piece in found.stream():
                yield bytes(piece)
        except (BaseError, FileNotFoundError) as error:
            raise _unreachable(error) from error

    async def delete(self, upload_id: UUID) -> None:
        """Remove an upload and, in a folder, what a crash left of it; one that is not there is no fault."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, str(upload_id))
        except BaseError as error:
            raise _unreachable(error) from error
        for part in self._folder.glob(f"{upload_id}#*") if self._folder else ():
            part.unlink(missing_ok=True)


Store: TypeAlias = DatabaseStore | ObjectStore


def store_at(address: str | None, pool: asyncpg.Pool) -> Store:
    """The store of an address; without one, the database."""
    return DatabaseStore(pool) if address is None else _object_store(address)


@cache
def _object_store(address: str) -> ObjectStore:
    return ObjectStore(address)


def _flush(*paths: Path) -> None:
    """Have a file and the folder that names it on the disk; raises OSError."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unreachable(error: Exception) -> Unavailable:
    _log.error("document store", exc_info=error)
    return Unavailable("The store of documents cannot be reached just now.", headers={"Retry-After": "5"})
