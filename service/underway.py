"""Uploads under way in this process: so many of one supplier at once, and of duplicates only the first is kept.

A duplicate is one whose Idempotency-Key has come already with an upload that is still under way. It takes no seat, and
nothing of it is written: its bytes are only hashed while it waits for the first one's end.
"""

import asyncio
import contextlib
import copy
import math
from collections import Counter
from collections.abc import AsyncIterator, Generator, Hashable
from uuid import UUID

from service import intake
from service.intake import RequestInFlight
from service.problems import Refusal

MOST_AT_ONCE = 8
"""Uploads of one supplier under way in one process."""
STALLED_SECONDS = 5.0
"""An upload of which nothing has come for so long keeps no repetition out: its sender's line may be dead."""


class TooManyUploads(Refusal):
    """Too many documents of yours are on their way at once.

    Send the next one when one of them has been answered.
    """

    status = 429


class First:
    """An upload that others may repeat while it is under way, and why it was refused, if that is true of them too."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        self._ended = asyncio.Event()
        self._heard_at = asyncio.get_running_loop().time()

    async def hear(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body as it comes."""
        async for piece in body:
            self._heard_at = asyncio.get_running_loop().time()
            yield piece
        self._heard_at = math.inf

    @property
    def stalled(self) -> bool:
        """Whether nothing more comes of it, though more is to come."""
        return asyncio.get_running_loop().time() - self._heard_at > STALLED_SECONDS

    def end(self) -> None:
        """Let those go on who wait."""
        self._ended.set()

    async def has_ended(self) -> None:
        """Wait for its end; raises RequestInFlight where that takes too long."""
        try:
            async with asyncio.timeout(intake.DUPLICATE_WAIT):
                await self._ended.wait()
        except TimeoutError:
            raise RequestInFlight("It has taken more than five seconds.", headers={"Retry-After": "5"}) from None

    def failure(self) -> Refusal:
        """What a duplicate is answered when nothing was kept of the first: the same, or that it must come again."""
        if self.refusal is not None:
            return copy.copy(self.refusal)
        return RequestInFlight("The first one came to no end; send this one again.", headers={"Retry-After": "1"})


class UnderWay:
    """The uploads under way. own: refusals that say something about their one sender, and nothing about duplicates."""

    def __init__(self, own: tuple[type[Refusal], ...]) -> None:
        self._own = own
        self._seats: Counter[UUID] = Counter()
        self._firsts: dict[Hashable, First] = {}

    def first(self, scope: Hashable) -> First | None:
        """The upload that has the same key, if one is under way and has not stalled."""
        first = self._firsts.get(scope)
        return None if first is None or first.stalled else first

    @contextlib.contextmanager
    def leading(self, scope: Hashable) -> Generator[First]:
        """Be the first with a key as long as the block runs."""
        first = self._firsts[scope] = First()
        try:
            yield first
        except Refusal as refusal:
            if not isinstance(refusal, self._own):
                first.refusal = copy.copy(refusal)
            raise
        finally:
            if self._firsts.get(scope) is first:
                del self._firsts[scope]
            first.end()

    @contextlib.contextmanager
    def seat(self, supplier_id: UUID) -> Generator[None]:
        """One of a supplier's seats, as long as the block runs; raises TooManyUploads."""
        if self._seats[supplier_id] >= MOST_AT_ONCE:
            raise TooManyUploads(f"{MOST_AT_ONCE} are under way.", headers={"Retry-After": "5"})
        self._seats[supplier_id] += 1
        try:
            yield
        finally:
            self._seats[supplier_id] -= 1
            self._seats += Counter()  # forgets those who have none
