"""Suppliers' questions before the deadline: the answer goes to all, numbered, and nobody reads who asked.

Whoever asks is likely to bid, so the buyer's own people learn the asker's name only when no lot waits for its opening.
Other suppliers never do. Source: equal treatment, Directive 2014/24/EU, articles 18(1), 22(3) and 53(2).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from service import db, events, tenders
from service.drafts import Reason
from service.organisations import Caller
from service.problems import Fault, NotFound, Refusal

SQL = db.queries("questions")

LARGEST_NUMBER = 2**31 - 1


class NewQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about a published tender. Write it so that nobody can tell who asks."""

    question: Reason


class NewPublicAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to all. `question` is the wording that is published, that of the asker unless you give another.

    A text that names a registered supplier is refused unless you say `names_are_meant`: it could tell who asked.
    """

    answer: Reason
    question: Reason | None = None
    names_are_meant: bool = False


class Question(Struct, frozen=True, kw_only=True):
    """A numbered question and the answer to all; `version` counts the answers given to it.

    The buyer reads the question as it was asked and, once no lot waits for its opening, who asked (`asked_by`).
    Suppliers read it as published; `yours` marks a supplier's own, which it also reads unanswered.
    """

    number: int
    question: str
    published_question: str | None
    answer: str | None
    version: int | None
    answered_at: datetime | None
    yours: bool
    asked_by: str | None = None


class _Asker(Struct, frozen=True):
    number: int
    supplier: str


# Refusals


class QuestionNamesYou(Refusal):
    """The question names your own organisation.

    The buyer's people read questions before the deadline and must not learn who is likely to bid. Ask without the name.
    """

    status = 422


class AnswerNamesSupplier(Refusal):
    """The answer or the question in it names a supplier.

    Everybody reads it, and it could tell who asked; whether that one did is not said here. Leave the name out, or,
    where the tender itself is about that supplier, say `names_are_meant`.
    """

    status = 422


# Rules


def check_unnamed(named: Sequence[str], pointer: str, refusal: type[Refusal]) -> None:
    """Refuse a text in which suppliers' names were found."""
    if named:
        fault = Fault(pointer, f"It names {', '.join(named)}.", "Leave the name out.")
        raise refusal(f"The text names {', '.join(named)}.", faults=(fault,))


# Reading


async def _named(conn: db.Connection, words: str, supplier_id: UUID | None) -> list[str]:
    return [row["name"] async for row in SQL.list_named(conn, words=words, supplier_id=supplier_id)]


async def _find(conn: db.Connection, tender_id: UUID, number: int, supplier_id: UUID | None) -> Question:
    if number <= LARGEST_NUMBER:
        rows = SQL.list_questions(conn, tender_id=tender_id, supplier_id=supplier_id, number=number)
        for found in await db.many(rows, Question):
            return found
    raise NotFound


# Handlers


@post("/tenders/{tender_id:uuid}/questions")
async def ask_question(
    tender_id: FromPath[UUID],
    data: JSONBody[NewQuestion],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Question]:
    """Ask about a published tender before its deadline; for suppliers. The answer goes to all, without your name."""
    if await SQL.lock_published(conn, tender_id=tender_id) is None:
        raise NotFound
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_not_cancelled(known.lots)
    tenders.check_open(known.tender)
    check_unnamed(await _named(conn, data.question, caller.organisation_id), "/question", QuestionNamesYou)
    number: int = await SQL.insert_question(
        conn,
        tender_id=tender_id,
        supplier_id=caller.organisation_id,
        person_id=caller.person_id,
        question=data.question,
        asked_at=known.tender.now,
    )
    facts = {"number": number, "supplier_id": caller.organisation_id, "question": data.question}
    await events.record(conn, "question.asked", tender_id=tender_id, actor=caller.person_id, data=facts)
    return Response(await _find(conn, tender_id, number, caller.organisation_id), status_code=201)


@put("/tenders/{tender_id:uuid}/questions/{number:int}/answer")
async def answer_question(
    tender_id: FromPath[UUID],
    number: FromPath[int],
    data: JSONBody[NewPublicAnswer],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Question:
    """Answer a question to all before the deadline; for the tender's author or an approver.

    A later answer to the same question is a new version. What changes the rules is no answer but a corrigendum.
    """
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "answer_question")
    asked = await _find(conn, tender_id, number, None)
    tenders.check_open(known.tender)
    question = data.question or asked.published_question or asked.question
    if not data.names_are_meant:
        check_unnamed(await _named(conn, data.answer, None), "/answer", AnswerNamesSupplier)
        check_unnamed(await _named(conn, question, None), "/question", AnswerNamesSupplier)
    await SQL.insert_answer(
        conn,
        tender_id=tender_id,
        number=number,
        question=question,
        answer=data.answer,
        person_id=caller.person_id,
        answered_at=known.tender.now,
    )
    answered = await _find(conn, tender_id, number, None)
    facts = {"number": number, "version": answered.version, "question": question, "answer": data.answer}
    await events.record(conn, "question.answered", tender_id=tender_id, actor=caller.person_id, data=facts)
    return answered


@get("/tenders/{tender_id:uuid}/questions")
async def list_questions(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Question]:
    """List a tender's questions and answers by number: the answered ones for everybody, all for the buyer."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    if known.tender.buyer_id != caller.organisation_id:
        rows = SQL.list_questions(conn, tender_id=tender_id, supplier_id=caller.organisation_id, number=None)
        return await db.many(rows, Question)
    tenders.check_access(known.tender, caller, "list_questions")
    found = await db.many(SQL.list_questions(conn, tender_id=tender_id, supplier_id=None, number=None), Question)
    askers = await db.many(SQL.list_askers(conn, tender_id=tender_id), _Asker)
    names = {asker.number: asker.supplier for asker in askers}
    return [msgspec.structs.replace(one, asked_by=names.get(one.number)) for one in found]


router = Router(path="/", route_handlers=[ask_question, answer_question, list_questions], tags=["Tenders"])
