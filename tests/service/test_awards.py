"""The award decision."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.make import a_decision, a_score
from tests.service import test_clarifications as clarifications
from tests.service import test_corrections as corrections
from tests.service import test_draws as draws
from tests.service.conftest import Market, Person, done, refused

REASON = "Ranked first on the published criteria."


def path_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/award"


async def recommended(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """An evaluated tender with the moderator's recommendation of Birch, which is first."""
    tender, bids, run = await market.evaluated()
    await market.recommend(tender, run, bids[1])
    return tender, bids, run


async def annul(person: Person, tender: dict[str, Any], **fields: Any) -> httpx.Response:
    body = {"annulled_by": "court", "reference": "[2022] EWHC 1532 (TCC)", "reason": "One mark was a manifest error."}
    return await person.post(f"{path_of(tender)}/annulment", body | fields)


async def award(person: Person, tender: dict[str, Any], run: dict[str, Any], bid: Any, **fields: Any) -> httpx.Response:
    body = {"evaluation_id": run["id"], "bid_id": bid and bid["bid_id"], "reason": REASON} | fields
    return await person.post(path_of(tender), body)


async def test_an_approver_awards_to_the_bid_ranked_first(market: Market) -> None:
    """The decision rests on one evaluation, has a reason, is in the log, and colleagues can read it."""
    tender, (_, birch), run = await recommended(market)
    answer = await award(market.approver, tender, run, birch)
    decided = done(answer)
    assert answer.status_code == 201
    assert (decided["bid_id"], decided["evaluation_id"], decided["reason"]) == (birch["bid_id"], run["id"], REASON)
    assert (decided["person_id"], decided["number"], decided["recommendation_number"]) == (market.approver.id, 1, 1)
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("award.decided", market.approver.id)
    assert entry["data"]["bid_id"] == birch["bid_id"]
    assert done(await market.colleague.get(path_of(tender))) == decided


async def test_a_lot_may_be_awarded_to_nobody(market: Market) -> None:
    """Ending without a winner is a decision with a reason as well."""
    tender, _, run = await market.evaluated()
    await market.recommend(tender, run, None)
    assert done(await award(market.approver, tender, run, None, reason="The budget was cut."))["bid_id"] is None


async def test_a_bid_that_is_not_first_cannot_win(market: Market) -> None:
    """Another bid wins only after a recorded decision about the first one and a new evaluation."""
    tender, (alder, birch), run = await recommended(market)
    refused(await award(market.approver, tender, run, alder), 409, "not-ranked-first")
    refused(await award(market.approver, tender, run, {"bid_id": str(uuid4())}), 409, "not-ranked-first")
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision()))
    new = await market.evaluate_again(tender)
    refused(await award(market.approver, tender, run, birch), 409, "not-the-last-evaluation")
    refused(await award(market.approver, tender, new, alder), 409, "not-recommended")
    await market.recommend(tender, new, alder)
    assert done(await award(market.approver, tender, new, alder))["bid_id"] == alder["bid_id"]


async def test_an_award_rests_on_an_evaluation_of_this_lot(market: Market) -> None:
    """Too early without one; another lot's does not count."""
    tender, (_, birch) = await market.agreed()
    refused(await award(market.approver, tender, {"id": str(uuid4())}, birch), 409, "not-the-last-evaluation")
    _, _, foreign = await market.evaluated()
    refused(await award(market.approver, tender, foreign, birch), 409, "not-the-last-evaluation")


