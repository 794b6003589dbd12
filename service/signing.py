"""The service's secrets: what receipts and webhooks are signed with, what wraps tenders' keys, what makes fingerprints.

All come from the lines of one text file (TENDERSCORE_SECRET_FILE), by HKDF-SHA256 with a label for each use, so that no
key serves for two things. The first line is in use. Later lines are older ones: what was signed, wrapped or
fingerprinted with them still counts. A new line is put first; no line may ever be taken out while its tenders are kept.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECRET_BYTES = 32
OTHERS = 0o077
"""The permissions of a file that let anybody but its owner read or change it."""

_LINE = re.compile(f"[0-9a-f]{{{2 * SECRET_BYTES}}}", re.IGNORECASE)
_NOTE_ED25519 = b"\x01"
"""The signature type of Ed25519 in c2sp.org/signed-note."""


class SecretUnusable(SettingsError):
    """The secret file is missing, open to others, or not what it must be."""


def _derive(secret: bytes, label: str) -> bytes:
    """32 bytes, one block, for one use of a secret (RFC 5869; secrets are uniformly random, so no salt is needed)."""
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), secret, "sha256")
    return hmac.digest(extracted, f"tenderscore {label}".encode() + b"\x01", "sha256")


def request_name(asked: str) -> str:
    """What a request is known again by that its sender may repeat; `asked` is whose and which it is, with its key.

    As `retry_name` of the migrations writes it. No secret is in it, so that it outlasts them; and none of it can be
    somebody's key, in which no quotation mark stands.
    """
    return '"' + hashlib.sha256(f"name {asked}".encode()).hexdigest()


def log_name(log_id: UUID) -> str:
    """The name of a tender's log in checkpoints, and of the key that signs them."""
    return f"tenderscore/{log_id}"


class Signer:
    """One Ed25519 key that signs checkpoints of logs."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    @cached_property
    def _key(self) -> "Ed25519PrivateKey":
        # Here and not above: 7 MB, which a process that signs nothing shall not take.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)

    @cached_property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @cached_property
    def key_id(self) -> str:
        """The first half of the public key's SHA-256, 16 hexadecimal digits."""
        return hashlib.sha256(self.public_key).hexdigest()[:16]

    def sign(self, message: bytes) -> bytes:
        """The signature of RFC 8032, 64 bytes."""
        return self._key.sign(message)

    def checkpoint(self, log_id: UUID, size: int, root: bytes) -> str:
        """The signed note that a log has this root at this size: c2sp.org/tlog-checkpoint."""
        name = log_name(log_id)
        text = f"{name}\n{size}\n{base64.b64encode(root).decode()}\n"
        key_hash = hashlib.sha256(name.encode() + b"\n" + _NOTE_ED25519 + self.public_key).digest()[:4]
        signature = base64.b64encode(key_hash + self.sign(text.encode())).decode()
        return f"{text}\n— {name} {signature}\n"


class Wrapping(Struct, frozen=True):
    """One AES-256 key that wraps tenders' private keys, and its id, which is stored beside what it wrapped."""

    id: str
    key: bytes

    def __repr__(self) -> str:
        return f"Wrapping({self.id!r})"  # the key must not come into a crash's report


