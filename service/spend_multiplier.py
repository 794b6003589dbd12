"""What of the money stays: the three-round local multiplier, with how much of it was asked and what was not.

R1 is what the buyer spends. R2 is the part of R1 that goes to local suppliers and local staff. R3 is what those who
received R2 spend locally again. The multiplier is (R1 + R2 + R3) / R1, between 1 and 3; its definition is printed with
it, because articles count rounds differently. Source: nef's "The money trail" as summarised by proveandimprove.org.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final

from msgspec import Meta, Struct

from scoring.decimals import half_up

HUNDRED: Final = 100
DEFINITION: Final = (
    "(R1 + R2 + R3) / R1. R1: spend whose place is known. R2: the part of it paid to local suppliers. "
    "R3: what these spend locally again, on staff and on suppliers, as they were asked."
)


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a supplier answered: of what it is paid, how many percent go to local staff, how many to local suppliers."""

    supplier: Annotated[str, Meta(min_length=1, max_length=300)]
    local_staff: Decimal
    local_suppliers: Decimal

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        for share in (self.local_staff, self.local_suppliers):
            if not share.is_finite() or not 0 <= share <= HUNDRED:
                raise ValueError("A share is 0 to 100 percent.")
        if self.local_staff + self.local_suppliers > HUNDRED:
            raise ValueError("Local staff and local suppliers together are more than all that was paid.")

    def share(self) -> Fraction:
        """The part of a pound that stays."""
        return Fraction(self.local_staff + self.local_suppliers) / HUNDRED


class Multiplier(Struct, frozen=True, kw_only=True):
    """The three rounds. `lowest` takes it that who was not asked spends nothing locally, `highest` that they spend all.

    `estimate` takes it that they spend like those who answered; it is an estimate and labelled so. `coverage` is the
    percent of R2 paid to suppliers that answered. The values per pound are of those who answered: what a pound leaves
    here when it is paid to a local supplier (itself and what is spent again) or to one elsewhere (what is spent again).
    """

    definition: str
    r1: Decimal
    r2: Decimal
    r3_answered: Decimal
    answered: int
    coverage: Decimal | None
    lowest: Decimal | None
    estimate: Decimal | None
    highest: Decimal | None
    value_of_a_local_pound: Decimal | None
    value_of_another_pound: Decimal | None


def hundredths(value: Fraction) -> Decimal:
    """A number to two decimals, half up."""
    return half_up(value, 2)


def three_rounds(initial: Decimal, second: Decimal, third: Decimal) -> Decimal | None:
    """(R1 + R2 + R3) / R1 to two decimals; None where nothing was spent.

    >>> three_rounds(Decimal(100_000), Decimal(50_000), Decimal(50_000))
    Decimal('2.00')
    """
    if initial <= 0:
        return None
    return hundredths(Fraction(initial + second + third) / Fraction(initial))


def local_amounts(rounds: Sequence[Decimal]) -> Decimal:
    """The sum of what is local in each round: another way to count, in which some articles speak of the return.

    >>> local_amounts([Decimal(50_000), Decimal(50_000), Decimal(30_000)])
    Decimal('130000')
    """
    return sum(rounds, start=Decimal(0))


def multiplier(
    initial: Decimal, local: Mapping[str, Decimal], elsewhere: Mapping[str, Decimal], answers: Mapping[str, Answer]
) -> Multiplier:
    """The multiplier of what was spent: `local` and `elsewhere` by supplier, and answers by the same keys.

    Suppliers with a sum of nought or less are left out of the third round.
    """
    second = sum(local.values(), start=Decimal(0))
    again, asked = _again(local, answers)
    far_again, far_asked = _again(elsewhere, answers)
    third = hundredths(again)
    unasked = max(second - asked, Decimal(0))
    like = hundredths(again + again * Fraction(unasked) / Fraction(asked)) if asked > 0 else None
    return Multiplier(
        definition=DEFINITION,
        r1=initial,
        r2=second,
        r3_answered=third,
        answered=sum(1 for key in (*local, *elsewhere) if key in answers),
        coverage=hundredths(Fraction(asked) / Fraction(second) * HUNDRED) if second > 0 else None,
        lowest=three_rounds(initial, second, third),
        estimate=None if like is None else three_rounds(initial, second, like),
        highest=three_rounds(initial, second, third + unasked),
        value_of_a_local_pound=hundredths(1 + again / Fraction(asked)) if asked > 0 else None,
        value_of_another_pound=hundredths(far_again / Fraction(far_asked)) if far_asked > 0 else None,
    )


def _again(paid: Mapping[str, Decimal], answers: Mapping[str, Answer]) -> tuple[Fraction, Decimal]:
    """What those who answered spend locally again, and what they were paid."""
    known = {key: amount for key, amount in paid.items() if key in answers and amount > 0}
    spent = sum((Fraction(amount) * answers[key].share() for key, amount in known.items()), start=Fraction(0))
    return spent, sum(known.values(), start=Decimal(0))
