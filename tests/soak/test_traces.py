"""The search for canaries finds every form that it claims to find, and nothing where nothing is."""

import base64
import hashlib
import re
import struct
from decimal import Decimal
from pathlib import Path
from random import Random
from urllib.parse import quote

import asyncpg
import pytest

from service.signing import Secrets
from tests.soak.traces import CHUNK, Search, canaries, hash_forms, price_forms, text_forms

KNOWN = canaries(20, seed=7)
FIRST = KNOWN[0]
FORMS = {
    **{f"price, {form}": needle for form, needle in price_forms(FIRST.price)},
    **{f"word, {form}": needle for form, needle in text_forms(FIRST.word)},
}


@pytest.fixture(scope="module")
def search() -> Search:
    return Search(KNOWN)


def noise(length: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(length)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shift", range(4))
def test_a_price_and_a_word_are_found_in_every_form_at_every_offset(search: Search, form: str, shift: int):
    found = search.data(noise(1_000 + shift) + FORMS[form] + noise(999), "here")
    assert {trace.number for trace in found} == {0}
    # A price has no letters, so its two hexadecimal forms, and its two percent forms, are one.
    assert any(form.casefold().endswith(f", {trace.form}".casefold()) for trace in found)


@pytest.mark.parametrize("lead", ["", "a", "ab"])
def test_a_price_inside_a_longer_base64_text_is_found_wherever_it_begins(search: Search, lead: str):
    """The three offsets are not our own reading of base64: the library encodes the whole text."""
    body = f'{{"values": {{"{lead}price": "{FIRST.price}"}}}}'.encode()
    assert search.data(base64.b64encode(body), "here")[0].form.startswith("base64")
    assert search.data(base64.urlsafe_b64encode(body), "here")


def test_wrapped_base64_is_found(search: Search):
    wrapped = base64.encodebytes(b"x" * 50 + FIRST.price.encode() + b"y" * 50)
    assert search.text(wrapped, "here")


def test_percent_encoding_by_the_library_and_by_the_letter_are_found(search: Search):
    assert search.data(quote(f'{{"price": "{FIRST.price}"}}').encode(), "here")
    assert search.data("".join(f"%{ord(letter):02X}" for letter in FIRST.word).encode(), "here")


async def test_a_number_in_postgresql_s_own_binary_format_is_found(search: Search, pool: asyncpg.Pool):
    """The needle is compared with what the server itself sends for a numeric and a double."""
    price = Decimal(FIRST.price)
    sent = await pool.fetchval("SELECT numeric_send($1::numeric) || float8send($1::numeric::float8)", price)
    forms = {trace.form for trace in search.data(noise(100) + sent + noise(100), "here")}
    assert forms == {"numeric, big", "double, big"}


@pytest.mark.parametrize("name", ["sha256", "md5"])
def test_a_hash_of_the_body_without_a_key_is_found(name: str):
    """Whoever knows the form of a bid finds its price by trying prices."""
    search = Search(KNOWN)
    body = b'{"values": {"price": "%s"}}' % FIRST.price.encode()
    digest = hashlib.new(name, body)
    assert search.data(noise(50) + digest.digest(), "here") == []
    search.learn_body(0, body)
    assert search.data(noise(50) + digest.digest(), "here")[0].form == f"{name}, bytes"
    assert search.data(b"digest=" + digest.hexdigest().encode(), "here")[0].form == f"{name}, hex"
    assert len(dict(hash_forms(body))) == 30


def test_a_hash_of_the_body_under_the_service_s_secret_is_found():
    """Whoever has the database may have the secret's file too; and JSON is written again before it is hashed."""
    secrets = Secrets([bytes(32), b"\x01" * 32])
    search = Search(KNOWN, secrets)
    body = b'{"values": {"price": "%s"}}' % FIRST.price.encode()
    search.learn_body(0, body)
    for line, digest in enumerate(secrets.fingerprints(body.replace(b": ", b":")), start=1):
        assert search.data(b"fingerprint=" + digest.encode(), "here")[0].form == f"HMAC under line {line}, hex"
    (found,) = search.data(bytes.fromhex(secrets.fingerprint(hashlib.sha256(body).digest())), "here")
    assert found.form == "HMAC of the SHA-256 under line 1, bytes"
    assert search.data(secrets.request_fingerprint("whose which key", body).encode(), "here") == []


def test_nothing_is_found_where_nothing_is(search: Search):
    assert search.data(noise(3_000_000) + bytes(100_000), "here") == []
    assert Search(canaries(20, seed=8)).data(b"".join(FORMS.values()), "here") == []


def test_a_canary_across_the_border_of_two_chunks_is_found(search: Search, tmp_path: Path):
    path = tmp_path / "big"
    path.write_bytes(bytes(CHUNK - 5) + FIRST.word.encode() + bytes(CHUNK))
    assert [(trace.number, trace.form) for trace in search.file(path)] == [(0, "bytes")]
    assert search.folder(tmp_path)[0].place.startswith("big, ")


def test_a_canary_in_a_file_s_name_is_found(search: Search, tmp_path: Path):
    (tmp_path / f"upload-{FIRST.word}.tmp").touch()
    assert search.folder(tmp_path)


def test_canaries_are_distinct_and_are_prices_that_a_tender_takes():
    many = canaries(1_000, seed=1)
    assert len({canary.price for canary in many}) == len({canary.word for canary in many}) == 1_000
    assert all(re.fullmatch(r"\d{12}\.\d\d", canary.price) for canary in many)
    assert struct.calcsize("<4H") == 8
