"""The faces that a file is set in: the glyphs that its parts use, together, as one subset of each shipped font."""

import struct
from collections.abc import Iterable, Mapping
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, cast

import uharfbuzz
from msgspec import Struct

from service.apart import WorkError
from service.pdf_file import PdfFile

hb = cast("Any", uharfbuzz)  # it has no types

FONTS = Path(__file__).parent.parent / "templates" / "fonts"

UNPRINTABLE = "□"
"""Stands for a character that the fonts (Latin, Greek, Cyrillic) do not have; the attached result keeps it."""

LAYOUT = (b"BASE", b"DSIG", b"GDEF", b"GPOS", b"GSUB", b"JSTF", b"LTSH", b"PCLT")
"""Tables of a font that place its glyphs; in a PDF they are placed."""

SYMBOLIC = 4
"""A descriptor's flag: the glyphs are numbered, and not by letters (ISO 32000-1, 9.8.2)."""


class Kind(NamedTuple):
    """What tells one shipped font from another."""

    family: str
    weight: int
    italic: bool


class Face(Struct, frozen=True, array_like=True):
    """A font as a part uses it: its name among the resources of the pages, which font it is, the glyphs that it needs.

    widths: of each glyph in thousandths of the size. says: the text that each glyph stands for.
    """

    key: str
    kind: Kind
    flags: int
    ascent: int
    descent: int
    widths: dict[int, float]
    says: dict[int, str]


class Line(NamedTuple):
    """A line set in a face: the face's name among the resources, its glyphs in hexadecimal, its length in em."""

    key: str
    glyphs: str
    ems: float


class Typefaces:
    """All faces of a file. Glyphs come with the parts that use them, and with lines that are set here."""

    def __init__(self, faces: Iterable[Face]) -> None:
        self._faces: dict[str, Face] = {}
        for face in faces:
            self._add(face)

    def _add(self, face: Face) -> None:
        known = self._faces.get(face.key)
        self._faces[face.key] = face if known is None else _joined(known, face)

    def set_line(self, text: str, kind: Kind) -> Line:
        """A line in one face, glyph after glyph."""
        font = _font(kind)
        face = next((face for face in self._faces.values() if face.kind == kind), None) or _unused(kind)
        glyphs = [_glyph(font, sign) for sign in text]
        widths = {glyph: font.get_glyph_h_advance(glyph) * 1000 / font.face.upem for glyph in glyphs}
        says = dict(zip(glyphs, text, strict=True))
        self._add(Face(face.key, kind, face.flags, face.ascent, face.descent, widths, says))
        ems = sum(widths[glyph] for glyph in glyphs) / 1000
        return Line(face.key, "".join(f"{glyph:04x}" for glyph in glyphs), ems)

    def put(self, file: PdfFile, number: int) -> None:
        """Every face with its subset, and under `number` the dictionary in which all pages find them."""
        entries = [b"/%s %d 0 R" % (key.encode(), _put(file, face)) for key, face in sorted(self._faces.items())]
        file.put(number, b"<<" + b"".join(entries) + b">>")


def _joined(one: Face, other: Face) -> Face:
    """The glyphs of both; of two texts for one glyph the smaller, so that the order of the parts does not matter."""
    says = {
        glyph: min(face.says[glyph] for face in (one, other) if glyph in face.says)
        for glyph in one.says.keys() | other.says.keys()
    }
    return Face(one.key, one.kind, one.flags, one.ascent, one.descent, one.widths | other.widths, says)


def _unused(kind: Kind) -> Face:
    """A face that no part uses."""
    font = _font(kind)
    extents, scale = font.get_font_extents("ltr"), 1000 / font.face.upem
    ascent, descent = round(extents.ascender * scale), round(extents.descender * scale)
    return Face(f"Own{kind.weight}", kind, SYMBOLIC, ascent, descent, {}, {})


ORDINARY = frozenset(" -\u0394\u03a9\u03bc\u03c6\u2019\u2044\u202f")
"""Of two characters that one glyph stands for, such as the micro sign and the Greek letter, the one that texts have."""

LIGATURES = frozenset(map(chr, range(0xFB00, 0xFB07)))
"""Characters of their own for joined letters, which nobody looks for: ff is two letters."""

LONGEST_LIGATURE = 3
"""Letters that one glyph stands for, at most."""


def meanings(kind: Kind, guessed: Mapping[int, str]) -> dict[int, str]:
    """What each glyph says: the font's own letter, whatever text it was first met in; else the text that it was met in.

    WeasyPrint takes the text from where the glyph stands, and the rest of the paragraph with it where a line is broken.
    """
    letters = _letters(kind)
    return {
        glyph: letters.get(glyph) or (text if len(text) <= LONGEST_LIGATURE else text[:1])
        for glyph, text in guessed.items()
    }


