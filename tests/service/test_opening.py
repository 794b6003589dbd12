"""The seal and the opening: nobody reads a bid before two officers have opened it after the deadline."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from service import db, opening, unsealing
from service.signing import Secrets
from service.unsealing import OUT_OF_PLACE
from service.wrapping import KeyNotWrapped, Wrapper
from tests.make import a_bid, a_score
from tests.make_sealed import a_sealed_bid, send_sealed
from tests.service.conftest import Market, Person, done, market_in, refused, served
from tests.service.test_uploads import send

DEADLINE = datetime(2031, 3, 14, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def lot_of(tender: dict[str, Any]) -> str:
    return tender["lots"][0]["id"]


# The seal


async def test_before_the_opening_nobody_reads_a_bid(market: Market) -> None:
    """Neither the city's people nor the supplier itself gets contents; the panel is told what to wait for."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender, a_bid(price="654321.99")))
    lot = f"/lots/{lot_of(tender)}"
    for person in (market.evaluator, market.moderator, market.approver, market.auditor):
        refused(await person.get(f"{lot}/bids"), 409, "not-opened")
    everything = [
        await market.alder.get(f"/bids/{receipt['bid_id']}"),
        await market.alder.get(f"{lot}/bids"),
        await market.officer.get(f"{lot}/opening"),
        await market.auditor.get(f"/tenders/{tender['id']}/events"),
        await market.auditor.get(f"/tenders/{tender['id']}"),
        await market.operator.get("/metrics"),
    ]
    assert all(answer.status_code == 200 and "654321" not in answer.text for answer in everything)


async def test_the_role_that_serves_requests_cannot_read_envelopes(pool: asyncpg.Pool) -> None:
    """The seal is a grant of the database, not a habit of the program."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.fetch("SELECT contents FROM sealed_envelopes")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE sealed_envelopes SET contents = ''")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM sealed_envelopes")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.fetch("SELECT header FROM sealed_envelopes")


async def test_the_role_that_opens_can_do_nothing_else(pool: asyncpg.Pool) -> None:
    """Who can read the envelopes can write nowhere."""
    async with db.transaction(pool) as conn:
        await conn.execute("SET LOCAL ROLE tenderscore_opening")
        assert await conn.fetch("SELECT contents FROM sealed_envelopes") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with conn.transaction():
                await conn.execute("UPDATE bid_versions SET digest = ''")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with conn.transaction():
                await conn.execute("DELETE FROM bids")


async def test_the_statements_that_read_judge_deadline_and_officers_themselves(market: Market) -> None:
    """Whoever calls them early or alone gets nothing, whatever the program around them believes."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    lot = lot_of(tender)

    receipt = done(await market.alder.get(f"/lots/{lot}/bids"))[0]

    async def released() -> tuple[int, int, int]:
        async with market.owner.transaction():
            await market.owner.execute("SET LOCAL ROLE tenderscore_opening")
            asked = {"lot_id": lot, "envelope": "offer"}
            whole = [
                row async for row in opening.SQL.open_envelopes(market.owner, **asked, bid_ids=[receipt["bid_id"]])
            ]
            headers = [row async for row in opening.SQL.open_envelopes(market.owner, **asked, bid_ids=None)]
            assert all(row["contents"] for row in whole)
            assert not any(row["contents"] or row["other_contents"] for row in headers)
            return len(whole), len(headers), int(await opening.SQL.release_key(market.owner, **asked) is not None)

    async def act(person: Person) -> None:
        await market.owner.execute("INSERT INTO opening_acts VALUES ($1, $2, clock_timestamp())", lot, person.id)

    await act(market.officer)
    await act(market.second_officer)
    assert await released() == (0, 0, 0)
    await market.close(tender)
    assert await released() == (1, 1, 1)
    await market.owner.execute("DELETE FROM opening_acts WHERE person_id = $1", market.officer.id)
    assert await released() == (0, 0, 0)
    await act(market.evaluator)
    assert await released() == (0, 0, 0)


