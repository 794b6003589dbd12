"""Lancashire Care NHS Foundation Trust v Lancashire County Council [2018] EWHC 1589 (TCC).

The panel met and agreed marks, and its moderation notes did not explain them. The court set the award of the public
health services aside, because reasons must be a full, transparent and fair summary of the discussion. Source:
bailii.org/ew/cases/EWHC/TCC/2018/1589.html, freeths.co.uk, bevanbrittan.com.

Played again: no agreed score of a panel that had to meet comes into the record without who was there, each individual
score, the points that were discussed, the agreed reason and the place in the bid.
"""

from typing import Any

import pytest

from tests.make import a_score, an_item
from tests.service.conftest import Market, done, refused

CRITERION = "method-statement"


async def scored(market: Market) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two evaluators have marked both bids; by the lot's policy every question is moderated."""
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator, every_question=True)
    for bid in bids:
        for person in (market.evaluator, market.second_evaluator):
            done(await person.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score()))
    return tender, bids[0]


@pytest.mark.parametrize("missing", ["points", "reason", "cites", "value"])
async def test_notes_that_do_not_explain_the_score_are_refused(market: Market, missing: str) -> None:
    tender, bid = await scored(market)
    item = {name: value for name, value in an_item(bid).items() if name != missing}
    problem = refused(await market.meet(tender, item), 422, "invalid-request")
    assert missing in str(problem["errors"])


async def test_without_a_meeting_s_record_there_is_no_agreed_score_and_no_ranking(market: Market) -> None:
    """However alike the marks are, if the buyer's policy is to discuss every question."""
    tender, bid = await scored(market)
    path = f"/bids/{bid['bid_id']}/consensus/{CRITERION}"
    refused(await market.moderator.put(path, a_score()), 409, "panel-must-meet")
    lot = tender["lots"][0]
    refused(await market.moderator.post(f"/lots/{lot['id']}/criteria/{CRITERION}/lock"), 409, "agreements-missing")
    run = await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]})
    refused(run, 409, "evaluation-incomplete")


async def test_years_later_the_record_says_why(market: Market) -> None:
    """Who was there, what each had given, what was said, what was agreed and why, who did not agree: in one place."""
    tender, bid = await scored(market)
    said = ["The phasing was compared with the school terms, page 4.", "Mill Lane has no delivery route."]
    done(await market.meet(tender, an_item(bid, points=said)))
    (meeting,) = done(await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/meetings"))
    assert {market.moderator.id, market.evaluator.id, market.second_evaluator.id} == set(meeting["present"])
    (item,) = meeting["items"]
    assert item["points"] == said
    assert {mark["person"] for mark in item["marks"]} == {"Evaluator", "Second Evaluator"}
    assert [item[name] for name in ("value", "reason", "cites")] == [
        "4",
        "Agreed: the phasing is convincing.",
        ["Method statement, p. 4"],
    ]
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds[-2:] == ["consensus.recorded", "meeting.held"]


async def test_what_was_agreed_before_the_marks_of_now_locks_nothing(market: Market) -> None:
    """Agreed 4 in a meeting, and then an evaluator's mark goes to 0: the notes explain a score of other marks."""
    tender, bid = await scored(market)
    _, other = done(await market.moderator.get(f"/lots/{tender['lots'][0]['id']}/bids"))
    done(await market.meet(tender, an_item(bid), an_item(other)))
    lower = a_score(value="0", change_reason="Page 4 says nothing of the crane.")
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", lower))
    path = f"/lots/{tender['lots'][0]['id']}/criteria/{CRITERION}/lock"
    problem = refused(await market.moderator.post(path), 409, "panel-must-meet")
    assert "Evaluator scored it later than it was agreed" in problem["errors"][0]["message"]
    done(await market.meet(tender, an_item(bid, value="0", change_reason="The crane plan was read again.")))
    done(await market.moderator.post(path))
