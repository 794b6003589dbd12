"""Two versions run side by side on one database: a migration adds, and takes away only what nobody looks at any more.

squawk (`make check`) refuses what renames, drops a table or a column, changes a type or adds a column that must be
given. Here is what it lets pass and what breaks the version that still runs while a newer one has migrated.
"""

import re

import pytest

from service.db import EXPANDING_SINCE, MIGRATIONS, Migration, load_migrations

BODY = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
COMMENT = re.compile(r"--[^\n]*")
FORBIDDEN = {
    "takes a function, type, view or trigger away": r"DROP (FUNCTION|TYPE|VIEW|MATERIALIZED VIEW|TRIGGER|SCHEMA|ROLE)",
    "takes a table or column away": r"DROP (TABLE|COLUMN)",
    "renames": r"\bRENAME\b",
    "asks for a value that older programs do not give": r"SET NOT NULL|DROP DEFAULT",
    "changes a type": r"ALTER COLUMN \w+ (SET DATA )?TYPE",
    "takes a right away": r"\bREVOKE .*? FROM (?!PUBLIC)",
}


def statements(sql: str) -> list[str]:
    """The statements without comments and without the bodies of functions, in capitals, each on one line."""
    plain = COMMENT.sub("", BODY.sub("''", sql))
    return [" ".join(text.split()).upper() for text in plain.split(";") if text.strip()]


def breaks(sql: str) -> list[str]:
    """What of a migration breaks a program that does not know it; nothing where it says from which on programs do."""
    if Migration(0, "", sql, "").needs:
        return []
    made = re.findall(r"CREATE TABLE (\w+)", " ".join(statements(sql)))
    found = [
        f"{what}: {text[:80]}" for text in statements(sql) for what, form in FORBIDDEN.items() if re.search(form, text)
    ]
    for text in statements(sql):
        table = re.match(r"ALTER TABLE (?:ONLY )?(\w+)", text)
        added = re.findall(r"ADD CONSTRAINT (\w+)", text)
        loosened = [name for name in added if f"DROP CONSTRAINT {name}" in " ".join(statements(sql))]
        # A constraint of a column that is new itself concerns nobody who does not know the column.
        if table and table[1] not in made and "ADD COLUMN" not in text:
            found += [f"forbids what was allowed: {name}" for name in added if name not in loosened]
    return found


@pytest.mark.parametrize(
    "migration",
    [file for file in load_migrations(MIGRATIONS) if file.number >= EXPANDING_SINCE],
    ids=lambda file: file.name,
)
def test_the_version_before_goes_on_working_on_a_database_that_was_migrated(migration: Migration) -> None:
    """Or the migration says which programs can live with it, and those without it refuse to start."""
    assert breaks(migration.sql) == []
    assert migration.needs <= migration.number


@pytest.mark.parametrize(
    "sql",
    [
        "DROP FUNCTION store_bids(uuid);",
        "ALTER TABLE bids RENAME COLUMN version TO edition;",
        "ALTER TABLE bids ALTER COLUMN version SET NOT NULL;",
        "REVOKE SELECT ON bids FROM tenderscore_app;",
        "ALTER TABLE bids ADD CONSTRAINT bids_are_new CHECK (version = 1);",
        "-- contract\nALTER TABLE bids DROP COLUMN version;",
    ],
)
def test_what_would_break_it_is_found(sql: str) -> None:
    """Each of these stops a program that was written before."""
    assert breaks(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE visits (at timestamptz); ALTER TABLE visits ADD CONSTRAINT visits_are_new CHECK (at > 'epoch');",
        "ALTER TABLE jobs DROP CONSTRAINT jobs_known; ALTER TABLE jobs ADD CONSTRAINT jobs_known CHECK (kind <> '');",
        "REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DROP TABLE bids $$;",
        "-- contract: 0040\nALTER TABLE bids DROP COLUMN version;",
    ],
)
def test_what_only_adds_is_let_pass(sql: str) -> None:
    """And what says which programs it needs."""
    assert breaks(sql) == []