async def test_a_lot_is_awarded_once(market: Market) -> None:
    """Of five decisions at once one stands, and it cannot be replaced."""
    tender, (_, birch), run = await recommended(market)
    answers = await asyncio.gather(*(award(market.approver, tender, run, birch) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] + 4 * [409]
    refused(await award(market.approver, tender, run, None), 409, "lot-already-awarded")


async def test_only_approvers_award(market: Market) -> None:
    """Neither who scored nor who moderated nor who wrote the tender."""
    tender, (_, birch), run = await recommended(market)
    for person in (market.evaluator, market.moderator, market.author, market.officer, market.colleague):
        refused(await award(person, tender, run, birch), 403, "forbidden")


async def test_who_has_scored_does_not_award_by_changing_roles(market: Market) -> None:
    """Whoever gave a score in this tender decides no award, whatever role they hold by then."""
    tender, (alder, birch) = await market.opened()
    turncoat = await market.colleague_of(market.author, "Turncoat")
    await market.give(tender, turncoat, "evaluator")
    await market.clear(tender, turncoat)
    await market.seat(tender, turncoat)
    for bid in (alder, birch):
        for person in (market.evaluator, turncoat):
            done(await person.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    body = {"rules_digest": tender["lots"][0]["rules_digest"]}
    run = done(await market.moderator.post(f"/lots/{tender['lots'][0]['id']}/evaluations", body))
    await market.recommend(tender, run, birch)
    roles = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{roles}/{turncoat.id}/evaluator"))
    granted = await market.author.post(roles, {"person_id": turncoat.id, "role": "approver"})
    answer = await award(turncoat, tender, run, birch)
    assert 409 in {granted.status_code, answer.status_code}
    assert answer.status_code in {403, 409}


async def puts_out(tender: dict[str, Any], bids: list[dict[str, Any]], market: Market, turncoat: Person) -> None:
    done(await turncoat.put(f"/bids/{bids[0]['bid_id']}/state", a_decision(state="non_compliant")))


async def finds_unfit(tender: dict[str, Any], bids: list[dict[str, Any]], market: Market, turncoat: Person) -> None:
    body = {"subject": "ground", "id": "corruption", "outcome": "met", "evidence": "ESPD.", "reason": "None found."}
    done(await turncoat.post(f"/bids/{bids[0]['bid_id']}/selection", body))


async def assesses(tender: dict[str, Any], bids: list[dict[str, Any]], market: Market, turncoat: Person) -> None:
    path = f"/bids/{bids[1]['bid_id']}/abnormally-low"
    asked = {"question": "Explain your price in figures.", "due_at": await market.in_an_hour()}
    low = done(await turncoat.post(f"{path}/requests", asked))
    answer = f"/clarifications/{low['requests'][-1]['id']}/answer"
    done(await market.birch.put(answer, {"answer": "The modules are in stock."}))
    done(await turncoat.post(f"{path}/assessments", {"explained": True, "reason": "Shown in figures."}))


async def locks(tender: dict[str, Any], bids: list[dict[str, Any]], market: Market, turncoat: Person) -> None:
    await market.unlock(tender, "A page had not been handed out.")
    done(await turncoat.post(f"/lots/{tender['lots'][0]['id']}/criteria/method-statement/lock"))


async def evaluates(tender: dict[str, Any], bids: list[dict[str, Any]], market: Market, turncoat: Person) -> None:
    lot = tender["lots"][0]
    body = {"rules_digest": lot["rules_digest"], "reason": "Once more."}
    done(await turncoat.post(f"/lots/{lot['id']}/evaluations", body))


async def meets(tender: dict[str, Any], bids: list[dict[str, Any]], market: Market, turncoat: Person) -> None:
    await market.unlock(tender, "A page had not been handed out.")
    question = {"bid_id": bids[0]["bid_id"], "criterion_id": "method-statement", "points": ["The crane plan."]}
    item = a_score() | question | {"change_reason": "Read again.", "answer": "Read again."}
    done(await market.meet(tender, item, present=(market.moderator, market.evaluator, turncoat)))


@pytest.mark.parametrize("act", [puts_out, finds_unfit, assesses, locks, evaluates, meets])
async def test_who_has_judged_anything_does_not_award_by_changing_roles(market: Market, act: Any) -> None:
    """Two persons are two persons: what counts is what somebody did in the lot, not the role that they hold by now."""
    tender, bids, run = await market.evaluated(jurisdiction="eu-2014-24")
    await market.recommend(tender, run, bids[1])
    turncoat = await market.colleague_of(market.author, "Turncoat")
    await market.give(tender, turncoat, "moderator")
    await market.clear(tender, turncoat)
    await act(tender, bids, market, turncoat)
    done(await market.author.delete(f"/tenders/{tender['id']}/roles/{turncoat.id}/moderator"))
    await market.give(tender, turncoat, "approver")
    refused(await award(turncoat, tender, run, bids[1]), 409, "roles-conflict")


async def test_an_approver_who_has_judged_nothing_awards_whoever_else_became_one(market: Market) -> None:
    """Negative control: a moderator of nothing, made approver, is as good as any."""
    tender, bids, run = await market.evaluated()
    await market.recommend(tender, run, bids[1])
    newcomer = await market.colleague_of(market.author, "Newcomer")
    await market.give(tender, newcomer, "moderator")
    await market.clear(tender, newcomer)
    done(await market.author.delete(f"/tenders/{tender['id']}/roles/{newcomer.id}/moderator"))
    await market.give(tender, newcomer, "approver")
    assert done(await award(newcomer, tender, run, bids[1]))["person_id"] == newcomer.id


async def test_an_award_that_was_not_decided_and_a_foreign_one_do_not_exist(market: Market) -> None:
    """Before the decision there is nothing to read; for outsiders there never is."""
    tender, (_, birch), run = await recommended(market)
    refused(await market.colleague.get(path_of(tender)), 404, "not-found")
    done(await award(market.approver, tender, run, birch))
    real, missing = tender["lots"][0]["id"], str(uuid4())
    for person in (market.stranger, market.alder, market.birch):
        for theirs, nobody in (
            (await person.get(path_of(tender)), await person.get(f"/lots/{missing}/award")),
            (
                await award(person, tender, run, birch),
                await award(person, {"lots": [{"id": missing}]}, run, birch),
            ),
        ):
            refused(theirs, 404, "not-found")
            assert theirs.content.replace(real.encode(), missing.encode()) == nobody.content


@pytest.mark.parametrize(
    ("pointer", "fields"),
    [("/reason", {"reason": " "}), ("/bid_id", {"bid_id": "first"}), ("/evaluation_id", {"evaluation_id": None})],
)
async def test_a_wrong_decision_names_the_place(market: Market, pointer: str, fields: dict[str, Any]) -> None:
    """A decision without a reason, or about something that can have no id, is refused."""
    tender = await market.draft()
    problem = refused(
        await award(market.approver, tender, {"id": str(uuid4())}, None, **fields), 422, "invalid-request"
    )
    assert problem["errors"][0]["pointer"] == pointer


async def test_what_an_award_rests_on_stands_from_then_on(market: Market) -> None:
    """After the decision nobody scores, agrees, decides about bids or ranks again; the attempts are in the log."""
    tender, (_, birch), _ = await market.awarded()
    bid, lot = f"/bids/{birch['bid_id']}", tender["lots"][0]
    digest = {"rules_digest": lot["rules_digest"]}
    for late in (
        await market.evaluator.put(f"{bid}/scores/method-statement", a_score(value="1")),
        await market.moderator.put(f"{bid}/consensus/method-statement", a_score(value="1")),
        await market.moderator.put(f"{bid}/state", a_decision()),
        await market.moderator.post(f"/lots/{lot['id']}/evaluations", digest),
    ):
        refused(late, 409, "lot-already-awarded")
    assert [entry["kind"] for entry in (await market.log(tender))[-4:]] == ["refused"] * 4


async def test_an_award_follows_a_recommendation(market: Market) -> None:
    """Recommendation, then approval by somebody else: without the first there is nothing to approve."""
    tender, (_, birch), run = await market.evaluated()
    refused(await award(market.approver, tender, run, birch), 409, "not-recommended")
    await market.recommend(tender, run, None)
    refused(await award(market.approver, tender, run, birch), 409, "not-recommended")


async def test_who_recommended_does_not_award_by_changing_roles(market: Market) -> None:
    """A moderator who becomes approver decides no award that they recommended."""
    tender, (_, birch), run = await market.evaluated()
    turncoat = await market.colleague_of(market.author, "Turncoat")
    await market.give(tender, turncoat, "moderator")
    await market.clear(tender, turncoat)
    warned = done(await turncoat.get(f"/evaluations/{run['id']}/warnings"))
    body = {
        "evaluation_id": run["id"],
        "bid_id": birch["bid_id"],
        "reason": REASON,
        "acknowledged": [{"warning": one["name"], "answer": "Read again."} for one in warned],
    }
    done(await turncoat.post(f"/lots/{tender['lots'][0]['id']}/recommendations", body))
    done(await market.author.delete(f"/tenders/{tender['id']}/roles/{turncoat.id}/moderator"))
    await market.give(tender, turncoat, "approver")
    refused(await award(turncoat, tender, run, birch), 409, "recommended-by-yourself")


async def test_an_award_rests_on_what_still_holds(market: Market) -> None:
    """The winner is put out after the run: neither recommendation nor award follows the old result."""
    tender, (_, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision()))
    refused(await award(market.approver, tender, run, birch), 409, "evaluation-outdated")
    body = {"evaluation_id": run["id"], "bid_id": None, "reason": REASON, "acknowledged": []}
    path = f"/lots/{tender['lots'][0]['id']}/recommendations"
    refused(await market.moderator.post(path, body), 409, "evaluation-outdated")
    again = await market.evaluate_again(tender, "Birch is out.")
    done(await market.moderator.post(path, body | {"evaluation_id": again["id"]}))
    done(await award(market.approver, tender, again, None))


async def test_a_loser_put_out_after_the_run_needs_another_run(market: Market) -> None:
    """Its letter would say that it was outscored, and not that it was excluded."""
    tender, (alder, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    done(await market.moderator.put(f"/bids/{alder['bid_id']}/state", a_decision()))
    refused(await award(market.approver, tender, run, birch), 409, "evaluation-outdated")


async def test_a_mark_cut_after_the_run_needs_another_run(market: Market) -> None:
    """Unlocked, agreed anew and locked again: the old result is not what the panel agreed any more."""
    tender, (_, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    await market.unlock(tender, "A page had been read wrongly.")
    lower = a_score(value="0", change_reason="Page 4 says nothing of the crane.")
    done(await market.evaluator.put(f"/bids/{birch['bid_id']}/scores/method-statement", lower))
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/consensus/method-statement", lower))
    await market.lock(tender)
    refused(await award(market.approver, tender, run, birch), 409, "evaluation-outdated")


async def test_a_price_corrected_after_the_run_needs_another_run(market: Market) -> None:
    """Two persons confirmed what the bid meant: no award rests on the price that it did not mean."""
    tender, (alder, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    asked = await corrections.asked_about(market, alder)
    done(await clarifications.answer(market.alder, asked, "Yes, a digit was lost: 900000."))
    done(await corrections.propose(market.moderator, asked))
    done(await corrections.decide(market.approver, asked))
    refused(await award(market.approver, tender, run, birch), 409, "evaluation-outdated")
    body = {"evaluation_id": run["id"], "bid_id": None, "reason": REASON, "acknowledged": []}
    path = f"/lots/{tender['lots'][0]['id']}/recommendations"
    refused(await market.moderator.post(path, body), 409, "evaluation-outdated")
    again = await market.evaluate_again(tender, "A digit had been lost.")
    await market.recommend(tender, again, alder)
    assert done(await award(market.approver, tender, again, alder))["bid_id"] == alder["bid_id"]


async def test_a_correction_that_was_only_proposed_or_refused_outdates_nothing(market: Market) -> None:
    """Negative control: what does not count does not stop the award."""
    tender, (alder, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    asked = await corrections.asked_about(market, alder)
    done(await clarifications.answer(market.alder, asked))
    done(await corrections.propose(market.moderator, asked))
    done(await corrections.decide(market.approver, asked, "refused"))
    done(await award(market.approver, tender, run, birch))


async def test_a_secret_revealed_after_the_run_needs_another_run(market: Market) -> None:
    """The draw may turn the order round: neither a recommendation nor an award rests on the run before it."""
    tender, _ = await draws.tied(market)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, None)
    done(await market.approver.post(draws.draw_of(tender), {"secret": draws.SECRET}))
    refused(await award(market.approver, tender, run, None), 409, "evaluation-outdated")
    body = {"evaluation_id": run["id"], "bid_id": None, "reason": REASON, "acknowledged": []}
    refused(await market.moderator.post(f"/lots/{lot['id']}/recommendations", body), 409, "evaluation-outdated")
    again = await market.evaluate_again(tender, "Lots were drawn.")
    winner = {"bid_id": done(await market.auditor.get(f"/evaluations/{again['id']}"))["winner"]}
    await market.recommend(tender, again, winner)
    assert done(await award(market.approver, tender, again, winner))["bid_id"] == winner["bid_id"]


async def test_an_unlocked_criterion_stops_the_award(market: Market) -> None:
    tender, (_, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    await market.unlock(tender, "A page had not been handed out.")
    refused(await award(market.approver, tender, run, birch), 409, "criteria-not-locked")


# Annulment


async def test_after_an_annulment_the_same_award_needs_a_new_recommendation(market: Market) -> None:
    """What the court set aside is not decided again by one person with the same words."""
    tender, (_, birch), decided = await market.awarded()
    run = {"id": decided["evaluation_id"]}
    path = f"/lots/{tender['lots'][0]['id']}/award/annulment"
    judgment = {"annulled_by": "court", "reference": "[2031] EWHC 1 (TCC)", "reason": "No reasons were recorded."}
    done(await market.approver.post(path, judgment))
    refused(await award(market.approver, tender, run, birch), 409, "not-recommended")
    await market.recommend(tender, run, birch)
    done(await award(market.approver, tender, run, birch))


async def test_an_annulled_award_stays_in_the_record_and_the_lot_is_evaluated_again(market: Market) -> None:
    """After the court's judgment the panel corrects the mark, runs again, recommends, and the award gets number 2."""
    tender, (alder, birch), first = await market.awarded()
    annulled = done(await annul(market.approver, tender))
    assert annulled["annulment"]["reference"] == "[2022] EWHC 1532 (TCC)"
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["number"]) == ("award.annulled", 1)
    refused(await market.colleague.get(path_of(tender)), 404, "not-found")
    assert done(await market.auditor.get(f"/tenders/{tender['id']}"))["stage"] == "evaluated"
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision()))
    run = await market.evaluate_again(tender, "The court set the award aside.")
    await market.recommend(tender, run, alder)
    second = done(await award(market.approver, tender, run, alder))
    assert second["number"] == 2
    listed = done(await market.auditor.get(f"{path_of(tender)}s"))
    assert [(one["number"], one["bid_id"], one["annulment"] is not None) for one in listed] == [
        (1, first["bid_id"], True),
        (2, alder["bid_id"], False),
    ]


async def test_only_an_approver_annuls_a_standing_award_and_says_by_whom(market: Market) -> None:
    """Nobody else, not twice, not before there is one, not without a reason, and not in another city."""
    tender, _, _ = await market.evaluated()
    refused(await annul(market.approver, tender), 409, "not-awarded")
    tender, _, _ = await market.awarded()
    for person in (market.moderator, market.author, market.evaluator, market.colleague):
        refused(await annul(person, tender), 403, "forbidden")
    for field in ({"reason": " "}, {"annulled_by": "press"}, {"reference": ""}):
        refused(await annul(market.approver, tender, **field), 422, "invalid-request")
    for person in (market.stranger, market.alder):
        refused(await annul(person, tender), 404, "not-found")
        refused(await person.get(f"{path_of(tender)}s"), 404, "not-found")
    answers = await asyncio.gather(*(annul(market.approver, tender) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(await annul(market.approver, tender), 409, "not-awarded")
