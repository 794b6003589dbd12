"""Backup, archive and restore as an operator does them: `tenderscore backup`, `archive` and `restore`, as processes."""

import asyncio
import subprocess
from pathlib import Path
from random import Random
from typing import Self

import asyncpg

from tests.soak.harness import Failed, Program, Stand, until


async def run(program: Program, seconds: float = 1800) -> None:
    """Run one of the commands to its end. Raises Failed, with what it said, when it fails."""
    program.start()
    assert program.process is not None
    try:
        code = await asyncio.to_thread(program.process.wait, seconds)
    except subprocess.TimeoutExpired:
        program.process.kill()
        raise Failed(f"{program.arguments[0]} took more than {seconds:.0f} s") from None
    if code:
        raise Failed(f"{program.arguments[0]} failed: {program.said()[-1000:]}")


class Archive:
    """`tenderscore archive` beside a stand, for as long as the block runs."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.folder = folder
        self._program = stand.program("archive", "--to", str(folder), "--data", str(stand.data))

    async def __aenter__(self) -> Self:
        self._program.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._program.end()

    async def has_everything(self, owner: asyncpg.Connection, seconds: float = 60) -> None:
        """Wait until all that is written by now is in the archive, on its disk."""
        written = await owner.fetchval("SELECT pg_current_wal_flush_lsn()::text")

        async def kept() -> bool:
            behind = "SELECT pg_wal_lsn_diff(flush_lsn, $1::text::pg_lsn) >= 0 FROM pg_stat_replication"
            return bool(await owner.fetchval(f"{behind} WHERE application_name = 'pg_receivewal'", written))

        await until(kept, seconds, "the archive")


async def back_up(stand: Stand, backup: Path) -> None:
    """A base backup of the stand's server, with the secret in it."""
    await run(stand.program("backup", "--to", str(backup), "--with-secret", "--data", str(stand.data)))


async def restore(stand: Stand, backup: Path, archive: Path) -> None:
    """Make the stand's data folder of a backup and an archive, and let it be proved. Raises Failed."""
    folders = ("--from", str(backup), "--archive", str(archive), "--data", str(stand.data))
    await run(stand.program("restore", *folders))


def corrupt(file: Path, random: Random) -> int:
    """Flip one bit of one byte of a file, in the first page that holds anything; where."""
    with file.open("r+b") as handle:
        data = handle.read()
        used = [at for at, byte in enumerate(data) if byte]
        at = random.choice(used)
        handle.seek(at)
        handle.write(bytes([data[at] ^ 1 << random.randrange(8)]))
    return at
