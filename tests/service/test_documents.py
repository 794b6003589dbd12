"""A bid's documents are sealed like the bid, bound to it when it is stored, and opened with it."""

import base64
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from service import sealing
from service.officer_keys import Stopped
from service.sealing import DOCUMENT_TYPE
from tests.make import a_bid
from tests.make_officers import content_keys, desks, private_key, publish
from tests.make_sealed import a_sealed_bid, send_sealed
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_uploads import CONTENT, kept_bytes, sealed_for, send


async def bid_with(person: Person, tender: dict[str, Any], *named: tuple[str, str]) -> dict[str, Any]:
    """A bid that names documents; the receipt."""
    bid = a_bid() | {"documents": [{"id": document_id, "name": name} for document_id, name in named]}
    return done(await person.submit(tender, bid))


async def a_document(person: Person, tender: dict[str, Any], content: bytes = CONTENT) -> str:
    return done(await send(person, tender, content))["document_id"]


async def opened_rows(market: Market, *document_ids: str) -> dict[str, Any]:
    """What the opening has kept of documents, by their ids."""
    rows = await market.owner.fetch("SELECT * FROM opened_documents WHERE document_id = ANY($1)", document_ids)
    return {str(row["document_id"]): row for row in rows}


# Bound to the bid


async def test_a_bid_is_bound_to_documents_of_its_own_supplier_and_lot_only(market: Market) -> None:
    """Nobody attaches what another sent, or what was sent for another lot, or what never arrived."""
    tender, other = await market.publish(), await market.publish()
    own, second = await a_document(market.alder, tender), await a_document(market.alder, tender)
    foreign, elsewhere = await a_document(market.birch, tender), await a_document(market.alder, other)
    for wrong in ([foreign], [own, elsewhere], [str(uuid4())]):
        bid = a_bid() | {"documents": [{"id": document_id, "name": "A.pdf"} for document_id in wrong]}
        refused(await market.alder.submit(tender, bid), 422, "documents-missing")
    receipt = await bid_with(market.alder, tender, (own, "A.pdf"), (second, "A.pdf"))
    assert receipt["documents"] == [own, second]
    bound = await market.owner.fetch("SELECT document_id FROM bid_documents WHERE bid_id = $1", receipt["bid_id"])
    assert {str(row["document_id"]) for row in bound} == {own, second}


async def test_an_upload_that_is_not_complete_is_no_document_to_bind(market: Market) -> None:
    tender = await market.publish()
    upload_id = uuid4()
    await market.owner.execute("INSERT INTO document_uploads VALUES ($1, clock_timestamp())", upload_id)
    ids = (market.alder.organisation_id, tender["lots"][0]["id"], [upload_id])
    assert await market.owner.fetchval("SELECT are_documents($1, $2, $3)", *ids) is False
    await market.owner.execute("DELETE FROM document_uploads WHERE id = $1", upload_id)


