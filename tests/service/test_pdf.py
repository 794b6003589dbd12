"""One file for archives and screen readers, the same bytes for the same input, without reaching outside."""

import io
import json
import re
import shutil
import socket
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from service import apart, pdf, typeset
from service.apart import WorkError
from service.doctor import LIBRARIES, check_libraries
from service.pdf import Sheet
from service.report_document import Consensus, ReportDocument
from tests.make_reports import retrofit_report

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
AT = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)


def can_print() -> bool:
    """Whether the system libraries are there."""
    return not check_libraries(LIBRARIES).mend


pytestmark = [
    pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}"),
    # WeasyPrint leaves its colour profile open.
    pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def document() -> ReportDocument:
    return retrofit_report()


@pytest.fixture(scope="module")
def report(document: ReportDocument) -> bytes:
    return pdf.render(typeset.sheet(document))


def page_of(body: str) -> Sheet:
    """A small page with our metadata."""
    head = '<title>Page</title><style>body { font-family: "Source Sans 3" }</style>'
    return Sheet(html=f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>', at=AT)


def faults(data: bytes) -> list[str]:
    """What a validator finds wrong as PDF/A-3A and as PDF/UA-1."""
    import page

    return [
        f"{profile} {fault.rule_id}"
        for profile in ("3a", "ua1")
        for fault in page.validate_pdf_bytes(data, profile=profile).failures
    ]


def text_of(data: bytes, folder: Path) -> str:
    """The text that a reader can select, as poppler extracts it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("apt-get install poppler-utils")
    (folder / "report.pdf").write_bytes(data)
    command = ["pdftotext", "-layout", folder / "report.pdf", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_report_is_archival_and_accessible_in_one_file(report: bytes):
    assert faults(report) == []


def test_a_second_opinion_finds_nothing_either(report: bytes, tmp_path: Path):
    import outloud

    (tmp_path / "report.pdf").write_bytes(report)
    found = outloud.check(str(tmp_path / "report.pdf"))
    assert (found.verdict, found.error, [finding.message for finding in found.findings]) == ("pass", None, [])


def test_the_validator_does_find_faults():
    """Control: what the library writes by itself is not good enough."""
    written = pdf.load().HTML(string=page_of("<p>Text</p>").html).write_pdf(pdf_variant="pdf/a-3a")
    assert "ua1" in " ".join(faults(written))


def test_the_same_evaluation_gives_the_same_bytes(report: bytes, document: ReportDocument):
    """In one piece of work, and in parts made in other processes, in other company and another order, and kept."""
    front, cut = apart.run_now(typeset.cut_report, document)
    pages = [page for _, page in cut]
    late = apart.run_now(typeset.press_parts, pages[4:])
    early = apart.run_now(typeset.press_parts, pages[3::-1])[::-1]
    assert apart.run_now(typeset.bind_report, front, [*early, *late]) == report


def test_a_part_is_found_again_until_it_or_what_prints_it_changes(document: ReportDocument):
    """A later evaluation keeps the parts of bids that it did not touch; the front, with its date, is made anew."""
    later = msgspec.structs.replace(document, evaluated_at=AT, number=2, digest="0" * 64)
    changed = msgspec.structs.replace(document, consensus=(_worded(document.consensus[0]), *document.consensus[1:]))
    keys = [[key for key, _ in typeset.cut_parts(typeset.sheet(found))[1]] for found in (document, later, changed)]
    differ = [place for place, key in enumerate(keys[0]) if key != keys[1][place]]
    assert len(differ) == 1, "the last part has the log and the digest of the result"
    assert differ[0] == len(keys[0]) - 1
    assert sum(one != other for one, other in zip(keys[0], keys[2], strict=True)) == 1


def _worded(score: Consensus) -> Consensus:
    return msgspec.structs.replace(score, reason="Agreed anew.")


def test_a_change_of_the_stylesheet_is_another_part():
    page = page_of("<p>Text</p>").html
    assert pdf.key_of(page) == pdf.key_of(page)
    assert pdf.key_of(page) != pdf.key_of(page.replace("Source Sans 3", "Source Serif 4"))


def test_the_stored_result_and_the_scores_travel_inside(report: bytes, document: ReportDocument):
    import pikepdf

    with pikepdf.open(io.BytesIO(report)) as opened:
        files = {name: spec.get_file().read_bytes() for name, spec in opened.attachments.items()}
    assert files["result.json"] == document.canonical
    assert json.loads(files["result.json"])["engine"] == document.evaluation.engine
    assert files["scores.csv"].decode("utf-8-sig").splitlines()[0].startswith('"bid","supplier","rank","criterion"')


def test_every_figure_of_the_evaluation_can_be_read_in_the_report(
    report: bytes, document: ReportDocument, tmp_path: Path
):
    words = set(text_of(report, tmp_path).split())
    for bid in document.evaluation.bids:
        for figure in (bid.total, *bid.points.values(), *bid.weighted.values()):
            assert figure is None or figure in words
    for score in document.scores:
        assert score.value in words


def test_pages_are_numbered_and_the_contents_lead_to_them(report: bytes, tmp_path: Path):
    import pikepdf

    with pikepdf.open(io.BytesIO(report)) as opened:
        pages = len(opened.pages)
        links = [note for note in opened.pages[1].Annots if note.Subtype == "/Link"]
        said = {str(note.Contents) for note in links}
    assert f"{pages} / {pages}" in re.sub(r" +", " ", text_of(report, tmp_path))
    assert {"Ranking", "Birch Regeneration CIC", "Audit trail and proof"} <= said


def test_an_error_of_the_library_fails_the_report():
    """It would otherwise write a file that claims to be accessible and is not."""
    with pytest.raises(WorkError, match="alt"):
        pdf.render(page_of(f'<img src="data:image/png;base64,{DOT}">'))


def listener() -> tuple[socket.socket, list[bytes]]:
    """A server that remembers what it is asked."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            conn, _ = server.accept()
        except OSError:
            return
        with conn:
            heard.append(conn.recv(1000))
            conn.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return server, heard


def test_no_address_in_a_report_is_ever_fetched(tmp_path: Path):
    secret = tmp_path / "secret.css"
    secret.write_text("p { color: red }")
    server, heard = listener()
    with server:
        body = f'<p>Text</p><link rel="stylesheet" href="http://127.0.0.1:{server.getsockname()[1]}/x.css">'
        with pytest.raises(WorkError, match="disallowed protocol"):
            pdf.render(page_of(body))
        with pytest.raises(WorkError, match="disallowed protocol"):
            pdf.render(page_of(f'<p>Text</p><link rel="stylesheet" href="{secret.as_uri()}">'))
        assert heard == []
        pdf.load().HTML(string=page_of(body).html).write_pdf()
        assert heard, "control: the library's own fetcher would have asked"
