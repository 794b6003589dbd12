"""Several hosts in one address: which takes writes, and what happens when it falls silent. Real servers throughout."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest

from service import db
from service.leader import Leader, hosts_of
from service.local_postgres import LocalPostgres
from service.postmaster import running, system_identifier


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("postgresql://u:p@h1/app", ["postgresql://u:p@h1/app"]),
        ("postgresql://u:p@h1:1,h2:2/app", ["postgresql://u:p@h1:1/app", "postgresql://u:p@h2:2/app"]),
        ("postgresql://h1,h2/app?sslmode=prefer", [f"postgresql://{h}/app?sslmode=prefer" for h in ("h1", "h2")]),
        ("postgresql://u@[::1]:1,h2/app", ["postgresql://u@[::1]:1/app", "postgresql://u@h2/app"]),
        ("postgresql:///app?host=/a,/b", ["postgresql:///app?host=%2Fa", "postgresql:///app?host=%2Fb"]),
        ("postgresql:///app?host=/a&port=5", ["postgresql:///app?host=/a&port=5"]),
        (
            "postgresql:///app?host=h1,h2&port=1,2",
            ["postgresql:///app?host=h1&port=1", "postgresql:///app?host=h2&port=2"],
        ),
        (
            "postgresql:///app?host=h1,h2&port=1",
            ["postgresql:///app?host=h1&port=1", "postgresql:///app?host=h2&port=1"],
        ),
    ],
)
def test_an_address_names_its_hosts_as_libpq_reads_it(address: str, hosts: list[str]):
    assert hosts_of(address) == hosts


@contextlib.contextmanager
def server() -> Iterator[LocalPostgres]:
    with LocalPostgres(Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}", throwaway=True) as running_server:
        yield running_server


def together(*servers: LocalPostgres) -> str:
    """One address for all of them."""
    return f"postgresql://tenderscore@/tenderscore?host={quote(','.join(str(one.sockets) for one in servers))}"


@pytest.fixture
async def pair() -> AsyncIterator[tuple[LocalPostgres, LocalPostgres]]:
    """Two servers that both take writes; whoever asks is given the first as long as it answers."""
    with server() as first, server() as second:
        for one in (first, second):
            await db.migrate(one.dsn)
        yield first, second


async def served_by(pool: asyncpg.Pool) -> int:
    return await pool.fetchval("SELECT system_identifier FROM pg_control_system()")


async def test_a_leader_that_freezes_is_left_for_the_one_that_answers(pair: tuple[LocalPostgres, LocalPostgres]):
    """A machine that is stopped keeps its connections open and says nothing: nobody waits for it."""
    first, second = pair
    async with await db.open_pool(together(*pair)) as pool:
        assert await served_by(pool) == system_identifier(first.data)
        waiting = asyncio.create_task(pool.fetchval("SELECT pg_advisory_lock(1), pg_sleep(300)"))
        while not await pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"):
            pass
        processes = family(running(first.data))
        try:
            for pid in processes:
                os.kill(pid, signal.SIGSTOP)
            with pytest.raises(asyncpg.PostgresConnectionError):
                await asyncio.wait_for(waiting, 60)
            assert await asyncio.wait_for(served_by(pool), 60) == system_identifier(second.data)
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)


def family(pid: int) -> list[int]:
    """A postmaster and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


async def test_a_leader_that_becomes_a_standby_is_left(pair: tuple[LocalPostgres, LocalPostgres]):
    """Demoted, it still answers; writes belong to the other one."""
    first, second = pair
    async with await db.open_pool(together(*pair)) as pool:
        assert await served_by(pool) == system_identifier(first.data)
        os.kill(running(first.data), signal.SIGSTOP)  # so that nobody starts it again
        for pid in family(running(first.data))[1:]:
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    if await served_by(pool) == system_identifier(second.data):
                        break
        os.kill(running(first.data), signal.SIGCONT)


async def test_where_no_host_takes_writes_the_caller_is_told(pair: tuple[LocalPostgres, LocalPostgres]):
    """Between two leaders every connection is refused, and the next attempt begins with another host."""
    for one in pair:
        owner = await db.connect(one.dsn)
        await owner.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await owner.execute("SELECT pg_reload_conf()")
        await owner.close()
    leader = Leader(together(*pair))
    order = list(leader.hosts)
    async with asyncio.timeout(60):
        while True:
            try:
                await (await leader.connect()).close()
            except ConnectionError:
                break
    assert sorted(leader.hosts) == sorted(order)


async def test_an_address_that_asks_for_a_standby_is_left_as_it_is():
    address = "postgresql://h1,h2/app?target_session_attrs=standby"
    assert Leader(address).hosts == [address]
