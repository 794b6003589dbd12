"""Assessment summaries and notices to bidders: prepared, and sent all together, once for each award.

Nothing goes out while a field that the law asks for is missing, or while somebody else's price could be worked out from
a letter and nobody has answered for it. What was sent is kept to the byte; its reader finds it here.
"""

from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

import scoring
from scoring.debrief import Debrief, Derived
from service import completeness, db, discretion, events, letters, opening, standstill, tenders
from service.awards import Annulled
from service.completeness import MissingField
from service.discretion import Mention
from service.drafts import Reason
from service.letter_sources import LettersAlreadySent, SentLetter, list_sent, load
from service.letters import Letter, Sources
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal
from service.standstill import Waiting, calendar_of
from service.tenders import Known

SQL = db.queries("summaries")

LARGEST = 2**31 - 1
"""No award has a larger number: the column's own bound."""
AwardNumber = Annotated[
    int | None, QueryParameter(name="award", ge=1, le=LARGEST, description="Its number; else the last one.")
]


class NewSending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How letters go out. `calendar`: whose holidays count, where the law leaves it to the country (`FR`).

    `inference_accepted`: why they go out although a third bidder's price can be worked out from one;
    `mentions_accepted`: why although a text tells of another bidder.
    """

    on_paper: bool = False
    calendar: Annotated[str, Meta(min_length=2, max_length=20)] | None = None
    inference_accepted: Reason | None = None
    mentions_accepted: Reason | None = None


class Summary(Struct, frozen=True, kw_only=True):
    """A letter, and until it is sent what is missing from it, which prices it gives away and whom its texts mention.

    Its reader gets the letter as it was sent, with its digest; `annulled` marks one on an award that was annulled.
    """

    letter: Letter
    sent_at: datetime | None
    digest: str | None
    missing: list[MissingField]
    given_away: list[Derived]
    not_examined: str | None
    mentions: list[Mention] = []
    annulled: Annulled | None = None


class LetterOf(NamedTuple):
    """Which letter: about which lot, to the bidder of which bid, on which award (None: the last one).

    `address` is where this service is reached.
    """

    lot_id: UUID
    bid_id: UUID
    award: int | None
    address: str


class SummaryLine(Struct, frozen=True, kw_only=True):
    """How far the letter to one bidder is."""

    bid_id: UUID
    supplier: str
    sent_at: datetime | None
    missing: list[MissingField]
    warnings: list[str]


class Sent(Struct, frozen=True, kw_only=True):
    """The letters of an award, sent: how many, when, and until when no contract is signed if that is known already."""

    lot_id: UUID
    award_number: int
    letters: int
    sent_at: datetime
    standstill_ends_at: datetime | None


# Refusals


class LettersIncomplete(Refusal):
    """The letters lack what the law asks for.

    Each missing field is listed under `errors` with its legal reference and the request that gives it.
    """


class PriceGivenAway(Refusal):
    """From these letters a bidder can work out what a third one bid.

    Read `given_away` of each letter; redact what allows it, or send with `inference_accepted`: the reason why it may be
    so. Relative price formulas reveal the price that was the measure.
    """


class OthersMentioned(Refusal):
    """A letter's texts tell of another bidder.

    Each name, identifier and price that was found is listed under `errors`. Write the text anew or redact it; what the
    letters say of the award is the text `decision`. Or send with `mentions_accepted`: the reason why it may be told.
    """


CONSTRAINTS["sent_letters_once_per_award_and_bid"] = (LettersAlreadySent, "The letters have been sent already.")

# Rules


def check_complete(found: list[MissingField]) -> None:
    """Refuse letters that lack something."""
    if found:
        faults = tuple(
            Fault(f"/bids/{one.bid_id}/{one.field}", f"{one.message} ({one.reference})", one.mend) for one in found
        )
        raise LettersIncomplete(f"{len(faults)} fields are missing.", faults=faults)


def check_discreet(told: dict[UUID, Debrief], accepted: str | None) -> None:
    """Refuse letters from which a third bidder's price follows, or may follow, unless somebody answers for it."""
    mend = "Redact it, or say under inference_accepted why it may be so."
    found = [
        (bid_id, one.how)
        for bid_id, debrief in told.items()
        for one in debrief.derived
        if one.pinned and one.third_party
    ]
    found += [(bid_id, debrief.not_examined) for bid_id, debrief in told.items() if debrief.not_examined]
    faults = tuple(Fault(f"/bids/{bid_id}", why, mend) for bid_id, why in found)
    if faults and accepted is None:
        raise PriceGivenAway(f"{len(faults)} letters give away somebody else's price.", faults=faults)


