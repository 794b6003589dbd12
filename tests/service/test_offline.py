import json
import subprocess
import sys

import pikepdf
import pytest

from service import pdf
from service.signing import read_secrets
from tests.make_logs import SIGNER, a_checkpoint, a_consistency, a_log, a_receipt, an_entry, as_ndjson, public
from tests.service.test_pdf import can_print

CASE = {
    "lot": {
        "criteria": [
            {"id": "price", "weighting": "40", "unit": "GBP", "method": {"id": "P1"}},
            {"id": "quality", "weighting": "60", "method": {"id": "graded", "scale": [{"value": "0"}, {"value": "5"}]}},
        ]
    },
    "bids": [
        {"id": "alder", "state": "admissible", "values": {"price": "80", "quality": "0"}},
        {"id": "birch", "values": {"price": "100", "quality": "5"}},
    ],
}


def tenderscore(*arguments):
    program = [sys.executable, "-W", "error", "-m", "service", *map(str, arguments)]
    return subprocess.run(program, capture_output=True, text=True, check=False)


@pytest.fixture
def case(tmp_path):
    def write(**changes):
        path = tmp_path / "case.json"
        path.write_text(json.dumps({**CASE, **changes}))
        return path

    return write


def test_a_case_is_ranked_without_a_database(case):
    """A table for people, with the winner; exit 0."""
    done = tenderscore("score", case(), "--explain")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].split() == ["rank", "bid", "price", "quality", "total", "flags"]
    assert "Winner: birch" in done.stdout
    assert "price: 100 × 80 ÷ 100 = 80 points, where 80 is the lowest of the bids; weighting 40 gives" in done.stdout
    assert "80 × 40 ÷ 100 = 32." in done.stdout


def test_the_json_result_has_the_promised_members_and_verifies(case, tmp_path):
    """What score --json prints is what verify recomputes; one altered digit is found."""
    done = tenderscore("score", case(), "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert (result["winner"], result["engine"]) == ("birch", "tenderscore-engine/1")
    assert len(result["rules_digest"]) == len(result["inputs_digest"]) == 64
    first = {key: result["bids"][0][key] for key in ("id", "rank", "tied", "points", "weighted", "total", "flags")}
    assert first == {
        "id": "birch",
        "rank": 1,
        "tied": False,
        "points": {"price": "80", "quality": "100"},
        "weighted": {"price": "32", "quality": "60"},
        "total": "92",
        "flags": [],
    }
    stored = tmp_path / "result.json"
    stored.write_text(done.stdout)
    assert tenderscore("verify", stored).returncode == 0
    stored.write_text(done.stdout.replace('"total":"92"', '"total":"93"'))
    altered = tenderscore("verify", stored)
    assert (altered.returncode, altered.stderr.splitlines()[1].strip()) == (
        1,
        'bids[0].total is "93"; its rules and bids give "92"',
    )


def test_bids_that_cannot_be_ranked_end_in_exit_1(case):
    """No admissible bid, or a value that is missing: the shape of the result stays, with the reason in the flags."""
    excluded = [{**bid, "state": "excluded"} for bid in CASE["bids"]]
    assert tenderscore("score", case(bids=excluded)).returncode == 1
    missing = [CASE["bids"][0], {"id": "birch", "values": {"price": "100"}}]
    done = tenderscore("score", case(bids=missing), "--json")
    assert done.returncode == 1
    assert "$.bids[1].values.quality" in done.stderr
    result = json.loads(done.stdout)
    assert (result["winner"], result["bids"][1]["rank"], result["bids"][1]["flags"]) == (
        None,
        None,
        ["missing_value:quality"],
    )


def test_a_bad_case_ends_in_exit_2_with_every_fault(case, tmp_path):
    """Each fault stands on a line with its JSON path and its mend, and nothing is printed as a result."""
    bids = [{"id": "alder", "values": {"price": 80, "quality": "0"}}, {"id": "birch", "state": "gone"}]
    done = tenderscore("score", case(bids=bids), "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert '$.bids[0].values.price: 80 is no text – write "80"' in done.stderr
    assert "$.bids[1].state" in done.stderr
    done = tenderscore("score", case(bids=[{"id": "alder", "values": {"price": "NaN", "quality": "3"}}]))
    assert done.returncode == 2
    assert "$.bids[0].values.price" in done.stderr
    assert tenderscore("score", tmp_path / "nowhere.json").returncode == 2
    assert tenderscore("score").returncode == 2


def test_the_schema_and_the_methods_are_enough_to_write_a_case():
    """A stranger reads the schema of a case and the list of formulas with their parameters."""
    schema = json.loads(tenderscore("score", "--schema").stdout)
    assert {"Case", "Lot", "Criterion", "OpenedBid"} <= schema["$defs"].keys()
    listed = json.loads(tenderscore("methods", "--json").stdout)
    assert {"id", "name", "parameters", "relative"} <= listed[0].keys()
    assert len({one["id"] for one in listed} & {"P1", "P7b", "R2b", "S2b", "M7", "A5"}) == 6
    assert "Inverse proportional" in tenderscore("methods").stdout


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
def test_the_report_of_a_case_is_written_without_a_database(case, tmp_path):
    """A bidder can print how a case of its own comes out; a place that cannot be written to is named."""
    done = tenderscore("score", case(), "--pdf", tmp_path / "case.pdf")
    assert done.returncode == 0, done.stderr
    assert "Winner: birch" in done.stdout
    with pikepdf.open(tmp_path / "case.pdf") as report:
        assert len(report.pages) >= 3
        assert "result.json" in report.attachments
    done = tenderscore("score", case(), "--pdf", tmp_path / "nowhere" / "case.pdf")
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_verify_takes_a_receipt_as_well_and_judges_it_as_the_published_script_does(tmp_path):
    """Exit 0 with what was checked; 1 with the first thing that is not as it must be."""
    entries = a_log(9)
    receipt, log, note = (tmp_path / name for name in ("receipt.json", "log.ndjson", "checkpoint"))
    receipt.write_text(json.dumps(a_receipt(entries[:5], 4)))
    log.write_bytes(as_ndjson(entries))
    note.write_text(a_checkpoint(entries))
    done = tenderscore("verify", receipt, "--key", public(SIGNER), "--log", log, "--log-checkpoint", note)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The log's first 9 entries are exactly those signed; 0 came later.\nVERIFIED.\n" in done.stdout
    log.write_bytes(as_ndjson([*entries[:8], an_entry(9, kind="refused")]))
    done = tenderscore("verify", receipt, "--log", log, "--log-checkpoint", note)
    assert (done.returncode, "first 9 entries are not those that were signed" in done.stderr) == (1, True)
    done = tenderscore("verify", receipt, "--log-checkpoint", note)
    assert (done.returncode, done.stdout.splitlines()[-1][:13]) == (1, "NOT COMPARED.")
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(a_consistency(entries, 5)))
    done = tenderscore("verify", receipt, "--log-checkpoint", note, "--consistency", proof)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "VERIFIED.")
    receipt.write_text(json.dumps(a_receipt(entries[:5], 4) | {"proof": {}}))
    done = tenderscore("verify", receipt)
    assert (done.returncode, "no receipt: KeyError" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_a_new_secret_is_one_line_for_the_secret_file(tmp_path):
    done = tenderscore("secret")
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text(done.stdout + tenderscore("secret").stdout)
    assert len({signer.key_id for signer in read_secrets(path).signers}) == 2
