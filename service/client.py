"""A client for the service, waiting (`Client`) or with await (`AsyncClient`): each operation is a method with types.

    with Client("https://tenders.example", key) as city:
        tender = city.get_tender(tender_id).value
        for line in city.every(city.list_tenders):
            ...

What may be sent again is, with patience, after 429, 503 and broken connections; refusals are exceptions (`calls.py`).
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypedDict, TypeVar

import httpx

from service import verify_receipt
from service.calls import Operation, Reply, Steps, exchange, path_of, prepare
from service.operations import AsyncOperations, Operations

if TYPE_CHECKING:  # what is answered has its names in the stub alone
    from service.operations import News

T = TypeVar("T")
SECONDS = 60.0
LONGEST_POLL = 25
"""Seconds that `follow` lets the service wait for news before it answers that there are none."""
AT_ONCE = 1.0
"""Seconds; an answer that there are no news which comes sooner was not waited for."""
LONGEST_PAUSE = 30.0
"""Seconds; from one on `follow` doubles its pauses up to here while the service does not wait."""


class _Page(TypedDict, Generic[T]):
    items: list[T]


class Place:
    """Where somebody who follows the feed has got to: `after` is to be kept, and to be followed from the next time.

    It moves once the items of a page have all been taken: who stops in between is told them again.
    """

    def __init__(self, after: str | None = None) -> None:
        """`after`: from behind which place on; None for the feed's start."""
        self.after = after


class _Patience:
    """Seconds to wait before the feed is asked again: none, unless it says at once that there is nothing.

    So it answers where too many wait already, and while it stops.
    """

    def __init__(self) -> None:
        self._pause = 0.0
        self._asked = 0.0

    def ask(self) -> None:
        self._asked = time.monotonic()

    def before_next(self, items: Sequence[object]) -> float:
        at_once = not items and time.monotonic() - self._asked < AT_ONCE
        self._pause = min(LONGEST_PAUSE, max(1.0, 2 * self._pause)) if at_once else 0.0
        return self._pause


class FalseReceipt(Exception):
    """A receipt proves nothing, or not what it says; the text says why."""


def check_receipt(receipt: Mapping[str, Any], key: str = "") -> None:
    """Check a receipt without trusting who gave it, as `/verify_receipt.py` does. Raises FalseReceipt.

    `key`: the service's public key in base64, known from elsewhere; without it the receipt's own is believed.
    """
    try:
        deque(verify_receipt.check(dict(receipt), key), maxlen=0)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise FalseReceipt(str(error) if isinstance(error, ValueError) else f"No receipt: {error!r}") from None


class Client(Operations):
    """Speaks for one key, or for nobody without one. Close it, or use it as a context manager."""

    def __init__(self, url: str, key: str = "", *, http: httpx.Client | None = None) -> None:
        """`http`: a client of your own, with its proxies, certificates and time limits."""
        self._url, self._key = url.rstrip("/"), key
        self._http = http or httpx.Client(timeout=SECONDS)

    def send(self, operation: Operation, given: dict[str, Any]) -> Any:
        """Send an operation with its arguments. Raises calls.Refused and calls.NoAnswer."""
        return self._run(exchange(operation, prepare(self._url, operation, given, self._key)))

    def get(self, location: str) -> Reply[Any]:
        """Read what a `location` leads to. Raises ValueError for an address of somebody else."""
        return self.send(Operation("GET", path_of(location, self._url)), {})

    def _run(self, steps: Steps) -> Reply[Any]:
        outcome: httpx.Response | httpx.TransportError | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                return done.value
            outcome = None
            if isinstance(step, httpx.Request):
                try:
                    outcome = self._http.send(step)
                except httpx.TransportError as error:
                    outcome = error
            else:
                time.sleep(step)

    def every(self, operation: Callable[..., Reply[_Page[T]]], *args: Any, **given: Any) -> Iterator[T]:
        """Every item of a list that comes in pages."""
        page = operation(*args, **given).value
        yield from page["items"]
        while cursor := page.get("next"):
            page = operation(*args, **given, cursor=cursor).value
            yield from page["items"]

    def follow(self, place: Place) -> "Iterator[News]":
        """Every piece of news from a place on, without an end: waits for the next where there is none."""
        patience = _Patience()
        while True:
            patience.ask()
            page = self.read_feed(after=place.after, wait=LONGEST_POLL).value
            pause = patience.before_next(page["items"])
            yield from page["items"]
            place.after = page["next"]
            if pause:
                time.sleep(pause)

    def made(self, operation: Callable[..., Reply[T]], *args: Any, **given: Any) -> Reply[T]:
        """What an operation answers once it is made, such as a report."""
        while (reply := operation(*args, **given)).in_the_making:
            time.sleep(reply.wait)
        return reply

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()


class AsyncClient(AsyncOperations):
    """The same with await."""

    def __init__(self, url: str, key: str = "", *, http: httpx.AsyncClient | None = None) -> None:
        """`http`: a client of your own, with its proxies, certificates and time limits."""
        self._url, self._key = url.rstrip("/"), key
        self._http = http or httpx.AsyncClient(timeout=SECONDS)

    async def send(self, operation: Operation, given: dict[str, Any]) -> Any:
        """Send an operation with its arguments. Raises calls.Refused and calls.NoAnswer."""
        return await self._run(exchange(operation, prepare(self._url, operation, given, self._key)))

    async def get(self, location: str) -> Reply[Any]:
        """Read what a `location` leads to. Raises ValueError for an address of somebody else."""
        return await self.send(Operation("GET", path_of(location, self._url)), {})

    async def _run(self, steps: Steps) -> Reply[Any]:
        outcome: httpx.Response | httpx.TransportError | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                return done.value
            outcome = None
            if isinstance(step, httpx.Request):
                try:
                    outcome = await self._http.send(step)
                except httpx.TransportError as error:
                    outcome = error
            else:
                await asyncio.sleep(step)

    async def every(
        self, operation: Callable[..., Awaitable[Reply[_Page[T]]]], *args: Any, **given: Any
    ) -> AsyncIterator[T]:
        """Every item of a list that comes in pages."""
        page = (await operation(*args, **given)).value
        for item in page["items"]:
            yield item
        while cursor := page.get("next"):
            page = (await operation(*args, **given, cursor=cursor)).value
            for item in page["items"]:
                yield item

    async def follow(self, place: Place) -> "AsyncIterator[News]":
        """Every piece of news from a place on, without an end: waits for the next where there is none."""
        patience = _Patience()
        while True:
            patience.ask()
            page = (await self.read_feed(after=place.after, wait=LONGEST_POLL)).value
            pause = patience.before_next(page["items"])
            for item in page["items"]:
                yield item
            place.after = page["next"]
            if pause:
                await asyncio.sleep(pause)

    async def made(self, operation: Callable[..., Awaitable[Reply[T]]], *args: Any, **given: Any) -> Reply[T]:
        """What an operation answers once it is made, such as a report."""
        reply = await operation(*args, **given)
        while reply.in_the_making:
            await asyncio.sleep(reply.wait)
            reply = await operation(*args, **given)
        return reply

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()
