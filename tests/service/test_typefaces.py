"""One subset of each font, whatever the parts are and in whatever order they come."""

import io
from itertools import permutations

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from service.apart import WorkError
from service.pdf_file import PdfFile
from service.typefaces import Face, Kind, Typefaces, meanings, plain

SANS = Kind("Source Sans 3", 400, italic=False)


def face(text: str) -> Face:
    """What a part says of a font in which it sets a text."""
    faces = Typefaces([])
    faces.set_line(text, SANS)
    return next(iter(faces._faces.values()))


def put(faces: Typefaces) -> bytes:
    """A file that holds nothing but the faces."""
    file = PdfFile(free=10)
    faces.put(file, 3)
    file.put(1, b"<</Type /Catalog/Pages 2 0 R/Faces 3 0 R>>")
    file.put(2, b"<</Type /Pages/Kids []/Count 0>>")
    return file.written(1, 3)


def test_the_glyphs_of_all_parts_are_in_one_subset():
    with pikepdf.open(io.BytesIO(put(Typefaces([face("Ab"), face("bΓ")])))) as opened:
        (font,) = [font for _, font in opened.Root.Faces.items()]
        single = font.DescendantFonts[0]
        program = TTFont(io.BytesIO(single.FontDescriptor.FontFile2.read_bytes()))
        meaning = font.ToUnicode.read_bytes().decode()
    drawn = {name for name in program.getGlyphOrder() if program["glyf"][name].numberOfContours}
    assert len(drawn - {".notdef"}) == 3
    for letter in "AbΓ":
        assert f"<{ord(letter):04x}>" in meaning
    assert "<0063>" not in meaning, "control: no part says c"


def test_the_order_of_the_parts_does_not_matter():
    parts = [face("Ab"), face("Γδ"), face("1 / 2")]
    assert len({put(Typefaces(order)) for order in permutations(parts)}) == 1


def test_a_line_is_as_long_as_its_glyphs():
    line = Typefaces([]).set_line("12", SANS)
    assert len(line.glyphs) == 8
    assert line.ems == pytest.approx(2 * Typefaces([]).set_line("1", SANS).ems, rel=0.2)


def test_what_no_font_has_is_a_box():
    faces = Typefaces([])
    assert faces.set_line("北", SANS).glyphs == faces.set_line("□", SANS).glyphs


def test_a_font_that_is_not_shipped_is_named():
    with pytest.raises(WorkError, match="Comic Sans"):
        Typefaces([]).set_line("1", Kind("Comic Sans", 400, italic=False))


@pytest.mark.parametrize(("number", "written"), [(1.0, b"1"), (595.2755905, b"595.275591"), (-0.0, b"-0"), (10, b"10")])
def test_numbers_are_written_without_an_exponent(number: float, written: bytes):
    assert plain(number) == written


def test_a_glyph_says_its_own_letter_whatever_text_it_was_first_met_in():
    """What is copied or read aloud is what is printed, in Greek too; no letter means the rest of a broken line."""
    kinds = {sign: next(iter(face(sign).says)) for sign in "kΩμ-"}
    guessed = {
        kinds["k"]: "ks, with the rest of the paragraph",
        kinds["Ω"]: "\N{OHM SIGN}",
        kinds["μ"]: "\N{MICRO SIGN}",
        kinds["-"]: "\N{SOFT HYPHEN}",
    }
    assert meanings(SANS, guessed) == {glyph: sign for sign, glyph in kinds.items()}
    joined = next(iter(face("\N{LATIN SMALL LIGATURE FF}").says))
    assert meanings(SANS, {joined: "ff"}) == {joined: "ff"}, "whoever looks for two letters finds them"
    alternate = 60_000  # no letter's glyph, such as a figure of equal width or a ligature
    assert meanings(SANS, {alternate: "ffi"}) == {alternate: "ffi"}
    assert meanings(SANS, {alternate: "7, and so on"}) == {alternate: "7"}
