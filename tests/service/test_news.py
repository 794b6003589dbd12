"""What each is told of a tender's life: what they may read, where to read it, and nothing of anybody's bid."""

import asyncio
import contextlib
import json
from collections import Counter
from datetime import date, timedelta
from typing import Any, get_args
from uuid import UUID

import asyncpg
import msgspec
import pytest

from service import db, news, relay
from service.access import ROWS
from service.edge import start_of
from service.events import Kind
from service.news import ADDRESSES, TELLINGS, NewsType
from service.organisations import NOBODY
from tests.make_contract import send_evidence, watched
from tests.service.conftest import SECRETS, Market, Person, done, refused
from tests.service.test_reference import description, operations

CALLER = msgspec.structs.replace(NOBODY, key_id="key", organisation_id=UUID(int=1))


async def tell_all(pool: asyncpg.Pool) -> None:
    while await relay.tell(pool):
        pass


async def feed_of(person: Person, after: str | None = None) -> tuple[list[dict[str, Any]], str]:
    """All that a person is told from behind a place on, and the place behind it."""
    told: list[dict[str, Any]] = []
    while True:
        query = "limit=200" + (f"&after={after}" if after else "")
        page = done(await person.get(f"/events?{query}"))
        told += page["items"]
        after = page["next"]
        if not page["more"]:
            return told, after


def types_of(told: list[dict[str, Any]], tender: dict[str, Any]) -> list[str]:
    return [one["type"] for one in told if one["data"].get("tender_id") == tender["id"]]


@pytest.fixture(scope="module")
async def telling(market: Market) -> Any:
    """The pool of a worker on the market's database."""
    async with await db.open_pool(market.dsn, connections=3) as pool:
        yield pool


async def test_news_point_to_what_the_role_table_guards(market: Market) -> None:
    """Every address is the one of its operation, and every type comes from a kind of the log."""
    found = operations(await description(market))
    assert {telling.operation for telling in TELLINGS} == set(ADDRESSES)
    assert {operation: found[operation][1] for operation in ADDRESSES} == ADDRESSES
    assert {telling.kind for telling in TELLINGS} <= set(get_args(Kind))
    assert {telling.type for telling in TELLINGS} == set(get_args(NewsType))
    reached = {"anybody": {"published"}, "bidders": {"published"}, "owner": {"caller"}}
    reached |= {
        "buyer": {"buyer", "published", "parties"},
        "supplier": {"supplier", "parties"},
        "addressees": {"parties"},
    }
    for telling in TELLINGS:
        assert ROWS[telling.operation].whose in reached[telling.audience], telling


async def test_each_is_told_of_a_tender_what_they_may_read_and_where(market: Market, telling: asyncpg.Pool) -> None:
    """From publication to the letters; whoever is told can read it there, and nobody is told of another's bid."""
    tender, bids, _ = await market.awarded()
    await market.send_letters(tender)
    await tell_all(telling)
    told = {
        name: (await feed_of(getattr(market, name)))[0]
        for name in ("moderator", "officer", "colleague", "alder", "cedar", "stranger")
    }
    types = {name: types_of(seen, tender) for name, seen in told.items()}
    assert types["cedar"] == types["stranger"] == ["tender.published"]
    assert types["colleague"] == ["tender.published", "award.decided"]
    assert types["officer"] == ["tender.published", "bids.opened", "award.decided"]
    assert types["moderator"] == [
        "tender.published",
        "bids.opened",
        "criterion.locked",
        "lot.evaluated",
        "award.recommended",
        "award.decided",
        "summary.sent",
    ]
    assert types["alder"] == ["tender.published", "bid.submitted", "bids.opened", "award.decided", "summary.sent"]
    for name, seen in told.items():
        of_this = [one for one in seen if one["data"].get("tender_id") == tender["id"]]
        for one in of_this:
            assert (await getattr(market, name).get(one["data"]["href"])).status_code == 200, (name, one)
        assert bids[1]["bid_id"] not in json.dumps(of_this), name
    assert {one["data"].get("bid_id") for one in told["alder"]} <= {None, *await own_bids(market)}


