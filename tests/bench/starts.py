"""How soon a process of the API answers, and how much memory it takes: `make bench BENCH=starts`.

Both sides are `tenderscore serve` on a migrated PostgreSQL, from the start of the process to its first answer
(GET /health/live); theirs has first imported every library that ours leaves until it is needed. Modules are compiled
beforehand on both sides. Memory is what stays resident two seconds after the first answer.
"""

import argparse
import asyncio
import contextlib
import http.client
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from service import db, serving
from tests.bench import load
from tests.bench.load import Invalid, say
from tests.bench.measure import Figure, report

EAGER = (
    "numpy",
    "weasyprint",
    "pikepdf",
    "jinja2",
    "pgqueuer.core.qm",
    "highspy",
    "obstore",
    "httpx",
    "cryptography.hazmat.primitives.hpke",
)
"""What the service imports on first use."""
UNNEEDED = ("numpy", "weasyprint", "libpango", "pikepdf", "pydantic", "highspy", "obstore", "cryptography")
"""What must not be mapped by a process that has only answered."""
MEGABYTES = 60.0
SETTLE_SECONDS = 2.0
PATIENCE_SECONDS = 60.0

OURS = "from service.__main__ import main; main()"
THEIRS = f"import {', '.join(EAGER)}; {OURS}"


NAMES = ("start.first_answer", "start.memory", "start.unneeded")


class Start(NamedTuple):
    """One start: seconds to the first answer, CPU seconds until then, megabytes resident, names of mapped files."""

    seconds: float
    cpu: float
    megabytes: float
    mapped: str


def start(code: str, environ: dict[str, str], port: int) -> Start:
    """Start a process, wait for its answer, look at it, end it."""
    command = [sys.executable, "-c", code, "serve", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=load.PROJECT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_answer(process, port)
        seconds, cpu = time.perf_counter() - began, load.cpu_seconds(process.pid)
        time.sleep(SETTLE_SECONDS)
        here = Path(f"/proc/{process.pid}")
        resident = next(line for line in (here / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return Start(seconds, cpu, int(resident.split()[1]) / 1024, (here / "maps").read_text())
    finally:
        process.terminate()
        process.wait()


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
            asking.request("GET", "/health/live")
            if asking.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.002)
    raise Invalid(f"The service did not answer; its exit code is {process.poll()}.")


def figures(rounds: int, only: str = "") -> Iterator[Figure]:
    """The start beside an eager one, and the memory beside what it may take; raises Invalid.

    Nothing is measured if no figure's name begins as `only`.
    """
    if not any(name.startswith(only) for name in NAMES):
        return
    with load.folder() as files, load.postgres(files) as postgres:
        asyncio.run(db.migrate(postgres.dsn))
        secret = files / "secret"
        secret.touch(0o600)
        secret.write_text(secrets.token_hex(32) + "\n")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TENDERSCORE_", "PYTHON"))}
        environ = kept | {
            "DATABASE_URL": postgres.dsn,
            "TENDERSCORE_SECRET_FILE": str(secret),
            "PYTHONPYCACHEPREFIX": str(files / "compiled"),
        }
        found: dict[str, list[Start]] = {"ours": [], "theirs": []}
        for turn in range(rounds + 1):
            for side in random.sample(list(found), len(found)):
                with serving.listen("127.0.0.1", 0) as sock:
                    port = sock.getsockname()[1]
                one = start(OURS if side == "ours" else THEIRS, environ, port)
                if turn:  # the first compiles
                    found[side].append(one)
        yield from _told(found["ours"], found["theirs"])


def _told(ours: list[Start], theirs: list[Start]) -> Iterator[Figure]:
    for name, starts in (("lazy", ours), ("eager", theirs)):
        seconds, cpu, memory = (median(values) for values in list(zip(*starts, strict=True))[:3])
        say(f"{name}: first answer after {seconds:.2f} s, {cpu:.2f} s of CPU, {memory:.1f} MB")
    ratio = median(there.seconds / here.seconds for here, there in zip(ours, theirs, strict=True))
    seconds = [median(one.seconds for one in starts) for starts in (ours, theirs)]
    yield Figure("start.first_answer", ratio, 1 / 0.6, "all imported eagerly", *seconds, len(ours), "")
    memory = median(one.megabytes for one in ours)
    yield Figure("start.memory", MEGABYTES / memory, 1, f"{MEGABYTES:.0f} MB", memory, MEGABYTES, len(ours), "")
    unneeded = [name for name in UNNEEDED if any(name in one.mapped for one in ours)]
    say(f"loaded without need: {', '.join(unneeded) or 'nothing'}")
    yield Figure(
        "start.unneeded", float(not unneeded), 1, "nothing loaded without need", len(unneeded), 0, len(ours), ""
    )


def main() -> int:
    """Print every figure; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="tests.bench.starts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    try:
        return report(figures(parser.parse_args().rounds))
    except Invalid as invalid:
        say(f"NOT MEASURED. {invalid}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
