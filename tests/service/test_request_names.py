"""What a repeated bid or document is known again by: nothing that would let anybody guess what is sealed."""

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from service import db, intake, uploads
from service.signing import Secrets, request_name
from tests.make import a_bid
from tests.service import test_uploads
from tests.service.conftest import SECRETS, Market, Person, done, refused, served
from tests.service.test_uploads import CONTENT

MIGRATION = (db.MIGRATIONS / "0054_known_by_their_senders.sql").read_text()
ROTATED = Secrets([b"\x07" * 32, b"\x01" * 32])


def turning(table: str) -> str:
    """The migration's statement that turns what was stored in a table before it."""
    return MIGRATION[MIGRATION.index(f"UPDATE {table}\n") :].partition(";")[0]


def as_sent(bid: Any) -> bytes:
    """A bid's bytes as these tests send them."""
    return httpx.Request("POST", "http://nowhere", json=bid).content


# Bids


async def kept(market: Market, bid_id: str) -> list[tuple[str, str]]:
    """What is stored of a bid's requests."""
    rows = await market.owner.fetch(
        "SELECT key, fingerprint FROM idempotency_keys WHERE bid_id = $1 ORDER BY version", bid_id
    )
    return [(row["key"], row["fingerprint"]) for row in rows]


async def put_back(market: Market, bid_id: str, version: int, key: str, body: bytes, secrets: Secrets) -> None:
    """Let a request be stored as migration 0047 stored it: the key, and the contents' HMAC."""
    await market.owner.execute(
        "UPDATE idempotency_keys SET key = $3, fingerprint = $4 WHERE bid_id = $1 AND version = $2",
        *(bid_id, version, key, secrets.fingerprint(body)),
    )


async def test_whoever_has_the_database_and_the_secrets_cannot_try_prices(market: Market) -> None:
    """Neither the sender's key nor a digest of the contents without it is stored; with the key it can be recognised."""
    tender = await market.publish()
    key, bids = f"own-{uuid4()}", (a_bid(), a_bid(price="2.00"))
    receipt = done(await market.alder.submit(tender, key=key))
    done(await market.alder.put(f"/bids/{receipt['bid_id']}", bids[1], Idempotency_Key=key))
    stored = await kept(market, receipt["bid_id"])
    text = repr(stored)
    assert key not in text
    forms = [form for bid in bids for form in (as_sent(bid), json.dumps(bid).encode(), msgspec.json.encode(bid))]
    assert not [form for form in forms if SECRETS.fingerprint(form) in text or hashlib.sha256(form).hexdigest() in text]
    lot, supplier = tender["lots"][0]["id"], market.alder.organisation_id
    asked = f"{supplier} submit {lot} {key}", f"{supplier} replace {receipt['bid_id']} {key}"
    assert [name for name, _ in stored] == [request_name(one) for one in asked]


async def test_what_the_migration_finds_is_known_again_and_gives_nothing_away(market: Market) -> None:
    """Stored in the clear by releases before, under a line that is an older one by now."""
    tender = await market.publish()
    first = await market.alder.submit(tender, key="first")
    path = f"/bids/{done(first)['bid_id']}"
    second = await market.alder.put(path, a_bid(price="2.00"), Idempotency_Key="second")
    for version, (key, answer) in enumerate((("first", first), ("second", second)), start=1):
        await put_back(market, done(first)["bid_id"], version, key, answer.request.content, SECRETS)
    await market.owner.execute(turning("idempotency_keys"))
    stored = await kept(market, done(first)["bid_id"])
    assert {name[0] for name, _ in stored} == {'"'}
    assert not {fingerprint for _, fingerprint in stored} & {
        SECRETS.fingerprint(answer.request.content) for answer in (first, second)
    }
    async with served(market.dsn, secrets=ROTATED) as url:
        alder = Person(httpx.AsyncClient(base_url=url, timeout=30), market.alder.key)
        assert done(await alder.submit(tender, key="first")) == done(first)
        assert done(await alder.put(path, a_bid(price="2.00"), Idempotency_Key="second")) == done(second)
        refused(await alder.submit(tender, a_bid(price="3.00"), key="first"), 422, "idempotency-key-reused")
        await alder.http.aclose()


async def as_before(market: Market, tender: dict[str, Any], bid_id: str, key: str, body: bytes) -> asyncpg.Record:
    """A first bid as the release before hands it to the database: its key, and its contents' HMAC."""
    lot, empty = tender["lots"][0], b""
    columns = {
        "lot_ids": [UUID(lot["id"])],
        "bid_ids": [UUID(bid_id)],
        "versions": [1],
        "supplier_ids": [UUID(market.cedar.organisation_id)],
        "person_ids": [UUID(market.cedar.id)],
        "key_ids": [market.cedar.key.split("_")[2]],
        "names": [key],
        "fingerprints": [SECRETS.fingerprint(body)],
        "tender_digests": [await market.owner.fetchval("SELECT rules_digest FROM tenders WHERE id = $1", tender["id"])],
        "rules_digests": [lot["rules_digest"]],
        "sizes": [4],
        "digests": ["0" * 64],
        **{name: [empty] for name in ("offer_headers", "offers")},
        **{name: [None] for name in ("price_headers", "prices")},
        "documents": ["{}"],
        "variants": [0],
    }
    signer = SECRETS.signers[0].key_id
    rows = [row async for row in intake.SQL.store_bids(market.owner, **columns, signer=signer, lock_timeout="1s")]
    return rows[0]


