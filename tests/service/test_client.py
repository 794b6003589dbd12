"""The client against the real service, waiting and with await: the same calls, the same answers."""

import asyncio
from itertools import islice
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from service import calls, client, db, relay
from service.client import AsyncClient, Client, FalseReceipt, Place, check_receipt
from tests.make import a_bid, a_tender, an_organisation
from tests.service.conftest import Market


async def test_both_clients_play_a_bid_and_check_its_receipt(market: Market) -> None:
    """Submitted, replaced, withdrawn; a repeated key gets the first receipt; a changed receipt proves nothing."""
    tender = await market.publish()
    lot = tender["lots"][0]["id"]

    def waiting(key: str) -> dict[str, Any]:
        with Client(f"{market.url}/", key) as alder:
            assert alder.submit_bid(lot, a_bid(), validate="only").value["complete"] is True
            first = alder.submit_bid(lot, a_bid(), idempotency_key="client-1")
            again = alder.submit_bid(lot, a_bid(), idempotency_key="client-1")
            assert (first.status, first.replayed, again.replayed) == (201, False, True)
            assert first.content == again.content
            assert alder.get(first.location).value == first.value
            with pytest.raises(calls.Conflict) as standing:
                alder.submit_bid(lot, a_bid())
            assert standing.value.kind == "bid-already-submitted"
            (signer,) = alder.list_signing_keys().value["keys"]
            check_receipt(first.value, signer["public_key"])
            return first.value

    receipt = await asyncio.to_thread(waiting, market.alder.key)
    for changed in ({**receipt, "digest": "0" * 64}, {**receipt, "version": 2}, {"proof": None}, {}):
        with pytest.raises(FalseReceipt):
            check_receipt(changed)
    with pytest.raises(FalseReceipt):
        check_receipt(receipt, "A" * 43 + "=")

    async with AsyncClient(market.url, market.birch.key) as birch:
        made = (await birch.submit_bid(lot, a_bid())).value
        replaced = await birch.replace_bid(made["bid_id"], a_bid())
        assert replaced.value["version"] == 2
        check_receipt(replaced.value)
        assert (await birch.withdraw_bid(made["bid_id"])).value["bid_id"] == made["bid_id"]
        with pytest.raises(calls.Missing):
            await birch.get_receipt(receipt["bid_id"])
        with pytest.raises(calls.Invalid) as incomplete:
            await birch.submit_bid(lot, {"values": {}})
        assert "/values/price" in [fault.pointer for fault in incomplete.value.faults]


async def test_a_list_comes_page_by_page_and_an_edit_names_its_version(market: Market) -> None:
    """Both clients give every item of a list once; who edits an old version is told."""
    buyer = await market.register(kind="buyer", name="Eastgate")
    async with AsyncClient(market.url, buyer.key) as city:
        made = [(await city.draft_tender(a_tender())) for _ in range(5)]
        ids = {one.value["id"] for one in made}
        found = [line["id"] async for line in city.every(city.list_tenders, limit=2) if line["id"] in ids]
        assert sorted(found) == sorted(ids)
        edited = await city.edit_tender(found[0], a_tender(title="Anew"), if_match=made[0].etag)
        assert edited.etag == '"2"'
        with pytest.raises(calls.Outdated):
            await city.edit_tender(found[0], a_tender(), if_match=made[0].etag)
        with pytest.raises(calls.Forbidden):
            await city.register_organisation(an_organisation())

    def waiting() -> list[str]:
        with Client(market.url, buyer.key) as city:
            return [line["id"] for line in city.every(city.list_tenders, limit=3) if line["id"] in ids]

    assert await asyncio.to_thread(waiting) == found


async def test_nobody_s_client_reads_what_is_public(market: Market) -> None:
    """Without a key: text as text; everything else asks for a key; where nobody listens, that is said."""
    async with AsyncClient(market.url) as anybody:
        assert (await anybody.get_verifier()).value.startswith('"""Check the receipt')
        assert (await anybody.live()).value == {"status": "alive"}
        with pytest.raises(calls.Unauthenticated):
            await anybody.list_tenders()


async def test_both_clients_follow_the_feed_from_where_they_were(market: Market) -> None:
    """Page after page and on into what is new; the place moves with what was taken, and is there the next time."""
    async with (
        await db.open_pool(market.dsn, connections=1) as pool,
        AsyncClient(market.url, market.cedar.key) as cedar,
    ):
        while await relay.tell(pool):
            pass
        place, page = Place(), (await cedar.read_feed(limit=200)).value
        while page["more"]:
            place.after = page["next"]
            page = (await cedar.read_feed(after=place.after, limit=200)).value
        place.after = page["next"]
        begin, tenders = place.after, [await market.publish() for _ in range(2)]
        while await relay.tell(pool):
            pass
        found: list[str] = []
        async for item in cedar.follow(place):
            found.append(item["data"]["tender_id"])
            if len(found) == len(tenders):
                break
    assert found == [tender["id"] for tender in tenders]
    assert place.after == begin, "the page was not finished"

    def waiting() -> list[str]:
        with Client(market.url, market.cedar.key) as cedar:
            return [item["data"]["tender_id"] for item in islice(cedar.follow(Place(begin)), len(tenders))]

    assert await asyncio.to_thread(waiting) == found


class FullFeed:
    """A service that lets nobody wait for news but once, and has one piece of them at last; and the clock of both."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        assert request.url.params["wait"] == "25"
        if self.asked == 3:
            self.now += 25.0  # it did wait
        if self.asked == 12:
            return httpx.Response(401)
        return httpx.Response(
            200, json={"items": [{"id": "1"}] if self.asked == 10 else [], "next": "a", "more": False}
        )


PAUSES = [1.0, 2.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 1.0]
"""Twice as long each time, and from the beginning again behind what was waited for and behind what was told."""


def test_who_follows_a_feed_that_lets_nobody_wait_asks_more_and_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = FullFeed()
    monkeypatch.setattr(client, "time", feed)
    with Client("http://s", "key", http=httpx.Client(transport=httpx.MockTransport(feed.answer))) as city:
        found = city.follow(Place())
        assert next(found) == {"id": "1"}
        with pytest.raises(calls.Unauthenticated):
            next(found)
    assert feed.pauses == PAUSES


async def test_who_follows_it_with_await_does_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = FullFeed()
    monkeypatch.setattr(client, "time", feed)
    monkeypatch.setattr(client, "asyncio", SimpleNamespace(sleep=feed.sleep_async))
    http = httpx.AsyncClient(transport=httpx.MockTransport(feed.answer))
    async with AsyncClient("http://s", "key", http=http) as city:
        found = aiter(city.follow(Place()))
        assert await anext(found) == {"id": "1"}
        with pytest.raises(calls.Unauthenticated):
            await anext(found)
    assert feed.pauses == PAUSES


async def test_who_holds_the_present_version_is_not_sent_it_again(market: Market) -> None:
    """That is no refusal: the reply says so, and is empty."""
    tender = await market.publish()
    async with AsyncClient(market.url, market.author.key) as city:
        first = await city.list_notices(tender["id"])
        assert (first.unchanged, first.value["items"] != []) == (False, True)
        again = await city.list_notices(tender["id"], if_none_match=f'"other", {first.etag}')
        assert (again.unchanged, again.content) == (True, b"")
