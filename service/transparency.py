"""What a stranger checks a tender's log with: its signed checkpoint, its entries to the letter, its proofs, our keys.

Until all lots are opened nobody is told how long the log is, for that would tell how many bids there are (Directive
2014/24/EU, Annex IV (b)); a supplier may ask about the sizes that stand on its own receipts. Hashes tell nothing else:
every entry has a salt of its own. The entries themselves are for whoever may read the tender's events.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Annotated
from uuid import UUID

import asyncpg
from litestar import Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from service import db, merkle, receipts
from service.organisations import Caller
from service.problems import NotFound, Refusal
from service.signing import Secrets
from service.tenders import check_access, check_cleared, read

SQL = db.queries("transparency")

_PAGE = 1000
"""So many entries are read and sent at a time."""

_MANY_LEAVES = 2000
"""From so many leaves on, hashing them all takes long enough to be kept off the event loop."""

Position = Annotated[int, QueryParameter(ge=1, le=2**63 - 1, description="The entry's place in the log, from 1.")]
Size = Annotated[
    int | None, QueryParameter(ge=1, le=2**63 - 1, description="How many entries the log had; all that it has now.")
]


class PublishedKey(Struct, frozen=True, kw_only=True):
    """A key that has signed checkpoints: its id (the first 16 digits of its SHA-256), its 32 bytes in base64."""

    id: str
    algorithm: str
    public_key: str
    in_use: bool


class PublishedKeys(Struct, frozen=True, kw_only=True):
    """Every key that receipts of this service are signed with; the newest, which signs now, first."""

    keys: list[PublishedKey]


class Inclusion(Struct, frozen=True, kw_only=True):
    """That a leaf is in the log when it had a size (RFC 9162, 2.1.3); hashes are base64, the lowest first."""

    position: int
    tree_size: int
    leaf: str
    hashes: list[str]


class Consistency(Struct, frozen=True, kw_only=True):
    """That the log, when it had the new size, began with exactly what it held at the old one (RFC 9162, 2.1.4)."""

    old_size: int
    new_size: int
    hashes: list[str]


class LogHead(Struct, frozen=True, kw_only=True):
    """A log's size and frontier; while it is sealed, the only sizes that the asking supplier knows anyway."""

    size: int
    frontier: list[bytes]
    sealed: bool
    own_sizes: list[int]


class LogSealed(Refusal):
    """How long the log is stays untold until all lots are opened.

    It would tell how many bids there are. Your receipt holds a signed checkpoint and the proof of your entry already;
    proofs between the sizes that stand on your own receipts are given now, everything else after the opening.
    """


class ScoresUntold(Refusal):
    """The log tells scores that you may not see before you have given your own.

    The entries are given to the letter or not at all, because a leaf is hashed over every letter. Give your scores
    first, or let somebody read them who is not on the panel; `/events` leaves out only what you may not see.
    """


def check_told(head: LogHead, *sizes: int) -> None:
    """Refuse to speak of sizes that the log has never had, or that would tell the caller how many bids there are."""
    if head.sealed and not set(sizes) <= set(head.own_sizes):
        raise LogSealed("Not all lots are opened, and no receipt of yours names that size of the log.")
    if max(sizes) > head.size:
        raise NotFound(f"The log has {head.size} entries.")


def in_base64(nodes: Sequence[bytes]) -> list[str]:
    """Hashes as they are told."""
    return [base64.b64encode(node).decode() for node in nodes]


async def find_head(conn: db.Connection, caller: Caller, tender_id: UUID) -> LogHead:
    """The head of the log of a tender that the caller may read; raises NotFound."""
    await read(conn, caller, tender_id=tender_id)
    return await db.one(SQL.get_head(conn, tender_id=tender_id, supplier_id=caller.organisation_id), LogHead)


async def prove(
    conn: db.Connection, tender_id: UUID, size: int, proof: Callable[[Sequence[bytes], int], list[bytes]], place: int
) -> tuple[bytes, list[str]]:
    """The leaf before a place, and a proof made from the log's first leaves, off the event loop where they are many."""
    leaves: list[bytes] = await receipts.SQL.get_leaves(conn, log_id=tender_id, size=size)
    if len(leaves) < _MANY_LEAVES:
        return leaves[place - 1], in_base64(proof(leaves, place))
    return leaves[place - 1], in_base64(await asyncio.to_thread(proof, leaves, place))


