"""What opened envelopes hold: compared with the log, decrypted and read strictly, each bid for itself.

Whoever owns the database can seal another bid to the tender's public key and put it where one was stored. So a bid is
opened only if the log, which its supplier's receipt vouches for, has it standing and with the digest of what is stored.
A client seals before anybody can look inside, so an envelope may hold anything. What is wrong with one bid is said in
words and stops no other bid: the panel decides about it. No SQL, no HTTP.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple, get_args
from uuid import UUID

from msgspec import Meta, Struct

import scoring
from service import consortia, sealing, wire
from service.consortia import Member, Party, Subcontractor
from service.problems import Refusal
from service.sealing import SealBroken
from service.submissions import NamedDocument, Place, Variant

EnvelopeKind = Literal["offer", "price"]

MOST_FAULTS: Final = 20
"""So many faults of one envelope are told; whoever reads the twentieth has seen enough."""
LONGEST_FAULT: Final = 4_000

NOT_RECEIVED: Final = "The bid is not the one that was received, and was not opened."
WITHOUT: Final = "The bid came without its {} envelope."
UNOPENED: Final = "The {} envelope does not open."
UNREADABLE: Final = "The {} envelope opens, but cannot be read."
OUT_OF_PLACE: Final = "Something in the bid is missing, or is not where it belongs."

MOST_BYTES_AT_ONCE: Final = 16_000_000
"""Bytes of sealed bids that an opening holds at a time, or one bid where that is larger."""


class Offer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an offer's envelope holds. It reads whatever any release has let in, so its bounds are the widest."""

    values: Annotated[dict[str, str], Meta(max_length=200)]
    documents: Annotated[tuple[NamedDocument, ...], Meta(max_length=1_000)] = ()
    members: Annotated[tuple[Member, ...], Meta(max_length=1_000)] = ()
    subcontractors: Annotated[tuple[Subcontractor, ...], Meta(max_length=1_000)] = ()
    variant: Variant | None = None
    currency: Annotated[str, Meta(max_length=3)] = ""


class Prices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a price envelope holds."""

    values: Annotated[dict[str, str], Meta(max_length=200)]


class SealedBid(Struct, frozen=True, kw_only=True):
    """A standing bid with one of its envelopes, as it was stored; an envelope that was never sent is missing.

    The other envelope is there for the digest alone. Contents are missing where only headers were asked for.
    """

    bid_id: UUID
    version: int
    supplier_id: UUID
    supplier: str
    submitted_at: datetime
    digest: str
    rules_digest: str
    size: int
    header: bytes | None
    contents: bytes | None
    other_header: bytes | None
    other_contents: bytes | None
    variant: int = 0


class LoggedBid(Struct, frozen=True, kw_only=True):
    """What one entry of the log says of a bid; `intact` is whether the entry's leaf is the hash of it."""

    kind: Literal["bid.submitted", "bid.replaced", "bid.withdrawn"]
    at: datetime
    intact: bool
    bid_id: UUID
    supplier_id: UUID
    version: int
    digest: str | None
    rules_digest: str | None
    documents: tuple[UUID, ...] | None


class Box(NamedTuple):
    """The envelopes of one kind that are opened together, what the lot asks of them, and what the log has of each bid.

    `logged`: by bid, those alone whose envelopes of this kind are to be opened. `currencies`: those that bids may name,
    the tender's own first.
    """

    tender_id: UUID
    lot_id: UUID
    kind: EnvelopeKind
    rules: scoring.Lot
    price_envelope: Sequence[str]
    bids: Sequence[SealedBid]
    logged: Mapping[UUID, LoggedBid]
    currencies: Sequence[str] = ()

    def context(self, bid: SealedBid) -> bytes:
        """What the bid's envelope is bound to."""
        return Place(self.tender_id, self.lot_id, bid.supplier_id, bid.version).context(self.kind)

    def asked(self) -> set[str]:
        """The criteria whose values lie in these envelopes."""
        every = {criterion.id for criterion in scoring.leaves(self.rules.criteria)}
        return set(self.price_envelope) if self.kind == "price" else every - set(self.price_envelope)


class Contents(Struct, frozen=True, kw_only=True):
    """What was kept of an opened envelope; without a salt it was opened by a release that kept no digest in the log."""

    envelope: EnvelopeKind
    bid_id: UUID
    offers: dict[str, str]
    fault: str | None
    salt: UUID | None
    currency: str | None


class LoggedContents(Struct, frozen=True, kw_only=True):
    """What the log says that an envelope held; `intact` is whether the entry's leaf is the hash of it."""

    envelope: EnvelopeKind
    bid_id: UUID
    digest: str | None
    intact: bool


