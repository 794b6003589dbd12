"""A loser as adversary: which prices can it work out from its letter? (`make soak SOAK=debrief [N=8000]`)

C-13. Every tender has 3 to 8 bids in whole amounts, a winner that need not be the cheapest, and one of the formulas of
the catalogue on its price, absolute ones included. A loser's letter shows its own price and points and the winner's,
points to two decimals; the rules and the number of bids are public. The solver asks the engine, and nothing else: which
other fields of prices would have given exactly this letter? With three bids it tries every amount there is. With more
it moves each unknown price alone and each two of them together, also by exchanging them. A price that stays within
± 1 % in every field found is pinned – by its place among the unknown ones, for nobody knows who holds it.

What must not be: a pinned price under rules whose publication warns of nothing (`scoring.giveaways`); with three bids
also a letter of which `scoring.debrief`, which looks at letters before they are sent, sees nothing; and an interval of
its that does not hold the truth. Every warned formula must have pinned a price, or the warning cries wolf.

Control: plain lowest price over price with three bids must be flagged, and a product that warns of nothing must fail.

Progress lies in .soak/debrief.json and belongs to one state of the engine.
"""

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import msgspec

import scoring
from scoring.debrief import ShownBid, ShownLetter, debrief
from scoring.decimals import exact_text, rounded
from scoring.methods import Absolute, Method, Relative, absolute_points, relative_points
from tests.soak.harness import LONGEST_SECONDS, load, store, tell, verdict

PROJECT = Path(__file__).parent.parent.parent
PROGRESS = Path(".soak/debrief.json")
TENDERS = 8_000
CHUNK = 100
FEWEST, MOST = 3, 8
LEAST_PRICE, CEILING = 400, 2600
NARROW: Final = Fraction(1, 100)
STEPS: Final = (Fraction(101, 10_000), Fraction(3, 100), Fraction(1, 10), Fraction(3, 10))
"""So far a price is moved, up and down: a little more than it takes to be not pinned, and more."""
KEPT = 100
ENOUGH = 300
"""Letters under a formula after which a warning that none of them bore out cries wolf."""
NEED_ZERO = ("P1", "P1h", "P2", "P3", "P5", "P6", "P7", "P7b", "P8", "P9", "A2b")

Warns = Callable[[Method], bool]


class Case(NamedTuple):
    """A tender: its formula, what the loser knows of prices, and the prices that it does not know."""

    tag: str
    method: Method
    own: int
    winner: int
    others: tuple[int, ...]


class Progress(msgspec.Struct):
    """How far the campaign has come; by formula how many letters there were and how many pinned a price."""

    code: str
    done: int = 0
    letters: dict[str, int] = {}
    pinned: dict[str, int] = {}
    found: dict[int, str] = {}
    control: str | None = None


# Inventing tenders


def formulas(random: Random) -> dict[str, dict[str, object]]:
    """One of each formula of the catalogue that can score a price, with parameters that a buyer might publish."""
    ceiling = str(CEILING)
    return {
        "P1": {},
        "P1h": {"floor": random.choice(["0", "20"])},
        "P2": {"floor": "0"},
        "P3": {"k": random.choice(["2", "3"]), "floor": "0"},
        "P4": {},
        "P5": {"floor": "none"},
        "P6": {"base": random.choice(["2", "3"]), "floor": "none"},
        "P7": {"ceiling": ceiling, "alpha": random.choice(["1", "0.5"])},
        "P7b": {"ceiling": ceiling, "threshold": "0.03"},
        "P8": {"ceiling": ceiling, "x": random.choice(["0.80", "0.90"])},
        "P9": {
            "bands": [
                {"to": (nearest := random.choice(["0.01", "0.02"])), "points": "100"},
                {"from": nearest, "to": "0.10", "points": "80"},
                {"from": "0.10", "to": "0.50", "points": "40"},
            ]
        },
        "P10": {"points": ["100", "80", "60", "50", "40", "30", "20", "10"]},
        "A1": {"best": "500", "worst": ceiling},
        "A2": {"ceiling": ceiling},
        "A2b": {"reference": "800", "cap": "100"},
        "A3": {"ceiling": ceiling, "n": "3"},
    }


