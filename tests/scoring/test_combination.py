import hashlib
import itertools
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import InvalidValue, packing
from scoring.combination import Combination, combine
from scoring.lots import (
    ByLotValue,
    ByPreference,
    CombinationRules,
    CombinedOffer,
    LeastCost,
    LotBid,
    MostPoints,
    RankedLot,
)
from scoring.packing import Package, pack
from scoring.tie_break import DrawLots

LEAST = CombinationRules(rule=LeastCost())


def a_lot(name: str, value: str = "0", /, **prices: str) -> RankedLot:
    """A lot whose bids are ranked by price; points are 100 minus the place."""
    ordered = sorted(prices.items(), key=lambda item: Decimal(item[1]))
    bids = tuple(
        LotBid(supplier=supplier, rank=place, price=Decimal(price), points=Decimal(101 - place))
        for place, (supplier, price) in enumerate(ordered, 1)
    )
    return RankedLot(id=name, value=Decimal(value), bids=bids)


def awarded(found: Combination) -> dict[str, str]:
    return {lot: offer.supplier for offer in found.offers for lot in offer.lots}


def sentences(found: Combination) -> str:
    return "\n".join(step.sentence for step in found.notes)


ROADS = (
    a_lot("north", "300", alder="90", birch="100"),
    a_lot("east", "200", alder="90", birch="95"),
    a_lot("south", "100", alder="50", birch="90"),
)


def test_without_limits_the_single_winners_are_the_best_combination():
    """Where nobody offers for several lots and nothing is limited, the cheapest bid of every lot is the answer."""
    found = combine(ROADS, (), LEAST)
    assert awarded(found) == {"north": "alder", "east": "alder", "south": "alder"}
    assert found.price == found.single_winners.price == "230"
    assert "0 less than lot by lot" in sentences(found)


def test_a_combined_offer_wins_when_it_beats_the_sum_of_the_single_winners():
    """Birch loses every lot and still wins north and east together, at 175 against 180."""
    together = CombinedOffer(id="b1", supplier="birch", lots=("north", "east"), price=Decimal(175))
    found = combine(ROADS, (together,), LEAST)
    assert awarded(found) == {"north": "birch", "east": "birch", "south": "alder"}
    assert (found.price, found.single_winners.price) == ("225", "230")
    assert "combined offer b1 of birch for the lots north, east, at 175" in sentences(found)
    assert "That is 5 less than lot by lot." in sentences(found)


def test_a_discount_holds_only_if_all_of_its_lots_are_awarded():
    """7 % off 100 + 95 is 181.35, more than the 180 of the single winners; 12 % off is 171.6 and wins."""
    for percent, winner in (("7", "alder"), ("12", "birch")):
        offer = CombinedOffer(id="b1", supplier="birch", lots=("north", "east"), discount=Decimal(percent))
        found = combine(ROADS, (offer,), LEAST)
        assert awarded(found)["north"] == winner
    assert found.price == "221.6"


def test_least_cost_under_a_limit_is_not_what_lot_by_lot_would_give():
    """Alder, first everywhere, may have two lots: it keeps those in which birch would cost most more."""
    limited = CombinationRules(rule=LeastCost(), max_lots=2)
    found = combine(ROADS, (), limited)
    assert awarded(found) == {"north": "alder", "east": "birch", "south": "alder"}
    assert found.price == "235"
    assert found.single_winners.over_limit == {"alder": 3}
    assert "alder would be awarded 3 lots and may have 2" in sentences(found)


def test_in_the_order_of_value_the_supplier_keeps_its_most_valuable_lots():
    """Published: the most valuable lot first; alder's two lots are then north and east, although south is cheapest."""
    found = combine(ROADS, (), CombinationRules(rule=ByLotValue(), max_lots=2))
    assert awarded(found) == {"north": "alder", "east": "alder", "south": "birch"}
    assert "Lot south goes to birch, rank 2 there; those before it have as many lots as they may." in sentences(found)


