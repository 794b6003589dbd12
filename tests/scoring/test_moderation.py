import re
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import Criterion, InvalidValue, Lot, canonical
from scoring.answers import Graded, Level, PassFail
from scoring.moderation import Agenda, GivenScore, Mark, ModerationPolicy, check_consensus, moderation
from scoring.price import InverseProportional

SCALE = Graded(scale=tuple(Level(value=Decimal(value), label=f"level {value}") for value in range(6)))
QUALITY = Criterion(id="quality", weighting=Decimal(60), method=SCALE)
LOT = Lot(
    criteria=(
        Criterion(id="insured", method=PassFail()),
        QUALITY,
        Criterion(id="price", weighting=Decimal(40), unit="GBP", method=InverseProportional()),
    )
)
ON_DEMAND = ModerationPolicy(every_question=False)


def marks(*values: str, bid: str = "alder", reason: str = "Because.") -> list[GivenScore]:
    return [
        GivenScore(evaluator=f"evaluator-{index:02}", bid=bid, criterion="quality", value=value, reason=reason)
        for index, value in enumerate(values)
    ]


def agenda(scores: Sequence[GivenScore], policy: ModerationPolicy = ON_DEMAND) -> Agenda:
    return moderation(LOT, scores, policy)


def about_quality(scores: Sequence[GivenScore], policy: ModerationPolicy = ON_DEMAND):
    return next(item for item in agenda(scores, policy).items if item.criterion == "quality")


@given(st.lists(st.sampled_from("012345"), min_size=1, max_size=13))
def test_no_number_appears_that_nobody_gave(values: list[str]):
    """Bromcom v ULT [2022] EWHC 3262 (TCC): an average of marks must not become a score, so none is worked out."""
    found = about_quality(marks(*values))
    assert found.lowest in values
    assert found.highest in values
    assert {mark.value for mark in found.marks} == set(values)
    assert isinstance(found.spread, int)
    text = canonical(agenda(marks(*values))).decode()
    assert not re.search(r"\d\.\d", text)
    assert not re.search("mean|average|median|consensus", text)


def test_thirteen_marks_of_bromcom_are_an_agenda_and_not_a_score():
    """Thirteen evaluators who give 1 to 5 have something to discuss; the panel, not the engine, says the score."""
    found = about_quality(marks(*"3445254313432"))
    assert (found.lowest, found.highest, found.spread) == ("1", "5", 4)
    assert len(found.meet) == 13
    assert found.why == ("spread",)


@pytest.mark.parametrize(("values", "meets"), [("33", 0), ("34", 0), ("35", 2), ("2334", 4)])
def test_evaluators_meet_when_marks_lie_further_apart_than_published(values: str, meets: int):
    """With a published spread of one step, neighbours need no meeting and two steps apart do."""
    assert len(about_quality(marks(*values)).meet) == meets


def test_uk_panels_meet_about_every_question():
    """Where the policy says so, agreement is no reason to skip the meeting."""
    found = about_quality(marks("4", "4", "4"), ModerationPolicy())
    assert found.why == ("every_question",)
    assert found.meet == ("evaluator-00", "evaluator-01", "evaluator-02")


def test_an_outlier_is_a_mark_that_nobody_else_is_near():
    """The outlier is measured against each colleague's mark, not against a middle that nobody gave."""
    assert about_quality(marks("1", "4", "4", "5")).outliers == ("evaluator-00",)
    assert about_quality(marks("1", "2", "4", "5")).outliers == ()


def test_of_two_who_disagree_neither_is_the_outlier():
    """With two marks there is no telling who stands apart; both explain themselves."""
    found = about_quality(marks("0", "5"))
    assert found.outliers == ()
    assert found.meet == ("evaluator-00", "evaluator-01")


def test_spread_counts_published_steps_and_not_points():
    """On a scale of 0, 20, 100 the marks 20 and 100 are neighbours."""
    scale = Graded(scale=tuple(Level(value=Decimal(value)) for value in (0, 20, 100)))
    lot = Lot(criteria=(Criterion(id="quality", weighting=Decimal(100), method=scale),))
    (item,) = moderation(lot, marks("20", "100"), ON_DEMAND).items
    assert item.spread == 1
    assert item.meet == ()


