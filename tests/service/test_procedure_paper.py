"""The record of the procedure as a paper: what the law asks for, what is missing; for those who decide or audit."""

from tests.make import a_decision
from tests.service.conftest import Market, done, refused
from tests.service.test_papers import words_of


async def test_it_tells_who_was_admitted_rejected_and_awarded_and_why(market: Market):
    tender, bids, _ = await market.awarded()
    path = f"/tenders/{tender['id']}/procedure-report"
    done(await market.moderator.put(f"{path}/texts/value", {"text": "GBP 1.2 million"}))
    done(await market.moderator.put(f"{path}/texts/procedure", {"text": "competitive_dialogue"}))
    page = words_of((await market.auditor.get(f"{path}.html")).text)
    for words in (
        market.alder.name,
        market.birch.name,
        "As recommended.",
        "The panel's recommendation: Ranked first on the published criteria.",
        "GBP 1.2 million",
        "competitive dialogue",
        "Nobody declared an interest.",
        "parts that the law asks for are still missing:",
    ):
        assert words in page, words
    assert bids


async def test_a_rejected_bid_stands_in_it_with_the_reason(market: Market):
    tender, bids = await market.opened()
    done(await market.moderator.put(f"/bids/{bids[0]['bid_id']}/state", a_decision(reason="Taxes were not paid.")))
    page = words_of((await market.auditor.get(f"/tenders/{tender['id']}/procedure-report.html")).text)
    assert f"{market.alder.name} excluded Taxes were not paid." in page
    assert "The award is not decided." in page


async def test_the_same_report_is_the_same_paper_whenever_it_is_asked_for(market: Market):
    """Its own answer over HTTP says when it was made; on paper stands the last thing that happened."""
    tender, _, _ = await market.awarded()
    path = f"/tenders/{tender['id']}/procedure-report"
    for _ in range(3):
        assert (await market.auditor.get(f"{path}.pdf")).status_code == 202
    count = "SELECT count(*) FROM papers WHERE tender_id = $1"
    assert await market.owner.fetchval(count, tender["id"]) == 1
    done(await market.moderator.put(f"{path}/texts/conflicts", {"text": "None were found."}))
    assert (await market.auditor.get(f"{path}.pdf")).status_code == 202
    assert await market.owner.fetchval(count, tender["id"]) == 2


async def test_it_is_for_those_who_decide_or_audit(market: Market):
    tender, _, _ = await market.awarded()
    for form in ("pdf", "html"):
        path = f"/tenders/{tender['id']}/procedure-report.{form}"
        assert (await market.auditor.get(path)).status_code in {200, 202}
        refused(await market.officer.get(path), 403, "forbidden")
        for person in (market.alder, market.stranger):
            refused(await person.get(path), 404, "not-found")
        refused(await market.anonymous.get(path), 401, "unauthenticated")
