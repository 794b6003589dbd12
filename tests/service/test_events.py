"""The audit log: complete, in order, append-only, and telling of refused attempts as well."""

import asyncio
import json
from typing import Any, get_args
from uuid import uuid4

import asyncpg
import pytest

from service import db, events
from service.events import Kind
from tests.make import a_bid, a_decision, a_person, a_score, a_tender
from tests.service.conftest import Market, done, refused


async def test_the_log_tells_a_tenders_whole_life_in_order(market: Market) -> None:
    """From draft to award every step is an entry with a position, an instant and a person, without gaps."""
    tender, _, _ = await market.awarded()
    log = await market.log(tender)
    assert [entry["kind"] for entry in log] == [
        "tender.drafted",
        "tender.published",
        "bid.submitted",
        "bid.submitted",
        "opening.asked",
        "opening.asked",
        "bids.opened",
        "score.given",
        "consensus.recorded",
        "score.given",
        "consensus.recorded",
        "criterion.locked",
        "lot.evaluated",
        "award.recommended",
        "award.decided",
    ]
    assert [entry["position"] for entry in log] == list(range(1, len(log) + 1))
    assert [entry["at"] for entry in log] == sorted(entry["at"] for entry in log)
    assert all(entry["person_id"] and entry["person"] for entry in log)
    assert {entry["kind"] for entry in log} <= set(get_args(Kind))


async def test_the_log_is_read_a_piece_at_a_time(market: Market) -> None:
    """From behind any position, as many entries as wanted."""
    tender, _ = await market.opened()
    whole = await market.log(tender)
    path = f"/tenders/{tender['id']}/events"
    pieces = [done(await market.auditor.get(f"{path}?after={after}&limit=2")) for after in range(0, len(whole), 2)]
    assert [entry for piece in pieces for entry in piece] == whole
    assert done(await market.auditor.get(f"{path}?after={len(whole)}")) == []


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=201", "after=99999999999999999999"])
async def test_a_place_in_the_log_that_cannot_be_is_refused(market: Market, query: str) -> None:
    """A position is a whole number from nought to what a log can hold."""
    tender = await market.draft()
    answer = await market.auditor.get(f"/tenders/{tender['id']}/events?{query}")
    assert refused(answer, 422, "invalid-request")["errors"][0]["pointer"] == query.partition("=")[0]


async def test_the_log_is_for_author_approver_and_auditor(market: Market) -> None:
    """Evaluators would read each other's scores in it, officers their own attempts."""
    tender = await market.draft()
    for person in (market.author, market.approver, market.auditor):
        done(await person.get(f"/tenders/{tender['id']}/events"))
    for person in (market.evaluator, market.moderator, market.officer, market.colleague):
        refused(await person.get(f"/tenders/{tender['id']}/events"), 403, "forbidden")


async def test_before_the_opening_the_log_does_not_tell_who_bids_or_how_many(market: Market) -> None:
    """Directive 2014/24/EU, Annex IV (b): a log without bids reads like one with bids and attempts."""
    quiet, busy = await market.publish(), await market.publish()
    lot = f"/lots/{busy['lots'][0]['id']}/bids"
    receipt = done(await market.alder.submit(busy))
    done(await market.birch.submit(busy))
    done(await market.alder.delete(f"/bids/{receipt['bid_id']}"))
    refused(await market.cedar.post(lot, {"values": {}}, Idempotency_Key="k"), 422, "bid-incomplete")
    refused(await market.anonymous.post(lot, a_bid()), 401, "unauthenticated")
    for person in (market.author, market.approver, market.auditor):
        read = [
            [(entry["kind"], entry["position"], entry["person_id"]) for entry in done(await person.get(path))]
            for path in (f"/tenders/{tender['id']}/events" for tender in (quiet, busy))
        ]
        assert read[0] == read[1]
        assert [kind for kind, _, _ in read[1]] == ["tender.drafted", "tender.published"]
        assert {position for _, position, _ in read[1]} == {None}
    rest = done(await market.auditor.get(f"/tenders/{busy['id']}/events?after=1"))
    assert [entry["kind"] for entry in rest] == ["tender.published"]


async def test_once_all_is_opened_the_log_tells_everything_at_its_place(market: Market) -> None:
    """What was withheld was written down all the same: positions and instants are those of the act."""
    tender, _ = await market.opened()
    assert done(await market.auditor.get(f"/tenders/{tender['id']}/events")) == await market.log(tender)


async def test_an_evaluator_who_reads_the_log_learns_no_score_before_giving_one(market: Market) -> None:
    """An author who also scores, scores alone; the log keeps others' grades back until then."""
    tender, bids = await market.opened()
    bid = bids[0]
    await market.give(tender, market.author, "evaluator")
    await market.seat(tender, market.author)
    path = f"/bids/{bid['bid_id']}/scores/method-statement"
    done(await market.evaluator.put(path, a_score(value="4", reason="Well worked out.")))

    async def told() -> dict[str, Any]:
        entries = done(await market.author.get(f"/tenders/{tender['id']}/events"))
        return next(entry for entry in entries if entry["kind"] == "score.given")["data"]

    assert await told() == {"withheld": "until your own scores have been given"}
    done(await market.author.put(path, a_score(value="3")))
    assert await told() == {"withheld": "until your own scores have been given"}, "the other bid awaits one"
    done(await market.author.put(f"/bids/{bids[1]['bid_id']}/scores/method-statement", a_score(value="3")))
    assert (await told())["value"] == "4"


