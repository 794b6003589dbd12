"""What was delivered of an obligation: reported, proved by files, checked by another person, accepted by a third look.

A delivery counts from its verification on, with the quantity that was verified. Nothing is changed afterwards: what was
reported wrongly is rejected and reported anew.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from scoring.units import find_unit
from service import db, events, obligations, performance, retries
from service.drafts import Reason
from service.file_bodies import FileOperation, Flow, check_file
from service.obligations import Obligation, Place, Watched
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, InvalidRequest, NotFound, Refusal
from service.spend_shelf import Shelf

SQL = db.queries("deliveries")

Verdict = Literal["verified", "rejected", "accepted"]
Progress = Literal["reported", "evidenced", "verified", "rejected", "accepted"]
EvidenceName = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"\S", description="The file's name, to be shown.")
]
Counted = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class NewDelivery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was delivered in a period, in the obligation's unit; in percent where it is delivered as described.

    `counted` names what the quantity counts, without naming persons, such as a payroll number: what stands here under
    one measure is not counted again under another that counts the same. Where the contract has such another, it must
    be given.
    """

    period: Annotated[int, Meta(ge=1, le=400)]
    quantity: Decimal
    note: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
    counted: Annotated[tuple[Counted, ...], Meta(max_length=2000)] = ()


class NewDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision about a delivery and its reason.

    verified: `quantity` counts, which may be less than was reported: what would have happened without the contract does
    not count. rejected: nothing counts. accepted: the buyer takes what was verified as delivered.
    """

    verdict: Verdict
    reason: Reason
    quantity: Decimal | None = None


class Evidence(Struct, frozen=True, kw_only=True):
    """A file that proves a delivery; `digest` is the SHA-256 of its bytes."""

    id: UUID
    name: str
    digest: str
    size: int
    person_id: UUID
    received_at: datetime


class Decision(Struct, frozen=True, kw_only=True):
    """What somebody decided about a delivery."""

    verdict: Verdict
    quantity: Decimal
    reason: str
    person_id: UUID
    decided_at: datetime


class Delivery(Struct, frozen=True, kw_only=True):
    """A delivery: planned periods have none yet, then it is reported, evidenced, verified or rejected, accepted."""

    id: UUID
    obligation_id: UUID
    period: int
    quantity: Decimal
    note: str
    counted: tuple[str, ...]
    person_id: UUID
    reported_by: UUID
    reported_at: datetime
    evidence: tuple[Evidence, ...]
    decisions: tuple[Decision, ...]
    state: Progress

    @property
    def credited(self) -> Decimal | None:
        """What counts; None until it is verified, and for what was rejected."""
        return self.decisions[0].quantity if self.state in {"verified", "accepted"} else None


# Refusals


class PeriodNotBegun(Refusal):
    """The period has not begun.

    What is delivered is reported once it has been delivered. Read the periods at `GET /lots/{id}/obligations`.
    """


class CountedTwice(Refusal):
    """The same thing would be counted twice.

    It stands under another measure that counts the same, or was reported before: one hire, one tonne or one hour
    fulfils one promise. Leave it out, or report it where it belongs once the other delivery was rejected.
    """


class VerifiedByYourself(Refusal):
    """Another person must decide this.

    Who reported a delivery does not verify it, and who verified it does not accept it.
    """


class DeliveryDecided(Refusal):
    """This has been decided already.

    A rejected delivery is reported anew; a verified one is accepted next.
    """


class EvidenceMissing(Refusal):
    """The delivery has no evidence yet.

    Its obligation names what proves it. Send a file with `POST /deliveries/{id}/evidence` first.
    """


CONSTRAINTS["delivery_decisions_are_taken_once"] = (DeliveryDecided, "It was decided in the same moment.")

# Rules


def check_delivery(here: Place, one: Obligation, new: NewDelivery) -> None:
    """A period that has begun, and a quantity as the obligation's unit takes it."""
    periods = {period.number: period for period in one.periods}
    period = periods.get(new.period)
    if period is None:
        fault = Fault("/period", f"There is no period {new.period}.", f"There are {len(periods)}.")
        raise InvalidRequest("The contract has no such period.", faults=(fault,))
    if period.starts_on > here.today:
        raise PeriodNotBegun(f"Period {new.period} begins on {period.starts_on}; it is {here.today}.")
    check_quantity(one, new.quantity, "/quantity")


def check_quantity(one: Obligation, quantity: Decimal, at: str) -> None:
    """A decimal within the bounds and decimals of the obligation's unit."""
    try:
        performance.check_quantity(quantity, one.unit, "quantity")
    except ValueError as error:
        fault = Fault(at, str(error), f"The obligation is in {find_unit(one.unit).label}.")
        raise InvalidRequest("The quantity does not fit the unit.", faults=(fault,)) from None


