"""The officers' custody at the opening: content keys come from an officer's client, all of them or none."""

import asyncio
import base64
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from service import sealing, shares
from service.officer_keys import Stopped
from tests.make import a_bid, a_decision, a_lot, a_score
from tests.make_officers import Desk, content_keys, desks, draft, private_key, publish
from tests.make_sealed import a_sealed_bid, send_sealed
from tests.service.conftest import Market, done, refused


def lot_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}"


async def closed(market: Market, officers: list[Desk], needed: int = 2, **fields: Any) -> dict[str, Any]:
    """A tender in the officers' hands with two bids, behind its deadline."""
    tender = await publish(market, officers, needed, **fields)
    done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    await market.close(tender)
    return tender


async def send_keys(desk: Desk, tender: dict[str, Any], keys: Any, envelope: str = "offer") -> httpx.Response:
    return await desk.person.post(f"{lot_of(tender)}/opening/keys", {"envelope": envelope, "keys": keys})


async def is_sealed(market: Market, tender: dict[str, Any]) -> bool:
    """Whether nothing at all of the lot has been opened."""
    lot = tender["lots"][0]["id"]
    rows = await market.owner.fetchval("SELECT count(*) FROM opened_bids WHERE lot_id = $1", lot)
    return rows == 0 and await market.owner.fetchval("SELECT opened_at FROM lots WHERE id = $1", lot) is None


# Any M of N


@pytest.mark.parametrize(("needed", "number"), [(2, 3)])
async def test_any_m_of_n_officers_open(market: Market, needed: int, number: int) -> None:
    """Every set of them, each with a tender of its own; the rest have lost their shares."""
    officers = await desks(market, number)
    for some in combinations(officers, needed):
        tender = await closed(market, officers, needed)
        for desk in some:
            await desk.act(tender)
        await some[0].open(tender)
        record = done(await market.auditor.get(f"{lot_of(tender)}/opening"))
        assert (record["number"], [bid["fault"] for bid in record["bids"]]) == (2, [None, None])
        assert {act["person_id"] for act in record["officers"]} == {desk.person.id for desk in some}
        bids = done(await market.auditor.get(f"{lot_of(tender)}/bids"))
        assert [bid["offers"]["price"] for bid in bids] == ["1184500.00", "1000000.00"]


async def test_fewer_than_m_never_open(market: Market) -> None:
    """Neither by their shares nor by their word: the client says plainly that nobody can help them."""
    officers = await desks(market)
    tender = await closed(market, officers)
    await officers[0].act(tender)
    with pytest.raises(Stopped, match=r"1 of 2 shares are here. 1 more must come from: .* cannot be opened, by nobody"):
        await officers[0].open(tender)
    refused(await officers[0].person.get(f"{lot_of(tender)}/opening/headers"), 409, "more-officers-needed")
    refused(await send_keys(officers[0], tender, []), 409, "more-officers-needed")
    assert await is_sealed(market, tender)


async def test_with_more_lost_than_can_be_spared_the_tender_stays_closed(market: Market) -> None:
    """Two of three officers have gone with their shares: the refusal says what that means, and nothing is half open."""
    officers = await desks(market)
    tender = await closed(market, officers)
    for desk in officers[1:]:
        path = f"/tenders/{tender['id']}/roles/{desk.person.id}/opening_officer"
        done(await market.author.delete(path))
    await officers[0].act(tender)
    with pytest.raises(Stopped, match=r"only 0 more officers hold one\. This lot cannot be opened, by nobody"):
        await officers[0].open(tender)
    assert await is_sealed(market, tender)


# Too early


async def test_before_the_deadline_shares_headers_and_keys_are_refused(market: Market) -> None:
    """And every attempt is written down (Directive 2014/24/EU, Annex IV (g))."""
    officers = await desks(market)
    tender = await publish(market, officers)
    done(await market.alder.submit(tender))
    with pytest.raises(Stopped, match="after the submission deadline only"):
        await officers[0].act(tender)
    path = f"{lot_of(tender)}/opening"
    share = {"sealed_share": "VFNFMQ=="}
    refused(await market.officer.put(f"{path}/shares/{market.officer.id}", share), 409, "deadline-not-reached")
    refused(await market.officer.get(f"{path}/shares"), 409, "deadline-not-reached")
    refused(await market.officer.get(f"{path}/headers"), 409, "deadline-not-reached")
    refused(await send_keys(officers[0], tender, []), 409, "deadline-not-reached")
    assert [entry["kind"] for entry in await market.log(tender)][-5:] == ["refused"] * 5
    assert await is_sealed(market, tender)


async def test_the_service_s_own_opening_waits_for_the_officers_client(market: Market) -> None:
    """Asking is not opening: the service has no key."""
    officers = await desks(market)
    tender = await closed(market, officers)
    for desk in officers:
        assert (await desk.person.post(f"{lot_of(tender)}/opening")).status_code == 202
    assert await is_sealed(market, tender)


# Wrong keys