def test_a_mark_without_a_reason_stops_the_meeting():
    """UK and EU courts punish missing reasons far more than arithmetic; blanks are no reason."""
    scores = [*marks("4", "4"), *marks("4", bid="birch", reason="  \n")]
    found = agenda(scores)
    without = {item.bid: item.without_reason for item in found.items if item.criterion == "quality"}
    assert without == {"alder": (), "birch": ("evaluator-00",)}
    assert not found.ready


def test_a_mark_between_the_steps_is_not_on_the_scale():
    """3.5 was never published, so it is no mark (Bromcom); it is named, and not rounded to its neighbour."""
    found = about_quality(marks("3.5", "3", "3"))
    assert found.off_scale == ("evaluator-00",)
    assert found.spread == 0
    assert found.why == ("off_scale",)


def test_who_has_not_scored_is_asked_before_the_meeting():
    """Scores are independent: the meeting waits for everybody who is expected to score."""
    policy = ModerationPolicy(every_question=False, evaluators=("evaluator-00", "evaluator-01", "late"))
    found = moderation(LOT, marks("4", "4"), policy, bids=("alder", "cedar"))
    missing = {(item.criterion, item.bid): item.missing for item in found.items}
    assert missing["quality", "alder"] == ("late",)
    assert missing["quality", "cedar"] == ("evaluator-00", "evaluator-01", "late")
    assert not found.ready


def test_a_label_of_the_scale_is_the_same_mark_as_its_value():
    """An evaluator may write what the published scale calls the grade."""
    assert about_quality(marks("level 4", "4")).spread == 0


def test_pass_and_fail_are_as_far_apart_as_two_marks_can_be():
    """A disagreement about a hurdle is a disagreement about the whole bid."""
    scores = [
        GivenScore(evaluator=name, bid="alder", criterion="insured", value=value, reason="Certificate.")
        for name, value in (("one", "pass"), ("two", "fail"))
    ]
    item = next(item for item in moderation(LOT, scores, ModerationPolicy(every_question=False, spread=0)).items)
    assert (item.lowest, item.highest, item.why) == ("fail", "pass", ("spread",))


def test_the_widest_disagreement_is_discussed_first():
    """Within a criterion the agenda begins where the panel is furthest apart."""
    scores = [*marks("4", "4"), *marks("1", "5", bid="birch"), *marks("3", "4", bid="cedar")]
    assert [item.bid for item in agenda(scores).items if item.criterion == "quality"] == ["birch", "cedar", "alder"]


def test_the_order_of_scores_does_not_matter():
    """Who handed in first has no influence on the agenda."""
    scores = [*marks("4", "1", "5"), *marks("1", "5", bid="birch")]
    assert agenda(scores) == agenda(scores[::-1])


def test_the_panel_does_not_score_prices():
    """A criterion with a formula is the engine's; a panel score for it is refused, as is a second one of the same."""
    price = GivenScore(evaluator="one", bid="alder", criterion="price", value="4")
    with pytest.raises(InvalidValue, match="'price' is not scored by the panel"):
        agenda([price])
    with pytest.raises(InvalidValue, match="has two scores"):
        agenda([*marks("4"), *marks("5")])


def test_an_agreed_score_is_on_the_scale_and_has_a_reason():
    """A consensus is one of the published values, with the agreed reasons."""
    given_marks = [Mark(evaluator="one", value="3"), Mark(evaluator="two", value="4")]
    assert check_consensus(QUALITY, given_marks, "4", "Agreed: phasing convinces.") == ()
    (off,) = check_consensus(QUALITY, given_marks, "3.5", "The middle.")
    assert off.severity == "fault"
    assert "not on the published scale" in off.message
    (silent,) = check_consensus(QUALITY, given_marks, "4", " ")
    assert silent.message == "The agreed score has no reason."


@pytest.mark.parametrize(("value", "word"), [("5", "high"), ("2", "low")])
def test_an_agreed_score_that_nobody_had_given_needs_words(value: str, word: str):
    """The meeting may go beyond every single mark, but then the record says what it found."""
    (beyond,) = check_consensus(
        QUALITY, [Mark(evaluator="one", value="3"), Mark(evaluator="two", value="4")], value, "x"
    )
    assert beyond.severity == "warning"
    assert f"as {word} as {value}" in beyond.message
