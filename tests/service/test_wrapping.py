"""A tender's private key is stored wrapped: by the service's secret, or by somebody else's key management."""

import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from service.signing import Secrets
from service.wrapping import BY_COMMAND, KeyNotWrapped, Wrapper

FIRST, SECOND = bytes(range(32)), bytes(range(1, 33))
TENDER, OTHER = uuid4(), uuid4()
PRIVATE = bytes(range(100, 132))

KMS = """
import sys
verb, tender = sys.argv[1:]
data = sys.stdin.buffer.read()
mask = tender.encode()[:32]
sys.stdout.buffer.write(bytes(one ^ two for one, two in zip(data, mask)))
"""


def command(tmp_path: Path, program: str) -> str:
    """A command line that runs this program."""
    path = tmp_path / "key command.py"
    path.write_text(program)
    return f"{sys.executable} '{path}'"


async def test_a_wrapped_key_comes_back_for_its_own_tender_only() -> None:
    """A row moved to another tender, or changed by a bit, opens nothing."""
    wrapper = Wrapper(Secrets([FIRST]))
    wrapped, by = await wrapper.wrap(TENDER, PRIVATE)
    assert PRIVATE not in wrapped
    assert await wrapper.unwrap(TENDER, wrapped, by) == PRIVATE
    with pytest.raises(KeyNotWrapped):
        await wrapper.unwrap(OTHER, wrapped, by)
    with pytest.raises(KeyNotWrapped):
        await wrapper.unwrap(TENDER, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), by)


async def test_a_new_secret_is_put_first_and_older_keys_still_open() -> None:
    wrapped, by = await Wrapper(Secrets([FIRST])).wrap(TENDER, PRIVATE)
    assert await Wrapper(Secrets([SECOND, FIRST])).unwrap(TENDER, wrapped, by) == PRIVATE


async def test_without_the_secret_nobody_unwraps() -> None:
    """Who has the database and not the file cannot open a bid."""
    wrapped, by = await Wrapper(Secrets([FIRST])).wrap(TENDER, PRIVATE)
    with pytest.raises(KeyNotWrapped, match="put the older line back"):
        await Wrapper(Secrets([SECOND])).unwrap(TENDER, wrapped, by)


async def test_a_command_can_wrap_instead(tmp_path: Path) -> None:
    """What it wrapped, the secret file does not open."""
    wrapper = Wrapper(Secrets([FIRST]), command(tmp_path, KMS))
    wrapped, by = await wrapper.wrap(TENDER, PRIVATE)
    assert (by, wrapped != PRIVATE) == (BY_COMMAND, True)
    assert await wrapper.unwrap(TENDER, wrapped, by) == PRIVATE
    with pytest.raises(KeyNotWrapped, match="TENDERSCORE_KMS_COMMAND"):
        await Wrapper(Secrets([FIRST])).unwrap(TENDER, wrapped, by)


async def test_a_command_that_fails_is_quoted(tmp_path: Path) -> None:
    """The operator reads why without looking for another log."""
    failing = command(tmp_path, "import sys; sys.exit('the vault is sealed')")
    with pytest.raises(KeyNotWrapped, match=r"could not wrap \(exit code 1\): the vault is sealed"):
        await Wrapper(Secrets([FIRST]), failing).wrap(TENDER, PRIVATE)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", "does not give back"),
        ("import os, sys; sys.stdin.read(); sys.stdout.buffer.write(os.urandom(32))", "does not give back"),
        ("import sys; sys.stdin.buffer.read()", "with 0 bytes"),
        ("print('x' * 70000)", "with 70001 bytes"),
    ],
)
async def test_a_command_that_does_not_wrap_is_found_out_before_publication(
    tmp_path: Path, program: str, why: str
) -> None:
    """A key that nobody can unwrap must not be one that bids are sealed to."""
    with pytest.raises(KeyNotWrapped, match=why):
        await Wrapper(Secrets([FIRST]), command(tmp_path, program)).wrap(TENDER, PRIVATE)


async def test_a_command_that_hangs_is_stopped(tmp_path: Path) -> None:
    began = time.monotonic()
    hanging = command(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(KeyNotWrapped, match=r"did not wrap within 0\.3 seconds"):
        await Wrapper(Secrets([FIRST]), hanging, seconds=0.3).wrap(TENDER, PRIVATE)
    assert time.monotonic() - began < 10


async def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyNotWrapped, match="cannot be started: No such file"):
        await Wrapper(Secrets([FIRST]), str(tmp_path / "missing")).wrap(TENDER, PRIVATE)
