"""HTML to one file that is PDF/A-3A (archives) and PDF/UA-1 (screen readers), the same bytes for the same input.

A sheet may be cut into parts, each of which begins on a page of its own and is laid out by itself, so that parts can be
made side by side, and be kept; `binding` makes one file of them. WeasyPrint is imported in child processes only
(`apart`). It sees the fonts in templates/fonts and no others.
"""

import hashlib
import logging
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from html import unescape
from importlib.metadata import version
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from service import wording
from service.apart import WorkError
from service.binding import Attached, Part, bind
from service.press import ELSEWHERE, part_of
from service.typefaces import FONTS, UNPRINTABLE

MEND = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""What makes PDF possible on Debian; everything else works without these libraries."""

VARIANT = "pdf/a-3a"

CUT = "<!-- part -->"
"""Between two parts of a sheet. No text can forge it: in text, < is escaped."""

LINK = re.compile(r'<a href="#([^"]+)"[^>]*>([^<]+)</a>')
"""A link inside the report and its words, which are all that stands in it."""

ABOUT = re.compile(r"<title>.*?</title>\n?|<meta name=[^>]*>\n?", re.DOTALL)
"""What the head says of the whole."""

ANCHOR = re.compile(r' id="([^"]+)"')
TARGET = re.compile(r'href="#([^"]+)"')


class Sheet(msgspec.Struct, frozen=True):
    """All that a PDF is made of.

    at: the date written into it: the evaluation's, not the clock's; None: undated. proof: the line at its pages' foot.
    """

    html: str
    at: datetime | None
    attached: tuple[Attached, ...] = ()
    proof: str = ""


class Inside(NamedTuple):
    """The data that a paper carries, under the name of a file, and the language that says so."""

    name: str
    data: bytes
    lang: str


def carrying(html: str, at: datetime, what: Inside) -> Sheet:
    """HTML as a sheet with its data inside."""
    say = wording.wording(what.lang).gettext
    inside = Attached(name=what.name, description=say("What this paper prints, as data"), content=what.data)
    proof = f"{what.name} SHA-256 {hashlib.sha256(what.data).hexdigest()}"
    return Sheet(html=html, at=at, attached=(inside,), proof=proof)


# Parts


def parts_of(html: str) -> tuple[str, ...]:
    """A page cut into pages.

    Only the first says what the whole is called and of when it is: the others do not change when those do.
    """
    start = html.find(">", html.find("<main")) + 1
    end = html.rfind("</main>")
    first, *others = html[start:end].split(CUT)
    plain = ABOUT.sub("", html[:start])
    return html[:start] + first + html[end:], *(plain + other + html[end:] for other in others)


def key_of(html: str) -> bytes:
    """What a part can be found by again: a digest of its page and of all that decides how that is laid out."""
    return hashlib.sha256(_makers() + html.encode()).digest()


@cache
def _makers() -> bytes:
    """A digest of the fonts, of the libraries' versions and of the code that makes a part."""
    load()
    from weasyprint.text import ffi

    pango = str(cast("Any", ffi).pango.pango_version())
    versions = (renderer(), version("pydyf"), pango, zlib.ZLIB_RUNTIME_VERSION)
    code = (Path(__file__).with_name(f"{name}.py") for name in ("pdf", "press", "binding", "typefaces"))
    found = hashlib.sha256("\n".join(versions).encode())
    for path in (*sorted(FONTS.iterdir()), *code):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.digest()


def _far(html: str) -> str:
    """Links to what is in another part lead out of this one until it is bound."""
    here = set(ANCHOR.findall(html))
    return TARGET.sub(lambda link: link[0] if link[1] in here else f'href="{ELSEWHERE}{link[1]}"', html)


