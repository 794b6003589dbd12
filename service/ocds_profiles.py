"""The two profiles of open data: the standard's current extensions, and the set that Find a Tender declares.

Find a Tender's knows no rank, no link from a bid to its lot, no goals and no reasons for withholding; the current
extensions know no standstill, and of ratings and failures only words.
"""

from typing import Final, Literal

from msgspec.structs import replace

from service.ocds import Bids, Contract, Lot, PerformanceFailure, Release, Tender

Profile = Literal["current", "find-a-tender"]

EXAMPLE_EXTENSION: Final = "https://example.org/extensions/bid-evaluation/extension.json"
"""Our extension's name where the service has no address of its own that others could read it at."""

_GITHUB: Final = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_{}_extension/{}/extension.json"
CORE_NOTICE: Final = "contractNotice"
"""The one type of document for notices about contracts that the standard itself has."""

PAGINATION: Final = _GITHUB.format("pagination", "master")
CURRENT: Final = tuple(
    _GITHUB.format(name, branch)
    for name, branch in (
        ("lots", "master"),
        ("bid", "master"),
        ("statistics", "master"),
        ("awardCriteria", "master"),
        ("sustainability", "master"),
        ("bidOpening", "master"),
        ("techniques", "master"),
        ("submissionTerms", "master"),
        ("otherRequirements", "master"),
        ("location", "master"),
        ("metrics", "1.1"),
        ("performance_failures", "master"),
        ("withheldInformation", "master"),
    )
)
"""With every extension that one of these builds upon: a reader that lacks one of those takes all for unknown."""

FIND_A_TENDER: Final = (
    "https://standard.open-contracting.org/profiles/eu/latest/en/extension.json",
    *(
        _GITHUB.format(name, "master")
        for name in (
            "amendment_rationale_classifications",
            "budget_breakdown",
            "contract_completion",
            "documentation",
            "suitability",
            "performance_failures",
        )
    ),
    "https://raw.githubusercontent.com/cabinetoffice/ocds_uk_extension/main/extension.json",
)
"""Source: the packages that Find a Tender publishes."""


def extensions_of(profile: Profile, evaluation: str) -> tuple[str, ...]:
    """What a package of a profile declares; `evaluation` is the address of our own extension."""
    return (*CURRENT, evaluation) if profile == "current" else FIND_A_TENDER


def for_find_a_tender(release: Release) -> Release:
    """The release without what is unknown to the extensions that Find a Tender declares."""
    return replace(
        release,
        tender=_tender_for_find_a_tender(release.tender),
        awards=tuple(
            replace(one, related_bids=(), related_bid=next(iter(one.related_bids), None)) for one in release.awards
        ),
        bids=None if release.bids is None else _bids_for_find_a_tender(release.bids),
        withheld_information=(),
    )


def for_current(release: Release) -> Release:
    """The release without what only the United Kingdom's extension knows."""
    awards = tuple(replace(one, standstill_period=None, assessment_summaries_date_sent=None) for one in release.awards)
    return replace(release, awards=awards, contracts=tuple(map(_contract_for_current, release.contracts)))


def _contract_for_current(contract: Contract) -> Contract:
    documents = tuple(
        replace(one, document_type=one.document_type if one.document_type == CORE_NOTICE else None, notice_type=None)
        for one in contract.documents
    )
    done = contract.implementation
    if done is not None:
        metrics = tuple(
            replace(one, observations=tuple(replace(each, measure_classification=None) for each in one.observations))
            for one in done.metrics
        )
        failures = tuple(
            PerformanceFailure(id=one.id, category=one.category, penalty_imposed=one.penalty_imposed)
            for one in done.performance_failures
        )
        done = replace(done, metrics=metrics, performance_failures=failures)
    return replace(contract, documents=documents, implementation=done)


def _tender_for_find_a_tender(tender: Tender) -> Tender:
    only = tender.lots[0].bid_opening if len(tender.lots) == 1 else None
    return replace(tender, bid_opening=only, lots=tuple(map(_lot_for_find_a_tender, tender.lots)))


def _lot_for_find_a_tender(lot: Lot) -> Lot:
    asked = lot.award_criteria
    if asked is not None:
        asked = replace(asked, criteria=tuple(replace(one, id=None) for one in asked.criteria))
    return replace(lot, award_criteria=asked, has_sustainability=None, sustainability=(), bid_opening=None)


def _bids_for_find_a_tender(bids: Bids) -> Bids | None:
    """Counts, and the bids whose bidders are told: without rank and score another bid would say nothing."""
    details = tuple(
        replace(one, related_lots=(), has_rank=None, rank=None, evaluation=None)
        for one in bids.details
        if one.tenderers
    )
    return Bids(statistics=bids.statistics, details=details) if bids.statistics or details else None
