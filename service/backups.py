"""`tenderscore backup` and `archive`: everything that a lost machine is brought back from (`tenderscore restore`).

    tenderscore backup --to DIR      a base backup of the embedded server, or a dump of DATABASE_URL's database
    tenderscore archive --to DIR     keep the server's log there as it is written, until told to stop

A base backup and the archive together lose nothing but what the archive did not have yet; a dump is the database at one
instant, for a server that is somebody else's to back up. PostgreSQL's own programs do the work. Beside what they write
stands `backup.json`: the head of every tender's log, worked out from the entries themselves and signed with the secret.
A restore is compared with these, so that nothing can have been taken out or changed on the way, and needs that secret.
"""

import argparse
import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit
from uuid import UUID

import msgspec
from msgspec import Struct

from service import db, merkle
from service.local_postgres import LocalPostgres, find_binaries
from service.postmaster import die_with_parent, running
from service.serving import database
from service.settings import Settings, read_settings
from service.signing import Secrets, secrets_of

SQL = db.queries("backups")

MANIFEST, BASE, DUMP, FILES = "backup.json", "base", "tenderscore.dump", "files"
"""What lies in a backup's folder; `files` holds the small files of the embedded server's data folder."""

SIGNED_WITH = "service-secret"
SLOT = "tenderscore_archive"
_PAGE = 5_000
_SAID = 1_500

Form: TypeAlias = Literal["base", "dump"]


class BackupError(db.DatabaseError):
    """A backup cannot be made, or what was restored is not what was backed up; the text says why."""


class Head(NamedTuple):
    """A log's size and the root of its tree."""

    size: int
    root: bytes


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup says of itself. `heads`: the signed checkpoint of every log; `digest`: SHA-256 of a dump."""

    form: Form
    made_at: datetime
    postgresql: int
    migration: int
    roles: list[str]
    documents_in: str
    heads: list[str]
    digest: str | None


# The logs


async def _runs(conn: db.Connection) -> AsyncGenerator[tuple[UUID, list[tuple[int, bytes]]]]:
    """Every log's leaves with their positions, some thousand at a time; a long log comes in several runs."""
    log_id, position = UUID(int=0), -1
    while rows := [row async for row in SQL.read_entries(conn, log_id=log_id, position=position, limit=_PAGE)]:
        for found, run in groupby(rows, lambda row: row["log_id"]):
            yield found, [(row["position"], merkle.leaf_hash(row["entry"].encode())) for row in run]
        log_id, position = rows[-1]["log_id"], rows[-1]["position"]


async def read_heads(conn: db.Connection, kept: Mapping[UUID, Head]) -> tuple[dict[UUID, Head], dict[UUID, Head]]:
    """Every log's head, worked out from its entries; and those logs' heads when they had the sizes that are kept.

    A log whose positions do not count from 1 without a gap ends where they stop to.
    """
    grown: dict[UUID, merkle.Grown] = {}
    then: dict[UUID, Head] = {log_id: Head(0, merkle.EMPTY) for log_id, head in kept.items() if not head.size}
    async for log_id, run in _runs(conn):
        tree = grown.get(log_id) or merkle.append((), 0, ())
        leaves = [leaf for place, (position, leaf) in enumerate(run, start=tree.size + 1) if position == place]
        old = kept[log_id].size - tree.size if log_id in kept else 0
        if 0 < old <= len(leaves):
            tree = merkle.append(tree.frontier, tree.size, leaves[:old])
            then[log_id] = Head(tree.size, tree.root)
            leaves = leaves[old:]
        grown[log_id] = merkle.append(tree.frontier, tree.size, leaves)
    return {log_id: Head(tree.size, tree.root) for log_id, tree in grown.items()}, then


# PostgreSQL's programs


def login_of(dsn: str) -> tuple[str, dict[str, str]]:
    """The address without its password, for a command line, which all on the machine can read; and the environment."""
    parts = urlsplit(dsn)
    user, at, hosts = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    query = dict(parse_qsl(parts.query))
    password = query.pop("password", unquote(password))
    plain = parts._replace(netloc=f"{name}{at}{hosts}", query=urlencode(query, quote_via=quote))
    return urlunsplit(plain), {"PGPASSWORD": password} if password else {}


