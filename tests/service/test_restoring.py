"""What comes back is proved against what was backed up; whatever was changed, left out or lost stops it."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from service import backups, restoring
from service.backups import BackupError, back_up
from service.settings import Settings
from service.signing import Secrets, SecretUnusable, read_secrets
from tests.conftest import administer, with_database
from tests.service.conftest import SECRETS, Market, Person, done, served


@pytest.fixture
async def empty(postgres: str) -> AsyncIterator[str]:
    """The address of a database without any table."""
    name = f"test_{uuid4().hex}"
    await administer(postgres, f"CREATE DATABASE {name}")
    yield with_database(postgres, name)
    await administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """The secret file of the service under test."""
    return a_secret(tmp_path / "secret", "01" * 32)


def a_secret(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o600)
    return path


def spoiled(backup: Path, place: Path, note: int, letter: int) -> Path:
    """A copy of a backup with one letter changed in one signed head."""
    place.mkdir()
    manifest = msgspec.json.decode((backup / backups.MANIFEST).read_bytes(), type=backups.Manifest)
    heads = [*manifest.heads]
    text = heads[note]
    heads[note] = text[:letter] + chr(ord(text[letter]) ^ 1) + text[letter + 1 :]
    changed = msgspec.structs.replace(manifest, heads=heads, digest=None)
    (place / backups.MANIFEST).write_bytes(msgspec.json.encode(changed))
    return place


async def test_a_dump_comes_back_with_every_receipt_and_its_seals(
    market: Market, empty: str, secret: Path, tmp_path: Path
) -> None:
    """The bid that was acknowledged is there, its key answers with the same receipt, and the opening opens it.

    Controls: another secret, a secret that has lost a line, a changed head, a changed dump, a database that holds
    something already, and an entry that its owner has rewritten since.
    """
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender, key="once"))
    settings = Settings(database_url=market.dsn, secret_file=secret)
    kept, secrets = tmp_path / "backup", read_secrets(secret)
    await asyncio.to_thread(back_up, settings, market.dsn, secrets, kept, form="dump", with_secret=False)
    await refuse_spoiled(kept, empty, settings, tmp_path)

    newer = Secrets([b"\x02" * 32, b"\x01" * 32])
    found = await asyncio.to_thread(restoring.restore_dump, settings, empty, kept, newer)
    assert found.logs == len({tender["id"], *await logs(market)})
    with pytest.raises(BackupError, match="is not empty"):
        await asyncio.to_thread(restoring.restore_dump, settings, empty, kept, secrets)

    heads = restoring.heads_of(restoring.read_manifest(kept), SECRETS)
    with pytest.raises(SecretUnusable, match="cannot be opened"):
        await restoring.prove(empty, heads, Secrets([b"\x03" * 32]), settings)

    async with served(empty) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        again = done(await Person(http, market.alder.key).submit(tender, key="once"))
        assert again == receipt
        await administer(empty, f"UPDATE tenders SET submission_deadline = now() WHERE id = '{tender['id']}'")
        path = f"/lots/{tender['lots'][0]['id']}/opening"
        assert (await Person(http, market.officer.key).post(path)).status_code == 202
        record = done(await Person(http, market.second_officer.key).post(path))
        assert [bid["digest"] for bid in record["bids"]] == [receipt["digest"]]
    await refuse_rewritten(empty, kept, settings, tender["id"])


async def logs(market: Market) -> list[str]:
    return [str(row["log_id"]) for row in await market.owner.fetch("SELECT DISTINCT log_id FROM events")]


async def refuse_spoiled(kept: Path, empty: str, settings: Settings, tmp_path: Path) -> None:
    """Nothing is loaded from what is not the backup, or without what has signed it."""
    stranger = Secrets([b"\x03" * 32])
    for backup, secrets in ((kept, stranger), (spoiled(kept, tmp_path / "spoiled", 0, 14), SECRETS)):
        with pytest.raises(BackupError, match="The secret is not the one"):
            await asyncio.to_thread(restoring.restore_dump, settings, empty, backup, secrets)
    changed = tmp_path / "changed"
    changed.mkdir()
    for file in (backups.MANIFEST, backups.DUMP):
        (changed / file).write_bytes((kept / file).read_bytes())
    with (changed / backups.DUMP).open("ab") as dump:
        dump.write(b"\0")
    for backup, fault in ((changed, "its SHA-256 differs"), (tmp_path, "is no backup")):
        with pytest.raises(BackupError, match=fault):
            restoring.read_manifest(backup)


async def refuse_rewritten(dsn: str, kept: Path, settings: Settings, tender_id: str) -> None:
    """One entry that the database's owner has changed."""
    heads = restoring.heads_of(restoring.read_manifest(kept), SECRETS)
    await restoring.prove(dsn, heads, SECRETS, settings)
    await administer(
        dsn,
        "SET session_replication_role = replica;"
        f"UPDATE events SET person_id = NULL WHERE log_id = '{tender_id}' AND position = 1",
    )
    with pytest.raises(BackupError, match=f"1 of {len(heads)} logs are not what was backed up, among them {tender_id}"):
        await restoring.prove(dsn, heads, SECRETS, settings)


def test_of_the_archive_is_taken_what_is_needed_and_of_a_begun_segment_what_has_more(tmp_path: Path) -> None:
    """A receiver that died before the backup was done has less of the last segment than the backup itself."""
    archive, log = tmp_path / "archive", tmp_path / "pg_wal"
    for folder in (archive, log):
        folder.mkdir()
    first, second, third, fourth = (f"{1:08X}{number:016X}" for number in (1, 2, 3, 4))
    for name, data in (
        (first, b"old"),
        (second, b"all\0"),
        (f"{third}.partial", b"be\0\0"),
        (f"{fourth}.partial", b"more"),
        ("00000002.history", b"1"),
        ("notes.txt", b""),
    ):
        (archive / name).write_bytes(data)
    for name, data in ((second, b"al\0\0"), (third, b"beg\0"), (fourth, b"mo\0\0")):
        (log / name).write_bytes(data)
    restoring.take_archive(archive, log, second[8:])
    found = {path.name: path.read_bytes() for path in log.iterdir()}
    assert found == {second: b"all\0", third: b"beg\0", fourth: b"more", "00000002.history": b"1"}


@pytest.mark.parametrize(
    ("form", "url", "mend"),
    [
        ("dump", None, "createdb, and set DATABASE_URL"),
        ("base", "postgresql://db/x", "unset DATABASE_URL, give --data"),
    ],
)
def test_a_backup_that_does_not_fit_where_it_is_to_go_says_where_it_does(
    form: str, url: str | None, mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is touched."""
    (tmp_path / backups.MANIFEST).write_text(
        f'{{"form": "{form}", "made_at": "2031-03-01T09:00:00Z", "postgresql": 18, "migration": 1, "roles": [],'
        ' "documents_in": "", "heads": [], "digest": null}'
    )
    (tmp_path / backups.DUMP).touch()
    monkeypatch.setenv("DATABASE_URL", url or "")
    parser = argparse.ArgumentParser()
    restoring.add_commands(parser.add_subparsers())
    arguments = parser.parse_args(["restore", "--from", str(tmp_path)])
    with pytest.raises(BackupError) as refused:
        arguments.run(arguments)
    assert refused.value.mend == mend
