"""How firmly a winner stands can be asked by the panel and by nobody else."""

from uuid import uuid4

import msgspec
import pytest

import scoring
from service import robustness
from tests.service.conftest import Market, done, refused


async def test_the_panel_can_ask_how_firmly_the_winner_stands(market: Market) -> None:
    """Before it signs, the panel sees which weighting, which mark and which price would have changed the winner."""
    _, _, run = await market.evaluated()
    path = f"/evaluations/{run['id']}/sensitivity?draws=200"
    found = done(await market.moderator.get(path))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert found["winner"] == result["winner"]
    price = next(one for one in found["intervals"] if one["criterion"] == "price")
    assert price["weighting"] == "40"
    assert {one["bid"] for one in found["break_even"]} <= {bid["id"] for bid in result["bids"]}
    assert sum(one["counts"][0] for one in found["places"]) == 200
    again = await market.auditor.get(path)
    assert done(again) == found
    assert (await market.moderator.get(f"{path}&seed=2")).content != again.content


async def test_it_is_for_those_who_score_decide_or_audit(market: Market) -> None:
    """A supplier, a colleague without a role and a made-up id are told nothing."""
    _, _, run = await market.evaluated()
    path = f"/evaluations/{run['id']}/sensitivity"
    foreign = await market.alder.get(path)
    refused(foreign, 404, "not-found")
    refused(await market.alder.get(f"/evaluations/{uuid4()}/sensitivity"), 404, "not-found")
    refused(await market.author.get(path), 403, "forbidden")
    refused(await market.moderator.get(f"{path}?draws=10001"), 422, "invalid-request")


def test_what_takes_minutes_is_left_to_the_command() -> None:
    """An answer that would hold a processor for minutes is refused with the command that gives it."""
    lot = scoring.decode(
        msgspec.json.encode(
            {"criteria": [{"id": "price", "weighting": "100", "method": {"id": "A1", "best": "1", "worst": "9"}}]}
        ),
        scoring.Lot,
    )
    few = scoring.evaluate(lot, [scoring.OpenedBid(id=str(bid), values={"price": "2"}) for bid in range(3)])
    robustness.check_size(few)
    many = [scoring.OpenedBid(id=str(bid), values={"price": "2"}) for bid in range(robustness.MOST_CELLS + 1)]
    with pytest.raises(robustness.TooLargeToAnswer):
        robustness.check_size(msgspec.structs.replace(few, inputs=tuple(many)))
