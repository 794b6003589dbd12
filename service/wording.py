"""Sentences in somebody's language: English stands where it is used, every translation in service/locale/<code>.po.

A sentence with figures is an ordinary f-string where it is said. Its catalogue entry has {names} for the figures, and
by the words between them it is found again, here or in what was stored. Figures are never formatted, so no digit is
lost. `make translations` compiles the catalogues (<code>.mo).
"""

import gettext
import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

CATALOGUES = Path(__file__).parent / "locale"
ENGLISH = "en"

LONGEST = 4_000
"""Longer texts, in characters, are nobody's sentence and stay as they are."""

FEW_LETTERS = 9
"""Where a message has fewer letters of its own, a figure is one word: not every "It is …" says "It is {now}."."""

_FIGURE = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q=(1(?:\.0{0,3})?|0(?:\.[0-9]{0,3})?)\s*)?")
_MOST_RANGES = 20


class Sentence(NamedTuple):
    """A message with figures: the words before, between and behind them, and their names in order."""

    message: str
    words: tuple[str, ...]
    names: tuple[str, ...]

    def figures(self, text: str) -> dict[str, str] | None:
        """What is filled in, or None where the text does not say this. Takes the time of reading the text once."""
        if not text.startswith(self.words[0]) or not text.endswith(self.words[-1]):
            return None
        found, place = list[str](), len(self.words[0])
        for words in self.words[1:-1]:
            end = text.find(words, place + 1)
            found.append(text[place:end])
            place = end + len(words)
            if end < 0:
                return None
        found.append(text[place : len(text) - len(self.words[-1])])
        few = sum(map(str.isalpha, "".join(self.words))) < FEW_LETTERS
        if not all(found) or place > len(text) - len(self.words[-1]) or (few and any(" " in one for one in found)):
            return None
        return dict(zip(self.names, found, strict=True))


def told(text: str, lang: str) -> str:
    """A sentence in a language. What nobody translated, such as what somebody else wrote, stays as it is."""
    if lang == ENGLISH or not text or len(text) > LONGEST:
        return text
    catalogue = wording(lang)
    if (plain := catalogue.gettext(text)) != text:
        return plain
    for sentence in _sentences(lang):
        if (figures := sentence.figures(text)) is not None:
            inner = {name: told(figure, lang) for name, figure in figures.items()}
            return catalogue.gettext(sentence.message).format_map(inner)
    return text


@cache
def _sentences(lang: str) -> tuple[Sentence, ...]:
    """The messages with figures, those with the most words of their own first."""
    known = _read(lang).messages()
    return tuple(sorted(map(sentence_of, filter(_FIGURE.search, known)), key=lambda one: -sum(map(len, one.words))))


def sentence_of(message: str) -> Sentence:
    """A message as it is looked for in a text."""
    words, names = [""], list[str]()
    for before, name, _, _ in Formatter().parse(message):
        words[-1] += before
        if name:
            names.append(name)
            words.append("")
    return Sentence(message, tuple(words), tuple(names))


def wording(lang: str) -> gettext.NullTranslations:
    """The translations into a language. Raises LookupError if there are none."""
    return gettext.NullTranslations() if lang == ENGLISH else _read(lang)


class _Catalogue(gettext.GNUTranslations):
    """A compiled catalogue that can tell what it translates."""

    _catalog: dict[str | tuple[str, int], str]

    def messages(self) -> list[str]:
        """Every message without a plural."""
        return [message for message in self._catalog if isinstance(message, str) and message]


@cache
def _read(lang: str) -> _Catalogue:
    path = CATALOGUES / f"{lang}.mo"
    if not re.fullmatch("[a-z]{2}", lang) or not path.exists():
        raise LookupError(f"no catalogue for {lang!r}")
    with path.open("rb") as compiled:
        return _Catalogue(compiled)


@cache
def is_reviewed(lang: str) -> bool:
    """Whether a person who speaks the language has read the whole catalogue: its header says `X-Reviewed: yes`."""
    if lang == ENGLISH:
        return True
    header, _, _ = (CATALOGUES / f"{lang}.po").read_text(encoding="utf-8").partition("msgid")
    return "# X-Reviewed: yes\n" in header


def choose(accept_language: str, otherwise: str = ENGLISH) -> str:
    """The language that somebody prefers among those that there are; another where none fits (RFC 9110, 12.5.4).

    >>> choose("de-AT, fr;q=0.9, en;q=0.1")
    'de'
    """
    best, preferred = 0, otherwise
    for part in accept_language.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        code, quality = found[1].lower(), _thousandths(found[2] or "1")
        if quality > best and code in spoken():
            best, preferred = quality, code
    return preferred


def _thousandths(quality: str) -> int:
    whole, _, decimals = quality.partition(".")
    return int(whole) * 1000 + int(decimals.ljust(3, "0"))


@cache
def spoken() -> frozenset[str]:
    """Every language that there is: English, and those with a catalogue."""
    return frozenset({ENGLISH, *(path.stem for path in CATALOGUES.glob("*.mo"))})
