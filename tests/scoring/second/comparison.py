"""Engine and second implementation side by side on one case: every difference in points, totals, ranks and winner."""

from fractions import Fraction

import msgspec

import scoring
from tests.scoring.second.digits import Fault, shown
from tests.scoring.second.formulas import Json, StoppedError
from tests.scoring.second.ranking import Row, Verdict, second_opinion


def engine_opinion(case: Json) -> scoring.Evaluation | None:
    """The engine's evaluation; nothing where it says that the bids cannot be ranked."""
    lot = msgspec.convert(case["lot"], scoring.Lot)
    bids = msgspec.convert(case["bids"], list[scoring.OpenedBid])
    try:
        return scoring.evaluate(lot, bids, case.get("draw_secret"))
    except scoring.Unscorable:
        return None


def opinion(case: Json, fault: Fault | None = None) -> Verdict | None:
    """The second opinion; nothing where it says that the bids cannot be ranked."""
    try:
        return second_opinion(case, fault)
    except StoppedError:
        return None


def differences(case: Json, fault: Fault | None = None) -> list[str]:
    """What the two say differently about a case, one sentence each; empty where they agree."""
    engine, second = engine_opinion(case), opinion(case, fault)
    if engine is None or second is None:
        both = engine is None and second is None
        return [] if both else [f"can be ranked: engine {engine is not None}, second {second is not None}"]
    found = [f"winner: engine {engine.winner}, second {second.winner}"] if engine.winner != second.winner else []
    if list(engine.reference_set) != second.reference:
        found.append(f"reference set: engine {list(engine.reference_set)}, second {second.reference}")
    results = {result.id: result for result in engine.bids}
    for row in second.rows:
        found += differences_of_bid(results[row.id], row)
    return found


def differences_of_bid(result: scoring.BidResult, row: Row) -> list[str]:
    """What the two say differently about one bid; points count for the ranked."""
    pairs: list[tuple[str, object, object]] = [("rank", result.rank, row.rank), ("tied", result.tied, row.tied)]
    if result.rank is not None and row.rank is not None:
        pairs.append(("total", text_as_number(result.total), shown(row.total or Fraction(0))))
        pairs += compared("points", result.points, row.points)
        pairs += compared("weighted", result.weighted, row.weighted)
    return [f"{row.id} {what}: engine {mine}, second {theirs}" for what, mine, theirs in pairs if mine != theirs]


def compared(what: str, engine: dict[str, str], second: dict[str, Fraction]) -> list[tuple[str, object, object]]:
    """Criterion by criterion, as printed."""
    return [
        (f"{what} of {name}", text_as_number(engine.get(name)), shown(second[name]) if name in second else None)
        for name in sorted({*engine, *second})
    ]


def text_as_number(text: str | None) -> Fraction | None:
    """A printed number."""
    return None if text is None else Fraction(text)