async def test_without_the_secret_file_the_database_s_owner_opens_nothing(dsn: str) -> None:
    """An administrator who has every row, and lets the service run with another secret, reads no bid."""
    async with market_in(dsn) as market:
        tender = await market.publish()
        done(await market.alder.submit(tender, a_bid(price="654321.99")))
        await market.close(tender)
        rows = await market.owner.fetch("SELECT header, contents FROM sealed_envelopes")
        stored = b"".join(row["header"] + row["contents"] for row in rows)
        assert b"654321" not in stored
        key = await market.owner.fetchrow("SELECT wrapped_key, wrapped_by FROM tender_keys")
        other = Secrets([b"\x09" * 32])
        with pytest.raises(KeyNotWrapped):
            await Wrapper(other).unwrap(UUID(tender["id"]), key["wrapped_key"], key["wrapped_by"])
        path = f"/lots/{lot_of(tender)}/opening"
        async with served(dsn, secrets=other) as url, httpx.AsyncClient(base_url=url) as http:
            robbed = [Person(http, person.key) for person in (market.officer, market.second_officer)]
            assert (await robbed[0].post(path)).status_code == 202
            refused(await robbed[1].post(path), 503, "key-not-wrapped")
        assert await market.owner.fetchval("SELECT count(*) FROM opened_bids") == 0
        assert (await market.second_officer.post(path)).status_code == 201


# Opening


async def test_two_officers_open_after_the_deadline(market: Market) -> None:
    """The first request is kept, the second opens; both and the digests of what was in the box are in the log."""
    tender = await market.publish()
    receipts = [done(await person.submit(tender)) for person in (market.alder, market.birch)]
    await market.close(tender)
    path = f"/lots/{lot_of(tender)}/opening"
    first = await market.officer.post(path)
    assert first.status_code == 202
    assert first.json()["opened_at"] is None
    assert first.json()["bids"] == []
    second = await market.second_officer.post(path)
    assert second.status_code == 201
    record = second.json()
    assert record["opened_at"]
    assert [act["person_id"] for act in record["officers"]] == [market.officer.id, market.second_officer.id]
    assert [bid["digest"] for bid in record["bids"]] == [receipt["digest"] for receipt in receipts]
    assert done(await market.auditor.get(path)) == record
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds[-3:] == ["opening.asked", "opening.asked", "bids.opened"]
    logged = (await market.last(tender))["data"]["bids"]
    assert [bid["digest"] for bid in logged] == [receipt["digest"] for receipt in receipts]
    assert "1184500" not in json.dumps(logged)


async def test_one_officer_asking_twice_opens_nothing(market: Market) -> None:
    """Two different people, not two requests."""
    tender = await market.publish()
    await market.close(tender)
    path = f"/lots/{lot_of(tender)}/opening"
    for _ in range(3):
        answer = await market.officer.post(path)
        assert answer.status_code == 202
        assert answer.json()["opened_at"] is None
    refused(await market.evaluator.get(f"/lots/{lot_of(tender)}/bids"), 409, "not-opened")


async def test_it_takes_as_many_officers_as_were_published(market: Market) -> None:
    """Three of four, in any order; two of them, however often they ask, open nothing."""
    tender = await market.draft(officers_needed=3, submission_deadline=await market.in_an_hour())
    others = [await market.colleague_of(market.author, f"Officer {number}") for number in (3, 4)]
    for person in others:
        await market.give(tender, person, "opening_officer")
    done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    done(await market.alder.submit(tender))
    await market.close(tender)
    path = f"/lots/{lot_of(tender)}/opening"
    for person in (others[1], market.officer, others[1], market.officer):
        answer = await person.post(path)
        assert (answer.status_code, answer.json()["number"], answer.json()["officers_needed"]) == (202, None, 3)
    assert (await others[0].post(path)).status_code == 201


