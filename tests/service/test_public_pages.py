"""What anybody may read costs those who have a key nothing, and is made once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from service import apart, papers, reports
from service.problems import Refusal
from service.public_pages import PublicPages
from tests.service.conftest import Market, refused


class Typesetter:
    """Counts what is typeset."""

    def __init__(self, page: str = "page") -> None:
        self.page = page
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        await asyncio.sleep(0)
        return self.page


async def test_a_page_is_typeset_once_for_all_who_ask_at_the_same_time_and_later():
    pages, typesetter = PublicPages(), Typesetter()
    assert set(await asyncio.gather(*(pages.find("a", typesetter) for _ in range(20)))) == {"page"}
    assert await pages.find("a", typesetter) == "page"
    assert typesetter.made == 1


async def test_the_page_read_longest_ago_makes_room():
    pages, made = PublicPages(most=8), {key: Typesetter(key * 4) for key in "abc"}
    for key in "abacab":
        assert await pages.find(key, made[key]) == key * 4
    assert {key: one.made for key, one in made.items()} == {"a": 1, "b": 2, "c": 1}


async def test_a_page_larger_than_the_room_is_given_and_not_kept():
    pages, typesetter = PublicPages(most=3), Typesetter()
    assert [await pages.find("a", typesetter) for _ in range(2)] == ["page", "page"]
    assert typesetter.made == 2


async def test_what_cannot_be_typeset_is_told_and_holds_no_seat():
    pages = PublicPages()

    async def fail() -> str:
        raise apart.WorkError("There is nothing to print.")

    for _ in range(2):
        with pytest.raises(Refusal, match="nothing to print"):
            await pages.find("a", fail)
    assert await pages.find("a", Typesetter()) == "page"


async def test_readers_without_a_key_take_no_seat_from_those_with_one(market: Market, monkeypatch: pytest.MonkeyPatch):
    """While a public page is being typeset, and however often it is asked for, the panel reads its report."""
    monkeypatch.setattr(reports, "SEAT_SECONDS", 0.2)
    tender, _, run = await market.evaluated()
    sheet = f"/public/lots/{tender['lots'][0]['id']}/scoring-sheet.html"
    whole, started, going_on, begun = apart.run, asyncio.Event(), asyncio.Event(), 0

    async def slowly(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal begun
        if work is papers.shown_paper:
            begun += 1
            started.set()
            await going_on.wait()
        return await whole(work, *args, **kwargs)

    monkeypatch.setattr(apart, "run", slowly)
    first = asyncio.create_task(market.anonymous.get(sheet))
    await started.wait()
    refused(await market.anonymous.get(f"{sheet}?lang=de"), 503, "report-failed")
    assert (await market.auditor.get(f"/evaluations/{run['id']}/report.html")).status_code == 200
    going_on.set()
    assert (await first).status_code == 200
    assert (await market.anonymous.get(sheet)).status_code == 200
    assert begun == 1
