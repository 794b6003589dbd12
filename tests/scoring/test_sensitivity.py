"""How firmly the winner stands, checked against ranking everything anew."""

import random
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from scoring.acceptability import Draw, place_counts
from scoring.canonical import canonical, digest
from scoring.model import Lot, OpenedBid, walk
from scoring.ranking import evaluate
from scoring.sensitivity import sensitivity
from scoring.stability import nearest_turns, nearest_turns_plain
from scoring.worked import MissingValue

GRADES = {"id": "graded", "scale": [{"value": str(grade)} for grade in range(6)]}
FATAL = {"id": "graded", "scale": [{"value": "0", "fatal": True}, *({"value": str(grade)} for grade in range(1, 6))]}


def a_price(weighting: str, method: str = "P1", **parameters) -> dict:
    if method in {"P1", "P2", "P3"}:
        parameters.setdefault("zero", "reject")
    return {"id": "price", "weighting": weighting, "unit": "GBP", "method": {"id": method, **parameters}}


def a_quality(name: str, weighting: str, **fields) -> dict:
    return {"id": name, "weighting": weighting, "method": GRADES, **fields}


def a_lot(*criteria: dict, **fields) -> Lot:
    return msgspec.convert({"criteria": list(criteria), **fields}, Lot)


def some_bids(**values: tuple[str, ...]) -> list[OpenedBid]:
    names = ("price", "a", "b")
    return [OpenedBid(id=bid, values=dict(zip(names, texts, strict=False))) for bid, texts in values.items()]


NESTED = a_lot(a_price("50"), {"id": "q", "weighting": "50", "criteria": [a_quality("a", "60"), a_quality("b", "40")]})
ROOFS = some_bids(alder=("100", "3", "3"), birch=("120", "4", "3"), cedar=("50", "0", "0"))


def reweighed(lot: Lot, criterion: str, weighting: Fraction) -> Lot:
    """The lot with one weighting changed and its siblings keeping their proportions, in a total that stays whole."""

    def change(criteria: list[dict], holder: dict) -> bool:
        if all(one["id"] != criterion for one in criteria):
            return any(change(one.get("criteria", []), one) for one in criteria)
        whole = Fraction(holder.get("total", "100"))
        old = {one["id"]: Fraction(one["weighting"]) for one in criteria}
        rest = whole - old[criterion]
        new = {name: weighting if name == criterion else (whole - weighting) * w / rest for name, w in old.items()}
        unit = Fraction(10**7, 1)
        scaled = {name: int(w * unit * 1000 / whole) for name, w in new.items()}
        first = next(name for name in scaled if name != criterion)
        scaled[first] += 1000 * 10**7 - sum(scaled.values())
        for one in criteria:
            one["weighting"] = f"{Decimal(scaled[one['id']]) / 10**7:f}"
        holder["total"] = "1000"
        return True

    data = msgspec.to_builtins(lot)
    assert change(data["criteria"], data)
    return msgspec.convert(msgspec.json.decode(msgspec.json.encode(data)), Lot)


def a_random_case(seed: int) -> tuple[Lot, list[OpenedBid]]:
    chance = random.Random(seed)
    parts = [chance.randint(1, 9) * 5 for _ in range(4)]
    price = a_price("40", chance.choice(("P1", "P2", "P4")))
    inner = [a_quality(f"c{i}", f"{part}") for i, part in enumerate(parts)]
    lot = a_lot(price, {"id": "q", "weighting": "60", "total": f"{sum(parts)}", "criteria": inner})
    bids = [
        OpenedBid(
            id=f"bid {i}",
            values={"price": str(chance.randint(80, 140)), **{f"c{j}": str(chance.randint(0, 5)) for j in range(4)}},
        )
        for i in range(chance.randint(2, 6))
    ]
    return lot, bids


def test_a_weighting_moves_first_place_exactly_at_the_ends_of_its_interval():
    """Just inside the interval the winner stays, just outside the named rival is first."""
    step = Fraction(1, 1000)
    checked = 0
    for seed in range(25):
        lot, bids = a_random_case(seed)
        found = sensitivity(lot, bids, draws=1)
        for one in found.intervals:
            for end, rival, sign in ((one.lowest, one.rival_below, -1), (one.highest, one.rival_above, 1)):
                if rival is None:
                    assert Fraction(end) in {0, Fraction(one.total)}
                    continue
                inside = Fraction(end) - sign * step
                outside = Fraction(end) + sign * step
                if not Fraction(one.lowest) < inside < Fraction(one.highest) or not 0 < outside < Fraction(one.total):
                    continue
                checked += 1
                assert evaluate(reweighed(lot, one.criterion, inside), bids).winner == found.winner
                after = evaluate(reweighed(lot, one.criterion, outside), bids)
                assert next(bid.rank for bid in after.bids if bid.id == found.winner) > 1
                assert next(bid.rank for bid in after.bids if bid.id == rival) == 1
    assert checked > 60


