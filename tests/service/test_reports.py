"""Reports over HTTP: made once in the background, kept, and shown only to those who may read the evaluation."""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import httpx
import pytest

from service import db, jobs, pdf, reports, typeset
from tests.make import a_decision, a_lot, a_rules, a_score
from tests.service.conftest import Market, Person, at_work, done, refused
from tests.service.test_papers import words_of
from tests.service.test_pdf import can_print


@pytest.fixture
async def worker(market: Market) -> AsyncIterator[None]:
    """Somebody who makes the files that are asked for."""
    async with at_work(market):
        yield


async def stored_report(person: Person, run: dict[str, str]) -> httpx.Response:
    """Ask until the report is there."""
    answer = await person.get(f"/evaluations/{run['id']}/report.pdf")
    while answer.status_code == 202:
        await asyncio.sleep(0.2)
        answer = await person.get(answer.headers["location"])
    return answer


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
@pytest.mark.usefixtures("worker")
async def test_a_report_is_made_in_the_background_stored_once_and_written_in_the_log(market: Market):
    tender, _, run = await market.evaluated()
    first = await market.auditor.get(f"/evaluations/{run['id']}/report.pdf")
    assert first.status_code == 202
    assert first.headers["retry-after"] == "2"
    assert first.json() == {"location": first.headers["location"]}
    answer = await stored_report(market.auditor, run)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.7")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == f'"{digest}"'
    entries = [entry for entry in await market.log(tender) if entry["kind"] == "report.stored"]
    assert [entry["data"]["digest"] for entry in entries] == [digest]
    again = await market.auditor.send("GET", f"/evaluations/{run['id']}/report.pdf", If_None_Match=f'"{digest}"')
    assert (again.status_code, again.content) == (304, b"")


async def test_the_report_on_a_screen_runs_and_loads_nothing(market: Market):
    _, _, run = await market.evaluated()
    answer = await market.auditor.get(f"/evaluations/{run['id']}/report.html")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    hashed = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{hashed}'" in policy
    assert "<script" not in answer.text
    assert market.birch.name.replace("&", "&amp;") in answer.text


@pytest.mark.parametrize("form", ["pdf", "html"])
async def test_a_report_belongs_to_those_who_may_read_the_evaluation(market: Market, form: str):
    _, _, run = await market.evaluated()
    path = f"/evaluations/{run['id']}/report.{form}"
    refused(await market.stranger.get(path), 404, "not-found")
    refused(await market.alder.get(path), 404, "not-found")
    refused(await market.anonymous.get(path), 401, "unauthenticated")
    refused(await market.colleague.get(path), 403, "forbidden")
    missing = f"/evaluations/00000000-0000-0000-0000-000000000001/report.{form}"
    refused(await market.auditor.get(missing), 404, "not-found")


@pytest.mark.parametrize("form", ["pdf", "html"])
async def test_a_language_without_a_translation_is_refused_with_those_that_there_are(market: Market, form: str):
    _, _, run = await market.evaluated()
    answer = await market.auditor.get(f"/evaluations/{run['id']}/report.{form}?lang=tlh")
    assert "en" in refused(answer, 422, "language-unknown")["detail"]


async def test_a_report_that_cannot_be_made_says_why_and_what_mends_it(market: Market):
    _, _, run = await market.evaluated()
    payload = reports.payload_of(UUID(run["id"]), "en")

    async def without_library(_pool: asyncpg.Pool, _payload: str) -> None:
        raise jobs.JobError("libpango is missing.", mend="apt-get install libpango-1.0-0", final=True)

    async with await db.open_pool(market.dsn, connections=1) as pool:
        await jobs.attempt(pool, without_library, reports.DUTY, payload)
    answer = await market.auditor.get(f"/evaluations/{run['id']}/report.pdf")
    problem = refused(answer, 503, "report-failed")
    assert "libpango is missing. To mend it: apt-get install libpango-1.0-0" in problem["detail"]
    assert 0 < int(answer.headers["retry-after"]) <= 60
    await market.owner.execute("UPDATE job_attempts SET given_up_at = given_up_at - interval '61 seconds'")
    again = await market.auditor.get(f"/evaluations/{run['id']}/report.pdf")
    assert again.status_code == 202, "a minute later it is tried anew"


async def test_what_happens_after_the_evaluation_changes_nothing_in_its_report(market: Market):
    tender, bids, run = await market.evaluated()
    async with await db.open_pool(market.dsn, connections=2) as pool:
        before = await reports.load(pool, UUID(run["id"]))
        path = f"/bids/{bids[0]['bid_id']}"
        unlocked = {"reason": "Two pages had not been in the evaluators' copy."}
        criterion = f"/lots/{tender['lots'][0]['id']}/criteria/method-statement"
        done(await market.approver.post(f"{criterion}/unlock", unlocked))
        changed = a_score(value="1", change_reason="Two pages were missing.")
        done(await market.evaluator.put(f"{path}/scores/method-statement", changed))
        done(await market.moderator.put(f"{path}/consensus/method-statement", changed))
        done(await market.moderator.put(f"{path}/state", a_decision()))
        assert await reports.load(pool, UUID(run["id"])) == before
    assert before.events[-1].kind == "lot.evaluated"
    assert [entry.position for entry in before.events] == list(range(1, len(before.events) + 1))
    assert before.tender is not None
    assert before.tender.reference == tender["reference"]
    assert [officer.name for officer in before.officers] == ["Officer", "Second Officer"]


