"""Drafts are tried out before they are published, and publishing says which were not."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest

import scoring
from scoring.simulation import Trial, simulate
from tests.make import a_lot, a_rules, a_tender
from tests.service.conftest import Market, Person, done, refused

QUICK = {"lot": 1, "generate": {"number": 4, "seed": 7}, "runs": 20}
OTHER_RULES = a_rules(rounding=[{"stage": "total", "decimals": 3, "mode": "half_up"}])


async def try_out(person: Person, tender: dict[str, Any], **fields: Any) -> Any:
    return await person.post(f"/tenders/{tender['id']}/simulations", QUICK | fields)


def a_grade_bid(name: str, **values: str) -> dict[str, Any]:
    """A bid as the engine takes it: the panel's grade in place of the words."""
    offered = {"price": "1000000.00", "method-statement": "4", "working-time": "yes"}
    offered |= {"apprentice-weeks": "100", "carbon": "60"}
    return {"id": name, "values": offered | {key.replace("_", "-"): value for key, value in values.items()}}


async def test_a_draft_is_tried_out_and_the_trial_is_kept_with_it(market: Market) -> None:
    """What was simulated, by whom and with what result can be shown for ever, byte for byte."""
    tender = await market.draft()
    answer = await try_out(market.author, tender)
    result = done(answer)
    assert answer.status_code == 201
    assert len(result["bids"]) == 4
    assert result["invented"]
    assert result["winners"]
    assert {row["id"] for row in result["under_others"]} >= {"P1", "P4", "A1", "R1", "S1"}
    stored = await market.approver.get(answer.headers["location"])
    assert msgspec.json.decode(stored.content) == result
    assert stored.headers["etag"] == f'"{hashlib.sha256(stored.content).hexdigest()}"' == answer.headers["etag"]
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("tender.simulated", market.author.id)
    assert entry["data"]["digest"] == hashlib.sha256(stored.content).hexdigest()


async def test_anybody_can_run_a_stored_trial_again(market: Market) -> None:
    """The service's trial and the engine's own, from the same rules, bids and seed, are the same bytes."""
    tender = await market.draft()
    answer = await try_out(market.author, tender)
    again = simulate(msgspec.convert(a_rules(), scoring.Lot), Trial(number=4, seed=7, runs=20))
    assert answer.content == scoring.canonical(again)


async def test_bids_of_ones_own_invention_are_tried(market: Market) -> None:
    """A buyer brings the bids that it fears; the answer says who would win."""
    tender = await market.draft()
    bids = [a_grade_bid("cheap", price="800000.00", method_statement="2"), a_grade_bid("good", method_statement="5")]
    result = done(await try_out(market.approver, tender, bids=bids))
    assert not result["invented"]
    assert [standing["bid"] for standing in result["ranking"]] == ["good", "cheap"]


async def test_bids_that_cannot_be_ranked_are_an_answer_too(market: Market) -> None:
    """A half mark that is not on the scale stops the ranking, and the trial shows it before a court does."""
    tender = await market.draft()
    result = done(await try_out(market.author, tender, bids=[a_grade_bid("half", method_statement="3.5")]))
    assert result["winners"] == []
    assert "not on the published scale" in result["refused"][0]


async def test_publishing_warns_of_lots_that_nobody_has_tried(market: Market) -> None:
    """Of two lots one was simulated; the publication names the other, and the log keeps the number."""
    tender = await market.draft(lots=[a_lot(), a_lot(title="Southern schools", rules=OTHER_RULES)])
    done(await try_out(market.author, tender))
    published = done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    untried = [warning for warning in published["warnings"] if "without a simulation" in warning["message"]]
    assert [warning["pointer"] for warning in untried] == ["/lots/1/rules"]
    assert (await market.last(tender))["data"]["lots_without_simulation"] == 1


async def test_a_trial_of_rules_that_have_changed_since_does_not_count(market: Market) -> None:
    """Editing a draft's rules makes its trials past ones: listed, but no longer of the present rules."""
    body = a_tender()
    tender = await market.draft(**body)
    done(await try_out(market.author, tender))
    changed = body | {"lots": [a_lot(rules=OTHER_RULES)]}
    done(await market.author.put(f"/tenders/{tender['id']}", changed, If_Match='"1"'))
    (run,) = done(await market.auditor.get(f"/tenders/{tender['id']}/simulations"))
    assert (run["number"], run["present"]) == (1, False)
    published = done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"2"'))
    assert any("without a simulation" in warning["message"] for warning in published["warnings"])