def test_two_bids_change_places_at_their_reversal_point():
    """At 41 2/3 of 100 within quality Birch and Alder are equal, which the fractions say exactly."""
    found = {
        (one.criterion, one.ahead, one.behind): one.weighting for one in sensitivity(NESTED, ROOFS, draws=1).reversals
    }
    assert found["a", "birch", "alder"] == "125/3"
    assert found["price", "birch", "alder"] == "3600/61"


def test_every_single_grade_that_changes_the_winner_is_found():
    """One step of one grade is enough for Alder in four places, and ranking anew agrees about every other step."""
    found = sensitivity(NESTED, ROOFS, draws=1)
    listed = {(one.bid, one.criterion, one.changed_to): one.winner for one in found.marks}
    for bid in ROOFS:
        for name in ("a", "b"):
            for step in (-1, 1):
                grade = int(bid.values[name]) + step
                if 0 <= grade <= 5:
                    changed = [
                        msgspec.structs.replace(one, values={**one.values, name: str(grade)}) if one is bid else one
                        for one in ROOFS
                    ]
                    winner = evaluate(NESTED, changed).winner
                    key = (bid.id, name, str(grade))
                    assert (listed[key] == winner) if winner != found.winner else key not in listed
    assert len(listed) == 4


def test_a_grade_that_rules_a_bid_out_changes_the_winner_too():
    """Down to a fatal grade the first bid falls out; up from one a bid comes back."""
    lot = a_lot(a_price("50"), {"id": "a", "weighting": "50", "method": FATAL})
    found = sensitivity(lot, some_bids(alder=("100", "1"), birch=("101", "0"), cedar=("300", "1")), draws=1)
    assert [(one.bid, one.changed_to, one.winner) for one in found.marks] == [("alder", "0", "cedar")]


def test_a_bid_one_mark_below_a_hurdle_is_counted():
    """Birch fails the minimum of 60 points by one grade and would otherwise win."""
    lot = a_lot(a_price("50"), a_quality("a", "50", minimum="60"))
    found = sensitivity(lot, some_bids(alder=("200", "3"), birch=("100", "2")), draws=1)
    assert found.winner == "alder"
    assert [(one.bid, one.changed_to, one.winner) for one in found.marks] == [
        ("alder", "2", None),
        ("birch", "3", "birch"),
    ]


def test_leaving_out_a_losing_bid_can_change_the_winner():
    """With relative price points Cedar, which is last, decides between Alder and Birch."""
    found = sensitivity(NESTED, ROOFS, draws=1)
    cedar = next(one for one in found.removals if one.bid == "cedar")
    assert (found.winner, cedar.winner, cedar.reversed_pairs) == ("birch", "alder", (("birch", "alder"),))


def test_absolute_points_need_no_leaving_out():
    """Where no criterion looks at other bids the part is empty and says why."""
    lot = a_lot(a_price("50", "A1", best="60", worst="220"), a_quality("a", "50"))
    found = sensitivity(lot, some_bids(alder=("100", "3"), birch=("120", "4")), draws=1)
    assert found.removals == ()
    assert "other bids" in found.reasons["removals"]


def test_the_break_even_price_wins_and_one_cent_more_does_not():
    """Both ends are ranked anew, with reference values that follow the changed price."""
    for seed in range(15):
        lot, bids = a_random_case(seed)
        for one in sensitivity(lot, bids, draws=1).break_even:
            for price, wins in ((one.wins_at, True), (one.fails_at, False)):
                if price is not None:
                    changed = [
                        msgspec.structs.replace(bid, values={**bid.values, "price": price})
                        if bid.id == one.bid
                        else bid
                        for bid in bids
                    ]
                    assert (evaluate(lot, changed).winner == one.bid) is wins


def test_whole_tender_rules_have_break_even_prices_and_reasons_for_the_rest():
    """Price per quality point adds no weighted points up, so weightings of random draws mean nothing there."""
    lot = a_lot({"id": "price", "unit": "GBP"}, a_quality("a", "100"), rule={"id": "R1", "price": "price"})
    found = sensitivity(lot, some_bids(alder=("100", "3"), birch=("120", "4")), draws=1)
    assert found.winner == "birch"
    assert {one.bid: one.wins_at for one in found.break_even} == {"alder": "89.99", "birch": "133.33"}
    assert {"intervals", "reversals", "places", "spreads"} <= found.reasons.keys()


def test_effective_weights_show_what_a_criterion_decided():
    """A criterion on which all bids earn the same decides nothing, whatever its published weighting."""
    lot = a_lot(a_price("20"), a_quality("a", "70"), a_quality("b", "10"))
    found = sensitivity(lot, some_bids(alder=("100", "4", "5"), birch=("200", "4", "0")), draws=1)
    assert [(one.criterion, one.spread, one.share) for one in found.spreads] == [
        ("price", "10", "0.5"),
        ("a", "0", "0"),
        ("b", "10", "0.5"),
    ]


