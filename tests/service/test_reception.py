"""The two doors, and bids that their suppliers have sealed themselves."""

import base64
import gc
import json
from types import FrameType
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service import sealing
from tests.make import a_bid, a_corrigendum
from tests.service.conftest import Market, Person, done, refused


async def sealed(market: Market, tender: dict[str, Any], supplier: Person, **fields: Any) -> bytes:
    """A bid as a supplier's own portal seals it."""
    lot = tender["lots"][0]
    public = await market.owner.fetchval("SELECT public_key FROM tender_keys WHERE tender_id = $1", tender["id"])
    given: dict[str, Any] = {
        "version": 1,
        "lot_id": lot["id"],
        "rules_digest": lot["rules_digest"],
        "bid": a_bid(),
        "documents": [],
    }
    given |= fields
    context = sealing.context(
        UUID(tender["id"]), UUID(given["lot_id"]), UUID(supplier.organisation_id), "offer", given["version"]
    )
    envelope = sealing.seal(public, context, json.dumps(given["bid"]).encode())
    return sealing.build_container(given["version"], given["rules_digest"], envelope, documents=given["documents"])


async def send(
    market: Market, supplier: Person, method: str, path: str, body: bytes, media_type: str = sealing.BID_TYPE
) -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {supplier.key}",
        "Content-Type": media_type,
        "Idempotency-Key": str(uuid4()),
    }
    return await market.http.request(method, path, content=body, headers=headers)


def path_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/bids"


# Two doors, one answer


def changed(case: str, headers: dict[str, str], body: bytes) -> bytes:
    """The body, and in place the headers, of a request with one thing changed."""
    match case:
        case "no key":
            del headers["Idempotency-Key"]
        case "type":
            headers["Content-Type"] = "text/plain"
        case "incomplete":
            return b'{"values": {}}'
        case "not json":
            return b"{"
        case "too large":
            return b" " * 1_000_001
    return body


