"""A PostgreSQL of a campaign's own, and the service beside it: as shipped, under a wrong clock, or altered.

The database outlives the service here, so that one can be restarted, replaced and lied to while the other goes on.
"""

import asyncio
import contextlib
import secrets
import shutil
import sys
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from service import db
from service.local_postgres import LocalPostgres, erase
from service.organisations import make_key
from tests.soak.altered import alter_database
from tests.soak.clients import Line, Market
from tests.soak.harness import PROJECT, START_SECONDS, Failed, Program, Stand, until

TEMPLATE = "stage"


class Clock(NamedTuple):
    """The database's clock as the campaign's monotonic one sees it: what to add, and how wrong that may be."""

    offset: float
    error: float

    def at(self, monotonic: float) -> float:
        """The database's time at a reading of the monotonic clock, in seconds since 1970."""
        return monotonic + self.offset

    def until(self, instant: datetime) -> float:
        """The reading of the monotonic clock at the database's instant."""
        return instant.timestamp() - self.offset


async def measure_clock(conn: asyncpg.Connection, looks: int = 30) -> Clock:
    """Ask for the database's time repeatedly; the quickest round trip bounds the error."""
    best = Clock(0.0, float("inf"))
    for _ in range(looks):
        before = time.monotonic()
        told: datetime = await conn.fetchval("SELECT clock_timestamp()")
        after = time.monotonic()
        if after - before < 2 * best.error:
            best = Clock(told.timestamp() - (before + after) / 2, (after - before) / 2)
    return best


class Supplier(NamedTuple):
    """A supplier that may bid."""

    organisation_id: str
    key: str


class Play:
    """One database with the service on it, the buyer's people, and many suppliers."""

    def __init__(
        self, stands: tuple[Stand, Stand], dsn: str, owner: asyncpg.Connection, before: tuple[str, ...]
    ) -> None:
        self.stand, self.annex = stands
        self.dsn = dsn
        self.folder = self.stand.place
        self.owner = owner
        self.before = before
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.stand.serve.environment["TMPDIR"] = str(self.temporary)
        self.market: Market
        self.suppliers: list[Supplier] = []

    async def start(self) -> None:
        """Start the service and wait until it is ready."""
        await self._start(self.stand)

    async def start_annex(self) -> None:
        """Start a second service on the same database, which the first one's crowd does not hold up."""
        await self._start(self.annex)

    async def _start(self, stand: Stand) -> None:
        stand.serve.start(before=self.before)

        async def told() -> bool:
            return not stand.serve.runs or await stand.ready()

        await until(told, START_SECONDS, "readiness")
        if not stand.serve.runs:
            raise Failed(stand.serve.said())

    async def restart(self) -> None:
        """Stop the services and start the first one again; the database goes on."""
        await self.annex.serve.end()
        await self.stand.serve.end()
        await self.start()

    async def reconnect(self) -> None:
        """A new connection as the owner, once the server takes one again."""
        self.owner = await self.stand.connect()

    async def deadline_in(self, seconds: float) -> datetime:
        """The database's instant so far from now."""
        return await self.owner.fetchval("SELECT clock_timestamp()") + timedelta(seconds=seconds)

    def line(self, number: int) -> Line:
        """A new connection of one of the suppliers."""
        return Line(self.stand.url, self.suppliers[number].key)

    async def enrol(self, count: int) -> None:
        """More suppliers, written straight into the tables: a campaign needs thousands."""
        keys = [make_key() for _ in range(count)]
        rows = await self.owner.fetch(
            """
            WITH made AS (
                INSERT INTO organisations (kind, name) SELECT 'supplier', 'Supplier ' || n FROM generate_series(1, $1) n
                RETURNING id
            ), people AS (
                INSERT INTO people (organisation_id, name) SELECT id, 'Bids' FROM made RETURNING id, organisation_id
            ), numbered AS (
                SELECT id, organisation_id, row_number() OVER () AS n FROM people
            ), keys AS (
                INSERT INTO api_keys (id, person_id, label, secret_digest, scopes)
                SELECT ($2::text[])[n], id, 'campaign', ($3::bytea[])[n], '{read,write}' FROM numbered
            )
            SELECT organisation_id, n FROM numbered ORDER BY n
            """,
            count,
            [key.id for key in keys],
            [key.digest for key in keys],
        )
        self.suppliers += [
            Supplier(str(row["organisation_id"]), key.whole) for row, key in zip(rows, keys, strict=True)
        ]


class Stage:
    """The server, and a migrated database of which every play gets a copy. Enter in the main thread."""

    def __init__(self, place: Path) -> None:
        self.place = place.absolute()
        self.server = LocalPostgres(self.place / "server")
        self.secrets = self.place / "secrets"

    async def __aenter__(self) -> Self:
        self.place.mkdir(parents=True, exist_ok=True)
        self.server.__enter__()
        try:
            await self.administer(f"CREATE DATABASE {TEMPLATE}")
            self.secrets.touch(0o600)
            self.secrets.write_text("\n".join(secrets.token_hex(32) for _ in range(2)))
            await self._migrate()
        except BaseException:
            await self.__aexit__(None)
            raise
        return self

    async def _migrate(self) -> None:
        program = Program(
            self.place / "migrate.log",
            *("migrate", "--first-key", str(self.place / "key")),
            environment={"DATABASE_URL": self.dsn(TEMPLATE), "TENDERSCORE_SECRET_FILE": str(self.secrets)},
        )
        program.start()
        if program.process is None or await asyncio.to_thread(program.process.wait) != 0:
            raise Failed(program.said())

    async def __aexit__(self, *_: object) -> None:
        self.server.__exit__()
        erase(self.server.root)
        shutil.rmtree(self.place, ignore_errors=True)

    async def administer(self, statement: str) -> None:
        """One statement as the owner of the server."""
        conn = await db.connect(self.server.dsn)
        try:
            await conn.execute(statement)
        finally:
            await conn.close()

    def dsn(self, name: str) -> str:
        """The address of one of the server's databases, for the owner."""
        return urlunsplit(urlsplit(self.server.dsn)._replace(path=f"/{name}"))

    @contextlib.asynccontextmanager
    async def play(
        self,
        *,
        mistake: str = "",
        before: tuple[str, ...] = (),
        suppliers: int = 0,
        **settings: str,
    ) -> AsyncIterator[Play]:
        """The service on a database of its own, with one of `altered.MISTAKES`, or under a command such as faketime."""
        name = f"play_{uuid4().hex}"
        await self.administer(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        given = {"secret_file": str(self.secrets)} | settings
        stand = Stand(self.place / name, database_url=self.dsn(name), **given)
        annex = Stand(self.place / name / "annex", database_url=self.dsn(name), **given)
        altered = (sys.executable, "-m", "tests.soak.altered", mistake) if mistake else ()
        play = Play((stand, annex), self.dsn(name), await db.connect(self.dsn(name)), (*before, *altered))
        try:
            if mistake:
                await alter_database(play.owner, mistake)
            await play.start()
            play.market = Market(stand.url, (self.place / "key").read_text().strip())
            await play.market.fill(0)
            await play.enrol(suppliers)
            yield play
            await play.market.close()
        finally:
            await play.annex.end(keep=True)
            await stand.end(keep=True)
            await play.owner.close()
            await self.administer(f"DROP DATABASE {name} WITH (FORCE)")


def under(name: str) -> Stage:
    """A stage in a new folder under .soak/."""
    return Stage(PROJECT / ".soak" / f"{name}-{uuid4().hex[:8]}")
