"""Load for the campaigns: suppliers who submit and replace bids without end, each under its key until acknowledged."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from random import Random

import asyncpg

from tests.soak.clients import Line, Market, Sent, Tender, a_new_bid, statuses, submit
from tests.soak.harness import Failed
from tests.soak.receipts import Count, compare, compare_opened, pass_deadline

LOTS = 40
"""Of one tender; when a supplier has a bid for each, it replaces."""

HEDGED = 0.1


class Load:
    """Suppliers at work on one or more tenders, until told to stop; everything they sent is kept.

    size: bytes of a bid. hedged: the share of bids that are sent on two connections at once.
    seconds: how long a bid is sent again before its supplier gives up. forgiving: the supplier then goes on with
    another bid, as in a control, where the service refuses what it has forgotten.
    """

    def __init__(
        self,
        market: Market,
        tenders: list[Tender],
        *,
        seed: int = 0,
        size: int = 2048,
        hedged: float = HEDGED,
        seconds: float = 300,
        forgiving: bool = False,
        pause: float = 0,
    ) -> None:
        self.pause = pause
        self.market = market
        self.tenders = tenders
        self.size = size
        self.hedged = hedged
        self.seconds = seconds
        self.forgiving = forgiving
        self.bids: list[Sent] = []
        self._free = [self.lots for _ in market.suppliers]
        self._own: list[list[tuple[str, str]]] = [[] for _ in market.suppliers]
        self._random = Random(seed)
        self._stop = asyncio.Event()
        self._clients: list[asyncio.Task[None]] = []

    @property
    def lots(self) -> list[str]:
        """Every lot that is bid for."""
        return [lot for tender in self.tenders for lot in tender.lots]

    @property
    def acknowledged(self) -> int:
        """How many bids have a receipt by now."""
        return sum(bid.receipt is not None for bid in self.bids)

    def successor(self, *, seconds: float, forgiving: bool) -> "Load":
        """The same suppliers going on where these have stopped; what they send is kept apart."""
        found = Load(self.market, self.tenders, size=self.size, seconds=seconds, forgiving=forgiving, pause=self.pause)
        found._free, found._own = self._free, self._own
        return found

    def start(self) -> None:
        """Let every supplier begin."""
        for number in range(len(self.market.suppliers)):
            self._clients.append(asyncio.create_task(self._work(number)))

    async def _work(self, number: int) -> None:
        line, second = self.market.suppliers[number].line, Line(self.market.url, self.market.suppliers[number].line.key)
        free, own = self._free[number], self._own[number]
        self._random.shuffle(free)
        while not self._stop.is_set():
            if free:
                bid = a_new_bid(number, free.pop(), size=self.size)
            elif own:
                lot, bid_id = self._random.choice(own)
                bid = a_new_bid(number, lot, size=self.size, replaces=bid_id)
            else:
                return
            self.bids.append(bid)
            hedge = second if self._random.random() < self.hedged else None
            stored = await submit(line, bid, seconds=self.seconds, hedge=hedge)
            await asyncio.sleep(self.pause)
            if stored and bid.receipt is not None and bid.replaces is None:
                own.append((bid.lot_id, bid.receipt["bid_id"]))
            if not stored and not self.forgiving:
                break
        await second.close()

    async def more(self, bids: int, seconds: float) -> bool:
        """Wait until so many more are acknowledged; False if they were not in that time."""
        goal, end = self.acknowledged + bids, time.monotonic() + seconds
        while self.acknowledged < goal:
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.02)
        return True

    async def expect(self, bids: int, seconds: float = 180) -> None:
        """Wait until so many more are acknowledged. Raises Failed, with what was answered, when that never happens."""
        if not await self.more(bids, seconds):
            raise Failed(f"{bids} bids were not acknowledged within {seconds:.0f} s: {statuses(self.bids)}")

    async def stop(self) -> None:
        """Let every supplier finish the bid in hand."""
        self._stop.set()
        await asyncio.gather(*self._clients)

    async def abandon(self) -> None:
        """Stop at once, as when the campaign itself fails."""
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def check(self, owner: asyncpg.Connection, *, opening: bool = True) -> Count:
        """Compare everything with the database; `opening`: open the first lot of each tender and compare contents."""
        count = await compare(owner, self.bids, self.lots)
        if opening:
            for tender in self.tenders:
                await pass_deadline(owner, tender.id)
                count.add(await compare_opened(self.market, self.bids, tender.lots[0]))
        return count


@contextlib.asynccontextmanager
async def market_on(url: str | Callable[[], str], operator_key: str, suppliers: int) -> AsyncIterator[Market]:
    """A filled market whose connections are dropped afterwards."""
    market = Market(url, operator_key)
    try:
        await market.fill(suppliers)
        yield market
    finally:
        await market.close()
