import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.postmaster import PostgresError, bury, running, stop


@pytest.fixture
def zombie() -> Iterator[int]:
    """The number of a process that has ended and that nobody has asked about."""
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    yield process.pid
    process.wait()


def pid_file(data: Path, pid: int) -> Path:
    file = data / "postmaster.pid"
    file.write_text(f"{pid}\n{data}\n")
    return file


def test_a_dead_server_that_keeps_its_number_does_not_run_and_is_buried(tmp_path: Path, zombie: int):
    """In a container whose first process does not reap, PostgreSQL would refuse to start for ever."""
    file = pid_file(tmp_path, zombie)
    assert running(tmp_path) is None
    bury(tmp_path)
    assert not file.exists()


def test_a_dead_server_is_not_buried_while_its_backends_still_write(tmp_path: Path, zombie: int):
    """Two servers on the same data would destroy it."""
    file = pid_file(tmp_path, zombie)
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as backend:
        with pytest.raises(PostgresError, match=str(backend.pid)):
            bury(tmp_path, orphan_seconds=0.1)
        backend.kill()
    assert file.exists()
    bury(tmp_path)
    assert not file.exists()


def test_a_number_that_now_belongs_to_another_program_is_no_server(tmp_path: Path):
    """Process numbers are used again. The file stays: PostgreSQL judges it itself."""
    file = pid_file(tmp_path, os.getpid())
    assert running(tmp_path) is None
    bury(tmp_path)
    assert file.exists()


@pytest.mark.parametrize("content", ["", "half", None])
def test_a_missing_or_half_written_file_names_no_server(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "postmaster.pid").write_text(content)
    assert running(tmp_path) is None
    bury(tmp_path)


def test_a_server_is_told_to_stop_by_a_fast_shutdown():
    """SIGINT: PostgreSQL ends its sessions and writes everything out."""
    with subprocess.Popen(["sleep", "60"]) as process:
        stop(process.pid, process.poll)
        assert process.returncode == -signal.SIGINT


def test_stopping_what_has_stopped_signals_nobody():
    with subprocess.Popen(["true"]) as process:
        process.wait()
    stop(os.getpid(), process.poll)


def test_a_server_that_ignores_a_fast_shutdown_is_ended_at_once():
    """PostgreSQL 18.6 never ends when told to while it recovers from a killed backend; nobody waits half a minute."""
    # A shell that starts the tests in the background lets them, and so this, ignore SIGQUIT as well.
    deaf = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGQUIT, signal.SIG_DFL);"
        "print(flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline()
        stop(process.pid, process.poll, patience=0.1)
        assert process.returncode == -signal.SIGQUIT
