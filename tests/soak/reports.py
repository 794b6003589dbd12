"""Every report in every language, by two validators and three times over (`make soak SOAK=reports [N=300]`).

Each is made in one piece of work, in parts in another order and company, and by another program in another time zone
with other hashes; all three must be the same to the byte. N bids make the longest one. Progress lies in
.soak/reports.json and belongs to one state of the code. Exit status 1 if anything was wrong, 2 if the hour was up
before every report was made.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import outloud
import page

from service import apart, typeset
from service.language import LANGUAGES
from service.papers import PAPERS, print_paper
from service.report_document import ReportDocument
from tests.bench.reports import document as long_report
from tests.make_papers import data_of
from tests.make_records import chronicle, spend
from tests.make_reports import report_named, report_with_prices_apart, retrofit_report
from tests.soak.harness import verdict

PROJECT = Path(__file__).parent.parent.parent
PROGRESS = Path(".soak/reports.json")
BIDS = 300
LONGEST_SECONDS = 55 * 60

KINDS: Mapping[str, Callable[[], ReportDocument]] = {
    "evaluation": retrofit_report,
    "evaluation of two bids": lambda: report_named("Alder"),
    "evaluation with prices apart": report_with_prices_apart,
}
"""What is made in parts, and what is printed of it; a further kind of report has its line here."""


def paper(kind: str) -> Callable[[str], bytes]:
    """How a paper of a kind is printed in a language."""
    return lambda lang: apart.run_now(print_paper, kind, data_of(kind), lang)[0]


WHOLE: Mapping[str, Callable[[str], bytes]] = {
    **{kind: paper(kind) for kind in PAPERS},
    "chronicle": lambda lang: apart.run_now(typeset.print_chronicle, chronicle(), lang),
    "spend": lambda lang: apart.run_now(typeset.print_spend, spend(), lang),
}
"""What is made in one piece, and how it is printed in a language: every paper, the record, the spend analysis."""


class Progress(msgspec.Struct):
    """What has been made with the present code, by its name: what was wrong with it, nothing if all was well."""

    code: str
    done: dict[str, list[str]] = {}


def code_digest() -> str:
    """SHA-256 over what makes reports."""
    files = [
        *(PROJECT / "service").glob("*.py"),
        *(path for path in (PROJECT / "templates").rglob("*") if path.is_file()),
    ]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(files))).hexdigest()


def load(path: Path) -> Progress:
    """The progress made with the present code; none yet otherwise."""
    fresh = Progress(code=code_digest())
    if not path.exists():
        return fresh
    stored = msgspec.json.decode(path.read_bytes(), type=Progress)
    return stored if stored.code == fresh.code else fresh


def store(path: Path, progress: Progress) -> None:
    """Replace the file in one step, so that a killed run leaves the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(msgspec.json.encode(progress))
    draft.replace(path)


class Case(NamedTuple):
    """One report: its language, how it is printed, and what it is made of where it can be made in parts."""

    lang: str
    printed: Callable[[str], bytes]
    document: Callable[[], ReportDocument] | None = None


def cases(bids: int) -> dict[str, Case]:
    """Every report by its name; the longest one last, in the first language alone."""
    found = {f"{kind}, {lang}": _in_parts(make, lang) for kind, make in KINDS.items() for lang in LANGUAGES}
    found |= {f"{kind}, {lang}": Case(lang, printed) for kind, printed in WHOLE.items() for lang in LANGUAGES}
    return found | {f"evaluation of {bids} bids": _in_parts(lambda: long_report(bids), next(iter(LANGUAGES)))}


def _in_parts(make: Callable[[], ReportDocument], lang: str) -> Case:
    def printed(lang: str) -> bytes:
        return apart.run_now(typeset.print_report, make(), lang)

    return Case(lang, printed, make)


def in_parts(document: ReportDocument, lang: str) -> bytes:
    """The report of parts that were made in reverse order, a few in each process."""
    front, cut = apart.run_now(typeset.cut_report, document, lang)
    pages = [part for _, part in cut][::-1]
    made = [
        part
        for start in range(0, len(pages), 7)
        for part in apart.run_now(typeset.press_parts, pages[start : start + 7])
    ]
    return apart.run_now(typeset.bind_report, front, made[::-1])


def by_another_program(name: str, bids: int) -> str:
    """The digest of the same report made by a program with other hashes in another time zone."""
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    command = [sys.executable, "-m", "tests.soak.reports", str(bids), name]
    said = subprocess.run(command, env=environment, cwd=PROJECT, check=True, capture_output=True, text=True)
    return said.stdout.strip()


def wrong_with(name: str, bids: int) -> Iterator[str]:
    """What is wrong with one report, in sentences."""
    case = cases(bids)[name]
    made = case.printed(case.lang)
    for profile in ("3a", "ua1"):
        for fault in page.validate_pdf_bytes(made, profile=profile).failures:
            yield f"{profile}: {fault.rule_id}"
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(made)
        file.flush()
        second = outloud.check(file.name)
    if second.error:
        yield f"outloud: {second.error}"
    yield from (f"outloud: {fault.message}" for fault in second.findings if fault.severity == "error")
    if case.document and in_parts(case.document(), case.lang) != made:
        yield "made in parts it has other bytes"
    if by_another_program(name, bids) != hashlib.sha256(made).hexdigest():
        yield "made by another program it has other bytes"


def run(path: Path, bids: int, seconds: float) -> Progress:
    """Go on until every report was made or the time is up; progress is stored after each."""
    progress, began = load(path), time.monotonic()
    for name in cases(bids):
        if name in progress.done:
            continue
        if time.monotonic() - began > seconds:
            break
        progress.done[name] = list(wrong_with(name, bids))
        store(path, progress)
        print(f"{name}: {'; '.join(progress.done[name]) or 'all is well'}", file=sys.stderr, flush=True)
    return progress


def main(arguments: list[str]) -> int:
    """Run the campaign, 1 if anything is wrong, 2 if it is not done; with a name print the digest of one report."""
    bids = int(arguments[0]) if arguments else BIDS
    if len(arguments) > 1:
        case = cases(bids)[arguments[1]]
        print(hashlib.sha256(case.printed(case.lang)).hexdigest())
        return 0
    progress = run(PROGRESS, bids, LONGEST_SECONDS)
    wrong = {name: found for name, found in progress.done.items() if found}
    undone = len(cases(bids).keys() - progress.done)
    figures = {"reports": len(progress.done), "wrong": len(wrong), "code": progress.code}
    faults = [f"{name}: {'; '.join(found)}" for name, found in wrong.items()]
    return verdict("reports", figures, faults, missing=f"{undone} reports are still to be made" if undone else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
