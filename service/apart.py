"""Long work in a process of its own: idle priority, limits of time and memory, no network, no other program.

Laying out a long report holds the interpreter for seconds; in a thread it would make requests wait (p99 2 ms → 900 ms).
One process per piece of work: what goes wrong ends with it, and its memory goes back to the system.
"""

import asyncio
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar, cast

T = TypeVar("T")
P = ParamSpec("P")

SECONDS = 900
MEGABYTES = 3072
WORLD = ("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto", "subprocess.", "os.system", "os.exec")
"""Python's audit events of reaching a network or another program."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["service.warm"])


def preload(module: str) -> None:
    """Load a module beside it, once, in the server that children are forked from; before the first child is."""
    _context.set_forkserver_preload(["service.warm", module])


class WorkError(Exception):
    """The work did not come to its end; the text says why. `mend` is a command that helps, where one does.

    `final`: done again just now it would fail as well.
    """

    def __init__(self, why: str, mend: str = "", *, final: bool = False) -> None:
        super().__init__(why)
        self.mend = mend
        self.final = final or bool(mend)


async def run(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, done in a child process; cancelling kills the child.

    Work and arguments must be picklable. Raises WorkError.
    """
    child = await asyncio.to_thread(_Child, work, args, kwargs)
    try:
        return cast("T", await asyncio.to_thread(child.answer))
    finally:
        child.process.kill()


def run_now(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for a command line: blocks until the child has answered."""
    child = _Child(work, args, kwargs)
    try:
        return cast("T", child.answer())
    finally:
        child.process.kill()


class _Child:
    """One process and the end of the pipe on which it answers."""

    def __init__(self, work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._answers, theirs = _context.Pipe(duplex=False)
        self.process: BaseProcess = _context.Process(target=_work, args=(theirs, work, args, kwargs), daemon=True)
        self.process.start()
        theirs.close()

    def answer(self) -> Any:
        """The result, or WorkError."""
        try:
            if not self._answers.poll(SECONDS):
                raise _too_long()
            result, failure = self._answers.recv()
        except EOFError:
            self.process.join(5)
            if self.process.exitcode == -signal.SIGXCPU:
                raise _too_long() from None
            raise WorkError(f"Its process ended early (exit code {self.process.exitcode}).") from None
        finally:
            self._answers.close()
        if failure is not None:
            raise failure
        return result


def _too_long() -> WorkError:
    return WorkError(
        f"It took longer than the {SECONDS} seconds that a process has: it is too large, or this machine too busy.",
        final=True,
    )


def _work(answers: Connection, work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        confine()
        answers.send((work(*args, **kwargs), None))
    except WorkError as failure:
        answers.send((None, failure))
    except MemoryError:
        answers.send((None, WorkError(f"It needs more than {MEGABYTES} MB of memory.")))


def confine() -> None:
    """Idle priority, so that requests are answered first; limits of CPU time and of memory."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))  # the first is told by its signal
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_doors() -> None:
    """From now on this process reaches no network and starts no program. Cannot be undone: for child processes only."""
    sys.addaudithook(_refuse)


def _refuse(event: str, _args: tuple[Any, ...]) -> None:
    if event.startswith(WORLD):
        raise WorkError(f"It tried to reach outside: {event}.")
