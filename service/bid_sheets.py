"""A bid as a sheet: its template, and the way from a filled one to the same JSON that `POST /lots/{id}/bids` takes.

What comes of a sheet is judged, sealed and stored by nothing else than what takes JSON; only faults are told by cells.
The first column of a row names a place in that JSON: values/price, or members/1/name. A template carries the lot and
the digest of its rules, so that no sheet is read for another lot, or under rules that have changed since.
"""

import contextlib
import re
from collections.abc import Generator, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

import scoring
from scoring.absolute import Lookup
from scoring.answers import Graded, YesNo
from scoring.methods import PassFail, Text
from service import reception, sheets
from service.organisations import Caller
from service.problems import Fault, Refusal, pointer
from service.reception import RulesChanged, WayIn
from service.sheets import SheetUnreadable, address

MARK: Final = "tenderscore bid"
_LISTS: Final = ("documents", "members", "subcontractors")
_FIRST: Final = 3
"""The row of the first field; above it stand what the sheet is for, and the headings."""

FormatAsked = Annotated[sheets.Format, QueryParameter(name="format", description="A workbook, or CSV in UTF-8.")]


# Rules


def wanted(criterion: scoring.Criterion) -> str:
    """How a criterion is answered, in a few words."""
    match criterion.method:
        case YesNo():
            return "yes or no"
        case Graded() | PassFail():
            return "in words; the panel judges them"
        case Text():
            return "in words, or left empty; not scored"
        case Lookup():
            return "one of the published values"
        case _:
            return f"a number such as 1234.50{f', in {criterion.unit}' if criterion.unit else ''}"


def is_number(criterion: scoring.Criterion) -> bool:
    """Whether a criterion asks for a number."""
    return not isinstance(criterion.method, YesNo | Graded | PassFail | Text | Lookup)


def template(way: WayIn, variant: int) -> list[list[str]]:
    """The rows of an empty bid for a lot: what it is for, headings, a row for each value."""
    what = f"{way.tender}, lot {way.lot_number}" + (f", variant {variant}" if variant else "")
    rows = [[MARK, str(way.lot_id), way.rules_digest, what], ["Field", "Value", "What is asked", "How it is answered"]]
    for criterion in scoring.leaves(way.rules.criteria):
        title = criterion.title or criterion.id
        rows.append([f"values/{criterion.id}", "", title, wanted(criterion)])
    if way.accepted_currencies:
        codes = ", ".join([way.currency, *(one.code for one in way.accepted_currencies)])
        rows.append(["currency", "", "Currency of all amounts", f"{codes}; empty for {way.currency}"])
    if variant:
        rows.append(["variant/number", str(variant), "Which variant this is", "as it stands"])
        rows.append(["variant/description", "", "What is different", "in words"])
    return rows


