"""A buyer's own catalogues of measures, such as one that it has licensed: imported, used in drafts, never given away.

A catalogue carries its licence. What a licence does not allow to pass on is shown to the buyer's people and used for
its drafts; as a file it does not leave the service. Licences that allow it are listed; one that is not does not.
"""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from scoring.units import is_money
from service import apart, catalogue_reading, db, events, measures, retries, sheets, social_value
from service.catalogue_reading import OwnMeasure
from service.file_bodies import FORMS, FileOperation, Flow, check_file
from service.measures import Asked, CriteriaProposal, Measure, NewCriteriaProposal, ProxySeries
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, Refusal
from service.social_value import may_export

SQL = db.queries("own_measures")

MOST_BYTES: Final = 5_000_000

CatalogueTitle = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", description="What it is called.")]
Version = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"\S", description="Its edition, such as 2026.")]
Licence = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"\S", description="Under which licence, such as CC BY-NC-ND 4.0.")
]
Source = Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S", description="Whose it is, and from where.")]


class OwnCatalogue(Struct, frozen=True, kw_only=True):
    """A catalogue of one's own; `exportable` says whether its licence lets it be passed on."""

    id: UUID
    title: str
    version: str
    licence: str
    source: str
    digest: str
    measures: tuple[OwnMeasure, ...]
    person_id: UUID
    imported_at: datetime

    @property
    def exportable(self) -> bool:
        """Whether its licence lets it be passed on."""
        return may_export(self.licence)


class ListedCatalogue(Struct, frozen=True, kw_only=True):
    """A catalogue in a list: how many measures it has."""

    id: UUID
    title: str
    version: str
    licence: str
    source: str
    digest: str
    imported_at: datetime
    measures: int


# Refusals


class CatalogueNotReadable(Refusal):
    """The catalogue cannot be read.

    Every fault is listed with its row. Nothing of it was kept: mend the file and send it again.
    """

    status = 422


class CatalogueThere(Refusal):
    """This version of the catalogue is there already.

    Send another edition under another version; tenders keep what they were drafted with.
    """


class LicenceForbidsExport(Refusal):
    """The licence of this catalogue does not let it be passed on.

    What is licensed without commercial use (NC), without derivatives (ND) or under terms of its owner is used in your
    own drafts and not given away as a file. Ask its owner for a copy.
    """

    status = 403


CONSTRAINTS["own_catalogues_have_one_version"] = (CatalogueThere, "Title and version are taken.")

# Rules


def as_measure(one: OwnMeasure) -> Measure:
    """A measure of one's own as drafts take it: a quantity against a target, a ceiling where less is better.

    Which way is better its catalogue says, such as of tonnes that are saved; else its unit. Money that is promised,
    such as what local firms will be paid, is no price: more of it is better.
    """
    direction = one.direction or ("higher" if is_money(one.unit) else measures.direction_in(one.unit))
    method = "graded" if one.unit in {"text", "grade"} else "band" if direction == "lower" else "target"
    return Measure(
        code=one.code,
        title=one.title,
        description=one.description or one.title,
        unit=one.unit,
        direction=direction,
        method=method,
        theme=one.theme,
        evidence=one.evidence or ("as agreed in the contract",),
        social_objective=one.social_objective,
        environmental_impact=one.environmental_impact,
        goal=one.goal,
        counts=one.counts,
        outcomes=(),
    )


def as_series(catalogue: OwnCatalogue, one: OwnMeasure) -> ProxySeries | None:
    """What a unit of a measure is worth by its catalogue, whatever the year; None where that says nothing of it."""
    if one.value is None or one.currency is None:
        return None
    return ProxySeries(
        id=one.code,
        title=one.title,
        measure=one.code,
        currency=one.currency,
        per=one.unit,
        price_base=one.price_base or "not stated",
        valid_from=None,
        values={"central": {"": one.value}},
        source=named(catalogue),
        licence=catalogue.licence,
        note="",
    )


def named(catalogue: OwnCatalogue) -> str:
    """A catalogue as it is cited."""
    return f"{catalogue.title} {catalogue.version}, {catalogue.source} ({catalogue.licence})"


def as_stored(one: OwnMeasure) -> dict[str, Any]:
    """A measure as it is kept: what came later than the first catalogues only where it says something."""
    told: dict[str, Any] = msgspec.to_builtins(one)
    return {name: value for name, value in told.items() if value is not None or name not in catalogue_reading.LATER}


def cautions(catalogue: OwnCatalogue) -> Iterator[Fault]:
    """What to know before a draft is published that quotes a licensed catalogue."""
    if not catalogue.exportable:
        yield Fault(
            "/measures",
            f"{catalogue.title} is licensed under {catalogue.licence}; a published tender quotes its titles.",
            "Make sure that your licence allows that, and name the source.",
        )


def as_rows(catalogue: OwnCatalogue) -> list[list[str]]:
    """A catalogue as the rows of a sheet, its source and licence in each."""
    tags = ("direction", "social_objective", "environmental_impact", "goal")
    heads = ["code", "title", "unit", "value", "currency", "price base", "evidence", "theme"]
    rows = [[*heads, *(name.replace("_", " ") for name in tags), "source", "licence"]]
    for one in catalogue.measures:
        value = "" if one.value is None else f"{one.value:f}"
        cells = [one.code, one.title, one.unit, value, one.currency or "", one.price_base, "; ".join(one.evidence)]
        cells += [one.theme, *(getattr(one, name) or "" for name in tags)]
        rows.append([*cells, catalogue.source, catalogue.licence])
    return rows


