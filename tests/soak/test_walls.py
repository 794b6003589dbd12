"""The mutation run notices what is taken away: one wall of each kind, in short."""

from pathlib import Path

import pytest

from tests.soak.walls import Mutant, is_caught, mutants

ONE_OF_EACH = ("guard of roles list_scores", "query receipts.get_stored 1", "policy on panel_scores")


def test_every_wall_has_a_mutant() -> None:
    """Guards, conditions and policies in number, and no two of one name."""
    names = [one.name for one in mutants()]
    assert len(names) == len(set(names))
    for kind, least in (("guard", 90), ("query", 20), ("policy", 25)):
        assert sum(one.kind == kind for one in mutants()) >= least


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_wall_that_is_taken_away_is_missed(tmp_path: Path, name: str) -> None:
    mutant = next(one for one in mutants() if one.name == name)
    if mutant.kind == "query":
        mutant = mutant._replace(selection="get_receipt-rival")
    assert is_caught(mutant, tmp_path)


def test_nothing_taken_away_is_not_missed(tmp_path: Path) -> None:
    """The control: the same run of an unchanged copy finds nothing."""
    selection = "test_isolation_of_rows and panel_scores-rival"
    nothing = Mutant("nothing", "policy", "README.md", "", "", selection)
    (tmp_path / "README.md").touch()
    assert not is_caught(nothing, tmp_path)
