"""The way in for a bid, whichever door it came by: checked, sealed to its tender's key, judged and stored, receipted.

Contents are seen here once, on their way from the wire into the envelope; they are never written, logged or quoted.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from msgspec import UNSET, Struct

import scoring
from service import db, sealing, submissions, wire
from service.intake import IdempotencyKeyReused, Intake, Post, TooManyVersions, Verdict
from service.money import AcceptedCurrency, Vat
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal, Unauthenticated, pointer
from service.receipts import Receipt, find_receipt
from service.sealing import BID_TYPE, Container, Envelope, SealBroken
from service.signing import Secrets, request_name
from service.submissions import MOST_VARIANTS, Admits, Submission, VariantTerms
from service.tenders import LotCancelled, SubmissionDeadlinePassed

SQL = db.queries("reception")


class WayIn(Struct, frozen=True, kw_only=True):
    """What has to be known of a published lot to take a bid in; `now` is the database's clock when it was read."""

    lot_id: UUID
    lot_number: int
    tender_id: UUID
    buyer_id: UUID
    framework_id: UUID | None
    tender: str
    tender_digest: str
    rules: scoring.Lot
    rules_digest: str
    price_envelope: tuple[str, ...]
    public_key: bytes
    submission_deadline: datetime
    cancelled_at: datetime | None
    now: datetime
    currency: str
    vat: Vat
    accepted_currencies: tuple[AcceptedCurrency, ...]
    variants: VariantTerms | None

    def admits(self, variant: int, sender: UUID) -> Admits:
        """What a bid may be beside a plain one."""
        return Admits(self.variants, variant, self.currency, self.accepted_currencies, sender)


class Standing(Struct, frozen=True, kw_only=True):
    """What a supplier has for a lot already: its standing bid, if any; which of the documents it names are missing."""

    bid_id: UUID | None
    version: int | None
    submitted_at: datetime | None
    missing: tuple[UUID, ...]


# Refusals


class IdempotencyKeyMissing(Refusal):
    """A bid needs an Idempotency-Key.

    Send a header `Idempotency-Key` with any text of your own, new for each bid. If the answer gets lost, send the
    same request again with the same key: the bid is stored once and you get the same receipt.
    """

    status = 400


class BidIncomplete(Refusal):
    """The bid cannot be scored as it stands.

    Every missing, unknown or unfit value is listed under `errors` with its mend. Nothing was stored; check as often as
    you like with `?validate=only`.
    """

    status = 422


class BidAlreadySubmitted(Refusal):
    """You already have a bid for this lot.

    Send the new one to the bid's own address (`PUT /bids/{id}`) to replace it; both versions stay in the log.
    """


class BidWithdrawn(Refusal):
    """The bid has been withdrawn.

    Before the deadline you can submit a new one to its lot.
    """


class RulesChanged(Refusal):
    """The bid was made for other rules than those in force.

    The tender was changed by a corrigendum. Read it again, make the bid again and send that; nothing was stored.
    """


class VersionTaken(Refusal):
    """The bid has another version by now than this one was sealed for.

    Read the bid (`GET /bids/{id}`), seal for the version after that one and send it again; nothing was stored.
    """


class DocumentsMissing(Refusal):
    """The bid names a document that you have not uploaded for this lot.

    Upload it first (`POST /lots/{id}/documents`), and name the id that is on its receipt. Nothing was stored.
    """

    status = 422


class DocumentOfAnotherBid(Refusal):
    """Another bid of yours for this lot names the document.

    A bid and its variants are opened and read apart. Upload the document once for each of them that names it. Nothing
    was stored.
    """

    status = 422


class NoVariants(Refusal):
    """The lot does not take this variant.

    Variants are taken only where the tender says so, and as many as it says (Directive 2014/24/EU, art. 45). Read the
    lot's `variants`; nothing was stored.
    """

    status = 422


class SealedBidBroken(Refusal):
    """The sealed bid does not have the form of one, or lacks an envelope that the lot asks for.

    Seal it anew with `tenderscore seal`, which checks the bid first. Nothing was stored.
    """

    status = 422


CONSTRAINTS["bids_one_standing_per_supplier_lot_and_variant"] = (
    BidAlreadySubmitted,
    "There is a standing bid already.",
)
CONSTRAINTS["idempotency_keys_used_once"] = (IdempotencyKeyReused, "The key has been used.")

# Rules

KEY = re.compile(r'"?([\x21\x23-\x7e](?:[\x20\x21\x23-\x7e]{0,98}[\x21\x23-\x7e])?)"?', re.ASCII)


