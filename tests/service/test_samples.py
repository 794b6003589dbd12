"""Every serving process shows at regular instants that it works; when it could not, it says so as soon as it can."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from service import db
from service.samples import Sampler, program_version, read_ntp, until_next
from service.traffic import Note, Traffic
from tests.conftest import administer
from tests.make import a_bid
from tests.service.conftest import LOG, Market, done, market_in, served

SAMPLES = "SELECT * FROM service_samples ORDER BY number"


def a_sampler(pool: asyncpg.Pool, traffic: Traffic | None = None, **given: Any) -> Sampler:
    """A sampler as a serving process has one."""
    chosen: dict[str, Any] = {"queue_length": lambda: None, "disk": None, "pooled": False} | given
    return Sampler(pool, traffic or Traffic(100), 10, **chosen)


async def cut_off(postgres: str, dsn: str, *, off: bool) -> None:
    """Take a database away from everybody, or give it back."""
    name = dsn.rpartition("/")[2].partition("?")[0]
    await administer(postgres, f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not off}")
    if off:
        await administer(postgres, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


# What a sample says


async def test_a_sample_is_stamped_by_the_databases_clock(pool: asyncpg.Pool) -> None:
    """The clock that judges bids; the machine's own is compared with it and decides nothing."""
    before = await pool.fetchval("SELECT clock_timestamp()")
    at = await a_sampler(pool).take()
    after = await pool.fetchval("SELECT clock_timestamp()")
    row = await pool.fetchrow(SAMPLES)
    assert at is not None
    assert before < at < after
    assert (row["at"], row["number"], row["every_seconds"], row["stopping"]) == (at, 1, 10, False)
    assert row["version"] == program_version()
    assert row["round_trip_ms"] > 0
    assert (row["failed_attempts"], row["silent_seconds"], row["failure"]) == (0, None, None)
    assert abs(row["clock_offset_ms"]) < 10_000
    assert row["database_on_host"] is True


async def test_a_sample_counts_what_was_asked_since_the_one_before(pool: asyncpg.Pool) -> None:
    """Each request counts once."""
    traffic = Traffic(0)
    sampler = a_sampler(pool, traffic)
    for status in (201, 503):
        traffic.count("bids", status)
    await sampler.take()
    traffic.count("reads", 200)
    await sampler.take()
    rows = await pool.fetch(SAMPLES)
    assert [row["requests"] for row in rows] == [{"bids": 2}, {"reads": 1}]
    assert [row["failures"] for row in rows] == [{"bids": 1}, {}]
    assert rows[1]["silent_seconds"] >= 0


