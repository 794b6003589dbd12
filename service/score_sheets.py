"""Panel scores as a sheet: an evaluator takes it with a row for each bid and criterion, fills it in, and sends it back.

All rows are judged by the rules of a single score, and all that are wrong are told by their cells; either every row
that says something new is stored, in one transaction, or none is. A row as it was given out changes nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

import scoring
from service import db, edge, events, opening, panel, panel_scores, retries, sheets, tenders, wire
from service.bid_sheets import FormatAsked
from service.opening import PanelBid
from service.organisations import Caller
from service.panel_scores import NewScore, PanelScore
from service.problems import Fault, Refusal, UnsupportedMediaType
from service.sheets import SheetUnreadable, address
from service.tenders import Known, TenderLot

SQL = db.queries("score_sheets")

MARK: Final = "tenderscore scores"
_FIRST: Final = 3
_HEADINGS: Final = ("bid_id", "Bidder", "criterion_id", "Criterion", "value", "reason", "cites", "change_reason")
_COLUMNS: Final = {name: number for number, name in enumerate(_HEADINGS, 1) if name.islower()}
EXPORT_MARK: Final = "tenderscore all scores"
_EVERY_HEADING: Final = (
    *("bid_id", "Bidder", "criterion_id", "Criterion", "Evaluator", "value", "reason", "cites", "change_reason"),
    *("version", "given_at", "counts"),
)
_MANY_CITES: Final = "\n"
"""Places in the bid stand in one cell, each in a line of its own."""

ValidateOnly = Annotated[Literal["only"] | None, Meta(description="`only`: check the sheet and store nothing.")]


class StoredSheet(Struct, frozen=True, kw_only=True):
    """What became of a sheet: so many rows said something new, as they stood, or nothing; the new scores.

    With `?validate=only` nothing was stored, and `scores` is empty.
    """

    new: int
    unchanged: int
    empty: int
    scores: list[PanelScore]


class _Row(NamedTuple):
    """A score of a sheet, and where it stands."""

    number: int
    bid_id: UUID
    criterion_id: str
    score: NewScore
    version: int
    before: str | None


# Rules


def template(
    lot: TenderLot, bids: Sequence[PanelBid], criteria: Sequence[str], own: Mapping[tuple[UUID, str], PanelScore]
) -> list[list[str]]:
    """The rows for one evaluator: each bid on each criterion, with what this person has given so far."""
    titles = {one.id: one.title or one.id for one in scoring.leaves(lot.rules.criteria)}
    rows = [[MARK, str(lot.id), f"Lot {lot.number}: {lot.title}"], [*_HEADINGS]]
    for name in criteria:
        for bid in bids:
            given = own.get((bid.bid_id, name))
            said = ["", "", ""] if given is None else [given.value, given.reason, _MANY_CITES.join(given.cites)]
            rows.append([str(bid.bid_id), bid.supplier, name, titles[name], *said, ""])
    return rows


def every_score(lot: TenderLot, bids: Sequence[PanelBid], scores: Sequence[PanelScore]) -> list[list[str]]:
    """The rows of all scores, by bidder, criterion and evaluator; one that does not count any more says so."""
    titles = {one.id: one.title or one.id for one in scoring.leaves(lot.rules.criteria)}
    places = {name: place for place, name in enumerate(titles)}
    names = {bid.bid_id: bid.supplier for bid in bids}

    def row_of(one: PanelScore) -> list[str]:
        given_at = one.given_at.isoformat().replace("+00:00", "Z")
        said = (one.value, one.reason, _MANY_CITES.join(one.cites), one.change_reason or "")
        about = (str(one.bid_id), names[one.bid_id], one.criterion_id, titles[one.criterion_id], one.person or "")
        return [*about, *said, str(one.version), given_at, "yes" if one.counts else "no"]

    ordered = sorted(scores, key=lambda one: (names[one.bid_id], one.bid_id, places[one.criterion_id], one.person))
    return [[EXPORT_MARK, str(lot.id), f"Lot {lot.number}: {lot.title}"], [*_EVERY_HEADING], *map(row_of, ordered)]


class Filled:
    """A filled sheet: its rows that say something new, and how many others there are."""

    def __init__(
        self,
        read: sheets.Read,
        lot: TenderLot,
        rows: Mapping[tuple[str, str], UUID],
        own: Mapping[tuple[UUID, str], PanelScore],
        locked: Collection[str],
    ) -> None:
        """`rows`: which bids and criteria the person scores. Raises SheetUnreadable, naming every cell."""
        self._read, self._lot, self._own, self._locked = read, lot, own, locked
        self._faults = list(read.faults.values())
        self._seen: dict[tuple[str, str], int] = {}
        self.new: list[_Row] = []
        self.unchanged = self.empty = 0
        if read.cell(1, 1) != MARK or read.cell(1, 2) != str(lot.id):
            raise _unreadable(
                [Fault("A1", "This is no template of this lot.", "Take one: GET /lots/{id}/scores/sheet.")]
            )
        for number in range(_FIRST, len(read.rows) + 1):
            if any(cell.strip() for cell in read.rows[number - 1]):
                self._take(number, rows)
        if self._faults:
            raise _unreadable(self._faults)

    def _cell(self, number: int, name: str) -> str:
        return self._read.cell(number, _COLUMNS[name]).strip()

    def _take(self, number: int, rows: Mapping[tuple[str, str], UUID]) -> None:
        key = (self._cell(number, "bid_id").lower(), self._cell(number, "criterion_id"))
        if key in self._seen:
            mend = "Leave one of the two rows."
            self._faults.append(Fault(address(number, 1), f"The same as row {self._seen[key]}.", mend))
        elif key not in rows:
            mend = "Leave the row as the template has it; you score what you are seated on."
            self._faults.append(Fault(address(number, 1), "You give no score for this bid on this criterion.", mend))
        else:
            self._judge(number, rows[key], key[1])
        self._seen.setdefault(key, number)

    def _judge(self, number: int, bid_id: UUID, criterion_id: str) -> None:
        before = self._own.get((bid_id, criterion_id))
        cites = [line.strip() for line in self._cell(number, "cites").splitlines() if line.strip()]
        said: dict[str, Any] = {name: self._cell(number, name) for name in ("value", "reason")} | {"cites": cites}
        if change := self._cell(number, "change_reason"):
            said["change_reason"] = change
        if not any(said.values()):
            self.empty += 1
        elif before is not None and _same(said, before):
            self.unchanged += 1
        elif criterion_id in self._locked:
            mend = "Leave the row as it was; an approver can unlock the criterion, with a reason."
            self._faults.append(Fault(address(number, 3), "The agreed scores of this criterion are locked.", mend))
        else:
            self._check(number, bid_id, criterion_id, said, before)

    def _check(
        self, number: int, bid_id: UUID, criterion_id: str, said: dict[str, Any], before: PanelScore | None
    ) -> None:
        version = 1 if before is None else before.version + 1
        try:
            score = wire.decode(msgspec.json.encode(said), NewScore)
            value = panel.published_value(self._lot, criterion_id, score.value)
            panel_scores.check_change_reason(version, score.change_reason)
        except Refusal as refusal:
            self._faults += [
                Fault(self._place(number, fault.pointer), fault.message, fault.mend)
                for fault in refusal.faults or (Fault("/value", refusal.detail, refusal.mend()),)
            ]
            return
        score = msgspec.structs.replace(score, value=value)
        self.new.append(_Row(number, bid_id, criterion_id, score, version, before.value if before else None))

    def _place(self, number: int, at: str) -> str:
        return address(number, _COLUMNS.get(at.split("/")[1] if "/" in at else "", 1))


def _same(said: Mapping[str, Any], before: PanelScore) -> bool:
    """Whether a row stands as it was given out."""
    kept = {"value": before.value, "reason": before.reason.strip(), "cites": [one.strip() for one in before.cites]}
    return said == kept


def _unreadable(faults: list[Fault]) -> SheetUnreadable:
    return SheetUnreadable(f"{len(faults)} cells need mending. Nothing was stored.", faults=tuple(faults[:1000]))


# Handlers


class _Seated(NamedTuple):
    """What an evaluator has to score in a lot, and has scored."""

    known: Known
    lot: TenderLot
    bids: list[PanelBid]
    criteria: list[str]
    own: dict[tuple[UUID, str], PanelScore]

    def rows(self) -> dict[tuple[str, str], UUID]:
        """The rows that this person may send."""
        return {(str(bid.bid_id), name): bid.bid_id for bid in self.bids for name in self.criteria}


@dataclass
class SheetOperation(Operation):
    """An operation whose body is a filled sheet; the handler reads it itself."""

    def __post_init__(self) -> None:
        """Describe the body, which litestar cannot see."""
        filled = Schema(type=OpenAPIType.STRING, description="The sheet of `GET /lots/{id}/scores/sheet`, filled in.")
        content = {kind: OpenAPIMediaType(schema=filled) for kind in sheets.TYPES.values()}
        self.request_body = RequestBody(required=True, content=content)


async def _seated(conn: db.Connection, caller: Caller, known: Known, lot_id: UUID, operation: str) -> _Seated:
    """What the caller scores, and has scored; refuses whoever has no seat."""
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, operation)
    opening.check_opened(lot)
    tenders.check_cleared(known.tender)
    seats = {
        seat.criterion_id for seat in await panel.seats_in_force(conn, lot_id) if seat.person_id == caller.person_id
    }
    criteria = [name for name in panel.panel_criteria(lot) if name in seats]
    if not criteria:
        raise panel.NotSeated(f"You have no seat on a criterion of lot {lot.number}.")
    bids = await db.many(opening.SQL.list_opened(conn, lot_id=lot_id), PanelBid)
    given = await panel_scores.standing(conn, lot_id, caller.person_id)
    own = {(one.bid_id, one.criterion_id): one for one in given if one.person_id == caller.person_id}
    return _Seated(known, lot, bids, criteria, own)


async def _read_sheet(
    lot_id: FromPath[UUID], request: Request[Any, Any, Any], state: State, caller: NamedDependency[Caller]
) -> sheets.Read:
    """The sheet in the body of whoever may send one, read while no connection is held."""
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        known = await tenders.read(conn, caller, lot_id=lot_id)
        tenders.check_access(known.tender, caller, "give_scores")
    media_type = edge.media_type_of(request)
    if media_type not in sheets.TYPES.values():
        raise UnsupportedMediaType(f"A sheet is {' or '.join(sheets.TYPES.values())}, not {media_type or 'untyped'}.")
    return await sheets.beside(sheets.read, await request.body(), media_type)


async def _connection_behind(
    read: NamedDependency[sheets.Read], state: State, request: Request[Caller, str, State]
) -> AsyncGenerator[db.Connection]:
    """The request's one transaction, begun once the sheet has been read."""
    del read
    async with retries.connection_of(request, state.pool) as conn:
        yield conn


