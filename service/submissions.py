"""What a bid says: checked alike by the service and by a supplier's portal, and sealed alike by either.

The contents of the offer's envelope are a submission's JSON without what the lot wants sealed apart; those values alone
are the contents of the price envelope, {"values": {…}}. No SQL, no HTTP.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

import scoring
from service import consortia, money, sealing
from service.consortia import Member, Subcontractor
from service.money import AcceptedCurrency
from service.problems import Fault, pointer

MOST_VARIANTS = 20
"""Of one supplier for one lot."""


class NamedDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that was uploaded before (`POST /lots/{id}/documents`), and what the bid calls it."""

    id: UUID
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class VariantTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a lot says of variants: how many a supplier may send beside its bid, and what each of them must fulfil.

    Source: Directive 2014/24/EU, art. 45: variants only where they are announced, with their minimum requirements.
    """

    minimum_requirements: Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"\S")]
    at_most: Annotated[int, Meta(ge=1, le=MOST_VARIANTS)] = 1


class Variant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bid that solves the task otherwise than the tender supposes: its number, from 1, and what is different."""

    number: Annotated[int, Meta(ge=1, le=MOST_VARIANTS)]
    description: Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"\S")]


class Submission(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A bid: for every criterion that asks for one a value as text – a decimal such as "1250.50", yes or no, or words.

    Criteria that the panel grades are answered in words. Documents are uploaded first and named here. A joint bid names
    its members; `currency` is that of all amounts, unless they are in the tender's own.
    """

    values: Annotated[dict[str, str], Meta(max_length=200)]
    documents: Annotated[tuple[NamedDocument, ...], Meta(max_length=200)] = ()
    members: Annotated[tuple[Member, ...], Meta(max_length=50)] = ()
    subcontractors: Annotated[tuple[Subcontractor, ...], Meta(max_length=200)] = ()
    variant: Variant | None = None
    currency: Annotated[str, Meta(max_length=3)] = ""


class Terms(Struct, frozen=True, kw_only=True):
    """What a supplier's own program seals a bid for a lot with: the tender's public key and the lot's published rules.

    `public_key`: 65 bytes, a point of P-256 in its uncompressed form. `price_envelope`: the criteria whose values are
    sealed apart. For a supplier's key `supplier_id` is its own, and `version` the one that its next bid for the lot
    will have. `currency`, `accepted_currencies` and `variants` say what else a bid may be.
    """

    tender_id: UUID
    lot_id: UUID
    public_key: bytes
    rules: scoring.Lot
    rules_digest: str
    price_envelope: tuple[str, ...]
    submission_deadline: datetime
    supplier_id: UUID | None = None
    version: int | None = None
    currency: str = ""
    vat: money.Vat = money.Vat()
    accepted_currencies: tuple[AcceptedCurrency, ...] = ()
    variants: VariantTerms | None = None

    def admits(self, variant: int = 0) -> "Admits":
        """What a bid of this supplier may be beside a plain one."""
        return Admits(self.variants, variant, self.currency, self.accepted_currencies, self.supplier_id)


class Admits(NamedTuple):
    """What a bid may be beside a plain one. `variant`: as which it is sent, 0 for the bid itself."""

    variants: VariantTerms | None = None
    variant: int = 0
    currency: str = ""
    accepted: Sequence[AcceptedCurrency] = ()
    sender: UUID | None = None


class Place(NamedTuple):
    """What a bid's envelopes are bound to, beside their kind."""

    tender_id: UUID
    lot_id: UUID
    supplier_id: UUID
    version: int

    def context(self, kind: sealing.Kind) -> bytes:
        """The context of one of the bid's envelopes."""
        return sealing.context(self.tender_id, self.lot_id, self.supplier_id, kind, self.version)


PLAIN = Admits()
"""A plain bid and nothing else."""


def find_faults(rules: scoring.Lot, submission: Submission, admits: Admits = PLAIN) -> tuple[Fault, ...]:
    """Everything that a bid lacks or says that cannot be scored, with its mend; empty for a complete one."""
    unfit = money.currency_fault(submission.currency, admits.currency, admits.accepted)
    return (
        *_unfit_values(rules, submission),
        *_unfit_documents(submission),
        *consortia.find_faults(submission.members, submission.subcontractors, admits.sender),
        *_unfit_variant(submission.variant, admits),
        *((unfit,) if unfit else ()),
    )


def _unfit_variant(said: Variant | None, admits: Admits) -> Iterator[Fault]:
    """A variant is what both its address and its contents call so, where the lot takes variants at all."""
    number = admits.variant if said is None else said.number
    if number == 0:
        return
    most = admits.variants.at_most if admits.variants else 0
    if admits.variants is None:
        yield Fault("/variant", "This lot takes no variants.", "Send one bid that fulfils what is published.")
    elif number > most:
        yield Fault("/variant/number", f"This lot takes {most} variants of a supplier.", "Number them from 1.")
    elif said is None:
        mend = f'Say what is different: "variant": {{"number": {number}, "description": "…"}}.'
        yield Fault("/variant", f"It is sent as variant {number} and does not say so.", mend)
    elif said.number != admits.variant:
        sent = f"variant {admits.variant}" if admits.variant else "the bid itself"
        mend = f"Send it to /lots/{{id}}/bids?variant={said.number}."
        yield Fault("/variant/number", f"It says that it is variant {said.number} and is sent as {sent}.", mend)


def _unfit_values(rules: scoring.Lot, submission: Submission) -> Iterator[Fault]:
    for fault in scoring.check_offer(rules, submission.values):
        yield Fault(pointer("values", fault.criterion), fault.message, fault.mend)


def _unfit_documents(submission: Submission) -> Iterator[Fault]:
    ids = [document.id for document in submission.documents]
    for index, document in enumerate(submission.documents):
        if not document.name.strip():
            yield Fault(pointer("documents", index, "name"), "The name is blank.", "Name the document.")
        if document.id in ids[:index]:
            yield Fault(pointer("documents", index, "id"), "The document is named twice.", "Name each document once.")


def seal(
    submission: Submission, place: Place, public_key: bytes, *, rules_digest: str, price_envelope: tuple[str, ...]
) -> bytes:
    """The container of a sealed bid, whose digest is on the receipt."""
    apart = {name: value for name, value in submission.values.items() if name in price_envelope}
    rest = {name: value for name, value in submission.values.items() if name not in price_envelope}
    offer = msgspec.json.encode(msgspec.structs.replace(submission, values=rest))
    price = None
    if price_envelope:
        prices = msgspec.json.encode(Submission(values=apart))
        price = sealing.seal(public_key, place.context("price"), prices)
    return sealing.build_container(
        place.version,
        rules_digest,
        sealing.seal(public_key, place.context("offer"), offer),
        price=price,
        documents=[document.id for document in submission.documents],
    )
