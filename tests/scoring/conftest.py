"""A lot and its bids written as a case file is, decoded as one, and scored."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

import scoring

Scored = Callable[..., scoring.Evaluation]


def evaluation_of(
    lot: Mapping[str, Any], bids: Mapping[str, Mapping[str, str]], draw_secret: str | None = None
) -> scoring.Evaluation:
    document = {"lot": lot, "bids": [{"id": name, "values": values} for name, values in bids.items()]}
    case = scoring.decode(json.dumps(document).encode(), scoring.Case)
    return scoring.evaluate(case.lot, case.bids, draw_secret)


@pytest.fixture(scope="session")
def scored() -> Scored:
    return evaluation_of


@pytest.fixture(scope="session")
def points() -> Callable[..., dict[str, Decimal]]:
    """Points of offers under one method that is the whole lot."""

    def points_of(method: Mapping[str, Any], *offers: str, **criterion: Any) -> dict[str, Decimal]:
        lot = {"criteria": [{"id": "c", "weighting": "100", "method": method, **criterion}]}
        result = evaluation_of(lot, {f"{index}": {"c": offer} for index, offer in enumerate(offers)})
        by_id = {bid.id: bid for bid in result.bids}
        return [Decimal(by_id[f"{index}"].points["c"]) for index in range(len(offers))]

    return points_of


@pytest.fixture(scope="session")
def figures() -> Callable[..., list[Decimal]]:
    """Figures of (price, quality) pairs under a whole-tender rule, in their order."""

    def figures_of(rule: Mapping[str, Any], *bids: tuple[str, str], price: str = "50") -> list[Decimal]:
        quality = str(100 - Decimal(price))
        criteria = [{"id": "price", "weighting": price, "unit": "GBP"}, {"id": "quality", "weighting": quality}]
        offers = {f"{index}": dict(zip(("price", "quality"), bid, strict=True)) for index, bid in enumerate(bids)}
        result = evaluation_of({"criteria": criteria, "rule": rule}, offers)
        by_id = {bid.id: bid.total for bid in result.bids}
        return [Decimal(by_id[f"{index}"] or "NaN") for index in range(len(bids))]

    return figures_of