def _paged(html: str, others: Sequence[Part], before: int) -> str:
    """The first part, which has so many pages, with the page numbers of whatever in the others it leads to."""
    pages: dict[str, int] = {}
    for part in others:
        pages |= {name: before + page + 1 for name, (page, _, _) in part.anchors.items()}
        before += len(part.pages)
    return TARGET.sub(lambda link: f'{link[0]} data-page="{pages[link[1]]}"' if link[1] in pages else link[0], html)


def render(sheet: Sheet) -> bytes:
    """The PDF of a sheet, made in this process.

    Raises WorkError when a library is missing and when WeasyPrint reports an error: it would otherwise still write
    a file that claims to be accessible.
    """
    first, *others = parts_of(sheet.html)
    return finish(sheet, first, [press(page) for page in others])


def finish(sheet: Sheet, first: str, others: Sequence[Part]) -> bytes:
    """The PDF of a sheet whose other parts are ready.

    The first has the contents. It is laid out with the others' page numbers, which hang on how many it has itself;
    once if the estimate of that is right, else until it is.
    """
    pages = 1 + ceil((len(TARGET.findall(first)) + HEADLINES) / LINES) if others else 0
    for _ in range(TRIES):
        front = press(_paged(first, others, pages))
        if len(front.pages) == pages or not others:
            return bind((front, *others), sheet.attached, sheet.at, sheet.proof)
        pages = len(front.pages)
    raise WorkError("The contents have no fixed number of pages.")


HEADLINES, LINES, TRIES = 6, 50, 5
"""An estimate of how many pages the contents take: the lines that their heading takes, and those of a page."""


def press(html: str) -> Part:
    """One part, laid out by itself. Raises WorkError as `render` does.

    Where something that may not be broken is taller than a page, the library sometimes finds no way and gives up; such
    a part is laid out once more, and broken wherever it must be.
    """
    style, plain = _unstyled(html)
    page = _printable(_far(plain))
    words = {anchor: unescape(words) for anchor, words in LINK.findall(html)}
    faults = _Faults()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(faults)
    try:
        try:
            part = _drawn(page, [_stylesheet(style)], words)
        except AssertionError:
            part = _drawn(page, [_stylesheet(style), _stylesheet(BREAKABLE)], words)
    except AssertionError as error:
        raise WorkError(f"WeasyPrint could not lay out a part: {error!r}.") from error
    finally:
        logger.removeHandler(faults)
    if faults.messages:
        raise WorkError("WeasyPrint reported: " + "; ".join(faults.messages))
    return part


BREAKABLE = "* { break-inside: auto !important; break-after: auto !important; }"


def _drawn(page: str, stylesheets: list[Any], words: Mapping[str, str]) -> Part:
    found: list[Part] = []

    def keep(document: Any, pdf: Any) -> None:
        found.append(part_of(document, pdf, words))
        del pdf.objects[1:]  # there is nothing left to write

    load().HTML(string=page, url_fetcher=data_only()).write_pdf(
        finisher=keep, pdf_variant=VARIANT, stylesheets=stylesheets, font_config=_fonts(), uncompressed_pdf=True
    )
    return found[0]


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


@cache
def _stylesheet(style: str) -> Any:
    """A parsed stylesheet, which many parts share."""
    return load().CSS(string=style, url_fetcher=data_only())


@cache
def _fonts() -> Any:
    """The fonts that all parts made in this process share."""
    load()
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def _unstyled(html: str) -> tuple[str, str]:
    """A page's stylesheet, and the page without it."""
    before, start, rest = html.partition("<style>")
    style, end, after = rest.partition("</style>")
    return (style, before + after) if start and end else ("", html)


def warm() -> None:
    """Load the library and let it read what every part needs: its own stylesheet, the fonts. Raises WorkError."""
    press('<!doctype html><html lang="en"><head><title>.</title></head><body><main><p>.</p></main></body></html>')
    _makers()


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


def renderer() -> str:
    """Name and version of what makes the PDFs, for the report's last page and `doctor`."""
    return f"WeasyPrint {version('weasyprint')}"
