"""The agenda of the moderation, and agreed scores where the panel need not meet."""

import pytest

from service.meetings import majority_holds
from tests.make import a_score, an_item
from tests.service.conftest import Market, done, refused
from tests.service.test_panel_scores import CRITERION, lot_of, score


async def agree(market: Market, bid: dict[str, object], **fields: object) -> object:
    return await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score(**fields))


async def test_a_moderator_records_what_the_panel_agreed(market: Market) -> None:
    """Where all have given the same the agreed one is typed in with reason and citation; the log has its old value."""
    tender, (bid, _) = await market.opened()
    await market.seat(tender, market.second_evaluator)
    people = (market.evaluator, market.second_evaluator)
    for person in people:
        done(await score(person, bid, value="4"))
    recorded = done(await agree(market, bid, value="4", reason="Agreed after page 14 was read together."))
    assert (recorded["value"], recorded["version"], recorded["meeting_id"]) == ("4", 1, None)
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("consensus.recorded", market.moderator.id)
    assert entry["data"]["reason"] == "Agreed after page 14 was read together."
    for person in people:
        done(await score(person, bid, value="3", change_reason="Page 15 contradicts."))
    refused(await agree(market, bid, value="3"), 422, "change-needs-reason")
    path, body = (
        f"/bids/{bid['bid_id']}/consensus/{CRITERION}",
        a_score(value="3", change_reason="Page 15 contradicts."),
    )
    refused(await market.moderator.put(path, body, If_Match='"2"'), 412, "precondition-failed")
    answer = await market.moderator.put(path, body, If_Match='"1"')
    assert (done(answer)["version"], answer.headers["etag"]) == (2, '"2"')
    assert (await market.last(tender))["data"]["was"] == "4"
    (standing,) = done(await market.auditor.get(f"{lot_of(tender)}/consensus"))
    assert standing["value"] == "3"


@pytest.mark.parametrize(
    ("marks", "agreed", "why"),
    [
        ((), "4", "missing_score"),
        (("4",), "4", "missing_score"),
        (("2", "4"), "4", "spread"),
        (("3", "4"), "4", "not everybody who is seated has given 4"),
        (("4", "4"), "3", "not everybody who is seated has given 3"),
        (("3", "4"), "5", "No evaluator had given a mark as high as 5"),
    ],
)
async def test_without_a_meeting_only_close_and_complete_scores_are_agreed(
    market: Market, marks: tuple[str, ...], agreed: str, why: str
) -> None:
    """A consensus that nobody prepared is a dictate; one that nobody discussed explains no distance."""
    tender, (bid, _) = await market.opened()
    await market.seat(tender, market.second_evaluator)
    for person, value in zip((market.evaluator, market.second_evaluator), marks, strict=False):
        done(await score(person, bid, value=value))
    assert why in refused(await agree(market, bid, value=agreed), 409, "panel-must-meet")["detail"]


async def test_if_the_policy_says_so_every_question_is_met_about(market: Market) -> None:
    """UK practice: moderation of every question."""
    tender, (bid, _) = await market.opened()
    await market.seat(tender, every_question=True)
    done(await score(market.evaluator, bid))
    assert "every_question" in refused(await agree(market, bid), 409, "panel-must-meet")["detail"]
    people = (market.moderator, market.evaluator)
    done(await market.meet(tender, an_item(bid), present=people))


async def test_a_bid_out_of_the_race_gets_no_agreed_score(market: Market) -> None:
    _, (bid, _) = await market.opened()
    done(await score(market.evaluator, bid))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/state", {"state": "excluded", "reason": "Conviction."}))
    refused(await agree(market, bid), 409, "panel-must-meet")


