"""What an opened envelope may hold, and that no bid's contents stop another bid."""

import hashlib
import json
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import msgspec
import pytest

import scoring
from service import sealing, unsealing
from service.submissions import Place
from service.unsealing import (
    Box,
    Contents,
    LoggedBid,
    LoggedContents,
    SealedBid,
    by_private_key,
    contents_digest,
    find_changed,
    open_all,
    portions,
    standing,
)
from tests.make import a_bid, a_rules

PRIVATE, PUBLIC = sealing.generate_key()
TENDER, LOT = uuid4(), uuid4()
RULES = scoring.decode(msgspec.json.encode(a_rules()), scoring.Lot)
RULES_DIGEST = scoring.rules_digest(RULES)
VALUES = a_bid()["values"]
TECHNICAL = {name: value for name, value in VALUES.items() if name != "price"}


def sealed(content: bytes, kind: sealing.Kind = "offer", public: bytes = PUBLIC, **place: Any) -> SealedBid:
    """A bid with an envelope that holds these bytes; for a price beside an offer that nobody looks into."""
    supplier = uuid4()
    there = Place(**({"tender_id": TENDER, "lot_id": LOT, "supplier_id": supplier, "version": 1} | place))
    header, body = sealing.split(sealing.seal(public, there.context(kind), content))
    offer = sealing.split(sealing.seal(public, there.context("offer"), b"{}"))
    other = offer if kind == "price" else (None, None)
    facts: dict[str, Any] = {"bid_id": uuid4(), "version": 1, "supplier_id": supplier, "supplier": "Alder"}
    facts |= {"submitted_at": datetime(2031, 3, 1, tzinfo=UTC), "rules_digest": RULES_DIGEST, "size": 9000}
    facts |= {"header": header, "contents": body, "other_header": other[0], "other_contents": other[1]}
    return SealedBid(**facts, digest=arrived(kind, header + body, offer.header + offer.body))


def arrived(kind: str, envelope: bytes, offer: bytes) -> str:
    """The digest of a bid as it came in."""
    parts = (envelope, None) if kind == "offer" else (offer, envelope)
    return hashlib.sha256(sealing.build_container(1, RULES_DIGEST, parts[0], price=parts[1])).hexdigest()


def entry(bid: SealedBid, **fields: Any) -> LoggedBid:
    """What the log says of a bid."""
    shared = {name: getattr(bid, name) for name in ("bid_id", "supplier_id", "version", "digest", "rules_digest")}
    facts: dict[str, Any] = {"kind": "bid.submitted", "at": bid.submitted_at, "intact": True, "documents": ()}
    return LoggedBid(**(shared | facts | fields))


def box(*bids: SealedBid, kind: Any = "offer", price_envelope: tuple[str, ...] = ()) -> Box:
    return Box(TENDER, LOT, kind, RULES, price_envelope, bids, {bid.bid_id: entry(bid) for bid in bids})


def opened(one: Box) -> list[tuple[dict[str, str], str | None]]:
    """Offers and faults, bid by bid."""
    return [(found.offers, found.fault) for found in open_all(one, one.bids, by_private_key(one, PRIVATE))]


def offer(values: object, **fields: object) -> bytes:
    return msgspec.json.encode({"values": values, **fields})


def test_a_complete_bid_opens_without_a_fault():
    document = {"id": str(uuid4()), "name": "Programme"}
    one = box(sealed(offer(VALUES, documents=[document])))
    (found,) = open_all(one, one.bids, by_private_key(one, PRIVATE))
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
        (offer(VALUES | {"discount": "5"}), "1 of the values in it belong to no criterion of the lot"),
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
    price = sealed(b"{}", kind="price")
    alone = arrived("offer", (price.header or b"") + (price.contents or b""), b"")
    price = msgspec.structs.replace(price, digest=alone, other_header=None, other_contents=None)
    bids = (sealed(b"{}", version=2), sealed(b"{}", public=other), price)
    assert all("does not open" in (fault or "") for _, fault in opened(box(*bids)))


