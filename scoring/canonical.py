"""One value, one sequence of bytes: the form that is stored, digested and compared."""

import hashlib
from typing import Final

import msgspec

from scoring.model import Lot

ENGINE: Final = "tenderscore-engine/1"
"""Names the arithmetic. A change that could alter one digit of any result takes a new number."""

_encoder: Final = msgspec.json.Encoder(order="sorted", decimal_format="string")


def canonical(value: object) -> bytes:
    """JSON with sorted keys, UTF-8, no blanks, decimals as strings; the same value always gives the same bytes."""
    return _encoder.encode(value)


def digest(value: object) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def rules_digest(lot: Lot) -> str:
    """Digest of a lot's published rules; scoring under other rules shows a different one."""
    return digest(lot)
