"""`tenderscore restore`: a lost machine comes back from a backup, and is compared with what was backed up.

    tenderscore restore --from DIR [--archive DIR] [--data DIR]      a base backup, and all that the archive has since
    tenderscore restore --from DIR                                   a dump, into the empty database of DATABASE_URL

Nothing is given back to anybody before it is proved: every log, worked out anew from its entries, must have had the
root that the backup names when it had that size; the secret must be the one that has signed those roots; and it must
be able to open what is sealed.
"""

import argparse
import asyncio
import base64
import re
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from service import custody, db
from service.backups import (
    BASE,
    DUMP,
    FILES,
    MANIFEST,
    SIGNED_WITH,
    BackupError,
    Head,
    Manifest,
    digest_of,
    folder_of,
    read_heads,
    run_program,
    settings_of,
)
from service.local_postgres import LocalPostgres, find_binaries, version_of
from service.settings import Settings
from service.signing import Secrets, read_secrets

SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{16})(\.partial)?")
HISTORY = re.compile(r"[0-9A-F]{8}\.history")


class Restored(Struct, frozen=True, kw_only=True):
    """What has come back: how many logs were compared, and how many entries all logs hold by now."""

    logs: int
    entries: int


# What the backup says


def read_manifest(folder: Path) -> Manifest:
    """What the backup says of itself; raises BackupError where it is none, or a dump was changed."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        mend = "name the folder that `tenderscore backup` has written"
        raise BackupError(f"{folder} is no backup: {error}", mend=mend) from None
    if manifest.digest is not None and digest_of(folder / DUMP) != manifest.digest:
        raise BackupError(f"{folder / DUMP} is not what was backed up: its SHA-256 differs.", mend="use another backup")
    return manifest


def heads_of(manifest: Manifest, secrets: Secrets) -> dict[UUID, Head]:
    """The heads of the logs; raises BackupError for one that none of the secret file's lines has signed."""
    found: dict[UUID, Head] = {}
    for note in manifest.heads:
        name, size, root, *_ = note.split("\n")
        log_id, head = UUID(name.rpartition("/")[2]), Head(int(size), base64.b64decode(root))
        if note not in (signer.checkpoint(log_id, *head) for signer in secrets.signers):
            raise BackupError(
                "The secret is not the one that this backup was made with, or the backup was changed.",
                mend="TENDERSCORE_SECRET_FILE=the copy that was kept apart, with all its lines",
            )
        found[log_id] = head
    return found


# The server's files


