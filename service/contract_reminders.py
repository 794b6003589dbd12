"""Reminders about contracts: a job looks what is due, writes down each thing once, and comes again.

The day is the database's, where the tender is. A reminder is an entry of the tender's log, and stands in the dashboard;
nobody is written to who has not asked for it.
"""

from datetime import date, timedelta
from typing import Final

import asyncpg
import msgspec

from service import db, events, jobs, measures, monitoring, obligations, tenders
from service.jobs import Do
from service.monitoring import Reminder
from service.obligations import REMIND, Due, Place, Plan
from service.organisations import NOBODY

SQL = db.queries("contract_reminders")

LOOK_AGAIN: Final = timedelta(days=7)
"""A report that waits to be verified falls due by itself: so often somebody looks, whatever is planned."""
LAST_LOOK: Final = timedelta(days=400)
"""So long after its last day a contract is looked at, if anything on it is still due."""


def next_look(plan: Plan, to_come: list[date], *, open_still: bool, today: date) -> date | None:
    """The day of the next look; None once nothing can fall due any more."""
    if not to_come and not open_still and today > plan.ends_on:
        return None
    if today > plan.ends_on + LAST_LOOK:
        return None
    return min([today + LOOK_AGAIN, *to_come])


async def remind(pool: asyncpg.Pool, payload: str) -> None:
    """The worker's duty: write down what is due on a contract and was not told yet, and say when to look again."""
    asked = msgspec.json.decode(payload, type=Due)
    ids = {"lot_id": asked.lot_id, "award_number": asked.award_number}
    async with db.transaction(pool) as conn:
        everybody = {"obligation_id": None, "delivery_id": None, "evidence_id": None, "organisation_id": None}
        plan = await db.maybe(obligations.SQL.find_plan(conn, lot_id=asked.lot_id, **everybody), Plan)
        if plan is None or plan.award_number != asked.award_number:
            return  # a later award of the lot has a contract of its own
        buyer_id = await SQL.find_buyer(conn, lot_id=asked.lot_id)
        buyer = msgspec.structs.replace(NOBODY, organisation_id=buyer_id)
        await obligations.SQL.lock_tender(conn, tender_id=plan.tender_id)
        known = await tenders.read(conn, buyer, lot_id=asked.lot_id)
        today = measures.today_of(known.tender)
        here = Place(known, await obligations.watched(conn, plan), today)
        every = monitoring.dues(await monitoring.kept_of(conn, here))
        due = [one for one in every if one.due_on <= today]
        rows = SQL.insert_reminders(conn, **ids, dues=due)
        told = await db.many(rows, Reminder)
        if told:
            facts = [{"lot_id": asked.lot_id, **msgspec.to_builtins(one)} for one in told]
            await events.record(conn, "contract.reminded", tender_id=plan.tender_id, actor=None, data={"due": facts})
        to_come = [one.due_on for one in every if one.due_on > today]
        day = next_look(plan, to_come, open_still=bool(due), today=today)
        if day is not None:
            at = await SQL.begin_of(conn, day=day, time_zone=known.tender.time_zone)
            again = msgspec.json.encode(Due(asked.lot_id, asked.award_number, day)).decode()
            await jobs.enqueue_later(conn, REMIND, again, at)


DUTIES: dict[str, Do] = {REMIND: remind}
"""What a worker does for contracts."""