def method_of(fields: dict[str, object]) -> Method:
    """A formula from its published parameters, with the rule for 0 that it may need."""
    zero = {"zero": "reject"} if fields["id"] in NEED_ZERO else {}
    return msgspec.convert(zero | fields, Method, strict=False)


def invented(number: int) -> Case:
    """The tender of a number, the same whenever it is asked for."""
    random = Random(number)
    tags = formulas(random)
    tag = list(tags)[number % len(tags)]
    method = method_of({"id": tag, **tags[tag]})
    around = random.randint(900, 1700)
    bids = random.randint(FEWEST, MOST)
    prices = [min(CEILING - 1, max(LEAST_PRICE, round(random.gauss(around, around / 6)))) for _ in range(bids)]
    own, winner, *others = prices
    return Case(tag, method, own, winner, tuple(others))


# What a letter shows, by the engine


def points_of(method: Method, prices: Sequence[int]) -> list[Fraction]:
    """The points of every price, to the two decimals of a letter."""
    if isinstance(method, Relative):
        worked = relative_points(method, [Fraction(price) for price in prices], "lower")
    else:
        assert isinstance(method, Absolute)
        worked = [absolute_points(method, str(price)) for price in prices]
    return [rounded(one.points, 2, "half_up") for one in worked]


def letter_of(case: Case, others: Sequence[int]) -> tuple[Fraction, Fraction]:
    """The reader's and the winner's points, had the unknown prices been these."""
    own, winner, *_ = points_of(case.method, (case.own, case.winner, *others))
    return own, winner


# The solver


def fields_alike(case: Case) -> Iterator[tuple[int, ...]]:
    """Fields of unknown prices that give the very letter; with one unknown price all of them."""
    shown = letter_of(case, case.others)
    if len(case.others) == 1:
        tried: Iterator[tuple[int, ...]] = ((price,) for price in range(1, CEILING))
    else:
        tried = moved(case)
    yield from (others for others in tried if letter_of(case, others) == shown)


def moved(case: Case) -> Iterator[tuple[int, ...]]:
    """The unknown prices with one moved alone, and with another moved so that it makes up for it."""
    for index, price in enumerate(case.others):
        for step in (sign * part for part in STEPS for sign in (1, -1)):
            new = round(price * (1 + step))
            if not 1 <= new < CEILING:
                continue
            alone = (*case.others[:index], new, *case.others[index + 1 :])
            yield alone
            for other, theirs in enumerate(case.others):
                if other == index:
                    continue
                for made_up in {theirs - (new - price), price, new}:
                    if 1 <= made_up < CEILING:
                        yield (*alone[:other], made_up, *alone[other + 1 :])


def pinned_by_solver(case: Case) -> list[int]:
    """The unknown prices, by their places in order, that are the same within ± 1 % in every field found."""
    truth = sorted(case.others)
    low, high = list(truth), list(truth)
    pinned = truth
    for field in fields_alike(case):
        for place, price in enumerate(sorted(field)):
            low[place], high[place] = min(low[place], price), max(high[place], price)
        spans = zip(truth, low, high, strict=True)
        pinned = [price for price, least, most in spans if Fraction(most - least) < NARROW * (most + least)]
        if not pinned:
            break
    return pinned


# What the product says


@lru_cache(maxsize=1000)
def _warned(canonical: bytes) -> bool:
    method = msgspec.json.decode(canonical, type=Method)
    price = scoring.Criterion(id="price", weighting=Decimal(100), unit="GBP", direction="lower", method=method)
    return bool(scoring.giveaways(scoring.Lot(criteria=(price,))))


def warns(method: Method) -> bool:
    """Whether the publication of a lot with this formula warns of what letters give away."""
    return _warned(msgspec.json.encode(method))


