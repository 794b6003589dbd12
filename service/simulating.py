"""Without a database: `tenderscore simulate` tries a case's rules, `tenderscore sensitivity` examines a result."""

import argparse
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import msgspec

from scoring import Evaluation, canonical, sensitivity
from scoring.alternatives import UnderAnother
from scoring.case import BadDocument, decode
from scoring.decimals import decimal_text, rounded
from scoring.model import Lot, OpenedBid
from scoring.simulation import MOST_BIDS, MOST_RUNS, Simulation, Trial, simulate

TRIED, NOT_TRIED, BAD_CASE = 0, 1, 2


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case of which only the lot must be there: without bids some are invented."""

    lot: Lot
    bids: tuple[OpenedBid, ...] = ()
    draw_secret: str | None = None


def run(arguments: argparse.Namespace) -> int:
    """Try a case's rules before they are published. Exit 0 tried, 1 the bids cannot be ranked, 2 bad case."""
    try:
        draft = decode(arguments.case.read_bytes(), Draft)
        trial = Trial(bids=draft.bids, number=arguments.bids, seed=arguments.seed, runs=arguments.runs)
    except OSError as error:
        return _refuse(f"{arguments.case} cannot be read: {error.strerror or error}")
    except (BadDocument, ValueError) as fault:
        return _refuse(f"{arguments.case} is no valid case:\n{fault}")
    found = simulate(draft.lot, trial)
    if arguments.json:
        sys.stdout.write(canonical(found).decode() + "\n")
    else:
        print("\n".join(_report(found)))
    return NOT_TRIED if found.refused else TRIED


def examine(arguments: argparse.Namespace) -> int:
    """Say how firmly a stored result's winner stands, as JSON. Exit 0 examined, 2 not a result."""
    try:
        result = decode(arguments.result.read_bytes(), Evaluation)
    except OSError as error:
        return _refuse(f"{arguments.result} cannot be read: {error.strerror or error}")
    except BadDocument as fault:
        return _refuse(f"{arguments.result} is no result:\n{fault}")
    options = {"draws": arguments.draws, "seed": arguments.seed}
    found = sensitivity(result.lot, result.inputs, result.draw_secret, **options)
    sys.stdout.write(canonical(found).decode() + "\n")
    return TRIED


def _refuse(why: str) -> int:
    print(f"tenderscore: {why}", file=sys.stderr)
    return BAD_CASE


def _report(found: Simulation) -> Iterator[str]:
    """The trial for a terminal."""
    source = f"{len(found.bids)} invented bids, seed {found.seed}" if found.invented else f"{len(found.bids)} bids"
    yield f"Tried with {source}."
    yield from (f"Not ranked: {fault}" for fault in found.refused)
    yield from _table(
        ("rank", "bid", "total"), [_place(standing.rank, standing.bid, standing.total) for standing in found.ranking]
    )
    if found.under_others:
        yield ""
        yield "Who would win under…"
        yield from _table(("id", "formula", "winner", "with"), [_row(row) for row in found.under_others])
    if (reversal := found.reversal) is not None:
        yield ""
        yield (
            f"A loser's leaving changes the winner in {reversal.changed} of {reversal.runs} fields; "
            f"here if {' or '.join(reversal.changers) or 'nobody'} leaves."
        )
        yield from (f"Invented fields could not be ranked: {fault}" for fault in reversal.refused)
    yield from _tipping(found)
    for pole in found.poles:
        outcome = pole.refused or f"first is {' and '.join(pole.winners) or 'nobody'}"
        yield f"With a price of 0 by {pole.bid}: {outcome}."
    for problem in found.problems:
        law = f" [{'; '.join(problem.law)}]" if problem.law else ""
        yield f"{problem.severity}: {problem.pointer}: {problem.message}; {problem.mend}{law}"


def _place(rank: int | None, bid: str, total: str | None) -> tuple[str, str, str]:
    return ("–" if rank is None else str(rank), bid, total or "")


def _row(row: UnderAnother) -> tuple[str, str, str, str]:
    stated = {name: value for name, value in row.parameters.items() if name not in {"id", "zero", "bands", "points"}}
    parameters = ", ".join(f"{name} {_words(value)}" for name, value in stated.items())
    winner = "as here" if row.same_winner else ", ".join(row.winners) or f"nobody: {row.refused}"
    return (row.id, row.name, winner, parameters)


def _words(value: Any) -> str:
    """A parameter as text; a table, such as what each criterion is worth, as "quality 1000 and team 500"."""
    if isinstance(value, dict):
        rows = cast("dict[str, Any]", value).items()
        return " and ".join(
            f"{name} ({_words(one)})" if isinstance(one, dict) else f"{name} {one}" for name, one in rows
        )
    return str(value)


def _tipping(found: Simulation) -> Iterator[str]:
    for interval in found.sensitivity.intervals if found.sensitivity is not None else ():
        yield (
            f"{found.winners[0]} stays first with {interval.criterion} "
            f"from {_short(interval.lowest)} to {_short(interval.highest)} "
            f"of {interval.total} (now {interval.weighting})."
        )


def _short(number: str) -> str:
    """An exact number to four decimals, for the eye; the JSON has it without loss."""
    return decimal_text(rounded(Fraction(number), 4, "half_up"), 4)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def add_commands(commands: Any) -> None:
    """Register simulate and sensitivity."""
    parser = commands.add_parser("simulate", help=run.__doc__, description=run.__doc__)
    parser.add_argument("case", type=Path, metavar="CASE.json", help="a case file; its bids may be left out")
    parser.add_argument("--json", action="store_true", help="print the whole result as canonical JSON")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is invented (default 1)")
    parser.add_argument("--runs", type=int, default=1000, help=f"invented fields, 0 to {MOST_RUNS} (default 1000)")
    parser.add_argument("--bids", type=int, default=8, help=f"how many to invent, 1 to {MOST_BIDS} (default 8)")
    parser.set_defaults(run=run)
    parser = commands.add_parser("sensitivity", help=examine.__doc__, description=examine.__doc__)
    parser.add_argument(
        "result", type=Path, metavar="RESULT.json", help="what score --json printed, or a stored result"
    )
    parser.add_argument("--draws", type=int, default=10_000, help="random weightings to try (default 10,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the random weightings (default 1)")
    parser.set_defaults(run=examine)