async def test_either_release_knows_again_what_the_other_has_stored(market: Market) -> None:
    """They run side by side while one takes the other's place, and a bid is sent again to whichever answers."""
    tender = await market.publish()
    body = as_sent(a_bid())
    old = await as_before(market, tender, str(uuid4()), "by-the-old-one", body)
    assert (old["verdict"], old["fingerprint"]) == ("stored", SECRETS.fingerprint(body))
    assert "by-the-old-one" not in repr(await kept(market, str(old["bid_id"])))
    again = await market.cedar.submit(tender, key="by-the-old-one")
    assert (done(again)["bid_id"], again.headers["idempotency-replayed"]) == (str(old["bid_id"]), "true")
    other = await market.publish()
    receipt = done(await market.cedar.submit(other, key="by-the-new-one"))
    replay = await as_before(market, other, str(uuid4()), "by-the-new-one", body)
    assert (replay["verdict"], str(replay["bid_id"])) == ("replay", receipt["bid_id"])
    assert replay["fingerprint"] == SECRETS.fingerprint(body)
    reused = await as_before(market, other, str(uuid4()), "by-the-new-one", b"{}")
    assert (reused["verdict"], reused["fingerprint"] == SECRETS.fingerprint(b"{}")) == ("replay", False)


async def test_what_the_release_before_has_in_flight_while_the_database_is_migrated_is_hidden_too(
    market: Market,
) -> None:
    """Its function began before the migration and writes after it."""
    tender = await market.publish()
    first = await market.alder.submit(tender, key="in-flight")
    row = await market.owner.fetchrow(
        "DELETE FROM idempotency_keys WHERE bid_id = $1 RETURNING organisation_id, operation, bid_id, version",
        done(first)["bid_id"],
    )
    await market.owner.execute(
        "INSERT INTO idempotency_keys (organisation_id, operation, key, fingerprint, bid_id, version)"
        " VALUES ($1, $2, 'in-flight', $5, $3, $4)",
        *(*row, SECRETS.fingerprint(first.request.content)),
    )
    assert "in-flight" not in repr(await kept(market, done(first)["bid_id"]))
    again = await market.alder.submit(tender, key="in-flight")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")


# Documents


async def kept_documents(market: Market, tender: dict[str, Any]) -> list[tuple[str, str]]:
    """What is stored of the requests that brought a tender's documents."""
    rows = await market.owner.fetch(
        "SELECT retry_key, fingerprint FROM documents WHERE lot_id = $1 ORDER BY received_at", tender["lots"][0]["id"]
    )
    return [(row["retry_key"], row["fingerprint"]) for row in rows]


DIGEST = hashlib.sha256(CONTENT).digest()


async def test_nor_can_they_recognise_a_document(market: Market) -> None:
    """A price list on a known form can be tried as a price can."""
    tender, key = await market.publish(), f"own-{uuid4()}"
    done(await test_uploads.send(market.alder, tender, Idempotency_Key=key))
    ((name, fingerprint),) = await kept_documents(market, tender)
    assert name == request_name(f"{market.alder.organisation_id} document {tender['lots'][0]['id']} {key}")
    assert fingerprint not in {SECRETS.fingerprint(DIGEST), SECRETS.fingerprint(CONTENT), DIGEST.hex()}


async def test_documents_that_the_migration_finds_are_known_again(market: Market) -> None:
    """Under an older line as well; another file under the key is still refused."""
    tender, key = await market.publish(), f"own-{uuid4()}"
    first = await test_uploads.send(market.alder, tender, Idempotency_Key=key)
    await market.owner.execute(
        "UPDATE documents SET retry_key = $2, fingerprint = $3 WHERE id = $1",
        *(done(first)["document_id"], key, SECRETS.fingerprint(DIGEST)),
    )
    await market.owner.execute(turning("documents"))
    ((name, fingerprint),) = await kept_documents(market, tender)
    assert (name[0], fingerprint != SECRETS.fingerprint(DIGEST)) == ('"', True)
    async with served(market.dsn, secrets=ROTATED) as url:
        alder = Person(httpx.AsyncClient(base_url=url, timeout=30), market.alder.key)
        again = await test_uploads.send(alder, tender, Idempotency_Key=key)
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
        other = await test_uploads.send(alder, tender, CONTENT + b".", Idempotency_Key=key)
        refused(other, 422, "idempotency-key-reused")
        await alder.http.aclose()


@pytest.mark.parametrize("stored_by", ["the release before", "this one"])
async def test_a_document_that_the_release_before_hands_in_is_kept_without_its_key(
    market: Market, stored_by: str
) -> None:
    """This one knows it again; that one, which asks the table for the key, keeps a repetition as another document."""
    tender, key = await market.publish(), f"own-{uuid4()}"
    if stored_by == "this one":
        done(await test_uploads.send(market.cedar, tender, Idempotency_Key=key))
    document_id, upload_id = uuid4(), uuid4()
    await uploads.SQL.begin_upload(market.owner, upload_id=upload_id)
    verdict = await uploads.SQL.store_document(
        market.owner,
        document_id=document_id,
        upload_id=upload_id,
        lot_id=UUID(tender["lots"][0]["id"]),
        supplier_id=UUID(market.cedar.organisation_id),
        person_id=UUID(market.cedar.id),
        key_id=market.cedar.key.split("_")[2],
        name=key,
        fingerprint=SECRETS.fingerprint(DIGEST),
        kept_in=None,
        header=b"",
        digest="0" * 64,
        size=4,
    )
    assert (verdict["verdict"], verdict["document_id"]) == ("stored", document_id)
    rows = await kept_documents(market, tender)
    assert {name[0] for name, _ in rows} == {'"'}
    assert key not in repr(rows)
    assert SECRETS.fingerprint(DIGEST) not in repr(rows)
    again = await test_uploads.send(market.cedar, tender, Idempotency_Key=key)
    assert again.headers["idempotency-replayed"] == "true"
    if stored_by == "the release before":
        assert done(again)["document_id"] == str(document_id)
