"""Releases of open data: made by a worker after every event that makes something public, kept, and never changed.

A release tells all that is public at its instant, so that the last one is what all of them amount to. Call-offs, which
exist for a framework's suppliers alone, have none.
"""

import hashlib
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

import scoring
from service import db, evaluations, ocds, ocds_profiles, public_report, social_value, tenders
from service.evaluations import StoredEvaluation
from service.jobs import Do
from service.letters import Shown
from service.ocds_performance import ToldOf
from service.ocds_release import Cancelled, Facts, Noticed, Organisation, Outcome, release_of, tags, told
from service.organisations import NOBODY
from service.problems import NotFound
from service.settings import Settings
from service.tenders import Corrigendum, Known

SQL = db.queries("releases")
DUTY: Final = "ocds-release"
"""The name of the job; the trigger on the log (migration 0042) queues it."""


class _Last(Struct, frozen=True):
    number: int = 0
    told: tuple[str, ...] = ()
    digest: str = ""
    current: bytes = b"{}"
    find_a_tender: bytes = b"{}"


def ocid_of(settings: Settings, tender_id: UUID) -> str:
    """The contracting process's id everywhere and for ever: the publisher's registered prefix and the tender's id."""
    return f"{settings.ocid_prefix}-{tender_id}"


async def load(conn: db.Connection, tender_id: UUID, address: str) -> Facts:
    """What is public of a tender; raises NotFound for a draft and for what is no stranger's business."""
    known = await tenders.read(conn, NOBODY, tender_id=tender_id)
    awards = await db.many(SQL.list_noticed(conn, tender_id=tender_id), Noticed)
    last = {award.lot: award.name for award in awards}
    return Facts(
        known=known,
        buyer=await db.one(SQL.get_buyer(conn, buyer_id=known.tender.buyer_id), Organisation),
        corrigenda=await db.many(tenders.SQL.list_corrigenda(conn, tender_id=tender_id), Corrigendum),
        cancelled=await db.many(SQL.list_cancelled(conn, tender_id=tender_id), Cancelled),
        awards=awards,
        outcomes={award.name: await _outcome(conn, known, award, last=award.name in last.values()) for award in awards},
        address=address,
        own_measures=await social_value.own_of(conn, known),
        performance=await db.many(SQL.list_performance(conn, tender_id=tender_id), ToldOf),
    )


async def _outcome(conn: db.Connection, known: Known, award: Noticed, *, last: bool) -> Outcome:
    """What an award rests on, its price as it is public, and the public report on the lot's last award."""
    if last:
        lot = known.lot(award.lot_id)
        grounds = await public_report.grounds_of(conn, known, lot)
        report = await public_report.report_of(conn, known, lot, grounds)
        return Outcome(grounds.result, report.price, grounds.hidden, report)
    buyer_id = known.tender.buyer_id
    row = evaluations.SQL.get_evaluation(conn, evaluation_id=award.evaluation_id, organisation_id=buyer_id)
    result = msgspec.json.decode((await db.one(row, StoredEvaluation)).canonical, type=scoring.Evaluation)
    hidden, price = await public_report.told_of(conn, known, award.lot_id, award.bid_id)
    reason = hidden.get("contract_price")
    return Outcome(result, Shown(text=None if reason else price, redacted=reason), hidden, None)


async def make(settings: Settings, pool: asyncpg.Pool, payload: str) -> None:
    """The worker's duty: keep a release of a tender, if it would tell anything new."""
    tender_id = UUID(payload.partition(" ")[0])
    async with db.transaction(pool) as conn:
        at: datetime = await SQL.hold_the_pen(conn)
        last = await db.maybe(SQL.get_last(conn, tender_id=tender_id), _Last) or _Last()
        try:
            facts = await load(conn, tender_id, settings.public_url or "")
        except NotFound:
            return
        happened = told(facts)
        new = [one for one in happened if one not in last.told]
        number, ocid = last.number + 1, ocid_of(settings, tender_id)
        release = release_of(facts, ocid, number, at, tags(facts, new))
        timeless = msgspec.structs.replace(release, id=ocid, date=facts.known.tender.created_at, tag=())
        digest = hashlib.sha256(ocds.encode(timeless)).hexdigest()
        if digest == last.digest:
            return
        await SQL.insert_release(
            conn,
            tender_id=tender_id,
            number=number,
            told=list(happened),
            digest=digest,
            current=ocds.following(last.current, ocds.encode(ocds_profiles.for_current(release))),
            find_a_tender=ocds.following(last.find_a_tender, ocds.encode(ocds_profiles.for_find_a_tender(release))),
            made_at=at,
        )


def duties(settings: Settings) -> dict[str, Do]:
    """What a worker does for open data."""
    return {DUTY: partial(make, settings)}
