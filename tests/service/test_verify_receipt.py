"""The published script: it believes neither service nor database, only arithmetic; and it is short and plain."""

import ast
import base64
import json
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service import merkle, verify_receipt
from service.signing import Signer
from service.verify_receipt import ORDER, P, check_signature, open_checkpoint
from tests.make_logs import (
    LOG_ID,
    SIGNER,
    a_checkpoint,
    a_log,
    a_receipt,
    a_withdrawal,
    a_withdrawal_receipt,
    an_entry,
    as_ndjson,
    leaves,
    public,
)

SCRIPT = Path(verify_receipt.__file__)
ANOTHER = Signer(b"\x02" * 32)

# RFC 8032, section 7.1, tests 1 to 3: public key, message, the signature's R and S.
ED25519 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)

# The example of golang.org/x/mod/sumdb/note, whose format c2sp.org/signed-note describes.
GO_KEY = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = base64.b64decode(
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)

# The eight points of small order, y first as encoded, x's oddness in the last bit (RFC 7748, 6; RFC 8032, 5.1.3).
_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7
SMALL_ORDER = [
    number.to_bytes(32, "little")
    for number in (
        *(1, P - 1, 0, 2**255, _OF_ORDER_8, _OF_ORDER_8 + 2**255),
        *(P - _OF_ORDER_8, P - _OF_ORDER_8 + 2**255),
    )
]


