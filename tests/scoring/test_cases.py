"""Every folder of cases/ is a test, and its name is the fact that it states."""

import json
from pathlib import Path

import pytest

import scoring

FOLDERS = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_case_is_ranked_as_expected(folder: Path):
    """What is expected is written beside the lot and the bids; the result verifies and survives storage."""
    secret = folder / "draw_secret.json"
    document = {
        "lot": json.loads((folder / "lot.json").read_text()),
        "bids": json.loads((folder / "bids.json").read_text()),
        "draw_secret": json.loads(secret.read_text()) if secret.exists() else None,
    }
    expected = json.loads((folder / "expected.json").read_text())
    case = scoring.decode(json.dumps(document).encode(), scoring.Case)
    if "stopped_by" in expected:
        with pytest.raises(scoring.Unscorable) as stopped:
            scoring.evaluate(case.lot, case.bids, case.draw_secret)
        assert (type(stopped.value).__name__, list(stopped.value.faults)) == (
            expected["stopped_by"],
            expected["faults"],
        )
        return
    result = scoring.evaluate(case.lot, case.bids, case.draw_secret)
    shown = [{key: getattr(bid, key) for key in expected["bids"][0]} for bid in result.bids]
    for bid in shown:
        bid["flags"] = list(bid["flags"])
    assert (result.winner, shown) == (expected["winner"], expected["bids"])
    assert [note.message for note in result.notes] == expected["notes"]
    stored = scoring.canonical(result)
    again = scoring.decode(stored, scoring.Evaluation)
    assert scoring.canonical(again) == stored
    assert scoring.verify(again) == ()
