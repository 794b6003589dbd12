"""The envelope keeps its promise: read by the tender's key alone, only as what it was sent as, and unchanged or not."""

import contextlib
import hmac
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from service import sealing
from service.sealing import (
    CHUNK_BYTES,
    DOCUMENT_STEP,
    HEADER_BYTES,
    OFFER_STEP,
    SEALED_CHUNK_BYTES,
    SealBroken,
    Sealer,
)

PRIVATE, PUBLIC = sealing.generate_key()
TENDER, LOT, SUPPLIER = (UUID(int=number) for number in (1, 2, 3))
CONTEXT = sealing.context(TENDER, LOT, SUPPLIER, "offer", 1)
DIGEST = "ab" * 32


def opened(envelope: bytes, *, private: bytes = PRIVATE, context: bytes = CONTEXT) -> bytes:
    """The content, as the opening gets at it."""
    header, body = sealing.split(envelope)
    return sealing.open_body(sealing.unwrap(private, context, header), header, body)


def sealed_in_pieces(content: bytes, sizes: list[int], step: int = DOCUMENT_STEP) -> bytes:
    """The envelope of a content that came in pieces of these sizes, the last one as long as need be."""
    sealer = Sealer(PUBLIC, CONTEXT, step, len(content))
    parts, at = [sealer.header], 0
    for size in [*sizes, len(content)]:
        parts.append(sealer.update(content[at : at + size]))
        at += size
    return b"".join([*parts, sealer.finish()])


async def read_in_pieces(envelope: bytes, size: int) -> bytes:
    """The content of an envelope whose body comes in pieces of this size."""
    header, body = envelope[:HEADER_BYTES], envelope[HEADER_BYTES:]

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), size):
            yield body[at : at + size]

    content_key = sealing.unwrap(PRIVATE, CONTEXT, header)
    return b"".join([piece async for piece in sealing.open_stream(content_key, header, pieces())])


def forged(chunks: list[tuple[bytes, bool]]) -> tuple[bytes, bytes, bytes]:
    """Content key, header and body of an envelope whose sender encrypted these chunks, whatever they hold."""
    content_key = os.urandom(32)
    cipher = AESGCM(hkdf(content_key, b"tenderscore body"))
    header = bytes(HEADER_BYTES - 32) + hkdf(content_key, b"tenderscore commitment")
    sealed = [
        cipher.encrypt(number.to_bytes(11, "big") + bytes([last]), chunk, None)
        for number, (chunk, last) in enumerate(chunks)
    ]
    return content_key, header, b"".join(sealed)


# What comes out is what went in


@given(st.binary(max_size=9000))
def test_what_was_sealed_is_what_is_opened(content: bytes):
    assert opened(sealing.seal(PUBLIC, CONTEXT, content)) == content


@pytest.mark.parametrize(
    "length", [0, 1, 8, *(CHUNK_BYTES * whole - 8 + off for whole in (1, 2) for off in (-1, 0, 1))]
)
@pytest.mark.parametrize("step", [OFFER_STEP, DOCUMENT_STEP])
async def test_the_edges_of_chunks_are_no_edges_of_contents(length: int, step: int):
    content = os.urandom(length)
    envelope = sealing.seal(PUBLIC, CONTEXT, content, step)
    assert opened(envelope) == content
    assert await read_in_pieces(envelope, 10_000) == content
    assert len(envelope) == HEADER_BYTES + sealing.sealed_bytes(length, step)
    assert Sealer(PUBLIC, CONTEXT, step, length).size == len(envelope)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 90_000), max_size=6), st.integers(0, 300_000), st.integers(1, 100_000))
async def test_a_document_may_come_and_go_in_pieces_of_any_size(sizes: list[int], length: int, read: int):
    content = os.urandom(length)
    assert await read_in_pieces(sealed_in_pieces(content, sizes), read) == content


