"""Check the export of a tender without the service that made it: every file, the log, the receipts, the results.

    tenderscore import EXPORT.zip --key BASE64                       check it, and say what holds
    tenderscore import EXPORT.zip --key BASE64 --login FILE          hand it to an installation as well, as evidence

The log is the anchor: its root must be the one that the key has signed. Receipts are checked by the published script,
results are computed again to the last digit, and the log must tell of every result, letter, paper and bid by an event
of its kind, its own id and its digest: a digest that stands there for something else proves nothing.
What is told beside that – tables and documents as they were opened – is as it was packed, no more.
"""

import argparse
import base64
import hashlib
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

import scoring
from service import merkle, verify_receipt

FORMAT = "tenderscore-export-1"
MANIFEST = "manifest.json"
LOG, CHECKPOINT = "log/entries.ndjson", "log/checkpoint"
RESULTS, LETTERS, PAPERS, BIDS = "evaluations/", "letters/", "papers/", "tables/bid_versions.json"
_PIECE = 1 << 20
_MOST_MEMBERS = 300_000
_MOST_READ = 512 << 20
"""Bytes of one member that is read as a whole; documents are only hashed."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Member(Struct, frozen=True, kw_only=True):
    """A file of an export, by its digest. `fault` says why a document could not be read to its end."""

    path: str
    size: int
    sha256: str
    fault: str | None = None


class Manifest(Struct, frozen=True, kw_only=True):
    """What an export says that it is, and holds."""

    format: str
    tender_id: str
    reference: str
    title: str
    buyer: str
    key: str
    log_size: int
    members: list[Member]


class Checked(Struct, frozen=True, kw_only=True):
    """What was found: whose export it is, how much of each kind holds, and everything that does not."""

    tender_id: str
    reference: str
    title: str
    buyer: str
    key: str
    log_size: int
    log_root: str
    digest: str
    receipts: int
    results: int
    documents: int
    papers: int
    broken: list[str]


BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
"""What a damaged archive is told by: its directory, its packing, its end, its flags, names or offsets."""


class NoExport(Exception):
    """The file is no export; the text says why."""


class Told(NamedTuple):
    """What an entry of the log tells of: a file of a folder, or a version of a bid; by its name and its digest."""

    where: str
    name: str
    digest: str


def told_by(entry: dict[str, Any]) -> Iterator[Told]:
    """What an entry proves to have been there, each only in the role in which the event of its kind names it."""
    data: dict[str, Any] = entry["data"]
    match entry["kind"]:
        case "lot.evaluated":
            yield Told(RESULTS, data["evaluation_id"], data["digest"])
        case "summary.sent":
            for one in data.get("letters", ()):
                yield Told(LETTERS, f"{one['bid_id']}-{data['award_number']}", one["digest"])
        case "report.stored":
            yield Told(PAPERS, data["evaluation_id"], data["digest"])
        case "paper.stored":
            yield Told(PAPERS, data["paper_id"], data["digest"])
        case "record.stored":
            yield Told(PAPERS, data["record_file_id"], data["digest"])
        case "bid.submitted" | "bid.replaced":
            yield Told(BIDS, data["bid_id"], data["digest"])
        case _:
            pass


def _name_in(path: str) -> str:
    """What a file is known by in the log: a letter by its bid and award, everything else by its id."""
    name = path.rpartition("/")[2].removesuffix(".json")
    found = _ID.search(name)
    return name if found is None or path.startswith(LETTERS) else found[0]


class _Reading:
    """An export that is open, and what was found to be wrong so far."""

    def __init__(self, packed: zipfile.ZipFile, key: str) -> None:
        self.packed = packed
        self.broken: list[str] = []
        self.told: set[Told] = set()
        names = packed.namelist()
        if len(names) > _MOST_MEMBERS or len(set(names)) < len(names) or MANIFEST not in names:
            raise NoExport("It has no manifest, or a file twice.")
        try:
            self.manifest = msgspec.json.decode(self.read(MANIFEST), type=Manifest)
        except msgspec.MsgspecError as error:
            raise NoExport(f"Its manifest cannot be read: {error}.") from None
        if self.manifest.format != FORMAT:
            raise NoExport(f"It is of the form {self.manifest.format!r}, this program knows {FORMAT}.")
        if key not in {"", self.manifest.key}:
            self.broken.append("It is signed by another key than the one you gave.")

    def read(self, path: str) -> bytes:
        """A file as a whole; nothing, and a fault, where it is missing or too large."""
        try:
            info = self.packed.getinfo(path)
        except KeyError:
            self.broken.append(f"{path} is missing.")
            return b""
        if info.file_size > _MOST_READ:
            self.broken.append(f"{path} is larger than {_MOST_READ} bytes.")
            return b""
        return self.packed.read(path)

    def of(self, folder: str) -> list[str]:
        """The files of a folder that the manifest names."""
        return [one.path for one in self.manifest.members if one.path.startswith(folder)]

    def check_members(self) -> str:
        """Every file against the manifest; returns the manifest's digest, which stands for the whole."""
        told = {one.path: one for one in self.manifest.members}
        there = set(self.packed.namelist()) - {MANIFEST}
        self.broken += [f"{path} is missing." for path in sorted(told.keys() - there)]
        self.broken += [f"{path} does not belong to it." for path in sorted(there - told.keys())]
        for path in sorted(told.keys() & there):
            digest, size = hashlib.sha256(), 0
            with self.packed.open(path) as member:
                while piece := member.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
            if (digest.hexdigest(), size) != (told[path].sha256, told[path].size):
                self.broken.append(f"{path} was changed.")
            if told[path].fault:
                self.broken.append(f"{path}: {told[path].fault}")
        return hashlib.sha256(self.packed.read(MANIFEST)).hexdigest()

    def check_log(self) -> merkle.Tree:
        """The log under its signature; returns its tree, and notes what its entries tell of."""
        lines = self.read(LOG).splitlines()
        tree = merkle.Tree([merkle.leaf_hash(line) for line in lines])
        try:
            key = verify_receipt.unbase64(self.manifest.key)
            origin, size, root = verify_receipt.open_checkpoint(self.read(CHECKPOINT).decode(), key)
            entries: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
            verify_receipt.require(
                size == len(lines) == self.manifest.log_size and tree.root(size) == root,
                "The log is not the one that was signed.",
            )
            verify_receipt.require(origin == f"tenderscore/{self.manifest.tender_id}", "It is another tender's log.")
            for position, entry in enumerate(entries, start=1):
                place = (entry["position"], f"tenderscore/{entry['log_id']}")
                verify_receipt.require(place == (position, origin), f"Entry {position} is of another place.")
                self.told.update(told_by(entry))
        except (AttributeError, ValueError, LookupError, TypeError, msgspec.MsgspecError) as error:
            self.broken.append(f"log: {error}")
        return tree

    def check_receipts(self, tree: merkle.Tree) -> int:
        """Every receipt by the published script, and that its root is the log's own at that size."""
        paths = self.of("receipts/")
        for path in paths:
            try:
                receipt: dict[str, Any] = msgspec.json.decode(self.read(path))
                for _ in verify_receipt.check(receipt, self.manifest.key):
                    pass
                _, size, root = verify_receipt.open_checkpoint(
                    receipt["proof"]["checkpoint"], verify_receipt.unbase64(self.manifest.key)
                )
                verify_receipt.require(tree.root(size) == root, "It was signed over another log.")
            except (AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
                self.broken.append(f"{path}: {error}")
        return len(paths)

    def check_results(self) -> int:
        """Every result computed again from its own inputs, to the byte."""
        paths = self.of(RESULTS)
        for path in paths:
            try:
                canonical = self.read(path)
                stored = msgspec.json.decode(canonical, type=scoring.Evaluation)
                again = scoring.canonical(scoring.evaluate(stored.lot, stored.inputs, stored.draw_secret))
                if again != canonical:
                    self.broken.append(f"{path} does not come out again: {', '.join(scoring.verify(stored)[:5])}.")
            except (
                AttributeError,
                ValueError,
                LookupError,
                TypeError,
                ArithmeticError,
                msgspec.MsgspecError,
            ) as error:
                self.broken.append(f"{path}: {error}")
        return len(paths)

    def check_told(self) -> None:
        """Results, letters and papers that the log does not tell of as what they are; and bids of the tables."""
        for one in self.manifest.members:
            where = next((folder for folder in (RESULTS, LETTERS, PAPERS) if one.path.startswith(folder)), None)
            if where is not None and Told(where, _name_in(one.path), one.sha256) not in self.told:
                self.broken.append(f"{one.path} is not in the log.")
        try:
            versions: list[dict[str, Any]] = msgspec.json.decode(self.read(BIDS) or b"[]")
            missing = [one["bid_id"] for one in versions if Told(BIDS, one["bid_id"], one["digest"]) not in self.told]
        except (LookupError, TypeError, msgspec.MsgspecError) as error:
            missing = [repr(error)]
        self.broken += [f"{BIDS}: the log has no such bid as {one}." for one in missing]


def check(path: Path, key: str = "") -> Checked:
    """Check an export. `key`: the public key in base64, known from elsewhere; without it the export's own is believed.

    Raises NoExport for what is none.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            reading = _Reading(packed, key)
            digest = reading.check_members()
            log = reading.check_log()
            receipts, results = reading.check_receipts(log), reading.check_results()
            reading.check_told()
    except BROKEN as error:
        raise NoExport(f"It cannot be read: {error}.") from None
    told = {name: getattr(reading.manifest, name) for name in ("tender_id", "reference", "title", "buyer", "key")}
    return Checked(
        **told,
        log_size=log.size,
        log_root=base64.b64encode(log.root(log.size)).decode(),
        digest=digest,
        receipts=receipts,
        results=results,
        documents=len(reading.of("documents/")),
        papers=len(reading.of(PAPERS)) + len(reading.of(LETTERS)),
        broken=reading.broken,
    )


def lines(found: Checked, *, key_given: bool) -> Iterator[str]:
    """The outcome for people."""
    yield f"{found.buyer}: {found.title} ({found.reference}), tender {found.tender_id}"
    yield f"The log has {found.log_size} entries and the root {found.log_root}."
    yield f"{found.receipts} receipts, {found.results} results computed again, {found.papers} letters and papers,"
    compare = "" if key_given else "; compare it with the published one"
    yield f"{found.documents} documents. Signed by {found.key}{compare}."
    yield from found.broken or ["VERIFIED."]


# Command


def run(arguments: argparse.Namespace) -> int:
    """Check an export, and hand it over where that was asked for. Exit 2 where something does not hold."""
    from service.calls import NoAnswer, Refused  # drag httpx, which a service does not need
    from service.client import Client

    try:
        found = check(arguments.export, arguments.key)
        for line in lines(found, key_given=bool(arguments.key)):
            print(line)
        if found.broken:
            return 2
        if arguments.login is not None:
            login = arguments.login.read_text(encoding="ascii", errors="replace").strip()
            with Client(arguments.service, login) as client:
                kept = client.import_tender(arguments.export.read_bytes(), key=arguments.key or found.key).value
            print(f"Kept as evidence: /imports/{kept['id']}")
    except OSError as error:
        print(f"tenderscore import: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 1
    except (NoExport, Refused, NoAnswer) as stopped:
        print(f"tenderscore import: {stopped}", file=sys.stderr)
        return 1
    return 0


def add_commands(commands: Any) -> None:
    """Register import."""
    parser = commands.add_parser(
        "import",
        help="check the export of a tender, and keep it as evidence",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("export", type=Path, metavar="EXPORT.zip", help="what GET /tenders/{id}/export gives")
    parser.add_argument("--key", default="", metavar="BASE64", help="the public key that has signed it")
    parser.add_argument("--service", default="http://127.0.0.1:8000", metavar="URL", help="where it is to be kept")
    parser.add_argument("--login", type=Path, metavar="FILE", help="file with an operator's API key of that service")
