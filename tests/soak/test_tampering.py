"""The long campaign against the log, on a part of it."""

from pathlib import Path

import pytest

from tests.soak import tampering
from tests.soak.tampering import (
    BITS_A_CHUNK,
    STAGES,
    Progress,
    by_database_alone,
    load,
    main,
    parts,
    play,
    rewrites,
    run,
    store,
)


def test_forks_rollbacks_and_whole_rewrites_are_found_by_the_script_with_one_receipt():
    """With fresh hashes throughout, signed by the service itself or by a thief; also one wrong bit in head or leaf."""
    tamperings, unnoticed = play(("rewrites", 0))
    assert (tamperings > 50, unnoticed) == (True, [])


def test_a_verifier_that_is_given_only_the_database_accepts_every_rewrite():
    """The negative control: its hashes prove nothing about what was there before."""
    assert not any(by_database_alone(stored) for stored in rewrites().values())


def test_what_nobody_has_touched_is_accepted():
    """The positive control: a verifier that refused everything would notice everything."""
    assert play(("honest", 0))[1] == []


@pytest.mark.parametrize(
    "part", [("head", 0), ("shapes", 0), ("shapes", 40), ("shapes", 99), ("leaves", 7), ("entries", 40)]
)
def test_any_bit_and_any_change_of_order_is_found(part: tuple[str, int]):
    tamperings, unnoticed = play(part)
    assert (tamperings > 200, unnoticed) == (True, [])


def test_the_receipt_s_parts_cover_all_of_its_bits():
    """The last part begins behind the last bit, so none is left out."""
    last = STAGES["receipt"][1] - 1
    assert play(("receipt", last))[0] == 0
    assert play(("receipt", 20)) == (BITS_A_CHUNK, [])


def test_a_bit_that_goes_unnoticed_is_told(monkeypatch: pytest.MonkeyPatch):
    """The campaign's own control: with a comparison that sees nothing it reports everything."""
    monkeypatch.setattr(tampering, "by_log", lambda _stored, _records: False)
    tamperings, unnoticed = play(("shapes", 3))
    assert len(unnoticed) == tamperings


def test_a_campaign_goes_on_where_it_stopped_and_belongs_to_its_code(tmp_path: Path):
    path = tmp_path / "soak" / "tampering.json"
    store(path, Progress(code=load(path).code, done=2, tamperings=70, unnoticed=["planted"]))
    progress = run(path, [("honest", 0), ("rewrites", 0), ("head", 0)], 60.0)
    assert (progress.done, progress.tamperings > 70, progress.unnoticed) == (3, True, ["planted"])
    assert load(path) == progress
    store(path, Progress(code="of another script", done=3))
    assert load(path).done == 0


def test_a_campaign_in_which_something_went_unnoticed_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    path = Path(".soak/tampering.json")
    done = len(parts(100))
    store(path, Progress(code=load(path).code, done=done, stored=5, unnoticed=["planted"]))
    assert main(["100"]) == 1
    store(path, Progress(code=load(path).code, done=done, stored=5))
    assert main(["100"]) == 0
