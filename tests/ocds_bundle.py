"""The validators of the Open Contracting Data Standard that lie beside the project; without them their tests skip."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUNDLE = Path(os.environ.get("OCDS_BUNDLE", Path(__file__).parents[2] / "shared" / "ocds"))


def need_bundle() -> None:
    """Skip where the validators are not there."""
    if not (BUNDLE / "validate_ocds.py").exists():
        pytest.skip("the validators are not there: set OCDS_BUNDLE to the folder with validate_ocds.py")


def validated(bundle: str, *files: Path) -> tuple[int, list[str]]:
    """What the schema, the codelists and the arithmetic say about release packages: exit status and lines."""
    command = [sys.executable, BUNDLE / "validate_ocds.py", BUNDLE / bundle, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def seen_by_cove(file: Path) -> str:
    """What lib-cove-ocds says about a release package, without network."""
    command = [sys.executable, BUNDLE / "cove_offline.py", BUNDLE / "standard-1__1__5.zip", BUNDLE / "ext", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr
