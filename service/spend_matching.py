"""Who was paid: spellings of one supplier brought together, and found in the buyer's register of suppliers.

An identifier that both have decides where the names fit; then the name without case, marks and legal form, unless two
legal forms contradict each other. What is only alike, or has the number of somebody with another name, is proposed to a
person, whose answer is kept and counts from then on. Nobody is matched by likeness alone.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from msgspec import Struct

LEGAL_FORMS: Final = {
    "limited": "ltd",
    "ltd": "ltd",
    "public limited company": "plc",
    "plc": "plc",
    "limited liability partnership": "llp",
    "llp": "llp",
    "community interest company": "cic",
    "cic": "cic",
    "incorporated": "inc",
    "inc": "inc",
    "gmbh": "gmbh",
    "ag": "ag",
    "bv": "bv",
    "nv": "nv",
    "sa": "sa",
    "sarl": "sarl",
    "srl": "srl",
    "spa": "spa",
    "sl": "sl",
    "ab": "ab",
    "as": "as",
    "aps": "aps",
    "oy": "oy",
    "sp z oo": "spzoo",
    "eg": "eg",
    "ev": "ev",
    "vof": "vof",
}
"""Legal forms as they end a name, without dots, and what each amounts to."""

ALIKE: Final = 86
"""Of a hundred: names as alike as this are proposed to a person."""
PROPOSED: Final = 3
MOST_PROPOSALS: Final = 1000
"""Suppliers, the best paid first, for whom somebody alike is looked for."""

_FORM = re.compile(r" (" + "|".join(sorted(LEGAL_FORMS, key=len, reverse=True)) + r")$")
_WITHOUT = str.maketrans("", "", "'.\u2019")
"""Marks that are left out: A.B.C. is ABC."""
_MARKS = re.compile(r"[^\w\s]|_")
_TRADING = re.compile(r"\b(?:t/as?|trading as|t\.a\.)\s.*$", re.IGNORECASE)


class Name(NamedTuple):
    """A name as it is compared: its words, and its legal form where it gives one."""

    words: str
    form: str


class Entry(Struct, frozen=True, kw_only=True):
    """An entry of the register; whatever it does not say is None and stays unknown."""

    supplier: str
    supplier_id: str | None = None
    postcode: str | None = None
    country: str | None = None
    nuts: str | None = None
    size: str | None = None
    employees: str | None = None
    voluntary: str | None = None
    sector: str | None = None


class Alike(Struct, frozen=True, kw_only=True):
    """An entry whose name is like a supplier's: how much, of a hundred. It is a proposal, not a match.

    `same_number`: both have one identifier, and names that do not fit.
    """

    entry: str
    name: str
    likeness: int
    same_number: bool = False


class Wanted(NamedTuple):
    """A supplier that is in no entry: its key, its name as it is compared and shown, what it was paid, its numbers."""

    key: str
    name: Name
    shown: str
    amount: Decimal
    identifiers: frozenset[str]


class Proposal(Struct, frozen=True, kw_only=True):
    """A supplier that is in no register entry by its name, what it was paid, and who it may be."""

    supplier: str
    name: str
    amount: Decimal
    alike: tuple[Alike, ...]


def name_of(text: str) -> Name:
    """A name as it is compared.

    >>> name_of("The ALDER-Roofing Co. Limited  "), name_of("Alder Roofing Company Ltd. t/a Roofs4U")
    (Name(words='alder roofing co', form='ltd'), Name(words='alder roofing co', form='ltd'))
    """
    bare = text.casefold()
    if not bare.isascii():
        marked = unicodedata.normalize("NFKD", bare).casefold()
        bare = "".join(letter for letter in marked if not unicodedata.combining(letter))
    bare = _TRADING.sub("", bare).replace("&", " and ")
    bare = _MARKS.sub(" ", bare.translate(_WITHOUT))
    words = " ".join(bare.split()).removeprefix("the ")
    found = _FORM.search(words)
    form = "" if found is None else LEGAL_FORMS[found[1]]
    return Name(re.sub(r"\bcompany\b", "co", words[: found.start()] if found else words), form)


def key_of(text: str) -> str:
    """What one supplier's spellings have in common; the empty text for a name without a letter or digit."""
    return name_of(text).words


def agree(one: Name, other: Name) -> bool:
    """Whether two names may be one firm's: the same words, and no two legal forms.

    >>> agree(name_of("Kier Ltd"), name_of("KIER")), agree(name_of("Kier Ltd"), name_of("Kier LLP"))
    (True, False)
    """
    return one.words == other.words and (one.form == other.form or not one.form or not other.form)


def fits(one: Name, other: Name) -> bool:
    """Whether two names that have one identifier are one firm's: the same, one within the other, or alike."""
    from rapidfuzz import fuzz

    if one.form and other.form and one.form != other.form:
        return False
    some, more = set(one.words.split()), set(other.words.split())
    return some <= more or more <= some or fuzz.token_sort_ratio(one.words, other.words) >= ALIKE


def identifier_of(text: str | None) -> str:
    """An identifier as it is compared: letters and digits, without leading noughts."""
    return re.sub(r"[^A-Z0-9]", "", (text or "").upper()).lstrip("0")