def test_a_stream_s_sealer_insists_on_the_announced_length():
    for announced, came in ((10, 9), (10, 11), (0, 1)):
        sealer = Sealer(PUBLIC, CONTEXT, OFFER_STEP, announced)
        with pytest.raises(ValueError, match="than was announced"):
            sealer.update(bytes(came)) + sealer.finish()


def test_two_envelopes_of_one_content_share_nothing_but_their_mark():
    """Nobody sees that a supplier has sent the same again, or that two suppliers sent the same."""
    first, second = (sealing.seal(PUBLIC, CONTEXT, b"the same") for _ in range(2))
    assert first[:4] == second[:4] == b"TSE1"
    assert first[4:69] != second[4:69]
    same = sum(a == b for a, b in zip(first[5:], second[5:], strict=True))
    assert same < len(first) / 50


def test_contents_of_one_to_four_thousand_bytes_look_alike():
    """The number of digits of a price is not to be read from an envelope's size."""
    sizes = {len(sealing.seal(PUBLIC, CONTEXT, bytes(length))) for length in (1, 2, 100, 2000, 4000, 4088)}
    assert sizes == {HEADER_BYTES + OFFER_STEP + 16}
    assert len(sealing.seal(PUBLIC, CONTEXT, bytes(4089))) == HEADER_BYTES + 2 * OFFER_STEP + 16


def test_nothing_of_the_content_stands_in_the_envelope():
    assert b"61500.00" not in sealing.seal(PUBLIC, CONTEXT, b'{"values": {"price": "61500.00"}}' * 50)


# Only for whom, and only as what it was sent


def test_another_key_opens_nothing():
    other, _ = sealing.generate_key()
    with pytest.raises(SealBroken, match="sealed to another key or for another tender, lot, supplier or version"):
        opened(sealing.seal(PUBLIC, CONTEXT, b"x"), private=other)


@pytest.mark.parametrize(
    "elsewhere",
    [
        (uuid4(), LOT, SUPPLIER, "offer", 1),
        (TENDER, uuid4(), SUPPLIER, "offer", 1),
        (TENDER, LOT, uuid4(), "offer", 1),
        (TENDER, LOT, SUPPLIER, "price", 1),
        (TENDER, LOT, SUPPLIER, "document", 1),
        (TENDER, LOT, SUPPLIER, "offer", 2),
        (LOT, TENDER, SUPPLIER, "offer", 1),
    ],
    ids=["tender", "lot", "supplier", "prices", "document", "version", "swapped"],
)
def test_an_envelope_moved_to_another_place_does_not_open(elsewhere: tuple[Any, ...]):
    with pytest.raises(SealBroken) as broken:
        opened(sealing.seal(PUBLIC, CONTEXT, b"x"), context=sealing.context(*elsewhere))
    assert broken.value.part == "header"


def test_a_document_is_bound_to_its_id():
    one, two = (sealing.context(TENDER, LOT, SUPPLIER, "document", uuid4()) for _ in range(2))
    envelope = sealing.seal(PUBLIC, one, b"x", DOCUMENT_STEP)
    assert opened(envelope, context=one) == b"x"
    with pytest.raises(SealBroken):
        opened(envelope, context=two)


def test_the_body_of_another_envelope_does_not_fit():
    first, second = (sealing.seal(PUBLIC, CONTEXT, b"x") for _ in range(2))
    with pytest.raises(SealBroken, match="Chunk 1 was changed"):
        opened(first[:HEADER_BYTES] + second[HEADER_BYTES:])


def test_a_wrong_content_key_is_told_as_such():
    """Whoever hands over a wrong key is blamed, not the supplier for a broken bid."""
    header, body = sealing.split(sealing.seal(PUBLIC, CONTEXT, b"x"))
    for wrong in (bytes(32), os.urandom(32), b"", sealing.unwrap(PRIVATE, CONTEXT, header)[:-1]):
        with pytest.raises(SealBroken) as broken:
            sealing.open_body(wrong, header, body)
        assert broken.value.part == "content key"
        assert "commitment" in broken.value.why


