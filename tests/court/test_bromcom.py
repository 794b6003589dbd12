"""Bromcom Computers plc v United Learning Trust [2022] EWHC 3262 (TCC).

Thirteen evaluators marked bids on a published scale of 0 to 5. Their marks were averaged into fractions that the
scale does not have, without a moderation that agreed a mark and without reasons for it; the court found that
unlawful. Source: caselaw.nationalarchives.gov.uk/ewhc/tcc/2022/3262, dacbeachcroft.com (procurement case law update).

Played again: three evaluators give 2, 3 and 5. The average, 3.33, is on no path to a result.
"""

import re
from typing import Any

import pytest

from tests.make import a_score, an_item
from tests.service.conftest import Market, Person, done, refused

CRITERION = "method-statement"


async def scored(market: Market) -> tuple[dict[str, Any], dict[str, Any], tuple[Person, ...]]:
    """A bid that three evaluators have marked apart; with those who must be at the meeting."""
    tender, (bid, _) = await market.opened()
    third = await market.colleague_of(market.author, "Thirteenth Evaluator")
    await market.give(tender, third, "evaluator")
    await market.clear(tender, third)
    await market.seat(tender, market.second_evaluator, third)
    people = (market.evaluator, market.second_evaluator, third)
    for person, value in zip(people, ("2", "3", "5"), strict=True):
        done(await person.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score(value=value)))
    return tender, bid, (market.moderator, *people)


@pytest.mark.parametrize("average", ["3.33", "3.3", "10/3", "3.5"])
async def test_an_average_is_no_score_for_anybody(market: Market, average: str) -> None:
    """Neither an evaluator's own nor an agreed one, with or without a meeting."""
    tender, bid, present = await scored(market)
    own = a_score(value=average, change_reason="The average of us three.")
    refused(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", own), 422, "score-off-the-scale")
    agreed = a_score(value=average)
    path = f"/bids/{bid['bid_id']}/consensus/{CRITERION}"
    refused(await market.moderator.put(path, agreed), 422, "score-off-the-scale")
    refused(await market.meet(tender, an_item(bid, value=average), present=present), 422, "score-off-the-scale")


async def test_marks_that_lie_apart_are_discussed_before_anything_is_agreed(market: Market) -> None:
    """Not even a mark of the scale, such as the average rounded, is agreed without the meeting and its record."""
    tender, bid, present = await scored(market)
    path = f"/bids/{bid['bid_id']}/consensus/{CRITERION}"
    assert "spread" in refused(await market.moderator.put(path, a_score(value="3")), 409, "panel-must-meet")["detail"]
    silent = an_item(bid, value="3", points=[])
    refused(await market.meet(tender, silent, present=present), 422, "invalid-request")
    (item,) = done(await market.meet(tender, an_item(bid, value="3"), present=present))["items"]
    assert sorted(mark["value"] for mark in item["marks"]) == ["2", "3", "5"]
    assert item["points"]
    assert item["reason"]


async def test_nothing_that_the_service_tells_holds_an_average(market: Market) -> None:
    """The agenda names the lowest and the highest mark that were given, and no number between them."""
    tender, bid, present = await scored(market)
    lot = f"/lots/{tender['lots'][0]['id']}"
    done(await market.meet(tender, an_item(bid, value="5"), present=present))
    for path in ("moderation/agenda", "scores", "consensus", "meetings", "panel/progress"):
        told = (await market.moderator.get(f"{lot}/{path}")).text
        assert not re.search(r"(?<!\d)3\.3", told)  # of an instant's seconds there are two digits


async def test_a_policy_that_never_calls_a_meeting_is_refused_and_would_not_help(market: Market) -> None:
    """Marks 0 and 5, every distance allowed: the moderator alone types no 3 between them, and none of the two."""
    tender, (bid, _) = await market.opened()
    lot = tender["lots"][0]["id"]
    policy = {"every_question": False, "spread": 1000, "outlier": 1000, "majority": "simple"}
    people = (market.evaluator, market.second_evaluator)
    seats = [{"person_id": person.id, "criteria": [CRITERION]} for person in people]
    panel = {"chair_id": market.moderator.id, "reason": "Two are enough.", "policy": policy, "seats": seats}
    refused(await market.author.put(f"/lots/{lot}/panel", panel), 422, "panel-incomplete")
    await market.seat(tender, market.second_evaluator, spread=1000, outlier=1000)
    for person, value in zip(people, ("0", "5"), strict=True):
        done(await person.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score(value=value)))
    for value in ("0", "3", "5"):
        answer = await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score(value=value))
        refused(answer, 409, "panel-must-meet")