# Append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '{}'",
        "UPDATE events SET at = clock_timestamp()",
        "DELETE FROM events",
        "TRUNCATE events",
        "DROP TABLE events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DELETE FROM log_heads",
        "UPDATE log_heads SET log_id = gen_random_uuid()",
    ],
)
async def test_the_service_cannot_change_what_is_written(pool: asyncpg.Pool, statement: str) -> None:
    """Not the program's good will, but the rights of its role keep the log."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


async def test_an_entry_and_its_change_are_written_together_or_not_at_all(pool: asyncpg.Pool) -> None:
    """A change that is rolled back leaves no entry and no gap."""

    async def one_entry(*, divided_by: int) -> int:
        async with db.transaction(pool) as conn:
            position = await events.record(conn, "person.added", tender_id=None, actor=None, data={})
            await conn.execute(f"SELECT 1 / {divided_by}")
            return position

    with pytest.raises(asyncpg.DivisionByZeroError):
        await one_entry(divided_by=0)
    assert await one_entry(divided_by=1) == 1


async def test_positions_have_no_gaps_however_many_write_at_once(market: Market) -> None:
    """Forty attempts at once are forty entries in the order of their instants."""
    tender = await market.publish()
    before = len(await market.log(tender))
    path = f"/lots/{tender['lots'][0]['id']}/opening"
    await asyncio.gather(*(market.officer.post(path) for _ in range(40)))
    log = await market.log(tender)
    assert len(log) == before + 40
    assert [entry["position"] for entry in log] == list(range(1, len(log) + 1))
    assert [entry["at"] for entry in log] == sorted(entry["at"] for entry in log)


# Refused attempts


async def refusals_of(market: Market, tender: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in await market.log(tender) if entry["kind"] == "refused"]


async def test_every_refused_attempt_is_in_the_tenders_log(market: Market) -> None:
    """Directive 2014/24/EU, Annex IV (g): attempts are detectable, with who, what, when and why."""
    tender, (bid, _) = await market.opened()
    lot = tender["lots"][0]["id"]
    attempts = [
        (market.colleague, "POST", f"/lots/{lot}/opening", None, "forbidden"),
        (market.officer, "POST", f"/lots/{lot}/opening", None, "already-opened"),
        (market.alder, "POST", f"/lots/{lot}/bids", a_bid(), "idempotency-key-missing"),
        (market.evaluator, "PUT", f"/bids/{bid['bid_id']}/scores/price", a_score(), "not-scored-by-the-panel"),
        (market.evaluator, "PUT", f"/bids/{bid['bid_id']}/state", a_decision(), "forbidden"),
        (market.stranger, "GET", f"/lots/{lot}/scores", None, "not-found"),
        (market.birch, "GET", f"/bids/{bid['bid_id']}", None, "not-found"),
        (market.author, "PUT", f"/tenders/{tender['id']}", a_tender(), "tender-already-published"),
        (market.author, "PUT", f"/tenders/{tender['id']}", {"title": 1}, "invalid-request"),
    ]
    for person, method, path, body, problem in attempts:
        refused_as = (await person.send(method, path, body)).json()["type"]
        entry = await market.last(tender)
        assert refused_as == f"/problems/{problem}"
        assert (entry["kind"], entry["person_id"]) == ("refused", person.id), path
        assert (entry["data"]["problem"], entry["data"]["method"], entry["data"]["path"]) == (problem, method, path)
        assert entry["data"]["organisation_id"]


async def test_an_attempt_without_a_key_is_in_the_log_too(market: Market) -> None:
    """Somebody unknown at the box is worth an entry; it names nobody."""
    tender = await market.publish()
    refused(await market.anonymous.post(f"/lots/{tender['lots'][0]['id']}/opening"), 401, "unauthenticated")
    (entry,) = await refusals_of(market, tender)
    assert (entry["person_id"], entry["data"]["problem"]) == (None, "unauthenticated")


async def test_refused_bids_leave_their_digest_and_not_their_contents(market: Market) -> None:
    """A late bid's arrival is proven by its digest; what it offered stays unknown."""
    tender = await market.publish()
    secret = "987654.32"
    incomplete = a_bid(price=secret)
    del incomplete["values"]["carbon"]
    await market.alder.submit(tender, incomplete)
    await market.alder.submit(tender, a_bid(price=f"{secret}999"))
    await market.alder.submit(tender, {"values": {"price": float(secret)}})
    await market.close(tender)
    await market.alder.submit(tender, a_bid(price=secret))
    log = await market.log(tender)
    assert [entry["kind"] for entry in log][-4:] == ["refused", "refused", "refused", "bid.late"]
    assert len(log[-1]["data"]["digest"]) == 64
    assert "987654" not in json.dumps(log)


async def test_a_refused_attempt_outside_any_tender_is_in_the_platforms_log(market: Market) -> None:
    """Trying to add people without the right to is seen as well."""
    person = await market.colleague_of(market.author, "Ambitious")
    refused(await person.post("/people", a_person()), 403, "forbidden")
    row = await market.owner.fetchrow(
        "SELECT kind, data->>'problem' AS problem FROM events WHERE log_id = $1 AND person_id = $2",
        events.PLATFORM_LOG,
        person.id,
    )
    assert tuple(row) == ("refused", "forbidden")


async def test_attempts_at_missing_things_are_not_lost(market: Market) -> None:
    """Probing for ids that do not exist is an attempt too: it goes into the platform's log."""
    missing = str(uuid4())
    refused(await market.alder.get(f"/bids/{missing}"), 404, "not-found")
    found = await market.owner.fetchval(
        "SELECT count(*) FROM events WHERE log_id = $1 AND data->>'path' = $2", events.PLATFORM_LOG, f"/bids/{missing}"
    )
    assert found == 1
