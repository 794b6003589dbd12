"""What a bid says: checked alike by the service and by a supplier's portal, and sealed alike by either.

The contents of the offer's envelope are a submission's JSON without what the lot wants sealed apart; those values alone
are the contents of the price envelope, {"values": {…}}. No SQL, no HTTP.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

import scoring
from service import sealing
from service.problems import Fault, pointer


class NamedDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that was uploaded before (`POST /lots/{id}/documents`), and what the bid calls it."""

    id: UUID
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class Submission(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A bid: for every criterion that asks for one a value as text – a decimal such as "1250.50", yes or no, or words.

    Criteria that the panel grades are answered in words. Documents are uploaded first and named here.
    """

    values: Annotated[dict[str, str], Meta(max_length=200)]
    documents: Annotated[tuple[NamedDocument, ...], Meta(max_length=200)] = ()


class Terms(Struct, frozen=True, kw_only=True):
    """What a supplier's own program seals a bid for a lot with: the tender's public key and the lot's published rules.

    `public_key`: 65 bytes, a point of P-256 in its uncompressed form. `price_envelope`: the criteria whose values are
    sealed apart. For a supplier's key `supplier_id` is its own, and `version` the one that its next bid for the lot
    will have.
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


class Place(NamedTuple):
    """What a bid's envelopes are bound to, beside their kind."""

    tender_id: UUID
    lot_id: UUID
    supplier_id: UUID
    version: int

    def context(self, kind: sealing.Kind) -> bytes:
        """The context of one of the bid's envelopes."""
        return sealing.context(self.tender_id, self.lot_id, self.supplier_id, kind, self.version)


def find_faults(rules: scoring.Lot, submission: Submission) -> tuple[Fault, ...]:
    """Everything that a bid lacks or says that cannot be scored, with its mend; empty for a complete one."""
    return (*_unfit_values(rules, submission), *_unfit_documents(submission))


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
    offer = msgspec.json.encode(Submission(values=rest, documents=submission.documents))
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
