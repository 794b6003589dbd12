"""A bid's documents are sealed like the bid, bound to it when it is stored, and opened with it."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from service import db, documents, sealing
from service.documents import OpenedDocument, SealedDocument
from service.sealing import DOCUMENT_TYPE
from service.wrapping import Wrapper
from tests.make import a_bid
from tests.service.conftest import SECRETS, Market, Person, done
from tests.service.test_uploads import CONTENT, kept_bytes, sealed_for, send

BIND = "SELECT bind_documents($1, $2, $3, $4, $5)"


async def bid_with(market: Market, person: Person, tender: dict[str, Any], *named: tuple[str, str]) -> dict[str, Any]:
    """A bid that names documents, bound to them as its storing statement does; the receipt."""
    lot_id = tender["lots"][0]["id"]
    bid = a_bid() | {"documents": [{"id": document_id, "name": name} for document_id, name in named]}
    receipt = done(await person.submit(tender, bid))
    ids = [document_id for document_id, _ in named]
    if not await market.owner.fetchval("SELECT count(*) FROM bid_documents WHERE bid_id = $1", receipt["bid_id"]):
        assert await market.owner.fetchval(BIND, receipt["bid_id"], 1, person.organisation_id, lot_id, ids)
    return receipt


async def a_document(person: Person, tender: dict[str, Any], content: bytes = CONTENT) -> str:
    return done(await send(person, tender, content))["document_id"]


async def private_key(market: Market, tender: dict[str, Any]) -> bytes:
    """The tender's private key, as the opening gets at it."""
    row = await market.owner.fetchrow("SELECT * FROM tender_keys WHERE tender_id = $1", tender["id"])
    return await Wrapper(SECRETS).unwrap(row["tender_id"], row["wrapped_key"], row["wrapped_by"])


async def open_documents(market: Market, tender: dict[str, Any], names: dict[str, str]) -> list[SealedDocument]:
    """What the opening does about a lot's documents, in one transaction of the service's own role."""
    lot_id, private = UUID(tender["lots"][0]["id"]), await private_key(market, tender)
    pool = await db.open_pool(market.dsn, connections=1)
    try:
        async with db.transaction(pool) as conn:
            found = await documents.list_sealed(conn, lot_id)
            opened = [
                OpenedDocument(
                    one.document_id,
                    one.bid_id,
                    names.get(str(one.document_id), str(one.document_id)),
                    *documents.unwrap(private, UUID(tender["id"]), lot_id, one),
                )
                for one in found
            ]
            await documents.keep_opened(conn, opened)
    finally:
        await pool.close()
    return found


# Bound to the bid


async def test_a_bid_is_bound_to_documents_of_its_own_supplier_and_lot_only(market: Market) -> None:
    """Nobody attaches what another sent, or what was sent for another lot, or what never arrived."""
    tender, other = await market.publish(), await market.publish()
    own, second = await a_document(market.alder, tender), await a_document(market.alder, tender)
    foreign, elsewhere = await a_document(market.birch, tender), await a_document(market.alder, other)
    receipt = done(await market.alder.submit(tender))
    place = (receipt["bid_id"], 1, market.alder.organisation_id, tender["lots"][0]["id"])
    for wrong in ([foreign], [own, elsewhere], [str(uuid4())], [own, own]):
        assert await market.owner.fetchval(BIND, *place, wrong) is False
    assert await market.owner.fetchval("SELECT count(*) FROM bid_documents WHERE bid_id = $1", receipt["bid_id"]) == 0
    assert await market.owner.fetchval(BIND, *place, []) is True
    assert await market.owner.fetchval(BIND, *place, [own, second]) is True
    assert await market.owner.fetchval("SELECT count(*) FROM bid_documents WHERE bid_id = $1", receipt["bid_id"]) == 2


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


async def test_the_opening_gets_the_documents_of_standing_bids(market: Market) -> None:
    """What a replaced or withdrawn bid named, and what no bid names, stays sealed."""
    tender = await market.publish()
    first, second, _unnamed = [await a_document(market.alder, tender) for _ in range(3)]
    withdrawn = await a_document(market.birch, tender)
    receipt = await bid_with(market, market.alder, tender, (first, "First.pdf"))
    path = f"/bids/{receipt['bid_id']}"
    again = a_bid() | {"documents": [{"id": second, "name": "Second.pdf"}]}
    done(await market.alder.put(path, again, Idempotency_Key=str(uuid4())))
    place = (receipt["bid_id"], 2, market.alder.organisation_id, tender["lots"][0]["id"], [second])
    if not await market.owner.fetchval("SELECT count(*) FROM bid_documents WHERE document_id = $1", second):
        await market.owner.fetchval(BIND, *place)
    gone = await bid_with(market, market.birch, tender, (withdrawn, "Gone.pdf"))
    done(await market.birch.delete(f"/bids/{gone['bid_id']}"))
    (opened,) = await open_documents(market, tender, {second: "Second.pdf"})
    assert (str(opened.bid_id), str(opened.document_id)) == (receipt["bid_id"], second)
    names = await market.owner.fetch("SELECT name FROM opened_documents WHERE bid_id = $1", receipt["bid_id"])
    assert [row["name"] for row in names] == ["Second.pdf"]


async def test_a_document_sealed_for_something_else_is_a_fault_of_that_document_alone(market: Market) -> None:
    """Nobody stops an opening by a document that cannot be opened."""
    tender, other = await market.publish(), await market.publish()
    document_id, envelope = await sealed_for(market, other, market.alder, CONTENT)
    sent = {"query": f"?document_id={document_id}", "Content_Type": DOCUMENT_TYPE}
    done(await send(market.alder, tender, envelope, **sent))
    good = await a_document(market.alder, tender)
    await bid_with(market, market.alder, tender, (str(document_id), "Wrong.pdf"), (good, "Good.pdf"))
    await open_documents(market, tender, {})
    rows = await market.owner.fetch("SELECT * FROM opened_documents WHERE document_id = ANY($1)", [document_id, good])
    found = {str(row["document_id"]): row for row in rows}
    assert found[good]["fault"] is None
    assert found[str(document_id)]["content_key"] is None
    assert "sealed to another key or for another tender" in found[str(document_id)]["fault"]


async def test_what_is_kept_opens_with_the_tender_s_key(market: Market) -> None:
    """The whole way: what the supplier sent is what the content key gives back from the bytes that are kept."""
    tender = await market.publish()
    document_id = await a_document(market.alder, tender)
    await bid_with(market, market.alder, tender, (document_id, "Method.pdf"))
    lot_id = UUID(tender["lots"][0]["id"])
    (sealed,) = await open_documents(market, tender, {})
    content_key, fault = documents.unwrap(await private_key(market, tender), UUID(tender["id"]), lot_id, sealed)
    assert fault is None
    header, body = sealing.split(await kept_bytes(market, document_id))
    assert header == sealed.header
    assert sealing.open_body(content_key or b"", header, body) == CONTENT
