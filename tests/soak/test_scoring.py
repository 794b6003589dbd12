"""The long campaign of invented tenders, on a few of them."""

from pathlib import Path

import pytest

from tests.soak.scoring import CHUNK, Progress, chunks, load, main, run, store

MINUTE = 60.0


def test_a_campaign_goes_on_where_it_stopped(tmp_path: Path):
    """A run that was killed loses at most the tenders it was at."""
    path = tmp_path / "soak" / "scoring.json"
    assert run(path, 6, MINUTE).done == 6
    stored = load(path)
    store(path, Progress(code=stored.code, done=8, differing=1, found={7: ["planted"]}))
    went_on = run(path, 10, MINUTE)
    assert (went_on.done, went_on.differing, went_on.found) == (10, 1, {7: ["planted"]})
    assert load(path) == went_on


def test_progress_belongs_to_the_code_it_was_made_with(tmp_path: Path):
    """A campaign proves nothing about an engine that has changed since."""
    path = tmp_path / "scoring.json"
    store(path, Progress(code="of another engine", done=1_000_000))
    assert load(path).done == 0


def test_every_tender_is_in_exactly_one_chunk():
    numbers = [number for chunk in chunks(3, 2 * CHUNK + 7) for number in chunk]
    assert numbers == list(range(3, 2 * CHUNK + 7))


def test_a_campaign_that_found_a_difference_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    path = Path(".soak/scoring.json")
    store(path, Progress(code=load(path).code, done=5, differing=1, found={4: ["planted"]}))
    assert main(["5"]) == 1
    store(path, Progress(code=load(path).code, done=5))
    assert main(["5"]) == 0
