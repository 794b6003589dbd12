"""Of several PostgreSQL hosts the one that takes writes: found, watched, and left when it no longer answers.

asyncpg tries the hosts of an address one after another, but gives up altogether at the first that accepts a connection
and then says nothing, as a frozen machine does; and a statement that a frozen machine has taken waits for its time-out.
So each host has a time of its own here, and a connection beside the pool asks every other second whether the leader
still answers. If it does not, every connection to it is dropped: what was under way there is unknown to its caller, who
sends it again under its Idempotency-Key.
"""

import asyncio
import logging
from functools import cache
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from weakref import WeakSet

import asyncpg

HOST_SECONDS, ONLY_HOST_SECONDS = 5.0, 60.0
"""A host that has not let us in within this time is passed over; one that has not answered is left."""

WATCH_SECONDS = 2.0

GONE = (
    OSError,  # and so TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,  # a standby that does not have the database yet
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a host says, or leaves unsaid, that is not to be used now; another one may be."""

log = logging.getLogger(__name__)


def hosts_of(dsn: str) -> list[str]:
    """The address of each host of an address, in its order; an address without a choice is the only one."""
    parts = urlsplit(dsn)
    login, at, places = parts.netloc.rpartition("@")
    if "," in places:
        return [urlunsplit(parts._replace(netloc=f"{login}{at}{place}")) for place in places.split(",")]
    query = dict(parse_qsl(parts.query))
    hosts = query.get("host", "").split(",")
    ports = query.get("port", "").split(",")
    if len(hosts) == 1:
        return [dsn]
    ports = ports * len(hosts) if len(ports) == 1 else ports
    alone = [{**query, "host": host, "port": port} for host, port in zip(hosts, ports, strict=True)]
    texts = (urlencode({k: v for k, v in one.items() if v}, quote_via=quote) for one in alone)
    return [f"{dsn.partition('?')[0]}?{text}" for text in texts]


@cache
def leader_of(dsn: str) -> "Leader":
    """The one Leader of an address in this process: whoever watches for one pool watches for all connections."""
    return Leader(dsn)


class Leader:
    """The way to the host that takes writes, unless the address asks for another one (`target_session_attrs`).

    A pool makes its connections through `connect`.
    """

    def __init__(self, dsn: str) -> None:
        asked = "target_session_attrs=" in dsn
        self.hosts = [dsn] if asked else hosts_of(dsn)
        self._how: dict[str, Any] = {
            "timeout": HOST_SECONDS if len(self.hosts) > 1 else ONLY_HOST_SECONDS,
            "target_session_attrs": None if asked else "read-write",
        }
        self._watches: set[asyncio.Task[None]] = set()
        self._lines: dict[str, WeakSet[asyncpg.Connection]] = {host: WeakSet() for host in self.hosts}

    async def connect(self, *_dsn: str, **how: Any) -> asyncpg.Connection:
        """A connection to the first host that takes writes; raises what the last one said, or OSError, if none does.

        A host that cannot be used goes to the end of the line, so that the next caller need not wait for it too.
        """
        failure: Exception = asyncpg.InterfaceError("the address names no host")
        for host in tuple(self.hosts):
            try:
                conn = cast("asyncpg.Connection", await asyncpg.connect(host, **self._how, **how))
            except GONE as error:
                failure = error
                self._put_last(host)
                continue
            self._lines[host].add(conn)
            return conn
        if isinstance(failure, asyncpg.InternalClientError):  # asyncpg's for hosts that let in, but take no writes
            raise ConnectionError(str(failure)) from failure
        raise failure

    def watch(self, pool: asyncpg.Pool) -> None:
        """Until the pool closes, leave a leader that stops answering or taking writes; nothing to do for one host."""
        if len(self.hosts) > 1:
            watching = asyncio.create_task(self._keep_watch(pool))
            self._watches.add(watching)
            watching.add_done_callback(self._watches.discard)

    async def _keep_watch(self, pool: asyncpg.Pool) -> None:
        probes: dict[str, asyncpg.Connection] = {}
        try:
            while not pool.is_closing():
                for host, lines in self._lines.items():
                    used = [line for line in lines if not line.is_closed()]
                    if used and not await self._leads(host, probes):
                        self._leave(host, used)
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            for probe in probes.values():
                probe.terminate()

    async def _leads(self, host: str, probes: dict[str, asyncpg.Connection]) -> bool:
        """Whether the host answers in time that it takes writes; asked on a connection that is kept for it."""
        try:
            if host not in probes or probes[host].is_closed():
                probes[host] = await asyncpg.connect(host, statement_cache_size=0, **self._how)
            if not await probes[host].fetchval("SELECT pg_is_in_recovery()", timeout=HOST_SECONDS):
                return True
        except GONE:
            pass
        if probe := probes.pop(host, None):
            probe.terminate()
        return False

    def _leave(self, host: str, used: list[asyncpg.Connection]) -> None:
        log.warning("the database's leader does not answer: %d connections are dropped", len(used))
        for line in used:
            line.terminate()
        self._put_last(host)

    def _put_last(self, host: str) -> None:
        self.hosts.remove(host)
        self.hosts.append(host)
