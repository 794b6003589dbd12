"""The published script: it believes neither service nor dossier, and works everything out from the log again."""

import ast
import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from service import verify_dossier, verify_receipt
from service.signing import Signer
from tests.make_dossiers import DEADLINE, LOT, PEOPLE, a_dossier, as_file, happened, lines_of
from tests.make_logs import SIGNER, public

SCRIPT = Path(verify_dossier.__file__)
GOLDEN = Path(__file__).parent.parent / "dossiers" / "whole-tender.json"
ANOTHER = Signer(b"\x02" * 32)


def judge(folder: Path, dossier: Any, key: str = public(SIGNER)) -> tuple[int, str]:
    """What the script says about a dossier, and its exit status."""
    path = folder / "dossier.json"
    path.write_text(dossier if isinstance(dossier, str) else json.dumps(dossier), encoding="utf-8")
    command = [sys.executable, str(SCRIPT), str(path), "--key", key]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


def judged(folder: Path, dossier: Any) -> bool:
    """The same within this process: whether it is accepted."""
    path = folder / "dossier.json"
    path.write_text(json.dumps(dossier), encoding="utf-8")
    try:
        verify_dossier.check(str(path), public(SIGNER))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return False
    return True


# The script itself


def test_the_script_can_be_read_in_one_sitting_and_needs_nothing():
    """At most 200 lines of at most 120 columns, standard library only, in the language of Python 3.9."""
    lines = SCRIPT.read_text().splitlines()
    assert len(lines) <= 200
    assert max(len(line) for line in lines) <= 120
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_it_checks_signatures_as_the_script_for_receipts_does_to_the_letter():
    """One file must do alone, so some functions stand in both: they are the same, and tested there."""

    def functions(script: Path) -> dict[str, str]:
        tree = ast.parse(script.read_text())
        return {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}

    ours, theirs = functions(SCRIPT), functions(Path(verify_receipt.__file__))
    shared = ours.keys() & theirs.keys() - {"check", "main"}
    assert shared >= {"point", "add", "times", "check_signature", "open_checkpoint", "unbase64", "hashed", "require"}
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


# Genuine


def test_the_golden_dossier_verifies(tmp_path: Path):
    """A dossier that was written once verifies for ever."""
    assert as_file(a_dossier()) == json.loads(GOLDEN.read_text())
    code, said = judge(tmp_path, GOLDEN.read_text())
    assert (code, said.splitlines()[-1]) == (0, "VERIFIED.")
    assert "14 entries, exactly those signed; 0 are given as hashes only" in said


def test_withheld_entries_are_told_and_the_rest_still_verifies(tmp_path: Path):
    """Marks can be kept back: their hashes stand in their places."""
    dossier = as_file(a_dossier(withheld={14}))
    assert set(dossier["log"][13]) == {"leaf"}
    code, said = judge(tmp_path, dossier)
    assert code == 0
    assert "1 are given as hashes only" in said


def test_without_a_key_the_script_says_which_key_has_signed(tmp_path: Path):
    code, said = judge(tmp_path, as_file(a_dossier()), key="")
    assert code == 0
    assert f"{public(SIGNER)}; compare it with the published one" in said


# Tampered: each kind is rejected


def _edit(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    dossier = as_file(a_dossier(withheld={14}))
    change(dossier)
    return dossier


def _retold(dossier: dict[str, Any], position: int, old: str, new: str) -> None:
    line = dossier["log"][position - 1]
    assert old in line["entry"]
    line["entry"] = line["entry"].replace(old, new)


TAMPERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "an instant": lambda one: _retold(one, 8, "2026-11-19T09", "2026-11-18T09"),
    "who asked": lambda one: _retold(one, 11, PEOPLE["officer"], PEOPLE["second"]),
    "a deadline": lambda one: _retold(one, 6, DEADLINE, "2026-11-20T13:00:00Z"),
    "a salt": lambda one: _retold(one, 1, '"salt": "', '"salt": "0'),
    "a blank": lambda one: _retold(one, 1, ", ", ",  "),
    "an entry taken out": lambda one: one["log"].pop(6),
    "an entry taken out at the end": lambda one: one["log"].pop(),
    "an entry twice": lambda one: one["log"].insert(3, one["log"][3]),
    "an entry added": lambda one: one["log"].append(one["log"][3]),
    "entries exchanged": lambda one: one["log"].insert(2, one["log"].pop(3)),
    "a withheld hash": lambda one: one["log"][13].update(leaf=base64.b64encode(bytes(32)).decode()),
    "an entry behind a hash": lambda one: one["log"][13].update(entry="{}"),
    "evidence left out": lambda one: one["evidence"]["g"].pop(),
    "evidence made up": lambda one: one["evidence"]["g"].append(1),
    "an item left out": lambda one: one["evidence"].pop("c"),
    "a finding made up": lambda one: one["broken"].append("(b) Entry 1."),
    "another tender": lambda one: one.update(tender_id=LOT),
    "another form": lambda one: one.update(format="tenderscore-dossier-2"),
    "another key": lambda one: one.update(key=public(ANOTHER)),
    "another's checkpoint": lambda one: one.update(checkpoint=as_file(a_dossier(signer=ANOTHER))["checkpoint"]),
    "an earlier checkpoint": lambda one: one.update(
        checkpoint=as_file(a_dossier(lines_of(happened()[:9])))["checkpoint"]
    ),
    "a size": lambda one: one.update(checkpoint=one["checkpoint"].replace("\n14\n", "\n13\n")),
    "no log": lambda one: one.update(log=[]),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_each_kind_of_tampering_is_rejected(tmp_path: Path, kind: str):
    code, said = judge(tmp_path, _edit(TAMPERED[kind]))
    assert (code, said.startswith("NOT VERIFIED.")) == (1, True), said


def test_the_untampered_twin_is_accepted(tmp_path: Path):
    """The control of the tests above: what they change is all that they reject."""
    assert judge(tmp_path, _edit(lambda _: None))[0] == 0


def test_a_whole_dossier_signed_by_somebody_else_is_rejected_by_the_published_key(tmp_path: Path):
    """Whoever makes a log of one's own and signs it has no key that is published."""
    code, said = judge(tmp_path, as_file(a_dossier(signer=ANOTHER)))
    assert (code, "signed by another key" in said) == (1, True)


def test_random_changes_of_single_characters_are_rejected(tmp_path: Path):
    """Fifty places of what is signed; names and titles are not signed and say so."""
    random = Random(5)
    genuine = as_file(a_dossier())
    for _ in range(50):
        dossier = as_file(a_dossier())
        line = random.choice(dossier["log"])
        place = random.randrange(len(line["entry"]))
        other = random.choice([sign for sign in "0123456789abcdef {}" if sign != line["entry"][place]])
        line["entry"] = line["entry"][:place] + other + line["entry"][place + 1 :]
        assert not judged(tmp_path, dossier)
    assert judged(tmp_path, genuine)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "null", "[" * 100_000])
