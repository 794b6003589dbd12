"""Who stands behind opened bids: kept by the opening, read with the bids by the panel and in the opening record."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from service import consortia, db
from service.consortia import Overlap, Party, Standing
from service.unsealing import Opened

SQL = db.queries("bidders")


class _Bidder(Struct, frozen=True):
    bid_id: UUID
    supplier_id: UUID
    supplier: str
    identifier: str | None
    parties: tuple[Party, ...]


async def keep(conn: db.Connection, opened: Sequence[Opened]) -> None:
    """Keep the parties that the opened offers name, in the transaction of the opening."""
    behind = [(one.bid.bid_id, number, party) for one in opened for number, party in enumerate(one.parties, start=1)]
    if behind:
        await SQL.insert_parties(
            conn,
            bid_ids=[bid_id for bid_id, _, _ in behind],
            numbers=[number for _, number, _ in behind],
            **{f"{part}s": [getattr(party, part) for _, _, party in behind] for part in Party.__struct_fields__},
        )


async def read(conn: db.Connection, lot_id: UUID) -> list[Standing]:
    """Who stands behind each opened bid of a lot."""
    found = await db.many(SQL.list_bidders(conn, lot_id=lot_id), _Bidder)
    return [Standing(one.bid_id, one.supplier_id, one.supplier, one.identifier, one.parties) for one in found]


class Behind(NamedTuple):
    """Who stands behind a lot's opened bids, and who of them behind several."""

    parties: Mapping[UUID, tuple[Party, ...]]
    overlaps: Mapping[UUID, tuple[Overlap, ...]]

    def of(self, bid_id: UUID) -> dict[str, Any]:
        """The fields of an opened bid that name them."""
        return {"parties": self.parties.get(bid_id, ()), "overlaps": self.overlaps.get(bid_id, ())}


async def behind(conn: db.Connection, lot_id: UUID) -> Behind:
    """Who stands behind the opened bids of a lot."""
    standing = await read(conn, lot_id)
    return Behind({one.bid_id: tuple(one.parties) for one in standing}, consortia.overlaps(standing))
