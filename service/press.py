"""What WeasyPrint has drawn, as a part that can be kept and bound.

WeasyPrint hands its objects over before it writes them. Their numbers are taken out here, fonts and whatever else a
file has once are left to `binding`, and what the library leaves out for PDF/UA is added: the scope of header cells,
links that say where they lead, margins that no screen reader reads.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

import pydyf

from service.binding import BREAK, COLOURS, DOCUMENT, FACES, PROFILE, Heading, Page, Part
from service.typefaces import Face, Kind, meanings

POINT = 0.75
"""Points in one of WeasyPrint's units, of which 96 make an inch."""

ELSEWHERE = "part:"
"""How a link names a place in another part."""

BARE = "cover"
"""The id of what stands on pages without a number."""

_BOXES_OF = attrgetter("_page_box")
"""A page's boxes: nothing public tells that two pages have one table."""

TOKEN = re.compile(
    rb"\((?:\\.|[^\\)])*\)|<[0-9a-fA-F]*>"
    rb"|(?P<object>\d+) 0 R|\xfe(?P<table>\d+)(?P<cell>-\d+-\d+)\xfe|\xfe(?P<note>\d+)\xfe",
    re.DOTALL,
)
"""A text, which is left alone; a reference to an object; the name of a header cell, which begins with the number of its
table; the place of an annotation among those of the part. The last two stand between bytes that no text has."""

UA_METADATA = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


def part_of(document: Any, pdf: Any, words: Mapping[str, str]) -> Part:
    """A part from WeasyPrint's document and its unwritten file. words: what the link to each name says."""
    drawing = _Drawing(pdf)
    for first, *others in _broken_tables(document, drawing):
        for other in others:
            _go_on(drawing, first, other)
    elements = _told(drawing)
    anchors = dict(_anchors(drawing))
    bare = {page for name, (page, _, _) in anchors.items() if name == BARE}
    notes = [tuple(map(_number, page.get("Annots", ()))) for page in drawing.pages]
    parents = _linked(drawing, [note for found in notes for note in found], words)
    marked = [_marked(drawing, index, elements) for index in range(len(drawing.pages))]
    found = drawing.texts(elements)
    order = [*drawing.page_numbers, *sorted(found)]
    place = {number: index for index, number in enumerate(order)}
    texts, numbers, streams = _parted(drawing, found, place)
    return Part(
        pages=tuple(
            Page(
                size=(page["MediaBox"][2], page["MediaBox"][3]),
                content=place[_number(page["Contents"])],
                resources=place[_number(page["Resources"])],
                notes=tuple(place[note] for note in notes[index]),
                marked=tuple(None if element is None else place[element] for element in marked[index]),
                bare=index in bare,
            )
            for index, page in enumerate(drawing.pages)
        ),
        objects=BREAK.join(texts),
        numbers=tuple(numbers),
        streams=streams,
        kids=tuple(place[_number(kid)] for kid in drawing.root["K"]),
        parents=tuple(place[element] for element in parents),
        headings=tuple(_headings(document)),
        anchors=anchors,
        faces=tuple(_faces(document.fonts.values())),
        xmp=drawing.at(pdf.catalog["Metadata"]).stream[0].replace(b"</rdf:RDF>", UA_METADATA + b"</rdf:RDF>", 1),
        info=pdf.info.data,
        lang=document.metadata.lang or "",
    )


def _number(reference: bytes) -> int:
    return int(reference.split()[0])