def test_by_preference_the_supplier_chooses_which_lots_it_keeps():
    """Alder is first everywhere, may have one and prefers east; birch takes the rest."""
    rule = ByPreference(preferences={"alder": ("east", "north", "south"), "birch": ("north", "east", "south")})
    found = combine(ROADS, (), CombinationRules(rule=rule, own_limits={"alder": 1}))
    assert awarded(found) == {"east": "alder", "north": "birch", "south": "birch"}


def test_a_lot_stays_unawarded_rather_than_break_a_limit():
    """Two suppliers with one lot each cannot have three lots; the dearest to fill is left, and it is said."""
    found = combine(ROADS, (), CombinationRules(rule=LeastCost(), max_lots=1))
    assert found.decided
    assert len(awarded(found)) == 2
    assert found.unawarded == ("north",)
    assert "Lot north is not awarded" in sentences(found)


def test_as_many_lots_as_possible_are_awarded_however_dear():
    """Leaving a lot empty is never a way to save money."""
    lots = (a_lot("north", alder="999999999"), a_lot("east", alder="1"))
    assert awarded(combine(lots, (), LEAST)) == {"north": "alder", "east": "alder"}


def test_most_points_weighs_lots_as_published():
    """With south counting three times, alder's better points there outweigh those of north."""
    lots = (
        RankedLot(id="north", bids=(LotBid(supplier="alder", rank=1, price=Decimal(1), points=Decimal(90)),
                                    LotBid(supplier="birch", rank=2, price=Decimal(1), points=Decimal(80)))),
        RankedLot(id="south", bids=(LotBid(supplier="alder", rank=1, price=Decimal(1), points=Decimal(85)),
                                    LotBid(supplier="birch", rank=2, price=Decimal(1), points=Decimal(80)))),
    )  # fmt: skip
    plain = combine(lots, (), CombinationRules(rule=MostPoints(), max_lots=1))
    weighed = combine(lots, (), CombinationRules(rule=MostPoints(weights={"south": Decimal(3)}), max_lots=1))
    assert awarded(plain) == {"north": "alder", "south": "birch"}
    assert awarded(weighed) == {"north": "birch", "south": "alder"}
    assert weighed.points == "335"


EQUAL = (a_lot("north", alder="100", birch="100"), a_lot("south", alder="100", birch="100"))


def test_equal_combinations_without_a_published_tie_break_are_left_undecided():
    """Two ways to share two lots cost the same; nothing published chooses, so nothing is awarded and both are shown."""
    found = combine(EQUAL, (), CombinationRules(rule=LeastCost(), max_lots=1))
    assert not found.decided
    assert found.offers == ()
    assert (found.price, found.equally_good, len(found.alternatives)) == (None, 2, 2)
    assert "choose none of them" in sentences(found)


def test_published_tie_breaks_apply_in_order():
    """Of four equally cheap combinations, the published wish for fewer suppliers leaves two, more points one."""
    points = {"alder": Decimal(9), "birch": Decimal(7)}
    bids = tuple(LotBid(supplier=name, rank=1, price=Decimal(100), points=points[name]) for name in points)
    lots = (EQUAL[0], RankedLot(id="south", bids=bids))
    rules = CombinationRules(rule=LeastCost(), tie_break=("fewer_suppliers", "more_points"))
    found = combine(lots, (), rules)
    assert found.equally_good == 4
    assert found.decided_by == "more_points"
    assert awarded(found) == {"north": "alder", "south": "alder"}


def test_lots_are_drawn_with_the_secret_whose_digest_was_published():
    """Until the secret is revealed nothing is decided; with it, anybody can draw again; another one is refused."""
    commitment = hashlib.sha256(b"dew point").hexdigest()
    rules = CombinationRules(rule=LeastCost(), max_lots=1, tie_break=(DrawLots(commitment=commitment),))
    assert not combine(EQUAL, (), rules).decided
    found = combine(EQUAL, (), rules, draw_secret="dew point")
    assert found.decided_by == "lots"
    assert found == combine(EQUAL, (), rules, draw_secret="dew point")
    with pytest.raises(InvalidValue, match="not the one whose SHA-256 was published"):
        combine(EQUAL, (), rules, draw_secret="another")


