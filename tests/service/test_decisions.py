"""Decisions about opened bids: who is out and who is let back in, by people, with reasons."""

from typing import Any

import httpx
import pytest

from tests.make import a_decision, a_score
from tests.service.conftest import Market, Person, done, refused


def lot_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}"


async def evaluate(person: Person, tender: dict[str, Any]) -> httpx.Response:
    """Run the engine on the tender's first lot."""
    body = {"rules_digest": tender["lots"][0]["rules_digest"], "reason": "What is decided about a bid has changed."}
    return await person.post(f"{lot_of(tender)}/evaluations", body)


async def test_an_excluded_bid_is_not_ranked_and_can_be_let_back_in(market: Market) -> None:
    """Each decision has a number and a reason; the last one counts; earlier runs stay as they were."""
    tender, (alder, birch), first = await market.evaluated()
    path = f"/bids/{birch['bid_id']}/state"
    assert done(await market.moderator.put(path, a_decision()))["number"] == 1
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["state"]) == ("bid.state-decided", "excluded")
    run = done(await evaluate(market.moderator, tender))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == alder["bid_id"]
    assert {bid["id"]: bid["rank"] for bid in result["bids"]}[birch["bid_id"]] is None
    done(await market.approver.put(path, a_decision(state="admissible", reason="The certificate was in the annex.")))
    run = done(await evaluate(market.moderator, tender))
    again = (await market.moderator.get(f"/evaluations/{run['id']}")).content
    assert again == (await market.moderator.get(f"/evaluations/{first['id']}")).content
    assert [item["number"] for item in done(await market.auditor.get(f"{lot_of(tender)}/evaluations"))] == [1, 2, 3]


async def test_an_excluded_bid_needs_no_agreed_score(market: Market) -> None:
    """The panel does not meet about a bid that is out."""
    tender, (alder, birch) = await market.opened()
    done(await market.evaluator.put(f"/bids/{alder['bid_id']}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{alder['bid_id']}/consensus/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision(state="non_compliant")))
    await market.lock(tender)
    assert done(await evaluate(market.moderator, tender))["number"] == 1


@pytest.mark.parametrize("state", ["received", "withdrawn", "late", "winner", "", None])
async def test_facts_of_the_submission_are_not_decided(market: Market, state: object) -> None:
    """Nobody declares a bid late afterwards."""
    _, (bid, _) = await market.opened()
    answer = await market.moderator.put(f"/bids/{bid['bid_id']}/state", a_decision(state=state))
    assert refused(answer, 422, "invalid-request")["errors"][0]["pointer"] == "/state"


async def test_only_moderators_and_approvers_decide_about_bids(market: Market) -> None:
    """An exclusion is no evaluator's own decision, and it has a reason."""
    _, (bid, _) = await market.opened()
    path = f"/bids/{bid['bid_id']}/state"
    for person in (market.evaluator, market.officer, market.author, market.colleague):
        refused(await person.put(path, a_decision()), 403, "forbidden")
    refused(await market.moderator.put(path, a_decision(reason=" ")), 422, "invalid-request")
