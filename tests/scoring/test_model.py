import json
from decimal import Decimal

import pytest

import scoring
from scoring import BadDocument, Case, Criterion, Lot, OpenedBid, Rounding
from scoring.model import price_criterion
from scoring.price import InverseProportional, Logarithmic

PRICE = InverseProportional()


def leaf(name: str, weighting: str, **fields) -> Criterion:
    return Criterion(id=name, weighting=Decimal(weighting), method=PRICE, **fields)


@pytest.mark.parametrize("hostile", ["NaN", "Infinity", "-Infinity", "sNaN", "1E+1000000", "1E-1000000", "1" * 16])
def test_no_number_that_is_not_a_plain_decimal_gets_in(hostile):
    """A weighting of NaN would compare as nothing, and 1E+1000000 would take the memory of the machine."""
    with pytest.raises(ValueError, match="weighting"):
        leaf("price", hostile)
    with pytest.raises(ValueError, match="base"):
        Logarithmic(base=Decimal(hostile))


@pytest.mark.parametrize("hostile", ["１００", "1_000", " 100", "100 ", "+100", "1e2", "0x10", "NaN", "", "٣", "1,5"])
def test_an_offer_is_written_in_plain_digits(hostile):
    """Full-width digits, underscores, signs and blanks are not how an amount is written."""
    lot = Lot(criteria=(leaf("price", "100"),))
    with pytest.raises(scoring.InvalidValue, match="no plain number"):
        scoring.evaluate(lot, [OpenedBid(id="a", values={"price": hostile})])


@pytest.mark.parametrize("weightings", [("50", "49.9999999"), ("50", "50.0000001"), ("100", "100"), ("0", "0")])
def test_siblings_add_up_to_exactly_one_hundred(weightings):
    """Not within a tolerance: one ten-millionth off is refused."""
    with pytest.raises(ValueError, match="must add up to exactly 100"):
        Lot(criteria=(leaf("a", weightings[0]), leaf("b", weightings[1])))


def test_siblings_may_add_up_to_a_declared_total():
    """A tender of 1000 points declares it, at any level."""
    group = Criterion(id="g", weighting=Decimal(400), total=Decimal(40), criteria=(leaf("b", "15"), leaf("c", "25")))
    lot = Lot(criteria=(leaf("a", "600"), group), total=Decimal(1000))
    result = scoring.evaluate(lot, [OpenedBid(id="x", values={"a": "1", "b": "1", "c": "1"})])
    assert result.bids[0].weighted == {"a": "600", "b": "150", "c": "250", "g": "400"}
    assert result.bids[0].total == "1000"


def test_seven_decimals_of_a_weighting_are_enough():
    with pytest.raises(ValueError, match="at most 7"):
        leaf("a", "33.33333333")


def test_ids_differ_in_the_whole_tree():
    with pytest.raises(ValueError, match="two criteria have the id 'a'"):
        Lot(criteria=(leaf("a", "50"), Criterion(id="g", weighting=Decimal(50), criteria=(leaf("a", "100"),))))


def test_a_tree_has_at_most_eight_levels_and_two_hundred_criteria():
    def nested(levels: int) -> Criterion:
        inner = leaf("x", "100")
        for level in range(levels - 1):
            inner = Criterion(id=f"l{level}", weighting=Decimal(100), criteria=(inner,))
        return inner

    assert Lot(criteria=(nested(8),))
    with pytest.raises(ValueError, match="levels deep"):
        Lot(criteria=(nested(9),))
    with pytest.raises(ValueError, match="201 criteria"):
        Lot(criteria=tuple(leaf(str(index), "100" if index == 0 else "0") for index in range(201)))


def test_a_leaf_has_a_method_and_a_group_has_none():
    with pytest.raises(ValueError, match="neither a method nor criteria"):
        Lot(criteria=(Criterion(id="a", weighting=Decimal(100)),))
    with pytest.raises(ValueError, match="both a method and criteria"):
        Criterion(id="g", method=PRICE, criteria=(leaf("a", "100"),))


def test_what_earns_no_points_has_no_weighting():
    from scoring.answers import PassFail

    with pytest.raises(ValueError, match="earns no points"):
        Criterion(id="a", weighting=Decimal(10), method=PassFail())


def test_a_minimum_lies_on_the_scale_of_points():
    """A minimum is said in points of 0 to 100, whatever the weighting."""
    with pytest.raises(ValueError, match="minimum is 101"):
        leaf("a", "100", minimum=Decimal(101))


