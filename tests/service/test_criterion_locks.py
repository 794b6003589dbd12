"""The lock of a criterion's agreed scores, and what lifts it."""

import asyncio
from typing import Any

import asyncpg
import pytest

from service import db
from service.edge import as_refusal
from tests.make import a_decision, a_score, an_item
from tests.service.conftest import Market, done, refused
from tests.service.test_bids import until_somebody_waits
from tests.service.test_panel_scores import CRITERION, lot_of, score


def path_of(tender: dict[str, Any], what: str, criterion: str = CRITERION) -> str:
    return f"{lot_of(tender)}/criteria/{criterion}/{what}"


REASON = {"reason": "Two pages had not been in the evaluators' copy."}


async def test_a_lock_is_final_for_the_panel(market: Market) -> None:
    """EnergySolutions v NDA [2016] EWHC 1988 (TCC): nothing changes late, neither scores nor agreed scores."""
    tender, (bid, _) = await market.agreed()
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["criterion_id"]) == ("criterion.locked", CRITERION)
    assert {one["value"] for one in entry["data"]["agreed"]} == {"4"}
    changed = a_score(value="5", change_reason="Second thoughts.")
    for late in (
        await score(market.evaluator, bid, value="5", change_reason="Second thoughts."),
        await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}/draft", {"value": "5"}),
        await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", changed),
        await market.meet(tender, an_item(bid, change_reason="Again."), present=(market.moderator, market.evaluator)),
        await market.moderator.post(path_of(tender, "lock")),
    ):
        refused(late, 409, "criterion-locked")


NAMES = "bid_id, {criterion}, {version}, value, person_id, {at}, reason, cites, change_reason"
AT = {"panel_scores": "given_at", "consensus_scores": "recorded_at"}


def copying(table: str, version: str = "9", criterion: str = "criterion_id") -> str:
    """A statement that puts a further score beside the one of a bid ($1), past everything that the program checks."""
    asked = NAMES.format(criterion="criterion_id", version="version", at=AT[table])
    given = NAMES.format(criterion=criterion, version=version, at=AT[table]).replace("change_reason", "'Late.'")
    return f"INSERT INTO {table} ({asked}) SELECT {given} FROM {table} WHERE bid_id = $1 AND version = 1"


@pytest.mark.parametrize("statement", [copying(table) for table in AT], ids=AT)
async def test_behind_a_lock_no_statement_of_the_service_s_role_puts_a_score(market: Market, statement: str) -> None:
    """Whatever the program forgets, the database does not; once an approver has lifted the lock it lets scores in."""
    tender, (bid, _) = await market.agreed()
    conn = await db.connect(market.dsn)
    try:
        await conn.execute("SET ROLE tenderscore_app")
        with pytest.raises(asyncpg.CheckViolationError, match="locked") as error:
            await conn.execute(statement, bid["bid_id"])
        assert as_refusal(error.value).slug() == "criterion-locked"
        done(await market.approver.post(path_of(tender, "unlock"), REASON))
        assert await conn.execute(statement, bid["bid_id"]) == "INSERT 0 1"
    finally:
        await conn.close()


@pytest.mark.parametrize("table", AT)
async def test_behind_a_lock_not_even_the_owner_of_the_tables_changes_a_score(market: Market, table: str) -> None:
    """Nor carries one over to a criterion that is open; a score of another criterion changes freely."""
    _, (bid, _) = await market.agreed()
    for change in ("value = '0'", "reason = 'Other.'", "criterion_id = 'open'"):
        with pytest.raises(asyncpg.CheckViolationError, match="locked"):
            await market.owner.execute(f"UPDATE {table} SET {change} WHERE bid_id = $1", bid["bid_id"])
    copy = copying(table, criterion="'open'")
    assert await market.owner.execute(copy, bid["bid_id"]) == "INSERT 0 1"
    change = f"UPDATE {table} SET value = '0' WHERE bid_id = $1 AND criterion_id = 'open'"
    assert await market.owner.execute(change, bid["bid_id"]) == "UPDATE 1"


