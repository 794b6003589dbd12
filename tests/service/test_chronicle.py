"""The chronological record: everything a person did, with old and new value and reason."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pikepdf
import pytest
from playwright.async_api import Page

from service import apart, chronicle, pdf, reports, typeset
from tests.make import a_decision, a_score, a_tender
from tests.make_records import chronicle as written
from tests.service.conftest import Market, Person, at_work, done, refused
from tests.service.test_pdf import can_print, faults
from tests.service.test_screen import browser, in_a_browser, inaccessible, page, shown

__all__ = ["browser", "page"]


@pytest.fixture
async def worker(market: Market) -> AsyncIterator[None]:
    """Somebody who makes the files that are asked for."""
    async with at_work(market, chronicle.duties):
        yield


async def record(person: Person, tender: dict[str, Any], **query: int) -> dict[str, Any]:
    """A tender's record, as much as one page holds."""
    asked = "&".join(f"{name}={value}" for name, value in ({"limit": 1000} | query).items())
    return done(await person.get(f"/tenders/{tender['id']}/record?{asked}"))


async def entries(person: Person, tender: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The record's entries of a kind."""
    return [entry for entry in (await record(person, tender))["entries"] if entry["kind"] == kind]


async def test_a_changed_score_is_told_with_old_and_new_value_who_about_whom_and_why(market: Market):
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator)
    path = f"/bids/{bids[0]['bid_id']}"
    why = {"change_reason": "The crane plan was found."}
    done(await market.evaluator.put(f"{path}/scores/method-statement", a_score()))
    done(await market.second_evaluator.put(f"{path}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"{path}/consensus/method-statement", a_score()))
    found = a_score(value="5", reason="Crane plan found.", **why)
    done(await market.second_evaluator.put(f"{path}/scores/method-statement", found))
    done(await market.evaluator.put(f"{path}/scores/method-statement", found))
    done(await market.moderator.put(f"{path}/consensus/method-statement", a_score(value="5", reason="Agreed.", **why)))
    last = (await entries(market.auditor, tender, "score.given"))[-1]
    assert (last["person"], last["reason"]) == ("Evaluator", "Crane plan found.")
    assert last["about"] == {"supplier": "Alder Roofing Ltd", "lot": "1", "criterion": "method-statement"}
    assert {"field": "value", "old": "4", "new": "5"} in last["changes"]
    agreed = (await entries(market.auditor, tender, "consensus.recorded"))[-1]
    assert {"field": "value", "old": "4", "new": "5"} in agreed["changes"]


async def test_decisions_follow_each_other(market: Market):
    tender, bids = await market.opened()
    path = f"/bids/{bids[0]['bid_id']}/state"
    done(await market.moderator.put(path, a_decision()))
    done(await market.moderator.put(path, a_decision(state="admissible", reason="The certificate had been supplied.")))
    first, second = await entries(market.approver, tender, "bid.state-decided")
    assert {"field": "state", "old": None, "new": "excluded"} in first["changes"]
    assert {"field": "state", "old": "excluded", "new": "admissible"} in second["changes"]
    assert second["reason"] == "The certificate had been supplied."


async def test_an_edited_draft_and_a_corrigendum_tell_what_they_replaced(market: Market):
    draft = done(await market.author.post("/tenders", a_tender(title="Solar")))
    await market.give(draft, market.approver, "approver")
    changed = a_tender(reference=draft["reference"], title="Solar roofs")
    done(await market.author.put(f"/tenders/{draft['id']}", changed, If_Match='"1"'))
    (edited,) = await entries(market.approver, draft, "tender.edited")
    assert edited["changes"] == [{"field": "title", "old": "Solar", "new": "Solar roofs"}]
    tender = await market.publish()
    await market.amend(tender, {"reason": "Clearer.", "title": "Roofs"})
    (issued,) = await entries(market.approver, tender, "corrigendum.issued")
    assert issued["changes"] == [{"field": "title", "old": tender["title"], "new": "Roofs"}]
    assert issued["reason"] == "Clearer."


async def test_roles_name_their_holder_and_refused_attempts_are_in_the_record(market: Market):
    tender = await market.publish()
    await market.give(tender, market.colleague, "contract_manager")
    refused(await market.colleague.post(f"/tenders/{tender['id']}/publication"), 403, "forbidden")
    (granted,) = await entries(market.approver, tender, "role.granted")
    assert granted["about"]["person"] == "Colleague"
    (attempt,) = await entries(market.approver, tender, "refused")
    assert (attempt["person"], attempt["facts"]["problem"]) == ("Colleague", "forbidden")


async def test_before_the_opening_the_record_does_not_tell_who_bids(market: Market):
    """Directive 2014/24/EU, Annex IV (b): neither suppliers' doings nor positions, whose gaps would count them."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    sealed = await record(market.approver, tender)
    assert sealed["sealed"] is True
    assert {entry["position"] for entry in sealed["entries"]} == {None}
    assert not [entry for entry in sealed["entries"] if entry["kind"].startswith("bid.")]
    await market.open(tender)
    told = await record(market.approver, tender)
    assert [entry["position"] for entry in told["entries"]] == list(range(1, len(told["entries"]) + 1))
    assert [entry["about"]["supplier"] for entry in told["entries"] if entry["kind"] == "bid.submitted"] == [
        market.alder.name
    ]


async def test_a_long_record_is_read_in_pages(market: Market):
    tender, _ = await market.agreed()
    whole = await record(market.auditor, tender)
    pages: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = await record(market.auditor, tender, after=after, limit=4)
        pages += page["entries"]
        after = page["next"]
    assert pages == whole["entries"]
    assert whole["next"] is None


async def test_the_record_is_for_the_approver_and_the_auditor(market: Market):
    tender = await market.publish()
    for path in ("record", "record-files"):
        send = "GET" if path == "record" else "POST"
        refused(await market.author.send(send, f"/tenders/{tender['id']}/{path}"), 403, "forbidden")
        refused(await market.alder.send(send, f"/tenders/{tender['id']}/{path}"), 404, "not-found")
        refused(await market.stranger.send(send, f"/tenders/{tender['id']}/{path}"), 404, "not-found")


async def test_who_must_still_score_does_not_read_others_scores_in_the_record(market: Market):
    tender, _ = await market.agreed()
    await market.seat(tender, market.second_evaluator)
    roles = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{roles}/{market.second_evaluator.id}/evaluator"))
    await market.give(tender, market.second_evaluator, "auditor")
    refused(await market.second_evaluator.get(f"/tenders/{tender['id']}/record"), 409, "scores-untold")
    done(await market.auditor.get(f"/tenders/{tender['id']}/record"))


async def made(person: Person, location: str) -> httpx.Response:
    """Ask until the file is there."""
    answer = await person.get(location)
    while answer.status_code == 202:
        await asyncio.sleep(0.2)
        answer = await person.get(location)
    return answer


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
@pytest.mark.usefixtures("worker")
async def test_the_record_is_had_as_a_file_that_carries_its_data(market: Market):
    tender, _, _ = await market.evaluated()
    asked = await market.auditor.post(f"/tenders/{tender['id']}/record-files")
    assert asked.status_code == 202
    location = asked.json()["location"]
    answer = await made(market.auditor, location)
    assert answer.headers["content-type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as document:
        inside = json.loads(document.attachments["record.json"].get_file().read_bytes())
    assert inside["entries"] == (await record(market.auditor, tender))["entries"][: len(inside["entries"])]
    again = await market.auditor.send("GET", location, If_None_Match=answer.headers["etag"])
    assert again.status_code == 304
    (stored,) = await entries(market.auditor, tender, "record.stored")
    assert stored["facts"]["entries"] == len(inside["entries"])
    refused(await market.evaluator.get(location), 403, "forbidden")
    refused(await market.stranger.get(location), 404, "not-found")


async def test_the_record_is_read_on_a_screen_as_well_by_the_same_people(market: Market):
    tender, _, _ = await market.evaluated()
    asked = done(await market.auditor.post(f"/tenders/{tender['id']}/record-files"))
    page = await market.auditor.get(f"{asked['location']}/record.html")
    assert page.status_code == 200, page.text
    assert reports.content_policy(page.text) == page.headers["content-security-policy"]
    assert "Consensus recorded" in page.text
    assert market.alder.name in page.text
    refused(await market.evaluator.get(f"{asked['location']}/record.html"), 403, "forbidden")
    refused(await market.stranger.get(f"{asked['location']}/record.html"), 404, "not-found")


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
@pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("lang", ["en", "el"])
def test_the_file_is_archival_and_accessible(lang: str):
    assert faults(apart.run_now(typeset.print_chronicle, written(20), lang)) == []


@in_a_browser
async def test_the_record_has_no_fault_in_a_browser(page: Page):
    """No error, nothing sideways on a telephone or a desk, and nothing that axe finds."""
    assert await shown(page, typeset.shown_chronicle(written(20))) == []
    assert await inaccessible(page) == []
