"""What a receipt proves, worked out from its own text."""

import base64
import json

from service import merkle
from tests.make import a_bid
from tests.service.conftest import Market, done


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
