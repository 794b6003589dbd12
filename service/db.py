"""PostgreSQL: the pool, transactions, named queries, row to struct, migrations.

Named queries (aiosql 15, read in its source and tried):

- `-- name: list_bids(lot_id)` starts a query. The parameter list is obligatory, `()` when there is none, and must name
  exactly the `:parameters` of the text: a missing or an unused one fails when the file is loaded. At the call a
  missing argument is a KeyError, but a *surplus* one is silently ignored.
- Suffix: `^` one row or None; `$` first column of the first row; `!` no rows (returns `UPDATE 1`); nothing: an async
  generator of rows, for `many`. Avoid `<!`: it returns the bare value when one column is returned and the row when
  there are more; `^` serves for `INSERT … RETURNING` as well.
- `:name` is replaced outside '…' and "…" only, and `::type` is left alone. Whole-line `--` comments and /* */ are cut
  out first; a comment *behind* code stays, and there `:word` counts as a parameter and an apostrophe opens a string:
  keep comments on their own lines. Dollar-quoted text is not understood. `a[1:2]` becomes a parameter: write `[1 : 2]`.
- A parameter that only appears as `:name::type` may hide its type: asyncpg sends what PostgreSQL infers, so
  `:limit::int` is an int4.
"""

import contextlib
import hashlib
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast
from uuid import UUID

import aiosql
import asyncpg
import msgspec
from aiosql.adapters.asyncpg import AsyncPGAdapter
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy
from prometheus_client import Histogram

from service.leader import leader_of
from service.local_postgres import is_throwaway
from service.problems import NotFound, Refusal

log = logging.getLogger(__name__)
T = TypeVar("T")

Connection: TypeAlias = PoolConnectionProxy
"""A connection as the pool lends it; one of one's own has the same methods."""

APP_ROLE = "tenderscore_app"
"""The role that serves requests: neither owner nor superuser, no UPDATE or DELETE on events."""

PATIENCE = 5.0
"""Seconds that a request waits for a connection."""

STATEMENT_SECONDS = 60.0
"""No statement of ours takes one."""

_SESSION = {
    "role": APP_ROLE,
    "application_name": "tenderscore",
    # A process that has stopped in the middle of a transaction holds no tender locked for longer. An opening is idle
    # while it decrypts, a run of the engine while it computes.
    "idle_in_transaction_session_timeout": "60s",
}

_Lent: TypeAlias = contextlib.AbstractAsyncContextManager[Connection]

QUERY_LOGGERS: list[Callable[[Any], None]] = []
"""What is told of each statement on the connections that are made from now on (asyncpg's LoggedQuery)."""

WHOLE_FROM = 10_000
"""Rows."""
_LAST_LIMIT = re.compile(r"\bLIMIT (\d+)[\s;]*\Z")
QUERIES = Path(__file__).parent / "sql"
MIGRATIONS = Path(__file__).parent.parent / "migrations"
MIGRATION_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
MIGRATE = "tenderscore migrate"
EXPANDING_SINCE = 33
"""From this migration on each either expands, so that programs that do not know it go on working beside those that do,
or says in its first line from which migration on programs know how to live with it: `-- contract: 0038`."""
CONTRACT = re.compile(r"-- contract: (\d{4})\b")
BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), milliseconds integer NOT NULL
);
ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS needs integer;
GRANT SELECT ON schema_migrations TO PUBLIC;
"""
ASYNCHRONOUS = (
    "if one takes over, acknowledged bids may be lost; to mend it: ALTER SYSTEM SET synchronous_standby_names = '*'; "
    "SELECT pg_reload_conf(); or synchronous_mode: true in Patroni"
)
MIGRATION_LOCK = int.from_bytes(hashlib.sha256(b"tenderscore.migrate").digest()[:8], "big", signed=True)


class DatabaseError(Exception):
    """The database cannot be used as it stands; the text says why, `mend` is the command or the SQL that helps."""

    def __init__(self, why: str, *, mend: str) -> None:
        super().__init__(why)
        self.mend = mend


class MigrationError(DatabaseError):
    """The database's tables and this program do not fit together."""


class ListTooLong(Refusal):
    """The list is longer than this service gives as a whole.

    Nothing is left out unsaid, so nothing of it is given or decided by. Tell the operator: the log names the statement.
    """


