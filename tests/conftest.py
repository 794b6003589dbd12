"""One PostgreSQL per test process, its template migrated once, a fresh copy of it for every test.

DATABASE_URL_TEST=postgresql://… uses a server of one's own; its login must be able to make databases and roles.
"""

import fcntl
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from service import db
from service.local_postgres import LocalPostgres

_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30
"""Bytes that must be free there."""


LONGEST = {
    *("test_isolation.py", "test_demo.py", "test_city.py"),
    *("test_storms.py", "test_schemathesis.py", "test_serving.py"),
}
"""Files of a minute or so."""


def pytest_configure() -> None:
    """What tests write lies in memory where there is room: each copy of a database is a thousand files.

    No client reads the world's authorities (for longer than many a test takes): this folder holds none.
    """
    os.environ.setdefault("SSL_CERT_DIR", str(Path(__file__).parent))
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end, so until then there is nothing for the garbage collector."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that nobody waits for one test at the end."""
    items.sort(key=lambda item: (item.path.name not in LONGEST, "soak" not in item.path.parts))


def pytest_collection_finish() -> None:
    """Eleven thousand collected tests stay until the end: the collector need not walk them at every turn."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def with_database(dsn: str, name: str) -> str:
    """The same server and login, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def administer(dsn: str, statement: str) -> None:
    """One statement outside a transaction, as the owner."""
    conn = await db.connect(dsn)
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server whose login may make databases."""
    if given := os.environ.get("DATABASE_URL_TEST"):
        yield given
        return
    # Not pytest's own folder: a path to a socket has at most 107 bytes, and another account may have to reach it.
    with LocalPostgres(Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}", throwaway=True) as server:
        yield server.dsn


@pytest.fixture(scope="session")
async def template(postgres: str) -> AsyncIterator[str]:
    """The name of a migrated database that every test copies."""
    name = f"template_{uuid4().hex}"
    await administer(postgres, f"CREATE DATABASE {name}")
    # Roles belong to the whole server, and several test processes may share one.
    with (Path(tempfile.gettempdir()) / f"tenderscore-tests-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        await db.migrate(with_database(postgres, name))
    yield name
    await administer(postgres, f"DROP DATABASE {name}")


@pytest.fixture
async def dsn(postgres: str, template: str) -> AsyncIterator[str]:
    """The address of a database of one's own, migrated and empty."""
    name = f"test_{uuid4().hex}"
    await administer(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield with_database(postgres, name)
    await administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool as the service opens it."""
    async with await db.open_pool(dsn, connections=4) as opened:
        yield opened
