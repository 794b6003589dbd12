"""A backup holds the database and the signed head of every log; no password stands where others read it."""

import argparse
import asyncio
import stat
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from service import backups
from service.backups import BackupError, Head, back_up, login_of, read_heads
from service.settings import Settings
from service.signing import read_secrets
from tests.service.conftest import SECRETS, Market, done
from tests.soak.proofs import read_checkpoint, root_of

ENTRIES = (
    "SELECT log_entry(log_id, position, kind, person_id, data, at, salt) AS entry FROM events"
    " WHERE log_id = $1 ORDER BY position"
)


@pytest.mark.parametrize(
    ("dsn", "shown", "password"),
    [
        ("postgresql://app:s3cret%21@h1:1,h2:2/x", "postgresql://app@h1:1,h2:2/x", "s3cret!"),
        ("postgresql://app@/x?host=%2Frun&password=s3cret", "postgresql://app@/x?host=%2Frun", "s3cret"),
        ("postgresql://db/x", "postgresql://db/x", None),
    ],
)
def test_no_password_stands_on_a_command_line(dsn: str, shown: str, password: str | None) -> None:
    """Everybody on the machine can read that."""
    assert login_of(dsn) == (shown, {"PGPASSWORD": password} if password else {})


async def test_heads_are_worked_out_from_the_entries_themselves(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pages of any length, for the present and for an earlier size, as RFC 9162 says; a gap ends the log."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    log_id = UUID(tender["id"])
    entries = [row["entry"].encode() for row in await market.owner.fetch(ENTRIES, tender["id"])]
    monkeypatch.setattr(backups, "_PAGE", 3)
    for size in range(len(entries) + 2):
        now, then = await read_heads(market.owner, {log_id: Head(size, b"")})
        assert now[log_id] == Head(len(entries), root_of(entries))
        assert then.get(log_id) == (Head(size, root_of(entries[:size])) if size <= len(entries) else None)


async def test_a_dump_comes_with_the_signed_heads_and_without_the_secret(market: Market, tmp_path: Path) -> None:
    """It is there when it is whole, is nobody else's to read, and is not written over."""
    tender = await market.publish()
    secret = tmp_path / "secret"
    secret.write_text("01" * 32 + "\n")
    secret.chmod(0o600)
    settings = Settings(database_url=market.dsn, secret_file=secret)
    target = tmp_path / "monday"
    made = await asyncio.to_thread(
        back_up, settings, market.dsn, read_secrets(secret), target, form="dump", with_secret=False
    )
    heads = [read_checkpoint(note, SECRETS.signers[0].public_key) for note in made.heads]
    entries = [row["entry"].encode() for row in await market.owner.fetch(ENTRIES, tender["id"])]
    (own,) = (head for head in heads if head.origin.endswith(tender["id"]))
    assert (own.size, own.root) == (len(entries), root_of(entries))
    assert made.digest == backups.digest_of(target / backups.DUMP)
    assert msgspec.json.decode((target / backups.MANIFEST).read_bytes(), type=backups.Manifest) == made
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert [path.name for path in (target / backups.FILES).iterdir()] == []
    with pytest.raises(BackupError, match="is not empty"):
        back_up(settings, market.dsn, read_secrets(secret), target, form="dump", with_secret=False)


def parsed(*words: str) -> argparse.Namespace:
    """What a command line says."""
    parser = argparse.ArgumentParser()
    backups.add_commands(parser.add_subparsers())
    return parser.parse_args(words)


def test_a_base_backup_of_somebody_else_s_server_is_refused_for_it_could_not_be_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the database is asked anything."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody/x")
    arguments = parsed("backup", "--to", str(tmp_path / "monday"), "--form", "base")
    with pytest.raises(BackupError, match="embedded server") as refused:
        arguments.run(arguments)
    assert "pg_basebackup" in refused.value.mend


@pytest.mark.parametrize("words", [(), ("--to", "x", "--drop")])
def test_an_archive_is_kept_or_given_up_and_one_of_both_is_said(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed("archive", *words)
    assert "--drop" in capsys.readouterr().err
    assert parsed("archive", "--drop").drop
