"""Where the money goes: by place, size, sector, supplier, year; what leaks, what a tender could move, what is unknown.

What is not known is printed as unknown and counts for neither side: a missing postcode is not "elsewhere". Every line
that is left out is counted under its reason and listed. Sums are exact; shares are rounded once, half up.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from service.spend_columns import Kind
from service.spend_import import LeftOut
from service.spend_matching import Proposal
from service.spend_multiplier import Answer, Multiplier

Word = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")]
Words = Annotated[tuple[Word, ...], Meta(max_length=1000)]

TOP: Final = 10


class Chosen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines by what they say: by their supplier's name, category, kind, unit, contract or procurement route."""

    suppliers: Words = ()
    categories: Words = ()
    kinds: Words = ()
    units: Words = ()
    contracts: Words = ()
    routes: Words = ()


class NewAnalysis(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to analyse, and what counts as what.

    `local` and `region` name rings of the list of places; what lies in neither leaks. `exclude` leaves lines out, such
    as payroll, benefits and transfers to other authorities; each is counted and listed. `bound` is spend that a long
    contract or a national framework holds, which no tender of the near future can move. `survey` is what suppliers
    answered about their own spending.
    """

    title: Word
    files: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=200)]
    register_id: UUID | None = None
    places_id: UUID | None = None
    local: Words = ()
    region: Words = ()
    first_day: date | None = None
    last_day: date | None = None
    year_begins_in: Annotated[int, Meta(ge=1, le=12, description="Month in which a financial year begins.")] = 4
    exclude: Chosen = Chosen()
    bound: Chosen = Chosen()
    keep_repeated: bool = False
    survey: Annotated[tuple[Answer, ...], Meta(max_length=2000)] = ()


class Part(Struct, frozen=True, kw_only=True):
    """A part of the spend. `share` is its percent of what is known in its table, `of_all` of everything."""

    name: str
    amount: Decimal
    lines: int
    suppliers: int
    share: Decimal | None
    of_all: Decimal | None


class Bounds(Struct, frozen=True, kw_only=True):
    """A share in percent: of what is known, and what it is at least and at most, whatever the unknown part is."""

    known: Decimal | None
    lowest: Decimal | None
    highest: Decimal | None


class Table(Struct, frozen=True, kw_only=True):
    """Parts that together with the unknown one are everything."""

    parts: tuple[Part, ...]
    unknown: Part


class OutOfIt(Struct, frozen=True, kw_only=True):
    """Lines that were left out of the analysis for one reason."""

    reason: str
    lines: int
    amount: Decimal


class Concentration(Struct, frozen=True, kw_only=True):
    """How few suppliers get how much. Shares are of `amount`: what named suppliers with a positive sum were paid.

    `hhi` is the sum of the squares of all their shares in percent, 0 to 10,000. `named_apart` are suppliers whose
    credit notes exceed their payments, which have no share.
    """

    suppliers: int
    amount: Decimal
    top: tuple[Part, ...]
    top_share: Decimal | None
    hhi: Decimal | None
    named_apart: int


class Year(Struct, frozen=True, kw_only=True):
    """A financial year. `months` counts those with payments; years with fewer months are not compared.

    `change` is in percent of the year before, where both have payments in the same months.
    """

    name: str
    first_day: date
    last_day: date
    months: int
    amount: Decimal
    lines: int
    suppliers: int
    local: Bounds
    smes: Bounds
    change: Decimal | None


class Crossing(Struct, frozen=True, kw_only=True):
    """What of a category or sector is spent in which ring; the unknown place is `unknown`."""

    name: str
    amount: Decimal
    rings: dict[str, Decimal]
    unknown: Decimal


class Leak(Struct, frozen=True, kw_only=True):
    """What leaves the region in a category: how much of it is bound, and how many local suppliers the category has."""

    category: str
    leakage: Decimal
    bound: Decimal
    influenceable: Decimal
    local_suppliers: int


class Influence(Struct, frozen=True, kw_only=True):
    """Leakage and what of it a tender could move: what is not bound, in categories in which somebody local is paid.

    `leakage` = `bound` + `no_local_supply` + `influenceable`; lines without a category are `no_category`, also in it.
    """

    leakage: Decimal
    share: Bounds
    bound: Decimal
    no_local_supply: Decimal
    no_category: Decimal
    influenceable: Decimal
    categories: tuple[Leak, ...]


class Unknown(Struct, frozen=True, kw_only=True):
    """What is not known: of how many lines and how much money, and the percent of all money."""

    what: str
    lines: int
    amount: Decimal
    of_all: Decimal | None


class Finding(Struct, frozen=True, kw_only=True):
    """Something that a tender could change, to be linked with a draft's outcomes by its `id`.

    `outcomes` are names from the built-in Social Value Model that it speaks for.
    """

    id: str
    about: str
    amount: Decimal
    share: Decimal | None
    outcomes: tuple[str, ...]


class MadeOf(Struct, frozen=True, kw_only=True):
    """A file that an analysis was made of, as it was read: its name, the SHA-256 of its bytes, and its rows."""

    kind: Kind
    name: str
    digest: str
    rows: int
    kept: int
    amount: Decimal
    left_out: tuple[LeftOut, ...]


class SpendAnalysis(Struct, frozen=True, kw_only=True):
    """Everything that the payments say. Amounts are net as the files have them; shares are in percent.

    `request` says what was asked: which rings are local, what was left out, what was bound; `made_of` of which files.
    Lists are whole up to a bound; `more_categories`, `more_sectors`, `more_leaks` count what lies beyond it, and
    `not_looked_up` the suppliers in no entry for whom nobody alike was looked for.
    """

    title: str
    currency: str
    amount: Decimal
    lines: int
    suppliers: int
    first_day: date | None
    last_day: date | None
    left_out: tuple[OutOfIt, ...]
    unknown: tuple[Unknown, ...]
    rings: Table
    local: Bounds
    sizes: Table
    smes: Bounds
    smes_by_count: Bounds
    voluntary: Table
    concentration: Concentration
    years: tuple[Year, ...]
    sectors: tuple[Crossing, ...]
    categories: tuple[Crossing, ...]
    more_categories: int
    influence: Influence
    multiplier: Multiplier | None
    matched: int
    proposals: tuple[Proposal, ...]
    unmatched: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    request: NewAnalysis | None = None
    made_of: tuple[MadeOf, ...] = ()
    more_sectors: int = 0
    more_leaks: int = 0
    not_looked_up: int = 0
    place_known: Decimal | None = None


class SpendDocument(Struct, frozen=True, kw_only=True):
    """All that the report on an analysis prints: the stored result with its digest, whose it is, when it was made."""

    buyer: str
    analysis: SpendAnalysis
    canonical: bytes
    digest: str
    analysed_at: datetime
    time_zone: str = "UTC"