def test_more_equal_combinations_than_can_be_compared_are_left_undecided():
    """Twelve lots at the same price from two suppliers are 4096 equal ways; nothing is awarded by chance."""
    lots = tuple(a_lot(f"lot-{number}", alder="100", birch="100") for number in range(12))
    found = combine(lots, (), LEAST)
    assert not found.decided
    assert found.equally_good == packing.MOST_EQUAL + 1


@pytest.mark.parametrize(
    ("rules", "offers", "message"),
    [
        (CombinationRules(rule=ByLotValue()), ("north", "east"), "knows no combined offers"),
        (LEAST, ("north", "west"), "names the lot 'west', which is not there"),
        (CombinationRules(rule=ByPreference(preferences={}), max_lots=1), (), "states no preference for lot"),
    ],
)
def test_rules_and_offers_that_do_not_fit_are_refused(rules: CombinationRules, offers: tuple[str, ...], message: str):
    """What the published rule cannot judge is refused before anybody is awarded anything."""
    combined = (CombinedOffer(id="b1", supplier="birch", lots=offers, discount=Decimal(5)),) if offers else ()
    with pytest.raises(InvalidValue, match=message):
        combine(ROADS, combined, rules)


def test_shared_ranks_are_settled_lot_by_lot_first():
    """Awarding in the order of value needs one first bid; two of the same rank are the lot's own tie-break's matter."""
    bids = tuple(LotBid(supplier=name, rank=1, price=Decimal(1)) for name in ("alder", "birch"))
    with pytest.raises(InvalidValue, match="several bids of rank 1; apply its own tie-break first"):
        combine((RankedLot(id="north", bids=bids),), (), CombinationRules(rule=ByLotValue()))


def test_a_case_and_its_outcome_travel_as_json():
    """Rules, lots and offers decode from JSON, and the outcome encodes to it, decimals as strings."""
    rules = msgspec.json.decode(
        b'{"rule":{"id":"least_cost"},"max_lots":2,"tie_break":["lower_cost",{"id":"lots","commitment":"%s"}]}'
        % (b"0" * 64),
        type=CombinationRules,
    )
    found = combine(ROADS, (), rules)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Combination) == found


# Against every possibility


@st.composite
def cases(draw: st.DrawFn):
    lots = draw(st.integers(1, 4))
    suppliers = [f"s{number}" for number in range(draw(st.integers(1, 3)))]
    amounts = st.sampled_from([Decimal(1), Decimal(2), Decimal("2.5"), Decimal("3.3333")])
    singles = [
        RankedLot(
            id=f"lot-{lot}",
            value=Decimal(draw(st.integers(0, 2))),
            bids=tuple(
                LotBid(supplier=name, rank=place, price=draw(amounts), points=draw(amounts))
                for place, name in enumerate(draw(st.permutations(suppliers))[: draw(st.integers(0, 3))], 1)
            ),
        )
        for lot in range(lots)
    ]
    subsets = [list(some) for size in range(2, lots + 1) for some in itertools.combinations(range(lots), size)]
    combined = [
        CombinedOffer(
            id=f"c{number}", supplier=draw(st.sampled_from(suppliers)), lots=tuple(f"lot-{lot}" for lot in some),
            price=draw(amounts) * len(some), points=draw(amounts),
        )
        for number, some in enumerate(draw(st.lists(st.sampled_from(subsets), max_size=4)) if subsets else [])
    ]  # fmt: skip
    limit = draw(st.one_of(st.none(), st.integers(1, 3)))
    return singles, combined, limit


