import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import aiosql
import asyncpg
import msgspec
import pytest

from service import db, organisations
from service.problems import NotFound
from service.rounds import Rounds
from tests.conftest import administer, with_database


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    points: Decimal


ROWS = aiosql.from_str(
    """
    -- name: find_row(name)^
    -- One row; a whole-line comment's :words and apostrophes' are not parameters.
    SELECT row.name, row.points FROM (VALUES ('alder', 62.10::numeric), ('birch', 7)) AS row (name, points)
    WHERE row.name = :name AND ':not_a_parameter' <> row.name;

    -- name: list_rows(least)
    SELECT row.name, row.points FROM (VALUES ('alder', 62.10::numeric), ('birch', 7)) AS row (name, points)
    WHERE row.points >= :least::numeric ORDER BY row.points;
    """,
    "asyncpg",
)


@pytest.fixture
async def empty(postgres: str) -> AsyncIterator[str]:
    """The address of a database without any table."""
    name = f"test_{uuid4().hex}"
    await administer(postgres, f"CREATE DATABASE {name}")
    yield with_database(postgres, name)
    await administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Migrations made of texts: folder("CREATE …", "ALTER …") are 0001_step.sql and 0002_step.sql."""

    def make(*texts: str) -> Path:
        for number, text in enumerate(texts, start=1):
            (tmp_path / f"{number:04}_step.sql").write_text(text)
        return tmp_path

    return make


async def fetch(dsn: str, statement: str) -> object:
    conn = await db.connect(dsn)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


# Rows


async def test_a_row_becomes_the_struct_with_its_decimals_exact(pool: asyncpg.Pool):
    assert await db.one(ROWS.find_row(pool, name="alder"), Row) == Row("alder", Decimal("62.10"))
    assert str((await db.one(ROWS.find_row(pool, name="alder"), Row)).points) == "62.10"


async def test_a_missing_row_is_not_found(pool: asyncpg.Pool):
    """A foreign object and a missing one look alike."""
    with pytest.raises(NotFound):
        await db.one(ROWS.find_row(pool, name="cedar"), Row)
    assert await db.maybe(ROWS.find_row(pool, name="cedar"), Row) is None


async def test_a_list_keeps_the_order_of_its_query(pool: asyncpg.Pool):
    rows = await db.many(ROWS.list_rows(pool, least=Decimal(0)), Row)
    assert [row.name for row in rows] == ["birch", "alder"]
    assert await db.many(ROWS.list_rows(pool, least=Decimal(100)), Row) == []


@pytest.mark.parametrize(("limit", "number"), [(10_000, 9_999), (10_000, None), (9_999, 9_999), (20_000, 10_000)])
async def test_a_long_list_is_given_whole_or_not_at_all(pool: asyncpg.Pool, limit: int, number: int | None):
    """Never cut unsaid, as an opening's once was; a small LIMIT cuts on purpose."""
    rows = "-- name: list_numbers(most)\nSELECT n FROM generate_series(1, :most::int) AS n ORDER BY n LIMIT {};"
    numbers = aiosql.from_str(rows.format(limit), db.Whole)
    asked = [row["n"] async for row in numbers.list_numbers(pool, most=number)] if number else None
    assert asked is None or len(asked) == number
    if number is None:
        with pytest.raises(db.ListTooLong):
            await anext(numbers.list_numbers(pool, most=limit))


def test_a_query_must_declare_exactly_the_parameters_it_uses():
    for declared in ("", "()", "(lot_id, other)"):
        with pytest.raises(aiosql.SQLParseException):
            aiosql.from_str(
                f"-- name: count_bids{declared}$\nSELECT count(*) FROM bids WHERE lot_id = :lot_id", "asyncpg"
            )


@pytest.mark.parametrize("value", [{"points": "62.10", "note": "Zoë's “bid”"}, [1, None, True], "text", 10**30])
async def test_json_comes_back_from_the_database_as_it_went_in(pool: asyncpg.Pool, value: object):
    assert await pool.fetchval("SELECT $1::jsonb", value) == value
    assert await pool.fetchval("SELECT $1::jsonb", msgspec.Raw(msgspec.json.encode(value))) == value


async def test_no_number_turns_into_a_float_on_its_way_out_of_json(pool: asyncpg.Pool):
    assert await pool.fetchval("SELECT '{\"points\": 0.1}'::jsonb") == {"points": Decimal("0.1")}


# Transactions and the pool


