"""Open data for anybody: the releases of a tender and its record, what is new, and whole years, line by line.

Nothing is made here: releases are given as they were kept (`releases`). Who follows the change feed misses none and
gets none twice, because releases are kept one after the other, in the order of their instants.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from service import db, ocds, ocds_profiles, sign_in
from service.edge import UNCHANGED, Cursor, Limit, cursor_behind, etag, holds, start_of
from service.ocds import Links, Publisher, Record, RecordPackage, ReleasePackage
from service.ocds_profiles import Profile
from service.problems import NotFound
from service.settings import Settings

SQL = db.queries("open_data")
_PAGE: Final = 50
"""So many releases of a year are read and sent at a time."""

_LATEST_YEAR: Final = 9998
_FOREVER: Final = datetime.max.replace(tzinfo=UTC)
EXTENSION: Final = "/public/ocds/bid-evaluation/extension.json"
AsProfile = Annotated[
    Profile,
    QueryParameter(description="Which extensions: the current ones, or those that Find a Tender declares."),
]

OfBuyer = Annotated[
    str | None,
    QueryParameter(max_length=200, description="One buyer's alone, by the `buyer.id` that its releases have."),
]


class Publication(Struct, frozen=True):
    """Who publishes, under which licence, and where our own extension stands."""

    publisher: str
    licence: str | None
    evaluation: str
    address: str | None

    @classmethod
    def of(cls, settings: Settings) -> "Publication":
        """As the settings say."""
        evaluation = f"{settings.public_url}{EXTENSION}" if settings.public_url else ocds_profiles.EXAMPLE_EXTENSION
        return cls(settings.publisher, settings.open_data_licence, evaluation, settings.public_url)


class Year(Struct, frozen=True, kw_only=True):
    """A year of which there is open data: how many releases, and where they are, one a line."""

    year: int
    releases: int
    address: str


class _Kept(Struct, frozen=True):
    id: UUID
    made_at: datetime
    release: bytes


class _Named(Struct, frozen=True):
    ocid: str


class _Last(Struct, frozen=True):
    id: UUID
    number: int
    made_at: datetime


# Rules


def _packed(
    request: Request[Any, Any, State], profile: Profile, published: datetime, extra: Sequence[str] = ()
) -> dict[str, Any]:
    """What every package says of itself."""
    publication: Publication = request.app.state.open_data
    base = publication.address or str(request.base_url).rstrip("/")
    query = f"?{request.url.query}" if request.url.query else ""
    return {
        "uri": f"{base}{request.url.path}{query}",
        "version": ocds.VERSION,
        "published_date": published,
        "extensions": (*ocds_profiles.extensions_of(profile, publication.evaluation), *extra),
        "publisher": Publisher(name=publication.publisher),
        "license": publication.licence,
    }


def _version(about: dict[str, Any], ids: Sequence[UUID]) -> str:
    """The ETag of a package: what it says of itself, and the releases that it is made of, which never change."""
    told = msgspec.json.encode({**about, "releases": ids}, order="sorted")
    return hashlib.sha256(told).hexdigest()


async def _answer(
    request: Request[Any, Any, State], version: str, made: Callable[[], Struct], **more: str
) -> Response[Any]:
    """A package with its ETag, made apart from the event loop, or 304 where its reader has it."""
    headers = {"ETag": etag(version), **more}
    if holds(request.headers.get("if-none-match", ""), version):
        return Response(b"", status_code=304, media_type=MediaType.TEXT, headers=headers)
    body = await asyncio.to_thread(lambda: ocds.encode(made()))
    return Response(body, media_type="application/json", headers=headers)


async def _of_tender(
    request: Request[Any, Any, State],
    conn: db.Connection,
    tender_id: UUID,
    profile: Profile,
    packed: Callable[[dict[str, Any], Sequence[bytes]], Struct],
) -> Response[Any]:
    """A package of a tender's releases; raises NotFound where there is no such tender, or no release yet.

    Whether the reader has it already is known by the last release alone, before the others are read.
    """
    last = await db.maybe(SQL.get_last_of_tender(conn, tender_id=tender_id), _Last)
    if last is None:
        raise NotFound("There is no release of such a tender; the first follows its publication within seconds.")
    about = _packed(request, profile, last.made_at)
    version = _version(about, [last.id])
    kept: list[_Kept] = []
    if not holds(request.headers.get("if-none-match", ""), version):
        rows = SQL.list_of_tender(conn, tender_id=tender_id, number=last.number, profile=profile)
        kept = await db.many(rows, _Kept)
    return await _answer(request, version, lambda: packed(about, [one.release for one in kept]))


def _release_package(about: dict[str, Any], made: Sequence[bytes]) -> ReleasePackage:
    return ReleasePackage(**about, releases=[msgspec.Raw(one) for one in made])


def _record_package(about: dict[str, Any], made: Sequence[bytes]) -> RecordPackage:
    told = ocds.compiled(made)
    record = Record(
        ocid=msgspec.json.decode(told, type=_Named).ocid,
        releases=[msgspec.Raw(one) for one in made],
        compiled_release=msgspec.Raw(told),
    )
    return RecordPackage(**about, records=[record])


# Handlers


@get("/public/tenders/{tender_id:uuid}/ocds/releases", media_type="application/json", responses=UNCHANGED)
async def list_tender_releases(
    tender_id: FromPath[UUID],
    request: Request[Any, Any, State],
    conn: NamedDependency[db.Connection],
    profile: AsProfile = "current",
) -> Response[dict[str, Any]]:
    """List all releases of a tender, in order, as a release package of the Open Contracting Data Standard 1.1.

    Send the ETag that you have read as `If-None-Match`: while nothing has changed the answer is 304.
    """
    return await _of_tender(request, conn, tender_id, profile, _release_package)


@get("/public/tenders/{tender_id:uuid}/ocds/record", media_type="application/json", responses=UNCHANGED)
async def get_tender_record(
    tender_id: FromPath[UUID],
    request: Request[Any, Any, State],
    conn: NamedDependency[db.Connection],
    profile: AsProfile = "current",
) -> Response[dict[str, Any]]:
    """Read the record of a tender: its releases, and what they amount to now, as a record package.

    Send the ETag that you have read as `If-None-Match`: while nothing has changed the answer is 304.
    """
    return await _of_tender(request, conn, tender_id, profile, _record_package)


@get("/public/ocds/releases", media_type="application/json", responses=UNCHANGED)
async def list_releases(
    request: Request[Any, Any, State],
    conn: NamedDependency[db.Connection],
    profile: AsProfile = "current",
    buyer: OfBuyer = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[dict[str, Any]]:
    """List the releases of all tenders, or of one buyer's, the oldest first: the change feed.

    `links.next` leads on. On the last page it is missing: keep the address that led to that page, and ask it again.
    """
    secrets = request.app.state.secrets
    after_at, after_id = start_of(cursor, secrets)
    asked = {"profile": profile, "buyer": buyer, "after_at": after_at, "after_id": after_id, "before_at": _FOREVER}
    kept = await db.many(SQL.list_releases(conn, **asked, limit=limit + 1), _Kept)
    page = kept[:limit]
    at = page[-1].made_at if page else after_at if cursor else await sign_in.SQL.read_clock(conn)
    about = _packed(request, profile, at, [ocds_profiles.PAGINATION])
    links, more = None, {}
    if len(kept) > limit:
        asks = {"profile": profile, "limit": limit, "buyer": buyer}
        asks["cursor"] = cursor_behind(page[-1].made_at, page[-1].id, secrets)
        query = urlencode({name: value for name, value in asks.items() if value is not None})
        following = f"{request.url.path}?{query}"
        links = Links(next=about["uri"].partition(request.url.path)[0] + following)
        more = {"Link": f'<{following}>; rel="next"'}
    version = _version(about | {"links": links}, [one.id for one in page])
    made = [msgspec.Raw(one.release) for one in page]
    return await _answer(request, version, lambda: ReleasePackage(**about, releases=made, links=links), **more)


@get("/public/ocds/years")
async def list_years(conn: NamedDependency[db.Connection]) -> list[Year]:
    """List the years of which there is open data to download."""
    return [
        Year(year=row["year"], releases=row["releases"], address=f"/public/ocds/years/{row['year']}")
        async for row in SQL.list_years(conn)
    ]


@get("/public/ocds/years/{year:int}", media_type="application/x-ndjson")
async def download_year(
    year: FromPath[Annotated[int, QueryParameter(ge=1, le=_LATEST_YEAR)]],
    state: State,
    profile: AsProfile = "current",
    buyer: OfBuyer = None,
) -> Stream:
    """Download all releases that were made in a year (UTC), or one buyer's, one a line, however many there are."""
    begin, end = (datetime(one, 1, 1, tzinfo=UTC) for one in (year, year + 1))
    return Stream(_lines(state.pool, {"profile": profile, "buyer": buyer, "before_at": end}, begin))


