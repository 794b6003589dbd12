"""The Open Contracting Data Standard 1.1, as far as we speak it: releases and packages.

Names and meanings are the standard's and its extensions' (standard.open-contracting.org/1.1); what is empty is left
out. Amounts are JSON numbers there, written digit by digit from decimals.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, cast

import msgspec
from msgspec import Struct

Tag = Literal[
    "tender",
    "tenderAmendment",
    "tenderUpdate",
    "tenderCancellation",
    "award",
    "awardCancellation",
    "contract",
    "contractUpdate",
    "implementation",
    "contractTermination",
    "compiled",
]

SocialObjective = Literal["acc-all", "et-eq", "gen-eq", "hum-right", "opp", "work-cond", "other"]
"""Codes of eForms BT-775 that goals are published with."""
EnvironmentalImpact = Literal["biodiv-eco", "circ-econ", "clim-adapt", "clim-mitig", "pollu-prev", "water-mar", "other"]
"""Codes of eForms BT-774."""

VERSION: Final = "1.1"
LANGUAGE: Final = "en"
"""Where a tender does not say in which language its papers come."""


class _Part(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    pass


class Value(_Part, frozen=True, kw_only=True):
    """An amount of money, without VAT unless the tender says otherwise."""

    amount: Decimal | None = None
    currency: str


class Period(_Part, frozen=True, kw_only=True):
    """From when to when."""

    start_date: datetime | None = None
    end_date: datetime | None = None


class Classification(_Part, frozen=True, kw_only=True):
    """A code, and what it stands for."""

    id: str
    description: str | None = None


class Document(_Part, frozen=True, kw_only=True):
    """A document that anybody can read. `notice_type` is the United Kingdom's name of a notice, such as UK9."""

    id: str
    document_type: str | None = None
    title: str
    description: str | None = None
    url: str | None = None
    date_published: datetime | None = None
    format: str | None = None
    language: str | None = None
    related_lots: tuple[str, ...] = ()
    notice_type: str | None = None


class Identifier(_Part, frozen=True, kw_only=True):
    """A register and the number there."""

    scheme: str
    id: str
    legal_name: str | None = None


class Reference(_Part, frozen=True, kw_only=True):
    """An organisation among the parties."""

    id: str
    name: str


class Party(_Part, frozen=True, kw_only=True):
    """An organisation and its roles."""

    id: str
    name: str
    identifier: Identifier | None = None
    roles: tuple[str, ...]

    def reference(self) -> Reference:
        """How other parts name it."""
        return Reference(id=self.id, name=self.name)


class Number(_Part, frozen=True, kw_only=True):
    """A number of an award criterion, and what it is: a weight, a fixed price, or a threshold."""

    number: Decimal
    weight: Literal["percentageExact", "decimalExact", "pointsExact", "order"] | None = None
    fixed: Literal["total", "unit"] | None = None
    threshold: Literal["minimumScore", "maximumBids"] | None = None


class AwardCriterion(_Part, frozen=True, kw_only=True):
    """An award criterion of a lot. `id`, of our extension, begins with the ids of the groups that it is in."""

    id: str | None = None
    type: Literal["price", "cost", "quality"]
    name: str
    description: str
    numbers: tuple[Number, ...] = ()


class AwardCriteria(_Part, frozen=True, kw_only=True):
    """The award criteria of a lot and, in words, how they combine."""

    criteria: tuple[AwardCriterion, ...]
    weighting_description: str | None = None
    order_rationale: str | None = None


class Sustainability(_Part, frozen=True, kw_only=True):
    """A goal beyond the purchase itself, and by which means it is pursued."""

    goal: str
    strategies: tuple[str, ...]
    description: str | None = None


class SubmissionTerms(_Part, frozen=True, kw_only=True):
    """How bids are submitted."""

    electronic_submission_policy: Literal["required"]
    variant_policy: Literal["allowed", "notAllowed"]


class BidOpening(_Part, frozen=True, kw_only=True):
    """When the bids were opened, and how."""

    date: datetime
    description: str


class Unit(_Part, frozen=True, kw_only=True):
    """A unit of measurement."""

    name: str


class Observation(_Part, frozen=True, kw_only=True):
    """A figure of a metric: a target, a promise, or what was delivered in a period."""

    id: str
    period: Period | None = None
    value: Value | None = None
    measure: Decimal | str | None = None
    unit: Unit | None = None
    measure_classification: Classification | None = None
    notes: str | None = None


class Metric(_Part, frozen=True, kw_only=True):
    """Something that is measured, with its figures."""

    id: str
    title: str | None = None
    description: str | None = None
    observations: tuple[Observation, ...] = ()