async def test_a_score_on_its_way_and_a_lock_wait_for_each_other(market: Market) -> None:
    """Whichever is first: a score is in before the lock or it is refused, and never in behind the lock's back."""
    tender, (bid, _) = await market.agreed()
    done(await market.approver.post(path_of(tender, "unlock"), REASON))
    lock = """
        INSERT INTO criterion_locks (lot_id, criterion_id, number, person_id, locked_at)
        VALUES ($1, $2, 2, $3, clock_timestamp())
    """
    facts = (tender["lots"][0]["id"], CRITERION, market.moderator.id)
    one, other = await db.connect(market.dsn), await db.connect(market.dsn)
    try:
        going = one.transaction()
        await going.start()
        await one.execute(copying("panel_scores"), bid["bid_id"])
        locking = asyncio.create_task(other.execute(lock, *facts))
        await until_somebody_waits(market)
        await going.commit()
        assert await locking == "INSERT 0 1"
        await market.owner.execute("DELETE FROM criterion_locks WHERE lot_id = $1 AND number = 2", facts[0])
        going = one.transaction()
        await going.start()
        await one.execute(lock, *facts)
        scoring = asyncio.create_task(other.execute(copying("panel_scores", version="8"), bid["bid_id"]))
        await until_somebody_waits(market)
        await going.commit()
        with pytest.raises(asyncpg.CheckViolationError, match="locked"):
            await scoring
    finally:
        await one.close()
        await other.close()


async def test_a_lock_waits_for_every_bid_in_the_race(market: Market) -> None:
    tender, (alder, birch) = await market.opened()
    done(await score(market.evaluator, alder))
    done(await market.moderator.put(f"/bids/{alder['bid_id']}/consensus/{CRITERION}", a_score()))
    problem = refused(await market.moderator.post(path_of(tender, "lock")), 409, "agreements-missing")
    assert [fault["pointer"] for fault in problem["errors"]] == [f"/bids/{birch['bid_id']}/consensus/{CRITERION}"]
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision()))
    assert done(await market.moderator.post(path_of(tender, "lock")))["number"] == 1


async def test_a_lock_waits_for_an_agreement_on_the_marks_of_now(market: Market) -> None:
    """Agreed 4, then the evaluator's own mark goes to 0: what was agreed is not what the panel thinks any more."""
    tender, bids = await market.opened()
    for bid in bids:
        done(await score(market.evaluator, bid))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score()))
    why = {"change_reason": "Page 4 says nothing of the crane."}
    done(await score(market.evaluator, bids[0], value="0", **why))
    problem = refused(await market.moderator.post(path_of(tender, "lock")), 409, "panel-must-meet")
    (fault,) = problem["errors"]
    assert fault["pointer"] == f"/bids/{bids[0]['bid_id']}/consensus/{CRITERION}"
    assert "Evaluator scored it later" in fault["message"]
    agreed = a_score(value="0", **why)
    done(await market.moderator.put(f"/bids/{bids[0]['bid_id']}/consensus/{CRITERION}", agreed))
    done(await market.moderator.post(path_of(tender, "lock")))


async def test_a_lock_waits_for_who_took_a_seat_since(market: Market) -> None:
    """The only evaluator is replaced after the agreement: the follower scores, and the panel agrees again."""
    tender, bids = await market.opened()
    for bid in bids:
        done(await score(market.evaluator, bid))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score()))
    body = {"person_id": market.evaluator.id, "successor_id": market.second_evaluator.id, "reason": "Ill."}
    done(await market.author.post(f"{lot_of(tender)}/panel/replacements", body))
    problem = refused(await market.moderator.post(path_of(tender, "lock")), 409, "panel-must-meet")
    assert "missing_score" in problem["errors"][0]["message"]
    for bid in bids:
        done(await score(market.second_evaluator, bid))
    again = [an_item(bid, change_reason="Another evaluator sits.") for bid in bids]
    present = (market.moderator, market.second_evaluator)
    done(await market.meet(tender, again[0], present=present))
    refused(await market.moderator.post(path_of(tender, "lock")), 409, "panel-must-meet")
    done(await market.meet(tender, again[1], present=present))
    done(await market.moderator.post(path_of(tender, "lock")))


