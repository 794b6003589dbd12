"""EnergySolutions EU Ltd v Nuclear Decommissioning Authority [2016] EWHC 1988 (TCC).

A contract of some £4bn was decided by 1.06 points. Scores had been changed towards the wished outcome ("fudged"),
without reasons of the time, and notes were to be shredded; the award was unlawful, and the settlements cost about
£97m. Source: publications.parliament.uk/pa/cm201719/cmselect/cmpubacc/461, spendmatters.com/uk (NDA procurement
dispute).

Played again: a late change of a score is impossible for the panel, and loud where an approver lets it happen; nothing
can be deleted.
"""

import asyncpg
import pytest

from service import db
from tests.make import a_score, an_item
from tests.service.conftest import Market, done, refused

CRITERION = "method-statement"


async def test_once_locked_no_score_moves_however_close_the_result_is(market: Market) -> None:
    """Neither the evaluator nor the moderator nor a meeting changes one, before or after the ranking is known."""
    tender, (bid, _), _ = await market.evaluated()
    path = f"/bids/{bid['bid_id']}"
    better = a_score(value="5", change_reason="They ought to win.")
    refused(await market.evaluator.put(f"{path}/scores/{CRITERION}", better), 409, "criterion-locked")
    refused(await market.moderator.put(f"{path}/consensus/{CRITERION}", better), 409, "criterion-locked")
    again = an_item(bid, value="5", change_reason="They ought to win.")
    refused(await market.meet(tender, again, present=(market.moderator, market.evaluator)), 409, "criterion-locked")
    assert [entry["data"]["problem"] for entry in (await market.log(tender))[-3:]] == 3 * ["criterion-locked"]


async def test_a_change_that_an_approver_lets_happen_shows_everything(market: Market) -> None:
    """Who unlocked, why, that the ranking was known, the old and the new value and the reason of the change."""
    tender, (bid, _), _ = await market.evaluated()
    lot = tender["lots"][0]
    criterion = f"/lots/{lot['id']}/criteria/{CRITERION}"
    refused(await market.moderator.post(f"{criterion}/unlock", {"reason": "Please."}), 403, "forbidden")
    done(await market.approver.post(f"{criterion}/unlock", {"reason": "Annex C had not been distributed."}))
    assert (await market.last(tender))["data"]["ranking_known_since"]
    path = f"/bids/{bid['bid_id']}"
    refused(await market.evaluator.put(f"{path}/scores/{CRITERION}", a_score(value="5")), 422, "change-needs-reason")
    better = a_score(value="5", change_reason="Annex C shows the crane plan.")
    done(await market.evaluator.put(f"{path}/scores/{CRITERION}", better))
    done(await market.moderator.put(f"{path}/consensus/{CRITERION}", better))
    told = [entry for entry in await market.log(tender) if entry["kind"] in {"score.given", "consensus.recorded"}][-2:]
    assert [(entry["data"]["was"], entry["data"]["value"], entry["data"]["change_reason"]) for entry in told] == 2 * [
        ("4", "5", "Annex C shows the crane plan.")
    ]
    await market.lock(tender)
    done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    runs = done(await market.auditor.get(f"/lots/{lot['id']}/evaluations"))
    assert [run["number"] for run in runs] == [1, 2], "the first result stands beside the second"


@pytest.mark.parametrize("table", ["panel_scores", "consensus_scores", "meetings", "meeting_items", "criterion_locks"])
@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET {}"])
async def test_nothing_of_it_can_be_shredded_or_rewritten(market: Market, table: str, deed: str) -> None:
    """The role that serves requests has no right to, whatever our own code says."""
    column = {"meetings": "number = 1", "meeting_items": "answer = ''", "criterion_locks": "number = 2"}
    statement = deed.format(table, column.get(table, "reason = 'x'"))
    async with await db.open_pool(market.dsn, connections=1) as pool:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