class Secrets:
    """Everything that is made from the lines of the secret file; each tuple has the newest first."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        if not lines or any(len(line) != SECRET_BYTES for line in lines):
            raise ValueError(f"secrets are one or more, of {SECRET_BYTES} bytes each")
        self.signers = tuple(Signer(_derive(line, "signing")) for line in lines)
        self.token_seeds = tuple(_derive(line, "access tokens") for line in lines)
        self.wrappings = tuple(
            Wrapping(_derive(line, "wrapping id")[:8].hex(), _derive(line, "wrapping")) for line in lines
        )
        self._wrappings = {one.id: one for one in self.wrappings}
        self._webhook_keys = {_derive(line, "webhook id")[:8].hex(): _derive(line, "webhook") for line in lines}
        self._fingerprint_keys = tuple(_derive(line, "fingerprint") for line in lines)

    def checkpoint(self, log_id: UUID, size: int, root: bytes) -> str:
        """The same note signed by every key, so that whoever holds a receipt of an older one can compare it."""
        first, *others = (signer.checkpoint(log_id, size, root) for signer in self.signers)
        return first + "".join(note.rpartition("\n\n")[2] for note in others)

    def signer(self, key_id: str) -> Signer:
        """The signer with an id. Raises LookupError where no line of the file gives it."""
        for one in self.signers:
            if one.key_id == key_id:
                return one
        raise LookupError(key_id)

    def wrapping(self, wrapping_id: str) -> Wrapping:
        """The wrapping key with an id. Raises LookupError where no line of the file gives it."""
        return self._wrappings[wrapping_id]

    @property
    def webhook_line(self) -> str:
        """The id of the newest line, which webhooks' secrets are made of from now on."""
        return next(iter(self._webhook_keys))

    def webhook_secret(self, line_id: str, webhook_id: UUID, number: int, use: str) -> bytes:
        """The 32 bytes of a webhook's secret for a use. Raises LookupError where no line of the file has this id."""
        return hmac.digest(self._webhook_keys[line_id], f"{webhook_id} {number} {use}".encode(), "sha256")

    def fingerprint(self, data: bytes) -> str:
        """What only this service can recognise the data by: HMAC-SHA256 in hexadecimal, by the newest key."""
        return hmac.digest(self._fingerprint_keys[0], data, "sha256").hex()

    def fingerprints(self, data: bytes) -> tuple[str, ...]:
        """What the data may have been fingerprinted as, by every key."""
        return tuple(hmac.digest(key, data, "sha256").hex() for key in self._fingerprint_keys)

    def request_fingerprint(self, asked: str, contents: bytes) -> str:
        """What contents that will be sealed may be recognised by: by who knows the secret and the sender's key.

        A fingerprint without the key would give prices away: whoever has the secrets could try them all against it.
        As `retry_print` of the migrations writes it; `asked` is as for the name.
        """
        return _print(self.fingerprint(contents), asked)

    def request_fingerprints(self, asked: str, contents: bytes) -> tuple[str, ...]:
        """What the same may have been fingerprinted as, by every line."""
        return tuple(_print(keyed, asked) for keyed in self.fingerprints(contents))


def _print(keyed: str, asked: str) -> str:
    return hashlib.sha256(f"{keyed} {asked}".encode()).hexdigest()


def new_line() -> str:
    """A new secret, as a line of the file without its end."""
    return secrets.token_hex(SECRET_BYTES)


def read_secrets(path: Path) -> Secrets:
    """The secrets of a file. Raises SecretUnusable where it is missing, open to others or malformed.

    No text ever repeats what stands in the file.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read().decode("ascii", "replace")
    except OSError as error:
        fault = f"The secret file {path} cannot be read: {error.strerror}."
        raise SecretUnusable(fault, f"umask 077; tenderscore secret > {path}") from None
    if mode & OTHERS:
        raise SecretUnusable(f"Others than its owner may use the secret file {path}.", f"chmod 600 {path}")
    lines = text.splitlines()
    if not lines:
        raise SecretUnusable(f"The secret file {path} is empty.", f"tenderscore secret > {path}")
    for number, line in enumerate(lines, start=1):
        if not _LINE.fullmatch(line):
            fault = f"Line {number} of the secret file {path} is not {2 * SECRET_BYTES} hexadecimal digits."
            raise SecretUnusable(fault, "restore the file from its backup; a new line comes from: tenderscore secret")
    return Secrets([bytes.fromhex(line) for line in lines])


def make_secret_file(path: Path) -> None:
    """Write a new secret to a file of 0600 that is not there yet; one that is there stays as it is.

    It is there as a whole or not at all, also after a crash, and all who start at once end with the same one.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(new_line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def secrets_of(settings: Settings) -> Secrets:
    """The secrets to serve with: the file that is set, or for the embedded database its own, made at the first start.

    Raises SecretUnusable where the database is somebody's own and no file is set: replicas would make different ones,
    and a container would lose its own with the keys of every sealed tender.
    """
    if settings.secret_file is not None:
        return read_secrets(settings.secret_file)
    if settings.database_url is not None:
        fault = "DATABASE_URL is set, but no TENDERSCORE_SECRET_FILE: what signs receipts and guards tenders' keys."
        mend = "umask 077; tenderscore secret > FILE, keep a copy apart from the database, set TENDERSCORE_SECRET_FILE"
        raise SecretUnusable(fault, mend)
    path = settings.data / "service-secret"
    make_secret_file(path)
    return read_secrets(path)
