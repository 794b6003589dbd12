"""A draft says which finding of the spend analysis it answers, and by what outcome."""

from typing import Any

import pytest

from tests.make_spend import payments
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_spend import read, worker
from tests.service.test_spend_analyses import analysed

assert worker


async def a_finding(person: Person) -> dict[str, Any]:
    file = await read(person, payments())
    path, found = await analysed(person, {"title": "x", "files": [file["id"]]})
    finding = found["findings"][0]
    return {"analysis_id": path.rpartition("/")[2], "finding_id": finding["id"], "outcome": finding["outcomes"][0]}


async def test_a_finding_is_linked_with_a_draft_and_stays_with_the_tender(market: Market, worker: None) -> None:
    """Why the tender is run as it is: the finding as it stood, who linked it, in the tender's log with the digest."""
    tender = await market.draft()
    link = await a_finding(market.author)
    path = f"/tenders/{tender['id']}/spend-findings"
    answer = await market.author.post(path, link)
    assert answer.status_code == 201
    assert answer.json()["finding"]["id"] == link["finding_id"] == "concentration"
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["outcome"]) == ("spend.finding-linked", link["outcome"])
    done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    assert [one["outcome"] for one in done(await market.auditor.get(path))] == [link["outcome"]]
    refused(await market.author.post(path, link), 409, "tender-already-published")


@pytest.mark.parametrize("who", ["approver", "colleague"])
async def test_only_the_author_links(market: Market, worker: None, who: str) -> None:
    tender = await market.draft()
    link = await a_finding(market.author)
    refused(await getattr(market, who).post(f"/tenders/{tender['id']}/spend-findings", link), 403, "forbidden")


async def test_a_finding_that_the_analysis_does_not_have_is_refused(market: Market, worker: None) -> None:
    tender = await market.draft()
    link = await a_finding(market.author) | {"finding_id": "influence:Gas"}
    problem = refused(await market.author.post(f"/tenders/{tender['id']}/spend-findings", link), 422, "invalid-request")
    assert "concentration" in problem["errors"][0]["mend"]


async def test_another_buyer_s_analysis_and_tender_do_not_exist(market: Market, worker: None) -> None:
    tender = await market.draft()
    link = await a_finding(market.stranger)
    path = f"/tenders/{tender['id']}/spend-findings"
    refused(await market.author.post(path, link), 404, "not-found")
    refused(await market.stranger.get(path), 404, "not-found")
    published = await market.publish()
    refused(await market.alder.get(f"/tenders/{published['id']}/spend-findings"), 404, "not-found")
