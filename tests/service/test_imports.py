"""Tenders of other installations: brought by an operator, kept only whole, given back to the byte, never changed."""

from collections.abc import AsyncIterator

import httpx
import pytest
from asyncpg import InsufficientPrivilegeError

from service.exchange import ZIP
from tests.make_exports import changed, exported
from tests.service.conftest import Market, Person, done, refused


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """A body that does not say how long it will be."""
    yield content


async def bring(
    person: Person, content: bytes | AsyncIterator[bytes], key: str, media_type: str = ZIP
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.key}", "Content-Type": media_type}
    return await person.http.post("/imports", params={"key": key}, content=content, headers=headers)


async def test_an_export_is_kept_as_evidence_once_it_holds(market: Market) -> None:
    """Checked, listed, given back; the same is kept once; a changed one, or under another key, is not kept at all."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    await market.open(tender)
    export = await exported(market, tender)
    key = done(await market.anonymous.get("/.well-known/tenderscore-keys.json"))["keys"][0]["public_key"]

    refused(await bring(market.author, export, key), 403, "forbidden")
    refused(await bring(market.operator, b"{}", key, "application/json"), 415, "unsupported-media-type")
    refused(await bring(market.operator, in_pieces(export), key), 411, "file-length-missing")
    refused(await bring(market.operator, b"PK", key), 422, "export-broken")
    refused(await bring(market.operator, export, "A" * 43 + "="), 422, "export-broken")
    damaged = bytearray(export)
    damaged[len(damaged) // 3 : len(damaged) // 3 + 200] = b"\xff" * 200
    refused(await bring(market.operator, bytes(damaged), key), 422, "export-broken")
    forged = changed(export, lambda files: files.update({"log/entries.ndjson": b"{}\n"}))
    assert "log" in refused(await bring(market.operator, forged, key), 422, "export-broken")["errors"][0]["pointer"]

    answer = await bring(market.operator, export, key)
    kept = done(answer)
    assert answer.status_code == 201
    assert (kept["checked"]["tender_id"], kept["checked"]["broken"]) == (tender["id"], [])
    again = await bring(market.operator, export, key)
    assert (again.status_code, again.json()) == (200, kept)
    path = answer.headers["location"]
    assert done(await market.operator.get(path)) == kept
    assert kept in done(await market.operator.get("/imports?limit=200"))["items"]
    assert (await market.operator.get(f"{path}/file")).content == export
    for person in (market.author, market.auditor, market.alder):
        for address in ("/imports", path, f"{path}/file"):
            refused(await person.get(address), 403, "forbidden")

    async with market.owner.transaction():
        await market.owner.execute("SET LOCAL ROLE tenderscore_app")
        for statement in ("UPDATE imported_tenders SET size = 0", "DELETE FROM imported_chunks"):
            with pytest.raises(InsufficientPrivilegeError):
                async with market.owner.transaction():
                    await market.owner.execute(statement)
