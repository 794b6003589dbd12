"""The service with one known mistake put in: what a campaign must catch before its silence means anything.

A mistake is made in a copy: in the function that stores bids, as it stands in one database of the campaign's own, or
in a copy of the service's queries. `python -m tests.soak.altered MISTAKE … serve` is `tenderscore serve` with those.
A text that is no longer there to be altered stops the campaign: it would catch nothing.
"""

import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from service import __main__, db


class Edit(NamedTuple):
    """In the function or file of queries of this name: what stands there once, and what shall stand there instead."""

    name: str
    right: str
    wrong: str


class Mistake(NamedTuple):
    """What is altered in the database's functions, in the queries, and by statements of the owner's."""

    functions: tuple[Edit, ...] = ()
    queries: tuple[Edit, ...] = ()
    statements: tuple[str, ...] = ()


STAMP = "instant := clock_timestamp();"
KEPT = "        FROM entered WHERE entered.verdict = 'stored'"
MISTAKES = {
    # The check reads the clock before the locks are taken, the stamp after: "check, then insert".
    "check-then-insert": Mistake(
        (
            Edit("store_bids", "instant timestamptz;", "instant timestamptz; early timestamptz := clock_timestamp();"),
            Edit("store_bids", "instant >= tender.submission_deadline", "early >= tender.submission_deadline"),
        )
    ),
    # now() is the instant at which the transaction began.
    "now": Mistake((Edit("store_bids", STAMP, "instant := now();"),)),
    # The time is the service's own.
    "application-clock": Mistake(
        (
            Edit("store_bids", STAMP, "instant := current_setting('altered.at')::timestamptz;"),
            # Nothing comes into an opened lot, whatever a clock says: without this a slow one would not show.
            Edit("store_bids", " OR lot.opened_at IS NOT NULL THEN 'late'", " THEN 'late'"),
        )
    ),
    # The opening does not wait for what is in flight. Its own entries in the log, whose head the bids in flight hold,
    # would make it wait all the same: here it writes them only once it has read the envelopes.
    "opening-without-lock": Mistake(queries=(Edit("tenders", "\nFOR UPDATE;", ";"),)),
    # The key is not stored with its bid: as if the service died between two transactions.
    "key-not-stored": Mistake((Edit("store_bids", f"entered.version\n{KEPT}", f"entered.version\n{KEPT} AND false"),)),
    # Nobody asks whether a key was used, and the database does not insist.
    "key-not-asked-for": Mistake(
        (
            Edit("store_bids", "WHEN used.bid_id IS NOT NULL THEN 'replay'", "WHEN false THEN 'replay'"),
            Edit("store_bids", "AND standing.id IS NOT NULL THEN 'standing'", "AND false THEN 'standing'"),
        ),
        statements=(
            "ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_used_once",
            "DROP INDEX bids_one_standing_per_supplier_lot_and_variant",
        ),
    ),
}


FUNCTION = "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = $1::text ORDER BY pronargs DESC LIMIT 1"
"""Of several of one name the one with most parameters: the others are for the release before and call it."""


def edited(text: str, edit: Edit) -> str:
    """The text with the mistake in it."""
    if text.count(edit.right) != 1:
        raise SystemExit(f"{edit.name} holds {edit.right!r} {text.count(edit.right)} times: adapt the mistake")
    return text.replace(edit.right, edit.wrong)


async def alter_database(owner: asyncpg.Connection, mistake: str) -> None:
    """Make the mistake in one database."""
    for statement in MISTAKES[mistake].statements:
        await owner.execute(statement)
    for edit in MISTAKES[mistake].functions:
        text = await owner.fetchval(FUNCTION, edit.name)
        await owner.execute(edited(text, edit))


def queries_with(mistake: str, folder: Path) -> Path:
    """A copy of the service's queries in the folder, with the mistake in it."""
    made = Path(shutil.copytree(db.QUERIES, folder / "sql"))
    for edit in MISTAKES[mistake].queries:
        path = made / f"{edit.name}.sql"
        path.write_text(edited(path.read_text(encoding="utf-8"), edit), encoding="utf-8")
    return made


def write_late() -> None:
    """Let the opening write `opening.asked` into the log together with `bids.opened`, behind its reading."""
    from service import events

    record = events.record

    async def held_back(conn: Any, kind: Any, **facts: Any) -> int:
        return 0 if kind == "opening.asked" else await record(conn, kind, **facts)

    events.record = held_back


def tell_the_time() -> None:
    """Let the service tell the database what time it is, before each batch of bids."""
    from service.intake import Intake

    store = Intake._store

    async def told(self: Any, conn: Any, batch: Any, patience: float) -> Any:
        at = datetime.fromtimestamp(time.time(), UTC).isoformat()
        await conn.execute("SELECT set_config('altered.at', $1, false)", at)
        return await store(self, conn, batch, patience)

    Intake._store = told


def main() -> None:
    """Run the command line that follows the mistake's name, whatever program it names first."""
    mistake, rest = sys.argv[1], sys.argv[2:]
    sys.argv = ["tenderscore", *rest[rest.index("service") + 1 :]]
    with tempfile.TemporaryDirectory(prefix="altered-") as folder:
        db.QUERIES = queries_with(mistake, Path(folder))
        if mistake == "opening-without-lock":
            write_late()
        if mistake == "application-clock":
            tell_the_time()
        __main__.main()


if __name__ == "__main__":
    main()
