"""The secret file and the keys that come from it; the checkpoints that receipts rest upon."""

import base64
import stat
import threading
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service import verify_receipt
from service.settings import Settings
from service.signing import Secrets, SecretUnusable, Signer, make_secret_file, new_line, read_secrets, secrets_of

LOG_ID = UUID("5f0c8a0e-7f7e-4a53-9d3a-1f7c2b6b9e10")
OLD, NEW = b"\x01" * 32, b"\x02" * 32


def file_of(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_text(text)
    path.chmod(mode)
    return path


# Keys


def test_no_key_serves_for_two_things():
    """Who learns one key learns none of the others, and none is the secret itself."""
    made = Secrets([OLD])
    others = Secrets([NEW])
    keys = [
        key
        for one in (made, others)
        for key in (one.signers[0].public_key, one.wrappings[0].key, bytes.fromhex(one.fingerprint(b"")))
    ]
    assert len({*keys, OLD, NEW}) == 8
    assert [len(key) for key in keys] == [32] * 6


def test_the_same_secret_gives_the_same_keys_for_ever():
    """A change of derivation would leave every sealed tender shut and every fingerprint unknown."""
    made = Secrets([OLD])
    assert made.signers[0].public_key.hex() == "511e7509b3272b6dba7966c0f0ac879556470fd1502872023fb4a07fb0c4c845"
    assert (made.signers[0].key_id, made.wrappings[0].id) == ("cbed97c2d23d8ac8", "40158254564c61a1")
    assert made.wrappings[0].key.hex() not in repr(made.wrappings).casefold()
    assert made.wrappings[0].key.hex() == "64ce7c614feb02a4b9f83681b2fd81da01614468add45c24287e1f23570843b1"
    assert made.fingerprint(b"bid") == "75cbde302418ce2b25db0d972b1027db32a9bbd38b18ced62fb4d770753c1217"


def test_after_a_new_line_the_older_ones_still_count():
    """Receipts of last year verify, and a bid sent again is recognised; new ones are made with the new line."""
    before, after = Secrets([OLD]), Secrets([NEW, OLD])
    assert after.signer(before.signers[0].key_id).public_key == before.signers[0].public_key
    assert after.wrapping(before.wrappings[0].id) == before.wrappings[0]
    assert after.fingerprints(b"bid") == (Secrets([NEW]).fingerprint(b"bid"), before.fingerprint(b"bid"))
    assert after.signers[0].public_key == Secrets([NEW]).signers[0].public_key
    assert after.fingerprint(b"bid") == Secrets([NEW]).fingerprint(b"bid")
    with pytest.raises(LookupError):
        before.signer(after.signers[0].key_id)
    with pytest.raises(LookupError):
        before.wrapping(after.wrappings[0].id)


@pytest.mark.parametrize("lines", [[], [b""], [OLD, b"short"]])
def test_what_is_no_secret_makes_no_keys(lines: list[bytes]):
    with pytest.raises(ValueError, match="of 32 bytes each"):
        Secrets(lines)


# The file


def test_a_file_of_its_owner_alone_is_read_newest_first(tmp_path: Path):
    read = read_secrets(file_of(tmp_path, f"{NEW.hex()}\n{OLD.hex().upper()}\n"))
    assert [one.key_id for one in read.signers] == [one.key_id for one in Secrets([NEW, OLD]).signers]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o777])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int):
    path = file_of(tmp_path, f"{NEW.hex()}\n", mode)
    with pytest.raises(SecretUnusable, match=f"Others than its owner .*\nto mend it: chmod 600 {path}"):
        read_secrets(path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("\n", "Line 1 "),
        (f"{NEW.hex()}\n\n", "Line 2 "),
        (f"{NEW.hex()}0\n", "Line 1 "),
        (f"{NEW.hex()[:-1]}\n", "Line 1 "),
        (f"{NEW.hex()}\n{NEW.hex()[:-1]}g\n", "Line 2 "),
        (f"{NEW.hex()[:-1]}é\n", "Line 1 "),
        (f" {NEW.hex()}\n", "Line 1 "),
    ],
)
def test_a_malformed_file_is_refused_without_telling_what_stands_in_it(tmp_path: Path, text: str, fault: str):
    with pytest.raises(SecretUnusable, match=fault) as refused:
        read_secrets(file_of(tmp_path, text))
    assert "\nto mend it: " in str(refused.value)
    assert NEW.hex()[:8] not in str(refused.value)


