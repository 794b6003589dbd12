"""The demo: a complete tender through the public API, its outcome in demo-output/."""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

import scoring
from service import demo
from service.demo_data import TENDER
from service.doctor import LIBRARIES, check_libraries

NAME = TENDER["reference"]


@pytest.fixture(scope="module")
def played() -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """The folder in which the demo ran, and what it said."""
    folder = Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    command = [sys.executable, "-m", "service", "demo", "--exit"]
    yield folder, subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=400)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_demo_plays_to_the_end(played: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """It prints the ranking, where everything is, and the address, and leaves with 0."""
    _, ran = played
    assert ran.returncode == 0, ran.stderr
    for word in (
        "rank",
        "Alder Roofing Ltd",
        "Cedar Community Energy CIC",
        f"result-{NAME}.json",
        "listening on http://",
    ):
        assert word in ran.stdout


def test_the_result_can_be_computed_again(played: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The stored bytes are what the engine gives for the stored rules and inputs."""
    folder, ran = played
    stored = (folder / "demo-output" / f"result-{NAME}.json").read_bytes()
    result = msgspec.json.decode(stored, type=scoring.Evaluation)
    assert scoring.canonical(scoring.evaluate(result.lot, list(result.inputs))) == stored
    first = next(line for line in ran.stdout.splitlines() if line.strip().startswith("1 "))
    assert result.bids[0].total in first


def test_every_bid_has_a_receipt(played: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Four suppliers, four receipts; the one who thought again has version 2."""
    folder, _ = played
    receipts = [json.loads(path.read_text()) for path in (folder / "demo-output").glob("receipt-*.json")]
    assert len(receipts) == 4
    assert sorted(receipt["version"] for receipt in receipts) == [1, 1, 1, 2]
    assert all(len(bytes.fromhex(receipt["digest"])) == hashlib.sha256().digest_size for receipt in receipts)


@pytest.mark.skipif(bool(check_libraries(LIBRARIES).mend), reason=check_libraries(LIBRARIES).mend or "")
def test_the_report_is_written(played: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """As PDF and as the same page in HTML."""
    folder, _ = played
    report = folder / "demo-output" / f"evaluation-report-{NAME}"
    assert report.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    assert "Alder Roofing Ltd" in report.with_suffix(".html").read_text()


PAPERS = (
    "how-bids-are-scored",
    "simulation-report",
    "opening-record",
    "moderation-record",
    "evaluation-report",
    "assessment-summary-alder-roofing-ltd",
    "assessment-summary-birch-sons-renewables",
    "assessment-summary-cedar-community-energy-cic",
    "assessment-summary-dogwood-electrical-plc",
    "public-evaluation-report",
    "record-of-the-procedure",
    "chronological-record",
)


@pytest.mark.skipif(bool(check_libraries(LIBRARIES).mend), reason=check_libraries(LIBRARIES).mend or "")
def test_every_paper_of_the_set_is_written_and_named(played: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Each as PDF and as HTML under a plain name, and the demo says which there are."""
    folder, ran = played
    output = folder / "demo-output"
    assert {path.name.removesuffix(f"-{NAME}.pdf") for path in output.glob("*.pdf")} == set(PAPERS)
    for name in PAPERS:
        assert (output / f"{name}-{NAME}.pdf").read_bytes().startswith(b"%PDF-"), name
        assert TENDER["title"] in (output / f"{name}-{NAME}.html").read_text(), name
        assert name in ran.stdout
    public = (output / f"public-evaluation-report-{NAME}.html").read_text()
    assert "Cedar Community Energy CIC" in public
    assert "Alder Roofing Ltd" not in public


def test_the_city_s_year_is_asked_for_by_a_flag() -> None:
    """Without it one tender is played; the year itself has a test of its own."""
    parser = argparse.ArgumentParser()
    demo.add_commands(parser.add_subparsers())
    assert parser.parse_args(["demo", "--city", "--exit"]).city is True
    assert parser.parse_args(["demo"]).city is False
