"""The exclusion grounds: each has an id of its own and says where it stands."""

from service.legal_grounds import GROUNDS


def test_every_ground_has_an_id_of_its_own_and_a_source():
    for grounds in GROUNDS.values():
        assert len({ground.id for ground in grounds}) == len(grounds)
        assert all(ground.text and ground.source for ground in grounds)