def run_program(program: Path, *arguments: str | Path, dsn: str | None = None) -> str:
    """Run one of PostgreSQL's programs to its end; raises BackupError with what it said."""
    login, environment = login_of(dsn) if dsn else ("", {})
    command = [program, *arguments, *(["-d", login] if dsn else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-_SAID:]
        raise BackupError(f"{program.name} failed: {said}", mend="read what it says; nothing was changed")
    return done.stdout


def digest_of(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


# Backing up


def back_up(settings: Settings, dsn: str, secrets: Secrets, target: Path, *, form: Form, with_secret: bool) -> Manifest:
    """Write a backup into a folder, which appears when it is whole. Raises BackupError."""
    if target.exists() and any(target.iterdir()):
        raise BackupError(f"{target} is not empty.", mend="name a new folder for each backup")
    half = target.with_name(f".{target.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700, parents=True)
    manifest = asyncio.run(_describe(dsn, secrets, form, settings))  # before the copy, which so has all of it
    binaries = find_binaries(settings.pg_bin)
    if form == "dump":
        run_program(binaries / "pg_dump", "-Fc", "--enable-row-security", "-f", half / DUMP, dsn=dsn)
        manifest = msgspec.structs.replace(manifest, digest=digest_of(half / DUMP))
    else:
        how = ("-X", "stream", "-c", "fast", "--manifest-checksums=SHA256", "-D", half / BASE)
        run_program(binaries / "pg_basebackup", *how, dsn=dsn)
        run_program(binaries / "pg_verifybackup", half / BASE)
    _keep_files(settings, half / FILES, with_secret=with_secret)
    (half / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    os.sync()
    if target.exists():
        target.rmdir()
    half.rename(target)
    return manifest


async def _describe(dsn: str, secrets: Secrets, form: Form, settings: Settings) -> Manifest:
    pool = await db.open_pool(dsn, pooler=settings.database_pooler, connections=1)
    async with pool, db.transaction(pool, one_instant=True) as conn:
        facts = await SQL.describe_database(conn)
        heads, _ = await read_heads(conn, {})
    signer = secrets.signers[0]
    return Manifest(
        form=form,
        made_at=facts["at"],
        postgresql=facts["postgresql"],
        migration=facts["migration"],
        roles=facts["roles"],
        documents_in=(settings.document_store or "the database") if facts["documents"] else "",
        heads=[signer.checkpoint(log_id, *head) for log_id, head in sorted(heads.items())],
        digest=None,
    )


def _keep_files(settings: Settings, folder: Path, *, with_secret: bool) -> None:
    folder.mkdir(mode=0o700)
    kept: dict[str, Path] = {}
    if settings.database_url is None:
        place = LocalPostgres(settings.data).place.resolve()
        kept |= {"password": place / "password", "first-key": settings.data / "first-key"}
    if with_secret:
        kept[SIGNED_WITH] = settings.secret_file or settings.data / SIGNED_WITH
    for name, file in kept.items():
        if file.exists():
            shutil.copyfile(file, folder / name)
            (folder / name).chmod(0o600)


# Commands


def backup(arguments: argparse.Namespace) -> int:
    """Back the database up into a new folder, with the signed head of every tender's log."""
    settings = settings_of(arguments)
    form: Form = arguments.form or ("base" if settings.database_url is None else "dump")
    if form == "base" and settings.database_url is not None:
        raise BackupError(
            "A base backup is of the embedded server: a copy of another one cannot be restored here.",
            mend="leave --form out for a dump, or back the server up as its operator does (pg_basebackup, pgBackRest)",
        )
    with database(settings) as dsn:
        made = back_up(settings, dsn, secrets_of(settings), arguments.to, form=form, with_secret=arguments.with_secret)
    print(f"{arguments.to}: {made.form}, {len(made.heads)} logs, as of {made.made_at.isoformat()}")
    if not arguments.with_secret:
        secret = settings.secret_file or settings.data / SIGNED_WITH
        print(f"The secret is not in it: without {secret} nothing sealed can be opened. Keep a copy of it apart.")
    if made.documents_in not in {"", "the database"}:
        print(f"Documents are not in it: back {made.documents_in} up as well.")
    return 0


def archive(arguments: argparse.Namespace) -> int:
    """Keep the server's write-ahead log in a folder as it is written, until told to stop; goes on where it stopped.

    The server keeps what the archive does not have yet: one that is given up for good must be told so (--drop).
    """
    settings = settings_of(arguments)
    program = find_binaries(settings.pg_bin) / "pg_receivewal"
    dsn = settings.database_url or _address_of_running(settings)
    if arguments.drop:
        run_program(program, "--slot", SLOT, "--drop-slot", dsn=dsn)
        return 0
    arguments.to.mkdir(mode=0o700, parents=True, exist_ok=True)
    slot = ("-D", arguments.to, "--slot", SLOT)
    run_program(program, *slot, "--create-slot", "--if-not-exists", dsn=dsn)
    login, environment = login_of(dsn)
    print(f"the log is kept in {arguments.to}", flush=True)
    command = [program, *slot, "--synchronous", "-d", login]
    end_with_us = die_with_parent(signal.SIGTERM)
    with subprocess.Popen[bytes](command, env=os.environ | environment, preexec_fn=end_with_us) as receiver:

        def stop(_number: int, _frame: FrameType | None) -> None:
            receiver.terminate()

        signal.signal(signal.SIGTERM, stop)
        return receiver.wait()


def _address_of_running(settings: Settings) -> str:
    server = LocalPostgres(settings.data)
    server.place = server.place.resolve()
    if running(server.data) is None:
        raise BackupError(f"No server runs on {settings.data}.", mend="tenderscore serve")
    return server.dsn


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings, with the data folder of the command line."""
    settings = read_settings(os.environ)
    return settings if arguments.data is None else msgspec.structs.replace(settings, data=arguments.data)


def folder_of(text: str) -> Path:
    """A path from the command line."""
    return Path(text).expanduser().absolute()


def add_commands(commands: Any) -> None:
    """Register backup and archive."""
    saves = commands.add_parser("backup", help=backup.__doc__, description=backup.__doc__)
    keeps = commands.add_parser("archive", help="keep the write-ahead log elsewhere", description=archive.__doc__)
    for parser, run in ((saves, backup), (keeps, archive)):
        parser.set_defaults(run=run)
        parser.add_argument("--data", type=folder_of, metavar="DIR", help="folder of the embedded database")
    told = keeps.add_mutually_exclusive_group(required=True)
    for place in (saves, told):
        place.add_argument(
            "--to", type=folder_of, metavar="DIR", required=place is saves, help="the folder to write to"
        )
    told.add_argument("--drop", action="store_true", help="give the archive up: the server keeps nothing more for it")
    saves.add_argument("--form", choices=("base", "dump"), help="copy the server's files, or dump the database")
    saves.add_argument(
        "--with-secret", action="store_true", help="put the secret file in: who has it all can open bids"
    )
