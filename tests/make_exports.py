"""Exports of tenders for tests: fetched, taken apart, and put together again with something changed."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.service.conftest import Market


async def exported(market: Market, tender: dict[str, Any]) -> bytes:
    """A tender's export, as its auditor gets it."""
    answer = await market.auditor.get(f"/tenders/{tender['id']}/export")
    assert answer.status_code == 200, answer.text
    return answer.content


def members(export: bytes) -> dict[str, bytes]:
    """The files of an export in their order."""
    with zipfile.ZipFile(io.BytesIO(export)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def changed(export: bytes, change: Callable[[dict[str, bytes]], None], *, cunning: bool = True) -> bytes:
    """An export with changed files; `cunning`: with a manifest that fits them."""
    files = members(export)
    change(files)
    if cunning:
        manifest = json.loads(files["manifest.json"])
        manifest["members"] = [
            {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for path, content in files.items()
            if path != "manifest.json"
        ]
        files["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for path, content in files.items():
            packed.writestr(path, content)
    return out.getvalue()