async def _lines(pool: asyncpg.Pool, asked: dict[str, Any], begin: datetime) -> AsyncGenerator[bytes]:
    """The releases from an instant on; no connection is held while they are sent."""
    place = (begin, UUID(int=0))
    while True:
        async with db.transaction(pool) as conn:
            rows = SQL.list_releases(conn, **asked, after_at=place[0], after_id=place[1], limit=_PAGE)
            page = await db.many(rows, _Kept)
        if not page:
            return
        yield b"".join(one.release + b"\n" for one in page)
        place = (page[-1].made_at, page[-1].id)


# Our extension

_TEXT: Final[dict[str, Any]] = {"type": ["string", "null"], "minLength": 1}
_NUMBER: Final[dict[str, Any]] = {"type": ["number", "null"]}


def _field(title: str, description: str, kind: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "description": description, **kind}


_CRITERION: Final = _field(
    "Criterion",
    "The id of an award criterion, or that with which the ids of several begin; `rounding` for what rounding adds.",
    {"type": "string", "minLength": 1},
)
SCHEMA: Final[dict[str, Any]] = {
    "definitions": {
        "AwardCriterion": {
            "properties": {
                "id": _field(
                    "ID",
                    "The criterion's name within its lot, begun with those of the groups that it is in.",
                    {"type": "string", "minLength": 1},
                )
            }
        },
        "Bid": {
            "properties": {
                "evaluation": _field("Evaluation", "What the bid scored.", {"$ref": "#/definitions/BidEvaluation"})
            }
        },
        "BidEvaluation": {
            "title": "Bid evaluation",
            "description": "The score of a bid, and what it is made of.",
            "type": "object",
            "properties": {
                "totalScore": _field("Total score", "The sum of the weighted scores.", _NUMBER),
                "roundingMethod": _field("Rounding method", "How the total was rounded.", _TEXT),
                "scores": _field(
                    "Scores",
                    "The scores that are public.",
                    {"type": "array", "uniqueItems": True, "items": {"$ref": "#/definitions/CriterionScore"}},
                ),
            },
        },
        "CriterionScore": {
            "title": "Criterion score",
            "description": "What a bid scored on a criterion.",
            "type": "object",
            "required": ["criterion"],
            "properties": {
                "criterion": _CRITERION,
                "weightedScore": _field("Weighted score", "What the criterion adds to the total.", _NUMBER),
                "rationale": _field("Rationale", "Why.", _TEXT),
            },
        },
    }
}


