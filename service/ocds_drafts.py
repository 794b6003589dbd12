"""A draft of a tender that is described in open data: taken over where it can be told exactly, and accounted for.

Nothing is invented: what the release does not tell stays missing in the draft and is named under `to_complete`; what a
draft has no place for is named under `left_out`, with the reason.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, NamedTuple, cast, get_args

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from service import db, ocds_criteria, ocds_reading, tenders
from service.agreements import Framework, check_value
from service.drafts import DraftLot, DraftTender
from service.language import LanguageCode
from service.money import Currency
from service.ocds_criteria import KINDS, PRICE_ONLY, FoundCriterion, ScoredBy, Terms
from service.ocds_reading import MOST_LOTS, Part, PartLeftOut, PartTaken, Reading
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, pointer
from service.tenders import Tender

MOST_BYTES: Final = 1_000_000
"""Bytes of a request; a record with its releases is longer than other bodies."""

CODES: Final[tuple[LanguageCode, ...]] = get_args(LanguageCode)
_LONGEST_TITLE: Final = 400
_LONGEST_DESCRIPTION: Final = 20_000
_LONGEST_REFERENCE: Final = 100
_CODE: Final = 3
_MOST_SUPPLIERS: Final = 1000


class NewFromOcds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A release, record or package with one of them (OCDS 1.1), and what the standard does not tell.

    `methods`: how criteria are scored, by a criterion's id or title, or for all that are `price`, `cost` or `quality`.
    `reference`: the tender's id unless given. `currency`: that of its value unless given.
    """

    document: dict[str, Any]
    time_zone: Annotated[str, Meta(max_length=60, description="IANA name, such as Europe/London.")]
    reference: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")] | None = None
    currency: Currency | None = None
    methods: Annotated[dict[str, ScoredBy], Meta(max_length=200)] = {}


class FoundLot(Struct, frozen=True, kw_only=True):
    """A lot that is not in the draft yet: its criteria as far as they are told, and what they need."""

    path: str
    title: str
    criteria: tuple[FoundCriterion, ...]
    needs: tuple[str, ...]


class DraftFromOcds(Struct, frozen=True, kw_only=True):
    """The draft, and the account of the document, each part by its JSON Pointer in the request.

    `to_complete` names what the draft lacks by its place there; `lots_to_complete` are to be added to it.
    """

    tender: Tender
    taken: tuple[PartTaken, ...]
    left_out: tuple[PartLeftOut, ...]
    to_complete: tuple[Fault, ...]
    lots_to_complete: tuple[FoundLot, ...]


class Drafted(NamedTuple):
    """A draft before it is stored, the lots that it lacks, and the account; `source` is what the log keeps."""

    draft: DraftTender
    lots_to_complete: tuple[FoundLot, ...]
    taken: tuple[PartTaken, ...]
    left_out: tuple[PartLeftOut, ...]
    source: dict[str, str]


# Rules


def drafted(data: NewFromOcds) -> Drafted:
    """The draft that a document amounts to. Raises InvalidRequest with the place of everything that is wrong."""
    reading = Reading(data.document, "/document")
    release = ocds_reading.release_in(reading)
    tender = Part(release.members["tender"], release.at("tender"))
    fields: dict[str, Any] = {
        "title": _title(reading, tender),
        "description": _description(reading, tender),
        "reference": _reference(reading, tender, data),
        "time_zone": data.time_zone,
        "currency": _currency(reading, tender, data),
        "language": _language(reading, release),
        "submission_deadline": _deadline(reading, tender),
    }
    fields["estimated_value"] = _value(reading, tender, fields["currency"])
    fields["framework"] = _framework(reading, tender, fields["currency"])
    lots, missing = _lots(reading, tender, Terms(fields["currency"], data.methods, _price_only(reading, tender)))
    reading.faults.extend(_unknown_methods(data, lots, missing))
    reading.check()
    try:
        draft = DraftTender(**fields, lots=lots)
    except ValueError as error:
        raise InvalidRequest("The draft cannot be made.", faults=(Fault("/time_zone", str(error)),)) from None
    named = (("ocid", reading.text(release, "ocid")), ("release", reading.text(release, "id")))
    source = {name: text[:_LONGEST_TITLE] for name, text in named if text}
    return Drafted(draft, missing, reading.taken(), reading.left_out(), source)


def _title(reading: Reading, tender: Part) -> str:
    title = reading.text(tender, "title")
    if title is None:
        reading.faults.append(Fault(tender.at("title"), "The tender has no title.", "Give it one."))
    elif len(title) > _LONGEST_TITLE:
        message = f"The title is longer than {_LONGEST_TITLE} characters."
        reading.faults.append(Fault(tender.at("title"), message, "Shorten it."))
    reading.take(tender.at("title"), "/title")
    return title or ""


def _description(reading: Reading, tender: Part) -> str:
    text = reading.text(tender, "description") or ""
    if len(text) > _LONGEST_DESCRIPTION:
        reading.leave(tender.at("description"), f"A draft's has at most {_LONGEST_DESCRIPTION} characters.")
        return ""
    if text:
        reading.take(tender.at("description"), "/description")
    return text


