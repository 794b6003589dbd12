"""The records of moderation meetings."""

from typing import Any
from uuid import uuid4

import pytest

from tests.make import a_score, an_item
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_panel_scores import lot_of, score


async def scored(market: Market, *marks: str, **policy: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tender with two seated evaluators who gave Alder's bid these marks."""
    tender, (bid, _) = await market.opened()
    await market.seat(tender, market.second_evaluator, **policy)
    for person, value in zip((market.evaluator, market.second_evaluator), marks, strict=False):
        done(await score(person, bid, value=value))
    return tender, bid


def pointers(problem: dict[str, Any]) -> list[str]:
    return [fault["pointer"] for fault in problem["errors"]]


async def test_a_meeting_is_recorded_with_what_was_said_and_agreed(market: Market) -> None:
    """Who was there, the individual scores before it, the points discussed, the agreed score and reason."""
    tender, bid = await scored(market, "2", "4")
    item = an_item(bid, value="3", points=["Page 4 was read together.", "The crane plan lacks one site."])
    answer = await market.meet(tender, item)
    assert answer.status_code == 201
    meeting = done(answer)
    assert (meeting["number"], meeting["chair_id"]) == (1, market.moderator.id)
    assert meeting["present"] == [market.moderator.id, market.evaluator.id, market.second_evaluator.id]
    (kept,) = meeting["items"]
    assert sorted(mark["value"] for mark in kept["marks"]) == ["2", "4"]
    assert (kept["value"], kept["points"], kept["majority"]) == ("3", item["points"], "unanimous")
    assert done(await market.auditor.get(f"{lot_of(tender)}/meetings")) == [meeting]
    (agreed,) = done(await market.approver.get(f"{lot_of(tender)}/consensus"))
    assert agreed["meeting_id"] == meeting["id"]
    told = (await market.log(tender))[-2:]
    assert [entry["kind"] for entry in told] == ["consensus.recorded", "meeting.held"]


async def test_everybody_who_is_seated_has_scored_and_is_present(market: Market) -> None:
    """Nothing is agreed behind the back of an evaluator; every gap is named."""
    tender, bid = await scored(market, "2")
    problem = refused(await market.meet(tender, an_item(bid, value="2")), 422, "meeting-record-incomplete")
    assert pointers(problem) == ["/items/0/bid_id"]
    assert "Second Evaluator has not scored" in problem["errors"][0]["message"]
    done(await score(market.second_evaluator, bid))
    absent = await market.meet(tender, an_item(bid), present=(market.moderator, market.evaluator))
    assert pointers(refused(absent, 422, "meeting-record-incomplete")) == ["/present"]
    assert done(await market.moderator.get(f"{lot_of(tender)}/consensus")) == []


async def test_who_was_not_cleared_was_not_there(market: Market) -> None:
    """Edmonton City Auditor 2017: a person with an open interest cannot have taken part; a colleague neither."""
    tender, bid = await scored(market, "4", "4")
    body = {"interest": "actual", "details": "My wife owns Alder."}
    done(await market.second_evaluator.post(f"/tenders/{tender['id']}/declarations", body))
    assert pointers(refused(await market.meet(tender, an_item(bid)), 422, "meeting-record-incomplete")) == ["/present"]
    await market.clear(tender, market.second_evaluator)
    people = (market.moderator, market.evaluator, market.second_evaluator, market.colleague)
    answer = await market.meet(tender, an_item(bid), present=people)
    assert pointers(refused(answer, 422, "meeting-record-incomplete")) == ["/present"]
    done(await market.meet(tender, an_item(bid), present=(*people[:3], market.auditor)))


@pytest.mark.parametrize(
    ("rule", "slug"), [("unanimous", "meeting-record-incomplete"), ("simple", "meeting-record-incomplete")]
)
async def test_of_two_who_disagree_neither_is_the_majority(market: Market, rule: str, slug: str) -> None:
    tender, bid = await scored(market, "2", "4", majority=rule)
    dissent = [{"person_id": market.second_evaluator.id, "reason": "The crane plan is a fatal gap."}]
    problem = refused(await market.meet(tender, an_item(bid, value="4", dissent=dissent)), 422, slug)
    assert pointers(problem) == ["/items/0/dissent"]


async def test_a_dissent_is_kept_with_its_reason_where_the_majority_rule_holds(market: Market) -> None:
    tender, bid = await scored(market, "4", "4", majority="simple")
    third = await market.colleague_of(market.author, "Third Evaluator")
    await market.give(tender, third, "evaluator")
    await market.clear(tender, third)
    await market.seat(tender, third, majority="simple")
    done(await score(third, bid, value="2"))
    people = (market.moderator, market.evaluator, market.second_evaluator, third)
    dissent = [{"person_id": third.id, "reason": "The crane plan is a fatal gap."}]
    meeting = done(await market.meet(tender, an_item(bid, dissent=dissent), present=people))
    assert meeting["items"][0]["dissent"] == dissent
    told = (await market.last(tender))["data"]
    assert told["dissent"] == 1
    assert told["said"][0]["dissent"] == dissent
    assert told["said"][0]["points"]
    strange = [{"person_id": market.auditor.id, "reason": "I only watched."}]
    again = an_item(bid, dissent=strange, change_reason="x")
    problem = refused(await market.meet(tender, again, present=people), 422, "meeting-record-incomplete")
    assert "/items/0/dissent" in pointers(problem)


async def test_a_score_that_nobody_had_given_is_agreed_only_with_an_answer(market: Market) -> None:
    """The engine warns, the meeting answers, both are kept."""
    tender, bid = await scored(market, "2", "3")
    problem = refused(await market.meet(tender, an_item(bid, value="5")), 422, "meeting-record-incomplete")
    assert pointers(problem) == ["/items/0/answer"]
    answered = an_item(bid, value="5", answer="Annex C, which neither had opened, answers all that was open.")
    (item,) = done(await market.meet(tender, answered))["items"]
    assert "No evaluator had given" in item["warnings"][0]
    assert item["answer"] == answered["answer"]


async def test_what_was_agreed_changes_in_another_meeting_with_a_reason(market: Market) -> None:
    tender, bid = await scored(market, "2", "4")
    done(await market.meet(tender, an_item(bid, value="3")))
    problem = refused(await market.meet(tender, an_item(bid, value="4")), 422, "change-needs-reason")
    assert pointers(problem) == ["/items/0/change_reason"]
    meeting = done(await market.meet(tender, an_item(bid, value="4", change_reason="Annex C was found.")))
    assert (meeting["number"], meeting["items"][0]["version"]) == (2, 2)
    first, _ = done(await market.auditor.get(f"{lot_of(tender)}/meetings"))
    assert first["items"][0]["value"] == "3"


@pytest.mark.parametrize(
    ("fields", "status", "slug"),
    [
        ({"value": "2.5"}, 422, "score-off-the-scale"),
        ({"criterion_id": "price"}, 422, "not-scored-by-the-panel"),
        ({"bid_id": str(uuid4())}, 422, "meeting-record-incomplete"),
        ({"points": []}, 422, "invalid-request"),
        ({"points": [" "]}, 422, "invalid-request"),
        ({"reason": ""}, 422, "invalid-request"),
        ({"cites": []}, 422, "invalid-request"),
    ],
)
async def test_an_item_says_everything_or_nothing_is_kept(
    market: Market, fields: dict[str, Any], status: int, slug: str
) -> None:
    """Lancashire Care [2018] EWHC 1589 (TCC): notes that do not explain the score annul the award."""
    if not hasattr(market, "quiet_meeting"):
        market.quiet_meeting = await scored(market, "3", "4")
    tender, bid = market.quiet_meeting
    refused(await market.meet(tender, an_item(bid, **fields)), status, slug)
    assert done(await market.moderator.get(f"{lot_of(tender)}/meetings")) == []


async def test_who_chairs_in_place_of_the_panel_s_chair_says_why(market: Market) -> None:
    """The panel's chair was named before the first score; the reason for another stands in the log."""
    tender, (bid, _) = await market.opened()
    await market.seat(tender, market.evaluator)
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    other = await market.colleague_of(market.author, "Second Moderator")
    await market.give(tender, other, "moderator")
    await market.clear(tender, other)
    body = {"present": [other.id, market.evaluator.id], "items": [an_item(bid)]}
    body["held_at"] = (await market.owner.fetchval("SELECT clock_timestamp()")).isoformat()
    problem = refused(await other.post(f"{lot_of(tender)}/meetings", body), 422, "meeting-record-incomplete")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/chair_reason"]
    body["chair_reason"] = "The chair is ill this week."
    assert done(await other.post(f"{lot_of(tender)}/meetings", body))["chair_id"] == other.id
    assert (await market.last(tender))["data"]["chair_reason"] == body["chair_reason"]
    again = an_item(bid, change_reason="A page was read again.")
    done(await market.meet(tender, again, present=(market.moderator, market.evaluator)))
    listed = done(await market.auditor.get(f"{lot_of(tender)}/meetings"))
    assert [one["chair_reason"] for one in listed] == [body["chair_reason"], None]


async def test_the_items_of_a_meeting_stay_in_the_order_in_which_they_were_recorded(market: Market) -> None:
    """As the panel went through them; both orders are tried, so that neither is so by chance."""
    tender, bids = await market.opened()
    for bid in bids:
        done(await score(market.evaluator, bid))
    for number, told in enumerate((bids, bids[::-1])):
        change = {"change_reason": "Read again."} if number else {}
        meeting = done(
            await market.meet(
                tender, *(an_item(bid, **change) for bid in told), present=(market.moderator, market.evaluator)
            )
        )
        assert [item["bid_id"] for item in meeting["items"]] == [bid["bid_id"] for bid in told]
        listed = done(await market.auditor.get(f"{lot_of(tender)}/meetings"))
        assert listed[-1] == meeting


async def test_a_meeting_lies_between_the_opening_and_now(market: Market) -> None:
    tender, bid = await scored(market, "3", "4")
    for held_at in ("2001-01-01T09:00:00Z", "2131-01-01T09:00:00Z"):
        answer = await market.meet(tender, an_item(bid), held_at=held_at)
        assert pointers(refused(answer, 422, "meeting-record-incomplete")) == ["/held_at"]
    twice = await market.meet(tender, an_item(bid), an_item(bid))
    assert pointers(refused(twice, 422, "meeting-record-incomplete")) == ["/items/1"]
    unnamed = await market.meet(tender, an_item(bid), present=(market.evaluator, market.second_evaluator))
    assert pointers(refused(unnamed, 422, "meeting-record-incomplete")) == ["/present"]


async def test_meetings_are_recorded_by_moderators_and_read_by_those_who_decide_or_audit(market: Market) -> None:
    tender, bid = await scored(market, "3", "4")
    path = f"{lot_of(tender)}/meetings"
    body = {"held_at": "2031-01-01T09:00:00Z", "present": [market.moderator.id], "items": [an_item(bid)]}

    async def tried(person: Person, status: int, slug: str) -> None:
        refused(await person.post(path, body), status, slug)
        refused(await person.get(path), status, slug)

    for person in (market.evaluator, market.author, market.officer, market.colleague):
        await tried(person, 403, "forbidden")
    for person in (market.stranger, market.alder):
        await tried(person, 404, "not-found")
    refused(await market.approver.post(path, body), 403, "forbidden")
