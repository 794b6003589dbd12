"""When a contract is looked at again. What is reminded of, and once, is played in test_monitoring."""

from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from service import contract_reminders, db
from service.obligations import Due
from tests.make_contract import watched
from tests.service.conftest import Market
from tests.service.test_deliveries import watched_with

DAY = date(2031, 7, 1)
"""The contract's only day."""


@pytest.mark.parametrize(
    ("today", "to_come", "still_due", "expected"),
    [
        (DAY, [], 0, DAY + timedelta(days=7)),
        (DAY, [DAY + timedelta(days=2)], 0, DAY + timedelta(days=2)),
        (DAY + timedelta(days=1), [], 0, None),
        (DAY + timedelta(days=1), [], 1, DAY + timedelta(days=8)),
        (DAY + timedelta(days=401), [], 1, None),
    ],
)
def test_the_next_look(today: date, to_come: list[date], still_due: int, expected: date | None) -> None:
    """At the next due day, and at least once a week; until nothing is due any more, and not for ever."""
    plan = watched_with().plan
    assert contract_reminders.next_look(plan, to_come, open_still=bool(still_due), today=today) == expected


async def test_making_obligations_asks_for_a_look_and_each_look_for_the_next(market: Market) -> None:
    """The next one waits until its day begins where the tender is; a contract that is gone asks for none."""
    one = await watched(market)
    lot_id = UUID(one.tender["lots"][0]["id"])
    payload = msgspec.json.encode(Due(lot_id, 1, None)).decode()
    count = "SELECT count(*) FROM pgqueuer WHERE entrypoint = $1 AND convert_from(payload, 'UTF8') LIKE $2"
    assert await market.owner.fetchval(count, contract_reminders.REMIND, f"%{lot_id}%") == 1
    async with await db.open_pool(market.dsn, connections=1) as pool:
        await contract_reminders.remind(pool, payload)
        await contract_reminders.remind(pool, msgspec.json.encode(Due(lot_id, 2, None)).decode())
    later = await market.owner.fetchval(f"{count} AND execute_after > now()", contract_reminders.REMIND, f"%{lot_id}%")
    assert later == 1