def accepted(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        check_signature(key, signature, message)
    except ValueError:
        return False
    return True


def accepted_by_openssl(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def run(folder: Path, receipt: Any, **options: str | bytes) -> tuple[int, str]:
    """The script as a stranger runs it, without this project in reach: exit status and everything it says."""
    command = [sys.executable, "-I", str(SCRIPT), str(folder / "receipt.json")]
    (folder / "receipt.json").write_text(receipt if isinstance(receipt, str) else json.dumps(receipt))
    for name, value in options.items():
        if name != "key":
            (folder / name).write_bytes(value if isinstance(value, bytes) else value.encode())
        command += [f"--{name.replace('_', '-')}", str(value if name == "key" else folder / name)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


# The script itself


def test_the_script_can_be_read_in_one_sitting_and_needs_nothing():
    """At most 150 lines of at most 120 columns, standard library only, in the language of Python 3.9."""
    text = SCRIPT.read_text()
    lines = text.splitlines()
    assert len(lines) <= 150
    assert max(len(line) for line in lines) <= 120
    tree = ast.parse(text, feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


# Ed25519


@pytest.mark.parametrize(("key", "message", "r", "s"), ED25519)
def test_the_signatures_of_rfc_8032_hold_and_only_they(key: str, message: str, r: str, s: str):
    parts = [bytes.fromhex(text) for text in (key, r + s, message)]
    assert accepted(*parts)
    assert not accepted(parts[0], parts[1], parts[2] + b"\0")
    for byte in range(0, 64, 5):
        broken = bytearray(parts[1])
        broken[byte] ^= 1 << byte % 8
        assert not accepted(parts[0], bytes(broken), parts[2])


def test_the_script_and_openssl_judge_signatures_alike():
    """Sixty good ones, and each with a flipped bit in key, signature or message."""
    random = Random(8032)
    for number in range(60):
        signer, message = Signer(random.randbytes(32)), random.randbytes(number)
        parts = [signer.public_key, signer.sign(message), message]
        assert accepted(*parts)
        broken = random.randrange(3 if message else 2)
        data = bytearray(parts[broken])
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        parts[broken] = bytes(data)
        assert accepted(*parts) == accepted_by_openssl(*parts) is False


def test_a_signature_with_the_group_s_order_added_is_refused():
    """RFC 8032, 5.1.7: S must be below the order, or every signature could be written in several ways."""
    signature = SIGNER.sign(b"text")
    s = int.from_bytes(signature[32:], "little")
    for factor in range(1, 16):
        other = s + factor * ORDER
        if other < 2**256:
            parts = (SIGNER.public_key, signature[:32] + other.to_bytes(32, "little"), b"text")
            assert accepted(*parts) == accepted_by_openssl(*parts) is False


@pytest.mark.parametrize("key", SMALL_ORDER, ids=bytes.hex)
def test_a_key_of_small_order_is_refused(key: bytes):
    """With it the signature R = identity, S = 0 would fit one text in eight or every text."""
    signatures = [r + bytes(32) for r in SMALL_ORDER]
    assert not any(accepted(key, signature, b"%d" % number) for signature in signatures for number in range(2))


@pytest.mark.parametrize("y", [P, P + 1, 2**255 - 1, 2])
@pytest.mark.parametrize("odd", [0, 2**255])
def test_what_is_no_point_of_the_curve_is_no_key(y: int, odd: int):
    """Numbers not below the field's, and 2, to which no x belongs (RFC 8032, 5.1.3)."""
    assert not accepted((y + odd).to_bytes(32, "little"), SIGNER.sign(b"text"), b"text")
    assert not accepted(SIGNER.public_key, (y + odd).to_bytes(32, "little") + SIGNER.sign(b"text")[32:], b"text")


@pytest.mark.parametrize(("key", "signature"), [(0, 64), (31, 64), (33, 64), (32, 0), (32, 63), (32, 65)])
def test_keys_and_signatures_of_another_length_are_refused(key: int, signature: int):
    assert not accepted((SIGNER.public_key * 2)[:key], (SIGNER.sign(b"text") * 2)[:signature], b"text")


# Signed notes


def test_the_signed_note_of_others_is_understood():
    """The key's hash and the signature are those of the Go implementation's own example."""
    assert verify_receipt.hashed(b"PeterNeumann\n", GO_KEY)[:4] == GO_SIGNATURE[:4]
    check_signature(GO_KEY[1:], GO_SIGNATURE[4:], GO_TEXT.encode())


def test_a_note_may_bear_signatures_of_others_beside_ours():
    """C2SP signed-note: signatures of unknown keys are passed over."""
    entries = a_log(3)
    ours, theirs = a_checkpoint(entries), a_checkpoint(entries, ANOTHER)
    note = ours + theirs.rpartition("\n\n")[2] + "— witness.example/w1 " + base64.b64encode(bytes(76)).decode() + "\n"
    for signer in (SIGNER, ANOTHER):
        assert open_checkpoint(note, signer.public_key)[1] == 3


def test_any_bit_of_a_checkpoint_counts():
    """A bit of every third character, and all of the last four, where base 64 has bits that say nothing."""
    note = a_checkpoint(a_log(5)).encode()
    end = (len(note) - 4) * 8
    for place in [*range(0, end, 25), *range(end, len(note) * 8)]:
        broken = bytearray(note)
        broken[place // 8] ^= 1 << place % 8
        with pytest.raises(ValueError, match=r"."):
            open_checkpoint(broken.decode(), SIGNER.public_key)


# Receipts


@pytest.mark.parametrize(("size", "position"), [(1, 1), (2, 1), (7, 7), (100, 10), (100, 41)])
def test_a_receipt_verifies_and_the_script_says_what_it_has_checked(tmp_path: Path, size: int, position: int):
    code, said = run(tmp_path, a_receipt(a_log(size), position), key=public(SIGNER))
    assert (code, said.splitlines()[-1]) == (0, "VERIFIED.")
    assert f"Entry {position} of the log tenderscore/{LOG_ID}, signed when it had {size} entries" in said
    assert "such as names, is not signed" in said
    assert f"Signed by the key {public(SIGNER)}." in said


def test_without_a_key_the_script_says_which_key_has_signed(tmp_path: Path):
    """A receipt brings its own key, which proves nothing until it is compared with the published one."""
    code, said = run(tmp_path, a_receipt(a_log(3), 2, ANOTHER))
    assert code == 0
    assert f"Signed by the key {public(ANOTHER)}; compare it with the published one." in said
    code, said = run(tmp_path, a_receipt(a_log(3), 2, ANOTHER), key=public(SIGNER))
    assert (code, "signed by another key than the one you gave" in said) == (1, True)


FACTS = {
    **dict.fromkeys(("bid_id", "lot_id", "supplier_id", "tender_id"), "0d9c8a0e-7f7e-4a53-9d3a-1f7c2b6b9e10"),
    "version": 2,
    "digest": "0" * 64,
    "size": 16_385,
    "rules_digest": "sha256:" + "0" * 64,
    "submitted_at": "2026-11-27T03:00:03.123457Z",
    "documents": [],
}


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_that_the_log_does_not_tell_is_refused(tmp_path: Path, name: str):
    receipt = a_receipt(a_log(7), 3)
    code, said = run(tmp_path, receipt | {name: FACTS[name]})
    assert (code, f"The receipt's {name} is not what the log says." in said) == (1, True), said
    del receipt[name]
    assert run(tmp_path, receipt)[0] == 1


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_a_value_of_another_kind_is_another_value(tmp_path: Path, value: Any):
    """In Python True, 1.0 and 1 are equal; on a receipt they are not."""
    assert run(tmp_path, a_receipt(a_log(7), 3) | {"version": value})[0] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "1",
        "null",
        '{"proof": 1}',
        '{"proof": {"key": 1}}',
        "[" * 100_000,
        "{",
        '{"proof": {"key": {}}}',
    ],
)
def test_what_is_no_receipt_is_refused_in_one_line(tmp_path: Path, text: str):
    code, said = run(tmp_path, text)
    assert (code, said.startswith("NOT VERIFIED. "), said.count("\n")) == (1, True, 1), said


PROOFS = {
    "entry": [an_entry(4), 1, None, ""],
    "position": [2, 4, 0, -1, 8, True, 3.0, "3", None, 10**100],
    "tree_size": [6, 8, 0, -7, 7.0, "7", None, 10**100],
    "hashes": [
        [],
        None,
        ["x"],
        [base64.b64encode(bytes(32)).decode()] * 3,
        [base64.b64encode(bytes(32)).decode()] * 900,
    ],
    "checkpoint": [a_checkpoint(a_log(8)), a_checkpoint(a_log(7), ANOTHER), "", "\n\n", 1],
    "key": [
        {"id": SIGNER.key_id},
        {"id": ANOTHER.key_id, "public_key": public(SIGNER)},
        {"public_key": public(SIGNER)},
    ],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in PROOFS.items() for value in values])
def test_a_proof_of_something_else_is_refused(tmp_path: Path, name: str, value: Any):
    receipt = a_receipt(a_log(7), 3)
    code, said = run(tmp_path, receipt | {"proof": receipt["proof"] | {name: value}})
    assert (code, "NOT VERIFIED. " in said) == (1, True), said


def test_an_entry_that_tells_of_no_bid_is_no_receipt(tmp_path: Path):
    """The log holds other entries with the same members; none of them makes a receipt."""
    entries = [*a_log(3), an_entry(4, kind="bid.withdrawn")]
    assert run(tmp_path, a_receipt(entries, 4))[0] == 1


WITHDRAWAL = [*a_log(7), a_withdrawal(8, 3)]


def test_the_receipt_of_a_withdrawal_says_so(tmp_path: Path):
    """That the bid was withdrawn and when is what the log says; of the bid itself its id and version."""
    code, said = run(tmp_path, a_withdrawal_receipt(WITHDRAWAL, 8, 3), key=public(SIGNER))
    assert (code, "The bid was WITHDRAWN." in said, "  withdrawn_at '2026" in said) == (0, True, True), said
    assert "submitted_at" not in said
    code, said = run(tmp_path, a_receipt(WITHDRAWAL, 3))
    assert (code, "WITHDRAWN" in said) == (0, False)


@pytest.mark.parametrize("name", ["bid_id", "lot_id", "supplier_id", "tender_id", "version", "withdrawn_at"])
def test_a_withdrawal_of_something_else_is_refused(tmp_path: Path, name: str):
    false = FACTS | {"withdrawn_at": "2026-11-27T03:00:03.123456Z"}
    code, said = run(tmp_path, a_withdrawal_receipt(WITHDRAWAL, 8, 3) | {name: false[name]})
    assert (code, f"The receipt's {name} is not what the log says." in said) == (1, True), said


def test_a_bid_does_not_pass_for_withdrawn_nor_a_withdrawal_for_a_bid(tmp_path: Path):
    gone = a_withdrawal_receipt(WITHDRAWAL, 8, 3)
    sent = a_receipt(WITHDRAWAL, 3)
    for false in (gone | {"proof": sent["proof"]}, sent | {"withdrawn_at": sent["submitted_at"]}):
        assert "It tells of no bid." in run(tmp_path, false)[1]
    del gone["withdrawn_at"]
    assert run(tmp_path, gone)[0] == 1


def test_a_receipt_of_another_tender_s_log_is_refused(tmp_path: Path):
    """The name in the checkpoint must be the tender's."""
    entries = [an_entry(position, log_id="0d9c8a0e-7f7e-4a53-9d3a-1f7c2b6b9e10") for position in (1, 2, 3)]
    code, said = run(tmp_path, a_receipt(entries, 3))
    assert (code, "log or the key's id" in said) == (1, True), said


# The log


def test_the_whole_log_is_compared_with_what_was_signed(tmp_path: Path):
    """Later entries are told of, not judged: nothing that the reader has was signed over them."""
    entries = a_log(100)
    receipt = a_receipt(entries[:41], 17)
    code, said = run(tmp_path, receipt, log=as_ndjson(entries))
    assert (code, "The log's first 41 entries are exactly those signed; 59 came later." in said) == (0, True), said
    code, said = run(tmp_path, receipt, log=as_ndjson(entries), log_checkpoint=a_checkpoint(entries))
    assert (code, "The log's first 100 entries are exactly those signed; 0 came later." in said) == (0, True), said
    code, said = run(tmp_path, receipt, log_checkpoint=a_checkpoint(entries))
    assert (code, "give --log to compare them" in said) == (0, True), said


def test_a_checkpoint_that_does_not_continue_the_receipt_s_is_refused(tmp_path: Path):
    entries = a_log(20)
    receipt = a_receipt(entries[:9], 7)
    other = [*entries[:8], an_entry(9, kind="refused"), *entries[9:]]
    refusals = {
        a_checkpoint(entries[:8]): "the log went back from 9",
        a_checkpoint(other[:9]): "a fork",
        a_checkpoint(entries, ANOTHER): "not signed by that key",
        SIGNER.checkpoint(LOG_ID.__class__(int=1), 20, merkle.root(leaves(entries))): "another log's",
    }
    for checkpoint, fault in refusals.items():
        code, said = run(tmp_path, receipt, log_checkpoint=checkpoint)
        assert (code, fault in said) == (1, True), said
    for log in (entries, other):
        code, said = run(tmp_path, receipt, log=as_ndjson(log), log_checkpoint=a_checkpoint(other))
        assert (code, "are not those that were signed" in said) == (1, True), said


def test_a_million_entries_are_compared_within_ten_seconds(tmp_path: Path):
    """Measured here on a tenth of them."""
    count = 100_000
    lines = [b"%d" % number for number in range(count)]
    log = tmp_path / "log.ndjson"
    log.write_bytes(b"\n".join(lines) + b"\n")
    root = merkle.root([merkle.leaf_hash(line) for line in lines])
    began = time.process_time()
    assert verify_receipt.check_log(log, {count: root}) == count
    assert time.process_time() - began < 1
