"""One question to the database for all who ask at the same time, and no answer older than its question.

Whoever asks while a round is under way is answered by the next one, whose statement begins after the question came.
So what was committed before a request arrived is seen by it, however many share the statement (engineering.md S2).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar, cast

import asyncpg

from service.db import Connection

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST = 64
"""Questions of one round, unless another number is given; what is more waits for the next."""

LINGER_SECONDS = 0.1
"""How long the connection is kept when nobody asks: to give it back and take it again costs more than a round."""

FAILURES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""How a statement fails that is itself right: the database is away, busy, or stops."""


class Rounds(Generic[Question, Answer]):
    """Asks the same kind of question, one statement at a time, with all that wait."""

    def __init__(
        self,
        answer: Callable[[Connection, Sequence[Question]], Awaitable[Mapping[Question, Answer]]],
        *,
        most: int = MOST,
    ) -> None:
        """`answer` runs the statement; a question that it leaves out, or that fails, is answered None."""
        self._answer = answer
        self._most = most
        self._waiting: dict[Question, list[asyncio.Future[Answer | None]]] = {}
        self._asked = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def ask(self, pool: asyncpg.Pool, question: Question) -> Answer | None:
        """The answer, read after this call; None where there is none or the database does not answer."""
        # Everybody has a future of their own: who goes away takes the answer from nobody. (asyncio.shield costs more.)
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(question)
        if waiting is not None:
            waiting.append(answered)
            return await answered
        self._waiting[question] = [answered]
        self._asked.set()
        if self._running is None:
            self._running = asyncio.create_task(self._run(pool))
        return await answered

    async def _run(self, pool: asyncpg.Pool) -> None:
        """Go round as long as somebody asks."""
        try:
            while self._waiting:
                with contextlib.suppress(*FAILURES):
                    async with cast("contextlib.AbstractAsyncContextManager[Connection]", pool.acquire()) as conn:
                        await self._go_round(conn, pool)
                    continue
                # No connection to be had: whoever waits is told so.
                _resolve(self._waiting, {})
                self._waiting.clear()
        finally:
            self._running = None
            _resolve(self._waiting, {})
            self._waiting.clear()

    async def _go_round(self, conn: Connection, pool: asyncpg.Pool) -> None:
        """Answer on one connection until nobody asks, or until others lack it."""
        while await self._is_asked():
            batch = dict(islice(self._waiting.items(), self._most))
            for question in batch:
                del self._waiting[question]
            answers: Mapping[Question, Answer] | None = None
            try:
                with contextlib.suppress(*FAILURES):
                    answers = await self._answer(conn, tuple(batch))
            finally:
                _resolve(batch, answers or {})
            crowded = pool.get_size() >= pool.get_max_size() and not pool.get_idle_size()
            if answers is None or crowded:
                return

    async def _is_asked(self) -> bool:
        """Whether somebody asks now or within a moment."""
        if not self._waiting:
            self._asked.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._asked.wait()
        return bool(self._waiting)


def _resolve(
    batch: Mapping[Question, Sequence[asyncio.Future[Answer | None]]], answers: Mapping[Question, Answer]
) -> None:
    for question, waiting in batch.items():
        answer = answers.get(question)
        for answered in waiting:
            if not answered.done():
                answered.set_result(answer)
