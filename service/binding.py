"""Parts in, one PDF out: one page numbering, one outline, one structure tree, one subset of each font.

A part is a section laid out by itself (`pdf.press`): data without any number of the file that it will be bound into.
Those numbers are filled in here, so that the same parts give the same bytes wherever and whenever each was made.
Nothing is laid out here; pages get their numbers, as artifacts at the foot.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from mimetypes import MimeTypes
from typing import NamedTuple

import msgspec
import pydyf
from msgspec import Struct

from service.pdf_file import PdfFile
from service.typefaces import Face, Kind, Typefaces, plain

CATALOG, PAGES, FACES, COLOURS, PROFILE, STRUCTURE, PARENTS, DOCUMENT, METADATA, INFO, OUTLINE = range(1, 12)
"""The numbers of what a file has once; parts name FACES, COLOURS, PROFILE and DOCUMENT by them."""

FIRST = 12
"""The first number that is free for the parts."""

BREAK = b"\xff"
"""Between two objects of a part: a byte that no text of a PDF object has here."""

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""An attachment must bear a date; this one says that there is none."""

MARGIN, BASELINE, SIZE = 56.693, 40.633, 7.6
"""Points: how far the foot of a page is from its sides and from its lower edge, and how big it is set."""

FOLIO, PROOF = Kind("Source Sans 3", 600, italic=False), Kind("Source Sans 3", 400, italic=False)
"""What page numbers and the line beside them are set in."""

INK, SOFT = b"0.086 0.133 0.18", b"0.318 0.376 0.435"
"""Their colours, which are those of the stylesheet."""

MIME = MimeTypes()
"""Python's own table of what kind a file is by its name, the same on every machine."""


class Attached(Struct, frozen=True):
    """A file inside the PDF: its name, what it is, and its bytes."""

    name: str
    description: str
    content: bytes


class Page(Struct, frozen=True, array_like=True):
    """One page. Numbers are those of the part's objects; size in points; `bare`: nothing is stamped on it.

    marked: the structure element of each piece of marked content, None where that is an artifact.
    """

    size: tuple[float, float]
    content: int
    resources: int
    notes: tuple[int, ...]
    marked: tuple[int | None, ...]
    bare: bool


class Heading(Struct, frozen=True, array_like=True):
    """An entry of the outline: its depth from 1, its words, and the point that it leads to."""

    level: int
    title: str
    page: int
    x: float
    y: float


class Part(Struct, frozen=True, array_like=True):
    """A section that was laid out by itself. Its first objects are its pages.

    objects: the text of all others, with `%d` wherever a number belongs, separated by BREAK; of a stream its entries.
    numbers: what belongs there: n is the part's object n, -n-1 its n-th entry in the tree of parents.
    streams: filter and bytes of those objects that are streams. kids: its elements right below the document.
    parents: the element that each of its annotations belongs to. anchors: page, x and y of every name.
    """

    pages: tuple[Page, ...]
    objects: bytes
    numbers: tuple[int, ...]
    streams: dict[int, tuple[str, bytes]]
    kids: tuple[int, ...]
    parents: tuple[int, ...]
    headings: tuple[Heading, ...]
    anchors: dict[str, tuple[int, float, float]]
    faces: tuple[Face, ...]
    xmp: bytes
    info: bytes
    lang: str


def packed(part: Part) -> bytes:
    """A part as it is kept."""
    return zlib.compress(msgspec.msgpack.encode(part))


def unpacked(kept: bytes) -> Part:
    """A part that was kept."""
    return msgspec.msgpack.decode(zlib.decompress(kept), type=Part)


class _Bound(NamedTuple):
    """A part's place in the file: its objects, its pages and its entries in the tree of parents start at these."""

    part: Part
    base: int
    page: int
    parent: int


