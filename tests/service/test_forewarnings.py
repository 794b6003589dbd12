"""What the panel is warned about before it signs has a name that it answers by."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

import scoring
from service.forewarnings import panel_warning, warnings_of
from service.panel_scores import PanelScore


def test_what_hangs_on_a_third_bid_on_a_tie_or_on_a_low_price_is_warned_of() -> None:
    """A losing bid that makes the winner, a shared place, and a price that looks too low each have a name."""
    price = {"id": "price", "weighting": "50", "unit": "GBP", "method": {"id": "P1"}}
    quality = {"id": "quality", "weighting": "50", "method": {"id": "A1", "best": "100", "worst": "0"}}
    lot = msgspec.convert({"criteria": [price, quality]}, scoring.Lot)
    offers = {"alder": ("100", "60"), "birch": ("120", "75"), "cedar": ("50", "0")}
    bids = [scoring.OpenedBid(id=name, values={"price": one, "quality": two}) for name, (one, two) in offers.items()]
    assert "without-bid/cedar" in {one.name for one in warnings_of(scoring.evaluate(lot, bids))}
    equal = [scoring.OpenedBid(id=name, values={"price": "10", "quality": "50"}) for name in ("alder", "birch")]
    assert "shared-first-place" in {one.name for one in warnings_of(scoring.evaluate(lot, equal))}
    low = msgspec.structs.replace(scoring.evaluate(lot, bids), winner="alder")
    flagged = tuple(msgspec.structs.replace(bid, flags=("abnormally_low:ALT:mean",)) for bid in low.bids)
    first = flagged[0].id
    assert f"abnormally-low/{first}" in {one.name for one in warnings_of(msgspec.structs.replace(low, bids=flagged))}


CHAIR, SECOND = UUID(int=1), UUID(int=2)


def a_mark(criterion: str, person: UUID, *, counts: bool = True) -> PanelScore:
    return PanelScore(
        bid_id=UUID(int=9),
        criterion_id=criterion,
        person_id=person,
        person=f"Person {person.int}",
        version=1,
        value="4",
        reason="Page 4.",
        cites=("Page 4",),
        change_reason=None,
        given_at=datetime(2031, 3, 1, tzinfo=UTC),
        counts=counts,
    )


@pytest.mark.parametrize(
    ("marks", "warned"),
    [
        ([a_mark("quality", SECOND), a_mark("risk", SECOND)], "Every mark that counts is Person 2's"),
        ([a_mark("quality", SECOND), a_mark("risk", CHAIR)], "The chair is the only one who has scored risk."),
        ([a_mark("quality", CHAIR), a_mark("quality", SECOND, counts=False)], "Every mark that counts is Person 1's"),
        ([a_mark("quality", CHAIR), a_mark("quality", SECOND)], None),
        ([], None),
    ],
)
def test_a_chair_who_scores_alone_is_warned_of_too(marks: list[PanelScore], warned: str | None) -> None:
    """By criterion; the marks of somebody who was replaced make nobody a second person."""
    found = list(panel_warning(marks, CHAIR))
    assert [one.name for one in found] == (["one-person-panel"] if warned else [])
    assert all(one.message.startswith(warned or "") for one in found)
