"""Stored bids changed in a real database, in a short form."""

from collections.abc import AsyncIterator

import pytest

from tests.service.conftest import Market, market_in
from tests.soak.stored import CONTROL, FLIPS, Case, case_of, is_noticed, play


@pytest.fixture
async def market(dsn: str) -> AsyncIterator[Market]:
    async with market_in(dsn) as served:
        yield served


async def test_whatever_is_changed_of_a_stored_bid_is_noticed_and_nothing_else_is(market: Market) -> None:
    """Six cases, random bits among them, and the control that nobody has touched."""
    assert [case.what for case in map(case_of, range(6)) if not await is_noticed(market, case)] == []
    assert not await is_noticed(market, CONTROL)


def test_every_table_s_changes_come_up() -> None:
    what = {case_of(number).what.rpartition(" of ")[2] for number in range(100)}
    assert what >= FLIPS.keys()
    assert len(what) > 15


async def test_a_change_that_goes_unnoticed_is_told() -> None:
    """The campaign's own control: with a buyer who looks at nothing every change is reported."""

    async def blind(_market: Market, _case: Case) -> bool:
        return False

    told: list[tuple[int, list[str]]] = []
    await play(range(3, 7), 60, lambda done, unnoticed: told.append((done, unnoticed)), blind)
    assert told == [(3, []), *((number + 1, [case_of(number).what]) for number in range(3, 7))]
