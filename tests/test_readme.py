"""The README's commands work as they stand, and its tables say what the program does."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.doctor import LIBRARIES, check_libraries
from service.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The service as `make serve` runs it, on data of its own: its address and its data folder."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], data
        process.terminate()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's commands use curl: sudo apt-get install curl")
def test_one_tender_from_draft_to_award(served: tuple[str, Path], tmp_path: Path) -> None:
    """Whoever follows the README's commands gets from an empty database to an award, a report and a log."""
    url, data = served
    script = "set -euo pipefail\n" + "".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    settings = {"URL": url, "DATA": str(data), "WAIT": "7 seconds", "PATH": os.environ["PATH"]}
    if check_libraries(LIBRARIES).mend:
        script = "\n".join(line for line in script.splitlines() if "report.pdf" not in line)
    ran = subprocess.run(
        ["bash", "-c", script], check=False, cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    result = json.loads((tmp_path / "result.json").read_text())
    alder = json.loads((tmp_path / "receipt.json").read_text())["bid_id"]
    assert result["winner"] == alder
    kinds = [event["kind"] for event in json.loads((tmp_path / "log.json").read_text())]
    assert kinds[0] == "tender.drafted"
    assert kinds[-1] == "award.decided"
    assert "bids.opened" in kinds
    if not check_libraries(LIBRARIES).mend:
        assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_settings_table_is_the_programs() -> None:
    """The README lists every setting with its default and meaning, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", README, re.MULTILINE)
    listed = [(name, default.strip("` "), meaning) for name, default, meaning in rows]
    assert [row for row in listed if row[0].isupper()] == Settings.table()
