"""Documents of opened bids are for those who score, decide or audit, and their supplier; of all others for nobody."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.opened_documents import UNREADABLE
from tests.service.conftest import Market, copied, done, market_in, refused
from tests.service.test_documents import a_document, bid_with
from tests.service.test_uploads import CONTENT, line_to, logged

NAME = "Méthode & plan \u201cNord\u201d.pdf"


class Case:
    """A tender with an opened bid of Alder's that names a document."""

    def __init__(self, tender: dict[str, Any], bid_id: str, document_id: str) -> None:
        self.tender = tender
        self.bid_id = bid_id
        self.document_id = document_id
        self.list = f"/bids/{bid_id}/documents"
        self.path = f"{self.list}/{document_id}"


async def a_case(market: Market, content: bytes = CONTENT, *, opened: bool = True) -> Case:
    tender = await market.publish()
    document_id = await a_document(market.alder, tender, content)
    receipt = await bid_with(market.alder, tender, (document_id, NAME))
    if opened:
        await market.open(tender)
    return Case(tender, receipt["bid_id"], document_id)


@pytest.mark.parametrize("who", ["evaluator", "moderator", "approver", "auditor", "alder"])
async def test_after_the_opening_the_panel_and_the_supplier_read_it(market: Market, who: str) -> None:
    case = await a_case(market)
    (listed,) = done(await getattr(market, who).get(case.list))
    assert (listed["document_id"], listed["name"], listed["readable"], listed["fault"]) == (
        *(case.document_id, NAME),
        *(True, None),
    )
    answer = await getattr(market, who).get(case.path)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    disposition = answer.headers["content-disposition"]
    assert disposition.isascii()
    assert httpx.URL("http://x/" + disposition.partition("UTF-8''")[2]).path == f"/{NAME}"


async def test_a_document_of_several_rows_comes_back_as_it_was(market: Market) -> None:
    content = bytes(range(256)) * 12_000
    case = await a_case(market, content)
    assert (await market.evaluator.get(case.path)).content == content


async def test_before_the_opening_nobody_reads_it_and_only_its_supplier_knows_of_it(market: Market) -> None:
    """The supplier sees what arrived, and not even then the name, which is sealed with the bid."""
    case = await a_case(market, opened=False)
    (own,) = done(await market.alder.get(case.list))
    assert (own["document_id"], own["name"], own["readable"]) == (case.document_id, None, False)
    refused(await market.alder.get(case.path), 409, "not-opened")
    for person in (market.evaluator, market.officer, market.birch, market.stranger):
        refused(await person.get(case.list), 404, "not-found")
        refused(await person.get(case.path), 404, "not-found")


async def test_after_the_opening_it_is_still_not_for_everybody(market: Market) -> None:
    case = await a_case(market)
    for person, status, slug in (
        (market.birch, 404, "not-found"),
        (market.stranger, 404, "not-found"),
        (market.colleague, 403, "forbidden"),
        (market.officer, 403, "forbidden"),
        (market.anonymous, 401, "unauthenticated"),
    ):
        refused(await person.get(case.list), status, slug)
        refused(await person.get(case.path), status, slug)
    for wrong in (f"{case.list}/{uuid4()}", f"/bids/{uuid4()}/documents/{case.document_id}"):
        refused(await market.evaluator.get(wrong), 404, "not-found")


async def test_what_a_withdrawn_bid_named_stays_sealed(market: Market) -> None:
    tender = await market.publish()
    document_id = await a_document(market.alder, tender)
    receipt = await bid_with(market.alder, tender, (document_id, NAME))
    path = f"/bids/{receipt['bid_id']}/documents/{document_id}"
    done(await market.alder.delete(f"/bids/{receipt['bid_id']}"))
    await market.open(tender)
    refused(await market.alder.get(path), 409, "document-sealed")
    refused(await market.evaluator.get(path), 404, "not-found")


async def test_a_document_that_cannot_be_opened_says_why(market: Market) -> None:
    case = await a_case(market)
    await market.owner.execute(
        "UPDATE opened_documents SET content_key = NULL, fault = 'header: it was changed' WHERE document_id = $1",
        case.document_id,
    )
    for person in (market.auditor, market.moderator, market.alder):
        (listed,) = done(await person.get(case.list))
        assert (listed["readable"], listed["fault"]) == (False, "header: it was changed")
        problem = refused(await person.get(case.path), 409, "document-unreadable")
        assert problem["detail"] == "header: it was changed"
    (listed,) = done(await market.evaluator.get(case.list))
    problem = refused(await market.evaluator.get(case.path), 409, "document-unreadable")
    assert listed["fault"] == problem["detail"] == UNREADABLE


async def spoil(market: Market, case: Case, number: int) -> None:
    """Change one bit of a kept chunk."""
    await market.owner.execute(
        "UPDATE document_chunks SET contents = set_bit(contents, 8000, 1 - get_bit(contents, 8000))"
        " WHERE number = $2 AND upload_id = (SELECT upload_id FROM documents WHERE id = $1)",
        case.document_id,
        number,
    )


async def test_one_flipped_bit_at_the_beginning_is_refused_and_later_breaks_the_answer_off(market: Market) -> None:
    """Nobody takes half a document for a whole one."""
    first, later = await a_case(market), await a_case(market, bytes(3_000_000))
    await spoil(market, first, 0)
    await spoil(market, later, 2)
    problem = refused(await market.moderator.get(first.path), 409, "document-unreadable")
    assert "Chunk 1 was changed" in problem["detail"]
    assert refused(await market.evaluator.get(first.path), 409, "document-unreadable")["detail"] == UNREADABLE
    with pytest.raises(httpx.RemoteProtocolError):
        await market.evaluator.get(later.path)


async def test_with_a_folder_as_store_it_is_the_same(postgres: str, template: str, tmp_path: Path) -> None:
    """And nothing of a document lies in the database; one that broke off leaves no file."""
    folder = tmp_path / "store"
    async with copied(postgres, template) as dsn, market_in(dsn, document_store=f"file://{folder}") as market:
        content = bytes(range(256)) * 50_000
        case = await a_case(market, content)
        assert (await market.evaluator.get(case.path)).content == content
        assert await market.owner.fetchval("SELECT count(*) FROM document_chunks") == 0
        (file,) = folder.iterdir()
        assert content[:64] not in file.read_bytes()
        tender = await market.publish()
        async with line_to(market) as line:
            await line.begin(market.alder, tender, 20_000_000)
            await line.say(bytes(12_000_000))
        await logged(market, tender, "document.interrupted")
        assert list(folder.iterdir()) == [file]
