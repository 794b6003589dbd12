"""The campaign of upgrades in a short form, and that it notices who was refused."""

import pytest

from tests.soak.receipts import Count
from tests.soak.upgrade import Outcome, campaign


async def test_one_process_takes_the_other_s_place_and_nobody_is_refused() -> None:
    """Every bid is acknowledged at its first try, whichever of the two it came to."""
    outcome = await campaign(1, suppliers=3, control=False, pause=0.05)
    assert outcome.rounds == 1
    assert outcome.bids > 3
    assert outcome.tries == outcome.bids
    assert outcome.faults() == []


@pytest.mark.parametrize(
    "wrong",
    [
        Outcome(unknown=1),
        Outcome(refused={"503 unavailable": 1}),
        Outcome(exits=[0, 1]),
        Outcome(control=0),
        Outcome(count=Count(lost=1)),
    ],
    ids=str,
)
def test_whatever_must_not_be_fails_the_campaign(wrong: Outcome) -> None:
    """A bid that was sent twice, a process that crashed, a control that was not caught."""
    assert wrong.faults()