@pytest.mark.parametrize(
    ("rule", "criteria", "complaint"),
    [
        ({"id": "R1"}, [{"id": "price"}], "at least one quality criterion"),
        ({"id": "R1"}, [{"id": "a", "unit": "GBP"}, {"id": "b", "unit": "GBP"}], "no single price"),
        ({"id": "R1", "price": "x"}, [{"id": "a"}, {"id": "b"}], "names the criterion 'x'"),
        (
            {"id": "R1", "price": "a"},
            [{"id": "a", "unit": "GBP", "method": {"id": "P1"}, "weighting": "100"}],
            "leave its method out",
        ),
        ({"id": "S2"}, [{"id": "price"}, {"id": "q", "weighting": "100"}], "weighting of its own"),
        ({"id": "M3", "levels": {"1": "0.1"}}, [{"id": "price"}, {"id": "b"}, {"id": "c"}], "no single level"),
        ({"id": "R1"}, [{"id": "price"}, {"id": "b"}, {"id": "c"}], "weightings of the quality criteria"),
    ],
)
def test_a_rule_finds_what_it_needs_among_the_criteria(rule, criteria, complaint):
    """A whole-tender rule that cannot tell the price or the quality is refused before any bid is in."""
    document = {"lot": {"criteria": criteria, "rule": rule}, "bids": []}
    with pytest.raises(BadDocument, match=complaint):
        scoring.decode(json.dumps(document).encode(), Case)


@pytest.mark.parametrize(
    ("document", "path", "mend"),
    [
        (
            b'{"lot":{"criteria":[{"id":"p","weighting":100,"method":{"id":"P1"}}]},"bids":[]}',
            "weighting",
            'write "100"',
        ),
        (b'{"lot":{"criteria":[{"id":"p","weighting":"100","method":{"id":"P11"}}]},"bids":[]}', "method.id", "'P1'"),
        (b'{"lot":{"criteria":[{"id":"p","wieghting":"100"}]},"bids":[]}', "wieghting", "weighting"),
        (b'{"lot":{"criteria":[]},"bids":[{"id":"a","values":{"p":12.5}}]}', "$.bids[0].values.p", 'write "12.5"'),
        (b'{"lot":{"criteria":[]},"lot":{"criteria":[]},"bids":[]}', "$", "'lot' is given twice"),
        (b'{"lot":{"criteria":[]},"bids":NaN}', "$", "NaN is no JSON number"),
        (b'{"lot":', "$", "is not JSON"),
        (b"\xff\xfe", "$", "not UTF-8"),
        (b"[" * 100_000, "$", "nested too deeply"),
        (b'{"lot":{"criteria":[{"id":"p","weighting":"NaN"}]},"bids":[]}', "weighting", "no plain decimal"),
        (b"[]", "$", "is no object"),
    ],
)
def test_a_bad_case_file_says_where_and_how_to_mend_it(document, path, mend):
    with pytest.raises(BadDocument) as bad:
        scoring.decode(document, Case)
    assert any(path in fault.path and mend in str(fault) for fault in bad.value.faults), str(bad.value)


def test_every_fault_of_a_case_file_is_named_at_once():
    document = b"""{"lot":{"criteria":[{"id":"p","weighting":40},{"id":"q","weighting":"6O","method":{"id":"P6"}}],
        "rounding":[{"stage":"end","decimals":"2"}]},"bids":[{"values":{"p":1}},{"id":"b","state":"lost"}]}"""
    with pytest.raises(BadDocument) as bad:
        scoring.decode(document, Case)
    assert {fault.path for fault in bad.value.faults} == {
        "$.lot.criteria[0].weighting",
        "$.lot.criteria[1].weighting",
        "$.lot.criteria[1].method.base",
        "$.lot.rounding[0].stage",
        "$.lot.rounding[0].decimals",
        "$.bids[0].id",
        "$.bids[0].values.p",
        "$.bids[1].state",
    }


def test_a_rounding_step_names_its_decimals():
    with pytest.raises(ValueError, match="decimals is missing"):
        Rounding(stage="leaf", mode="half_up")
    assert Rounding(stage="leaf", mode="none").decimals is None


def test_the_rules_digest_is_that_of_the_canonical_rules():
    """Sorted keys, no blanks, decimals as strings: another process gets the same digest."""
    lot = Lot(criteria=(leaf("price", "100", title="Preis für Strom"),))
    text = scoring.canonical(lot)
    assert (
        text
        == '{"criteria":[{"id":"price","method":{"id":"P1"},"title":"Preis für Strom","weighting":"100"}]}'.encode()
    )
    assert scoring.rules_digest(scoring.decode(text, Lot)) == scoring.digest(lot)


