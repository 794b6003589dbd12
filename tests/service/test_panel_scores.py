"""Individual scores: alone, with a reason and a citation; drafts, changes, progress and reminders."""

import asyncio
import json
from typing import Any

import pytest

from tests.make import a_bid, a_decision, a_lot, a_score
from tests.service.conftest import Market, Person, done, refused

CRITERION = "method-statement"


async def score(person: Person, bid: dict[str, Any], criterion: str = CRITERION, **fields: Any) -> Any:
    return await person.put(f"/bids/{bid['bid_id']}/scores/{criterion}", a_score(**fields))


def lot_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}"


async def test_an_evaluator_scores_with_a_reason_and_a_citation(market: Market) -> None:
    """The score, its reason and the place in the bid are kept with their version, and the log has them."""
    tender, (bid, _) = await market.opened()
    given = done(await score(market.evaluator, bid, value="3", reason="Crane plan lacks one site.", cites=["p. 4"]))
    assert (given["value"], given["version"], given["person_id"]) == ("3", 1, market.evaluator.id)
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("score.given", market.evaluator.id)
    assert [entry["data"][name] for name in ("value", "reason", "cites")] == [
        "3",
        "Crane plan lacks one site.",
        ["p. 4"],
    ]


@pytest.mark.parametrize("cites", [[], [""], [" "], None, "p. 4", ["x" * 501]])
async def test_a_score_cites_the_bid(market: Market, cites: object) -> None:
    """A reason that nobody can find in the bid explains nothing (regulation 31: by reference to the tender)."""
    _, (bid, _) = await opened_for_all(market)
    problem = refused(await score(market.evaluator, bid, cites=cites), 422, "invalid-request")
    assert "cites" in problem["errors"][0]["pointer"]


async def opened_for_all(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One opened tender for all checks that change nothing."""
    if not hasattr(market, "quiet_panel"):
        market.quiet_panel = await market.opened()
    return market.quiet_panel


async def test_a_changed_score_says_why_and_the_old_one_stays_in_the_log(market: Market) -> None:
    """EnergySolutions v NDA [2016] EWHC 1988 (TCC): no score changes without a reason and its old value."""
    tender, (bid, _) = await market.opened()
    done(await score(market.evaluator, bid, value="2"))
    problem = refused(await score(market.evaluator, bid, value="4"), 422, "change-needs-reason")
    assert problem["errors"][0]["pointer"] == "/change_reason"
    refused(await score(market.evaluator, bid, value="4", change_reason=" "), 422, "invalid-request")
    changed = done(await score(market.evaluator, bid, value="4", change_reason="I had overlooked page 9."))
    assert (changed["version"], changed["change_reason"]) == (2, "I had overlooked page 9.")
    # another window that has read the first version overwrites nothing, where it says so
    path, stale = f"/bids/{bid['bid_id']}/scores/{CRITERION}", a_score(value="1", change_reason="Page 3.")
    refused(await market.evaluator.put(path, stale, If_Match='"1"'), 412, "precondition-failed")
    (standing,) = done(await market.moderator.get(f"{lot_of(tender)}/scores"))
    assert (standing["value"], standing["version"]) == ("4", 2)
    told = [entry["data"] for entry in await market.log(tender) if entry["kind"] == "score.given"]
    assert [(data["value"], data.get("was")) for data in told] == [("2", None), ("4", "2")]


async def test_an_evaluator_sees_the_others_once_all_own_scores_on_the_criterion_are_in(market: Market) -> None:
    """Nobody is led by what colleagues wrote about any bid; the moderator and the auditor see all."""
    tender, (alder, birch) = await market.opened()
    await market.seat(tender, market.second_evaluator)
    path = f"{lot_of(tender)}/scores"
    done(await score(market.evaluator, alder, value="5"))
    done(await score(market.evaluator, birch, value="1"))
    assert done(await market.second_evaluator.get(path)) == []
    done(await score(market.second_evaluator, alder, value="2"))
    seen = done(await market.second_evaluator.get(path))
    assert [(item["bid_id"], item["value"]) for item in seen] == [(alder["bid_id"], "2")]
    done(await score(market.second_evaluator, birch, value="3"))
    assert len(done(await market.second_evaluator.get(path))) == 4
    assert len(done(await market.moderator.get(path))) == 4
    assert len(done(await market.auditor.get(path))) == 4


async def test_a_bid_that_is_out_of_the_race_keeps_nobody_waiting(market: Market) -> None:
    """An excluded bid needs no score before colleagues' scores are shown."""
    tender, (alder, birch) = await market.opened()
    await market.seat(tender, market.second_evaluator)
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision()))
    done(await score(market.evaluator, alder, value="5"))
    done(await score(market.second_evaluator, alder, value="2"))
    assert len(done(await market.second_evaluator.get(f"{lot_of(tender)}/scores"))) == 2


