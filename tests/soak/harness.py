"""What the campaigns share: the product as real processes, progress that survives, one verdict at the end.

Nothing of the service runs in the campaign's own process: `serve`, `worker` and their PostgreSQL are started as an
operator starts them, on a folder under .soak/, and are killed, starved and asked from outside.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import uuid4

import asyncpg
import msgspec

from service.leader import Leader
from service.local_postgres import LocalPostgres, erase
from service.postmaster import running

PROJECT = Path(__file__).parent.parent.parent
SOAK = Path(".soak")
LONGEST_SECONDS = 55 * 60
START_SECONDS = 120.0
"""A machine that is shared may take its time to start a program; how long readiness takes is measured apart."""

P = TypeVar("P", bound=msgspec.Struct)


class Failed(Exception):
    """The campaign itself cannot go on: not a finding about the service, and no verdict."""


# Progress and verdict


def code_digest(*also: Path) -> str:
    """SHA-256 over the service, its queries and migrations, and the campaigns: what a figure was measured on."""
    patterns = ("service/**/*.py", "service/**/*.sql", "migrations/*.sql", "tests/soak/*.py")
    files = [*also, *(path for pattern in patterns for path in PROJECT.glob(pattern))]
    return hashlib.sha256(
        b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in sorted(files))
    ).hexdigest()


def load(path: Path, fresh: P) -> P:
    """The progress made with the present code, or the fresh one. Its struct has a field `code`."""
    if not path.exists():
        return fresh
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=type(fresh))
    except msgspec.DecodeError:
        return fresh
    return stored if getattr(stored, "code", None) == getattr(fresh, "code", None) else fresh


def store(path: Path, progress: msgspec.Struct) -> None:
    """Replace the file in one step, so that a killed run leaves the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(msgspec.json.encode(progress))
    draft.replace(path)


