"""Stored results and the list of tenders beside pgbench, a no-op and the framework: `make bench BENCH=reads`.

The result is a ranking of 100 bids on 20 criteria, 143 kB, read by eight people of the buyer's in turn; the list's
pages of 50 begin at random places among 1,000 tenders, for eight suppliers in turn. The no-op answers as many bytes
from the same server after the same question about the key (tests/bench/noop.py); the natural handler is the service's
own behind the doors, asked by a spelling of the address that they leave to it. A result as the engine really stores it
has every step of the explanation, ten times as much: it is told on standard error, without a goal.

ARGS=--short runs one short round. ARGS="--only reads.list" measures only what figures of that beginning need.
"""

import argparse
import asyncio
import contextlib
import hashlib
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import msgspec

import scoring
from service import db, edge
from service.local_postgres import LocalPostgres
from service.signing import Secrets, read_secrets
from tests.bench import engine, load, market
from tests.bench.load import Invalid, Requests, Run, Server, say
from tests.bench.measure import Figure, report

CONNECTIONS = 32
TENDERS = 1_000
SUPPLIERS = 8
READERS = 8
FIRST_READER = 500_000
"""The readers' keys are numbered behind all suppliers'."""
BIDS, CRITERIA = 100, 20
PAGES = 2_000
"""Different requests for pages; they are asked for in turn, again and again."""
FLIPPED_FOR = 6.0
"""Seconds for which a writer puts one result after the other in the place of the stored one."""

SCHEMA = "bench_reads"


class Goal(NamedTuple):
    """A figure to print: our side and the side it is compared with; None: told without a goal."""

    figure: str
    goal: float | None
    ours: str
    theirs: str


GOALS = (
    Goal("reads.result", 4, "result", "pgbench jsonb"),
    Goal("reads.result_beside_noop", 0.75, "result", "noop"),
    Goal("reads.result_held_beside_noop", 0.8, "held", "noop held"),
    Goal("reads.list", 1.8, "list", "list natural"),
    Goal("reads.result_beside_bare_noop", None, "result", "bare"),
    Goal("reads.result_held_beside_bare_noop", None, "held", "bare held"),
    Goal("reads.result_natural", None, "result", "result natural"),
    Goal("reads.result_packed", None, "packed", "result"),
    Goal("reads.list_one_page", None, "list one page", "list one page natural"),
    Goal("reads.whole_result", None, "whole", "pgbench whole jsonb"),
    Goal("reads.whole_result_packed", None, "whole packed", "pgbench whole jsonb"),
)
FRESH = "reads.never_stale"


class Results(NamedTuple):
    """The stored results: as JSON, and the ids by which they are asked for."""

    ranking: bytes
    whole: bytes
    ids: Mapping[str, UUID]


def results() -> Results:
    """A result as the engine makes it, and the same without the steps and the words of its explanation."""
    chance = random.Random(4)
    lot = engine.a_lot(CRITERIA)
    bids = [
        scoring.OpenedBid(
            id=str(UUID(int=chance.getrandbits(128))),
            values={
                criterion.id: str(chance.randrange(6))
                if criterion.method.__struct_config__.tag == "graded"
                else f"{chance.randrange(500, 3_000)}.{chance.randrange(100):02}"
                for criterion in lot.criteria
            },
        )
        for _ in range(BIDS)
    ]
    whole = scoring.canonical(scoring.evaluate(lot, bids))
    ids = {name: market.id_of("result", number) for number, name in enumerate(WHICH)}
    return Results(_ranking(whole), whole, ids)


def _ranking(whole: bytes) -> bytes:
    """The result without words: whose each bid is, its total and rank, what it offered and got for each criterion."""
    result = msgspec.json.decode(whole)
    bids = [
        {
            "id": bid["id"],
            "supplier": f"Supplier {place} Roofing Limited",
            "digest": hashlib.sha256(bid["id"].encode()).hexdigest(),
            "rules_digest": result["rules_digest"],
            "rank": bid["rank"],
            "total": bid["total"],
            "points": [{name: step.get(name) for name in STEP} for step in bid["chain"] if "criterion" in step],
        }
        for place, bid in enumerate(result["bids"])
    ]
    return msgspec.json.encode(bids)


