"""The composition: who may call what before any handler runs, and what is written down of it."""

import asyncio
from datetime import timedelta

from service import events
from tests.make import a_person
from tests.service.conftest import Market, done, refused, served


async def test_a_request_is_one_transaction(market: Market) -> None:
    """A request that is refused half-way leaves nothing behind: neither the organisation nor its person nor a key."""
    before = await market.owner.fetchrow("SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM api_keys)")
    body = {"kind": "supplier", "name": "Twice", "identifier": "GB-COH-77777777", "person": a_person()}
    done(await market.operator.post("/organisations", body))
    refused(await market.operator.post("/organisations", body), 409, "organisation-already-registered")
    after = await market.owner.fetchrow("SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM api_keys)")
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]


async def test_a_change_is_visible_when_its_answer_is(market: Market) -> None:
    """The commit comes before the answer: whoever has the answer, and whoever they tell, sees the change."""
    for number in range(10):
        person = done(await market.author.post("/people", a_person(name=f"Reader {number}")))
        seen = await market.owner.fetchval("SELECT name FROM people WHERE id = $1", person["id"])
        assert seen == f"Reader {number}"


async def test_two_services_on_one_database_share_everything_but_the_address(market: Market) -> None:
    """Any number of replicas serve one database: what one has acknowledged the other knows."""
    async with served(market.dsn) as url:
        tender = await market.publish()
        receipt = done(await market.alder.submit(tender))
        headers = {"Authorization": f"Bearer {market.alder.key}"}
        answer = await market.http.get(f"{url}/bids/{receipt['bid_id']}", headers=headers)
        assert done(answer) == receipt


async def test_a_waiting_service_keeps_waiting_connections_apart(market: Market) -> None:
    """While one tender is locked, others go on."""
    locked, free = await market.publish(), await market.publish()
    async with market.owner.transaction():
        await market.owner.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", locked["id"])
        waiting = asyncio.create_task(market.alder.submit(locked))
        receipt = done(await market.alder.submit(free))
        assert not waiting.done()
    assert done(await waiting)["bid_id"] != receipt["bid_id"]


async def test_refusals_are_written_down_after_the_refused_change_is_gone(market: Market) -> None:
    """The entry stands in a transaction of its own, with an instant not before the attempt."""
    before = await market.owner.fetchval("SELECT clock_timestamp()")
    person = await market.colleague_of(market.author, "Curious")
    refused(await person.post("/people", a_person(name="Never Stored")), 403, "forbidden")
    at = await market.owner.fetchval(
        "SELECT at FROM events WHERE log_id = $1 AND person_id = $2 AND kind = 'refused'",
        events.PLATFORM_LOG,
        person.id,
    )
    assert timedelta(0) <= at - before < timedelta(minutes=1)
    assert await market.owner.fetchval("SELECT count(*) FROM people WHERE name = 'Never Stored'") == 0
