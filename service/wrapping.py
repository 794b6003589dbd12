"""Wrapping a tender's private key for storage, by the service's own secret or by a key management command.

The command (TENDERSCORE_KMS_COMMAND) is started with `wrap` or `unwrap` and the tender's id, gets the bytes on its
standard input and answers with the bytes on its standard output and exit code 0. So any key management service can be
asked by a few lines of its own client. What it wrapped, only it can unwrap: the secret file then opens nothing.
"""

import asyncio
import contextlib
import secrets
import shlex
from typing import Final, Literal
from uuid import UUID

from service.problems import Refusal
from service.signing import Secrets

BY_COMMAND: Final = "command"
"""Stored beside a key that the command wrapped, where others name the secret's line."""

SECONDS: Final = 20
"""How long the command may take: an opening waits for it, with the tender locked."""

MOST_BYTES: Final = 65_536
_NONCE_BYTES = 12


class KeyNotWrapped(Refusal):
    """The tender's private key could not be wrapped or unwrapped.

    The detail says what failed. Nothing was published or opened; the operator mends the cause, then the same request is
    sent again.
    """

    status = 503


class Wrapper:
    """Wraps and unwraps private keys, each bound to its tender."""

    def __init__(self, service_secrets: Secrets, command: str = "", *, seconds: float = SECONDS) -> None:
        self._secrets = service_secrets
        self._command = tuple(shlex.split(command))
        self._seconds = seconds

    async def wrap(self, tender_id: UUID, private: bytes) -> tuple[bytes, str]:
        """The wrapped key, and what wrapped it; raises KeyNotWrapped, also for what cannot be unwrapped again."""
        if not self._command:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            newest = self._secrets.wrappings[0]
            nonce = secrets.token_bytes(_NONCE_BYTES)
            return nonce + AESGCM(newest.key).encrypt(nonce, private, _bound_to(tender_id)), newest.id
        wrapped = await self._run("wrap", tender_id, private)
        if wrapped == private or await self.unwrap(tender_id, wrapped, BY_COMMAND) != private:
            raise KeyNotWrapped("The key command does not give back what it wrapped.")
        return wrapped, BY_COMMAND

    async def unwrap(self, tender_id: UUID, wrapped: bytes, wrapped_by: str) -> bytes:
        """The private key; raises KeyNotWrapped."""
        if wrapped_by == BY_COMMAND:
            if not self._command:
                raise KeyNotWrapped("The key was wrapped by a command; set TENDERSCORE_KMS_COMMAND as it was then.")
            return await self._run("unwrap", tender_id, wrapped)
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        for known in self._secrets.wrappings:
            if known.id == wrapped_by:
                with contextlib.suppress(InvalidTag):
                    sealed = wrapped[_NONCE_BYTES:]
                    return AESGCM(known.key).decrypt(wrapped[:_NONCE_BYTES], sealed, _bound_to(tender_id))
                raise KeyNotWrapped("The stored key was changed, or belongs to another tender.")
        raise KeyNotWrapped(
            f"No line of the service's secret file wrapped this key ({wrapped_by}); put the older line back behind the"
            " first one."
        )

    async def _run(self, verb: Literal["wrap", "unwrap"], tender_id: UUID, data: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                verb,
                str(tender_id),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise KeyNotWrapped(f"The key command cannot be started: {error.strerror}.") from None
        try:
            answer, complaint = await asyncio.wait_for(process.communicate(data), self._seconds)
        except TimeoutError:
            raise KeyNotWrapped(f"The key command did not {verb} within {self._seconds:g} seconds.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        said = complaint.decode("utf-8", "replace").strip()[-500:]
        if process.returncode != 0:
            raise KeyNotWrapped(f"The key command could not {verb} (exit code {process.returncode}): {said}")
        if not 0 < len(answer) <= MOST_BYTES:
            raise KeyNotWrapped(f"The key command answered {verb} with {len(answer)} bytes. {said}".strip())
        return answer


def _bound_to(tender_id: UUID) -> bytes:
    return f"tenderscore key of tender {tender_id}".encode()
