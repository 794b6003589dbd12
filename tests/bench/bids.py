"""Bids accepted by the service, by pgbench calling the same one-bid function, by the peer: `make bench BENCH=bids`.

Every run begins with the same market without bids, just behind a checkpoint. Each bid is a first one: its supplier, lot
and key were not used before in that run; afterwards as many bids must stand as were answered 201.
On 1,000 tenders 1,000 suppliers bid in turn; in the rush each bid is another supplier's, whose key the service has not
met in this run. pgbench passes one body as a parameter and makes the ids in SQL (md5, 1 µs each), unauthenticated.

ARGS=--short runs one short round. ARGS="--only bids.rush" measures only what figures of that beginning need.
"""

import argparse
import asyncio
import contextlib
import itertools
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from service import db
from service.local_postgres import LocalPostgres
from service.sealing import BID_TYPE
from tests.bench import load, market, one_bid, reads, starts
from tests.bench.load import Invalid, Requests, Run, Server, say
from tests.bench.measure import Figure, report
from tests.bench.peer import models

T = TypeVar("T")

TENDERS = 1_000
SUPPLIERS = 1_000
"""Who bid on the 1,000 tenders."""
MOST_PER_SECOND = 9_000
"""Requests prepared for each second of a run; the service runs out of them when it is faster, and says so."""
BODIES = 64
QUIET = 4
"""Tenths of a second without a new bid after which a run is over."""
RUSH_CLIENTS = (1, 2, 4, 8)
"""Among which pgbench has its best on one tender."""


class Goal(NamedTuple):
    """A figure to print: our side, the sides it is compared with (the best of them counts), what is compared."""

    figure: str
    goal: float
    ours: str
    theirs: tuple[str, ...]
    what: str = "rate"


GOALS = (
    Goal("bids.accepted_per_second", 0.9, "sealed 32", ("pgbench 32",)),
    Goal("bids.accepted_per_second_128", 1.5, "sealed 128", ("pgbench 128",)),
    Goal("bids.accepted_per_second_on_arrival", 0.5, "arrival 32", ("pgbench 32",)),
    Goal("bids.accepted_per_second_on_arrival_128", 0.8, "arrival 128", ("pgbench 128",)),
    Goal("bids.rush_one_tender", 8, "rush 128", ("pgbench rush 128",)),
    Goal("bids.rush_one_tender_best", 2, "rush 128", tuple(f"pgbench rush {clients}" for clients in RUSH_CLIENTS)),
    Goal("bids.rush_one_tender_p99", 10, "rush 128", ("pgbench rush 128",), "p99"),
    Goal("bids.peer", 15, "sealed 32", ("peer 32",)),
    Goal("bids.peer_rush", 25, "rush 128", ("peer rush 128",)),
    Goal("bids.lone_p50", 0.4, "sealed 1", ("pgbench 1",), "p50"),
)


class Bench(NamedTuple):
    """What all runs share."""

    postgres: LocalPostgres
    service: Server
    peer: Server
    files: Path
    seconds: float
    newcomers: Iterator[int]
    """The supplier with whom each rush begins: with suppliers whom the service has forgotten, if it ever met them."""

    def connected(self, work: Callable[[db.Connection], Awaitable[T]]) -> T:
        """Do something as the owner of the tables."""

        async def do() -> T:
            conn = await db.connect(self.postgres.dsn)
            try:
                return await work(conn)
            finally:
                await conn.close()

        return asyncio.run(do())

    def side(self, name: str) -> Run:
        """One run of a side: `sealed 32`, `pgbench rush 128`."""
        *kind, connections = name.split()
        self.connected(lambda conn: market.empty(conn, *models.EMPTY))
        processes = {
            "db": load.postmaster(self.postgres),
            "py": self.peer.pid if kind[0] == "peer" else self.service.pid,
        }
        run = load.watched(processes, lambda: self._loaded(" ".join(kind), int(connections)))
        stored = self.connected(lambda conn: _settled(conn, f"{models.SCHEMA}.bids" if kind[0] == "peer" else "bids"))
        if not run.done <= stored <= run.done + int(connections):
            run = run._replace(wrong=f"{run.wrong} {stored} bids stand, {run.done} were answered".strip())
        say(told(name, [run]))
        return run

    def warm_up(self, names: Iterable[str]) -> None:
        """Let every supplier of the 1,000 tenders bid, lest they and the tenders be new to the service; then each side.

        Nothing here is a figure, so a run may go wrong.
        """
        done = 0
        while done < TENDERS:
            done += self.side("sealed 32").done
        for name in names:
            with contextlib.suppress(Invalid):
                self.side(name)

    def _loaded(self, kind: str, connections: int) -> Run:
        if kind.startswith("pgbench"):
            which = "rush" if kind.endswith("rush") else "spread"
            return load.pgbench(
                self.postgres,
                self.files / f"{which}.sql",
                connections,
                self.seconds,
                variables=one_bid.variables((self.files / "container").read_bytes()),
            )
        server = self.peer if kind.startswith("peer") else self.service
        start = next(self.newcomers) if "rush" in kind else 0
        requests = Requests(self.files / f"{kind} heads", self.files / f"{BODY_OF[kind]} bodies", start=start)
        return load.http_load(server.url, requests, connections, self.seconds)


async def _settled(conn: db.Connection, table: str) -> int:
    """How many bids there are once those are stored whose senders left without waiting for the answer."""
    found: list[int] = []
    while len(found) < QUIET or len(set(found[-QUIET:])) > 1:
        found.append(await conn.fetchval(f"SELECT count(*) FROM {table}"))
        await asyncio.sleep(0.1)
    return found[-1]


