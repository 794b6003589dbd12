"""Which supplier each payee of the lines is, and what is known of it: the register, people's answers, the lines."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec import Struct

from service.spend_analysis import NewAnalysis
from service.spend_import import REDACTED
from service.spend_matching import (
    MOST_PROPOSALS,
    Entry,
    Name,
    Proposal,
    Register,
    Wanted,
    agree,
    identifier_of,
    name_of,
    propose,
    size_of,
    voluntary_of,
)
from service.spend_places import Places

NOBODY: Final = -1
"""The supplier of lines that name none, or whose name was redacted."""


class Answers(Struct, frozen=True, kw_only=True):
    """What people have decided about suppliers, by key: the entry that each is, and the entries that it is not."""

    same: dict[str, str] = {}
    other: dict[str, set[str]] = {}


class Supplier(NamedTuple):
    """A supplier as the analysis knows it: what its spellings have in common, how it is shown, its register entry."""

    key: str
    name: str
    entry: int | None


class Spelled:
    """Suppliers by the names that payments and register have for them."""

    def __init__(self) -> None:
        self._by_words: dict[str, dict[Name, set[int]]] = defaultdict(lambda: defaultdict(set))

    def add(self, name: Name, supplier: int) -> None:
        """Remember a spelling."""
        self._by_words[name.words][name].add(supplier)

    def all_of(self, text: str) -> set[int]:
        """Every supplier that may be meant by a name."""
        name = name_of(text)
        found = self._by_words.get(name.words, {})
        return {number for other, numbers in found.items() if agree(name, other) for number in numbers}

    def one_of(self, text: str) -> int | None:
        """The one supplier that is meant by a name, or None."""
        name = name_of(text)
        for numbers in (self._by_words.get(name.words, {}).get(name, set()), self.all_of(text)):
            if len(numbers) == 1:
                return min(numbers)
        return None


_NO_ENTRY: Final = Entry(supplier="")
_REDACTED: Final = re.compile(REDACTED)


def _trimmed(text: str | None) -> str | None:
    return (text or "").strip() or None


def _named(name: str | None) -> bool:
    return name is not None and bool(name.strip()) and _REDACTED.search(name) is None


class Suppliers:
    """Gives each payee of the lines its supplier: names first, then suppliers, then whom a person has chosen."""

    def __init__(
        self,
        new: NewAnalysis,
        answers: Answers,
        register: Register,
        places: Places | None,
        *,
        numbers_agree: bool,
    ) -> None:
        self.suppliers: list[Supplier] = []
        self.spelled = Spelled()
        self.unused: list[tuple[str, str]] = []
        self.in_vain: list[str] = []
        self.outdated: dict[str, str] = {}
        self._counted: set[str] = set()
        self._new = new
        self._answers = answers
        self._register = register
        self._places = places
        self._numbers_agree = numbers_agree
        self._numbers: dict[int | str, int] = {}
        self._wanted: dict[int, tuple[Name, set[str]]] = {}
        self._of_payee: dict[int, int] = {}
        self._names: dict[int, Name] = {}
        self._forms: dict[str, set[str]] = defaultdict(set)
        for name in register.names:
            self._forms[name.words] |= {name.form} - {""}
        self._excluded: set[int] = set()
        self._bound: set[int] = set()

    def learn_names(self, payees: Iterable[tuple[Any, ...]]) -> None:
        """Which legal forms each name comes with."""
        for payee in payees:
            if _named(payee[1]):
                name = self._names[payee[0]] = name_of(payee[1])
                self._forms[name.words] |= {name.form} - {""}

    def learn_suppliers(self, payees: Iterable[tuple[Any, ...]]) -> None:
        """Which supplier each payee is, once all names are known."""
        for number, name, *_, first_id, last_id in payees:
            if number in self._names:
                ids = {identifier_of(one) for one in (first_id, last_id)} - {""}
                self._of_payee[number] = self._supplier(name, self._names[number], ids)

    def choose(self) -> None:
        """Whom a person leaves out, and whom a long contract holds, once all suppliers are known."""
        for chosen, found in ((self._new.exclude, self._excluded), (self._new.bound, self._bound)):
            for name in chosen.suppliers:
                named = self.spelled.all_of(name)
                found.update(named)
                if not named:
                    self.in_vain.append(name)

    def tell(self, payee: tuple[Any, ...]) -> tuple[Any, ...]:
        """The row of a payee for the table `who`."""
        number, name, postcode, country, nuts, size, employees, voluntary, sector, *_ = payee
        supplier = self._of_payee.get(number, NOBODY)
        if supplier == NOBODY:
            redacted = name is not None and _REDACTED.search(name) is not None
            ring = self._ring(postcode, country, nuts, None)
            return (number, NOBODY, ring, size_of(size, employees), None, _trimmed(sector), False, False, redacted)
        place = self.suppliers[supplier].entry
        entry = None if place is None else self._register.entries[place]
        of_entry = entry or _NO_ENTRY
        known = voluntary_of(voluntary, self._names[number])
        if known is None and place is not None:
            known = voluntary_of(of_entry.voluntary, self._register.names[place])
        return (
            number,
            supplier,
            self._ring(postcode, country, nuts, entry),
            size_of(size, employees) or size_of(of_entry.size, of_entry.employees),
            known,
            _trimmed(sector) or _trimmed(of_entry.sector),
            supplier in self._excluded,
            supplier in self._bound,
            False,
        )

    def _ring(self, postcode: str | None, country: str | None, nuts: str | None, entry: Entry | None) -> str | None:
        """Where the line says that the payee is, else where the register says."""
        if self._places is None:
            return None
        ring = self._places.ring_of(postcode, country, nuts)
        if ring is None and entry is not None:
            ring = self._places.ring_of(entry.postcode, entry.country, entry.nuts)
        return ring

    def _supplier(self, text: str, name: Name, ids: set[str]) -> int:
        forms = self._forms[name.words]
        # Two legal forms of one name are two firms.
        key = (f"{name.words} {name.form}" if len(forms) > 1 else name.words).strip() or text.strip()
        entry = self._answered(key, name)
        if entry is None:
            entry = self._found(name, ids, len(forms))
        mark = key if entry is None else entry
        if mark not in self._numbers:
            self._numbers[mark] = len(self.suppliers)
            shown = text.strip() if entry is None else self._register.entries[entry].supplier
            self.suppliers.append(Supplier(key, shown, entry))
            if entry is not None:
                self.spelled.add(self._register.names[entry], self._numbers[mark])
        number = self._numbers[mark]
        self.spelled.add(name, number)
        self._wanted.setdefault(number, (name, set()))[1].update(ids)
        return number

    def _answered(self, key: str, name: Name) -> int | None:
        """The entry that a person has said, also before a second legal form of the name was known, or after."""
        if key in self._answers.same:
            self.outdated.pop(key, None)
            self._counted.add(key)
            return self._entry(key)
        other = self._other_key(key, name)
        entry = self._entry(other) if other in self._answers.same else None
        if entry is None or key == name.words:
            return entry
        # It was said of the words alone: it holds for the firm whose legal form is the entry's.
        of_entry = self._register.names[entry]
        if agree(name, of_entry) or name.form == of_entry.form:
            self.outdated.pop(other, None)
            self._counted.add(other)
            return entry
        if other not in self._counted:
            self.outdated[other] = self._answers.same[other]
        return None

    def _other_key(self, key: str, name: Name) -> str:
        """How answers name a supplier where fewer legal forms of its name are known, or more."""
        if key != name.words:
            return name.words
        forms = self._forms[name.words]
        return f"{key} {min(forms)}" if len(forms) == 1 else key

    def _entry(self, key: str) -> int | None:
        """The entry of an answer; an answer about an entry that is not here is remembered as unused."""
        answer = self._answers.same[key]
        entry = self._register.named(answer)
        if entry is None and self._register.entries and (key, answer) not in self.unused:
            self.unused.append((key, answer))
        return entry

    def _found(self, name: Name, ids: set[str], forms: int) -> int | None:
        if identifier_of(name.words) not in ids:
            return self._register.find(name, ids, forms)
        # The payments have numbers and no names: nothing can be checked but what the headings say.
        numbered = self._register.numbered(ids) if self._numbers_agree else set[int]()
        return min(numbered) if len(numbered) == 1 else None

    def propose(self, paid: Mapping[int, Decimal]) -> tuple[list[Proposal], int]:
        """Who the suppliers may be that are in no entry, the best paid first; for how many nobody was looked for."""
        if not self._register.entries:
            return [], 0
        unknown = [
            Wanted(found.key, self._wanted[number][0], found.name, paid[number], frozenset(self._wanted[number][1]))
            for number, found in enumerate(self.suppliers)
            if found.entry is None and number in paid
        ]
        unknown.sort(key=_best_paid)
        no = self._answers.other
        refused = {
            one.key: no.get(one.key, set()) | no.get(self._other_key(one.key, one.name), set()) for one in unknown
        }
        return propose(self._register, unknown, refused), max(0, len(unknown) - MOST_PROPOSALS)


def _best_paid(one: Wanted) -> tuple[Decimal, str]:
    return -one.amount, one.key
