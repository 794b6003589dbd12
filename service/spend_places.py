"""Where a supplier is: rings around a place, by lists of codes that the buyer loads.

A ring is a name such as "city", "county", "country"; a list says which codes lie in which: postcodes, their districts,
NUTS or ITL codes, countries. The most exact code decides. A place that no list knows is unknown, never far away.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_BRITISH: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9])([A-Z]{2})")
SHORTEST: Final = 2
"""Letters and digits of the shortest code that is looked for: a country's."""


def code_of(text: str) -> str:
    """A code as it is compared: upper case, a British postcode with its one space.

    >>> code_of("ox11aa"), code_of(" OX1  1 "), code_of("nl310")
    ('OX1 1AA', 'OX1 1', 'NL310')
    """
    bare = " ".join(text.upper().split())
    whole = _BRITISH.fullmatch(bare.replace(" ", ""))
    return f"{whole[1]} {whole[2]}{whole[3]}" if whole else bare


class Places:
    """The rings in the order in which the list names them first, and the codes that lie in each."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self._rings: dict[str, str] = {}
        self.rings: list[str] = []
        self.twice: list[str] = []
        for code, ring in rows:
            name = ring.strip()
            if name not in self.rings:
                self.rings.append(name)
            if self._rings.setdefault(code_of(code), name) != name:
                self.twice.append(code_of(code))

    def ring_of(self, postcode: str | None, country: str | None, nuts: str | None) -> str | None:
        """The ring of a place, or None where the list does not know it."""
        for code in _codes(postcode, country, nuts):
            if (ring := self._rings.get(code)) is not None:
                return ring
        return None


def _codes(postcode: str | None, country: str | None, nuts: str | None) -> Iterator[str]:
    """The codes that a place goes by, the most exact first."""
    if postcode:
        yield from _of_postcode(code_of(postcode))
    if nuts:
        code = code_of(nuts)
        yield from (code[:length] for length in range(len(code), SHORTEST - 1, -1))
    if country:
        yield code_of(country)


def _of_postcode(code: str) -> Iterator[str]:
    """A British postcode, its sector, district and area; of any other the code and its beginnings."""
    yield code
    whole = _BRITISH.fullmatch(code)
    if whole is None:
        yield from (code[:length].strip() for length in range(len(code) - 1, SHORTEST - 1, -1))
        return
    yield f"{whole[1]} {whole[2]}"
    yield whole[1]
    area = re.match("[A-Z]+", code)
    yield area[0] if area else code
