"""Parts become one file that is no worse than one render of the whole."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pikepdf
import pytest

from service import binding, pdf, typeset
from service.binding import Part, packed, unpacked
from service.pdf import CUT, Sheet
from tests.make_reports import retrofit_report
from tests.service.test_pdf import can_print, faults, page_of

pytestmark = [
    pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}"),
    # WeasyPrint leaves its colour profile open.
    pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return typeset.sheet(retrofit_report())


@pytest.fixture(scope="module")
def parts(sheet: Sheet) -> tuple[Part, ...]:
    """All parts but the first."""
    return tuple(map(pdf.press, pdf.parts_of(sheet.html)[1:]))


@pytest.fixture(scope="module")
def bound(sheet: Sheet, parts: tuple[Part, ...]) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(pdf.finish(sheet, pdf.parts_of(sheet.html)[0], parts))) as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(sheet: Sheet) -> Iterator[pikepdf.Pdf]:
    """The same report laid out in one piece."""
    with pikepdf.open(
        io.BytesIO(pdf.render(msgspec.structs.replace(sheet, html=sheet.html.replace(CUT, ""))))
    ) as opened:
        yield opened


def elements(opened: pikepdf.Pdf) -> Iterator[Any]:
    """Every element of the structure tree."""
    waiting = [opened.Root.StructTreeRoot.K[0]]
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Dictionary) and "/S" in element:
            yield element
            kids = element.get("/K", [])
            waiting += list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def outline(opened: pikepdf.Pdf) -> list[tuple[int, str, int]]:
    """Depth, title and page of every entry."""
    pages = {page.obj.objgen: number for number, page in enumerate(opened.pages, start=1)}

    def walk(items: Any, depth: int) -> Iterator[tuple[int, str, int]]:
        for item in items:
            yield depth, item.title, pages[item.destination[0].objgen]
            yield from walk(item.children, depth + 1)

    with opened.open_outline() as tree:
        return list(walk(tree.root, 1))


def test_the_parts_have_the_tags_of_one_whole_render(bound: pikepdf.Pdf, whole: pikepdf.Pdf):
    tags = Counter(str(element.S) for element in elements(bound))
    assert tags == Counter(str(element.S) for element in elements(whole))
    assert tags["/Document"] == 1
    assert tags["/TD"] > 100


def test_the_parts_have_the_pages_and_the_outline_of_one_whole_render(bound: pikepdf.Pdf, whole: pikepdf.Pdf):
    assert len(bound.pages) == len(whole.pages)
    assert outline(bound) == outline(whole)
    assert [title for depth, title, _ in outline(bound) if depth == 2][-1] == "Proof"


def test_every_piece_of_content_leads_to_its_element_and_back(bound: pikepdf.Pdf):
    nums = bound.Root.StructTreeRoot.ParentTree.Nums
    tree = {int(nums[place]): nums[place + 1] for place in range(0, len(nums), 2)}
    assert sorted(tree) == list(range(len(tree)))
    seen = {element.objgen for element in elements(bound)}
    for page in bound.pages:
        for marked, element in enumerate(tree[int(page.StructParents)]):
            if element is not None:
                assert element.objgen in seen
                assert marked in [int(kid) for kid in element.K if isinstance(kid, int)]
                assert element.Pg.objgen == page.obj.objgen
        for note in page.get("/Annots", []):
            assert tree[int(note.StructParent)].S in {"/Link", "/NonStruct", "/Span"}


def test_header_cells_have_names_of_their_own_and_cells_name_their_headers(bound: pikepdf.Pdf):
    names = [str(element.ID) for element in elements(bound) if "/ID" in element]
    assert len(names) == len(set(names))
    for element in elements(bound):
        if element.S == "/TD":
            assert {str(name) for name in element.A.get("/Headers", [])} <= set(names)


def test_links_lead_into_other_parts_and_say_so(bound: pikepdf.Pdf):
    names = bound.Root.Names.Dests.Names
    known = {str(names[place]): names[place + 1][0].objgen for place in range(0, len(names), 2)}
    assert list(known) == sorted(known)
    contents = bound.pages[1].Annots
    pages = {page.obj.objgen: number for number, page in enumerate(bound.pages, start=1)}
    leads = {str(note.Contents): pages[known[str(note.Dest)]] for note in contents}
    assert leads["Ranking"] == 3
    assert leads["Audit trail and proof"] == len(bound.pages)
    assert leads == {title: page for _, title, page in plain_outline(bound) if title in leads}


def plain_outline(opened: pikepdf.Pdf) -> list[tuple[int, str, int]]:
    """The outline without the parts' numbers."""
    return [(depth, title.lstrip("0123456789 "), page) for depth, title, page in outline(opened)]


def test_each_font_is_there_once(bound: pikepdf.Pdf):
    programs = [font for font in bound.objects if isinstance(font, pikepdf.Dictionary) and "/FontFile2" in font]
    names = [str(font.FontName) for font in programs]
    assert len(names) == len(set(names)) <= 6


def test_only_the_cover_has_no_number(bound: pikepdf.Pdf):
    stamped = [page for page in bound.pages if len(page.Contents) > 1]
    assert len(stamped) == len(bound.pages) - 1
    assert b"/Artifact" in stamped[0].Contents[0].read_bytes()


def test_a_part_comes_back_from_the_store_as_it_went_in(parts: tuple[Part, ...]):
    assert [unpacked(packed(part)) for part in parts] == list(parts)


def test_a_part_stands_anywhere_and_any_number_of_times(parts: tuple[Part, ...]):
    """Nothing in it is bound to its place; a validator would find a name or number that is taken twice."""
    front = pdf.press(page_of("<h1>Front</h1><h2>Bids</h2>").html)
    assert faults(binding.bind([front, *parts[3:5], parts[0], parts[3]])) == []