BODY_OF = {"sealed": "sealed", "arrival": "plain", "rush": "sealed", "peer": "plain", "peer rush": "plain"}
"""What the requests of each side over HTTP carry."""


def prepare(files: Path, seconds: float) -> None:
    """Write the requests and pgbench's scripts."""
    number = round(MOST_PER_SECOND * seconds)
    plain = [market.offer(place) for place in range(BODIES)]
    bodies = {"plain": plain, "sealed": [one_bid.sealed(offer) for offer in plain]}
    types = {"plain": "application/json", "sealed": BID_TYPE}
    keys = [market.key_of(supplier) for supplier in range(number)]
    for name, contents in bodies.items():
        load.write_records(files / f"{name} bodies", contents)
    for side, body in BODY_OF.items():
        pairs = _rush(number) if "rush" in side else _spread(number)
        heads = (
            _head(lot, keys[supplier], types[body], bodies[body][place % BODIES])
            for place, (lot, supplier) in enumerate(pairs)
        )
        load.write_records(files / f"{side} heads", heads)
    container = bodies["sealed"][0]
    (files / "container").write_bytes(container)
    spread = one_bid.SPREAD.format(tenders=TENDERS, suppliers=SUPPLIERS)
    (files / "spread.sql").write_text(one_bid.script(spread, container))
    (files / "rush.sql").write_text(one_bid.script(one_bid.RUSH, container))


def _spread(number: int) -> Iterator[tuple[int, int]]:
    """Lot and supplier of each bid; one_bid.SPREAD says the same in pgbench's words."""
    for place in range(number):
        block, lot = divmod(place, TENDERS)
        yield lot, (block + lot * 37) % SUPPLIERS


def _rush(number: int) -> Iterator[tuple[int, int]]:
    for place in range(number):
        yield 0, place


def _head(lot: int, key: str, media_type: str, body: bytes) -> bytes:
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": media_type,
        "Idempotency-Key": f"bid-{lot}-{key[8:20]}",
    }
    return load.http_head("POST", f"/lots/{market.id_of('lot', lot)}/bids", headers, body)


@contextlib.contextmanager
def ready(seconds: float) -> Iterator[Bench]:
    """A filled market, the service and the peer on it."""
    with load.folder() as files, load.postgres(files) as postgres:
        prepare(files, seconds)
        suppliers = round(MOST_PER_SECOND * seconds)
        asyncio.run(_fill(postgres.dsn, suppliers))
        say(f"{TENDERS} tenders, {suppliers} suppliers")
        peer_url = postgres.dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
        with (
            load.service(postgres.dsn, files) as ours,
            load.serving(
                [sys.executable, "-m", "tests.bench.peer"], files / "peer.log", PEER_DATABASE_URL=peer_url
            ) as peer,
        ):
            yield Bench(postgres, ours, peer, files, seconds, (turn * 12_000 % suppliers for turn in itertools.count()))


async def _fill(dsn: str, suppliers: int) -> None:
    await db.migrate(dsn)
    conn = await db.connect(dsn)
    try:
        await market.fill(conn, TENDERS, suppliers)
        await conn.execute(f"CREATE SCHEMA {models.SCHEMA}")
        for statement in models.create():
            await conn.execute(statement)
        await conn.execute(models.FILL)
    finally:
        await conn.close()


def figures(goals: Sequence[Goal], found: Mapping[str, list[Run]]) -> Iterator[Figure]:
    """What the runs say of each goal."""
    of: dict[str, Callable[[Run], float]] = {
        "rate": lambda run: run.per_second,
        "p50": lambda run: run.p50_ms,
        "p99": lambda run: run.p99_ms,
    }
    for goal in goals:
        measure = of[goal.what]
        ours = load.middle(found[goal.ours], measure)
        sides = {name: load.middle(found[name], measure) for name in goal.theirs}
        best = max(sides, key=lambda name: sides[name])
        ratio = ours / sides[best] if goal.what == "rate" else sides[best] / ours
        say(f"{goal.figure} {ratio:.2f}: {told(goal.ours, found[goal.ours])}; {told(best, found[best])}")
        done = sum(run.done for run in found[goal.ours])
        yield Figure(goal.figure, ratio, goal.goal, best, ours, sides[best], done)


def told(name: str, runs: list[Run]) -> str:
    """A side's medians, with the CPU that database and Python took for a bid."""
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


def measured(number: int, seconds: float, only: str, patience: float) -> Iterator[Figure]:
    """Every figure whose name begins so: of bids, then of reads and starts. Raises Invalid.

    patience: seconds, in each part, for others on the machine (load.rounds).
    """
    wanted = [goal for goal in GOALS if goal.figure.startswith(only)]
    names = dict.fromkeys(name for goal in wanted for name in (goal.ours, *goal.theirs))
    if names:
        with ready(seconds) as bench:
            sides: dict[str, Any] = {name: lambda name=name: bench.side(name) for name in names}
            say("warming up")
            bench.warm_up(names)
            yield from figures(wanted, load.rounds(number, sides, patience=patience))
    yield from reads.figures(number, seconds, only, patience)
    yield from starts.figures(number, only)


def main() -> int:
    """Print every figure; 1 when a goal is missed or a run does not count."""
    parser = argparse.ArgumentParser(prog="tests.bench.bids", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--short", action="store_true", help="one round of runs of two seconds")
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS", help="for others on the machine")
    parser.add_argument("--only", default="", metavar="BEGINNING", help="figures whose names begin so")
    given = parser.parse_args()
    number, seconds = (1, 2.0) if given.short else (given.rounds, given.seconds)
    load.say_generator()
    try:
        return report(measured(number, seconds, given.only, given.patience))
    except Invalid as invalid:
        say(f"NOT MEASURED. {invalid}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
