"""What somebody changes who owns the database: found at the opening, or refused where it would count.

The service may change none of it (test_sql.py); these statements are run as the owner of the tables, who can.
"""

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from service import sealing
from service.submissions import Place
from tests.make import a_bid, a_score
from tests.service.conftest import LOG, Market, done, refused
from tests.service.test_documents import a_document, bid_with
from tests.service.test_locking import locked, open_prices


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
    alder, birch = done(await market.moderator.get(f"/lots/{lot_of(tender)}/bids"))
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
        whose = {"supplier_id": market.alder.organisation_id, "supplier": market.alder.name}
        missing = whose | {"version": 2, "digest": receipt["digest"]}
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


# Documents


async def a_swapped_document(market: Market) -> tuple[dict[str, Any], str, str]:
    """A bid's document in whose place the operator has put another, sealed to the same key for the same place."""
    tender = await market.publish()
    document_id = await a_document(market.alder, tender)
    receipt = await bid_with(market.alder, tender, (document_id, "Method.pdf"))
    context = sealing.context(
        UUID(tender["id"]), UUID(lot_of(tender)), UUID(market.alder.organisation_id), "document", UUID(document_id)
    )
    put = sealing.seal(bytes.fromhex(tender["public_key"]), context, b"another method", sealing.DOCUMENT_STEP)
    digest = hashlib.sha256(put).hexdigest()
    await market.owner.execute(
        "UPDATE documents SET header = $2, digest = $3, size = $4 WHERE id = $1",
        *(document_id, put[: sealing.HEADER_BYTES], digest, len(put)),
    )
    await market.owner.execute(
        "WITH gone AS (DELETE FROM document_chunks WHERE upload_id = (SELECT upload_id FROM documents WHERE id = $1))"
        " INSERT INTO document_chunks SELECT upload_id, 1000, $2 FROM documents WHERE id = $1",
        *(document_id, put),
    )
    await market.owner.execute(
        "UPDATE document_chunks SET number = 0 WHERE upload_id = (SELECT upload_id FROM documents WHERE id = $1)",
        document_id,
    )
    await market.open(tender)
    return tender, receipt["bid_id"], document_id


async def test_a_sealed_document_that_was_replaced_in_the_database_is_not_given_out(market: Market) -> None:
    """It opens with its key, and its row has the digest of what lies there: the log has that of what arrived."""
    _, bid_id, document_id = await a_swapped_document(market)
    path = f"/bids/{bid_id}/documents/{document_id}"
    problem = refused(await market.moderator.get(path), 409, "document-unreadable")
    assert "It has the digest" in problem["detail"]
    problem = refused(await market.evaluator.get(path), 409, "document-unreadable")
    assert "digest" not in problem["detail"]


LEARNT = {
    "entry": "UPDATE events SET data = jsonb_set(data, '{digest}', to_jsonb($2::text)) WHERE",
    "no entry": "DELETE FROM events WHERE $2::text <> '' AND",
}


@pytest.mark.parametrize("what", LEARNT)
async def test_a_document_whose_digest_was_changed_in_the_log_too_is_not_given_out(market: Market, what: str) -> None:
    """The entry is no longer the one that its leaf was hashed from, whatever digest it has now."""
    _, bid_id, document_id = await a_swapped_document(market)
    digest = await market.owner.fetchval("SELECT digest FROM documents WHERE id = $1", document_id)
    statement = f"{LEARNT[what]} kind = 'document.received' AND data ->> 'document_id' = $1::uuid::text"
    await market.owner.execute(statement, document_id, digest)
    path = f"/bids/{bid_id}/documents/{document_id}"
    problem = refused(await market.moderator.get(path), 409, "document-unreadable")
    assert "Its entry in the log was changed" in problem["detail"]
    problem = refused(await market.evaluator.get(path), 409, "document-unreadable")
    assert "entry" not in problem["detail"]


async def test_a_document_that_was_taken_off_a_bid_is_told_at_the_opening(market: Market) -> None:
    """And one that was hung on it stays sealed: the log says which came with it."""
    tender = await market.publish()
    sent, other = await a_document(market.alder, tender), await a_document(market.alder, tender)
    receipt = await bid_with(market.alder, tender, (sent, "Method.pdf"))
    await market.owner.execute("UPDATE bid_documents SET document_id = $2 WHERE document_id = $1", sent, other)
    (bid,) = (await market.open(tender))["bids"]
    assert f"sent with the document {sent}, says the log, and the database has lost it" in bid["fault"]
    path = f"/bids/{receipt['bid_id']}/documents/{other}"
    refused(await market.evaluator.get(path), 409, "document-sealed")


# What was opened

