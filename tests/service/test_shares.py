"""M of N: any M shares give the tender's key back, fewer never do, and a wrong one is known as wrong."""

from itertools import combinations
from uuid import UUID, uuid4

import msgspec
import pytest

from service import sealing, shares
from service.shares import Share, WrongShares

TENDER = uuid4()


def split(needed: int, number: int) -> tuple[bytes, list[Share]]:
    private, _ = sealing.generate_key()
    return private, shares.split(TENDER, private, needed, number)


@pytest.mark.parametrize(("needed", "number"), [(2, 2), (2, 3), (3, 4), (3, 5)])
def test_any_m_of_n_give_the_key_back_and_fewer_never(needed: int, number: int):
    private, made = split(needed, number)
    for some in combinations(made, needed):
        assert shares.combine(some) == private
    for some in combinations(made, needed - 1):
        with pytest.raises(WrongShares, match="do not fit together"):
            shares.combine(some)


def test_the_largest_panel_of_officers_can_be_served():
    """16 officers: not every set of 8 is tried, but every share is in one that was."""
    private, made = split(8, 16)
    tried = shares.trials(made, 8)
    assert len(tried) == shares.MOST_TRIALS
    assert {share.number for some in tried for share in some} == set(range(1, 17))
    assert shares.combine(made[8:]) == private


def test_a_changed_share_does_not_fit():
    _, (one, two, _) = split(2, 3)
    words = one.words.split()
    other = " ".join([*words[:-1], words[-2]])
    with pytest.raises(WrongShares):
        shares.combine([msgspec.structs.replace(one, words=other), two])
    assert msgspec.structs.replace(one, words=other).digest() != one.digest()


def test_shares_of_two_keys_do_not_fit():
    """A share that is valid in itself, but of another key, is told by its hash and gives nothing."""
    _, (one, *_) = split(2, 3)
    _, (_, two, _) = split(2, 3)
    with pytest.raises(WrongShares):
        shares.combine([one, two])


def test_shares_that_fit_and_give_another_key_than_they_say_are_refused():
    """Whoever made the shares wrote another public key beside them: nothing was ever sealed to what they give."""
    _, made = split(2, 3)
    _, other = sealing.generate_key()
    lying = [msgspec.structs.replace(share, public_key=other.hex()) for share in made[:2]]
    with pytest.raises(WrongShares, match="not the private key"):
        shares.combine(lying)


def test_a_key_that_begins_with_zeros_is_given_back_whole():
    private = bytes(3) + bytes(range(1, 30))
    made = shares.split(TENDER, private, 2, 3)
    assert shares.combine(made[1:]) == private


def test_the_rehearsal_shows_possession_and_not_the_share():
    """The service compares hashes of hashes; neither is made of anything that it keeps."""
    _, (one, two) = split(2, 2)
    assert shares.rehearsal_digest(one.rehearsal()) != shares.rehearsal_digest(two.rehearsal())
    assert len({one.digest(), one.rehearsal(), shares.rehearsal_digest(one.rehearsal())}) == 3
    assert not any(word in one.rehearsal() for word in one.words.split())


def test_a_sealed_share_opens_for_its_officer_in_its_tender_only():
    private, public = sealing.generate_key()
    person, other = uuid4(), uuid4()
    content = b"a share"
    envelope = sealing.split(sealing.seal(public, shares.for_officer(TENDER, person), content))
    key = sealing.unwrap(private, shares.for_officer(TENDER, person), envelope.header)
    assert sealing.open_body(key, *envelope) == content
    lot: UUID = uuid4()
    elsewhere = (
        shares.for_officer(TENDER, other),
        shares.for_officer(uuid4(), person),
        shares.for_opening(lot, "offer", person, other),
    )
    for bound in elsewhere:
        with pytest.raises(sealing.SealBroken):
            sealing.unwrap(private, bound, envelope.header)
    assert len({shares.for_opening(lot, kind, one, two) for kind in ("offer", "price") for one, two in _pairs()}) == 4


def _pairs() -> list[tuple[UUID, UUID]]:
    return [(UUID(int=1), UUID(int=2)), (UUID(int=2), UUID(int=1))]


def test_a_fingerprint_can_be_read_aloud():
    _, public = sealing.generate_key()
    assert len(shares.fingerprint(public).split()) == 10
    assert shares.fingerprint(public) != shares.fingerprint(sealing.generate_key()[1])