def tell(line: str, *, end: bool = False) -> None:
    """One line of progress on stderr; on a terminal it replaces the one before."""
    if sys.stderr.isatty():
        print(f"\r{line:<110}", end="\n" if end else "", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def verdict(name: str, figures: Mapping[str, Any], faults: list[str], *, missing: str = "") -> int:
    """The figures as one JSON line on stdout, the verdict in a sentence on stderr, and the exit code.

    missing: what is still to be done, where the hour was up; such a campaign is neither passed nor failed (2).
    """
    outcome = "failed" if faults else "unfinished" if missing else "passed"
    print(json.dumps({"soak": name, "verdict": outcome, **figures}, default=str), flush=True)
    for fault in faults:
        print(f"{name}: {fault}", file=sys.stderr)
    if missing and not faults:
        print(f"{name}: {missing}; run again to go on.", file=sys.stderr)
    print(f"{name}: {outcome}", file=sys.stderr)
    return {"failed": 1, "unfinished": 2, "passed": 0}[outcome]


async def until(happened: Callable[[], Awaitable[bool]], seconds: float, what: str, *, pause: float = 0.05) -> float:
    """Wait until that is so; the seconds it took. Raises Failed when it takes longer."""
    began = time.monotonic()
    while not await happened():
        if time.monotonic() - began > seconds:
            raise Failed(f"{what} took more than {seconds:.0f} s")
        await asyncio.sleep(pause)
    return time.monotonic() - began


# Processes


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def descendants(pid: int) -> list[int]:
    """Every process below that one, nearest first."""
    found: list[int] = []
    todo = [pid]
    while todo:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{todo[0]}/task/{todo[0]}/children").read_text().split()
            found += map(int, children)
            todo += map(int, children)
        todo.pop(0)
    return found


def kill_all(pids: list[int], order: signal.Signals = signal.SIGKILL) -> None:
    """Send the signal to each; who is gone already is passed over."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, order)


class Program:
    """One `python -m service …` in a process of its own, its standard error in a file."""

    def __init__(self, log: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        self.arguments = arguments
        self.environment = dict(environment or {})
        self.code = PROJECT
        """The folder of the program's own files, which may be of another version."""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self, *, before: tuple[str, ...] = ()) -> None:
        """Start it, without waiting for anything; `before` is a command to run it under, such as faketime."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TENDERSCORE_")}
        environment.pop("DATABASE_URL", None)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "service", *self.arguments],
                cwd=self.code,
                env=environment | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def end(self, order: signal.Signals = signal.SIGTERM, seconds: float = 60) -> int:
        """Send the signal and wait for the end; who does not end in time is killed. Returns the exit code."""
        if self.process is None:
            return 0
        if self.runs:
            self.process.send_signal(order)
        try:
            return await asyncio.to_thread(self.process.wait, seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return await asyncio.to_thread(self.process.wait)

    def said(self) -> str:
        """The end of what it has written."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


class Stand:
    """The product as it ships, on a folder of its own: `serve` with its embedded PostgreSQL, and a worker beside it.

    The port stays the same over restarts. With `database_url` nothing embedded is used.
    data: the data folder, where that is not in the stand's own.
    settings: further variables, without their prefix: `database_connections="20"`.
    """

    def __init__(
        self, place: Path, *, data: Path | None = None, database_url: str | None = None, **settings: str
    ) -> None:
        self.place = place.absolute()
        self.place.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url
        given = {"report_workers": "0", "log_level": "warning"} | settings
        self.environment = {f"TENDERSCORE_{name.upper()}": value for name, value in given.items()}
        if database_url is not None:
            self.environment["DATABASE_URL"] = database_url
        self.data = data or self.place / "data"
        self.serve = self.program("serve", "--port", str(self.port), "--data", str(self.data))
        self.worker = self.program("worker", "--data", str(self.data))

    @classmethod
    def under(cls, name: str, **settings: Any) -> "Stand":
        """A stand in a new folder under .soak/."""
        return cls(SOAK / f"{name}-{uuid4().hex[:8]}", **settings)

    def program(self, *arguments: str) -> Program:
        """A further program on the same database, such as a second `serve`."""
        return Program(self.place / f"{arguments[0]}.log", *arguments, environment=self.environment)

    @property
    def dsn(self) -> str:
        """The database's address, for its owner."""
        if self.database_url is not None:
            return self.database_url
        server = LocalPostgres(self.data)
        server.place = (self.data / "postgres").resolve()
        return server.dsn

    @property
    def operator_key(self) -> str:
        """The first key, which may do everything."""
        return (self.data / "first-key").read_text().strip()

    async def start(self, *, worker: bool = False) -> None:
        """Start `serve`, wait until it is ready, then the worker."""
        self.serve.start()
        await self.until_ready(START_SECONDS)
        if worker:
            self.worker.start()

    async def ready(self) -> bool:
        """Whether GET /health/ready says so now, within two seconds."""
        return await asyncio.to_thread(self._ready)

    def _ready(self) -> bool:
        request = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as sock:
                sock.sendall(request)
                return sock.recv(12).endswith(b" 200")
        except OSError:
            return False

    async def until_ready(self, seconds: float) -> float:
        """Wait until it is ready; the seconds it took. Raises Failed when it takes longer, or when it has ended."""

        async def ready() -> bool:
            if not self.serve.runs:
                raise Failed("serve has ended")
            return await self.ready()

        try:
            return await until(ready, seconds, "readiness")
        except Failed as failure:
            raise Failed(f"{failure}; serve said: {self.serve.said()}") from None

    def postmaster(self) -> int | None:
        """The process of the embedded server, or None while there is none."""
        return running((self.data / "postgres").resolve() / "data")

    def kill_postgres(self) -> None:
        """kill -9 of the postmaster and of every child it has at this moment."""
        if (pid := self.postmaster()) is not None:
            os.kill(pid, signal.SIGSTOP)  # or it would see its children die and start others
            kill_all([*descendants(pid), pid])

    def kill_everything(self) -> None:
        """kill -9 of it all at once, as when the machine is lost."""
        programs = [program.process for program in (self.serve, self.worker) if program.process is not None]
        pids = [process.pid for process in programs if process.poll() is None]
        kill_all(pids, signal.SIGSTOP)  # or serve would start another PostgreSQL
        self.kill_postgres()
        kill_all([below for pid in pids for below in descendants(pid)] + pids)

    async def connect(self, seconds: float = START_SECONDS) -> asyncpg.Connection:
        """A connection as the owner of the tables; tried until the server takes one."""
        found: list[asyncpg.Connection] = []

        async def opened() -> bool:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                found.append(await Leader(self.dsn).connect(statement_cache_size=0))
            return bool(found)

        await until(opened, seconds, "a connection to PostgreSQL", pause=0.2)
        return found[0]

    async def end(self, *, keep: bool = False) -> None:
        """Stop everything and remove the folder."""
        await self.worker.end()
        await self.serve.end()
        if not keep:
            erase(self.data)
            shutil.rmtree(self.place, ignore_errors=True)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.end(keep=True)
            raise
        return self

    async def __aexit__(self, *failed: object) -> None:
        await self.end(keep=failed[0] is not None)
