"""What a letter's reader finds out about others: by solving the letter's sums, and by reading its texts."""

from uuid import UUID

import msgspec
import pytest

import scoring
from service import discretion, letters
from service.letters import BidderName, Sources
from tests.make import a_rules
from tests.service.test_letters import ALDER, BIRCH, CEDAR, sources

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


# What texts tell

NAMES = (
    BidderName(ALDER, "name", "Alder Roofing Ltd"),
    BidderName(BIRCH, "name", "Birch & Sons Renewables"),
    BidderName(BIRCH, "identifier", "PPON-1234-BIRCH"),
    BidderName(CEDAR, "name", "Cedar Community Energy CIC"),
    BidderName(CEDAR, "identifier", "GB-COH-09123456"),
    BidderName(CEDAR, "name", "Larch Scaffolding GmbH & Co. KG"),
    BidderName(CEDAR, "identifier", "DE 812 526 315"),
)


def told(text: str, bid: UUID = ALDER, field: str = "further_explanation", **fields: object) -> set[tuple[str, str]]:
    """What is found in the letter to a bidder that says a text in a field about its own bid."""
    given: Sources = msgspec.structs.replace(sources(), names=NAMES, texts={(bid, field): text}, **fields)
    return {(one.kind, one.found) for one in discretion.mentions(given, letters.made_for(given, bid))}


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("CEDAR COMMUNITY ENERGY offered more weeks.", "name", "Cedar Community Energy CIC"),
        ("Cedar was cheaper, but vague.", "name", "Cedar Community Energy CIC"),
        ("Others work with Larch\nScaffolding.", "name", "Larch Scaffolding GmbH & Co. KG"),
        ("See the register: gb coh 09123456.", "identifier", "GB-COH-09123456"),
        ("VAT number DE-812-526-315 was checked.", "identifier", "DE 812 526 315"),
        ("The lowest price was 873210.00.", "price", "873210.00"),
        ("The lowest price was £873,210.", "price", "873210.00"),
        ("Der niedrigste Preis war 873.210,00 €.", "price", "873210.00"),
        ("The lowest price was 873 210 GBP", "price", "873210.00"),
        ("The winner asked 1,000,000.00", "price", "1000000.00"),
    ],
)
def test_a_text_that_tells_of_another_bidder_is_found(text: str, kind: str, found: str) -> None:
    """A name, also of who stands behind a joint bid, an identifier, a price, in whatever way it is written."""
    assert told(text) == {(kind, found)}


@pytest.mark.parametrize(
    "text",
    [
        "Your price of 1,184,500.00 was not the best; Birch & Sons Renewables had more points.",
        "Alder Roofing explained the phasing; PPON-1234-BIRCH is the winner's number.",
        "Cedarwood battens, 1873210 of them, or 873210.75, or 8732100, or 12.873.210 are no bidder and no price.",
        "A community has energy.",
    ],
)
def test_a_reader_may_read_of_itself_and_of_the_winner(text: str) -> None:
    """Negative control: nothing is found in a letter as the law wants it."""
    assert told(text) == set()


def test_the_winner_reads_of_nobody_else() -> None:
    """To it every loser is a third party."""
    assert told("Alder asked 1184500.", BIRCH) == {("name", "Alder Roofing Ltd"), ("price", "1184500.00")}
    assert told("Alder asked 1184500.", ALDER) == set()


def test_the_awards_own_reason_is_searched_and_can_be_said_otherwise_in_a_letter() -> None:
    """It was written for the buyer's people; a text of its own takes its place in a bidder's letter."""
    reason = "Cedar asked 873210.00, but Birch has more quality."
    assert told("Thank you.", decision=reason) == {("name", "Cedar Community Energy CIC"), ("price", "873210.00")}
    assert told("It has the most points.", field="decision", decision=reason) == set()


def test_reasons_of_redactions_and_agreed_reasons_are_searched_too() -> None:
    """Whoever writes them thinks of the field that is hidden, not of who reads the reason instead."""
    given = msgspec.structs.replace(
        sources(hidden={(BIRCH, "explanation:method-statement"): "It compares the bid with Cedar's."}), names=NAMES
    )
    (found,) = discretion.mentions(given, letters.made_for(given, ALDER))
    assert (found.bid_id, found.about_id, found.field) == (ALDER, BIRCH, "explanation:method-statement")
    agreed = given.agreed | {(ALDER, "method-statement"): "Less worked out than Cedar's."}
    (found, _) = discretion.mentions(
        msgspec.structs.replace(given, agreed=agreed),
        letters.made_for(msgspec.structs.replace(given, agreed=agreed), ALDER),
    )
    assert (found.about_id, found.field) == (ALDER, "explanation:method-statement")


def test_a_price_that_is_also_the_readers_own_tells_nothing() -> None:
    """Two bids of one price: its reader knows that number."""
    given = sources()
    inputs = [
        msgspec.structs.replace(bid, values=bid.values | {"price": "1184500"}) if bid.id == str(CEDAR) else bid
        for bid in given.result.inputs
    ]
    assert told("You asked 1184500.00.", result=scoring.evaluate(given.lot.rules, inputs)) == set()