def check_unmentioned(found: list[Mention], accepted: str | None) -> None:
    """Refuse letters in whose texts others were found, unless somebody answers for it."""
    mend = "Write the text anew or redact it, or say under mentions_accepted why it may be told."
    faults = tuple(
        Fault(f"/bids/{one.bid_id}/{one.field}", f"It tells the {one.kind} of {one.whose}: {one.found}.", mend)
        for one in found
    )
    if faults and accepted is None:
        raise OthersMentioned(f"Others were found in {len(faults)} texts.", faults=faults)


# Reading


def address_of(request: Request[Any, Any, State]) -> str:
    """Where this service is reached: as `TENDERSCORE_PUBLIC_URL` says, else as the caller has reached it."""
    return request.app.state.public_url or str(request.base_url).rstrip("/")


def _as_sent(sent: SentLetter) -> Summary:
    letter = msgspec.json.decode(sent.canonical, type=Letter)
    return Summary(
        letter=letter,
        sent_at=sent.sent_at,
        digest=sent.digest,
        missing=[],
        given_away=[],
        not_examined=None,
        annulled=sent.annulled,
    )


async def _find_sent(
    conn: db.Connection, lot_id: UUID, bid_id: UUID, supplier_id: UUID | None, award: int | None
) -> Summary:
    """The letter about a bid on an award or on the last one, for its supplier or with None for the buyer."""
    row = SQL.get_letter(conn, lot_id=lot_id, bid_id=bid_id, supplier_id=supplier_id, award_number=award)
    return _as_sent(await db.one(row, SentLetter))


def _in_preparation(sources: Sources, bid_id: UUID) -> Summary:
    letter = letters.made_for(sources, bid_id)
    told = discretion.given_away(sources, letter)
    return Summary(
        letter=letter,
        sent_at=None,
        digest=None,
        missing=list(completeness.missing(sources, letter)),
        given_away=list(told.derived),
        not_examined=told.not_examined,
        mentions=discretion.mentions(sources, letter),
    )


def _warnings(summary: Summary) -> list[str]:
    """What stops the sending of a letter that is complete, until somebody answers for it."""
    told = [f"{one.field} tells the {one.kind} of {one.whose}: {one.found}." for one in summary.mentions]
    return [*(one.how for one in summary.given_away if one.pinned), *told]


# Handlers


