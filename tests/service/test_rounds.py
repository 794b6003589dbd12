"""Rounds: many ask together, nobody gets an answer that was read before the question."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from service import rounds
from service.rounds import Rounds


class Counter:
    """Answers with how often it has been asked; each round lasts until it is let go."""

    def __init__(self) -> None:
        self.rounds: list[tuple[str, ...]] = []
        self.gate = asyncio.Semaphore(0)
        self.began = asyncio.Condition()

    async def __call__(self, conn: Any, asked: Sequence[str]) -> dict[str, int]:
        number = await conn.fetchval("SELECT $1::int", len(self.rounds) + 1)
        async with self.began:
            self.rounds.append(tuple(asked))
            self.began.notify_all()
        await self.gate.acquire()
        return {question: number for question in asked if question != "unknown"}

    async def begun(self, count: int) -> None:
        async with self.began:
            await self.began.wait_for(lambda: len(self.rounds) >= count)


async def test_who_asks_while_a_round_is_under_way_is_answered_by_the_next(pool: asyncpg.Pool):
    counter = Counter()
    asking = Rounds(counter)
    first = asyncio.create_task(asking.ask(pool, "a"))
    await counter.begun(1)
    later = [asyncio.create_task(asking.ask(pool, question)) for question in ("a", "b", "a", "unknown")]
    await asyncio.sleep(0)
    counter.gate.release()
    assert await first == 1
    await counter.begun(2)
    assert counter.rounds == [("a",), ("a", "b", "unknown")]
    counter.gate.release()
    assert await asyncio.gather(*later) == [2, 2, 2, None]


async def test_more_than_a_round_takes_waits_for_the_one_after(pool: asyncpg.Pool):
    counter = Counter()
    asking = Rounds(counter)
    for _ in range(3):
        counter.gate.release()
    questions = [str(number) for number in range(rounds.MOST + 1)]
    await asyncio.gather(*(asking.ask(pool, question) for question in questions))
    assert [len(asked) for asked in counter.rounds] == [rounds.MOST, 1]


async def test_who_goes_away_does_not_take_the_answer_from_others(pool: asyncpg.Pool):
    counter = Counter()
    asking = Rounds(counter)
    impatient, patient = (asyncio.create_task(asking.ask(pool, "a")) for _ in range(2))
    await counter.begun(1)
    impatient.cancel()
    counter.gate.release()
    assert await patient == 1


async def test_when_the_statement_fails_nobody_is_answered_and_the_next_is_asked_anew(pool: asyncpg.Pool):
    statements = ["SELECT 1/0", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 1"]

    async def answer(conn: Any, asked: Sequence[str]) -> dict[str, int]:
        return dict.fromkeys(asked, await conn.fetchval(statements.pop(0)))

    asking = Rounds(answer)
    assert await asyncio.gather(*(asking.ask(pool, question) for question in "ab")) == [None, None]
    assert await asking.ask(pool, "a") is None
    assert await asking.ask(pool, "a") == 1


async def test_it_gives_the_connection_back_when_others_lack_it(pool: asyncpg.Pool):
    """Questions without end leave the connections of a small pool to others in between."""
    ended = asyncio.Event()

    async def answer(conn: Any, asked: Sequence[int]) -> dict[int, int]:
        return dict.fromkeys(asked, await conn.fetchval("SELECT 1"))

    asking = Rounds(answer)

    async def ask_on() -> None:
        while not ended.is_set():
            await asking.ask(pool, 1)

    asker = asyncio.create_task(ask_on())
    async with asyncio.timeout(20):
        for _ in range(5):
            held = await asyncio.gather(*(pool.acquire() for _ in range(pool.get_max_size())))
            for conn in held:
                await pool.release(conn)
    ended.set()
    await asker
