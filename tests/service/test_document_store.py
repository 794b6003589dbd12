"""The store of documents can be replaced, and what does not become a document leaves nothing in any."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from service import settings
from service.document_store import CHUNK_BYTES, PART_BYTES, DatabaseStore, ObjectStore, disk_of, store_at
from service.problems import StorageFull, Unavailable


async def pieces(content: bytes, size: int = 50_000, *, then: Exception | None = None) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]
    if then is not None:
        raise then


async def read(store: ObjectStore | DatabaseStore, upload_id: object) -> bytes:
    return b"".join([piece async for piece in store.read(uuid4(), upload_id)])


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def folder(tmp_path: Path) -> ObjectStore:
    store = store_at(f"file://{tmp_path}/documents of ours", None)
    assert isinstance(store, ObjectStore)
    return store


@pytest.mark.parametrize("length", [1, 1000, PART_BYTES, 3 * PART_BYTES + 1])
async def test_a_folder_gives_back_what_it_was_given(folder: ObjectStore, length: int):
    upload_id, content = uuid4(), os.urandom(length)
    await folder.write(upload_id, pieces(content))
    assert await read(folder, upload_id) == content


async def test_an_upload_that_fails_or_is_given_up_leaves_no_file(folder: ObjectStore, tmp_path: Path):
    """Its own fault is raised, not the store's."""
    with pytest.raises(ZeroDivisionError):
        await folder.write(uuid4(), pieces(bytes(3 * PART_BYTES), then=ZeroDivisionError()))

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield bytes(1_000_000)
        begun.set()
        await asyncio.Event().wait()

    begun = asyncio.Event()
    writing = asyncio.ensure_future(folder.write(uuid4(), endless()))
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with asyncio.timeout(5):
        while await asyncio.to_thread(files_in, tmp_path):
            pass


async def test_what_is_deleted_is_gone_and_what_a_crash_left_too(folder: ObjectStore, tmp_path: Path):
    upload_id = uuid4()
    await folder.write(upload_id, pieces(bytes(1000)))
    (tmp_path / "documents of ours" / f"{upload_id}#1").write_bytes(b"left behind")
    await folder.delete(upload_id)
    await folder.delete(upload_id)
    assert files_in(tmp_path) == []
    with pytest.raises(Unavailable):
        await read(folder, upload_id)


async def test_a_store_that_cannot_be_reached_says_so_and_to_try_again(monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    store = ObjectStore("s3://nowhere/prefix")
    with pytest.raises(Unavailable) as refusal:
        await store.write(uuid4(), pieces(b"x"))
    assert refusal.value.headers["Retry-After"]


async def test_the_database_keeps_chunks_and_shows_none_of_a_sealed_document(pool: asyncpg.Pool):
    """What is not opened cannot even be collected for later."""
    store = store_at(None, pool)
    assert isinstance(store, DatabaseStore)
    assert store.address is None
    upload_id = uuid4()
    await pool.execute("INSERT INTO document_uploads VALUES ($1, clock_timestamp())", upload_id)
    await store.write(upload_id, pieces(os.urandom(2 * CHUNK_BYTES + 1)))
    assert await read(store, upload_id) == b""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.fetch("SELECT contents FROM document_chunks")


@pytest.mark.parametrize(
    "address",
    ["s3://", "http://bucket/x", "file://relative/x", "file:///", "s3://b?x=1", "/srv/documents", "memory:///"],
)
def test_an_address_that_is_no_store_is_refused_at_the_start(address: str):
    with pytest.raises(settings.SettingsError, match="TENDERSCORE_DOCUMENT_STORE"):
        settings.read_settings({"TENDERSCORE_DOCUMENT_STORE": address})


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/some/prefix", "file:///srv/documents"])
def test_an_address_that_is_one_is_taken(address: str):
    assert settings.read_settings({"TENDERSCORE_DOCUMENT_STORE": address}).document_store == address


def test_documents_leave_room_for_bids_on_every_disk_that_can_be_looked_at(tmp_path: Path):
    """The embedded database's, and a folder's; of a database or a bucket elsewhere nothing is known, or claimed."""
    much = 2**62
    own = settings.Settings(data=tmp_path, disk_reserve_bytes=much)
    folder = settings.Settings(data=tmp_path / "missing", document_store=f"file://{tmp_path}", disk_reserve_bytes=much)
    for chosen in (own, folder):
        with pytest.raises(StorageFull):
            disk_of(chosen).check_room(1)
    with pytest.raises(StorageFull):
        disk_of(settings.Settings(data=tmp_path, disk_reserve_bytes=0)).check_room(much)
    disk_of(settings.Settings(data=tmp_path, disk_reserve_bytes=0)).check_room(1)
    for elsewhere in ({"database_url": "postgresql://elsewhere/x"}, {"document_store": "s3://bucket"}):
        disk_of(settings.Settings(data=tmp_path, disk_reserve_bytes=much, **elsewhere)).check_room(1)
