"""A report made again is the stored one, byte for byte, or says that it is not."""

import argparse
import asyncio
import hashlib
from pathlib import Path
from uuid import UUID

import pytest

from scoring import canonical
from service import db, pdf, rendering, reports
from tests.make_reports import retrofit_report
from tests.service.conftest import Market
from tests.service.test_pdf import can_print

printing = pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")


def asked(evaluation: str, output: Path) -> argparse.Namespace:
    return argparse.Namespace(evaluation=evaluation, output=output, lang="en", data=None)


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
