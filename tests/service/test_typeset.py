"""The report as HTML: the templates print, mark up what is foreign, and never run it."""

import ast
import inspect
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import jinja2
import msgspec
import pytest

from scoring import canonical, evaluate, sensitivity
from service import typeset
from service.chronicle_document import ChronicleDocument, ChronicleRow, ChronicleTitle, entry_of
from service.events import Kind
from service.pdf import CUT
from service.report_document import Entry, Issued, ReportDocument
from tests.make_reports import SCALE, lot_of, opened, report_named, report_on, report_with_prices_apart, retrofit_report
from tests.recorded import recorded as facts_recorded

TEMPLATES = sorted(typeset.TEMPLATES.rglob("*.html"))
GOLDEN = Path(__file__).parent.parent / "templates" / "evaluation.html"


def without_style(html: str) -> str:
    return re.sub(r"<style>.*?</style>", "<style></style>", html, flags=re.DOTALL)


def test_the_report_changes_only_when_somebody_means_it_to():
    """To accept a change: write the HTML to the golden file and read the difference."""
    assert without_style(typeset.typeset(retrofit_report())) == GOLDEN.read_text(encoding="utf-8")


def test_every_entry_of_a_tender_s_log_is_named_in_words():
    """Whoever reads a report reads "Interests declared", and no code of ours."""
    of_no_tender = {"organisation.registered", "person.added", "key.issued", "key.revoked", "officer-key.registered"}
    of_no_tender |= {
        "identity-provider.registered",
        "identity-provider.retired",
        "identity.registered",
        "tender.imported",
    }
    of_no_tender |= {kind for kind in get_args(Kind) if kind.startswith("webhook.")}
    named = re.findall(r'"([a-z-]+\.[a-z-]+|refused)": _\(', (typeset.TEMPLATES / "words.html").read_text())
    assert set(named) == set(get_args(Kind)) - of_no_tender


def test_every_fact_that_a_tender_s_log_records_has_a_word():
    """Derived from the code that records; ids are not printed, and a bid's own `about` names three things more."""
    recorded, unknown = facts_recorded()
    assert unknown == set()
    assert {"value", "submission_deadline", "at_termination", "announced", "documents", "estimated_value"} <= recorded
    source = (typeset.TEMPLATES / "facts.html").read_text(encoding="utf-8")
    fields = source.partition("set fields")[2].partition("%}")[0]
    worded = set(re.findall(r'"(\w+)": _\(', fields))
    ids = {name for name in recorded if name.endswith("_id")} - {"framework_id"}
    assert worded == (recorded - ids) | {"criterion", "supplier", "withheld"}


def chronicle_of(data: dict[str, Any], kind: str = "tender.edited", lang: str = "de", entries: int = 1) -> str:
    """What a chronological record prints of an entry, told so many times, without markup of cells."""
    row = ChronicleRow(
        position=1,
        kind=kind,
        at=datetime(2026, 11, 5, tzinfo=UTC),
        person_id=None,
        person=None,
        data=data,
        subject=None,
        before=None,
        supplier=None,
        lot=2,
        holder=None,
    )
    title = ChronicleTitle(
        tender_id=UUID(int=1),
        reference="1",
        title="Dächer",
        buyer="Stadt",
        jurisdiction="none",
        time_zone="Europe/Berlin",
    )
    document = ChronicleDocument(tender=title, at=row.at, sealed=False, entries=(entry_of(row),) * entries)
    (line,) = re.findall(r"<tbody.*</tbody>", typeset.typeset_chronicle(document, lang), re.DOTALL)
    return re.sub(r"</?(?:bdi|td|tr|tbody|th)\b[^>]*>", "", line)


def test_a_record_of_many_entries_is_made_in_parts():
    """A whole evaluation's ten thousand in one table took gigabytes to lay out."""
    told = chronicle_of({"shoe_size": 43}, entries=501)
    assert told.count("shoe_size") == 501
    assert told.count(CUT) == 2
    assert chronicle_of({"shoe_size": 43}, entries=250).count(CUT) == 0


def test_a_record_names_what_was_changed_in_its_own_language():
    told = chronicle_of({"changes": {"submission_deadline": {"old": None, "new": "2026-12-01T11:00:00.5Z"}}})
    assert "Los: 2" in told
    assert "2026-12-01 12:00:00" in told, "in the tender's own time zone"
    assert "submission" not in told
    told = chronicle_of({"changes": {"lot 2 title": {"old": "Dach", "new": "Dächer"}}})
    assert "Los 2, Titel: Dach → Dächer" in told


def test_a_record_words_codes_and_writes_numbers_as_the_language_does():
    told = chronicle_of({"role": "opening_officer", "held": True, "value": "1250.5"}, "hold.decided")
    assert "Rolle: mit der Öffnung beauftragte Person" in told
    assert "Aufbewahrung aus Rechtsgründen: Ja" in told
    assert "Wert: 1.250,5" in told


def test_a_fact_without_a_word_is_printed_by_its_name():
    assert "<code>shoe_size</code>: 43" in chronicle_of({"shoe_size": 43})