class Register:
    """The register's entries, to be found by identifier and by name."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._by_identifier: dict[str, set[int]] = defaultdict(set)
        self._by_words: dict[str, list[int]] = defaultdict(list)
        self.names = [name_of(entry.supplier) for entry in entries]
        for number, entry in enumerate(entries):
            if identifier := identifier_of(entry.supplier_id):
                self._by_identifier[identifier].add(number)
            if words := self.names[number].words:
                self._by_words[words].append(number)

    def key(self, number: int) -> str:
        """How a person's answer names an entry: by its identifier, else by its name."""
        return identifier_of(self.entries[number].supplier_id) or self.names[number].words

    def numbered(self, identifiers: Iterable[str]) -> set[int]:
        """The entries that have one of these identifiers."""
        return {number for identifier in identifiers for number in self._by_identifier.get(identifier, ())}

    def find(self, name: Name, identifiers: Iterable[str], forms: int = 1) -> int | None:
        """The one entry that a supplier is without doubt, or None: there is none, or there are several.

        `forms` counts the legal forms that are known with this name: without one it is nobody's where there are two.
        """
        found = self.numbered(identifiers)
        if len(found) == 1 and fits(name, self.names[number := found.pop()]):
            return number
        named = [number for number in self._by_words.get(name.words, []) if agree(name, self.names[number])]
        same = [number for number in named if self.names[number].form == name.form]
        for choice in (same, named if name.form or forms <= 1 else []):
            if len(choice) == 1:
                return choice[0]
        return None

    def named(self, key: str) -> int | None:
        """The entry that an answer names, by its identifier or, where one entry alone has it, by its name."""
        found = self._by_identifier.get(key) or set(self._by_words.get(key, ()))
        return min(found) if len(found) == 1 or key in self._by_identifier else None

    def keys(self, number: int) -> set[str]:
        """Every key by which answers name an entry."""
        return {self.key(number), self.names[number].words}


def propose(register: Register, wanted: Sequence[Wanted], refused: Mapping[str, set[str]]) -> list[Proposal]:
    """For suppliers, the best paid first: entries with their number or names alike, unless a person said no."""
    from rapidfuzz import fuzz, process

    words = {number: _sorted(name) for number, name in enumerate(register.names) if name.words}
    found: list[Proposal] = []
    for one in wanted[:MOST_PROPOSALS]:
        own = _sorted(one.name)
        best = process.extract(own, words, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=PROPOSED)
        likeness = {number: int(like) for _, like, number in best}
        numbered = register.numbered(one.identifiers)
        for number in sorted(numbered - set(likeness))[:PROPOSED]:
            likeness[number] = int(fuzz.ratio(own, _sorted(register.names[number])))
        alike = tuple(
            Alike(
                entry=register.key(number),
                name=register.entries[number].supplier,
                likeness=like,
                same_number=number in numbered,
            )
            for number, like in likeness.items()
            if not register.keys(number) & refused.get(one.key, set())
        )
        if alike:
            found.append(Proposal(supplier=one.key, name=one.shown, amount=one.amount, alike=alike))
    return found


def _sorted(name: Name) -> str:
    """The words of a name in the alphabet's order: that of two names does not matter."""
    return " ".join(sorted(name.words.split()))


# What is known of a supplier

Size = Literal["micro", "small", "medium", "sme", "large"]
"""`sme` is a small or medium one of which no more is known."""
SMES: Final[frozenset[str]] = frozenset(("micro", "small", "medium", "sme"))
_STAFF: tuple[tuple[int, Size], ...] = ((10, "micro"), (50, "small"), (250, "medium"))
"""Fewer people than this. Source: Recommendation 2003/361/EC, annex, art. 2, whose turnover ceilings are not asked."""
_SAID: tuple[Size, ...] = ("micro", "small", "medium", "large")
_LARGE: Size = "large"
_YES = frozenset(("y", "yes", "true", "1", "ja", "oui", "si"))
_NO = frozenset(("n", "no", "false", "0", "nein", "nee", "non"))


def size_of(size: str | None, employees: str | None) -> Size | None:
    """The class of size by the number of people, else as it is said; None where nothing is known.

    >>> size_of(None, "49"), size_of("Small business", None), size_of("no", None), size_of("?", "")
    ('small', 'small', 'large', None)
    """
    staff = re.sub(r"(?<=[0-9])(?<!^0)[\s,.'\u2019](?=[0-9]{3}(?![0-9]))", "", (employees or "").strip())
    if re.fullmatch("[0-9]+(?:[.,][0-9]+)?", staff):
        people = Decimal(staff.replace(",", "."))
        below: list[Size] = [name for limit, name in _STAFF if people < limit]
        return below[0] if below else _LARGE
    words = re.findall(r"[a-z0-9]+", (size or "").casefold())
    for name in _SAID:
        if name in words:
            return name
    if "sme" in words:
        return _LARGE if {"non", "not", "no"} & set(words) else "sme"
    said = words[0] if len(words) == 1 else ""
    if said in _YES:
        return "sme"
    return _LARGE if said in _NO else None


def voluntary_of(flag: str | None, name: Name) -> bool | None:
    """Whether a supplier is a voluntary, community or social enterprise; None where nothing is known."""
    words = set(re.findall(r"[a-z0-9]+", (flag or "").casefold()))
    if name.form == "cic" or words & (
        _YES | {"vcse", "vcs", "voluntary", "charity", "charitable", "cic", "cooperative"}
    ):
        return True
    return False if words & (_NO | {"none", "ltd", "limited", "plc", "company"}) else None
