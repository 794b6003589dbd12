"""In which encoding a text is written: told by its marks where it has them, else by which letters make words of it.

Files of one byte a letter do not say which letters they mean. Each encoding is tried on the beginning of the file; the
one counts whose letters are those of the languages that it was made for. That is a proposal: a person looks at names.
"""

import codecs
import re
from collections.abc import Mapping
from typing import Final, Literal

Encoding = Literal["utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "iso-8859-2", "iso-8859-5", "iso-8859-7"]

LOOKED_AT: Final = 256 * 1024
"""Bytes of a file by which the encoding of one byte a letter is found."""

_CENTRAL = ("ąćęłńóśźżěščřžýáíéúůťďőűă", "äöüßňľŕţşîâ")
_CYRILLIC = ("аоеинтрвслдк", "пмзъгбячжщшуцхюфйьыэ")
_GREEK = ("αοιετσνηυρςό", "πκμλγδθφχβζξψωάέήίύώϊϋΐΰ")
_LETTERS: Final[Mapping[Encoding, tuple[str, str]]] = {
    "cp1252": ("éàèáíóäöüñçãêåæøœ", "âîôûùëïßúõìòýÿšºª"),
    "cp1250": _CENTRAL,
    "iso-8859-2": _CENTRAL,
    "cp1251": _CYRILLIC,
    "iso-8859-5": _CYRILLIC,
    "cp1253": _GREEK,
    "iso-8859-7": _GREEK,
}
"""The encodings of one byte a letter, the likeliest first: letters that are frequent in their languages, and others."""

_STRANGE: Final = -3
"""What a sign in or at a word that is no letter of the languages counts."""
_MARKS: Final = "’‘“”„–—…€£§°®™«»·\u00a0"
"""What stands at words everywhere and tells nothing."""


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
    words = b"\n".join(re.findall(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*", start)[:20_000])[:LOOKED_AT]
    return max(_LETTERS, key=lambda encoding: _likeness(words.decode(encoding, errors="replace"), *_LETTERS[encoding]))


def _likeness(text: str, frequent: str, other: str) -> int:
    """How much a text looks like words of the languages that have these letters."""
    worth = dict.fromkeys(_MARKS, 0) | dict.fromkeys(frequent, 2) | dict.fromkeys(other, 1)
    found = 0
    for before, sign, behind in zip("\n" + text, text, text[1:] + "\n", strict=False):
        if sign.isascii() or not (before.isalpha() or behind.isalpha()):
            continue
        large = sign.isupper() and before.islower()
        found += _STRANGE if large else worth.get(sign.lower(), _STRANGE)
    return found


def codec_of(start: bytes, encoding: Encoding) -> str:
    """Python's name of the encoding of a text that begins so: with or without a mark, and in which order of bytes."""
    if encoding == "utf-8":
        return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    if encoding == "utf-16" and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if not any(start[1:200:2]) else "utf-16-be"
    return encoding
