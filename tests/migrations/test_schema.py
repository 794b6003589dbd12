import re
import subprocess
from pathlib import Path

import pytest

from service import db
from service.local_postgres import find_binaries, version_of

SCHEMA = Path(__file__).parent / "schema.sql"


def without_noise(dump: str) -> str:
    """The statements of a dump, without comments, session settings and what differs from run to run."""
    noise = r"^(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict ).*\n"
    return re.sub(r"\n{3,}", "\n\n", re.sub(noise, "", dump, flags=re.MULTILINE)).strip() + "\n"


def dumped(dsn: str) -> str:
    # --restrict-key: without it the dump begins with a random one.
    command = [find_binaries() / "pg_dump", "--schema-only", "--no-owner", "--restrict-key=none", dsn]
    return without_noise(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


async def test_schema_sql_shows_the_schema_that_the_migrations_make(dsn: str):
    """One file shows the present tables, constraints and grants; every change of them is seen in review."""
    conn = await db.connect(dsn)
    major = str(await conn.fetchval("SHOW server_version")).partition(".")[0]
    await conn.close()
    if version_of(find_binaries()).partition(".")[0] != major:
        pytest.skip("schema.sql is compared with the embedded server's major version only")
    dump = dumped(dsn)
    if dump != SCHEMA.read_text(encoding="utf-8"):
        SCHEMA.write_text(dump, encoding="utf-8")
        pytest.fail("tests/migrations/schema.sql was out of date and is rewritten: review its diff and commit it")