def test_one_envelope_cannot_be_made_to_open_under_two_keys():
    """A sender who commits to one key and encrypts under another opens nothing with either."""
    first, header, _ = forged([])
    second, _, body = forged([((1).to_bytes(8, "big") + bytes(4088), True)])
    for content_key, part in ((first, "body"), (second, "content key")):
        with pytest.raises(SealBroken) as broken:
            sealing.open_body(content_key, header, body)
        assert broken.value.part == part


# Unchanged, or known to be changed


def test_every_single_flipped_bit_of_an_envelope_is_noticed():
    envelope = sealing.seal(PUBLIC, CONTEXT, b'{"values": {"price": "61500.00"}}')
    header, body = sealing.split(envelope)
    content_key = sealing.unwrap(PRIVATE, CONTEXT, header)

    def unnoticed(part: bytes, use: Callable[[bytes], object]) -> list[int]:
        missed = []
        changed = bytearray(part)
        for bit in range(len(part) * 8):
            changed[bit // 8] ^= 1 << bit % 8
            try:
                use(bytes(changed))
                missed.append(bit)
            except SealBroken:
                changed[bit // 8] ^= 1 << bit % 8
        return missed

    assert unnoticed(header, lambda changed: sealing.unwrap(PRIVATE, CONTEXT, changed)) == []
    assert unnoticed(body, lambda changed: sealing.open_body(content_key, header, changed)) == []
    assert opened(envelope), "the negative control: unchanged it opens"


CHANGES = {
    "cut inside of a chunk": lambda chunks: b"".join(chunks)[:-1],
    "without its last chunk": lambda chunks: b"".join(chunks[:-1]),
    "without its first chunk": lambda chunks: b"".join(chunks[1:]),
    "of nothing": lambda chunks: b"",
    "with two chunks swapped": lambda chunks: b"".join([chunks[1], chunks[0], *chunks[2:]]),
    "with a chunk twice": lambda chunks: b"".join([chunks[0], *chunks]),
    "with its last chunk twice": lambda chunks: b"".join([*chunks, chunks[-1]]),
    "with a byte more": lambda chunks: b"".join(chunks) + b"\0",
    "with a step of zeros more": lambda chunks: b"".join(chunks) + bytes(OFFER_STEP),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("step", [OFFER_STEP, DOCUMENT_STEP])
async def test_a_stream_cut_reordered_or_extended_is_refused(change: str, step: int):
    envelope = sealing.seal(PUBLIC, CONTEXT, os.urandom(3 * CHUNK_BYTES), step)
    header, body = sealing.split(envelope)
    chunks = [body[at : at + SEALED_CHUNK_BYTES] for at in range(0, len(body), SEALED_CHUNK_BYTES)]
    changed = CHANGES[change](chunks)
    content_key = sealing.unwrap(PRIVATE, CONTEXT, header)
    with pytest.raises(SealBroken):
        sealing.open_body(content_key, header, changed)
    with pytest.raises(SealBroken):
        await read_in_pieces(header + changed, 50_000)


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        ([((4089).to_bytes(8, "big") + bytes(4088), True)], "length does not fit"),
        ([((2**64 - 1).to_bytes(8, "big") + bytes(4088), True)], "length does not fit"),
        ([((1).to_bytes(8, "big") + b"ab" + bytes(4086), True)], "behind the content's end"),
        ([(bytes(CHUNK_BYTES), False), (bytes(CHUNK_BYTES), False), (bytes(4096), True)], "length does not fit"),
        ([(bytes(8 + 4088), False)], "Chunk 1"),
        ([(bytes(CHUNK_BYTES), True), (bytes(4096), True)], "Chunk 1"),
    ],
)
def test_a_sender_who_lies_about_length_or_padding_is_found_out(chunks: list[tuple[bytes, bool]], why: str):
    """Hidden bytes behind the content, contents that end nowhere, and a wasteful padding are no bids."""
    with pytest.raises(SealBroken, match=why):
        sealing.open_body(*forged(chunks))


# Keys and points


@pytest.mark.parametrize(
    "key",
    [
        b"",
        PUBLIC[:-1],
        PUBLIC + b"\0",
        b"\x02" + PUBLIC[1:33],
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        PUBLIC[:-1] + bytes([PUBLIC[-1] ^ 1]),
        b"\x05" + PUBLIC[1:],
        b"\x00" * 65,
    ],
    ids=["empty", "short", "long", "compressed", "nought", "ones", "off the curve", "another form", "zeros"],
)
def test_what_is_no_point_of_the_curve_is_refused_when_it_is_read(key: bytes):
    """As the tender's key, and as the encapsulated key of an envelope that a supplier sends."""
    with pytest.raises(SealBroken):
        sealing.check_public_key(key)
    with pytest.raises(SealBroken):
        sealing.seal(key, CONTEXT, b"x")
    envelope = sealing.seal(PUBLIC, CONTEXT, b"x")
    with pytest.raises(SealBroken):
        sealing.split(envelope[:4] + key + envelope[69:])


def test_the_public_key_follows_from_the_private_one():
    assert sealing.public_key_of(PRIVATE) == PUBLIC
    sealing.check_public_key(PUBLIC)
    for wrong in (b"", bytes(32), b"\xff" * 32, PRIVATE + b"\0"):
        with pytest.raises(SealBroken, match="private key"):
            sealing.public_key_of(wrong)


# The container


def container(**fields: Any) -> bytes:
    offer = sealing.seal(PUBLIC, CONTEXT, b"{}")
    return sealing.build_container(**({"version": 1, "rules_digest": DIGEST, "offer": offer} | fields))


def test_a_sealed_bid_says_what_it_was_made_for_and_what_is_in_it():
    offer, price = (sealing.seal(PUBLIC, CONTEXT, content) for content in (b"offer", b"price"))
    documents = (uuid4(), uuid4())
    made = sealing.build_container(7, DIGEST, offer, price=price, documents=documents)
    read = sealing.parse_container(made)
    assert (read.version, read.rules_digest, read.documents) == (7, DIGEST, documents)
    assert (b"".join(read.offer), b"".join(read.price or ())) == (offer, price)
    assert sealing.parse_container(container()).price is None


def parts(*given: tuple[int, bytes], number: int | None = None, rest: bytes = b"") -> bytes:
    """A container with any parts."""
    count = len(given) if number is None else number
    written = [bytes([kind]) + len(contents).to_bytes(4, "big") + contents for kind, contents in given]
    return b"TSB1" + (1).to_bytes(4, "big") + bytes(32) + bytes([count]) + b"".join(written) + rest


OFFER = sealing.seal(PUBLIC, CONTEXT, b"{}")
SOME_ID = uuid4().bytes


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        (b"", "ends inside its beginning"),
        (b"TSB", "ends inside its beginning"),
        (b"PK\x03\x04" + bytes(60), "begins with TSB1"),
        (b"TSB1" + bytes(4) + bytes(33), "no version 0"),
        (b"TSB1" + b"\xff" * 4 + bytes(33), "no version 4294967295"),
        (b"TSB1\0\0\0\1" + bytes(31), "ends inside its digest of the rules"),
        (b"TSB1\0\0\0\1" + bytes(32), "ends inside its number of parts"),
        (parts(), "one offer"),
        (parts((1, OFFER), number=2), "ends inside its part's kind"),
        (parts((1, OFFER), number=0), "bytes stand behind"),
        (parts((1, OFFER), rest=b"\0"), "1 bytes stand behind"),
        (parts((1, OFFER), (1, OFFER)), "one offer"),
        (parts((2, OFFER)), "one offer"),
        (parts((1, OFFER), (2, OFFER), (2, OFFER)), "prices at most once"),
        (parts((2, OFFER), (1, OFFER)), "then prices"),
        (parts((3, SOME_ID), (1, OFFER)), "then documents"),
        (parts((0, OFFER)), "no part of the kind 0"),
        (parts((4, OFFER)), "no part of the kind 4"),
        (parts((1, OFFER), (3, SOME_ID[1:])), "its id, 16 bytes"),
        (parts((1, OFFER), (3, SOME_ID), (3, SOME_ID)), "names a document twice"),
        (parts(number=1, rest=b"\x01\xff\xff\xff\xff" + OFFER), "4294967295 bytes were due"),
        (parts((1, b"")), "offer envelope's header: It has 0 bytes"),
        (parts((1, OFFER[:HEADER_BYTES])), "offer envelope's body: It has 0 bytes"),
        (parts((1, OFFER[:-1])), "cut or added to"),
        (parts((1, b"XXXX" + OFFER[4:])), "begins with TSE1"),
        (parts((1, OFFER[:4] + bytes(65) + OFFER[69:])), "header: A key is 65 bytes"),
        (parts((1, OFFER[:4] + b"\x04" + bytes(64) + OFFER[69:])), "no point of the curve"),
        (parts((1, OFFER), (2, OFFER[:-2])), "price envelope's body"),
    ],
)
def test_a_hostile_container_is_refused_with_a_plain_reason(hostile: bytes, why: str):
    with pytest.raises(SealBroken, match=why):
        sealing.parse_container(hostile)


