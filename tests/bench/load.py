"""Load on a running service and on PostgreSQL: servers as shipped, wrk, pgbench, and the CPU that each side took.

Generators are processes of their own. They share the machine's cores with what they measure, on both sides alike.
"""

import asyncio
import contextlib
import json
import math
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from service import db, local_postgres
from service.local_postgres import LocalPostgres, erase, version_of
from service.postmaster import running

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
CONNECTIONS = 200
"""PostgreSQL's max_connections: pgbench opens 128, and the shipped 60 are for a service that shares them."""

CONNECT_SECONDS = 0.02
"""What one of pgbench's connections may take to open on a busy machine; see _trust."""

DISTURBED = 0.15
"""Cores that may work for somebody else during a run that counts as undisturbed."""
TRIES = 3
"""How often a run is made at most until it counts."""


class Run(NamedTuple):
    """One side under load for some seconds; `wrong` is why it does not count, empty when it does."""

    done: int
    seconds: float
    p50_ms: float
    p99_ms: float
    wrong: str = ""
    cpu: Mapping[str, float] = {}
    others: float = 0.0
    """Cores that worked for somebody else meanwhile."""

    @property
    def per_second(self) -> float:
        return self.done / self.seconds

    def micros(self, who: str) -> float:
        """CPU of one watched process tree for each thing done, in microseconds."""
        return self.cpu.get(who, 0.0) * 1e6 / max(self.done, 1)


class Invalid(Exception):
    """A run that measured something else than it says; no figure may be made of it."""


def say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


# Servers