async def test_a_sample_tells_the_queue_and_the_disk_where_they_are_known(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """Unknown is not nought."""
    await a_sampler(pool).take()
    await a_sampler(pool, queue_length=lambda: 7, disk=tmp_path).take()
    await a_sampler(pool, disk=tmp_path / "missing").take()
    rows = await pool.fetch("SELECT queue_length, disk_free_bytes FROM service_samples ORDER BY at")
    assert [row["queue_length"] for row in rows] == [None, 7, None]
    assert rows[0]["disk_free_bytes"] is None
    assert rows[1]["disk_free_bytes"] > 0
    assert rows[2]["disk_free_bytes"] is None


async def test_behind_a_pooler_nobody_claims_to_know_where_the_database_runs(pool: asyncpg.Pool) -> None:
    """The pooler's address says nothing about the database's machine."""
    await a_sampler(pool, pooled=True).take()
    assert await pool.fetchval("SELECT database_on_host FROM service_samples") is None


def test_the_kernel_says_whether_ntp_disciplines_its_clock_or_it_is_unknown() -> None:
    """Read from the kernel itself; nothing is claimed that it does not say."""
    ntp = read_ntp()
    assert ntp.synchronised in {True, False, None}
    assert (ntp.error_ms is None) == (ntp.synchronised is None)
    assert ntp.error_ms is None or ntp.error_ms >= 0


@pytest.mark.parametrize(
    ("second", "wait"), [("30.000000", 15), ("34.999999", 10.000001), ("35", 10), ("39.999999", 5.000001)]
)
def test_samples_lie_in_the_middle_of_their_slots_by_the_databases_clock(second: str, wait: float) -> None:
    """Half a slot too early or too late still counts for the slot, so a late wake-up is no outage."""
    at = datetime.fromisoformat(f"2031-03-14T11:30:{second}+00:00")
    assert until_next(at, 10) == pytest.approx(wait, abs=1e-6)
    after = at + timedelta(seconds=until_next(at, 10))
    assert after == datetime(2031, 3, 14, 11, 30, 45, tzinfo=UTC)


# Outages


async def test_a_database_that_went_away_is_told_of_when_it_is_back(
    postgres: str, dsn: str, pool: asyncpg.Pool
) -> None:
    """How often it was tried, how long nothing could be written, what stood in the way, and no count is lost."""
    traffic = Traffic(100)
    sampler = a_sampler(pool, traffic)
    assert await sampler.take() is not None
    await cut_off(postgres, dsn, off=True)
    traffic.count("bids", 503)
    assert [await sampler.take(), await sampler.take()] == [None, None]
    await cut_off(postgres, dsn, off=False)
    assert await sampler.take() is not None
    rows = await pool.fetch(SAMPLES)
    assert [row["number"] for row in rows] == [1, 4]
    assert (rows[1]["failed_attempts"], rows[1]["failures"]) == (2, {"bids": 1})
    assert rows[1]["failure"] is not None
    assert rows[1]["silent_seconds"] > 0
    assert [line["event"] for line in LOG[-2:]] == ["no sample written", "samples written again"]
    assert await sampler.take() is not None
    assert (await pool.fetch(SAMPLES))[-1]["failed_attempts"] == 0


async def test_a_database_that_hangs_counts_as_away(dsn: str) -> None:
    """Who waits for half a slot has no answer; the next slot is tried anew, on a connection that is free again."""
    async with await db.open_pool(dsn, connections=1) as pool:
        sampler = a_sampler(pool)
        sampler.every = 1
        async with pool.acquire():
            assert await sampler.take() is None
        assert await sampler.take() is not None
        assert await pool.fetchval("SELECT failure FROM service_samples") == "TimeoutError"


# Attempts that nobody could store


async def a_note(market: Market, tender: dict[str, Any], **given: Any) -> Note:
    """A bid of Alder's that got a 503 a minute ago."""
    key = market.alder.key.split("_")
    digest = await market.owner.fetchval("SELECT secret_digest FROM api_keys WHERE id = $1", key[2])
    lot = tender["lots"][0]["id"]
    chosen: dict[str, Any] = {"at": time.monotonic() - 60, "validated": False, "key": (key[2], digest)}
    chosen |= {"method": "POST", "path": f"/lots/{lot}/bids", "status": 503, "problem": "unavailable", "size": 2048}
    return Note(**chosen | given)


async def test_an_attempt_during_an_outage_is_in_the_log_afterwards(market: Market) -> None:
    """With who, what and when: counted back from the database's clock, because nobody could ask it then."""
    tender = await market.publish()
    async with await db.open_pool(market.dsn, connections=2) as pool:
        traffic = Traffic(10)
        traffic.note(await a_note(market, tender))
        now = await market.owner.fetchval("SELECT clock_timestamp()")
        assert await a_sampler(pool, traffic).tell() == 1
    assert not traffic.notes
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("refused", market.alder.id)
    assert (entry["data"]["problem"], entry["data"]["size"]) == ("unavailable", 2048)
    assert entry["data"]["organisation_id"] == market.alder.organisation_id
    told = datetime.fromisoformat(entry["data"]["answered_at"])
    assert abs(told - (now - timedelta(seconds=60))) < timedelta(seconds=10)


async def test_who_sent_it_is_believed_only_with_a_valid_key(market: Market) -> None:
    """Nobody can put an attempt into somebody else's history; a check by nobody known is not written down at all."""
    tender = await market.publish()
    async with await db.open_pool(market.dsn, connections=2) as pool:
        traffic = Traffic(10)
        good = await a_note(market, tender)
        assert good.key is not None
        for key in ((good.key[0], b"x" * 32), ("0" * 12, good.key[1]), None):
            traffic.note(await a_note(market, tender, key=key))
            traffic.note(await a_note(market, tender, key=key, validated=True))
        assert await a_sampler(pool, traffic).tell() == 6
    refused = [entry for entry in await market.log(tender) if entry["kind"] == "refused"]
    assert [entry["person_id"] for entry in refused] == [None] * 3
    assert not [entry for entry in await market.log(tender) if entry["kind"] == "bid.validated"]


async def test_while_the_database_is_away_attempts_wait(postgres: str, dsn: str, pool: asyncpg.Pool) -> None:
    """They are kept in their order until they can be written."""
    traffic = Traffic(10)
    key = ("0" * 12, b"")
    for size in (1, 2):
        facts: dict[str, Any] = {"method": "POST", "path": f"/lots/{uuid4()}/bids", "status": 503, "size": size}
        traffic.note(Note(at=time.monotonic(), validated=False, problem="unavailable", key=key, **facts))
    sampler = a_sampler(pool, traffic)
    await cut_off(postgres, dsn, off=True)
    assert await sampler.tell() == 0
    await cut_off(postgres, dsn, off=False)
    assert await sampler.tell() == 2
    sizes = await pool.fetch("SELECT data FROM events WHERE kind = 'refused' ORDER BY position")
    assert [row["data"]["size"] for row in sizes] == [1, 2]


# What is kept


async def plant(owner: asyncpg.Connection, at: datetime) -> UUID:
    """A sample of some instant."""
    instance_id = uuid4()
    await owner.execute(
        "INSERT INTO service_samples VALUES"
        " ($1, 1, $2, 10, '1', false, 1, 0, NULL, NULL, '{}', '{}', 0, NULL, NULL, 0)",
        instance_id,
        at,
    )
    return instance_id


async def test_what_no_deadline_needs_is_let_go_after_thirty_days(alone: Market) -> None:
    """Samples within 48 hours of a deadline stay for good, of one that a corrigendum has moved as well."""
    now = await alone.owner.fetchval("SELECT clock_timestamp()")
    tender = await alone.publish()
    await alone.amend(tender, {"reason": "More time.", "submission_deadline": (now + timedelta(days=1)).isoformat()})
    before, deadline = now - timedelta(days=100), now - timedelta(days=60)
    await alone.owner.execute(
        "UPDATE corrigendum_proposals SET submission_deadline = $2, later_deadline = $3 WHERE tender_id = $1",
        *(tender["id"], before, deadline),
    )
    await alone.owner.execute(
        "UPDATE tenders SET submission_deadline = $2, published_at = $3 WHERE id = $1",
        *(tender["id"], deadline, before - timedelta(days=1)),
    )
    hours = timedelta(hours=48, microseconds=-1)
    stay = [before - hours, before, deadline - hours, deadline + hours, now - timedelta(days=29, hours=23), now]
    hours = timedelta(hours=48, microseconds=1)
    go = [before - hours, deadline - hours, deadline + hours, now - timedelta(days=30, hours=1)]
    kept = {await plant(alone.owner, at) for at in stay}
    for at in go:
        await plant(alone.owner, at)
    async with await db.open_pool(alone.dsn, connections=1) as pool:
        assert await pool.fetchval("SELECT prune_service_samples()") == len(go)
        assert await pool.fetchval("SELECT prune_service_samples()") == 0
    assert {row["instance_id"] for row in await alone.owner.fetch(SAMPLES)} == kept


@pytest.mark.parametrize("statement", ["UPDATE service_samples SET at = at", "DELETE FROM service_samples"])
async def test_the_service_cannot_touch_up_its_own_record(pool: asyncpg.Pool, statement: str) -> None:
    """It adds samples and asks for the rule to be applied; it chooses nothing."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


# In the running service


@pytest.fixture
async def sampled(dsn: str) -> AsyncIterator[Market]:
    """A service that samples every second."""
    async with market_in(dsn, sample_seconds=1) as market:
        yield market


async def until(market: Market, condition: str) -> Any:
    """Until a query on the samples says yes; each look is a round trip, during which everybody else goes on."""
    async with asyncio.timeout(20):
        while not (found := await market.owner.fetchval(condition)):
            pass
    return found


async def test_a_running_service_samples_counts_and_says_goodbye(postgres: str, dsn: str) -> None:
    """From its start to its stop; a stop in good order can be told from a crash."""
    async with market_in(dsn, sample_seconds=1) as market:
        tender = await market.publish()
        done(await market.alder.submit(tender))
        await until(market, "SELECT count(*) >= 3 FROM service_samples")
        counted = "SELECT sum((requests ->> 'bids')::int) FROM service_samples"
        assert await until(market, counted) == 1
    conn = await db.connect(dsn)
    try:
        rows = await conn.fetch(SAMPLES)
    finally:
        await conn.close()
    assert len({row["instance_id"] for row in rows}) == 1
    assert [row["stopping"] for row in rows] == [False] * (len(rows) - 1) + [True]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    slots = {int(row["at"].timestamp()) for row in rows}
    assert len(slots) >= 3


async def test_a_check_of_a_bid_is_in_the_log_within_a_second(sampled: Market) -> None:
    """A supplier that checked its bid in time can show it; nobody else learns of it before the opening."""
    tender = await sampled.publish()
    done(await sampled.alder.post(f"/lots/{tender['lots'][0]['id']}/bids?validate=only", a_bid()))
    await until(sampled, "SELECT count(*) FROM events WHERE kind = 'bid.validated'")
    entry = await sampled.last(tender)
    assert entry["person_id"] == sampled.alder.id
    told = done(await sampled.approver.get(f"/tenders/{tender['id']}/events"))
    assert "bid.validated" not in {event["kind"] for event in told}


async def test_a_bid_that_nobody_could_store_can_be_shown_afterwards(postgres: str, sampled: Market) -> None:
    """The database is away for a moment: the supplier gets a server error, and has it in the record afterwards."""
    tender = await sampled.publish()
    await cut_off(postgres, sampled.dsn, off=True)
    problem = (await sampled.alder.submit(tender)).json()
    assert problem["status"] >= 500
    await cut_off(postgres, sampled.dsn, off=False)
    sampled.owner = await db.connect(sampled.dsn)
    await until(sampled, "SELECT count(*) FROM events WHERE kind = 'refused' AND data ? 'answered_at'")
    told = done(await sampled.alder.get(f"/tenders/{tender['id']}/platform-record"))
    ((attempt,),) = (line["attempts"] for line in told["suppliers"])
    slug = problem["type"].rpartition("/")[2]
    assert (attempt["what"], attempt["answer"], attempt["problem"]) == ("unanswered", problem["status"], slug)
    assert attempt["size"] > 0
    again = done(await sampled.alder.submit(tender))
    assert done(await sampled.alder.get(f"/bids/{again['bid_id']}")) == again


async def test_an_upload_that_breaks_off_is_one_attempt_without_an_answer(sampled: Market) -> None:
    """Source: the bidder whose line fails at 11:59; what arrived is not a bid, and that it came is on record."""
    tender = await sampled.publish()
    url = httpx.URL(sampled.url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /lots/{tender['lots'][0]['id']}/bids HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {sampled.alder.key}\r\nIdempotency-Key: k\r\nContent-Length: 5000\r\n\r\n"
    writer.write(head.encode() + b'{"values": ')
    await writer.drain()
    writer.close()
    await until(sampled, "SELECT count(*) FROM events WHERE kind = 'bid.interrupted'")
    number = await sampled.owner.fetchval("SELECT max(number) FROM service_samples")
    await until(sampled, f"SELECT max(number) > {number} + 1 FROM service_samples")
    told = done(await sampled.alder.get(f"/tenders/{tender['id']}/platform-record"))
    ((attempt,),) = (line["attempts"] for line in told["suppliers"])
    assert (attempt["what"], attempt["answer"], attempt["size"]) == ("interrupted", None, 5000)


async def test_the_operator_reads_the_last_sample_among_the_metrics(sampled: Market) -> None:
    """What an alarm watches at a deadline: the database's answer, the disk, bids that wait."""
    await until(sampled, "SELECT count(*) FROM service_samples")
    text = (await sampled.operator.get("/metrics")).text
    for name in ("tenderscore_database_round_trip_seconds", "tenderscore_failed_samples"):
        assert f"\n{name} " in text


async def test_switched_off_nothing_is_sampled_and_nothing_is_kept_in_memory(dsn: str) -> None:
    """TENDERSCORE_SAMPLE_SECONDS=0 is for tests and for whoever has better evidence."""
    async with served(dsn, sample_seconds=0) as url, httpx.AsyncClient(base_url=url) as http:
        await http.get("/health/ready")
    conn = await db.connect(dsn)
    try:
        assert await conn.fetchval("SELECT count(*) FROM service_samples") == 0
    finally:
        await conn.close()


async def test_a_sample_costs_nothing_noticeable(pool: asyncpg.Pool) -> None:
    """A hundred samples, which are a quarter of an hour's, take less than two seconds of the processor."""
    sampler = a_sampler(pool)
    started = time.process_time()
    for _ in range(100):
        assert await sampler.take() is not None
    assert time.process_time() - started < 2
    assert isinstance((await pool.fetchrow(SAMPLES))["round_trip_ms"], Decimal)
