"""Jobs: queued with what asks for them, tried five times, given up with a reason, never lost."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from service import db, jobs
from service.jobs import JobError
from tests.service.conftest import LOG

DUTY = "test"


async def queued(pool: asyncpg.Pool) -> int:
    return await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", DUTY)


async def succeed(_pool: asyncpg.Pool, _payload: str) -> None:
    """A job that is done."""


async def fail(_pool: asyncpg.Pool, _payload: str) -> None:
    raise JobError("It does not work.")


async def fail_for_good(_pool: asyncpg.Pool, _payload: str) -> None:
    raise JobError("A library is missing.", mend="apt-get install it", final=True)


async def failure_of(pool: asyncpg.Pool, payload: str) -> jobs.Failure | None:
    async with db.transaction(pool) as conn:
        return await jobs.find_failure(conn, DUTY, payload)


async def test_a_job_exists_only_when_what_asked_for_it_was_committed(pool: asyncpg.Pool):
    async def ask_and_break() -> None:
        async with db.transaction(pool) as conn:
            await jobs.enqueue(conn, DUTY, "one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_and_break()
    assert await queued(pool) == 0
    async with db.transaction(pool) as conn:
        await jobs.enqueue(conn, DUTY, "one")
    assert await queued(pool) == 1


async def test_a_job_that_waits_is_not_queued_again(pool: asyncpg.Pool):
    async with db.transaction(pool) as conn:
        for payload in ("one", "one", "two"):
            await jobs.enqueue(conn, DUTY, payload)
    assert await queued(pool) == 2


async def test_a_failing_job_is_tried_five_times_each_after_a_longer_wait_and_then_given_up(pool: asyncpg.Pool):
    waits = [await jobs.attempt(pool, fail, DUTY, "one") for _ in range(5)]
    assert waits == [*(timedelta(seconds=2**number) for number in range(1, 5)), None]
    given_up = await failure_of(pool, "one")
    assert given_up is not None
    assert (given_up.failure, given_up.mend) == ("It does not work.", None)


async def test_a_job_that_kills_its_worker_is_given_up_as_well(pool: asyncpg.Pool):
    """Its attempts were counted before they began."""
    for _ in range(5):
        await jobs.SQL.begin_attempt(pool, key=jobs.key_of(DUTY, "one"))
    assert await jobs.attempt(pool, succeed, DUTY, "one") is None
    given_up = await failure_of(pool, "one")
    assert given_up is not None
    assert "worker ended" in given_up.failure


async def test_a_failure_that_no_repetition_mends_is_final_and_names_the_command(pool: asyncpg.Pool):
    assert await jobs.attempt(pool, fail_for_good, DUTY, "one") is None
    given_up = await failure_of(pool, "one")
    assert given_up is not None
    assert given_up.mend == "apt-get install it"
    assert given_up.seconds_ago >= 0


async def test_a_job_that_wants_to_come_again_has_not_failed(pool: asyncpg.Pool):
    """A schedule of its own, of any length: it is never given up for it."""

    async def come_again(_pool: asyncpg.Pool, _payload: str) -> None:
        raise jobs.Later(timedelta(hours=20))

    assert [await jobs.attempt(pool, come_again, DUTY, "one") for _ in range(7)] == [timedelta(hours=20)] * 7
    assert await failure_of(pool, "one") is None


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError("row of Alder"), OSError("Alder"), KeyError("Alder")])
async def test_a_job_that_breaks_is_tried_again_and_tells_nobody_but_the_log_what_it_read(
    pool: asyncpg.Pool, error: Exception
):
    """Whatever is raised: pgqueuer would delete the job."""

    async def broken(_pool: asyncpg.Pool, _payload: str) -> None:
        raise error

    waits = [await jobs.attempt(pool, broken, DUTY, "one") for _ in range(5)]
    assert waits == [*(timedelta(seconds=2**number) for number in range(1, 5)), None]
    given_up = await failure_of(pool, "one")
    assert given_up is not None
    assert given_up.failure == jobs.BROKEN
    assert [line["exc_info"] for line in LOG if line["event"] == "job broken"][-5:] == [True] * 5


async def test_a_job_that_finds_no_database_waits_for_it_and_is_done_then(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
):
    """Its failure cannot be written down: it is neither raised, which would delete the job, nor forgotten."""
    monkeypatch.setattr(jobs, "RECONNECT_SECONDS", 0.01)
    monkeypatch.setattr(db, "PATIENCE", 0.1)
    held: list[Any] = []
    all_held = asyncio.Event()

    async def fail_once(pool: asyncpg.Pool, _payload: str) -> None:
        if not held:
            held.extend([await pool.acquire(timeout=30) for _ in range(pool.get_max_size())])
            all_held.set()
            raise ConnectionResetError

    trying = asyncio.create_task(jobs.attempt(pool, fail_once, DUTY, "one"))
    await all_held.wait()
    done, _ = await asyncio.wait([trying], timeout=0.3)
    for conn in held:
        await pool.release(conn)
    assert not done
    assert await trying is None
    monkeypatch.undo()
    assert await pool.fetchval("SELECT count(*) FROM job_attempts") == 0


async def test_being_told_to_stop_is_no_attempt(pool: asyncpg.Pool):
    begun = asyncio.Event()

    async def hang(_pool: asyncpg.Pool, _payload: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(jobs.attempt(pool, hang, DUTY, "one"))
    await begun.wait()
    running.cancel()
    assert await running == timedelta()
    assert await pool.fetchval("SELECT begun FROM job_attempts") == 0


async def test_success_forgets_the_attempts(pool: asyncpg.Pool):
    await jobs.attempt(pool, fail, DUTY, "one")
    assert await jobs.attempt(pool, succeed, DUTY, "one") is None
    assert await pool.fetchval("SELECT count(*) FROM job_attempts") == 0


async def test_a_worker_does_what_is_queued_and_puts_back_what_it_must_leave(pool: asyncpg.Pool, dsn: str):
    """It is told to stop while a job hangs: the job is in the queue again, for the next worker."""
    done: asyncio.Queue[str] = asyncio.Queue()
    begun = asyncio.Event()

    async def do(_pool: asyncpg.Pool, payload: str) -> None:
        if payload == "hangs":
            begun.set()
            await asyncio.Event().wait()
        done.put_nowait(payload)

    worker = asyncio.create_task(jobs.work(dsn, {DUTY: do}, at_once=2, grace=0.1))
    async with db.transaction(pool) as conn:
        await jobs.enqueue(conn, DUTY, "one")
        await jobs.enqueue(conn, DUTY, "hangs")
    async with asyncio.timeout(20):
        await begun.wait()
        assert await done.get() == "one"
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    left = await pool.fetch("SELECT convert_from(payload, 'UTF8') AS payload, status::text FROM pgqueuer")
    assert [tuple(row) for row in left] == [("hangs", "queued")]


async def test_what_takes_long_holds_up_nothing_but_its_like(pool: asyncpg.Pool, dsn: str):
    """Two kinds of duties with a seat each: while one's only seat is taken, the other's job is done."""
    done: asyncio.Queue[str] = asyncio.Queue()

    async def wait(_pool: asyncpg.Pool, _payload: str) -> None:
        await asyncio.Event().wait()

    async def do(_pool: asyncpg.Pool, payload: str) -> None:
        done.put_nowait(payload)

    seats = ({"long": wait}, {"short": do})
    workers = [asyncio.create_task(jobs.work(dsn, duties, at_once=1, grace=0.1)) for duties in seats]
    async with db.transaction(pool) as conn:
        await jobs.enqueue_all(conn, "long", ["one", "two", "three"])
        await jobs.enqueue(conn, "short", "release")
    async with asyncio.timeout(20):
        assert await done.get() == "release"
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
