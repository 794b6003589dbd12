"""Who may take part: grounds, conditions and requirements as decisions with evidence, never a score."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.examples import EXAMPLES
from tests.make import a_bid, a_lot, a_score
from tests.service.conftest import Market, Person, done, refused

GROUND = "deficient-performance"


def lot_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}"


async def a_case(market: Market, jurisdiction: str = "eu-2014-24") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A tender with two requirements and two opened bids, both with an agreed score; Birch is cheaper."""
    draft = await market.draft(jurisdiction=jurisdiction, submission_deadline=await market.in_an_hour())
    path = f"/tenders/{draft['id']}"
    done(await market.author.put(f"{path}/requirements", EXAMPLES["write_requirements"].body))
    tender = done(await market.approver.post(f"{path}/publication", If_Match='"1"'))
    done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    return tender, bids


async def decide(
    person: Person, bid: dict[str, Any], subject: str, name: str, outcome: str, **fields: Any
) -> httpx.Response:
    body = {"subject": subject, "id": name, "outcome": outcome, "evidence": "Annex 5.", "reason": "As annex 5 shows."}
    return await person.post(f"/bids/{bid['bid_id']}/selection", body | fields)


async def hear(market: Market, bid: dict[str, Any], ground: str = GROUND, **fields: Any) -> httpx.Response:
    body = {"ground_id": ground, "question": "Why did Westgate end your contract?", "due_at": await market.in_an_hour()}
    return await market.moderator.post(f"/bids/{bid['bid_id']}/hearings", body | fields)


async def elapse(market: Market, asked: dict[str, Any]) -> None:
    """Let the time to answer pass, by the stored instants that every rule compares with the clock."""
    await market.owner.execute(
        "UPDATE clarifications SET asked_at = asked_at - interval '2 hours',"
        " due_at = clock_timestamp() - interval '1 microsecond' WHERE id = $1",
        asked["id"],
    )


async def states(market: Market, tender: dict[str, Any]) -> list[str]:
    return [bid["state"] for bid in done(await market.moderator.get(f"{lot_of(tender)}/bids"))]


async def evaluate(market: Market, tender: dict[str, Any]) -> dict[str, Any]:
    run = await market.evaluate_again(tender)
    return done(await market.moderator.get(f"/evaluations/{run['id']}"))


async def test_an_unmet_condition_puts_a_bid_out_and_a_met_one_lets_it_back_in(market: Market) -> None:
    """Every decision is kept; the order is shown before and after, both ways; no score changes."""
    tender, (alder, birch) = await a_case(market)
    assert (await evaluate(market, tender))["winner"] == birch["bid_id"]
    made = done(await decide(market.moderator, birch, "condition", "insurance", "not_met"))
    assert (made["decision"]["number"], made["state"]["state"], made["state"]["source"]) == (
        1,
        "failed_selection",
        "selection",
    )
    both = [birch["bid_id"], alder["bid_id"]]
    assert made["effect"] == {"before": both, "after": both[1:], "holds": "after", "order": both[1:]}
    assert [entry["kind"] for entry in (await market.log(tender))[-2:]] == ["selection.decided", "bid.state-decided"]
    assert await states(market, tender) == ["admissible", "failed_selection"]
    assert (await evaluate(market, tender))["winner"] == alder["bid_id"]
    back = done(await decide(market.approver, birch, "condition", "insurance", "met", reason="Annex 6 was overlooked."))
    assert (back["state"]["state"], back["effect"]["order"]) == ("admissible", both)
    assert (await evaluate(market, tender))["winner"] == birch["bid_id"]
    listed = done(await market.auditor.get(f"{lot_of(tender)}/selection"))
    assert [one["outcome"] for one in listed] == ["not_met", "met"]
    assert len(done(await market.auditor.get(f"{lot_of(tender)}/states"))) == 2


