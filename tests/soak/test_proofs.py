"""Receipts are checked with a verifier of the campaigns' own; it is itself checked on trees built by definition."""

import base64
import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.soak.proofs import check_proof, leaf_hash, node_hash, root_from_inclusion, root_of


def defined_root(entries: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = 1 << (len(entries) - 1).bit_length() - 1
    return node_hash(defined_root(entries[:split]), defined_root(entries[split:]))


def defined_path(index: int, entries: list[bytes]) -> list[bytes]:
    """RFC 9162, 2.1.3.1, word for word."""
    if len(entries) == 1:
        return []
    split = 1 << (len(entries) - 1).bit_length() - 1
    if index < split:
        return [*defined_path(index, entries[:split]), defined_root(entries[split:])]
    return [*defined_path(index - split, entries[split:]), defined_root(entries[:split])]


def test_every_entry_of_every_small_tree_is_proved():
    for size in range(1, 34):
        entries = [str(number).encode() for number in range(size)]
        assert root_of(entries) == defined_root(entries)
        for index in range(size):
            path = defined_path(index, entries)
            assert root_from_inclusion(leaf_hash(entries[index]), index, size, path) == defined_root(entries)
            if path:
                with pytest.raises(ValueError, match="too short"):
                    root_from_inclusion(leaf_hash(entries[index]), index, size, path[:-1])
            with pytest.raises(ValueError, match="too long"):
                root_from_inclusion(leaf_hash(entries[index]), index, size, [*path, b"\0" * 32])


def test_the_root_of_no_entries_is_that_of_nothing():
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def a_receipt() -> dict[str, Any]:
    """The fourth of seven entries, its proof and a signed checkpoint."""
    receipt = {"tender_id": str(uuid4()), "bid_id": str(uuid4()), "lot_id": str(uuid4()), "supplier_id": str(uuid4())}
    receipt |= {"version": 1, "digest": "ab" * 32, "size": 2048, "rules_digest": "cd" * 32}
    data = {name: value for name, value in receipt.items() if name != "tender_id"}
    entries = [json.dumps({"position": n + 1, "data": data}).encode() for n in range(7)]
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    origin = f"tenderscore/{receipt['tender_id']}"
    text = f"{origin}\n7\n{base64.b64encode(defined_root(entries)).decode()}\n"
    signed = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4] + key.sign(text.encode())
    proof = {
        "entry": entries[3].decode(),
        "position": 4,
        "tree_size": 7,
        "hashes": [base64.b64encode(step).decode() for step in defined_path(3, entries)],
        "checkpoint": f"{text}\n\u2014 {origin} {base64.b64encode(signed).decode()}\n",
        "key": {"id": hashlib.sha256(public).hexdigest()[:16], "public_key": base64.b64encode(public).decode()},
    }
    return {**receipt, "proof": proof}


def test_a_true_receipt_is_accepted():
    receipt = a_receipt()
    check_proof(receipt)
    key = receipt["proof"]["key"]
    check_proof(receipt, {key["id"]: base64.b64decode(key["public_key"])})


def test_a_receipt_under_another_key_than_the_service_s_is_refused():
    receipt = a_receipt()
    with pytest.raises(ValueError, match="not the service's"):
        check_proof(receipt, {receipt["proof"]["key"]["id"]: bytes(32)})


@pytest.mark.parametrize("name", ["bid_id", "lot_id", "supplier_id", "version", "digest", "size", "rules_digest"])
def test_a_receipt_that_says_otherwise_than_its_entry_is_refused(name: str):
    receipt = a_receipt()
    receipt[name] = "another"
    with pytest.raises(ValueError, match=name):
        check_proof(receipt)


@pytest.mark.parametrize("place", ["entry", "position", "tree_size", "checkpoint", "hashes"])
def test_a_changed_proof_is_refused(place: str):
    receipt = a_receipt()
    value = receipt["proof"][place]
    changes = {"entry": " {}", "position": 1, "tree_size": 1, "checkpoint": "A"}
    receipt["proof"][place] = value[::-1] if place == "hashes" else changes[place] + value
    if place == "tree_size":
        receipt["proof"][place] = 8
    with pytest.raises(ValueError, match=r"."):
        check_proof(receipt)
