"""What a webhook is sent, how often, until when; signed, thin, and never what its maker may not read."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service import db, jobs
from service.news import TYPES
from service.webhook_deliveries import (
    AT_ONCE,
    AT_ONCE_PER_ORGANISATION,
    AT_ONCE_PER_WEBHOOK,
    LONGEST_WAIT_FOR_OTHERS,
    RETRIES,
    Courier,
    Due,
    Seats,
)
from tests.make_receiver import Receiver, receiving
from tests.service.conftest import SECRETS, Market, Person, done, refused
from tests.service.test_news import feed_of, tell_all
from tests.service.test_webhook_signatures import check_by_key


class Post:
    """A worker that delivers when told to, to a receiver of the test's own."""

    def __init__(self, pool: asyncpg.Pool, receiver: Receiver) -> None:
        self.pool = pool
        self.receiver = receiver
        self.courier = Courier(SECRETS, receiver.outbound(), "https://tenders.example.org")

    async def make(self, person: Person, *types: str) -> tuple[str, dict[str, Any]]:
        """A webhook of a person's that leads to the receiver: its path, and the answer to its making."""
        made = done(await person.post("/webhooks", {"url": self.receiver.url, "types": list(types)}))
        return f"/webhooks/{made['webhook']['id']}", made

    async def due(self, hook: str) -> list[str]:
        """The deliveries that wait for an attempt, oldest first, of what can be told now."""
        await tell_all(self.pool)
        rows = await self.pool.fetch(
            "SELECT id FROM webhook_deliveries WHERE webhook_id = $1 AND next_attempt_at IS NOT NULL"
            " ORDER BY made_at, id",
            hook.rpartition("/")[2],
        )
        return [str(row["id"]) for row in rows]

    async def attempt(self, delivery_id: str) -> timedelta | None:
        """One attempt; how long to wait for the next one."""
        try:
            await self.courier.deliver(self.pool, delivery_id)
        except jobs.Later as later:
            return later.after
        return None


@pytest.fixture
async def post(market: Market) -> AsyncIterator[Post]:
    async with await db.open_pool(market.dsn, connections=2) as pool, receiving() as receiver:
        yield Post(pool, receiver)


async def test_a_bidder_is_sent_what_concerns_it_signed_thin_and_under_one_id(market: Market, post: Post) -> None:
    """The public library verifies it; the ids are the feed's; nothing tells of the rival or of what was offered."""
    hook, made = await post.make(market.alder, *TYPES)
    tender, bids = await market.opened()
    ids = await post.due(hook)
    assert [await post.attempt(one) for one in ids] == [None] * len(ids)
    told = {one["id"]: one for one in (await feed_of(market.alder))[0]}
    bodies = []
    for request in post.receiver.received:
        body = Webhook(made["secret"]).verify(request.body, request.headers)
        check_by_key(made["webhook"]["public_key"], request.headers, request.body)
        if body["data"]["tender_id"] == tender["id"]:
            bodies.append(body)
        fed = told[request.headers["webhook-id"]]
        assert body["data"].pop("href") == f"https://tenders.example.org{fed['data'].pop('href')}"
        assert body == {name: fed[name] for name in ("type", "timestamp", "data")}
        with pytest.raises(WebhookVerificationError):
            Webhook(made["secret"]).verify(request.body + b" ", request.headers)
    assert [body["type"] for body in bodies] == ["tender.published", "bid.submitted", "bids.opened"]
    assert set().union(*(body["data"] for body in bodies)) == {"tender_id", "lot_id", "bid_id"}
    assert bids[1]["bid_id"] not in json.dumps(bodies)
    listed = done(await market.alder.get(f"{hook}/deliveries?limit=2"))
    everything = listed["items"]
    assert len(everything) == 2
    while listed["next"]:  # the same supplier bids in other tests
        listed = done(await market.alder.get(f"{hook}/deliveries?limit=200&cursor={listed['next']}"))
        everything += listed["items"]
    assert [one["event_id"] for one in everything] == [
        request.headers["webhook-id"] for request in reversed(post.receiver.received)
    ]
    assert all(one["delivered_at"] and one["attempts"] == 1 for one in everything)
    done(await market.alder.delete(hook))


