"""The validators of the Open Contracting Data Standard that lie beside the project; without them their tests skip."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BUNDLE = Path(os.environ.get("OCDS_BUNDLE", Path(__file__).parents[2] / "shared" / "ocds"))

LOCAL_GOALS = {"social.localEmployment", "social.apprenticeships", "social.workPlacements", "social.skills"}
"""Goals of our extension: the list of the standard is open, and has none for them."""


def need_bundle() -> None:
    """Skip where the validators are not there."""
    if not (BUNDLE / "validate_ocds.py").exists():
        pytest.skip("the validators are not there: set OCDS_BUNDLE to the folder with validate_ocds.py")


def check_valid(bundle: str, file: Path) -> None:
    """No error, no unknown field, and no code that is not the standard's but the goals that our extension adds."""
    status, lines = validated(bundle, file)
    assert status == 0, lines
    notes = [line for line in lines[:-1] if line.rpartition(" ")[2] not in LOCAL_GOALS or "/goal " not in line]
    assert notes == []
    assert lines[-1] == f"{file}: 0 errors, 0 semantic, {len(lines) - 1} notes"


def validated(bundle: str, *files: Path) -> tuple[int, list[str]]:
    """What the schema, the codelists and the arithmetic say about release packages: exit status and lines."""
    command = [sys.executable, BUNDLE / "validate_ocds.py", BUNDLE / bundle, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def check_seen_by_cove(file: Path, releases: int) -> None:
    """lib-cove-ocds finds nothing but the goals of our extension, which it cannot fetch without network."""
    command = [sys.executable, BUNDLE / "cove_offline.py", BUNDLE / "standard-1__1__5.zip", BUNDLE / "ext", file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.partition("\ninvalid extensions:")[0])
    assert (told.pop("version_used"), told.pop("count")) == ("1.1", releases)
    for found in told.pop("additional_open_codelist_values").values():
        assert found["codelist"] == "sustainabilityGoal.csv"
        assert set(found["values"]) <= LOCAL_GOALS
    assert not any(told.values()), told
