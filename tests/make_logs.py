"""A tender's log and the receipts of its bids as the service makes them, made without a database."""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service import merkle
from service.signing import Signer

SIGNER = Signer(b"\x01" * 32)
LOG_ID = UUID("5f0c8a0e-7f7e-4a53-9d3a-1f7c2b6b9e10")


def numbered(name: str, number: int) -> str:
    """The same UUID for the same name and number."""
    return str(UUID(bytes=hashlib.sha256(f"{name} {number}".encode()).digest()[:16], version=4))


def as_jsonb(value: Any) -> str:
    """JSON as PostgreSQL writes a jsonb: the shorter names first."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name), name))
        return "{" + ", ".join(f"{json.dumps(name)}: {as_jsonb(value[name])}" for name in names) + "}"
    return json.dumps(value, ensure_ascii=False)


def an_entry(position: int, **fields: Any) -> str:
    """The entry of a bid, of which every tenth replaces the one before."""
    replaced = position % 10 == 0
    bid = {
        "bid_id": numbered("bid", position - replaced),
        "lot_id": numbered("lot", 1),
        "supplier_id": numbered("supplier", position - replaced),
        "version": 1 + replaced,
        "digest": hashlib.sha256(b"%d" % position).hexdigest(),
        "size": 16_384,
        "rules_digest": "sha256:" + hashlib.sha256(b"rules").hexdigest(),
        "documents": [numbered("document", position)],
    }
    entry = {
        "log_id": str(LOG_ID),
        "position": position,
        "kind": "bid.replaced" if replaced else "bid.submitted",
        "person_id": numbered("person", position - replaced),
        "data": bid,
        "at": f"2026-11-27T03:{position // 60 % 60:02}:{position % 60:02}.123456Z",
        "salt": numbered("salt", position),
    }
    return as_jsonb(entry | fields)


def a_log(size: int) -> list[str]:
    """The entries of so many bids."""
    return [an_entry(position) for position in range(1, size + 1)]


def as_ndjson(entries: Sequence[str]) -> bytes:
    """The log as it is exported."""
    return "".join(f"{entry}\n" for entry in entries).encode()


def leaves(entries: Sequence[str]) -> list[bytes]:
    """The leaf of each entry."""
    return [merkle.leaf_hash(entry.encode()) for entry in entries]


def a_checkpoint(entries: Sequence[str], signer: Signer = SIGNER) -> str:
    """The signed note of the log as it stands."""
    return signer.checkpoint(LOG_ID, len(entries), merkle.root(leaves(entries)))


def a_receipt(entries: Sequence[str], position: int, signer: Signer = SIGNER) -> dict[str, Any]:
    """The receipt that the bid at a position gets, signed when the log had these entries."""
    entry = json.loads(entries[position - 1])
    facts = dict(entry["data"])
    return {
        "bid_id": facts.pop("bid_id"),
        "version": facts.pop("version"),
        "tender_id": entry["log_id"],
        "tender": "Solar roofs for twelve schools",
        "lot_number": 1,
        "supplier": "Alder Roofing Ltd",
        **facts,
        "submitted_at": entry["at"],
        "proof": {
            "entry": entries[position - 1],
            "position": position,
            "tree_size": len(entries),
            "hashes": [
                base64.b64encode(node).decode() for node in merkle.inclusion_proof(leaves(entries), position - 1)
            ],
            "checkpoint": a_checkpoint(entries, signer),
            "key": {"id": signer.key_id, "public_key": public(signer)},
        },
    }


def a_withdrawal(position: int, of_position: int) -> str:
    """The entry that withdraws the bid that came at an earlier position."""
    bid = json.loads(an_entry(of_position))
    data = {name: bid["data"][name] for name in ("bid_id", "lot_id", "supplier_id", "version")}
    return an_entry(position, kind="bid.withdrawn", data=data, person_id=bid["person_id"])


def a_withdrawal_receipt(
    entries: Sequence[str], position: int, of_position: int, signer: Signer = SIGNER
) -> dict[str, Any]:
    """The receipt of a withdrawal, signed when the log had these entries: the bid's facts, and its own proof."""
    gone = a_receipt(entries, position, signer)
    bid = a_receipt(entries, of_position, signer)
    return bid | {"withdrawn_at": gone["submitted_at"], "proof": gone["proof"]}


def public(signer: Signer) -> str:
    """The key as it is published."""
    return base64.b64encode(signer.public_key).decode()
