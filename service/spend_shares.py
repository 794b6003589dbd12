"""From sums to the analysis: parts and their shares, bounds for what is not known, concentration, years, influence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from service.spend_analysis import (
    TOP,
    Bounds,
    Concentration,
    Crossing,
    Finding,
    Influence,
    Leak,
    MadeOf,
    NewAnalysis,
    OutOfIt,
    Part,
    SpendAnalysis,
    Table,
    Unknown,
    Year,
)
from service.spend_columns import Kind
from service.spend_counting import WHY, Counted, Source, Work, count
from service.spend_matching import SMES
from service.spend_multiplier import HUNDRED, Multiplier, hundredths, multiplier
from service.spend_reading import Unreadable
from service.spend_suppliers import Supplier

ZERO: Final = Decimal("0.00")
KEPT: Final = 2000
"""Categories, sectors and leaks that are kept, the biggest first; the rest is counted."""
NOT_KNOWN: Final = "not known"
RESILIENCE = "Increase supply chain resilience and capacity (PPN 06/20)"
SUPPLY_CHAINS = "Resilient, innovative and flexible supply chains (PPN 002)"
BARRIERS = "Reducing barriers to entry for under-represented groups (PPN 002)"
SIZES: Final = ("micro", "small", "medium", "sme", "large")


def analyse(work: Work, folder: Path) -> SpendAnalysis | Unreadable:
    """The analysis of all lines, and in the folder the list of those left out; for a child process."""
    counted = count(work, folder)
    return counted if isinstance(counted, Unreadable) else analysis_of(work, counted)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """A part in percent of a whole, to two decimals; None of nothing and of a negative whole."""
    return hundredths(Fraction(part) / Fraction(whole) * HUNDRED) if whole > 0 else None


def bounds(part: Decimal, known: Decimal, unknown: Decimal) -> Bounds:
    """A part of what is known, and of all if none or all of the unknown belonged to it."""
    whole = known + unknown
    return Bounds(known=percent(part, known), lowest=percent(part, whole), highest=percent(part + unknown, whole))


def analysis_of(work: Work, counted: Counted) -> SpendAnalysis:
    """Everything from the sums; pure."""
    new, rows = work.new, counted.rows
    kept = next(((amount, lines, first, last) for why, amount, lines, first, last in rows["why"] if why is None), None)
    amount, lines, first_day, last_day = kept or (ZERO, 0, None, None)
    near = _Near(new)
    rings = _table(rows["rings"], amount, counted.places.rings if counted.places else ())
    sizes = _table(rows["sizes"], amount, SIZES)
    smes = [part for part in sizes.parts if part.name in SMES]
    influence, more_leaks = _influence(rows, near, amount, rings)
    categories = _crossings(_without_bound(rows["categories"]))
    concentration = _concentration(rows["suppliers"], counted.suppliers)
    sectors = _crossings(rows["sectors"])
    known_sizes = amount - sizes.unknown.amount
    smes_bounds = bounds(_amount(smes), known_sizes, sizes.unknown.amount)
    return SpendAnalysis(
        title=new.title,
        currency=work.files[0].currency,
        amount=amount,
        lines=lines,
        suppliers=len(rows["suppliers"]),
        first_day=first_day,
        last_day=last_day,
        left_out=tuple(OutOfIt(reason=WHY[why], lines=n, amount=sum_) for why, sum_, n, *_ in rows["why"] if why),
        unknown=_unknown(rows, amount, places=counted.places is not None),
        rings=rings,
        local=near.share(_amount(near.local_parts(rings)), amount, rings.unknown.amount),
        sizes=sizes,
        smes=smes_bounds,
        smes_by_count=_by_count(rows["firms"]),
        voluntary=_voluntary(rows["voluntary"], amount),
        concentration=concentration,
        years=_years(rows, near, new.year_begins_in),
        sectors=tuple(sectors[:KEPT]),
        categories=tuple(categories[:KEPT]),
        more_categories=max(0, len(categories) - KEPT),
        influence=influence,
        multiplier=_multiplier(new, near, counted) if new.survey else None,
        matched=sum(1 for number, *_ in rows["suppliers"] if counted.suppliers[number].entry is not None),
        proposals=tuple(counted.proposals),
        unmatched=sum(1 for number, *_ in rows["suppliers"] if counted.suppliers[number].entry is None),
        findings=_findings(influence, smes_bounds, _amount(smes), concentration),
        notes=tuple(_notes(work, counted)),
        request=new,
        made_of=tuple(_made_of(work)),
        more_sectors=max(0, len(sectors) - KEPT),
        more_leaks=more_leaks,
        not_looked_up=counted.not_looked_up,
        place_known=percent(amount - rings.unknown.amount, amount),
    )


_YES_NO: Final[Mapping[str, str]] = {
    "True": "voluntary, community and social enterprises",
    "False": "others",
}


_NOT_ASKED: Final = Bounds(known=None, lowest=None, highest=None)


class _Near:
    """Which rings are local, and which belong to the region."""

    def __init__(self, new: NewAnalysis) -> None:
        self.local = frozenset(new.local)
        self.region = frozenset((*new.local, *new.region))

    def local_parts(self, rings: Table) -> list[Part]:
        """The rings that are local."""
        return [part for part in rings.parts if part.name in self.local]

    def share(self, local: Decimal, whole: Decimal, unknown: Decimal) -> Bounds:
        """The local share; none where nobody has said which rings are local."""
        return bounds(local, whole - unknown, unknown) if self.local else _NOT_ASKED

    def leaks(self, ring: str | None) -> bool:
        """Whether what is paid into a ring leaves the region; an unknown place does not."""
        return bool(self.region) and ring is not None and ring not in self.region


def _amount(parts: Iterable[Part]) -> Decimal:
    return sum((part.amount for part in parts), start=ZERO)


def _table(rows: Sequence[tuple[Any, ...]], whole: Decimal, names: Iterable[str]) -> Table:
    """Parts in the order of their names; the row whose name is None is unknown."""
    found = {name: (amount, lines, suppliers) for name, amount, lines, suppliers in rows}
    missing = found.pop(None, (ZERO, 0, 0))
    known = whole - missing[0]
    return Table(
        parts=tuple(
            Part(
                name=name,
                amount=found[name][0],
                lines=found[name][1],
                suppliers=found[name][2],
                share=percent(found[name][0], known),
                of_all=percent(found[name][0], whole),
            )
            for name in names
            if name in found
        ),
        unknown=Part(
            name=NOT_KNOWN,
            amount=missing[0],
            lines=missing[1],
            suppliers=missing[2],
            share=None,
            of_all=percent(missing[0], whole),
        ),
    )


def _by_count(rows: Sequence[tuple[Any, ...]]) -> Bounds:
    """SMEs of all suppliers; whom lines call both small and large, and of whom nothing is known, counts as unknown."""
    firms = {(small, large): count for small, large, count in rows}
    smes, large = firms.get((True, False), 0), firms.get((False, True), 0)
    return bounds(Decimal(smes), Decimal(smes + large), Decimal(sum(firms.values()) - smes - large))


def _made_of(work: Work) -> Iterable[MadeOf]:
    sources: list[tuple[Kind, Source | None]] = [("register", work.register), ("places", work.places)]
    sources[:0] = [("payments", source) for source in work.files]
    for kind, source in sources:
        if source is not None and (read := source.imported) is not None:
            yield MadeOf(
                kind=kind,
                name=source.name,
                digest=source.digest,
                rows=read.rows,
                kept=read.kept,
                amount=read.total,
                left_out=read.left_out,
            )


def _voluntary(rows: Sequence[tuple[Any, ...]], whole: Decimal) -> Table:
    """Where only names tell, such as those that end in CIC, nothing is known of the others, and there is no share."""
    table = _table([(_YES_NO.get(row[0]), *row[1:]) for row in rows], whole, _YES_NO.values())
    if len(table.parts) == len(_YES_NO):
        return table
    return replace(table, parts=tuple(replace(part, share=None) for part in table.parts))


def _unknown(rows: Mapping[str, Sequence[tuple[Any, ...]]], whole: Decimal, *, places: bool) -> tuple[Unknown, ...]:
    whats = (
        "supplier, redacted",
        "supplier, not named",
        "place" if places else "place (no list of places)",
        "size",
        "sector",
        "category",
    )
    found: list[Unknown] = []
    for number, what in enumerate(whats):
        these = [row for row in rows["unknown"] if row[number]]
        amount = sum((row[6] for row in these), start=ZERO)
        found.append(
            Unknown(what=what, lines=sum(row[7] for row in these), amount=amount, of_all=percent(amount, whole))
        )
    undated = [row for row in rows["spans"] if row[0] is None]
    amount = sum((row[1] for row in undated), start=ZERO)
    return (
        *found,
        Unknown(what="day", lines=sum(row[2] for row in undated), amount=amount, of_all=percent(amount, whole)),
    )


def _concentration(rows: Sequence[tuple[Any, ...]], suppliers: Sequence[Supplier]) -> Concentration:
    named: list[tuple[str, Decimal, int]] = [(suppliers[row[0]].name, row[1], row[2]) for row in rows]
    paid = sorted((row for row in named if row[1] > 0), key=_best_paid)
    whole = sum((row[1] for row in paid), start=ZERO)
    top = tuple(
        Part(
            name=name,
            amount=amount,
            lines=lines,
            suppliers=1,
            share=percent(amount, whole),
            of_all=None,
        )
        for name, amount, lines in paid[:TOP]
    )
    squares = sum(int(row[1].scaleb(2)) ** 2 for row in paid)
    return Concentration(
        suppliers=len(paid),
        amount=whole,
        top=top,
        top_share=percent(_amount(top), whole),
        hhi=hundredths(Fraction(squares, int(whole.scaleb(2)) ** 2) * HUNDRED**2) if paid else None,
        named_apart=len(rows) - len(paid),
    )


def _best_paid(row: tuple[str, Decimal, int]) -> tuple[Decimal, str]:
    return -row[1], row[0]


def _without_bound(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(category, ring, amount) for category, ring, _, amount in rows if category is not None]


def _crossings(rows: Sequence[tuple[Any, ...]]) -> list[Crossing]:
    """Every name with its rings, the biggest sums first."""
    found: dict[str, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for name, ring, amount in rows:
        found[name][ring] += amount
    crossings = [
        Crossing(
            name=name,
            amount=sum(rings.values(), start=ZERO),
            unknown=rings.get(None, ZERO),
            rings=dict(sorted(_named(rings))),
        )
        for name, rings in found.items()
    ]
    return sorted(crossings, key=lambda one: (-one.amount, one.name))


def _named(rings: Mapping[str | None, Decimal]) -> Iterable[tuple[str, Decimal]]:
    return ((ring, amount) for ring, amount in rings.items() if ring is not None)


def _years(rows: Mapping[str, Sequence[tuple[Any, ...]]], near: _Near, begins_in: int) -> tuple[Year, ...]:
    years: list[Year] = []
    spans = [span for span in rows["spans"] if span[0] is not None]
    for place, span in enumerate(spans):
        before = spans[place - 1] if place else None
        like = before is not None and before[0] == span[0] - 1 and before[5] == span[5]
        these = [row for row in rows["years"] if row[0] == span[0]]
        years.append(_year(span, these, near, begins_in, years[-1] if like else None))
    return tuple(years)


def _year(
    span: tuple[Any, ...], rows: Sequence[tuple[Any, ...]], near: _Near, begins_in: int, before: Year | None
) -> Year:
    year, amount, lines, first_day, last_day, months, suppliers = span
    placeless = sum((row[3] for row in rows if row[1] is None), start=ZERO)
    sizeless = sum((row[3] for row in rows if row[2] is None), start=ZERO)
    local = sum((row[3] for row in rows if row[1] in near.local), start=ZERO)
    smes = sum((row[3] for row in rows if row[2] in SMES), start=ZERO)
    return Year(
        name=str(year) if begins_in == 1 else f"{year}/{(year + 1) % 100:02}",
        first_day=first_day,
        last_day=last_day,
        months=int(months).bit_count(),
        amount=amount,
        lines=lines,
        suppliers=suppliers,
        local=near.share(local, amount, placeless),
        smes=bounds(smes, amount - sizeless, sizeless),
        change=None if before is None else percent(amount - before.amount, before.amount),
    )


def _influence(
    rows: Mapping[str, Sequence[tuple[Any, ...]]], near: _Near, whole: Decimal, rings: Table
) -> tuple[Influence, int]:
    """What leaks and what of it could be moved; how many categories are not listed."""
    leaking: dict[str | None, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for category, ring, bound, amount in rows["categories"]:
        if near.leaks(ring):
            leaking[category][bool(bound)] += amount
    supply: dict[str | None, int] = defaultdict(int)
    for category, ring, suppliers in rows["category_suppliers"]:
        if ring in near.region:
            supply[category] += suppliers
    leaks = [
        Leak(
            category=category,
            leakage=free + held,
            bound=held,
            influenceable=free if supply[category] else ZERO,
            local_suppliers=supply[category],
        )
        for category, (free, held) in leaking.items()
        if category is not None
    ]
    leaks.sort(key=lambda leak: (-leak.influenceable, -leak.leakage, leak.category))
    nameless = leaking.get(None, [ZERO, ZERO])
    leakage = sum((leak.leakage for leak in leaks), start=sum(nameless, start=ZERO))
    bound = sum((leak.bound for leak in leaks), start=nameless[True])
    influenceable = sum((leak.influenceable for leak in leaks), start=ZERO)
    unknown = rings.unknown.amount
    found = Influence(
        leakage=leakage,
        share=bounds(leakage, whole - unknown, unknown) if near.region else _NOT_ASKED,
        bound=bound,
        no_category=nameless[False],
        no_local_supply=leakage - bound - influenceable - nameless[False],
        influenceable=influenceable,
        categories=tuple(leaks[:KEPT]),
    )
    return found, max(0, len(leaks) - KEPT)


def _multiplier(new: NewAnalysis, near: _Near, counted: Counted) -> Multiplier:
    """Suppliers are found by their names, as answers were given.

    Lines without a name count in the first and second round as all do; nobody answered for them.
    """
    local: dict[str, Decimal] = defaultdict(lambda: ZERO)
    elsewhere: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for supplier, ring, amount in counted.rows["supplier_rings"]:
        (local if ring in near.local else elsewhere)[str(supplier)] += amount
    known = sum((row[1] for row in counted.rows["rings"] if row[0] is not None), start=ZERO)
    asked = [(counted.spelled.one_of(one.supplier), one) for one in new.survey]
    answers = {str(number): one for number, one in asked if number is not None}
    return multiplier(known, local, elsewhere, answers)


def _findings(
    influence: Influence, smes: Bounds, smes_amount: Decimal, concentration: Concentration
) -> tuple[Finding, ...]:
    found = [
        Finding(
            id=f"influence:{leak.category}",
            about=leak.category,
            amount=leak.influenceable,
            share=percent(leak.influenceable, influence.leakage),
            outcomes=(RESILIENCE, SUPPLY_CHAINS),
        )
        for leak in influence.categories[:TOP]
        if leak.influenceable > 0
    ]
    if smes.known is not None:
        found.append(
            Finding(id="smes", about="SMEs", amount=smes_amount, share=smes.known, outcomes=(SUPPLY_CHAINS, BARRIERS))
        )
    if concentration.top_share is not None:
        found.append(
            Finding(
                id="concentration",
                about=_best_paid_of(len(concentration.top)),
                amount=_amount(concentration.top),
                share=concentration.top_share,
                outcomes=(RESILIENCE, SUPPLY_CHAINS),
            )
        )
    return tuple(found)


def _best_paid_of(count: int) -> str:
    return f"The {count} best paid suppliers"


def _notes(work: Work, counted: Counted) -> Iterable[str]:
    """What a reader should know before quoting a number."""
    if counted.places is None:
        yield "No list of places was given: nothing is said of where the money goes."
    elif not work.new.local and not work.new.region:
        yield "No ring was named as local: local shares and leakage are not worked out."
    elif not work.new.local:
        yield "No ring was named as local: local shares are not worked out."
    if counted.places is not None and counted.places.twice:
        codes = ", ".join(sorted(set(counted.places.twice))[:TOP])
        yield f"The list of places puts a code into two rings, of which the first counts: {codes}."
    if work.register is None:
        yield "No register of suppliers was given: sizes and sectors are known only where the payments say them."
    yield from _notes_of_words(work, counted)


def _notes_of_words(work: Work, counted: Counted) -> Iterable[str]:
    """What people have said or chosen and does not count."""
    strangers = sorted(one.supplier for one in work.new.survey if counted.spelled.one_of(one.supplier) is None)
    if strangers:
        yield f"Answers of suppliers that were not paid are left out: {', '.join(strangers[:TOP])}."
    if counted.unused:
        about = ", ".join(f"{supplier} = {entry}" for supplier, entry in counted.unused[:TOP])
        yield f"Answers about suppliers that name no entry of this register do not count: {about}."
    if counted.outdated:
        about = ", ".join(f"{supplier} = {entry}" for supplier, entry in counted.outdated[:TOP])
        yield f"Answers do not count where two legal forms of a name are known now, and the entry has neither: {about}."
    if counted.in_vain:
        words = ", ".join(counted.in_vain[:TOP])
        yield f"What was chosen to be left out or to count as bound matches no line: {words}."
