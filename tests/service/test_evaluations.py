"""The panel's scores, the agreed scores, decisions about bids, and the run of the engine."""

import asyncio
import hashlib
from typing import Any
from uuid import uuid4

import msgspec
import pytest

import scoring
from tests.make import a_bid, a_decision, a_score
from tests.service.conftest import Market, Person, done, refused

CRITERION = "method-statement"


async def score(person: Person, bid: dict[str, Any], criterion: str = CRITERION, **fields: Any) -> Any:
    return await person.put(f"/bids/{bid['bid_id']}/scores/{criterion}", a_score(**fields))


async def agree(person: Person, bid: dict[str, Any], criterion: str = CRITERION, **fields: Any) -> Any:
    return await person.put(f"/bids/{bid['bid_id']}/consensus/{criterion}", a_score(**fields))


def lot_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}"


async def evaluate(person: Person, tender: dict[str, Any], **fields: Any) -> Any:
    body = {"rules_digest": tender["lots"][0]["rules_digest"]} | fields
    return await person.post(f"{lot_of(tender)}/evaluations", body)


@pytest.mark.parametrize("value", ["2.5", "6", "-1", " 4", "four", "NaN", "1e0", "４"])
async def test_a_score_off_the_published_scale_is_refused(market: Market, value: str) -> None:
    """Bromcom v ULT [2022] EWHC 3262 (TCC): a score between the published steps is not on the scale."""
    _, (bid, _) = await opened_for_all(market)
    refused(await score(market.evaluator, bid, value=value), 422, "score-off-the-scale")
    refused(await agree(market.moderator, bid, value=value), 422, "score-off-the-scale")


