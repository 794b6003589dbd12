"""Each chart of a report shows the evaluation's own numbers, and says its message in a sentence."""

import io
from fractions import Fraction

import msgspec
import pikepdf
import pytest

from scoring import evaluate
from scoring.answers import Graded
from service import pdf, report_charts, typeset
from service.firmness import firmness_of
from service.language import LANGUAGES
from service.report_charts import Charts, Wording, charts_of
from service.report_document import ReportDocument
from service.report_view import brief_of, rules_of, standings_of
from tests.make_reports import SCALE, lot_of, opened, report_on, retrofit_report
from tests.service.test_pdf import can_print


def charts_in(document: ReportDocument) -> Charts:
    rules = rules_of(document)
    standings = standings_of(document, rules)
    brief = brief_of(document, standings, str)
    firmness = firmness_of(document, rules, standings)
    return charts_of(document, rules, standings, brief, firmness, Wording(LANGUAGES["en"], str))


@pytest.fixture(scope="module")
def charts() -> Charts:
    return charts_in(retrofit_report())


def test_every_chart_of_a_full_report_states_its_message(charts: Charts):
    assert charts.front is not None
    assert charts.front.message == (
        "Birch Regeneration CIC leads with 91.08, 0.38 ahead of Alder & Sons Building Services Ltd."
    )
    assert [charts.bars[0].message] == [charts.front.message]
    assert charts.worth is not None
    assert "Cedar Retrofit Group plc's, GBP\u00a02,105,750.50" in charts.worth.message
    assert charts.ranges is not None
    assert "Birch Regeneration CIC stays first while “" in charts.ranges.message
    assert charts.places is not None
    assert "With 10,000 random weightings" in charts.places.message
    assert charts.views is not None
    assert "furthest apart on “" in charts.views.message


def test_bars_bear_the_engine_s_totals_and_the_bid_that_is_not_ranked_has_none(charts: Charts):
    evaluation = retrofit_report().evaluation
    words = [word.text for word in charts.bars[0].words]
    assert [total for bid in evaluation.bids if (total := bid.total) and bid.rank] == [
        word for word in words if word in {bid.total for bid in evaluation.bids}
    ]
    assert words.count("not ranked") == 2


def test_points_for_everything_else_are_the_total_without_the_price(charts: Charts):
    for worth in charts.worths:
        result = worth.standing.result
        assert Fraction(worth.other) == Fraction(result.total or "") - Fraction(result.weighted["price"])


def test_disagreements_begin_with_the_widest_and_leave_out_where_all_agree(charts: Charts):
    spreads = [one.spread for one in charts.apart]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] > 0


def test_a_score_stands_on_its_scale_by_value_or_by_label_and_nowhere_else():
    scale = msgspec.convert(SCALE, Graded)
    assert report_charts.share_of(scale, "0") == 0
    assert report_charts.share_of(scale, "Good") == Fraction(4, 5)
    assert report_charts.share_of(scale, "5") == 1
    assert report_charts.share_of(scale, "6") is None
    assert report_charts.share_of(Graded(scale=scale.scale[5:]), "5") is None, "one grade is no scale"


def _plan() -> dict[str, object]:
    return {"criteria": [{"id": "plan", "title": "Plan", "weighting": "100", "method": SCALE}]}


def test_a_lot_without_a_price_has_no_chart_of_prices_and_one_bid_no_chart_of_places():
    lot = lot_of(_plan())
    offers = {"Alder": ("4",)}
    charts = charts_in(report_on(evaluate(lot, opened(lot, offers)), list(offers)))
    assert charts.worth is None
    assert charts.worths == ()
    assert charts.places is None
    assert charts.front is not None


def test_more_bids_than_fit_on_a_page_make_more_figures():
    lot = lot_of(_plan())
    offers = {f"Supplier {number}": (str(number % 6),) for number in range(report_charts.BARS + 1)}
    charts = charts_in(report_on(evaluate(lot, opened(lot, offers)), list(offers)))
    assert len(charts.bars) == 2


def test_bids_that_share_the_first_rank_lead_together():
    lot = lot_of(_plan())
    offers = {"Alder": ("4",), "Birch": ("4",), "Cedar": ("3",)}
    charts = charts_in(report_on(evaluate(lot, opened(lot, offers)), list(offers)))
    assert charts.front is not None
    message = charts.front.message
    assert message in {
        f"{pair} lead, each with 80, 20 ahead of Cedar." for pair in ("Alder and Birch", "Birch and Alder")
    }


def test_a_rule_for_the_whole_tender_has_no_bars_of_points():
    rules = {
        "criteria": [
            {"id": "price", "title": "Price", "weighting": "0", "unit": "GBP"},
            {"id": "plan", "title": "Plan", "weighting": "100", "method": SCALE},
        ],
        "rule": {"id": "R1"},
    }
    lot = lot_of(rules)
    offers = {"Alder": ("80.00", "4"), "Birch": ("100.00", "4")}
    charts = charts_in(report_on(evaluate(lot, opened(lot, offers)), list(offers)))
    assert charts.front is None
    assert charts.bars == ()
    assert charts.ranges is None


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
@pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
def test_who_hears_the_report_hears_each_chart_s_message(charts: Charts):
    """On paper a chart is one figure whose alternative text is its message."""
    pictures = [charts.front, *charts.bars, charts.worth, charts.ranges, charts.places, charts.views]
    with pikepdf.open(io.BytesIO(pdf.render(typeset.sheet(retrofit_report())))) as made:
        heard = [str(element.Alt) for element in made.objects if is_figure(element)]
    assert sorted(heard) == sorted(picture.message for picture in pictures if picture)


def is_figure(element: object) -> bool:
    return isinstance(element, pikepdf.Dictionary) and element.get("/S") == pikepdf.Name.Figure
