"""Woods Building Services v Milton Keynes Council [2015] EWHC 2011 (TCC).

Marks had been changed in later stages, an undisclosed sub-criterion decided, no notes of the time said why marks were
given, and one evaluator was conflicted. The court marked the bids again itself. Source: academies.thecpc.ac.uk
(article 565), wardhadaway.com (manifest errors in tender evaluation).

Played again: only published criteria are scored, every mark has its reason of the time, and a conflict closes the
bids.
"""

import pytest

from tests.make import a_bid, a_lot, a_score
from tests.service.conftest import Market, done, refused

CRITERION = "method-statement"


@pytest.mark.parametrize("undisclosed", ["proximity", "method-statement/asbestos", "quality"])
async def test_an_undisclosed_criterion_can_be_scored_by_nobody(market: Market, undisclosed: str) -> None:
    """What was not published does not exist: it has no seat, no score, no agreed score."""
    tender, (bid, _) = await market.opened()
    name = undisclosed.replace("/", "%2F")
    for answer in (
        await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{name}", a_score()),
        await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{name}", a_score()),
    ):
        assert answer.status_code in {404, 422}, answer.text
    panel = {
        "chair_id": market.moderator.id,
        "reason": "One is enough.",
        "policy": {"every_question": True, "spread": 1, "outlier": 1, "majority": "unanimous"},
        "seats": [{"person_id": market.evaluator.id, "criteria": [CRITERION, undisclosed]}],
    }
    answer = await market.author.put(f"/lots/{tender['lots'][0]['id']}/panel", panel)
    assert refused(answer, 422, "panel-incomplete")["errors"][0]["pointer"] == "/seats/0/criteria/1"


@pytest.mark.parametrize("fields", [{"reason": ""}, {"reason": " "}, {"cites": []}])
async def test_no_mark_is_given_without_its_reason(market: Market, fields: dict[str, object]) -> None:
    _, (bid, _) = await market.opened()
    answer = await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score(**fields))
    refused(answer, 422, "invalid-request")


async def test_marks_do_not_change_in_a_later_stage(market: Market) -> None:
    """Two envelopes: once the technical consensus is locked not even an approver opens a criterion again."""
    tender = await market.publish(lots=[a_lot(price_envelope=["price"])])
    done(await market.alder.submit(tender, a_bid()))
    (bid,) = (await market.open(tender))["bids"]
    lot = f"/lots/{tender['lots'][0]['id']}"
    scores, agreed = (f"/bids/{bid['bid_id']}/{what}/{CRITERION}" for what in ("scores", "consensus"))
    done(await market.evaluator.put(scores, a_score()))
    done(await market.moderator.put(agreed, a_score()))
    done(await market.moderator.post(f"{lot}/consensus-lock"))
    later = a_score(value="5", change_reason="Now that we know more.")
    refused(await market.evaluator.put(scores, later), 409, "consensus-locked")
    refused(await market.moderator.put(agreed, later), 409, "consensus-locked")
    unlock = await market.approver.post(f"{lot}/criteria/{CRITERION}/unlock", {"reason": "Now that we know more."})
    refused(unlock, 409, "consensus-locked")
    locks = done(await market.auditor.get(f"{lot}/criteria/locks"))
    assert [(lock["criterion_id"], lock["unlocked_at"]) for lock in locks] == [(CRITERION, None)]


async def test_a_conflicted_evaluator_marks_nothing(market: Market) -> None:
    tender, (bid, _) = await market.opened()
    body = {"interest": "actual", "details": "I worked for Alder's bid team until May."}
    done(await market.evaluator.post(f"/tenders/{tender['id']}/declarations", body))
    refused(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score()), 403, "not-cleared")