async def test_a_contract_is_told_to_who_watches_it_and_to_its_contractor(
    market: Market, telling: asyncpg.Pool
) -> None:
    """What is promised, delivered, decided, remedied; and nothing to colleagues, other bidders and other buyers."""
    today: date = await market.owner.fetchval("SELECT clock_timestamp()::date")
    days = {"starts_on": str(today - timedelta(days=100)), "ends_on": str(today + timedelta(days=265))}
    contract = await watched(market, days=days | {"period_months": 3})
    weeks, manager = contract.obligations["apprentice-weeks"]["id"], contract.manager
    report = {"period": 1, "quantity": "3", "note": "Three weeks."}
    delivery = done(await contract.supplier.post(f"/obligations/{weeks}/deliveries", report))
    await send_evidence(contract.supplier, delivery["id"], b"payroll")
    decision = {"verdict": "verified", "quantity": "3", "reason": "On the payroll."}
    done(await manager.post(f"/deliveries/{delivery['id']}/decisions", decision))
    done(await manager.post(f"/obligations/{weeks}/remedies", {"step": "notify", "reason": "Weeks are missing."}))
    await tell_all(telling)
    watching = ["obligations.made", "delivery.reported", "delivery.decided", "remedy.taken"]
    for person, expected in (
        *((one, watching) for one in (manager, market.approver, market.auditor)),
        (contract.supplier, watching[:3]),
        *((one, []) for one in (market.alder, market.cedar, market.stranger, market.colleague, market.moderator)),
    ):
        told = [one for one in (await feed_of(person))[0] if one["data"].get("tender_id") == contract.tender["id"]]
        of_contract = [one for one in told if one["type"] in watching]
        assert [one["type"] for one in of_contract] == expected
        for one in of_contract:
            assert one["data"]["lot_id"] in contract.lot
            assert (await person.get(one["data"]["href"])).status_code == 200, one
            assert set(one["data"]) <= {"href", "tender_id", "lot_id", "bid_id"}


async def own_bids(market: Market) -> list[str]:
    rows = await market.owner.fetch("SELECT id FROM bids WHERE supplier_id = $1", market.alder.organisation_id)
    return [str(row["id"]) for row in rows]


async def test_a_moved_deadline_and_an_answer_are_told_to_all_and_a_question_to_the_buyer(
    market: Market, telling: asyncpg.Pool
) -> None:
    tender = await market.publish()
    path = f"/tenders/{tender['id']}/questions"
    done(await market.alder.post(path, {"question": "Which roofs first?"}))
    done(await market.author.put(f"{path}/1/answer", {"answer": "The northern ones."}))
    await market.amend(tender, {"reason": "The visit was moved.", "submission_deadline": "2131-03-16T12:00:00Z"})
    await market.amend(tender, {"reason": "A slip of the pen.", "description": "Roofs."})
    await tell_all(telling)
    public = ["tender.published", "question.answered", "corrigendum.issued", "deadline.moved", "corrigendum.issued"]
    assert types_of((await feed_of(market.cedar))[0], tender) == public
    assert types_of((await feed_of(market.author))[0], tender) == [
        "tender.published",
        "question.asked",
        "question.answered",
        "corrigendum.proposed",
        "corrigendum.issued",
        "deadline.moved",
        "corrigendum.proposed",
        "corrigendum.issued",
    ]