STEP = ("criterion", "input", "result")


WHICH = ("ranking", "whole")


class Bench(NamedTuple):
    """What all runs share."""

    postgres: LocalPostgres
    service: Server
    files: Path
    seconds: float

    def side(self, name: str) -> Run:
        """One run of a side."""
        processes = {"db": load.postmaster(self.postgres), "py": self.service.pid}
        run = load.watched(processes, lambda: self._loaded(name))
        say(told(name, [run]))
        return run

    def _loaded(self, name: str) -> Run:
        if name.startswith("pgbench"):
            return load.pgbench(self.postgres, self.files / f"{name}.sql", CONNECTIONS, self.seconds)
        requests = Requests(self.files / f"{name} heads", self.files / "no bodies", cycle=True)
        return load.http_load(self.service.url, requests, CONNECTIONS, self.seconds)


def requests_of(stored: Results, places: list[tuple[datetime, UUID]], marks: Secrets) -> dict[str, list[bytes]]:
    """The requests of every side over HTTP."""
    chance = random.Random(5)
    size = len(stored.ranking)

    def head(path: str, reader: int, **headers: str) -> bytes:
        named = {"Authorization": f"Bearer {market.key_of(reader)}"} | headers
        return load.http_head("GET", path, {name.replace("_", "-"): value for name, value in named.items()})

    def panel(path: str, **headers: str) -> list[bytes]:
        return [head(path, FIRST_READER + number, **headers) for number in range(READERS)]

    def portals(path: str) -> list[bytes]:
        cursors = [edge.cursor_behind(*chance.choice(places[:-50]), marks) for _ in range(PAGES)]
        return [head(f"{path}?limit=50&cursor={one}", number % SUPPLIERS) for number, one in enumerate(cursors)]

    ranking, whole = (f"/evaluations/{stored.ids[name]}" for name in WHICH)
    tag = f'"{hashlib.sha256(stored.ranking).hexdigest()}"'
    return {
        "result": panel(ranking),
        "result natural": panel(ranking + "/"),
        "noop": panel(f"/noop/{size}"),
        "bare": panel(f"/bare/{size}"),
        "held": panel(ranking, If_None_Match=tag),
        "noop held": panel(f"/noop/{size}", If_None_Match=tag),
        "bare held": panel(f"/bare/{size}", If_None_Match=tag),
        "packed": panel(ranking, Accept_Encoding="gzip"),
        "whole": panel(whole),
        "whole packed": panel(whole, Accept_Encoding="gzip"),
        "list": portals("/tenders"),
        "list natural": portals("/tenders/"),
        "list one page": [head("/tenders", number) for number in range(SUPPLIERS)],
        "list one page natural": [head("/tenders/", number) for number in range(SUPPLIERS)],
    }


SCRIPT = "SELECT document FROM {schema}.results WHERE id = '{id}';\n"


async def fill(dsn: str, stored: Results, tenders: int = TENDERS) -> list[tuple[datetime, UUID]]:
    """A market with readers and the stored results; returns where every tender stands in the list."""
    await db.migrate(dsn)
    conn = await db.connect(dsn)
    try:
        await market.fill(conn, tenders, SUPPLIERS)
        await conn.execute(FILL.format(schema=SCHEMA, readers=READERS, first=FIRST_READER, role=db.APP_ROLE))
        for number, name in enumerate(WHICH):
            content: bytes = getattr(stored, name)
            await conn.execute(
                "INSERT INTO evaluations (id, lot_id, number, person_id, canonical, digest, rules_digest, engine,"
                " evaluated_at, reason)"
                " SELECT $1, md5('lot 0')::uuid, $2, md5('author 0')::uuid, $3, $4, '', '', now(), 'measured'",
                stored.ids[name],
                number + 1,
                content,
                hashlib.sha256(content).hexdigest(),
            )
            await conn.execute(
                f"INSERT INTO {SCHEMA}.results VALUES ($1, $2::text::jsonb)", stored.ids[name], content.decode()
            )
        await conn.execute("VACUUM ANALYZE")
        rows = await conn.fetch("SELECT created_at, id FROM tenders ORDER BY created_at, id")
        return [(row["created_at"], row["id"]) for row in rows]
    finally:
        await conn.close()


