"""A lot's rules tried out before they are published: what they would choose, how firmly, and who should look again.

Source: UK Bid Evaluation Guidance Note May 2021, section 8, "Test and publish the evaluation model".
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import msgspec

from scoring.alternatives import UnderAnother, alternatives
from scoring.canonical import ENGINE, canonical, digest, rules_digest
from scoring.cautions import cautions
from scoring.decimals import exact_text, is_plain_decimal, printed
from scoring.entry import Entry
from scoring.field import changers, depends_on_the_field, first, prepared, ranked
from scoring.invention import Draws, invent, usual_price
from scoring.model import Lot, OpenedBid, method_tag
from scoring.publishable import Problem, check_publishable
from scoring.ranking import check_inputs
from scoring.sensitivity import Sensitivity, sensitivity
from scoring.tree import Plan, plan
from scoring.worked import InvalidValue, Unscorable

MOST_RUNS: Final = 10_000
MOST_BIDS: Final = 50
POOL: Final = 200
"""So many bids are invented for the fields of all runs; each run draws its own from them."""
DRAWS: Final = 1000
"""So many random weightings are tried for the acceptability of ranks."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bid's place under the lot's own rules."""

    bid: str
    rank: int | None
    tied: bool
    total: str | None
    flags: tuple[str, ...]


class Reversal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a losing bid's leaving changes who is first.

    `changers` are the losing bids of the bids at hand that would do so. In `runs` fields of as many invented bids,
    `changed` had at least one of those; `probability` is the exact fraction of the two. Where such fields cannot be
    ranked, `refused` says why, and there is no probability.
    """

    possible: bool
    changers: tuple[str, ...]
    runs: int
    changed: int
    probability: str | None
    refused: tuple[str, ...]


class Pole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens when the dearest bid offers 0 for a price: who is first, or why nobody can be ranked."""

    criterion: str
    formula: str | None
    bid: str
    winners: tuple[str, ...]
    refused: str | None


class Simulation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trial of a lot's rules. The same rules, bids, seed and runs give the same bytes on every machine."""

    engine: str
    lot: Lot
    rules_digest: str
    bids_digest: str
    bids: tuple[OpenedBid, ...]
    invented: bool
    seed: int
    refused: tuple[str, ...]
    """Why these bids cannot be ranked; everything below then stays empty, but for the cautions."""
    ranking: tuple[Standing, ...]
    winners: tuple[str, ...]
    under_others: tuple[UnderAnother, ...]
    reversal: Reversal | None
    sensitivity: Sensitivity | None
    """Tipping points of weightings, effective weights, grades and prices that would change the winner."""
    poles: tuple[Pole, ...]
    problems: tuple[Problem, ...]
    """Faults that stand against publishing, and cautions with the law that cares."""


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to try a lot's rules with: `bids` of one's own, else a `number` of invented ones; and `runs` more fields."""

    bids: tuple[OpenedBid, ...] = ()
    number: int = 8
    seed: int = 1
    runs: int = 1000

    def __post_init__(self) -> None:
        if len(self.bids) > MOST_BIDS or not 1 <= self.number <= MOST_BIDS:
            raise ValueError(f"number is {self.number}, bids {len(self.bids)}; a trial takes 1 to {MOST_BIDS} bids")
        if not 0 <= self.runs <= MOST_RUNS:
            raise ValueError(f"runs is {self.runs}; write 0 to {MOST_RUNS}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed is {self.seed}; write a whole number from 0 to 2^63 − 1")


def simulate(lot: Lot, trial: Trial) -> Simulation:
    """Try a lot's rules; what cannot be ranked is in the answer and raises nothing.

    Takes about a millisecond a run with 8 bids.
    """
    ready, draws = plan(lot), Draws(trial.seed)
    around = usual_price(ready, trial.bids)
    bids = tuple(sorted(trial.bids or invent(ready, trial.number, draws, around), key=lambda bid: bid.id))
    outcome, refused = outcome_of(ready, bids)
    winners = first(outcome)
    return Simulation(
        engine=ENGINE,
        lot=lot,
        rules_digest=rules_digest(lot),
        bids_digest=digest(bids),
        bids=bids,
        invented=not trial.bids,
        seed=trial.seed,
        refused=refused,
        ranking=tuple(standing_of(entry) for entry in sorted(outcome, key=place)),
        winners=winners,
        under_others=alternatives(ready, bids, winners) if outcome else (),
        reversal=reversal_of(ready, bids, trial.runs, draws, around) if outcome and trial.runs else None,
        sensitivity=sensitivity(lot, bids, draws=DRAWS, seed=trial.seed) if winners else None,
        poles=tuple(poles(ready, bids)) if outcome else (),
        problems=(*check_publishable(lot), *cautions(lot, len(bids))),
    )


def simulated(rules: bytes, trial: bytes) -> bytes:
    """The same as JSON in and canonical bytes out, for a process of its own.

    Structs themselves do not survive the way: a copied one no longer knows which of its values are defaults, which the
    canonical form leaves out.
    """
    return canonical(simulate(msgspec.json.decode(rules, type=Lot), msgspec.json.decode(trial, type=Trial)))


def outcome_of(ready: Plan, bids: tuple[OpenedBid, ...]) -> tuple[list[Entry], tuple[str, ...]]:
    """The bids ranked under the lot's own rules, or every reason why they cannot be."""
    faults: list[str] = []
    try:
        check_inputs(ready, bids)
    except InvalidValue as fault:
        return [], fault.faults
    field: list[Entry] = []
    for bid in bids:
        try:
            field.append(prepared(ready, bid))
        except Unscorable as fault:
            faults += fault.faults
    if faults:
        return [], tuple(faults)
    try:
        return ranked(ready, field), ()
    except Unscorable as fault:
        return [], fault.faults


