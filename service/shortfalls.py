"""What a shortfall of a contract costs, and what was scored at the award and is owed by no contract. Pure.

Source of the usual formula: Dutch practice charges 1.5 × the fictitious advantage that an unmet promise obtained.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, assert_never

from msgspec import Meta, Struct, structs

import scoring
from scoring.decimals import exact_text, require_decimal
from service.performance import Promise, exactly

LEAST_AMOUNT = Decimal("0.0001")


class ByAdvantage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="id", tag="advantage"):
    """A shortfall costs a multiple of the advantage that the undelivered part brought at the award.

    Charge = factor × (advantage of what was promised − advantage of what was delivered), at most `cap`. The usual
    factor in the Netherlands is 1.5: who promised more than was delivered must not keep the gain.
    """

    factor: Decimal = Decimal("1.5")
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        check_amounts(factor=self.factor, cap=self.cap)


class ByUnit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="id", tag="per_unit"):
    """A shortfall costs an agreed amount per unit, such as 100.00 per hour: charge = rate × shortfall, at most `cap`.

    `source` says where the rate comes from: the contract's clause, or a proxy value of the catalogue.
    """

    rate: Decimal
    source: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        check_amounts(rate=self.rate, cap=self.cap)


Compensation = ByAdvantage | ByUnit


class Charge(Struct, frozen=True, kw_only=True):
    """What a shortfall costs by the agreed formula, in the tender's currency, and how that was worked out."""

    amount: Decimal
    formula: str


class Uncovered(Struct, frozen=True, kw_only=True):
    """What was scored at the award and is not owed by the contract, so that no shortfall of the contract tells of it.

    `scored`: what was promised. `contracted`: what the contract's targets come to; None where the promise did not come
    into the contract. `advantage`: the part of the advantage at the award that was given for the difference, in the
    tender's currency, and its `formula`; None where no published rule says it in money.
    """

    scored: Decimal
    contracted: Decimal | None
    advantage: Decimal | None = None
    formula: str | None = None


def check_amounts(**amounts: Decimal | None) -> None:
    """Refuse what is no amount above nought with at most 4 decimals."""
    for name, amount in amounts.items():
        if amount is not None:
            require_decimal(amount, name, low=LEAST_AMOUNT, decimals=4)


def charge(promise: Promise, by: Compensation, shortfall: Fraction, ended: tuple[int, int]) -> Charge | None:
    """What a shortfall costs by the agreed formula; None where neither the award nor the contract gives an amount.

    `ended`: how many periods have ended, and how many there are. Where every period must reach the target, the
    shortfall is their mean: a rate is due for each ended period, an advantage for their share of the contract. With
    published levels the delivered level earns what it would have earned at the award; without them the advantage
    shrinks in proportion. Of what was scored and is not owed by the contract nothing is charged: `uncovered` tells it.
    Rounded once, at the end: a shortfall without an end stands in the formula as a fraction.

    >>> each = Promise(direction="higher", accrual="each_period", target=Fraction(100))
    >>> charge(each, ByUnit(rate=Decimal(3), source="clause 14.2"), Fraction(100, 3), (3, 4))
    Charge(amount=Decimal('300.00'), formula='3 × (100/3) × 3')
    """
    each = promise.accrual == "each_period"
    match by:
        case ByUnit(rate=agreed):
            exact, formula = Fraction(agreed) * shortfall, f"{agreed:f} × {_written(shortfall)}"
            if each:
                exact, formula = exact * ended[0], f"{formula} × {ended[0]}"
        case ByAdvantage(factor=factor):
            lost = lost_advantage(promise, shortfall)
            if lost is None:
                return None
            exact, formula = Fraction(factor) * lost[0], f"{factor:f} × {lost[1]}"
            if each:
                exact, formula = exact * Fraction(*ended), f"{formula} × {ended[0]} ÷ {ended[1]}"
        case _:
            assert_never(by)
    if by.cap is not None and exact > Fraction(by.cap):
        return Charge(amount=scoring.in_cents(Fraction(by.cap)), formula=f"{formula}, at most {by.cap:f}")
    return Charge(amount=scoring.in_cents(exact), formula=formula)


def lost_advantage(promise: Promise, shortfall: Fraction) -> tuple[Fraction, str] | None:
    """The part of the advantage at the award that was not earned, and how that is written."""
    if promise.rate is not None:
        return Fraction(promise.rate) * shortfall, f"{promise.rate:f} × {_written(shortfall)}"
    if promise.advantage is None:
        return None
    if promise.levels:
        owed = _earned(promise, promise.target) if promise.lacking else promise.advantage
        worth = _earned(promise, promise.target + (-shortfall if promise.direction == "higher" else shortfall))
        worth = min(owed, worth)
        return Fraction(owed) - Fraction(worth), f"({owed:f} − {worth:f})"
    base = promise.scored if promise.lacking and promise.scored is not None else promise.target
    if base == 0:
        covered = 0 if promise.lacking else 1
        return Fraction(promise.advantage) * covered, f"{promise.advantage:f}" + ("" if covered else " × 0")
    covered = max(Fraction(0), 1 - promise.lacking / abs(base))
    share = min(covered, shortfall / abs(base))
    written = f"{promise.advantage:f} × {_written(shortfall)} ÷ {_written(abs(base))}"
    return Fraction(promise.advantage) * share, written


def _earned(promise: Promise, reached: Fraction) -> Decimal:
    """What the best published level that was reached earns, at most what the award gave."""
    higher, given = promise.direction == "higher", promise.advantage or Decimal(0)
    met = (
        amount
        for level, amount in promise.levels.items()
        if (Fraction(level) <= reached if higher else Fraction(level) >= reached)
    )
    return min(given, max(met, default=Decimal(0)))


def uncovered(promise: Promise) -> Uncovered | None:
    """What was scored and the contract's targets do not ask for; None where they ask for all of it.

    40 were scored, which earned 100,000, and the contract asks for 20: half of the advantage was given for nothing.

    >>> jobs = Promise(direction="higher", accrual="sum", target=Fraction(20), advantage=Decimal(100000))
    >>> uncovered(structs.replace(jobs, scored=Fraction(40), lacking=Fraction(20))).formula
    '100000 × 20 ÷ 40'
    """
    if not promise.lacking or promise.scored is None:
        return None
    lost = lost_advantage(structs.replace(promise, target=promise.scored, lacking=Fraction(0)), promise.lacking)
    return Uncovered(
        scored=exactly(promise.scored),
        contracted=exactly(promise.target),
        advantage=None if lost is None else scoring.in_cents(lost[0]),
        formula=None if lost is None else lost[1],
    )


def _written(number: Fraction) -> str:
    text = exact_text(number)
    return f"({text})" if "/" in text else text
