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


@pytest.mark.parametrize(
    ("postcode", "ring"),
    [
        ("OX1", "city"),
        ("OX1 2", "city"),
        ("OX1 2A", "city"),
        ("OX1 4", "river"),
        ("OX1 4A", "river"),
        ("OX1-4AB", "river"),
        ("OX14", None),
        ("OX12", None),
        ("OX12 9", None),
        ("OX12 9A", None),
        ("OX129A", None),
        ("OX 12 9A", None),
        ("OX12 OAA", None),
        ("OX12OAA", None),
        ("OX12-9AA", None),
        ("OX12 9AAA", None),
        ("OX12 9AA, UK", None),
        ("OX12, 9 High Street", None),
        ("OX11 9A", "county"),
        ("SN15", None),
        ("SN1 5", "town"),
        ("SN1 5AB", "town"),
        ("B1", "midlands"),
        ("B12", "midlands"),
        ("E3", "east"),
        ("E34 XY12", None),
        ("E34XY12", None),
        ("D04 X2Y6", "Dublin 4"),
        ("K1A 0B1", "Ottawa"),
        ("LV1001", "Riga"),
        ("LV-1050", "Latvia"),
        ("1012 AB", "Amsterdam"),
    ],
)
def test_a_part_of_a_postcode_never_lies_in_another_district(postcode: str, ring: str | None) -> None:
    """What is written short or wrong lies in its own sector, district or area, or nowhere."""
    places = Places(
        [
            ("OX1", "city"),
            ("OX1 4", "river"),
            ("OX11", "county"),
            ("SN1", "town"),
            ("B", "midlands"),
            ("E3", "east"),
            ("E", "east"),
            ("D04", "Dublin 4"),
            ("K1A", "Ottawa"),
            ("LV10", "Riga"),
            ("LV-", "Latvia"),
            ("10", "Amsterdam"),
        ]
    )
    assert places.ring_of(postcode, None, None) == ring


def test_what_is_known_of_an_area_holds_for_its_districts() -> None:
    places = Places([("OX1", "city"), ("OX", "county")])
    assert [places.ring_of(code, None, None) for code in ("OX12", "OX1", "OX12 9A", "OX")] == [
        "county",
        "city",
        "county",
        "county",
    ]
