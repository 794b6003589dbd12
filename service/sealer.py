"""`tenderscore seal`: a supplier's portal checks and seals a bid, or a document, without sending its contents anywhere.

What it needs of the service is one public answer, GET /lots/{id}/sealing, saved to a file.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID, uuid4

import msgspec

import scoring
from service import sealing, submissions, wire
from service.problems import Fault, Refusal
from service.sealing import SealBroken, Sealer
from service.submissions import Place, Submission, Terms

SEALED, FAULTY, BAD_FILE = 0, 1, 2
_PIECE = 1 << 20


class Unsealable(Exception):
    """Nothing was sealed; the text says why, `faults` name each place, `code` is what the command ends with."""

    def __init__(self, why: str, *faults: str, code: int = BAD_FILE) -> None:
        super().__init__(why)
        self.faults = faults
        self.code = code


def run(arguments: argparse.Namespace) -> int:
    """Check a bid as the service would and seal it for its lot. Exit 0 done, 1 the bid has faults, 2 bad file."""
    try:
        terms = read_terms(arguments.lot)
        lines = _work(arguments, terms)
    except Unsealable as refused:
        print(f"tenderscore: {refused}", *(f"  {fault}" for fault in refused.faults), sep="\n", file=sys.stderr)
        return refused.code
    print("\n".join(lines))
    return SEALED


def _work(arguments: argparse.Namespace, terms: Terms) -> list[str]:
    if arguments.document is not None:
        return _seal_document(arguments, terms)
    submission = read_bid(arguments.bid, terms, arguments.variant)
    if arguments.check:
        return [
            f"{arguments.bid} is complete for the rules {terms.rules_digest}. Nothing was written.",
            f"Seal it and send it before {terms.submission_deadline.isoformat()}.",
        ]
    return _seal_bid(arguments, terms, submission)


# What is read


def read_terms(path: Path) -> Terms:
    """The published terms of a lot; raises Unsealable when they are not whole, or not what their digest says."""
    try:
        terms = msgspec.json.decode(_read(path), type=Terms)
        sealing.check_public_key(terms.public_key)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unsealable(f"{path} is not the answer of GET /lots/{{id}}/sealing: {error}") from None
    except SealBroken as broken:
        raise Unsealable(f"{path} holds no usable public key: {broken.why} Get the file again.") from None
    if scoring.rules_digest(terms.rules) != terms.rules_digest:
        raise Unsealable(f"{path} was changed: its rules do not have the digest that it names. Get the file again.")
    return terms


def read_bid(path: Path, terms: Terms, variant: int = 0) -> Submission:
    """A bid that the service would take; raises Unsealable with every fault and its mend."""
    try:
        submission = wire.decode(_read(path), Submission)
    except Refusal as refusal:
        raise Unsealable(f"{path} cannot be read. {refusal.detail}", *_told(refusal.faults)) from None
    if faults := submissions.find_faults(terms.rules, submission, terms.admits(variant)):
        number = f"{len(faults)} fault{'s' * (len(faults) > 1)}"
        raise Unsealable(f"{path} has {number}; nothing was sealed.", *_told(faults), code=FAULTY)
    return submission


def _told(faults: Iterable[Fault]) -> Iterator[str]:
    for fault in faults:
        yield " ".join(filter(None, (f"{fault.pointer or '/'}:", fault.message, fault.mend)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unsealable(f"{path} cannot be read: {error.strerror or error}") from None


# What is written


def _seal_bid(arguments: argparse.Namespace, terms: Terms, submission: Submission) -> list[str]:
    version = terms.version if arguments.version is None else arguments.version
    if version is None:
        raise Unsealable(f"{arguments.lot} names no version of the bid. Give --version 1 for your first bid.")
    place = Place(terms.tender_id, terms.lot_id, _supplier(arguments, terms), version)
    container = submissions.seal(
        submission,
        place,
        terms.public_key,
        rules_digest=terms.rules_digest,
        price_envelope=terms.price_envelope,
    )
    _write(arguments.output, [container])
    return [
        f"Sealed {arguments.bid} as {arguments.output}, version {version} of the bid of supplier {place.supplier_id}.",
        f"SHA-256 {hashlib.sha256(container).hexdigest()}, {len(container)} bytes: as on the receipt.",
        f"Send it as {sealing.BID_TYPE} before {terms.submission_deadline.isoformat()}.",
        *([f"Send it as a variant: ?variant={arguments.variant}."] if arguments.variant else ()),
    ]


def _seal_document(arguments: argparse.Namespace, terms: Terms) -> list[str]:
    """Seal a document in pieces, so that its size does not matter."""
    document_id, digest = uuid4(), hashlib.sha256()
    context = sealing.context(terms.tender_id, terms.lot_id, _supplier(arguments, terms), "document", document_id)
    size = 0

    def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece

    _write(arguments.output, counted(_sealed(arguments.document, terms.public_key, context)))
    return [
        f"Sealed {arguments.document} as {arguments.output}, document {document_id}.",
        f"SHA-256 {digest.hexdigest()}, {size} bytes: as on the receipt.",
        f"Send it as {sealing.DOCUMENT_TYPE} to /lots/{terms.lot_id}/documents?document_id={document_id}",
        f"before {terms.submission_deadline.isoformat()}, and name it in the bid:",
        f'  "documents": [{{"id": "{document_id}", "name": "{arguments.document.name}"}}]',
    ]


def _sealed(path: Path, public: bytes, context: bytes) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            sealer = Sealer(public, context, sealing.DOCUMENT_STEP, path.stat().st_size)
            yield sealer.header
            while piece := file.read(_PIECE):
                yield sealer.update(piece)
            yield sealer.finish()
    except OSError as error:
        raise Unsealable(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise Unsealable(f"{path} changed while it was read. Try again when nobody writes to it.") from None


def _supplier(arguments: argparse.Namespace, terms: Terms) -> UUID:
    supplier_id: UUID | None = arguments.supplier or terms.supplier_id
    if supplier_id is None:
        raise Unsealable(f"{arguments.lot} names no supplier. Give --supplier with the id of your organisation.")
    return supplier_id


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write the file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
        part.replace(path)
    except OSError as error:
        raise Unsealable(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)


def add_commands(commands: Any) -> None:
    """Register seal."""
    parser = commands.add_parser("seal", help=run.__doc__, description=run.__doc__)
    parser.add_argument("bid", nargs="?", type=Path, metavar="BID.json", help="the bid, as the service takes it")
    parser.add_argument("--document", type=Path, metavar="FILE", help="seal this file instead of a bid")
    parser.add_argument("--lot", type=Path, required=True, metavar="LOT.json", help="answer of GET /lots/{id}/sealing")
    parser.add_argument("--supplier", type=UUID, metavar="ID", help="your organisation's id, unless LOT.json names it")
    parser.add_argument("--version", type=_version, metavar="N", help="of the bid: 1, one more for each replacement")
    parser.add_argument("--variant", type=_version, default=0, metavar="N", help="seal a variant of your bid: 1, 2 …")
    parser.add_argument("--check", action="store_true", help="check the bid and write nothing")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where the sealed bid or document goes")
    parser.set_defaults(run=_run_or_usage(parser))


def _version(text: str) -> int:
    version = int(text) if text.isdecimal() else 0
    if version < 1:
        raise argparse.ArgumentTypeError("a version is 1 or more")
    return version


def _run_or_usage(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    def usage(arguments: argparse.Namespace) -> int:
        def refuse(why: str) -> NoReturn:
            parser.error(why)

        if (arguments.bid is None) == (arguments.document is None):
            refuse("name a bid, or a document with --document")
        if arguments.check and (arguments.document is not None or arguments.output is not None):
            refuse("--check is for bids, and writes nothing")
        if not arguments.check and arguments.output is None:
            refuse("name the file to write with -o, or ask for --check")
        return run(arguments)

    return usage