async def test_a_transaction_keeps_all_or_nothing(dsn: str, pool: asyncpg.Pool):
    await administer(dsn, "CREATE TABLE notes (id integer); GRANT ALL ON notes TO tenderscore_app")
    async with db.transaction(pool) as conn:
        await conn.execute("INSERT INTO notes VALUES (1)")

    async def fail_halfway() -> None:
        async with db.transaction(pool) as conn:
            await conn.execute("INSERT INTO notes VALUES (2)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()
    assert await pool.fetchval("SELECT array_agg(id) FROM notes") == [1]


async def test_requests_run_as_a_role_that_owns_nothing(pool: asyncpg.Pool):
    assert await pool.fetchval("SELECT current_user") == "tenderscore_app"
    assert not await pool.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    assert await pool.fetchval("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == 0


@pytest.mark.parametrize("statement", ["UPDATE events SET kind = kind", "DELETE FROM events", "TRUNCATE events"])
async def test_the_service_cannot_rewrite_the_audit_log(pool: asyncpg.Pool, statement: str):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


async def test_a_role_that_may_rewrite_the_audit_log_is_refused(dsn: str):
    """One careless GRANT by an administrator, and the service says so at its start."""
    await administer(dsn, "GRANT UPDATE (kind) ON events TO tenderscore_app")
    with pytest.raises(db.DatabaseError, match="events") as refused:
        await db.open_pool(dsn)
    assert refused.value.mend == "REVOKE UPDATE, DELETE, TRUNCATE ON events FROM tenderscore_app;"
    await administer(dsn, refused.value.mend)
    await (await db.open_pool(dsn)).close()


async def test_a_database_that_forgets_what_it_acknowledged_is_refused(dsn: str):
    database = urlsplit(dsn).path.removeprefix("/")
    await administer(dsn, f"ALTER DATABASE {database} SET synchronous_commit = off")
    with pytest.raises(db.DatabaseError, match="synchronous_commit=off"):
        await db.open_pool(dsn)


async def test_a_superuser_is_refused_behind_a_pooler(dsn: str):
    """Behind a pooler no role can be taken on; the login's own rights are those of the service."""
    with pytest.raises(db.DatabaseError, match="superuser"):
        await db.open_pool(dsn, pooler="transaction")


async def test_behind_a_pooler_the_login_itself_has_the_service_s_rights(dsn: str):
    login = f"login_{uuid4().hex}"
    await administer(dsn, f"CREATE ROLE {login} LOGIN PASSWORD 'secret' IN ROLE tenderscore_app")
    parts = urlsplit(dsn)
    own = urlunsplit(parts._replace(netloc=f"{login}:secret@{parts.netloc.rpartition('@')[2]}"))
    try:
        async with await db.open_pool(own, pooler="transaction") as pool:
            assert await pool.fetchval("SELECT session_user") == login
            async with pool.acquire() as conn:
                assert await conn.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0
    finally:
        await administer(dsn, f"DROP ROLE {login}")


async def test_of_several_hosts_the_one_that_answers_is_used(dsn: str):
    """A cluster's address names all its machines."""
    parts = urlsplit(dsn)
    if sockets := parse_qs(parts.query).get("host"):
        several = urlunsplit(parts._replace(query=urlencode({"host": f"/nowhere,{sockets[0]}"}, quote_via=quote)))
    else:
        login, _, host = parts.netloc.rpartition("@")
        several = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:9,{host}"))
    async with await db.open_pool(several) as pool:
        assert await pool.fetchval("SELECT 1") == 1


async def test_a_database_that_was_never_migrated_is_named_as_such(empty: str):
    with pytest.raises(db.MigrationError, match="0001_organisations") as refused:
        await db.migrate(empty, check_only=True)
    assert refused.value.mend == "tenderscore migrate"


# Migrations


async def test_eight_replicas_may_start_at_once(empty: str, folder: Callable[..., Path]):
    """Each file is applied once, and every replica finds all of them applied when it goes on."""
    steps = folder(
        "CREATE TABLE steps (id integer); SELECT pg_sleep(0.1);",
        "DO $$ BEGIN INSERT INTO steps VALUES (1); END $$;",
        "INSERT INTO steps VALUES (2);",
    )

    async def replica() -> list[str]:
        done = await db.migrate(empty, folder=steps)
        assert await fetch(empty, "SELECT array_agg(id ORDER BY id) FROM steps") == [1, 2]
        return done

    done = await asyncio.gather(*(replica() for _ in range(8)))
    assert sorted(name for names in done for name in names) == ["0001_step.sql", "0002_step.sql", "0003_step.sql"]
    assert await fetch(empty, "SELECT array_agg(number ORDER BY number) FROM schema_migrations") == [1, 2, 3]


async def test_a_file_edited_after_it_was_applied_is_refused(empty: str, folder: Callable[..., Path]):
    """The database would differ from what the files say."""
    await db.migrate(empty, folder=folder("CREATE TABLE steps (id integer);"))
    edited = folder("CREATE TABLE steps (id bigint);", "CREATE TABLE more (id integer);")
    with pytest.raises(db.MigrationError, match=r"0001_step.sql was edited"):
        await db.migrate(empty, folder=edited)
    assert await fetch(empty, "SELECT to_regclass('more')") is None


async def test_line_ends_of_another_system_are_no_edit(empty: str, folder: Callable[..., Path]):
    await db.migrate(empty, folder=folder("CREATE TABLE steps\n(id integer);\n"))
    assert await db.migrate(empty, folder=folder("CREATE TABLE steps\r\n(id integer);\r\n")) == []


async def test_a_database_of_newer_code_is_refused(empty: str, folder: Callable[..., Path], tmp_path: Path):
    both = folder("CREATE TABLE steps (id integer);", "CREATE TABLE more (id integer);")
    await db.migrate(empty, folder=both)
    (tmp_path / "0002_step.sql").unlink()
    with pytest.raises(db.MigrationError, match=r"at migration 2 and needs programs that know 2; this one knows 1"):
        await db.migrate(empty, folder=both)


EXPANDING = "CREATE TABLE more (id integer);"
CONTRACTING = "-- contract: 0033\nDROP TABLE steps;"


async def test_a_program_goes_on_beside_a_newer_one_whose_migrations_only_add(empty: str, tmp_path: Path):
    """Two versions serve side by side while one takes the other's place; what takes something away comes later."""
    old, new, last = (tmp_path / name for name in ("old", "new", "last"))
    texts = {
        "0001_step.sql": "CREATE TABLE steps (id integer);",
        "0033_add.sql": EXPANDING,
        "0035_drop.sql": CONTRACTING,
    }
    for folder, names in ((old, 1), (new, 2), (last, 3)):
        folder.mkdir()
        for name in list(texts)[:names]:
            (folder / name).write_text(texts[name])
    assert await db.migrate(empty, folder=old) == ["0001_step.sql"]
    assert await db.migrate(empty, folder=new) == ["0033_add.sql"]
    assert await db.migrate(empty, folder=old, check_only=True) == []
    assert await db.migrate(empty, folder=last) == ["0035_drop.sql"]
    assert await db.migrate(empty, folder=new, check_only=True) == []
    with pytest.raises(db.MigrationError, match=r"at migration 35 and needs programs that know 33; this one knows 1"):
        await db.migrate(empty, folder=old, check_only=True)


async def test_a_database_that_an_older_program_has_migrated_is_taken_on(empty: str, tmp_path: Path):
    """Its bookkeeping does not say what a migration needs: whoever does not know it is too old."""
    (tmp_path / "0001_step.sql").write_text("CREATE TABLE steps (id integer);")
    await db.migrate(empty, folder=tmp_path)
    await administer(
        empty,
        "ALTER TABLE schema_migrations DROP COLUMN needs; "
        "INSERT INTO schema_migrations (number, name, sha256, milliseconds) VALUES (40, '0040_step.sql', '', 1)",
    )
    with pytest.raises(db.MigrationError, match="too old"):
        await db.migrate(empty, folder=tmp_path, check_only=True)
    (tmp_path / "0040_step.sql").write_text("")
    await administer(
        empty, f"UPDATE schema_migrations SET sha256 = '{hashlib.sha256(b'').hexdigest()}' WHERE number = 40"
    )
    (tmp_path / "0041_more.sql").write_text(EXPANDING)
    assert await db.migrate(empty, folder=tmp_path) == ["0041_more.sql"]


async def test_a_file_that_fails_leaves_nothing_of_itself(empty: str, folder: Callable[..., Path]):
    """The files before it stay applied, and the next run goes on where this one stopped."""
    with pytest.raises(db.MigrationError, match=r"0002_step.sql failed: division by zero"):
        await db.migrate(empty, folder=folder("CREATE TABLE one ();", "CREATE TABLE two (); SELECT 1/0;"))
    assert await fetch(empty, "SELECT to_regclass('one')::text") == "one"
    assert await fetch(empty, "SELECT to_regclass('two')") is None
    mended = folder("CREATE TABLE one ();", "CREATE TABLE two ();")
    assert await db.migrate(empty, folder=mended) == ["0002_step.sql"]


async def test_a_file_that_ends_its_own_transaction_is_refused(empty: str, folder: Callable[..., Path]):
    with pytest.raises(db.MigrationError, match="ends its own transaction"):
        await db.migrate(empty, folder=folder("CREATE TABLE one (); COMMIT;"))


@pytest.mark.parametrize("name", ["1_short.sql", "0002_starts_late.sql", "0001-dash.sql", "0001_Upper.sql"])
def test_a_misnumbered_file_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).touch()
    with pytest.raises(db.MigrationError):
        db.load_migrations(tmp_path)


async def test_checking_applies_nothing(empty: str, folder: Callable[..., Path]):
    steps = folder("CREATE TABLE steps (id integer);")
    with pytest.raises(db.MigrationError, match=r"lacks 0001_step.sql"):
        await db.migrate(empty, folder=steps, check_only=True)
    assert await fetch(empty, "SELECT to_regclass('schema_migrations')") is None
    await db.migrate(empty, folder=steps)
    assert await db.migrate(empty, folder=steps, check_only=True) == []


async def test_who_finds_no_connection_free_is_told_so_and_does_not_hang(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection is busy: the next request is refused after its patience, and served once one is free."""
    monkeypatch.setattr(db, "PATIENCE", 0.05)
    async with await db.open_pool(dsn, connections=1) as pool:
        async with db.transaction(pool):
            with pytest.raises(TimeoutError):
                async with db.transaction(pool):
                    pytest.fail("there was no connection")
            with pytest.raises(TimeoutError):
                await organisations.find_holders(pool, [])
            assert await Rounds(organisations.find_holders).ask(pool, "anybody") is None
        async with db.transaction(pool) as conn:
            assert await conn.fetchval("SELECT 1") == 1
