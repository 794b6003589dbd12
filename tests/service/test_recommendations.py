"""The panel's recommendation: on the last run, for the first bid, with an answer to every warning."""

from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

import scoring
from service.examples import EXAMPLES
from tests.make import a_bid, a_decision, a_lot, a_rules, a_score
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_draws import SECRET, tied


def path_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/recommendations"


async def recommend(
    person: Person, tender: dict[str, Any], run: dict[str, Any], bid: Any, **fields: Any
) -> httpx.Response:
    body = {"evaluation_id": run["id"], "bid_id": bid and bid["bid_id"], "reason": "Ranked first."} | fields
    return await person.post(path_of(tender), body)


async def close_race(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Birch leads by so little that one mark on the method statement would give the lot to Alder."""
    tender = await market.publish()
    done(await market.alder.submit(tender, a_bid(price="1000000.00")))
    done(await market.birch.submit(tender, a_bid(price="1000000.00", apprentice_weeks="157")))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    return tender, bids, run


async def test_a_moderator_recommends_with_reasons_and_an_answer_to_every_warning(market: Market) -> None:
    """What the panel was warned about stands beside its reasons, in the record and in the log."""
    tender, (_, birch), run = await close_race(market)
    warned = done(await market.moderator.get(f"/evaluations/{run['id']}/warnings"))
    assert any(one["name"].startswith("one-mark/method-statement/") for one in warned)
    made = await market.recommend(tender, run, birch)
    assert (made["number"], made["bid_id"], made["person"]) == (1, birch["bid_id"], "Moderator")
    assert [one["name"] for one in made["warnings"]] == [one["name"] for one in warned]
    assert all(one["answer"] for one in made["warnings"])
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("award.recommended", market.moderator.id)
    assert entry["data"]["warnings"] == made["warnings"]
    assert done(await market.auditor.get(path_of(tender))) == [made]


async def test_a_warning_without_an_answer_stops_the_recommendation(market: Market) -> None:
    """Braceurself v NHS England [2022] EWHC 1532 (TCC): who signs knows that one mark decides."""
    tender, (_, birch), run = await close_race(market)
    problem = refused(await recommend(market.moderator, tender, run, birch), 422, "warnings-not-answered")
    warned = done(await market.moderator.get(f"/evaluations/{run['id']}/warnings"))
    assert len(problem["errors"]) == len(warned)
    assert all(one["name"] in fault["mend"] for one, fault in zip(warned, problem["errors"], strict=True))
    unheard = [{"warning": one["name"], "answer": "Read."} for one in warned] + [{"warning": "none", "answer": "x"}]
    refused(await recommend(market.moderator, tender, run, birch, acknowledged=unheard), 422, "warnings-not-answered")
    empty = [{"warning": warned[0]["name"], "answer": " "}]
    refused(await recommend(market.moderator, tender, run, birch, acknowledged=empty), 422, "invalid-request")


async def test_a_winner_that_stands_firmly_has_no_warning_of_one_mark(market: Market) -> None:
    """Negative control: where no single mark decides, none is spoken of."""
    _, _, run = await market.evaluated()
    names = [one["name"] for one in done(await market.auditor.get(f"/evaluations/{run['id']}/warnings"))]
    stored = await market.auditor.get(f"/evaluations/{run['id']}")
    result = msgspec.json.decode(stored.content, type=scoring.Evaluation)
    marks = scoring.sensitivity(result.lot, result.inputs, draws=0).marks
    assert len([name for name in names if name.startswith("one-mark/")]) == len(marks)


async def test_a_recommendation_is_for_the_first_bid_of_the_last_run(market: Market) -> None:
    """Not for another bid, not on an outdated or a foreign run, and not once the award is decided."""
    tender, (alder, birch), run = await market.evaluated()
    refused(await recommend(market.moderator, tender, run, alder), 409, "not-ranked-first")
    refused(await recommend(market.moderator, tender, {"id": str(uuid4())}, birch), 409, "not-the-last-evaluation")
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision()))
    await market.evaluate_again(tender)
    refused(await recommend(market.moderator, tender, run, birch), 409, "not-the-last-evaluation")
    awarded, (_, birch), award = await market.awarded()
    late = await recommend(market.moderator, awarded, {"id": award["evaluation_id"]}, birch)
    assert late.status_code in {409, 422}
    refused(
        await recommend(market.moderator, awarded, {"id": award["evaluation_id"]}, None), 409, "lot-already-awarded"
    )


async def test_nobody_chooses_between_bids_that_are_still_equal(market: Market) -> None:
    """Before lots are drawn as published neither is recommended nor awarded; after it the drawn one is."""
    tender, bids = await tied(market)
    lot = tender["lots"][0]
    digest = {"rules_digest": lot["rules_digest"]}
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", digest))
    award = {"evaluation_id": run["id"], "reason": "As recommended."}
    for bid in bids:
        problem = refused(await recommend(market.moderator, tender, run, bid), 409, "first-place-shared")
        assert "lots are still to be drawn" in problem["detail"]
        late = await market.approver.post(f"/lots/{lot['id']}/award", award | {"bid_id": bid["bid_id"]})
        refused(late, 409, "first-place-shared")
    done(await market.approver.post(f"/lots/{lot['id']}/draw", {"secret": SECRET}))
    again = await market.evaluate_again(tender, "Lots were drawn.")
    winner = done(await market.auditor.get(f"/evaluations/{again['id']}"))["winner"]
    made = await market.recommend(tender, again, {"bid_id": winner})
    assert "lots-drawn" in {one["name"] for one in made["warnings"]}
    (other,) = (bid for bid in bids if bid["bid_id"] != winner)
    refused(await recommend(market.moderator, tender, again, other), 409, "not-ranked-first")


async def test_where_no_rule_is_left_equals_win_nothing(market: Market) -> None:
    """The way on is to award nothing, which is a decision with a reason."""
    rules = a_rules()
    rules.pop("tie_break", None)
    tender = await market.publish(lots=[a_lot(rules=rules)])
    for supplier in (market.alder, market.birch):
        done(await supplier.submit(tender, a_bid()))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    problem = refused(await recommend(market.moderator, tender, run, bids[0]), 409, "first-place-shared")
    assert "no published rule tells them apart" in problem["detail"]
    await market.recommend(tender, run, None)


async def test_only_moderators_recommend_and_only_the_panel_reads_it(market: Market) -> None:
    """Neither who scores nor who approves; suppliers and strangers find nothing."""
    tender, (_, birch), run = await market.evaluated()
    for person in (market.evaluator, market.approver, market.author, market.colleague):
        refused(await recommend(person, tender, run, birch), 403, "forbidden")
    for person in (market.officer, market.colleague):
        refused(await person.get(path_of(tender)), 403, "forbidden")
        refused(await person.get(f"/evaluations/{run['id']}/warnings"), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await recommend(person, tender, run, birch), 404, "not-found")
        refused(await person.get(path_of(tender)), 404, "not-found")
        refused(await person.get(f"/evaluations/{run['id']}/warnings"), 404, "not-found")
    unopened = await market.publish()
    refused(await recommend(market.moderator, unopened, run, None), 409, "not-opened")


@pytest.mark.parametrize("field", ["reason", "evaluation_id"])
async def test_a_recommendation_without_a_reason_or_a_run_is_refused(market: Market, field: str) -> None:
    """The reasons are the recommendation."""
    tender = await market.draft()
    problem = refused(
        await recommend(market.moderator, tender, {"id": str(uuid4())}, None, **{field: ""}), 422, "invalid-request"
    )
    assert problem["errors"][0]["pointer"] == f"/{field}"


async def test_an_approver_may_reject_the_standing_recommendation(market: Market) -> None:
    """With a reason; nothing is awarded on it any more, and the panel may recommend anew."""
    tender, (_, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    path, why = f"{path_of(tender)}/1/rejection", {"reason": "The reasons do not name the crane plan."}
    refused(await market.moderator.post(path, why), 403, "forbidden")
    refused(await market.alder.post(path, why), 404, "not-found")
    refused(await market.approver.post(f"{path_of(tender)}/7/rejection", why), 404, "not-found")
    rejected = done(await market.approver.post(path, why))
    assert rejected["rejection"]["reason"] == why["reason"]
    assert (await market.last(tender))["kind"] == "recommendation.rejected"
    refused(await market.approver.post(path, why), 409, "recommendation-decided")
    award = {"evaluation_id": run["id"], "bid_id": birch["bid_id"], "reason": "As recommended."}
    refused(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award", award), 409, "not-recommended")
    assert (await market.recommend(tender, run, birch))["number"] == 2
    refused(await market.approver.post(path, why), 409, "recommendation-decided")


async def test_a_recommendation_whose_award_was_annulled_is_not_rejected_any_more(market: Market) -> None:
    """It was followed, and what became of the award is in the record; the next one can be rejected."""
    tender, (_, birch), award = await market.awarded()
    path, why = path_of(tender), {"reason": "The reasons do not name the crane plan."}
    refused(await market.approver.post(f"{path}/1/rejection", why), 409, "lot-already-awarded")
    annulment = {"annulled_by": "buyer", "reference": "NGC 7", "reason": "The reasons were thin."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award/annulment", annulment))
    problem = refused(await market.approver.post(f"{path}/1/rejection", why), 409, "recommendation-decided")
    assert "annulled" in problem["detail"]
    assert done(await market.auditor.get(path))[0]["rejection"] is None
    await market.recommend(tender, {"id": award["evaluation_id"]}, birch)
    assert done(await market.approver.post(f"{path}/2/rejection", why))["rejection"]["reason"] == why["reason"]


# What is decided about the winner before


async def with_requirements(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """An evaluated tender that was published with a condition and a mandatory requirement; Birch is first."""
    tender = await market.draft(submission_deadline=await market.in_an_hour())
    done(await market.author.put(f"/tenders/{tender['id']}/requirements", EXAMPLES["write_requirements"].body))
    tender = done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    return tender, bids, run


async def decide(market: Market, bid: dict[str, Any], subject: str, name: str) -> None:
    body = {"subject": subject, "id": name, "outcome": "met", "evidence": "Annex 5.", "reason": "Shown there."}
    done(await market.moderator.post(f"/bids/{bid['bid_id']}/selection", body))


async def test_what_was_never_looked_at_is_not_fulfilled(market: Market) -> None:
    """The winner has a decision on every published condition and requirement; a decision about a loser is none."""
    tender, (alder, birch), run = await with_requirements(market)
    problem = refused(await recommend(market.moderator, tender, run, birch), 409, "requirements-not-decided")
    assert [fault["pointer"].rpartition("/selection/")[2] for fault in problem["errors"]] == [
        "condition/insurance",
        "mandatory/modules",
    ]
    for subject, name in (("condition", "insurance"), ("mandatory", "modules")):
        await decide(market, alder, subject, name)
    await decide(market, birch, "condition", "insurance")
    problem = refused(await recommend(market.moderator, tender, run, birch), 409, "requirements-not-decided")
    assert ["modules" in fault["message"] for fault in problem["errors"]] == [True]
    await decide(market, birch, "mandatory", "modules")
    await market.recommend(tender, run, birch)


async def test_an_award_looks_at_the_requirements_itself(market: Market) -> None:
    """A recommendation that an earlier release let through is not followed; to award nothing needs no decision."""
    tender, (_, birch), run = await with_requirements(market)
    await market.owner.execute(
        "INSERT INTO recommendations (lot_id, number, evaluation_id, bid_id, reason, warnings, person_id, "
        "recommended_at) VALUES ($1, 1, $2, $3, 'Ranked first.', '[]', $4, clock_timestamp())",
        tender["lots"][0]["id"],
        run["id"],
        birch["bid_id"],
        market.moderator.id,
    )
    path = f"/lots/{tender['lots'][0]['id']}/award"
    award = {"evaluation_id": run["id"], "bid_id": birch["bid_id"], "reason": "As recommended."}
    refused(await market.approver.post(path, award), 409, "requirements-not-decided")
    await market.recommend(tender, run, None)
    done(await market.approver.post(path, award | {"bid_id": None}))


async def test_mandatory_grounds_on_which_nothing_is_recorded_are_warned_of(market: Market) -> None:
    """By name: who recommends says how it is known that none applies, or records what was found on each."""
    tender, (alder, birch), run = await market.evaluated(jurisdiction="eu-2014-24")
    listed = f"/evaluations/{run['id']}/warnings"
    grounds = done(await market.moderator.get("/jurisdictions/eu-2014-24"))["grounds"]
    mandatory = [one["id"] for one in grounds if one["kind"] == "mandatory"]
    (warned,) = [one for one in done(await market.moderator.get(listed)) if one["name"] == "grounds-not-decided"]
    assert mandatory
    assert all(name in warned["message"] for name in (*mandatory, birch["bid_id"]))
    others = [
        {"warning": one["name"], "answer": "Read again."}
        for one in done(await market.moderator.get(listed))
        if one != warned
    ]
    problem = refused(
        await recommend(market.moderator, tender, run, birch, acknowledged=others), 422, "warnings-not-answered"
    )
    assert ["grounds-not-decided" in fault["mend"] for fault in problem["errors"]] == [True]
    for name in mandatory:
        await decide(market, alder, "ground", name)
    assert "grounds-not-decided" in {one["name"] for one in done(await market.auditor.get(listed))}
    for name in mandatory:
        await decide(market, birch, "ground", name)
    assert "grounds-not-decided" not in {one["name"] for one in done(await market.auditor.get(listed))}
    done(await recommend(market.moderator, tender, run, birch, acknowledged=others))


async def test_where_no_law_names_grounds_none_is_asked_for(market: Market) -> None:
    """Negative control: a tender without a country's rules."""
    _, _, run = await market.evaluated()
    names = {one["name"] for one in done(await market.auditor.get(f"/evaluations/{run['id']}/warnings"))}
    assert "grounds-not-decided" not in names


async def test_a_hearing_of_the_winner_that_nobody_has_decided_is_warned_of(market: Market) -> None:
    """Art. 57: what a bidder was asked about is decided before it wins; another hearing asks for another decision."""
    _, (alder, birch), run = await market.evaluated(jurisdiction="eu-2014-24")
    listed = f"/evaluations/{run['id']}/warnings"

    async def hear(bid: dict[str, Any]) -> None:
        body = {"ground_id": "collusion", "question": "Who set your price?", "due_at": await market.in_an_hour()}
        done(await market.moderator.post(f"/bids/{bid['bid_id']}/hearings", body))

    async def warned() -> bool:
        return "hearing-open/collusion" in {one["name"] for one in done(await market.moderator.get(listed))}

    await hear(alder)
    assert not await warned()
    for _ in range(2):
        await hear(birch)
        assert await warned()
        await decide(market, birch, "ground", "collusion")
        assert not await warned()


async def test_a_winner_who_stands_behind_another_bid_is_answered_for(market: Market) -> None:
    """C-538/07 Assitur: nobody is excluded for it unheard, and nobody wins before the panel has looked at it."""
    tender = await market.publish()
    member = {"name": "Birch", "role": "member", "organisation_id": market.birch.organisation_id}
    joint = a_bid() | {"members": [{"name": market.alder.name, "role": "lead"}, member]}
    other = done(await market.alder.submit(tender, joint))["bid_id"]
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    told = {one["name"]: one["message"] for one in done(await market.auditor.get(f"/evaluations/{run['id']}/warnings"))}
    assert market.alder.name in told[f"stands-twice/{other}"]


# A panel of one


async def test_a_panel_of_one_is_answered_for_by_its_name(market: Market) -> None:
    """Where one person gave every mark that counts, nobody recommends without saying why that is enough."""
    tender, (_, birch), run = await market.evaluated()
    warned = done(await market.moderator.get(f"/evaluations/{run['id']}/warnings"))
    (alone,) = [one for one in warned if one["name"] == "one-person-panel"]
    assert "every mark that counts is evaluator's" in alone["message"].lower()
    others = [{"warning": one["name"], "answer": "Read again."} for one in warned if one != alone]
    problem = refused(
        await recommend(market.moderator, tender, run, birch, acknowledged=others), 422, "warnings-not-answered"
    )
    assert ["one-person-panel" in fault["mend"] for fault in problem["errors"]] == [True]
    answer = {"warning": "one-person-panel", "answer": "The second evaluator fell ill; the auditor read all of it."}
    made = done(await recommend(market.moderator, tender, run, birch, acknowledged=[*others, answer]))
    assert answer["answer"] in {one["answer"] for one in made["warnings"]}


async def test_of_two_who_have_scored_nothing_is_warned(market: Market) -> None:
    """Negative control: marks of two people who are seated."""
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator)
    for bid in bids:
        for person in (market.evaluator, market.second_evaluator):
            done(await person.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    names = {one["name"] for one in done(await market.auditor.get(f"/evaluations/{run['id']}/warnings"))}
    assert "one-person-panel" not in names
