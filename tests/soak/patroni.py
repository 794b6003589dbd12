"""Three PostgreSQL nodes under Patroni on loopback, as an unprivileged account, for the campaign of failovers.

Patroni comes from PyPI into a virtual environment of the campaign's own; its members agree by their own raft instead of
an etcd, which Patroni keeps for tests only. PostgreSQL's programs are those of the embedded server.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import asyncpg

from service.local_postgres import account, find_binaries
from service.postmaster import running
from tests.soak.harness import Failed, descendants, free_port, kill_all, until

PACKAGES = ("patroni[raft]==4.1.*", "psycopg[binary]==3.3.*")
PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
"""Of these the first that the account may run and that has venv; our own may lie in a folder closed to it."""

TTL, LOOP, RETRY = 20, 5, 5
"""Patroni's seconds: the least it takes."""

CONFIG = """
scope: soak
name: {name}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
raft: {{data_dir: "{place}/raft-{name}", self_addr: "127.0.0.1:{raft}", partner_addrs: {partners}}}
bootstrap:
  dcs:
    ttl: {ttl}
    loop_wait: {loop}
    retry_timeout: {retry}
    maximum_lag_on_failover: 1048576
    synchronous_mode: {synchronous}
    synchronous_mode_strict: {synchronous}
    postgresql:
      use_pg_rewind: true
      parameters: {{max_connections: 100, shared_buffers: 32MB, wal_level: replica, hot_standby: "on",
        max_wal_senders: 8, wal_keep_size: 256MB, synchronous_commit: "on", wal_log_hints: "on"}}
  initdb: [encoding: UTF8, data-checksums, locale: C.UTF-8]
postgresql:
  listen: 127.0.0.1:{port}
  connect_address: 127.0.0.1:{port}
  data_dir: {place}/data-{name}
  bin_dir: {binaries}
  pgpass: {place}/pgpass-{name}
  authentication:
    superuser: {{username: postgres, password: su}}
    replication: {{username: repl, password: rp}}
    rewind: {{username: rewinder, password: rw}}
  parameters: {{unix_socket_directories: "{place}/sock-{name}"}}
  pg_hba:
    - local all all trust
    - host replication repl 127.0.0.1/32 scram-sha-256
    - host all all 127.0.0.1/32 scram-sha-256
watchdog: {{mode: "off"}}
"""


class Missing(Failed):
    """What the campaign needs is not to be had on this machine."""


