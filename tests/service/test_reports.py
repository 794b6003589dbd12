"""Reports over HTTP: made once in the background, kept, and shown only to those who may read the evaluation."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest

from service import reports
from service.settings import Settings
from tests.service.conftest import Market, Person


@pytest.fixture
async def worker(market: Market) -> AsyncIterator[None]:
    """A worker beside the service, as `tenderscore worker` runs it."""
    running = asyncio.create_task(reports.work(market.dsn, Settings(report_workers=1)))
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def stored_report(person: Person, run: dict[str, str]) -> httpx.Response:
    """Ask until the report is there."""
    answer = await person.get(f"/evaluations/{run['id']}/report.pdf")
    while answer.status_code == 202:
        await asyncio.sleep(0.2)
        answer = await person.get(answer.headers["location"])
    return answer


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