async def test_scores_are_reported_with_where_they_rest_in_the_bid_and_who_left_is_marked(market: Market) -> None:
    """Regulation 31 explains a score by reference to the bid; a leaver's score is shown and named as such."""
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator)
    lot = f"/lots/{tender['lots'][0]['id']}"
    early = a_score(value="1", reason="Thin.", cites=["p. 2", "p. 3"])
    done(await market.second_evaluator.put(f"/bids/{bids[0]['bid_id']}/scores/method-statement", early))
    left = {"person_id": market.second_evaluator.id, "successor_id": None, "reason": "Ill."}
    done(await market.author.post(f"{lot}/panel/replacements", left))
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    digest = {"rules_digest": tender["lots"][0]["rules_digest"]}
    run = done(await market.moderator.post(f"{lot}/evaluations", digest))
    async with await db.open_pool(market.dsn, connections=2) as pool:
        document = await reports.load(pool, UUID(run["id"]))
    told = {(score.evaluator, score.left, score.seated, score.reason) for score in document.scores}
    assert ("Second Evaluator", True, False, "Thin. – p. 2, p. 3") in told
    assert ("Evaluator", False, True, "Phasing is shown per school. – Method statement, p. 4") in told
    ids = {score.evaluator: score.person_id for score in document.scores}
    assert ids == {"Evaluator": market.evaluator.id, "Second Evaluator": market.second_evaluator.id}
    assert {score.reason for score in document.consensus} == {"Phasing is shown per school. – Method statement, p. 4"}


async def test_a_changed_score_is_reported_with_what_it_was_and_why_it_changed(market: Market) -> None:
    """EnergySolutions v NDA: others' scores are seen once one's own are in, so a later change must be in the open."""
    tender, bids = await market.opened()
    lot = f"/lots/{tender['lots'][0]['id']}"
    for bid in bids:
        path = f"/bids/{bid['bid_id']}"
        done(await market.evaluator.put(f"{path}/scores/method-statement", a_score(value="3")))
        done(await market.moderator.put(f"{path}/consensus/method-statement", a_score(value="3")))
    path = f"/bids/{bids[0]['bid_id']}"
    changed = a_score(value="5", change_reason="Page 7 had been missed.")
    done(await market.evaluator.put(f"{path}/scores/method-statement", changed))
    done(await market.moderator.put(f"{path}/consensus/method-statement", changed))
    await market.lock(tender)
    digest = {"rules_digest": tender["lots"][0]["rules_digest"]}
    run = done(await market.moderator.post(f"{lot}/evaluations", digest))
    async with await db.open_pool(market.dsn, connections=2) as pool:
        document = await reports.load(pool, UUID(run["id"]))
    for scores in (document.scores, document.consensus):
        told = {(one.version, one.first, one.value, one.change_reason) for one in scores}
        assert told == {(1, "3", "3", None), (2, "3", "5", "Page 7 had been missed.")}
    page = words_of(typeset.typeset(document))
    assert "saw nobody else's score" not in page
    assert page.count("Changed from 3 (this is version 2), because: Page 7 had been missed.") == 2
    log = page.partition("Log of the tender")[2]
    assert log.count("Page 7 had been missed.") == 2, "the agreed score and the evaluator's own, each as an entry"
    supplier = next(entry.supplier for entry in document.entries if entry.bid_id == bids[0]["bid_id"])
    assert log.count(f"Supplier: {supplier} · Criterion: Method statement") == 2


async def test_a_report_names_the_corrigenda_that_changed_the_rules(market: Market) -> None:
    """Whoever reads that rules never changed believes that bids were asked for under those of the first day."""
    tender = await market.publish()
    rules = a_rules()
    for criterion, weighting in zip(rules["criteria"], ("45", "35", "20"), strict=True):
        criterion["weighting"] = weighting
    later = await market.owner.fetchval("SELECT submission_deadline + interval '1 day' FROM tenders")
    change = {
        "reason": "Weightings were swapped.",
        "lots": [a_lot(rules=rules)],
        "submission_deadline": later.isoformat(),
    }
    tender = await market.amend(tender, change)
    done(await market.alder.submit(tender))
    (bid,) = (await market.open(tender))["bids"]
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    async with await db.open_pool(market.dsn, connections=2) as pool:
        document = await reports.load(pool, UUID(run["id"]))
    assert [(one.number, one.amends, one.reason) for one in document.issued] == [(1, True, "Weightings were swapped.")]
    page = words_of(typeset.typeset(document))
    assert "published with the tender, as amended by corrigendum 1 of " in page
    assert "have not changed since" not in page
    assert "Corrigenda in force" in page


async def test_the_audit_trail_tells_who_was_given_which_role(market: Market) -> None:
    """A role without its holder proves nothing."""
    tender, _ = await market.agreed()
    await market.give(tender, market.colleague, "auditor")
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    page = (await market.moderator.get(f"/evaluations/{run['id']}/report.html")).text
    assert "Role: auditor" in page
    assert f"Person: <bdi>{market.colleague.name}</bdi>" in page
