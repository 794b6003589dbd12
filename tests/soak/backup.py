"""A base backup, an archive of the server's log, and a new data folder made of both: PostgreSQL's own programs only.

This is how an operator keeps the embedded server safe. Beside the backup belong the small files of the data folder
(`postgres/password`, `first-key`, `service-secret`): they are not in the database, and without the secret nothing that
the service has sealed can be opened.
"""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Self

import asyncpg

from service.local_postgres import LocalPostgres
from tests.soak.harness import Failed, Stand, until

SLOT = "archive"


async def run(*command: str | Path, seconds: float = 1800) -> str:
    """Run a program to its end; its output. Raises Failed, with what it said, when it fails."""
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False, timeout=seconds
    )
    if done.returncode:
        raise Failed(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-1000:]}")
    return done.stdout


class Archive:
    """The server's log as it is written, kept elsewhere: pg_receivewal on a slot, so that nothing is left out."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.server = LocalPostgres(stand.data)
        self.dsn = stand.dsn
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str | Path]:
        """pg_receivewal with what is always said to it."""
        return [self.server.binaries / "pg_receivewal", "-D", self.folder, "-d", self.dsn, "--slot", SLOT]

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True)
        await run(*self.command, "--create-slot")
        self._process = await asyncio.to_thread(
            subprocess.Popen, [*self.command, "--synchronous"], stderr=subprocess.DEVNULL
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait)

    async def has_everything(self, owner: asyncpg.Connection, seconds: float = 60) -> None:
        """Wait until all that is written by now is in the archive, on its disk."""
        written = await owner.fetchval("SELECT pg_current_wal_flush_lsn()::text")

        async def kept() -> bool:
            behind = "SELECT pg_wal_lsn_diff(flush_lsn, $1::text::pg_lsn) >= 0 FROM pg_stat_replication"
            return bool(await owner.fetchval(f"{behind} WHERE application_name = 'pg_receivewal'", written))

        await until(kept, seconds, "the archive")


async def back_up(stand: Stand, archive: Archive, backup: Path) -> None:
    """A base backup without the log, which comes from the archive, and the small files beside it.

    The manifest has a SHA-256 of every file of the base backup.
    """
    program = archive.server.binaries / "pg_basebackup"
    how = ("-X", "none", "-c", "fast", "--manifest-checksums=SHA256")
    await run(program, "-D", backup / "base", "-d", archive.dsn, *how)
    left_out = shutil.ignore_patterns("data", "run", "log*", "install-*", "*.lock")
    shutil.copytree(stand.data, backup / "files", ignore=left_out)


async def verify(archive: Archive, backup: Path) -> None:
    """Compare the base backup with its manifest. Raises Failed when a file differs, lacks or is too many."""
    await run(archive.server.binaries / "pg_verifybackup", "--no-parse-wal", backup / "base")


def restore(backup: Path, archive: Path, place: Path, owner: os.stat_result) -> None:
    """Make a data folder of the backup, the archive, and the small files; the next start recovers to the end.

    place: an empty folder that the account of the server can reach. owner: the account.
    """
    server = place / "postgres"
    shutil.copytree(backup / "files", place, dirs_exist_ok=True)
    shutil.copytree(backup / "base", server / "data")
    server.chmod(0o700)
    (server / "data").chmod(0o700)
    (server / "data" / "recovery.signal").touch()
    with (server / "data" / "postgresql.auto.conf").open("a") as settings:
        settings.write(f'restore_command = \'cp "{archive}/%f" "%p"\'\n')
    for segment in archive.glob("*.partial"):  # the one that was being written
        shutil.copy(segment, segment.with_suffix(""))
    for path in (archive, server, *archive.rglob("*"), *server.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)


def corrupt(file: Path, random: Random) -> int:
    """Flip one bit of one byte of a file, in the first page that holds anything; where."""
    with file.open("r+b") as handle:
        data = handle.read()
        used = [at for at, byte in enumerate(data) if byte]
        at = random.choice(used)
        handle.seek(at)
        handle.write(bytes([data[at] ^ 1 << random.randrange(8)]))
    return at
