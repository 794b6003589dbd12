"""Playing a tender: names of files; what it does is tested by the demo and by the city's year, which play it."""

from service.play import slug


def test_a_name_of_a_file_has_letters_digits_and_single_hyphens() -> None:
    assert slug("Birch & Sons Renewables ") == "birch-sons-renewables"
    assert slug("PARKS-09") == "parks-09"
