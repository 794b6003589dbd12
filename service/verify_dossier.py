"""Check the dossier of a tender without trusting the service that made it. Needs Python 3.9 or later and nothing else.

A dossier is the tender's log with its signed checkpoint, and what follows from it for Directive 2014/24/EU, Annex IV.
All of that is worked out here again; see verify_receipt.py for the standards. Exit status 0: genuine, and all holds.
1: the dossier was changed, or nobody signed it. 2: it is genuine, and something does not hold; the lines say what.
"""

import argparse
import base64
import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

PUBLIC = "tender.published corrigendum.proposed corrigendum.issued corrigendum.withdrawn"
OPENING = "opening.asked share.relayed envelopes.unopenable bids.opened consensus.locked prices.opened"
ITEMS = {  # of Annex IV: what must be ensured, and which entries of the log are the evidence
    "a": ("The exact time and date of receipt is determined.", "bid.submitted bid.replaced bid.withdrawn bid.late"),
    "b": ("Nobody has access before the time limit.", "key.made share.rehearsed tender.published bids.opened"),
    "c": ("Only authorised persons set or change the dates.", PUBLIC),
    "d": ("At each stage access is for authorised persons only.", "role.granted role.taken"),
    "e": ("Only authorised persons give access, after the prescribed date.", OPENING),
    "f": ("Opened data stay with those who may know.", "role.granted role.taken seat.taken seat.ended bids.shredded"),
    "g": ("Infringements and attempts are detectable.", "refused bid.late bid.interrupted document.interrupted"),
}
EXCLUSIVE = {("author", "approver"), ("evaluator", "approver"), ("moderator", "approver"), ("evaluator", "auditor")}
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # RFC 8032, 5.1
D, ROOT_OF_MINUS_ONE = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
Entry = dict[str, Any]


