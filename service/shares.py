"""A tender's private key in M-of-N shares (SLIP-39), each sealed to its officer; runs in the officers' client only.

The service stores what is made here and can read none of it: shares are sealed to the officers' own keys, and of each
it knows a SHA-256, by which a wrong one is told from a right one and blamed on its holder. A rehearsal proves that an
officer has the share: the answer is a hash of it, and the service knows only the hash of that answer.
"""

import hashlib
from collections.abc import Sequence
from itertools import combinations, islice
from math import comb
from typing import Final
from uuid import UUID

from msgspec import Struct

from service import sealing
from service.sealing import SealBroken

MOST_OFFICERS: Final = 16
"""Shares that SLIP-39 can make of one secret."""

MOST_TRIALS: Final = 150
"""So many sets of shares are tried before the key is used; beyond, at least every share is in one."""


class Share(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One officer's share, as it is sealed: the words, and which key of which tender they belong to.

    The public key is in it so that its holder notices a service that publishes another one than the chair made; the
    fingerprints of the officers' own keys, by their ids, so that no share is ever sealed to a key that somebody has put
    in an officer's place since. Shares made by earlier releases have none.
    """

    tender_id: UUID
    public_key: str
    number: int
    words: str
    officers: dict[str, str] = {}

    def digest(self) -> str:
        """What a share is compared with: SHA-256 of its words, in hexadecimal."""
        return hashlib.sha256(self.words.encode()).hexdigest()

    def rehearsal(self) -> str:
        """The answer that only a holder of the share can give, in hexadecimal."""
        return hashlib.sha256(b"tenderscore rehearsal" + self.words.encode()).hexdigest()


def rehearsal_digest(answer: str) -> str:
    """What the service compares an answer with: SHA-256 of its 32 bytes, in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(answer)).hexdigest()


class WrongShares(Exception):
    """Shares do not give back the tender's private key; the text says what a person can do."""


def split(tender_id: UUID, private: bytes, needed: int, number: int) -> list[Share]:
    """So many shares of which any `needed` give the private key back, after trying that they do."""
    from shamir_mnemonic.shamir import generate_mnemonics

    public = sealing.public_key_of(private).hex()
    (words,) = generate_mnemonics(
        1, [(needed, number)], private, iteration_exponent=0
    )  # there is no passphrase to guess
    shares = [
        Share(tender_id=tender_id, public_key=public, number=place, words=text) for place, text in enumerate(words, 1)
    ]
    for some in trials(shares, needed):
        if combine(some) != private:
            raise WrongShares(f"Shares {', '.join(str(share.number) for share in some)} do not give the key back.")
    return shares


def trials(shares: Sequence[Share], needed: int) -> list[tuple[Share, ...]]:
    """The sets of shares to try: every one if they are few, else neighbours in a ring, and some more."""
    if comb(len(shares), needed) <= MOST_TRIALS:
        return list(combinations(shares, needed))
    ring = [*shares, *shares]
    return [
        *(tuple(ring[start : start + needed]) for start in range(len(shares))),
        *islice(combinations(shares, needed), MOST_TRIALS - len(shares)),
    ]


def combine(shares: Sequence[Share]) -> bytes:
    """The private key from as many shares as it takes; raises WrongShares unless it is the one of the public key."""
    from shamir_mnemonic.shamir import combine_mnemonics
    from shamir_mnemonic.utils import MnemonicError

    try:
        private = combine_mnemonics([share.words for share in shares])
    except MnemonicError as error:
        raise WrongShares(f"The shares do not fit together: {error}") from None
    try:
        public = sealing.public_key_of(private).hex()
    except SealBroken:
        public = ""
    if {public} != {share.public_key for share in shares}:
        raise WrongShares("The shares fit together, but what they give is not the private key of the tender.")
    return private


def for_officer(tender_id: UUID, person_id: UUID) -> bytes:
    """What a share is bound to when the chair seals it to its officer."""
    return f"tenderscore/1 share\n{tender_id}\n{person_id}".encode()


def for_opening(lot_id: UUID, envelope: str, person_id: UUID, recipient_id: UUID) -> bytes:
    """What a share is bound to when its officer seals it to the officer whose client opens."""
    return f"tenderscore/1 opening\n{lot_id}\n{envelope}\n{person_id}\n{recipient_id}".encode()


def fingerprint(public: bytes) -> str:
    """A public key as people compare it over the telephone: 40 hexadecimal digits in groups of four."""
    digits = hashlib.sha256(public).hexdigest()[:40]
    return " ".join(digits[start : start + 4] for start in range(0, 40, 4))
