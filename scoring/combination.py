"""Lots awarded together: award limits and combined offers, the exact best combination, and why it is the best.

Directive 2014/24/EU art. 46: a tender may limit how many lots one supplier is awarded, by objective rules that it
publishes, and may let suppliers offer for several lots at once; the best combination is then compared with the sum of
the single-lot winners. Nothing here is arbitrary: whatever the published rules leave open is reported as undecided.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm
from typing import Final, NamedTuple, assert_never

import msgspec

from scoring.decimals import printed
from scoring.lots import (
    SINGLE,
    ByLotValue,
    ByPreference,
    CombinationRule,
    CombinationRules,
    CombinedOffer,
    LeastCost,
    MostPoints,
    RankedLot,
    Simple,
    check_case,
)
from scoring.model import Step
from scoring.packing import Package, pack
from scoring.tie_break import DrawLots, keeps, ticket
from scoring.worked import InvalidValue

SHOWN: Final = 10
"""So many equally good combinations are shown when the published rules leave the choice open."""


class AwardedOffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bid ("single") or a combined offer (its id) that is part of a combination."""

    supplier: str
    lots: tuple[str, ...]
    offer: str
    price: str
    points: str


class SingleWinners(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the lots would cost one by one: the bids ranked first, whatever the limits.

    `shared` are the lots in which several bids are first; the sums leave them out. `over_limit` counts the lots of
    suppliers that would have too many.
    """

    offers: tuple[AwardedOffer, ...]
    price: str
    points: str
    shared: tuple[str, ...]
    over_limit: dict[str, int]


class Combination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is awarded which lots, and what else was possible.

    `decided` is false when the published rules leave several combinations equally good; the first few are then in
    `alternatives` and nothing is awarded. `unawarded` lots have no bid that the limits leave. `equally_good` counts the
    combinations before the tie-break, `decided_by` names the tie-break that was needed.
    """

    decided: bool
    offers: tuple[AwardedOffer, ...]
    unawarded: tuple[str, ...]
    price: str | None
    points: str | None
    equally_good: int
    decided_by: str | None
    alternatives: tuple[tuple[AwardedOffer, ...], ...]
    single_winners: SingleWinners
    notes: tuple[Step, ...]


class Part(NamedTuple):
    """An offer at work: exact price and points, and the places of its lots."""

    supplier: str
    lots: tuple[int, ...]
    offer: str
    price: Fraction
    points: Fraction


Parts = tuple[Part, ...]


class Case(NamedTuple):
    """Everything that a combination is found from."""

    lots: Sequence[RankedLot]
    parts: Sequence[Part]
    rules: CombinationRules
    draw_secret: str | None


def combine(
    lots: Sequence[RankedLot],
    combined: Sequence[CombinedOffer],
    rules: CombinationRules,
    *,
    draw_secret: str | None = None,
) -> Combination:
    """Award the lots together by the published rules, exactly; explained against the sum of the single-lot winners.

    As many lots as possible are awarded. Raises InvalidValue, listing every fault, and TooManyBranches when an optimum
    cannot be proven in a reasonable time.
    """
    check_case(lots, combined, rules)
    case = Case(lots, tuple(parts_of(lots, combined, rules.rule)), rules, draw_secret)
    match rules.rule:
        case ByLotValue():
            return presented(case, [by_lot_value(case)], complete=True)
        case ByPreference() as rule:
            return presented(case, [by_preference(case, rule)], complete=True)
        case LeastCost() | MostPoints():
            found, complete = best_parts(case)
            return presented(case, found, complete=complete)
        case _:
            assert_never(rules.rule)


def parts_of(lots: Sequence[RankedLot], combined: Sequence[CombinedOffer], rule: CombinationRule) -> Iterator[Part]:
    """All offers with exact prices and points, single bids first."""
    weights = rule.weights if isinstance(rule, MostPoints) else {}
    singles: dict[tuple[str, str], Part] = {}
    for index, lot in enumerate(lots):
        weight = Fraction(weights.get(lot.id, 1))
        for bid in lot.bids:
            part = Part(bid.supplier, (index,), SINGLE, Fraction(bid.price), Fraction(bid.points) * weight)
            singles[bid.supplier, lot.id] = part
            yield part
    places = {lot.id: index for index, lot in enumerate(lots)}
    for offer in combined:
        own = [singles[offer.supplier, name] for name in offer.lots if (offer.supplier, name) in singles]
        price = sum((part.price for part in own), start=Fraction(0))
        price = (
            price * (1 - Fraction(offer.discount) / 100) if offer.discount is not None else Fraction(offer.price or 0)
        )
        points = (
            sum((part.points for part in own), start=Fraction(0)) if offer.points is None else Fraction(offer.points)
        )
        yield Part(offer.supplier, tuple(sorted(places[name] for name in offer.lots)), offer.id, price, points)


def ranked_parts(case: Case, lot: int) -> list[Part]:
    """A lot's single bids in order of rank."""
    ranks = {bid.supplier: bid.rank for bid in case.lots[lot].bids}
    own = [part for part in case.parts if part.lots == (lot,) and part.offer == SINGLE]
    return sorted(own, key=lambda part: ranks[part.supplier])


def by_lot_value(case: Case) -> Parts:
    """The most valuable lot first, to its best-ranked bid within the limits."""
    had: dict[str, int] = {}
    awarded: list[Part] = []
    for lot in sorted(range(len(case.lots)), key=lambda lot: (-case.lots[lot].value, lot)):
        for part in ranked_parts(case, lot):
            limit = case.rules.limit(part.supplier)
            if limit is None or had.get(part.supplier, 0) < limit:
                had[part.supplier] = had.get(part.supplier, 0) + 1
                awarded.append(part)
                break
    return tuple(sorted(awarded, key=lambda part: part.lots))


def by_preference(case: Case, rule: ByPreference) -> Parts:
    """Every lot asks its bids in order of rank; who is asked by too many gives the least preferred ones back."""
    queues = {lot: ranked_parts(case, lot) for lot in range(len(case.lots))}
    kept: dict[str, list[Part]] = {}
    waiting = list(queues)
    while waiting:
        lot = waiting.pop()
        if not queues[lot]:
            continue
        part = queues[lot].pop(0)
        stated = rule.preferences.get(part.supplier, ())
        own = kept.setdefault(part.supplier, [])
        own.append(part)
        limit = case.rules.limit(part.supplier)
        if limit is not None and len(own) > limit:
            own.sort(key=lambda one: stated.index(case.lots[one.lots[0]].id))
            waiting.append(own.pop().lots[0])
    return tuple(sorted((part for own in kept.values() for part in own), key=lambda part: part.lots))


def best_parts(case: Case) -> tuple[list[Parts], bool]:
    """All combinations that are best by the rule, and whether these are really all; as many lots as possible first."""
    least = isinstance(case.rules.rule, LeastCost)
    amounts = [part.price if least else -part.points for part in case.parts]
    scale = lcm(*(amount.denominator for amount in amounts))
    costs = [int(amount * scale) for amount in amounts]
    packages = [
        Package(part.supplier, sum(1 << lot for lot in part.lots), cost)
        for part, cost in zip(case.parts, costs, strict=True)
    ]
    empty = 2 * len(case.lots) * max((abs(cost) for cost in costs), default=0) + 1
    packages += [Package("", 1 << lot, empty) for lot in range(len(case.lots))]
    limits = {part.supplier: limit for part in case.parts if (limit := case.rules.limit(part.supplier)) is not None}
    found = pack(packages, len(case.lots), limits)
    assert found is not None  # leaving every lot unawarded is always possible
    chosen = [
        tuple(case.parts[index] for index in selection if index < len(case.parts)) for selection in found.selections
    ]
    return [tuple(sorted(parts, key=lambda part: part.lots)) for parts in chosen], found.complete


def broken_tie(case: Case, found: list[Parts]) -> tuple[list[Parts], str | None]:
    """Apply the published tie-breaks in order until one combination is left."""
    decided_by = None
    for rule in case.rules.tie_break:
        if len(found) == 1:
            break
        if isinstance(rule, DrawLots):
            found, decided_by = drawn(rule, case.draw_secret, found), "lots"
            continue
        best = min(merit(rule, parts) for parts in found)
        kept = [parts for parts in found if merit(rule, parts) == best]
        found, decided_by = kept, rule if len(kept) < len(found) else decided_by
    return found, decided_by


def merit(rule: Simple, parts: Parts) -> Fraction:
    """What a tie-break looks at; less is better."""
    match rule:
        case "lower_cost":
            return sum((part.price for part in parts), start=Fraction(0))
        case "more_points":
            return -sum((part.points for part in parts), start=Fraction(0))
        case "fewer_suppliers":
            return Fraction(len({part.supplier for part in parts}))
        case "fewer_combined_offers":
            return Fraction(sum(part.offer != SINGLE for part in parts))
        case _:
            assert_never(rule)


def drawn(rule: DrawLots, secret: str | None, found: list[Parts]) -> list[Parts]:
    """The combination whose ticket is the lowest; all of them while the secret is not revealed."""
    if secret is None:
        return found
    if not keeps(rule.commitment, secret):
        raise InvalidValue("the revealed secret is not the one whose SHA-256 was published")
    names = {"; ".join(f"{part.supplier}|{part.offer}|{part.lots}" for part in parts): parts for parts in found}
    return [names[min(names, key=lambda name: ticket(secret, list(names), name))]]


def presented(case: Case, found: list[Parts], *, complete: bool) -> Combination:
    """The outcome with what it is compared to and why it is the best."""
    equally_good = len(found) if complete else len(found) + 1
    left, decided_by = broken_tie(case, found) if complete else (found, None)
    decided = complete and len(left) == 1
    chosen = left[0] if decided else ()
    taken = {lot for part in left[0] for lot in part.lots}
    singles = single_winners(case)
    price, points = sums(chosen)
    return Combination(
        decided=decided,
        offers=tuple(shown(case, part) for part in chosen),
        unawarded=tuple(lot.id for index, lot in enumerate(case.lots) if decided and index not in taken),
        price=printed(price) if decided else None,
        points=printed(points) if decided else None,
        equally_good=equally_good,
        decided_by=decided_by if decided else None,
        alternatives=()
        if decided or not complete
        else tuple(tuple(shown(case, part) for part in parts) for parts in left[:SHOWN]),
        single_winners=singles,
        notes=tuple(explanation(case, singles, chosen, equally_good, decided_by if decided else None)),
    )


def shown(case: Case, part: Part) -> AwardedOffer:
    """An offer as it is published."""
    return AwardedOffer(
        supplier=part.supplier,
        lots=tuple(case.lots[lot].id for lot in part.lots),
        offer=part.offer,
        price=printed(part.price),
        points=printed(part.points),
    )


def sums(parts: Sequence[Part]) -> tuple[Fraction, Fraction]:
    """Total price and total points."""
    return sum((part.price for part in parts), start=Fraction(0)), sum(
        (part.points for part in parts), start=Fraction(0)
    )


def single_winners(case: Case) -> SingleWinners:
    """The bids ranked first, lot by lot."""
    first: list[Part] = []
    shared: list[str] = []
    for index, lot in enumerate(case.lots):
        best = min((bid.rank for bid in lot.bids), default=0)
        leaders = {bid.supplier for bid in lot.bids if bid.rank == best}
        if len(leaders) == 1:
            first += [part for part in ranked_parts(case, index) if part.supplier in leaders]
        elif leaders:
            shared.append(lot.id)
    price, points = sums(first)
    held = {part.supplier: sum(one.supplier == part.supplier for one in first) for part in first}
    over = {
        name: count for name, count in held.items() if (limit := case.rules.limit(name)) is not None and count > limit
    }
    return SingleWinners(
        offers=tuple(shown(case, part) for part in first),
        price=printed(price),
        points=printed(points),
        shared=tuple(shared),
        over_limit=over,
    )


_SENTENCES: Final = {
    "single_winners": "Lot by lot, the bids ranked first cost {price} in sum, with {points} points.",
    "shared": "Lot {lot} has several bids of rank 1; the sums lot by lot leave it out.",
    "over_limit": "{supplier} would be awarded {count} lots and may have {limit}.",
    "combination": "The combination costs {price} in sum, with {points} points.",
    "difference": "That is {amount} {word} than lot by lot.",
    "limits_reached": "Lot {lot} goes to {supplier}, rank {rank} there; those before it have as many lots as they may.",
    "part_of_the_best": "Lot {lot} goes to {supplier}, rank {rank} there: the combination as a whole is better.",
    "combined_offer": "It includes the combined offer {offer} of {supplier} for the lots {lots}, at {price}.",
    "unawarded": "Lot {lot} is not awarded: it has no bid whose supplier is within its limit.",
    "tie_break": "{count} combinations are equally good; {rule} decides.",
    "undecided": "At least {count} combinations are equally good and the published rules choose none of them.",
}


def note(message: str, **arguments: str) -> Step:
    """A remark on the combination, as data and as a sentence."""
    return Step(criterion=None, message=message, arguments=arguments, sentence=_SENTENCES[message].format(**arguments))


def explanation(
    case: Case, singles: SingleWinners, chosen: Parts, equally_good: int, decided_by: str | None
) -> Iterator[Step]:
    """Why this combination, sentence by sentence."""
    yield note("single_winners", price=singles.price, points=singles.points)
    yield from (note("shared", lot=lot) for lot in singles.shared)
    for supplier, count in singles.over_limit.items():
        yield note("over_limit", supplier=supplier, count=str(count), limit=str(case.rules.limit(supplier)))
    if not chosen and equally_good > 1:
        yield note("undecided", count=str(equally_good))
        return
    price, points = sums(chosen)
    yield note("combination", price=printed(price), points=printed(points))
    if len(singles.offers) == len(case.lots) == sum(len(part.lots) for part in chosen):
        difference = price - sums([ranked_parts(case, lot)[0] for lot in range(len(case.lots))])[0]
        yield note("difference", amount=printed(abs(difference)), word="less" if difference <= 0 else "more")
    for part in chosen:
        yield from remarks(case, part)
    taken = {lot for part in chosen for lot in part.lots}
    yield from (note("unawarded", lot=lot.id) for index, lot in enumerate(case.lots) if index not in taken)
    if decided_by is not None:
        yield note("tie_break", count=str(equally_good), rule=decided_by)


def remarks(case: Case, part: Part) -> Iterator[Step]:
    """What a reader of the single rankings would ask about an offer of the combination."""
    lots = [case.lots[lot] for lot in part.lots]
    if part.offer != SINGLE:
        names = ", ".join(lot.id for lot in lots)
        yield note("combined_offer", offer=part.offer, supplier=part.supplier, lots=names, price=printed(part.price))
        return
    rank = next(bid.rank for bid in lots[0].bids if bid.supplier == part.supplier)
    if rank > min(bid.rank for bid in lots[0].bids):
        message = "limits_reached" if isinstance(case.rules.rule, ByLotValue | ByPreference) else "part_of_the_best"
        yield note(message, lot=lots[0].id, supplier=part.supplier, rank=str(rank))