def require(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def point(data: bytes) -> tuple[int, int]:  # RFC 8032, 5.1.3
    y, odd = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT_OF_MINUS_ONE % P
    require(y < P and x * x % P == square and (x or not odd), "A key or a signature is no point of the curve.")
    return (x if x % 2 == odd else P - x), y


def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:  # RFC 7748, 4.1: the curve is -x² + y² = 1 + Dx²y²
    t = D * p[0] * q[0] * p[1] * q[1] % P
    over = pow(1 - t * t, -1, P)  # x and y are divided by 1 + t and 1 - t
    return (p[0] * q[1] + q[0] * p[1]) * (1 - t) * over % P, (p[1] * q[1] + p[0] * q[0]) * (1 + t) * over % P


def times(factor: int, p: tuple[int, int]) -> tuple[int, int]:
    total = times(factor // 2, add(p, p)) if factor else (0, 1)
    return add(total, p) if factor % 2 else total


def check_signature(key: bytes, signature: bytes, message: bytes) -> None:  # RFC 8032, 5.1.7
    require((len(key), len(signature)) == (32, 64), "A key has 32 bytes and a signature 64.")
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    require(s < ORDER and times(s, base) == add(r, times(k, a)), "The signature is false.")
    require(times(8, a) != (0, 1), "The key is of small order: its signature fits any text.")


def hashed(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text, "Base 64 is not written in the one right way.")
    return data


def open_checkpoint(note: str, key: bytes) -> tuple[str, int, bytes]:  # name, size, root: c2sp.org/tlog-checkpoint
    text, _, signatures = note.rpartition("\n\n")
    origin, size, root = text.split("\n")
    start, key_hash = f"— {origin} ", hashed(origin.encode(), b"\n\1", key)[:4]
    ours = [unbase64(line[len(start) :]) for line in signatures.split("\n") if line.startswith(start)]
    signed = [line[4:] for line in ours if line[:4] == key_hash]
    require(signed and note.endswith("\n") and size == str(int(size)), "The checkpoint is not signed by that key.")
    check_signature(key, signed[0], f"{text}\n".encode())
    return origin, int(size), unbase64(root)


def root_of(leaves: list[bytes]) -> bytes:  # RFC 9162, 2.1.1
    if not leaves[1:]:
        return leaves[0] if leaves else hashed()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashed(b"\1", root_of(leaves[:half]), root_of(leaves[half:]))


def evidence_in(entries: list[Entry]) -> dict[str, list[int]]:
    return {
        item: [entry["position"] for entry in entries if entry["kind"] in kinds.split(" ")]
        for item, (_, kinds) in ITEMS.items()
    }


def instant(text: str) -> datetime:
    return datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)


class Reading:  # of the log: the deadline in force, who holds which role, and what does not hold
    def __init__(self, entries: list[Entry]) -> None:
        self.deadline: Any = None
        self.needed, self.author = 2, ""
        self.roles: dict[str, set[str]] = {}
        self.asked: dict[str, set[str]] = {}
        self.broken: list[str] = []
        for entry in entries:
            self.read(entry)

    def read(self, entry: Entry) -> None:
        kind, data, person = entry["kind"], entry["data"], entry["person_id"]
        passed = self.deadline is not None and instant(entry["at"]) >= self.deadline
        if kind == "tender.drafted":
            self.author = person
        elif kind in {"tender.published", "corrigendum.issued"}:
            self.read_date(entry, passed)
        elif kind in {"role.granted", "role.taken"}:
            self.read_role(entry)
        elif kind.startswith("bid.") and kind in ITEMS["a"][1].split(" "):
            self.require("a", passed == (kind == "bid.late"), entry, "is judged against another deadline")
        elif kind == "opening.asked":
            self.asked.setdefault(data["lot_id"] + data["envelope"], set()).add(person)
        elif kind in {"bids.opened", "prices.opened"}:
            self.require("b", passed, entry, "came before the deadline")
            asked = self.asked.get(data["lot_id"] + ("offer" if kind == "bids.opened" else "price"), set())
            officers = [one for one in asked if "opening_officer" in self.roles.get(one, set())]
            self.require("e", len(officers) >= self.needed, entry, f"came with fewer than {self.needed} officers")

    def read_date(self, entry: Entry, passed: object) -> None:
        data, later = entry["data"], entry["data"].get("submission_deadline")
        self.needed = data.get("officers_needed", self.needed)
        alone = entry["person_id"] in {self.author, data.get("proposed_by")}
        self.require("c", not alone, entry, "was decided by who had written or proposed it")
        self.require("c", not passed, entry, "came after the deadline")
        if later is not None:
            onwards = self.deadline is None or instant(later) > self.deadline
            self.require("c", onwards, entry, "moved the deadline to an earlier instant")
            self.deadline = instant(later)

    def read_role(self, entry: Entry) -> None:
        held = self.roles.setdefault(entry["data"]["person_id"], set())
        (held.add if entry["kind"] == "role.granted" else held.discard)(entry["data"]["role"])
        two = any(set(pair) <= held for pair in EXCLUSIVE)
        self.require("d", not two, entry, "left one person with two roles that exclude each other")

    def require(self, item: str, holds: object, entry: Entry, otherwise: str) -> None:
        if not holds:
            self.broken.append(f"({item}) Entry {entry['position']}, {entry['kind']} at {entry['at']}, {otherwise}.")


def check(dossier: str, key: str = "") -> list[str]:
    stated = json.loads(Path(dossier).read_text("utf-8"))
    require(stated["format"] == "tenderscore-dossier-1", "This is no dossier of a form that this script knows.")
    require(key in {"", stated["key"]}, "The dossier is signed by another key than the one you gave.")
    origin, size, root = open_checkpoint(stated["checkpoint"], unbase64(stated["key"]))
    log = stated["log"]
    require(all(set(line) in ({"entry"}, {"leaf"}) for line in log), "A line of the log is neither entry nor leaf.")
    leaves = [hashed(b"\0", line["entry"].encode()) if "entry" in line else unbase64(line["leaf"]) for line in log]
    require(len(log) == size and root_of(leaves) == root, "The log is not the one that was signed.")
    entries: list[Entry] = []
    for position, line in enumerate(log, start=1):
        if "entry" in line:
            entries.append(json.loads(line["entry"]))
            place = (entries[-1]["position"], f"tenderscore/{entries[-1]['log_id']}")
            require(place == (position, origin), f"Entry {position} is of another place or another log.")
    require(stated["tender_id"] == origin.partition("/")[2], "The dossier names another tender than its log.")
    require(stated["evidence"] == evidence_in(entries), "The evidence is not what follows from the log.")
    broken = Reading(entries).broken
    require(stated["broken"] == broken, "What does not hold is not what follows from the log.")
    print(f"The log {origin}: {size} entries, exactly those signed; {size - len(entries)} are given as hashes only.")
    for item, (ensured, _) in ITEMS.items():
        print(f"  ({item}) {ensured} {len(stated['evidence'][item])} entries.")
    print("Names of tender and persons are not signed, their ids are.")
    print(f"Signed by the key {stated['key']}{'' if key else '; compare it with the published one'}.")
    return broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("dossier", "--key"):
        parser.add_argument(name, default="")
    try:
        broken = check(**vars(parser.parse_args()))
    except (AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        sys.exit(f"NOT VERIFIED. {error if isinstance(error, (OSError, ValueError)) else f'No dossier: {error!r}'}")
    print("VERIFIED." if not broken else "\n".join(["GENUINE, BUT NOT ALL HOLDS:", *broken]))
    sys.exit(2 if broken else 0)


if __name__ == "__main__":
    main()