GOALS: Final = """Code,Title,Description
social.localEmployment,Local employment,The goal is to employ people who live near by.
social.apprenticeships,Apprenticeships,The goal is to train apprentices.
social.workPlacements,Work placements,The goal is to give people experience of work.
social.skills,Skills,The goal is to teach people what they need for work.
"""
"""Codes of the built-in measures that the standard's open codelist `sustainabilityGoal` lacks."""


@get(EXTENSION)
async def get_extension() -> dict[str, Any]:
    """Read our own extension of the standard, which has no field for the scores of a bid."""
    return {
        "name": {"en": "Bid evaluation"},
        "description": {"en": "Adds the scores of a bid, and the names of award criteria to which they belong."},
        "documentationUrl": {"en": ""},
        "compatibility": ["1.1"],
        "dependencies": [one for one in ocds_profiles.CURRENT if "_bid_" in one or "_awardCriteria_" in one],
        "codelists": ["+sustainabilityGoal.csv"],
        "schemas": ["release-schema.json"],
    }


@get("/public/ocds/bid-evaluation/release-schema.json")
async def get_extension_schema() -> dict[str, Any]:
    """Read what our extension adds to the schema of a release."""
    return SCHEMA


@get("/public/ocds/bid-evaluation/codelists/+sustainabilityGoal.csv", media_type="text/csv")
async def get_extension_codes() -> str:
    """Read the goals that our extension adds to the standard's open list, which has none for jobs near by or skills."""
    return GOALS


public = Router(
    path="/",
    route_handlers=[
        list_tender_releases,
        get_tender_record,
        list_releases,
        list_years,
        download_year,
        get_extension,
        get_extension_schema,
        get_extension_codes,
    ],
    tags=["Public"],
)
