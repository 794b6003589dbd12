"""What was acknowledged against what is stored: rows, envelopes, keys, log entries, proofs, opened contents."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from service.signing import request_name
from tests.soak.clients import Market, Sent
from tests.soak.proofs import check_proof


class Count(msgspec.Struct):
    """What a comparison has found; all but `acknowledged` and `proofs` must be nought."""

    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    unresolved: int = 0
    unlogged: int = 0
    unkeyed: int = 0
    proofs: int = 0
    false_proofs: int = 0
    unopened: int = 0
    notes: list[str] = []

    def add(self, other: "Count") -> None:
        """Add another comparison's findings."""
        for field in msgspec.structs.fields(Count):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
        self.notes = self.notes[:50]

    def faults(self) -> list[str]:
        """Each finding that must not be, as a sentence."""
        sentences = {
            "lost": "acknowledged bids are not stored as acknowledged",
            "duplicated": "bids are stored or logged more than once",
            "unresolved": "bids were never acknowledged although they were sent again and again",
            "unlogged": "acknowledged bids have no entry in the log, or a log has gaps",
            "unkeyed": "retry keys do not stand for the one bid that was acknowledged under them",
            "false_proofs": "receipts do not prove what they say",
            "unopened": "acknowledged bids were opened with other contents or not at all",
        }
        found = [f"{getattr(self, name)} {said}" for name, said in sentences.items() if getattr(self, name)]
        return found + (self.notes[:10] if found else [])

    def note(self, text: str) -> None:
        """Keep an example, of the first few."""
        if len(self.notes) < 50:
            self.notes.append(text)


async def compare(owner: asyncpg.Connection, bids: Iterable[Sent], lots: Iterable[str]) -> Count:
    """Compare all bids that were sent for these lots with the database. Nobody may be submitting any more."""
    bids, lots = list(bids), list(lots)
    count = Count(acknowledged=sum(bid.receipt is not None for bid in bids))
    for bid in bids:
        if bid.receipt is None:
            count.unresolved += 1
            count.note(f"unresolved after {bid.tries} tries: {bid.refused}, {bid.unknown} without an answer")
        elif bid.different:
            count.duplicated += 1
            count.note(f"two different receipts under the key {bid.key}")
    rows = await owner.fetch(VERSIONS, lots)
    _compare_rows(count, bids, rows)
    _compare_keys(count, bids, await owner.fetch(KEYS, [name_of(bid) for bid in bids if bid.receipt]))
    await _compare_logs(count, owner, bids, lots)
    for bid in bids:
        if bid.receipt is not None and bid.receipt.get("proof"):
            _check_proof(count, bid.receipt)
    return count


VERSIONS = """
SELECT bid.id::text AS bid_id, bid.lot_id::text, bid.supplier_id::text, bid.withdrawn_at,
       version.version, version.digest, version.submitted_at,
       encode(sha256(
           'TSB1'::bytea || int4send(version.version) || decode(version.rules_digest, 'hex') || (
               SELECT substr(int4send(count(*)::integer), 4)
                   || string_agg(
                       decode(CASE part.kind WHEN 'offer' THEN '01' ELSE '02' END, 'hex')
                       || int4send(octet_length(part.header || part.contents)) || part.header || part.contents,
                       ''::bytea ORDER BY part.kind
                   )
               FROM sealed_envelopes AS part WHERE part.bid_id = bid.id AND part.version = version.version
           )
       ), 'hex') AS stored_digest
FROM bids AS bid INNER JOIN bid_versions AS version ON version.bid_id = bid.id
WHERE bid.lot_id = ANY($1::uuid[])
"""
"""The last is the SHA-256 of the sealed bid, put together again from what is stored of it; these have no documents."""

KEYS = "SELECT key, bid_id::text, version FROM idempotency_keys WHERE key = ANY($1::text[])"
"""Keys are not kept, but the names of the requests that they were sent with."""
ENTRIES = """
SELECT event.log_id::text, event.position, event.kind, event.data::text AS data
FROM events AS event
WHERE event.log_id IN (SELECT lot.tender_id FROM lots AS lot WHERE lot.id = ANY($1::uuid[]))
ORDER BY event.log_id, event.position
"""


