"""Suppliers' questions before the deadline: answered to all, numbered, and nobody reads who asked."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.make import a_lot
from tests.service.conftest import Market, Person, done, refused

QUESTION = "May work begin before the school closes?"


def path_of(tender: dict[str, Any]) -> str:
    return f"/tenders/{tender['id']}/questions"


async def ask(person: Person, tender: dict[str, Any], question: str = QUESTION) -> httpx.Response:
    return await person.post(path_of(tender), {"question": question})


async def answer(person: Person, tender: dict[str, Any], number: int = 1, **fields: Any) -> httpx.Response:
    return await person.put(f"{path_of(tender)}/{number}/answer", {"answer": "No, on the first day after."} | fields)


async def test_the_answer_goes_to_all_and_names_nobody(market: Market) -> None:
    """A rival reads number, question and answer; the asker that it is its own; both are in the log."""
    tender = await market.publish()
    asked = done(await ask(market.alder, tender))
    assert (asked["number"], asked["yours"], asked["answer"]) == (1, True, None)
    assert (await market.last(tender))["kind"] == "question.asked"
    assert done(await market.birch.get(path_of(tender))) == []
    answered = done(await answer(market.author, tender))
    assert (answered["version"], answered["asked_by"]) == (1, None)
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["question"]) == ("question.answered", QUESTION)
    (theirs,) = done(await market.birch.get(path_of(tender)))
    assert (theirs["number"], theirs["question"], theirs["yours"], theirs["asked_by"]) == (1, QUESTION, False, None)
    assert "Alder" not in (await market.birch.get(path_of(tender))).text
    (own,) = done(await market.alder.get(path_of(tender)))
    assert own == theirs | {"yours": True}


async def test_the_buyer_learns_who_asked_when_all_is_open(market: Market) -> None:
    """Not from the list, not from the log, not while one lot is sealed: who asks is likely to bid."""
    tender = await market.publish(lots=[a_lot(), a_lot()])
    done(await ask(market.alder, tender))
    for person in (market.author, market.approver, market.auditor):
        answer_ = await person.get(path_of(tender))
        (seen,) = done(answer_)
        assert (seen["question"], seen["asked_by"]) == (QUESTION, None)
        assert market.alder.organisation_id not in answer_.text
    log = await market.auditor.get(f"/tenders/{tender['id']}/events")
    assert "question.asked" not in {entry["kind"] for entry in done(log)}
    assert market.alder.organisation_id not in log.text
    await market.open(tender)
    assert done(await market.author.get(path_of(tender)))[0]["asked_by"] is None
    second = f"/lots/{tender['lots'][1]['id']}"
    done(await market.approver.post(f"{second}/cancellation", {"reason": "Not needed."}))
    assert done(await market.author.get(path_of(tender)))[0]["asked_by"] == "Alder Roofing Ltd"
    assert done(await market.birch.get(path_of(tender))) == []


@pytest.mark.parametrize("text", ["We at ALDER  roofing ask: when?", "alder-roofing ltd. would like to know"])
async def test_a_question_that_names_its_asker_is_refused(market: Market, text: str) -> None:
    """In whatever spelling and without the legal form; another's name in it is no such mistake."""
    tender = await market.publish()
    problem = refused(await ask(market.alder, tender, text), 422, "question-names-you")
    assert problem["errors"][0]["pointer"] == "/question"
    done(await ask(market.birch, tender, text))


async def test_an_answer_that_names_any_supplier_is_refused_unless_meant(market: Market) -> None:
    """Asker or not makes no difference, so that trying names tells nothing."""
    tender = await market.publish()
    done(await ask(market.alder, tender))
    told = [
        refused(await answer(market.author, tender, answer=f"As we told {name}: no."), 422, "answer-names-supplier")
        for name in ("Alder Roofing", "Cedar Community Energy")
    ]
    assert told[0]["title"] == told[1]["title"]
    wording = await answer(market.author, tender, question="Alder Roofing asks when work begins.")
    assert refused(wording, 422, "answer-names-supplier")["errors"][0]["pointer"] == "/question"
    meant = await answer(market.author, tender, answer="Cedar Community Energy runs the grid.", names_are_meant=True)
    assert done(meant)["answer"].startswith("Cedar")


