"""What WeasyPrint draws, without any number of the file that it drew it into."""

import pytest

from service import pdf
from service.apart import WorkError
from service.binding import BREAK, Part, bind
from service.pdf import press
from tests.service.test_pdf import DOT, can_print, faults, page_of

pytestmark = [
    pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}"),
    pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning"),
]


def part_with(body: str) -> Part:
    return press(page_of(body).html)


def test_texts_that_look_like_references_stay_texts():
    """A link's words are written into the file beside real references; 12 0 R and 100 % are then a supplier's."""
    part = part_with('<p id="a">Text</p><p><a href="#a">12 0 R (50 %) %d \\(3-4-5)</a></p>')
    assert faults(bind([part, part])) == []
    assert b"12 0 R \\(50 %%\\) %%d" in part.objects


def test_margins_are_artifacts_and_text_is_not():
    style = '<style>@page { @top-left { content: "Head" } }</style>'
    part = press(page_of("<p>Text</p>").html.replace("</head>", f"{style}</head>"))
    assert part.pages[0].marked.count(None) == 1
    assert len(part.pages[0].marked) == 2


def test_a_cover_is_bare_and_all_else_is_not():
    part = part_with('<div id="cover">Cover</div><p style="break-before: page">Text</p>')
    assert [page.bare for page in part.pages] == [True, False]


def test_a_link_into_another_part_waits_for_it():
    part = part_with('<p><a href="#elsewhere">There</a></p>')
    note = part.objects.split(BREAK)[part.pages[0].notes[0] - 1].decode()
    assert "/Dest (elsewhere)" in note
    assert "/Contents (There)" in note
    assert "URI" not in note


def test_a_link_to_the_world_stays_one():
    part = part_with('<p><a href="https://example.org/">There</a></p>')
    assert b"/URI (https://example.org/)" in part.objects


def test_the_same_page_gives_the_same_part_whatever_was_laid_out_before():
    first = part_with("<p>Text</p>")
    part_with("<h2>Other</h2><table><tr><th>Γ</th><td>1</td></tr></table>")
    assert part_with("<p>Text</p>") == first


def test_an_error_of_the_library_fails_the_part():
    with pytest.raises(WorkError, match="alt"):
        part_with(f'<img src="data:image/png;base64,{DOT}">')


def test_what_is_taller_than_a_page_is_broken_where_it_must_be():
    """A reason of ten thousand signs is allowed; it may not cost the whole report."""
    style = "<style>tbody, tr { break-inside: avoid } tr.group { break-after: avoid }</style>"
    long = "<td>" + "Word like " * 600 + "</td>"
    rows = f'<tbody><tr class="group"><td>Group</td></tr></tbody><tbody><tr>{long}</tr><tr>{long}</tr></tbody>'
    body = f"<p>{'Before. ' * 400}</p><table>{rows}</table>"
    assert len(press(page_of(body).html.replace("</head>", f"{style}</head>")).pages) > 3
