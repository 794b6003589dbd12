"""The chronological record of a tender as data: who did what, when, about what, with old and new value and reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from msgspec import Struct

_WITHOUT_BEFORE = {
    "refused",
    "bid.validated",
    "tender.simulated",
    "report.stored",
    "record.stored",
    "paper.stored",
    "log.timestamped",
}
"""Kinds whose entries stand alone: the last one of the kind says nothing about the next."""

_STAMPS = ("_at", "_id")


class Change(Struct, frozen=True, kw_only=True):
    """One field's value before and after; None: there was none."""

    field: str
    old: Any
    new: Any


class ChronicleEntry(Struct, frozen=True, kw_only=True):
    """One thing that somebody did, or was refused. `about` names what it concerns, `facts` is all that was recorded."""

    position: int | None
    at: datetime
    kind: str
    person_id: UUID | None
    person: str | None
    about: dict[str, str]
    reason: str | None
    changes: list[Change]
    facts: dict[str, Any]


class ChronicleRow(Struct, frozen=True, kw_only=True):
    """An entry as stored, with what the last entry about the same thing said."""

    position: int | None
    kind: str
    at: datetime
    person_id: UUID | None
    person: str | None
    data: dict[str, Any]
    subject: dict[str, Any] | None
    before: dict[str, Any] | None
    supplier: str | None
    lot: int | None
    holder: str | None


class ChronicleTitle(Struct, frozen=True, kw_only=True):
    """What a record says about its tender."""

    tender_id: UUID
    reference: str
    title: str
    buyer: str
    jurisdiction: str
    time_zone: str


class ChronicleDocument(Struct, frozen=True, kw_only=True):
    """All that a record as a file prints; `sealed`: suppliers' doings are not in it, for not all lots were opened."""

    tender: ChronicleTitle
    at: datetime
    sealed: bool
    entries: tuple[ChronicleEntry, ...]


def entry_of(row: ChronicleRow) -> ChronicleEntry:
    """An entry with its changes worked out."""
    named = {"supplier": row.supplier, "lot": row.lot, "person": row.holder}
    named |= {"criterion": (row.subject or {}).get("criterion_id")}
    reason = row.data.get("reason")
    return ChronicleEntry(
        position=row.position,
        at=row.at,
        kind=row.kind,
        person_id=row.person_id,
        person=row.person,
        about={name: str(value) for name, value in named.items() if value is not None},
        reason=reason if isinstance(reason, str) else None,
        changes=[] if row.kind in _WITHOUT_BEFORE else changes_of(row.data, row.before, row.subject or {}),
        facts=row.data,
    )


def changes_of(data: Mapping[str, Any], before: Mapping[str, Any] | None, subject: Mapping[str, Any]) -> list[Change]:
    """What an entry changed: as it says itself, else every plain value that the last entry about the thing has not."""
    if isinstance(told := data.get("changes"), dict):
        pairs = cast("dict[str, dict[str, Any]]", told)
        return [Change(field=name, old=pair.get("old"), new=pair.get("new")) for name, pair in pairs.items()]
    earlier = before or {}
    return [
        Change(field=name, old=earlier.get(name), new=value)
        for name, value in data.items()
        if name not in subject
        and name != "reason"
        and not name.endswith(_STAMPS)
        and not isinstance(value, dict | list)
        and value != earlier.get(name)
    ]
