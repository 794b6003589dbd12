"""Each profile is cut to what its extensions know, and declares every one that it needs."""

from datetime import UTC, datetime
from decimal import Decimal

from service import ocds_profiles
from service.ocds import Award, Bid, BidEvaluation, Bids, Period, Reference, Release, Statistic, Tender

AT = datetime(2026, 3, 1, tzinfo=UTC)
BUYER = Reference(id="GB-LAE-ABC", name="City")
RELEASE = Release(
    ocid="ocds-213czf-1",
    id="ocds-213czf-1-1",
    date=AT,
    tag=("award",),
    initiation_type="tender",
    language="en",
    parties=(),
    buyer=BUYER,
    tender=Tender(
        id="1",
        title="Benches",
        status="complete",
        procuring_entity=BUYER,
        award_criteria="priceOnly",
        tender_period=Period(end_date=AT),
        lots=(),
    ),
    bids=Bids(
        statistics=(Statistic(id="1-bids", measure="bids", value=2, related_lot="1"),),
        details=(
            Bid(id="won", tenderers=(BUYER,), rank=1, has_rank=True, evaluation=BidEvaluation(total_score=Decimal(9))),
            Bid(id="lost", rank=2, has_rank=True),
        ),
    ),
    awards=(
        Award(
            id="1-1",
            title="Benches",
            status="active",
            date=AT,
            suppliers=(BUYER,),
            related_lots=("1",),
            related_bids=("won",),
            standstill_period=Period(end_date=AT),
            assessment_summaries_date_sent=AT,
        ),
    ),
)


def test_find_a_tender_is_not_sent_what_it_does_not_know() -> None:
    """No rank, no score, no bid that would stand there without either; one related bid; the standstill stays."""
    told = ocds_profiles.for_find_a_tender(RELEASE)
    assert told.bids == Bids(
        statistics=RELEASE.bids.statistics if RELEASE.bids else (), details=(Bid(id="won", tenderers=(BUYER,)),)
    )
    (award,) = told.awards
    assert (award.related_bids, award.related_bid) == ((), "won")
    assert award.standstill_period == Period(end_date=AT)


def test_the_current_extensions_know_no_standstill() -> None:
    """And everything else stays."""
    told = ocds_profiles.for_current(RELEASE)
    (award,) = told.awards
    assert (award.standstill_period, award.assessment_summaries_date_sent, award.related_bids) == (None, None, ("won",))
    assert told.bids == RELEASE.bids


def test_our_own_extension_is_declared_where_it_is_used() -> None:
    """By its own address; Find a Tender's profile does not use it."""
    assert ocds_profiles.extensions_of("current", "https://city.example/extension.json")[-1].startswith("https://city")
    assert not any("city" in one for one in ocds_profiles.extensions_of("find-a-tender", "https://city.example/"))
