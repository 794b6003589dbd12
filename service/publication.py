"""Publication: the moment at which a tender's rules are frozen; only corrigenda change them afterwards."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

import scoring
from scoring.units import is_money
from service import custody, db, eforms, events, frameworks, jobs, requirements, social_value
from service.drafts import DraftLot
from service.edge import check_if_match
from service.language import LANGUAGES
from service.legal_checks import judge_law, judge_officers
from service.money import Vat
from service.organisations import Caller
from service.problems import Fault, Refusal
from service.roles import RolesConflict
from service.tenders import SQL as TENDERS
from service.tenders import (
    IfMatch,
    Known,
    Role,
    RoleHeld,
    Tender,
    TenderLot,
    TenderRow,
    check_access,
    check_draft,
    legal_rules,
    lock,
    present,
    read,
)

SQL = db.queries("publication")

STAMP = "stamp-log"
"""What the worker calls the job that has the log stamped at the deadline (timestamps.py)."""


# Refusals


class TenderNotReady(Refusal):
    """The tender cannot be published as it stands.

    Everything that is missing or wrong is listed under `errors`.
    """

    status = 422


# Rules


def check_not_author(tender: TenderRow, caller: Caller) -> None:
    """Who wrote a tender does not approve it, nor its changes, whatever roles were given and taken since."""
    if tender.author_id == caller.person_id:
        raise RolesConflict("You wrote this tender; somebody else must approve it.")


def check_ready(
    tender: TenderRow, lots: Sequence[TenderLot], roles: Sequence[RoleHeld], found: Sequence[Fault]
) -> tuple[Fault, ...]:
    """Refuse to publish what is incomplete, naming everything; returns the warnings that do not stop it."""
    faults: list[Fault] = [*found]
    if tender.submission_deadline is None:
        faults.append(Fault("/submission_deadline", "There is no deadline.", "Give an instant with an offset."))
    elif tender.submission_deadline <= tender.now:
        faults.append(Fault("/submission_deadline", "The deadline is not in the future.", "Give a later one."))
    if not lots:
        faults.append(Fault("/lots", "There is no lot.", "Add at least one."))
    wrong, warnings = judge_rules(lots, tender.currency)
    faults.extend(wrong)
    law = legal_rules(tender)
    unlawful, unwise = judge_law(law, [lot.rules for lot in lots], [lot.price_envelope for lot in lots])
    faults.extend((*unlawful, *judge_officers(law, tender.officers_needed)))
    warnings.extend((*unwise, *_unstated(tender)))
    faults.extend(eforms.judge(tender.jurisdiction, [lot.rules for lot in lots]))
    faults.extend(eforms.early(tender.notice, tender.submission_deadline))
    faults.extend(_missing_people(tender, roles))
    if faults:
        raise TenderNotReady(f"{len(faults)} things stand in the way of publishing.", faults=tuple(faults))
    return tuple(warnings)


def _unstated(tender: TenderRow) -> Iterator[Fault]:
    """A language that nobody chose is nobody's decision: its papers are in English, and somebody is told so."""
    if tender.language is None:
        message = "No language is chosen, so the tender's papers and its letters to bidders come in English."
        yield Fault("/language", message, f"Give `language` in the draft: {', '.join(LANGUAGES)}.")


def judge_rules(lots: Sequence[DraftLot | TenderLot], currency: str) -> tuple[list[Fault], list[Fault]]:
    """What is wrong with the lots' rules, and what the engine only warns of."""
    faults: list[Fault] = []
    warnings: list[Fault] = []
    for index, lot in enumerate(lots):
        for found in scoring.check_publishable(lot.rules):
            fault = Fault(f"/lots/{index}/rules{found.pointer}", found.message, found.mend)
            (warnings if found.severity == "warning" else faults).append(fault)
        warnings.extend(
            Fault(f"/lots/{index}/rules{found.pointer}", found.message, found.mend)
            for found in scoring.giveaways(lot.rules)
        )
        faults.extend(_foreign_money(lot.rules.criteria, f"/lots/{index}/rules", currency))
    return faults, warnings


def _foreign_money(criteria: Sequence[scoring.Criterion], prefix: str, currency: str) -> Iterator[Fault]:
    """A criterion in another currency than the tender's would mix amounts that nobody converts."""
    for index, criterion in enumerate(criteria):
        path = f"{prefix}/criteria/{index}"
        if criterion.unit is not None and is_money(criterion.unit) and criterion.unit not in {"money", currency}:
            message = f"The tender's currency is {currency}, this criterion asks for {criterion.unit}."
            yield Fault(f"{path}/unit", message, f"Write {currency}, or change the tender's currency.")
        yield from _foreign_money(criterion.criteria, path, currency)


