"""Receipts: what a supplier can prove by itself – when its sealed bid came in, and that the log has kept it since.

A receipt holds its log entry to the letter, the entry's inclusion proof, and the signed root that both lead to. Every
part follows from what is stored, Ed25519 signatures included, so a receipt made again is the same to the byte.
"""

import asyncio
import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import UNSET, Struct, UnsetType

from service import db, merkle
from service.problems import NotFound, Refusal
from service.signing import Secrets, Signer

SQL = db.queries("receipts")

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tenderscore")

_MANY_LEAVES = 2000
"""From so many leaves on, hashing them all takes long enough to be kept off the event loop."""


class SigningKey(Struct, frozen=True, kw_only=True):
    """The key that signed: compare it with those published at `/.well-known/tenderscore-keys.json`."""

    id: str
    public_key: str


class Proof(Struct, frozen=True, kw_only=True):
    """That an entry stands in the tender's log: RFC 9162 inclusion proof under a signed checkpoint (C2SP).

    `entry` is the log's own text, `position` counts from 1, `hashes` are base64; the checkpoint is a signed note.
    """

    entry: str
    position: int
    tree_size: int
    hashes: list[str]
    checkpoint: str
    key: SigningKey


class Receipt(Struct, frozen=True, kw_only=True):
    """Proof of a bid: when it arrived by the database's clock, and the SHA-256 of the sealed bytes that were stored.

    A variant is told by its number; a supplier's bid itself has none. With `withdrawn_at` it proves that the bid was
    withdrawn, and when: the proof is of the withdrawal's entry, which names bid and version.
    Verify it without us: `python verify_receipt.py receipt.json`, from `/verify_receipt.py`.
    """

    bid_id: UUID
    version: int
    tender_id: UUID
    tender: str
    lot_id: UUID
    lot_number: int
    supplier_id: UUID
    supplier: str
    digest: str
    size: int
    rules_digest: str
    submitted_at: datetime
    documents: list[UUID]
    variant: int | UnsetType = UNSET
    withdrawn_at: datetime | UnsetType = UNSET
    proof: Proof


class SignerLost(Refusal):
    """The key that signed this receipt is missing.

    Bid and receipt stand all the same. Tell the operator, who must put the lost line of the secret file back, and ask
    again then.
    """

    status = 503


class _Stored(Struct, frozen=True, kw_only=True):
    bid_id: UUID
    version: int
    tender_id: UUID
    tender: str
    lot_id: UUID
    lot_number: int
    supplier_id: UUID
    supplier: str
    digest: str
    size: int
    rules_digest: str
    submitted_at: datetime
    documents: list[UUID]
    variant: int
    withdrawn_at: datetime | None = None
    position: int
    tree_size: int
    signed_by: str
    entry: str


def prove(signer: Signer, entry: str, position: int, tree: merkle.Grown, checkpoint: str) -> Proof:
    """The proof of an entry of the batch that a tree has just grown by, under the checkpoint that covers them all."""
    return _proof(signer, entry, position, tree.size, tree.proof(position - 1), checkpoint)


def _proof(
    signer: Signer, entry: str, position: int, tree_size: int, hashes: Sequence[bytes], checkpoint: str
) -> Proof:
    return Proof(
        entry=entry,
        position=position,
        tree_size=tree_size,
        hashes=[base64.b64encode(node).decode() for node in hashes],
        checkpoint=checkpoint,
        key=SigningKey(id=signer.key_id, public_key=base64.b64encode(signer.public_key).decode()),
    )


async def find_receipt(
    conn: db.Connection | Any, secrets: Secrets, *, bid_id: UUID, supplier_id: UUID, version: int | None = None
) -> Receipt:
    """The receipt of a version of the supplier's bid; raises NotFound.

    Unless a version is named that of the standing one, or of the withdrawal.
    """
    stored = None
    if version is None:
        stored = await db.maybe(SQL.get_withdrawn(conn, bid_id=bid_id, supplier_id=supplier_id), _Stored)
    if stored is None:
        row = SQL.get_stored(conn, bid_id=bid_id, version=version, supplier_id=supplier_id)
        stored = await db.one(row, _Stored)
    leaves: list[bytes] = await SQL.get_leaves(conn, log_id=stored.tender_id, size=stored.tree_size)
    if len(leaves) < stored.tree_size:
        raise NotFound
    if len(leaves) < _MANY_LEAVES:
        return _again(stored, merkle.Tree(leaves), secrets)
    return await asyncio.to_thread(lambda: _again(stored, merkle.Tree(leaves), secrets))


async def every_receipt(conn: db.Connection, secrets: Secrets, tender_id: UUID) -> list[Receipt]:
    """The receipts of all versions of all bids for a tender, as their suppliers have them."""
    stored = await db.many(SQL.list_stored(conn, tender_id=tender_id), _Stored)
    size = max((one.tree_size for one in stored), default=0)
    leaves: list[bytes] = await SQL.get_leaves(conn, log_id=tender_id, size=size)

    def made() -> list[Receipt]:
        tree = merkle.Tree(leaves)
        return [_again(one, tree, secrets) for one in stored]

    return await asyncio.to_thread(made)


def _again(stored: _Stored, tree: merkle.Tree, secrets: Secrets) -> Receipt:
    try:
        signer = secrets.signer(stored.signed_by)
    except LookupError:
        _log.error("receipt not signed", bid_id=str(stored.bid_id), signed_by=stored.signed_by)
        raise SignerLost("The receipt cannot be given again just now.", headers={"Retry-After": "60"}) from None
    checkpoint = signer.checkpoint(stored.tender_id, stored.tree_size, tree.root(stored.tree_size))
    hashes = tree.proof(stored.position - 1, stored.tree_size)
    proof = _proof(signer, stored.entry, stored.position, stored.tree_size, hashes, checkpoint)
    shared = set(Receipt.__struct_fields__) & set(_Stored.__struct_fields__) - {"variant", "withdrawn_at"}
    facts = {name: getattr(stored, name) for name in shared}
    withdrawn_at = UNSET if stored.withdrawn_at is None else stored.withdrawn_at
    return Receipt(proof=proof, variant=stored.variant or UNSET, withdrawn_at=withdrawn_at, **facts)


ENCODER = msgspec.json.Encoder()
"""How a receipt is written, whichever door it leaves by."""
