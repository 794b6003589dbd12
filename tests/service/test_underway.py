"""Repetitions of an upload that is still under way: they wait for its answer, and nothing of them is kept."""

import asyncio
from uuid import uuid4

import pytest

from service import intake, underway
from tests.service.conftest import Market, done, refused
from tests.service.test_uploads import CONTENT, begun, left, line_to, send


async def test_fifty_repetitions_wait_for_a_slow_first_one_and_get_its_answer(market: Market) -> None:
    """They take none of the supplier's seats: others of its documents come in meanwhile."""
    tender = await market.publish()
    key = str(uuid4())
    async with line_to(market) as line:
        await line.begin(market.alder, tender, len(CONTENT), key=key)
        await line.say(CONTENT[:10])
        await begun(market, tender)
        waiting = [asyncio.create_task(send(market.alder, tender, Idempotency_Key=key)) for _ in range(50)]
        done(await send(market.alder, tender, b"another document"))
        assert await left(market, tender) == (1, 1, 0)
        await line.say(CONTENT[10:])
        first = await line.answer()
        answers = await asyncio.gather(*waiting)
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, first.partition("\r\n\r\n")[2])}
    assert all(answer.headers["Idempotency-Replayed"] == "true" for answer in answers)
    assert await left(market, tender) == (2, 0, 0)


async def test_a_repetition_with_another_body_is_refused_and_the_first_one_kept(market: Market) -> None:
    tender = await market.publish()
    key = str(uuid4())
    async with line_to(market) as line:
        await line.begin(market.alder, tender, len(CONTENT), key=key)
        await begun(market, tender)
        other = asyncio.create_task(send(market.alder, tender, CONTENT + b".", Idempotency_Key=key))
        await line.say(CONTENT)
        assert (await line.answer()).startswith("HTTP/1.1 201")
        refused(await other, 422, "idempotency-key-reused")
    assert await left(market, tender) == (1, 0, 0)


async def test_who_has_waited_long_enough_is_told_to_come_again(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "DUPLICATE_WAIT", 0.05)
    tender = await market.publish()
    key = str(uuid4())
    async with line_to(market) as line:
        await line.begin(market.alder, tender, len(CONTENT), key=key)
        await begun(market, tender)
        answer = await send(market.alder, tender, Idempotency_Key=key)
        refused(answer, 409, "request-in-flight")
        assert answer.headers["Retry-After"] == "5"
        await line.say(CONTENT)
        assert (await line.answer()).startswith("HTTP/1.1 201")
    assert await left(market, tender) == (1, 0, 0)


async def test_a_dead_line_keeps_its_sender_s_repetition_out_no_longer_than_seconds(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just before a deadline nobody has a minute for a connection that may be dead; both are one document."""
    monkeypatch.setattr(underway, "STALLED_SECONDS", 0.0)
    tender = await market.publish()
    key = str(uuid4())
    async with line_to(market) as line:
        await line.begin(market.alder, tender, len(CONTENT), key=key)
        await begun(market, tender)
        answer = await send(market.alder, tender, Idempotency_Key=key)
        done(answer)
        assert "Idempotency-Replayed" not in answer.headers
        await line.say(CONTENT)
        assert answer.text in await line.answer()
    assert await left(market, tender) == (1, 0, 0)


async def test_repetitions_of_a_refused_upload_are_refused_alike(market: Market) -> None:
    """Of one that broke off they are told to come again: it says nothing about them."""
    tender = await market.publish()
    key, cut = str(uuid4()), str(uuid4())
    async with line_to(market) as line, line_to(market) as broken:
        await line.begin(market.alder, tender, len(CONTENT), key=key)
        await broken.begin(market.alder, tender, len(CONTENT), key=cut)
        await begun(market, tender, 2)
        late = asyncio.create_task(send(market.alder, tender, Idempotency_Key=key))
        again = asyncio.create_task(send(market.alder, tender, Idempotency_Key=cut))
        await market.close(tender)
        broken.writer.close()
        problem = refused(await again, 409, "request-in-flight")
        assert "send this one again" in problem["detail"]
        await line.say(CONTENT)
        assert "submission-deadline-passed" in await line.answer()
        refused(await late, 409, "submission-deadline-passed")
    assert await left(market, tender) == (0, 0, 0)