async def test_a_wording_of_the_buyers_hides_what_would_tell_the_asker(market: Market) -> None:
    """The published question is the buyer's; its people still read what was asked; a later answer is a new version."""
    tender = await market.publish()
    done(await ask(market.alder, tender, "Our patented clamp XR7: is it allowed?"))
    done(await answer(market.author, tender, question="Are clamps of other makes allowed?"))
    (theirs,) = done(await market.birch.get(path_of(tender)))
    assert theirs["question"] == theirs["published_question"] == "Are clamps of other makes allowed?"
    assert done(await market.author.get(path_of(tender)))[0]["question"].startswith("Our patented")
    again = done(await answer(market.approver, tender, answer="Yes, if certified."))
    assert (again["version"], again["published_question"]) == (2, "Are clamps of other makes allowed?")
    (theirs,) = done(await market.birch.get(path_of(tender)))
    assert (theirs["answer"], theirs["version"]) == ("Yes, if certified.", 2)


@pytest.mark.parametrize(("microseconds", "status"), [(-1, 201), (0, 409), (1, 409)])
async def test_from_the_deadline_on_nothing_is_asked_or_answered(
    frozen: Market, microseconds: int, status: int
) -> None:
    """By the database's clock, to the microsecond."""
    tender = await frozen.publish()
    done(await ask(frozen.alder, tender))
    deadline = await frozen.owner.fetchval("SELECT submission_deadline FROM tenders WHERE id = $1", tender["id"])
    await frozen.set_clock(deadline + timedelta(microseconds=microseconds))
    asked, answered = await ask(frozen.birch, tender), await answer(frozen.author, tender)
    assert asked.status_code == status
    if status == 409:
        refused(asked, 409, "submission-deadline-passed")
        refused(answered, 409, "submission-deadline-passed")
    else:
        done(answered)


async def test_suppliers_ask_and_the_author_or_an_approver_answers(market: Market) -> None:
    """A buyer's people do not ask; others of them do not answer; who has no role does not read."""
    tender = await market.publish()
    refused(await ask(market.author, tender), 403, "forbidden")
    refused(await ask(market.alder, tender, " "), 422, "invalid-request")
    done(await ask(market.alder, tender))
    for person in (market.moderator, market.evaluator, market.colleague):
        refused(await answer(person, tender), 403, "forbidden")
    refused(await market.colleague.get(path_of(tender)), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await answer(person, tender), 404, "not-found")
    for number in (2, 2**31, 2**70):
        refused(await answer(market.author, tender, number), 404, "not-found")


async def test_about_a_draft_or_what_is_not_there_nobody_asks(market: Market) -> None:
    """Too early, and not there."""
    draft = await market.draft()
    refused(await ask(market.alder, draft), 404, "not-found")
    refused(await ask(market.alder, {"id": uuid4()}), 404, "not-found")
    refused(await market.alder.get(path_of(draft)), 404, "not-found")


async def test_about_a_cancelled_tender_nobody_asks(market: Market) -> None:
    """Nothing will be awarded."""
    tender = await market.publish()
    done(await ask(market.alder, tender))
    done(await market.approver.post(f"/tenders/{tender['id']}/cancellation", {"reason": "No budget."}))
    refused(await ask(market.alder, tender), 409, "lot-cancelled")
    refused(await answer(market.author, tender), 409, "lot-cancelled")


async def test_questions_at_once_get_numbers_one_after_the_other(market: Market) -> None:
    """Without gaps and doubles."""
    tender = await market.publish()
    answers = await asyncio.gather(*(ask(person, tender) for person in [market.alder, market.birch] * 3))
    assert sorted(done(one)["number"] for one in answers) == [1, 2, 3, 4, 5, 6]