class Filled:
    """A filled sheet: the bid in it as JSON, and in which cell each of its places stands."""

    def __init__(self, read: sheets.Read, way: WayIn) -> None:
        """Raises SheetUnreadable, naming every cell, and RulesChanged."""
        self._faults = list(read.faults.values())
        self._cells: dict[str, str] = {}
        self._numbers = {one.id for one in scoring.leaves(way.rules.criteria) if is_number(one)}
        self.bid: dict[str, Any] = {"values": {}}
        self._check_place(read, way)
        for row in range(_FIRST, len(read.rows) + 1):
            field, value = read.cell(row, 1).strip(), read.cell(row, 2)
            if field:
                self._take(field, value, row, broken=address(row, 2) in read.faults)
            elif value.strip():
                self._fault(address(row, 1), "The row names no field.", "Name one, such as values/price.")
        if self._faults:
            raise SheetUnreadable(_summary(self._faults), faults=tuple(self._faults))

    @property
    def body(self) -> bytes:
        """The bid as it would be sent as JSON."""
        return msgspec.json.encode(self.bid)

    def _check_place(self, read: sheets.Read, way: WayIn) -> None:
        if read.cell(1, 1) != MARK or read.cell(1, 2) != str(way.lot_id):
            fault = Fault("A1", "This is no template of this lot.", "Take one at /lots/{id}/bids/template.")
            raise SheetUnreadable(_summary([fault]), faults=(fault,))
        if read.cell(1, 3) != way.rules_digest:
            raise RulesChanged(f"The sheet in cell C1 names other rules than those in force, {way.rules_digest}.")

    def _fault(self, cell: str, message: str, mend: str) -> None:
        self._faults.append(Fault(cell, message, mend))

    def _take(self, field: str, value: str, row: int, *, broken: bool) -> None:
        steps, cell = field.split("/"), address(row, 2)
        place = self._place(steps)
        if place is None:
            self._fault(address(row, 1), f"{field[:80]!r} is no field of a bid.", "Keep the template's first column.")
        elif place in self._cells:
            self._fault(address(row, 1), f"{field} stands in {self._cells[place]} already.", "Give each field once.")
        else:
            self._cells[place] = cell
            if not value.strip() or broken:
                return
            if steps[0] == "values" and steps[1] in self._numbers and (doubt := sheets.ambiguous(value)):
                self._fault(cell, *doubt)
            elif not self._put(steps, value.strip() if steps[-1] in self._numbers else value):
                self._fault(address(row, 1), "The numbers before it are missing.", "Number from 1, without a gap.")

    def _place(self, steps: list[str]) -> str | None:
        """The JSON pointer of a field; None for what is none."""
        match steps:
            case ["values", name] if name:
                return pointer("values", name)
            case ["currency"]:
                return pointer("currency")
            case ["variant", "number" | "description" as name]:
                return pointer("variant", name)
            case [name, number, member] if name in _LISTS and number.isascii() and number.isdigit() and member:
                return pointer(name, max(0, int(number[:6]) - 1), member)
            case _:
                return None

    def _put(self, steps: list[str], value: str) -> bool:
        match steps:
            case ["currency"]:
                self.bid["currency"] = value
            case ["variant", "number"] if value.isascii() and value.isdigit():
                self.bid.setdefault("variant", {})["number"] = int(value[:6])
            case ["values" | "variant" as name, member]:
                self.bid.setdefault(name, {})[member] = value
            case [name, number, member]:
                items: list[dict[str, str]] = self.bid.setdefault(name, [])
                if int(number[:6]) == len(items) + 1:
                    items.append({})
                if not 1 <= int(number[:6]) <= len(items):
                    return False
                items[int(number[:6]) - 1][member] = value
            case _:
                raise AssertionError
        return True

    def in_cells(self, refusal: Refusal) -> Refusal:
        """The same refusal, its faults told by the cells of the sheet; what stands in no cell keeps its place."""
        if refusal.faults:
            refusal.faults = tuple(
                Fault(self._cells.get(fault.pointer, fault.pointer), fault.message, fault.mend)
                for fault in refusal.faults
            )
            refusal.detail = f"{refusal.detail} {_summary(refusal.faults)}".rstrip()
        return refusal


def _summary(faults: Sequence[Fault]) -> str:
    """Which cells need mending. Nothing that stands in them: the log keeps this, and bids are sealed."""
    cells = [fault.pointer for fault in faults if _CELL.fullmatch(fault.pointer)]
    return "To mend: " + ", ".join(cells[:_MOST_NAMED]) + (", …" if len(cells) > _MOST_NAMED else ".") if cells else ""


_CELL = re.compile("[A-Z]+[0-9]+", re.ASCII)
_MOST_NAMED = 20


async def fill(way: WayIn, body: bytes, media_type: str) -> Filled:
    """A filled sheet, read beside the event loop. Raises SheetUnreadable and RulesChanged."""
    return await sheets.beside(lambda: Filled(sheets.read(body, media_type), way))


@contextlib.contextmanager
def told_by_cells(filled: Filled | None) -> Generator[None]:
    """What is refused of a bid that came as a sheet is told by the sheet's cells."""
    try:
        yield
    except Refusal as refusal:
        if filled is None:
            raise
        raise filled.in_cells(refusal) from None


# Handlers


@get("/lots/{lot_id:uuid}/bids/template", media_type=sheets.XLSX)
async def get_bid_template(
    lot_id: FromPath[UUID],
    state: State,
    caller: NamedDependency[Caller],
    form: FormatAsked = "xlsx",
    variant: Annotated[int, QueryParameter(ge=0, le=20, description="Which variant; 0 is the bid itself.")] = 0,
) -> Response[bytes]:
    """Give a sheet to fill a bid in. Send it as the body of `POST /lots/{id}/bids`, first with `?validate=only`.

    Each row of it is a field; joint bids and documents add rows such as members/1/name. Faults are told by cells.
    """
    way = await reception.read_way_in(state.pool, caller, lot_id)
    reception.check_variant(way.variants, variant)
    rows = template(way, variant)
    content = await sheets.beside(sheets.write, rows, form, title="Bid", widths=(28, 60, 48, 40))
    headers = {"Content-Disposition": f'attachment; filename="bid-lot-{way.lot_number}.{form}"'}
    return Response(content, media_type=sheets.TYPES[form], headers=headers)


router = Router(path="/", route_handlers=[get_bid_template], tags=["Bids"])