def check_key(key: str | None) -> str:
    """The idempotency key without the quotes of a structured field."""
    if key is None:
        raise IdempotencyKeyMissing("The header `Idempotency-Key` is missing.")
    match = KEY.fullmatch(key)
    if match is None:
        raise IdempotencyKeyMissing("The `Idempotency-Key` must be 1–100 visible ASCII characters.")
    return match[1]


def check_variant(variants: VariantTerms | None, variant: int) -> None:
    """Refuse a variant that the lot does not take, whatever it says."""
    if variant and variants is None:
        raise NoVariants("This lot takes no variants: it was published without any.")
    if variant < 0 or (variants is not None and variant > variants.at_most):
        most = variants.at_most if variants else 0
        raise NoVariants(f"This lot takes {most} variants of each supplier, not number {variant}.")


def check_complete(rules: scoring.Lot, data: Submission, admits: Admits) -> None:
    """Refuse a bid that lacks something or says what cannot be scored, naming everything at once."""
    check_variant(admits.variants, admits.variant)
    if faults := submissions.find_faults(rules, data, admits):
        raise BidIncomplete(f"{len(faults)} of the bid's values need mending.", faults=faults)


def check_sealed(container: Container, way: WayIn, *, first: bool) -> None:
    """Refuse a sealed bid that cannot be for this lot, by what can be seen without a key."""
    if first != (container.version == 1):
        raise SealedBidBroken("A first bid is sealed for version 1, a replacement for the version after the present.")
    if container.rules_digest != way.rules_digest:
        raise RulesChanged(f"It was sealed for the rules {container.rules_digest}, in force are {way.rules_digest}.")
    if (container.price is not None) != bool(way.price_envelope):
        wants = "two envelopes, the offer and the price" if way.price_envelope else "one envelope"
        raise SealedBidBroken(f"The lot asks for {wants}.")


_WHY: Mapping[str, Callable[[], Refusal]] = {
    "cancelled": lambda: LotCancelled("The lot was cancelled; your bid was not stored."),
    "too-many-versions": lambda: TooManyVersions("Withdrawn bids and replaced versions count as well."),
    "withdrawn": lambda: BidWithdrawn("The bid has been withdrawn; submit a new one to the lot."),
    "documents-elsewhere": lambda: DocumentOfAnotherBid("Another standing bid of yours names one of its documents."),
    "key-refused": lambda: Unauthenticated("Send a valid key: `Authorization: Bearer ts_live_…`."),
    "rules-changed": lambda: RulesChanged("The rules changed while the bid was checked."),
}


def refusal_of(verdict: Verdict, standing: Standing) -> Refusal:
    """Why a bid was not stored, with what it takes to mend it."""
    match verdict.outcome:
        case "late":
            return _late(verdict)
        case "standing":
            return BidAlreadySubmitted(_of_standing(standing) or "There is a standing bid already.")
        case "version-changed":
            return VersionTaken(f"Version {verdict.version} is not the next one. {_of_standing(standing)}".rstrip())
        case "documents-missing":
            faults = tuple(_missing(document_id) for document_id in standing.missing)
            return DocumentsMissing(f"{len(faults)} of the documents that the bid names are not there.", faults=faults)
        case outcome:
            return _WHY.get(outcome, NotFound)()


def _late(verdict: Verdict) -> Refusal:
    at, submission_deadline = verdict.at.isoformat(), verdict.submission_deadline.isoformat()
    early = verdict.at < verdict.submission_deadline  # by a clock that is behind
    refusal = SubmissionDeadlinePassed(
        f"The bid arrived at {at}; the deadline was"
        f" {submission_deadline}{', and the bids are opened' if early else ''}."
        " It is recorded in the tender's log, and not stored."
        if verdict.recorded
        else f"The bid arrived at {at}; the deadline was {submission_deadline}. Of many late bids in one minute the log"
        " has the first ones and counts the others; this one is not stored."
    )
    refusal.recorded, refusal.counted = verdict.recorded, not verdict.recorded
    return refusal


def _of_standing(standing: Standing) -> str:
    if standing.bid_id is None or standing.version is None or standing.submitted_at is None:
        return ""
    return (
        f"Your bid is /bids/{standing.bid_id}, in version {standing.version} of {standing.submitted_at.isoformat()};"
        f" replace it by version {standing.version + 1} with PUT."
    )


def _missing(document_id: UUID) -> Fault:
    message = f"You have no complete document {document_id} for this lot."
    return Fault(pointer("documents", str(document_id)), message, "Upload it, and name the id on its receipt.")


# One way in for first and further versions, whichever door they come by