def test_a_law_that_a_trial_cites_is_told_apart_from_our_remarks_on_it():
    assert typeset._cited("PT: CCP art. 139(4) (seen, forbidden)") == {
        "reference": "PT: CCP art. 139(4)",
        "evidence": "seen",
        "weight": "forbidden",
    }
    assert typeset._cited("CCP art. 139(4)")["reference"] == "CCP art. 139(4)"


def test_what_the_engine_doubts_can_be_said_in_every_language():
    """Each of its sentences has an entry, but the one about what a report never prints."""
    words = (typeset.TEMPLATES / "words.html").read_text(encoding="utf-8").partition("set doubts")[2]
    said = {text for pair in re.findall(r'"([^"]{20,})":\s+_\("([^"]+)"\)', words) for text in pair}
    source = ast.parse(inspect.getsource(inspect.getmodule(sensitivity)))
    engine = {
        text
        for function in source.body
        if isinstance(function, ast.FunctionDef) and function.name in {"reasons_against_weighting", "notes"}
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and " " in (text := str(node.value)) and text != ast.get_docstring(function)
    }
    unprinted = {text for text in engine if text.startswith("Reversals") or text == "no bid is ranked"}
    assert said == engine - unprinted


def test_the_opening_record_is_a_part_of_its_own():
    """Who opened, when, what was in the box with which digests, and what came too late or was withdrawn."""
    html = " ".join(typeset.typeset(retrofit_report()).split())
    record = html.partition('<h2 id="opening">')[2].partition("<h2")[0]
    assert "5 bids were opened together, after the deadline. That was on" in record
    assert record.index("Helen Marsh") < record.index("Dilip Rao")
    for entry in retrofit_report().entries:
        assert entry.digest is not None
        assert " ".join(entry.digest[start : start + 8] for start in range(0, 64, 8)) in record
    assert "Fir Mechanical Ltd" in record
    assert "12613 bytes" in record
    assert "One bid had been withdrawn before the deadline; it was not opened." in record
    assert "Prices" not in record


def test_the_opening_record_tells_of_sealed_prices_and_unreadable_bids():
    html = " ".join(typeset.typeset(report_with_prices_apart()).split())
    record = html.partition('<h2 id="opening">')[2].partition("<h2")[0]
    assert "a key that only the opening officers held, in shares" in record
    assert "cannot be read. The body is not UTF-8." in record
    assert "until Ruth Adeyemi had locked the technical consensus" in record
    assert "Sam Price Officer" in record
    assert record.rindex("Dogwood Energy Partnership") < record.index("42 points are below the minimum of 50.")
    assert "No bid came too late." in record
    assert "No bid had been withdrawn." in record


def test_a_supplier_s_words_cannot_become_markup():
    hostile = "<script>alert(1)</script>{{ 7 * 7 }}"
    html = typeset.typeset(report_named(hostile))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in html
    assert f"<bdi>{hostile.replace('<', '&lt;').replace('>', '&gt;')}</bdi>" in html


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_compute_no_points_and_trust_no_text(path: Path):
    text = path.read_text(encoding="utf-8")
    assert "|safe" not in text.replace(" ", "")
    assert "|round" not in text.replace(" ", "")
    assert not re.search(r"(points|weighted|total|weighting|share)\s*[-+*/]\s*\w", re.sub(r"{#.*?#}|<[^>]*>", "", text))
    assert " style=" not in text


def test_a_missing_field_is_an_error_and_not_a_gap():
    environment, _ = typeset._environment("en")
    with pytest.raises(jinja2.UndefinedError):
        environment.from_string("{{ nothing.of_the_kind }}").render()


def test_a_case_scored_offline_has_no_tender_no_panel_and_no_signatures():
    whole = retrofit_report()
    entries = tuple(Entry(bid_id=bid.id, supplier=bid.id) for bid in whole.evaluation.inputs)
    html = typeset.typeset(
        ReportDocument(evaluation=whole.evaluation, canonical=canonical(whole.evaluation), entries=entries)
    )
    assert 'id="ranking"' in html
    assert not re.search(r'id="(panel|decisions|signatures)"', html)


def test_rules_are_said_to_be_as_published_only_where_that_is_known():
    """A case scored offline knows no tender; a corrigendum on the title alone stands in a table and changes no rule."""
    whole = retrofit_report()
    unchanged = "have not changed since"
    assert unchanged in typeset.typeset(whole)
    assert unchanged not in typeset.typeset(msgspec.structs.replace(whole, tender=None))
    at = datetime(2026, 9, 3, tzinfo=UTC)
    titled = Issued(number=1, reason="A word was missing.", changed=("title",), issued_at=at)
    page = typeset.typeset(msgspec.structs.replace(whole, issued=(titled,)))
    assert unchanged in page
    assert "A word was missing." in page
    moved = Issued(number=3, reason="Swapped.", changed=("lots", "requirements"), issued_at=at)
    page = typeset.typeset(msgspec.structs.replace(whole, issued=(titled, moved)))
    assert unchanged not in page
    assert "as amended by corrigendum 3 of 3 September 2026." in page
    assert "lots and rules, conditions and requirements" in page