async def test_the_agenda_says_what_to_meet_about_and_why(market: Market) -> None:
    """Made by the engine from the scores of those who are seated; it tells marks, never a value between them."""
    tender, (alder, birch) = await market.opened()
    await market.seat(tender, market.second_evaluator)
    path = f"{lot_of(tender)}/moderation/agenda"
    for bid, marks in ((alder, ("1", "5")), (birch, ("4", "4"))):
        for person, value in zip((market.evaluator, market.second_evaluator), marks, strict=True):
            done(await score(person, bid, value=value))
    agenda = done(await market.moderator.get(path))
    assert agenda["ready"] is True
    items = {item["bid"]: item for item in agenda["items"]}
    assert items[alder["bid_id"]]["why"] == ["spread"]
    assert items[birch["bid_id"]]["why"] == []
    assert "3" not in str(items[alder["bid_id"]]["marks"][0]["value"])
    for person in (market.evaluator, market.author, market.officer):
        refused(await person.get(path), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.get(path), 404, "not-found")


async def test_without_a_panel_there_is_nothing_to_moderate(market: Market) -> None:
    tender = await market.publish()
    done(await market.alder.submit(tender))
    await market.open(tender)
    await market.owner.execute("DELETE FROM panels WHERE lot_id = $1", tender["lots"][0]["id"])
    refused(await market.moderator.get(f"{lot_of(tender)}/moderation/agenda"), 409, "no-panel")


async def test_a_moderator_who_scores_sees_the_agenda_after_the_own_scores(market: Market) -> None:
    """Two roles in one person are no way around scoring alone."""
    tender = await market.publish()
    await market.give(tender, market.moderator, "evaluator")
    done(await market.alder.submit(tender))
    bids = (await market.open(tender))["bids"]
    await market.seat(tender, market.moderator)
    path = f"{lot_of(tender)}/moderation/agenda"
    for bid in bids:
        done(await score(market.evaluator, bid))
    for told in (path, f"{lot_of(tender)}/consensus", f"{lot_of(tender)}/meetings"):
        refused(await market.moderator.get(told), 409, "own-scores-first")
    for bid in bids:
        done(await score(market.moderator, bid))
    done(await market.moderator.get(path))


async def test_who_has_ever_had_a_seat_is_blind_under_any_role(market: Market) -> None:
    """An author who scores gives up that role, audits to read all, and would take the role back: nothing was read."""
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator)
    for bid in bids:
        done(await score(market.second_evaluator, bid))
    roles = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{roles}/{market.evaluator.id}/evaluator"))
    await market.give(tender, market.evaluator, "auditor")
    for told in ("moderation/agenda", "consensus", "meetings"):
        refused(await market.evaluator.get(f"{lot_of(tender)}/{told}"), 409, "own-scores-first")
    assert done(await market.evaluator.get(f"{lot_of(tender)}/scores")) == []
    assert len(done(await market.auditor.get(f"{lot_of(tender)}/scores"))) == 2
    read = done(await market.evaluator.get(f"{lot_of(tender)}/bids"))
    assert all("price" not in bid["offers"] for bid in read)
    log = done(await market.evaluator.get(f"/tenders/{tender['id']}/events"))
    assert not any(entry["kind"] == "score.given" and "value" in entry["data"] for entry in log)


async def test_only_moderators_record_agreement(market: Market) -> None:
    """Evaluators do not record what others agreed, and only those who moderate, decide or audit list it."""
    tender, (bid, _) = await market.opened()
    for person in (market.evaluator, market.approver, market.colleague):
        refused(await person.put(f"/bids/{bid['bid_id']}/consensus/{CRITERION}", a_score()), 403, "forbidden")
    for person in (market.evaluator, market.officer, market.colleague):
        refused(await person.get(f"{lot_of(tender)}/consensus"), 403, "forbidden")
    refused(await market.officer.get(f"{lot_of(tender)}/scores"), 403, "forbidden")


@pytest.mark.parametrize(
    ("rule", "seated", "dissenting", "holds"),
    [
        ("unanimous", 3, 0, True),
        ("unanimous", 3, 1, False),
        ("simple", 3, 1, True),
        ("simple", 4, 2, False),
        ("two_thirds", 3, 1, True),
        ("two_thirds", 4, 2, False),
        ("two_thirds", 5, 2, False),
    ],
)
def test_a_majority_is_counted_of_those_who_are_seated(rule: str, seated: int, dissenting: int, *, holds: bool) -> None:
    assert majority_holds(rule, seated, dissenting) is holds