async def test_the_service_binds_by_the_storing_statement_alone(pool: asyncpg.Pool) -> None:
    """And can neither change nor remove what was received."""
    for statement in (
        "SELECT bind_documents(NULL, 1, NULL, NULL, '{}')",
        "INSERT INTO bid_documents SELECT gen_random_uuid(), 1, gen_random_uuid()",
        "INSERT INTO documents SELECT",
        "DELETE FROM documents",
        "UPDATE documents SET digest = ''",
        "DELETE FROM document_uploads",
        "UPDATE opened_documents SET name = ''",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


# Opened with it


async def test_the_opening_opens_the_documents_of_standing_bids(market: Market) -> None:
    """What a replaced or withdrawn bid named, and what no bid names, stays sealed."""
    tender = await market.publish()
    first, second, unnamed = [await a_document(market.alder, tender) for _ in range(3)]
    withdrawn = await a_document(market.birch, tender)
    receipt = await bid_with(market.alder, tender, (first, "First.pdf"))
    again = a_bid() | {"documents": [{"id": second, "name": "Second.pdf"}]}
    done(await market.alder.put(f"/bids/{receipt['bid_id']}", again, Idempotency_Key=str(uuid4())))
    gone = await bid_with(market.birch, tender, (withdrawn, "Gone.pdf"))
    done(await market.birch.delete(f"/bids/{gone['bid_id']}"))
    record = await market.open(tender)
    assert [bid["fault"] for bid in record["bids"]] == [None]
    found = await opened_rows(market, first, second, unnamed, withdrawn)
    assert found.keys() == {second}
    assert (str(found[second]["bid_id"]), found[second]["name"]) == (receipt["bid_id"], "Second.pdf")
    assert "documents" not in (await market.last(tender))["data"]


async def test_the_kept_content_key_opens_what_is_kept(market: Market) -> None:
    tender = await market.publish()
    document_id = await a_document(market.alder, tender)
    await bid_with(market.alder, tender, (document_id, "Method.pdf"))
    await market.open(tender)
    header, body = sealing.split(await kept_bytes(market, document_id))
    content_key = (await opened_rows(market, document_id))[document_id]["content_key"]
    assert sealing.open_body(content_key, header, body) == CONTENT


async def test_a_document_sealed_for_something_else_is_a_fault_of_that_document_alone(market: Market) -> None:
    """Nobody stops an opening by a document that cannot be opened; the log says which it was."""
    tender, other = await market.publish(), await market.publish()
    wrong, envelope = await sealed_for(market, other, market.alder, CONTENT)
    sent = {"query": f"?document_id={wrong}", "Content_Type": DOCUMENT_TYPE}
    done(await send(market.alder, tender, envelope, **sent))
    good = await a_document(market.alder, tender)
    await bid_with(market.alder, tender, (str(wrong), "Wrong.pdf"), (good, "Good.pdf"))
    record = await market.open(tender)
    assert [bid["fault"] for bid in record["bids"]] == [None]
    found = await opened_rows(market, str(wrong), good)
    assert found[good]["fault"] is None
    assert found[str(wrong)]["content_key"] is None
    assert "sealed to another key or for another tender" in found[str(wrong)]["fault"]
    (told,) = (await market.last(tender))["data"]["documents"]
    assert told == {"document_id": str(wrong), "fault": found[str(wrong)]["fault"]}


async def test_a_document_that_the_offer_names_and_the_bid_lacks_is_told_to_the_panel(market: Market) -> None:
    """Only a supplier's own program can seal such a bid; nobody sees it before the opening."""
    tender = await market.publish()
    offer = a_bid() | {"documents": [{"id": str(uuid4()), "name": "Forgotten.pdf"}]}
    done(await send_sealed(market, market.alder, tender, a_sealed_bid(tender, market.alder, offer)))
    record = await market.open(tender)
    (bid,) = record["bids"]
    assert bid["fault"] == "Forgotten.pdf: the offer names this document, and the bid was sent without it."


async def test_in_the_officers_custody_their_client_opens_documents_too(market: Market) -> None:
    """Their keys come with the bids' keys, each checked, all of them or nothing."""
    officers = await desks(market)
    tender = await publish(market, officers)
    lot = f"/lots/{tender['lots'][0]['id']}"
    document_id = await a_document(market.alder, tender)
    receipt = await bid_with(market.alder, tender, (document_id, "Method.pdf"))
    refused(await market.officer.get(f"{lot}/opening/documents"), 409, "deadline-not-reached")
    await market.close(tender)
    for desk in officers[:2]:
        for to in officers[:2]:
            await desk.act(tender, to)
    keys = await content_keys(officers[0], tender, await private_key(officers, tender))
    wrong = base64.b64encode(bytes(32)).decode()
    for given, status, slug in (
        ([], 422, "invalid-request"),
        ([{"document_id": str(uuid4()), "key": None}], 422, "invalid-request"),
        ([{"document_id": document_id, "key": wrong}], 422, "wrong-content-key"),
    ):
        body = {"envelope": "offer", "keys": keys, "documents": given}
        refused(await market.officer.post(f"{lot}/opening/keys", body), status, slug)
    # One officer's word does not take a bidder's document out.
    body = {"envelope": "offer", "keys": keys, "documents": [{"document_id": document_id, "key": None}]}
    for _ in range(2):
        assert (await market.officer.post(f"{lot}/opening/keys", body)).status_code == 202
    assert (await opened_rows(market, document_id)) == {}
    await officers[1].open(tender)
    await market.ready(tender)
    answer = await market.evaluator.get(f"/bids/{receipt['bid_id']}/documents/{document_id}")
    assert answer.content == CONTENT


async def test_a_document_that_no_client_opens_is_recorded_so_by_two(market: Market) -> None:
    officers = await desks(market)
    tender, other = await publish(market, officers), await market.publish()
    wrong, envelope = await sealed_for(market, other, market.alder, CONTENT)
    sent = {"query": f"?document_id={wrong}", "Content_Type": DOCUMENT_TYPE}
    done(await send(market.alder, tender, envelope, **sent))
    await bid_with(market.alder, tender, (str(wrong), "Wrong.pdf"))
    await market.close(tender)
    for desk in officers[:2]:
        for to in officers[:2]:
            await desk.act(tender, to)
    with pytest.raises(Stopped, match="a second officer's client must find so too"):
        await officers[0].open(tender)
    assert any(f"The document {wrong} does not open" in said for said in officers[0].said)
    await officers[1].open(tender)
    assert "2 officers' clients" in (await opened_rows(market, str(wrong)))[str(wrong)]["fault"]
