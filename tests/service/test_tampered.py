"""What somebody changes who owns the database: found at the opening, or refused where it would count.

The service may change none of it (test_sql.py); these statements are run as the owner of the tables, who can.
"""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from service import sealing
from service.submissions import Place
from tests.make import a_bid
from tests.service.conftest import LOG, Market, done


def lot_of(tender: dict[str, Any]) -> str:
    return tender["lots"][0]["id"]


# Sealed bids


def forged(market: Market, tender: dict[str, Any]) -> sealing.Envelope:
    """What an operator can seal in Alder's name: the tender's key is public, as is all that an envelope is bound to."""
    place = Place(UUID(tender["id"]), UUID(lot_of(tender)), UUID(market.alder.organisation_id), 1)
    content = json.dumps(a_bid(price="9900000.00")).encode()
    return sealing.split(sealing.seal(bytes.fromhex(tender["public_key"]), place.context("offer"), content))


async def test_a_sealed_bid_that_was_replaced_in_the_database_is_found_at_the_opening(market: Market) -> None:
    """It would open without a fault, with another price than Alder's; the log has the digest of what arrived."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    done(await market.birch.submit(tender))
    put = forged(market, tender)
    await market.owner.execute(
        "UPDATE sealed_envelopes SET header = $2, contents = $3 WHERE bid_id = $1", receipt["bid_id"], *put
    )
    record = await market.open(tender)
    assert ["is not the one that was received" in (bid["fault"] or "") for bid in record["bids"]] == [True, False]
    alder, birch = done(await market.evaluator.get(f"/lots/{lot_of(tender)}/bids"))
    assert (alder["offers"], birch["offers"]) == ({}, a_bid()["values"])
    logged = (await market.last(tender))["data"]["bids"][0]
    assert receipt["digest"] in logged["fault"]


EMPTY_LOT = """
UPDATE bids SET lot_id = (SELECT id FROM lots WHERE id NOT IN (SELECT lot_id FROM bids) LIMIT 1) WHERE id = $1
"""
CHANGED_ENTRY = """
UPDATE events SET data = jsonb_set(data, '{digest}', to_jsonb(repeat('0', 64)))
WHERE kind = 'bid.replaced' AND data ->> 'bid_id' = $1::uuid::text
"""
OPERATOR = {
    "withdrawn": ("UPDATE bids SET withdrawn_at = clock_timestamp() WHERE id = $1", None),
    "moved": (EMPTY_LOT, None),
    "an earlier version": ("UPDATE bids SET version = 1 WHERE id = $1", "Its version is 1, and in the log 2."),
    "resealed": (
        "UPDATE bid_versions SET digest = repeat('0', 64) WHERE bid_id = $1 AND version = 2",
        "Its digest is 0000",
    ),
    "earlier": (
        "UPDATE bid_versions SET submitted_at = submitted_at - interval '1 day' WHERE bid_id = $1",
        "Its instant is",
    ),
    "another supplier's": (
        "UPDATE bids SET supplier_id = (SELECT id FROM organisations WHERE name LIKE 'Cedar%' LIMIT 1) WHERE id = $1",
        "Its supplier is",
    ),
    "without its envelope": ("DELETE FROM sealed_envelopes WHERE bid_id = $1", "What is stored has the digest None"),
    "entry": (CHANGED_ENTRY, "Its entry in the log was changed"),
}


@pytest.mark.parametrize("what", OPERATOR)
async def test_a_stored_bid_that_was_changed_in_the_database_is_found_at_the_opening(market: Market, what: str) -> None:
    """Withdrawn without an entry, moved, put back, redated, given away or cut: told, and the other bid is opened."""
    statement, fault = OPERATOR[what]
    await market.publish()  # a lot without bids, for one to be moved to
    tender = await market.publish()
    bid_id = done(await market.alder.submit(tender))["bid_id"]
    receipt = done(await market.alder.put(f"/bids/{bid_id}", a_bid(price="2.00"), Idempotency_Key=str(uuid4())))
    done(await market.birch.submit(tender))
    await market.owner.execute(statement, bid_id)
    record = await market.open(tender)
    assert record["withdrawn"] == 0
    told = {bid["bid_id"]: bid["fault"] for bid in record["bids"]}
    if fault is None:
        missing = {"supplier_id": market.alder.organisation_id, "version": 2, "digest": receipt["digest"]}
        assert record["missing"] == [{"bid_id": bid_id} | missing]
        assert bid_id not in told
    else:
        assert record["missing"] == []
        assert fault in told[bid_id]
    assert [there for name, there in told.items() if name != bid_id] == [None]
    offers = done(await market.evaluator.get(f"/lots/{lot_of(tender)}/bids"))
    assert [bid["offers"] for bid in offers if bid["bid_id"] == bid_id] in ([], [{}])
    assert any(line["event"] == "bids missing" for line in LOG) or fault is not None


async def test_a_withdrawn_bid_that_was_put_back_in_the_database_stays_sealed(market: Market) -> None:
    """Its supplier thought better of it, and nobody else may unthink that."""
    tender = await market.publish()
    bid_id = done(await market.alder.submit(tender))["bid_id"]
    done(await market.alder.delete(f"/bids/{bid_id}"))
    await market.owner.execute("UPDATE bids SET withdrawn_at = NULL WHERE id = $1", bid_id)
    record = await market.open(tender)
    assert record["withdrawn"] == 1
    assert "In the log no such bid stands" in record["bids"][0]["fault"]
    (bid,) = done(await market.evaluator.get(f"/lots/{lot_of(tender)}/bids"))
    assert bid["offers"] == {}
