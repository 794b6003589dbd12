"""Framework agreements: what is agreed for later purchases, and what a call-off must keep to. No SQL, no HTTP.

A call-off is a tender by further competition among the framework's suppliers. It keeps to the framework's criteria, its
term and its value: once that is used up, the framework has no effect any more. Source: Directive 2014/24/EU, art. 33;
C-216/17 Antitrust and Coopservice, C-23/20 Simonsen & Weel.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

import scoring
from service.legal import LegalRule
from service.problems import Fault, pointer


class Framework(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a framework agreement is limited to: until when, with how many suppliers, for how much in all.

    From `ends_at` on nothing is called off. `total_value` is in the tender's currency and on its VAT basis.
    """

    ends_at: Annotated[
        datetime, Meta(tz=True, description="RFC 3339 with an offset. The instant itself is already too late.")
    ]
    most_suppliers: Annotated[int, Meta(ge=1, le=1_000)]
    total_value: Decimal

    def __post_init__(self) -> None:
        check_value(self.total_value, "total_value")


class Agreed(NamedTuple):
    """A framework as a call-off meets it: `suppliers` have a place now, `called_off` is what was published so far."""

    reference: str
    currency: str
    terms: Framework
    suppliers: int
    called_off: Decimal
    rules: Sequence[scoring.Lot]


class CallOff(NamedTuple):
    """A tender that calls off from a framework, as it is about to be published at `now`."""

    currency: str
    estimated_value: Decimal
    submission_deadline: datetime | None
    now: datetime
    rules: Sequence[scoring.Lot]


_TOO_MUCH = Decimal(10) ** 15
_DECIMALS = 4
_LONGEST_YEARS = 4
LONGEST: Mapping[str, LegalRule] = {
    "eu-": LegalRule(
        id="eu-2014-24.33-1",
        text="A framework agreement lasts at most four years, save in exceptional cases that are duly justified.",
        source="Directive 2014/24/EU, art. 33(1)",
        evidence="knowledge",
        valid_from=date(2016, 4, 18),
    ),
    "uk-pa2023": LegalRule(
        id="uk-pa2023.47",
        text="A framework lasts at most four years, a utility's or one for defence eight, unless it must be longer.",
        source="Procurement Act 2023, s. 47",
        evidence="knowledge",
        valid_from=date(2025, 2, 24),
    ),
}
"""How long a framework may last, by the beginning of the jurisdiction's name."""


# Rules


def check_value(value: Decimal, name: str) -> None:
    """Refuse what is no amount of money that can be called off; raises ValueError."""
    if not value.is_finite() or value <= 0 or value >= _TOO_MUCH or _has_fractions_of_a_cent(value):
        raise ValueError(f"{name} is an amount of more than 0, such as 250000.00")


def _has_fractions_of_a_cent(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return not isinstance(exponent, int) or exponent < -_DECIMALS


def term_faults(terms: Framework, submission_deadline: datetime | None) -> Iterator[Fault]:
    """A framework that ends before it can be awarded agrees nothing."""
    if submission_deadline is not None and terms.ends_at <= submission_deadline:
        mend = "Let it end after bids for it are in."
        yield Fault("/framework/ends_at", "The framework ends before its own deadline.", mend)


def term_warnings(terms: Framework, jurisdiction: str, now: datetime) -> Iterator[Fault]:
    """What the law in force asks of a framework's term."""
    for beginning, rule in LONGEST.items():
        if jurisdiction.startswith(beginning) and now.date() >= rule.valid_from and _lasts_longer(terms, now):
            mend = f"Shorten it, or publish why it needs to last longer ({rule.source})."
            yield Fault("/framework/ends_at", rule.text, mend)


def _lasts_longer(terms: Framework, now: datetime) -> bool:
    end, start = terms.ends_at, now.astimezone(terms.ends_at.tzinfo)
    return (end.year - _LONGEST_YEARS, end.month, end.day) > (start.year, start.month, start.day)


def call_off_faults(call_off: CallOff, agreed: Agreed) -> Iterator[Fault]:
    """Where a call-off does not keep to its framework."""
    ends_at = agreed.terms.ends_at
    if call_off.now >= ends_at:
        yield Fault("/framework_id", f"{agreed.reference} ended at {ends_at.isoformat()}.", "Publish an open tender.")
    elif call_off.submission_deadline is not None and call_off.submission_deadline >= ends_at:
        mend = f"Give a deadline before {ends_at.isoformat()}."
        yield Fault("/submission_deadline", f"{agreed.reference} ends before bids are in.", mend)
    if not agreed.suppliers:
        message = f"Nobody has a place in {agreed.reference}."
        yield Fault("/framework_id", message, "Award the framework first.")
    if call_off.currency != agreed.currency:
        yield Fault("/currency", f"{agreed.reference} is in {agreed.currency}.", f"Write {agreed.currency}.")
    left = agreed.terms.total_value - agreed.called_off
    if call_off.estimated_value > left:
        message = f"{left:f} {agreed.currency} of {agreed.reference} are left."
        yield Fault("/estimated_value", message, "Call off less, or publish an open tender.")
    yield from _foreign_criteria(call_off.rules, agreed)


def _foreign_criteria(rules: Sequence[scoring.Lot], agreed: Agreed) -> Iterator[Fault]:
    known = {criterion.id for lot in agreed.rules for criterion, _ in scoring.walk(lot.criteria)}
    for index, lot in enumerate(rules):
        for criterion, _ in scoring.walk(lot.criteria):
            if criterion.id not in known:
                message = f"{agreed.reference} has no criterion {criterion.id!r}."
                mend = f"Use criteria of the framework: {', '.join(sorted(known))}."
                yield Fault(pointer("lots", index, "rules", "criteria"), message, mend)


def call_off_warnings(call_off: CallOff, agreed: Agreed) -> Iterator[Fault]:
    """Where a call-off weighs or scores the framework's criteria otherwise: lawful only as the framework foresaw it."""
    known = [criterion for lot in agreed.rules for criterion, _ in scoring.walk(lot.criteria)]
    weightings = {(criterion.id, criterion.weighting) for criterion in known}
    methods = {(criterion.id, scoring.digest(criterion.method)) for criterion in known}
    for index, lot in enumerate(call_off.rules):
        place = pointer("lots", index, "rules", "criteria")
        for criterion, _ in scoring.walk(lot.criteria):
            mend = f"Check that {agreed.reference} announced it (Directive 2014/24/EU, art. 33(5))."
            if (criterion.id, criterion.weighting) not in weightings:
                yield Fault(place, f"{criterion.id} has another weighting than in {agreed.reference}.", mend)
            if (criterion.id, scoring.digest(criterion.method)) not in methods:
                yield Fault(place, f"{criterion.id} is scored otherwise than in {agreed.reference}.", mend)
