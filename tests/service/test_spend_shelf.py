"""Objects lie whole in the database or in a folder, and leave nothing behind when they fail or are removed."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from service.document_store import CHUNK_BYTES, Disk
from service.spend_shelf import LEFT_BEHIND_HOURS, Shelf, pieces_of

BIG = bytes(range(256)) * (CHUNK_BYTES // 128)


async def pieces(content: bytes, *, breaks: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]
    if breaks:
        raise OSError("the line broke")


def shelf_of(pool: asyncpg.Pool, where: str, tmp_path: Path) -> Shelf:
    return Shelf(pool, None if where == "database" else f"file://{tmp_path / 'store'}", Disk(None, 0))


@pytest.mark.parametrize("where", ["database", "folder"])
async def test_what_is_put_is_found_and_removed(pool: asyncpg.Pool, tmp_path: Path, where: str) -> None:
    shelf = shelf_of(pool, where, tmp_path)
    object_id = await shelf.put(pieces(BIG))
    assert b"".join([piece async for piece in shelf.read(object_id)]) == BIG
    await shelf.fetch(object_id, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == BIG
    assert b"".join([piece async for piece in pieces_of(tmp_path / "out")]) == BIG
    await shelf.fetch(object_id, tmp_path / "head", 10)
    assert (tmp_path / "head").stat().st_size >= 10
    await shelf.remove([object_id])
    assert await pool.fetchval("SELECT count(*) FROM spend_objects") == 0
    assert await pool.fetchval("SELECT count(*) FROM spend_chunks") == 0
    assert where == "database" or list((tmp_path / "store").iterdir()) == []


@pytest.mark.parametrize("where", ["database", "folder"])
async def test_what_fails_on_its_way_leaves_nothing(pool: asyncpg.Pool, tmp_path: Path, where: str) -> None:
    with pytest.raises(Exception, match="broke"):
        await shelf_of(pool, where, tmp_path).put(pieces(BIG, breaks=True))
    assert await pool.fetchval("SELECT count(*) FROM spend_objects") == 0
    assert where == "database" or list((tmp_path / "store").iterdir()) == []


async def test_what_a_crash_has_left_is_swept_and_what_is_under_way_is_not(
    pool: asyncpg.Pool, dsn: str, tmp_path: Path
) -> None:
    shelf = shelf_of(pool, "database", tmp_path)
    old, young = await shelf.put(pieces(b"old")), await shelf.put(pieces(b"young"))
    owner = await asyncpg.connect(dsn)
    await owner.execute(
        "UPDATE spend_objects SET begun_at = begun_at - make_interval(hours => $2 + 1) WHERE id = $1",
        old,
        LEFT_BEHIND_HOURS,
    )
    await owner.close()
    await shelf.put(pieces(b"next"))
    ids = {row["id"] for row in await pool.fetch("SELECT id FROM spend_objects")}
    assert old not in ids
    assert young in ids