class _Drawing:
    """WeasyPrint's file before it is written: its objects by their numbers, and those that a file has once."""

    def __init__(self, pdf: Any) -> None:
        self.pdf = pdf
        self.objects: list[Any] = pdf.objects
        self.page_numbers: list[int] = pdf.pages["Kids"][::3]
        self.pages = [self.objects[number] for number in self.page_numbers]
        tree = self.at(pdf.catalog["StructTreeRoot"])
        self.root = self.at(tree["K"][0])
        nums = self.at(tree["ParentTree"])["Nums"]
        self.parents: dict[int, Any] = dict(zip(nums[::2], nums[1::2], strict=True))
        resources = self.at(self.pages[0]["Resources"])
        colours = _number(resources["ColorSpace"])
        profile = _number(self.objects[colours]["srgb"][1])
        self.shared = {
            _number(resources["Font"]): FACES,
            colours: COLOURS,
            profile: PROFILE,
            self.root.number: DOCUMENT,
        }

    def at(self, reference: bytes) -> Any:
        """The object that a reference leads to."""
        return self.objects[_number(reference)]

    def texts(self, elements: Iterable[int]) -> dict[int, bytes]:
        """The text of all objects but pages that pages and elements lead to; of a stream its entries."""
        known = set(self.page_numbers) | set(self.shared)
        waiting = [*elements, *(_number(page[key]) for page in self.pages for key in ("Contents", "Resources"))]
        waiting += [_number(note) for page in self.pages for note in page.get("Annots", ())]
        found: dict[int, bytes] = {}
        while waiting:
            number = waiting.pop()
            if number not in known:
                known.add(number)
                found[number] = text = _entries(self.objects[number])
                waiting += [int(token["object"]) for token in TOKEN.finditer(text) if token["object"]]
        return found


def _entries(thing: Any) -> bytes:
    """An object's text; of a stream its entries."""
    if not isinstance(thing, pydyf.Stream):
        return thing.data
    entries = pydyf.Dictionary(thing.extra)
    entries.pop("Filter", None)
    return entries.data


def _broken_tables(document: Any, drawing: _Drawing) -> Iterable[list[Any]]:
    """The elements of every table that goes on over pages: the library makes one for each page."""
    found: dict[int, list[Any]] = {}
    for page in document.pages:
        for box in _BOXES_OF(page).descendants():
            if getattr(box, "is_table_wrapper", False):
                cell = next((cell for cell in box.descendants() if hasattr(cell, "mark")), None)
                if cell is not None:
                    found.setdefault(id(box.element), []).append(_table_of(drawing, cell.mark))
    return [elements for elements in found.values() if len(elements) > 1]


def _table_of(drawing: _Drawing, element: Any) -> Any:
    while element["S"] != "/Table":
        element = drawing.at(element["P"])
    return element


def _go_on(drawing: _Drawing, first: Any, other: Any) -> None:
    """Hang a table's rows on a further page into the table; they name the headers of its first head.

    The repeated head belongs to nothing any more, and so becomes an artifact.
    """
    for kid in other["K"]:
        group = drawing.at(kid)
        head = group["S"] == "/THead"
        for cell in _below(drawing, group):
            if "ID" in cell:  # the cells that it heads hold the same text, not a copy
                cell["ID"].string = _renumbered(cell["ID"].string, first.number if head else group.number)
        if not head:
            group["P"] = first.reference
            first["K"].append(kid)
    drawing.at(other["P"])["K"].remove(other.reference)


def _below(drawing: _Drawing, element: Any) -> Iterator[Any]:
    """Every element below one."""
    waiting = [element]
    while waiting:
        kids = [drawing.at(kid) for kid in waiting.pop().get("K", ()) if isinstance(kid, bytes)]
        yield from kids
        waiting += kids


def _renumbered(name: str, number: int) -> str:
    return f"{number}-{name.partition('-')[2]}"


def _told(drawing: _Drawing) -> list[int]:
    """The numbers of all elements that a reader is told of; header cells get their scope. Deep trees: no recursion."""
    found: list[int] = []
    waiting = [(kid, False) for kid in drawing.root["K"]]
    while waiting:
        reference, in_head = waiting.pop()
        element = drawing.at(reference)
        found.append(element.number)
        if element.get("S") == "/TH":
            element["A"]["Scope"] = "/Column" if in_head else "/Row"
            element["ID"] = _named(element["ID"])
        if "Headers" in element.get("A", ()):
            element["A"]["Headers"] = pydyf.Array(map(_named, element["A"]["Headers"]))
        waiting += [
            (kid, in_head or element.get("S") == "/THead") for kid in element.get("K", ()) if isinstance(kid, bytes)
        ]
    return found


def _named(name: Any) -> bytes:
    """The name of a header cell, to be told from other texts."""
    return b"\xfe%s\xfe" % name.string.encode()