@contextlib.contextmanager
def folder() -> Generator[Path]:
    """A folder for one benchmark's files, short enough for sockets, passable for PostgreSQL's account."""
    path = Path(tempfile.gettempdir()) / f"ts-bench-{uuid4().hex[:6]}"
    path.mkdir(mode=0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def postgres(root: Path) -> Generator[LocalPostgres]:
    """PostgreSQL as shipped, durable, by our own launcher; removed at the end. Raises Invalid if it is not durable."""
    # The launcher has no argument for this: nobody but a benchmark wants a connection for each bidder.
    local_postgres.SERVER_SETTINGS["max_connections"] = str(CONNECTIONS)
    server = LocalPostgres(root / "server")
    try:
        with server:
            _check_durable(server)
            _trust(server)
            yield server
    finally:
        shutil.rmtree(server.sockets, ignore_errors=True)
        erase(server.root)


async def _settings(dsn: str, *names: str) -> dict[str, str]:
    conn = await db.connect(dsn)
    try:
        return {name: await conn.fetchval("SELECT current_setting($1)", name) for name in names}
    finally:
        await conn.close()


def _check_durable(server: LocalPostgres) -> None:
    durable = asyncio.run(_settings(server.dsn, "fsync", "synchronous_commit", "full_page_writes"))
    if set(durable.values()) != {"on"}:
        raise Invalid(f"PostgreSQL must be durable, and it says {durable}.")
    found = durable | asyncio.run(_settings(server.dsn, "max_connections", "shared_buffers"))
    settings = ", ".join(f"{name}={value}" for name, value in found.items())
    ask = ["stat", "-f", "-c", "%T", str(server.data)]
    kind = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    say(f"PostgreSQL {version_of(server.binaries)}, {settings}, on {kind}, {os.cpu_count()} cores")


def _trust(server: LocalPostgres) -> None:
    """Ask nobody for a password who reaches the socket: pgbench's 128 would take seconds of CPU before each run."""
    (server.data / "pg_hba.conf").write_text("local all all trust\n")
    os.kill(postmaster(server), signal.SIGHUP)


class Server(NamedTuple):
    """A running HTTP server: its address, its process, its log."""

    url: str
    pid: int
    log: Path


@contextlib.contextmanager
def serving(command: Sequence[str], log: Path, **environ: str) -> Generator[Server]:
    """A server in a process of its own that prints `listening on URL` once it listens; stopped at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TENDERSCORE_", "DATABASE_"))}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=kept | environ, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            if line.startswith("listening on "):
                url = line.split()[-1]
                break
        if not url:
            raise Invalid(f"{' '.join(command)} did not start: {log.read_text()[-2000:]}")
        yield Server(url, process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def service(dsn: str, files: Path, **environ: str) -> Generator[Server]:
    """`tenderscore serve` with the settings as shipped, on this database; its secrets and its log go to `files`."""
    secret = files / "secret"
    secret.touch(0o600)
    secret.write_text(secrets.token_hex(32) + "\n")
    settings = {"DATABASE_URL": dsn, "TENDERSCORE_SECRET_FILE": str(secret)} | environ
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    with serving(command, files / "service.log", **settings) as server:
        yield server


# CPU


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its living descendants, and those that they have reaped."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            one = int(stat.parent.name)
            parents[one], ticks[one] = int(fields[1]), sum(int(field) for field in fields[11:15])
    tree = {pid}
    while grown := {one for one, parent in parents.items() if parent in tree and one not in tree}:
        tree |= grown
    return sum(ticks.get(one, 0) for one in tree) / os.sysconf("SC_CLK_TCK")


def postmaster(server: LocalPostgres) -> int:
    """The process whose tree is PostgreSQL."""
    pid = running(server.data)
    if pid is None:
        raise Invalid("PostgreSQL is not running.")
    return pid


def busy_seconds() -> float:
    """What all of the machine's cores have worked so far."""
    user, nice, system, _, _, *interrupts = (int(field) for field in Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + sum(interrupts[:2])) / os.sysconf("SC_CLK_TCK")


def watched(processes: Mapping[str, int], run: Callable[[], Run]) -> Run:
    """The run with the CPU seconds that each process tree took, and with what others on the machine took meanwhile."""
    before = {name: cpu_seconds(pid) for name, pid in processes.items()}
    others = Others()
    done = run()
    cpu = {name: cpu_seconds(pid) - before[name] for name, pid in processes.items()}
    return done._replace(cpu=cpu, others=others.cores())


class Others:
    """How much of the machine works for others than this benchmark and its children, since this was made."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._foreign = busy_seconds() - cpu_seconds(os.getpid())

    def cores(self) -> float:
        """Their CPU seconds a second."""
        foreign = busy_seconds() - cpu_seconds(os.getpid()) - self._foreign
        return max(0.0, foreign / (time.monotonic() - self._since))


# HTTP


def write_records(path: Path, records: Iterable[bytes]) -> Path:
    """A file of byte strings, each behind its length in decimal and a line end."""
    with path.open("wb") as file:
        for record in records:
            file.write(b"%d\n%b" % (len(record), record))
    return path


def http_head(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The head of a request, up to and with the empty line."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Requests(NamedTuple):
    """Requests in the order in which they are sent: head number n with body number n, the bodies taken in turn.

    cycle: send them again and again; else running out of heads makes the run invalid.
    start: the first head to be sent; those before it come behind the last.
    """

    heads: Path
    bodies: Path
    cycle: bool = False
    start: int = 0


def http_load(url: str, requests: Requests, connections: int, seconds: float) -> Run:
    """Send requests over so many connections for so long, by wrk or, where it is missing, by our own generator."""
    wrk = shutil.which("wrk")
    mode = "cycle" if requests.cycle else "once"
    given = [str(requests.heads), str(requests.bodies), mode, str(requests.start)]
    if wrk:
        command = [wrk, "-t", "1", "-c", str(connections), "-d", f"{seconds:g}s", "--timeout", "30s"]
        command += ["-s", str(HERE / "requests.lua"), url, "--", *given]
    else:
        command = [sys.executable, "-m", "tests.bench.generator", url, str(connections), f"{seconds:g}", *given]
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    lines = [line for line in said.stdout.splitlines() if line.startswith("{")]
    if said.returncode != 0 or not lines:
        raise Invalid(f"the load generator failed: {said.stdout[-1000:]} {said.stderr[-1000:]}")
    answer = json.loads(lines[-1])
    counts = {micros: count for micros, count in answer["latencies"] if count}
    if wrk:
        counts = as_measured(counts, connections, answer["requests"], answer["us"])
    return _run_of(answer, counts)


def as_measured(counts: Mapping[int, int], connections: int, requests: int, micros: int) -> dict[int, int]:
    """The latencies that wrk measured, by microseconds, without those that it adds on its own.

    For each answer that took more than twice the mean, wrk adds the shorter ones that it would have got had it gone on
    sending meanwhile (its stats_correct). pgbench adds none, and the two are to be compared.
    """
    found = dict(counts)
    if requests < connections:
        return found
    interval = micros // (requests // connections)
    for value in sorted(counts, reverse=True):
        if value < 2 * interval:
            break
        for added in range(value - interval, interval, -interval):
            found[added] = found.get(added, 0) - found[value]
    if sum(found.values()) != requests:
        raise Invalid(f"wrk tells {sum(found.values())} latencies of {requests} requests.")
    return {value: count for value, count in found.items() if count}


def _run_of(said: Mapping[str, Any], counts: Mapping[int, int]) -> Run:
    ordered = sorted(counts)
    running_total = list(accumulate(counts[value] for value in ordered))

    def percent(share: float) -> float:
        return ordered[bisect_left(running_total, share / 100 * running_total[-1])] / 1e3 if ordered else 0.0

    wrong = [f"{said[name]} {name}" for name in ("status", "connect", "read", "write", "timeout") if said[name]]
    if said["exhausted"]:
        wrong.append("ran out of requests")
    return Run(said["requests"], said["us"] / 1e6, percent(50), percent(99), ", ".join(wrong))


def say_generator() -> None:
    """Name the load generator, once a benchmark."""
    if shutil.which("wrk"):
        say("load by wrk, 1 thread")
    else:
        say("wrk is not installed: load by our own generator, which takes more CPU; ratios will be lower")


# pgbench


def pgbench(
    server: LocalPostgres,
    script: Path,
    clients: int,
    seconds: float,
    *,
    role: str = db.APP_ROLE,
    variables: Mapping[str, str | int] | None = None,
) -> Run:
    """Let so many clients run the script as prepared statements for so long, acting as the role.

    A script may count: `\\set i :i + 1` keeps its value from one transaction of a client to the next.
    """
    with folder() as logs:
        command = [str(server.binaries / "pgbench"), "-n", "-M", "prepared", "-f", str(script)]
        # The time for connecting counts in -T, though not in the rate.
        command += ["-c", str(clients), "-j", "1", "-T", str(math.ceil(seconds + clients * CONNECT_SECONDS))]
        command += ["-l", "--log-prefix", str(logs / "log")]
        for name, value in ({"clients": clients} | dict(variables or {})).items():
            command += ["-D", f"{name}={value}"]
        said = subprocess.run(
            command, env=_libpq(server.dsn, role), capture_output=True, text=True, check=False, cwd=logs
        )
        latencies = sorted(
            int(line.split(" ", 3)[2]) for log in logs.glob("log*") for line in log.read_text().splitlines()
        )
    rate = re.search(r"^tps = ([\d.]+)", said.stdout, re.MULTILINE)
    failed = re.search(r"^number of failed transactions: (\d+)", said.stdout, re.MULTILINE)
    if said.returncode != 0 or rate is None or not latencies:
        raise Invalid(f"pgbench failed: {said.stdout[-1000:]} {said.stderr[-1000:]}")
    wrong = f"{failed[1]} transactions failed" if failed is None or int(failed[1]) else ""
    return Run(
        len(latencies),
        len(latencies) / float(rate[1]),
        percentile(latencies, 50) / 1e3,
        percentile(latencies, 99) / 1e3,
        wrong,
    )


def _libpq(dsn: str, role: str) -> dict[str, str]:
    """The environment by which pgbench finds the database."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    return {
        "PATH": os.environ["PATH"],
        "PGHOST": query["host"][0],
        "PGPORT": query["port"][0],
        "PGUSER": parts.username or "",
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
        "PGOPTIONS": f"-c role={role}",
    }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value that so many percent of an ordered list do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


