"""Parts are laid out once, kept, and found again; what was made is not lost with what failed."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import asyncpg
import msgspec
import pytest

from service import apart, db, pdf, report_parts, reports
from service.report_document import ReportDocument
from service.report_parts import Making
from tests.make_records import chronicle
from tests.service.conftest import Market
from tests.service.test_pdf import can_print

pytestmark = pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")


class Stage:
    """A tender with an evaluation, and what was told of the progress of its report."""

    def __init__(self, pool: asyncpg.Pool, tender_id: UUID, document: ReportDocument) -> None:
        self.pool, self.tender_id, self.document = pool, tender_id, document
        self.told: list[tuple[int, int]] = []

    def making(self) -> Making:
        """A making that one process works at."""

        async def tell(done: int, total: int) -> None:
            self.told.append((done, total))

        return Making(self.pool, asyncio.Semaphore(1), self.tender_id, "en", tell)

    async def kept(self) -> int:
        """How many parts of this tender are in the store."""
        return await self.pool.fetchval("SELECT count(*) FROM report_parts WHERE tender_id = $1", self.tender_id)


@pytest.fixture
async def stage(market: Market):
    tender, _, run = await market.evaluated()
    async with await db.open_pool(market.dsn, connections=3) as pool:
        yield Stage(pool, UUID(tender["id"]), await reports.load(pool, UUID(run["id"])))


async def test_a_report_from_the_store_is_the_report_made_in_one_go(stage: Stage):
    await report_parts.prepare(stage.making(), stage.document)
    total = await stage.kept()
    assert stage.told == [(0, total), (total, total)]
    stage.told.clear()
    made = await report_parts.make(stage.making(), stage.document)
    assert stage.told == [(total, total)], "nothing was laid out again"
    from service.typeset import print_report

    assert made == apart.run_now(print_report, stage.document)


async def test_one_changed_bid_is_one_new_part(stage: Stage):
    await report_parts.prepare(stage.making(), stage.document)
    total = await stage.kept()
    first, *others = stage.document.consensus
    agreed = (msgspec.structs.replace(first, reason="Agreed anew."), *others)
    await report_parts.prepare(stage.making(), msgspec.structs.replace(stage.document, consensus=agreed))
    assert stage.told[-2:] == [(total - 1, total), (total, total)]
    assert await stage.kept() == total + 1


async def test_a_long_record_is_made_in_parts_like_a_report(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """Each process has a piece of it, and whoever waits is told how far it is; a short one is made at once."""
    from service.typeset import begin_chronicle, print_chronicle

    monkeypatch.setattr(report_parts, "LENGTH", 1)
    record = chronicle(510)
    begun = apart.run_now(begin_chronicle, record)
    made = await report_parts.finish(stage.making(), begun)
    assert stage.told == [(0, 2), (1, 2), (2, 2)]
    assert made == apart.run_now(print_chronicle, record)
    assert isinstance(apart.run_now(begin_chronicle, chronicle(2)), bytes)


async def test_what_was_laid_out_before_a_failure_is_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """A part that kills its process fails the report; the next attempt begins behind what the others have done."""
    monkeypatch.setattr(report_parts, "CHUNK", 2)
    whole = report_parts.press_parts
    monkeypatch.setattr(report_parts, "press_parts", _dying(whole, stage.document.entries[0].supplier))
    with pytest.raises(apart.WorkError, match="ended early"):
        await report_parts.make(stage.making(), stage.document)
    kept = await stage.kept()
    assert 0 < kept < stage.told[0][1]
    monkeypatch.setattr(report_parts, "press_parts", whole)
    stage.told.clear()
    assert (await report_parts.make(stage.making(), stage.document)).startswith(b"%PDF")
    assert stage.told[0][0] == kept


def _dying(work: Callable[..., object], name: str) -> Callable[..., object]:
    return Poisoned(work, name)


class Poisoned:
    """Lays parts out, but dies of a bid's own section. Goes to another process, so it is no closure."""

    def __init__(self, work: Callable[..., object], name: str) -> None:
        self.work, self.name = work, name

    def __call__(self, pages: list[str]) -> object:
        import os

        if any(f"<bdi>{self.name}</bdi></h3>" in page for page in pages):
            os._exit(3)
        return self.work(pages)
