"""What of a tender is social value, and what to look at before it is published: weight, licences, what counts twice.

A criterion is a measure by its id: of the built-in catalogue, else of the buyer's own, as imported last. What the
buyer's own say of it is frozen at publication, because goals in open data follow from it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final
from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import award_criteria, db, events, measures, tenders
from service.measures import Asked, CriteriaProposal, NewCriteriaProposal
from service.ocds import EnvironmentalImpact, SocialObjective
from service.organisations import Caller
from service.problems import Fault
from service.tenders import Known, TenderLot

SQL = db.queries("social_value")

HUNDRED: Final = 100
OPEN_LICENCES: Final = re.compile(
    r"(open government licen[cs]e|ogl|cc0|public domain|cc[ -]by([ -]sa)?([ -][0-9.]+)?|odbl|odc-by|own work)"
    r"([ -]?v?[0-9.]+)?",
    re.IGNORECASE,
)
"""Licences that allow a catalogue to be passed on, whole. NC and ND are not among them, nor is what is not known."""


class OwnTags(Struct, frozen=True, kw_only=True):
    """What a catalogue of the buyer's own says of a criterion: what it counts, its goals, whose words it is in."""

    code: str
    catalogue: str
    version: str
    licence: str
    counts: str = ""
    social_objective: SocialObjective | None = None
    environmental_impact: EnvironmentalImpact | None = None
    goal: str | None = None


# Rules


def may_export(licence: str) -> bool:
    """Whether a licence is known to allow passing on."""
    return OPEN_LICENCES.fullmatch(licence.strip()) is not None


def cautions(known: Known, own: Mapping[str, OwnTags]) -> Iterator[Fault]:
    """What to look at in a tender that is about to be published, lot by lot. Nothing of it stops the publication."""
    model = measures.model_for(known.tender, None)
    for index, lot in enumerate(known.lots):
        at = f"/lots/{index}/rules/criteria"
        counted = dict(counted_in([lot], own))
        if model is not None and lot.rules.rule is None:
            leaves = award_criteria.leaves_of(lot.rules)
            shares = (leaf.share for leaf in leaves if leaf.criterion.id in counted)
            weighting = sum(shares, start=Fraction(0)) * HUNDRED / Fraction(lot.rules.total)
            yield from measures.light(weighting, model, known.tender, at)
        yield from measures.twice(counted.items(), at)
        yield from _licensed([own[name] for name in counted if name in own], at)


def counted_in(lots: Iterable[TenderLot], own: Mapping[str, OwnTags]) -> Iterator[tuple[str, str]]:
    """The measures among the criteria of lots, by their codes, with what each counts."""
    counts = {name: one.counts for name, one in own.items()}
    counts |= {name: one.counts for name, one in measures.by_code().items()}
    for lot in lots:
        for leaf in scoring.leaves(lot.rules.criteria):
            if leaf.id in counts:
                yield leaf.id, counts[leaf.id]


def _licensed(used: Iterable[OwnTags], at: str) -> Iterator[Fault]:
    """Words whose licence is not known to let them out: they leave with the tender, whoever exports it."""
    by_catalogue: dict[tuple[str, str, str], list[str]] = {}
    for one in used:
        if not may_export(one.licence):
            by_catalogue.setdefault((one.catalogue, one.version, one.licence), []).append(one.code)
    for (catalogue, version, licence), codes in by_catalogue.items():
        yield Fault(
            at,
            f"{', '.join(codes)} come from {catalogue} {version}, licensed under {licence}: their words leave the"
            " service with the published tender, its set-up, its export and open data.",
            "Make sure that your licence allows that, or write them in your own words.",
        )


# Reading and freezing


async def own_of(conn: db.Connection, known: Known) -> dict[str, OwnTags]:
    """What the buyer's own catalogues say of a tender's criteria, by their ids: as they were at its publication."""
    tender = known.tender
    if tender.published_at is None:
        codes = list({leaf.id for lot in known.lots for leaf in scoring.leaves(lot.rules.criteria)})
        found = await db.many(SQL.list_own(conn, buyer_id=tender.buyer_id, codes=codes), OwnTags)
    else:
        found = await db.many(SQL.list_frozen(conn, tender_id=tender.id), OwnTags)
    return {one.code: one for one in found}


async def freeze(conn: db.Connection, known: Known) -> None:
    """Keep what the buyer's own catalogues say of a tender's criteria now; what was kept before stays."""
    codes = list({leaf.id for lot in known.lots for leaf in scoring.leaves(lot.rules.criteria)})
    await SQL.freeze(conn, tender_id=known.tender.id, buyer_id=known.tender.buyer_id, codes=codes)


async def draft_for(
    conn: db.Connection, caller: Caller, operation: str, tender_id: UUID, starts_on: date | None
) -> Known:
    """The draft that criteria are proposed for; the day on which its procurement starts is kept with it, where given.

    That leaves the version as it is: it changes neither a rule nor what bids must hold.
    """
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, operation)
    tenders.check_draft(known.tender)
    if starts_on is None or starts_on == known.tender.starts_on:
        return known
    await SQL.put_start(conn, tender_id=tender_id, starts_on=starts_on)
    facts = {"changes": tenders.differences(known, {"starts_on": starts_on}, None)}
    await events.record(conn, "tender.edited", tender_id=tender_id, actor=caller.person_id, data=facts)
    return await tenders.read(conn, caller, tender_id=tender_id)


# Handlers


@post("/tenders/{tender_id:uuid}/criteria/from-catalogue", status_code=200)
async def propose_criteria(
    tender_id: FromPath[UUID],
    data: JSONBody[NewCriteriaProposal],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> CriteriaProposal:
    """Make criteria of the catalogue's measures for a draft; for its author. It is a proposal: none is stored.

    `starts_on` is kept with the draft, so that its publication is judged by the same social value model.
    """
    known = await draft_for(conn, caller, "propose_criteria", tender_id, data.starts_on)
    there = list(counted_in(known.lots, await own_of(conn, known)))
    return measures.propose(data, Asked(known.tender, measures.by_code(), there))


router = Router(path="/", route_handlers=[propose_criteria], tags=["Catalogue"])