FILL = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.results (id uuid PRIMARY KEY, document jsonb NOT NULL);
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {schema}.results TO {role};
INSERT INTO people (id, organisation_id, name)
SELECT md5('reader ' || n)::uuid, md5('buyer 0')::uuid, 'Reader ' || n FROM generate_series(0, {readers} - 1) AS n;
INSERT INTO api_keys (id, person_id, label, secret_digest, scopes)
SELECT
    lpad(({first} + n)::text, 12, '0'), md5('reader ' || n)::uuid, 'Panel',
    sha256(convert_to(lpad(({first} + n)::text, 43, '0'), 'UTF8')), ARRAY['read', 'write']
FROM generate_series(0, {readers} - 1) AS n;
INSERT INTO tender_roles (tender_id, person_id, role)
SELECT md5('tender 0')::uuid, md5('reader ' || n)::uuid, 'auditor' FROM generate_series(0, {readers} - 1) AS n;
UPDATE lots SET opened_at = clock_timestamp() WHERE id = md5('lot 0')::uuid;
"""
"""A result is of an opened lot: of another one there is none, and the door leaves it to the framework."""


@contextlib.contextmanager
def ready(seconds: float) -> Iterator[tuple[Bench, Results]]:
    """A filled market and the service on it, which has met every key."""
    stored = results()
    with load.folder() as files, load.postgres(files) as postgres:
        places = asyncio.run(fill(postgres.dsn, stored))
        load.write_records(files / "no bodies", [b""])
        for name, script in (("ranking", "pgbench jsonb"), ("whole", "pgbench whole jsonb")):
            (files / f"{script}.sql").write_text(SCRIPT.format(schema=SCHEMA, id=stored.ids[name]))
        secret = files / "secret"
        secret.touch(0o600)
        secret.write_text(secrets.token_hex(32) + "\n")
        for name, heads in requests_of(stored, places, read_secrets(secret)).items():
            load.write_records(files / f"{name} heads", heads)
        settings = {"DATABASE_URL": postgres.dsn, "TENDERSCORE_SECRET_FILE": str(secret), "TENDERSCORE_PORT": "0"}
        command = [sys.executable, "-m", "tests.bench.noop"]
        with load.serving(command, files / "service.log", **settings) as server:
            for number in (*range(SUPPLIERS), *range(FIRST_READER, FIRST_READER + READERS)):
                key = {"Authorization": f"Bearer {market.key_of(number)}"}
                httpx.get(f"{server.url}/organisations/me", headers=key).raise_for_status()
            say(f"a ranking of {len(stored.ranking)} bytes, a whole result of {len(stored.whole)}")
            yield Bench(postgres, server, files, seconds), stored


# Never stale


async def fresh(bench: Bench, stored: Results) -> Figure:
    """How many of the answers given while a writer flips versions are not older than their request."""
    path = f"{bench.service.url}/evaluations/{stored.ids['ranking']}"
    state = _Flips()
    conn = await db.connect(bench.postgres.dsn)
    try:
        async with httpx.AsyncClient() as http:
            writing = asyncio.create_task(state.write(conn, stored))
            await asyncio.gather(*(state.read(http, path, number) for number in range(CONNECTIONS)))
            await writing
    finally:
        await conn.close()
    say(f"{FRESH}: {state.reads} answers while {state.stored} versions were put in place, {state.stale} were stale")
    good = state.reads - state.stale
    return Figure(FRESH, good / max(state.reads, 1), 1.0, "answers", good, state.reads, state.stored, "")


class _Flips:
    """A writer of versions and readers who know which one was in place when they asked."""

    def __init__(self) -> None:
        self.until = time.monotonic() + FLIPPED_FOR
        self.stored = self.reads = self.stale = 0

    async def write(self, conn: db.Connection, stored: Results) -> None:
        while time.monotonic() < self.until:
            content = b'{"version":%d,"bids":%b}' % (self.stored + 1, stored.ranking)
            await conn.execute(
                "UPDATE evaluations SET canonical = $2, digest = $3 WHERE id = $1",
                stored.ids["ranking"],
                content,
                hashlib.sha256(content).hexdigest(),
            )
            self.stored += 1

    async def read(self, http: httpx.AsyncClient, path: str, number: int) -> None:
        """Read plain or packed, one after the other."""
        headers = {"Authorization": f"Bearer {market.key_of(FIRST_READER + number % READERS)}"}
        headers["Accept-Encoding"] = "gzip" if number % 2 else "identity"
        while time.monotonic() < self.until:
            least = self.stored
            answer = await http.get(path, headers=headers)
            told = answer.content[11 : answer.content.find(b",")] if answer.content.startswith(b"{") else b"0"
            whole = answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
            self.reads += 1
            self.stale += not whole or int(told) < least


# What the runs say


def figures(rounds: int, seconds: float, only: str = "", patience: float = 0) -> Iterator[Figure]:
    """Every figure whose name begins so; raises Invalid."""
    wanted = [goal for goal in GOALS if goal.figure.startswith(only)]
    names = dict.fromkeys(name for goal in wanted for name in (goal.ours, goal.theirs))
    if not (names or FRESH.startswith(only)):
        return
    with ready(seconds) as (bench, stored):
        sides: dict[str, Callable[[], Run]] = {name: lambda name=name: bench.side(name) for name in names}
        if sides:
            say("warming up")
            load.rounds(1, sides)
            found = load.rounds(rounds, sides, patience=patience)
            yield from _compared(wanted, found)
        if FRESH.startswith(only):
            yield asyncio.run(fresh(bench, stored))


def _compared(wanted: list[Goal], found: Mapping[str, list[Run]]) -> Iterator[Figure]:
    for goal in wanted:
        ours, theirs = (load.middle(found[name], lambda run: run.per_second) for name in (goal.ours, goal.theirs))
        pairs = zip(found[goal.ours], found[goal.theirs], strict=True)
        each = ", ".join(f"{one.per_second / other.per_second:.2f}" for one, other in pairs)
        say(f"{goal.figure} {ours / theirs:.2f} (by rounds: {each})")
        say(f"  {told(goal.ours, found[goal.ours])}\n  {told(goal.theirs, found[goal.theirs])}")
        if goal.goal is not None:
            done = sum(run.done for run in found[goal.ours])
            yield Figure(goal.figure, ours / theirs, goal.goal, goal.theirs, ours, theirs, done, "")


def told(name: str, runs: list[Run]) -> str:
    """A side's medians, with the CPU that database and Python took for an answer."""
    numbers = {
        "{:.0f}/s": lambda run: run.per_second,
        "p50 {:.2f} ms": lambda run: run.p50_ms,
        "p99 {:.1f} ms": lambda run: run.p99_ms,
        "db {:.0f} µs": lambda run: run.micros("db"),
        "py {:.0f} µs": lambda run: run.micros("py"),
    }
    others = load.middle(runs, lambda run: run.others)
    disturbed = f", others on the machine {others:.1f} cores" if others > load.DISTURBED else ""
    return f"{name} " + " ".join(text.format(load.middle(runs, of)) for text, of in numbers.items()) + disturbed


def main() -> int:
    """Print every figure; 1 when a goal is missed or a run does not count."""
    parser = argparse.ArgumentParser(prog="tests.bench.reads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run")
    parser.add_argument("--short", action="store_true", help="one round of runs of two seconds")
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS", help="for others on the machine")
    parser.add_argument("--only", default="", metavar="BEGINNING", help="figures whose names begin so")
    given = parser.parse_args()
    number, seconds = (1, 2.0) if given.short else (given.rounds, given.seconds)
    load.say_generator()
    try:
        return report(figures(number, seconds, given.only, given.patience))
    except Invalid as invalid:
        say(f"NOT MEASURED. {invalid}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
