"""Where a supplier is: rings around a place, by lists of codes that the buyer loads.

A ring is a name such as "city", "county", "country"; a list says which codes lie in which: postcodes, their districts,
NUTS or ITL codes, countries. The most exact code decides. A place that no list knows is unknown, never far away.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_BRITISH: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9])([A-Z]{2})")
_IRISH: Final = re.compile(r"([A-Z][0-9][0-9W]) ?[A-Z0-9]{4}")
_PARTLY: Final = re.compile(r"([A-Z]{1,2}) ?([0-9][A-Z0-9]?+)(?![0-9]{2})(?:[^A-Z0-9]*([0-9])(?![^A-Z]))?")
"""A British district with a part of what belongs behind it, such as its sector, or with anything else but numbers."""
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
    """A British postcode, its sector, district and area, as far as they are given; of any other its beginnings.

    OX1 is no beginning of OX12: a district is taken as a whole, also where nothing or nothing right stands behind it.

    >>> list(_of_postcode("OX12 9A")), list(_of_postcode("OX12")), list(_of_postcode("3511"))
    (['OX12 9A', 'OX12 9', 'OX12', 'OX'], ['OX12', 'OX12', 'OX'], ['3511', '351', '35'])
    """
    yield code
    if irish := _IRISH.fullmatch(code):
        yield irish[1]
    elif british := _PARTLY.match(code):
        area, district, sector = british[1], british[1] + british[2], british[3]
        if sector:
            yield f"{district} {sector}"
        yield district
        yield area
    else:
        yield from (code[:length].strip() for length in range(len(code) - 1, SHORTEST - 1, -1))