async def test_a_wrong_content_key_is_refused_and_nothing_is_opened(market: Market) -> None:
    """Right keys beside it do not help, nor do keys of other bids, missing ones or doubled ones."""
    officers = await desks(market)
    tender = await closed(market, officers)
    for desk in officers[:2]:
        await desk.act(tender)
    one, two = await content_keys(officers[0], tender, await private_key(officers, tender))
    wrong = base64.b64encode(bytes(32)).decode()
    refused(await send_keys(officers[0], tender, [one, {**two, "key": wrong}]), 422, "wrong-content-key")
    swapped = [{**one, "key": two["key"]}, {**two, "key": one["key"]}]
    refused(await send_keys(officers[0], tender, swapped), 422, "wrong-content-key")
    for keys in ([], [one], [one, one], [one, two, two], [one, two, {**two, "bid_id": str(uuid4())}]):
        problem = refused(await send_keys(officers[0], tender, keys), 422, "invalid-request")
        assert problem["errors"][0]["pointer"] == "/keys"
    assert await is_sealed(market, tender)
    assert (await send_keys(officers[0], tender, [two, one])).status_code == 201
    refused(await send_keys(officers[0], tender, [one, two]), 409, "already-opened")


async def test_one_officer_cannot_call_a_bid_unopenable(market: Market) -> None:
    """Whoever could would take out a bidder alone: two clients must find the same, and only true findings last."""
    officers = await desks(market)
    tender = await closed(market, officers)
    for desk in officers:
        await desk.act(tender)
    one, two = await content_keys(officers[0], tender, await private_key(officers, tender))
    lie = [one, {**two, "key": None}]
    for _ in range(2):
        assert (await send_keys(officers[0], tender, lie)).status_code == 202
    assert (await market.last(tender))["kind"] == "envelopes.unopenable"
    assert await is_sealed(market, tender)
    assert (await send_keys(officers[1], tender, [one, two])).status_code == 201
    record = done(await market.auditor.get(f"{lot_of(tender)}/opening"))
    assert [bid["fault"] for bid in record["bids"]] == [None, None]


async def test_an_envelope_that_no_client_opens_is_recorded_so_by_two(market: Market) -> None:
    """A portal had sealed it for another version: the others are opened with it, none before."""
    officers = await desks(market)
    tender = await publish(market, officers)
    done(await market.alder.submit(tender))
    container = a_sealed_bid(tender, market.birch, a_bid(), lot_id=uuid4())
    done(await send_sealed(market, market.birch, tender, container))
    await market.close(tender)
    for desk in officers[:2]:
        for to in officers[:2]:
            await desk.act(tender, to)
    with pytest.raises(Stopped, match="a second officer's client must find so too"):
        await officers[0].open(tender)
    assert any(market.birch.name in said for said in officers[0].said)
    assert await is_sealed(market, tender)
    await officers[1].open(tender)
    record = done(await market.auditor.get(f"{lot_of(tender)}/opening"))
    alder, birch = record["bids"]
    assert alder["fault"] is None
    assert "2 officers' clients could not open it" in birch["fault"]