def by_the_library(public: bytes) -> bool:
    """Whether the library takes it for a point."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        return False
    return True


@given(st.integers(1, 2**255), st.integers(0, 64 * 8 - 1))
def test_what_is_a_point_of_the_curve_we_and_the_library_say_alike(scalar: int, bit: int):
    """Of every key, of its coordinates raised by the field's prime, and with any one bit changed."""
    public = sealing.public_key_of(scalar.to_bytes(32, "big"))
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    told = [public, b"\x04" + (int.from_bytes(public[1:], "big") ^ 1 << bit).to_bytes(64, "big")]
    told += [b"\x04" + (x + prime).to_bytes(32, "big") + public[33:] for _ in range(x + prime < 2**256)]
    told += [public[:33] + (prime - y).to_bytes(32, "big"), public[:33] + bytes(32), b"\x04" + bytes(64)]
    for encoded in told:
        with contextlib.suppress(SealBroken):
            sealing.check_public_key(encoded)
            assert by_the_library(encoded)
            continue
        assert not by_the_library(encoded)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_bytes_crash_the_reader(noise: bytes, at: int):
    """Whatever comes, it is a container or a SealBroken."""
    made = container()
    for data in (noise, made[:at] + noise + made[at:], made[:at] + noise + made[at + len(noise) :], made[: at * 14]):
        with contextlib.suppress(SealBroken):
            assert sealing.parse_container(data).version >= 1