@get("/lots/{lot_id:uuid}/assessment-summaries")
async def list_summaries(
    lot_id: FromPath[UUID],
    request: Request[Caller, Any, State],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> list[SummaryLine]:
    """List the letters on a lot's award: what each lacks, what it gives away; for those who score, decide or audit."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_summaries")
    opening.check_reader(known.tender)
    sources = await load(conn, caller, known, known.lot(lot_id), address_of(request))
    sent = await list_sent(conn, lot_id, sources.award_number)
    prepared = {bid_id: _in_preparation(sources, bid_id) for bid_id in sources.bids}
    return [
        SummaryLine(
            bid_id=bid_id,
            supplier=sources.bids[bid_id].supplier,
            sent_at=sent[bid_id].sent_at if bid_id in sent else None,
            missing=[] if bid_id in sent else summary.missing,
            warnings=[] if bid_id in sent else _warnings(summary),
        )
        for bid_id, summary in prepared.items()
    ]


@get("/lots/{lot_id:uuid}/assessment-summaries/{bid_id:uuid}")
async def get_summary(
    lot_id: FromPath[UUID],
    bid_id: FromPath[UUID],
    request: Request[Caller, Any, State],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    award: AwardNumber = None,
) -> Summary:
    """Read the letter to one bidder: that bidder once it is sent, the buyer's panel also while it is being made.

    `?award=1` is the letter on an earlier award; where that was annulled it is marked so.
    """
    return await summary_of(conn, caller, LetterOf(lot_id, bid_id, award, address_of(request)))


async def summary_of(conn: db.Connection, caller: Caller, asked: LetterOf) -> Summary:
    """The letter to one bidder, for whoever may read it; raises NotFound."""
    lot_id, bid_id, award, address = asked
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        return await _find_sent(conn, lot_id, bid_id, caller.organisation_id, award)
    opening.check_reader(known.tender)
    if award is not None:
        return await _find_sent(conn, lot_id, bid_id, None, award)
    sources = await load(conn, caller, known, known.lot(lot_id), address)
    sent = await list_sent(conn, lot_id, sources.award_number)
    if bid_id in sent:
        return _as_sent(sent[bid_id])
    if bid_id not in sources.bids:
        raise NotFound
    return _in_preparation(sources, bid_id)


@post("/lots/{lot_id:uuid}/assessment-summaries/sending")
async def send_summaries(
    lot_id: FromPath[UUID],
    data: JSONBody[NewSending],
    request: Request[Caller, Any, State],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Sent:
    """Send the letters on a lot's award to all its bidders at once; for an approver. Each finds its own here.

    Refused while any lacks what the law asks for. Where the law counts the standstill from the decision, it begins now.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "send_summaries")
    tenders.check_cleared(known.tender)
    sources = await load(conn, caller, known, lot, address_of(request))
    if await list_sent(conn, lot_id, sources.award_number):
        raise LettersAlreadySent(f"The letters on award {sources.award_number} have been sent.")
    waiting = _waiting(known, sources, data)
    ends_at = waiting.ends_at if waiting else None
    sources = msgspec.structs.replace(sources, standstill_ends_at=ends_at, on_paper=data.on_paper)
    made = {bid_id: letters.made_for(sources, bid_id) for bid_id in sources.bids}
    check_complete(_all_missing(sources, made))
    told = {bid_id: discretion.given_away(sources, letter) for bid_id, letter in made.items()}
    check_discreet(told, data.inference_accepted)
    found = [one for letter in made.values() for one in discretion.mentions(sources, letter)]
    check_unmentioned(found, data.mentions_accepted)
    await _store(conn, caller, known, sources, made)
    if waiting is not None:
        await standstill.begin(conn, known.tender, lot_id, sources.award_number, known.tender.now, waiting)
    facts: dict[str, Any] = {"lot_id": lot_id, "award_number": sources.award_number}
    facts["letters"] = [{"bid_id": bid_id, "digest": scoring.digest(letter)} for bid_id, letter in made.items()]
    facts |= {"inference_accepted": data.inference_accepted, "standstill_ends_at": sources.standstill_ends_at}
    facts |= {"mentions_accepted": data.mentions_accepted, "mentions": [one.place for one in found]}
    await events.record(conn, "summary.sent", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return Sent(
        lot_id=lot_id,
        award_number=sources.award_number,
        letters=len(made),
        sent_at=known.tender.now,
        standstill_ends_at=sources.standstill_ends_at,
    )


def _waiting(known: Known, sources: Sources, data: NewSending) -> Waiting | None:
    """The standstill that sending begins, where the law counts from the decision and a contract is to wait."""
    law = sources.law
    if law is None or law.starts != "decision" or sources.winner_id is None:
        return None
    calendar = calendar_of(law, data.calendar)
    tender = known.tender
    return standstill.wait(law, tender.now, tender.time_zone, calendar=calendar, on_paper=data.on_paper)


def _all_missing(sources: Sources, made: dict[UUID, Letter]) -> list[MissingField]:
    """What is missing in any letter, each field once."""
    found = {(one.bid_id, one.field): one for letter in made.values() for one in completeness.missing(sources, letter)}
    return list(found.values())


async def _store(conn: db.Connection, caller: Caller, known: Known, sources: Sources, made: dict[UUID, Letter]) -> None:
    await SQL.insert_letters(
        conn,
        lot_id=sources.lot.id,
        award_number=sources.award_number,
        bid_ids=list(made),
        canonicals=[scoring.canonical(letter) for letter in made.values()],
        digests=[scoring.digest(letter) for letter in made.values()],
        person_id=caller.person_id,
        sent_at=known.tender.now,
    )


router = Router(
    path="/",
    route_handlers=[list_summaries, get_summary, send_summaries],
    tags=["Award"],
)
