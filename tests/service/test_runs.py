"""Runs side by side: proved again from their own inputs, and told apart by what changed."""

from typing import Any
from uuid import uuid4

from tests.make import a_decision, a_score
from tests.service import test_clarifications as clarifications
from tests.service import test_corrections as corrections
from tests.service import test_draws as draws
from tests.service.conftest import Market, done, refused


def proof_of(run: dict[str, Any]) -> str:
    return f"/evaluations/{run['id']}/verification"


async def test_a_stored_run_is_computed_again_and_agrees_to_the_last_digit(market: Market) -> None:
    """The button proves it: same inputs, same bytes; who asked and what came out is kept and in the log."""
    tender, _, run = await market.evaluated()
    answer = await market.auditor.post(proof_of(run))
    proof = done(answer)
    assert answer.status_code == 201
    assert (proof["agrees"], proof["digest"], proof["differences"]) == (True, run["digest"], [])
    assert proof["engine"] == run["engine"]
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"], entry["data"]["agrees"]) == (
        "evaluation.verified",
        market.auditor.id,
        True,
    )
    assert done(await market.moderator.post(proof_of(run)))["number"] == 2
    listed = done(await market.approver.get(f"/evaluations/{run['id']}/verifications"))
    assert [one["number"] for one in listed] == [1, 2]


async def test_a_result_that_somebody_edited_does_not_agree(market: Market) -> None:
    """Negative control: one digit changed behind the service's back is found and named with its place."""
    _, _, run = await market.evaluated()
    await market.owner.execute(
        "UPDATE evaluations SET canonical = convert_to(regexp_replace(convert_from(canonical, 'UTF8'),"
        ' \'"total":"[0-9.]+"\', \'"total":"99.99"\'), \'UTF8\') WHERE id = $1',
        run["id"],
    )
    proof = done(await market.auditor.post(proof_of(run)))
    assert not proof["agrees"]
    assert any("total" in place and "99.99" in place for place in proof["differences"])


async def test_a_later_run_says_what_changed_by_whose_decision_and_who_wins_now(market: Market) -> None:
    """An exclusion and a corrected mark between two runs stand in the difference, with reasons, totals and ranks."""
    tender, (alder, birch), first = await market.evaluated()
    done(await market.moderator.put(f"/bids/{birch['bid_id']}/state", a_decision(reason="No insurance.")))
    criterion = f"/lots/{tender['lots'][0]['id']}/criteria/method-statement"
    done(await market.approver.post(f"{criterion}/unlock", {"reason": "Page 14 had been overlooked."}))
    corrected = a_score(value="5", reason="Page 14 had been overlooked.")
    own = corrected | {"change_reason": "Page 14 had been overlooked."}
    done(await market.evaluator.put(f"/bids/{alder['bid_id']}/scores/method-statement", own))
    done(await market.moderator.put(f"/bids/{alder['bid_id']}/consensus/method-statement", own))
    await market.lock(tender)
    second = await market.evaluate_again(tender, "Birch is out; page 14 counts.")
    told = done(await market.auditor.get(f"/evaluations/{second['id']}/difference?from={first['id']}"))
    assert (told["before"], told["after"], told["reason"]) == (
        first["id"],
        second["id"],
        "Birch is out; page 14 counts.",
    )
    assert (told["rules_changed"], told["lots_drawn_between"]) == (False, False)
    changed = {(one["bid_id"], one["criterion_id"]): one for one in told["inputs"]}
    assert changed.keys() == {(birch["bid_id"], None), (alder["bid_id"], "method-statement")}
    state = changed[birch["bid_id"], None]
    assert (state["before"], state["after"]) == ("admissible", "excluded")
    assert [one["reason"] for one in state["decisions"]] == ["No insurance."]
    mark = changed[alder["bid_id"], "method-statement"]
    assert (mark["before"], mark["after"]) == ("4", "5")
    assert [(one["reason"], one["person"]) for one in mark["decisions"]] == [
        ("Page 14 had been overlooked.", "Moderator")
    ]
    bids = {one["bid_id"]: one for one in told["bids"]}
    assert (bids[birch["bid_id"]]["rank_before"], bids[birch["bid_id"]]["rank_after"]) == (1, None)
    assert (bids[alder["bid_id"]]["rank_before"], bids[alder["bid_id"]]["rank_after"]) == (2, 1)
    assert bids[alder["bid_id"]]["total_before"] != bids[alder["bid_id"]]["total_after"]
    assert told["winner_changed"]
    assert (told["winner_before"], told["winner_after"]) == (birch["bid_id"], alder["bid_id"])


