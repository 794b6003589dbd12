"""The engine's sentences in other languages say the same with the same digits; the stored result stays as it was."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import scoring
from scoring import Evaluation, Step, canonical
from service.language import LANGUAGES
from service.retelling import retold
from service.wording import wording
from tests.make_reports import retrofit_report

FOLDERS = sorted(path for path in (Path(__file__).parents[1] / "scoring" / "cases").iterdir() if path.is_dir())
OTHERS = [code for code in LANGUAGES if code != "en"]
ENGLISH = re.compile(r"\b(the|of|and|with|where|exactly|which|lowest|highest|published|rounded|bids)\b")


def evaluations() -> Iterator[Evaluation]:
    """The results of every case that can be scored, and of a report."""
    yield retrofit_report().evaluation
    for folder in FOLDERS:
        if "stopped_by" not in json.loads((folder / "expected.json").read_text()):
            secret = folder / "draw_secret.json"
            document = {
                "lot": json.loads((folder / "lot.json").read_text()),
                "bids": json.loads((folder / "bids.json").read_text()),
                "draw_secret": json.loads(secret.read_text()) if secret.exists() else None,
            }
            case = scoring.decode(json.dumps(document).encode(), scoring.Case)
            yield scoring.evaluate(case.lot, case.bids, case.draw_secret)


EVALUATIONS = tuple(evaluations())


def steps(evaluation: Evaluation) -> list[Step]:
    return [*(step for bid in evaluation.bids for step in bid.chain), *evaluation.notes]


def written(evaluation: Evaluation) -> set[str]:
    """What buyers and bidders wrote themselves, which nobody translates."""
    titles = {title for step in steps(evaluation) if (title := step.arguments.get("title")) and title != "The bid"}
    answers = {step.arguments.get("answer", "") for step in steps(evaluation)}
    return {*titles, *answers, *(str(value) for bid in evaluation.inputs for value in bid.values.values())}


@pytest.mark.parametrize("lang", OTHERS)
def test_every_sentence_of_every_case_is_said_in_the_language_with_the_same_digits(lang: str):
    """No phrase of the engine stays English, and no digit is lost, added or rounded."""
    for evaluation in EVALUATIONS:
        theirs = sorted(written(evaluation), key=len, reverse=True)
        for before, after in zip(steps(evaluation), steps(retold(evaluation, LANGUAGES[lang])), strict=True):
            assert Counter(re.findall(r"\d", after.sentence)) == Counter(re.findall(r"\d", before.sentence))
            ours = after.sentence
            for text in theirs:
                ours = ours.replace(text, "") if re.search("[A-Za-z]", text) else ours
            assert re.findall(r"\d", after.formula or "") == re.findall(r"\d", before.formula or "")
            assert not ENGLISH.search(ours), f"{before.sentence} → {after.sentence}"


def test_english_is_told_as_it_is_stored():
    evaluation = EVALUATIONS[0]
    assert retold(evaluation, LANGUAGES["en"]) is evaluation


def test_telling_changes_neither_the_numbers_nor_the_stored_result():
    evaluation = EVALUATIONS[0]
    stored = canonical(evaluation)
    other = retold(evaluation, LANGUAGES["de"])
    assert canonical(evaluation) == stored
    assert other.inputs == evaluation.inputs
    assert [(bid.id, bid.rank, bid.total, bid.points) for bid in other.bids] == [
        (bid.id, bid.rank, bid.total, bid.points) for bid in evaluation.bids
    ]


def test_a_phrase_that_nobody_knows_stays_as_it_is():
    evaluation = EVALUATIONS[0]
    step = evaluation.bids[0].chain[0]
    odd = {**step.arguments, "where": ", where 7 is a figure of the year"}
    note = Step(criterion=None, message="leaf", arguments=odd, sentence="…")
    told = retold(msgspec.structs.replace(evaluation, notes=(note,)), LANGUAGES["de"])
    assert "7 is a figure of the year" in told.notes[0].sentence


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("count", [1, 2, 5, 22])
def test_a_number_of_decimals_has_its_plural(lang: str, count: int):
    catalogue = wording(lang)
    one, many = "rounded half up to {count} decimal", "rounded half up to {count} decimals"
    assert "{count}" in catalogue.ngettext(one, many, count)
    assert catalogue.ngettext(one, many, count) not in {one, many}
