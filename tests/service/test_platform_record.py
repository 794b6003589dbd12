"""The evidence that the platform worked: replayed from samples and real attempts, and told to whom it concerns."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.make import a_bid
from tests.service.conftest import Market, Person, done, refused

DEADLINE = datetime(2031, 6, 14, 11, 30, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OUTAGE = DEADLINE - timedelta(minutes=2), DEADLINE - timedelta(minutes=1)
"""The platform is away for the minute from 11:28 to 11:29."""


@pytest.fixture
async def clean(frozen: Market) -> Market:
    """A market with a frozen clock, of which there is no sample yet."""
    await frozen.owner.execute("DELETE FROM service_samples")
    return frozen


async def plant(
    market: Market, begin: datetime, end: datetime, instance_id: UUID | None = None, *, every: int = 10, **columns: Any
) -> UUID:
    """Samples in the middle of every slot of a time, as a running process writes them."""
    instance_id = instance_id or uuid4()
    chosen = {"failed_attempts": 0, "silent_seconds": 10, "failure": None, "stopping": False} | columns
    await market.owner.execute(
        """
        INSERT INTO service_samples (
            instance_id, number, at, every_seconds, version, stopping, round_trip_ms, failed_attempts, silent_seconds,
            failure, requests, failures, server_errors, clock_offset_ms,
            ntp_synchronised, ntp_error_ms, database_on_host
        )
        SELECT
            $1, (SELECT count(*) FROM service_samples WHERE instance_id = $1) + row_number() OVER (ORDER BY at), at, $4,
            '0.1.0', $5, 2.5, $6, $7, $8, '{"bids": 2, "reads": 5}', '{"reads": 1}', 1, 0.25, TRUE, 1.5, TRUE
        FROM generate_series($2::timestamptz, $3::timestamptz - interval '1 microsecond', make_interval(secs => $4))
        AS planned (at)
        """,
        instance_id,
        begin + timedelta(seconds=every / 2),
        end,
        every,
        *(chosen[name] for name in ("stopping", "failed_attempts", "silent_seconds", "failure")),
    )
    return instance_id


async def published(market: Market) -> dict[str, Any]:
    """A tender that closes at DEADLINE, published three days before."""
    await market.set_clock(DEADLINE - timedelta(days=3))
    return await market.publish(submission_deadline=DEADLINE.isoformat())


async def record(person: Person, tender: dict[str, Any], query: str = "") -> dict[str, Any]:
    return done(await person.get(f"/tenders/{tender['id']}/platform-record{query}"))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def open_all(market: Market, tender: dict[str, Any], at: datetime) -> None:
    """Let both officers open the only lot."""
    await market.set_clock(at)
    for officer in (market.officer, market.second_officer):
        done(await officer.post(f"/lots/{tender['lots'][0]['id']}/opening"))


# Replay


async def test_the_record_names_the_minute_of_the_outage(clean: Market) -> None:
    """RATP v Alstom-Aptis: what the buyer must be able to show, to the slot, with what is known of the cause."""
    tender = await published(clean)
    day_before, hour_after = DEADLINE - timedelta(hours=24), DEADLINE + timedelta(hours=1)
    process = await plant(clean, day_before, OUTAGE[0])
    back = {"failed_attempts": 6, "silent_seconds": 70, "failure": "ConnectionRefusedError"}
    await plant(clean, OUTAGE[1], OUTAGE[1] + timedelta(seconds=10), process, **back)
    await plant(clean, OUTAGE[1] + timedelta(seconds=10), hour_after, process)
    await clean.set_clock(hour_after)
    told = await record(clean.approver, tender)
    health = told["health"]
    assert (health["every_seconds"], health["expected"], health["missing"], health["samples"]) == (10, 9000, 6, 8994)
    (outage,) = health["outages"]
    assert (instant(outage["began_at"]), instant(outage["ended_at"])) == OUTAGE
    assert instant(outage["last_sample_at"]) == OUTAGE[0] - timedelta(seconds=5)
    assert instant(outage["next_sample_at"]) == OUTAGE[1] + timedelta(seconds=5)
    assert "6 attempts failed (ConnectionRefusedError)" in outage["meaning"]
    assert "6 of 9,000 samples are missing" in told["summary"]
    assert "60 s from 2031-06-14T11:28:00Z to 2031-06-14T11:29:00Z" in told["summary"]
    minutes = {instant(minute["at"]): minute for minute in health["minutes"]}
    assert len(minutes) == 25 * 60
    assert [at for at, minute in minutes.items() if minute["samples"] == 0] == [OUTAGE[0]]
    assert minutes[DEADLINE] == {
        "at": "2031-06-14T11:30:00Z",
        "samples": 6,
        "instances": 1,
        "slowest_ms": "2.500",
        "server_errors": 6,
    }
    assert [(line["instance_id"], line["samples"]) for line in health["instances"]] == [(str(process), 8994)]


async def test_the_record_tells_each_suppliers_attempts_second_by_second(clean: Market) -> None:
    """To the microsecond, with size and answer: checked, refused, submitted, replaced, withdrawn, late, unanswered."""
    tender = await published(clean)
    lot = f"/lots/{tender['lots'][0]['id']}/bids"

    async def at(before: timedelta) -> str:
        await clean.set_clock(DEADLINE - before)
        return (DEADLINE - before).isoformat().replace("+00:00", "Z")

    first = await at(timedelta(seconds=40, microseconds=1))
    refused(await clean.alder.post(lot, {"values": {}}, Idempotency_Key="k"), 422, "bid-incomplete")
    second = await at(timedelta(seconds=39))
    receipt = done(await clean.alder.submit(tender))
    third = await at(timedelta(seconds=1))
    done(await clean.alder.put(f"/bids/{receipt['bid_id']}", a_bid(price="1.00"), Idempotency_Key="r"))
    fourth = await at(MICROSECOND)
    cedar = done(await clean.cedar.submit(tender))
    done(await clean.cedar.delete(f"/bids/{cedar['bid_id']}"))
    last = await at(timedelta(0))
    refused(await clean.birch.submit(tender), 409, "submission-deadline-passed")
    refused(await clean.anonymous.post(lot, a_bid(), Idempotency_Key="k"), 401, "unauthenticated")
    unanswered = {"problem": "unavailable", "method": "POST", "path": lot, "status": 503, "size": 2048}
    unanswered |= {"organisation_id": clean.birch.organisation_id, "answered_at": second}
    entry = (tender["id"], clean.birch.id, json.dumps(unanswered))
    await clean.owner.execute("SELECT log_append($1, 'refused', $2, $3::text::jsonb)", *entry)
    await open_all(clean, tender, DEADLINE + MICROSECOND)
    told = {line["supplier"]: line for line in (await record(clean.auditor, tender))["suppliers"]}
    assert list(told) == [clean.alder.name, clean.birch.name, clean.cedar.name, None]

    def history(person: str | None) -> list[tuple[Any, ...]]:
        return [
            (line["at"], line["what"], line["answer"], line["problem"], line["version"])
            for line in told[person]["attempts"]
        ]

    assert history(clean.alder.name) == [
        (first, "refused", 422, "bid-incomplete", None),
        (second, "submitted", 201, None, 1),
        (third, "replaced", 200, None, 2),
    ]
    assert history(clean.birch.name) == [
        (second, "unanswered", 503, "unavailable", None),
        (last, "late", 409, "submission-deadline-passed", None),
    ]
    assert history(clean.cedar.name) == [(fourth, "submitted", 201, None, 1), (fourth, "withdrawn", 200, None, 1)]
    assert history(None) == [(last, "refused", 401, "unauthenticated", None)]
    sent = told[clean.alder.name]["attempts"][1]
    assert (sent["bid_id"], sent["size"]) == (receipt["bid_id"], receipt["size"])
    log = {entry["position"]: entry for entry in await clean.log(tender)}
    assert log[sent["position"]]["kind"] == "bid.submitted"


async def test_documents_are_attempts_as_bids_are(clean: Market) -> None:
    """A supplier whose annex came a moment too late has that on record, and the one that came in time."""
    tender = await published(clean)
    path = f"/lots/{tender['lots'][0]['id']}/documents"
    headers = {"Authorization": f"Bearer {clean.alder.key}", "Content-Type": "application/pdf"}
    for at in (DEADLINE - MICROSECOND, DEADLINE):
        await clean.set_clock(at)
        await clean.http.post(path, content=b"%PDF-1.7", headers=headers | {"Idempotency-Key": str(at)})
    (own,) = (await record(clean.alder, tender))["suppliers"]
    told = [(instant(line["at"]), line["about"], line["what"], line["answer"]) for line in own["attempts"]]
    assert told == [
        (DEADLINE - MICROSECOND, "document", "received", 201),
        (DEADLINE, "document", "late", 409),
    ]
    assert own["attempts"][0]["document_id"]


# Health


async def test_while_all_samples_are_there_the_platform_answered_throughout(clean: Market) -> None:
    """Its negative control: one sample less, and that is named."""
    tender = await published(clean)
    day_before, hour_after = DEADLINE - timedelta(hours=24), DEADLINE + timedelta(hours=1)
    await plant(clean, day_before, hour_after)
    await clean.set_clock(hour_after)
    told = await record(clean.alder, tender)
    assert (told["health"]["missing"], told["health"]["outages"]) == (0, [])
    assert "the platform answered throughout: none of 9,000 samples is missing." in told["summary"]
    await clean.owner.execute("DELETE FROM service_samples WHERE at = $1", DEADLINE - timedelta(seconds=5))
    told = await record(clean.alder, tender)
    (outage,) = told["health"]["outages"]
    assert (instant(outage["began_at"]), instant(outage["ended_at"])) == (DEADLINE - timedelta(seconds=10), DEADLINE)
    assert "10 s from 2031-06-14T11:29:50Z to 2031-06-14T11:30:00Z" in told["summary"]


@pytest.mark.parametrize(
    ("early", "missing"), [(timedelta(seconds=5), 0), (timedelta(seconds=5, microseconds=1), 1), (timedelta(0), 0)]
)
async def test_a_sample_stands_for_its_own_slot_to_the_microsecond(
    clean: Market, early: timedelta, missing: int
) -> None:
    """Late or early within its ten seconds it counts; outside of them the slot is without one."""
    tender = await published(clean)
    begin = DEADLINE - timedelta(minutes=1)
    await plant(clean, begin, DEADLINE)
    await clean.owner.execute("UPDATE service_samples SET at = at - $1::interval WHERE number = 4", early)
    await clean.set_clock(DEADLINE)
    query = f"?begin={begin:%Y-%m-%dT%H:%M:%SZ}&end={DEADLINE:%Y-%m-%dT%H:%M:%SZ}"
    health = (await record(clean.alder, tender, query))["health"]
    assert (health["expected"], health["missing"], len(health["outages"])) == (6, missing, missing)


async def test_one_process_that_answers_is_enough(clean: Market) -> None:
    """A process that is replaced by another one is no outage of the platform."""
    tender = await published(clean)
    begin, change, end = DEADLINE - timedelta(hours=24), DEADLINE - timedelta(minutes=5), DEADLINE + timedelta(hours=1)
    old = await plant(clean, begin, change + timedelta(minutes=1))
    await plant(clean, change + timedelta(minutes=1), change + timedelta(minutes=1, seconds=10), old, stopping=True)
    new = await plant(clean, change, end)
    await clean.set_clock(end)
    health = (await record(clean.alder, tender))["health"]
    assert health["missing"] == 0
    assert [(line["instance_id"], line["stopped"]) for line in health["instances"]] == [
        (str(old), True),
        (str(new), False),
    ]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"stopping": True}, {"silent_seconds": None}, "was stopped in good order at 2031-06-14T11:27:55Z"),
        ({}, {"silent_seconds": None}, "No process served, or it was ended without notice"),
        ({}, {"silent_seconds": 70}, "ran and wrote nothing for 70.000 s"),
        ({}, {"silent_seconds": 70, "failed_attempts": 6, "failure": "OSError"}, "6 attempts failed (OSError)"),
    ],
)
async def test_an_outage_is_explained_by_the_samples_next_to_it(
    clean: Market, before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    """A stop, a crash, a frozen process and a lost database look different, and nothing else is claimed."""
    tender = await published(clean)
    slot = timedelta(seconds=10)
    await plant(clean, OUTAGE[0] - slot, OUTAGE[0], **before)
    await plant(clean, OUTAGE[1], OUTAGE[1] + slot, **after)
    await clean.set_clock(DEADLINE)
    query = f"?begin={OUTAGE[0] - slot:%Y-%m-%dT%H:%M:%SZ}&end={OUTAGE[1] + slot:%Y-%m-%dT%H:%M:%SZ}"
    (outage,) = (await record(clean.alder, tender, query))["health"]["outages"]
    assert words in outage["meaning"]


async def test_without_any_sample_nothing_is_claimed(clean: Market) -> None:
    """Samples that are switched off are no proof of anything."""
    tender = await published(clean)
    await clean.set_clock(DEADLINE)
    told = await record(clean.alder, tender)
    assert "it cannot be shown that the platform worked" in told["summary"]
    assert told["health"]["missing"] == told["health"]["expected"] == 8640
    assert "There is no sample since" in told["health"]["outages"][0]["meaning"]


async def test_the_slot_that_is_not_over_is_not_judged(clean: Market) -> None:
    """Who looks a minute before the deadline sees what is known by then, and no outage in the future."""
    tender = await published(clean)
    now = DEADLINE - timedelta(seconds=59, microseconds=1)
    await plant(clean, DEADLINE - timedelta(hours=24), DEADLINE - timedelta(seconds=60))
    await clean.set_clock(now)
    health = (await record(clean.alder, tender))["health"]
    assert instant(health["judged_until"]) == DEADLINE - timedelta(seconds=60)
    assert (health["missing"], health["expected"]) == (0, 24 * 360 - 6)
    await clean.set_clock(DEADLINE - timedelta(seconds=50))
    assert (await record(clean.alder, tender))["health"]["missing"] == 1


async def test_long_before_the_deadline_there_is_nothing_to_judge(clean: Market) -> None:
    """Nothing has happened yet, and nothing is called an outage."""
    await clean.set_clock(DEADLINE - timedelta(days=3))
    tender = await clean.publish(submission_deadline=(DEADLINE + timedelta(seconds=7)).isoformat())
    told = await record(clean.alder, tender)
    assert (told["health"]["expected"], told["health"]["missing"], told["health"]["minutes"]) == (0, 0, [])
    assert told["summary"].startswith("Nothing is to be told yet")


async def test_what_lies_before_the_publication_is_nobodys_business(clean: Market) -> None:
    """A tender that was published an hour before its deadline is judged by that hour."""
    begin = DEADLINE - timedelta(hours=1)
    await clean.set_clock(begin)
    tender = await clean.publish(submission_deadline=DEADLINE.isoformat())
    await plant(clean, begin, DEADLINE)
    await clean.set_clock(DEADLINE)
    told = await record(clean.alder, tender)
    assert instant(told["begin"]) == begin
    assert (told["health"]["expected"], told["health"]["missing"]) == (360, 0)


async def test_the_clock_that_judged_is_described_with_its_doubts(clean: Market) -> None:
    """Known: how far the two clocks differed and what the kernel said. Not known: said so."""
    tender = await published(clean)
    await plant(clean, DEADLINE - timedelta(minutes=1), DEADLINE)
    await clean.set_clock(DEADLINE)
    clock = (await record(clean.alder, tender))["clock"]
    assert (clock["ntp"], clock["ntp_error_ms"], clock["most_offset_ms"]) == ("synchronised", "1.500", "0.250")
    assert "same machine" in clock["meaning"]
    await clean.owner.execute("UPDATE service_samples SET ntp_synchronised = NULL, database_on_host = FALSE")
    clock = (await record(clean.alder, tender))["clock"]
    assert clock["ntp"] == "unknown"
    assert "another machine, which was not asked" in clock["meaning"]


# The window


def hours(number: float) -> str:
    return f"{DEADLINE + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("begin", "end", "fault"),
    [
        (hours(-48), hours(-23), None),
        (hours(23), hours(48), None),
        (hours(0), hours(0), "end"),
        (hours(1), hours(0), "end"),
        (hours(-25), hours(1), "end"),
        (hours(-49), hours(-48), "begin"),
        (hours(48), hours(49), "begin"),
        ("2031-06-14T11:30:00", hours(1), "begin"),
        ("0001-01-01T00:00:00Z", hours(1), "end"),
        (hours(0), "9999-12-31T23:59:59Z", "end"),
    ],
)
async def test_a_window_of_which_samples_are_kept_is_told(
    clean: Market, begin: str, end: str, fault: str | None
) -> None:
    """Long after the deadline only its neighbourhood is kept: elsewhere everything would look like an outage."""
    tender = await published(clean)
    await clean.set_clock(DEADLINE + timedelta(days=60))
    answer = await clean.alder.get(f"/tenders/{tender['id']}/platform-record?begin={begin}&end={end}")
    if fault is None:
        assert done(answer)["begin"] == begin
    else:
        problem = refused(answer, 422, "invalid-request")
        assert [found["pointer"] for found in problem["errors"]] == [fault]


async def test_the_time_around_a_moved_deadline_can_be_read_as_well(clean: Market) -> None:
    """The outage for which a deadline was extended lies around the old one."""
    tender = await published(clean)
    later = DEADLINE + timedelta(days=10)
    await clean.amend(tender, {"reason": "An outage.", "submission_deadline": later.isoformat()})
    await clean.set_clock(DEADLINE + timedelta(days=60))
    told = await record(clean.alder, tender, f"?begin={hours(-24)}&end={hours(1)}")
    assert [instant(at) for at in told["deadlines"]] == [DEADLINE, later]
    assert instant(told["submission_deadline"]) == later


@pytest.mark.parametrize("query", ["?begin=yesterday", "?end=1", "?begin=2031-06-14T25:00:00Z"])
async def test_an_instant_that_is_none_is_refused(clean: Market, query: str) -> None:
    """As everywhere."""
    tender = await published(clean)
    refused(await clean.alder.get(f"/tenders/{tender['id']}/platform-record{query}"), 422, "invalid-request")


# Who reads what


async def test_before_the_opening_nobody_learns_who_bids_or_how_many(clean: Market) -> None:
    """Each supplier reads its own attempts at any time; the buyer reads the same as of a tender without any bid."""
    quiet, busy = await published(clean), await published(clean)
    await plant(clean, DEADLINE - timedelta(minutes=10), DEADLINE)
    done(await clean.alder.submit(busy))
    done(await clean.birch.submit(busy))
    await clean.set_clock(DEADLINE)
    refused(await clean.cedar.submit(busy), 409, "submission-deadline-passed")
    for person in (clean.approver, clean.auditor, clean.officer):
        told = [await record(person, tender) for tender in (quiet, busy)]
        for line in told:
            assert line["suppliers"] is None
            assert line["withheld"] == "Who bids, and how many do, is told once all lots are opened."
            for name in ("tender_id", "tender", "samples"):
                del line[name]
        assert told[0] == told[1]
    (own,) = (await record(clean.alder, busy))["suppliers"]
    assert own["supplier_id"] == clean.alder.organisation_id
    assert [(line["what"], line["position"]) for line in own["attempts"]] == [("submitted", None)]
    assert (await record(clean.alder, quiet))["suppliers"] == []
    await open_all(clean, busy, DEADLINE)
    whole = (await record(clean.officer, busy))["suppliers"]
    assert [line["supplier"] for line in whole] == [clean.alder.name, clean.birch.name, clean.cedar.name]
    (own,) = (await record(clean.alder, busy))["suppliers"]
    assert own["attempts"][0]["position"] == whole[0]["attempts"][0]["position"] is not None


async def test_the_record_is_for_suppliers_and_for_approver_auditor_and_officers(clean: Market) -> None:
    """Panel and colleagues have no part in it; for another city it does not exist, and a draft has none."""
    tender, missing = await published(clean), {"id": str(uuid4())}
    for path in ("platform-record", "platform-record/samples"):
        for person in (clean.author, clean.evaluator, clean.moderator, clean.colleague):
            refused(await person.get(f"/tenders/{tender['id']}/{path}"), 403, "forbidden")
        theirs = await clean.stranger.get(f"/tenders/{tender['id']}/{path}")
        nobody = await clean.stranger.get(f"/tenders/{missing['id']}/{path}")
        refused(theirs, 404, "not-found")
        assert theirs.content.replace(tender["id"].encode(), missing["id"].encode()) == nobody.content
        draft = await clean.draft()
        refused(await clean.approver.get(f"/tenders/{draft['id']}/{path}"), 409, "tender-not-published")
        refused(await clean.alder.get(f"/tenders/{draft['id']}/{path}"), 404, "not-found")


async def samples(person: Person, tender: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await person.get((await record(person, tender))["samples"])
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_every_sample_can_be_read_a_line_each(clean: Market) -> None:
    """Whoever doubts the summary counts for themselves."""
    tender = await published(clean)
    process = await plant(clean, DEADLINE - timedelta(minutes=10), DEADLINE)
    await clean.set_clock(DEADLINE)
    lines = await samples(clean.alder, tender)
    assert len(lines) == 60
    assert lines[-1]["at"] == "2031-06-14T11:29:55.000000Z"
    assert {(line["instance_id"], line["server_errors"], line["round_trip_ms"]) for line in lines} == {
        (str(process), 1, "2.500")
    }


async def test_how_much_was_requested_is_told_only_where_it_counts_no_sealed_bids(alone: Market) -> None:
    """Requests of the whole platform in a quiet night would count the bids for somebody else's tender."""
    tender = await alone.publish()
    now: datetime = await alone.owner.fetchval("SELECT clock_timestamp()")
    await alone.owner.execute(
        "UPDATE tenders SET published_at = $2 WHERE id = $1", tender["id"], now - timedelta(hours=2)
    )
    await plant(alone, now - timedelta(minutes=10), now)
    told = await samples(alone.alder, tender) + await samples(alone.auditor, tender)
    assert not any(line.keys() & {"requests", "failures", "queue_length", "disk_free_bytes"} for line in told)
    await alone.open(tender)
    assert not any("requests" in line for line in await samples(alone.alder, tender))
    told = await samples(alone.auditor, tender)
    assert told[0]["requests"] == {"bids": 2, "reads": 5}
    other = await alone.publish()
    await alone.owner.execute(
        "UPDATE tenders SET published_at = $2 WHERE id = $1", other["id"], instant(told[30]["at"])
    )
    again = await samples(alone.auditor, tender)
    assert ["requests" in line for line in again] == [line["at"] < told[30]["at"] for line in told]
