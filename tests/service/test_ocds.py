"""What is written in the standard's words: numbers digit by digit, register numbers, what a release takes back."""

import json
from decimal import Decimal

from service import ocds


def test_an_amount_is_a_number_with_all_its_digits_and_no_exponent() -> None:
    """A float would lose the last digits; a reader may not know exponents."""
    value = ocds.Value(amount=ocds.plain(Decimal("9007199254740993.01")), currency="GBP")
    assert ocds.encode(value) == b'{"amount":9007199254740993.01,"currency":"GBP"}'
    assert b"1000," in ocds.encode(ocds.Value(amount=ocds.plain(Decimal("1E+3")), currency="GBP"))


def test_a_register_number_is_taken_apart_and_nothing_else_is() -> None:
    """GB-COH-01234567 is a scheme and a number."""
    found = ocds.identifier_of("GB-COH-01234567", "Alder Ltd")
    assert found == ocds.Identifier(scheme="GB-COH", id="01234567", legal_name="Alder Ltd")
    assert ocds.identifier_of("somewhere", "Alder Ltd") is None
    assert ocds.identifier_of(None, "Alder Ltd") is None


def test_what_a_release_no_longer_tells_it_takes_back() -> None:
    """By null, wherever it stood; what is merged as a whole is told as a whole."""
    before = b'{"a":1,"b":{"c":"x","d":2},"lots":[{"id":"1","t":"x"}],"criteria":[{"n":1}],"gone":{"e":3}}'
    now = b'{"b":{"d":2},"lots":[{"id":"1"},{"id":"2"}],"criteria":[{"n":2}]}'
    told = ocds.following(before, now)
    assert json.loads(told) == {
        "a": None,
        "b": {"c": None, "d": 2},
        "lots": [{"id": "1", "t": None}, {"id": "2"}],
        "criteria": [{"n": 2}],
        "gone": {"e": None},
    }
    merged = json.loads(ocds.compiled([before, told]))
    assert merged == json.loads(now) | {"tag": ["compiled"]}
    assert json.loads(ocds.following(told, now)) == json.loads(now)
    assert json.loads(ocds.compiled([before, now]))["a"] == 1  # the control: what is only left out stands on
    assert ocds.following(b"{}", b'{"amount":1.10}') == b'{"amount":1.10}'
