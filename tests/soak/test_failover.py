"""One event of the campaign of failovers, where Patroni is at hand; and that it would notice what it is there for."""

import shutil
from pathlib import Path

import pytest

from tests.soak.failover import Progress, a_round, longest_gap, product, workplace
from tests.soak.receipts import Count

PATRONI = shutil.which("patroni")


@pytest.mark.skipif(PATRONI is None, reason="no patroni on the PATH; `make soak SOAK=failover` installs its own")
async def test_a_killed_leader_loses_nothing_that_was_acknowledged():
    progress = Progress(code="")
    with workplace() as place:
        async with product(place, Path(PATRONI or ""), synchronous=True, suppliers=4) as (cluster, stand, market):
            await a_round(progress, cluster, stand, market, ("kill",))
    assert progress.faults() == []


@pytest.mark.parametrize(
    "wrong",
    [
        Progress(code="", count=Count(lost=1)),
        Progress(code="", count=Count(duplicated=1)),
        Progress(code="", late=1),
        Progress(code="", refused={"500 internal-error": 1}),
        Progress(code="", reports_missing=1),
        Progress(code="", died=1),
        Progress(code="", control={"events": 3, "found": 0}),
    ],
    ids=str,
)
def test_whatever_must_not_be_fails_the_campaign(wrong: Progress):
    assert wrong.faults()


class Bids:
    """When bids were acknowledged."""

    def __init__(self, *times: float) -> None:
        self.bids = [type("Bid", (), {"acknowledged_at": at})() for at in times]


def test_a_gap_is_counted_from_the_event_to_the_first_receipt_and_between_any_two():
    assert longest_gap(Bids(1, 2, 12, 13), 3) == 9
    assert longest_gap(Bids(1, 4, 12, 13), 3) == 8
    assert longest_gap(Bids(1), 3) == float("inf")
