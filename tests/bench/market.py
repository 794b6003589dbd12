"""A market for benchmarks: published tenders and suppliers with known keys, made in bulk by SQL.

Ids and secrets follow from numbers, in Python as in SQL, so that each side of a benchmark can name the same things:
the id of thing n is the MD5 of its name and number.
"""

import hashlib
from typing import Any
from uuid import UUID

import msgspec

import scoring
from service import db, organisations, sealing

GRADES = [{"value": str(grade), "label": f"grade {grade}"} for grade in range(6)]
"""The panel's scale for the criteria that are answered in words."""

ANSWER = (
    "We strip and re-roof one school at a time, outside term wherever a crane is needed, with our own two crews; "
    "the site is handed back every evening, swept and fenced; "
    "each head teacher has one number to ring, at any hour. "
)

WORDS = 8
"""How many of the twelve criteria are answered in words."""


def rules() -> dict[str, Any]:
    """A lot's rules of twelve criteria: price, three other numbers, eight answers in words."""
    numbers: list[dict[str, Any]] = [
        {
            "id": "price",
            "weighting": "40",
            "direction": "lower",
            "unit": "GBP",
            "method": {"id": "P1", "zero": "reject"},
        },
        {"id": "apprentices", "weighting": "10", "unit": "week", "method": {"id": "target", "target": "208"}},
        {
            "id": "carbon",
            "weighting": "6",
            "unit": "tCO2e",
            "direction": "lower",
            "method": {"id": "A1", "best": "20", "worst": "120"},
        },
        {"id": "evenings", "weighting": "4", "method": {"id": "yes_no"}},
    ]
    words = [
        {"id": f"answer-{number}", "weighting": "5", "method": {"id": "graded", "scale": GRADES}}
        for number in range(WORDS)
    ]
    return {"criteria": [*numbers, *words], "rounding": [{"stage": "total", "decimals": 2, "mode": "half_up"}]}


def values(number: int) -> dict[str, str]:
    """What bid `number` offers: twelve values, two kilobytes as JSON."""
    figures = {
        "price": f"{1_000_000 + number * 7919 % 500_000}.00",
        "apprentices": str(100 + number % 200),
        "carbon": f"{20 + number % 100}.5",
        "evenings": "yes" if number % 2 else "no",
    }
    return figures | {f"answer-{place}": f"{ANSWER}({number}.{place})" for place in range(WORDS)}


def offer(number: int) -> bytes:
    """The same as a request's body."""
    return msgspec.json.encode({"values": values(number)})


def id_of(what: str, number: int) -> UUID:
    """The id of a lot, a tender, a supplier, a person."""
    return UUID(hashlib.md5(f"{what} {number}".encode()).hexdigest())


def key_of(number: int) -> str:
    """The whole API key of supplier `number`."""
    body = f"ts_live_{number:012}_{number:043}"
    return body + organisations._checksum(body)


def digests() -> tuple[str, str]:
    """The digests of the rules: of each lot, and of a tender with that one lot."""
    lot = scoring.rules_digest(msgspec.convert(rules(), scoring.Lot, strict=False))
    return lot, scoring.digest([lot])


async def fill(conn: db.Connection, tenders: int, suppliers: int) -> None:
    """Register a buyer and so many suppliers with a key each, and publish tenders of one lot that close in a day."""
    lot_digest, tender_digest = digests()
    async with conn.transaction():
        await conn.execute(SUPPLIERS.format(suppliers=suppliers))
        await conn.execute(TENDERS.format(tenders=tenders, digest=tender_digest))
        await conn.execute(
            "INSERT INTO lots (id, tender_id, number, title, rules, rules_digest)"
            " SELECT md5('lot ' || n)::uuid, md5('tender ' || n)::uuid, 1, 'Northern schools', $1::text::jsonb, $2"
            " FROM generate_series(0, $3::int - 1) AS n",
            msgspec.json.encode(rules()).decode(),
            lot_digest,
            tenders,
        )
        # All have one key pair, whose private half nobody keeps: nothing is ever opened here.
        await conn.execute(
            "INSERT INTO tender_keys (tender_id, public_key, made_at) SELECT id, $1, clock_timestamp() FROM tenders",
            sealing.generate_key()[1],
        )
    await conn.execute("VACUUM ANALYZE")


SUPPLIERS = """
INSERT INTO organisations (id, kind, name) VALUES (md5('buyer 0')::uuid, 'buyer', 'Northgate City Council');
INSERT INTO people (id, organisation_id, name) VALUES (md5('author 0')::uuid, md5('buyer 0')::uuid, 'Ann Author');
INSERT INTO organisations (id, kind, name)
SELECT md5('supplier ' || n)::uuid, 'supplier', 'Supplier ' || n FROM generate_series(0, {suppliers} - 1) AS n;
INSERT INTO people (id, organisation_id, name)
SELECT md5('person ' || n)::uuid, md5('supplier ' || n)::uuid, 'Bidder ' || n
FROM generate_series(0, {suppliers} - 1) AS n;
INSERT INTO api_keys (id, person_id, label, secret_digest, scopes)
SELECT
    lpad(n::text, 12, '0'), md5('person ' || n)::uuid, 'Portal', sha256(convert_to(lpad(n::text, 43, '0'), 'UTF8')),
    ARRAY['read', 'write']
FROM generate_series(0, {suppliers} - 1) AS n;
"""

TENDERS = """
INSERT INTO tenders (
    id, buyer_id, author_id, reference, title, description, currency, time_zone, rules_digest, submission_deadline,
    published_at
)
SELECT
    md5('tender ' || n)::uuid, md5('buyer 0')::uuid, md5('author 0')::uuid, 'SOLAR-' || n, 'Solar roofs',
    'Design, supply and installation.', 'GBP', 'Europe/London', '{digest}',
    clock_timestamp() + interval '1 day', clock_timestamp()
FROM generate_series(0, {tenders} - 1) AS n;
INSERT INTO log_heads (log_id) SELECT md5('tender ' || n)::uuid FROM generate_series(0, {tenders} - 1) AS n;
"""

EMPTY = """
TRUNCATE bids, bid_versions, bid_envelopes, idempotency_keys, events CASCADE;
UPDATE log_heads SET size = 0, frontier = '{}' WHERE size <> 0;
"""
"""Back to a market without bids; every run begins with it."""


async def empty(conn: db.Connection, *others: str) -> None:
    """Remove every bid, and what the further statements remove; then a checkpoint, for all runs to begin alike."""
    for statement in (EMPTY, *others):
        await conn.execute(statement)
    await conn.execute("VACUUM log_heads")
    await conn.execute("CHECKPOINT")