def test_a_missing_file_is_refused_with_the_command_that_makes_one(tmp_path: Path):
    with pytest.raises(
        SecretUnusable, match=r"cannot be read: No such file.*\nto mend it: umask 077; tenderscore secret >"
    ):
        read_secrets(tmp_path / "none")


def test_eight_that_start_at_once_make_one_secret(tmp_path: Path):
    """Whoever comes second takes what is there; nothing else is left in the folder."""
    path = tmp_path / "data" / "service-secret"
    started = [threading.Thread(target=make_secret_file, args=[path]) for _ in range(8)]
    for one in started:
        one.start()
    for one in started:
        one.join()
    made = path.read_text()
    make_secret_file(path)
    assert path.read_text() == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert read_secrets(path).signers


def test_a_new_line_is_a_secret_nobody_has_had(tmp_path: Path):
    lines = {new_line() for _ in range(100)}
    assert len(lines) == 100
    assert len(read_secrets(file_of(tmp_path, "\n".join(lines))).signers) == 100


def test_the_embedded_database_has_a_secret_of_its_own(tmp_path: Path):
    settings = Settings(data=tmp_path)
    made = secrets_of(settings).signers[0].key_id
    assert secrets_of(settings).signers[0].key_id == made == read_secrets(tmp_path / "service-secret").signers[0].key_id


def test_the_file_that_is_set_is_used_with_either_database(tmp_path: Path):
    path = file_of(tmp_path, f"{NEW.hex()}\n")
    for url in (None, "postgresql://db.example/tenders"):
        settings = Settings(data=tmp_path / "data", secret_file=path, database_url=url)
        assert secrets_of(settings).signers[0].key_id == Secrets([NEW]).signers[0].key_id
    assert not (tmp_path / "data").exists()


def test_a_database_of_ones_own_needs_a_secret_of_ones_own(tmp_path: Path):
    """A secret in a container's own folder would be gone with it, and with it every sealed tender."""
    with pytest.raises(SecretUnusable, match=r"DATABASE_URL is set.*\nto mend it: umask 077; tenderscore secret >"):
        secrets_of(Settings(data=tmp_path, database_url="postgresql://db.example/tenders"))
    assert list(tmp_path.iterdir()) == []


# Checkpoints


def test_a_checkpoint_is_a_signed_note_that_others_read():
    """Line by line what c2sp.org/tlog-checkpoint and signed-note ask for; the signature is over the three lines."""
    signer = Signer(OLD)
    note = signer.checkpoint(LOG_ID, 17, bytes(range(32)))
    name, size, root, blank, line, end = note.split("\n")
    assert (name, size, root) == (f"tenderscore/{LOG_ID}", "17", base64.b64encode(bytes(range(32))).decode())
    assert (blank, end) == ("", "")
    dash, signed_by, text = line.split(" ")
    assert (dash, signed_by) == ("—", name)
    signature = base64.b64decode(text)[4:]
    Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signature, f"{name}\n{size}\n{root}\n".encode())
    assert verify_receipt.open_checkpoint(note, signer.public_key) == (name, 17, bytes(range(32)))


def test_after_a_new_line_the_present_checkpoint_is_opened_with_either_key():
    """Whoever has a receipt of last year's key compares it with today's log."""
    note = Secrets([NEW, OLD]).checkpoint(LOG_ID, 17, OLD)
    for line in (NEW, OLD):
        key = Secrets([line]).signers[0].public_key
        assert verify_receipt.open_checkpoint(note, key) == (f"tenderscore/{LOG_ID}", 17, OLD)
    with pytest.raises(ValueError, match="not signed by that key"):
        verify_receipt.open_checkpoint(note, Signer(b"\x03" * 32).public_key)


def test_a_checkpoint_of_another_key_is_not_opened():
    with pytest.raises(ValueError, match="not signed by that key"):
        verify_receipt.open_checkpoint(Signer(OLD).checkpoint(LOG_ID, 17, OLD), Signer(NEW).public_key)


def test_what_one_key_signs_no_other_verifies():
    signature = Signer(OLD).sign(b"text")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(Signer(NEW).public_key).verify(signature, b"text")
