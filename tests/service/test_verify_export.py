"""An export is checked without the service: whatever is changed in it is found, and said by its file."""

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from service import verify_export
from service.verify_export import Checked, NoExport, check
from tests.make_exports import changed, exported
from tests.service.conftest import Market, done

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="module")
async def export(market: Market) -> bytes:
    tender, _, _ = await market.awarded()
    return await exported(market, tender)


@pytest.fixture(scope="module")
async def key(market: Market) -> str:
    return done(await market.anonymous.get("/.well-known/tenderscore-keys.json"))["keys"][0]["public_key"]


def checked(folder: Path, content: bytes, key: str = "") -> Checked:
    path = folder / "export.zip"
    path.write_bytes(content)
    return check(path, key)


def only(files: dict[str, bytes], folder: str) -> str:
    return next(path for path in files if path.startswith(folder))


def replace(folder: str, old: bytes, new: bytes) -> Change:
    def change(files: dict[str, bytes]) -> None:
        path = only(files, folder)
        assert old in files[path]
        files[path] = files[path].replace(old, new, 1)

    return change


def without(folder: str) -> Change:
    return lambda files: files.pop(only(files, folder)) and None


def last_entry_gone(files: dict[str, bytes]) -> None:
    files["log/entries.ndjson"] = b"".join(files["log/entries.ndjson"].splitlines(keepends=True)[:-1])


def another_bid(files: dict[str, bytes]) -> None:
    rows = json.loads(files["tables/bid_versions.json"])
    files["tables/bid_versions.json"] = json.dumps([*rows, {**rows[0], "digest": "0" * 64}]).encode()


def test_a_genuine_export_holds(export: bytes, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results come out again, receipts prove their bids, and the command says so; another key is not believed."""
    found = checked(tmp_path, export, key)
    assert found.broken == []
    assert (found.receipts, found.results) == (2, 1)
    assert verify_export.run(Namespace(export=tmp_path / "export.zip", key=key, login=None)) == 0
    assert "VERIFIED." in capsys.readouterr().out
    assert checked(tmp_path, export, "A" * 43 + "=").broken == ["It is signed by another key than the one you gave."]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replace("evaluations/", b'"rank":1', b'"rank":2'), "evaluations/"),
        (replace("receipts/", b'"version":1', b'"version":2'), "receipts/"),
        (replace("log/entries", b"bid.submitted", b"bid.withdrawn"), "log: The log is not the one that was signed."),
        (replace("log/checkpoint", b"\n", b"\n\n"), "log:"),
        (last_entry_gone, "log: The log is not the one that was signed."),
        (another_bid, "tables/bid_versions.json: the log has no such bid"),
        (without("log/checkpoint"), "log/checkpoint is missing."),
    ],
)
def test_what_was_changed_with_a_manifest_that_fits_is_found(
    export: bytes, key: str, tmp_path: Path, change: Change, said: str
) -> None:
    """Whoever packs the file anew cannot sign the log anew."""
    broken = checked(tmp_path, changed(export, change), key).broken
    assert [line for line in broken if line.startswith(said)], broken


def test_what_was_changed_without_a_fitting_manifest_is_found_by_its_file(export: bytes, tmp_path: Path) -> None:
    """A table, a file too many, one that is gone; what is no export is said to be none."""
    for change, said in (
        (
            replace("tables/award_decisions", b"As recommended.", b"As I like it..."),
            "tables/award_decisions.json was changed.",
        ),
        (lambda files: files.update({"tables/more.json": b"[]"}), "tables/more.json does not belong to it."),
        (without("receipts/"), "is missing."),
    ):
        broken = checked(tmp_path, changed(export, change, cunning=False)).broken
        assert [line for line in broken if said in line], broken
    for content in (b"", b"PK\x03\x04", export[:-100], changed(export, without("manifest"), cunning=False)):
        with pytest.raises(NoExport):
            checked(tmp_path, content)
