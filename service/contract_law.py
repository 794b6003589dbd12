"""What a law asks of a contract by its value: indicators, assessments and notices in time.

Values under the Procurement Act 2023 include value-added tax (section 4 and schedule 3). Bids are mostly compared
without it, so that the awarded price alone does not tell on which side of a threshold a contract lies.
"""

from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from service import measures
from service.obligations import Place

Reach = Literal["above", "may_exceed", "unknown"]
"""above: the value exceeds the threshold whatever the tax · may_exceed: with the tax that may be due · unknown: there
is no price, or it is in another currency than the threshold's."""


class Law(Struct, frozen=True, kw_only=True):
    """What a law asks of contracts above a value: so many indicators, assessed so often, notices in so many days."""

    in_force_from: date
    above: Decimal
    indicators: int
    months: int
    days: int
    source: str


LAWS: Final[dict[str, Law]] = {
    "uk-pa2023": Law(
        in_force_from=date(2025, 2, 24),
        above=Decimal(5_000_000),
        indicators=3,
        months=12,
        days=30,
        source="Procurement Act 2023, sections 52, 53 and 71; SI 2024/692, regulation 39",
    )
}
"""By jurisdiction. Strictly more than the value, as the Act says. Frameworks, concessions, light touch contracts and
private utilities are exempt, which the buyer knows: what is missing is a warning, never a refusal."""


class Asking(NamedTuple):
    """A law of contracts above a value, and how surely this contract is one."""

    law: Law
    reach: Reach


# Rules


def asking(here: Place) -> Asking | None:
    """What the tender's law may ask of this contract; None where it surely asks nothing, as of lower values."""
    tender, plan = here.known.tender, here.watched.plan
    law = LAWS.get(tender.jurisdiction)
    signed_on = plan.signed_at.astimezone(ZoneInfo(tender.time_zone)).date()
    if law is None or signed_on < law.in_force_from:
        return None
    found = measures.with_tax(tender, plan.value)
    if found is None:
        return Asking(law, "unknown")
    lowest, highest = found
    if lowest > law.above:
        return Asking(law, "above")
    return Asking(law, "may_exceed") if highest > law.above else None


def law_of(here: Place) -> Law | None:
    """What the tender's law surely asks of this contract; None where it asks nothing, and where nobody can tell."""
    found = asking(here)
    return found.law if found is not None and found.reach == "above" else None
