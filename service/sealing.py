"""Sealing: what a supplier sends is readable with the tender's private key alone, and only as the thing it was sent as.

An envelope is a header and a body, and everything in it is fixed by this file:

    header   149 bytes: "TSE1", the content key under HPKE (65 bytes encapsulated key, 48 bytes ciphertext), 32 bytes
             commitment to the content key, HKDF-SHA256(content key, info "tenderscore commitment")
    body     the content's length (u64, big-endian), the content, zeros up to a whole number of steps; in chunks of
             65,536 bytes, each AES-256-GCM under HKDF-SHA256(content key, info "tenderscore body"); the nonce is the
             chunk's number from 0 (u88, big-endian) and a last byte, 1 for the last chunk and 0 for the others

HPKE is RFC 9180 in base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM and no associated data; its info
is `context`, so that an envelope moved to another tender, lot, supplier, kind or version does not open. The numbered
chunks with their last one marked are STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): none can be cut off, swapped or
added. The commitment makes a wrong content key known as such: AES-GCM alone can be made to open under two keys.

A sealed bid is a container: an envelope for the offer, one for the prices where the lot wants them apart, the ids of
its documents.

    "TSB1", the bid's version (u32), the SHA-256 of the lot's rules (32 bytes), the number of parts (u8); of each part
    its kind (u8: 1 offer, 2 price, 3 document), its length (u32), its bytes; a document is the 16 bytes of its id

Parts stand in the order of their kinds, so one bid has one sequence of bytes. Whoever holds no key can check that form
and nothing else.
"""

import hmac
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from uuid import UUID

if TYPE_CHECKING:  # 7 MB, which a process that seals nothing shall not take
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hpke import Suite

BID_TYPE: Final = "application/vnd.tenderscore.sealed-bid"
DOCUMENT_TYPE: Final = "application/vnd.tenderscore.sealed-document"

OFFER_STEP: Final = 4096
"""Bytes that sizes of offers and prices are padded to a multiple of."""
DOCUMENT_STEP: Final = 65_536
"""Bytes that sizes of documents are padded to a multiple of."""

HEADER_BYTES: Final = 149
CHUNK_BYTES: Final = 65_536
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + 16
PUBLIC_KEY_BYTES: Final = 65
KEY_BYTES: Final = 32
UUID_BYTES: Final = 16

Kind = Literal["offer", "price", "document"]

_MAGIC = b"TSE1"
_CONTAINER_MAGIC = b"TSB1"
_LENGTH_BYTES = 8
_TAG_BYTES = 16
_HIGHEST_VERSION = 2**31 - 1
_UNCOMPRESSED = 4
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""P-256: y² = x³ - 3x + _B modulo _P (SEC 2, 2.4.2)."""
_OFFER, _PRICE, _DOCUMENT = 1, 2, 3
_MOST_PARTS = 255


class SealBroken(Exception):
    """Something sealed is not what it claims to be: which part, and why, for whoever has to mend it."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.why = why


class Envelope(NamedTuple):
    """Sealed content in the two parts in which it is stored."""

    header: bytes
    body: bytes


class Container(NamedTuple):
    """A sealed bid as it is sent: what it was made for, and its parts."""

    version: int
    rules_digest: str
    offer: Envelope
    price: Envelope | None
    documents: tuple[UUID, ...]


@cache
def _suite() -> "Suite":
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


# Keys


@cache
def _curve() -> "ec.SECP256R1":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.SECP256R1()


def generate_key() -> tuple[bytes, bytes]:
    """A new key pair for a tender: the private key (32 bytes, a scalar), the public one (65 bytes, uncompressed)."""
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(_curve())
    return private.private_numbers().private_value.to_bytes(KEY_BYTES, "big"), _encoded(private.public_key())


def public_key_of(private: bytes) -> bytes:
    """The public key that belongs to a private one; raises SealBroken for what is no private key."""
    return _encoded(_private(private).public_key())


def check_public_key(public: bytes) -> None:
    """Refuse, by SealBroken, what is no point of P-256 in its uncompressed form."""
    _check_point(public, "public key")


def context(tender_id: UUID, lot_id: UUID, supplier_id: UUID, kind: Kind, part: int | UUID) -> bytes:
    """What an envelope is bound to: HPKE's info. The part is the bid's version, or the document's id."""
    return f"tenderscore/1\n{tender_id}\n{lot_id}\n{supplier_id}\n{kind}\n{part}".encode()