def test_everybody_on_the_panel_signs_once_and_nobody_who_has_left_it():
    """Two of one name are two; who gave up one criterion and sits on another is one; who left altogether is none."""
    whole = retrofit_report()
    one, other, third = whole.scores[:3]
    replace = msgspec.structs.replace
    scores = (
        replace(one, person_id="1", evaluator="Kim Lee", left=True),
        replace(one, person_id="1", evaluator="Kim Lee", criterion_id="assurance"),
        replace(other, person_id="2", evaluator="Kim Lee"),
        replace(third, person_id="3", evaluator="Gone Away", left=True, seated=False),
    )
    page = typeset.typeset(replace(whole, scores=scores))
    signed = page.partition('<h2 id="signatures">')[2].partition("</section>")[0]
    assert signed.count("<bdi>Kim Lee</bdi>") == 2
    assert "Gone Away" not in signed
    assert signed.count("<bdi>Ruth Adeyemi</bdi>") == 1
    assert page.count("left the seat; does not count") == 2
    assert "(left the panel)" not in page


def test_data_inside_a_report_is_described_in_its_language():
    german = {one.description for one in typeset.sheet(retrofit_report(), "de").attached}
    assert german == {"Das gespeicherte Ergebnis", "Bewertungen"}


def test_there_is_one_first_heading_and_no_level_is_skipped():
    levels = [int(level) for level in re.findall(r"<h([1-6])", typeset.typeset(retrofit_report()))]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_language_that_nobody_translated_is_refused():
    with pytest.raises(LookupError):
        typeset.typeset(retrofit_report(), "tlh")


@pytest.mark.parametrize("sign", "=+-@")
def test_scores_for_a_spreadsheet_run_no_formula(sign: str):
    document = report_named(f"{sign}2+cmd|' /C calc'!A0")
    rows = typeset.scores_csv(document, typeset.rules_of(document)).decode("utf-8-sig")
    assert f"'{sign}2+cmd" in rows
    assert not re.search(rf"(^|,)\"?{re.escape(sign)}", rows, re.MULTILINE)


def test_a_rule_for_the_whole_tender_is_named_and_its_results_are_not_called_points():
    """Pounds per quality point are no points: there is no full mark, no bar, and less is better."""
    rules = {
        "criteria": [
            {"id": "price", "title": "Price", "weighting": "0", "unit": "GBP"},
            {"id": "plan", "title": "Plan", "weighting": "100", "method": SCALE},
        ],
        "rule": {"id": "R1"},
        "tie_break": [{"id": "lower_price"}],
        "abnormally_low": [{"id": "ALT-REL", "x": "0.5"}],
    }
    lot = lot_of(rules)
    offers = {"Alder": ("80.00", "4"), "Birch": ("100.00", "4")}
    html = typeset.typeset(report_on(evaluate(lot, opened(lot, offers)), list(offers)))
    assert "Price per quality point" in html
    assert "points ahead" not in html
    assert "Where the points come from" not in html
    assert "The lower price" in html


def test_a_lot_in_which_nobody_is_ranked_and_one_with_two_first_places_have_reports_too():
    """The report says what it cannot say, and prints no gap."""
    lot = lot_of({"criteria": [{"id": "plan", "title": "Plan", "weighting": "100", "minimum": "90", "method": SCALE}]})
    nobody = {"Alder": ("3",), "Birch": ("2",)}
    html = typeset.typeset(report_on(evaluate(lot, opened(lot, nobody)), list(nobody)))
    assert "No bid could be ranked" in html
    assert "How far each weighting could move" in html
    assert "None" not in html
    shared = {"Alder": ("5",), "Birch": ("5",), "Cedar": ("2",)}
    html = typeset.typeset(report_on(evaluate(lot, opened(lot, shared)), list(shared)))
    assert "This cannot be said here: first place is shared." in html
    assert "None" not in html


def test_so_many_bids_are_told_that_grades_were_not_tried_one_by_one():
    lot = lot_of({"criteria": [{"id": "plan", "title": "Plan", "weighting": "100", "method": SCALE}]})
    many = {f"Supplier {number}": (str(number % 5),) for number in range(70)}
    html = typeset.typeset(report_on(evaluate(lot, opened(lot, many)), list(many)))
    assert "Single grades that decide" not in html
    assert "are not tried one by one here, because there are many bids" in html


def test_a_table_of_one_row_has_heads_of_columns_alone():
    """More heads than data, and programs that read tables aloud take it for none; the words stay where they are."""
    head = '<table><thead><tr><th scope="col">A</th><th scope="col">B</th><th scope="col">C</th></tr></thead><tbody>'
    row = '<tr><th scope="row" class="x">a</th><td>b</td><td>c</td></tr>'
    assert typeset.with_plain_rows(f"{head}{row}</tbody></table>").count('<td class="x">a</td>') == 1
    assert typeset.with_plain_rows(f"{head}{row * 4}</tbody></table>") == f"{head}{row * 4}</tbody></table>"