CHANGED = {
    "a price": 'UPDATE opened_bids SET offers = offers || \'{"price": "1.00"}\' WHERE bid_id = $1',
    "a fault": "UPDATE opened_bids SET fault = 'It cannot be read.' WHERE bid_id = $1",
    "the salt": "UPDATE opened_bids SET salt = NULL WHERE bid_id = $1",
    "the log's digest": (
        "UPDATE events SET data = jsonb_set(data, '{bids, 0, contents_digest}', 'null')"
        " WHERE kind = 'bids.opened' AND data -> 'bids' -> 0 ->> 'bid_id' = $1::uuid::text"
    ),
    "the lot": "UPDATE opened_bids SET lot_id = (SELECT id FROM lots WHERE id <> lot_id LIMIT 1) WHERE bid_id = $1",
}


@pytest.mark.parametrize("what", CHANGED)
async def test_opened_bids_that_were_changed_in_the_database_are_not_ranked(market: Market, what: str) -> None:
    """With the row as it was the same lot is ranked: that is the control."""
    tender, bids = await market.agreed()
    path = f"/lots/{lot_of(tender)}/evaluations"
    rules = {"rules_digest": tender["lots"][0]["rules_digest"]}
    bid_id = bids[0]["bid_id"]
    before = await market.owner.fetchrow(
        "SELECT lot_id, offers, fault, salt FROM opened_bids WHERE bid_id = $1", bid_id
    )
    await market.owner.execute(CHANGED[what], bid_id)
    problem = refused(await market.moderator.post(path, rules), 409, "opened-contents-changed")
    assert bid_id in problem["detail"]
    if what == "the log's digest":
        return
    await market.owner.execute(
        "UPDATE opened_bids SET lot_id = $2, offers = $3, fault = $4, salt = $5 WHERE bid_id = $1", bid_id, *before
    )
    done(await market.moderator.post(path, rules))


async def test_the_report_names_a_bid_that_was_taken_out(market: Market) -> None:
    """Whoever reads the report learns that a receipt is out there for a bid that nobody opened."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    done(await market.birch.submit(tender))
    await market.owner.execute(OPERATOR["withdrawn"][0], receipt["bid_id"])
    (bid,) = (await market.open(tender))["bids"]
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    rules = {"rules_digest": tender["lots"][0]["rules_digest"]}
    run = done(await market.moderator.post(f"/lots/{lot_of(tender)}/evaluations", rules))
    page = (await market.auditor.get(f"/evaluations/{run['id']}/report.html")).text
    assert "Bids that stand in the log and were not found at the opening" in page
    assert "No bid had been withdrawn." in page
    assert receipt["digest"][:4] in page


# Price envelopes


async def test_who_goes_on_to_the_prices_is_what_the_log_says(market: Market) -> None:
    """One whose failure was struck out in the database stays sealed; one that was made to fail is told as missing."""
    lot = await locked(market, alder="1")
    alder, birch = (lot.bids[name]["bid_id"] for name in ("alder", "birch"))
    assert await market.owner.fetchval("SELECT reason IS NOT NULL FROM technical_outcomes WHERE bid_id = $1", alder)
    await market.owner.execute("UPDATE technical_outcomes SET reason = NULL WHERE bid_id = $1", alder)
    await market.owner.execute("UPDATE technical_outcomes SET reason = 'No.' WHERE bid_id = $1", birch)
    prices = (await open_prices(market, lot))["prices"]
    told = {line["bid_id"]: line["fault"] for line in prices["bids"] if line["opened"]}
    assert "In the log no such bid stands whose envelope would be opened now" in told.pop(alder)
    assert told == {lot.bids["cedar"]["bid_id"]: None}
    assert [bid["bid_id"] for bid in prices["missing"]] == [birch]
    offers = {bid["bid_id"]: bid["offers"] for bid in done(await market.auditor.get(f"{lot.path}/bids"))}
    assert "price" not in offers[alder]


@pytest.mark.parametrize("kind", ["offer", "price"])
async def test_either_envelope_that_was_replaced_is_found_when_the_prices_are_opened(
    market: Market, kind: sealing.Kind
) -> None:
    """The digest of what arrived is of both: an offer that was changed after its opening is told too."""
    lot = await locked(market)
    bid_id = lot.bids["alder"]["bid_id"]
    tender = lot.tender
    place = Place(UUID(tender["id"]), UUID(lot_of(tender)), UUID(market.alder.organisation_id), 1)
    content = b'{"values": {"price": "1.00"}}'
    put = sealing.split(sealing.seal(bytes.fromhex(tender["public_key"]), place.context(kind), content))
    await market.owner.execute(
        "UPDATE sealed_envelopes SET header = $2, contents = $3 WHERE bid_id = $1 AND kind = $4", bid_id, *put, kind
    )
    prices = (await open_prices(market, lot))["prices"]
    faults = {line["bid_id"]: line["fault"] for line in prices["bids"]}
    assert "What is stored has the digest" in faults.pop(bid_id)
    assert set(faults.values()) == {None}
