"""An officer's own key file: private keys in hexadecimal, one a line, the newest first; and what they open."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from service import sealing
from service.sealing import SealBroken
from service.shares import Share

_OTHERS = 0o077


class Stopped(Exception):
    """The officer's client cannot go on; the text says why and what helps."""


class OwnKey(NamedTuple):
    """One of the officer's own key pairs."""

    private: bytes
    public: bytes


def read_keys(path: Path) -> list[OwnKey]:
    """The officer's own key pairs; raises Stopped."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise Stopped(f"Others can read {path}. To mend it: chmod 600 {path}")
        lines = path.read_text(encoding="ascii", errors="replace").split()
    except OSError as error:
        raise Stopped(
            f"Your key cannot be read from {path}: {error.strerror}. See: tenderscore officer new-key"
        ) from None
    try:
        privates = [bytes.fromhex(line) for line in lines]
        return [OwnKey(private, sealing.public_key_of(private)) for private in privates]
    except (ValueError, SealBroken):
        raise Stopped(f"{path} does not hold keys; restore it from your copy.") from None


def write_keys(path: Path, keys: Sequence[OwnKey]) -> None:
    """Replace the key file in one step; it is on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write("".join(f"{key.private.hex()}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def open_share(own: OwnKey, bound: bytes, sealed: bytes, digest: str) -> Share:
    """A share that was sealed to this key, compared with its hash; raises Stopped."""
    try:
        envelope = sealing.split(sealed)
        content = sealing.open_body(sealing.unwrap(own.private, bound, envelope.header), *envelope)
        share = msgspec.json.decode(content, type=Share)
    except (SealBroken, msgspec.MsgspecError) as error:
        raise Stopped(f"It does not open: {error}") from None
    if share.digest() != digest:
        raise Stopped("It is not the share that was made at the beginning: its hash is another one.")
    return share
