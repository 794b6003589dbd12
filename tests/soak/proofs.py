"""What a receipt proves without the service: RFC 9162 inclusion, a C2SP checkpoint's signature, a log's root.

Written from the specifications, sharing no code with the service.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = b"\x01"
SIGNATURE = "\u2014 "
"""A signed note's signature lines begin with a dash and a space."""


class Checkpoint(NamedTuple):
    """What a signed note says of a log."""

    origin: str
    size: int
    root: bytes


def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162, 2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162, 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(entries: Iterable[bytes]) -> bytes:
    """The root of a tree over whole entries; of none, SHA-256 of nothing."""
    stack: list[tuple[int, bytes]] = []
    for entry in entries:
        stack.append((1, leaf_hash(entry)))
        while len(stack) > 1 and stack[-2][0] == stack[-1][0]:
            (size, left), (_, right) = stack[-2:]
            stack[-2:] = [(2 * size, node_hash(left, right))]
    if not stack:
        return hashlib.sha256().digest()
    root = stack[-1][1]
    for _, left in reversed(stack[:-1]):
        root = node_hash(left, root)
    return root


def root_from_inclusion(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2. Raises ValueError for a path of the wrong length."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    at, last, root = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise ValueError("the inclusion path is too long")
        if at & 1 or at == last:
            root = node_hash(step, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, step)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ValueError("the inclusion path is too short")
    return root


def read_checkpoint(note: str, public_key: bytes) -> Checkpoint:
    """The checkpoint of a signed note that this key has signed. Raises ValueError where it has not."""
    text, _, signatures = note.rpartition("\n\n")
    origin, size, root, *_ = text.split("\n")
    key_hash = hashlib.sha256(origin.encode() + b"\n" + ED25519 + public_key).digest()[:4]
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(SIGNATURE).rpartition(" ")
        signed = base64.b64decode(encoded)
        if name == origin and signed[:4] == key_hash:
            try:
                Ed25519PublicKey.from_public_bytes(public_key).verify(signed[4:], text.encode() + b"\n")
            except InvalidSignature:
                raise ValueError("the checkpoint's signature is wrong") from None
            return Checkpoint(origin, int(size), base64.b64decode(root))
    raise ValueError("the checkpoint is not signed by this key")


def check_proof(receipt: dict[str, Any], public_keys: dict[str, bytes] | None = None) -> None:
    """Refuse (ValueError) a receipt whose proof does not prove what the receipt says.

    public_keys: the service's keys by id, kept outside; without them the receipt's own key must do.
    """
    proof = receipt["proof"]
    key = base64.b64decode(proof["key"]["public_key"])
    if public_keys is not None and public_keys.get(proof["key"]["id"]) != key:
        raise ValueError("the receipt is signed by a key that is not the service's")
    checkpoint = read_checkpoint(proof["checkpoint"], key)
    if checkpoint.origin != f"tenderscore/{receipt['tender_id']}" or checkpoint.size != proof["tree_size"]:
        raise ValueError("the checkpoint is of another log or another size")
    leaf = leaf_hash(proof["entry"].encode())
    path = [base64.b64decode(step) for step in proof["hashes"]]
    if root_from_inclusion(leaf, proof["position"] - 1, checkpoint.size, path) != checkpoint.root:
        raise ValueError("the entry is not in the log under that root")
    entry = json.loads(proof["entry"])
    if entry["position"] != proof["position"]:
        raise ValueError("the entry is of another position")
    for name in ("bid_id", "lot_id", "supplier_id", "version", "digest", "size", "rules_digest"):
        if entry["data"][name] != receipt[name]:
            raise ValueError(f"the entry's {name} is not the receipt's")
