"""The report's first page answers who is first, by how much, and what people must look at."""

import json
from dataclasses import dataclass

import msgspec

import scoring
from scoring import evaluate
from service import report_view
from service.report_document import ReportDocument
from service.report_view import Brief, Standing
from tests.make_reports import SCALE, lot_of, opened, report_on, retrofit_report


@dataclass
class Seen:
    standings: tuple[Standing, ...]
    brief: Brief


def seen(document: ReportDocument) -> Seen:
    """The document as the templates see it."""
    standings = report_view.standings_of(document, report_view.rules_of(document))
    return Seen(standings, report_view.brief_of(document, standings, str))


def test_the_brief_names_the_first_the_lead_and_whom_it_leads():
    brief = seen(retrofit_report()).brief
    assert [bid.entry.supplier for bid in brief.first] == ["Birch Regeneration CIC"]
    assert brief.second is not None
    assert (brief.lead, brief.second.entry.supplier) == ("0.38", "Alder & Sons Building Services Ltd")
    assert (brief.ranked, brief.received) == (3, 5)


def test_a_bid_that_is_not_ranked_is_something_to_look_at_with_its_reason():
    eye = dict(seen(retrofit_report()).brief.eye)
    assert "42 points are below the minimum of 50" in eye["Dogwood Energy Partnership"]
    assert "excluded" in eye["Elm Contracting"]


def test_a_consensus_outside_the_evaluators_own_scores_is_something_to_look_at():
    document = retrofit_report()
    last = document.consensus[0]
    odd = (msgspec.structs.replace(last, value="0"), *document.consensus[1:])
    eye = seen(msgspec.structs.replace(document, consensus=odd)).brief.eye
    assert any("outside the evaluators' own scores" in what for _, what in eye)
    assert not any("outside" in what for _, what in seen(document).brief.eye)


def test_two_bids_with_the_same_total_share_the_first_page():
    lot = lot_of({"criteria": [{"id": "plan", "title": "Plan", "weighting": "100", "method": SCALE}]})
    offers = {"Alder": ("4",), "Birch": ("4",), "Cedar": ("3",)}
    brief = seen(report_on(evaluate(lot, opened(lot, offers)), list(offers))).brief
    assert sorted(bid.entry.supplier for bid in brief.first) == ["Alder", "Birch"]
    assert brief.lead == "20"
    assert any("share the first rank" in what for _, what in brief.eye)


def test_criteria_are_numbered_by_their_place_and_weighed_by_their_share_of_the_whole():
    rules = report_view.rules_of(retrofit_report())
    assert [(rule.number, rule.id, rule.share) for rule in rules][:5] == [
        ("1", "price", "40"),
        ("2", "quality", "40"),
        ("2.1", "delivery", "24"),
        ("2.1.1", "team", "12"),
        ("2.1.2", "programme", "12"),
    ]


def test_a_method_used_three_times_is_told_once_with_three_sets_of_figures():
    document = retrofit_report()
    methods = {method.tag: method for method in report_view.methods_of(document, report_view.rules_of(document))}
    assert [figures.used_by for figures in methods["target"].figures] == [("3.1",), ("3.2",), ("3.3",)]
    assert [figures.used_by for figures in methods["graded"].figures] == [("2.1.1", "2.1.2", "2.2")]
    assert methods["P1"].about["Formula"].startswith("100")


def test_the_amounts_of_a_rule_for_the_whole_are_printed():
    """What a grade is worth in money was published; a reader of the report must find it there."""
    lot = {
        "criteria": [
            {"id": "price", "weighting": "50", "unit": "EUR"},
            {
                "id": "plan",
                "weighting": "50",
                "method": {"id": "graded", "scale": [{"value": "0"}, {"value": "5"}]},
            },
        ],
        "rule": {"id": "M1", "values": {"plan": "20000"}},
    }
    bids = [{"id": "alder", "values": {"price": "480000", "plan": "5"}}]
    case = scoring.decode(json.dumps({"lot": lot, "bids": bids}).encode(), scoring.Case)
    evaluation = scoring.evaluate(case.lot, case.bids)
    document = ReportDocument(evaluation=evaluation, canonical=scoring.canonical(evaluation), entries=())
    rule = report_view.rule_of(document)
    assert rule is not None
    assert ("values, plan", "20000") in rule.figures[0].parameters