def test_one_flipped_bit_is_one_bid_s_fault():
    """The digest tells; where it was made of the flipped bits already, the envelope does."""
    whole = sealed(offer(VALUES))
    contents = bytearray(whole.contents or b"")
    contents[100] ^= 1
    flipped = msgspec.structs.replace(whole, contents=bytes(contents))
    sent_so = arrived("offer", (whole.header or b"") + bytes(contents), b"")
    faults = [
        fault for _, fault in opened(box(flipped, msgspec.structs.replace(flipped, bid_id=uuid4(), digest=sent_so)))
    ]
    assert "was not opened. What is stored has the digest" in (faults[0] or "")
    assert "does not open. Body: Chunk 1 was changed" in (faults[1] or "")


def test_a_bid_that_never_had_a_price_says_so():
    """It came in under rules that wanted none, before a corrigendum did."""
    bid = sealed(offer(VALUES))
    swapped = {"header": None, "contents": None, "other_header": bid.header, "other_contents": bid.contents}
    (found,) = opened(box(msgspec.structs.replace(bid, **swapped), kind="price", price_envelope=("price",)))
    assert found == ({}, "The bid came without its price envelope.")


# Compared with the log

CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"contents": None}, "What is stored has the digest None"),
    ({"version": 2}, "Its version is 2, and in the log 1"),
    ({"supplier_id": uuid4()}, "Its supplier is"),
    ({"submitted_at": datetime(2031, 2, 28, tzinfo=UTC)}, "Its instant is"),
    ({"rules_digest": "0" * 64}, "Its digest of the rules is"),
    ({"digest": "0" * 64}, "Its digest is"),
    ({"other_header": b"x", "other_contents": b"y"}, "What is stored has the digest"),
]


@pytest.mark.parametrize(("change", "word"), CHANGES)
def test_a_bid_that_is_not_the_logged_one_is_not_opened(change: dict[str, Any], word: str):
    """Whoever owns the database can put another bid there, and cannot change what the suppliers' receipts vouch for."""
    bid = sealed(offer(VALUES))
    one = box(bid)
    ((offers, fault),) = opened(one._replace(bids=(msgspec.structs.replace(bid, **change),)))
    assert offers == {}
    assert word in (fault or "")


def test_another_bid_under_the_same_key_and_context_is_not_opened():
    """The negative control is the first assertion: nothing but the digest tells the two apart."""
    supplier = uuid4()
    first, forged = (sealed(offer(VALUES | {"price": price}), supplier_id=supplier) for price in ("1.00", "9.00"))
    same = {name: getattr(first, name) for name in ("bid_id", "supplier_id", "digest")}
    first, put = (msgspec.structs.replace(bid, **(same | {"supplier_id": supplier})) for bid in (first, forged))
    theirs = msgspec.structs.replace(put, digest=forged.digest)
    assert opened(box(theirs)) == [(VALUES | {"price": "9.00"}, None)]
    ((offers, fault),) = opened(box(first)._replace(bids=(put,)))
    assert (offers, "What is stored has the digest" in (fault or "")) == ({}, True)


def test_a_bid_that_the_log_has_not_or_has_otherwise_is_not_opened():
    bid = sealed(offer(VALUES))
    one = box(bid)
    for logged, word in (({}, "no such bid"), ({bid.bid_id: entry(bid, intact=False)}, "entry in the log was changed")):
        ((offers, fault),) = opened(one._replace(logged=logged))
        assert (offers, word in (fault or "")) == ({}, True)


def test_what_stands_is_what_the_log_s_last_word_on_each_bid_is():
    alder, birch, cedar = (sealed(b"") for _ in range(3))
    second = entry(birch, kind="bid.replaced", version=2)
    gone = entry(cedar, kind="bid.withdrawn", digest=None, rules_digest=None, documents=None)
    found = standing([entry(alder), entry(birch), entry(cedar), second, gone])
    assert found == {alder.bid_id: entry(alder), birch.bid_id: second}


