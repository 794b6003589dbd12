"""The set-up of a tender as a document, JSON or YAML: taken from one tender, drafted again as another.

It holds what a buyer decides about a tender whatever its occasion: lots, criteria, weightings, methods, scales,
envelopes, requirements, money, custody, and the day by which the social value model of its criteria was chosen. It
holds nothing of the procedure: no reference, no instant, no person, no framework to call off from, and no commitment to
a secret by which lots are drawn, for with the first tender's secret anybody could work out the second one's draw.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody
from litestar.params import FromPath, FromQuery, QueryParameter, RawBody
from msgspec import Meta, Struct

from scoring.tie_break import DrawLots
from service import db, drafts, edge, events, requirements, tenders, wire, yaml_reading
from service.drafts import Custody, DraftLot, DraftTender, NoticeTerms, StartDay, Title
from service.language import LanguageCode
from service.legal import JurisdictionId
from service.money import AcceptedCurrency, Currency, Vat
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, NotFound, UnsupportedMediaType
from service.requirements import EveryRequirement
from service.tenders import Known, Tender

JSON: Final = "application/json"
READY: Final = Path(__file__).parent.parent / "templates" / "setups"
"""Set-ups that come with the program, one a file."""

Form = Literal["json", "yaml"]
_TYPES: Final[Mapping[Form, str]] = {"json": JSON, "yaml": yaml_reading.MEDIA_TYPE}

FormAsked = Annotated[Form, QueryParameter(name="format", description="JSON, or YAML for people.")]
When = Annotated[str, Meta(max_length=40, description="RFC 3339 with an offset; it may follow in the draft.")]


class FrameworkSetup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a framework agreement is limited to, without its end: with how many suppliers, for how much in all."""

    most_suppliers: Annotated[int, Meta(ge=1, le=1_000)]
    total_value: Decimal


