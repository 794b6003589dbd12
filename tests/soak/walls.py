"""Mutation run of the walls between tenants: take one away, and the isolation tests must notice.

Three kinds of walls: the guard of one operation, the condition on the tenant in one query (with the database's own wall
down, or that one would hide it), the policy on one table. Each mutant is a copy of the project with one change; the
tests of isolation run in it and must fail. `make soak SOAK=walls N=20` tries twenty more; what was tried is kept.

Exit status 1 if nobody noticed a wall that was gone, or if a mutant did not run; 2 while mutants are left.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from service.access import ROWS
from tests.soak.harness import LONGEST_SECONDS, PROJECT, SOAK, Failed, code_digest, load, store, tell, verdict

LAST = max((PROJECT / "migrations").glob("*.sql"))
"""The last migration: only behind it are there all tables and their policies, and a wall can be taken down."""

TRIED_BY = tuple(
    PROJECT / "tests" / name for name in ("make_worlds.py", "service/test_isolation.py", "service/test_walls.py")
)
"""What must notice: what was tried is tried again when these change, as when the program does."""

TENANT = re.compile(
    r"(?:(?<=WHERE\n)|(?<=WHERE )|(?<=AND )|(?<=ON )|(?<=\(\n))(?P<space>\s*)"
    r"(?P<condition>[\w.]*\b(?:buyer_id|supplier_id|organisation_id) = :\w+::uuid)"
)
DOWN = """
DO $$
DECLARE
    walled regclass;
BEGIN
    FOR walled IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', walled);
    END LOOP;
END
$$;
"""
COPIED = ("service", "scoring", "migrations", "templates", "tests", "pyproject.toml")

EQUIVALENT = {
    "query reception.get_standing": "asked only about oneself, after a bid of one's own was refused",
    "query uploads.get_way_in": "asked only about oneself",
    "query uploads.find_answer": "asked only about oneself",
}
"""Mutants that nobody can tell apart from the program, and why."""


class Mutant(NamedTuple):
    """One wall, and which tests are to miss it: `file` is changed from `old` to `new`, `selection` is pytest's -k."""

    name: str
    kind: Literal["guard", "query", "policy"]
    file: str
    old: str
    new: str
    selection: str


class Progress(msgspec.Struct):
    """What has been tried with this code, and what nobody noticed."""

    code: str
    caught: list[str] = []
    survived: list[str] = []


def guards() -> Iterator[Mutant]:
    """The guard of each operation, taken away: who has any key passes, whoever he is."""
    for operation, row in ROWS.items():
        selection = f"test_isolation and {operation}-"
        if row.roles or row.whose == "buyer":
            old = "    row = ROWS[operation]\n"
            yield Mutant(
                f"guard of roles {operation}",
                "guard",
                "service/tenders.py",
                old,
                f'{old}    if operation == "{operation}":\n        return\n',
                selection,
            )
        if row.kind is not None or row.scope in {"admin", "platform"}:
            old = "    caller: Caller = connection.user\n"
            yield Mutant(
                f"guard of keys {operation}",
                "guard",
                "service/access.py",
                old,
                f'    if handler.handler_name == "{operation}":\n        return\n{old}',
                selection,
            )


def queries() -> Iterator[Mutant]:
    """Each condition on the tenant in each query, made true."""
    for path in sorted((PROJECT / "service" / "sql").glob("*.sql")):
        text = path.read_text("utf-8")
        for query in re.split(r"(?=^-- name: )", text, flags=re.MULTILINE):
            named = re.match(r"-- name: (\w+)", query)
            for number, found in enumerate(TENANT.finditer(query), start=1):
                parameter = re.search(r":\w+::uuid", found["condition"])
                assert named is not None
                assert parameter is not None
                true = f"({parameter[0]} IS NOT NULL)"  # the query must go on naming its parameter
                changed = query[: found.start("condition")] + true + query[found.end("condition") :]
                name = f"query {path.stem}.{named[1]} {number}"
                yield Mutant(name, "query", f"service/sql/{path.name}", query, changed, "bidder or rival or stranger")


def policies() -> Iterator[Mutant]:
    """Each table's policy, made true."""
    for policy, table in re.findall(
        r"^CREATE POLICY (\w+) ON public\.(\w+) ", (PROJECT / "tests/migrations/schema.sql").read_text(), re.MULTILINE
    ):
        yield Mutant(
            f"policy on {table}",
            "policy",
            f"migrations/{LAST.name}",
            "",
            f"\nALTER POLICY {policy} ON {table} USING (TRUE);\n",
            f"test_isolation_of_rows and {table}-",
        )


def mutants() -> list[Mutant]:
    """All of them, kinds mixed, so that a short run tries each."""
    kinds = [list(policies()), list(queries()), list(guards())]
    most = max(map(len, kinds))
    return [kind[number] for number in range(most) for kind in kinds if number < len(kind)]


def plant(mutant: Mutant, folder: Path) -> None:
    """A copy of the project with this wall taken away."""
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    path = folder / mutant.file
    text = path.read_text("utf-8")
    assert text.count(mutant.old) == 1 or mutant.old == "", mutant
    path.write_text(text.replace(mutant.old, mutant.new) if mutant.old else text + mutant.new, encoding="utf-8")
    if mutant.kind == "query":
        last = folder / "migrations" / LAST.name
        last.write_text(last.read_text("utf-8") + DOWN, encoding="utf-8")


def is_caught(mutant: Mutant, folder: Path) -> bool:
    """Whether the isolation tests fail in the mutant. Raises Failed where they do not run at all."""
    plant(mutant, folder)
    tests = "tests/service/test_walls.py" if mutant.kind == "policy" else "tests/service/test_isolation.py"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests, "-k", mutant.selection]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode not in {0, 1} or re.search(r"^ERROR ", ran.stdout, re.MULTILINE):
        raise Failed(f"{mutant.name}: the tests did not run.\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran.returncode == 1


def main(most: int | None = None) -> int:
    """Try mutants until all are tried, `most` of them, or the hour is up; one that does not run is tried again."""
    began = time.monotonic()
    path = SOAK / "walls.json"
    progress = load(path, Progress(code_digest(*TRIED_BY)))
    tried = {*progress.caught, *progress.survived}
    every = mutants()
    waiting, broken = [one for one in every if one.name not in tried], list[str]()
    for mutant in waiting[:most]:
        if time.monotonic() - began > LONGEST_SECONDS:
            break
        folder = SOAK / "walls"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            caught = is_caught(mutant, folder.resolve())
        except Failed as failure:
            broken.append(str(failure))
            continue
        (progress.caught if caught else progress.survived).append(mutant.name)
        store(path, progress)
        tell(f"{mutant.name}: {'caught' if caught else 'SURVIVED'}")
    faults = [f"nobody noticed: {name}" for name in progress.survived if name.rpartition(" ")[0] not in EQUIVALENT]
    left = len(every) - len(progress.caught) - len(progress.survived)
    figures = {"mutants": len(every), "caught": len(progress.caught), "survived": len(progress.survived)}
    return verdict("walls", figures, faults + broken, missing=f"{left} mutants are left" if left else "")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else None))
