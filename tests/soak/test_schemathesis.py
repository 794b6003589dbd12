"""The description of the interface and its answers agree, in short: three cases an operation."""

from collections.abc import AsyncIterator

import pytest

from service import access
from tests.service.conftest import Market, market_in
from tests.soak.schemathesis import ask


@pytest.fixture
async def served(dsn: str) -> AsyncIterator[Market]:
    """A service on a database of its own: what is asked here leaves much behind, and takes keys away."""
    async with market_in(dsn) as market:
        yield market


async def test_answers_are_as_they_are_described(served: Market) -> None:
    found = await ask(served, served.author, 3, "fuzzing")
    assert found.cases >= 400
    assert found.failures == {}


async def test_every_phase_finds_answers_as_described_where_bids_come_in(served: Market) -> None:
    """Examples, what lies at the limits, chance, and steps that follow each other by links."""
    found = await ask(served, served.alder, 3, "examples,coverage,fuzzing,stateful", "--include-tag", "Bids")
    assert found.cases >= 100
    assert found.failures == {}


async def test_an_answer_that_is_not_described_is_found(served: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: an operation that breaks is told, by the name of what it does."""
    monkeypatch.delitem(access.ROWS, "list_people")
    found = await ask(served, served.author, 3, "fuzzing", "--include-operation-id", "list_people")
    assert any("server" in what.lower() for what in found.failures), found
