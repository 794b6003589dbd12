"""Commands that need no database: score a case file, list the formulas, verify a result or a receipt, draw a secret."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from scoring import Case, Evaluation, canonical, decode, digest, evaluate, methods, rules_digest, verify
from scoring.canonical import ENGINE
from scoring.case import BadDocument
from scoring.worked import InvalidValue, Unscorable
from service import verify_receipt

RANKED, NOT_RANKED, BAD_CASE = 0, 1, 2
MOST_DIFFERENCES = 20
T = TypeVar("T")


def score(arguments: argparse.Namespace) -> int:
    """Score a case file: a lot and its bids. Exit 0 ranked, 1 no ranking, 2 bad case."""
    if arguments.schema:
        print(json.dumps(msgspec.json.schema(Case), indent=2, ensure_ascii=False))
        return RANKED
    case = _read(arguments.case, Case)
    if case is None:
        return BAD_CASE
    try:
        evaluation = evaluate(case.lot, case.bids, case.draw_secret)
    except InvalidValue as fault:
        _complain(f"{arguments.case} is no valid case", _placed(case, fault))
        return BAD_CASE
    except Unscorable as fault:
        _complain("The bids cannot be ranked", _placed(case, fault))
        if arguments.json:
            _write(canonical(_unranked(case, fault)))
        return NOT_RANKED
    if arguments.pdf is not None and not _print_pdf(evaluation, arguments.pdf):
        return BAD_CASE
    _show(evaluation, arguments)
    return RANKED if any(bid.rank is not None for bid in evaluation.bids) else NOT_RANKED


def _show(evaluation: Evaluation, arguments: argparse.Namespace) -> None:
    if arguments.json:
        _write(canonical(evaluation))
        return
    print("\n".join(_table(evaluation)))
    if arguments.explain:
        print("\n".join(_explanation(evaluation)))


def list_methods(arguments: argparse.Namespace) -> int:
    """List every scoring method and whole-tender rule, with parameters and worked examples."""
    listed = methods()
    if arguments.json:
        _write(msgspec.json.format(msgspec.json.encode(listed), indent=2))
        return RANKED
    for one in listed:
        kind = "relative" if one.relative else "absolute"
        print(f"{one.id:<10} {one.name} ({one.place}, {kind})")
        print(f"{'':<10} {one.formula}")
        print(f"{'':<10} Parameters: {one.parameter_notes}")
    return RANKED


def verify_file(arguments: argparse.Namespace) -> int:
    """Verify a file: a stored result, ranked again from its own rules and bids, or the receipt of a bid.

    Exit 0 all is right, 1 something is not, or a later checkpoint was compared with nothing, 2 (results only) not a
    result.
    """
    if _is_receipt(arguments.result):
        return _verify_receipt(arguments)
    evaluation = _read(arguments.result, Evaluation)
    if evaluation is None:
        return BAD_CASE
    try:
        differences = verify(evaluation)
    except Unscorable as fault:
        _complain("The stored bids cannot be ranked again", fault.faults)
        return NOT_RANKED
    if differences:
        _complain("The result does not follow from its rules and bids", _first(differences))
        return NOT_RANKED
    print(f"Verified, digit for digit: {digest(evaluation)} ({evaluation.engine})")
    return RANKED


def _is_receipt(path: Path) -> bool:
    try:
        document = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return False
    return "proof" in document


def _verify_receipt(arguments: argparse.Namespace) -> int:
    """The published script's own judgement, in its own words."""
    given = {name: getattr(arguments, name) for name in ("key", "log", "log_checkpoint", "consistency")}
    line = ""
    try:
        for line in verify_receipt.check(json.loads(Path(arguments.result).read_text("utf-8")), **given):
            print(line)
    except (AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as fault:
        plain = isinstance(fault, OSError | ValueError)
        _complain(f"{arguments.result} is not verified", (str(fault) if plain else f"no receipt: {fault!r}",))
        return NOT_RANKED
    return RANKED if line == "VERIFIED." else NOT_RANKED


def print_secret(_: argparse.Namespace) -> int:
    """Print a new line for the secret file: as its only line, or above those that are there.

    Receipts are signed, tenders' keys guarded with what comes from it; see TENDERSCORE_SECRET_FILE.
    """
    from service import signing

    print(signing.new_line())
    return RANKED


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return decode(path.read_bytes(), kind)
    except OSError as error:
        _complain(f"{path} cannot be read", (error.strerror or str(error),))
    except BadDocument as bad:
        _complain(f"{path} has {len(bad.faults)} fault{'s' * (len(bad.faults) > 1)}", map(str, bad.faults))
    return None


def _first(differences: tuple[str, ...]) -> Iterable[str]:
    """The first differences; a long list says no more than how many there are."""
    yield from differences[:MOST_DIFFERENCES]
    if len(differences) > MOST_DIFFERENCES:
        yield f"and {len(differences) - MOST_DIFFERENCES} more differences"


def _placed(case: Case, fault: Unscorable) -> Iterable[str]:
    """Faults of bids with their JSON path, the others as they are."""
    index = {bid.id: number for number, bid in reversed(list(enumerate(case.bids)))}
    for one in fault.bid_faults:
        member = "" if one.criterion is None else f".values.{one.criterion}"
        yield f"$.bids[{index[one.bid]}]{member}: bid {one.bid!r}: {one.message}"
    if not fault.bid_faults:
        yield from fault.faults


def _complain(what: str, faults: Iterable[str]) -> None:
    print(f"tenderscore: {what}:", file=sys.stderr)
    for fault in faults:
        print(f"  {fault}", file=sys.stderr)


def _write(document: bytes) -> None:
    sys.stdout.write(document.decode() + "\n")


def _unranked(case: Case, fault: Unscorable) -> dict[str, Any]:
    """A result in the usual shape for bids that cannot be ranked: what stopped them stands in their flags."""
    name = {"MissingValue": "missing_value", "ZeroValue": "zero_value"}.get(type(fault).__name__, "unscorable")
    inputs = tuple(sorted(case.bids, key=lambda bid: bid.id))
    return {
        "bids": [
            {
                "id": bid.id,
                "rank": None,
                "tied": False,
                "points": {},
                "weighted": {},
                "total": None,
                "flags": [f"{name}:{one.criterion}" for one in fault.bid_faults if one.bid == bid.id],
            }
            for bid in inputs
        ],
        "winner": None,
        "rules_digest": rules_digest(case.lot),
        "inputs_digest": digest((inputs, case.draw_secret)),
        "engine": ENGINE,
    }


def _print_pdf(evaluation: Evaluation, path: Path) -> bool:
    """Write the report, which takes a second or more; says why where it cannot be done."""
    # Here and not above: WeasyPrint and Jinja take longer to load than a case to score.
    from service import typeset
    from service.apart import WorkError

    print(f"tenderscore: writing {path} …", file=sys.stderr)
    try:
        path.write_bytes(typeset.render_case(evaluation, {}))
    except WorkError as error:
        _complain("The PDF could not be made", filter(None, (str(error), error.mend)))
    except OSError as error:
        _complain(f"{path} cannot be written", (error.strerror or str(error),))
    else:
        return True
    return False


def _table(evaluation: Evaluation) -> Iterable[str]:
    """The ranking as a table for a terminal."""
    names = [criterion.id for criterion in evaluation.lot.criteria]
    head = ["rank", "bid", *names, "total", "flags"]
    rows = [
        [
            "–" if bid.rank is None else f"{bid.rank}{'=' if bid.tied else ''}",
            bid.id,
            *(bid.weighted.get(name, "") for name in names),
            bid.total or "",
            ", ".join(bid.flags),
        ]
        for bid in evaluation.bids
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield f"Winner: {evaluation.winner or 'none'}"
    yield from (note.sentence for note in evaluation.notes)
    yield f"Rules  {evaluation.rules_digest}"
    yield f"Inputs {evaluation.inputs_digest}"


def _explanation(evaluation: Evaluation) -> Iterable[str]:
    """Every bid's arithmetic, step by step."""
    for bid in evaluation.bids:
        yield ""
        yield f"How {bid.id} was scored"
        yield from (f"  {step.sentence}" for step in bid.chain)


def add_commands(commands: Any) -> None:
    """Register score, methods, verify and secret."""
    parser = commands.add_parser("score", help=score.__doc__, description=score.__doc__)
    parser.add_argument("case", nargs="?", type=Path, metavar="CASE.json", help="the case file")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write the report as PDF too")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the whole result as JSON, which verify accepts")
    output.add_argument("--explain", action="store_true", help="print the arithmetic of every bid below the table")
    output.add_argument("--schema", action="store_true", help="print the JSON Schema of a case file")
    parser.set_defaults(run=_score_or_usage(parser))
    parser = commands.add_parser("methods", help=list_methods.__doc__, description=list_methods.__doc__)
    parser.add_argument("--json", action="store_true", help="as a JSON list with the JSON Schema of the parameters")
    parser.set_defaults(run=list_methods)
    parser = commands.add_parser("verify", help=verify_file.__doc__, description=verify_file.__doc__)
    parser.add_argument("result", type=Path, metavar="FILE.json", help="what score --json printed, or a receipt")
    parser.add_argument("--key", default="", metavar="BASE64", help="of a receipt: the signing key that is published")
    parser.add_argument("--log", default="", metavar="LOG.ndjson", help="of a receipt: the tender's log to compare")
    parser.add_argument("--log-checkpoint", default="", metavar="FILE", help="of a receipt: a later signed checkpoint")
    parser.add_argument(
        "--consistency",
        default="",
        metavar="FILE",
        help="of a receipt: the answer of …/log/consistency that connects them",
    )
    parser.set_defaults(run=verify_file)
    parser = commands.add_parser("secret", help=print_secret.__doc__, description=print_secret.__doc__)
    parser.set_defaults(run=print_secret)


def _score_or_usage(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        if arguments.case is None and not arguments.schema:
            parser.error("name a case file, or ask for --schema")
        return score(arguments)

    return run
