"""HTML to one file that is PDF/A-3A (archives) and PDF/UA-1 (screen readers), the same bytes for the same input.

WeasyPrint is imported in child processes only (`apart`). It sees the fonts in templates/fonts and no others.
"""

import base64
import hashlib
import io
import logging
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from html import unescape
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import msgspec
import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from service.apart import WorkError

FONTS = Path(__file__).parent.parent / "templates" / "fonts"

MEND = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""What makes PDF possible on Debian; everything else works without these libraries."""

UNPRINTABLE = "□"
"""Stands for a character that the fonts (Latin, Greek, Cyrillic) do not have; the attached result keeps it."""


UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""An attachment must bear a date; this one says that there is none."""


LINK = re.compile(r'<a href="#([^"]+)">([^<]+)</a>')
"""A link inside the report and its words, which are all that stands in it."""


class Attached(msgspec.Struct, frozen=True):
    """A file inside the PDF: its name, what it is, and its bytes."""

    name: str
    description: str
    content: bytes


class Sheet(msgspec.Struct, frozen=True):
    """All that a PDF is made of. `at` is the date written into it: the evaluation's, not the clock's; None: undated."""

    html: str
    at: datetime | None
    attached: tuple[Attached, ...] = ()


def render(sheet: Sheet) -> bytes:
    """The PDF of a sheet, made in this process.

    Raises WorkError when a library is missing and when WeasyPrint reports an error: it would otherwise still write
    a file that claims to be accessible.
    """
    weasyprint = load()
    dated = UNDATED if sheet.at is None else sheet.at.astimezone(UTC)
    faults = _Faults()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(faults)
    try:
        document = weasyprint.HTML(string=_printable(sheet.html), url_fetcher=data_only())
        pdf = document.write_pdf(
            pdf_variant="pdf/a-3a",
            pdf_identifier=hashlib.sha256(sheet.html.encode()).digest()[:16],
            attachments=[
                weasyprint.Attachment(
                    string=file.content,
                    name=file.name,
                    description=file.description,
                    relationship="Data",
                    created=dated,
                    modified=dated,
                )
                for file in sheet.attached
            ],
        )
    finally:
        logger.removeHandler(faults)
    if faults.messages:
        raise WorkError("WeasyPrint reported: " + "; ".join(faults.messages))
    return finish(pdf, {anchor: unescape(words) for anchor, words in LINK.findall(sheet.html)})


