"""What comes over the wire is what was meant, or it is refused with the place and the mend."""

import json
import time
from typing import Any

import pytest

from service import wire
from service.drafts import DraftTender
from service.examples import BID, TENDER
from service.problems import InvalidRequest, UnreadableRequest
from service.submissions import Submission


def changed(path: str, value: Any) -> bytes:
    """The example tender with one member changed."""
    tender = json.loads(json.dumps(TENDER))
    *steps, last = path.split("/")
    place = tender
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return json.dumps(tender).encode()


def test_examples_are_read():
    """What the reference page shows is accepted as it stands."""
    assert wire.decode(json.dumps(TENDER).encode(), DraftTender).title == TENDER["title"]
    assert wire.decode(json.dumps(BID).encode(), Submission).values == BID["values"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("lots/0/rules/criteria/0/weighting", 40),
        ("lots/0/rules/criteria/0/weighting", 40.0),
        ("lots/0/rules/criteria/0/weighting", "4_0"),
        ("lots/0/rules/criteria/0/weighting", "４０"),
        ("lots/0/rules/criteria/0/weighting", " 40 "),
        ("lots/0/rules/criteria/0/weighting", "NaN"),
        ("lots/0/rules/criteria/0/weighting", "1e1000000"),
        ("lots/0/rules/criteria/0/weighting", "39.99999999"),
        ("lots/0/rules/rounding/0/decimals", "2"),
        ("submission_deadline", "2031-03-14 12:00:00Z"),
        ("submission_deadline", "2031-03-14T12:00:00"),
        ("submission_deadline", "2031-03-14T12:00:60Z"),
        ("time_zone", "Europe/Atlantis"),
        ("titel", "Solar roofs"),
    ],
)
def test_what_only_looks_right_is_refused_by_place(path: str, value: Any):
    """A number where a decimal is text, a look-alike digit, a loose instant: each is named by its JSON Pointer."""
    with pytest.raises(InvalidRequest) as caught:
        wire.decode(changed(path, value), DraftTender)
    assert any(f"/{path}".startswith(fault.pointer) for fault in caught.value.faults), caught.value.faults


@pytest.mark.parametrize(
    "body",
    [
        b'{"values": {"price": "1"}, "values": {"price": "2"}}',
        b'{"values": {"price": NaN}}',
        b'{"values": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"values": {"price": "\xff"}}',
        b'{"values": {"price": "1"}',
        b"",
    ],
    ids=["member twice", "NaN", "depth", "not UTF-8", "cut off", "nothing"],
)
def test_what_cannot_be_read_is_no_guess(body: bytes):
    """Where two readers could disagree, nobody reads on."""
    with pytest.raises(UnreadableRequest):
        wire.decode(body, Submission)


def test_one_clumsy_body_keeps_nobody_else_waiting():
    """A bid of 1 MB whose last of 70,000 members is there already is refused in a moment; meanwhile all wait."""
    members = b",".join(b'"m%06d":"1"' % number for number in range(70_000))
    begun = time.process_time()
    with pytest.raises(UnreadableRequest) as caught:
        wire.decode(b'{"values":{' + members + b',"m069999":"2"}}', Submission)
    assert time.process_time() - begun < 2
    assert caught.value.faults[0].pointer == "/m069999"


def test_a_member_named_twice_is_named_to_its_sender_only():
    """The detail of a refusal is kept in the audit log, and a member's name may be part of a sealed bid."""
    with pytest.raises(UnreadableRequest) as caught:
        wire.decode(b'{"values": {"price 42": "1", "price 42": "2"}}', Submission)
    assert "42" not in caught.value.detail
    assert "'price 42'" in caught.value.faults[0].message


@pytest.mark.parametrize("character", ["\0", "\u202e", "\u200b", "\u2066", "\ufeff", "\x85"])
def test_characters_that_hide_are_refused(character: str):
    """A name must be what it looks like, in the report as in the log."""
    for text in (json.dumps({"values": {"price": character}}), f'{{"values": {{"price": "a{character}"}}}}'):
        with pytest.raises((InvalidRequest, UnreadableRequest)):
            wire.decode(text.encode(), Submission)


def test_every_fault_is_named_at_once():
    """A portal mends a body in one round, not in one round a fault."""
    tender = json.loads(json.dumps(TENDER))
    tender["lots"][0]["rules"]["criteria"][0]["weighting"] = 40
    tender["lots"][0]["rules"]["criteria"][2]["criteria"][0]["method"]["target"] = "1_0"
    tender["submission_deadline"] = "tomorrow"
    with pytest.raises(InvalidRequest) as caught:
        wire.decode(json.dumps(tender).encode(), DraftTender)
    assert {fault.pointer for fault in caught.value.faults} >= {
        "/lots/0/rules/criteria/0/weighting",
        "/lots/0/rules/criteria/2/criteria/0/method/target",
        "/submission_deadline",
    }
