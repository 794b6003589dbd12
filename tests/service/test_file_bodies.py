"""A file as a body: announced, hashed as it comes, whole or not at all."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from service.file_bodies import FileUploadInterrupted, Flow
from tests.make_contract import watched
from tests.service.conftest import Market, done, refused


def receiving(*messages: dict[str, Any]) -> Any:
    """What a server hands on, message by message."""
    left = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(left)

    return receive


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def all_of(flow: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in flow])


async def test_a_body_is_hashed_as_it_comes() -> None:
    flow = Flow(receiving(part(b"week,"), part(b""), part(b"number", more=False)), 11)
    assert await all_of(aiter(flow)) == b"week,number"
    assert flow.hash.hexdigest() == hashlib.sha256(b"week,number").hexdigest()


async def test_a_body_is_written_to_a_file_as_it_comes(tmp_path: Path) -> None:
    flow = Flow(receiving(part(b"week,"), part(b"number", more=False)), 11)
    await flow.into(tmp_path / "body")
    assert (tmp_path / "body").read_bytes() == b"week,number"


@pytest.mark.parametrize("last", [{"type": "http.disconnect"}, part(b"", more=False)])
async def test_a_body_that_breaks_off_is_no_file(last: dict[str, Any]) -> None:
    with pytest.raises(FileUploadInterrupted):
        await all_of(aiter(Flow(receiving(part(b"week,"), last), 11)))


async def test_what_is_no_file_is_refused_before_it_is_sent(market: Market) -> None:
    """A form, JSON, nothing, and no length: each with its own answer."""
    today = await market.owner.fetchval("SELECT clock_timestamp()::date")
    one = await watched(
        market, days={"starts_on": today.isoformat(), "ends_on": f"{today.year + 2}-01-31", "period_months": 12}
    )
    told = {"period": 1, "quantity": "1", "note": "Told."}
    delivery = done(await one.supplier.post(one.path("apprentice-weeks", "deliveries"), told))
    path = f"/deliveries/{delivery['id']}/evidence"
    refused(await one.supplier.post(f"{path}?name=x", {"a": 1}), 415, "unsupported-media-type")
    headers = {"Authorization": f"Bearer {one.supplier.key}", "Content-Type": "text/csv"}
    refused(await market.http.post(f"{path}?name=x", content=b"", headers=headers), 422, "file-empty")
    refused(await market.http.post(path, content=b"x", headers=headers), 422, "invalid-request")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    refused(await market.http.post(f"{path}?name=x", content=pieces(), headers=headers), 411, "file-length-missing")