class _Faults(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def load() -> Any:
    """The library, seeing our fonts only; raises WorkError where the system lacks what it needs.

    It would work without HarfBuzz's subsetter, but then the same report had other bytes.
    """
    os.environ["FONTCONFIG_FILE"] = str(FONTS / "fonts.conf")
    try:
        import weasyprint
        from weasyprint.text import ffi
    except (OSError, DeprecationWarning) as error:
        raise WorkError(f"WeasyPrint's system libraries are missing: {error}.", MEND) from None
    if cast("Any", ffi).harfbuzz_subset is None:
        raise WorkError("The library libharfbuzz-subset is missing.", MEND)
    return weasyprint


def data_only() -> Any:
    """A URL fetcher that opens `data:` addresses and nothing else: no network, no file."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols={"data"}, allow_redirects=False)


@cache
def _glyphs() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    return frozenset(TTFont(FONTS / "SourceSans3-Regular.ttf").getBestCmap() or ())


def _printable(html: str) -> str:
    """The same text with every character that no shipped font has replaced, and invisible ones removed."""
    known = _glyphs() | {0x0A}
    invisible = {
        *range(0x20),
        *range(0x7F, 0xA0),
        0xAD,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    }
    table = {
        code: None if code in invisible else UNPRINTABLE
        for code in {ord(character) for character in html}
        if code in invisible - {0x0A} or code not in known
    }
    return html.translate(table)


# --- from WeasyPrint's PDF/A-3A to PDF/A-3A and PDF/UA-1 in one file -------------------------------------------

UA_METADATA = """
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

PRINTED = 4
"""The flag of an annotation that is printed (ISO 32000-1, 12.5.3); PDF/A and PDF/UA ask for it on links."""


def finish(data: bytes, links: Mapping[str, str]) -> bytes:
    """What WeasyPrint leaves out: PDF/UA's identifier in plain metadata, the scope of header cells, links with words.

    links: what the link to each anchor says.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        xmp = pdf.Root.Metadata.read_bytes().decode()
        xmp = xmp.replace("</rdf:RDF>", UA_METADATA + "</rdf:RDF>", 1)
        pdf.Root.Metadata.write(xmp.encode())
        for element, in_head in _elements(pdf.Root.StructTreeRoot):
            if element.get("/S") == Name.TH:
                scope = Dictionary(O=Name.Table, Scope=Name.Column if in_head else Name.Row)
                element.A = Array([scope, *_list(element.get("/A"))])
        for page in pdf.pages:
            for annotation in page.get("/Annots", []):
                annotation.F = PRINTED
                target = str(annotation.get("/Dest", ""))
                if target in links:
                    annotation.Contents = String(links[target])
        return written(pdf)


def written(pdf: pikepdf.Pdf) -> bytes:
    """The file's bytes: streams as they are, all other objects packed together and compressed.

    No stream ends in a carriage return: with the line feed before `endstream` it would read as the end of a line, and
    validators then count one byte less. The library's own writer does not look after that.
    """
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: dict[int, tuple[int, int, int]] = {}
    packed: list[tuple[int, bytes]] = []

    def put(number: int, entries: bytes, raw: bytes) -> None:
        places[number] = (1, len(out), 0)
        out.extend(b"%d 0 obj\n<< %s >>\nstream\n" % (number, entries))
        out.extend(raw + b"\nendstream\nendobj\n")

    for thing in pdf.objects:
        number = thing.objgen[0]
        if isinstance(thing, Stream) and thing.get("/Type") in PACKAGING:
            continue
        if isinstance(thing, Stream):
            _end_plainly(thing)
            raw = thing.read_raw_bytes()
            put(number, thing.stream_dict.unparse()[2:-2], raw)
        else:
            packed.append((number, thing.unparse(resolved=True)))
    top = max(len(pdf.objects), *(number for number, _ in packed)) + 1
    for start in range(0, len(packed), PACK):
        pack = packed[start : start + PACK]
        _put_pack(put, top, pack)
        places |= {number: (2, top, index) for index, (number, _) in enumerate(pack)}
        top += 1
    _put_references(out, places, top, pdf)
    return bytes(out)


PACKAGING = (Name.ObjStm, Name.XRef)
"""How the library that wrote the file had packed its objects; they are packed anew."""

PACK = 2000
"""Objects in one compressed pack: many, because what structure elements have in common then compresses away."""


def _end_plainly(stream: pikepdf.Stream) -> None:
    """Give a stream that ends in a carriage return another coding."""
    raw = stream.read_raw_bytes()
    if raw.endswith(b"\r"):
        coding = Array([Name.ASCII85Decode, *_list(stream.get("/Filter"))])
        stream.write(base64.a85encode(raw) + b"~>", filter=coding)


def _put_pack(put: Callable[[int, bytes, bytes], None], number: int, pack: list[tuple[int, bytes]]) -> None:
    """Objects as one object stream (ISO 32000-1, 7.5.7)."""
    offsets = accumulate((len(text) + 1 for _, text in pack), initial=0)
    head = " ".join(f"{member} {offset}" for (member, _), offset in zip(pack, offsets, strict=False)).encode() + b"\n"
    body = head + b"\n".join(text for _, text in pack)
    raw = zlib.compress(body, 9)
    while raw.endswith(b"\r"):
        body += b" "
        raw = zlib.compress(body, 9)
    sizes = (len(pack), len(head), len(raw))
    put(number, b"/Type /ObjStm /N %d /First %d /Length %d /Filter /FlateDecode" % sizes, raw)


def _table(rows: list[tuple[int, int, int]], width: int) -> bytes:
    """Where each object is: kind, place in `width` bytes, index within its pack."""
    cells = (kind.to_bytes(1, "big") + at.to_bytes(width, "big") + index.to_bytes(2, "big") for kind, at, index in rows)
    return zlib.compress(b"".join(cells), 9)


def _put_references(out: bytearray, places: dict[int, tuple[int, int, int]], number: int, pdf: pikepdf.Pdf) -> None:
    """The table of all objects as a stream, and the end of the file (ISO 32000-1, 7.5.8)."""
    start = len(out)
    places[number] = (1, start, 0)
    rows = [places.get(index, (0, 0, 0)) for index in range(number + 1)]
    width = 5
    while (raw := _table(rows, width)).endswith(b"\r"):
        width += 1
    digest = hashlib.sha256(out).hexdigest()[:32].encode()
    trailer = b"".join(
        b" %s %d 0 R" % (key.encode(), pdf.trailer[key].objgen[0]) for key in ("/Root", "/Info") if key in pdf.trailer
    )
    out.extend(
        b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 %d 2]%s /ID [<%s> <%s>] /Filter /FlateDecode /Length %d >>\nstream\n"
        % (number, number + 1, width, trailer, digest, digest, len(raw))
    )
    out.extend(raw + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


def _elements(root: Any) -> Iterator[tuple[Any, bool]]:
    """Every element of the structure tree, and whether it stands in a table's head. Deep trees: no recursion."""
    waiting = [(root, False)]
    while waiting:
        element, in_head = waiting.pop()
        if isinstance(element, Dictionary):
            yield element, in_head
            waiting += [(child, in_head or element.get("/S") == Name.THead) for child in _list(element.get("/K"))]


def renderer() -> str:
    """Name and version of what makes the PDFs, for the report's last page and `doctor`."""
    return f"WeasyPrint {version('weasyprint')}"
