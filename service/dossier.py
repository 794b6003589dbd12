"""The Annex IV dossier of a tender: what proves that its bids were received, kept and opened as the law asks.

    tenderscore dossier TENDER --login FILE              print the evidence for (a) to (g), entry by entry
    tenderscore dossier TENDER --login FILE -o D.json    write the dossier as well

For the tender's approver or auditor, once all lots are opened. Whoever gets the file checks it without the service:
`python verify_dossier.py D.json --key BASE64`, from `/verify_dossier.py`, with the key published at
`/.well-known/tenderscore-keys.json`. Source: Directive 2014/24/EU, art. 22(6) and Annex IV.
"""

import argparse
import base64
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from service import merkle
from service.verify_dossier import ITEMS, Reading, evidence_in

_SECONDS = 120
_PAGE = 1000
FORMAT = "tenderscore-dossier-1"
SCORES = ("score.", "consensus.", "meeting.", "criterion.")
"""Kinds of entries that tell marks and their reasons; a dossier can hold their hashes alone."""


class Stopped(Exception):
    """The dossier cannot be made; the text says why."""


class Dossier(Struct, frozen=True, kw_only=True):
    """A tender's log under its signed checkpoint, with what follows from it for Annex IV.

    A line of `log` is an entry to the letter, or a leaf's hash in base64 where it is withheld. `evidence` names entries
    by their positions. Reference, title and names are for readers and are not signed.
    """

    format: str
    tender_id: str
    reference: str
    title: str
    buyer: str
    names: dict[str, str]
    key: str
    checkpoint: str
    log: list[dict[str, str]]
    evidence: dict[str, list[int]]
    broken: list[str]


def assemble(
    tender: Mapping[str, Any],
    key: str,
    checkpoint: str,
    lines: Sequence[str],
    names: dict[str, str],
    withheld: Collection[int],
) -> Dossier:
    """Put a dossier together from a log's lines; `withheld`: positions of which only the hash is given."""
    shown = [line for position, line in enumerate(lines, start=1) if position not in withheld]
    entries = [cast("dict[str, Any]", msgspec.json.decode(line)) for line in shown]
    return Dossier(
        format=FORMAT,
        tender_id=str(tender["id"]),
        reference=tender["reference"],
        title=tender["title"],
        buyer=tender["buyer"],
        names=names,
        key=key,
        checkpoint=checkpoint,
        log=[
            {"leaf": base64.b64encode(merkle.leaf_hash(line.encode())).decode()}
            if position in withheld
            else {"entry": line}
            for position, line in enumerate(lines, start=1)
        ],
        evidence=evidence_in(entries),
        broken=Reading(entries).broken,
    )


def told(dossier: Dossier) -> Iterator[str]:
    """The dossier for people, line by line."""
    yield f"{dossier.buyer}: {dossier.title} ({dossier.reference})"
    yield f"Log {dossier.tender_id}, {len(dossier.log)} entries, signed by the key {dossier.key}"
    lines = {position: line["entry"] for position, line in enumerate(dossier.log, start=1) if "entry" in line}
    for item, (ensured, _) in ITEMS.items():
        yield ""
        yield f"({item}) {ensured}"
        for position in dossier.evidence[item]:
            entry: dict[str, Any] = msgspec.json.decode(lines[position])
            who = dossier.names.get(entry["person_id"] or "", entry["person_id"] or "the service")
            facts = ", ".join(
                f"{name} {value}"
                for name, value in entry["data"].items()
                if value is not None and not isinstance(value, dict | list)
            )
            yield f"  {position:>6}  {entry['at']}  {entry['kind']}  {who}  {facts}"
        if not dossier.evidence[item]:
            yield "  no entry"
    yield ""
    yield from dossier.broken or ["All of it holds, by the log's own words."]


# Asking the service


def fetch(http: httpx.Client, tender_id: UUID, *, withhold_scores: bool = False) -> Dossier:
    """Ask the service for everything; raises Stopped with its own words where it refuses."""
    tender = _ask(http, f"/tenders/{tender_id}").json()
    (key,) = [one for one in _ask(http, "/.well-known/tenderscore-keys.json").json()["keys"] if one["in_use"]]
    checkpoint = _ask(http, f"/tenders/{tender_id}/log/checkpoint").text
    size = int(checkpoint.split("\n")[1])
    # What was written since the checkpoint, this very request's refusals included, is not signed by it.
    lines = _ask(http, f"/tenders/{tender_id}/log/entries").text.splitlines()[:size]
    withheld: set[int] = set()
    if withhold_scores:
        kinds = [str(msgspec.json.decode(line)["kind"]) for line in lines]
        withheld = {position for position, kind in enumerate(kinds, start=1) if kind.startswith(SCORES)}
    return assemble(tender, key["public_key"], checkpoint, lines, _names(http, tender_id), withheld)


def _names(http: httpx.Client, tender_id: UUID) -> dict[str, str]:
    """The names of those whom the log names by their ids."""
    names: dict[str, str] = {}
    after: int | None = 0
    while after is not None:
        page = _ask(http, f"/tenders/{tender_id}/record?limit={_PAGE}&after={after}").json()
        names |= {entry["person_id"]: entry["person"] for entry in page["entries"] if entry["person_id"]}
        after = page["next"]
    return names


def _ask(http: httpx.Client, path: str) -> httpx.Response:
    try:
        answer = http.get(path)
    except httpx.HTTPError as error:
        raise Stopped(f"The service cannot be reached: {error}") from None
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        raise Stopped(f"{problem['title']}. {problem['detail']}")
    except (ValueError, KeyError):
        raise Stopped(f"{path}: the service answered {answer.status_code}.") from None


# Command


def run(arguments: argparse.Namespace) -> int:
    """Print a tender's dossier and write it where that was asked for. Exit 2 where something does not hold."""
    try:
        login = arguments.login.read_text(encoding="ascii", errors="replace").strip()
        headers = {"Authorization": f"Bearer {login}"}
        with httpx.Client(base_url=arguments.service, headers=headers, timeout=_SECONDS) as http:
            dossier = fetch(http, arguments.tender, withhold_scores=arguments.withhold_scores)
        if arguments.output is not None:
            arguments.output.write_bytes(msgspec.json.format(msgspec.json.encode(dossier), indent=1) + b"\n")
    except OSError as error:
        print(f"tenderscore dossier: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 1
    except Stopped as stopped:
        print(f"tenderscore dossier: {stopped}", file=sys.stderr)
        return 1
    for line in told(dossier):
        print(line)
    return 2 if dossier.broken else 0


def add_commands(commands: Any) -> None:
    """Register dossier."""
    parser = commands.add_parser(
        "dossier",
        help="the Annex IV dossier of a tender, with proofs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("tender", type=UUID, metavar="TENDER", help="the tender's id")
    parser.add_argument("--service", default="http://127.0.0.1:8000", metavar="URL", help="address of the service")
    parser.add_argument("--login", type=Path, required=True, metavar="FILE", help="file with your API key")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the dossier there as JSON")
    parser.add_argument("--withhold-scores", action="store_true", help="of marks and reasons give the hashes alone")
