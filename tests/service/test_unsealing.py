"""What an opened envelope may hold, and that no bid's contents stop another bid."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import msgspec
import pytest

import scoring
from service import sealing
from service.submissions import Place
from service.unsealing import Box, SealedBid, by_private_key, open_all
from tests.make import a_bid, a_rules

PRIVATE, PUBLIC = sealing.generate_key()
TENDER, LOT = uuid4(), uuid4()
RULES = scoring.decode(msgspec.json.encode(a_rules()), scoring.Lot)
VALUES = a_bid()["values"]
TECHNICAL = {name: value for name, value in VALUES.items() if name != "price"}


def sealed(content: bytes, kind: sealing.Kind = "offer", public: bytes = PUBLIC, **place: Any) -> SealedBid:
    """A bid with an envelope that holds these bytes."""
    supplier = uuid4()
    there = Place(**({"tender_id": TENDER, "lot_id": LOT, "supplier_id": supplier, "version": 1} | place))
    header, body = sealing.split(sealing.seal(public, there.context(kind), content))
    facts: dict[str, Any] = {"bid_id": uuid4(), "version": 1, "supplier_id": supplier, "supplier": "Alder"}
    return SealedBid(**facts, submitted_at=datetime(2031, 3, 1, tzinfo=UTC), digest="00", header=header, contents=body)


def box(*bids: SealedBid, kind: Any = "offer", price_envelope: tuple[str, ...] = ()) -> Box:
    return Box(TENDER, LOT, kind, RULES, price_envelope, bids)


def opened(one: Box) -> list[tuple[dict[str, str], str | None]]:
    """Offers and faults, bid by bid."""
    return [(found.offers, found.fault) for found in open_all(one, by_private_key(one, PRIVATE))]


def offer(values: object, **fields: object) -> bytes:
    return msgspec.json.encode({"values": values, **fields})


def test_a_complete_bid_opens_without_a_fault():
    document = {"id": str(uuid4()), "name": "Programme"}
    one = box(sealed(offer(VALUES, documents=[document])))
    (found,) = open_all(one, by_private_key(one, PRIVATE))
    assert (found.offers, found.fault) == (VALUES, None)
    assert [named.name for named in found.documents] == ["Programme"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "cannot be read"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "cannot be read"),
        (b'{"values": {"price": 1}}', "cannot be read"),
        (b'{"values": {"price": "1", "price": "2"}}', "named twice"),
        (b'{"values": {"pr\\u0000ice": "1"}}', "characters that cannot be seen"),
        (b'{"values": {"price": "\\ud800"}}', "characters that cannot be seen"),
        (b"[" * 100_000, "nested deeper"),
        (offer(VALUES, rank=1), "cannot be read"),
        (offer({}), "price: The value is missing."),
        (offer(VALUES | {"discount": "5"}), "discount: the lot has no such criterion"),
        (offer(VALUES | {"price": "cheap"}), "price: "),
        (offer(VALUES | {"price": "1e1000000"}), "price: "),
        (offer(VALUES, documents=[{"id": str(LOT), "name": "a"}, {"id": str(LOT), "name": "b"}]), "named twice"),
    ],
)
def test_a_bid_that_cannot_be_used_is_told_with_its_fault_and_stops_no_other(content: bytes, word: str):
    """Blank tenders were found only at the opening (Hoole & Co v Legal Services Commission 2011): the panel decides."""
    (_, fault), (values, none) = opened(box(sealed(content), sealed(offer(VALUES))))
    assert fault is not None
    assert word in fault
    assert (values, none) == (VALUES, None)


@pytest.mark.parametrize("place", ["tender_id", "lot_id", "supplier_id"])
def test_an_envelope_made_for_another_place_does_not_open(place: str):
    """A ciphertext that was moved to another tender, lot or supplier is no bid there."""
    ((offers, fault),) = opened(box(sealed(offer(VALUES), **{place: uuid4()})))
    assert offers == {}
    assert fault is not None
    assert "does not open" in fault


def test_an_envelope_made_for_another_version_key_or_kind_does_not_open():
    _, other = sealing.generate_key()
    bids = (sealed(b"{}", version=2), sealed(b"{}", public=other), sealed(b"{}", kind="price"))
    assert all("does not open" in (fault or "") for _, fault in opened(box(*bids)))


def test_one_flipped_bit_is_one_bid_s_fault():
    whole = sealed(offer(VALUES))
    contents = bytearray(whole.contents or b"")
    contents[100] ^= 1
    cut = msgspec.structs.replace(whole, contents=bytes(contents))
    missing = msgspec.structs.replace(whole, contents=None)
    faults = [fault for _, fault in opened(box(cut, missing, whole))]
    assert "does not open. Body: Chunk 1 was changed" in (faults[0] or "")
    assert faults[1:] == ["The bid came without its offer envelope.", None]


@pytest.mark.parametrize(
    "values",
    [
        {"price": 777777.77},
        {"price": ["777777.77"]},
        {"price": "777777.77 GBP"},
        {"price": "777777.77", "rank": 777777.77},
        ["777777.77"],
    ],
)
@pytest.mark.parametrize("apart", [(), ("price",)])
def test_a_fault_never_quotes_what_the_envelope_holds(values: object, apart: tuple[str, ...]):
    """The record and the log are for more people than the bids are; an amount in the wrong place stays unsaid."""
    ((_, fault),) = opened(box(sealed(offer(values)), price_envelope=apart))
    assert fault is not None
    assert "777777" not in fault


# Two envelopes


def test_a_price_in_the_offer_is_not_shown():
    """Who writes the price beside the technical offer must not have it read there; the record says that it was."""
    ((offers, fault),) = opened(box(sealed(offer(VALUES)), price_envelope=("price",)))
    assert offers == TECHNICAL
    assert fault is not None
    assert "price: this value belongs into the price envelope" in fault
    assert VALUES["price"] not in fault


def test_each_envelope_is_asked_for_its_own_values_alone():
    assert opened(box(sealed(offer(TECHNICAL)), price_envelope=("price",))) == [(TECHNICAL, None)]
    price = {"price": "1.00"}
    prices = box(sealed(offer(price), "price"), kind="price", price_envelope=("price",))
    assert opened(prices) == [(price, None)]


def test_a_price_envelope_changes_no_technical_answer():
    content = offer({"price": "1.00", "working-time": "yes"})
    ((offers, fault),) = opened(box(sealed(content, "price"), kind="price", price_envelope=("price",)))
    assert offers == {"price": "1.00"}
    assert "working-time: the price envelope is not for this value" in (fault or "")


# Whatever an envelope holds

WORDS = [
    "values",
    "price",
    "documents",
    "",
    "\x00",
    "\ud800",
    "\u202e",
    "\U0001f600",
    "1" * 5000,
    "1e999999",
    "NaN",
    "-0",
]


def written(random: Random, depth: int = 0) -> object:
    """A value that JSON can hold, though no bid should."""
    kind = random.randrange(4 if depth > 3 else 6)
    if kind > 3:
        parts = range(random.randrange(4))
        members: object = {random.choice(WORDS): written(random, depth + 1) for _ in parts}
        return members if kind == 4 else [written(random, depth + 1) for _ in parts]
    return [None, random.choice(WORDS), random.getrandbits(80), random.choice([1.5, True, 1e300])][kind]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_an_envelope_holds_the_box_is_opened(seed: int):
    """Something is said about every bid, in a text that PostgreSQL and paper can hold."""
    random = Random(seed)
    values = {random.choice([*VALUES, *WORDS]): written(random, 3) for _ in range(3)}
    contents = [random.randbytes(seed), json.dumps(written(random)).encode(), json.dumps({"values": values}).encode()]
    for offers, fault in opened(box(*(sealed(content) for content in contents))):
        assert fault is not None
        assert fault.isprintable()
        assert all(text.isprintable() for text in (*offers, *offers.values()))


def test_what_a_foreign_client_says_of_itself_is_told_and_stops_nobody():
    """A consortium that does not add up, an unknown currency: the bid opens, and the panel reads what is wrong."""
    members = [{"name": "Alder", "role": "lead", "share": "60"}, {"name": "Elm", "role": "member", "share": "30"}]
    one = box(sealed(offer(VALUES, members=members, currency="XAU")))._replace(currencies=("GBP", "EUR"))
    (found,) = open_all(one, by_private_key(one, PRIVATE))
    assert [party.name for party in found.parties] == ["Alder", "Elm"]
    assert found.offers == VALUES
    assert found.fault is not None
    assert "add up to 90" in found.fault
    assert "XAU: the tender accepts no such currency" in found.fault
    assert found.currency == "XAU"


@pytest.mark.parametrize(("said", "kept"), [("", None), ("GBP", None), ("EUR", "EUR")])
def test_the_tender_s_own_currency_needs_no_word(said: str, kept: str | None):
    one = box(sealed(offer(VALUES, currency=said)))._replace(currencies=("GBP", "EUR"))
    (found,) = open_all(one, by_private_key(one, PRIVATE))
    assert (found.currency, found.fault) == (kept, None)