def _reference(reading: Reading, tender: Part, data: NewFromOcds) -> str:
    if data.reference is not None:
        reading.leave(tender.at("id"), "You gave a reference of your own.")
        return data.reference
    given = tender.members.get("id")
    text = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if not 0 < len(text) <= _LONGEST_REFERENCE:
        message = f"The tender has no id of at most {_LONGEST_REFERENCE} characters."
        reading.faults.append(Fault("/reference", message, "Give a `reference` of your own."))
    reading.take(tender.at("id"), "/reference")
    return text


def _currency(reading: Reading, tender: Part, data: NewFromOcds) -> str:
    """The currency that was given, else that of the tender's value, else the one of all its lots."""
    values = [reading.part(one, "value") for one in (tender, *reading.parts(tender, "lots"))]
    told = {value.at("currency"): reading.text(value, "currency") for value in values if value is not None}
    if data.currency is not None:
        return data.currency
    own = told.get(tender.at("value", "currency"))
    codes = {own} if own else {code for code in told.values() if code}
    code = next(iter(codes)) if len(codes) == 1 else None
    if code is None or not (code.isascii() and code.isupper() and len(code) == _CODE and code.isalpha()):
        message = "The release does not tell one currency by its ISO 4217 code."
        reading.faults.append(Fault("/currency", message, "Give it as `currency`."))
        return ""
    for path in (path for path, text in told.items() if text == code):
        reading.take(path, "/currency")
    return code


def _language(reading: Reading, release: Part) -> LanguageCode | None:
    told = (reading.text(release, "language") or "").lower()
    code = cast("LanguageCode | None", next((one for one in CODES if told.partition("-")[0] == one), None))
    if code is not None:
        reading.take(release.at("language"), "/language")
    elif told:
        reading.leave(release.at("language"), f"Papers come in {', '.join(CODES)}.")
    return code


def _deadline(reading: Reading, tender: Part) -> datetime | None:
    period = reading.part(tender, "tenderPeriod")
    deadline = reading.instant(period, "endDate") if period is not None else None
    if period is not None and deadline is not None:
        reading.take(period.at("endDate"), "/submission_deadline")
    return deadline


def _value(reading: Reading, tender: Part, currency: str) -> Decimal | None:
    value = reading.part(tender, "value")
    amount = reading.number(value, "amount") if value is not None else None
    if value is None or amount is None:
        return None
    if reading.text(value, "currency") != currency:
        reading.leave_whole(value.path, f"It is not in {currency}, the currency of the draft.")
        return None
    try:
        check_value(amount, "estimated_value")
    except ValueError as error:
        reading.leave(value.at("amount"), f"{error}.")
        return None
    reading.take(value.at("amount"), "/estimated_value")
    reading.take(value.at("currency"), "/currency")
    return amount


def _framework(reading: Reading, tender: Part, currency: str) -> Framework | None:
    """What a framework agreement is limited to, where all of it is told."""
    techniques = reading.part(tender, "techniques")
    agreed = reading.part(techniques, "frameworkAgreement") if techniques is not None else None
    if techniques is None or agreed is None:
        return None
    value, period = reading.part(agreed, "value"), reading.part(agreed, "period")
    ends_at = reading.instant(period, "endDate") if period is not None else None
    framework = None
    if value is not None and ends_at is not None and reading.text(value, "currency") == currency:
        framework = _limits(reading.number(agreed, "maximumParticipants"), reading.number(value, "amount"), ends_at)
    if framework is None:
        reason = "Write it as `framework`: an end, a highest number of suppliers, a value in the tender's currency."
        reading.leave_whole(techniques.path, reason)
        return None
    for path, into in (
        (agreed.at("maximumParticipants"), "/framework/most_suppliers"),
        (agreed.at("value"), "/framework/total_value"),
        (agreed.at("period", "endDate"), "/framework/ends_at"),
    ):
        reading.take(path, into)
    if techniques.members.get("hasFrameworkAgreement") is True:
        reading.take(techniques.at("hasFrameworkAgreement"), "/framework")
    return framework


def _limits(most: Decimal | None, amount: Decimal | None, ends_at: datetime) -> Framework | None:
    """The framework, if these are numbers that one can have."""
    if most is None or amount is None or not 1 <= most <= _MOST_SUPPLIERS or most != most.to_integral_value():
        return None
    try:
        return Framework(ends_at=ends_at, most_suppliers=int(most), total_value=amount)
    except ValueError:
        return None


def _price_only(reading: Reading, tender: Part) -> bool:
    if reading.text(tender, "awardCriteria") is not None:
        reading.leave(tender.at("awardCriteria"), "How a lot is awarded follows from its criteria.")
    return tender.members.get("awardCriteria") == PRICE_ONLY


