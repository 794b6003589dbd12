"""The campaigns around the deadline and the seal in their short forms, and that their controls can still be made."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.soak import canaries, clock, idempotency, stage, storm
from tests.soak.altered import MISTAKES, Edit, alter_database, edited, queries_with
from tests.soak.idempotency import Trial
from tests.soak.rush import MUST_BE_NONE, WEATHERS, Seen, total
from tests.soak.stage import Play, Stage

CONNECTIONS = 16
"""Fewer than in the campaign: other tests want the machine as well, and nobody may wait for a second."""


@pytest.fixture(scope="module")
async def place() -> AsyncIterator[Stage]:
    async with stage.under("short") as opened:
        yield opened


@pytest.fixture(scope="module")
async def play(place: Stage) -> AsyncIterator[Play]:
    async with place.play(suppliers=4_000) as opened:
        await opened.start_annex()
        yield opened


async def test_a_rush_to_the_deadline_ends_at_the_deadline(play: Play):
    """Nothing is taken from the deadline on, nothing that was acknowledged is missing, nothing in good time refused."""
    seen = await storm.storm(play, seconds=3.0, weather="stalled", connections=CONNECTIONS)
    assert seen.faults() == {}
    assert seen.acknowledged == seen.opened > 20
    assert seen.told_late >= CONNECTIONS


async def test_a_key_that_is_used_fifty_times_at_once_stores_one_bid(play: Play):
    """Also across two services, after a restart and after the deadline; another body under it is refused."""
    count = await Trial(play, await play.market.publish()).run(8)
    assert count.faults == {}
    assert (count.keys, count.altered_refused, count.after_restart, count.after_deadline) == (8, 8, 8, 8)
    assert count.replayed == 8 * (idempotency.DUPLICATES - 1)


async def test_a_hundred_canaries_are_nowhere():
    """Neither before the opening nor, but for the opened bids, after it; what is planted is found in every place."""
    outcome = await canaries.run(100, seed=100)
    assert sum(outcome.sent.values()) == 100
    assert outcome.before == outcome.after == []
    assert outcome.opened
    assert set(outcome.planted.values()) == {True}


@pytest.mark.skipif(clock.library() is None, reason=clock.MISSING)
async def test_a_wrong_clock_of_the_service_changes_no_decision(place: Stage):
    """It steps back and forth by days in the middle of a rush: the database's clock decides alone."""
    told = await clock.run_lie(place, "stepping back and forth", seconds=1.5, connections=CONNECTIONS, suppliers=2_000)
    assert told.faults() == {}


# Controls


async def test_a_service_with_a_known_mistake_is_caught(place: Stage):
    """One of the campaign's controls: the instant at which the transaction began, instead of the clock."""
    async with place.play(mistake="now", suppliers=2_000) as play:
        seen = await storm.storm(play, seconds=1.0, weather="stalled", connections=CONNECTIONS)
    assert seen.faults().keys() & set(storm.CONTROLS["now"][1])


@pytest.mark.skipif(clock.library() is None, reason=clock.MISSING)
async def test_a_service_that_goes_by_its_own_clock_is_caught(place: Stage):
    """Its clock is an hour slow: it takes bids, and goes on taking them behind the deadline."""
    told = await clock.run_lie(
        *(place, "an hour slow"), seconds=1.0, connections=8, mistake="application-clock", suppliers=2_000
    )
    assert all(getattr(told.seen, sign) for sign in clock.CONTROL["an hour slow"])


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_every_mistake_can_still_be_made(pool: asyncpg.Pool, dsn: str, mistake: str, tmp_path: Path):
    """A text of the service that has changed would leave a control without its mistake."""
    owner = await asyncpg.connect(dsn)
    try:
        await alter_database(owner, mistake)
    finally:
        await owner.close()
    assert queries_with(mistake, tmp_path).is_dir()


def test_a_mistake_that_cannot_be_made_stops_the_campaign():
    with pytest.raises(SystemExit):
        edited("SELECT 1", Edit("store_bids", "instant", "now()"))
    with pytest.raises(SystemExit):
        edited("instant instant", Edit("store_bids", "instant", "now()"))


# Verdicts


def test_a_bid_refused_in_good_time_and_a_rush_without_a_receipt_fail_the_clock():
    """Under a clock that is fast a service that believes it lets nobody in, or sends those away who were in time."""
    for wrong in (Seen(weather="stalled", acknowledged=9, wronged=1), Seen(weather="stalled")):
        assert clock.Round("an hour fast", 3600.0, wrong, {}).faults()
    assert clock.Round("an hour fast", 3600.0, Seen(weather="stalled", acknowledged=9), {}).faults() == {}


@pytest.mark.parametrize("name", MUST_BE_NONE)
def test_a_single_fault_in_a_rush_fails_the_campaign(name: str):
    good, bad = Seen(weather="calm", acknowledged=9), Seen(weather="slow", **{name: 1})
    progress = storm.Progress(code="", rounds=[good], controls={"now": storm.Caught(round=1)})
    assert storm.faults_of(progress) == []
    progress.rounds.append(bad)
    assert len(storm.faults_of(progress)) == 1
    assert total(progress.rounds)[name] == 1


def test_a_control_that_was_not_caught_fails_the_campaign():
    assert storm.faults_of(storm.Progress(code="", controls={"now": storm.Caught()}))
    assert idempotency.faults_of(idempotency.Progress(code="", controls={"key-not-stored": {}}))
    silent = {"an hour slow": {"late": 0, "wronged": 9, "acknowledged": 0}}  # it has answered nobody
    assert clock.faults_of(clock.Progress(code="", control=silent))
    assert clock.faults_of(clock.Progress(code="", control={"an hour slow": {"late": 3, "acknowledged": 9}})) == []
    planted = canaries.Outcome(code="", planted={"dump": False}, opened=True)
    assert canaries.faults_of(planted) == ["planted and not found: dump"]
    assert canaries.faults_of(canaries.Outcome(code="", planted={"dump": True}, opened=True)) == []


def test_what_one_part_of_the_canaries_has_missed_the_next_does_not_mend():
    """A control that was not found, or a canary that was, stays so when the campaign goes on."""
    whole = canaries.Outcome(code="")
    whole.add(canaries.Outcome(code="", sent={"late": 2}, planted={"dump": False}, opened=True))
    assert (whole.sent, whole.opened) == ({"late": 2}, True)
    found = canaries.Found("late", "hex", "dump", "")
    whole.add(canaries.Outcome(code="", sent={"late": 3}, planted={"dump": True}, before=[found]))
    assert (whole.sent, whole.planted, whole.before, whole.opened) == ({"late": 5}, {"dump": False}, [found], False)


def test_every_kind_of_weather_comes_in_turn():
    assert {storm.weather_of(number) for number in range(len(WEATHERS))} == set(WEATHERS)
