import argparse
import json
from pathlib import Path
from typing import Any

import pytest

import scoring
from service import simulating
from tests.make import a_rules


def simulate(folder: Path, case: Any, *options: str) -> int:
    """Run the command on a case and return its exit code."""
    file = folder / "case.json"
    file.write_text(case if isinstance(case, str) else json.dumps(case))
    parser = argparse.ArgumentParser()
    simulating.add_commands(parser.add_subparsers())
    arguments = parser.parse_args(["simulate", str(file), "--runs", "20", *options])
    return arguments.run(arguments)


def test_a_case_without_bids_is_tried_with_invented_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A buyer has rules before it has bids; the table says who would win under the other formulas."""
    assert simulate(tmp_path, {"lot": a_rules()}, "--bids", "5", "--seed", "3") == simulating.TRIED
    printed = capsys.readouterr().out
    assert "Tried with 5 invented bids, seed 3." in printed
    assert "Who would win under…" in printed
    assert "A loser's leaving changes the winner in" in printed
    assert "PT: CCP art. 139(4)" in printed
    assert "stays first with price from" in printed


def test_the_same_seed_prints_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A trial can be repeated by anybody: canonical JSON, equal for a seed and different for another."""
    outputs: list[str] = []
    for seed in ("5", "5", "6"):
        assert simulate(tmp_path, {"lot": a_rules()}, "--json", "--seed", seed) == simulating.TRIED
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != outputs[2]
    assert json.loads(outputs[0])["seed"] == 5


def test_bids_that_cannot_be_ranked_exit_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A missing value stops the ranking and is named."""
    assert simulate(tmp_path, {"lot": a_rules(), "bids": [{"id": "alder", "values": {}}]}) == simulating.NOT_TRIED
    assert "Not ranked: bid 'alder', criterion 'price': the value is missing" in capsys.readouterr().out


@pytest.mark.parametrize("case", ["{", {"lot": {"criteria": []}}, {"lots": []}])
def test_what_is_no_case_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Any):
    """Faults go to standard error, and nothing is printed as if it were a result."""
    assert simulate(tmp_path, case) == simulating.BAD_CASE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tenderscore: ")


def test_more_runs_than_allowed_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The limit is said in numbers."""
    assert simulate(tmp_path, {"lot": a_rules()}, "--runs", "10001") == simulating.BAD_CASE
    assert "write 0 to 10000" in capsys.readouterr().err


def test_what_a_criterion_is_worth_in_money_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Award on value has an amount for each criterion; a buyer reads them, and no braces of a programme."""
    assert simulate(tmp_path, {"lot": a_rules()}) == simulating.TRIED
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("M1 "))
    assert "  values " in row
    assert not {"{", "}", "'"} & set(row)


def test_a_stored_result_is_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Whoever holds a result can find out what would have changed its winner; anything else is refused plainly."""
    lot = {"criteria": [{"id": "price", "weighting": "100", "unit": "GBP", "method": {"id": "P1", "zero": "reject"}}]}
    bids = [{"id": "alder", "values": {"price": "100"}}, {"id": "birch", "values": {"price": "120"}}]
    case = scoring.decode(json.dumps({"lot": lot, "bids": bids}).encode(), scoring.Case)
    result = tmp_path / "result.json"
    result.write_bytes(scoring.canonical(scoring.evaluate(case.lot, case.bids)))
    parser = argparse.ArgumentParser()
    simulating.add_commands(parser.add_subparsers())
    arguments = parser.parse_args(["sensitivity", str(result), "--draws", "10"])
    assert arguments.run(arguments) == simulating.TRIED
    found = json.loads(capsys.readouterr().out)
    assert found["winner"] == "alder"
    assert next(one for one in found["break_even"] if one["bid"] == "birch")["wins_at"] == "99.99"
    result.write_text("{}")
    assert arguments.run(arguments) == simulating.BAD_CASE
    assert "is no result" in capsys.readouterr().err