class Whole(AsyncPGAdapter):
    """Runs named queries, and gives no list that its LIMIT has cut: below WHOLE_FROM alone a LIMIT cuts on purpose."""

    async def select(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> AsyncGenerator[Any]:
        """The rows; raises ListTooLong where there are as many as the statement's last LIMIT."""
        found = cast("AsyncIterable[Any]", super().select(conn, query_name, sql, parameters, record_class))
        rows = [row async for row in found]
        if len(rows) >= WHOLE_FROM and (limit := _LAST_LIMIT.search(sql)) and len(rows) >= int(limit[1]):
            log.error("list too long: %s has reached its LIMIT of %d rows", query_name, len(rows))
            raise ListTooLong(f"It has {len(rows)} entries, or more.")
        for row in rows:
            yield row


@cache
def queries(noun: str) -> Any:
    """The queries of service/sql/<noun>.sql, one async function per name, called with a connection or the pool."""
    return aiosql.from_path(QUERIES / f"{noun}.sql", cast("Any", Whole), attribute=None)


def statement_names() -> dict[str, str]:
    """The name of each named query by the text that is sent: intake.store_bids."""
    nouns = {path.stem: queries(path.stem) for path in QUERIES.glob("*.sql")}
    return {
        getattr(found, name).sql: f"{noun}.{name.removesuffix('_cursor')}"
        for noun, found in nouns.items()
        for name in found.available_queries
    }


async def one(row: Awaitable[Any], kind: type[T]) -> T:
    """The row as a struct. No row is a NotFound: a foreign object and a missing one look alike."""
    found = await row
    if found is None:
        raise NotFound
    return msgspec.convert(found, kind)


async def maybe(row: Awaitable[Any], kind: type[T]) -> T | None:
    """The row as a struct, or None."""
    found = await row
    return None if found is None else msgspec.convert(found, kind)


async def many(rows: AsyncIterable[Any], kind: type[T]) -> list[T]:
    """All rows as structs, in the query's order."""
    return [msgspec.convert(row, kind) async for row in rows]


POOL_WAIT = Histogram(
    "tenderscore_pool_wait_seconds",
    "How long one waited for a connection of the process's pools.",
    buckets=(0.001, 0.01, 0.1, 0.5, 1, 2.5, PATIENCE),
)


class _Timed(PoolAcquireContext):
    """A connection that is waited for, and the wait told."""

    __slots__ = ()

    async def __aenter__(self) -> Connection:
        began = time.perf_counter()
        try:
            return cast("Connection", await super().__aenter__())
        finally:
            POOL_WAIT.observe(time.perf_counter() - began)


class PatientPool(asyncpg.Pool):
    """A pool of which nobody waits longer for a connection than PATIENCE, whatever way a query takes to it."""

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext:
        """A connection; raises TimeoutError where none is free in time."""
        return _Timed(self, PATIENCE if timeout is None else timeout)


@contextlib.asynccontextmanager
async def transaction(pool: asyncpg.Pool, *, one_instant: bool = False) -> AsyncGenerator[Connection]:
    """A connection inside a transaction: committed at the end of the block, rolled back by an exception.

    one_instant: all of it sees the database as it was when it first asked, and changes nothing.

    Raises TimeoutError where no connection is free for five seconds: to be told so is better than to hang.
    """
    async with cast("_Lent", pool.acquire()) as conn:
        isolation = "repeatable_read" if one_instant else None
        async with conn.transaction(isolation=isolation, readonly=one_instant):
            yield conn


@contextlib.asynccontextmanager
async def transaction_of(pool: asyncpg.Pool, tenant: UUID, *, one_instant: bool = False) -> AsyncGenerator[Connection]:
    """The same for a request of an organisation, which is shown no rows of others (migrations/*_walls.sql)."""
    async with transaction(pool, one_instant=one_instant) as conn:
        await conn.fetchval("SELECT set_config('tenderscore.tenant', $1, TRUE)", str(tenant))
        yield conn


async def read_for_everybody(conn: Connection) -> None:
    """From here on the transaction names no tenant: for queries alone that tell nothing but what is public."""
    await conn.fetchval("SELECT set_config('tenderscore.tenant', '', TRUE)")


async def connect(dsn: str) -> Connection:
    """A connection of one's own, with the rights of the address's login; to be closed."""
    return cast("Connection", await leader_of(dsn).connect(statement_cache_size=0))


async def open_pool(dsn: str, *, pooler: str = "", connections: int = 10) -> asyncpg.Pool:
    """A pool whose connections act as APP_ROLE; refuses a server that could lose what it acknowledged.

    pooler: "transaction" for PgBouncer in transaction mode. It shares connections between clients, so nothing may be
    prepared or set on one: the login itself must then have APP_ROLE's rights and no more.
    A role is changed inside a transaction by SET LOCAL ROLE only; a plain SET ROLE would stay on the connection.
    """
    leader = leader_of(dsn)
    try:
        pool = await PatientPool(
            dsn,
            min_size=min(2, connections),
            max_size=connections,
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            init=_prepare_connection,
            connect=leader.connect,
            **_as_service(pooler),
        )
    except asyncpg.InvalidParameterValueError as error:
        raise MigrationError(f"The database does not know the role {APP_ROLE}: {error}", mend=MIGRATE) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise DatabaseError(
            f"The login may not act as {APP_ROLE}: {error}", mend=f"GRANT {APP_ROLE} TO <the login of DATABASE_URL>;"
        ) from error
    try:
        async with cast("_Lent", pool.acquire()) as conn:
            await check_durability(conn)
    except BaseException:
        await pool.close()
        raise
    leader.watch(pool)
    return pool


async def open_connection(
    dsn: str, *, pooler: str = "", statement_seconds: float | None = STATEMENT_SECONDS
) -> Connection:
    """One connection like those of `open_pool`, kept by whoever asked for it; to be closed.

    statement_seconds: after so long a statement is cancelled; None where its owner must not cancel it.
    """
    ways = _as_service(pooler) | {"command_timeout": statement_seconds}
    conn = cast("Connection", await leader_of(dsn).connect(**ways))
    await _prepare_connection(conn)
    return conn


def _as_service(pooler: str) -> dict[str, Any]:
    direct = pooler != "transaction"
    return {
        "command_timeout": STATEMENT_SECONDS,
        "statement_cache_size": 100 if direct else 0,
        "server_settings": _SESSION if direct else None,
    }


async def _prepare_connection(conn: Connection) -> None:
    """Jsonb to and from plain values; msgspec.Raw passes bytes that are JSON already."""
    for logger in QUERY_LOGGERS:
        conn.add_query_logger(logger)
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
    )


