"""Looking for what must be nowhere: known prices and words, in every form in which a program could have left them.

A form is what a leak looks like from outside: the text itself, in another case, encoding or escape, inside base64 at
any of three offsets, as a number in PostgreSQL's own binary formats – or a hash over the bytes that arrived, with no
key or under the service's own secret, for who knows the form of a bid can try all likely prices against such a hash.
"""

import base64
import hashlib
import json
import string
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from service.signing import Secrets

CHUNK = 4_000_000
"""Bytes looked through at once."""

HEAD = 8
"""Bytes that every needle has at least; the first ones of a match are looked up by them."""

BITS = 22
MIX = np.uint32(2_654_435_761)
HASHES = ("sha256", "sha1", "md5", "sha512", "blake2b")


class Canary(NamedTuple):
    """One bid's distinctive price and word; both occur nowhere else in the world."""

    number: int
    price: str
    word: str


class Trace(NamedTuple):
    """A canary that was found: whose, in which form, where, and what stands around it."""

    number: int
    form: str
    place: str
    around: str


class _Needle(NamedTuple):
    text: bytes
    number: int
    form: str


def canaries(count: int, seed: int) -> list[Canary]:
    """Distinct canaries; another seed has others, so that one run never finds what an earlier one left."""
    random = Random(seed)
    groups = f"{random.randrange(1_001, 10_000)}{random.randrange(1_001, 10_000)}"
    stem = "".join(random.choices(string.ascii_lowercase, k=10))
    tails = random.sample(range(26**5), count)
    numbers = random.sample(range(1_000, 10_000), count)
    return [
        Canary(number, f"{groups}{numbers[number]}.{random.randrange(11, 99)}", stem + _letters(tails[number]))
        for number in range(count)
    ]


