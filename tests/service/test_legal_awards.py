"""Standstill and letters: each says where it stands."""

from service.legal_awards import STANDSTILLS


def test_every_standstill_has_a_source():
    assert all(standstill.source for standstills in STANDSTILLS.values() for standstill in standstills)
