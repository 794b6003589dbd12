"""The most exact code decides in which ring a place lies; what no list knows is unknown."""

import pytest

from service.spend_places import Places

PLACES = Places(
    [
        ("OX1", "city"),
        ("OX11", "county"),
        ("OX", "county"),
        ("ox1 4", "river"),
        ("OX14AA", "mill"),
        ("NL310", "city"),
        ("NL3", "province"),
        ("GB", "country"),
        ("35", "Utrecht"),
    ]
)


@pytest.mark.parametrize(
    ("postcode", "country", "nuts", "ring"),
    [
        ("OX1 1AA", None, None, "city"),
        ("ox11 0aa", None, None, "county"),
        ("OX3 0AA", None, None, "county"),
        ("OX1 4AB", None, None, "river"),
        ("ox14aa", None, None, "mill"),
        ("ZZ1 1AA", "GB", None, "country"),
        ("ZZ1 1AA", None, None, None),
        (None, "gb", None, "country"),
        (None, None, "NL310", "city"),
        (None, None, "NL329", "province"),
        (None, None, "NL", None),
        ("3511 AB", None, None, "Utrecht"),
        ("3511AB", None, None, "Utrecht"),
        (None, None, None, None),
        ("", "", "", None),
        ("nonsense", None, None, None),
    ],
)
def test_the_most_exact_code_decides(postcode: str, country: str, nuts: str, ring: str | None) -> None:
    """OX1 is not the beginning of OX11: districts are compared as wholes."""
    assert PLACES.ring_of(postcode, country, nuts) == ring


def test_rings_keep_the_order_of_the_list_and_a_code_in_two_rings_is_told() -> None:
    places = Places([("A1", "near"), ("B1", "far"), ("a1", "far"), ("A1", "near")])
    assert (places.rings, places.twice) == (["near", "far"], ["A1"])
    assert places.ring_of("A1", None, None) == "near"
