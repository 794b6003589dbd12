"""The mutation run notices what is taken away, in short: a condition of a query, and the policy of a table."""

from pathlib import Path

import pytest

from tests.soak.walls import Mutant, is_caught, mutants

SHORT = {
    "query receipts.get_stored 1": "get_receipt-rival",
    "policy on webhooks": "test_isolation_of_rows and webhooks-rival",
}
"""What `make test` takes away, and the tests that must miss it."""


def test_every_wall_has_a_mutant() -> None:
    """Guards, conditions and policies in number, and no two of one name."""
    names = [one.name for one in mutants()]
    assert len(names) == len(set(names))
    for kind, least in (("guard", 90), ("query", 20), ("policy", 25)):
        assert sum(one.kind == kind for one in mutants()) >= least


@pytest.mark.parametrize("name", SHORT)
def test_a_wall_that_is_taken_away_is_missed(tmp_path: Path, name: str) -> None:
    mutant = next(one for one in mutants() if one.name == name)
    assert is_caught(mutant._replace(selection=SHORT[name]), tmp_path)


def test_nothing_taken_away_is_not_missed(tmp_path: Path) -> None:
    """The control: the same run of an unchanged copy finds nothing."""
    nothing = Mutant("nothing", "policy", "README.md", "", "", SHORT["policy on webhooks"])
    (tmp_path / "README.md").touch()
    assert not is_caught(nothing, tmp_path)
