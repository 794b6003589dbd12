"""Every encoding that offices use is told from the others by the words that stand in it."""

import pytest

from service.spend_encodings import Encoding, encoding_of

POLISH, BULGARIAN, GREEK = "Łączna wartość;Spółka", "Доставчик;Сума\nАлдер", "Προμηθευτής;Ποσό\nΆλφα"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", POLISH),
        ("utf-16", POLISH),
        ("cp1252", "Müller & Söhne;£1"),
        ("cp1252", "Bob’s œuvre en forêt"),
        ("cp1252", "Año;Compañía Nº 5"),
        ("cp1252", "São João;Açúcar"),
        ("cp1252", "Ærø;Søren"),
        ("cp1252", "Número;Compañía"),
        ("cp1252", "Importe;Número\nElm;1"),
        ("cp1252", "Supplier;Amount £k\nWater, m³;£100.00\n½in pipe;CO² per m³"),
        ("cp1252", "Père;Søren;São;José;Müller;Zoë;Siân;Škoda"),
        ("cp1252", "Société à responsabilité limitée"),
        ("cp1250", POLISH),
        ("cp1250", "Kwota;Data płatności;Dostawca\nŁódź"),
        ("cp1250", "Szállító;fizető;gyűjtő;fűtő"),
        ("cp1250", "Dodávateľ;Príjemca;Množstvo;opäť;odberateľ"),
        ("cp1250", "Český dodavatel;příjemce"),
        ("iso-8859-2", POLISH),
        ("cp1251", BULGARIAN),
        ("cp1251", BULGARIAN.upper()),
        ("iso-8859-5", BULGARIAN),
        ("cp1253", GREEK),
        ("cp1253", "ΠΡΟΜΗΘΕΥΤΗΣ;ΠΟΣΟ"),
        ("iso-8859-7", GREEK),
    ],
)
def test_an_encoding_is_told_by_the_words_in_it(encoding: Encoding, text: str) -> None:
    assert encoding_of((text + "\n").encode(encoding)) == encoding


def test_one_odd_word_does_not_leave_western_europe() -> None:
    """A slip of the pen in a list of names says nothing of the others."""
    assert encoding_of("Café;10 m³of soil;Müller\n".encode("cp1252")) == "cp1252"


def test_a_long_run_of_letters_takes_no_longer_than_it_is_long() -> None:
    """Looked at anew from every letter, a run of these would take hours."""
    assert encoding_of(b"a" * 2_000_000 + b"\xe9\n") == "cp1252"
    assert encoding_of(b"a\n" * 1_000_000 + b"Caf\xe9\n") == "cp1252"