def _encoded(key: "ec.EllipticCurvePublicKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@lru_cache(maxsize=4096)
def _public(public: bytes) -> "ec.EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    _check_point(public, "public key")
    return ec.EllipticCurvePublicKey.from_encoded_point(_curve(), public)


def _check_point(encoded: bytes, part: str) -> None:
    """Refuse, by SealBroken, what is no point of P-256 in the uncompressed form (SEC 1, 2.3.4 and 3.2.2.1).

    Asked of every envelope on its way in. The curve's equation answers in a microsecond, where to make a key of the
    point takes six; whoever opens the envelope has the library check it again.
    """
    if len(encoded) != PUBLIC_KEY_BYTES or encoded[0] != _UNCOMPRESSED:
        raise SealBroken(part, f"A key is {PUBLIC_KEY_BYTES} bytes and begins with 04.")
    x, y = (int.from_bytes(half, "big") for half in (encoded[1 : 1 + KEY_BYTES], encoded[1 + KEY_BYTES :]))
    if max(x, y) >= _P or (y * y - (x * x - 3) * x - _B) % _P:
        raise SealBroken(part, "The key is no point of the curve P-256.")


def _private(private: bytes) -> "ec.EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        if len(private) == KEY_BYTES:
            return ec.derive_private_key(int.from_bytes(private, "big"), _curve())
    except ValueError:
        pass
    raise SealBroken("private key", f"It is no private key of P-256, which is {KEY_BYTES} bytes.")


def _derived(content_key: bytes, label: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) without salt to 32 bytes, which is one block."""
    extracted = hmac.digest(bytes(KEY_BYTES), content_key, "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


def _commitment(content_key: bytes) -> bytes:
    return _derived(content_key, b"tenderscore commitment")


def _cipher(content_key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(_derived(content_key, b"tenderscore body"))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


# Sealing


class Sealer:
    """Seals content that comes in pieces: `header`, then what each `update` and the one `finish` return, in order.

    step: bytes, the size is padded to a multiple of it. length: bytes of the whole content, which stands first in the
    envelope; finish raises ValueError when another number of bytes came. Holds one chunk at most.
    """

    def __init__(self, public: bytes, context: bytes, step: int, length: int) -> None:
        content_key = secrets.token_bytes(KEY_BYTES)
        wrapped = _suite().encrypt(content_key, _public(public), context)
        self.header = _MAGIC + wrapped + _commitment(content_key)
        self.size = HEADER_BYTES + sealed_bytes(length, step)
        self._cipher = _cipher(content_key)
        self._padded = padded_bytes(length, step)
        self._missing = length
        self._number = 0
        self._held = bytearray(length.to_bytes(_LENGTH_BYTES, "big"))

    def update(self, content: bytes) -> bytes:
        """Seal some more of the content; returns the chunks that are complete by now."""
        self._missing -= len(content)
        if self._missing < 0:
            raise ValueError("more content than was announced")
        self._held += content
        return b"".join(self._chunks(keep=True))

    def finish(self) -> bytes:
        """Seal the rest with the padding."""
        if self._missing:
            raise ValueError("less content than was announced")
        self._held += bytes(self._padded - self._number * CHUNK_BYTES - len(self._held))
        return b"".join(self._chunks(keep=False))

    def _chunks(self, *, keep: bool) -> Iterator[bytes]:
        """Seal whole chunks; the last one of all is kept for `finish`, which knows that it is the last."""
        while self._held and not (keep and len(self._held) <= CHUNK_BYTES):
            chunk = bytes(self._held[:CHUNK_BYTES])
            del self._held[:CHUNK_BYTES]
            last = (self._number + 1) * CHUNK_BYTES >= self._padded
            yield self._cipher.encrypt(_nonce(self._number, last=last), chunk, None)
            self._number += 1


def seal(public: bytes, context: bytes, content: bytes, step: int = OFFER_STEP) -> bytes:
    """The envelope of some content that only the public key's owner opens, and only in the same context."""
    sealer = Sealer(public, context, step, len(content))
    return b"".join((sealer.header, sealer.update(content), sealer.finish()))


def padded_bytes(length: int, step: int) -> int:
    """How many bytes a content of this length is encrypted as."""
    return -(-(_LENGTH_BYTES + length) // step) * step


def sealed_bytes(length: int, step: int) -> int:
    """How many bytes the body of the envelope of a content of this length has."""
    padded = padded_bytes(length, step)
    return padded + -(-padded // CHUNK_BYTES) * _TAG_BYTES


# The form, which everybody can check


def check_header(header: bytes) -> None:
    """Refuse, by SealBroken, what cannot be the header of an envelope."""
    if len(header) != HEADER_BYTES:
        raise SealBroken("header", f"It has {len(header)} bytes instead of {HEADER_BYTES}.")
    if not header.startswith(_MAGIC):
        raise SealBroken("header", f"An envelope begins with {_MAGIC.decode()}.")
    _check_point(header[4 : 4 + PUBLIC_KEY_BYTES], "header")


def check_body_size(size: int) -> None:
    """Refuse, by SealBroken, a number of bytes that no body has."""
    chunks, rest = divmod(size, SEALED_CHUNK_BYTES)
    whole = rest == 0 and chunks > 0
    if not whole and (rest <= _TAG_BYTES or (rest - _TAG_BYTES) % OFFER_STEP):
        raise SealBroken("body", f"It has {size} bytes, which no padded content gives: it was cut or added to.")


def split(envelope: bytes) -> Envelope:
    """Header and body of an envelope of the right form; raises SealBroken."""
    found = Envelope(envelope[:HEADER_BYTES], envelope[HEADER_BYTES:])
    check_header(found.header)
    check_body_size(len(found.body))
    return found


# Opening


def unwrap(private: bytes, context: bytes, header: bytes) -> bytes:
    """The content key of an envelope; raises SealBroken for another key, another context or a changed header."""
    from cryptography.exceptions import InvalidTag

    check_header(header)
    try:
        content_key = _suite().decrypt(header[4:-KEY_BYTES], _private(private), context)
    except InvalidTag:
        raise SealBroken(
            "header", "It was sealed to another key or for another tender, lot, supplier or version, or was changed."
        ) from None
    check_content_key(content_key, header)
    return content_key


def check_content_key(content_key: bytes, header: bytes) -> None:
    """Refuse, by SealBroken, a content key that is not the one the envelope was sealed with."""
    if not hmac.compare_digest(_commitment(content_key), header[-KEY_BYTES:]):
        raise SealBroken("content key", "It is not the key that the envelope's commitment names.")


def open_body(content_key: bytes, header: bytes, body: bytes) -> bytes:
    """The content; raises SealBroken for a wrong content key and for any change of the body."""
    check_content_key(content_key, header)
    check_body_size(len(body))
    reader = _Reader(content_key)
    content = [*reader.update(body), *reader.finish()]
    return b"".join(content)


async def open_stream(content_key: bytes, header: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content of a body that comes in pieces of any size, holding one chunk at most.

    What was yielded is authentic; that it is whole is known only when the iteration ends without SealBroken.
    """
    check_content_key(content_key, header)
    reader = _Reader(content_key)
    async for piece in chunks:
        for content in reader.update(piece):
            yield content
    for content in reader.finish():
        yield content


class _Reader:
    """Opens chunks one after the other; the last one is known by the end of the body."""

    def __init__(self, content_key: bytes) -> None:
        self._cipher = _cipher(content_key)
        self._held = bytearray()
        self._number = 0
        self._opened = 0
        self._length = 0

    def update(self, piece: bytes) -> Iterator[bytes]:
        self._held += piece
        while len(self._held) > SEALED_CHUNK_BYTES:
            sealed = bytes(self._held[:SEALED_CHUNK_BYTES])
            del self._held[:SEALED_CHUNK_BYTES]
            yield self._open(sealed, last=False)

    def finish(self) -> Iterator[bytes]:
        check_body_size(self._number * SEALED_CHUNK_BYTES + len(self._held))
        yield self._open(bytes(self._held), last=True)
        if self._length > self._opened - _LENGTH_BYTES or self._opened - padded_bytes(self._length, 1) >= DOCUMENT_STEP:
            raise SealBroken("padding", "The content's length does not fit the envelope's.")

    def _open(self, sealed: bytes, *, last: bool) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            chunk = self._cipher.decrypt(_nonce(self._number, last=last), sealed, None)
        except InvalidTag:
            why = f"Chunk {self._number + 1} was changed, cut off, moved or added."
            raise SealBroken("body", why) from None
        start = 0
        if self._number == 0:
            start = _LENGTH_BYTES
            self._length = int.from_bytes(chunk[:start], "big")
        end = min(len(chunk), max(start, _LENGTH_BYTES + self._length - self._opened))
        if chunk.count(0, end) != len(chunk) - end:
            raise SealBroken("padding", "Something stands behind the content's end.")
        self._number += 1
        self._opened += len(chunk)
        return chunk[start:end]


# The container of a sealed bid


def build_container(
    version: int, rules_digest: str, offer: bytes, *, price: bytes | None = None, documents: Sequence[UUID] = ()
) -> bytes:
    """A sealed bid from its envelopes. rules_digest: the lot's, 64 hexadecimal digits."""
    parts = [(_OFFER, offer)]
    if price is not None:
        parts.append((_PRICE, price))
    parts.extend((_DOCUMENT, document.bytes) for document in documents)
    written = [
        _CONTAINER_MAGIC,
        version.to_bytes(4, "big"),
        bytes.fromhex(rules_digest),
        len(parts).to_bytes(1, "big"),
    ]
    for kind, contents in parts:
        written += [kind.to_bytes(1, "big"), len(contents).to_bytes(4, "big"), contents]
    return b"".join(written)


def largest_container(most: int) -> int:
    """Bytes of the largest container of a bid whose contents have at most so many."""
    framing = 4 + 4 + 32 + 1 + _MOST_PARTS * (1 + 4 + UUID_BYTES)
    return framing + 2 * HEADER_BYTES + sealed_bytes(most, OFFER_STEP) + sealed_bytes(1, OFFER_STEP)


def parse_container(container: bytes) -> Container:
    """A sealed bid's parts, after all of its form that can be seen without a key was checked; raises SealBroken."""
    reader = _Cursor(container)
    if reader.take(4, "beginning") != _CONTAINER_MAGIC:
        raise SealBroken("container", f"A sealed bid begins with {_CONTAINER_MAGIC.decode()}.")
    version = reader.number(4, "version")
    if not 1 <= version <= _HIGHEST_VERSION:
        raise SealBroken("container", f"There is no version {version} of a bid; the first one is 1.")
    rules_digest = reader.take(KEY_BYTES, "digest of the rules").hex()
    parts = [reader.part() for _ in range(reader.number(1, "number of parts"))]
    if reader.rest():
        raise SealBroken("container", f"{reader.rest()} bytes stand behind its last part.")
    kinds = [kind for kind, _ in parts]
    if kinds != sorted(kinds) or kinds.count(_OFFER) != 1 or kinds.count(_PRICE) > 1:
        raise SealBroken("container", "Its parts are one offer, then prices at most once, then documents.")
    envelopes = {kind: _named(kind, contents) for kind, contents in parts if kind != _DOCUMENT}
    return Container(version, rules_digest, envelopes[_OFFER], envelopes.get(_PRICE), _documents(parts))


class _Cursor:
    """Takes a container apart from its beginning; every length is compared with what is there."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int, what: str) -> bytes:
        if size > self.rest():
            raise SealBroken("container", f"It ends inside its {what}: {size} bytes were due, {self.rest()} are there.")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int, what: str) -> int:
        return int.from_bytes(self.take(size, what), "big")

    def part(self) -> tuple[int, bytes]:
        kind = self.number(1, "part's kind")
        if kind not in (_OFFER, _PRICE, _DOCUMENT):
            raise SealBroken(
                "container", f"There is no part of the kind {kind}; 1 is an offer, 2 prices, 3 a document."
            )
        return kind, self.take(self.number(4, "part's length"), "part")

    def rest(self) -> int:
        return len(self._data) - self._at


def _named(kind: int, contents: bytes) -> Envelope:
    """An envelope of a container; a fault in it says which one it is in."""
    name = "offer" if kind == _OFFER else "price"
    try:
        return split(contents)
    except SealBroken as broken:
        raise SealBroken(f"{name} envelope's {broken.part}", broken.why) from None


def _documents(parts: list[tuple[int, bytes]]) -> tuple[UUID, ...]:
    ids = [contents for kind, contents in parts if kind == _DOCUMENT]
    if any(len(contents) != UUID_BYTES for contents in ids):
        raise SealBroken("container", f"A document's part is its id, {UUID_BYTES} bytes.")
    if len(set(ids)) != len(ids):
        raise SealBroken("container", "It names a document twice.")
    return tuple(UUID(bytes=contents) for contents in ids)
