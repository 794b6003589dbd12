"""A report made again is the stored one, byte for byte, or says that it is not."""

import argparse
import asyncio
import hashlib
from pathlib import Path
from uuid import UUID

import pytest

from scoring import canonical
from service import db, papers, pdf, rendering, reports
from tests.make_reports import retrofit_report
from tests.service.conftest import Market, at_work, done
from tests.service.test_papers import made
from tests.service.test_pdf import can_print

printing = pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")


def asked(report: str, output: Path, lang: str | None = "en") -> argparse.Namespace:
    return argparse.Namespace(report=report, output=output, lang=lang, data=None)


@printing
async def test_a_report_from_the_database_is_the_stored_one(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    _, _, run = await market.evaluated()
    identity = UUID(run["id"])
    async with await db.open_pool(market.dsn, connections=3) as pool:
        await reports.make(pool, reports.payload_of(identity, "en"), seats=asyncio.Semaphore(1))
        digest = await pool.fetchval("SELECT digest FROM reports WHERE evaluation_id = $1", identity)
    made = tmp_path / "again.pdf"
    code = await rendering._from_database(market.dsn, "", identity, asked(run["id"], made))
    assert code == rendering.SAME
    assert f"{digest}, the same as the stored report" in capsys.readouterr().out
    assert hashlib.sha256(made.read_bytes()).hexdigest() == digest


@printing
async def test_a_paper_and_a_record_from_the_database_are_the_stored_ones(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Each by its id in the log, in its own language and no other; the digest is of what lies before the seal."""
    tender, _ = await market.opened(language="el")
    async with at_work(market, papers.duties):
        answer = await made(market.auditor, f"/lots/{tender['lots'][0]['id']}/opening/record.pdf")
        record = done(await market.auditor.post(f"/tenders/{tender['id']}/record-files"))
        filed = await made(market.auditor, record["location"])
    (told,) = [entry["data"] for entry in await market.log(tender) if entry["kind"] == "paper.stored"]
    for identity, stored in ((told["paper_id"], answer), (record["id"], filed)):
        again = tmp_path / f"{identity}.pdf"
        code = await rendering._from_database(market.dsn, "", UUID(identity), asked(identity, again, None))
        assert "the same as the stored report" in capsys.readouterr().out
        assert (code, again.read_bytes()) == (rendering.SAME, stored.content)
        code = await rendering._from_database(market.dsn, "", UUID(identity), asked(identity, again, "fr"))
        assert (code, "made in 'el'" in capsys.readouterr().err) == (rendering.NOTHING, True)


async def test_an_evaluation_that_is_not_there_is_said_so(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    nobody = UUID(int=1)
    assert await rendering._from_database(market.dsn, "", nobody, asked(str(nobody), tmp_path / "x.pdf")) == 2
    assert f"no evaluation {nobody}" in capsys.readouterr().err


@printing
def test_a_report_can_be_made_of_a_file_with_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    result = tmp_path / "result.json"
    result.write_bytes(canonical(retrofit_report().evaluation))
    assert rendering.render(asked(str(result), tmp_path / "case.pdf")) == rendering.SAME
    assert "no stored report" in capsys.readouterr().out
    assert (tmp_path / "case.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_a_file_that_is_no_result_is_refused_with_what_would_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
):
    if content is not None:
        (tmp_path / "result.json").write_text(content)
    assert rendering.render(asked(str(tmp_path / "result.json"), tmp_path / "case.pdf")) == rendering.NOTHING
    assert "result.json" in capsys.readouterr().err


def test_other_bytes_than_the_stored_ones_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert rendering._write(b"%PDF", tmp_path / "x.pdf", "0" * 64) == rendering.DIFFERENT
    assert "another one: 0000" in capsys.readouterr().err