@pytest.mark.parametrize("value", ["04", "4.0"])
async def test_a_score_is_kept_in_the_published_spelling(market: Market, value: str) -> None:
    """The record shows the value of the scale that was published, or the score is refused."""
    _, (bid, _) = await market.opened()
    answer = await score(market.evaluator, bid, value=value)
    if answer.status_code != 422:
        assert done(answer)["value"] == "4"


async def test_only_evaluators_who_are_seated_on_the_criterion_score(market: Market) -> None:
    """Neither the moderator nor the approver, nor an evaluator whom the panel's list does not name."""
    _, (bid, _) = await opened_for_all(market)
    for person in (market.moderator, market.approver, market.officer, market.colleague):
        refused(await score(person, bid), 403, "forbidden")
        refused(await person.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}/draft", {}), 403, "forbidden")
    refused(await score(market.second_evaluator, bid), 403, "not-seated")


async def test_an_evaluator_sees_of_a_bid_what_this_person_scores_and_no_price(market: Market) -> None:
    """A quality evaluator sees no price before the lock, in one envelope or two; the moderator sees all."""
    tender, _ = await opened_for_all(market)
    bids = done(await market.evaluator.get(f"{lot_of(tender)}/bids"))
    assert {tuple(bid["offers"]) for bid in bids} == {(CRITERION,)}
    assert all("price" in bid["offers"] for bid in done(await market.moderator.get(f"{lot_of(tender)}/bids")))
    assert {tuple(bid["offers"]) for bid in done(await market.second_evaluator.get(f"{lot_of(tender)}/bids"))} == {()}


async def test_of_scores_at_once_one_is_first_and_the_others_must_say_why(market: Market) -> None:
    """A double click is one version, not two."""
    _, (bid, _) = await market.opened()
    reasons = [f"Reason {number}." for number in range(3)]
    answers = await asyncio.gather(*(score(market.evaluator, bid, reason=one) for one in reasons * 2))
    first = next(answer for answer in answers if answer.status_code == 200)
    assert sorted(answer.status_code for answer in answers) == 2 * [200] + 4 * [422]
    assert {answer.content for answer in answers if answer.status_code == 200} == {first.content}


async def test_a_score_that_is_sent_again_is_the_version_that_stands(market: Market) -> None:
    """Whoever lost the answer gets it again, whatever version he named; another word of it is a change."""
    tender, (bid, _) = await market.opened()
    first = await score(market.evaluator, bid)
    again = await score(market.evaluator, bid)
    assert (again.content, again.headers["etag"]) == (first.content, '"1"')
    changed = await score(market.evaluator, bid, reason="Another one.", change_reason="Read it again.")
    assert done(changed)["version"] == 2
    for fields in ({}, {"change_reason": "Read it again."}):
        assert (await score(market.evaluator, bid, reason="Another one.", **fields)).content == changed.content
    refused(await score(market.evaluator, bid), 422, "change-needs-reason")
    assert [entry["kind"] for entry in await market.log(tender)].count("score.given") == 2


async def test_reasons_with_every_kind_of_text_come_back_as_written(market: Market) -> None:
    """Reasons are evidence: quotes, markup, templates and many scripts survive unchanged."""
    tender, (bid, _) = await market.opened()
    reason = "“Gut” – <script>alert(1)</script> {{7*7}} '; DROP TABLE bids; -- ${x} %s \\ Ж 日本 👍🏽\n=HYPERLINK(1)"
    assert done(await score(market.evaluator, bid, reason=reason, cites=[reason]))["reason"] == reason
    (standing,) = done(await market.moderator.get(f"{lot_of(tender)}/scores"))
    assert (standing["reason"], standing["cites"]) == (reason, [reason])
    assert json.dumps(reason) in json.dumps((await market.last(tender))["data"])


# Drafts


