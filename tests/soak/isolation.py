"""The tests of isolation in every world: `make test` asks colleagues who hold no fitting role in one world each.

`make soak SOAK=isolation` asks each of the fourteen people for each operation in all of them; it takes some minutes.
Its control is the run of mutants (`make soak SOAK=walls`), which takes the walls away one by one.
"""

import os
import re
import subprocess
import sys

from tests.soak.harness import PROJECT, verdict

COMMAND = (
    sys.executable,
    "-m",
    "pytest",
    "-n",
    "2",
    "-q",
    "tests/service/test_isolation.py",
    "tests/service/test_walls.py",
)


def main() -> int:
    """Run them, and say how many there were and which failed."""
    environment = os.environ | {"TENDERSCORE_TEST_EVERYWHERE": "1"}
    ran = subprocess.run(COMMAND, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    failed = re.findall(r"^(?:FAILED|ERROR) (.*)", ran.stdout, re.MULTILINE)
    passed = re.search(r"(\d+) passed", ran.stdout)
    if ran.returncode not in {0, 1} or passed is None:
        print(ran.stdout[-3000:], ran.stderr[-3000:], file=sys.stderr)
        return 3
    return verdict("isolation", {"passed": int(passed[1]), "failed": len(failed)}, failed)


if __name__ == "__main__":
    sys.exit(main())