def environment(place: Path) -> dict[str, Any]:
    """How a program is started as the account: its ids, few variables, a folder that it may be in."""
    how: dict[str, Any] = {
        "cwd": place,
        "env": {"HOME": str(place), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        "stdin": subprocess.DEVNULL,
    }
    if (runner := account()) is not None:
        how |= {"user": runner.pw_uid, "group": runner.pw_gid, "extra_groups": []}
    return how


def can_run(program: str | Path, place: Path, *arguments: str) -> bool:
    """Whether the account can run the program."""
    try:
        return (
            subprocess.run([program, *arguments], capture_output=True, check=False, **environment(place)).returncode
            == 0
        )
    except OSError:
        return False


def install(place: Path) -> Path:
    """Patroni in a virtual environment in the folder; its program. Raises Missing where it cannot be had."""
    python = next((one for one in PYTHONS if can_run(one, place, "-c", "import venv, ensurepip")), None)
    if python is None:
        raise Missing(f"none of {', '.join(PYTHONS)} has venv: apt-get install python3-venv")
    program = place / "venv" / "bin" / "patroni"
    pip = [place / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in ([python, "-m", "venv", place / "venv"], [*pip, *PACKAGES]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"Patroni cannot be installed: {done.stderr.strip()[-300:]}")
    return program


def programs(place: Path) -> Path:
    """The folder of PostgreSQL's programs, copied once if the account cannot reach them."""
    found = find_binaries()
    if can_run(found / "postgres", place, "--version"):
        return found
    package = found.parent.parent
    shutil.copytree(package, place / package.name, symlinks=True)
    if (libraries := package.parent / f"{package.name}.libs").is_dir():
        shutil.copytree(libraries, place / libraries.name, symlinks=True)
    return place / package.name / found.relative_to(package)


class Node:
    """One member: its Patroni, its PostgreSQL."""

    def __init__(self, cluster: "Cluster", name: str) -> None:
        self.cluster = cluster
        self.name = name
        self.rest, self.raft, self.port = free_port(), free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.cluster.place / f"data-{self.name}"

    def start(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        place = self.cluster.place
        with (place / f"{self.name}.log").open("ab") as log:
            command = [self.cluster.patroni, place / f"{self.name}.yml"]
            how = environment(place)
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **how)

    def postgres(self) -> list[int]:
        """The postmaster and its children."""
        pid = running(self.data)
        return [] if pid is None else [pid, *descendants(pid)]

    def everything(self) -> list[int]:
        """Patroni, PostgreSQL and their children."""
        own = [] if self.process is None or self.process.poll() is not None else [self.process.pid]
        return [*own, *(below for pid in own for below in descendants(pid)), *self.postgres()]

    def kill(self) -> None:
        """kill -9 of the whole node."""
        pids = self.everything()
        kill_all(pids, signal.SIGSTOP)
        kill_all([*self.everything(), *pids])
        if self.process is not None:
            self.process.wait()

    def receivers(self) -> list[int]:
        """The processes that receive the leader's log."""
        found: list[int] = []
        for pid in self.postgres():
            with contextlib.suppress(OSError):
                if b"walreceiver" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found


class Cluster:
    """Three nodes; `dsn` names them all."""

    def __init__(self, place: Path, patroni: Path, *, synchronous: bool) -> None:
        self.place = place
        self.patroni = patroni
        self.synchronous = synchronous
        self.nodes = [Node(self, f"n{number}") for number in (1, 2, 3)]

    @property
    def dsn(self) -> str:
        """The address of the product's database on whichever node leads."""
        places = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://app:app@{places}/app"

    async def start(self) -> None:
        """Write the configurations, start all, wait until they agree, make the database."""
        binaries = programs(self.place)
        for node in self.nodes:
            partners = json.dumps([f"127.0.0.1:{other.raft}" for other in self.nodes if other is not node])
            text = CONFIG.format(
                name=node.name,
                rest=node.rest,
                raft=node.raft,
                port=node.port,
                partners=partners,
                place=self.place,
                binaries=binaries,
                ttl=TTL,
                loop=LOOP,
                retry=RETRY,
                synchronous=str(self.synchronous).lower(),
            )
            (self.place / f"{node.name}.yml").write_text(text)
            for folder in (f"raft-{node.name}", f"sock-{node.name}"):
                (self.place / folder).mkdir()
        if (runner := account()) is not None:
            for path in (self.place, *self.place.glob("*.yml"), *self.place.glob("raft-*"), *self.place.glob("sock-*")):
                os.chown(path, runner.pw_uid, runner.pw_gid)
        for node in self.nodes:
            node.start()
        await self.heal(180)
        leader = await self.leader()
        conn = await asyncpg.connect(f"postgresql://postgres:su@127.0.0.1:{leader.port}/postgres")
        await conn.execute("CREATE ROLE app LOGIN SUPERUSER PASSWORD 'app'")
        await conn.execute("CREATE DATABASE app OWNER app")
        await conn.close()
        await self.everywhere()

    async def everywhere(self) -> None:
        """Wait until every node has the database: asyncpg gives up at a host that answers that there is none."""

        async def known() -> bool:
            try:
                for node in self.nodes:
                    conn = await asyncpg.connect(f"postgresql://app:app@127.0.0.1:{node.port}/app", timeout=5)
                    await conn.close()
            except (OSError, asyncpg.PostgresError):
                return False
            return True

        await until(known, 60, "the database on every node", pause=0.5)

    def stop(self) -> None:
        """End everything at once."""
        for node in self.nodes:
            with contextlib.suppress(OSError):
                kill_all(node.everything(), signal.SIGCONT)
                node.kill()

    async def members(self) -> list[dict[str, Any]]:
        """What the members say of each other, by the first that answers."""
        for node in self.nodes:
            with contextlib.suppress(OSError, ValueError):
                text = await asyncio.to_thread(_get, f"http://127.0.0.1:{node.rest}/cluster")
                return list(json.loads(text)["members"])
        return []

    async def leader(self) -> Node:
        """The node that leads now. Raises Failed where none does."""
        for member in await self.members():
            if member["role"] == "leader":
                return next(node for node in self.nodes if node.name == member["name"])
        raise Failed("no node leads")

    async def heal(self, seconds: float = 300) -> float:
        """Start what does not run, wait until there are a leader and two standbys that follow; seconds it took."""
        for node in self.nodes:
            if node.process is not None and node.process.poll() is not None:
                node.start()

        async def whole() -> bool:
            members = await self.members()
            roles = sorted(member["role"] for member in members)
            states = {member["state"] for member in members}
            synchronous = "sync_standby" in roles or not self.synchronous
            return len(roles) == 3 and roles.count("leader") == 1 and states <= {"running", "streaming"} and synchronous

        return await until(whole, seconds, "the cluster", pause=0.5)

    async def switch_over(self) -> None:
        """Ask the leader to hand over to its synchronous standby."""
        leader = await self.leader()
        body = json.dumps({"leader": leader.name}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{leader.rest}/switchover", body, method="POST")
        with contextlib.suppress(urllib.error.URLError):
            await asyncio.to_thread(urllib.request.urlopen, request, None, 60)


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=3) as answer:
        return answer.read().decode()
