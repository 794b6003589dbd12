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
        ("cp1250", POLISH),
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
