import argparse
import re
from pathlib import Path

import pytest

from service import doctor, seals, timestamps, tracing
from service.doctor import (
    LIBRARIES,
    Finding,
    check_binaries,
    check_data,
    check_database,
    check_extras,
    check_kept,
    check_libraries,
    check_python,
    check_secret,
    report,
)
from service.settings import read_settings
from tests.conftest import administer
from tests.service.conftest import Market, done

MAKEFILE = Path(__file__).parent.parent.parent / "Makefile"


def commands() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    doctor.add_commands(parser.add_subparsers(required=True))
    return parser


def test_a_machine_that_lacks_nothing_is_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
):
    if mend := check_libraries(LIBRARIES).mend:
        pytest.skip(mend)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("TENDERSCORE_DATA", str(tmp_path))
    args = commands().parse_args(["doctor"])
    assert args.run(args) == 0
    said = capsys.readouterr().out
    assert "MISSING" not in said
    assert f"TENDERSCORE_DATA={tmp_path}" in said


def test_what_is_missing_comes_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
):
    monkeypatch.setenv("TENDERSCORE_PG_BIN", str(tmp_path))
    args = commands().parse_args(["doctor"])
    assert args.run(args) == 1
    assert re.search(
        r"MISSING PostgreSQL: TENDERSCORE_PG_BIN is .*\n +to mend: .* -m pip install", capsys.readouterr().out
    )


def test_a_setting_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setenv("TENDERSCORE_PORT", "http")
    args = commands().parse_args(["doctor"])
    assert args.run(args) == 1
    assert "TENDERSCORE_PORT" in capsys.readouterr().out


def test_missing_libraries_for_pdf_are_named_with_what_installs_them():
    """The same packages that the first command of the README installs."""
    finding = check_libraries(("libc.so.6", "libpango-9.so.9"))
    assert finding.found == "libpango-9.so.9 not found"
    packages = re.search(r"^PANGO := (.*)$", MAKEFILE.read_text(), re.MULTILINE)
    assert finding.mend == f"sudo apt-get install {packages[1]}"
    assert check_libraries(("libc.so.6",)).mend == ""


def test_a_secret_is_looked_at_before_it_is_needed(tmp_path: Path):
    """Missing, open to others, spoiled or fit; none of its lines is ever shown."""
    own = {"TENDERSCORE_DATA": str(tmp_path)}
    assert check_secret(read_settings(own)).found.endswith("is made at the first start")
    assert "keep a copy apart" in check_secret(read_settings({"DATABASE_URL": "postgresql://db/x"})).mend
    file = tmp_path / "secret"
    given = read_settings(own | {"TENDERSCORE_SECRET_FILE": str(file)})
    assert check_secret(given).mend.startswith("umask 077; tenderscore secret >")
    file.write_text("ab" * 32 + "\n")
    file.chmod(0o644)
    assert check_secret(given).mend == f"chmod 600 {file}"
    file.chmod(0o600)
    finding = check_secret(given)
    assert (finding.mend, "ab" * 32 in finding.found) == ("", False)
    assert "1 line; keep a copy apart" in finding.found


def test_a_library_that_a_setting_needs_is_named(monkeypatch: pytest.MonkeyPatch):
    """Before the first request for a stamp or the first trace that is lost."""
    asked = {"TENDERSCORE_TSA_URL": "http://tsa", "TENDERSCORE_OTLP_URL": "http://collector:4318"}
    asked |= {"TENDERSCORE_REPORT_SEAL_FILE": "/seal.p12"}
    assert check_extras(read_settings({})) == []
    for module in (timestamps, tracing, seals):
        monkeypatch.setattr(module, "find_spec", lambda _name: None)
    assert [(one.what, one.mend) for one in check_extras(read_settings(asked))] == [
        ("Time stamps", "pip install 'tenderscore[tsa]'"),
        ("Traces", "pip install 'tenderscore[otel]'"),
        ("Seals on reports", "pip install 'tenderscore[sign]'"),
    ]


def test_an_old_python_is_named():
    assert check_python((3, 10, 4)) == Finding("Python", "3.10.4 is too old", "sudo apt-get install python3.11-venv")
    assert check_python((3, 11, 2)).mend == ""


def test_the_embedded_server_is_found_with_its_version():
    finding = check_binaries(read_settings({}))
    assert re.match(r"\d+\.\d+ in /", finding.found)
    assert finding.mend == ""


def test_a_data_folder_that_does_not_exist_yet_is_fine(tmp_path: Path):
    assert check_data(tmp_path / "new" / "deeper", least_bytes=1).mend == ""


def test_a_data_folder_that_cannot_be_written_or_is_full_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    assert "not a folder" in check_data(tmp_path / "file", least_bytes=1).found
    assert check_data(tmp_path / "file" / "below", least_bytes=1).mend.startswith("export TENDERSCORE_DATA=")
    assert "too little" in check_data(tmp_path, least_bytes=10**18).found


async def test_a_database_of_one_s_own_is_tried(dsn: str):
    finding = await check_database(dsn, "")
    assert finding.mend == ""
    assert finding.found.endswith(" answers and is migrated")


async def test_a_database_that_does_not_answer_is_shown_without_its_password():
    finding = await check_database("postgresql://app:s3cret@127.0.0.1:9/x", "")
    assert "does not answer" in finding.found
    assert "s3cret" not in report([finding])


async def test_a_line_of_the_secrets_that_is_lost_is_told(market: Market, tmp_path: Path):
    """Before somebody needs what it wrapped or signed; with the line behind the first one all is well."""
    done(await market.alder.submit(await market.publish()))
    file = tmp_path / "secret"
    file.touch(0o600)
    given = {"DATABASE_URL": market.dsn, "TENDERSCORE_SECRET_FILE": str(file)}
    file.write_text("02" * 32 + "\n")
    finding = await check_kept(market.dsn, read_settings(given))
    assert "what wrapped their keys is lost" in finding.found
    assert finding.mend.startswith("put the lost line back behind the first one")
    file.write_text("02" * 32 + "\n" + "01" * 32 + "\n")
    assert (await check_kept(market.dsn, read_settings(given))).mend == ""


async def test_a_database_that_is_behind_is_mended_by_migrating(dsn: str):
    await administer(dsn, "DELETE FROM schema_migrations WHERE number = 1")
    finding = await check_database(dsn, "")
    assert "lacks 0001_organisations.sql" in finding.found
    assert finding.mend == "tenderscore migrate"