async def test_a_corrected_error_says_in_the_difference_who_confirmed_it(market: Market) -> None:
    """A price that changes between two runs has the decision of the second person behind it; a refused one has none."""
    tender, (alder, birch), first = await market.evaluated()
    for bid, supplier, outcome in ((alder, market.alder, "confirmed"), (birch, market.birch, "refused")):
        asked = await corrections.asked_about(market, bid)
        done(await clarifications.answer(supplier, asked))
        done(await corrections.propose(market.moderator, asked))
        done(await corrections.decide(market.approver, asked, outcome))
    second = await market.evaluate_again(tender, "A digit had been lost.")
    told = done(await market.auditor.get(f"/evaluations/{second['id']}/difference?from={first['id']}"))
    (price,) = told["inputs"]
    assert (price["bid_id"], price["criterion_id"]) == (alder["bid_id"], "price")
    assert (price["before"], price["after"]) == ("1184500.00", "900000.00")
    (made,) = price["decisions"]
    assert (made["kind"], made["value"], made["person"]) == ("correction", "900000.00", "Approver")
    assert made["reason"] == "The bill of quantities leaves no doubt."


async def test_lots_drawn_between_two_runs_say_who_revealed_the_secret(market: Market) -> None:
    """With the secret, so that anybody draws again; two runs after the draw have none between them."""
    tender, _ = await draws.tied(market)
    lot = tender["lots"][0]
    digest = {"rules_digest": lot["rules_digest"]}
    first = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", digest))
    done(await market.approver.post(draws.draw_of(tender), {"secret": draws.SECRET}))
    second = await market.evaluate_again(tender, "Lots were drawn.")
    third = await market.evaluate_again(tender, "Once more.")
    told = done(await market.auditor.get(f"/evaluations/{second['id']}/difference?from={first['id']}"))
    assert told["lots_drawn_between"]
    assert (told["drawing"]["secret"], told["drawing"]["person"]) == (draws.SECRET, "Approver")
    told = done(await market.auditor.get(f"/evaluations/{third['id']}/difference?from={second['id']}"))
    assert (told["lots_drawn_between"], told["drawing"]) == (False, None)


async def test_two_equal_runs_have_no_difference(market: Market) -> None:
    """Negative control: nothing decided, nothing changed."""
    tender, _, first = await market.evaluated()
    second = await market.evaluate_again(tender)
    told = done(await market.auditor.get(f"/evaluations/{second['id']}/difference?from={first['id']}"))
    assert (told["inputs"], told["winner_changed"]) == ([], False)


async def test_runs_of_two_lots_and_a_later_one_are_not_compared(market: Market) -> None:
    """What would be compared must be an earlier run of the same lot."""
    tender, _, first = await market.evaluated()
    _, _, other = await market.evaluated()
    second = await market.evaluate_again(tender)
    for one, two in ((first, other), (first, second)):
        answer = await market.auditor.get(f"/evaluations/{one['id']}/difference?from={two['id']}")
        refused(answer, 422, "runs-not-comparable")


async def test_runs_are_for_those_who_score_decide_or_audit(market: Market) -> None:
    """Colleagues without a role are told so; suppliers, strangers and wrong ids find nothing."""
    _, _, run = await market.evaluated()
    difference = f"/evaluations/{run['id']}/difference?from={run['id']}"
    for person in (market.officer, market.colleague, market.author):
        refused(await person.post(proof_of(run)), 403, "forbidden")
        refused(await person.get(f"/evaluations/{run['id']}/verifications"), 403, "forbidden")
        refused(await person.get(difference), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.post(proof_of(run)), 404, "not-found")
        refused(await person.get(difference), 404, "not-found")
    refused(await market.auditor.get(f"/evaluations/{run['id']}/difference?from={uuid4()}"), 404, "not-found")
