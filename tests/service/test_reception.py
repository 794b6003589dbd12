"""The two doors, and bids that their suppliers have sealed themselves."""

import asyncio
import base64
import gc
import hashlib
import json
from types import FrameType
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service import db, intake, sealing
from tests.make import a_bid, a_corrigendum
from tests.make_sealed import a_sealed_bid
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_bids import until_somebody_waits
from tests.service.test_documents import a_document


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


# Refused, and what comes before that


def renamed(rules: dict[str, Any]) -> dict[str, Any]:
    """The same rules with one criterion that asks for a value named otherwise: bids made before lack it."""
    text = json.dumps(rules)
    assert '"working-time"' in text
    return json.loads(text.replace('"working-time"', '"working-hours"'))


async def amended(market: Market, tender: dict[str, Any]) -> None:
    """Change the rules of a published tender so that no earlier bid fits them."""
    lots = [{"title": "Southern schools", "rules": renamed(tender["lots"][0]["rules"])}]
    await market.amend(tender, a_corrigendum(lots=lots))


@pytest.mark.parametrize("media_type", ["application/json", sealing.BID_TYPE])
async def test_a_retry_after_a_corrigendum_gets_the_first_receipt(market: Market, media_type: str) -> None:
    """The bid stands; that its body does not fit the new rules is another matter, and another key is told so."""
    tender = await market.publish()
    own = media_type == sealing.BID_TYPE
    body = await sealed(market, tender, market.alder) if own else json.dumps(a_bid()).encode()
    headers = {"Authorization": f"Bearer {market.alder.key}", "Idempotency-Key": "once"}
    headers["Content-Type"] = media_type
    first = await market.http.post(path_of(tender), content=body, headers=headers)
    await amended(market, tender)
    again = await market.http.post(path_of(tender), content=body, headers=headers)
    assert (done(again), again.headers["idempotency-replayed"]) == (done(first), "true")
    other = await market.http.post(path_of(tender), content=body, headers=headers | {"Idempotency-Key": "other"})
    refused(other, *((409, "rules-changed") if own else (422, "bid-incomplete")))
    reused = await market.http.post(path_of(tender), content=body[:-1], headers=headers)
    refused(reused, 422, "idempotency-key-reused")


async def test_a_replacement_s_retry_after_a_corrigendum_gets_its_receipt(market: Market) -> None:
    tender = await market.publish()
    bid = done(await market.alder.submit(tender))
    path = f"/bids/{bid['bid_id']}"
    first = await market.alder.put(path, a_bid(price="2.00"), Idempotency_Key="second")
    await amended(market, tender)
    again = await market.alder.put(path, a_bid(price="2.00"), Idempotency_Key="second")
    assert done(again) == done(first)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("case", ["for earlier rules", "for another version", "a number", "not json", "no container"])
async def test_a_late_bid_of_whatever_form_is_late_and_recorded_so(market: Market, case: str) -> None:
    """After the deadline nobody mends anything: what counts is that it came, when, and how large."""
    tender = await market.publish()
    bodies = {
        "for earlier rules": await sealed(market, tender, market.alder, rules_digest="0" * 64),
        "for another version": await sealed(market, tender, market.alder, version=2),
        "a number": json.dumps({"values": {"price": 1}}).encode(),
        "not json": b"{",
        "no container": b"TSB1",
    }
    body, own = bodies[case], case in {"for earlier rules", "for another version", "no container"}
    media_type = sealing.BID_TYPE if own else "application/json"
    await market.close(tender)
    answer = await send(market, market.alder, "POST", path_of(tender), body, media_type)
    refused(answer, 409, "submission-deadline-passed")
    (late,) = [entry["data"] for entry in await market.log(tender) if entry["kind"] == "bid.late"]
    assert late["supplier_id"] == market.alder.organisation_id
    as_it_came = case in {"for earlier rules", "for another version"}
    assert (late["digest"] == hashlib.sha256(body).hexdigest()) == as_it_came
    assert len(late["digest"]) == 64
    assert (late["size"] == len(body)) == as_it_came


async def test_a_revoked_key_gets_no_receipt_either(market: Market) -> None:
    """Whoever found the key learns nothing by sending again what it saw; the supplier's own key still does."""
    tender = await market.publish()
    portal = await market.colleague_of(market.alder, "Portal")
    first = done(await portal.submit(tender, key="seen"))
    await market.owner.execute("UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = $1", key_id(portal))
    refused(await portal.submit(tender, key="seen"), 401, "unauthenticated")
    assert done(await market.alder.submit(tender, key="seen")) == first


def key_id(person: Person) -> str:
    return person.key.split("_")[2]


async def test_another_body_under_a_key_in_flight_is_refused_at_once(market: Market) -> None:
    """It must not be told what became of the first one, as if that were its own; nor wait for it."""
    tender = await market.publish()
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            first = asyncio.create_task(market.alder.submit(tender, key="one"))
            await until_somebody_waits(market)
            refused(await market.alder.submit(tender, a_bid(price="1.00"), key="one"), 422, "idempotency-key-reused")
            assert not first.done()
    finally:
        await holder.close()
    done(await first)


# What a tired supplier is told


