"""What a buyer decides about a tender: the draft that is written, edited and, once published, frozen."""

import zoneinfo
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

import scoring
from service.agreements import Framework, check_value
from service.language import LanguageCode
from service.legal import JurisdictionId
from service.money import AcceptedCurrency, Currency, Vat, check_accepted
from service.submissions import VariantTerms

Custody = Literal["service", "officers"]
Reference = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"\S", description="Your own, such as SOLAR-2026-07.")
]
Title = Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S", description="Words, at most 400 characters.")]
Reason = Annotated[
    str, Meta(min_length=1, max_length=10_000, pattern=r"\S", description="Why, in words for the record.")
]
Instant = Annotated[
    datetime, Meta(tz=True, description="RFC 3339 with an offset. The instant itself is already too late.")
]


GreenCriteria = Literal["eu", "national", "other", "none"]
StartDay = Annotated[date, Meta(description="The day on which the procurement starts, such as 2026-02-01.")]


class NoticeTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a notice says of all lots besides; what is left out is not said.

    `opening_at` is when bids are to be opened in public (BT-132 of eForms), `green_criteria` whose criteria for green
    procurement are used (BT-805), `innovation` in words what of the purchase is new (`inn-pur` of BT-06, BT-777).
    """

    opening_at: Instant | None = None
    green_criteria: Annotated[tuple[GreenCriteria, ...], Meta(max_length=4)] = ()
    innovation: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")] | None = None

    def __post_init__(self) -> None:
        if len(set(self.green_criteria)) < len(self.green_criteria):
            raise ValueError("green_criteria: each is named once")
        if "none" in self.green_criteria and len(self.green_criteria) > 1:
            raise ValueError("green_criteria: where there are none, no others are named")


class DraftLot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lot: what it buys and the rules by which its bids are scored. Lots are numbered as they stand, from 1.

    `price_envelope` names the criteria whose values stay sealed until the technical consensus is locked; none: one
    envelope holds all. `variants` lets suppliers send variants beside their bid; without it the lot takes none.
    """

    title: Title
    rules: scoring.Lot
    price_envelope: Annotated[tuple[scoring.Id, ...], Meta(max_length=200)] = ()
    variants: VariantTerms | None = None

    def __post_init__(self) -> None:
        if problems := scoring.check_price_envelope(self.rules, self.price_envelope):
            raise ValueError(f"price_envelope: {'; '.join(problems)}")


class DraftTender(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a tender that its buyer decides. A draft may still lack its deadline and its lots.

    `custody` says who holds the key that bids are sealed to: the service, or the opening officers in shares
    (`tenderscore officer`), so that the service itself cannot read a bid. `officers_needed` of them open.
    `jurisdiction` says whose legal rules are followed (`GET /jurisdictions`); those of no country unless you choose.
    `language` is the one in which the tender's papers and its letters to bidders come unless a reader chooses another.
    While none is chosen they are in English, and publication warns of that.
    Bids are compared in `currency`, without VAT unless `vat` says otherwise; amounts in `accepted_currencies` are
    converted. A `framework` is awarded for later purchases; a tender with a `framework_id` calls off from it, as far as
    its `estimated_value` leaves room, and exists for the framework's suppliers alone.
    `starts_on` is the day on which the procurement starts: it decides which social value model holds, today's while no
    day is given. A draft that is replaced without one keeps the day that it has.
    """

    reference: Reference
    title: Title
    currency: Currency
    time_zone: Annotated[str, Meta(max_length=60, description="IANA name, such as Europe/London.")]
    description: Annotated[str, Meta(max_length=20_000)] = ""
    submission_deadline: Instant | None = None
    custody: Custody = "service"
    officers_needed: Annotated[int, Meta(ge=2, le=16)] = 2
    jurisdiction: JurisdictionId = "none"
    language: LanguageCode | None = None
    vat: Vat = Vat()
    accepted_currencies: Annotated[tuple[AcceptedCurrency, ...], Meta(max_length=20)] = ()
    framework: Framework | None = None
    framework_id: UUID | None = None
    estimated_value: Decimal | None = None
    starts_on: StartDay | None = None
    notice: NoticeTerms | None = None
    lots: Annotated[tuple[DraftLot, ...], Meta(max_length=200)] = ()

    def __post_init__(self) -> None:
        if self.time_zone not in zoneinfo.available_timezones():
            raise ValueError(f"time_zone {self.time_zone!r} is no zone; write an IANA name such as Europe/London")
        check_accepted(self.currency, self.accepted_currencies)
        if self.estimated_value is not None:
            check_value(self.estimated_value, "estimated_value")
        if self.framework_id is not None and (self.framework is not None or self.estimated_value is None):
            raise ValueError("framework_id: what calls off has an estimated_value, and is no framework itself")