# Rounds


def rounds(number: int, sides: Mapping[str, Callable[[], Run]], *, patience: float = 0) -> dict[str, list[Run]]:
    """Every side once a round, in a new random order each round. Raises Invalid when a side has no run that counts.

    patience: seconds for which others on the machine are waited for in all, and disturbed runs made again: many
    processes get more of a busy machine than one, so that a ratio says something else there.
    """
    found: dict[str, list[Run]] = {name: [] for name in sides}
    for turn in range(number):
        started = time.monotonic()
        for name in random.sample(list(sides), len(sides)):
            while True:
                waited = _wait_for_quiet(patience)
                began = time.monotonic()
                run = _counting(name, sides[name])
                patience -= waited
                if run.others <= DISTURBED or patience <= 0:
                    break
                patience -= time.monotonic() - began
                say(f"made again: {name}, {run.others:.1f} cores worked for others")
            found[name].append(run)
        say(f"round {turn + 1} of {number}: {time.monotonic() - started:.0f} s")
    return found


def _wait_for_quiet(patience: float) -> float:
    """Wait until others leave the machine alone for a moment; returns for how long, at most `patience` seconds."""
    started = time.monotonic()
    while (waited := time.monotonic() - started) < patience:
        others = Others()
        time.sleep(0.3)
        if others.cores() <= DISTURBED:
            break
    return waited


def _counting(name: str, side: Callable[[], Run]) -> Run:
    """A run that counts; one that does not is told and repeated."""
    for _ in range(TRIES):
        try:
            run = side()
            if not run.wrong:
                return run
            wrong = run.wrong
        except Invalid as invalid:
            wrong = str(invalid)
        say(f"INVALID RUN of {name}: {wrong}")
    raise Invalid(f"{name}: {TRIES} runs in a row do not count.")


def middle(runs: Iterable[Run], of: Callable[[Run], float]) -> float:
    """The median over the rounds."""
    return median(of(run) for run in runs)