def unpack(backup: Path, archive: Path | None, place: Path) -> None:
    """Put a base backup and what the archive has into the server's folder; its next start recovers to the end.

    The archive's segments are put where the server's own lie, because its account need not reach the archive. It then
    looks for them nowhere else, and begins a new timeline: what the lost machine may still write is never mixed in.
    """
    half = place / ".restored"
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(backup / BASE, half)
    half.chmod(0o700)
    if archive is not None:
        start = re.search(r"START WAL LOCATION: .*\(file ([0-9A-F]{24})\)", (half / "backup_label").read_text())
        if start is None:
            raise BackupError(f"{backup / BASE}/backup_label does not say where its log begins.", mend="use another")
        take_archive(archive, half / "pg_wal", start[1][8:])
    (half / "recovery.signal").touch()
    with (half / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'false'\n")
    password = backup / FILES / "password"
    if password.exists():
        shutil.copyfile(password, place / "password")
        (place / "password").chmod(0o600)
    half.rename(place / "data")


def take_archive(archive: Path, log: Path, first: str) -> None:
    """Copy the archive's segments from the first that is needed on; of a begun one whichever has more written in it."""
    for file in sorted(archive.iterdir()):
        if HISTORY.fullmatch(file.name):
            shutil.copyfile(file, log / file.name)
        if (found := SEGMENT.fullmatch(file.name)) is None or found[2] < first:
            continue
        own = log / (found[1] + found[2])
        if not found[3] or not own.exists() or written(file) > written(own):
            shutil.copyfile(file, own)


def written(segment: Path) -> int:
    """How many bytes come before nothing but noughts."""
    return len(segment.read_bytes().rstrip(b"\0"))


# Restoring


def restore_base(settings: Settings, backup: Path, archive: Path | None, secrets: Secrets) -> Restored:
    """Make a new data folder, let its server recover, and prove it; raises BackupError."""
    manifest = read_manifest(backup)
    heads = heads_of(manifest, secrets)
    binaries = find_binaries(settings.pg_bin)
    if version_of(binaries).partition(".")[0] != str(manifest.postgresql):
        mend = f"TENDERSCORE_PG_BIN=the binaries of PostgreSQL {manifest.postgresql}"
        raise BackupError(f"The backup is of PostgreSQL {manifest.postgresql}.", mend=mend)
    run_program(binaries / "pg_verifybackup", backup / BASE)
    server = LocalPostgres(settings.data, pg_bin=settings.pg_bin, pg_user=settings.pg_user)
    server.fill(lambda place: unpack(backup, archive, place))
    _put_files(settings, backup)
    with server:
        return asyncio.run(prove(server.dsn, heads, secrets, settings))


def restore_dump(settings: Settings, dsn: str, backup: Path, secrets: Secrets) -> Restored:
    """Load a dump into an empty database and prove it; raises BackupError."""
    manifest = read_manifest(backup)
    heads = heads_of(manifest, secrets)
    asyncio.run(_make_roles(dsn, manifest.roles))
    how = ("--no-owner", "--exit-on-error", "--single-transaction", backup / DUMP)
    run_program(find_binaries(settings.pg_bin) / "pg_restore", *how, dsn=dsn)
    return asyncio.run(prove(dsn, heads, secrets, settings))


async def _make_roles(dsn: str, roles: list[str]) -> None:
    """The roles that the service acts in belong to the server, not to the database: a dump does not hold them."""
    conn = await db.connect(dsn)
    try:
        if await conn.fetchval("SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)"):
            raise BackupError("The database is not empty.", mend="createdb, and name the new one in DATABASE_URL")
        have = {row["rolname"] for row in await conn.fetch("SELECT rolname FROM pg_roles")}
        names = [f'"{name}"' for name in roles]
        made = [f"CREATE ROLE {name} NOLOGIN;" for name in names if name.strip('"') not in have]
        await conn.execute("".join([*made, *(f"GRANT {name} TO CURRENT_USER;" for name in names)]))
    finally:
        await conn.close()


def _put_files(settings: Settings, backup: Path) -> None:
    """The small files beside the server's: whose first key it was, and the secret where it was backed up as well."""
    for name in ("first-key", SIGNED_WITH):
        file = backup / FILES / name
        if file.exists() and not (settings.data / name).exists():
            shutil.copyfile(file, settings.data / name)
            (settings.data / name).chmod(0o600)


async def prove(dsn: str, heads: dict[UUID, Head], secrets: Secrets, settings: Settings) -> Restored:
    """Compare every log with the head that was backed up, and the secret with what is sealed; raises BackupError."""
    pool = await db.open_pool(dsn, pooler=settings.database_pooler, connections=1)
    async with pool, db.transaction(pool, one_instant=True) as conn:
        now, then = await read_heads(conn, heads)
    wrong = [str(log_id) for log_id, head in heads.items() if then.get(log_id) != head]
    if wrong:
        raise BackupError(
            f"{len(wrong)} of {len(heads)} logs are not what was backed up, among them {wrong[0]}.",
            mend="serve nothing from it: remove it, and restore another backup or with the whole archive",
        )
    await custody.check_secrets(dsn, secrets, settings)
    return Restored(logs=len(heads), entries=sum(head.size for head in now.values()))


# Command


def restore(arguments: argparse.Namespace) -> int:
    """Restore a backup to a new data folder or an empty database, and prove that it is what was backed up."""
    settings = settings_of(arguments)
    backup: Path = arguments.backup
    form = read_manifest(backup).form
    if form == "dump" and settings.database_url is None:
        raise BackupError("A dump is loaded into a database of your own.", mend="createdb, and set DATABASE_URL")
    if form == "base" and settings.database_url is not None:
        raise BackupError("A base backup is restored to a data folder.", mend="unset DATABASE_URL, give --data")
    kept = backup / FILES / SIGNED_WITH
    secrets = read_secrets(settings.secret_file or (kept if kept.exists() else settings.data / SIGNED_WITH))
    if form == "dump":
        found = restore_dump(settings, settings.database_url or "", backup, secrets)
    else:
        found = restore_base(settings, backup, arguments.archive, secrets)
        if settings.secret_file is not None:
            print(f"serve it with TENDERSCORE_SECRET_FILE={settings.secret_file}")
    print(f"restored: {found.logs} logs are as they were backed up; {found.entries} entries in all")
    return 0


def add_commands(commands: Any) -> None:
    """Register restore."""
    parser = commands.add_parser("restore", help=restore.__doc__, description=restore.__doc__)
    parser.set_defaults(run=restore)
    parser.add_argument("--from", dest="backup", type=folder_of, metavar="DIR", required=True, help="the backup")
    parser.add_argument("--archive", type=folder_of, metavar="DIR", help="what `tenderscore archive` has kept since")
    parser.add_argument("--data", type=folder_of, metavar="DIR", help="the new folder of the embedded database")