def bind(
    parts: Sequence[Part], attached: Sequence[Attached] = (), at: datetime | None = None, proof: str = ""
) -> bytes:
    """One PDF of all parts in their order, with files inside; the metadata are those of the first part.

    at: the date of the attached files; None: undated. proof: a line at the foot of every numbered page.
    """
    bound, free = _placed(parts)
    file = PdfFile(free)
    faces = Typefaces(face for part in parts for face in part.faces)
    foot = _Foot(faces, proof, sum(len(part.pages) for part in parts))
    for one in bound:
        _put_part(file, one, foot)
    pages = b" ".join(b"%d 0 R" % (one.base + index) for one in bound for index in range(len(one.part.pages)))
    file.put(PAGES, b"<</Type /Pages/Count %d/Kids [%s]>>" % (foot.pages, pages))
    faces.put(file, FACES)
    file.put_stream(PROFILE, b"/N 3", (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes())
    file.put(COLOURS, b"<</srgb [/ICCBased %d 0 R]>>" % PROFILE)
    _put_structure(file, bound)
    _put_catalog(file, bound, _put_attached(file, attached, UNDATED if at is None else at.astimezone(UTC)))
    return file.written(CATALOG, INFO)


def _placed(parts: Sequence[Part]) -> tuple[tuple[_Bound, ...], int]:
    """Where each part stands, and the first number that is free behind them."""
    bound: list[_Bound] = []
    base, page, parent = FIRST, 0, 0
    for part in parts:
        bound.append(_Bound(part, base, page, parent))
        base += len(part.pages) + part.objects.count(BREAK) + 1
        page += len(part.pages)
        parent += len(part.pages) + len(part.parents)
    return tuple(bound), base


class _Foot:
    """What is stamped on pages: a line that is the same on all, and the page's number of so many pages."""

    def __init__(self, faces: Typefaces, proof: str, pages: int) -> None:
        self.pages = pages
        self._faces = faces
        self._proof = faces.set_line(proof, PROOF) if proof else None

    def stamp(self, number: int, width: float) -> bytes:
        """An artifact, which no screen reader reads and which changes nothing of the page's own drawing."""
        folio = self._faces.set_line(f"{number} / {self.pages}", FOLIO)
        drawn = [(folio, INK, width - MARGIN - folio.ems * SIZE)]
        if self._proof is not None:
            drawn.append((self._proof, SOFT, MARGIN))
        lines = (
            b"%s rg BT /%s %s Tf %s %s Td <%s> Tj ET"
            % (colour, line.key.encode(), plain(SIZE), plain(x), plain(BASELINE), line.glyphs.encode())
            for line, colour, x in drawn
        )
        return b"/Artifact <</Type /Pagination>> BDC q\n%s\nQ EMC" % b"\n".join(lines)


def _put_part(file: PdfFile, bound: _Bound, foot: _Foot) -> None:
    """A part's pages and objects under their numbers in this file."""
    part, base, parent = bound.part, bound.base, bound.parent
    for index, page in enumerate(part.pages):
        file.put(
            base + index,
            _page(file, bound, index, b"" if page.bare else foot.stamp(bound.page + index + 1, page.size[0])),
        )
    filled = part.objects % tuple(base + n if n >= 0 else parent - n - 1 for n in part.numbers)
    for index, text in enumerate(filled.split(BREAK), start=len(part.pages)):
        if index in part.streams:
            coding, raw = part.streams[index]
            file.put_stream(base + index, text, raw, coding)
        else:
            file.put(base + index, text)


def _page(file: PdfFile, bound: _Bound, index: int, stamp: bytes) -> bytes:
    page, base = bound.part.pages[index], bound.base
    stamped = b"%d 0 R " % file.add_stream(b"", stamp) if stamp else b""
    box = b"[0 0 %s %s]" % (plain(page.size[0]), plain(page.size[1]))
    notes = b" ".join(b"%d 0 R" % (base + note) for note in page.notes)
    return (
        b"<</Type /Page/Parent %d 0 R/MediaBox %s/TrimBox %s/BleedBox %s/Contents [%s%d 0 R]/Resources %d 0 R/Tabs /S"
        b"/StructParents %d%s>>"
        % (
            PAGES,
            box,
            box,
            box,
            stamped,
            base + page.content,
            base + page.resources,
            bound.parent + index,
            b"/Annots [%s]" % notes if notes else b"",
        )
    )


def _put_structure(file: PdfFile, bound: Sequence[_Bound]) -> None:
    """One document element over all parts' elements, and one tree that leads from marked content to its element."""
    kids = b" ".join(b"%d 0 R" % (one.base + kid) for one in bound for kid in one.part.kids)
    file.put(STRUCTURE, b"<</Type /StructTreeRoot/K [%d 0 R]/ParentTree %d 0 R>>" % (DOCUMENT, PARENTS))
    file.put(DOCUMENT, b"<</Type /StructElem/S /Document/P %d 0 R/K [%s]>>" % (STRUCTURE, kids))
    file.put(PARENTS, b"<</Nums [%s]>>" % b" ".join(_parents(bound)))


def _parents(bound: Sequence[_Bound]) -> Iterator[bytes]:
    for one in bound:
        for index, page in enumerate(one.part.pages):
            elements = (b"null" if element is None else b"%d 0 R" % (one.base + element) for element in page.marked)
            yield b"%d [%s]" % (one.parent + index, b" ".join(elements))
        for index, element in enumerate(one.part.parents, start=len(one.part.pages)):
            yield b"%d %d 0 R" % (one.parent + index, one.base + element)


def _put_attached(file: PdfFile, attached: Sequence[Attached], at: datetime) -> list[tuple[str, int]]:
    """The files inside, each with its name and the number of what describes it."""
    date = text(f"D:{at:%Y%m%d%H%M%SZ}")
    found: list[tuple[str, int]] = []
    for one in attached:
        kind = MIME.guess_type(one.name)[0] or "application/octet-stream"
        digest = hashlib.md5(one.content, usedforsecurity=False).hexdigest().encode()
        content = file.add_stream(
            b"/Type /EmbeddedFile/Subtype /%s/Params <</CheckSum <%s>/Size %d/CreationDate %s/ModDate %s>>"
            % (kind.replace("/", "#2f").encode(), digest, len(one.content), date, date),
            one.content,
        )
        name = text(one.name)
        described = b"<</Type /Filespec/F %s/UF %s/EF <</F %d 0 R>>/Desc %s/AFRelationship /Data>>"
        found.append((one.name, file.add(described % (name, name, content, text(one.description)))))
    return found


def _put_catalog(file: PdfFile, bound: Sequence[_Bound], attached: Sequence[tuple[str, int]]) -> None:
    first = bound[0].part
    names = {
        name: b"[%d 0 R /XYZ %s %s 0]" % (one.base + page, plain(x), plain(y))
        for one in bound
        for name, (page, x, y) in one.part.anchors.items()
    }
    places = b" ".join(text(name) + place for name, place in sorted(names.items()))
    inside = b" ".join(b"%s %d 0 R" % (text(name), number) for name, number in sorted(attached))
    linked = b" ".join(b"%d 0 R" % number for _, number in attached)
    file.put(INFO, first.info)
    file.put_plain(METADATA, b"/Type /Metadata/Subtype /XML", first.xmp)
    file.put(
        CATALOG,
        b"<</Type /Catalog/Pages %d 0 R/Lang %s/Metadata %d 0 R/StructTreeRoot %d 0 R/MarkInfo <</Marked true>>"
        b"/ViewerPreferences <</DisplayDocTitle true>>/OutputIntents [<</Type /OutputIntent/S /GTS_PDFA1"
        b"/OutputConditionIdentifier (sRGB2014.icc)/Info (sRGB2014.icc)/DestOutputProfile %d 0 R>>]"
        b"/Names <</Dests <</Names [%s]>>%s>>%s%s>>"
        % (
            PAGES,
            text(first.lang),
            METADATA,
            STRUCTURE,
            PROFILE,
            places,
            b"/EmbeddedFiles <</Names [%s]>>" % inside if attached else b"",
            b"/AF [%s]" % linked if attached else b"",
            b"/Outlines %d 0 R" % OUTLINE if _put_outline(file, bound) else b"",
        ),
    )


class _Entry(Struct):
    """An entry of the outline with its number and its place among the others; mutable, because it grows."""

    number: int
    text: bytes
    level: int
    kids: list["_Entry"]


def _put_outline(file: PdfFile, bound: Sequence[_Bound]) -> bool:
    """All parts' headings in one tree; whether there are any. A skipped level does not count."""
    root = _Entry(OUTLINE, b"", 0, [])
    path = [root]
    for one in bound:
        for heading in one.part.headings:
            while path[-1].level >= heading.level:
                path.pop()
            place = b"[%d 0 R /XYZ %s %s 0]" % (one.base + heading.page, plain(heading.x), plain(heading.y))
            entry = _Entry(file.number(), b"/Title %s/Dest %s" % (text(heading.title), place), heading.level, [])
            path[-1].kids.append(entry)
            path.append(entry)
    waiting = [root]
    while waiting:
        above = waiting.pop()
        ends = b"/First %d 0 R/Last %d 0 R" % (above.kids[0].number, above.kids[-1].number) if above.kids else b""
        file.put(above.number, b"<<%s%s/Count %d>>" % (above.text, ends, _open(above)))
        for index, entry in enumerate(above.kids):
            entry.text += b"/Parent %d 0 R" % above.number
            if index:
                entry.text += b"/Prev %d 0 R" % above.kids[index - 1].number
            if index + 1 < len(above.kids):
                entry.text += b"/Next %d 0 R" % above.kids[index + 1].number
        waiting += above.kids
    return bool(root.kids)


def _open(entry: _Entry) -> int:
    """How many entries are shown below one."""
    return sum(1 + _open(kid) for kid in entry.kids)


def text(words: str) -> bytes:
    """Words as a PDF writes them: in brackets, or in hexadecimal digits where they are not ASCII."""
    return pydyf.String(words).data