@get("/.well-known/tenderscore-keys.json")
async def list_signing_keys(state: State) -> PublishedKeys:
    """List the public keys that receipts and checkpoints are signed with."""
    secrets: Secrets = state.secrets
    return PublishedKeys(
        keys=[
            PublishedKey(
                id=signer.key_id,
                algorithm="Ed25519",
                public_key=base64.b64encode(signer.public_key).decode(),
                in_use=signer is secrets.signers[0],
            )
            for signer in secrets.signers
        ]
    )


@get("/tenders/{tender_id:uuid}/log/checkpoint", media_type="text/plain")
async def get_log_checkpoint(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> str:
    """Give the log's present size and root as a note signed by all our keys (c2sp.org/tlog-checkpoint).

    For anybody who may read the tender; not from publication until all lots are opened.
    """
    head = await find_head(conn, caller, tender_id)
    check_told(head, head.size)
    secrets: Secrets = state.secrets
    return secrets.checkpoint(tender_id, head.size, merkle.append(head.frontier, head.size, ()).root)


@get("/tenders/{tender_id:uuid}/log/entries", media_type="application/x-ndjson")
async def export_log(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> Stream:
    """Give every entry to the letter, one a line: what the leaves are hashed from; for author, approver or auditor.

    Not from publication until all lots are opened. `python verify_receipt.py RECEIPT.json --log FILE` compares them
    with what was signed.
    """
    known = await read(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "export_log")
    check_cleared(known.tender, "author")
    head = await check_all_told(conn, caller, tender_id)
    return Stream(entries(state.pool, caller, tender_id, head.size))


async def check_all_told(conn: db.Connection, caller: Caller, tender_id: UUID) -> LogHead:
    """Refuse to tell a log to the letter before all lots are opened, and to whoever has scores still to give."""
    head = await find_head(conn, caller, tender_id)
    check_told(head, head.size)
    if await SQL.has_withheld(conn, tender_id=tender_id, reader_id=caller.person_id):
        raise ScoresUntold("Others have given scores that you have still to give.")
    return head


async def entries(pool: asyncpg.Pool, caller: Caller, tender_id: UUID, size: int) -> AsyncGenerator[bytes]:
    """The lines of a log up to a size, which no later entry changes; no connection is held while they are sent."""
    for after in range(0, size, _PAGE):
        async with db.transaction_of(pool, caller.organisation_id) as conn:
            rows = SQL.list_entries(conn, tender_id=tender_id, after=after, size=size, limit=_PAGE)
            page = "".join([f"{row['entry']}\n" async for row in rows])
        yield page.encode()


@get("/tenders/{tender_id:uuid}/log/inclusion")
async def prove_inclusion(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    position: Position,
    size: Size = None,
) -> Inclusion:
    """Prove that the entry at a position is in the log when it had a size; for anybody who may read the tender."""
    head = await find_head(conn, caller, tender_id)
    tree_size = head.size if size is None else size
    check_told(head, tree_size)
    if position > tree_size:
        raise NotFound(f"Of {tree_size} entries none stands at position {position}.")
    leaf, hashes = await prove(
        conn, tender_id, tree_size, lambda leaves, place: merkle.inclusion_proof(leaves, place - 1), position
    )
    return Inclusion(position=position, tree_size=tree_size, leaf=base64.b64encode(leaf).decode(), hashes=hashes)


@get("/tenders/{tender_id:uuid}/log/consistency")
async def prove_consistency(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    old_size: Annotated[int, QueryParameter(name="from", ge=1, le=2**63 - 1, description="The size before.")],
    new_size: Annotated[
        int | None, QueryParameter(name="to", ge=1, le=2**63 - 1, description="The size after; all that it has now.")
    ] = None,
) -> Consistency:
    """Prove that the log at one size is the beginning of the log at another; for anybody who may read the tender.

    Saved as a file it connects a receipt with a later checkpoint: `python verify_receipt.py RECEIPT.json
    --log-checkpoint FILE --consistency FILE`.
    """
    head = await find_head(conn, caller, tender_id)
    later = head.size if new_size is None else new_size
    check_told(head, old_size, later)
    if old_size > later:
        raise NotFound(f"A log never shrinks: from {old_size} there is no way to {later}.")
    _, hashes = await prove(conn, tender_id, later, merkle.consistency_proof, old_size)
    return Consistency(old_size=old_size, new_size=later, hashes=hashes)


router = Router(
    path="/", route_handlers=[get_log_checkpoint, export_log, prove_inclusion, prove_consistency], tags=["Tenders"]
)
public = Router(path="/", route_handlers=[list_signing_keys], tags=["Reference"])