def _missing_people(tender: TenderRow, roles: Sequence[RoleHeld]) -> list[Fault]:
    needed: dict[Role, int] = {"opening_officer": tender.officers_needed, "evaluator": 1, "moderator": 1}
    faults: list[Fault] = []
    for role, number in needed.items():
        have = len({held.person_id for held in roles if held.role == role})
        if have < number:
            name = role.replace("_", " ")
            mend = f"Give the role at /tenders/{{id}}/roles with role `{role}`."
            faults.append(Fault("/roles", f"{number} {name}(s) are needed, there are {have}.", mend))
    return faults


async def unsimulated(conn: db.Connection, known: Known) -> tuple[Fault, ...]:
    """A warning for every lot whose present rules nobody has tried out.

    Source: UK Bid Evaluation Guidance Note May 2021, section 8, "Test and publish the evaluation model".
    """
    tried = {row["rules_digest"] async for row in SQL.list_simulated(conn, tender_id=known.tender.id)}
    return tuple(
        Fault(
            f"/lots/{index}/rules",
            "these rules were published without a simulation",
            "simulate drafts with POST /tenders/{id}/simulations before publishing",
        )
        for index, lot in enumerate(known.lots)
        if scoring.rules_digest(lot.rules) not in tried
    )


def frozen_terms(known: Known, digests: Sequence[str]) -> object:
    """What a tender's digest covers: its lots' rules and, where it has any, its terms beside a plain bid's."""
    tender, lots = known
    named = ("framework", "framework_id", "estimated_value")
    terms: dict[str, object] = {name: value for name in named if (value := getattr(tender, name)) is not None}
    if tender.vat != Vat():
        terms["vat"] = tender.vat
    if tender.accepted_currencies:
        terms |= {"currency": tender.currency, "accepted_currencies": tender.accepted_currencies}
    if any(lot.variants for lot in lots):
        terms["variants"] = [lot.variants for lot in lots]
    return {"rules": digests, **terms} if terms else digests


async def freeze(conn: db.Connection, known: Known) -> str:
    """Put a tender's present rules under their digests; returns the digest of them all."""
    lots = known.lots
    digests = [scoring.rules_digest(lot.rules) for lot in lots]
    digest = scoring.digest(frozen_terms(known, digests))
    await SQL.publish_tender(
        conn,
        tender_id=known.tender.id,
        rules_digest=digest,
        published_at=known.tender.now,
        numbers=[lot.number for lot in lots],
        lot_digests=digests,
    )
    await social_value.freeze(conn, known)
    return digest


# Handlers


@post("/tenders/{tender_id:uuid}/publication", status_code=200)
async def publish_tender(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    if_match: IfMatch = None,
) -> Response[Tender]:
    """Publish the version that you have read (`If-Match`): its rules are frozen under their digests.

    For an approver who is not the tender's author. Everything that is missing is listed at once.
    """
    known = await lock(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "publish_tender")
    check_not_author(known.tender, caller)
    check_draft(known.tender)
    check_if_match(if_match, known.tender.version)
    roles = await db.many(TENDERS.list_roles(conn, tender_id=tender_id), RoleHeld)
    key, officers = await custody.find(conn, tender_id)
    required = await requirements.of_tender(conn, tender_id)
    amiss, doubts = await frameworks.judge(conn, known)
    faults = [*custody.key_faults(known.tender, key, officers), *amiss]
    faults += requirements.faults(required.requirements, len(known.lots))
    warnings = check_ready(*known, roles, faults)
    warnings += tuple(social_value.cautions(known, await social_value.own_of(conn, known)))
    untried = await unsimulated(conn, known)
    public_key = await custody.settle(conn, state.wrapper, known.tender, key)
    digest = await freeze(conn, known)
    facts: dict[str, Any] = {"rules_digest": digest, "lots": len(known.lots), "lots_without_simulation": len(untried)}
    facts |= {"custody": known.tender.custody, "officers_needed": known.tender.officers_needed}
    law = legal_rules(known.tender)
    facts |= {"jurisdiction": law.id, "record_years": law.record_years, "language": known.tender.language}
    facts["submission_deadline"] = known.tender.submission_deadline
    facts["public_key_digest"] = custody.digest_of(public_key)
    facts["requirements_digest"] = required.digest
    await events.record(conn, "tender.published", tender_id=tender_id, actor=caller.person_id, data=facts)
    if state.tsa_url is not None and known.tender.submission_deadline is not None:
        await jobs.enqueue_later(conn, STAMP, str(tender_id), known.tender.submission_deadline)
    return await present(conn, caller, await read(conn, caller, tender_id=tender_id), (*warnings, *doubts, *untried))


router = Router(path="/", route_handlers=[publish_tender], tags=["Tenders"])
