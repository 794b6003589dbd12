"""The campaign of lost and forged shares in its short form, and that it sees what it is there to see."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.soak import keys, stage
from tests.soak.keys import Campaign, Case, Count, Officer, Progress, faults_of, invented
from tests.soak.stage import Play


@pytest.fixture(scope="module")
async def play() -> AsyncIterator[Play]:
    async with stage.under("keys-short") as place, place.play(suppliers=keys.SUPPLIERS) as opened:
        yield opened


async def test_tenders_open_with_enough_shares_and_stay_closed_with_fewer(play: Play):
    """Six tenders, chosen so that both happen, with lost and with forged shares."""
    count = Count()
    await keys.play_tenders(play, count, range(6))
    assert count.faults == {}
    assert (count.tenders, count.opened + count.stayed_closed) == (6, 6)
    assert min(count.opened, count.stayed_closed, count.lost_shares, count.forged_shares) > 0


async def test_without_a_rehearsal_a_tender_can_be_lost_and_the_campaign_sees_it(play: Play):
    """The negative control: its rehearsal was only written down, and one officer never had a share."""
    assert await keys.run_control(play, 1) == {"closed for good although enough shares are left": 1}


async def test_a_half_opened_lot_is_seen(play: Play):
    count = Count()
    market, owner = play.market, play.owner
    tender = await market.publish()
    await owner.execute("UPDATE lots SET opened_at = clock_timestamp() WHERE id = $1", tender.lots[0])
    await Campaign(play, count).expect_closed(tender.document)
    assert count.faults == {"half opened": 1}


def test_the_invented_cases_are_of_every_kind():
    """Among three hundred: just enough shares, one too few, nobody left, forged and lost ones, 2 of 2 to 6 of 6."""
    officers = [cast("Officer", _Named(number)) for number in range(keys.OFFICERS)]
    cases = [invented(number, officers) for number in range(keys.TENDERS)]
    kinds = Counter(_kind(case) for case in cases)
    assert min(kinds[kind] for kind in ("just enough", "one too few", "spare", "nobody")) > 3
    assert {(case.needed, len(case.officers)) for case in cases} == {
        (m, n) for n in range(2, 7) for m in range(2, n + 1)
    }
    assert sum(bool(case.forgers) and case.opens for case in cases) > 20
    control = [invented(number, officers, lost_at_most=True) for number in range(keys.CONTROL_TENDERS)]
    assert all(len(case.good) == case.needed and case.lost and not case.forgers for case in control)


class _Named:
    def __init__(self, number: int) -> None:
        self.id = number


def _kind(case: Case) -> str:
    if len(case.lost) == len(case.officers):
        return "nobody"
    left = len(case.good) - case.needed
    return {0: "just enough", -1: "one too few"}.get(left, "spare" if left > 0 else "far too few")


def test_what_is_not_caught_fails_the_campaign():
    assert faults_of(Progress(code="", control={"closed": 3})) == []
    assert faults_of(Progress(code="", count=Count(faults={"half opened": 1}), control={"closed": 3})) == [
        "1 × half opened"
    ]
    assert faults_of(Progress(code="", control={})) == ["not caught: a rehearsal that nobody held"]