async def test_before_the_opening_neither_news_nor_cursors_tell_that_anybody_bids(
    market: Market, telling: asyncpg.Pool
) -> None:
    """A tender with bids reads like one without; of instants only those of one's own news are told, each from 1 on."""
    await tell_all(telling)
    places = {name: (await feed_of(getattr(market, name)))[1] for name in ("author", "approver", "cedar", "birch")}
    quiet, busy = await market.publish(), await market.publish()
    receipt = done(await market.alder.submit(busy))
    done(await market.alder.delete(f"/bids/{receipt['bid_id']}"))
    done(await market.birch.submit(busy))
    question = {"question": "Is there a crane?"}
    done(await market.alder.post(f"/tenders/{quiet['id']}/questions", question))
    done(await market.alder.post(f"/tenders/{busy['id']}/questions", question))
    await tell_all(telling)
    behind = {}
    for name, place in places.items():
        told, behind[name] = await feed_of(getattr(market, name), place)
        assert types_of(told, quiet) == [one for one in types_of(told, busy) if not one.startswith("bid.")], name
        if name != "birch":
            assert not any(one["type"].startswith("bid") for one in told), name
    # behind two public news the buyer has two of its own, Birch one, Alder two: each is counted for itself
    rows = await market.owner.fetch("SELECT organisation_id, told_at FROM news ORDER BY told_at DESC LIMIT 12")
    last = {row["organisation_id"]: row["told_at"] for row in reversed(rows)}
    assert start_of(behind["author"], SECRETS)[0] == max(last[UUID(market.author.organisation_id)], last[None])
    counted = {own: (instant - last[None]) // timedelta(microseconds=1) for own, instant in last.items()}
    assert counted[UUID(market.author.organisation_id)] == 2
    assert counted[UUID(market.birch.organisation_id)] == 1


async def ring_for(market: Market, person: Person) -> None:
    """Tell somebody's organisation of another's draft, which it may not read: the bell rings, and there is no news."""
    draft = await market.draft()
    await market.owner.execute(
        "WITH moved AS (UPDATE relay SET told_at = told_at + interval '1 microsecond' RETURNING told_at)"
        " INSERT INTO news (organisation_id, tender_id, type, operation, at, told_at)"
        " SELECT $1, $2, 'tender.published', 'get_tender', told_at, told_at FROM moved",
        person.organisation_id,
        draft["id"],
    )


async def test_who_waits_is_answered_when_there_is_something_for_him(
    market: Market, telling: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by what others are told, nor by a key that was revoked meanwhile; the page is as without waiting."""
    monkeypatch.setattr(news, "EVERY_SECONDS", 0.01)
    await tell_all(telling)
    leaver = await market.colleague_of(market.cedar, "Leaver")
    end = (await feed_of(market.cedar))[1]
    waiting = [asyncio.create_task(one.get(f"/events?after={end}&wait=25")) for one in (market.cedar, leaver)]
    draft = await market.draft()
    done(await market.cedar.delete(f"/keys/{leaver.key.split('_')[2]}"))
    await ring_for(market, market.cedar)
    refused(await waiting[1], 401, "unauthenticated")
    assert not waiting[0].done(), "the bell has rung, and nothing was for Cedar"
    done(await market.approver.post(f"/tenders/{draft['id']}/publication", If_Match=await market.etag(draft)))
    await tell_all(telling)
    assert types_of(done(await waiting[0])["items"], draft) == ["tender.published"]
    assert done(await market.cedar.get(f"/events?after={end}"))["items"] == done(await waiting[0])["items"]


async def test_nobody_waits_where_too_many_do_or_the_process_stops(
    market: Market, telling: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_all(telling)
    end = (await feed_of(market.cedar))[1]
    for most in ("MOST_WAITING", "MOST_OF_AN_ORGANISATION", "MOST_OF_A_KEY"):
        with monkeypatch.context() as patched:
            patched.setattr(news, most, 0)
            assert done(await market.cedar.get(f"/events?after={end}&wait=25")) == {
                "items": [],
                "next": end,
                "more": False,
            }
    bell, ends = news.Bell(), [asyncio.create_task(asyncio.sleep(0))]
    rung = bell.of(CALLER)
    with bell.listening(telling, CALLER):
        assert await news.heard(rung, [], 60) is True, "once at the beginning: nothing is missed in between"
        assert await news.heard(rung, [], 0) is False, "the time is up, however often the bell rings"
        await asyncio.gather(*ends)
        assert await news.heard(rung, ends, 60) is False
    refused(await market.cedar.get("/events?wait=26"), 422, "invalid-request")


async def test_who_was_told_nothing_is_not_woken(
    market: Market, telling: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question wakes its buyer alone, a publication everybody."""
    monkeypatch.setattr(news, "EVERY_SECONDS", 0.01)
    await tell_all(telling)
    tender, bell = await market.publish(), news.Bell()
    of_buyer = msgspec.structs.replace(CALLER, organisation_id=UUID(market.author.organisation_id))
    with bell.listening(telling, CALLER):
        assert await news.heard(bell.of(CALLER), [], 10)
        rung = bell.of(CALLER)
        await tell_all(telling)
        assert await news.heard(rung, [], 10), "published"
        buyer, other = bell.of(of_buyer), bell.of(CALLER)
        done(await market.alder.post(f"/tenders/{tender['id']}/questions", {"question": "Which roofs first?"}))
        await tell_all(telling)
        assert await news.heard(buyer, [], 10)
        assert await news.heard(other, [], 0.1) is False


async def test_of_many_who_are_woken_few_look_at_a_time(
    market: Market, telling: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others' requests find a connection meanwhile."""
    monkeypatch.setattr(news, "MOST_OF_A_KEY", 12)
    monkeypatch.setattr(news, "EVERY_SECONDS", 0.01)
    await tell_all(telling)
    end, look = (await feed_of(market.cedar))[1], news._look
    met, looking, most, everybody = Counter[Any](), 0, 0, asyncio.Event()

    async def counted(*given: Any) -> Any:
        nonlocal looking, most
        met[asyncio.current_task()] += 1
        if len(met) == 12:
            everybody.set()
        if met[asyncio.current_task()] == 1:
            return await look(*given)
        looking += 1
        most = max(most, looking)
        await asyncio.sleep(0.01)
        looking -= 1
        return await look(*given)

    monkeypatch.setattr(news, "_look", counted)
    waiting = [asyncio.create_task(market.cedar.get(f"/events?after={end}&wait=2")) for _ in range(12)]
    await everybody.wait()
    await ring_for(market, market.cedar)
    assert [done(await one)["items"] for one in waiting] == [[]] * 12
    assert min(met.values()) > 1
    assert most == news.LOOKS_AT_ONCE


async def test_no_key_and_no_organisation_takes_every_place(telling: asyncpg.Pool) -> None:
    """Each is counted for itself, and a place is free again when its wait has ended."""
    bell = news.Bell()
    with contextlib.ExitStack() as waits:
        for number in range(news.MOST_OF_AN_ORGANISATION):
            one = msgspec.structs.replace(CALLER, key_id=str(number // news.MOST_OF_A_KEY))
            assert bell.has_room(one)
            waits.enter_context(bell.listening(telling, one))
            assert bell.has_room(one) is ((number + 1) % news.MOST_OF_A_KEY != 0)
        assert not bell.has_room(CALLER)
        assert bell.has_room(msgspec.structs.replace(CALLER, organisation_id=UUID(int=2)))
    assert bell.has_room(CALLER)


async def test_who_has_hung_up_waits_no_longer(
    market: Market, telling: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is free at once, not only when the time is up."""
    await tell_all(telling)
    end = (await feed_of(market.cedar))[1]
    monkeypatch.setattr(news, "MOST_OF_A_KEY", 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(market.cedar.get(f"/events?after={end}&wait=25"), 0.5)
    await asyncio.sleep(0.2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(market.cedar.get(f"/events?after={end}&wait=25"), 0.5)


async def test_a_place_that_we_did_not_give_is_refused_and_the_end_is_a_place(
    market: Market, telling: asyncpg.Pool
) -> None:
    """Who is at the end asks again from there."""
    await market.publish()
    await tell_all(telling)
    told, end = await feed_of(market.cedar)
    assert await feed_of(market.cedar, end) == ([], end)
    first = await market.cedar.get("/events?limit=1")
    assert done(first)["items"] == told[:1]
    assert done(first)["more"] is True
    assert first.headers["link"] == f'</events?limit=1&after={done(first)["next"]}>; rel="next"'
    refused(await market.cedar.get(f"/events?after={end[:-2]}AA"), 400, "unreadable-request")
