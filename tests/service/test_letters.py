"""A letter as data: what it must contain by kind, and that it is kept as it was made."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

import scoring
from scoring.tie_break import ticket
from service import letters
from service.examples import BID
from service.legal import LetterKind
from service.letters import BidFacts, Sources
from service.tenders import TenderLot, TenderRow
from tests.make import a_rules

ALDER, BIRCH, CEDAR = (UUID(int=number) for number in (1, 2, 3))
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def sources(kind: LetterKind = "assessment_summary", hidden: dict[tuple[UUID, str], str] | None = None) -> Sources:
    """Three bids, of which Cedar's is cheapest and Birch's wins."""
    rules = msgspec.convert(a_rules(), scoring.Lot)
    offers = {ALDER: ("1184500.00", "3"), BIRCH: ("1000000.00", "5"), CEDAR: ("873210.00", "2")}
    bids = [
        scoring.OpenedBid(id=str(bid), values=BID["values"] | {"price": price, "method-statement": mark})
        for bid, (price, mark) in offers.items()
    ]
    tender: dict[str, Any] = dict.fromkeys(TenderRow.__struct_fields__) | {
        "id": UUID(int=9),
        "buyer": "Northgate",
        "reference": "SOLAR-7",
        "title": "Solar roofs",
        "currency": "GBP",
        "time_zone": "Europe/London",
    }
    lot: dict[str, Any] = dict.fromkeys(TenderLot.__struct_fields__) | {
        "id": UUID(int=8),
        "number": 1,
        "rules": rules,
        "title": "Northern schools",
    }
    return Sources(
        tender=TenderRow(**tender),
        lot=TenderLot(**lot),
        kind=kind,
        required=True,
        law=None,
        award_number=1,
        winner_id=BIRCH,
        decision="As recommended.",
        decided_at=AT,
        result=scoring.evaluate(rules, bids),
        address="https://tenders.example/scoring",
        bids={
            bid: BidFacts(bid_id=bid, supplier_id=bid, supplier=f"Bidder {bid.int}", identifier=None, state_reason=None)
            for bid in offers
        },
        agreed={(bid, "method-statement"): "Page 4 is worked out." for bid in offers},
        texts={},
        hidden=hidden or {},
    )


def test_importance_is_the_share_of_the_whole_lot() -> None:
    """Reg. 31: the relative importance. 60 of the 35 for quality are 21 of 100, less than the price's 40, not more."""
    price, quality, social = letters.made_for(sources(), ALDER).own.criteria
    assert (price.importance, quality.importance, social.importance) == ("40 of 100", "35 of 100", "25 of 100")
    assert [one.importance for one in quality.sub_criteria] == ["21 of 100", "14 of 100"]
    assert [one.importance for one in social.sub_criteria] == ["15 of 100", "10 of 100"]
    assert quality.scores_available == (
        "0 to 35 weighted points, the sum of: Method statement up to 21; Work outside school hours up to 14"
    )
    assert quality.method == "by its sub-criteria, whose weighted scores are added up"


def test_a_letter_says_where_its_reader_finds_the_full_rules() -> None:
    """Wherever it is read, also on paper: the whole address."""
    assert letters.made_for(sources(), ALDER).full_rules == f"https://tenders.example/scoring/tenders/{UUID(int=9)}"


def test_instants_are_told_in_words_with_offset_and_city() -> None:
    """In summer as in winter by the tender's own clock; the end of the standstill to the second."""
    given = sources("article_55_notice")
    letter = letters.made_for(given, ALDER)
    assert (letter.decided, letter.standstill_ends) == ("2 March 2026, 12:00:00 (UTC, London)", None)
    tender = msgspec.structs.replace(given.tender, time_zone="Europe/Berlin")
    ends_at = datetime(2026, 4, 13, 22, tzinfo=UTC)
    begun = msgspec.structs.replace(given, tender=tender, standstill_ends_at=ends_at)
    told = letters.made_for(begun, ALDER).standstill_ends
    assert told == "No contract is signed before 14 April 2026, 00:00:00 (UTC+02:00, Berlin)."


def test_a_bid_below_a_published_minimum_reads_by_how_much_in_the_criterions_own_name() -> None:
    """Of its own points only: of the last bid that went on it learns nothing."""
    rules = a_rules()
    rules["criteria"][1]["criteria"][0]["minimum"] = "80"
    lot = msgspec.convert(rules, scoring.Lot)
    given = sources()
    failed = msgspec.structs.replace(
        given,
        lot=msgspec.structs.replace(given.lot, rules=lot),
        result=scoring.evaluate(lot, given.result.inputs),
    )
    own = letters.made_for(failed, ALDER).own
    assert own.state == "disqualified"
    assert own.disqualification == (
        "Method statement: 60 points are below the minimum of 80, so the bid is not ranked."
    )
    rules["criteria"][1] |= {"max_pass": 1}
    del rules["criteria"][1]["criteria"][0]["minimum"]
    lot = msgspec.convert(rules, scoring.Lot)
    passed_by = msgspec.structs.replace(
        given,
        lot=msgspec.structs.replace(given.lot, rules=lot),
        result=scoring.evaluate(lot, given.result.inputs),
    )
    told = letters.made_for(passed_by, ALDER).own.disqualification
    assert told == "It is not among the best bids, as many as were published to go on."