# Numbers inside jsonb, should one ever be stored, must not turn into floats on the way out.
_JSON = msgspec.json.Decoder(float_hook=Decimal)


def _encode_jsonb(value: Any) -> bytes:
    return b"\x01" + msgspec.json.encode(value)  # 1 is the version of the binary format


def _decode_jsonb(data: bytes) -> Any:
    return _JSON.decode(data[1:])


async def check_durability(conn: Connection) -> None:
    """Refuse a server that may lose a committed bid, and a role that may rewrite the audit log.

    Only the throw-away server that this process started for tests may run without fsync; no setting or address can
    say so. A standby for which commits do not wait is warned about: it may be meant for reading only.
    """
    state = await conn.fetchrow(
        """
        SELECT current_setting('fsync') AS fsync,
               current_setting('full_page_writes') AS full_page_writes,
               current_setting('synchronous_commit') AS synchronous_commit,
               current_user AS role,
               (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
               (SELECT system_identifier FROM pg_control_system()) AS server,
               (SELECT count(*) FROM pg_stat_replication
                WHERE state IS DISTINCT FROM 'backup'
                      AND application_name IS DISTINCT FROM 'pg_receivewal') AS standbys,
               current_setting('synchronous_standby_names') <> '' AS waits_for_standby,
               coalesce(has_any_column_privilege(to_regclass('events'), 'UPDATE')
                        OR has_table_privilege(to_regclass('events'), 'DELETE, TRUNCATE'), false) AS rewrites_events
        """
    )
    role = state["role"]
    if state["fsync"] != "on" and not is_throwaway(state["server"]):
        raise DatabaseError("With fsync=off a power cut loses acknowledged bids.", mend=_set_on("fsync"))
    if state["full_page_writes"] != "on":
        raise DatabaseError(
            "With full_page_writes=off a power cut may destroy stored bids.", mend=_set_on("full_page_writes")
        )
    if state["synchronous_commit"] not in ("on", "remote_apply"):
        raise DatabaseError(
            f"With synchronous_commit={state['synchronous_commit']} a crash may lose acknowledged bids.",
            mend=_set_on("synchronous_commit"),
        )
    if state["superuser"]:
        raise DatabaseError(
            f"The role {role} is a superuser, and the service must be unable to rewrite the audit log.",
            mend=f"ALTER ROLE {role} NOSUPERUSER;",
        )
    if state["rewrites_events"]:
        raise DatabaseError(
            f"The role {role} may change or delete events, and the service must be unable to.",
            mend=f"REVOKE UPDATE, DELETE, TRUNCATE ON events FROM {role};",
        )
    if state["standbys"] and not state["waits_for_standby"]:
        log.warning("%d standbys follow asynchronously: %s", state["standbys"], ASYNCHRONOUS)


def _set_on(setting: str) -> str:
    return f"ALTER SYSTEM SET {setting} = on; SELECT pg_reload_conf();"


class Migration(msgspec.Struct, frozen=True):
    """One file of migrations/: its number, its name, its text, the SHA-256 of its text."""

    number: int
    name: str
    sql: str
    sha256: str

    @property
    def needs(self) -> int:
        """The migration that a program must know to run beside this one; nought where any may."""
        contract = CONTRACT.match(self.sql)
        if contract is not None:
            return int(contract[1])
        return self.number if self.number < EXPANDING_SINCE else 0


class Applied(NamedTuple):
    """What a database keeps of a migration; nobody knows what one needs that older programs have applied."""

    sha256: str
    needs: int | None