class Opened(NamedTuple):
    """What one envelope held, and what was wrong with it."""

    bid: SealedBid
    offers: dict[str, str]
    documents: tuple[NamedDocument, ...]
    fault: str | None
    parties: Sequence[Party] = ()
    variant_description: str | None = None
    currency: str | None = None


KeyOf = Callable[[SealedBid], bytes]
"""The content key of a bid's envelope; raises SealBroken where there is none."""


def by_private_key(box: Box, private: bytes) -> KeyOf:
    """Content keys as the tender's private key gives them."""

    def key_of(bid: SealedBid) -> bytes:
        return sealing.unwrap(private, box.context(bid), bid.header or b"")

    return key_of


def portions(bids: Sequence[SealedBid]) -> Iterator[list[UUID]]:
    """The bids in their order, in groups that are small enough to be held together."""
    group: list[UUID] = []
    held = 0
    for bid in bids:
        if group and held + bid.size > MOST_BYTES_AT_ONCE:
            yield group
            group, held = [], 0
        group.append(bid.bid_id)
        held += bid.size
    if group:
        yield group


def open_all(box: Box, bids: Sequence[SealedBid], key_of: KeyOf) -> list[Opened]:
    """What envelopes of the box hold, in the bids' order. Takes long where there are many: not for an event loop."""
    return [_open(box, bid, key_of) for bid in bids]


# Compared with the log


def standing(entries: Iterable[LoggedBid]) -> dict[UUID, LoggedBid]:
    """The last version of every bid that was not withdrawn; entries in the log's order."""
    last = {entry.bid_id: entry for entry in entries}
    return {bid_id: entry for bid_id, entry in last.items() if entry.kind != "bid.withdrawn"}


def find_difference(bid: SealedBid, logged: LoggedBid | None, kind: EnvelopeKind) -> str | None:
    """In what a stored bid is not the one that the log has; None where they are the same to the last byte."""
    if logged is None:
        return "In the log no such bid stands whose envelope would be opened now."
    if not logged.intact:
        return "Its entry in the log was changed: the entry's leaf is not its hash."
    stored = {
        "version": (bid.version, logged.version),
        "supplier": (bid.supplier_id, logged.supplier_id),
        "instant": (bid.submitted_at, logged.at),
        "digest of the rules": (bid.rules_digest, logged.rules_digest),
        "digest": (bid.digest, logged.digest),
    }
    for what, (here, there) in stored.items():
        if here != there:
            return f"Its {what} is {here}, and in the log {there}."
    digest = _digest_of(bid, logged, kind)
    if digest != logged.digest:
        return f"What is stored has the digest {digest}; what arrived had {logged.digest}, says the log."
    return None


def _digest_of(bid: SealedBid, logged: LoggedBid, kind: EnvelopeKind) -> str | None:
    """SHA-256 of the bid as it arrived, put together from what is stored; None where its offer is missing."""
    own, other = _joined(bid.header, bid.contents), _joined(bid.other_header, bid.other_contents)
    offer, price = (own, other) if kind == "offer" else (other, own)
    if offer is None:
        return None
    documents = logged.documents or ()
    whole = sealing.build_container(logged.version, bid.rules_digest, offer, price=price, documents=documents)
    return hashlib.sha256(whole).hexdigest()


def _joined(header: bytes | None, contents: bytes | None) -> bytes | None:
    return None if header is None or contents is None else header + contents


def contents_digest(
    bid_id: UUID, offers: Mapping[str, str], fault: str | None, salt: UUID, currency: str | None = None
) -> str:
    """The digest of what an envelope held, which the log keeps so that nobody changes it afterwards."""
    named = {} if currency is None else {"currency": currency}
    return scoring.digest({"bid_id": bid_id, "offers": offers, "fault": fault, "salt": salt, **named})


def find_changed(kept: Iterable[Contents], logged: Iterable[LoggedContents]) -> set[UUID]:
    """The bids whose opened contents are not what the log says that they are, or are there without the log's word."""
    digests = {(one.envelope, one.bid_id): _digest_now(one) for one in kept}
    said = {(one.envelope, one.bid_id): one for one in logged}
    return {
        bid_id
        for envelope, bid_id in digests.keys() | said.keys()
        if (word := said.get((envelope, bid_id))) is None
        or not word.intact
        or (envelope, bid_id) not in digests
        or word.digest != digests[envelope, bid_id]
    }


def _digest_now(one: Contents) -> str | None:
    return None if one.salt is None else contents_digest(one.bid_id, one.offers, one.fault, one.salt, one.currency)


# One envelope


