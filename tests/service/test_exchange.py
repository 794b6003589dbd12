"""The export of a tender: whole, the same each time, without secrets, and for nobody who may not read all of it."""

import json

from tests.make_exports import exported, members
from tests.service.conftest import Market, done, refused
from tests.service.test_opened_documents import CONTENT, a_case


async def test_an_awarded_tender_is_exported_whole_and_twice_to_the_same_bytes(market: Market) -> None:
    """Tables, log, receipts, results and letters are those that the service answers; keys and drafts are not there."""
    tender, bids, award = await market.awarded()
    await market.send_letters(tender)
    first = await exported(market, tender)
    assert await exported(market, tender) == first
    files = members(first)
    log = await market.log(tender)
    assert len(files["log/entries.ndjson"].splitlines()) == len(log)
    assert files["log/entries.ndjson"] == (await market.auditor.get(f"/tenders/{tender['id']}/log/entries")).content
    for bid in bids:
        supplier = next(one for one in (market.alder, market.birch) if one.name == bid["supplier"])
        own = await supplier.get(f"/bids/{bid['bid_id']}")
        assert files[f"receipts/{bid['bid_id']}-{bid['version']}.json"] == own.content
    stored = await market.auditor.get(f"/evaluations/{award['evaluation_id']}")
    assert files[f"evaluations/{award['evaluation_id']}.json"] == stored.content
    assert sum(path.startswith("letters/") for path in files) == len(bids)
    tables = {path: json.loads(content) for path, content in files.items() if path.startswith("tables/")}
    assert tables["tables/award_decisions.json"][0]["bid_id"] == award["bid_id"]
    assert {row["id"] for row in tables["tables/bids.json"]} == {bid["bid_id"] for bid in bids}
    assert len(tables["tables/panel_scores.json"]) == len([one for one in log if one["kind"] == "score.given"])
    everything = b"".join(files.values())
    for secret in (b"content_key", b"wrapped_key", b"secret_digest", b"sealed_share", b"retry_key"):
        assert secret not in everything


async def test_documents_come_along_as_they_were_opened(market: Market) -> None:
    case = await a_case(market)
    files = members(await exported(market, case.tender))
    assert files[f"documents/{case.bid_id}/{case.document_id}"] == CONTENT


async def test_nobody_exports_what_he_may_not_read(market: Market) -> None:
    """Not before all is opened, not the panel, not a person whose interest is not approved, not a stranger."""
    draft = await market.draft()
    refused(await market.auditor.get(f"/tenders/{draft['id']}/export"), 409, "tender-not-published")
    tender = await market.publish()
    path = f"/tenders/{tender['id']}/export"
    done(await market.alder.submit(tender))
    refused(await market.auditor.get(path), 409, "log-sealed")
    await market.open(tender)
    for person in (market.evaluator, market.moderator, market.author, market.officer):
        refused(await person.get(path), 403, "forbidden")
    for person in (market.alder, market.stranger):
        refused(await person.get(path), 404, "not-found")
    await market.owner.execute("DELETE FROM declaration_decisions WHERE tender_id = $1", tender["id"])
    await market.owner.execute("DELETE FROM declarations WHERE tender_id = $1", tender["id"])
    refused(await market.approver.get(path), 403, "not-cleared")
