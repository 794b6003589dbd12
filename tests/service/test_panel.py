"""Who sits on the panel of a lot, and who leaves it."""

from typing import Any

import pytest

from tests.make import a_lot, a_policy, a_score, an_item
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_panel_scores import CRITERION, lot_of, score


def a_panel(market: Market, *people: Person, **fields: Any) -> dict[str, Any]:
    """A panel that lacks nothing."""
    return {
        "chair_id": market.moderator.id,
        "reason": "Two evaluators are in proportion to the value; a third is not to be had in term.",
        "policy": a_policy(every_question=True),
        "seats": [{"person_id": one.id, "criteria": [CRITERION]} for one in people or (market.evaluator,)],
    } | fields


def pointers(problem: dict[str, Any]) -> list[str]:
    return [fault["pointer"] for fault in problem["errors"]]


def seated(panel: dict[str, Any]) -> list[str]:
    return sorted(seat["person"] for seat in panel["seats"] if seat["ended_at"] is None)


async def test_a_panel_is_seated_in_one_request(market: Market) -> None:
    """Who scores what, who chairs, why so many, when the panel meets; the log has it all."""
    tender = await market.publish()
    path = f"{lot_of(tender)}/panel"
    refused(await market.author.get(path), 409, "no-panel")
    panel = done(await market.author.put(path, a_panel(market, market.evaluator, market.second_evaluator)))
    assert (panel["version"], panel["chair_id"]) == (1, market.moderator.id)
    assert seated(panel) == ["Evaluator", "Second Evaluator"]
    assert panel["policy"] == a_policy(every_question=True)
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["reason"]) == ("panel.set", panel["reason"])
    assert done(await market.officer.get(path)) == panel


async def test_a_panel_is_changed_as_a_whole_while_nobody_has_scored(market: Market) -> None:
    tender = await market.publish()
    path = f"{lot_of(tender)}/panel"
    done(await market.author.put(path, a_panel(market)))
    panel = done(await market.moderator.put(path, a_panel(market, market.second_evaluator), If_Match="*"))
    assert (panel["version"], seated(panel)) == (2, ["Second Evaluator"])
    assert [seat["ended_because"] for seat in panel["seats"]] == ["The panel was seated anew.", None]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda market: {"chair_id": market.evaluator.id}, "/chair_id"),
        (lambda market: {"seats": [{"person_id": market.moderator.id, "criteria": [CRITERION]}]}, "/seats/0/person_id"),
        (
            lambda market: {"seats": [{"person_id": market.evaluator.id, "criteria": [CRITERION, "price"]}]},
            "/seats/0/criteria/1",
        ),
        (lambda _: {"policy": a_policy(spread=5)}, "/policy/spread"),
        (lambda _: {"policy": a_policy(outlier=1000)}, "/policy/outlier"),
    ],
)
async def test_evaluators_sit_a_moderator_chairs_and_prices_have_no_seats(
    market: Market, change: Any, where: str
) -> None:
    """And no distance of marks that calls a meeting is as long as the scale: of 0 to 5 at most four steps."""
    tender = await market.publish()
    answer = await market.author.put(f"{lot_of(tender)}/panel", a_panel(market, **change(market)))
    assert pointers(refused(answer, 422, "panel-incomplete")) == [where]


async def test_every_criterion_that_the_panel_scores_has_somebody(market: Market) -> None:
    rules = a_lot()["rules"]
    graded = rules["criteria"][1]["criteria"]
    graded[1] = {**graded[0], "id": "team", "weighting": "40"}
    tender = await market.publish(lots=[a_lot(rules=rules)])
    path = f"{lot_of(tender)}/panel"
    problem = refused(await market.author.put(path, a_panel(market)), 422, "panel-incomplete")
    assert "'team'" in problem["errors"][0]["message"]
    seats = [
        {"person_id": market.evaluator.id, "criteria": [CRITERION]},
        {"person_id": market.second_evaluator.id, "criteria": ["team", CRITERION]},
    ]
    panel = done(await market.author.put(path, a_panel(market, seats=seats)))
    assert len(panel["seats"]) == 3


@pytest.mark.parametrize("missing", ["reason", "policy", "chair_id", "seats"])
async def test_nothing_about_a_panel_is_assumed(market: Market, missing: str) -> None:
    """Neither why so many, nor when it meets, nor by which majority it agrees."""
    tender = await market.draft()
    body = {name: value for name, value in a_panel(market).items() if name != missing}
    problem = refused(await market.author.put(f"{lot_of(tender)}/panel", body), 422, "invalid-request")
    assert missing in str(problem["errors"])


async def test_a_draft_has_no_panel_yet(market: Market) -> None:
    tender = await market.draft()
    refused(await market.author.put(f"{lot_of(tender)}/panel", a_panel(market)), 409, "tender-not-published")


async def test_when_the_panel_meets_does_not_follow_from_the_scores(market: Market) -> None:
    """The policy is frozen with the first score; the rest of the panel still can be changed."""
    tender, (bid, _) = await market.opened()
    path = f"{lot_of(tender)}/panel"
    policy = a_policy()
    done(await score(market.evaluator, bid))
    stricter = a_panel(market, policy=policy | {"majority": "simple"})
    refused(await market.author.put(path, stricter, If_Match="*"), 409, "policy-frozen")
    more = a_panel(market, market.evaluator, market.second_evaluator, policy=policy)
    assert seated(done(await market.author.put(path, more, If_Match="*"))) == ["Evaluator", "Second Evaluator"]
    fewer = a_panel(market, market.second_evaluator, policy=policy)
    refused(await market.author.put(path, fewer, If_Match="*"), 409, "seat-has-scored")


