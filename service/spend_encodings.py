"""In which encoding a text is written: told by its marks where it has them, else by which letters make words of it.

Files of one byte a letter do not say which letters they mean. Each encoding is tried on the words at the beginning of
the file; the one counts in which each word has the letters of one language. Western Europe's is left only for clear
evidence: words that no language there can have written. That is a proposal: a person looks at names.
"""

import codecs
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Literal

Encoding = Literal["utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "iso-8859-2", "iso-8859-5", "iso-8859-7"]

LOOKED_AT: Final = 20_000
"""Words by which the encoding of one byte a letter is found."""
DIFFERENT: Final = 4000
"""Of them so many different ones."""
LONGEST: Final = 100
"""Letters of a word that are looked at, on either side of its first beyond A to Z."""

_WESTERN = (
    "áéíóúüñ",  # Spanish, Irish
    "äöüß",  # German
    "àâçéèêëîïôùûüÿœ",  # French, Welsh
    "ãáâàçéêíóôõúü",  # Portuguese
    "àèéìíòóùú",  # Italian, Gaelic
    "àçèéíïòóúü",  # Catalan
    "éèëïöüóáíê",  # Dutch
    "æøåé",  # Danish, Norwegian
    "åäöõéüšž",  # Swedish, Finnish, Estonian
    "áéíóúýþðæö",  # Icelandic
)
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "ăâîşţ",  # Romanian
    "čćđšž",  # Croatian, Slovene
    "äöüß",  # German
)
_CYRILLIC = ("аоеинтрвслдк", "пмзъгбячжщшуцхюфйьыэ")
_GREEK = ("αοιετσνηυρςό", "πκμλγδθφχβζξψωάέήίύώϊϋΐΰ")


_LATIN: Final[Mapping[Encoding, tuple[str, ...]]] = {"cp1252": _WESTERN, "cp1250": _CENTRAL, "iso-8859-2": _CENTRAL}
_SELDOM: Final = frozenset("õû")
"""Letters that no Western language has often, where Hungarian's ő and ű stand."""


def _worth(frequent: str, other: str = "") -> dict[str, int]:
    counts = dict.fromkeys(frequent, 2) | dict.fromkeys(other, 1)
    return counts | dict.fromkeys(_SELDOM & counts.keys(), 1)


_LETTERS: Final[Mapping[Encoding, Sequence[Mapping[str, int]]]] = {
    **{encoding: [_worth(letters) for letters in languages] for encoding, languages in _LATIN.items()},
    "cp1251": [_worth(*_CYRILLIC)],
    "iso-8859-5": [_worth(*_CYRILLIC)],
    "cp1253": [_worth(*_GREEK)],
    "iso-8859-7": [_worth(*_GREEK)],
}
"""The encodings of one byte a letter, the likeliest first: what each language's letters beyond A to Z count in it."""

_STRANGE: Final = -3
"""What a sign in a word counts that is no letter of its language."""
_CLEAR: Final = 5
"""By more than this, which is what one sign in one word can do, must another encoding beat Western Europe's."""
_APART: Final = re.compile("[’‘“”„–—…€§°®™«»·\u00a0]")
"""What stands at words everywhere and parts them."""
_BEFORE: Final = frozenset("£¥¢¤½¼¾¿¡±")
_BEHIND: Final = frozenset("²³¹ºª¢")
"""Marks of Western Europe's encoding at the edges of words, as in £k and m³: there they are no letters of another."""
_ASCII: Final = string.ascii_letters.encode()


def encoding_of(start: bytes) -> Encoding:
    """The encoding of a text by its beginning: by its mark, by the noughts of UTF-16, as UTF-8, else by its letters.

    >>> encoding_of("Łączna wartość".encode("cp1250")), encoding_of("Доставчик".encode("cp1251"))
    ('cp1250', 'cp1251')
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _every_second_is_nought(start[:200]):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return _of_one_byte(start)
    return "utf-8"


def _every_second_is_nought(start: bytes) -> bool:
    return len(start) >= len("ab,") * 2 and (not any(start[1::2]) or not any(start[::2]))


def _of_one_byte(start: bytes) -> Encoding:
    words = list(islice(dict.fromkeys(islice(_words(start), LOOKED_AT)), DIFFERENT))
    likeness = {encoding: sum(_likeness(word, encoding) for word in words) for encoding in _LETTERS}
    best = max(_LETTERS, key=likeness.__getitem__)
    return best if likeness[best] > likeness["cp1252"] + _CLEAR else "cp1252"


def _words(start: bytes) -> Iterator[bytes]:
    """The words that are not ASCII; long runs of letters are walked through once."""
    for found in re.finditer(rb"[\x80-\xff][A-Za-z\x80-\xff]*", start):
        before = start[max(0, found.start() - LONGEST) : found.start()]
        yield before[len(before.rstrip(_ASCII)) :] + found[0][:LONGEST]


def _likeness(word: bytes, encoding: Encoding) -> int:
    """How much a word looks like one of the language of this encoding that it looks like most."""
    text = word.decode(encoding, errors="replace")
    western = word.decode("cp1252", errors="replace")
    found, place = 0, 0
    for part in _APART.split(text):
        signs = list(_signs(part, western[place : place + len(part)], latin=encoding in _LATIN))
        found += max(sum(worth.get(sign, _STRANGE) for sign in signs) for worth in _LETTERS[encoding])
        place += len(part) + 1
    return found


def _signs(text: str, western: str, *, latin: bool) -> Iterator[str]:
    """The letters of a word beyond A to Z in lower case; "" for what stands in words of no language."""
    for place, sign in enumerate(text):
        before, behind = text[place - 1 : place], text[place + 1 : place + 2]
        alone = not before.isalpha() and not behind.isalpha()
        mark = western[place] in (_BEHIND if before else _BEFORE) and not (before.isalpha() and behind.isalpha())
        if sign.isascii() or alone or mark:
            continue
        large = sign.isupper() and before.islower()
        mixed = not latin and any(other.isascii() and other.isalpha() for other in (before, behind))
        yield "" if large or mixed else sign.lower()


def codec_of(start: bytes, encoding: Encoding) -> str:
    """Python's name of the encoding of a text that begins so: with or without a mark, and in which order of bytes."""
    if encoding == "utf-8":
        return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    if encoding == "utf-16" and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if not any(start[1:200:2]) else "utf-16-be"
    return encoding