async def test_who_leaves_takes_the_agreement_along(market: Market) -> None:
    """A seat that ended after the agreement: those who stay agree again, though none of their marks is new."""
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator)
    for bid in bids:
        done(await score(market.evaluator, bid))
        done(await score(market.second_evaluator, bid))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score()))
    body = {"person_id": market.evaluator.id, "successor_id": None, "reason": "Ill."}
    done(await market.author.post(f"{lot_of(tender)}/panel/replacements", body))
    problem = refused(await market.moderator.post(path_of(tender, "lock")), 409, "panel-must-meet")
    assert "the seats have changed" in problem["errors"][0]["message"]


async def test_only_an_approver_unlocks_with_a_reason_and_both_versions_stay(market: Market) -> None:
    """Loudly: the log has who, why, and whether the ranking was known by then."""
    tender, (bid, _), _ = await market.evaluated()
    for person in (market.moderator, market.evaluator, market.author, market.auditor):
        refused(await person.post(path_of(tender, "unlock"), REASON), 403, "forbidden")
    refused(await market.approver.post(path_of(tender, "unlock"), {"reason": " "}), 422, "invalid-request")
    lifted = done(await market.approver.post(path_of(tender, "unlock"), REASON))
    assert (lifted["unlocked_by"], lifted["unlocked_because"]) == (market.approver.id, REASON["reason"])
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["reason"]) == ("criterion.unlocked", REASON["reason"])
    assert entry["data"]["ranking_known_since"]
    refused(await market.approver.post(path_of(tender, "unlock"), REASON), 409, "not-locked")
    digest = {"rules_digest": tender["lots"][0]["rules_digest"], "reason": "Pages 9 and 10 count."}
    run = await market.moderator.post(f"{lot_of(tender)}/evaluations", digest)
    assert refused(run, 409, "criteria-not-locked")["errors"][0]["mend"]
    done(await score(market.evaluator, bid, value="5", change_reason="Pages 9 and 10 were missing."))
    changed = a_score(value="5", change_reason="Pages 9 and 10 were missing.")
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", changed))
    assert done(await market.moderator.post(path_of(tender, "lock")))["number"] == 2
    done(await market.moderator.post(f"{lot_of(tender)}/evaluations", digest))
    versions = await market.owner.fetch(
        "SELECT value FROM consensus_scores WHERE bid_id = $1 ORDER BY version", bid["bid_id"]
    )
    assert [row["value"] for row in versions] == ["4", "5"]
    locks = done(await market.auditor.get(f"{lot_of(tender)}/criteria/locks"))
    assert [lock["unlocked_because"] for lock in locks] == [REASON["reason"], None]


async def test_who_has_scored_unlocks_nothing_under_another_role(market: Market) -> None:
    tender, _ = await market.agreed()
    roles = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{roles}/{market.evaluator.id}/evaluator"))
    await market.give(tender, market.evaluator, "approver")
    refused(await market.evaluator.post(path_of(tender, "unlock"), REASON), 409, "scored-before")


async def test_after_the_award_and_the_technical_consensus_nothing_is_unlocked(market: Market) -> None:
    tender, (_, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    award = {"evaluation_id": run["id"], "bid_id": birch["bid_id"], "reason": "Ranked first."}
    done(await market.approver.post(f"{lot_of(tender)}/award", award))
    refused(await market.approver.post(path_of(tender, "unlock"), REASON), 409, "lot-already-awarded")


async def test_locks_are_set_by_moderators_on_what_the_panel_scores(market: Market) -> None:
    tender, _ = await market.opened()
    for person in (market.evaluator, market.approver, market.author, market.colleague):
        refused(await person.post(path_of(tender, "lock")), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.post(path_of(tender, "lock")), 404, "not-found")
        refused(await person.post(path_of(tender, "unlock"), REASON), 404, "not-found")
        refused(await person.get(f"{lot_of(tender)}/criteria/locks"), 404, "not-found")
    refused(await market.moderator.post(path_of(tender, "lock", "price")), 422, "not-scored-by-the-panel")
    refused(await market.approver.post(path_of(tender, "unlock", "price"), REASON), 422, "not-scored-by-the-panel")
    unopened = await market.publish()
    refused(await market.moderator.post(path_of(unopened, "lock")), 409, "not-opened")