def _letters(value: int) -> str:
    return "".join(string.ascii_lowercase[value // 26**place % 26] for place in range(5))


# Forms


def _base64(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What is certain of the base64 of any longer text that holds the data, for each of the three offsets."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + data)
        first = (offset * 8 + 5) // 6
        last = (offset + len(data)) * 8 // 6
        yield f"base64 at offset {offset}", encoded[first:last]


def _encoded(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Bytes as they are, as hex in both cases, and inside base64."""
    yield "bytes", data
    yield "hex", data.hex().encode()
    yield "HEX", data.hex().upper().encode()
    yield from _base64(data)


def text_forms(text: str) -> Iterator[tuple[str, bytes]]:
    """A text in every case, encoding and escape that is looked for."""
    data = text.encode()
    yield from _encoded(data)
    if text.upper() != text:
        yield "upper case", text.upper().encode()
        yield "title case", text.title().encode()
    yield "UTF-16 LE", text.encode("utf-16-le")
    yield "UTF-16 BE", text.encode("utf-16-be")
    yield "hex of UTF-16 LE", text.encode("utf-16-le").hex().encode()
    yield "percent", "".join(f"%{byte:02x}" for byte in data).encode()
    yield "PERCENT", "".join(f"%{byte:02X}" for byte in data).encode()
    yield "JSON escapes", "".join(f"\\u{byte:04x}" for byte in data).encode()


def price_forms(price: str) -> Iterator[tuple[str, bytes]]:
    """A price as text by its whole units, and as PostgreSQL and processors hold numbers."""
    whole, _, hundredths = price.partition(".")
    yield from text_forms(whole)
    yield "thousands apart", f"{int(whole):,}".encode()
    groups = [int(whole[at : at + 4]) for at in range(0, len(whole), 4)] + [int(f"{hundredths:0<4}")]
    for order, name in (("<", "little"), (">", "big")):
        yield f"numeric, {name}", struct.pack(f"{order}{len(groups)}H", *groups)
        yield f"double, {name}", struct.pack(f"{order}d", float(price))
        yield f"integer of hundredths, {name}", struct.pack(f"{order}q", int(whole + hundredths))


def hash_forms(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Hashes without a key over bytes that somebody could guess."""
    for name in HASHES:
        digest = hashlib.new(name, data).digest()
        yield from ((f"{name}, {form}", needle) for form, needle in _encoded(digest))


def keyed_forms(secrets: Secrets, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The same under the secrets of the service: whoever has its file beside the database can try prices as well."""
    for what, told in (("HMAC", data), ("HMAC of the SHA-256", hashlib.sha256(data).digest())):
        for line, digest in enumerate(secrets.fingerprints(told), start=1):
            yield from ((f"{what} under line {line}, {form}", text) for form, text in _encoded(bytes.fromhex(digest)))


def _written(body: bytes) -> set[bytes]:
    """A body as it came and, of JSON, as programs write it again."""
    try:
        value = json.loads(body)
    except ValueError:
        return {body}
    return {body, json.dumps(value).encode(), json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()}


# Search


class Search:
    """All canaries in all forms, ready to be looked for in files and answers."""

    def __init__(self, known: Iterable[Canary], secrets: Secrets | None = None) -> None:
        self._secrets = secrets
        self._heads: dict[bytes, list[_Needle]] = {}
        self._table = np.zeros(1 << BITS, dtype=bool)
        self._longest = HEAD
        for canary in known:
            self._learn(canary.number, price_forms(canary.price))
            self._learn(canary.number, text_forms(canary.word))

    def learn_body(self, number: int, body: bytes) -> None:
        """From now on find hashes of this body as well."""
        for written in _written(body):
            self._learn(number, hash_forms(written))
            if self._secrets is not None:
                self._learn(number, keyed_forms(self._secrets, written))

    def _learn(self, number: int, forms: Iterable[tuple[str, bytes]]) -> None:
        for form, text in forms:
            assert len(text) >= HEAD, form
            known = self._heads.setdefault(text[:HEAD], [])
            if not any(needle.text == text for needle in known):  # digits are the same in upper case
                known.append(_Needle(text, number, form))
            self._table[_slots(np.frombuffer(text[:4], "<u4"))] = True
            self._longest = max(self._longest, len(text))

    def data(self, data: bytes, place: str) -> list[Trace]:
        """The traces in some bytes; of each canary in each form at most the first."""
        found: dict[tuple[int, str], Trace] = {}
        for at in self._candidates(data):
            for needle in self._heads.get(data[at : at + HEAD], ()):
                key = needle.number, needle.form
                if key not in found and data.startswith(needle.text, at):
                    around = data[max(0, at - 60) : at + len(needle.text) + 20]
                    found[key] = Trace(*key, f"{place}, byte {at}", repr(around)[2:-1])
        return list(found.values())

    def text(self, data: bytes, place: str) -> list[Trace]:
        """The traces in a text, also those that a line's end would cut in two, as in wrapped base64."""
        found = self.data(data, place)
        return found or self.data(data.replace(b"\n", b"").replace(b"\r", b""), f"{place} without line ends")

    def file(self, path: Path, place: str = "") -> list[Trace]:
        """The traces in a file of any size; one that is gone by now has none."""
        found: list[Trace] = []
        try:
            with path.open("rb") as file:
                rest = b""
                while block := file.read(CHUNK):
                    found += self.data(rest + block, place or str(path))
                    rest = block[-self._longest :]
        except FileNotFoundError:
            pass
        return found

    def folder(self, root: Path) -> list[Trace]:
        """The traces in all files below a folder, and in their names."""
        files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        found = self.data("\n".join(map(str, files)).encode(), f"names below {root}")
        return found + [trace for path in files for trace in self.file(path, str(path.relative_to(root)))]

    def _candidates(self, data: bytes) -> Iterator[int]:
        """Where something may begin: the next four bytes begin some needle."""
        for shift in range(4):
            count = (len(data) - shift) // 4
            if count > 0:
                words = np.frombuffer(data, "<u4", count, shift)
                yield from (np.flatnonzero(self._table[_slots(words)]) * 4 + shift).tolist()


def _slots(words: "np.ndarray[tuple[int], np.dtype[np.uint32]]") -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    return (words * MIX) >> np.uint32(32 - BITS)