def load_migrations(folder: Path) -> list[Migration]:
    """The files of the folder in order. A double number, a strange name or no first one is a MigrationError.

    Numbers may be left out: they are given to those who work side by side before anybody is done.
    """
    found: list[Migration] = []
    for file in sorted(folder.glob("*.sql")):
        matched = MIGRATION_NAME.match(file.name)
        if matched is None:
            raise MigrationError(f"{file.name} is not named NNNN_what.sql.", mend="git mv")
        sql = file.read_text(encoding="utf-8").replace("\r\n", "\n")
        found.append(Migration(int(matched[1]), file.name, sql, hashlib.sha256(sql.encode()).hexdigest()))
    numbers = [migration.number for migration in found]
    if numbers and (numbers[0] != 1 or len(numbers) != len(set(numbers))):
        raise MigrationError(f"Migrations must be numbered from 0001 without doubles, not {numbers}.", mend="git mv")
    return found


async def migrate(dsn: str, *, check_only: bool = False, folder: Path = MIGRATIONS) -> list[str]:
    """Apply the files that the database lacks, each in a transaction of its own; returns their names.

    Any number of processes may do so at once: each file is applied once, and all return when all files are there.
    check_only: apply nothing, and raise if something is missing. Raises MigrationError as well for a file that was
    edited after it was applied and for a database that newer code has migrated beyond what this program can live with.
    """
    files = load_migrations(folder)
    conn = await connect(dsn)
    try:
        if check_only:
            if missing := missing_migrations(files, await _applied(conn)):
                names = ", ".join(file.name for file in missing)
                raise MigrationError(f"The database lacks {names}.", mend=MIGRATE)
            return []
        done: list[str] = []
        while (name := await _apply_next(conn, files)) is not None:
            done.append(name)
        return done
    finally:
        await conn.close()


def missing_migrations(files: list[Migration], applied: dict[int, Applied]) -> list[Migration]:
    """The files that were not applied, or MigrationError if those that were do not fit.

    applied: what is kept of each migration in the database, by its number. Those that this program does not know come
    from a newer one that runs beside it, or did: it goes on where they only add what it does not look at.
    """
    known = {file.number for file in files}
    needed = max(
        (number if row.needs is None else row.needs for number, row in applied.items() if number not in known),
        default=0,
    )
    if needed > max(known, default=0):
        raise MigrationError(
            f"The database is at migration {max(applied)} and needs programs that know {needed}; "
            f"this one knows {max(known, default=0)}: it is too old.",
            mend="git pull",
        )
    for file in files:
        if file.number in applied and applied[file.number].sha256 != file.sha256:
            raise MigrationError(
                f"{file.name} was edited after it was applied; a change needs a migration of its own.",
                mend=f"git checkout -- migrations/{file.name}",
            )
    return [file for file in files if file.number not in applied]


async def _applied(conn: Connection) -> dict[int, Applied]:
    if await conn.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return {}
    # By way of jsonb, because databases that older programs have migrated last do not have the column.
    rows = await conn.fetch(
        "SELECT number, sha256, (to_jsonb(row) ->> 'needs')::int AS needs FROM schema_migrations AS row ORDER BY number"
    )
    return {row["number"]: Applied(row["sha256"], row["needs"]) for row in rows}


async def _apply_next(conn: Connection, files: list[Migration]) -> str | None:
    """Apply the first file that is missing; None when there is none.

    The lock belongs to the transaction: it works behind a pooler and no crash can leak it. It is taken again for each
    file, so that what others applied meanwhile is seen. The bookkeeping table is made under it too, because
    CREATE TABLE IF NOT EXISTS is itself a race.
    """
    async with conn.transaction(isolation="read_committed"):
        await conn.execute("SET LOCAL lock_timeout = '10min'")
        await conn.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        missing = missing_migrations(files, await _applied(conn))
        if not missing:
            return None
        await conn.execute(BOOKKEEPING)
        await _apply(conn, missing[0])
        return missing[0].name


async def _apply(conn: Connection, file: Migration) -> None:
    started = time.monotonic()
    try:
        # A migration that waits for a table's lock makes everybody behind it wait: rather fail and be repeated.
        await conn.execute("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '5min'")
        await conn.execute(file.sql)
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{file.name} failed: {error}", mend=MIGRATE) from error
    if not conn.is_in_transaction():
        raise MigrationError(f"{file.name} ends its own transaction.", mend=f"grep -in commit migrations/{file.name}")
    await conn.execute(
        "INSERT INTO schema_migrations (number, name, sha256, milliseconds, needs) VALUES ($1, $2, $3, $4, $5)",
        file.number,
        file.name,
        file.sha256,
        round((time.monotonic() - started) * 1000),
        file.needs,
    )
