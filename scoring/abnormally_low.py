"""Tests for abnormally low prices: each flags a bid for explanation, none ever rejects one.

Every test is arithmetic on prices; whether a test applies is the buyer's published choice. Legal sources are given with
each; those marked "from knowledge" were not re-read.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple, assert_never

import msgspec

from scoring.decimals import require_decimal
from scoring.worked import require_above_zero

TWO, THREE, MANY_BIDS = 2, 3, 15


class Priced(NamedTuple):
    """One ranked bid: price, price before any auction, and its shares of the highest price and quality points."""

    id: str
    price: Fraction
    initial: Fraction
    price_share: Fraction
    quality_share: Fraction


class Alert(NamedTuple):
    """A bid flagged by a test: by which part of it, and the limit that it passed."""

    id: str
    part: str
    limit: Fraction


class Ukraine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="ALT-UA",
):
    """Ukraine: a price at least 40 % below the mean of the others' initial prices, or 30 % below the next bid

    Parameters: mean and next as shares; initial, the criterion with the prices before the auction (the price itself
    unless named). Needs two bids. Exactly at the limit is flagged.
    Source: ProZorro openprocurement.api, prepare_award_milestones.
    """

    mean: Decimal = Decimal("0.40")
    next: Decimal = Decimal("0.30")
    initial: str | None = None

    def __post_init__(self) -> None:
        require_decimal(self.mean, "mean", low=0, high=1)
        require_decimal(self.next, "next", low=0, high=1)


def ukraine(test: Ukraine, bids: Sequence[Priced]) -> list[Alert]:
    """Alerts by ALT-UA; `bids` in order of rank."""
    alerts: list[Alert] = []
    for index, bid in enumerate(bids):
        others = [other.initial for other in bids if other is not bid]
        if not others:
            continue
        limit = (1 - Fraction(test.mean)) * sum(others, start=Fraction(0)) / len(others)
        if bid.price <= limit:
            alerts.append(Alert(bid.id, "mean", limit))
        if index + 1 < len(bids):
            limit = (1 - Fraction(test.next)) * bids[index + 1].price
            if bid.price <= limit:
                alerts.append(Alert(bid.id, "next", limit))
    return alerts


class Poland(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="ALT-PL",
):
    """Poland: at least 30 % below the estimate with VAT, or below the mean of all bids that are not rejected

    Parameters: estimate, with VAT; share.
    Source: PZP art. 224 (from knowledge).
    """

    estimate: Decimal | None = None
    share: Decimal = Decimal("0.30")

    def __post_init__(self) -> None:
        if self.estimate is not None:
            require_above_zero(self.estimate, "estimate")
        require_decimal(self.share, "share", low=0, high=1)


def poland(test: Poland, bids: Sequence[Priced]) -> list[Alert]:
    """Alerts by ALT-PL."""
    limits = {"mean": (1 - Fraction(test.share)) * mean_of([bid.price for bid in bids])}
    if test.estimate is not None:
        limits["estimate"] = (1 - Fraction(test.share)) * Fraction(test.estimate)
    return [Alert(bid.id, part, limit) for bid in bids for part, limit in limits.items() if bid.price <= limit]


class Spain(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="ALT-ES",
):
    """Spain: more than 10 percentage points below the mean of the bids, with other limits for one, two and three bids

    One bid: more than 25 points below the budget. Two: more than 20 below the other. Three: more than 10 below the mean
    (without the highest, if it lies more than 10 above), and always more than 25 below the budget. Four and more: more
    than 10 below the mean; if bids lie more than 10 above it, the mean is taken again without them, over at least the
    three lowest.
    Parameters: budget; reading, whether a point is one percent of the budget ("budget") or of the mean or other bid
    ("mean"). Two readings are in use, and the tender must say which.
    Source: RGLCAP art. 85; Catalan Recomendación 8/2002 (numbers partly from knowledge).
    """

    budget: Decimal
    reading: Literal["budget", "mean"] = "budget"

    def __post_init__(self) -> None:
        require_above_zero(self.budget, "budget")


def spanish_limits(test: Spain, prices: Sequence[Fraction]) -> dict[str, Fraction]:
    """The prices below which ALT-ES flags a bid, by the part of the rule that sets them."""
    budget, ordered = Fraction(test.budget), sorted(prices)

    def points(count: int, measure: Fraction) -> Fraction:
        return Fraction(count, 100) * (budget if test.reading == "budget" else measure)

    below_budget = {"budget": budget - Fraction(25, 100) * budget}
    if len(ordered) <= 1:
        return below_budget if ordered else {}
    if len(ordered) == TWO:
        return {"other": ordered[1] - points(20, ordered[1])}
    mean = mean_of(ordered)
    near = [price for price in ordered if price <= mean + points(10, mean)]
    if len(near) < len(ordered):
        mean = mean_of(ordered[:TWO] if len(ordered) == THREE else near if len(near) >= THREE else ordered[:THREE])
    limits = {"mean": mean - points(10, mean)}
    return limits | below_budget if len(ordered) == THREE else limits


def spain(test: Spain, bids: Sequence[Priced]) -> list[Alert]:
    """Alerts by ALT-ES."""
    limits = spanish_limits(test, [bid.price for bid in bids])
    return [Alert(bid.id, part, limit) for part, limit in limits.items() for bid in bids if bid.price < limit]


class Italy(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="ALT-IT-A",
):
    """Italy, method A: discounts at or above a threshold made of the trimmed mean and the mean excess over it

    One tenth of the bids, rounded up, is left out at each end with all that equal them; M is the mean of the rest, S
    the mean excess of those above M. From 15 bids on the threshold is M + S · (1 − c1 · c2 / 100), c1 and c2 the first
    two decimals of the sum of the rest. Below 15: 1.2 · M if S / M ≤ 0.15, else M + S.
    Parameters: ceiling, on which discounts are reckoned in percent.
    Source: D.Lgs 36/2023 annex II.2 method A (from knowledge); regione-marche code for fewer than 15.

    >>> italian_threshold([Fraction(discount) for discount in range(10, 29, 2)])
    Fraction(23, 1)
    """

    ceiling: Decimal

    def __post_init__(self) -> None:
        require_above_zero(self.ceiling, "ceiling")


def italian_threshold(discounts: Sequence[Fraction]) -> Fraction | None:
    """The anomaly threshold of ALT-IT-A for discounts in percent; nothing when trimming leaves none."""
    ordered = sorted(discounts)
    cut = -(-len(ordered) // 10)
    rest = [one for one in ordered if ordered[cut - 1] < one < ordered[-cut]] if ordered else []
    if not rest:
        return None
    total = sum(rest, start=Fraction(0))
    mean = total / len(rest)
    excess = [one - mean for one in rest if one > mean]
    spread = mean_of(excess) if excess else Fraction(0)
    if len(ordered) < MANY_BIDS:
        return mean * Fraction(6, 5) if mean and spread / mean <= Fraction(15, 100) else mean + spread
    tens, ones = divmod(int(total * 100) % 100, 10)
    return mean + spread * (1 - Fraction(tens * ones, 100))


def italy(test: Italy, bids: Sequence[Priced]) -> list[Alert]:
    """Alerts by ALT-IT-A; the limit is given as a price."""
    ceiling = Fraction(test.ceiling)
    threshold = italian_threshold([100 * (ceiling - bid.price) / ceiling for bid in bids])
    if threshold is None:
        return []
    limit = ceiling * (1 - threshold / 100)
    return [Alert(bid.id, "threshold", limit) for bid in bids if bid.price <= limit]


class FourFifths(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="ALT-IT-4/5",
):
    """Italy, four fifths: price points and quality points both at least 4/5 of their maximum

    Parameters: none. Points are those before any stretching of the scale.
    Source: mediappalti.it; earlier codes, kept by many tenders.
    """


def four_fifths(bids: Sequence[Priced]) -> list[Alert]:
    """Alerts by ALT-IT-4/5."""
    share = Fraction(4, 5)
    return [
        Alert(bid.id, "points", share * 100) for bid in bids if bid.price_share >= share and bid.quality_share >= share
    ]


class Threshold(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="ALT-PT",
):
    """Portugal: below a threshold that the buyer published

    Parameters: threshold, a price; exactly at it is not flagged.
    Source: CCP art. 71 after 2017 (from knowledge).
    """

    threshold: Decimal

    def __post_init__(self) -> None:
        require_decimal(self.threshold, "threshold")


class RelativeLimit(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="ALT-REL",
):
    """Generic: far below the mean or the median, or many standard deviations below the mean

    Parameters: x with of ("mean" or "median"): flagged when p < (1 − x) · that; k: flagged when p lies more than k
    standard deviations (of all bids) below the mean.
    Source: the buyer's own published test.
    """

    x: Decimal | None = None
    of: Literal["mean", "median"] = "mean"
    k: Decimal | None = None

    def __post_init__(self) -> None:
        if self.x is None and self.k is None:
            raise ValueError("x and k are both missing; write x as a share (0.30) or k in standard deviations")
        if self.x is not None:
            require_decimal(self.x, "x", low=0, high=1)
        if self.k is not None:
            require_above_zero(self.k, "k")


def relative_limit(test: RelativeLimit, bids: Sequence[Priced]) -> list[Alert]:
    """Alerts by ALT-REL; distances are compared squared, so that no root is taken."""
    prices = sorted(bid.price for bid in bids)
    if not prices:
        return []
    mean = mean_of(prices)
    alerts: list[Alert] = []
    if test.x is not None:
        middle = (prices[(len(prices) - 1) // 2] + prices[len(prices) // 2]) / 2
        limit = (1 - Fraction(test.x)) * (mean if test.of == "mean" else middle)
        alerts += [Alert(bid.id, test.of, limit) for bid in bids if bid.price < limit]
    if test.k is not None:
        variance = mean_of([(price - mean) ** 2 for price in prices])
        far = Fraction(test.k) ** 2 * variance
        alerts += [
            Alert(bid.id, "deviation", mean) for bid in bids if bid.price < mean and (bid.price - mean) ** 2 > far
        ]
    return alerts


def mean_of(values: Sequence[Fraction]) -> Fraction:
    """The arithmetic mean; 0 of nothing."""
    return sum(values, start=Fraction(0)) / len(values) if values else Fraction(0)


AbnormallyLowTest = Ukraine | Poland | Spain | Italy | FourFifths | Threshold | RelativeLimit


def alerts(test: AbnormallyLowTest, bids: Sequence[Priced]) -> list[Alert]:
    """The bids that a test flags; `bids` in order of rank."""
    match test:
        case Ukraine():
            return ukraine(test, bids)
        case Poland():
            return poland(test, bids)
        case Spain():
            return spain(test, bids)
        case Italy():
            return italy(test, bids)
        case FourFifths():
            return four_fifths(bids)
        case Threshold():
            limit = Fraction(test.threshold)
            return [Alert(bid.id, "threshold", limit) for bid in bids if bid.price < limit]
        case RelativeLimit():
            return relative_limit(test, bids)
        case _:
            assert_never(test)
