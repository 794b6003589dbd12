"""Trials of a draft's rules: invented or given bids, what the rules make of them, kept with the tender.

A trial takes seconds of computing, so it runs in a process of its own and no transaction waits for it.
"""

import asyncio
import hashlib
from datetime import datetime
from typing import Annotated, Any, Final, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from scoring.simulation import MOST_BIDS, MOST_RUNS, Simulation, Trial, simulated
from service import apart, db, events, retries, tenders
from service.edge import etag
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, Refusal, Unavailable
from service.tenders import Known, TenderLot

SQL = db.queries("simulations")

MOST_CELLS: Final = 2_000
MOST_WORK: Final = 200_000
"""Fields × bids²: some ten seconds of one processor for the slowest formula, the mean."""
AT_ONCE: Final = 2
"""So many trials run at once; further ones wait for their turn."""

_turn = asyncio.Semaphore(AT_ONCE)


class Generate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many bids to invent, and from which seed; the same seed invents the same bids again."""

    number: Annotated[int, Meta(ge=1, le=MOST_BIDS)] = 8
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1


class NewSimulation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to try a lot's rules with: `bids` of your own invention, else generated ones; and `runs` fields more.

    A bid's values are decimals, answers, and for what the panel scores the grade itself.
    """

    lot: Annotated[int, Meta(ge=1, le=200, description="The lot's number.")] = 1
    bids: Annotated[tuple[scoring.OpenedBid, ...], Meta(max_length=MOST_BIDS)] = ()
    generate: Generate = Generate()
    runs: Annotated[int, Meta(ge=0, le=MOST_RUNS)] = 1000

    def trial(self) -> Trial:
        """The same as the engine takes it."""
        return Trial(bids=self.bids, number=self.generate.number, seed=self.generate.seed, runs=self.runs)


class SimulationRun(Struct, frozen=True, kw_only=True):
    """A stored trial. `present` says whether it was of the rules that the lot has now.

    The digest is the SHA-256 of the canonical result at `/simulations/{id}`.
    """

    id: UUID
    tender_id: UUID
    number: int
    lot_number: int
    person_id: UUID
    digest: str
    rules_digest: str
    engine: str
    simulated_at: datetime
    present: bool = True


class StoredSimulation(Struct, frozen=True, kw_only=True):
    """A trial with its canonical bytes."""

    tender_id: UUID
    canonical: bytes
    digest: str


# Refusals


class SimulationTooLarge(Refusal):
    """This trial would take too long.

    The work grows with runs and with the square of the bids. Try fewer runs or fewer bids; the detail says how many.
    """

    status = 422


# Rules


def check_lot(known: Known, number: int) -> TenderLot:
    """The lot of this number."""
    for lot in known.lots:
        if lot.number == number:
            return lot
    fault = Fault("/lot", f"There is no lot {number}.", f"The tender has {len(known.lots)} lot(s), numbered from 1.")
    raise InvalidRequest("The trial names a lot that the tender does not have.", faults=(fault,))


def check_size(rules: scoring.Lot, new: NewSimulation) -> None:
    """Refuse what would keep a processor busy for more than some ten seconds."""
    bids, leaves = len(new.bids) or new.generate.number, sum(1 for _ in scoring.leaves(rules.criteria))
    if bids * leaves > MOST_CELLS:
        raise SimulationTooLarge(f"{bids} bids × {leaves} criteria are too many; at most {MOST_CELLS // leaves} bids.")
    most = MOST_WORK // bids**2
    if new.runs > most:
        raise SimulationTooLarge(f"{bids} bids allow at most {most} runs.")


# Handlers


async def _lock_draft(conn: db.Connection, caller: Caller, tender_id: UUID) -> Known:
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "simulate_lot")
    tenders.check_draft(known.tender)
    return known


