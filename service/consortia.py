"""Joint bids: who stands behind a bid, and who stands behind more than one.

Several organisations may bid together (Directive 2014/24/EU, art. 19(2)) and rely upon others' capacities (art. 63).
Who they are is sealed with the offer, so that nobody learns it before the opening. Who bids twice for a lot is named to
the panel and never excluded by a rule: the bidders must be heard first. Source: C-538/07 Assitur, C-376/08 Serrantoni.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from msgspec import Meta, Struct

from service.problems import Fault, pointer

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Identifier = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"\S", description="In a register, such as GB-COH-01234567.")
]
Share = Annotated[
    str, Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,6})?$", description="Percent of the work, such as 62.5; as a string.")
]
Role = Literal["lead", "member", "subcontractor"]

_WHOLE = Decimal(100)
_FEWEST = 2


class Member(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An organisation that bids jointly with others. The lead is the organisation that sends the bid.

    Shares are given for all members or for none; they add up to exactly 100.
    """

    name: Name
    role: Literal["lead", "member"]
    identifier: Identifier | None = None
    organisation_id: UUID | None = None
    share: Share | None = None


class Subcontractor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An organisation whose capacities the bid relies upon, and the work that it is to do."""

    name: Name
    work: Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"\S")]
    identifier: Identifier | None = None
    organisation_id: UUID | None = None


class Party(Struct, frozen=True, kw_only=True):
    """An organisation behind an opened bid: it leads, it is a member, or it is relied upon as subcontractor."""

    role: Role
    name: str
    identifier: str | None
    organisation_id: UUID | None
    share: str | None
    work: str | None


class Overlap(Struct, frozen=True, kw_only=True):
    """A bidder that stands behind another bid for the same lot as well. A finding for the panel, not a decision."""

    name: str
    known_by: Literal["identifier", "organisation_id"]
    other_bid_id: UUID
    other_supplier: str


class Standing(NamedTuple):
    """An opened bid as far as it matters who stands behind it. `identifier`: as the supplier is registered."""

    bid_id: UUID
    supplier_id: UUID
    supplier: str
    identifier: str | None
    parties: Sequence[Party]


# Rules


def find_faults(
    members: Sequence[Member], subcontractors: Sequence[Subcontractor], sender: UUID | None
) -> Iterator[Fault]:
    """What is wrong with who is said to stand behind a bid. `sender`: the organisation that sends it, where known."""
    if members:
        yield from _incomplete(members)
        yield from _wrong_shares(members)
    for index, member in enumerate(members):
        if member.role == "lead" and sender and member.organisation_id not in {None, sender}:
            mend = "Let the lead send the bid, or name your own organisation as the lead."
            yield Fault(pointer("members", index, "organisation_id"), "The lead is who sends the bid.", mend)
    yield from _named_twice("members", members)
    yield from _named_twice("subcontractors", subcontractors)


def _incomplete(members: Sequence[Member]) -> Iterator[Fault]:
    if len(members) < _FEWEST:
        mend = "Name at least two members, or none for a bid of your own."
        yield Fault("/members", "One organisation alone does not bid jointly.", mend)
    leads = sum(member.role == "lead" for member in members)
    if leads != 1:
        yield Fault("/members", f"{leads} members lead.", "Give exactly one member the role lead.")


def _wrong_shares(members: Sequence[Member]) -> Iterator[Fault]:
    shares = [Decimal(member.share) for member in members if member.share is not None]
    if not shares:
        return
    if len(shares) < len(members):
        mend = "Give every member's share, or nobody's."
        yield Fault("/members", f"{len(shares)} of {len(members)} members have a share.", mend)
    elif (total := sum(shares, start=Decimal(0))) != _WHOLE:
        yield Fault("/members", f"The shares add up to {total:f}.", "Let them add up to exactly 100.")
    for index, member in enumerate(members):
        if member.share is not None and Decimal(member.share) == 0:
            mend = "Give the part of the work that it does, or name it as a subcontractor."
            yield Fault(pointer("members", index, "share"), "A member without work is no member.", mend)


def _named_twice(where: str, parties: Sequence[Member | Subcontractor]) -> Iterator[Fault]:
    for part in ("identifier", "organisation_id"):
        told = [getattr(party, part) for party in parties]
        often = Counter(_plain(value) for value in told if value is not None)
        for index, value in enumerate(told):
            if value is not None and often[_plain(value)] > 1:
                yield Fault(pointer(where, index, part), "It is named twice.", "Name each organisation once.")


def parties(members: Sequence[Member], subcontractors: Sequence[Subcontractor]) -> list[Party]:
    """Everybody behind a bid, in the order in which the bid names them."""
    joined = [
        Party(
            role=one.role,
            name=one.name,
            identifier=one.identifier,
            organisation_id=one.organisation_id,
            share=one.share,
            work=None,
        )
        for one in members
    ]
    relied = [
        Party(
            role="subcontractor",
            name=one.name,
            identifier=one.identifier,
            organisation_id=one.organisation_id,
            share=None,
            work=one.work,
        )
        for one in subcontractors
    ]
    return [*joined, *relied]


def _plain(value: UUID | str) -> str:
    """An identifier as it is compared: GB-COH-01234567 and gb coh 01234567 are one and the same."""
    return "".join(character for character in str(value).casefold() if character.isalnum())


def overlaps(bids: Sequence[Standing]) -> dict[UUID, tuple[Overlap, ...]]:
    """Of each bid whose bidders stand behind another supplier's bid too: who, and behind which.

    Bidders are the supplier itself and the members of its consortium. A supplier's own variants are no second bid, and
    a subcontractor may be relied upon by several.
    """
    behind: dict[tuple[str, str], dict[UUID, str]] = defaultdict(dict)
    for bid in bids:
        for known_by, value, name in _bidders(bid):
            behind[known_by, value].setdefault(bid.bid_id, name)
    standing = {bid.bid_id: bid for bid in bids}
    found: dict[UUID, dict[tuple[str, UUID], Overlap]] = defaultdict(dict)
    for (known_by, _), names in behind.items():
        for bid_id, name in names.items():
            for other_id in names:
                other = standing[other_id]
                if other.supplier_id != standing[bid_id].supplier_id:
                    how: Literal["identifier", "organisation_id"] = (
                        "identifier" if known_by == "identifier" else "organisation_id"
                    )
                    overlap = Overlap(name=name, known_by=how, other_bid_id=other_id, other_supplier=other.supplier)
                    found[bid_id].setdefault((name, other_id), overlap)
    return {bid_id: tuple(overlap.values()) for bid_id, overlap in found.items()}


def _bidders(bid: Standing) -> Iterator[tuple[str, str, str]]:
    yield "organisation_id", str(bid.supplier_id), bid.supplier
    if bid.identifier:
        yield "identifier", _plain(bid.identifier), bid.supplier
    for party in bid.parties:
        if party.role != "subcontractor":
            if party.organisation_id is not None:
                yield "organisation_id", str(party.organisation_id), party.name
            if party.identifier is not None:
                yield "identifier", _plain(party.identifier), party.name
