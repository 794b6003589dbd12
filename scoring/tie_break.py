"""Tie-breaks: the published list, applied in order until the bids differ. Time of submission is never one of them.

Drawing lots can be re-run by anyone. The buyer publishes the SHA-256 of a secret with the rules, and reveals the secret
after opening. A bid's ticket is the SHA-256 of: the secret, a line break, the ids of all bids in sorted order joined by
line breaks, a line break, and the bid's own id. The lowest ticket, read as a hexadecimal number, is drawn first.
"""

import hashlib
from collections.abc import Sequence
from typing import Annotated

import msgspec

from scoring.units import Direction


class Heaviest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="heaviest",
):
    """More weighted points on the heaviest criterion, then on the next heaviest, and so on."""


class OnCriterion(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="criterion",
):
    """Better on one criterion: more points, or, where it earns none, the better value in its direction."""

    criterion: str
    prefer: Direction | None = None
    """Which value is better on an unscored criterion; left out, the criterion's own direction."""


class HigherQuality(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="higher_quality",
):
    """More points on everything but the price."""


class LowerPrice(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="lower_price",
):
    """The lower price."""


class DrawLots(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="id",
    tag="lots",
):
    """Drawing lots with a published commitment, the SHA-256 (hexadecimal) of a secret that is revealed later."""

    commitment: Annotated[
        str,
        msgspec.Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of the secret: 64 digits 0–9 and letters a–f."),
    ]


TieBreak = Heaviest | OnCriterion | HigherQuality | LowerPrice | DrawLots


def ticket(secret: str, bids: Sequence[str], bid: str) -> str:
    """A bid's ticket in a drawing of lots; the lowest is drawn first.

    >>> ticket("dew point", ["birch", "alder"], "alder")[:8] == ticket("dew point", ["alder", "birch"], "alder")[:8]
    True
    """
    return hashlib.sha256("\n".join([secret, *sorted(bids), bid]).encode()).hexdigest()


def keeps(commitment: str, secret: str) -> bool:
    """Whether the revealed secret is the one whose hash was published."""
    return hashlib.sha256(secret.encode()).hexdigest() == commitment
