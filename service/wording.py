"""Sentences in somebody's language: English stands where it is used, every translation in service/locale/<code>.po.

A sentence with figures is said with `say`: it is plain English text for whoever asks for no other language, and keeps
its message and figures until the edge knows the reader's. Figures are never formatted here, so no digit is lost.
"""

import gettext
import io
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Self

CATALOGUES = Path(__file__).parent / "locale"
ENGLISH = "en"

_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q=(1(?:\.0{0,3})?|0(?:\.[0-9]{0,3})?)\s*)?")
_MOST_RANGES = 20


class Said(str):
    """An English sentence that knows its message and figures, so that it can be said again in another language."""

    __slots__ = ("figures", "message")

    message: str
    figures: Mapping[str, object]

    def __new__(cls, message: str, figures: Mapping[str, object]) -> Self:
        """The message with its figures filled in."""
        said = super().__new__(cls, message.format_map(figures))
        said.message, said.figures = message, figures
        return said


def say(message: str, **figures: object) -> Said:
    """An English sentence; {names} in the message stand for the figures, {{ and }} for braces.

    >>> say("This lot takes {most} variants.", most=2)
    'This lot takes 2 variants.'
    """
    return Said(message, figures)


def told(text: str, lang: str) -> str:
    """A sentence in a language. Text that nobody translated, such as what somebody else wrote, stays as it is."""
    if lang == ENGLISH or not text:
        return str(text)
    if not isinstance(text, Said):
        return wording(lang).gettext(text)
    figures = {
        name: told(figure, lang) if isinstance(figure, Said) else figure for name, figure in text.figures.items()
    }
    return wording(lang).gettext(text.message).format_map(figures)


@cache
def wording(lang: str) -> gettext.NullTranslations:
    """The translations into a language; read from its catalogue on first use. Raises LookupError if there is none."""
    if lang == ENGLISH:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = CATALOGUES / f"{lang}.po"
    if not re.fullmatch("[a-z]{2}", lang) or not path.exists():
        raise LookupError(f"no catalogue for {lang!r}")
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def is_reviewed(lang: str) -> bool:
    """Whether a person who speaks the language has read the whole catalogue: its header says `X-Reviewed: yes`."""
    if lang == ENGLISH:
        return True
    header, _, _ = (CATALOGUES / f"{lang}.po").read_text(encoding="utf-8").partition("msgid")
    return "# X-Reviewed: yes\n" in header


def choose(accept_language: str, languages: Iterable[str]) -> str:
    """The language that somebody prefers among those that there are; English where none fits (RFC 9110, 12.5.4).

    >>> choose("de-AT, fr;q=0.9, en;q=0.1", ("en", "de", "fr"))
    'de'
    """
    there = frozenset(languages)
    best, preferred = 0.0, ENGLISH
    for part in accept_language.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        code, quality = found[1].lower(), float(found[2] or 1)
        if code in there and quality > best:
            best, preferred = quality, code
    return preferred
