"""A PDF file being written: numbered objects in, bytes out. Streams stand as they are, all other objects are packed.

No stream ends in a carriage return: with the line feed before `endstream` it would read as the end of a line, and
validators then count one byte less. Libraries' own writers do not look after that.
"""

import base64
import hashlib
import zlib
from itertools import accumulate

PACK = 2000
"""Objects in one compressed pack: many, because what structure elements have in common then compresses away."""


class PdfFile:
    """The file so far. Numbers below `free` are the caller's to give; `number` hands out further ones."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        self._places: dict[int, tuple[int, int, int]] = {}
        self._waiting: list[tuple[int, bytes]] = []

    def number(self) -> int:
        """The next free number."""
        self._free += 1
        return self._free - 1

    def put(self, number: int, text: bytes) -> None:
        """An object that is no stream."""
        self._waiting.append((number, text))

    def add(self, text: bytes) -> int:
        """The same under the next free number, which is returned."""
        number = self.number()
        self.put(number, text)
        return number

    def put_stream(self, number: int, entries: bytes, raw: bytes, coding: str = "") -> None:
        """A stream. coding: the filter that `raw` has been through; without one it is compressed here."""
        if not coding:
            raw, coding = zlib.compress(raw), "/FlateDecode"
        if raw.endswith(b"\r"):
            raw, coding = base64.a85encode(raw) + b"~>", f"[/ASCII85Decode {coding}]"
        self.put_plain(number, b"%s/Filter %s" % (entries, coding.encode()), raw)

    def put_plain(self, number: int, entries: bytes, raw: bytes) -> None:
        """A stream that anybody can read as it stands."""
        self._places[number] = (1, len(self._out), 0)
        self._out += (
            b"%d 0 obj\n<<%s/Length %d>>\nstream\n" % (number, entries, len(raw)) + raw + b"\nendstream\nendobj\n"
        )

    def add_stream(self, entries: bytes, raw: bytes) -> int:
        """The same under the next free number, which is returned."""
        number = self.number()
        self.put_stream(number, entries, raw)
        return number

    def written(self, catalog: int, info: int) -> bytes:
        """All bytes; nothing can be put any more."""
        for start in range(0, len(self._waiting), PACK):
            self._put_pack(self._waiting[start : start + PACK])
        self._put_references(catalog, info)
        return bytes(self._out)

    def _put_pack(self, pack: list[tuple[int, bytes]]) -> None:
        """Objects as one object stream (ISO 32000-1, 7.5.7)."""
        number = self.number()
        offsets = accumulate((len(text) + 1 for _, text in pack), initial=0)
        places = " ".join(f"{member} {offset}" for (member, _), offset in zip(pack, offsets, strict=False))
        head = places.encode() + b"\n"
        body = head + b"\n".join(text for _, text in pack)
        self.put_stream(number, b"/Type /ObjStm/N %d/First %d" % (len(pack), len(head)), body)
        self._places |= {member: (2, number, index) for index, (member, _) in enumerate(pack)}

    def _put_references(self, catalog: int, info: int) -> None:
        """The table of all objects as a stream, and the end of the file (ISO 32000-1, 7.5.8)."""
        number, start = self.number(), len(self._out)
        self._places[number] = (1, start, 0)
        cells = (self._places.get(index, (0, 0, 0)) for index in range(number + 1))
        table = b"".join(
            kind.to_bytes(1, "big") + at.to_bytes(5, "big") + index.to_bytes(2, "big") for kind, at, index in cells
        )
        digest = hashlib.sha256(self._out).hexdigest()[:32].encode()
        entries = b"/Type /XRef/Size %d/W [1 5 2]/Root %d 0 R/Info %d 0 R/ID [<%s> <%s>]"
        self.put_stream(number, entries % (number + 1, catalog, info, digest, digest), table)
        self._out += b"startxref\n%d\n%%%%EOF\n" % start