@get("/lots/{lot_id:uuid}/scores/sheet", media_type=sheets.XLSX)
async def get_score_sheet(
    lot_id: FromPath[UUID], state: State, caller: NamedDependency[Caller], form: FormatAsked = "xlsx"
) -> Response[bytes]:
    """Give an evaluator a sheet with a row for each bid on each criterion that this person scores, to be filled in."""
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        known = await tenders.read(conn, caller, lot_id=lot_id)
        seated = await _seated(conn, caller, known, lot_id, "get_score_sheet")
    rows = template(seated.lot, seated.bids, seated.criteria, seated.own)
    return await _sheet(rows, form, f"scores-lot-{seated.lot.number}", (38, 30, 20, 30, 10, 80, 40, 40))


@get("/lots/{lot_id:uuid}/scores/export", media_type=sheets.XLSX)
async def export_scores(
    lot_id: FromPath[UUID], state: State, caller: NamedDependency[Caller], form: FormatAsked = "xlsx"
) -> Response[bytes]:
    """Give all evaluators' standing scores of a lot as a workbook or CSV; for moderators, approvers and auditors.

    The same scores as in the list `GET /lots/{id}/scores`, as far as this person reads that.
    """
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        known = await tenders.read(conn, caller, lot_id=lot_id)
        tenders.check_access(known.tender, caller, "export_scores")
        scores = await panel_scores.shown(conn, known, lot_id, caller)
        bids = await db.many(opening.SQL.list_opened(conn, lot_id=lot_id), PanelBid)
    lot = known.lot(lot_id)
    rows = every_score(lot, bids, scores)
    return await _sheet(rows, form, f"all-scores-lot-{lot.number}", (38, 30, 20, 30, 25, 10, 80, 40, 40, 9, 28, 9))