# HPKE, as RFC 9180 has it. The appendix of the RFC prints no vectors for this suite; the file of vectors that it names,
# github.com/cfrg/draft-irtf-cfrg-hpke at 5f503c564da00b0687b3de75f1dfbdfc4079ad31, test-vectors.json, does: mode 0,
# KEM 0x0010, KDF 0x0001, AEAD 0x0002, encryption 0.

VECTOR = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "skRm": "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2",
    "pkRm": "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f"
    "853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c",
    "enc": "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e"
    "0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0",
    "shared_secret": "48893fecd82f7c3456af6a42d8f56325d21e08c10fa81299986aaff54cde7b49",
    "key": "ee16802a936d5f544771131900ee6973d0551de9e852ece2ef34bf0d5f9e1d1d",
    "base_nonce": "9bc50980832a7b4b58c40161",
    "aad": "436f756e742d30",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "ct": "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f",
}
KEM_SUITE = b"KEM\x00\x10"
HPKE_SUITE = b"HPKE\x00\x10\x00\x01\x00\x02"


def hkdf(key: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block, without salt."""
    return hmac.digest(hmac.digest(bytes(32), key, "sha256"), info + b"\1", "sha256")


def extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    """LabeledExtract of RFC 9180, 4."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def expand(suite: bytes, secret: bytes, label: bytes, info: bytes, *, size: int = 32) -> bytes:
    """LabeledExpand of RFC 9180, 4, for one block."""
    labelled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(secret, labelled + b"\1", "sha256")[:size]


def hpke_keys(shared: bytes, enc: bytes, public: bytes, info: bytes) -> tuple[bytes, bytes, bytes]:
    """Shared secret, key and base nonce from the curve's shared point: RFC 9180, 4.1 and 5.1, written anew."""
    secret = extract(KEM_SUITE, b"", b"eae_prk", shared)
    shared_secret = expand(KEM_SUITE, secret, b"shared_secret", enc + public)
    context = b"\0" + extract(HPKE_SUITE, b"", b"psk_id_hash", b"") + extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = extract(HPKE_SUITE, shared_secret, b"secret", b"")
    key = expand(HPKE_SUITE, secret, b"key", context)
    return shared_secret, key, expand(HPKE_SUITE, secret, b"base_nonce", context, size=12)


def curve_secret(private: bytes, public: bytes) -> bytes:
    curve = ec.SECP256R1()
    key = ec.derive_private_key(int.from_bytes(private, "big"), curve)
    return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, public))


