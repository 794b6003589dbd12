"""How many requests a key may send in a minute, over all processes: leased from the database some at a time.

A process asks for a twentieth of the quota when it has none left, and counts that down by itself: the sum can never be
more than the quota, and few requests ask. Minutes are the database's. Whoever is over it is told when the next begins.

Bids and documents are never counted, so nobody's first bid meets a limit, in the last hour or before: what keeps them
in bounds are bytes and places in the queue (`intake`). Nor is what comes by a door before the framework.
"""

import asyncio
import math
from typing import Any, cast

import asyncpg
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service import db
from service.organisations import Caller
from service.problems import Refusal

SQL = db.queries("quotas")

FREE = frozenset(
    {"submit_bid", "replace_bid", "upload_document", "get_sealing", "get_receipt", "get_evaluation", "list_tenders"}
)
"""Operations that are not counted: a bid's way in, and what a door answers before the framework."""

LEASES = 20
"""Into how many leases a minute's quota is parted."""
MOST_KEYS = 10_000
_POLICY = '"requests";q={most};w=60'


class QuotaExceeded(Refusal):
    """This key has sent as many requests as it may in this minute.

    Wait for as many seconds as `Retry-After` says. Bids and documents are not counted and are taken all the same.
    """

    status = 429


class _Lease:
    """What is left of a key's minute: here, and for all that is known in the whole of the service."""

    __slots__ = ("elsewhere", "here", "until")

    def __init__(self, here: int, elsewhere: int, until: float) -> None:
        self.here = here
        self.elsewhere = elsewhere
        self.until = until

    def is_used_up(self, now: float) -> bool:
        """Whether more has to be asked for: the minute is over, or this process has none left and others may."""
        return now >= self.until or (self.here < 1 and self.elsewhere > 0)


class Quotas:
    """The leases of one process; `most` is how many requests a key may send in a minute, 0 for any number."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._chunk = max(1, most // LEASES)
        self._leases: dict[str, _Lease] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def take(self, pool: asyncpg.Pool, key_id: str) -> dict[str, str]:
        """Count a request; the headers that tell what is left. Raises QuotaExceeded."""
        now = asyncio.get_running_loop().time()
        while (lease := self._leases.get(key_id)) is None or lease.is_used_up(now):
            if key_id not in self._asking:
                self._asking[key_id] = asyncio.create_task(self._ask(pool, key_id))
            await asyncio.shield(self._asking[key_id])
        left = max(0, math.ceil(lease.until - now))
        policy = _POLICY.format(most=self.most)
        if lease.here < 1:
            headers = {
                "RateLimit-Policy": policy,
                "RateLimit": f'"requests";r=0;t={left}',
                "Retry-After": str(left or 1),
            }
            raise QuotaExceeded(
                f"It may send {self.most} a minute; the next begins in {left} seconds.", headers=headers
            )
        lease.here -= 1
        return {"RateLimit-Policy": policy, "RateLimit": f'"requests";r={lease.here + lease.elsewhere};t={left}'}

    async def _ask(self, pool: asyncpg.Pool, key_id: str) -> None:
        """Lease some more; all requests of the key that wait for it share it.

        Once it has ended nobody can find it: who waited for what has ended would wait for it again, and never yield.
        """
        try:
            row = await SQL.lease_requests(pool, key_id=key_id, wanted=self._chunk, most=self.most)
        finally:
            del self._asking[key_id]
        self._leases.pop(key_id, None)
        while len(self._leases) >= MOST_KEYS:
            del self._leases[next(iter(self._leases))]
        until = asyncio.get_running_loop().time() + row["seconds_left"]
        self._leases[key_id] = _Lease(row["granted"], self.most - row["leased"], until)


class Counted:
    """Middleware behind the authentication that counts requests of known callers and tells what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through while its key has some left."""
        caller = cast("object", scope.get("user"))
        state = scope["litestar_app"].state
        quotas: Quotas = state.quotas
        handler = cast("Any", scope["route_handler"])
        if scope["type"] != "http" or not quotas.most or not isinstance(caller, Caller) or handler.handler_name in FREE:
            await self.app(scope, receive, send)
            return
        told = await quotas.take(state.pool, caller.key_id)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in told.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, tell)
