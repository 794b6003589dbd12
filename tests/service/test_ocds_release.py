"""What a release is made of: names of bids and parties, tags by what is new."""

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

from service.ocds_release import Facts, Organisation, bid_name, party_of, tags


def test_a_bid_s_public_name_stays_as_long_as_its_award_and_leads_nowhere() -> None:
    """The same bid has the same name; another award, lot or bid another one; its id does not stand in it."""
    lot, bid = uuid4(), str(uuid4())
    first = cast("Any", SimpleNamespace(lot_id=lot, number=1))
    assert bid_name(first, bid) == bid_name(first, bid)
    others = [SimpleNamespace(lot_id=lot, number=2), SimpleNamespace(lot_id=uuid4(), number=1)]
    names = {bid_name(cast("Any", one), bid) for one in others} | {bid_name(first, str(uuid4())), bid}
    assert bid_name(first, bid) not in names
    assert len(names) == 4


def test_a_party_is_named_by_its_register_and_without_one_by_its_id() -> None:
    """Members of a joint bid may have neither."""
    registered = Organisation(id=uuid4(), name="Alder Ltd", identifier="GB-COH-01234567")
    assert party_of(registered, ("supplier",)).id == "GB-COH-01234567"
    known = Organisation(id=UUID(int=7), name="Birch", identifier=None)
    assert party_of(known, ()).id == f"tenderscore-{UUID(int=7)}"
    assert party_of(Organisation(id=None, name="Cedar & Co", identifier=None), ()).id == "tenderscore-cedar-co"


def facts(lots: int, cancelled: int) -> Facts:
    known = SimpleNamespace(lots=[None] * lots)
    return Facts(cast("Any", known), cast("Any", None), (), cast("Any", [None] * cancelled), (), {}, "")


def test_tags_say_what_is_new_in_the_order_of_a_tender_s_life() -> None:
    """A cancelled lot updates the tender, the last one cancels it; what no event tells of is an update."""
    assert tags(facts(2, 0), ["award 1-1", "tender"]) == ("tender", "award")
    assert tags(facts(2, 0), ["corrigendum 1"]) == ("tenderAmendment",)
    assert tags(facts(2, 1), ["cancellation 1"]) == ("tenderUpdate",)
    assert tags(facts(2, 2), ["cancellation 2"]) == ("tenderCancellation",)
    assert tags(facts(1, 0), ["annulment 1-1"]) == ("awardCancellation",)
    assert tags(facts(1, 0), ["contract 1-1"]) == ("contract",)
    assert tags(facts(1, 0), ["kpis 1-1 1"]) == ("contractUpdate",)
    ended = ["failure 1-1 1", "termination 1-1 1"]
    assert tags(facts(1, 0), ended) == ("implementation", "contractTermination")
    assert tags(facts(1, 0), []) == ("tenderUpdate",)