async def test_a_bid_is_back_only_when_nothing_is_held_against_it(market: Market) -> None:
    """One requirement mended does not mend the other, nor a plain decision; what is left is told as the reason."""
    tender, (alder, _) = await a_case(market)
    path = f"/bids/{alder['bid_id']}/state"
    done(await market.moderator.put(path, {"state": "disqualified_after_award", "reason": "Unsigned."}))
    done(await decide(market.moderator, alder, "condition", "insurance", "not_met"))
    both = done(await decide(market.moderator, alder, "mandatory", "modules", "not_met", reason="None."))["state"]
    insurance, modules = "condition insurance, not_met: As annex 5 shows.", "mandatory modules, not_met: None."
    assert (both["state"], both["reason"]) == ("failed_selection", f"{insurance} {modules}")
    assert done(await decide(market.approver, alder, "ground", "fraud", "met"))["state"] is None
    one = done(await decide(market.moderator, alder, "condition", "insurance", "met"))["state"]
    assert (one["state"], one["reason"]) == ("non_compliant", modules)
    back = done(await decide(market.moderator, alder, "mandatory", "modules", "met"))
    assert back["state"]["state"] == "disqualified_after_award"
    done(await market.moderator.put(path, {"state": "admissible", "reason": "The signature is on page 2."}))
    assert (await states(market, tender))[0] == "admissible"


async def test_a_supplier_is_heard_before_it_is_excluded(market: Market) -> None:
    """Not unasked, not while it may still answer, but once it has answered or has let the time elapse.

    Art. 57(6): whoever has answered is told why its measures are not enough.
    """
    tender, (alder, birch) = await a_case(market)
    refused(await decide(market.moderator, alder, "ground", GROUND, "excluded"), 409, "not-heard")
    asked = done(await hear(market, alder))
    assert (asked["kind"], asked["ground_id"]) == ("self_cleaning", GROUND)
    refused(await decide(market.moderator, alder, "ground", GROUND, "excluded"), 409, "not-heard")
    done(await market.alder.put(f"/clarifications/{asked['id']}/answer", {"answer": "We have a new plant."}))
    problem = refused(await decide(market.moderator, alder, "ground", GROUND, "excluded"), 422, "measures-not-judged")
    assert problem["errors"][0]["pointer"] == "/self_cleaning"
    judged = {"self_cleaning": "A new plant does not tell who pays the damages."}
    made = done(await decide(market.moderator, alder, "ground", GROUND, "excluded", **judged))
    assert (made["decision"]["self_cleaning"], made["state"]["state"]) == (judged["self_cleaning"], "excluded")
    assert judged["self_cleaning"] in made["state"]["reason"]
    assert "(Directive 2014/24/EU, article 57(4)(g))" in made["state"]["reason"]
    silent = done(await hear(market, birch))
    refused(await decide(market.moderator, birch, "ground", GROUND, "excluded"), 409, "not-heard")
    await elapse(market, silent)
    assert done(await decide(market.moderator, birch, "ground", GROUND, "excluded"))["state"]["state"] == "excluded"
    assert await states(market, tender) == ["excluded", "excluded"]


async def test_a_supplier_that_proves_its_reliability_stays(market: Market) -> None:
    """Self-cleaning is proved by the supplier and assessed in words, where the law knows it."""
    _, (alder, _) = await a_case(market)
    assessed = {"self_cleaning": "Damages paid, site managers replaced, audited since 2026."}
    refused(
        await decide(market.moderator, alder, "ground", GROUND, "self_cleaned", **assessed), 409, "no-self-cleaning"
    )
    asked = done(await hear(market, alder))
    refused(
        await decide(market.moderator, alder, "ground", GROUND, "self_cleaned", **assessed), 409, "no-self-cleaning"
    )
    done(await market.alder.put(f"/clarifications/{asked['id']}/answer", {"answer": "We paid, and changed who leads."}))
    refused(await decide(market.moderator, alder, "ground", GROUND, "self_cleaned"), 422, "invalid-request")
    done(await decide(market.moderator, alder, "ground", GROUND, "excluded", **assessed))
    made = done(await decide(market.approver, alder, "ground", GROUND, "self_cleaned", **assessed))
    assert (made["decision"]["self_cleaning"], made["state"]["state"]) == (assessed["self_cleaning"], "admissible")
    taxes = await decide(market.moderator, alder, "ground", "unpaid-taxes-established", "self_cleaned", **assessed)
    refused(taxes, 409, "no-self-cleaning")


