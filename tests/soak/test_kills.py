"""The campaign of kills in a short form, and that its comparison sees what it is there to see."""

from pathlib import Path

import asyncpg
import pytest

from service import db
from tests.service.conftest import Market, market_in
from tests.soak.clients import Line, Sent, a_new_bid, same_receipt, submit
from tests.soak.harness import store
from tests.soak.kills import FORGETFUL, ROUND, WITHOUT_UNIQUENESS, Progress, campaign_round, planned
from tests.soak.kills import run as campaign
from tests.soak.receipts import Count, compare, name_of


async def test_three_kills_lose_nothing_that_was_acknowledged():
    """serve, PostgreSQL and the worker are killed once each while four suppliers bid."""
    progress = Progress(code="")
    await campaign_round(progress, ["postgres", "app", "worker"], suppliers=4, seed=0, with_reports=False)
    assert progress.kills == {"app": 1, "postgres": 1, "worker": 1}
    assert progress.slowest["worker"] > 0.2, "no worker begins a job sooner: it was not waited for"
    assert progress.count.acknowledged >= 12
    assert progress.count.faults() == []


def test_of_two_hundred_kills_eighty_hit_the_service_eighty_postgresql_forty_the_worker():
    kinds = [kind for part in planned(200) for kind in part]
    assert [kinds.count(part) for part in ("app", "postgres", "worker")] == [80, 80, 40]
    assert planned(13)[-1] == list(ROUND[:3])


async def test_a_campaign_goes_on_where_it_stopped(tmp_path: Path):
    """What was counted with the present code is not done again, and faults found earlier still fail it."""
    path = tmp_path / "kills.json"
    fresh = await campaign(path, 0, -1)
    done = Progress(code=fresh.code, kills={"app": 4, "postgres": 4, "worker": 2}, rounds=1, count=Count(lost=1))
    store(path, done)
    went_on = await campaign(path, 10, -1)
    assert went_on == done
    assert "1 acknowledged bids are not stored" in went_on.faults()[0]
    store(path, Progress(code="of other code", rounds=1))
    assert (await campaign(path, 10, -1)).rounds == 0


def test_a_control_that_is_not_caught_fails_the_campaign():
    assert Progress(code="", controls={"lost": {"kills": 3, "found": 7}}).faults() == []
    (fault,) = Progress(code="", controls={"lost": {"kills": 10, "found": 0}}).faults()
    assert "not caught" in fault


# What the comparison sees


class Round:
    """Bids of two suppliers for three lots, all acknowledged."""

    def __init__(self, served: Market) -> None:
        self.owner = served.owner
        self.suppliers = [served.alder, served.birch]
        self.url = served.url
        self.bids: list[Sent] = []
        self.lots: list[str] = []

    async def bid(self, served: Market) -> None:
        """Let each supplier bid for a new tender, twice at once as impatient portals do, and replace its bid."""
        tender = await served.publish()
        self.lots = [lot["id"] for lot in tender["lots"]]
        for number, supplier in enumerate(self.suppliers):
            line, second = Line(self.url, supplier.key), Line(self.url, supplier.key)
            first = a_new_bid(number, self.lots[0])
            assert await submit(line, first, hedge=second)
            again = a_new_bid(number, self.lots[0], replaces=first.receipt["bid_id"])
            assert await submit(line, again)
            self.bids += [first, again]
            await line.close()
            await second.close()

    async def found(self) -> Count:
        """What the comparison says now."""
        return await compare(self.owner, self.bids, self.lots)


@pytest.fixture
async def bidding(dsn: str):
    async with market_in(dsn) as served:
        made = Round(served)
        await made.bid(served)
        yield made


async def test_what_is_stored_as_acknowledged_is_not_blamed(bidding: Round):
    count = await bidding.found()
    assert (count.acknowledged, count.faults()) == (4, [])


