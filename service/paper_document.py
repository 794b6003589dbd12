"""What every paper beside the evaluation report is headed with: the tender, the lot, and the instant it stands for."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from service import db
from service.report_document import Tender
from service.tenders import Known, TenderLot, TenderRow

SQL = db.queries("paper_document")


class Heading(Struct, frozen=True, kw_only=True):
    """Whose tender a paper is about; without a lot it is about the tender as a whole."""

    buyer: str
    reference: str
    title: str
    currency: str
    time_zone: str
    lot_number: int | None = None
    lot_title: str | None = None


class Document(Struct, frozen=True, kw_only=True):
    """What all papers have. `at` is the latest instant that the paper tells of; the same data has the same one."""

    heading: Heading
    at: datetime


class Loaded(NamedTuple):
    """A paper's data as read at one instant, and the tender in whose language it comes and whose log tells of it."""

    tender: TenderRow
    document: Document


def heading_of(known: Known, lot: TenderLot | None = None) -> Heading:
    """The heading of a paper about a tender, or about one of its lots."""
    tender = known.tender
    return Heading(
        buyer=tender.buyer,
        reference=tender.reference,
        title=tender.title,
        currency=tender.currency,
        time_zone=tender.time_zone,
        lot_number=None if lot is None else lot.number,
        lot_title=None if lot is None else lot.title,
    )


def tender_of(known: Known, lot: TenderLot) -> Tender:
    """A tender and a lot as the report's sections print them."""
    tender = known.tender
    return Tender(
        title=tender.title,
        reference=tender.reference,
        buyer=tender.buyer,
        currency=tender.currency,
        time_zone=tender.time_zone,
        lot_number=lot.number,
        lot_title=lot.title,
        published_at=tender.published_at,
        submission_deadline=tender.submission_deadline,
        opened_at=lot.opened_at,
    )


def decimals_of(figures: Iterable[str | None]) -> int:
    """The most decimals of any figure of a column, so that it can be set with its points below each other.

    >>> decimals_of(("40", "12.5", None, "7.25", "e.g. 1.2345"))
    2
    """
    numbers = (figure for figure in figures if figure and figure.lstrip("-").replace(".", "", 1).isdigit())
    return max((len(number.partition(".")[2]) for number in numbers), default=0)


def latest(*instants: datetime | None) -> datetime:
    """The latest of the instants that there are; at least one is."""
    return max(at for at in instants if at is not None)


async def names_of(conn: db.Connection, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of people by their ids."""
    return {row["id"]: row["name"] async for row in SQL.list_names(conn, person_ids=list(set(person_ids)))}


async def locked_by(conn: db.Connection, lot_id: UUID) -> str | None:
    """Who locked the technical consensus of a lot; None while it is not locked."""
    name: str | None = await SQL.find_locker(conn, lot_id=lot_id)
    return name