async def test_a_draft_is_saved_as_it_is_typed_and_seen_by_nobody_else(market: Market) -> None:
    """It is overwritten without a reason, is in no log, and is gone once the score is submitted."""
    tender, (bid, _) = await market.opened()
    path = f"/bids/{bid['bid_id']}/scores/{CRITERION}"
    before = await market.log(tender)
    done(await market.evaluator.put(f"{path}/draft", {"reason": "Phasing"}))
    done(await market.evaluator.put(f"{path}/draft", {"value": "3.7?", "reason": "Phasing: p. 4", "cites": ["p."]}))
    (draft,) = done(await market.evaluator.get(f"{lot_of(tender)}/scores/drafts"))
    assert (draft["value"], draft["reason"], draft["cites"]) == ("3.7?", "Phasing: p. 4", ["p."])
    assert await market.log(tender) == before
    assert done(await market.second_evaluator.get(f"{lot_of(tender)}/scores/drafts")) == []
    refused(await market.moderator.get(f"{lot_of(tender)}/scores/drafts"), 403, "forbidden")
    for person in (market.moderator, market.auditor, market.second_evaluator):
        for address in ("scores", "bids", "panel", "panel/progress"):
            assert "3.7?" not in (await person.get(f"{lot_of(tender)}/{address}")).text
    done(await score(market.evaluator, bid))
    assert done(await market.evaluator.get(f"{lot_of(tender)}/scores/drafts")) == []


# Progress and reminders


async def test_progress_counts_and_tells_no_value(market: Market) -> None:
    """Per evaluator and criterion: expected, submitted, drafted."""
    tender, (alder, birch) = await market.opened()
    await market.seat(tender, market.second_evaluator)
    done(await score(market.evaluator, alder, value="1"))
    done(await market.evaluator.put(f"/bids/{birch['bid_id']}/scores/{CRITERION}/draft", {"value": "1"}))
    answer = await market.moderator.get(f"{lot_of(tender)}/panel/progress")
    assert {line["person"]: (line["expected"], line["submitted"], line["drafted"]) for line in done(answer)} == {
        "Evaluator": (2, 1, 1),
        "Second Evaluator": (2, 0, 0),
    }
    assert "value" not in answer.text
    refused(await market.author.get(f"{lot_of(tender)}/panel/progress"), 403, "forbidden")


async def test_a_reminder_is_an_entry_for_everybody_who_is_behind(market: Market) -> None:
    """Only a moderator reminds; where nothing is missing there is nobody to remind."""
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator)
    for bid in bids:
        done(await score(market.evaluator, bid))
    path = f"{lot_of(tender)}/panel/reminders"
    refused(await market.evaluator.post(path, {"message": "Hurry."}), 403, "forbidden")
    late = done(await market.moderator.post(path, {"message": "By Friday, please."}))
    assert [line["person_id"] for line in late] == [market.second_evaluator.id]
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["person_id"], entry["data"]["missing"]) == (
        "score.reminded",
        market.second_evaluator.id,
        2,
    )
    for bid in bids:
        done(await score(market.second_evaluator, bid))
    refused(await market.moderator.post(path, {"message": "Again."}), 409, "nothing-missing")


async def test_prices_stay_unseen_by_evaluators_after_their_opening_too(market: Market) -> None:
    """Two envelopes: what an evaluator does not score is not shown, before or after the lock."""
    tender = await market.publish(lots=[a_lot(price_envelope=["price"])])
    done(await market.alder.submit(tender, a_bid(price="777777.77")))
    (bid,) = (await market.open(tender))["bids"]
    done(await score(market.evaluator, bid))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score()))
    done(await market.moderator.post(f"{lot_of(tender)}/consensus-lock"))
    for officer in (market.officer, market.second_officer):
        done(await officer.post(f"{lot_of(tender)}/opening?envelope=price"))
    assert "777777.77" in (await market.moderator.get(f"{lot_of(tender)}/bids")).text
    assert "777777.77" not in (await market.evaluator.get(f"{lot_of(tender)}/bids")).text


async def test_for_outsiders_there_are_no_scores(market: Market) -> None:
    """Another city and the bidders get what a missing id gets."""
    tender, (bid, _) = await opened_for_all(market)
    for person in (market.stranger, market.alder):
        refused(await score(person, bid), 404, "not-found")
        refused(await person.put(f"/bids/{bid['bid_id']}/scores/{CRITERION}/draft", {}), 404, "not-found")
        for path in ("scores", "scores/drafts", "panel/progress"):
            refused(await person.get(f"{lot_of(tender)}/{path}"), 404, "not-found")
        refused(await person.post(f"{lot_of(tender)}/panel/reminders", {"message": "x"}), 404, "not-found")