def test_a_second_implementation_of_hpke_agrees_with_the_published_vector_and_with_ours():
    """What ours seals is opened by a reader that opens the published vector, and the other way round."""
    given = {name: bytes.fromhex(value) for name, value in VECTOR.items()}
    assert sealing.public_key_of(given["skRm"]) == given["pkRm"]
    shared, key, nonce = hpke_keys(
        curve_secret(given["skRm"], given["enc"]), given["enc"], given["pkRm"], given["info"]
    )
    assert (shared, key, nonce) == (given["shared_secret"], given["key"], given["base_nonce"])
    assert AESGCM(key).decrypt(nonce, given["ct"], given["aad"]) == given["pt"]
    # Ours, with the vector's key and info, by that reader.
    envelope = sealing.seal(given["pkRm"], given["info"], b"61500.00")
    enc, wrapped = envelope[4:69], envelope[69:117]
    _, key, nonce = hpke_keys(curve_secret(given["skRm"], enc), enc, given["pkRm"], given["info"])
    content_key = AESGCM(key).decrypt(nonce, wrapped, b"")
    assert envelope[117:149] == hkdf(content_key, b"tenderscore commitment")
    chunk = AESGCM(hkdf(content_key, b"tenderscore body")).decrypt(bytes(11) + b"\1", envelope[149:], None)
    assert chunk == (8).to_bytes(8, "big") + b"61500.00" + bytes(4080)
    # The vector's encapsulated key, which fixes the keys, opened by ours.
    _, key, nonce = hpke_keys(curve_secret(given["skRm"], given["enc"]), given["enc"], given["pkRm"], given["info"])
    header = b"TSE1" + given["enc"] + AESGCM(key).encrypt(nonce, content_key, b"") + envelope[117:149]
    assert sealing.unwrap(given["skRm"], given["info"], header) == content_key


def test_the_context_is_written_as_published():
    ids = [UUID(int=number) for number in (1, 2, 3)]
    assert sealing.context(*ids, "price", 12) == (
        b"tenderscore/1\n00000000-0000-0000-0000-000000000001\n00000000-0000-0000-0000-000000000002\n"
        b"00000000-0000-0000-0000-000000000003\nprice\n12"
    )


def test_sealing_a_bid_costs_little_more_than_its_one_exchange_of_keys():
    """Measured against the exchange alone in the same run, so that it holds on any machine: under twice of it."""
    content = os.urandom(2000)
    key = sealing._public(PUBLIC)

    def quickest(work: Callable[[], object]) -> float:
        times = []
        for _ in range(200):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    alone = quickest(lambda: sealing._suite().encrypt(content[:32], key, CONTEXT))
    assert quickest(lambda: sealing.seal(PUBLIC, CONTEXT, content)) < 2 * alone