def test_bids_are_held_in_portions(monkeypatch: pytest.MonkeyPatch):
    """Whatever the number of bids, so many bytes at a time; a bid that is larger than that goes alone."""
    bids = [msgspec.structs.replace(sealed(b""), size=size) for size in (40, 60, 1, 300, 99)]
    monkeypatch.setattr(unsealing, "MOST_BYTES_AT_ONCE", 100)
    ids = [bid.bid_id for bid in bids]
    assert list(portions(bids)) == [ids[:2], ids[2:3], ids[3:4], ids[4:]]
    assert list(portions([])) == []


def test_the_digest_of_contents_is_of_all_of_them_and_tells_nothing_without_its_salt():
    bid_id, salt = uuid4(), uuid4()
    digest = contents_digest(bid_id, {"a": "1", "b": "2"}, None, salt)
    assert digest == contents_digest(bid_id, {"b": "2", "a": "1"}, None, salt)
    others = [
        contents_digest(uuid4(), {"a": "1", "b": "2"}, None, salt),
        contents_digest(bid_id, {"a": "1", "b": "3"}, None, salt),
        contents_digest(bid_id, {"a": "1", "b": "2"}, "A fault.", salt),
        contents_digest(bid_id, {"a": "1", "b": "2"}, None, uuid4()),
    ]
    assert len({digest, *others}) == 5


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


def test_opened_contents_are_those_of_the_log_or_told():
    """Those of earlier releases, of which the log has no digest and the rows no salt, stay as they are."""
    bid_id, salt = uuid4(), uuid4()
    kept = Contents(envelope="offer", bid_id=bid_id, offers={"a": "1"}, fault=None, salt=salt, currency=None)
    digest = contents_digest(bid_id, {"a": "1"}, None, salt)
    said = LoggedContents(envelope="offer", bid_id=bid_id, digest=digest, intact=True)
    old, unsaid = msgspec.structs.replace(kept, salt=None), msgspec.structs.replace(said, digest=None)
    assert find_changed([kept], [said]) == find_changed([old], [unsaid]) == find_changed([], []) == set()
    price = msgspec.structs.replace(said, envelope="price")
    changed = [
        ([kept], [msgspec.structs.replace(said, intact=False)]),
        ([msgspec.structs.replace(kept, offers={"a": "2"})], [said]),
        ([kept], [unsaid]),
        ([old], [said]),
        ([kept], []),
        ([], [said]),
        ([kept], [said, price]),
    ]
    assert [find_changed(*one) for one in changed] == [{bid_id}] * len(changed)


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


@pytest.mark.parametrize("kind", ["offer", "price"])
def test_a_name_that_a_supplier_made_up_is_not_quoted(kind: sealing.Kind):
    """A fault stands in the opening's record and in the log, which are for more people than the bids are."""
    made_up = offer({"our discount is 5 per cent": "5"})
    one = box(sealed(made_up, kind=kind), kind=kind, price_envelope=("price",))
    ((_, fault),) = opened(one)
    assert "discount" not in (fault or "")
    assert "1 of the values in it belong to no criterion" in (fault or "")


def test_what_a_foreign_client_says_of_itself_is_told_and_stops_nobody():
    """A consortium that does not add up, an unknown currency: the bid opens, and the panel reads what is wrong."""
    members = [{"name": "Alder", "role": "lead", "share": "60"}, {"name": "Elm", "role": "member", "share": "30"}]
    one = box(sealed(offer(VALUES, members=members, currency="XAU")))._replace(currencies=("GBP", "EUR"))
    (found,) = open_all(one, one.bids, by_private_key(one, PRIVATE))
    assert [party.name for party in found.parties] == ["Alder", "Elm"]
    assert found.offers == VALUES
    assert found.fault is not None
    assert "add up to 90" in found.fault
    assert "XAU: the tender accepts no such currency" in found.fault
    assert found.currency == "XAU"


@pytest.mark.parametrize(("said", "kept"), [("", None), ("GBP", None), ("EUR", "EUR")])
def test_the_tender_s_own_currency_needs_no_word(said: str, kept: str | None):
    one = box(sealed(offer(VALUES, currency=said)))._replace(currencies=("GBP", "EUR"))
    (found,) = open_all(one, one.bids, by_private_key(one, PRIVATE))
    assert (found.currency, found.fault) == (kept, None)