async def _sheet(rows: list[list[str]], form: sheets.Format, name: str, widths: Sequence[int]) -> Response[bytes]:
    content = await sheets.beside(sheets.write, rows, form, title="Scores", widths=widths)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(content, media_type=sheets.TYPES[form], headers=headers)


@post(
    "/lots/{lot_id:uuid}/scores/sheet",
    status_code=200,
    operation_class=SheetOperation,
    dependencies={"read": Provide(_read_sheet), "conn": Provide(_connection_behind)},
)
async def give_scores(
    lot_id: FromPath[UUID],
    read: NamedDependency[sheets.Read],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    validate: FromQuery[ValidateOnly] = None,
) -> StoredSheet:
    """Submit your own scores as a filled sheet, all of them or none; a score that changes says why.

    Rows that are empty, or as they were given out, change nothing. With `?validate=only` every fault is named, by its
    cell, and nothing is stored. Your drafts of what is stored are cleared.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    seated = await _seated(conn, caller, known, lot_id, "give_scores")
    panel.check_not_awarded(seated.lot)
    panel.check_not_locked(seated.lot)
    locked = await panel.locked_criteria(conn, seated.lot)
    # Beside the event loop, but without a turn: whoever holds the tender's lock waits for no other sheet.
    filled = await asyncio.to_thread(Filled, read, seated.lot, seated.rows(), seated.own, locked)
    scores: list[PanelScore] = []
    if filled.new and not validate:
        scores = await _store(conn, caller, known, filled.new)
    return StoredSheet(new=len(filled.new), unchanged=filled.unchanged, empty=filled.empty, scores=scores)


async def _store(conn: db.Connection, caller: Caller, known: Known, rows: Sequence[_Row]) -> list[PanelScore]:
    """Keep the scores as their next versions, each an entry of the log, and clear their drafts."""
    told = [
        {
            "bid_id": row.bid_id,
            "criterion_id": row.criterion_id,
            "version": row.version,
            **{name: getattr(row.score, name) for name in row.score.__struct_fields__},
        }
        for row in rows
    ]
    scores = await db.many(SQL.insert_scores(conn, person_id=caller.person_id, scores=told), PanelScore)
    before = {(row.bid_id, row.criterion_id): row.before for row in rows}
    facts: list[dict[str, Any]] = []
    for score in scores:
        was = before[score.bid_id, score.criterion_id]
        facts.append(msgspec.to_builtins(score) | ({} if was is None else {"was": was}))
    await events.record_all(conn, "score.given", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return scores


router = Router(path="/", route_handlers=[get_score_sheet, export_scores, give_scores], tags=["Evaluation"])