def every_combination(singles: list[RankedLot], combined: list[CombinedOffer], limit: int | None):
    """All ways to award lots, plainly: (lots awarded, price, points, offers)."""
    offers = [
        (bid.supplier, {lot.id}, bid.price, bid.points, ("single", lot.id)) for lot in singles for bid in lot.bids
    ]
    offers += [(one.supplier, set(one.lots), one.price, one.points, (one.id, "")) for one in combined]
    for size in range(len(singles) + 1):
        for some in itertools.combinations(offers, size):
            lots = [lot for offer in some for lot in offer[1]]
            held = {name: sum(len(offer[1]) for offer in some if offer[0] == name) for name in {o[0] for o in some}}
            if len(lots) == len(set(lots)) and all(limit is None or count <= limit for count in held.values()):
                yield (
                    len(lots),
                    sum((Fraction(o[2]) for o in some), Fraction(0)),
                    sum((Fraction(o[3]) for o in some), Fraction(0)),
                )


@settings(max_examples=60, deadline=None)
@given(cases(), st.booleans())
def test_the_best_combination_is_the_best_of_all(case, by_points):
    """Compared with every possible award: as many lots as possible, then the least cost or the most points; exactly."""
    singles, combined, limit = case
    found = combine(
        singles, combined, CombinationRules(rule=MostPoints() if by_points else LeastCost(), max_lots=limit)
    )
    ways = list(every_combination(singles, combined, limit))
    best = max((count, points if by_points else -price) for count, price, points in ways)
    equal = sum((count, points if by_points else -price) == best for count, price, points in ways)
    assert found.equally_good == equal
    assert found.decided is (equal == 1)
    if found.decided:
        assert len(awarded(found)) == best[0]
        assert (Fraction(found.points or 0) if by_points else -Fraction(found.price or 0)) == best[1]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_preferences_leave_nobody_who_would_rather_have_another_lot(case):
    """No supplier and lot would both rather have each other than what they have: the outcome is stable."""
    singles, _, limit = case
    limit = limit or 1
    names = sorted({bid.supplier for lot in singles for bid in lot.bids})
    preferences = {name: tuple(lot.id for lot in singles) for name in names}
    found = combine(singles, (), CombinationRules(rule=ByPreference(preferences=preferences), max_lots=limit))
    held = awarded(found)
    for lot in singles:
        winner_rank = next((bid.rank for bid in lot.bids if bid.supplier == held.get(lot.id)), 99)
        for bid in lot.bids:
            own = [name for name, supplier in held.items() if supplier == bid.supplier]
            wants = len(own) < limit or any(
                preferences[bid.supplier].index(name) > preferences[bid.supplier].index(lot.id) for name in own
            )
            assert not (bid.rank < winner_rank and wants)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 15), st.integers(-4, 9)), max_size=12),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)),
)
def test_the_linear_relaxation_never_changes_an_answer(offers, limits):
    """Floats only say where to look first: with and without them the same selections are found, equal ones included."""
    packages = [Package(*offer) for offer in offers] + [Package("", 1 << lot, 50) for lot in range(4)]
    plain = pack(packages, 4, limits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "PLAIN_NODES", 0)
        assert pack(packages, 4, limits) == plain


def test_a_hundredth_decides_among_amounts_of_which_floats_see_no_difference():
    """12 lots, 6 suppliers, at most 3 lots each, prices of 10^17 and some hundredths: the hundredths are minimised."""
    extra = {(supplier, lot): pow(3, 20 * supplier + lot + 1, 10007) for supplier in range(6) for lot in range(12)}
    small = [Package(f"s{supplier}", 1 << lot, cost) for (supplier, lot), cost in extra.items()]
    large = [package._replace(cost=package.cost + 10**17) for package in small]
    limits = {f"s{supplier}": 3 for supplier in range(6)}
    found = pack(large, 12, limits)
    assert found is not None
    assert found.cost - 12 * 10**17 == pack(small, 12, limits).cost
    assert 10.0**17 + 1 == 10.0**17