async def test_two_officers_at_the_same_moment_open_once(market: Market) -> None:
    """However requests race, a lot is opened once, by two people."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    await market.close(tender)
    path = f"/lots/{lot_of(tender)}/opening"
    officers = (market.officer, market.second_officer, market.officer, market.second_officer)
    answers = await asyncio.gather(*(person.post(path) for person in officers))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 202, 409}
    assert [entry["kind"] for entry in await market.log(tender)].count("bids.opened") == 1


async def test_opening_before_the_deadline_is_refused_and_written_down(market: Market) -> None:
    """Whoever tries to look early is seen (Directive 2014/24/EU, Annex IV (g))."""
    tender = await market.publish()
    refused(await market.officer.post(f"/lots/{lot_of(tender)}/opening"), 409, "deadline-not-reached")
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("refused", market.officer.id)
    assert entry["data"]["problem"] == "deadline-not-reached"
    assert done(await market.auditor.get(f"/lots/{lot_of(tender)}/opening"))["officers"] == []


async def test_a_draft_cannot_be_opened(market: Market) -> None:
    """A draft has no bids."""
    tender = await market.draft()
    refused(await market.officer.post(f"/lots/{lot_of(tender)}/opening"), 409, "tender-not-published")


async def test_enough_officers_one_microsecond_early_open_nothing(frozen: Market) -> None:
    """All of them, early: nothing is opened, no act is kept, and every attempt is written down."""
    await frozen.set_clock(DEADLINE - timedelta(hours=1))
    tender = await frozen.publish(submission_deadline=DEADLINE.isoformat())
    done(await frozen.alder.submit(tender))
    await frozen.set_clock(DEADLINE - MICROSECOND)
    path = f"/lots/{lot_of(tender)}/opening"
    for person in (frozen.officer, frozen.second_officer):
        refused(await person.post(path), 409, "deadline-not-reached")
    kinds = [entry["kind"] for entry in await frozen.log(tender)]
    assert kinds[-2:] == ["refused", "refused"]
    await frozen.set_clock(DEADLINE)
    assert (await frozen.officer.post(path)).status_code == 202


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 409), (timedelta(0), 202), (MICROSECOND, 202)])
async def test_bids_can_be_opened_from_the_deadline_on(frozen: Market, offset: timedelta, status: int) -> None:
    """When the last bid can come in, none can be opened; from the deadline on none can come in."""
    await frozen.set_clock(DEADLINE - timedelta(hours=1))
    tender = await frozen.publish(submission_deadline=DEADLINE.isoformat())
    await frozen.set_clock(DEADLINE + offset)
    assert (await frozen.officer.post(f"/lots/{lot_of(tender)}/opening")).status_code == status


async def test_an_opened_lot_cannot_be_opened_again(market: Market) -> None:
    """The box is opened once."""
    tender, _ = await market.opened()
    refused(await market.officer.post(f"/lots/{lot_of(tender)}/opening"), 409, "already-opened")


async def test_only_opening_officers_open(market: Market) -> None:
    """Neither the author nor the panel, nor another city, nor a bidder."""
    tender = await market.publish()
    await market.close(tender)
    path = f"/lots/{lot_of(tender)}/opening"
    for person in (market.author, market.approver, market.evaluator, market.moderator, market.colleague):
        refused(await person.post(path), 403, "forbidden")
    missing = str(uuid4())
    for person in (market.stranger, market.alder):
        theirs, nobody = await person.post(path), await person.post(f"/lots/{missing}/opening")
        refused(theirs, 404, "not-found")
        assert theirs.content.replace(lot_of(tender).encode(), missing.encode()) == nobody.content


async def test_opened_bids_are_for_the_panel(market: Market) -> None:
    """Who scores, decides or audits reads them; a colleague without such a role and the opening officers do not."""
    tender, _ = await market.opened()
    path = f"/lots/{lot_of(tender)}/bids"
    for person in (market.moderator, market.approver, market.auditor):
        bids = done(await person.get(path))
        assert [bid["offers"]["price"] for bid in bids] == ["1184500.00", "1000000.00"]
        assert {bid["state"] for bid in bids} == {"admissible"}
    seen = done(await market.evaluator.get(path))
    assert [list(bid["offers"]) for bid in seen] == 2 * [["method-statement"]]
    for person in (market.officer, market.author, market.colleague):
        refused(await person.get(path), 403, "forbidden")
    assert done(await market.cedar.get(path)) == []
    assert done(await market.stranger.get(path)) == []


async def test_an_empty_box_opens_empty(market: Market) -> None:
    """That nobody has bid is a fact that two officers establish as well."""
    tender = await market.publish()
    record = await market.open(tender)
    assert (record["bids"], record["number"], record["withdrawn"], record["late"]) == ([], 0, 0, [])
    assert done(await market.evaluator.get(f"/lots/{lot_of(tender)}/bids")) == []


async def test_no_acknowledged_bid_is_missing_when_bids_and_opening_race(market: Market) -> None:
    """Opening waits for every submission in flight: what has a receipt is in the record, and nothing else is."""
    suppliers = [await market.register(name=f"Racer {number}") for number in range(12)]
    for _ in range(3):
        await race(market, suppliers)


async def race(market: Market, suppliers: list[Person]) -> None:
    """Let the deadline pass while suppliers bid and two officers keep asking to open."""
    tender = await market.publish()
    path = f"/lots/{lot_of(tender)}/opening"

    async def officers() -> None:
        for person in (market.officer, market.second_officer):
            while (await person.post(path)).status_code == 409:
                pass  # too early: ask again at once

    bids = [asyncio.create_task(person.submit(tender)) for person in suppliers]
    await asyncio.wait(bids, return_when=asyncio.FIRST_COMPLETED)
    await market.move_deadline(tender, "5 milliseconds")
    await officers()
    answers = await asyncio.gather(*bids)
    assert {answer.status_code for answer in answers} <= {201, 409}
    acknowledged = {answer.json()["bid_id"] for answer in answers if answer.status_code == 201}
    assert acknowledged
    record = done(await market.auditor.get(path))
    assert {bid["bid_id"] for bid in record["bids"]} == acknowledged
    deadline = await market.owner.fetchval("SELECT submission_deadline FROM tenders WHERE id = $1", tender["id"])
    assert all(datetime.fromisoformat(bid["submitted_at"]) < deadline for bid in record["bids"])


async def test_what_was_opened_is_what_was_sent(market: Market) -> None:
    """Every character of every answer arrives at the panel as the supplier wrote it."""
    tender = await market.publish()
    words = "Zürich – Łódź – Αθήνα – 日本\nline two\t“quoted” \\ / \" ' ; DROP TABLE bids; -- {{ 7*7 }} <b> 👷🏽"
    done(await market.alder.submit(tender, a_bid(method_statement=words, price="0.01")))
    await market.open(tender)
    (bid,) = done(await market.auditor.get(f"/lots/{lot_of(tender)}/bids"))
    assert bid["offers"] == a_bid(method_statement=words, price="0.01")["values"]


async def test_an_officer_who_lost_the_role_does_not_count(market: Market) -> None:
    """Two who are opening officers at that moment open; a request of somebody who was one has lapsed."""
    tender = await market.publish()
    await market.close(tender)
    path = f"/lots/{lot_of(tender)}/opening"
    assert (await market.officer.post(path)).status_code == 202
    done(await market.author.delete(f"/tenders/{tender['id']}/roles/{market.officer.id}/opening_officer"))
    assert (await market.second_officer.post(path)).status_code == 202
    await market.give(tender, market.officer, "opening_officer")
    assert (await market.officer.post(path)).status_code == 201


# What is in the record


# Bids that were sealed before anybody could look at them


async def opened_with(market: Market, *containers: tuple[Person, Any]) -> dict[str, Any]:
    """A tender opened with sealed bids of these contents, beside Cedar's good one; the bids by supplier."""
    tender = await market.publish()
    done(await market.cedar.submit(tender))
    for person, content in containers:
        done(await send_sealed(market, person, tender, a_sealed_bid(tender, person, content)))
    await market.open(tender)
    bids = done(await market.auditor.get(f"/lots/{lot_of(tender)}/bids"))
    return {"tender": tender} | {bid["supplier"]: bid for bid in bids}