@cache
def _letters(kind: Kind) -> Mapping[int, str]:
    """The character that each glyph of a shipped font stands for by itself."""
    font, found = _font(kind), dict[int, str]()
    for code in sorted(font.face.unicodes):
        glyph, sign = font.get_nominal_glyph(code), chr(code)
        if glyph is not None and sign not in LIGATURES and (glyph not in found or sign in ORDINARY):
            found[glyph] = sign
    return found


def _glyph(font: Any, sign: str) -> int:
    return font.get_nominal_glyph(ord(sign)) or font.get_nominal_glyph(ord(UNPRINTABLE)) or 0


@cache
def _shipped() -> Mapping[Kind, Path]:
    """The fonts that are there."""
    found: dict[Kind, Path] = {}
    for path in sorted(FONTS.glob("*.[ot]tf")):
        face = hb.Face(hb.Blob.from_file_path(str(path)))
        traits: bytes = face.reference_table("OS/2").data
        (weight,), (style,) = struct.unpack_from(">H", traits, 4), struct.unpack_from(">H", traits, 62)
        found[Kind(face.get_name(16) or face.get_name(1), weight, bool(style & 1))] = path
    return found


@cache
def _font(kind: Kind) -> Any:
    """A shipped font; raises WorkError for one that is not there."""
    path = _shipped().get(kind)
    if path is None:
        raise WorkError(f"No font in templates/fonts is {kind.family}, weight {kind.weight}.")
    return hb.Font(hb.Face(hb.Blob.from_file_path(str(path))))


def _subset(kind: Kind, glyphs: Iterable[int]) -> bytes:
    """The font with these glyphs under their own numbers, and no others."""
    wanted = hb.SubsetInput()
    wanted.glyph_set.update(glyphs)
    wanted.flags = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.DESUBROUTINIZE
    wanted.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in LAYOUT)
    return bytes(hb.subset(_font(kind).face, wanted).blob.data)


def _put(file: PdfFile, face: Face) -> int:
    """A composite font whose codes are the numbers of its glyphs (ISO 32000-1, 9.7)."""
    program = _subset(face.kind, sorted(face.says))
    cff = program.startswith(b"OTTO")
    entries = b"/Subtype /OpenType" if cff else b"/Length1 %d" % len(program)
    stream = file.add_stream(entries, program)
    name = b"/%s+%s" % (face.key.encode(), _postscript(face.kind).encode())
    descriptor = file.add(
        b"<</Type /FontDescriptor/FontName %s/Flags %d/FontBBox [0 %d %s %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV 80/FontFile%d %d 0 R>>"
        % (
            name,
            face.flags,
            face.descent,
            plain(max(face.widths.values(), default=0)),
            face.ascent,
            face.ascent,
            face.descent,
            face.ascent,
            3 if cff else 2,
            stream,
        )
    )
    single = file.add(
        b"<</Type /Font/Subtype /CIDFontType%d/BaseFont %s/CIDSystemInfo <</Registry (Adobe)/Ordering (Identity)"
        b"/Supplement 0>>/CIDToGIDMap /Identity/W [%s]/FontDescriptor %d 0 R>>"
        % (0 if cff else 2, name, _widths(face.widths), descriptor)
    )
    meaning = file.add_stream(b"", _meaning(face.says))
    return file.add(
        b"<</Type /Font/Subtype /Type0/BaseFont %s/Encoding /Identity-H/DescendantFonts [%d 0 R]/ToUnicode %d 0 R>>"
        % (name, single, meaning)
    )


def _postscript(kind: Kind) -> str:
    return f"{kind.family} {kind.weight}{' Italic' if kind.italic else ''}".replace(" ", "-")


def plain(number: float) -> bytes:
    """A number as a PDF writes it."""
    return f"{number:f}".rstrip("0").rstrip(".").encode()


def _widths(widths: Mapping[int, float]) -> bytes:
    """Runs of glyphs with their widths."""
    runs: list[str] = []
    for glyph in sorted(widths):
        if glyph - 1 not in widths:
            runs.append(f"{']' if runs else ''}{glyph}[")
        runs.append(plain(widths[glyph]).decode())
    return " ".join([*runs, "]" if runs else ""]).encode()


CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo
<</Registry (Adobe)
/Ordering (UCS)
/Supplement 0
>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
{blocks}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""

BLOCK = 100
"""The most entries of one block of a character map."""


def _meaning(says: Mapping[int, str]) -> bytes:
    """What each glyph says, for whoever copies or hears the text (ISO 32000-1, 9.10.3)."""
    rows = [f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in sorted(says.items())]
    blocks = [rows[start * BLOCK : (start + 1) * BLOCK] for start in range(ceil(len(rows) / BLOCK))]
    text = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return CMAP.format(blocks=text).encode()
