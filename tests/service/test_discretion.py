"""What a letter's reader finds out about others: by solving the letter's sums, and by reading its texts."""

from uuid import UUID

import msgspec
import pytest

import scoring
from service import discretion, letters
from tests.make import a_rules
from tests.service.test_letters import ALDER, BIRCH, sources

# Prices that follow


def test_a_score_that_follows_from_the_total_less_the_rest_counts_as_shown() -> None:
    """Redacting the points on the price alone hides nothing; with the total gone as well it does."""
    price, total = (BIRCH, "score:price"), (BIRCH, "total")

    def winner_told(hidden: dict[tuple[UUID, str], str]) -> bool:
        given = sources(hidden=hidden)
        found = discretion.given_away(given, letters.made_for(given, ALDER))
        return any(one.whose == "winner" for one in found.derived)

    assert winner_told({})
    assert winner_told({price: "secret"})
    assert not winner_told({price: "secret", total: "secret"})


@pytest.mark.parametrize(
    ("redacted", "told"),
    [
        (("score:price", "score:method-statement"), True),
        (("score:price", "score:quality"), True),
        (("score:price", "score:method-statement", "score:carbon"), True),
        (("score:price", "score:quality", "score:method-statement"), False),
        (("score:price", "score:quality", "score:method-statement", "score:working-time"), False),
        (("score:price", "total", "score:method-statement"), False),
    ],
)
def test_a_printed_subtotal_gives_back_what_is_redacted_below_it(redacted: tuple[str, ...], told: object) -> None:
    """Sum by sum: a second redaction protects the price only where no sum, and no part of one, tells it."""
    given = sources(hidden={(BIRCH, field): "secret" for field in redacted})
    found = discretion.given_away(given, letters.made_for(given, ALDER))
    assert any(one.whose == "winner" for one in found.derived) is told


def test_the_price_may_be_one_part_of_a_subtotal() -> None:
    """Below a group whose own score and other parts are shown it is told, whatever is redacted elsewhere."""
    rules = a_rules()
    price, quality, social = rules["criteria"]
    costs = {"id": "costs", "title": "Costs", "weighting": "65", "criteria": [price, social]}
    price["weighting"], social["weighting"] = "60", "40"
    rules["criteria"] = [costs, quality]
    lot = msgspec.convert(rules, scoring.Lot)

    def winner_told(*redacted: str) -> bool:
        given = sources(hidden={(BIRCH, field): "secret" for field in ("total", "score:price", *redacted)})
        result = scoring.evaluate(lot, given.result.inputs)
        moved = msgspec.structs.replace(given, lot=msgspec.structs.replace(given.lot, rules=lot), result=result)
        found = discretion.given_away(moved, letters.made_for(moved, ALDER))
        return any(one.whose == "winner" for one in found.derived)

    assert winner_told()
    assert winner_told("score:quality", "score:method-statement")
    assert not winner_told("score:costs")
    assert not winner_told("score:social-value", "score:carbon")


def test_a_disqualified_bidder_can_solve_the_winners_equation() -> None:
    """It has no points of its own; the winner's, with the price of the award notice, give the lowest price."""
    given = sources()
    inputs = [
        msgspec.structs.replace(bid, state="excluded") if bid.id == str(ALDER) else bid for bid in given.result.inputs
    ]
    out = msgspec.structs.replace(given, result=scoring.evaluate(given.lot.rules, inputs))
    found = discretion.given_away(out, letters.made_for(out, ALDER))
    (lowest,) = found.derived
    assert (lowest.whose, lowest.pinned, lowest.third_party) == ("lowest", True, True)


def test_a_formula_that_was_not_examined_says_so() -> None:
    """Points by rank are no equation; that nothing was found is then no proof that nothing follows."""
    rules = a_rules()
    rules["criteria"][0]["method"] = {"id": "P10", "points": ["100", "60", "30"]}
    given = sources()
    lot = msgspec.convert(rules, scoring.Lot)
    ranked = msgspec.structs.replace(
        given,
        lot=msgspec.structs.replace(given.lot, rules=lot),
        result=scoring.evaluate(lot, given.result.inputs),
    )
    assert discretion.given_away(ranked, letters.made_for(ranked, ALDER)).not_examined


def test_a_formula_that_depends_on_nobody_gives_nothing_away() -> None:
    """Negative control: priced against published bounds, no letter tells of another price."""
    given = sources()
    rules = a_rules()
    rules["criteria"][0]["method"] = {"id": "A1", "best": "0", "worst": "2000000"}
    lot = msgspec.convert(rules, scoring.Lot)
    result = scoring.evaluate(lot, given.result.inputs)
    fixed = msgspec.structs.replace(given, lot=msgspec.structs.replace(given.lot, rules=lot), result=result)
    told = discretion.given_away(fixed, letters.made_for(fixed, ALDER))
    assert (told.derived, told.not_examined) == ((), None)
