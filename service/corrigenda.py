"""Corrigenda: the only way in which what is published changes, by two persons.

One proposes a numbered change, another confirms it, and only then it takes effect (Directive 2014/24/EU, Annex IV (c)).
A deadline so moves only later, before it has passed, and for everybody: no way leads one late bid in.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import db, eforms, events, requirements
from service.drafts import DraftLot, DraftTender, Instant, NoticeTerms, Reason, Title
from service.edge import check_if_match
from service.legal_checks import judge_law
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, NotFound, Refusal
from service.publication import check_not_author, freeze, judge_rules
from service.requirements import EveryRequirement
from service.tenders import SQL as TENDERS
from service.tenders import (
    IfMatch,
    Known,
    Tender,
    TenderLot,
    TenderRow,
    check_access,
    check_open,
    differences,
    legal_rules,
    lock,
    present,
    read,
    store_lots,
)

SQL = db.queries("corrigenda")

LARGEST_NUMBER = 2**31 - 1
"""No corrigendum has a larger number: the column's own bound."""


class NewCorrigendum(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a published tender before its deadline; what is left out stays as it is.

    Lots are replaced as a whole: as many as there are, in the same order; so are the conditions and requirements. New
    rules and new requirements need a later deadline, so that everybody can still bid, or bid anew. A change that would
    let others take part or keep them out is more than a corrigendum: cancel, and publish a new tender. Sources:
    Directive 2014/24/EU art. 47(3); C-298/15 Borta; Procurement Act 2023 s.31.
    """

    reason: Reason
    title: Title | None = None
    description: Annotated[str, Meta(max_length=20_000)] | None = None
    submission_deadline: Instant | None = None
    lots: Annotated[tuple[DraftLot, ...], Meta(min_length=1, max_length=200)] | None = None
    requirements: EveryRequirement | None = None
    notice: NoticeTerms | None = None

    def changes(self) -> dict[str, Any]:
        """The new values by their names."""
        named = ("title", "description", "submission_deadline", "lots", "requirements", "notice")
        return {name: value for name in named if (value := getattr(self, name)) is not None}


class ProposedCorrigendum(Struct, frozen=True, kw_only=True):
    """A corrigendum that a person has proposed, and what was decided about it; it changes nothing until confirmed.

    `tender_version` is the version that it was made for, `submission_deadline` the deadline then in force.
    """

    number: int
    reason: str
    changes: dict[str, Any]
    tender_version: int
    submission_deadline: datetime
    proposed_by_id: UUID
    proposed_by: str
    proposed_at: datetime
    proposer_holds_role: bool
    decision: Literal["confirmed", "withdrawn"] | None
    decided_by: str | None
    decided_at: datetime | None

    def corrigendum(self) -> NewCorrigendum:
        """The change as it was proposed."""
        return msgspec.convert({"reason": self.reason, **self.changes}, NewCorrigendum)


# Refusals


class ProposedByYourself(Refusal):
    """You proposed this corrigendum yourself.

    What is published changes by two persons: another approver confirms it, with
    `POST /tenders/{id}/corrigenda/{number}/confirmation`. Or withdraw it and let the tender's author propose it.
    """


class ProposalDecided(Refusal):
    """The proposed corrigendum has been confirmed or withdrawn before.

    See what was decided at `GET /tenders/{id}/corrigenda`. For a further change propose a new one.
    """


class ProposalOutdated(Refusal):
    """The tender has changed since this corrigendum was proposed.

    Two persons must mean the same change of the same version. Withdraw it, and propose it anew for the present version.
    """


# Rules


def check_corrigendum(tender: TenderRow, lots: Sequence[TenderLot], new: NewCorrigendum) -> None:
    """A deadline moves only later; new rules give bidders time; lots stay as many as they are."""
    faults = list(_deadline_faults(tender, new))
    if new.lots is not None and len(new.lots) != len(lots):
        faults.append(Fault("/lots", f"There are {len(lots)} lots.", "Give all of them, in their order."))
    faults.extend(requirements.faults(new.requirements or (), len(lots)))
    faults.extend(judge_rules(new.lots or (), tender.currency)[0])
    changed = new.lots or ()
    unlawful = judge_law(legal_rules(tender), [lot.rules for lot in changed], [lot.price_envelope for lot in changed])
    faults.extend(unlawful.faults)
    faults.extend(_moved_prices(lots, new.lots or ()))
    faults.extend(_fewer_variants(lots, new.lots or ()))
    if not new.changes():
        faults.append(Fault("", "Nothing would change.", "Give at least one new value."))
    if faults:
        raise InvalidRequest("The corrigendum cannot be issued as it stands.", faults=tuple(faults))


def _deadline_faults(tender: TenderRow, new: NewCorrigendum) -> Iterator[Fault]:
    """A deadline moves only later and within the framework; what bids must answer anew moves with it."""
    deadline, wanted, ends_at = tender.submission_deadline, new.submission_deadline, tender.framework_ends_at
    later = wanted is not None and deadline is not None and wanted > deadline
    if wanted is not None and not later:
        yield Fault("/submission_deadline", "A published deadline moves only later.", "Give a later one.")
    for what, changed in (("rules", new.lots), ("requirements", new.requirements)):
        if changed is not None and not later:
            mend = "Extend the deadline with the same corrigendum."
            yield Fault("/submission_deadline", f"New {what} need a later deadline.", mend)
    if wanted is not None and ends_at is not None and wanted >= ends_at:
        mend = f"Give one before {ends_at.isoformat()}."
        yield Fault("/submission_deadline", "The framework ends before bids are in.", mend)
    yield from eforms.early(new.notice or tender.notice, wanted or deadline)


def _moved_prices(lots: Sequence[TenderLot], new: Sequence[DraftLot]) -> Iterator[Fault]:
    """What lies in which envelope stays as published: bids are already sealed that way."""
    for index, (old, changed) in enumerate(zip(lots, new, strict=False)):
        if old.price_envelope != changed.price_envelope:
            mend = f"Write {msgspec.json.encode(old.price_envelope).decode()}."
            yield Fault(f"/lots/{index}/price_envelope", "What is sealed apart stays as it was published.", mend)


def _fewer_variants(lots: Sequence[TenderLot], new: Sequence[DraftLot]) -> Iterator[Fault]:
    """A variant that was sent as the tender asked cannot be disowned."""
    for index, (old, changed) in enumerate(zip(lots, new, strict=False)):
        most = old.variants.at_most if old.variants else 0
        if most > (changed.variants.at_most if changed.variants else 0):
            mend = f"Keep at least {most}."
            yield Fault(f"/lots/{index}/variants", "Variants that were published stay allowed.", mend)


def check_may_confirm(tender: TenderRow, proposal: ProposedCorrigendum, caller: Caller) -> None:
    """Two different persons, both in their roles at this moment, of one mind about one version."""
    if proposal.decision is not None:
        raise ProposalDecided(f"Corrigendum {proposal.number} was {proposal.decision} by {proposal.decided_by}.")
    if proposal.proposed_by_id == caller.person_id:
        raise ProposedByYourself(f"You proposed corrigendum {proposal.number}; another approver must confirm it.")
    if not proposal.proposer_holds_role:
        who = f"{proposal.proposed_by}, who proposed it, is neither author nor approver of the tender any more."
        raise ProposalOutdated(who)
    if proposal.tender_version != tender.version:
        versions = f"It was proposed for version {proposal.tender_version}, the present one is {tender.version}."
        raise ProposalOutdated(versions)


# Reading


async def _proposal(conn: db.Connection, tender_id: UUID, number: int) -> ProposedCorrigendum:
    if number <= LARGEST_NUMBER:
        for found in await db.many(SQL.list_proposals(conn, tender_id=tender_id, number=number), ProposedCorrigendum):
            return found
    raise NotFound


# Handlers


@post("/tenders/{tender_id:uuid}/corrigenda")
async def propose_corrigendum(
    tender_id: FromPath[UUID],
    data: JSONBody[NewCorrigendum],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: IfMatch = None,
) -> Response[ProposedCorrigendum]:
    """Propose a change of a published tender before its deadline, with a reason; for its author or an approver.

    It gets a number for good and changes nothing: another person, who is an approver, confirms it at
    `/tenders/{id}/corrigenda/{number}/confirmation`, before the deadline as well. Suppliers see it from then on.
    """
    known = await lock(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "propose_corrigendum")
    deadline = check_open(known.tender)
    check_if_match(if_match, known.tender.version)
    check_corrigendum(*known, data)
    number: int = await SQL.insert_proposal(
        conn,
        tender_id=tender_id,
        person_id=caller.person_id,
        reason=data.reason,
        changes=data.changes(),
        tender_version=known.tender.version,
        submission_deadline=deadline,
        later_deadline=data.submission_deadline,
        proposed_at=known.tender.now,
    )
    facts = {"number": number, "reason": data.reason, "version": known.tender.version, "digest": scoring.digest(data)}
    facts |= {"submission_deadline": data.submission_deadline} if data.submission_deadline else {}
    await events.record(conn, "corrigendum.proposed", tender_id=tender_id, actor=caller.person_id, data=facts)
    location = {"Location": f"/tenders/{tender_id}/corrigenda/{number}"}
    return Response(await _proposal(conn, tender_id, number), headers=location)


@post("/tenders/{tender_id:uuid}/corrigenda/{number:int}/confirmation", status_code=200)
async def confirm_corrigendum(
    tender_id: FromPath[UUID],
    number: FromPath[int],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: IfMatch = None,
) -> Response[Tender]:
    """Put a proposed corrigendum into effect; for an approver who neither proposed it nor wrote the tender.

    It is judged again now: the deadline has not passed by the database's clock, no bid is in flight under the old one,
    and the tender (`If-Match`) is still of the version that it was proposed for. Standing bids keep standing.
    """
    known = await lock(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "confirm_corrigendum")
    check_not_author(known.tender, caller)
    proposal = await _proposal(conn, tender_id, number)
    check_open(known.tender)
    check_may_confirm(known.tender, proposal, caller)
    check_if_match(if_match, known.tender.version)
    check_corrigendum(*known, proposal.corrigendum())
    await _decide(conn, known, proposal, caller, "confirmed")
    await _put_into_effect(conn, known, proposal, caller)
    return await present(conn, caller, await read(conn, caller, tender_id=tender_id))


async def _decide(
    conn: db.Connection,
    known: Known,
    proposal: ProposedCorrigendum,
    caller: Caller,
    decision: Literal["confirmed", "withdrawn"],
) -> None:
    await SQL.decide_proposal(
        conn,
        tender_id=known.tender.id,
        number=proposal.number,
        proposer_id=proposal.proposed_by_id,
        person_id=caller.person_id,
        decision=decision,
        decided_at=known.tender.now,
    )


async def _put_into_effect(conn: db.Connection, known: Known, proposal: ProposedCorrigendum, caller: Caller) -> None:
    """Change the tender, freeze its rules anew, and publish the corrigendum."""
    tender_id, new = known.tender.id, proposal.corrigendum()
    changes = new.changes()
    kept = {name: getattr(known.tender, name) for name in DraftTender.__struct_fields__ if name != "lots"}
    plain = {name: value for name, value in changes.items() if name not in {"lots", "requirements"}}
    columns = kept | plain
    await TENDERS.update_tender(conn, tender_id=tender_id, **columns)
    if new.lots is not None:
        await store_lots(conn, tender_id, new.lots)
    digest = await freeze(conn, await read(conn, caller, tender_id=tender_id))
    await SQL.insert_corrigendum(
        conn,
        tender_id=tender_id,
        number=proposal.number,
        reason=new.reason,
        changes=changes,
        person_id=caller.person_id,
        issued_at=known.tender.now,
    )
    facts: dict[str, Any] = {"number": proposal.number, "reason": new.reason, "rules_digest": digest}
    facts |= {"proposed_by": proposal.proposed_by_id, "proposed_at": proposal.proposed_at}
    facts |= {"submission_deadline": new.submission_deadline} if new.submission_deadline else {}
    facts["changes"] = differences(known, plain, new.lots)
    if new.requirements is not None:
        before = (await requirements.of_tender(conn, tender_id)).digest
        written = await requirements.write(conn, tender_id, new.requirements, caller.person_id)
        facts["changes"]["requirements_digest"] = {"old": before, "new": written}
    await events.record(conn, "corrigendum.issued", tender_id=tender_id, actor=caller.person_id, data=facts)


@delete("/tenders/{tender_id:uuid}/corrigenda/{number:int}", status_code=200)
async def withdraw_corrigendum(
    tender_id: FromPath[UUID],
    number: FromPath[int],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> ProposedCorrigendum:
    """Withdraw a proposed corrigendum that nobody has confirmed; for the tender's author or an approver.

    Its number is not given again.
    """
    known = await lock(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "withdraw_corrigendum")
    proposal = await _proposal(conn, tender_id, number)
    if proposal.decision is not None:
        raise ProposalDecided(f"Corrigendum {number} was {proposal.decision} by {proposal.decided_by}.")
    await _decide(conn, known, proposal, caller, "withdrawn")
    facts = {"number": number}
    await events.record(conn, "corrigendum.withdrawn", tender_id=tender_id, actor=caller.person_id, data=facts)
    return await _proposal(conn, tender_id, number)


@get("/tenders/{tender_id:uuid}/corrigenda")
async def list_corrigenda(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[ProposedCorrigendum]:
    """List proposed, confirmed and withdrawn corrigenda; for the buyer's people. Suppliers read those in force."""
    known = await read(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "list_corrigenda")
    return await db.many(SQL.list_proposals(conn, tender_id=tender_id, number=None), ProposedCorrigendum)


@get("/tenders/{tender_id:uuid}/corrigenda/{number:int}")
async def get_corrigendum(
    tender_id: FromPath[UUID],
    number: FromPath[int],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> ProposedCorrigendum:
    """Read one proposed, confirmed or withdrawn corrigendum; for the buyer's people."""
    known = await read(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "get_corrigendum")
    return await _proposal(conn, tender_id, number)


router = Router(
    path="/",
    route_handlers=[
        propose_corrigendum,
        confirm_corrigendum,
        withdraw_corrigendum,
        list_corrigenda,
        get_corrigendum,
    ],
    tags=["Tenders"],
)