@pytest.mark.parametrize(
    "case", ["as it is", "standing", "late", "incomplete", "no key", "not json", "too large", "type"]
)
async def test_both_doors_answer_alike(market: Market, case: str) -> None:
    """The front door and the framework behind it: the same status, headers and members, whatever is sent."""
    answers: list[httpx.Response] = []
    done(await market.alder.get("/organisations/me"))  # the key is known to the front door
    for query in ("", "?framework"):
        tender = await market.publish()
        if case == "standing":
            done(await market.alder.submit(tender))
        if case == "late":
            await market.close(tender)
        headers = {"Authorization": f"Bearer {market.alder.key}", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = "one"
        body = changed(case, headers, json.dumps(a_bid()).encode())
        answers.append(await market.http.post(path_of(tender) + query, content=body, headers=headers))
    front, framework = answers
    assert front.status_code == framework.status_code
    assert front.headers.keys() == framework.headers.keys()
    assert front.json().keys() == framework.json().keys()
    assert front.json().get("type") == framework.json().get("type")
    assert front.json().get("errors") == framework.json().get("errors")


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer ts_live_x", "Basic {key}", "bearer {key}", "Bearer {key}x"])
async def test_a_key_that_nobody_knows_yet_is_asked_for_and_a_wrong_one_refused(market: Market, key: str) -> None:
    """Whoever bids for the first time is let in by the front door; whoever has no key is told so, as everywhere."""
    tender = await market.publish()
    newcomer = await market.register(name="Dogwood Electrical plc")
    headers = {"Authorization": key.format(key=newcomer.key), "Idempotency-Key": "one"}
    answer = await market.http.post(path_of(tender), json=a_bid(), headers=headers)
    if key == "bearer {key}":  # the scheme's case does not count (RFC 9110, 11.1)
        assert done(answer)["supplier"] == "Dogwood Electrical plc"
    else:
        refused(answer, 401, "unauthenticated")
    assert done(await newcomer.submit(tender, key="one"))["supplier"] == "Dogwood Electrical plc"


async def test_a_revoked_key_is_refused_at_the_front_door_at_once(market: Market) -> None:
    """A key that was known a moment ago and is revoked sends no further bid."""
    tender = await market.publish()
    portal = await market.colleague_of(market.alder, "Portal")
    done(await portal.get("/organisations/me"))
    done(await market.alder.delete(f"/keys/{portal.key.split('_')[2]}"))
    refused(await portal.submit(tender), 401, "unauthenticated")


# Sealed by the supplier


async def test_a_bid_sealed_by_its_supplier_is_opened_with_the_others(market: Market) -> None:
    """The service sees nothing of it until the opening, and then the same as of a bid sent in the clear."""
    tender = await market.publish()
    body = await sealed(market, tender, market.alder, bid=a_bid(price="777000.00"))
    receipt = done(await send(market, market.alder, "POST", path_of(tender), body))
    assert receipt["size"] == len(body)
    done(await market.birch.submit(tender))
    await market.open(tender)
    opened = done(await market.moderator.get(path_of(tender)))
    assert {bid["supplier"]: bid["offers"]["price"] for bid in opened}["Alder Roofing Ltd"] == "777000.00"


async def test_a_sealed_replacement_is_for_the_version_after_the_present_one(market: Market) -> None:
    """Sealed for another version it would not open; it is refused before it does harm."""
    tender = await market.publish()
    bid = done(await market.alder.submit(tender))
    path = f"/bids/{bid['bid_id']}"
    early = await sealed(market, tender, market.alder, version=3)
    refused(await send(market, market.alder, "PUT", path, early), 409, "version-taken")
    done(await send(market, market.alder, "PUT", path, await sealed(market, tender, market.alder, version=2)))
    refused(
        await send(market, market.alder, "PUT", path, await sealed(market, tender, market.alder)),
        422,
        "sealed-bid-broken",
    )


async def test_a_bid_sealed_under_earlier_rules_is_refused(market: Market) -> None:
    """Nobody can check it any more, so its supplier must make it again."""
    tender = await market.publish()
    body = await sealed(market, tender, market.alder, rules_digest="0" * 64)
    refused(await send(market, market.alder, "POST", path_of(tender), body), 409, "rules-changed")


@pytest.mark.parametrize("body", [b"", b"TSB1", b"{}", base64.b64encode(b"TSB1" * 40)])
async def test_what_is_no_sealed_bid_is_refused_in_words(market: Market, body: bytes) -> None:
    """A portal that sends rubbish under the sealed type is told what to do."""
    tender = await market.publish()
    answer = await send(market, market.alder, "POST", path_of(tender), body)
    problem = refused(answer, 422, "sealed-bid-broken")
    assert "ends" in problem["detail"] or "begins" in problem["detail"]


async def test_plain_and_sealed_bids_cannot_be_told_apart_by_size(market: Market) -> None:
    """A short bid and a long one have the same size on the receipt and in the log."""
    tender = await market.publish()
    short = done(await market.alder.submit(tender, a_bid(method_statement="Short.")))
    long = done(await market.birch.submit(tender, a_bid(method_statement="x" * 3000)))
    assert short["size"] == long["size"]


async def test_a_known_lot_is_read_again_after_a_corrigendum(market: Market) -> None:
    """What the service remembers of a lot never outlives a change: the receipt names the rules in force."""
    tender = await market.publish()
    done(await market.birch.submit(tender))
    etag = (await market.approver.get(f"/tenders/{tender['id']}")).headers["etag"]
    changed = a_corrigendum(lots=[{"title": "Southern schools", "rules": tender["lots"][0]["rules"]}])
    done(await market.approver.post(f"/tenders/{tender['id']}/corrigenda", changed, If_Match=etag))
    receipt = done(await market.alder.submit(tender))
    now = done(await market.alder.get(f"/tenders/{tender['id']}"))
    assert receipt["rules_digest"] == now["lots"][0]["rules_digest"]


async def test_a_bid_that_names_a_document_which_is_not_there_is_not_stored(market: Market) -> None:
    """Nobody's bid stands with an annex missing: it is refused while there is time, in the clear or sealed."""
    tender = await market.publish()
    missing = uuid4()
    bid = a_bid() | {"documents": [{"id": str(missing), "name": "Method.pdf"}]}
    refused(await market.alder.submit(tender, bid), 422, "documents-missing")
    body = await sealed(market, tender, market.alder, documents=[missing])
    refused(await send(market, market.alder, "POST", path_of(tender), body), 422, "documents-missing")
    assert done(await market.alder.get(path_of(tender))) == []


async def test_a_refused_bid_is_let_go_at_once(market: Market) -> None:
    """What is refused leaves nothing for the collector of cycles: a megabyte each, by the hundred, just before noon."""
    tender, closed = await market.publish(), await market.publish()
    done(await market.alder.submit(tender))
    own = done(await market.birch.submit(closed))["bid_id"]
    await market.close(closed)
    nowhere = {"lots": [{"id": str(uuid4())}]}

    async def attempt() -> set[str]:
        answers = [
            await market.alder.submit(tender),
            await market.alder.submit(nowhere),
            await market.alder.submit(closed),
            await market.cedar.submit(tender, {"values": {}}),
            await market.cedar.submit(tender, {"values": 1}),
            await market.birch.put(f"/bids/{own}", a_bid(), Idempotency_Key=str(uuid4())),
        ]
        return {answer.json()["type"] for answer in answers}

    await attempt()
    gc.collect()
    gc.disable()
    try:
        assert len(await attempt()) == 5
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        held = {one.f_code.co_qualname for one in gc.garbage if isinstance(one, FrameType)}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert held == set()