async def test_a_bid_that_cannot_be_read_stops_no_other(market: Market) -> None:
    """It is in the record with the reason, and the panel decides about it; the ranking waits for that."""
    opened = await opened_with(market, (market.alder, b"\xff not a bid"), (market.birch, {"values": {}}))
    tender = opened["tender"]
    alder, birch, cedar = (opened[person.name] for person in (market.alder, market.birch, market.cedar))
    assert (alder["offers"], alder["state"]) == ({}, "admissible")
    assert "cannot be read" in alder["fault"]
    assert "price: The value is missing." in birch["fault"]
    assert (cedar["fault"], cedar["offers"]) == (None, a_bid()["values"])
    record = done(await market.auditor.get(f"/lots/{lot_of(tender)}/opening"))
    assert [bid["fault"] is None for bid in record["bids"]] == [True, False, False]
    logged = next(entry for entry in await market.log(tender) if entry["kind"] == "bids.opened")["data"]["bids"]
    assert sum("fault" in bid for bid in logged) == 2

    for bid in (alder, birch, cedar):
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    run = {"rules_digest": tender["lots"][0]["rules_digest"]}
    path = f"/lots/{lot_of(tender)}/evaluations"
    refused(await market.moderator.post(path, run), 409, "evaluation-incomplete")
    for bid in (alder, birch):
        decision = {"state": "non_compliant", "reason": "The envelope held no bid."}
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/state", decision))
    result = done(await market.moderator.post(path, run))
    evaluation = done(await market.moderator.get(f"/evaluations/{result['id']}"))
    assert evaluation["winner"] == cedar["bid_id"]
    assert len(evaluation["bids"]) == 3


async def test_whoever_scores_reads_of_a_fault_only_its_kind(market: Market) -> None:
    """What it quotes is for officers and for who decides or audits: a fault tells no evaluator of prices or names."""
    opened = await opened_with(market, (market.alder, b"\xff not a bid"), (market.birch, {"values": {}}))
    lot = f"/lots/{lot_of(opened['tender'])}"
    kinds = {"The offer envelope opens, but cannot be read.", OUT_OF_PLACE, None}
    for path, key in ((f"{lot}/bids", None), (f"{lot}/opening", "bids")):
        told = done(await market.evaluator.get(path))
        assert {bid["fault"] for bid in (told[key] if key else told)} == kinds
    whole = {opened[person.name]["fault"] for person in (market.alder, market.birch, market.cedar)}
    for person in (market.officer, market.auditor):
        assert {bid["fault"] for bid in done(await person.get(f"{lot}/opening"))["bids"]} == whole
    assert whole.isdisjoint(kinds - {None})