async def test_a_mandatory_ground_leaves_no_discretion(market: Market) -> None:
    """A discretionary one may be found too slight to exclude; without self-cleaning nobody waits for an answer."""
    _, (alder, _) = await a_case(market)
    made = done(await decide(market.moderator, alder, "ground", GROUND, "not_excluded"))
    assert made["state"] is None
    refused(await decide(market.moderator, alder, "ground", "corruption", "not_excluded"), 409, "ground-is-mandatory")
    refused(await decide(market.moderator, alder, "ground", "corruption", "excluded"), 409, "not-heard")
    out = done(await decide(market.moderator, alder, "ground", "unpaid-taxes-established", "excluded"))
    assert out["state"]["state"] == "excluded"


async def test_on_a_joint_bid_nobody_behind_it_is_passed_over(market: Market) -> None:
    """Art. 57 and 63(1): evidence on a ground names every member and whoever is relied upon; an exclusion, whom."""
    tender = await market.publish(jurisdiction="eu-2014-24")
    members = [{"name": market.alder.name, "role": "lead"}, {"name": "Elm Electrics", "role": "member"}]
    relied = [{"name": "Crane Hire", "work": "Lifts on all sites"}]
    done(await market.alder.submit(tender, a_bid() | {"members": members, "subcontractors": relied}))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    await market.open(tender)
    joint, alone = done(await market.moderator.get(f"{lot_of(tender)}/bids"))
    some = {"evidence": f"Register extracts of {market.alder.name} and CRANE HIRE."}
    problem = refused(await decide(market.moderator, joint, "ground", "fraud", "met", **some), 422, "party-not-named")
    assert [(one["pointer"], "Elm Electrics" in one["message"]) for one in problem["errors"]] == [("/evidence", True)]
    every = {"evidence": f"Register extracts of {market.alder.name}, Elm Electrics and Crane Hire."}
    done(await decide(market.moderator, joint, "ground", "fraud", "met", **every))
    done(await decide(market.moderator, alone, "ground", "fraud", "met"))
    taxes = (market.moderator, joint, "ground", "unpaid-taxes-established", "excluded")
    refused(await decide(*taxes, evidence="A final decision."), 422, "party-not-named")
    assert done(await decide(*taxes, evidence="Final decision against Elm Electrics."))["state"]["state"] == "excluded"


@pytest.mark.parametrize(
    ("subject", "name", "outcome", "slug"),
    [
        ("ground", "unheard-of", "excluded", "no-such-ground"),
        ("condition", "modules", "not_met", "no-such-ground"),
        ("mandatory", "insurance", "not_met", "no-such-ground"),
        ("ground", GROUND, "not_met", "invalid-request"),
        ("condition", "insurance", "excluded", "invalid-request"),
        ("criterion", "price", "met", "invalid-request"),
    ],
)
async def test_nothing_decides_that_was_not_published(
    market: Market, subject: str, name: str, outcome: str, slug: str
) -> None:
    """Neither an invented ground nor a requirement under another name, nor an award criterion."""
    _, (alder, _) = await a_case(market)
    refused(await decide(market.moderator, alder, subject, name, outcome), 422, slug)


async def test_grounds_are_those_of_the_tenders_jurisdiction(market: Market) -> None:
    """Where no country's rules hold there is no exclusion ground to name."""
    _, (alder, _) = await a_case(market, "none")
    refused(await hear(market, alder), 422, "no-such-ground")
    refused(await decide(market.moderator, alder, "ground", GROUND, "excluded"), 422, "no-such-ground")