@post("/tenders/{tender_id:uuid}/simulations")
async def simulate_lot(
    tender_id: FromPath[UUID],
    data: JSONBody[NewSimulation],
    request: Request[Caller, Any, State],
    state: State,
    caller: NamedDependency[Caller],
) -> Response[Simulation]:
    """Try a draft's rules on bids that nobody made; for its author or approver. The result is kept with the tender.

    It shows the winner under these rules and under the other formulas, how often a loser's leaving changes the winner,
    what would tip the result, and what the law says about the formula. Publishing warns of lots that were not tried.
    """
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        lot = check_lot(await _lock_draft(conn, caller, tender_id), data.lot)
    check_size(lot.rules, data)
    result = await _tried(lot.rules, data.trial())
    digest = hashlib.sha256(result).hexdigest()
    async with retries.last_connection_of(request, state.pool) as conn:
        await _lock_draft(conn, caller, tender_id)
        row = SQL.insert_simulation(
            conn,
            tender_id=tender_id,
            lot_number=data.lot,
            person_id=caller.person_id,
            canonical=result,
            digest=digest,
            rules_digest=scoring.rules_digest(lot.rules),
            engine=scoring.ENGINE,
        )
        run = await db.one(row, SimulationRun)
        facts: dict[str, Any] = {"simulation_id": run.id, "number": run.number, "lot": data.lot, "digest": run.digest}
        facts |= {"rules_digest": run.rules_digest, "invented": not data.bids}
        await events.record(conn, "tender.simulated", tender_id=tender_id, actor=caller.person_id, data=facts)
    return _answer(result, digest, status_code=201, headers={"Location": f"/simulations/{run.id}"})


async def _tried(rules: scoring.Lot, trial: Trial) -> bytes:
    async with _turn:
        try:
            return await apart.run(simulated, msgspec.json.encode(rules), msgspec.json.encode(trial))
        except apart.WorkError as failure:
            raise Unavailable(f"The trial could not be run. {failure}", headers={"Retry-After": "30"}) from failure


def _answer(stored: bytes, digest: str, **more: Any) -> Response[Simulation]:
    headers = {"ETag": etag(digest), **more.pop("headers", {})}
    # The stored bytes themselves, described by their struct.
    return Response(cast("Any", stored), media_type="application/json", headers=headers, **more)


@get("/tenders/{tender_id:uuid}/simulations")
async def list_simulations(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[SimulationRun]:
    """List a tender's trials, first to last; for its author, approver or auditor."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "list_simulations")
    return await _runs(conn, known)


async def _runs(conn: db.Connection, known: Known) -> list[SimulationRun]:
    now = {lot.number: scoring.rules_digest(lot.rules) for lot in known.lots}
    found = await db.many(SQL.list_simulations(conn, tender_id=known.tender.id), SimulationRun)
    return [msgspec.structs.replace(run, present=now.get(run.lot_number) == run.rules_digest) for run in found]


async def find_run(
    conn: db.Connection, caller: Caller, simulation_id: UUID
) -> tuple[Known, StoredSimulation, SimulationRun]:
    """A trial with its tender and its canonical bytes, for those who may read it; raises NotFound."""
    row = SQL.get_simulation(conn, simulation_id=simulation_id, organisation_id=caller.organisation_id)
    stored = await db.one(row, StoredSimulation)
    known = await tenders.read(conn, caller, tender_id=stored.tender_id)
    tenders.check_access(known.tender, caller, "get_simulation")
    run = next(run for run in await _runs(conn, known) if run.id == simulation_id)
    return known, stored, run


@get("/simulations/{simulation_id:uuid}")
async def get_simulation(
    simulation_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[Simulation]:
    """Read a trial as it was stored: the canonical JSON whose SHA-256 is the ETag."""
    _, stored, _ = await find_run(conn, caller, simulation_id)
    return _answer(stored.canonical, stored.digest)


router = Router(path="/", route_handlers=[simulate_lot, list_simulations, get_simulation], tags=["Tenders"])