class Sent(NamedTuple):
    """What a supplier sent: a first bid for a lot, or the next version of its bid. Plain JSON, or sealed by itself."""

    caller: Caller
    lot_id: UUID
    bid_id: UUID
    version: int
    retry_key: str
    media_type: str
    body: bytes
    variant: int = 0

    @property
    def asked(self) -> str:
        """Whose request it is, and which, with its key; as `store_bids` tells them apart."""
        which = f"replace {self.bid_id}" if self.version > 1 else f"submit {self.lot_id}"
        variant = f" variant {self.variant}" if self.variant and self.version == 1 else ""
        return f"{self.caller.organisation_id} {which}{variant} {self.retry_key}"


class Taken(NamedTuple):
    """A receipt, and whether it is the answer to an earlier request with the same key."""

    receipt: Receipt
    replayed: bool

    def headers(self) -> dict[str, str]:
        """What is said beside the receipt."""
        return {"Idempotency-Replayed": "true"} if self.replayed else {}


async def read_way_in(pool: asyncpg.Pool, caller: Caller, lot_id: UUID) -> WayIn:
    """What has to be known of a lot, as it is now; raises NotFound for one that is not published to the caller."""
    way = await _read_way_in(pool, lot_id)
    await check_takes_part(pool, way, caller.organisation_id)
    return way


async def _read_way_in(pool: asyncpg.Pool, lot_id: UUID) -> WayIn:
    return await db.one(SQL.get_way_in(pool, lot_id=lot_id), WayIn)


async def check_takes_part(pool: asyncpg.Pool, way: WayIn, organisation_id: UUID) -> None:
    """A call-off exists for its buyer and for who has a place in the framework now; for others it is a NotFound."""
    if way.framework_id is None or way.buyer_id == organisation_id:
        return
    if not await SQL.takes_part(pool, framework_id=way.framework_id, organisation_id=organisation_id):
        raise NotFound


class Own(Struct, frozen=True):
    """A bid of the caller's: its lot, its present version, and which variant it is; 0 for the bid itself."""

    lot_id: UUID
    version: int
    variant: int


async def own_bid(pool: asyncpg.Pool, caller: Caller, bid_id: UUID) -> Own:
    """A bid of the caller's; raises NotFound."""
    return await db.one(SQL.get_own(pool, bid_id=bid_id, supplier_id=caller.organisation_id), Own)