async def test_two_clients_that_open_at_once_open_once(market: Market) -> None:
    officers = await desks(market)
    tender = await closed(market, officers)
    for desk in officers[:2]:
        await desk.act(tender)
    keys = await content_keys(officers[0], tender, await private_key(officers, tender))
    answers = await asyncio.gather(*(send_keys(officers[place % 2], tender, keys) for place in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert [entry["kind"] for entry in await market.log(tender)].count("bids.opened") == 1


# Shares on their way


async def test_a_share_is_passed_on_to_another_officer_only(market: Market) -> None:
    """Nobody else could open, and only officers pass on."""
    officers = await desks(market)
    tender = await closed(market, officers)
    path, share = f"{lot_of(tender)}/opening/shares", {"sealed_share": "VFNFMQ=="}
    for person_id in (market.evaluator.id, market.alder.id, str(uuid4())):
        refused(await market.officer.put(f"{path}/{person_id}", share), 404, "not-found")
    for person in (market.evaluator, market.author, market.colleague):
        refused(await person.put(f"{path}/{market.officer.id}", share), 403, "forbidden")
        refused(await person.get(path), 403, "forbidden")
        refused(await person.get(f"{lot_of(tender)}/opening/headers"), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.get(path), 404, "not-found")
    done(await market.officer.put(f"{path}/{market.second_officer.id}", share))
    assert done(await market.officer.get(path)) == []
    assert len(done(await market.second_officer.get(path))) == 1


async def test_shares_are_for_the_officers_custody(market: Market) -> None:
    tender = await market.publish()
    await market.close(tender)
    path = f"{lot_of(tender)}/opening"
    refused(await market.officer.get(f"{path}/shares"), 409, "other-custody")
    refused(await market.officer.get(f"{path}/headers"), 409, "other-custody")
    body = {"envelope": "offer", "keys": []}
    refused(await market.officer.post(f"{path}/keys", body), 409, "other-custody")


async def test_what_the_service_carries_is_not_readable_to_it(market: Market) -> None:
    """Neither the relayed shares nor anything else of the opening holds a share or the key in the clear."""
    officers = await desks(market)
    tender = await closed(market, officers)
    for desk in officers[:2]:
        await desk.act(tender)
    private = await private_key(officers, tender)
    words = (await officers[0].share(tender)).words.encode()
    await officers[0].open(tender)
    tables = ("share_relays", "tender_keys", "tender_key_shares", "events", "opened_bids", "lots", "officer_keys")
    for table in tables:
        for row in await market.owner.fetch(f"SELECT * FROM {table}"):
            stored = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
            assert private not in stored
            assert private.hex().encode() not in stored
            assert words[:60] not in stored


# Two envelopes


async def test_prices_are_opened_the_same_way_after_the_lock(market: Market) -> None:
    """The officers pass their shares on again; a failed bid's header is not even given out."""
    officers = await desks(market)
    tender = await closed(market, officers, lots=[a_lot(price_envelope=["price"])])
    lot = lot_of(tender)
    for desk in officers[:2]:
        await desk.act(tender)
    await officers[0].open(tender)
    await market.ready(tender)
    alder, birch = done(await market.moderator.get(f"{lot}/bids"))
    assert "price" not in alder["offers"]
    with pytest.raises(Stopped, match="until the technical consensus is locked"):
        await officers[0].act(tender, envelope="price")
    for bid in (alder, birch):
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision()))
    done(await market.moderator.post(f"{lot}/consensus-lock"))
    with pytest.raises(Stopped, match="0 of 2 shares are here"):
        await officers[1].open(tender, "price")
    for desk in officers[1:]:
        await desk.act(tender, envelope="price")
    headers = done(await officers[1].person.get(f"{lot}/opening/headers?envelope=price"))
    assert [one["supplier"] for one in headers] == [market.alder.name]
    await officers[1].open(tender, "price")
    alder, birch = done(await market.moderator.get(f"{lot}/bids"))
    assert (alder["offers"]["price"], "price" in birch["offers"]) == ("1184500.00", False)
    record = done(await market.auditor.get(f"{lot}/opening"))
    assert {act["person_id"] for act in record["prices"]["officers"]} == {desk.person.id for desk in officers[1:]}


# A share that is not the one that was made


async def test_a_changed_share_is_blamed_on_its_holder(market: Market) -> None:
    """By name; with the shares of the others the lot is opened all the same."""
    officers = await desks(market)
    tender = await closed(market, officers)
    await officers[0].act(tender)
    genuine = await officers[1].share(tender)
    forged = msgspec.structs.replace(genuine, words=(await officers[2].share(tender)).words)
    lot = UUID(tender["lots"][0]["id"])
    bound = shares.for_opening(lot, "offer", officers[1].id, officers[0].id)
    sealed = sealing.seal(officers[0].keys[0].public, bound, msgspec.json.encode(forged))
    body = {"sealed_share": base64.b64encode(sealed).decode()}
    path = f"{lot_of(tender)}/opening"
    done(await officers[1].person.put(f"{path}/shares/{officers[0].person.id}", body))
    assert (await officers[1].person.post(path)).status_code == 202
    with pytest.raises(Stopped, match="1 of 2 shares are here"):
        await officers[0].open(tender)
    blamed = next(said for said in officers[0].said if "not usable" in said)
    assert officers[1].person.name in blamed
    assert "It is not the share that was made" in blamed
    assert await is_sealed(market, tender)
    await officers[2].act(tender)
    await officers[0].open(tender)
    assert not await is_sealed(market, tender)


async def test_a_share_that_was_made_wrong_stops_nobody_while_enough_are_right(market: Market) -> None:
    """Its hash is that of the beginning, so the rehearsal did not see it; any two of the others still open."""
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    private, _ = sealing.generate_key()
    stray = shares.split(UUID(tender["id"]), private, 2, 2)[0]
    public = done(await market.author.get(f"/tenders/{tender['id']}"))["public_key"]
    wrong = msgspec.structs.replace(stray, public_key=public)
    bound = shares.for_officer(UUID(tender["id"]), officers[0].id)
    await market.owner.execute(
        "UPDATE tender_key_shares SET sealed_share = $3, share_digest = $4, rehearsal_digest = $5"
        " WHERE tender_id = $1 AND person_id = $2",
        tender["id"],
        officers[0].person.id,
        sealing.seal(officers[0].keys[0].public, bound, msgspec.json.encode(wrong)),
        wrong.digest(),
        shares.rehearsal_digest(wrong.rehearsal()),
    )
    for desk in officers:
        await desk.rehearse(tender)
    tender = done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    done(await market.alder.submit(tender))
    await market.close(tender)
    for desk in officers[:2]:
        await desk.act(tender)
    with pytest.raises(Stopped, match="do not give the published key"):
        await officers[0].open(tender)
    assert await is_sealed(market, tender)
    await officers[2].act(tender)
    await officers[0].open(tender)
    assert not await is_sealed(market, tender)
