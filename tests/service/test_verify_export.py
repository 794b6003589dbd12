"""An export is checked without the service: whatever is changed in it is found, and said by its file."""

import hashlib
import io
import json
import zipfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from service import papers, verify_export
from service.verify_export import Checked, NoExport, Told, check, told_by
from tests.make_exports import changed, exported, members
from tests.service.conftest import Market, at_work, done
from tests.service.test_papers import made
from tests.service.test_pdf import can_print

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="module")
async def export(market: Market) -> bytes:
    """An awarded tender with its letters and, where papers can be printed, its opening record."""
    tender, _, _ = await market.awarded()
    await market.send_letters(tender)
    if can_print():
        async with at_work(market, papers.duties):
            await made(market.auditor, f"/lots/{tender['lots'][0]['id']}/opening/record.pdf")
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


def a_result_as_a_paper(files: dict[str, bytes]) -> None:
    result = only(files, "evaluations/")
    files[f"papers/report-{result[len('evaluations/') : -len('.json')]}-en.pdf"] = files[result]


def letters_changed_over(files: dict[str, bytes]) -> None:
    one, other = (path for path in files if path.startswith("letters/"))
    files[one], files[other] = files[other], files[one]


def a_result_under_another_id(files: dict[str, bytes]) -> None:
    files[f"evaluations/{UUID(int=7)}.json"] = files[only(files, "evaluations/")]


def a_result_s_digest_as_a_bid_s(files: dict[str, bytes]) -> None:
    rows = json.loads(files["tables/bid_versions.json"])
    rows[0]["digest"] = hashlib.sha256(files[only(files, "evaluations/")]).hexdigest()
    files["tables/bid_versions.json"] = json.dumps(rows).encode()


def a_bid_s_digest_as_another_bid_s(files: dict[str, bytes]) -> None:
    rows = json.loads(files["tables/bid_versions.json"])
    rows[0]["digest"] = rows[1]["digest"]
    files["tables/bid_versions.json"] = json.dumps(rows).encode()


def test_a_genuine_export_holds(export: bytes, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results come out again, receipts prove their bids, and the command says so; another key is not believed."""
    found = checked(tmp_path, export, key)
    assert found.broken == []
    assert (found.receipts, found.results, found.papers) == (2, 1, 3 if can_print() else 2)
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
        (a_result_as_a_paper, "papers/report-"),
        (letters_changed_over, "letters/"),
        (a_result_under_another_id, f"evaluations/{UUID(int=7)}.json is not in the log."),
        (a_result_s_digest_as_a_bid_s, "tables/bid_versions.json: the log has no such bid"),
        (a_bid_s_digest_as_another_bid_s, "tables/bid_versions.json: the log has no such bid"),
    ],
)
def test_what_was_changed_with_a_manifest_that_fits_is_found(
    export: bytes, key: str, tmp_path: Path, change: Change, said: str
) -> None:
    """Whoever packs the file anew cannot sign the log anew."""
    broken = checked(tmp_path, changed(export, change), key).broken
    assert [line for line in broken if line.startswith(said)], broken


@pytest.mark.parametrize(
    ("kind", "member", "where"),
    [
        ("report.stored", "evaluation_id", "papers/"),
        ("paper.stored", "paper_id", "papers/"),
        ("record.stored", "record_file_id", "papers/"),
        ("bid.replaced", "bid_id", "tables/bid_versions.json"),
        ("tender.drafted", "digest", None),
    ],
)
def test_an_entry_tells_of_what_its_kind_is_about_and_of_nothing_else(
    kind: str, member: str, where: str | None
) -> None:
    """The digest of a draft stands in the log as well, and proves no paper."""
    told = list(told_by({"kind": kind, "data": {member: "one", "digest": "d", "data_digest": "other"}}))
    assert told == ([] if where is None else [Told(where, "one", "d")])


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


def with_its_log_alone(manifest: bytes) -> bytes:
    """A manifest that names no file but the log's checkpoint."""
    told = json.loads(manifest)
    told["members"] = [one for one in told["members"] if one["path"] == "log/checkpoint"]
    return json.dumps(told).encode()


def verdict(folder: Path, content: bytes) -> list[str] | str:
    """What does not hold of a file, or why it is no export."""
    try:
        return checked(folder, content).broken
    except NoExport as error:
        return str(error)


def test_a_damaged_export_always_gets_a_verdict(export: bytes, tmp_path: Path) -> None:
    """Wherever a bit is turned or the file ends: it is no export, or what does not hold is said. Never a crash."""
    files, packed = members(export), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("log/checkpoint", files["log/checkpoint"])
        out.writestr("manifest.json", with_its_log_alone(files["manifest.json"]))
    whole = packed.getvalue()
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 1 << at % 8
        for content in (bytes(broken), whole[:at]):
            assert verdict(tmp_path, content)


def test_a_command_line_says_of_a_damaged_export_what_is_wrong(
    export: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Packed bytes that cannot be unpacked are no reason for a traceback."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("manifest.json", members(export)["manifest.json"])
    broken = bytearray(packed.getvalue())
    broken[60:70] = b"\xff" * 10
    path = tmp_path / "export.zip"
    path.write_bytes(broken)
    assert verify_export.run(Namespace(export=path, key="", service="", login=None)) == 1
    assert "cannot be read" in capsys.readouterr().err