async def plant(owner: asyncpg.Connection, statement: str, *values: object) -> None:
    """Change the database as no role of the service could, without constraints and triggers in the way."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(statement, *values)


async def test_a_lost_bid_is_seen(bidding: Round):
    receipt = bidding.bids[1].receipt
    await plant(bidding.owner, "DELETE FROM bid_versions WHERE bid_id = $1 AND version = 2", receipt["bid_id"])
    assert (await bidding.found()).lost == 1


async def test_a_bid_stored_otherwise_than_acknowledged_is_seen(bidding: Round):
    receipt = bidding.bids[0].receipt
    changed = "UPDATE bid_versions SET digest = repeat('0', 64) WHERE bid_id = $1 AND version = 1"
    await plant(bidding.owner, changed, receipt["bid_id"])
    assert (await bidding.found()).lost == 1


async def test_an_envelope_stored_otherwise_than_acknowledged_is_seen(bidding: Round):
    """The row still says what the receipt says; the sealed bytes beside it have one bit turned over."""
    receipt = bidding.bids[2].receipt
    changed = (
        "UPDATE sealed_envelopes SET contents = set_bit(contents, 99, 1 - get_bit(contents, 99)) WHERE bid_id = $1"
    )
    await plant(bidding.owner, f"{changed} AND version = 1", receipt["bid_id"])
    assert (await bidding.found()).lost == 1


async def test_a_key_that_was_lost_or_stands_for_another_bid_is_seen(bidding: Round):
    """A supplier that asks again would be told that its bid is new, or be given another bid's receipt."""
    first, second = bidding.bids[0], bidding.bids[2]
    await plant(bidding.owner, "DELETE FROM idempotency_keys WHERE key = $1", name_of(first))
    moved = "UPDATE idempotency_keys SET bid_id = $2 WHERE key = $1"
    await plant(bidding.owner, moved, name_of(second), first.receipt["bid_id"])
    assert (await bidding.found()).unkeyed == 2


async def test_a_second_bid_under_one_key_is_seen(bidding: Round):
    receipt = bidding.bids[0].receipt
    await plant(bidding.owner, "DROP INDEX bids_one_standing_per_supplier_lot_and_variant")
    second = """
        WITH bid AS (
            INSERT INTO bids (lot_id, supplier_id) SELECT lot_id, supplier_id FROM bids WHERE id = $1 RETURNING id
        )
        INSERT INTO bid_versions (bid_id, version, person_id, rules_digest, digest, size, submitted_at)
        SELECT bid.id, 1, first.person_id, first.rules_digest, first.digest, first.size, first.submitted_at
        FROM bid, bid_versions AS first WHERE first.bid_id = $1 AND first.version = 1
    """
    await plant(bidding.owner, second, receipt["bid_id"])
    assert (await bidding.found()).duplicated == 1


async def test_a_bid_without_an_entry_and_a_gap_in_the_log_are_seen(bidding: Round):
    receipt = bidding.bids[0].receipt
    gone = "DELETE FROM events WHERE kind = 'bid.submitted' AND data->>'bid_id' = $1"
    await plant(bidding.owner, gone, receipt["bid_id"])
    assert (await bidding.found()).unlogged == 2


async def test_a_bid_that_was_never_acknowledged_is_seen(bidding: Round):
    bidding.bids.append(a_new_bid(0, bidding.lots[0]))
    assert (await bidding.found()).unresolved == 1


async def test_two_answers_under_one_key_are_seen(bidding: Round):
    bidding.bids[0].different = True
    assert (await bidding.found()).duplicated == 1


async def test_the_campaign_s_own_connection_is_the_owner_s(bidding: Round):
    """Or its rows could be hidden from it."""
    assert await bidding.owner.fetchval("SELECT current_user <> $1", db.APP_ROLE)


def test_two_receipts_are_the_same_if_they_prove_the_same_entry():
    """Whatever the checkpoint: one that names another entry, or another place of it, tells of another bid."""
    first = {"bid_id": "1", "proof": {"entry": "{}", "position": 4, "checkpoint": "a"}}
    assert same_receipt(first, {"bid_id": "1", "proof": {"entry": "{}", "position": 4, "checkpoint": "b"}})
    for other in ({"entry": "{ }", "position": 4}, {"entry": "{}", "position": 5}, None):
        assert not same_receipt(first, {"bid_id": "1", "proof": other})
    assert not same_receipt(first, {**first, "bid_id": "2"})


@pytest.mark.parametrize("mistake", [FORGETFUL, WITHOUT_UNIQUENESS])
async def test_the_controls_spoil_the_statement_that_the_service_calls(dsn: str, mistake: tuple[str, ...]):
    """Of several of one name it is the one with most parameters; a control that spoils another proves nothing."""
    called = "SELECT prosrc FROM pg_proc WHERE proname = 'store_bids' ORDER BY pronargs DESC"
    owner = await db.connect(dsn)
    try:
        before = [row["prosrc"] for row in await owner.fetch(called)]
        for statement in mistake:
            await owner.execute(statement)
        after = [row["prosrc"] for row in await owner.fetch(called)]
    finally:
        await owner.close()
    assert after[0] != before[0]
    assert after[1:] == before[1:]
