"""The campaign of letters, on a few of them; and that it sees what it is for."""

from pathlib import Path

import pytest

from tests.soak import debrief
from tests.soak.debrief import Progress, control, crying_wolf, invented, load, main, pinned_by_solver, run, store

MINUTE = 60.0


def test_no_letter_of_a_few_tenders_gives_away_what_nobody_was_warned_of(tmp_path: Path):
    """One of each formula of the catalogue; absolute ones pin nothing."""
    progress = run(tmp_path / "debrief.json", 32, 4 * MINUTE)
    assert (progress.done, progress.found) == (32, {})
    assert {tag for tag, pinned in progress.pinned.items() if pinned} <= {
        tag for tag in progress.letters if tag.startswith("P")
    }
    assert sum(progress.pinned.values()) > 5


def test_plain_lowest_price_with_three_bids_is_flagged_and_an_unwarned_one_is_a_fault():
    """The control: the solver names the third bidder's price, and a product that is silent about it fails."""
    assert control() == "seen"


def test_a_product_that_warns_of_nothing_fails_the_campaign(tmp_path: Path):
    progress = run(tmp_path / "debrief.json", 16, 2 * MINUTE, lambda _: False)
    assert any("warned of nothing" in fault for fault in progress.found.values())


def test_a_warning_without_a_reason_is_found_too():
    assert crying_wolf(
        Progress(code="", letters={"P1": 300, "A1": 300, "P2": 299}, pinned={"P1": 0, "A1": 0, "P2": 0})
    ) == ["P1"]


def test_the_solver_pins_nothing_that_could_be_otherwise():
    """With four bids and the mean as measure two unknown prices can make up for each other."""
    mean = next(case for case in map(invented, range(5, 2000, 16)) if case.tag == "P5" and len(case.others) > 2)
    assert pinned_by_solver(mean) == []


def test_a_campaign_goes_on_where_it_stopped_and_fails_on_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    fresh = load(debrief.PROGRESS, Progress(code=debrief.code_digest()))
    store(
        debrief.PROGRESS, Progress(code=fresh.code, done=3, letters={"P1": 3}, pinned={"P1": 3}, found={2: "planted"})
    )
    assert main(["3"]) == 1
    store(debrief.PROGRESS, Progress(code=fresh.code, done=3, letters={"P1": 3}, pinned={"P1": 3}))
    assert main(["3"]) == 0