def _marked(drawing: _Drawing, index: int, elements: Iterable[int]) -> list[int | None]:
    """The element of each piece of a page's marked content; what belongs to none becomes an artifact."""
    told = set(elements)
    found = [element if (element := _number(reference)) in told else None for reference in drawing.parents[index]]
    stream: list[Any] = drawing.at(drawing.pages[index]["Contents"]).stream
    for place, item in enumerate(stream):
        if isinstance(item, pydyf.Dictionary) and found[item["MCID"]] is None:
            stream[place - 1 : place + 1] = ["/Artifact", pydyf.Dictionary({"Type": "/Pagination"})]
    return found


def _linked(drawing: _Drawing, notes: Iterable[int], words: Mapping[str, str]) -> list[int]:
    """Let links say where they lead and find other parts; the elements that they belong to, in their order."""
    found: list[int] = []
    for number in notes:
        note = drawing.objects[number]
        target: str = note["Contents"].string.removeprefix(ELSEWHERE)
        if note.get("A", {}).get("S") == "/URI" and note["Contents"].string.startswith(ELSEWHERE):
            del note["A"]
            note["Dest"] = pydyf.String(target)
        note["Contents"] = pydyf.String(words.get(target, target))
        found.append(_number(drawing.parents[note["StructParent"]]))
        note["StructParent"] = b"\xfe%d\xfe" % (len(drawing.pages) + len(found) - 1)
    return found


def _parted(
    drawing: _Drawing, found: Mapping[int, bytes], place: Mapping[int, int]
) -> tuple[list[bytes], list[int], dict[int, tuple[str, bytes]]]:
    """Every object but the pages with `%d` for its numbers, those numbers, and the bytes of streams."""
    texts: list[bytes] = []
    numbers: list[int] = []
    streams: dict[int, tuple[str, bytes]] = {}

    def without_numbers(token: re.Match[bytes]) -> bytes:
        if token["object"] and int(token["object"]) in drawing.shared:
            return b"%d 0 R" % drawing.shared[int(token["object"])]
        if token["object"]:
            numbers.append(place[int(token["object"])])
            return b"%d 0 R"
        if token["table"]:
            numbers.append(place[int(token["table"])])
            return b"(%%d%s)" % token["cell"]
        if token["note"]:
            numbers.append(-int(token["note"]) - 1)
            return b"%d"
        return token[0]

    for number, entries in sorted(found.items()):
        thing = drawing.objects[number]
        text = TOKEN.sub(without_numbers, entries.replace(b"%", b"%%"))
        if isinstance(thing, pydyf.Stream):
            streams[place[number]] = _coded(thing)
            text = text[2:-2]
        texts.append(text)
    return texts, numbers, streams


def _coded(stream: Any) -> tuple[str, bytes]:
    """A stream's filter and its bytes, compressed where they were not."""
    _, _, rest = stream.data.partition(b"\nstream\n")
    raw = rest.removesuffix(b"\nendstream")
    coding = stream.extra.get("Filter", "")
    return (coding, raw) if coding else ("/FlateDecode", zlib.compress(raw))


def _anchors(drawing: _Drawing) -> Iterator[tuple[str, tuple[int, float, float]]]:
    names = drawing.pdf.catalog.get("Names", {}).get("Dests", {}).get("Names", ())
    for name, place in zip(names[::2], names[1::2], strict=True):
        yield name.string, (drawing.page_numbers.index(_number(place[0])), place[2], place[3])


def _headings(document: Any) -> Iterator[Heading]:
    for index, page in enumerate(document.pages):
        for level, title, (x, y), _ in page.bookmarks:
            yield Heading(level, title, index, x * POINT, (page.height - y) * POINT)


def _faces(fonts: Iterable[Any]) -> Iterator[Face]:
    """The fonts that were used; several of one name are one font at several sizes."""
    for font in fonts:
        kind = Kind(font.family, font.weight, italic=bool(font.style))
        says = meanings(kind, font.to_unicode)
        yield Face(font.hash, kind, font.flags, font.ascent, font.descent, font.widths, says)