class Reception:
    """Takes bids in: knows the lots, checks and seals what comes in the clear, and hands it to the intake."""

    _MOST_LOTS = 4096
    _TRIES = 3

    def __init__(self, pool: asyncpg.Pool, intake: Intake, secrets: Secrets) -> None:
        self.intake = intake
        self._pool = pool
        self._secrets = secrets
        self._ways: OrderedDict[UUID, WayIn] = OrderedDict()

    async def take(self, sent: Sent) -> Taken:
        """Judge, seal and store a bid; raises the Refusal that tells why it was not.

        What is known of a lot may have changed since: then the statement stores nothing, and it is tried anew.
        """
        for left in reversed(range(self._TRIES)):
            way = await self._way_in(sent.lot_id)
            await check_takes_part(self._pool, way, sent.caller.organisation_id)
            try:
                way, post = await self._ready(sent, way)
            except Refusal:
                if copied := await self._judge_unfit(sent, way):
                    return copied
                raise
            verdict = await self.intake.put(post)
            if verdict.outcome == "replay":
                return await self._replayed(sent, verdict)
            if verdict.outcome == "stored":
                return self._stored(sent, way, post, verdict)
            if verdict.outcome == "rules-changed" and left:
                self._ways.pop(sent.lot_id, None)
            elif verdict.outcome == "version-changed" and sent.media_type != BID_TYPE and left:
                sent = await self.next_version(sent)
            else:
                raise await self._refusal(sent, verdict, post.documents)
        raise AssertionError

    async def _judge_unfit(self, sent: Sent, way: WayIn) -> Taken | None:
        """Late bids, and copies of what was stored under other rules, are told so first, and not what else is wrong."""
        if not 0 <= sent.variant <= MOST_VARIANTS:
            return None
        verdict = await self.intake.put(self._unfit(sent, way))
        if verdict.outcome == "replay":
            return await self._replayed(sent, verdict)
        if verdict.outcome in {"late", "key-refused", "unknown"}:
            raise await self._refusal(sent, verdict) from None
        return None

    async def _refusal(self, sent: Sent, verdict: Verdict, documents: Sequence[UUID] = ()) -> Refusal:
        known = Standing(bid_id=None, version=None, submitted_at=None, missing=())
        if verdict.outcome in {"standing", "version-changed", "documents-missing"}:
            whose = {"lot_id": sent.lot_id, "supplier_id": sent.caller.organisation_id, "variant": sent.variant}
            known = await db.one(SQL.get_standing(self._pool, **whose, documents=list(documents)), Standing)
        return refusal_of(verdict, known)

    async def next_version(self, sent: Sent) -> Sent:
        """The same for the version after the one that the bid has by now."""
        own = await own_bid(self._pool, sent.caller, sent.bid_id)
        return sent._replace(lot_id=own.lot_id, version=own.version + 1)

    async def _way_in(self, lot_id: UUID) -> WayIn:
        return self._ways.get(lot_id) or await self._reread(lot_id)

    async def _reread(self, lot_id: UUID) -> WayIn:
        way = await _read_way_in(self._pool, lot_id)
        self._ways[lot_id] = way
        if len(self._ways) > self._MOST_LOTS:
            self._ways.popitem(last=False)
        return way

    async def _ready(self, sent: Sent, way: WayIn) -> tuple[WayIn, Post]:
        """The bid checked and sealed; what is refused under the rules that are known is checked under the present."""
        try:
            return way, self._sealed(sent, way)
        except Refusal:
            way = await self._reread(sent.lot_id)
        return way, self._sealed(sent, way)

    def _sealed(self, sent: Sent, way: WayIn) -> Post:
        if sent.media_type == BID_TYPE:
            container = _read_sealed(sent.body)
            check_sealed(container, way, first=sent.version == 1)
            check_variant(way.variants, sent.variant)
            return self._post(sent, way, container, sent.body)
        data = wire.decode(sent.body, Submission)
        check_complete(way.rules, data, way.admits(sent.variant, sent.caller.organisation_id))
        sealed = submissions.seal(
            data, _place(sent, way), way.public_key, rules_digest=way.rules_digest, price_envelope=way.price_envelope
        )
        return self._post(sent, way, sealing.parse_container(sealed), sealed)

    def _unfit(self, sent: Sent, way: WayIn) -> Post:
        """A bid that cannot be taken as it is, without its contents, for the statement to judge.

        Under a digest that no tender has the statement may find it late, and record it, or find a copy of what was
        stored before; it cannot store it. Recorded is the digest of the sealed bid, or of its text once sealed.
        """
        body, rules_digest = sent.body, way.rules_digest
        try:
            rules_digest = sealing.parse_container(body).rules_digest
        except SealBroken:
            body = sealing.seal(way.public_key, _place(sent, way).context("offer"), body)
        empty = Container(sent.version, rules_digest, Envelope(b"", b""), None, ())
        return self._post(sent, way, empty, body)._replace(tender_digest="")

    def _post(self, sent: Sent, way: WayIn, container: Container, sealed: bytes) -> Post:
        asked = sent.asked
        return Post(
            tender_id=way.tender_id,
            lot_id=way.lot_id,
            bid_id=sent.bid_id,
            version=container.version,
            supplier_id=sent.caller.organisation_id,
            person_id=sent.caller.person_id,
            key_id=sent.caller.key_id,
            name=request_name(asked),
            fingerprint=self._secrets.request_fingerprint(asked, sent.body),
            tender_digest=way.tender_digest,
            rules_digest=container.rules_digest,
            size=len(sealed),
            digest=hashlib.sha256(sealed).hexdigest(),
            offer=container.offer,
            price=container.price,
            documents=container.documents,
            variant=sent.variant,
        )

    async def _replayed(self, sent: Sent, verdict: Verdict) -> Taken:
        if verdict.fingerprint not in self._secrets.request_fingerprints(sent.asked, sent.body):
            raise IdempotencyKeyReused("The key belongs to a request with another body.")
        receipt = await find_receipt(
            self._pool,
            self._secrets,
            bid_id=verdict.bid_id,
            supplier_id=sent.caller.organisation_id,
            version=verdict.version,
        )
        return Taken(receipt, replayed=True)

    def _stored(self, sent: Sent, way: WayIn, post: Post, verdict: Verdict) -> Taken:
        assert verdict.proof is not None
        receipt = Receipt(
            bid_id=verdict.bid_id,
            version=verdict.version,
            tender_id=way.tender_id,
            tender=way.tender,
            lot_id=way.lot_id,
            lot_number=way.lot_number,
            supplier_id=sent.caller.organisation_id,
            supplier=sent.caller.organisation,
            digest=post.digest,
            size=post.size,
            rules_digest=post.rules_digest,
            submitted_at=verdict.at,
            documents=list(post.documents),
            variant=post.variant or UNSET,
            proof=verdict.proof,
        )
        return Taken(receipt, replayed=False)


def _place(sent: Sent, way: WayIn) -> submissions.Place:
    return submissions.Place(way.tender_id, way.lot_id, sent.caller.organisation_id, sent.version)


def _read_sealed(body: bytes) -> Container:
    try:
        return sealing.parse_container(body)
    except SealBroken as broken:
        raise SealedBidBroken(f"Its {broken.part}: {broken.why}") from None