def place(entry: Entry) -> tuple[int, str]:
    """By rank, the unranked last, then by id."""
    return (entry.rank or MOST_BIDS + 1, entry.bid.id)


def standing_of(entry: Entry) -> Standing:
    """A ranked bid as it is shown."""
    total = printed(entry.total) if entry.rank is not None else None
    return Standing(bid=entry.bid.id, rank=entry.rank, tied=entry.tied, total=total, flags=tuple(entry.flags))


def reversal_of(ready: Plan, bids: Sequence[OpenedBid], runs: int, draws: Draws, around: Fraction) -> Reversal:
    """Who of the bids at hand would change the first place by leaving; in how many invented fields somebody would."""
    possible, changed, refused = depends_on_the_field(ready), 0, tuple[str, ...]()
    field = [prepared(ready, bid) for bid in bids]
    if possible:
        try:
            pool = [prepared(ready, bid) for bid in invent(ready, POOL, draws, around)]
            tried = fields(pool, len(field), runs, draws)
            changed = sum(bool(changers(ready, some, ranked(ready, some))) for some in tried)
        except Unscorable as fault:
            refused = tuple(str(part) for part in fault.args)
    return Reversal(
        possible=possible,
        changers=changers(ready, field, ranked(ready, field)),
        runs=runs,
        changed=changed,
        probability=None if refused else exact_text(Fraction(changed, runs)),
        refused=refused,
    )


def fields(pool: Sequence[Entry], size: int, runs: int, draws: Draws) -> list[list[Entry]]:
    """So many fields of different bids from the pool."""
    found: list[list[Entry]] = []
    for _ in range(runs):
        left = list(range(len(pool)))
        found.append([pool[left.pop(draws.below(len(left)))] for _ in range(size)])
    return found


def poles(ready: Plan, bids: Sequence[OpenedBid]) -> list[Pole]:
    """What the rules make of a price of 0, tried with the dearest bid."""
    if ready.price is None:
        return []
    name = ready.price.id
    priced = [bid for bid in bids if is_plain_decimal(bid.values.get(name, "")) and bid.state == "admissible"]
    if not priced:
        return []
    dearest = max(priced, key=lambda bid: (Fraction(bid.values[name]), bid.id))
    free = msgspec.structs.replace(dearest, values={**dearest.values, name: "0"})
    outcome, refused = outcome_of(ready, tuple(free if bid is dearest else bid for bid in bids))
    rule = ready.lot.rule
    return [
        Pole(
            criterion=name,
            formula=method_tag(ready.price.criterion)
            or (str(rule.__struct_config__.tag) if rule is not None else None),
            bid=dearest.id,
            winners=first(outcome),
            refused=" ".join(refused) or None,
        )
    ]