def test_an_agreed_reason_names_the_places_in_the_bid_that_it_rests_on() -> None:
    """A score's explanation is by reference to the tender."""
    told = letters.with_cites("The phasing is worked out.", ["Method statement, p. 4", "Annex 2"])
    assert told == "The phasing is worked out.\n\nIn the tender: Method statement, p. 4; Annex 2."
    assert letters.with_cites("Recorded before places were asked for.", []) == "Recorded before places were asked for."


def test_a_letter_survives_being_stored() -> None:
    """The stored bytes decode to the same letter and give the same bytes again."""
    given = sources()
    letter = letters.made_for(given, ALDER)
    stored = scoring.canonical(letter)
    assert scoring.canonical(msgspec.json.decode(stored, type=letters.Letter)) == stored


SECRET = "dew point over the weir"
LOTS = {"id": "lots", "commitment": hashlib.sha256(SECRET.encode()).hexdigest()}
BY_SHARE = {"id": "criterion", "criterion": "local"}
CHEAP, GOOD = ("40", "40", "1"), ("60", "60", "1")


def why_not(tie_break: list[dict[str, Any]], *offers: tuple[str, str, str], secret: str | None = None) -> str:
    """What the letter of the first of these bids says about the tie, when all have one total: price, quality, share."""
    scale = {"id": "A1", "best": "0", "worst": "100"}
    criteria = [
        {"id": "price", "weighting": "50", "unit": "GBP", "method": scale},
        {"id": "quality", "weighting": "50", "direction": "higher", "method": scale | {"best": "100", "worst": "0"}},
        {"id": "local", "title": "Share of local work", "method": {"id": "text"}},
    ]
    rules = msgspec.convert({"criteria": criteria, "tie_break": tie_break}, scoring.Lot)
    bids = [
        scoring.OpenedBid(
            id=str(UUID(int=place + 1)), values=dict(zip(("price", "quality", "local"), offer, strict=True))
        )
        for place, offer in enumerate(offers)
    ]
    result = scoring.evaluate(rules, bids, secret)
    assert len({bid.total for bid in result.bids}) == 1
    given = sources()
    lot = msgspec.structs.replace(given.lot, rules=rules)
    winner = next(UUID(bid.id) for bid in result.bids if bid.rank == 1 and bid.id != str(ALDER))
    facts = {
        UUID(bid.id): BidFacts(
            bid_id=UUID(bid.id), supplier_id=UUID(bid.id), supplier=bid.id, identifier=None, state_reason=None
        )
        for bid in bids
    }
    tied = msgspec.structs.replace(given, lot=lot, result=result, winner_id=winner, bids=facts)
    told = letters.made_for(tied, ALDER).own.why_not_awarded
    assert told is not None
    return told


def test_a_letter_names_the_tie_break_that_decided() -> None:
    """In the words of the rule that told this bid and the winner apart in the run, and of no other."""
    assert why_not([{"id": "lower_price"}, LOTS], GOOD, CHEAP).endswith("decided: the lower price.")
    assert "more points on everything but the price" in why_not([{"id": "higher_quality"}], CHEAP, GOOD)
    assert "the heaviest criterion" in why_not([{"id": "heaviest"}], GOOD, CHEAP)
    assert "better on Share of local work" in why_not([BY_SHARE], CHEAP, ("40", "40", "2"))
    secret = next(one for one in (f"{SECRET} {n}" for n in range(99)) if drawn_last(one))
    lots = {"id": "lots", "commitment": hashlib.sha256(secret.encode()).hexdigest()}
    assert "lots were drawn" in why_not([{"id": "lower_price"}, lots], CHEAP, CHEAP, secret=secret)


def drawn_last(secret: str) -> bool:
    """Whether Alder loses a draw against Birch."""
    names = [str(ALDER), str(BIRCH)]
    return ticket(secret, names, names[0]) > ticket(secret, names, names[1])


def test_of_two_rules_that_both_split_somewhere_the_one_that_parted_the_two_is_named() -> None:
    """The price parts Alder from the winner; the share only parts the two cheap bids, and the two dear ones."""
    told = why_not([{"id": "lower_price"}, BY_SHARE], GOOD, CHEAP, ("60", "60", "2"), ("40", "40", "2"))
    assert told.endswith("decided: the lower price.")


def test_no_letter_says_that_a_list_decided_which_left_the_two_equal() -> None:
    """An award of earlier releases to one of several first bids is not explained by a tie-break that was none."""
    told = why_not([{"id": "lower_price"}, LOTS], CHEAP, CHEAP)
    assert "nothing that was published tells the two apart" in told
    assert "decided" not in told