class Lot(_Part, frozen=True, kw_only=True):
    """A part of the tender that is awarded by itself; its id is its number."""

    id: str
    title: str
    status: Literal["active", "cancelled", "complete"]
    award_criteria: AwardCriteria | None = None
    has_sustainability: bool | None = None
    sustainability: tuple[Sustainability, ...] = ()
    submission_terms: SubmissionTerms | None = None
    bid_opening: BidOpening | None = None


class FrameworkAgreement(_Part, frozen=True, kw_only=True):
    """What a framework agreement is limited to."""

    maximum_participants: int
    value: Value
    period: Period


class Techniques(_Part, frozen=True, kw_only=True):
    """What kind of purchasing the tender sets up."""

    has_framework_agreement: bool | None = None
    framework_agreement: FrameworkAgreement | None = None


class Amendment(_Part, frozen=True, kw_only=True):
    """A corrigendum, or that lots were cancelled."""

    id: str
    date: datetime
    rationale: str
    related_lots: tuple[str, ...] = ()


class Tender(_Part, frozen=True, kw_only=True):
    """The tender as it is published."""

    id: str
    title: str
    description: str | None = None
    status: Literal["active", "cancelled", "complete"]
    procuring_entity: Reference
    value: Value | None = None
    procurement_method: Literal["open"] | None = None
    award_criteria: str
    submission_method: tuple[str, ...] = ()
    submission_method_details: str | None = None
    tender_period: Period
    documents: tuple[Document, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    techniques: Techniques | None = None
    bid_opening: BidOpening | None = None
    lots: tuple[Lot, ...]
    targets: tuple[Metric, ...] = ()


class Score(_Part, frozen=True, kw_only=True):
    """The score of a bid on a criterion, or on all criteria whose ids begin with it (our extension)."""

    criterion: str
    weighted_score: Decimal
    rationale: str | None = None


class BidEvaluation(_Part, frozen=True, kw_only=True):
    """A bid's total and what it is made of (our extension)."""

    total_score: Decimal
    rounding_method: str | None = None
    scores: tuple[Score, ...] = ()


class Bid(_Part, frozen=True, kw_only=True):
    """A bid that was ranked; whose it is is told where the law makes it public."""

    id: str
    status: Literal["valid"] | None = None
    tenderers: tuple[Reference, ...] = ()
    value: Value | None = None
    related_lots: tuple[str, ...] = ()
    has_rank: bool | None = None
    rank: int | None = None
    evaluation: BidEvaluation | None = None


class Statistic(_Part, frozen=True, kw_only=True):
    """A count about the bids for a lot."""

    id: str
    measure: Literal["bids", "validBids"]
    value: int
    related_lot: str


class Bids(_Part, frozen=True, kw_only=True):
    """What is told of the bids."""

    statistics: tuple[Statistic, ...] = ()
    details: tuple[Bid, ...] = ()


class Award(_Part, frozen=True, kw_only=True):
    """An award that a notice has told of; annulled it is cancelled."""

    id: str
    title: str
    description: str | None = None
    status: Literal["active", "cancelled"]
    date: datetime
    value: Value | None = None
    suppliers: tuple[Reference, ...]
    related_lots: tuple[str, ...]
    related_bids: tuple[str, ...] = ()
    related_bid: str | None = None
    documents: tuple[Document, ...] = ()
    standstill_period: Period | None = None
    assessment_summaries_date_sent: datetime | None = None


class PerformanceFailure(_Part, frozen=True, kw_only=True):
    """What a supplier has failed to deliver, and what follows from it; from `description` on the United Kingdom's."""

    id: str
    category: str
    penalty_imposed: str | None = None
    description: str | None = None
    decision_date: datetime | None = None
    penalty_date: datetime | None = None
    penalty_type: Literal["negotiated"] | None = None
    penalty_type_entered: str | None = None
    partial_termination: str | None = None
    suppliers: tuple[Reference, ...] = ()


class Implementation(_Part, frozen=True, kw_only=True):
    """What was delivered under a contract, and what was not."""

    metrics: tuple[Metric, ...] = ()
    performance_failures: tuple[PerformanceFailure, ...] = ()


class Contract(_Part, frozen=True, kw_only=True):
    """A signed contract."""

    id: str
    award_id: str = msgspec.field(name="awardID")
    title: str
    status: Literal["active", "terminated"]
    value: Value | None = None
    date_signed: datetime
    documents: tuple[Document, ...] = ()
    agreed_metrics: tuple[Metric, ...] = ()
    implementation: Implementation | None = None


class Withheld(_Part, frozen=True, kw_only=True):
    """Something that is not published, and why."""

    id: str
    field: str
    name: str
    rationale: str


class Release(_Part, frozen=True, kw_only=True):
    """All that is public of a contracting process at an instant. A release is never changed; a later one follows it."""

    ocid: str
    id: str
    date: datetime
    tag: tuple[Tag, ...]
    initiation_type: Literal["tender"]
    language: str
    parties: tuple[Party, ...]
    buyer: Reference
    tender: Tender
    bids: Bids | None = None
    awards: tuple[Award, ...] = ()
    contracts: tuple[Contract, ...] = ()
    withheld_information: tuple[Withheld, ...] = ()


class Publisher(_Part, frozen=True, kw_only=True):
    """Who publishes a package."""

    name: str


class Links(_Part, frozen=True, kw_only=True):
    """The page after this one (the extension for pagination)."""

    next: str


class ReleasePackage(_Part, frozen=True, kw_only=True):
    """Releases with what their readers must know: where from, by whom, under which licence, with which extensions."""

    uri: str
    version: str
    published_date: datetime
    extensions: tuple[str, ...]
    publisher: Publisher
    license: str | None = None
    releases: Sequence[msgspec.Raw]
    links: Links | None = None


class Record(_Part, frozen=True, kw_only=True):
    """Everything about one contracting process: its releases, and what they amount to."""

    ocid: str
    releases: Sequence[msgspec.Raw]
    compiled_release: msgspec.Raw


class RecordPackage(_Part, frozen=True, kw_only=True):
    """Records with what their readers must know."""

    uri: str
    version: str
    published_date: datetime
    extensions: tuple[str, ...]
    publisher: Publisher
    license: str | None = None
    records: Sequence[Record]


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def encode(part: Struct) -> bytes:
    """A release or package as JSON: decimals as numbers, digit by digit."""
    return _ENCODER.encode(part)


def plain(number: Decimal) -> Decimal:
    """The same number without an exponent, which readers of JSON might take for something else."""
    return Decimal(f"{number:f}")


_REGISTERED: Final = re.compile(r"(?P<scheme>[A-Z]{2}-[A-Z]{2,10})-(?P<id>[A-Za-z0-9]{1,40})")


def identifier_of(text: str | None, name: str) -> Identifier | None:
    """A register number such as GB-COH-01234567 taken apart (org-id.guide); None for any other text."""
    found = _REGISTERED.fullmatch(text or "")
    return None if found is None else Identifier(scheme=found["scheme"], id=found["id"], legal_name=name)


# Releases that follow one another

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_WHOLE: Final = frozenset({"criteria", "sustainability"})
"""Lists that a later release replaces as a whole, whether or not their items have ids."""


def following(before: bytes, now: bytes) -> bytes:
    """A release behind another one: with null for what that one told and this one does not, which so is taken back.

    Source: the standard's rules for merging. What a release leaves out stands on where releases are merged; items of
    lists do so whatever is done, and are told of by their status.
    """
    return _ENCODER.encode(_with_losses(_DECODER.decode(before), _DECODER.decode(now)))


def _with_losses(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    told = dict(now)
    for name, old in before.items():
        new = now.get(name)
        if isinstance(old, dict):
            losses = _with_losses(cast("dict[str, Any]", old), cast("dict[str, Any]", new or {}))
            if new is not None or any(value is None for value in losses.values()):
                told[name] = losses
        elif _is_by_id(name, old) and _is_by_id(name, new):
            known: dict[Any, Any] = {one["id"]: one for one in cast("list[Any]", old)}
            told[name] = [_with_losses(known.get(one["id"], {}), one) for one in cast("list[Any]", new)]
        elif new is None and old is not None and not isinstance(old, list):
            told[name] = None
    return told


def _is_by_id(name: str, value: Any) -> bool:
    """Whether a list is merged item by item."""
    if not isinstance(value, list) or name in _WHOLE:
        return False
    return all(isinstance(one, dict) and "id" in one for one in cast("list[Any]", value))


def compiled(releases: Sequence[bytes]) -> bytes:
    """What the releases of a process amount to, by the standard's rules for merging; they are given in their order."""
    merged: dict[str, Any] = {}
    for release in releases:
        merged = _merged(merged, _DECODER.decode(release))
    return _ENCODER.encode(merged | {"tag": ["compiled"]})


def _merged(before: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    told = dict(before)
    for name, new in later.items():
        old = told.get(name)
        if new is None:
            told.pop(name, None)
        elif isinstance(new, dict):
            told[name] = _merged(cast("dict[str, Any]", old or {}), cast("dict[str, Any]", new))
        elif _is_by_id(name, new):
            items: dict[Any, Any] = {one["id"]: one for one in cast("list[Any]", old or [])}
            for one in cast("list[Any]", new):
                items[one["id"]] = _merged(items.get(one["id"], {}), one)
            told[name] = list(items.values())
        else:
            told[name] = new
    return {name: value for name, value in told.items() if value != {}}