async def find(conn: db.Connection, caller: Caller, catalogue_id: UUID) -> OwnCatalogue:
    """A catalogue of the caller's organisation. Raises NotFound."""
    row = SQL.get_catalogue(conn, catalogue_id=catalogue_id, buyer_id=caller.organisation_id)
    return await db.one(row, OwnCatalogue)


# Handlers


@post("/catalogues", operation_class=FileOperation)
async def import_catalogue(
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    title: FromQuery[CatalogueTitle],
    version: FromQuery[Version],
    licence: FromQuery[Licence],
    source: FromQuery[Source],
) -> Response[OwnCatalogue]:
    """Send a catalogue of your own, CSV, XLSX or JSON: the file itself is the body; for people of a buyer.

    Sent again, the same bytes under the same title, version, licence and source get the first answer.
    """
    flow = Flow(request.receive, check_file(request, MOST_BYTES, FORMS))
    with tempfile.TemporaryDirectory(prefix="tenderscore-catalogue-") as folder:
        path = Path(folder) / "catalogue"
        await flow.into(path)
        try:
            found = await apart.run(catalogue_reading.read, path)
        except apart.WorkError as error:
            raise CatalogueNotReadable(f"It could not be read. {error}") from None
    if found.faults:
        raise CatalogueNotReadable(f"{len(found.faults)} faults were found.", faults=found.faults[:100])
    named = {"title": title, "version": version, "licence": licence, "source": source}
    named["digest"] = flow.hash.hexdigest()
    async with retries.last_connection_of(request, state.pool, flow.hash.digest()) as conn:
        ids = {"buyer_id": caller.organisation_id, "person_id": caller.person_id}
        there: UUID | None = await SQL.find_catalogue(conn, buyer_id=caller.organisation_id, **named)
        if there is not None:
            return _imported(await find(conn, caller, there), replayed=True)
        catalogue_id: UUID = await SQL.insert_catalogue(
            conn, **ids, **named, measures=[as_stored(one) for one in found.measures]
        )
        facts = {"catalogue_id": catalogue_id, **named, "measures": len(found.measures), "buyer_id": ids["buyer_id"]}
        await events.record(conn, "catalogue.imported", tender_id=None, actor=caller.person_id, data=facts)
        made = await find(conn, caller, catalogue_id)
    return _imported(made, replayed=False)


def _imported(made: OwnCatalogue, *, replayed: bool) -> Response[OwnCatalogue]:
    headers = {"Location": f"/catalogues/{made.id}"} | ({"Idempotency-Replayed": "true"} if replayed else {})
    return Response(made, status_code=201, headers=headers)


@get("/catalogues")
async def list_own_catalogues(
    conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[ListedCatalogue]:
    """List your organisation's own catalogues, last first."""
    return await db.many(SQL.list_catalogues(conn, buyer_id=caller.organisation_id), ListedCatalogue)


@get("/catalogues/{catalogue_id:uuid}")
async def get_own_catalogue(
    catalogue_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> OwnCatalogue:
    """Read a catalogue of your own; for your people alone."""
    return await find(conn, caller, catalogue_id)


@get("/catalogues/{catalogue_id:uuid}/export.csv", media_type="text/csv")
async def export_catalogue(
    catalogue_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[str]:
    """Read a catalogue as a file to pass on, where its licence allows that."""
    catalogue = await find(conn, caller, catalogue_id)
    if not catalogue.exportable:
        raise LicenceForbidsExport(f"{catalogue.title} is licensed under {catalogue.licence}.")
    headers = {"Content-Disposition": f'attachment; filename="catalogue-{catalogue_id}.csv"'}
    content = await sheets.beside(sheets.write, as_rows(catalogue), "csv")
    return Response(content.decode(), media_type=sheets.CSV, headers=headers)


@post("/tenders/{tender_id:uuid}/criteria/from-catalogue/{catalogue_id:uuid}", status_code=200)
async def propose_own_criteria(
    tender_id: FromPath[UUID],
    catalogue_id: FromPath[UUID],
    data: JSONBody[NewCriteriaProposal],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> CriteriaProposal:
    """Make criteria of your own catalogue's measures for a draft; for its author. It is a proposal: none is stored.

    `starts_on` is kept with the draft, so that its publication is judged by the same social value model.
    """
    known = await social_value.draft_for(conn, caller, "propose_own_criteria", tender_id, data.starts_on)
    catalogue = await find(conn, caller, catalogue_id)
    there = list(social_value.counted_in(known.lots, await social_value.own_of(conn, known)))
    its = {one.code: as_measure(one) for one in catalogue.measures}
    proposal = measures.propose(data, Asked(known.tender, its, there, source=f"Source: {named(catalogue)}."))
    return msgspec.structs.replace(proposal, warnings=(*proposal.warnings, *cautions(catalogue)))


router = Router(
    path="/",
    route_handlers=[import_catalogue, list_own_catalogues, get_own_catalogue, export_catalogue, propose_own_criteria],
    tags=["Catalogue"],
)
