"""Pages that anybody may read without a key: typeset once in a seat of their own, the latest kept in memory.

Whoever asks again, or for as many as there are, takes no process from those who have a key; a page is found by what it
is made from, so that one whose data has changed is another.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

from service import reports

MOST = 32_000_000
"""Characters of pages that are kept; a page with its type has about 200,000."""


class PublicPages:
    """The pages that were typeset last, the one read longest ago first."""

    def __init__(self, most: int = MOST) -> None:
        self._seats = asyncio.Semaphore(1)
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._most = most
        self._length = 0

    async def find(self, key: Hashable, typeset: Callable[[], Awaitable[str]]) -> str:
        """The page of a key, typeset by the first who asks, for whom all others wait. Raises ReportFailed."""
        if key not in self._kept:
            async with reports.seat(self._seats):
                if key not in self._kept:
                    page = await typeset()
                    self._keep(key, page)
                    return page
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: Hashable, page: str) -> None:
        self._kept[key] = page
        self._length += len(page)
        while self._length > self._most:
            _, gone = self._kept.popitem(last=False)
            self._length -= len(gone)