async def test_there_is_no_way_around_the_procedure(market: Market) -> None:
    """What a ground, condition or requirement covers is not decided plainly, and not taken back plainly either."""
    tender, (alder, _) = await a_case(market)
    path = f"/bids/{alder['bid_id']}/state"
    for state in ("excluded", "failed_selection", "non_compliant", "abnormally_low_rejected"):
        answer = await market.moderator.put(path, {"state": state, "reason": "So be it."})
        refused(answer, 409, "decided-elsewhere")
    done(await decide(market.moderator, alder, "condition", "insurance", "not_met"))
    back = await market.moderator.put(path, {"state": "admissible", "reason": "So be it."})
    refused(back, 409, "decided-elsewhere")
    assert (await states(market, tender))[0] == "failed_selection"


async def test_only_who_moderates_or_approves_decides(market: Market) -> None:
    """An exclusion is no evaluator's own; for a rival and another city the bid is not there."""
    tender, (alder, _) = await a_case(market)
    for person in (market.evaluator, market.author, market.officer, market.colleague):
        refused(await decide(person, alder, "condition", "insurance", "met"), 403, "forbidden")
    for person in (market.stranger, market.birch, market.alder):
        refused(await decide(person, alder, "condition", "insurance", "met"), 404, "not-found")
        refused(await person.get(f"{lot_of(tender)}/selection"), 404, "not-found")
        refused(await person.get(f"{lot_of(tender)}/states"), 404, "not-found")
    refused(await decide(market.moderator, {"bid_id": str(uuid4())}, "condition", "insurance", "met"), 404, "not-found")
    refused(
        await decide(market.moderator, alder, "condition", "insurance", "met", evidence=" "), 422, "invalid-request"
    )


async def test_before_the_opening_and_after_the_award_nothing_is_decided(market: Market) -> None:
    """Too early, and too late."""
    tender, (_, birch) = await a_case(market)
    result = await evaluate(market, tender)
    run = done(await market.moderator.get(f"{lot_of(tender)}/evaluations"))[-1]
    for subject, name in (("condition", "insurance"), ("mandatory", "modules")):
        done(await decide(market.moderator, birch, subject, name, "met"))
    await market.recommend(tender, run, birch)
    award = {"evaluation_id": run["id"], "bid_id": result["winner"], "reason": "As recommended."}
    done(await market.approver.post(f"{lot_of(tender)}/award", award))
    refused(await decide(market.moderator, birch, "condition", "insurance", "met"), 409, "lot-already-awarded")
    refused(await hear(market, birch), 409, "lot-already-awarded")
    sealed = await market.publish(jurisdiction="eu-2014-24")
    receipt = done(await market.alder.submit(sealed))
    refused(await decide(market.moderator, receipt, "condition", "insurance", "met"), 404, "not-found")
    refused(await hear(market, receipt), 404, "not-found")


async def test_what_an_exclusion_would_do_can_be_seen_before(market: Market) -> None:
    """Both ways and by the published policy; nothing is decided by looking."""
    lot = a_lot()
    lot["rules"]["recompute_on_exclusion"] = "never"
    tender = await market.publish(lots=[lot])
    done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    alder, birch = (await market.open(tender))["bids"]
    path = f"{lot_of(tender)}/exclusion-effects?bid_id={birch['bid_id']}"
    refused(await market.moderator.get(path), 404, "not-found")
    for bid in (alder, birch):
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    await evaluate(market, tender)
    effect = done(await market.moderator.get(path))
    assert (effect["holds"], effect["order"]) == ("before", [alder["bid_id"]])
    assert await states(market, tender) == ["admissible", "admissible"]
    refused(await market.evaluator.get(path), 403, "forbidden")
    refused(await market.alder.get(path), 404, "not-found")