async def test_a_trial_that_is_asked_for_again_under_its_key_is_the_one_that_was_made(market: Market) -> None:
    """At once too, and in another process's eyes: one of them is kept, all get its answer; another body is refused."""
    tender = await market.draft()
    path, key = f"/tenders/{tender['id']}/simulations", str(uuid4())
    answers = await asyncio.gather(*(market.author.post(path, QUICK, Idempotency_Key=key) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.content, answer.headers["location"]) for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 2
    assert len(done(await market.author.get(path))) == 1
    refused(await market.author.post(path, QUICK | {"runs": 0}, Idempotency_Key=key), 422, "idempotency-key-reused")
    other = str(uuid4())
    refused(await market.author.post(path, QUICK | {"lot": 9}, Idempotency_Key=other), 422, "invalid-request")
    done(await market.author.post(path, QUICK, Idempotency_Key=other))  # what was refused is judged anew


async def test_trials_are_numbered_and_listed_in_order(market: Market) -> None:
    """Two trials at once are the first and the second, and neither is lost."""
    tender = await market.draft()
    done_both = await asyncio.gather(try_out(market.author, tender), try_out(market.approver, tender, runs=0))
    assert [answer.status_code for answer in done_both] == [201, 201]
    runs = done(await market.author.get(f"/tenders/{tender['id']}/simulations"))
    assert [(run["number"], run["present"]) for run in runs] == [(1, True), (2, True)]
    assert datetime.fromisoformat(runs[0]["simulated_at"]) <= datetime.fromisoformat(runs[1]["simulated_at"])
    assert datetime.fromisoformat(runs[0]["simulated_at"]).tzinfo == UTC


async def test_a_published_tender_is_not_tried_any_more(market: Market) -> None:
    """Trials come before publication; afterwards the rules are frozen and real bids may lie in the safe."""
    tender = await market.publish()
    refused(await try_out(market.author, tender), 409, "tender-already-published")


@pytest.mark.parametrize("person", ["evaluator", "moderator", "officer", "colleague", "auditor"])
async def test_only_author_and_approver_try_rules_out(market: Market, person: str) -> None:
    """Who scores or opens later has no hand in the choice of the formula."""
    tender = await market.draft()
    refused(await try_out(getattr(market, person), tender), 403, "forbidden")


@pytest.mark.parametrize("person", ["stranger", "alder"])
async def test_trials_are_nobody_elses_business(market: Market, person: str) -> None:
    """For other buyers and for suppliers a draft and its trials do not exist, even once it is published."""
    tender = await market.draft()
    answer = await try_out(market.author, tender)
    other = getattr(market, person)
    refused(await try_out(other, tender), 404, "not-found")
    refused(await other.get(f"/tenders/{tender['id']}/simulations"), 404, "not-found")
    refused(await other.get(answer.headers["location"]), 404, "not-found")
    done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    refused(await other.get(f"/tenders/{tender['id']}/simulations"), 404, "not-found")
    refused(await market.evaluator.get(answer.headers["location"]), 403, "forbidden")
    refused(await other.get(f"/simulations/{uuid4()}"), 404, "not-found")


@pytest.mark.parametrize(
    ("fields", "slug"),
    [
        ({"lot": 2}, "invalid-request"),
        ({"lot": 0}, "invalid-request"),
        ({"runs": -1}, "invalid-request"),
        ({"runs": 10_001}, "invalid-request"),
        ({"generate": {"number": 0}}, "invalid-request"),
        ({"generate": {"number": 50}, "runs": 10_000}, "simulation-too-large"),
        ({"formula": "P1"}, "invalid-request"),
    ],
)
async def test_what_cannot_be_tried_is_refused_and_named(market: Market, fields: dict[str, Any], slug: str) -> None:
    """A lot that is not there, numbers out of bounds and trials that would take minutes are refused before any work."""
    tender = await market.draft()
    refused(await try_out(market.author, tender, **fields), 422, slug)
    assert done(await market.author.get(f"/tenders/{tender['id']}/simulations")) == []