def test_what_is_no_dossier_is_refused_in_one_line(tmp_path: Path, text: str):
    code, said = judge(tmp_path, text)
    assert code == 1
    assert len(said.splitlines()) == 1


# Genuine, and something does not hold


def _without(kind: str, who: str) -> Any:
    return [entry for entry in happened() if (entry[0], entry[1]) != (kind, who)]


def _changed(first: str, **fields: Any) -> Any:
    names = ("kind", "who", "at", "data")
    return [
        tuple(fields.get(name, value) for name, value in zip(names, entry, strict=True)) if entry[0] == first else entry
        for entry in happened()
    ]


def _inserted(before: str, *entries: Any) -> Any:
    at = [entry[0] for entry in happened()].index(before)
    return [*happened()[:at], *entries, *happened()[at:]]


CORRIGENDUM = {"number": 1, "proposed_by": PEOPLE["author"]}
BROKEN: dict[str, tuple[str, Any]] = {
    "one officer alone": ("(e)", _without("opening.asked", "officer")),
    "an officer without the role": (
        "(e)",
        [entry for entry in happened() if entry[3].get("person_id") != PEOPLE["second"]],
    ),
    "an early opening": ("(b)", _changed("bids.opened", at="2026-11-20T11:59:59.999999")),
    "a bid taken at the deadline": ("(a)", _changed("bid.late", kind="bid.submitted")),
    "a bid called late before the deadline": ("(a)", _changed("bid.late", at="2026-11-20T11:59:59.999999")),
    "a tender published by its author": ("(c)", _changed("tender.published", who="author")),
    "an earlier deadline": (
        "(c)",
        _inserted(
            "refused",
            (
                "corrigendum.issued",
                "approver",
                "2026-11-02T10:00:00",
                CORRIGENDUM | {"submission_deadline": "2026-11-20T11:59:59.999999Z"},
            ),
        ),
    ),
    "a corrigendum by one person": (
        "(c)",
        _inserted(
            "refused",
            (
                "corrigendum.issued",
                "approver",
                "2026-11-02T10:00:00",
                CORRIGENDUM | {"proposed_by": PEOPLE["approver"]},
            ),
        ),
    ),
    "a corrigendum after the deadline": (
        "(c)",
        _inserted(
            "opening.asked",
            (
                "corrigendum.issued",
                "approver",
                "2026-11-20T12:00:00.5",
                CORRIGENDUM | {"submission_deadline": "2026-11-20T12:00:00.75Z"},
            ),
        ),
    ),
    "an evaluator who approves": (
        "(d)",
        _inserted(
            "refused",
            ("role.granted", "author", "2026-11-02T10:00:00", {"person_id": PEOPLE["evaluator"], "role": "approver"}),
        ),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_genuine_dossier_of_a_tender_that_went_wrong_says_so(tmp_path: Path, what: str):
    """Exit status 2: the log is what was signed, and it tells of a breach."""
    item, entries = BROKEN[what]
    code, said = judge(tmp_path, as_file(a_dossier(lines_of(entries))))
    assert code == 2, said
    assert "GENUINE, BUT NOT ALL HOLDS" in said
    assert any(line.startswith(item) for line in said.splitlines())


def test_a_breach_cannot_be_left_out(tmp_path: Path):
    dossier = as_file(a_dossier(lines_of(BROKEN["an early opening"][1])))
    dossier["broken"] = []
    assert judge(tmp_path, dossier)[0] == 1