def faults_in(case: Case, pinned: Sequence[int], product: Warns) -> Iterator[str]:
    """What must not be about one letter."""
    if pinned and not product(case.method):
        yield f"{case.tag}: a price is pinned, and the publication had warned of nothing"
    own, winner = letter_of(case, case.others)
    letter = ShownLetter(
        method=case.method,
        own=ShownBid(points=exact_text(own), price=str(case.own)),
        winner=ShownBid(points=exact_text(winner), price=str(case.winner)),
        unit_decimals=0,
        bids=2 + len(case.others),
    )
    said = debrief(letter)
    field = (case.own, case.winner, *case.others)
    truths = {"lowest": min(field), "highest": max(field), "mean": Fraction(sum(field), len(field))}
    truths["other"] = case.others[0]
    for found in said.derived:
        if found.whose in truths and not Fraction(found.lowest) <= truths[found.whose] <= Fraction(found.highest):
            yield f"{case.tag}: {found.whose} is {truths[found.whose]}, not {found.lowest} to {found.highest}"
    seen = said.not_examined is not None or any(found.pinned and found.third_party for found in said.derived)
    if pinned and len(case.others) == 1 and not seen:
        yield f"{case.tag}: a third bidder's price is pinned, and the letter was let pass"


# The campaign


def code_digest() -> str:
    """SHA-256 over the engine and this file."""
    files = [*sorted((PROJECT / "scoring").glob("*.py")), Path(__file__)]
    return hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()


def run(path: Path, tenders: int, seconds: float, product: Warns = warns) -> Progress:
    """Go on until so many tenders are done, or the time is over."""
    progress = load(path, Progress(code=code_digest()))
    ends = time.monotonic() + seconds
    while progress.done < tenders and time.monotonic() < ends:
        for number in range(progress.done, min(tenders, progress.done + CHUNK)):
            case = invented(number)
            pinned = pinned_by_solver(case)
            progress.letters[case.tag] = progress.letters.get(case.tag, 0) + 1
            progress.pinned[case.tag] = progress.pinned.get(case.tag, 0) + bool(pinned)
            for fault in faults_in(case, pinned, product):
                if len(progress.found) < KEPT:
                    progress.found.setdefault(number, fault)
            progress.done = number + 1
        store(path, progress)
        tell(f"{progress.done} of {tenders} letters, {len(progress.found)} faults")
    return progress


def crying_wolf(progress: Progress) -> list[str]:
    """Formulas that are warned of and have pinned nothing, among enough letters."""
    idle = [tag for tag, letters in progress.letters.items() if letters >= ENOUGH and not progress.pinned[tag]]
    return [tag for tag in idle if warns(invented_by(tag))]


def control() -> str:
    """Plain lowest price over price with three bids, the third the cheapest: flagged; and unwarned, it is a fault."""
    plain = Case("P1", method_of({"id": "P1"}), 1200, 1100, (1000,))
    absolute = Case("A1", method_of({"id": "A1", "best": "500", "worst": "2600"}), 1200, 1100, (1000,))
    pinned = pinned_by_solver(plain)
    unwarned = list(faults_in(plain, pinned, lambda _: False))
    warned = list(faults_in(plain, pinned, warns))
    if pinned == [1000] and unwarned and not warned and not pinned_by_solver(absolute):
        return "seen"
    return f"not seen: pinned {pinned}, unwarned {unwarned}"


def main(arguments: list[str]) -> int:
    """Run the campaign; exit status 1 if anything was found that must not be."""
    wanted = int(arguments[0]) if arguments else TENDERS
    progress = run(PROGRESS, wanted, LONGEST_SECONDS)
    progress.control = control()
    store(PROGRESS, progress)
    faults = [f"tender {number}: {fault}" for number, fault in progress.found.items()]
    faults += [f"{tag} is warned of and pinned nothing" for tag in crying_wolf(progress)]
    faults += [] if progress.control == "seen" else [f"control {progress.control}"]
    figures = {"letters": progress.letters, "pinned": progress.pinned, "control": progress.control}
    missing = f"{wanted - progress.done} letters are missing" if progress.done < wanted else ""
    return verdict("debrief", figures, faults, missing=missing)


def invented_by(tag: str) -> Method:
    """A formula by its tag."""
    return invented(list(formulas(Random(0))).index(tag)).method


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