async def test_a_second_bid_is_told_where_the_first_one_is(market: Market) -> None:
    """Its address, its version and its instant, and how to replace it."""
    tender = await market.publish()
    first = done(await market.alder.submit(tender))
    problem = refused(await market.alder.submit(tender), 409, "bid-already-submitted")
    assert f"/bids/{first['bid_id']}, in version 1 of {first['submitted_at'][:19]}" in problem["detail"]
    assert "replace it by version 2 with PUT" in problem["detail"]


async def test_a_replacement_for_the_wrong_version_is_told_which_one_is_next(market: Market) -> None:
    tender = await market.publish()
    bid = done(await market.alder.submit(tender))
    wrong = await sealed(market, tender, market.alder, version=7)
    answer = await send(market, market.alder, "PUT", f"/bids/{bid['bid_id']}", wrong)
    problem = refused(answer, 409, "version-taken")
    assert "Version 7 is not the next one." in problem["detail"]
    assert "replace it by version 2" in problem["detail"]


async def test_of_many_documents_those_that_are_missing_are_named(market: Market) -> None:
    """Not one of two hundred, find it yourself."""
    tender = await market.publish()
    there, missing = await a_document(market.alder, tender), [str(uuid4()), str(uuid4())]
    bid = a_bid() | {"documents": [{"id": one, "name": "A.pdf"} for one in (missing[0], there, missing[1])]}
    problem = refused(await market.alder.submit(tender, bid), 422, "documents-missing")
    assert [fault["pointer"] for fault in problem["errors"]] == [f"/documents/{one}" for one in missing]
    assert problem["detail"].startswith("2 of the documents")


async def test_late_bids_beyond_some_in_a_minute_are_counted_and_so_is_one_that_comes_again(market: Market) -> None:
    """One supplier fills no log: each is told, the first are evidence; a receipt is had again all the same."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender, key="in time"))
    await market.close(tender)
    for number in range(intake.LATE_PER_MINUTE + 2):
        refused(await market.alder.submit(tender, key=f"late {number // 2}"), 409, "submission-deadline-passed")
    for number in range(intake.LATE_PER_MINUTE + 2):
        refused(await market.alder.submit(tender, key=f"later {number}"), 409, "submission-deadline-passed")
    assert done(await market.alder.submit(tender, key="in time")) == receipt
    refused(await market.birch.submit(tender), 409, "submission-deadline-passed")
    after = [entry for entry in await market.log(tender) if entry["position"] > receipt["proof"]["position"]]
    assert {entry["kind"] for entry in after} == {"bid.late"}
    assert len(after) == intake.LATE_PER_MINUTE + 1


async def test_late_bids_that_come_at_once_are_bounded_as_well(market: Market) -> None:
    """Asked before any of them was judged, each was the first; who is counted only is not told that it is recorded."""
    tender = await market.publish()
    await market.close(tender)
    answers = await asyncio.gather(*(market.alder.submit(tender) for _ in range(3 * intake.LATE_PER_MINUTE)))
    told = [refused(answer, 409, "submission-deadline-passed")["detail"] for answer in answers]
    assert sum("It is recorded" in detail for detail in told) == intake.LATE_PER_MINUTE
    assert sum("counts the others" in detail for detail in told) == 2 * intake.LATE_PER_MINUTE
    late = [entry for entry in await market.log(tender) if entry["kind"] == "bid.late"]
    assert len(late) == intake.LATE_PER_MINUTE


async def test_versions_have_a_bound_and_what_stands_goes_on_standing(market: Market) -> None:
    """Withdrawn ones count, so that nobody fills the disk by submitting and withdrawing."""
    tender = await market.publish()
    path = f"/bids/{done(await market.alder.submit(tender))['bid_id']}"
    owner, bid_id = market.owner, path.removeprefix("/bids/")
    await owner.execute("UPDATE bids SET version = 1000 WHERE id = $1", bid_id)
    for _ in range(2):
        refused(await market.alder.put(path, a_bid(), Idempotency_Key="k"), 409, "too-many-versions")
    assert await owner.fetchval("SELECT version FROM bids WHERE id = $1 AND withdrawn_at IS NULL", bid_id) == 1000
    await owner.execute("UPDATE bids SET withdrawn_at = clock_timestamp() WHERE id = $1", bid_id)
    path = f"/bids/{done(await market.alder.submit(tender))['bid_id']}"
    refused(await market.alder.put(path, a_bid(), Idempotency_Key="l"), 409, "too-many-versions")
    done(await market.alder.delete(path))
    await owner.execute("UPDATE bids SET version = 1099 WHERE id = $1", bid_id)
    refused(await market.alder.submit(tender), 409, "too-many-versions")
    done(await market.birch.submit(tender))


async def test_a_sealed_bid_may_hold_as_much_as_one_that_is_not(market: Market) -> None:
    """What sealing adds counts for nobody; contents that are one step larger are too large."""
    tender = await market.publish()
    container = a_sealed_bid(tender, market.alder, bytes(1_000_000))
    assert len(container) > 1_000_000
    path = f"/bids/{done(await send(market, market.alder, 'POST', path_of(tender), container))['bid_id']}"
    done(await send(market, market.alder, "PUT", path, a_sealed_bid(tender, market.alder, bytes(1_000_000), version=2)))
    larger = a_sealed_bid(tender, market.birch, bytes(1_020_000))
    refused(await send(market, market.birch, "POST", path_of(tender), larger), 413, "body-too-large")
    plain = b" " * 1_000_001
    refused(await send(market, market.alder, "PUT", path, plain, "application/json"), 413, "body-too-large")