async def test_what_is_not_taken_is_sent_again_for_three_days_then_the_webhook_is_disabled(
    market: Market, post: Post
) -> None:
    """Each attempt is on record; the owner is told in the feed and at its other webhooks; then it can be sent again."""
    hook, made = await post.make(market.cedar, "tender.published")
    other, _ = await post.make(market.cedar, "webhook.disabled")
    await market.publish()
    (first,) = await post.due(hook)
    await market.publish()
    _, second = await post.due(hook)
    post.receiver.answers = ["500 No", "302 Found\r\nLocation: /elsewhere", *["503 Busy"] * 8]
    waits = [await post.attempt(first) for _ in range(len(RETRIES) + 1)]
    assert waits == [*RETRIES, None]
    assert sum(RETRIES, timedelta()) > timedelta(days=3)
    assert {request.headers["webhook-id"] for request in post.receiver.received} == {
        done(await market.cedar.get(f"{hook}/deliveries/{first}"))["delivery"]["event_id"]
    }
    assert len({request.body for request in post.receiver.received}) == 1
    found = done(await market.cedar.get(f"{hook}/deliveries/{first}"))
    assert [one["status"] for one in found["attempts"]] == [500, 302, *[503] * 8]
    assert found["delivery"]["given_up_because"] == "The address answered 503."
    assert done(await market.cedar.get(hook))["disabled_because"] == "The address answered 503."
    assert "disabled" in done(await market.cedar.get(f"{hook}/deliveries/{second}"))["delivery"]["given_up_because"]
    assert await post.attempt(second) is None
    assert len(post.receiver.received) == 10, "nothing more is sent to it"

    (notice,) = await post.due(other)
    await post.attempt(notice)
    assert json.loads(post.receiver.received[-1].body)["data"]["webhook_id"] == made["webhook"]["id"]
    assert (await feed_of(market.cedar))[0][-1]["type"] == "webhook.disabled"
    refused(await market.cedar.post(f"{hook}/deliveries/{first}/redelivery"), 409, "webhook-is-disabled")
    done(await market.cedar.post(f"{hook}/enabling"))
    again = await market.cedar.post(f"{hook}/deliveries/{first}/redelivery")
    assert (again.status_code, done(again)["given_up_at"]) == (202, None)
    assert await post.attempt(first) is None
    assert post.receiver.received[-1].headers["webhook-id"] == done(again)["event_id"]
    found = done(await market.cedar.get(f"{hook}/deliveries/{first}"))
    assert found["delivery"]["delivered_at"]
    assert (found["attempts"][-1]["number"], found["attempts"][-1]["status"]) == (11, 204)
    for path in (hook, other):
        done(await market.cedar.delete(path))


async def test_a_delivery_that_waits_is_hastened_and_one_that_arrived_is_sent_anew(market: Market, post: Post) -> None:
    """A consumer that is back does not wait for the next turn: its one job is due now, not a second one beside it."""
    hook, _ = await post.make(market.cedar, "tender.published")
    await market.publish()
    (one,) = await post.due(hook)
    job = "SELECT count(*), min(execute_after) <= clock_timestamp() FROM pgqueuer WHERE dedupe_key = $1"
    key = f"webhook:{one}"
    await market.owner.execute(
        "UPDATE pgqueuer SET execute_after = clock_timestamp() + interval '1 hour' WHERE dedupe_key = $1", key
    )
    assert tuple(await market.owner.fetchrow(job, key)) == (1, False)
    assert (await market.cedar.post(f"{hook}/deliveries/{one}/redelivery")).status_code == 202
    assert tuple(await market.owner.fetchrow(job, key)) == (1, True)
    await post.attempt(one)
    assert await post.attempt(one) is None
    assert len(post.receiver.received) == 1, "a job that comes twice sends once"
    assert (await market.cedar.post(f"{hook}/deliveries/{one}/redelivery")).status_code == 202
    await post.attempt(one)
    assert len({request.headers["webhook-id"] for request in post.receiver.received}) == 1
    assert len(post.receiver.received) == 2
    done(await market.cedar.delete(hook))


async def test_gone_disables_at_once_and_removal_stops_what_is_on_its_way(market: Market, post: Post) -> None:
    """410 is the consumer's own word (Standard Webhooks 1.0); a removed webhook is sent nothing."""
    gone, _ = await post.make(market.cedar, "tender.published")
    removed, _ = await post.make(market.cedar, "tender.published")
    await market.publish()
    (one,), (two,) = await post.due(gone), await post.due(removed)
    post.receiver.answers = ["410 Gone"]
    assert await post.attempt(one) is None
    assert done(await market.cedar.get(gone))["disabled_because"] == "The address answered 410."
    done(await market.cedar.delete(removed))
    assert await post.attempt(two) is None
    assert len(post.receiver.received) == 1
    done(await market.cedar.delete(gone))


async def test_who_has_lost_the_role_is_not_told_any_more(market: Market, post: Post) -> None:
    """A webhook reads with its maker's eyes, when news are told and again when they are sent."""
    hook, _ = await post.make(market.officer, "bids.opened")
    tender, _ = await market.opened()
    blind, _ = await market.opened()
    roles = [f"/tenders/{one['id']}/roles/{market.officer.id}/opening_officer" for one in (tender, blind)]
    done(await market.author.delete(roles[1]))
    (one,) = await post.due(hook)
    path = f"{hook}/deliveries/{one}"
    assert done(await market.officer.get(path))["delivery"]["data"]["tender_id"] == tender["id"]
    refused(await market.colleague.get(path), 404, "not-found")
    assert done(await market.colleague.get(f"{hook}/deliveries"))["items"] == []
    done(await market.author.delete(roles[0]))
    assert await post.attempt(one) is None
    assert post.receiver.received == []
    refused(await market.officer.get(path), 404, "not-found")
    done(await market.officer.delete(hook))


