"""What a receipt proves, worked out from its own text."""

import base64
import json

import httpx
import pytest

from service import custody, db, merkle, verify_receipt
from service.settings import Settings
from service.signing import Secrets, SecretUnusable
from tests.make import a_bid
from tests.service.conftest import SECRETS, Market, Person, done, refused, served


async def test_a_receipt_leads_from_its_entry_to_the_signed_root(market: Market) -> None:
    """The entry to the letter hashes, along the proof, to the root in the checkpoint."""
    tender = await market.publish()
    done(await market.birch.submit(tender))
    receipt = done(await market.alder.submit(tender))
    proof = receipt["proof"]
    origin, size, root = proof["checkpoint"].split("\n")[:3]
    assert origin == f"tenderscore/{tender['id']}"
    assert int(size) == proof["tree_size"]
    hashes = [base64.b64decode(node) for node in proof["hashes"]]
    leaf = merkle.leaf_hash(proof["entry"].encode())
    assert merkle.verify_inclusion(leaf, proof["position"] - 1, proof["tree_size"], hashes, base64.b64decode(root))


async def test_what_stands_on_a_receipt_stands_in_its_log_entry(market: Market) -> None:
    """Nothing that a receipt says of the bid is outside of what the signature covers, except names."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    entry = json.loads(receipt["proof"]["entry"])
    assert entry["kind"] == "bid.submitted"
    assert entry["log_id"] == receipt["tender_id"] == tender["id"]
    assert entry["position"] == receipt["proof"]["position"]
    assert entry["at"] == receipt["submitted_at"]
    told = ("bid_id", "lot_id", "supplier_id", "version", "digest", "size", "rules_digest", "documents")
    assert entry["data"] == {name: receipt[name] for name in told}


async def test_a_withdrawal_is_proved_by_its_own_entry(market: Market) -> None:
    """The script says so to a stranger; asked again when the log has grown and the lot is opened it is the same."""
    tender = await market.publish()
    sent = done(await market.alder.submit(tender, key="once"))
    path = f"/bids/{sent['bid_id']}"
    done(await market.alder.put(path, a_bid(price="2.00"), Idempotency_Key="twice"))
    first = await market.alder.delete(path)
    gone = done(first)
    entry = json.loads(gone["proof"]["entry"])
    assert (entry["kind"], entry["data"]["version"], entry["at"]) == ("bid.withdrawn", 2, gone["withdrawn_at"])
    assert any("WITHDRAWN" in line for line in verify_receipt.check(gone))
    done(await market.birch.submit(tender))
    assert done(await market.alder.submit(tender, key="once")) == sent
    await market.open(tender)
    assert (await market.alder.delete(path)).content == (await market.alder.get(path)).content == first.content


async def test_a_withdrawal_by_the_release_before_is_proved_too(market: Market) -> None:
    """It hands no key in: whoever signed the bid's receipt signs this one. So do those of before the migration."""
    tender = await market.publish()
    bid_id = done(await market.alder.submit(tender))["bid_id"]
    old = "SELECT withdrawn FROM withdraw_bid($1, $2, $3)"
    whose = bid_id, market.alder.organisation_id, market.alder.id
    assert str(await market.owner.fetchval(old, *whose)) == bid_id
    told = done(await market.alder.delete(f"/bids/{bid_id}"))
    assert any("WITHDRAWN" in line for line in verify_receipt.check(told))
    await market.owner.execute(
        "UPDATE bids SET withdrawn_position = NULL, withdrawn_tree_size = NULL, withdrawn_signed_by = NULL"
        " WHERE id = $1",
        bid_id,
    )
    migration = (db.MIGRATIONS / "0054_known_by_their_senders.sql").read_text()
    await market.owner.execute(migration[migration.index("UPDATE bids AS bid\n") :].partition(";")[0])
    assert done(await market.alder.delete(f"/bids/{bid_id}")) == told


async def test_a_receipt_whose_key_is_lost_is_told_plainly(market: Market) -> None:
    """Not as a crash: neither to who asks for it, nor to who withdraws again or sends the bid again."""
    tender, other = await market.publish(), await market.publish()
    bid = f"/bids/{done(await market.alder.submit(tender, key='once'))['bid_id']}"
    gone = f"/bids/{done(await market.alder.submit(other))['bid_id']}"
    done(await market.alder.delete(gone))
    async with served(market.dsn, secrets=Secrets([b"\x07" * 32])) as url:
        alder = Person(httpx.AsyncClient(base_url=url, timeout=30), market.alder.key)
        for answer in (await alder.get(bid), await alder.get(gone), await alder.delete(gone)):
            refused(answer, 503, "signer-lost")
            assert answer.headers["retry-after"] == "60"
        await alder.http.aclose()


@pytest.mark.parametrize("table", ["bid_versions SET signed_by", "bids SET withdrawn_signed_by"])
async def test_a_lost_line_of_the_secrets_is_noticed_at_the_start(market: Market, table: str) -> None:
    """Not when a supplier asks for what it can prove with; a withdrawal's receipt counts like a bid's."""
    bid_id = done(await market.alder.submit(await market.publish()))["bid_id"]
    done(await market.alder.delete(f"/bids/{bid_id}"))
    lost, kept = "feedfeedfeedfeed", SECRETS.signers[0].key_id
    statement = f"UPDATE {table} = $2 WHERE {'bid_id' if 'versions' in table else 'id'} = $1"
    await market.owner.execute(statement, bid_id, lost)
    try:
        with pytest.raises(SecretUnusable, match="1 receipt of bids cannot be given again") as told:
            await custody.check_secrets(market.dsn, SECRETS, Settings(database_url=market.dsn))
    finally:
        await market.owner.execute(statement, bid_id, kept)
    assert lost in told.value.fault
    assert told.value.mend.startswith("put the lost line back behind the first one")
    await custody.check_secrets(market.dsn, SECRETS, Settings(database_url=market.dsn))


async def test_a_receipt_made_again_is_the_same_to_the_byte(market: Market) -> None:
    """Read later, or answered to a repeated key after the log has grown, it is the receipt of then."""
    tender = await market.publish()
    first = await market.alder.submit(tender, key="once")
    bid = f"/bids/{done(first)['bid_id']}"
    done(await market.birch.submit(tender))
    again = await market.alder.submit(tender, key="once")
    assert again.content == first.content
    assert (await market.alder.get(bid)).content == first.content
    done(await market.alder.put(bid, a_bid(price="2.00"), Idempotency_Key="twice"))
    assert (await market.alder.submit(tender, key="once")).content == first.content
