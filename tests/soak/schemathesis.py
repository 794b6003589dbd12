"""Schemathesis asks what the OpenAPI document allows and forbids, and holds the answers to the same document.

No server error, no status and no media type that is not described, no body that does not fit its description; by an
author, an approver and a supplier, each with tenders of every stage. In short it is a part of `make test`; `make soak
SOAK=schemathesis N=500` makes 500 cases an operation, the stateful ones included.
"""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.make_worlds import make_worlds
from tests.service.conftest import Market, Person
from tests.soak.harness import verdict
from tests.soak.stored import a_market

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
ASKERS = ("author", "approver", "bidder")


class Found(NamedTuple):
    """How many cases were made, and what did not fit: operation, check and words."""

    cases: int
    failures: Counter[str]


async def ask(market: Market, person: Person, cases: int, phases: str, *more: str) -> Found:
    """Let Schemathesis loose in the name of a person, with so many cases an operation; `more` are its own options."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "events.ndjson"
        command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{market.url}/docs/openapi.json"]
        command += ["--header", f"Authorization:Bearer {person.key}", "--max-examples", str(cases), "--phases", phases]
        command += ["--checks", ",".join(CHECKS), "--continue-on-failure", "--no-shrink", "--seed", "1", "--no-color"]
        command += ["--suppress-health-check", "all", "--warnings", "off", "--report-ndjson-path", str(report), *more]
        ran = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await ran.communicate()
        if ran.returncode not in {0, 1} or not report.exists():
            raise RuntimeError(output.decode()[-3000:])
        return read(report)


def read(report: Path) -> Found:
    """What the run's events tell."""
    made, failures = 0, Counter[str]()
    for line in report.read_text("utf-8").splitlines():
        event: dict[str, Any] = json.loads(line)
        for scenario in (event.get("ScenarioFinished") or {}).get("recorder", {}).get("checks", {}).values():
            made += 1
            for check in scenario:
                if check.get("status") == "failure":
                    label = event["ScenarioFinished"]["recorder"]["label"]
                    failures[f"{label}: {check['name']}: {told(check)}"] += 1
    return Found(made, failures)


def told(check: dict[str, Any]) -> str:
    """A failure in few words."""
    failure = (check.get("failure_info") or {}).get("failure") or {}
    return f"{failure.get('title', '')} {failure.get('message', '')}"[:300].replace("\n", " ")


async def run(cases: int) -> int:
    """All phases, by everybody."""
    faults: list[str] = []
    made = 0
    async with a_market() as market:
        worlds = await make_worlds(market)
        for who in ASKERS:
            found = await ask(market, worlds.people[who], cases, "examples,coverage,fuzzing,stateful")
            made += found.cases
            faults += [f"{who}: {what} ({number} times)" for what, number in found.failures.most_common()]
    return verdict("schemathesis", {"cases": made, "failures": len(faults)}, faults)


if __name__ == "__main__":
    sys.exit(asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 500)))
