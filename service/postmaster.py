"""PostgreSQL's server process as the system sees it: does it run, is it dead, how is it stopped.

Nothing here trusts a process number alone: numbers are used again, and a dead process may keep its own.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1

ORPHAN_SECONDS = 10.0
STUCK_SECONDS = 5.0
"""How long the backends of a killed server may need to notice and leave."""


class PostgresError(Exception):
    """The embedded PostgreSQL cannot run here; the text says why and what would help."""


def die_with_parent(order: signal.Signals) -> Callable[[], None]:
    """For the child, before it becomes PostgreSQL's program: the signal it gets once we are gone, however we end."""
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, order)
        if os.getppid() != parent:  # we died between fork and prctl
            os._exit(1)

    return arrange


def running(data: Path) -> int | None:
    """The process that serves the data directory, or None; a zombie does not serve."""
    try:
        pid = int((data / "postmaster.pid").read_text().partition("\n")[0])
        program = Path(f"/proc/{pid}/exe").readlink()
    except (OSError, ValueError):
        return None
    return pid if "postgres" in program.name else None


def stop(pid: int, poll: Callable[[], int | None], *, patience: float = 30.0) -> None:
    """Fast shutdown; immediate shutdown (recovery at the next start) if that takes longer than `patience` seconds."""
    if poll() is not None:
        return
    for order, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, order)
        if _wait_for(lambda: poll() is not None, seconds):
            return
    raise PostgresError(f"PostgreSQL (process {pid}) does not stop.")


def _wait_for(happened: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def bury(data: Path, *, orphan_seconds: float = ORPHAN_SECONDS) -> None:
    """Remove the pid file of a killed server that nobody has reaped.

    In a container whose first process does not reap, the process number stays taken and PostgreSQL refuses to start for
    ever: `lock file "postmaster.pid" already exists`. The file is PostgreSQL's guard against backends of the killed
    server that still run, so we look for those ourselves.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return
    if not _is_zombie(pid):
        return
    if not _wait_for(lambda: not _working_in(data), orphan_seconds):
        raise PostgresError(f"Processes {_working_in(data)} of a killed PostgreSQL still use {data}.")
    pid_file.unlink(missing_ok=True)


def _working_in(folder: Path) -> list[str]:
    """The processes whose working directory that is; PostgreSQL's is its data directory."""
    found: list[str] = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink() == folder:
                found.append(link.parent.name)
    return found


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def system_identifier(data: Path) -> int:
    """The number that initdb drew for this server: the first eight bytes of pg_control."""
    with (data / "global" / "pg_control").open("rb") as control:
        return int.from_bytes(control.read(8), sys.byteorder)