def test_the_price_is_found_without_being_told():
    """One leaf in money, the one of which less is better, or the one called price."""
    points = {"id": "quality", "weighting": "100", "method": {"id": "A1", "best": "100", "worst": "0"}}
    for price in ({"id": "price"}, {"id": "offer", "unit": "GBP"}, {"id": "offer", "direction": "lower"}, {"id": "x"}):
        document = {"lot": {"criteria": [price, points], "rule": {"id": "R1"}}, "bids": []}
        lot = scoring.decode(json.dumps(document).encode(), Case).lot
        assert price_criterion(lot.criteria, lot.rule) is lot.criteria[0]


def test_a_least_total_makes_no_sense_where_the_lowest_figure_wins():
    """A minimum on a comparison price would shut out the cheapest."""
    lot = {"criteria": [{"id": "price"}, {"id": "quality", "weighting": "100"}], "rule": {"id": "R1"}, "minimum": "1"}
    with pytest.raises(BadDocument, match="shut out the best bids"):
        scoring.decode(json.dumps({"lot": lot, "bids": []}).encode(), Case)


@pytest.mark.parametrize(
    "method",
    [
        {"id": "P7", "ceiling": "200"},
        {"id": "P8", "ceiling": "200", "x": "0.8"},
        {"id": "A2", "ceiling": "200"},
        {"id": "A2b", "reference": "100"},
        {"id": "A3", "ceiling": "200", "n": "5"},
        {"id": "A1", "best": "60", "worst": "220"},
    ],
    ids=lambda method: method["id"],
)
def test_a_formula_that_rewards_less_is_refused_where_more_is_asked_for(method):
    """A concession that asks for income would otherwise give the lowest income full points."""
    criterion = {"id": "income", "weighting": "100", "unit": "GBP", "direction": "higher", "method": method}
    document = json.dumps({"lot": {"criteria": [criterion]}, "bids": []}).encode()
    with pytest.raises(BadDocument, match=r"by its method .* lower is better"):
        scoring.decode(document, Case)


def test_published_bounds_say_which_way_is_better():
    """Income measured by A1 from 0 up to 200 is no price, and more of it is better."""
    criterion = {"id": "income", "weighting": "100", "unit": "GBP", "method": {"id": "A1", "best": "200", "worst": "0"}}
    bids = [{"id": name, "values": {"income": value}} for name, value in (("low", "50"), ("high", "150"))]
    tie_break = [{"id": "criterion", "criterion": "income"}]
    document = {"lot": {"criteria": [criterion], "tie_break": tie_break}, "bids": bids}
    case = scoring.decode(json.dumps(document).encode(), Case)
    assert price_criterion(case.lot.criteria) is None
    assert scoring.evaluate(case.lot, case.bids).winner == "high"


@pytest.mark.parametrize("name", ["a\nb", " a", "a ", "a\tb", "\u202ea"])
def test_a_bid_s_id_can_be_told_apart_on_paper(name):
    """Lots are drawn over the ids, one on a line: a line break inside one could stand for two bids."""
    with pytest.raises(ValueError, match="unprintable"):
        OpenedBid(id=name)


def test_half_a_character_is_refused_and_named():
    """A lone surrogate is allowed by JSON's grammar, and by no file."""
    document = b'{"lot": {"criteria": []}, "bids": [{"id": "\\ud83d", "values": {}}]}'
    with pytest.raises(BadDocument, match=r"ud83d alone, which is half a character"):
        scoring.decode(document, Case)
    whole = b'{"lot": {"criteria": []}, "bids": [{"id": "\\ud83d\\ude00"}]}'
    with pytest.raises(BadDocument, match="criteria is empty"):
        scoring.decode(whole, Case)


def test_what_a_text_must_look_like_is_said_in_words():
    """A buyer reads "reject" or "full", and no pattern of a programmer."""
    criterion = {"id": "price", "weighting": "100", "method": {"id": "P1", "zero": "nothing"}}
    with pytest.raises(BadDocument, match=r'"nothing" is not understood here – .* "reject" \(the bid is not ranked\)'):
        scoring.decode(json.dumps({"lot": {"criteria": [criterion]}, "bids": []}).encode(), Case)
