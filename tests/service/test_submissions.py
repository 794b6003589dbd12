"""What a bid says is checked and sealed alike wherever that is done."""

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest

import scoring
from service import sealing, submissions, wire
from service.submissions import Place, Submission
from tests.make import a_bid, a_rules

RULES = msgspec.convert(a_rules(), scoring.Lot)
DIGEST = scoring.rules_digest(RULES)
PRIVATE, PUBLIC = sealing.generate_key()
PLACE = Place(*(UUID(int=number) for number in (1, 2, 3)), version=2)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (10, 11, 12))


def a_submission(**fields: Any) -> Submission:
    return wire.decode(json.dumps(a_bid() | fields).encode(), Submission)


def sealed(submission: Submission, *price_envelope: str) -> sealing.Container:
    made = submissions.seal(submission, PLACE, PUBLIC, rules_digest=DIGEST, price_envelope=price_envelope)
    return sealing.parse_container(made)


def contents(envelope: sealing.Envelope | None, kind: sealing.Kind) -> dict[str, Any]:
    assert envelope is not None
    content_key = sealing.unwrap(PRIVATE, PLACE.context(kind), envelope.header)
    return json.loads(sealing.open_body(content_key, *envelope))


def documents(*named: tuple[UUID, str]) -> list[dict[str, str]]:
    return [{"id": str(document_id), "name": name} for document_id, name in named]


def test_a_bid_is_sealed_whole_into_one_envelope():
    bid = a_submission(documents=documents((FIRST, "Method.pdf")))
    container = sealed(bid)
    assert contents(container.offer, "offer") == json.loads(msgspec.json.encode(bid))
    assert (container.version, container.rules_digest, container.documents) == (2, DIGEST, (FIRST,))
    assert container.price is None


def test_what_the_lot_wants_apart_is_sealed_apart():
    """Whoever opens the technical envelope learns nothing of the prices."""
    bid = a_submission()
    container = sealed(bid, "price", "carbon")
    offer, price = contents(container.offer, "offer")["values"], contents(container.price, "price")["values"]
    assert price.keys() == {"price", "carbon"}
    assert offer | price == bid.values
    assert not offer.keys() & price.keys()


def test_a_complete_bid_has_no_faults():
    assert submissions.find_faults(RULES, a_submission(documents=documents((FIRST, "A.pdf"), (SECOND, "A.pdf")))) == ()


BLANK = ("", " ", "\n\t", "\u00a0", "\u3000 ")


@pytest.mark.parametrize("blank", BLANK, ids=ascii)
@pytest.mark.parametrize("criterion", sorted(a_bid()["values"]))
def test_no_criterion_takes_a_blank_for_an_answer(criterion: str, blank: str):
    """Blank forms were submitted and found only at the opening: Hoole & Co v Legal Services Commission [2011]."""
    bid = a_submission(values=a_bid()["values"] | {criterion: blank})
    assert [fault.pointer for fault in submissions.find_faults(RULES, bid)] == [f"/values/{criterion}"]


def test_an_empty_form_is_told_every_answer_that_it_lacks():
    faults = submissions.find_faults(RULES, a_submission(values={}))
    assert {fault.pointer for fault in faults} == {f"/values/{criterion}" for criterion in a_bid()["values"]}
    assert all(fault.mend for fault in faults)


def test_documents_need_a_name_and_are_named_once():
    """The same file name twice is fine: one refused for that blocked all lots in InHealth v NHS England [2023]."""
    named = ((FIRST, "A.pdf"), (SECOND, "A.pdf"), (FIRST, "B.pdf"), (THIRD, "\u00a0"))
    bid = a_submission(documents=documents(*named))
    assert [fault.pointer for fault in submissions.find_faults(RULES, bid)] == ["/documents/2/id", "/documents/3/name"]
