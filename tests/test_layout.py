"""The house rules that a machine can check; import contracts are checked by `make check`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PYTHON = [path for folder in ("scoring", "service", "tests") for path in sorted((PROJECT / folder).rglob("*.py"))]
SERVICE = sorted((PROJECT / "service").glob("*.py"))
SQL = sorted((PROJECT / "service" / "sql").glob("*.sql"))

LONGEST_FUNCTION = 70
LONGEST_FILE = 500

TESTED_ELSEWHERE = {
    "__init__": "has no code",
    "__main__": "only lists the commands; each is tested with its own module",
    "app": "composition: every test that speaks HTTP runs it",
    "demo_data": "what the demo's test plays",
}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_file_has_one_subject_and_a_function_fits_a_screen(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    too_long = [
        f"{function.name} at line {function.lineno}"
        for function in functions(ast.parse(text))
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert too_long == []


@pytest.mark.parametrize("module", [path.stem for path in SERVICE if path.stem not in TESTED_ELSEWHERE])
def test_every_module_of_the_service_has_its_test_file(module: str):
    assert (PROJECT / "tests" / "service" / f"test_{module}.py").exists()


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_every_file_of_queries_belongs_to_the_module_of_its_name(path: Path):
    module = PROJECT / "service" / f"{path.stem}.py"
    assert f'queries("{path.stem}")' in module.read_text(encoding="utf-8")


def test_no_module_asks_for_queries_of_another():
    for path in SERVICE:
        asked = set(re.findall(r'\bqueries\("(\w+)"\)', path.read_text(encoding="utf-8")))
        assert asked <= {path.stem}, path


@pytest.mark.parametrize("forbidden", ["utils", "helpers", "common", "base", "constants", "core"])
def test_no_file_is_named_after_nothing(forbidden: str):
    """A thing without a noun has not been understood yet."""
    assert [path for path in PYTHON if path.stem == forbidden] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_dependency_is_locked_by_version_and_hash_without_an_address(lock: str):
    """The same lock installs from any mirror, and nothing else than what was reviewed."""
    text = (PROJECT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[\w.-]+==\S+.*\\\n    --hash=sha256:[0-9a-f]{64}", requirement), requirement


def test_what_the_tests_install_beside_the_service_changes_none_of_its_versions():
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+.*(?= \\$)", (PROJECT / lock).read_text(encoding="utf-8"), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


def test_continuous_integration_runs_the_makefile_s_targets_and_nothing_else():
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in script if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make browser faketime check test"]
