"""How firmly an evaluation's winner stands: what would have had to be otherwise for another bid to win.

Worked out anew from the stored evaluation each time it is asked for, in a process of its own: the same evaluation and
seed give the same bytes, so nothing needs to be kept.
"""

import asyncio
from typing import Annotated, Any, Final, cast
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

import scoring
from service import apart, db, evaluations
from service.organisations import Caller
from service.problems import Refusal, Unavailable

MOST_CELLS: Final = 2_000
AT_ONCE: Final = 2
"""So many are worked out at once; further ones wait for their turn."""

_turn = asyncio.Semaphore(AT_ONCE)

Draws = Annotated[int, QueryParameter(ge=0, le=10_000, description="Random weightings to try.")]
Seed = Annotated[int, QueryParameter(ge=0, le=2**63 - 1, description="The same seed gives the same answer.")]


class TooLargeToAnswer(Refusal):
    """The evaluation is too large to be examined while you wait.

    Fetch it from `/evaluations/{id}` and run `tenderscore sensitivity RESULT.json`, which takes as long as it takes.
    """

    status = 422


def check_size(evaluation: scoring.Evaluation) -> None:
    """Refuse what would hold a processor for minutes."""
    cells = len(evaluation.inputs) * sum(1 for _ in scoring.leaves(evaluation.lot.criteria))
    if cells > MOST_CELLS:
        raise TooLargeToAnswer(f"Bids × criteria are {cells:,}; {MOST_CELLS:,} are answered at once.")


def examined(evaluation: bytes, draws: int, seed: int) -> bytes:
    """The sensitivity of a canonical evaluation as canonical JSON; for a process of its own."""
    stored = msgspec.json.decode(evaluation, type=scoring.Evaluation)
    return scoring.canonical(scoring.sensitivity(stored.lot, stored.inputs, stored.draw_secret, draws=draws, seed=seed))


@get("/evaluations/{evaluation_id:uuid}/sensitivity")
async def get_sensitivity(
    evaluation_id: FromPath[UUID],
    state: State,
    caller: NamedDependency[Caller],
    draws: Draws = 10_000,
    seed: Seed = 1,
) -> Response[scoring.Sensitivity]:
    """Say how firmly the winner stands: weightings, single marks, a bid that leaves, break-even prices, random weights.

    For those who score, decide or audit. The numbers are exact; the same seed gives the same bytes.
    """
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        stored = await evaluations.get_stored(conn, caller, evaluation_id)
    check_size(msgspec.json.decode(stored.canonical, type=scoring.Evaluation))
    async with _turn:
        try:
            found = await apart.run(examined, stored.canonical, draws, seed)
        except apart.WorkError as failure:
            raise Unavailable(f"It could not be worked out. {failure}", headers={"Retry-After": "30"}) from failure
    # The bytes themselves, described by their struct.
    return Response(cast("Any", found), media_type="application/json")


router = Router(path="/", route_handlers=[get_sensitivity], tags=["Evaluation"])