def _open(box: Box, bid: SealedBid, key_of: KeyOf) -> Opened:
    if difference := find_difference(bid, box.logged.get(bid.bid_id), box.kind):
        return _faulty(bid, f"{NOT_RECEIVED} {difference}")
    if bid.header is None or bid.contents is None:
        return _faulty(bid, WITHOUT.format(box.kind))
    try:
        content = sealing.open_body(key_of(bid), bid.header, bid.contents)
    except SealBroken as broken:
        part = f"{broken.part[:1].upper()}{broken.part[1:]}"
        return _faulty(bid, f"{UNOPENED.format(box.kind)} {part}: {broken.why}")
    try:
        said = wire.decode(content, Offer if box.kind == "offer" else Prices)
    except Refusal as refusal:
        # Where, and never what: an amount in the wrong place must not be quoted to those who may not read it.
        places = (f"See {fault.pointer}." for fault in refusal.faults if fault.pointer)
        return _faulty(bid, f"{UNREADABLE.format(box.kind)} {refusal.detail}", *places)
    asked = box.asked()
    offers = {name: value for name, value in said.values.items() if name in asked}
    faults = [*_strangers(box, said.values.keys() - asked), *_unfit(box, offers)]
    if isinstance(said, Prices):
        return Opened(bid, offers, (), told(faults) if faults else None)
    faults += (*_twice(said.documents), *_unfit_parties(bid, said), *_other_variant(bid, said.variant))
    faults += _foreign(box, said.currency)
    return Opened(
        bid,
        offers,
        said.documents,
        told(faults) if faults else None,
        consortia.parties(said.members, said.subcontractors),
        said.variant.description if said.variant else None,
        said.currency if said.currency not in {"", *box.currencies[:1]} else None,
    )


def _unfit_parties(bid: SealedBid, said: Offer) -> Iterator[str]:
    for fault in consortia.find_faults(said.members, said.subcontractors, bid.supplier_id):
        yield f"{fault.pointer}: {fault.message}"


def _other_variant(bid: SealedBid, said: Variant | None) -> Iterator[str]:
    number = said.number if said else 0
    if number != bid.variant:
        was = f"variant {bid.variant}" if bid.variant else "the bid itself"
        yield f"It was sent as {was} and says that it is {f'variant {number}' if number else 'the bid itself'}."


def _foreign(box: Box, currency: str) -> Iterator[str]:
    if currency and currency not in box.currencies:
        yield f"{currency}: the tender accepts no such currency; amounts in it cannot be compared."


def _faulty(bid: SealedBid, *faults: str) -> Opened:
    return Opened(bid, {}, (), told(faults))


def told(faults: Sequence[str]) -> str:
    """Faults as one text that any record can hold and any page can show, whatever an envelope made them quote."""
    text = " ".join(faults[:MOST_FAULTS])
    return "".join(character if character.isprintable() else "�" for character in text)[:LONGEST_FAULT]


def kind_of(fault: str) -> str:
    """Of which kind a fault is, for whoever scores: without digests, names of documents or what else it quotes.

    >>> kind_of("The offer envelope does not open. Header: It is for another bid.")
    'The offer envelope does not open.'
    """
    kinds = (text.format(kind) for text in (WITHOUT, UNOPENED, UNREADABLE) for kind in get_args(EnvelopeKind))
    found = [kind for kind in (NOT_RECEIVED, *kinds) if kind in fault]
    return " ".join(found) or OUT_OF_PLACE


def _strangers(box: Box, names: set[str]) -> Iterator[str]:
    """Values that lie in the wrong envelope, or belong nowhere.

    Named are those that the lot has names for. Other names are the supplier's own words, and a bid's words are for the
    panel: the record of an opening and the log are for more people.
    """
    known = {criterion.id for criterion in scoring.leaves(box.rules.criteria)}
    for name in sorted(names & known):
        if box.kind == "price":
            yield f"{name}: the price envelope is not for this value; it is not looked at."
        elif name in box.price_envelope:
            yield f"{name}: this value belongs into the price envelope; in the offer it is not looked at."
        else:
            yield f"{name}: the lot has no such criterion that asks for a value."
    if number := len(names - known):
        yield f"{number} of the values in it belong to no criterion of the lot."


def _unfit(box: Box, offers: dict[str, str]) -> Iterator[str]:
    """What the lot asks for in these envelopes and the bid lacks, or says in a way that cannot be scored: named only.

    The record of an opening is for more people than the bids are.
    """
    asked = box.asked()
    for fault in scoring.check_offer(box.rules, offers):
        if fault.criterion in asked:
            name = fault.criterion
            there = name in offers
            yield f"{name}: The value is not one that can be scored." if there else f"{name}: The value is missing."


def _twice(documents: Sequence[NamedDocument]) -> Iterator[str]:
    for place, document in enumerate(documents):
        if any(document.id == earlier.id for earlier in documents[:place]):
            yield f"{document.name}: the document {document.id} is named twice."