def check_named(watched: Watched, one: Obligation, new: NewDelivery) -> None:
    """Where another measure counts the same, a quantity names what it counts; else nobody sees it counted twice."""
    others = [
        other.title
        for other in watched.obligations
        if other.id != one.id and one.terms.counts and other.terms.counts == one.terms.counts
    ]
    if others and new.quantity and not new.counted:
        message = f"{', '.join(others)} may count the same as this, and nothing says what was counted."
        fault = Fault("/counted", message, "Name each, without naming persons, such as by payroll numbers or invoices.")
        raise InvalidRequest("The delivery does not say what it counts.", faults=(fault,))


def check_not_counted(watched: Watched, one: Obligation, known: Iterable[Delivery], new: NewDelivery) -> None:
    """Nothing named in `counted` stands already under a measure that counts the same."""
    same = {
        other.id
        for other in watched.obligations
        if other.id == one.id or (one.terms.counts and other.terms.counts == one.terms.counts)
    }
    taken = {
        name: delivery
        for delivery in known
        if delivery.obligation_id in same and delivery.state != "rejected"
        for name in delivery.counted
    }
    twice = sorted(set(new.counted) & taken.keys())
    if len(set(new.counted)) != len(new.counted):
        twice = twice or sorted({name for name in new.counted if new.counted.count(name) > 1})
    if twice:
        titles = {other.id: other.title for other in watched.obligations}
        where = "; ".join(
            f"{name}: {titles[taken[name].obligation_id]}, period {taken[name].period}" if name in taken else name
            for name in twice
        )
        raise CountedTwice(f"Counted already: {where}.")


def check_decision(one: Obligation, delivery: Delivery, new: NewDecision, caller: Caller) -> Decimal:
    """The quantity that counts. Another person than who did the step before; in the order of the steps."""
    last = delivery.decisions[-1] if delivery.decisions else None
    if new.verdict == "accepted":
        if last is None or last.verdict != "verified":
            raise DeliveryDecided(f"The delivery is {delivery.state}; what is accepted was verified.")
        if last.person_id == caller.person_id:
            raise VerifiedByYourself("You verified this delivery yourself.")
        if delivery.person_id == caller.person_id:
            raise VerifiedByYourself("You reported this delivery yourself.")
        return last.quantity
    if last is not None:
        raise DeliveryDecided(f"The delivery was {last.verdict} at {last.decided_at.isoformat()}.")
    if delivery.person_id == caller.person_id:
        raise VerifiedByYourself("You reported this delivery yourself.")
    return Decimal(0) if new.verdict == "rejected" else check_proved(one, delivery, new.quantity)


def check_proved(one: Obligation, delivery: Delivery, quantity: Decimal | None) -> Decimal:
    """The quantity that is verified: proved by a file where the obligation asks for one, and not more than reported."""
    if one.terms.evidence and not delivery.evidence:
        raise EvidenceMissing(f"It is proved by: {'; '.join(one.terms.evidence)}.")
    if quantity is None:
        return delivery.quantity
    check_quantity(one, quantity, "/quantity")
    if quantity > delivery.quantity and one.direction == "higher":
        mend = "Verify that or less, or have it reported anew."
        fault = Fault("/quantity", f"{delivery.quantity:f} was reported.", mend)
        raise InvalidRequest("More is verified than was reported.", faults=(fault,))
    return quantity


def verified(mine: Iterable[Delivery], one: Obligation) -> dict[int, Decimal]:
    """What counts in each period of an obligation, of its own deliveries."""
    return performance.counted(
        one.accrual, ((made.period, made.credited) for made in mine if made.credited is not None)
    )


# Reading


async def of_contract(conn: db.Connection, watched: Watched) -> list[Delivery]:
    """Every delivery of a contract, first to last."""
    plan = watched.plan
    rows = SQL.list_deliveries(conn, lot_id=plan.lot_id, award_number=plan.award_number, delivery_id=None)
    return await db.many(rows, Delivery)


async def find(conn: db.Connection, here: Place, delivery_id: UUID) -> tuple[Delivery, Obligation]:
    """A delivery of the contract, with its obligation. Raises NotFound."""
    plan = here.watched.plan
    rows = SQL.list_deliveries(conn, lot_id=plan.lot_id, award_number=plan.award_number, delivery_id=delivery_id)
    for delivery in await db.many(rows, Delivery):
        return delivery, here.watched.obligation(delivery.obligation_id)
    raise NotFound


# Handlers


