"""What the operator reads at a deadline, and that the dashboard and the alarms name nothing that is not there."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from service.metrics import FACTS, PREFIX, gauges
from tests.service.conftest import Market, Person, done, refused

ROOT = Path(__file__).parent.parent.parent
OPERATIONS = ROOT / "operations"
NAMED = re.compile(r"\btenderscore_\w+")


async def scrape(person: Person) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels."""
    text = (await person.get("/metrics")).text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_operator_sees_lots_by_state_and_the_next_deadlines(alone: Market) -> None:
    """Of the whole platform, whichever process is asked; without a name or an id."""
    tender, other = await alone.publish(), await alone.publish()
    done(await alone.alder.submit(tender))
    await alone.move_deadline(other, "30 minutes")
    await alone.close(tender)
    done(await alone.officer.post(f"/lots/{tender['lots'][0]['id']}/opening"))
    await alone.owner.execute("INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'queued', 'report')")
    text = (await alone.operator.get("/metrics")).text
    for secret in (tender["id"], tender["reference"], alone.alder.name, alone.alder.id, alone.alder.key):
        assert secret not in text
    told = await scrape(alone.operator)
    assert 0 < told["tenderscore_next_deadline_seconds", ("1",)] <= 1800
    assert told["tenderscore_deadlines", ("hour",)] == 1
    assert {name[1][0]: value for name, value in told.items() if name[0] == "tenderscore_lots"} == {
        "open": len(other["lots"]),
        "to_be_opened": len(tender["lots"]),
        "opened": 0,
        "cancelled": 0,
    }
    assert told["tenderscore_unopened_seconds", ()] > 0
    assert told["tenderscore_openings_begun", ()] == 1
    assert told["tenderscore_jobs_waiting", ("report",)] == 1
    entries = await alone.owner.fetchval("SELECT sum(size) FROM log_heads")
    assert told["tenderscore_relay_behind_entries", ()] == entries > 0
    assert told["tenderscore_standbys", ()] == 0
    assert ("tenderscore_standby_lag_bytes", ()) not in told
    assert told["tenderscore_database_bytes", ()] > 1_000_000


async def test_bids_are_counted_by_what_came_of_them_and_by_why_they_were_refused(market: Market) -> None:
    """A repeated one, a late one, one that lacks something; and how long commits and connections take."""
    before = await scrape(market.operator)
    tender, key = await market.publish(), str(uuid4())
    for _ in range(2):
        done(await market.alder.submit(tender, key=key))
    refused(await market.birch.submit(tender, {"values": {}}), 422, "bid-incomplete")
    await market.close(tender)
    refused(await market.cedar.submit(tender), 409, "submission-deadline-passed")
    after = await scrape(market.operator)

    def more(name: str, *labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    assert more("tenderscore_bids_total", "stored") == 1
    assert more("tenderscore_refusals_total", "bids", "bid-incomplete") == 1
    assert more("tenderscore_refusals_total", "bids", "submission-deadline-passed") == 1
    assert more("tenderscore_commit_seconds_count") >= 1
    assert more("tenderscore_pool_wait_seconds_count") >= 1
    assert after["tenderscore_pool_connections", ("lent",)] >= 0


async def test_of_the_feed_everything_is_counted_but_how_long_it_took(market: Market) -> None:
    """Whoever waits 25 seconds asked for it; an error there is an error, and who waits is in progress."""
    done(await market.alder.get("/events"))
    refused(await market.alder.get("/events?wait=26"), 422, "invalid-request")
    told = {
        (name, labels[-1]): value
        for (name, labels), value in (await scrape(market.operator)).items()
        if "/events" in labels
    }
    assert told["tenderscore_requests_total", "200"] >= 1
    assert told["tenderscore_requests_total", "422"] >= 1
    assert told["tenderscore_requests_in_progress", "200"] == 0
    assert {name for name, _ in told} <= {
        "tenderscore_requests_total",
        "tenderscore_requests_created",
        "tenderscore_requests_in_progress",
    }


def test_what_is_not_known_is_not_told() -> None:
    """Unknown is not nought."""
    (family,) = gauges([{"name": "standby_lag_bytes", "label": "", "value": None}])
    assert family.samples == []


async def named(market: Market) -> set[str]:
    """The names of all samples that there may be: those of this process and those that the database is asked for."""
    text = (await market.operator.get("/metrics")).text
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)) | {PREFIX + name for name in FACTS}
    return names | {f"{name}_{end}" for name in names for end in ("total", "bucket", "count", "sum")}


@pytest.mark.parametrize("file", ["dashboard.json", "alerts.yml"])
async def test_what_is_drawn_and_warned_of_exists(market: Market, file: str) -> None:
    """A panel or an alarm over a misspelt name would stay silent on the day it is needed."""
    found = set(NAMED.findall((OPERATIONS / file).read_text()))
    assert len(found) >= 8
    assert found <= await named(market)


def test_the_dashboard_has_what_a_deadline_asks_for() -> None:
    """Every fact is drawn, or is one that an alarm watches; panels do not lie on one another."""
    board = json.loads((OPERATIONS / "dashboard.json").read_text())
    places = [tuple(panel["gridPos"][name] for name in "xy") for panel in board["panels"]]
    assert len(places) == len(set(places))
    assert all(panel["title"] and panel["description"] and panel["targets"] for panel in board["panels"])


def test_every_alarm_names_a_paragraph_of_the_runbook() -> None:
    """Who is woken up reads what to do."""
    readme = (ROOT / "README.md").read_text()
    (group,) = yaml.safe_load((OPERATIONS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]:
        assert f"**{rule['annotations']['runbook']}" in readme, rule["alert"]