def _compare_rows(count: Count, bids: list[Sent], rows: list[asyncpg.Record]) -> None:
    """Each receipt has its row; there are no more rows than receipts, one standing bid a lot and supplier."""
    stored = {(row["bid_id"], row["version"]): row for row in rows}
    acknowledged = {(bid.receipt["bid_id"], bid.receipt["version"]): bid.receipt for bid in bids if bid.receipt}
    for place, receipt in acknowledged.items():
        row = stored.get(place)
        if row is None:
            count.lost += 1
            count.note(f"lost: bid {place[0]} version {place[1]} of {receipt['submitted_at']}")
        elif {row["digest"], row["stored_digest"]} != {receipt["digest"]} or (
            row["submitted_at"] != instant(receipt["submitted_at"])
        ):
            count.lost += 1
            count.note(f"stored otherwise than acknowledged: bid {place[0]} version {place[1]}")
    unresolved = sum(bid.receipt is None for bid in bids)
    surplus = len(stored.keys() - acknowledged.keys()) - unresolved
    standing = Counter(
        (row["lot_id"], row["supplier_id"]) for row in rows if row["withdrawn_at"] is None and row["version"] == 1
    )
    doubles = sum(number - 1 for number in standing.values() if number > 1)
    count.duplicated += max(surplus, doubles, 0)
    if doubles:
        count.note(f"{doubles} second standing bids of a supplier for a lot")


def name_of(bid: Sent) -> str:
    """What the request is known again by that brought an acknowledged bid."""
    assert bid.receipt is not None
    operation = f"replace {bid.replaces}" if bid.replaces else f"submit {bid.lot_id}"
    return request_name(f"{bid.receipt['supplier_id']} {operation} {bid.key}")


def _compare_keys(count: Count, bids: list[Sent], rows: list[asyncpg.Record]) -> None:
    """Under the key of each receipt exactly its bid and version are stored, for the answer to whoever asks again."""
    stored: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        stored.setdefault(row["key"], []).append((row["bid_id"], row["version"]))
    for bid in bids:
        if bid.receipt is not None:
            place = bid.receipt["bid_id"], bid.receipt["version"]
            if stored.get(name_of(bid)) != [place]:
                count.unkeyed += 1
                count.note(f"under the key of bid {place[0]} version {place[1]} stands {stored.get(name_of(bid))}")


async def _compare_logs(count: Count, owner: asyncpg.Connection, bids: list[Sent], lots: list[str]) -> None:
    """Each receipt has exactly one entry, and the positions of each log are 1, 2, 3 …"""
    logged: Counter[tuple[str, int]] = Counter()
    ends: dict[str, int] = {}
    for row in await owner.fetch(ENTRIES, lots):
        if row["position"] != ends.get(row["log_id"], 0) + 1:
            count.unlogged += 1
            count.note(f"log {row['log_id']} goes from {ends.get(row['log_id'], 0)} to {row['position']}")
        ends[row["log_id"]] = row["position"]
        if row["kind"] in {"bid.submitted", "bid.replaced"}:
            data = json.loads(row["data"])
            logged[data["bid_id"], data["version"]] += 1
    for bid in bids:
        if bid.receipt and not logged[bid.receipt["bid_id"], bid.receipt["version"]]:
            count.unlogged += 1
            count.note(f"no entry for bid {bid.receipt['bid_id']} version {bid.receipt['version']}")
    count.duplicated += sum(number - 1 for number in logged.values() if number > 1)


def _check_proof(count: Count, receipt: dict[str, Any]) -> None:
    count.proofs += 1
    try:
        check_proof(receipt)
    except (ValueError, KeyError, TypeError) as error:
        count.false_proofs += 1
        count.note(f"false proof of bid {receipt['bid_id']}: {error}")


async def compare_opened(market: Market, bids: Iterable[Sent], lot_id: str) -> Count:
    """Open a lot whose deadline has passed and compare what stands there with what was last acknowledged.

    A replacement that never got an answer may have been stored before the end: then its contents are what stands.
    """
    bids = list(bids)
    unanswered = [bid for bid in bids if bid.receipt is None and bid.replaces]
    count = Count()
    await market.open(lot_id)
    opened = await market.people["auditor"].line.done("GET", f"/lots/{lot_id}/bids")
    values = {bid["bid_id"]: bid["offers"] for bid in opened}
    last: dict[str, Sent] = {}
    for bid in bids:
        if bid.lot_id == lot_id and bid.receipt is not None:
            known = last.get(bid.receipt["bid_id"])
            if known is None or (known.receipt or {})["version"] < bid.receipt["version"]:
                last[bid.receipt["bid_id"]] = bid
    for bid_id, bid in last.items():
        possible = [bid.values, *(other.values for other in unanswered if other.replaces == bid_id)]
        if values.get(bid_id) not in possible:
            count.unopened += 1
            count.note(f"bid {bid_id} was opened as {str(values.get(bid_id))[:200]}")
    return count


def instant(text: str) -> datetime:
    """An RFC 3339 instant."""
    return datetime.fromisoformat(text)


async def pass_deadline(owner: asyncpg.Connection, tender_id: str) -> None:
    """Move the deadline into the past, as data, under the lock that every change of a tender takes."""
    async with owner.transaction():
        await owner.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender_id)
        await owner.execute(
            "UPDATE tenders SET submission_deadline = clock_timestamp() - interval '1 microsecond' WHERE id = $1",
            tender_id,
        )
