"""Work done apart is confined, and what goes wrong there stays there."""

import asyncio
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable

import pytest

from service import apart, reports
from service.apart import WorkError
from service.jobs import JobError


def scheduling() -> int:
    return os.sched_getscheduler(0)


def die() -> None:
    os._exit(3)


def refuse() -> None:
    raise WorkError("There is nothing to print.", "Print something.")


def eat() -> int:
    return len(bytearray((apart.MEGABYTES + 500) << 20))


def call_home() -> None:
    apart.close_doors()
    socket.create_connection(("127.0.0.1", 9))


def start_a_program() -> None:
    apart.close_doors()
    os.system("true")


def work_for_ever() -> None:
    while True:
        os.sched_yield()


async def test_work_apart_waits_for_everything_else():
    assert await apart.run(scheduling) == os.SCHED_IDLE
    assert scheduling() == os.SCHED_OTHER


async def test_work_that_dies_is_an_error_and_nothing_more():
    with pytest.raises(WorkError, match="exit code 3"):
        await apart.run(die)


def test_a_refusal_keeps_its_remedy_on_the_way_back():
    with pytest.raises(WorkError, match="nothing to print") as caught:
        apart.run_now(refuse)
    assert caught.value.mend == "Print something."


async def test_memory_is_limited():
    with pytest.raises(WorkError, match="memory"):
        await apart.run(eat)


@pytest.mark.parametrize("reach", [call_home, start_a_program])
async def test_no_network_and_no_program_can_be_reached_once_the_doors_are_closed(reach: Callable[[], None]):
    with pytest.raises(WorkError, match="reach outside"):
        await apart.run(reach)


def use_up_its_time() -> None:
    os.kill(os.getpid(), signal.SIGXCPU)


async def test_work_whose_time_is_up_is_not_worth_another_attempt_just_now(monkeypatch: pytest.MonkeyPatch):
    """Five attempts of a quarter of an hour each would end alike."""
    with pytest.raises(WorkError, match="took longer") as used_up:
        await apart.run(use_up_its_time)
    monkeypatch.setattr(apart, "SECONDS", 0.3)
    with pytest.raises(WorkError, match="took longer") as waited_for:
        await apart.run(work_for_ever)
    assert (used_up.value.final, waited_for.value.final) == (True, True)
    with pytest.raises(JobError) as failed, reports.as_job_error():
        raise waited_for.value
    assert failed.value.final


async def test_cancelled_work_ends_at_once():
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(apart.run(work_for_ever), 0.5)
    for child in multiprocessing.active_children():
        await asyncio.to_thread(child.join, 10)
    assert multiprocessing.active_children() == []