def test_random_weightings_give_the_same_counts_for_the_same_seed():
    """The digest of all parts is the same on every machine."""
    found = sensitivity(NESTED, ROOFS, draws=2000, seed=7)
    assert digest(found) == digest(sensitivity(NESTED, list(reversed(ROOFS)), draws=2000, seed=7))
    assert [sum(one.counts) for one in found.places] == [2000, 2000, 2000]
    assert found.places != sensitivity(NESTED, ROOFS, draws=2000, seed=8).places


def test_equal_totals_share_the_better_place_under_every_weighting():
    """Two bids with the same points are both first, or both third, never split by their names."""
    counts = place_counts([[5, 5], [9, 1], [5, 5], [5, 5]], draws=500, seed=3)
    assert counts[0] == counts[2] == counts[3]
    assert counts[0][0] + counts[0][1] == 500
    assert counts[0][0] == counts[1][3]


def test_place_counts_agree_with_counting_one_draw_at_a_time():
    """Plain loops over the same draws give the same counts."""
    chance = random.Random(5)
    points = [[chance.randint(0, 10) * 10**7 for _ in range(4)] for _ in range(30)]
    bits = 52 - 5 - (10**8).bit_length()
    weightings = Draw(np, 11, (300, 4), bits).next(300).astype(int).tolist()
    expected = [[0] * 30 for _ in range(30)]
    for *weighting, _ in weightings:
        totals = [sum(w * p for w, p in zip(weighting, row, strict=True)) for row in points]
        for bid, total in enumerate(totals):
            expected[bid][sum(other > total for other in totals)] += 1
    assert place_counts(points, draws=300, seed=11) == expected


def test_turning_points_by_columns_equal_those_by_fractions():
    """Nearest rivals found with floats are those found with fractions, near ties included."""
    chance = random.Random(9)
    for _ in range(20):
        leads = [chance.randint(0, 10**12) for _ in range(40)]
        gaps = [[chance.choice((-1, 0, 1)) * chance.randint(1, 10**12) for _ in range(6)] for _ in leads]
        leads[5], gaps[5] = 2 * leads[4] + 1, [2 * gap for gap in gaps[4]]
        leads[7], gaps[7] = 3 * leads[4], [3 * gap for gap in gaps[4]]
        assert nearest_turns(np.array(leads), np.array(gaps)) == nearest_turns_plain(leads, gaps)


def test_a_single_bid_stands_alone():
    """One bid has no rival: nothing moves it but a grade or price that rules it out, and reasons say so."""
    found = sensitivity(NESTED, ROOFS[:1], draws=10)
    assert found.winner == "alder"
    assert {"intervals", "reversals"} <= found.reasons.keys()
    assert found.places[0].counts == (10,)
    assert found.break_even[0].fails_at is None


def test_a_shared_first_place_has_no_interval():
    """Two equal bids: nobody wins, and the part says why; what would break the tie is listed."""
    found = sensitivity(NESTED, some_bids(alder=("100", "3", "3"), birch=("100", "3", "3")), draws=10)
    assert found.winner is None
    assert found.reasons["intervals"] == "first place is shared"
    assert {one.winner for one in found.marks} == {"alder", "birch"}
    assert [one.wins_at for one in found.break_even] == ["99.99", "99.99"]


def test_unranked_bids_are_left_out_and_missing_values_refused():
    """An excluded bid takes part in nothing; a bid without a value stops the work as it stops the ranking."""
    out = msgspec.structs.replace(ROOFS[2], state="excluded")
    found = sensitivity(NESTED, [*ROOFS[:2], out], draws=10)
    assert [one.bid for one in found.places] == ["alder", "birch"]
    with pytest.raises(MissingValue):
        sensitivity(NESTED, some_bids(alder=("100", "3")), draws=10)


def test_published_rounding_of_totals_is_said_where_weightings_are_varied():
    """Rounded totals jump, so intervals are worked out before them, and the note tells the reader."""
    lot = a_lot(a_price("50"), a_quality("a", "50"), rounding=[{"stage": "total", "decimals": 0, "mode": "half_up"}])
    found = sensitivity(lot, some_bids(alder=("100", "3"), birch=("120", "4")), draws=1)
    assert any("before the published rounding" in note for note in found.notes)
    assert canonical(found)
    assert [criterion.id for criterion, _ in walk(lot.criteria)] == [one.criterion for one in found.spreads]


def test_a_part_that_is_left_out_says_so_and_changes_no_other():
    lot, bids = NESTED, ROOFS
    whole = sensitivity(lot, bids, draws=50)
    less = sensitivity(lot, bids, draws=50, left_out={"marks": "too many bids"})
    assert less.marks == ()
    assert less.reasons == {**whole.reasons, "marks": "too many bids"}
    assert (less.intervals, less.removals, less.places) == (whole.intervals, whole.removals, whole.places)