async def opened_for_all(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One opened tender for all checks that change nothing."""
    if not hasattr(market, "quiet_opened"):
        market.quiet_opened = await market.opened()
    return market.quiet_opened


@pytest.mark.parametrize("fields", [{"reason": ""}, {"reason": " \n"}, {"reason": None}, {"value": 4}, {"weight": 1}])
async def test_a_score_is_text_with_a_reason(market: Market, fields: dict[str, Any]) -> None:
    """A grade without a contemporaneous reason cannot be defended."""
    _, (bid, _) = await opened_for_all(market)
    for answer in (await score(market.evaluator, bid, **fields), await agree(market.moderator, bid, **fields)):
        problem = refused(answer, 422, "invalid-request")
        assert next(iter(fields)) in problem["errors"][0]["pointer"] + problem["errors"][0]["message"]


@pytest.mark.parametrize("criterion", ["price", "working-time", "quality", "unheard-of", "%F0%9F%92%A9"])
async def test_only_what_the_panel_decides_is_scored_by_the_panel(market: Market, criterion: str) -> None:
    """Nobody types in a price's points; undisclosed criteria do not exist."""
    _, (bid, _) = await opened_for_all(market)
    refused(await score(market.evaluator, bid, criterion), 422, "not-scored-by-the-panel")
    refused(await agree(market.moderator, bid, criterion), 422, "not-scored-by-the-panel")


async def test_unopened_bids_cannot_be_scored(market: Market) -> None:
    """Too early: before the opening a bid does not exist for the panel."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    for answer in (
        await score(market.evaluator, receipt),
        await agree(market.moderator, receipt),
        await market.moderator.put(f"/bids/{receipt['bid_id']}/state", a_decision()),
    ):
        refused(answer, 404, "not-found")
    refused(await market.moderator.get(f"{lot_of(tender)}/scores"), 409, "not-opened")


async def test_foreign_bids_and_lots_do_not_exist(market: Market) -> None:
    """For another city, and for a bidder, everything of the panel's is what a missing id is."""
    tender, (bid, _), run = await market.evaluated()
    missing = str(uuid4())
    digest = tender["lots"][0]["rules_digest"]
    lot = tender["lots"][0]["id"]
    attempts = [
        ("PUT", f"/bids/{{}}/scores/{CRITERION}", bid["bid_id"], a_score()),
        ("PUT", f"/bids/{{}}/consensus/{CRITERION}", bid["bid_id"], a_score()),
        ("PUT", "/bids/{}/state", bid["bid_id"], a_decision()),
        ("GET", "/lots/{}/scores", lot, None),
        ("GET", "/lots/{}/consensus", lot, None),
        ("POST", "/lots/{}/evaluations", lot, {"rules_digest": digest}),
        ("GET", "/lots/{}/evaluations", lot, None),
        ("GET", "/evaluations/{}", run["id"], None),
    ]
    for person in (market.stranger, market.alder):
        for method, path, real, body in attempts:
            theirs = await person.send(method, path.format(real), body)
            nobody = await person.send(method, path.format(missing), body)
            refused(theirs, 404, "not-found")
            assert theirs.content.replace(real.encode(), missing.encode()) == nobody.content, path


# The run of the engine


async def test_a_run_ranks_by_the_published_rules_and_can_be_computed_again(market: Market) -> None:
    """What is stored is canonical: its SHA-256 is the digest, and the engine gives the same bytes again."""
    tender, (_, birch) = await market.agreed()
    answer = await evaluate(market.moderator, tender)
    run = done(answer)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/evaluations/{run['id']}"
    stored = await market.auditor.get(f"/evaluations/{run['id']}")
    assert stored.headers["etag"] == f'"{run["digest"]}"'
    assert hashlib.sha256(stored.content).hexdigest() == run["digest"]
    result = msgspec.json.decode(stored.content, type=scoring.Evaluation)
    assert scoring.canonical(scoring.evaluate(result.lot, list(result.inputs))) == stored.content
    assert result.winner == birch["bid_id"]
    entry = await market.last(tender)
    assert entry["kind"] == "lot.evaluated"
    assert (entry["data"]["digest"], entry["data"]["winner"]) == (run["digest"], birch["bid_id"])
    assert done(await market.auditor.get(f"{lot_of(tender)}/evaluations")) == [run]
    part = await market.auditor.get(f"{lot_of(tender)}/evaluations?limit=1")
    assert (done(part), "link" in part.headers) == ([run], False)


async def test_the_same_inputs_give_the_same_bytes(market: Market) -> None:
    """A second run stands beside the first with the same digest."""
    tender, _, first = await market.evaluated()
    second = done(await evaluate(market.moderator, tender, reason="The panel wanted to see it twice."))
    assert second["reason"] == "The panel wanted to see it twice."
    assert (second["number"], second["digest"]) == (2, first["digest"])


async def test_a_further_run_needs_a_reason(market: Market) -> None:
    """Whoever finds two results side by side must learn why there are two."""
    tender, _, _ = await market.evaluated()
    problem = refused(await evaluate(market.moderator, tender), 422, "run-without-reason")
    assert problem["errors"][0]["pointer"] == "/reason"


async def test_every_missing_agreement_stops_the_ranking_and_is_named(market: Market) -> None:
    """A missing score is never nought."""
    tender, bids = await market.opened()
    problem = refused(await evaluate(market.moderator, tender), 409, "evaluation-incomplete")
    assert {fault["pointer"] for fault in problem["errors"]} == {
        f"/bids/{bid['bid_id']}/consensus/{CRITERION}" for bid in bids
    }
    done(await score(market.evaluator, bids[0]))
    done(await agree(market.moderator, bids[0]))
    problem = refused(await evaluate(market.moderator, tender), 409, "evaluation-incomplete")
    (fault,) = problem["errors"]
    assert "Birch" in fault["message"]
    assert fault["mend"]


async def test_an_evaluators_score_without_agreement_does_not_count(market: Market) -> None:
    """No path averages anybody's scores, not even those of a single evaluator."""
    tender, bids = await market.opened()
    for bid in bids:
        done(await score(market.evaluator, bid))
    refused(await evaluate(market.moderator, tender), 409, "evaluation-incomplete")


@pytest.mark.parametrize("digest", ["0" * 64, "f" * 64])
async def test_other_rules_than_the_published_ones_are_refused(market: Market, digest: str) -> None:
    """Woods v Milton Keynes [2015]: what is applied is what was published."""
    tender, _ = await opened_for_all(market)
    refused(await evaluate(market.moderator, tender, rules_digest=digest), 409, "other-rules")


@pytest.mark.parametrize("digest", ["", "abc", "G" * 64, None, "A" * 64])
async def test_a_digest_is_sixty_four_small_hexadecimal_digits(market: Market, digest: object) -> None:
    """A digest that cannot be one is told apart from a wrong one."""
    tender, _ = await opened_for_all(market)
    problem = refused(await evaluate(market.moderator, tender, rules_digest=digest), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/rules_digest"


async def test_rules_changed_behind_the_services_back_are_noticed(market: Market) -> None:
    """If somebody with the database's password edits the frozen rules, no evaluation comes out."""
    tender, _ = await market.agreed()
    await market.owner.execute(
        "UPDATE lots SET rules = jsonb_set(rules, '{rounding,0,decimals}', '3') WHERE id = $1", tender["lots"][0]["id"]
    )
    refused(await evaluate(market.moderator, tender), 409, "other-rules")


async def test_only_moderators_run_the_engine(market: Market) -> None:
    """And only after the opening; who may not read bids may not read results."""
    tender, _ = await opened_for_all(market)
    for person in (market.evaluator, market.approver, market.author, market.colleague):
        refused(await evaluate(person, tender), 403, "forbidden")
    for person in (market.officer, market.colleague):
        refused(await person.get(f"{lot_of(tender)}/evaluations"), 403, "forbidden")
    unopened = await market.publish()
    refused(await evaluate(market.moderator, unopened), 409, "not-opened")


async def test_results_are_for_the_panel(market: Market) -> None:
    """An opening officer, the author and an outsider of the city do not read results."""
    _, _, run = await market.evaluated()
    for person in (market.officer, market.author, market.colleague):
        refused(await person.get(f"/evaluations/{run['id']}"), 403, "forbidden")


async def test_bids_that_the_published_rules_cannot_rank_are_a_refusal(market: Market) -> None:
    """Where no bid may be ranked the lot has no winner, and that is said, not a crash."""
    tender, bids = await market.agreed()
    for bid in bids:
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/state", a_decision()))
    answer = await evaluate(market.moderator, tender)
    if answer.status_code == 201:
        assert done(await market.moderator.get(f"/evaluations/{answer.json()['id']}"))["winner"] is None
    else:
        refused(answer, 409, "no-ranking")


async def test_runs_at_once_are_numbered_one_after_the_other(market: Market) -> None:
    """Numbers have no gaps and no doubles."""
    tender, _ = await market.agreed()
    answers = await asyncio.gather(*(evaluate(market.moderator, tender, reason="Twice") for _ in range(5)))
    assert sorted(done(answer)["number"] for answer in answers) == [1, 2, 3, 4, 5]


async def test_a_bid_priced_at_nought_does_not_stop_the_others(market: Market) -> None:
    """A price of 0 follows the published zero rule: that bid is not ranked, the other one is."""
    tender = await market.publish()
    done(await market.alder.submit(tender, a_bid(price="0")))
    done(await market.birch.submit(tender))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await score(market.evaluator, bid))
        done(await agree(market.moderator, bid))
    await market.lock(tender)
    run = done(await evaluate(market.moderator, tender))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == bids[1]["bid_id"]


async def test_runs_are_read_a_part_at_a_time_by_whoever_asks(market: Market) -> None:
    """With a limit `Link` leads from each part to the next, and to no run twice; without one all come, as ever."""
    tender, _, first = await market.evaluated()
    path = f"{lot_of(tender)}/evaluations"
    second = done(await evaluate(market.moderator, tender, reason="Run again."))
    runs = done(await market.auditor.get(path))
    assert [run["id"] for run in runs] == [first["id"], second["id"]]
    seen: list[Any] = []
    place: str | None = f"{path}?limit=1"
    while place is not None:
        part = await market.auditor.get(place)
        seen += done(part)
        place = part.links["next"]["url"] if "next" in part.links else None
    assert seen == runs
    refused(await market.auditor.get(f"{path}?limit=1&cursor=forged"), 400, "unreadable-request")