@post("/obligations/{obligation_id:uuid}/deliveries")
async def report_delivery(
    obligation_id: FromPath[UUID],
    data: JSONBody[NewDelivery],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Delivery]:
    """Report what was delivered of an obligation in a period; for the contractor, or the buyer's contract manager."""
    here = await obligations.place(conn, caller, "report_delivery", lock=True, obligation_id=obligation_id)
    one = here.watched.obligation(obligation_id)
    check_delivery(here, one, data)
    check_named(here.watched, one, data)
    check_not_counted(here.watched, one, await of_contract(conn, here.watched), data)
    facts: dict[str, Any] = {"obligation_id": obligation_id, "period": data.period, "quantity": data.quantity}
    written = {"note": data.note, "counted": list(data.counted), "person_id": caller.person_id}
    delivery_id: UUID = await SQL.insert_delivery(conn, **facts, **written)
    await _record(conn, "delivery.reported", here, caller, {"delivery_id": delivery_id, **facts})
    return Response((await find(conn, here, delivery_id))[0], status_code=201)


@get("/lots/{lot_id:uuid}/deliveries")
async def list_deliveries(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Delivery]:
    """List what was reported on a contract, its evidence and what was decided; for the buyer and the contractor."""
    here = await obligations.place(conn, caller, "list_deliveries", lock=False, lot_id=lot_id)
    return await of_contract(conn, here.watched)


@post("/deliveries/{delivery_id:uuid}/evidence", operation_class=FileOperation)
async def add_evidence(
    delivery_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    name: FromQuery[EvidenceName],
) -> Response[Delivery]:
    """Send a file that proves a delivery, before it is verified: the file itself is the body.

    Send as little about persons as proves it: payroll numbers rather than names. The same bytes are kept once.
    """
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        here = await obligations.place(conn, caller, "add_evidence", lock=False, delivery_id=delivery_id)
        check_open((await find(conn, here, delivery_id))[0])
    announced = check_file(request, state.max_evidence_bytes)
    shelf: Shelf = state.shelf
    shelf.disk.check_room(announced)
    flow = Flow(request.receive, announced)
    object_id = await shelf.put(aiter(flow))
    kept = None
    try:
        async with retries.last_connection_of(request, state.pool, flow.hash.digest()) as conn:
            here = await obligations.place(conn, caller, "add_evidence", lock=True, delivery_id=delivery_id)
            check_open((await find(conn, here, delivery_id))[0])
            file = {"name": name, "digest": flow.hash.hexdigest(), "size": announced}
            ids = {"delivery_id": delivery_id, "person_id": caller.person_id}
            kept = await SQL.insert_evidence(conn, **ids, **file, object_id=object_id)
            if kept is not None:
                facts = {"evidence_id": kept, "delivery_id": delivery_id, **file}
                await _record(conn, "delivery.evidenced", here, caller, facts)
            delivery, _ = await find(conn, here, delivery_id)
    finally:
        if kept is None:
            await shelf.remove([object_id])
    return Response(delivery, status_code=201)


def check_open(delivery: Delivery) -> None:
    """Evidence comes before the decision that rests on it."""
    if delivery.decisions:
        raise DeliveryDecided(f"The delivery is {delivery.state}.")


@get("/evidence/{evidence_id:uuid}", media_type="application/octet-stream")
async def read_evidence(evidence_id: FromPath[UUID], state: State, caller: NamedDependency[Caller]) -> Stream:
    """Read a file that proves a delivery, to the byte; for the buyer's people who check it, and for the contractor."""
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        await obligations.place(conn, caller, "read_evidence", lock=False, evidence_id=evidence_id)
        found = await SQL.get_evidence(conn, evidence_id=evidence_id)
    shelf: Shelf = state.shelf
    name = quote(found["name"], safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
    return Stream(shelf.read(found["object_id"]), media_type="application/octet-stream", headers=headers)


@post("/deliveries/{delivery_id:uuid}/decisions")
async def decide_delivery(
    delivery_id: FromPath[UUID],
    data: JSONBody[NewDecision],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Delivery]:
    """Verify, reject or accept a delivery, each by another person than the step before; for the buyer's people."""
    here = await obligations.place(conn, caller, "decide_delivery", lock=True, delivery_id=delivery_id)
    delivery, one = await find(conn, here, delivery_id)
    quantity = check_decision(one, delivery, data, caller)
    facts = {"delivery_id": delivery_id, "verdict": data.verdict, "quantity": quantity, "reason": data.reason}
    step = "accepted" if data.verdict == "accepted" else "checked"
    await SQL.insert_decision(conn, **facts, step=step, person_id=caller.person_id)
    await _record(conn, "delivery.decided", here, caller, facts)
    return Response((await find(conn, here, delivery_id))[0], status_code=201)


async def _record(conn: db.Connection, kind: events.Kind, here: Place, caller: Caller, facts: dict[str, Any]) -> None:
    await events.record(conn, kind, tender_id=here.known.tender.id, actor=caller.person_id, data=facts)


router = Router(
    path="/",
    route_handlers=[report_delivery, list_deliveries, add_evidence, read_evidence, decide_delivery],
    tags=["Contract"],
)
