"""A letter as data: what it must contain by kind, and that it is kept as it was made."""

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

import scoring
from service import letters
from service.examples import BID
from service.legal import LetterKind
from service.letters import LAWS, REQUIRED, BidFacts, Sources
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


@pytest.mark.parametrize("kind", get_args(LetterKind))
def test_every_kind_of_letter_has_its_law_and_what_that_asks_for(kind: LetterKind) -> None:
    """A kind without a list of required fields would go out empty."""
    assert LAWS[kind]
    assert REQUIRED[kind]
    given = sources(kind)
    found = list(letters.missing(given, letters.made_for(given, ALDER)))
    assert found
    assert all(one.reference and one.mend.startswith("PUT /lots/") for one in found)


@pytest.mark.parametrize("kind", get_args(LetterKind))
def test_every_required_field_can_be_given(kind: LetterKind) -> None:
    """What is asked for has a request that gives it; then nothing is missing."""
    given = sources(kind)
    known = letters.known_fields(given.lot, letters.TEXTS, scores=False)
    texts = {}
    for bid in given.bids:
        for one in letters.missing(given, letters.made_for(given, bid)):
            assert one.field in known
            texts[one.bid_id, one.field] = "Given."
    complete = msgspec.structs.replace(given, texts=texts)
    assert [one for bid in given.bids for one in letters.missing(complete, letters.made_for(complete, bid))] == []


def test_importance_is_the_share_of_the_whole_lot() -> None:
    """Reg. 31: the relative importance. 60 of the 35 for quality are 21 of 100, less than the price's 40, not more."""
    price, quality, social = letters.made_for(sources(), ALDER).own.criteria
    assert (price.importance, quality.importance, social.importance) == ("40", "35", "25")
    assert [one.importance for one in quality.sub_criteria] == ["21", "14"]
    assert [one.importance for one in social.sub_criteria] == ["15", "10"]
    assert quality.scores_available == (
        "0 to 35 weighted points, the sum of: Method statement up to 21; Work outside school hours up to 14"
    )
    assert quality.method == "by its sub-criteria, whose weighted scores are added up"


def test_a_letter_says_where_its_reader_finds_the_full_rules() -> None:
    """Wherever it is read, also on paper: the whole address."""
    assert letters.made_for(sources(), ALDER).full_rules == f"https://tenders.example/scoring/tenders/{UUID(int=9)}"


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