async def test_who_names_what_was_read_undoes_no_replacement(market: Market) -> None:
    """The tag tells of who has left as well; nobody seats a panel anew without it, nor by a weak one."""
    tender, _ = await market.opened()
    path = f"{lot_of(tender)}/panel"
    read = (await market.author.get(path)).headers["etag"]
    body = {"person_id": market.evaluator.id, "successor_id": market.second_evaluator.id, "reason": "Seriously ill."}
    done(await market.author.post(f"{path}/replacements", body))
    again = a_panel(market, policy=a_policy())
    refused(await market.moderator.put(path, again, If_Match=read), 412, "precondition-failed")
    refused(await market.moderator.put(path, again), 428, "precondition-required")
    read = (await market.author.get(path)).headers["etag"]
    refused(await market.author.put(path, again, If_Match=f"W/{read}"), 412, "precondition-failed")
    answer = await market.author.put(path, again, If_Match=f'"older", {read}')
    assert seated(done(answer)) == ["Evaluator"]
    assert answer.headers["etag"] == (await market.author.get(path)).headers["etag"] != read


async def test_who_leaves_is_replaced_and_what_was_scored_stays_marked(market: Market) -> None:
    """The successor scores all bids anew; nobody waits for the one who left, whose scores do not count any more."""
    tender, bids = await market.opened()
    path = f"{lot_of(tender)}/panel"
    done(await score(market.evaluator, bids[0], value="1"))
    body = {"person_id": market.evaluator.id, "successor_id": market.second_evaluator.id, "reason": "Seriously ill."}
    panel = done(await market.author.post(f"{path}/replacements", body))
    assert seated(panel) == ["Second Evaluator"]
    told = (await market.log(tender))[-2:]
    assert [entry["kind"] for entry in told] == ["seat.ended", "seat.taken"]
    assert told[0]["data"]["reason"] == "Seriously ill."
    refused(await score(market.evaluator, bids[1]), 403, "not-seated")
    (left,) = done(await market.moderator.get(f"{lot_of(tender)}/scores"))
    assert (left["person"], left["counts"]) == ("Evaluator", False)
    for bid in bids:
        done(await score(market.second_evaluator, bid, value="4"))
    agenda = done(await market.moderator.get(f"{lot_of(tender)}/moderation/agenda"))
    assert [(item["lowest"], item["missing"], item["why"]) for item in agenda["items"]] == 2 * [("4", [], [])]
    people = (market.moderator, market.second_evaluator)
    done(await market.meet(tender, *(an_item(bid) for bid in bids), present=people))
    await market.lock(tender)
    refused(await market.author.post(f"{path}/replacements", body), 422, "panel-incomplete")
    back = {"person_id": market.second_evaluator.id, "successor_id": market.evaluator.id, "reason": "Back."}
    refused(await market.author.post(f"{path}/replacements", back), 409, "criterion-locked")
    refused(await market.author.put(path, a_panel(market, policy=a_policy()), If_Match="*"), 409, "criterion-locked")


async def test_without_a_successor_somebody_else_must_stay(market: Market) -> None:
    tender, _ = await market.opened()
    path = f"{lot_of(tender)}/panel/replacements"
    body = {"person_id": market.evaluator.id, "successor_id": None, "reason": "Declared an actual interest."}
    problem = refused(await market.author.post(path, body), 422, "panel-incomplete")
    assert pointers(problem) == ["/successor_id"]
    await market.seat(tender, market.second_evaluator)
    assert seated(done(await market.author.post(path, body))) == ["Second Evaluator"]
    stranger = {"person_id": market.second_evaluator.id, "successor_id": market.auditor.id, "reason": "x"}
    refused(await market.author.post(path, stranger), 422, "panel-incomplete")
    refused(await market.author.post(path, body | {"reason": " "}), 422, "invalid-request")


async def test_panels_are_seated_by_author_and_moderator(market: Market) -> None:
    tender = await market.publish()
    path = f"{lot_of(tender)}/panel"
    body = {"person_id": market.evaluator.id, "successor_id": None, "reason": "x"}
    for person in (market.evaluator, market.approver, market.colleague):
        refused(await person.put(path, a_panel(market)), 403, "forbidden")
        refused(await person.post(f"{path}/replacements", body), 403, "forbidden")
    refused(await market.author.post(f"{path}/replacements", body), 409, "no-panel")
    refused(await market.colleague.get(path), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.put(path, a_panel(market)), 404, "not-found")
        refused(await person.post(f"{path}/replacements", body), 404, "not-found")
        refused(await person.get(path), 404, "not-found")


async def test_after_the_award_the_panel_stays_as_it_was(market: Market) -> None:
    tender, (_, birch), run = await market.evaluated()
    await market.recommend(tender, run, birch)
    award = {"evaluation_id": run["id"], "bid_id": birch["bid_id"], "reason": "Ranked first."}
    done(await market.approver.post(f"{lot_of(tender)}/award", award))
    refused(await market.author.put(f"{lot_of(tender)}/panel", a_panel(market)), 409, "lot-already-awarded")
    refused(await score(market.evaluator, birch, **a_score()), 409, "lot-already-awarded")
