"""Who was paid: spellings of one supplier brought together, and found in the buyer's register of suppliers.

An identifier that both have decides; then the name without case, marks and legal form. Names that are only alike are
proposed to a person, whose answer is kept and counts from then on. Nobody is matched by likeness alone.
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
MOST_PROPOSALS: Final = 300
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
    """An entry whose name is like a supplier's: how much, of a hundred. It is a proposal, not a match."""

    entry: str
    name: str
    likeness: int


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

    def find(self, name: Name, identifiers: Iterable[str]) -> int | None:
        """The one entry that a supplier is without doubt, or None: there is none, or there are several."""
        found = {number for identifier in identifiers for number in self._by_identifier.get(identifier, ())}
        if len(found) == 1:
            return found.pop()
        named = self._by_words.get(name.words, [])
        same = [number for number in named if self.names[number].form == name.form]
        for choice in (same, named):
            if len(choice) == 1:
                return choice[0]
        return None

    def by_key(self) -> dict[str, int]:
        """Entries by the key that answers name; the first of two with one key."""
        return {self.key(number): number for number in reversed(range(len(self.entries)))}


def propose(
    register: Register, wanted: Sequence[tuple[str, str, Decimal]], refused: Mapping[str, set[str]]
) -> list[Proposal]:
    """For suppliers (key, name, amount), the best paid first: entries with names alike, unless a person said no."""
    from rapidfuzz import fuzz, process

    words = {number: name.words for number, name in enumerate(register.names) if name.words}
    found: list[Proposal] = []
    for key, name, amount in wanted[:MOST_PROPOSALS]:
        best = process.extract(key, words, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, limit=PROPOSED)
        alike = tuple(
            Alike(entry=register.key(number), name=register.entries[number].supplier, likeness=int(likeness))
            for _, likeness, number in best
            if register.key(number) not in refused.get(key, ())
        )
        if alike:
            found.append(Proposal(supplier=key, name=name, amount=amount, alike=alike))
    return found


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
    staff = re.sub(r"[ ,.]", "", employees or "")
    if staff.isascii() and staff.isdigit():
        below: list[Size] = [name for limit, name in _STAFF if int(staff) < limit]
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