class Setup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything about a tender that a buyer decides and that another tender may share.

    Each member means what it means in a draft (`POST /tenders`); `requirements` are its conditions and mandatory
    requirements (`PUT /tenders/{id}/requirements`).
    """

    title: Title
    currency: Currency
    time_zone: Annotated[str, Meta(max_length=60, description="IANA name, such as Europe/London.")]
    description: Annotated[str, Meta(max_length=20_000)] = ""
    custody: Custody = "service"
    officers_needed: Annotated[int, Meta(ge=2, le=16)] = 2
    jurisdiction: JurisdictionId = "none"
    language: LanguageCode | None = None
    vat: Vat = Vat()
    accepted_currencies: Annotated[tuple[AcceptedCurrency, ...], Meta(max_length=20)] = ()
    framework: FrameworkSetup | None = None
    estimated_value: Decimal | None = None
    starts_on: StartDay | None = None
    notice: NoticeTerms | None = None
    lots: Annotated[tuple[DraftLot, ...], Meta(max_length=200)] = ()
    requirements: EveryRequirement = ()


class ReadySetup(Struct, frozen=True, kw_only=True):
    """A set-up that comes with the program: by which name it is read, and what it is for."""

    name: str
    title: str
    description: str


# Rules


def setup_of(known: Known, asked: requirements.Requirements) -> Setup:
    """What of a tender another one may share."""
    tender, framework = known.tender, known.tender.framework
    shared = set(Setup.__struct_fields__) & set(tender.__struct_fields__) - {"framework"}
    fields: dict[str, Any] = {name: getattr(tender, name) for name in shared}
    if framework is not None:
        fields["framework"] = FrameworkSetup(most_suppliers=framework.most_suppliers, total_value=framework.total_value)
    if tender.notice is not None:
        lasting = msgspec.structs.replace(tender.notice, opening_at=None)
        fields["notice"] = None if lasting == NoticeTerms() else lasting
    return Setup(**fields, lots=tuple(map(_lot_of, known.lots)), requirements=asked.requirements)


def _lot_of(lot: tenders.TenderLot) -> DraftLot:
    kept = tuple(rule for rule in lot.rules.tie_break if not isinstance(rule, DrawLots))
    rules = lot.rules if len(kept) == len(lot.rules.tie_break) else msgspec.structs.replace(lot.rules, tie_break=kept)
    return DraftLot(title=lot.title, rules=rules, price_envelope=lot.price_envelope, variants=lot.variants)


def written(setup: Setup, form: Form) -> bytes:
    """A set-up as a document. The same set-up is the same bytes."""
    encoded = msgspec.json.encode(setup)
    if form == "yaml":
        return yaml_reading.encode(msgspec.json.decode(encoded))
    return msgspec.json.format(encoded, indent=2) + b"\n"


def read(body: bytes, media_type: str) -> Setup:
    """A set-up from a document; raises UnreadableRequest, InvalidRequest and UnsupportedMediaType."""
    if media_type == JSON:
        return wire.decode(body, Setup)
    if media_type in yaml_reading.MEDIA_TYPES:
        return yaml_reading.decode(body, Setup)
    raise UnsupportedMediaType(f"A set-up is {' or '.join(_TYPES.values())}, not {media_type or 'untyped'}.")


def draft_of(setup: Setup, occasion: Mapping[str, str | None]) -> DraftTender:
    """The draft of a set-up on an occasion: reference and, where they are given, title, deadline, opening, framework.

    Raises InvalidRequest.
    """
    given = {name: value for name, value in occasion.items() if value is not None}
    ends_at, opening_at = given.pop("framework_ends_at", None), given.pop("opening_at", None)
    if (ends_at is None) is not (setup.framework is None):
        message = "A framework ends." if ends_at is None else "The set-up is of no framework."
        mend = "Say when the framework ends where the set-up is one's, and nowhere else."
        raise InvalidRequest("The end does not fit the set-up.", faults=(Fault("framework_ends_at", message, mend),))
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(setup))
    plain.pop("requirements", None)
    if opening_at is not None:
        plain["notice"] = (plain.get("notice") or {}) | {"opening_at": opening_at}
    if ends_at is not None:
        plain["framework"]["ends_at"] = ends_at
    return wire.fit(plain | given, DraftTender)


@cache
def ready() -> Mapping[str, Setup]:
    """The set-ups that come with the program, by their names."""
    files = sorted(READY.glob("*.yaml"))
    return {file.stem: yaml_reading.decode(file.read_bytes(), Setup) for file in files}


# Handlers


def _answer(content: bytes, form: Form, name: str) -> Response[Setup]:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    # The document's own bytes, described by their struct.
    return Response(cast("Any", content), media_type=_TYPES[form], headers=headers)


@get("/tenders/{tender_id:uuid}/setup")
async def get_setup(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    form: FormAsked = "json",
) -> Response[Setup]:
    """Give the set-up of one of your tenders as a document, `?format=json` or `yaml`, to draft others from.

    Where ties are broken by drawing lots, that rule is left out: each tender needs a commitment of its own.
    """
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "get_setup")
    setup = setup_of(known, await requirements.of_tender(conn, tender_id))
    return _answer(await asyncio.to_thread(written, setup, form), form, f"setup-{tender_id}")


@get("/setups")
async def list_ready_setups() -> list[ReadySetup]:
    """List the set-ups that come with the service, to begin with; none is legal advice."""
    found = await asyncio.to_thread(ready)
    return [ReadySetup(name=name, title=one.title, description=one.description) for name, one in found.items()]


@get("/setups/{name:str}")
async def get_ready_setup(name: FromPath[str], form: FormAsked = "yaml") -> Response[Setup]:
    """Give a set-up that comes with the service; change it, and send it to `POST /tenders/from-setup`."""
    found = (await asyncio.to_thread(ready)).get(name)
    if found is None:
        raise NotFound
    return _answer(await asyncio.to_thread(written, found, form), form, name)


@dataclass
class SetupOperation(Operation):
    """An operation whose body is a set-up; the handler reads it itself."""

    def __post_init__(self) -> None:
        """Describe the body, which litestar cannot see."""
        setup = Reference(ref="#/components/schemas/Setup")
        content = {media_type: OpenAPIMediaType(schema=setup) for media_type in _TYPES.values()}
        self.request_body = RequestBody(required=True, content=content)


@post("/tenders/from-setup", operation_class=SetupOperation)
async def draft_from_setup(
    request: Request[Any, Any, Any],
    body: RawBody,
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    *,
    reference: FromQuery[drafts.Reference],
    title: FromQuery[Title | None] = None,
    submission_deadline: FromQuery[When | None] = None,
    opening_at: FromQuery[When | None] = None,
    starts_on: FromQuery[StartDay | None] = None,
    framework_ends_at: FromQuery[When | None] = None,
    framework_id: FromQuery[UUID | None] = None,
) -> Response[Tender]:
    """Start a draft from a set-up (`GET /tenders/{id}/setup`), JSON or YAML; you become its author.

    In YAML no number needs quotes: a weighting of 0.1 is read to the letter. A framework's set-up needs
    `framework_ends_at`; a `framework_id` makes it a call-off. Faults name their place and, in YAML, their line.
    """
    media_type = edge.media_type_of(request)
    occasion = {
        "reference": reference,
        "title": title,
        "submission_deadline": submission_deadline,
        "opening_at": opening_at,
        "starts_on": starts_on and starts_on.isoformat(),
        "framework_ends_at": framework_ends_at,
        "framework_id": framework_id and str(framework_id),
    }
    setup = await asyncio.to_thread(read, body, media_type)
    draft = await asyncio.to_thread(draft_of, setup, occasion)
    if found := tuple(requirements.faults(setup.requirements, len(setup.lots))):
        raise InvalidRequest("The requirements do not fit the lots.", faults=found)
    answer = await tenders.start(conn, caller, draft)
    tender_id = answer.content.id
    if setup.requirements:
        digest = await requirements.write(conn, tender_id, setup.requirements, caller.person_id)
        facts = {"digest": digest, "number": len(setup.requirements)}
        await events.record(conn, "requirements.written", tender_id=tender_id, actor=caller.person_id, data=facts)
    return answer


router = Router(
    path="/", route_handlers=[get_setup, list_ready_setups, get_ready_setup, draft_from_setup], tags=["Tenders"]
)
