"""The report prints the stored analysis; its PDF is accessible, archival and carries the data."""

import io
import json
from uuid import UUID

import pikepdf
import pytest
from playwright.async_api import Page

from service import apart, spend_reports, typeset
from tests.make_records import spend
from tests.make_spend import payments
from tests.service.conftest import Market, done, refused
from tests.service.test_pdf import can_print, faults
from tests.service.test_screen import browser, in_a_browser, inaccessible, page, shown
from tests.service.test_spend import a_buyer, finished, read, worker
from tests.service.test_spend_analyses import analysed, prepared

__all__ = ["browser", "page", "worker"]


async def test_the_page_shows_the_numbers_and_can_run_nothing(market: Market, worker: None) -> None:
    buyer = await a_buyer(market)
    new = await prepared(buyer) | {"title": "<script>alert(1)</script>"}
    path, found = await analysed(buyer, new)
    answer = await buyer.get(f"{path}/report.html")
    assert answer.status_code == 200
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    for text in ("200,500.00", "47.37 %", "not known", "Alder Roofing Limited", "Alder Rofing Ltd"):
        assert text in answer.text
    assert found["concentration"]["hhi"][:2] in answer.text.replace(",", "")


@pytest.mark.skipif(not can_print(), reason="WeasyPrint's system libraries are not here")
async def test_the_pdf_carries_the_analysis_as_data(market: Market, worker: None) -> None:
    buyer = await a_buyer(market)
    path, found = await analysed(buyer, await prepared(buyer))
    assert (await buyer.get(f"{path}/report.pdf")).status_code == 202
    answer = await finished(lambda: buyer.get(f"{path}/report.pdf"), lambda answer: answer.status_code == 202)
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert json.loads(pdf.attachments["spend-analysis.json"].get_file().read_bytes()) == found
        assert pdf.Root.MarkInfo.Marked
    again = await buyer.send("GET", f"{path}/report.pdf", If_None_Match=answer.headers["etag"])
    assert again.status_code == 304


async def test_there_is_no_report_before_the_analysis(market: Market) -> None:
    buyer = await a_buyer(market)
    refused(await buyer.get("/spend/analyses/3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11/report.pdf"), 404, "not-found")
    assert done(await buyer.get("/spend/analyses"))["items"] == []


async def test_the_report_reads_one_file_s_payments_too(market: Market, worker: None) -> None:
    """Without register and places the page says so instead of showing empty charts."""
    buyer = await a_buyer(market)
    file = await read(buyer, payments())
    path, _ = await analysed(buyer, {"title": "Plain", "files": [file["id"]]})
    page = (await buyer.get(f"{path}/report.html")).text
    assert "No list of places was given" in page
    assert '<th scope="row">Local</th><td><span class="soft">–</span></td>' in page


@pytest.mark.parametrize("lang", ["de", None])
def test_a_job_of_the_release_before_languages_is_read_as_english(lang: str | None) -> None:
    """What was queued before an upgrade is done after it."""
    analysis = UUID("3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11")
    payload = f'{{"analysis_id": "{analysis}", "lang": "{lang}"}}' if lang else str(analysis)
    assert spend_reports.Asked.read(payload) == spend_reports.Asked(analysis, lang or "en")


@pytest.mark.skipif(not can_print(), reason="WeasyPrint's system libraries are not here")
@pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("lang", ["en", "el"])
def test_the_file_is_archival_and_accessible(lang: str) -> None:
    assert faults(apart.run_now(typeset.print_spend, spend(), lang)) == []


@in_a_browser
async def test_the_report_has_no_fault_in_a_browser(page: Page) -> None:
    """No error, nothing sideways on a telephone or a desk, and nothing that axe finds."""
    assert await shown(page, typeset.shown_spend(spend())) == []
    assert await inaccessible(page) == []