async def test_what_a_bid_says_beyond_what_was_asked_stops_no_ranking(market: Market) -> None:
    """A value for a criterion that the lot does not have is told, and the engine does not look at it."""
    values = a_bid()["values"]
    opened = await opened_with(market, (market.alder, {"values": values | {"discount": "20"}}))
    alder = opened[market.alder.name]
    assert "1 of the values in it belong to no criterion" in alder["fault"]
    assert alder["offers"] == values


async def test_a_ciphertext_moved_to_another_lot_or_supplier_does_not_open(market: Market) -> None:
    """Its header names where it belongs: made for elsewhere, or moved by whoever owns the database."""
    tender = await market.publish()
    done(await market.cedar.submit(tender))
    elsewhere = a_sealed_bid(tender, market.alder, a_bid(), lot_id=uuid4())
    done(await send_sealed(market, market.alder, tender, elsewhere))
    birch = done(await market.birch.submit(tender))
    await market.owner.execute(
        "UPDATE sealed_envelopes AS mine SET header = theirs.header, contents = theirs.contents"
        " FROM sealed_envelopes AS theirs INNER JOIN bids ON bids.id = theirs.bid_id"
        " WHERE mine.bid_id = $1 AND bids.lot_id = $2 AND bids.supplier_id = $3",
        birch["bid_id"],
        lot_of(tender),
        market.cedar.organisation_id,
    )
    record = await market.open(tender)
    faults = [bid["fault"] or "" for bid in record["bids"]]
    assert ["does not open" in fault for fault in faults] == [False, True, False]
    assert "was not opened. What is stored has the digest" in faults[2]
    assert record["number"] == 3


async def test_a_large_box_is_opened_in_portions(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held at a time is one portion; together they are the whole box, in one transaction."""
    monkeypatch.setattr(unsealing, "MOST_BYTES_AT_ONCE", 1)
    held: list[int] = []
    open_all = unsealing.open_all

    def watched(box: unsealing.Box, bids: Any, key_of: unsealing.KeyOf) -> list[unsealing.Opened]:
        assert all(bid.contents is None for bid in box.bids)
        held.append(len(bids))
        return open_all(box, bids, key_of)

    monkeypatch.setattr(unsealing, "open_all", watched)
    tender, bids = await market.opened()
    assert held == [1, 1]
    assert [bid["fault"] for bid in bids] == [None, None]
    logged = (await market.last(tender))["data"]["bids"]
    assert [bid["bid_id"] for bid in logged] == [bid["bid_id"] for bid in bids]


async def test_what_was_opened_stays_closed_whatever_a_clock_says(frozen: Market) -> None:
    """A leader that took over is two seconds behind: nothing comes in, nothing is withdrawn, no deadline moves."""
    await frozen.set_clock(DEADLINE - timedelta(hours=1))
    tender = await frozen.publish(submission_deadline=DEADLINE.isoformat())
    done(await frozen.alder.submit(tender))
    bid = done(await frozen.cedar.submit(tender))
    later = {"reason": "More time.", "submission_deadline": (DEADLINE + timedelta(days=1)).isoformat()}
    number = done(await frozen.propose(tender, later))["number"]
    await frozen.set_clock(DEADLINE)
    for person in (frozen.officer, frozen.second_officer):
        done(await person.post(f"/lots/{lot_of(tender)}/opening"))
    await frozen.set_clock(DEADLINE - timedelta(seconds=2))
    problem = refused(await frozen.birch.submit(tender), 409, "submission-deadline-passed")
    assert "and the bids are opened" in problem["detail"]
    refused(await frozen.cedar.delete(f"/bids/{bid['bid_id']}"), 409, "submission-deadline-passed")
    replaced = await frozen.cedar.put(f"/bids/{bid['bid_id']}", a_bid(), Idempotency_Key="again")
    refused(replaced, 409, "submission-deadline-passed")
    refused(await send(frozen.birch, tender, b"late"), 409, "submission-deadline-passed")
    refused(await frozen.propose(tender, later), 409, "submission-deadline-passed")
    refused(await frozen.confirm(tender, number), 409, "submission-deadline-passed")
    kinds = [entry["kind"] for entry in await frozen.log(tender)]
    assert (kinds.count("bid.late"), kinds.count("document.late"), kinds.count("bid.withdrawn")) == (2, 1, 0)