async def test_who_has_no_key_any_more_is_not_told_any_more(market: Market, post: Post) -> None:
    """Taking a person's keys away is how an organisation parts with it."""
    leaver = await market.register(name="Elm Solar Ltd")
    hook, _ = await post.make(leaver, "tender.published")
    await market.publish()
    (one,) = await post.due(hook)
    await market.owner.execute(
        "UPDATE api_keys SET revoked_at = clock_timestamp() WHERE person_id = $1::text::uuid", leaver.id
    )
    assert await post.attempt(one) is None
    await market.publish()
    assert await post.due(hook) == []
    assert post.receiver.received == []


async def test_for_a_day_after_a_rotation_both_secrets_verify(market: Market, post: Post) -> None:
    hook, made = await post.make(market.cedar, "tender.published")
    rotated = done(await market.cedar.post(f"{hook}/rotation"))
    await market.publish()
    (one,) = await post.due(hook)
    await post.attempt(one)
    await market.owner.execute("UPDATE webhooks SET previous_until = clock_timestamp() WHERE id = $1", hook[10:])
    done(await market.cedar.post(f"{hook}/deliveries/{one}/redelivery"))
    await post.attempt(one)
    during, after = post.receiver.received
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(during.body, during.headers)
    for shown in (made, rotated):
        check_by_key(shown["webhook"]["public_key"], during.headers, during.body)
    Webhook(rotated["secret"]).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(after.body, after.headers)
    done(await market.cedar.delete(hook))


async def test_a_webhook_that_answers_slowly_holds_up_itself_alone(market: Market, post: Post) -> None:
    """Of one webhook so many attempts run at once; further ones come again by their place in line and count as none."""
    slow, _ = await post.make(market.cedar, "tender.published")
    quick, _ = await post.make(market.birch, "tender.published")
    for _ in range(AT_ONCE_PER_WEBHOOK + 3):
        await market.publish()
    post.receiver.answers = ["silence"] * AT_ONCE_PER_WEBHOOK
    taken, waits = (due := await post.due(slow))[:AT_ONCE_PER_WEBHOOK], due[AT_ONCE_PER_WEBHOOK:]
    (goes, *_) = await post.due(quick)
    async with asyncio.TaskGroup() as group:
        held = [group.create_task(post.attempt(one)) for one in taken]
        await post.receiver.reached(AT_ONCE_PER_WEBHOOK)
        put_off = [await post.attempt(one) for one in (*waits, waits[0])]
        assert put_off == [timedelta(seconds=seconds) for seconds in (2, 2, 4, 4)]
        assert await post.attempt(goes) is None
        for one in held:
            one.cancel()
    assert len(post.receiver.received) == AT_ONCE_PER_WEBHOOK + 1
    assert done(await market.cedar.get(f"{slow}/deliveries/{waits[0]}"))["attempts"] == []
    assert await post.attempt(waits[0]) is None
    done(await market.cedar.delete(slow))
    done(await market.birch.delete(quick))


def test_an_organisation_with_twenty_slow_webhooks_leaves_the_seats_to_others():
    """It is counted as one, whatever it has; others find a seat, and the longest wait has an end."""
    seats, ours, theirs = Seats(), uuid4(), uuid4()
    with contextlib.ExitStack() as sending:
        for _ in range(AT_ONCE_PER_ORGANISATION):
            one = a_due(uuid4(), ours)
            assert seats.wait(one) is None
            sending.enter_context(seats.taken(one))
        waiting = [a_due(uuid4(), ours) for _ in range(200)]
        waits = [seats.wait(one) for one in waiting]
        assert waits[:5] == [timedelta(seconds=seconds) for seconds in (2, 2, 2, 2, 4)]
        assert waits[-1] == LONGEST_WAIT_FOR_OTHERS
        assert seats.wait(a_due(uuid4(), theirs)) is None
        assert AT_ONCE >= 10 * AT_ONCE_PER_ORGANISATION
    assert seats.wait(waiting[-1]) is None
    with seats.taken(waiting[-1]):
        assert seats.wait(waiting[0]) is None


def a_due(webhook: UUID, organisation: UUID) -> Due:
    """A delivery that waits for an attempt."""
    fields = dict.fromkeys(Due.__struct_fields__)
    return Due(**fields | {"delivery_id": uuid4(), "sent_to": webhook, "organisation_id": organisation})


async def test_a_delivery_whose_job_was_lost_is_queued_again(alone: Market) -> None:
    """A worker whose database went away in the middle of an attempt leaves no job: the relay sees what is due."""
    async with await db.open_pool(alone.dsn, connections=2) as pool, receiving() as receiver:
        post = Post(pool, receiver)
        hook, _ = await post.make(alone.cedar, "tender.published")
        await alone.publish()
        (one,) = await post.due(hook)
        key = f"webhook:{one}"
        await alone.owner.execute("DELETE FROM pgqueuer WHERE dedupe_key = $1", key)
        await tell_all(post.pool)
        queued = "SELECT count(*) FROM pgqueuer WHERE dedupe_key = $1"
        assert await alone.owner.fetchval(queued, key) == 0, "it may be in somebody's hands"
        await alone.owner.execute(
            "UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp() - interval '6 minutes' WHERE id = $1",
            one,
        )
        await tell_all(post.pool)
        assert await alone.owner.fetchval(queued, key) == 1
