"""The long campaign against the log, on a part of it."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.soak import tampering
from tests.soak.harness import load, store
from tests.soak.tampering import (
    BITS_A_CHUNK,
    STAGES,
    STORED_IN,
    Progress,
    by_database_alone,
    fresh,
    main,
    parts,
    play,
    rewrites,
    run,
)


def test_forks_rollbacks_and_whole_rewrites_are_found_by_the_script_with_one_receipt():
    """With fresh hashes throughout, signed by the service itself or by a thief; also one wrong bit in head or leaf."""
    tamperings, unnoticed = play(("rewrites", 0))
    assert (tamperings > 50, unnoticed) == (True, [])


def test_a_verifier_that_is_given_only_the_database_accepts_every_rewrite():
    """The negative control: its hashes prove nothing about what was there before."""
    assert not any(by_database_alone(stored) for stored in rewrites().values())


def test_a_withdrawal_that_was_taken_back_is_found_with_its_receipt():
    """Whoever opened the bid all the same would be shown by its supplier that it had been withdrawn."""
    assert play(("withdrawals", 0)) == (12, [])


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
    store(path, Progress(code=fresh().code, done=2, tamperings=70, unnoticed=["planted"]))
    progress = run(path, [("honest", 0), ("rewrites", 0), ("head", 0)], 60.0)
    assert (progress.done, progress.tamperings > 70, progress.unnoticed) == (3, True, ["planted"])
    assert load(path, fresh()) == progress
    store(path, Progress(code="of another script", done=3))
    assert load(path, fresh()).done == 0


def test_a_campaign_fails_by_what_went_unnoticed_and_is_not_passed_before_all_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Neither where the hour was up in the log's parts, nor where it was up among the stored bids."""
    monkeypatch.chdir(tmp_path)
    path, done, changes = Path(".soak/tampering.json"), len(parts(100)), 100 // STORED_IN
    whole = Progress(code=fresh().code, done=done, stored=changes)
    for progress, status, said in (
        (whole, 0, "passed"),
        (replace(whole, unnoticed=["planted"]), 1, "failed"),
        (replace(whole, stored=changes - 1), 2, "unfinished"),
        (replace(whole, done=done - 1, stored=0), 2, "unfinished"),
    ):
        monkeypatch.setattr(tampering, "LONGEST_SECONDS", 0.0)
        monkeypatch.setattr(tampering, "run", lambda path, _todo, _seconds: load(path, fresh()))
        store(path, progress)
        assert main(["100"]) == status
        assert json.loads(capsys.readouterr().out)["verdict"] == said
