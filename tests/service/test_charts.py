"""Charts are lengths that are right, words that fit, and tones that nobody confuses."""

import re
from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import charts, typeset
from service.charts import PARTS, SMALL, Axis, Bar, Part, Point, Reach, Views

TONES = dict(re.findall(r'"(\w+)": "(#[0-9a-f]{6})"', (typeset.TEMPLATES / "macros.html").read_text(encoding="utf-8")))


def a_bar(*shares: str, name: str = "Alder") -> Bar:
    parts = tuple(Part(share=Fraction(share), tone="deep", label="1") for share in shares)
    return Bar(place="1", name=name, parts=parts, figure="91.08")


def test_a_bar_s_pieces_stand_end_to_end_and_are_as_long_as_their_shares():
    chart = charts.stacked([a_bar("0.3668", "0.344", "0.2")], "message")
    assert [(box.x, box.width) for box in chart.boxes] == [("52", "36.68"), ("88.68", "34.4"), ("123.08", "20")]


def test_negative_points_have_no_length_and_what_is_too_short_bears_no_number():
    chart = charts.stacked([a_bar("-0.1", "0.01", "0.5")], "message")
    assert [box.width for box in chart.boxes] == ["0", "1", "50"]
    assert [word.text for word in chart.words].count("1") == 2, "its rank, and one number inside a part"


def test_the_cheaper_bid_stands_further_left_and_the_better_one_further_up():
    points = [
        Point(x=Fraction(100), y=Fraction(60), mark="1", name="Alder", strong=True),
        Point(x=Fraction(80), y=Fraction(40), mark="2", name="Birch", strong=False),
    ]
    axis = Axis(title="", number=str)
    birch, alder = charts.scatter(points, axis, axis, "message").dots
    assert float(birch.x) < float(alder.x)
    assert float(birch.y) > float(alder.y), "the page's y runs down"


values = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=100)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=charts.FEW))
def test_dots_stay_inside_the_plot_and_names_cover_no_dot_and_no_name(places: list[tuple[Fraction, Fraction]]):
    points = [
        Point(x=x, y=y, mark=str(rank), name=f"Supplier {rank} Ltd", strong=False)
        for rank, (x, y) in enumerate(places, start=1)
    ]
    axis = Axis(title="across", number=str)
    chart = charts.scatter(points, axis, axis, "message")
    for dot in chart.dots:
        assert charts.LEFT <= Fraction(dot.x) <= charts.RIGHT
        assert charts.TOP <= Fraction(dot.y) <= charts.BOTTOM
    areas = [
        (x := Fraction(word.x), y := Fraction(word.y), x + charts.breadth(word.text, SMALL), y + SMALL)
        for word in chart.words
        if word.text.startswith("Supplier")
    ]
    assert not any(charts.meet(one, other) for one, other in combinations(areas, 2))


@given(values, values)
def test_an_axis_has_a_few_round_numbers(one: Fraction, other: Fraction):
    low, high = charts.stretched([one, other])
    marks = charts.ticks(low, high)
    assert 2 <= len(marks) <= charts.MOST_TICKS + 1
    assert low <= marks[0] < marks[-1] <= high
    step = marks[1] - marks[0]
    digits = f"{step.numerator}" if step.denominator == 1 else f"{float(step):.12f}".rstrip("0").replace(".", "")
    assert digits.strip("0") in {"1", "2", "5"}


def test_a_reach_ends_in_a_mark_where_another_would_be_first_and_nowhere_else():
    row = Reach(
        name="1 Price", down=Fraction(2), up=Fraction(8), down_label="38", up_label="48", hard_down=True, hard_up=False
    )
    down, up, mark = charts.reaches([row], "as published", "message").boxes
    assert (Fraction(down.width), Fraction(up.width)) == (10, 40)
    assert (down.tone, up.tone, mark.tone) == ("mid", "pale", "warm")


def test_the_same_score_of_two_evaluators_is_one_disc_with_a_two():
    row = Views(name="Alder", given=(Fraction(1, 2), Fraction(1, 2), Fraction(1)), agreed=Fraction(1, 2), figure="3")
    chart = charts.views([row], ("0", "5"), "message")
    assert [dot.cornered for dot in chart.dots] == [True, False, False]
    assert [word.text for word in chart.words if word.strong] == ["2", "1"]


@given(st.text(alphabet="Wil mЖωA", max_size=200))
def test_a_name_is_cut_where_the_room_ends(text: str):
    cut = charts.fitted(text, 45, charts.BODY)
    assert charts.breadth(cut, charts.BODY) <= 45
    assert cut == text or cut.endswith("…")


def test_lengths_have_three_decimals_at_most():
    assert [charts.mm(Fraction(1, 3)), charts.mm(52), charts.mm(Fraction("-0.5")), charts.mm(0)] == [
        "0.333", "52", "-0.5", "0",
    ]  # fmt: skip


# Tones


def linear(tone: str) -> list[float]:
    shares = [int(TONES[tone][place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]


def luminance(rgb: list[float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    """By WCAG 2.2."""
    dark, light = sorted(luminance(linear(tone)) for tone in (one, other))
    return (light + 0.05) / (dark + 0.05)


def seen_without_green(rgb: list[float]) -> list[float]:
    """What a deuteranope sees; matrix by Machado, Oliveira and Fernandes (2009), severity 1."""
    matrix = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
    return [min(1, max(0, sum(m * c for m, c in zip(row, rgb, strict=True)))) for row in matrix]


def lightness(rgb: list[float]) -> float:
    """CIE L*, 0 to 100; two that differ by ten are told apart at a glance."""
    y = luminance(rgb)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


@pytest.mark.parametrize("pair", [*pairwise(PARTS), (PARTS[-1], PARTS[0])], ids=" ".join)
def test_neighbours_in_a_bar_differ_in_grey_print_and_for_colour_blind_eyes(pair: tuple[str, str]):
    one, other = (linear(tone) for tone in pair)
    assert abs(lightness(one) - lightness(other)) > 10
    assert abs(lightness(seen_without_green(one)) - lightness(seen_without_green(other))) > 10


@pytest.mark.parametrize("tone", PARTS)
def test_what_is_written_into_a_part_can_be_read(tone: str):
    assert contrast(tone, "white" if tone in charts.DARK else "ink") >= 4.5


@pytest.mark.parametrize("tone", ["ink", "soft", "warm"])
def test_words_can_be_read_on_paper(tone: str):
    assert contrast(tone, "white") >= 4.5
