"""`?validate=only`: what is said of a bid beforehand is what will be said of the bid itself."""

import json
from uuid import uuid4

import pytest

from service.sealing import BID_TYPE
from tests.make import a_bid
from tests.service.conftest import Market, done, refused
from tests.service.test_documents import a_document


async def test_a_dry_run_asks_for_the_named_documents_as_the_bid_itself_will(market: Market) -> None:
    """Who was told that the bid is complete learns nothing new at noon; missing ones are named with all faults."""
    tender = await market.publish()
    path = f"/lots/{tender['lots'][0]['id']}/bids"
    there, missing = await a_document(market.alder, tender), [str(uuid4()), str(uuid4())]
    bid = a_bid() | {"documents": [{"id": one, "name": "A.pdf"} for one in (missing[0], there, missing[1])]}
    told = refused(await market.alder.submit(tender, bid), 422, "documents-missing")
    tried = refused(await market.alder.post(f"{path}?validate=only", bid), 422, "documents-missing")
    assert tried["errors"] == told["errors"]
    assert [fault["pointer"] for fault in tried["errors"]] == [f"/documents/{one}" for one in missing]
    del bid["values"]["price"]
    tried = refused(await market.alder.post(f"{path}?validate=only", bid), 422, "bid-incomplete")
    assert {fault["pointer"] for fault in tried["errors"]} == {
        "/values/price",
        *(f"/documents/{one}" for one in missing),
    }
    whole = a_bid() | {"documents": [{"id": there, "name": "A.pdf"}]}
    assert done(await market.alder.post(f"{path}?validate=only", whole))["complete"]
    own = done(await market.alder.submit(tender, whole))["bid_id"]
    bid = a_bid() | {"documents": [{"id": missing[0], "name": "A.pdf"}]}
    refused(await market.alder.put(f"/bids/{own}?validate=only", bid), 422, "documents-missing")


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", ""])
async def test_a_dry_run_takes_the_media_types_that_the_bid_itself_may_have(market: Market, media_type: str) -> None:
    tender = await market.publish()
    path = f"/lots/{tender['lots'][0]['id']}/bids"
    own = done(await market.alder.submit(tender))["bid_id"]
    content = json.dumps(a_bid()).encode()
    headers = {"Authorization": f"Bearer {market.alder.key}", "Idempotency-Key": "k"}
    headers |= {"Content-Type": media_type} if media_type else {}
    answers = [
        await market.alder.http.request(method, address, content=content, headers=headers)
        for method, address in (
            ("POST", path),
            ("POST", f"{path}?validate=only"),
            ("PUT", f"/bids/{own}?validate=only"),
        )
    ]
    details = {refused(answer, 415, "unsupported-media-type")["detail"] for answer in answers}
    assert len(details) == 1


async def test_a_sealed_bid_is_checked_by_its_sealer_and_not_by_a_dry_run(market: Market) -> None:
    """Nobody reads it here before the opening; the answer names the program that checks it."""
    tender = await market.publish()
    own = done(await market.alder.submit(tender))["bid_id"]
    headers = {"Authorization": f"Bearer {market.alder.key}", "Content-Type": BID_TYPE}
    for method, path in (("POST", f"/lots/{tender['lots'][0]['id']}/bids"), ("PUT", f"/bids/{own}")):
        answer = await market.alder.http.request(method, f"{path}?validate=only", content=b"sealed", headers=headers)
        assert "tenderscore seal --check" in refused(answer, 415, "unsupported-media-type")["detail"]