def _lots(reading: Reading, tender: Part, terms: Terms) -> tuple[tuple[DraftLot, ...], tuple[FoundLot, ...]]:
    """The lots that can be drafted as they are told, and the others; a tender without lots is one by itself.

    The only lot without a title has the tender's, as Find a Tender leaves it out there.
    """
    parts = reading.parts(tender, "lots")
    if len(parts) > MOST_LOTS:
        reading.faults.append(Fault(tender.at("lots"), f"There are {len(parts)} lots.", f"A tender has {MOST_LOTS}."))
        return (), ()
    lots: list[DraftLot] = []
    missing: list[FoundLot] = []
    for part in parts or [tender]:
        into = f"/lots/{len(lots)}"
        title = reading.text(part, "title") or (reading.text(tender, "title") if len(parts) == 1 else None) or ""
        found = ocds_criteria.found_rules(reading, part, f"{into}/rules", terms)
        needs = list(found.needs)
        if not 0 < len(title) <= _LONGEST_TITLE:
            needs.append(f"It has no title of at most {_LONGEST_TITLE} characters.")
        if found.rules is not None and not needs:
            lots.append(DraftLot(title=title, rules=found.rules))
            _take_lot(reading, tender, part, into)
            continue
        missing.append(
            FoundLot(path=part.path, title=title[:_LONGEST_TITLE], criteria=found.criteria, needs=tuple(needs))
        )
        if part is not tender:
            reading.leave_whole(part.path, "A lot of a draft has its rules complete: see `lots_to_complete`.")
    return tuple(lots), tuple(missing)


def _take_lot(reading: Reading, tender: Part, part: Part, into: str) -> None:
    """Note what of a lot besides its criteria was taken, and what the tender says in its place."""
    titled = part if reading.text(part, "title") else tender
    reading.take(titled.at("title"), f"{into}/title")
    if not isinstance(part.members.get("awardCriteria"), dict):
        reading.take(tender.at("awardCriteria"), f"{into}/rules/rule")
    submission = reading.part(part, "submissionTerms")
    variants = reading.text(submission, "variantPolicy") if submission is not None else None
    if submission is not None and variants == "notAllowed":
        reading.take(submission.at("variantPolicy"), f"{into}/variants")
    elif submission is not None and variants is not None:
        reading.leave(submission.at("variantPolicy"), "Variants need minimum requirements: write them as `variants`.")


def _unknown_methods(data: NewFromOcds, lots: tuple[DraftLot, ...], missing: tuple[FoundLot, ...]) -> Iterator[Fault]:
    """Methods for criteria that are not there."""
    known = {*KINDS, *(name for lot in lots for one in lot.rules.criteria for name in (one.id, one.title))}
    known |= {name for lot in missing for one in lot.criteria for name in (one.id, one.title)}
    for name in data.methods:
        if name not in known:
            message = f"No criterion of the document is {name[:_LONGEST_REFERENCE]!r}."
            yield Fault(pointer("methods", name), message, "Name a criterion's id or title, or price, cost or quality.")


def to_complete(found: Drafted, now: datetime) -> Iterator[Fault]:
    """What the draft lacks before it can be published, as far as the standard does not tell it."""
    draft = found.draft
    if draft.submission_deadline is None:
        yield Fault("/submission_deadline", "The release tells no instant.", "Write the deadline.")
    elif draft.submission_deadline <= now:
        yield Fault("/submission_deadline", "It has passed.", "Write another one.")
    for lot in found.lots_to_complete:
        mend = "Send it again with `methods`, or add the lot with `PUT /tenders/{id}`."
        yield Fault("/lots", f"{lot.title or lot.path} is missing: {' '.join(lot.needs)}", mend)
    if draft.lots:
        message = "The standard tells neither how digits are rounded nor what splits equal totals."
        yield Fault("/lots", message, "Write `rounding` and `tie_break`.")
    yield Fault("/jurisdiction", "Whose law is followed is not told.", "Choose from `GET /jurisdictions`.")


# Handlers


@post("/tenders/from-ocds", request_max_body_size=MOST_BYTES)
async def draft_from_ocds(
    data: JSONBody[NewFromOcds], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[DraftFromOcds]:
    """Start a draft from a release or record of open data (OCDS 1.1), and read what of it was taken and left out.

    Criteria are taken with their weights where these are exact and a method is given; nothing is invented.
    """
    found = await asyncio.to_thread(drafted, data)
    tender_id = await tenders.store_draft(conn, caller, found.draft, {"from_ocds": found.source})
    known = await tenders.read(conn, caller, tender_id=tender_id)
    shown = await tenders.present(conn, caller, known)
    answer = DraftFromOcds(
        tender=shown.content,
        taken=found.taken,
        left_out=found.left_out,
        to_complete=tuple(to_complete(found, known.tender.now)),
        lots_to_complete=found.lots_to_complete,
    )
    return Response(answer, headers={**shown.headers, "Location": f"/tenders/{tender_id}"})


router = Router(path="/", route_handlers=[draft_from_ocds], tags=["Tenders"])
