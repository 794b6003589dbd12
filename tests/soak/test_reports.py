"""The campaign of reports, on the smallest of them; and that it sees what it is for."""

from pathlib import Path

import msgspec
import pytest

from service import pdf
from tests.service.test_pdf import can_print
from tests.soak import reports
from tests.soak.reports import Progress, cases, load, run, store

pytestmark = pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")

SMALL = "evaluation of two bids, en"


def test_a_report_is_the_same_by_another_program_and_in_parts_and_pleases_both_validators():
    assert list(reports.wrong_with(SMALL, 3)) == []


def test_other_bytes_fail_the_campaign(monkeypatch: pytest.MonkeyPatch):
    """Control: a part that says one word more."""
    whole = reports.in_parts
    monkeypatch.setattr(reports, "in_parts", lambda document, lang: whole(_longer(document), lang))
    monkeypatch.setattr(reports, "by_another_program", lambda _name, _bids: "")
    assert list(reports.wrong_with(SMALL, 3)) == [
        "made in parts it has other bytes",
        "made by another program it has other bytes",
    ]


def _longer(document: reports.ReportDocument) -> reports.ReportDocument:
    first, *others = document.consensus
    return msgspec.structs.replace(document, consensus=(msgspec.structs.replace(first, reason="More."), *others))


def test_a_campaign_goes_on_where_it_was_and_begins_anew_with_other_code(tmp_path: Path):
    path = tmp_path / "reports.json"
    done = {name: [] for name in cases(3)}
    store(path, Progress(code=reports.code_digest(), done=done))
    assert run(path, 3, 0).done == done
    store(path, Progress(code="other", done=done))
    assert load(path).done == {}


def test_a_campaign_whose_hour_is_up_before_all_reports_were_made_is_neither_passed_nor_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reports, "PROGRESS", tmp_path / "reports.json")
    monkeypatch.setattr(reports, "LONGEST_SECONDS", -1)
    done: dict[str, list[str]] = {name: [] for name in cases(3)}
    missing = dict(list(done.items())[1:])
    for outcome, code in ((done, 0), (missing, 2), (missing | {SMALL: ["3a: 6.1"]}, 1)):
        store(reports.PROGRESS, Progress(code=reports.code_digest(), done=outcome))
        assert reports.main(["3"]) == code
