"""Rushes to a deadline, the opening running beside them (`make soak SOAK=storm [N=50]`, N rushes of 10 s).

64 connections send bids of 16 KiB until after the deadline by the database's clock, in four weathers (rush.py). None
may be taken at or after the deadline, none that was acknowledged may be missing at the opening, and none whose last
byte arrived a second before the deadline may be refused; nor may the opening of one tender hold up bids for another.
Then the same with known mistakes put into the service (altered.py): each must be caught, or the silence about the
service proves nothing.

Progress lies in .soak/storm.json and belongs to one state of the code.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.soak import stage
from tests.soak.harness import LONGEST_SECONDS, code_digest, load, store, tell, verdict
from tests.soak.rush import BID_BYTES, CONNECTIONS, IN_GOOD_TIME, WEATHERS, Seen, Weather, bystander, storm, total

PROGRESS = Path(".soak/storm.json")
ROUNDS = 50
SECONDS = 10.0
ROUNDS_A_PLAY = 8
"""So many rushes share a database; then it is dropped, or fifty would fill the disk."""

SUPPLIERS = 15_000
"""Enough for one rush at any speed; every tender sees them anew."""

CONTROLS: dict[str, tuple[Weather, tuple[str, ...]]] = {
    "check-then-insert": ("stalled", ("late",)),
    "now": ("calm", ("late", "disordered")),
    "opening-without-lock": ("slow", ("missing",)),
}
"""The mistakes: the weather that brings each to light, and by what it must be caught."""

CONTROL_ROUNDS = 12
CONTROL_SECONDS = 3.0


class Caught(msgspec.Struct):
    """In which rush a mistake was caught, in what weather, and what was seen; round 0: never."""

    round: int = 0
    weather: str = ""
    seen: dict[str, int] = {}


class Progress(msgspec.Struct):
    """The rushes run so far, and the controls."""

    code: str
    rounds: list[Seen] = []
    bystander: float = -1.0
    """Seconds that a bid took while another tender was locked; below nought: not tried yet."""
    controls: dict[str, Caught] = {}


def weather_of(number: int) -> Weather:
    """The weather of the rush of this number, counted from 0."""
    return WEATHERS[number % len(WEATHERS)]


async def run_rounds(place: stage.Stage, progress: Progress, rounds: int, end: float) -> None:
    """Go on until so many rushes are done or the time is up."""
    while len(progress.rounds) < rounds and time.monotonic() < end:
        async with place.play(suppliers=SUPPLIERS) as play:
            await play.start_annex()
            for _ in range(min(ROUNDS_A_PLAY, rounds - len(progress.rounds))):
                seen = await storm(play, seconds=SECONDS, weather=weather_of(len(progress.rounds)))
                progress.rounds.append(seen)
                store(PROGRESS, progress)
                tell(f"rush {len(progress.rounds)} of {rounds}, {seen.weather}: {described(seen)}")
                if time.monotonic() > end:
                    break


def described(seen: Seen) -> str:
    """A rush in a line."""
    faults = ", ".join(f"{count} {name}" for name, count in seen.faults().items()) or "nothing wrong"
    return f"{seen.acknowledged} acknowledged, {seen.per_second}/s, p99 {seen.p99:.3f} s, {faults}"


async def run_control(
    place: stage.Stage, mistake: str, *, rounds: int = CONTROL_ROUNDS, seconds: float = CONTROL_SECONDS
) -> Caught:
    """Rush at the service with a mistake in it until that is caught."""
    weather, signs = CONTROLS[mistake]
    async with place.play(mistake=mistake, suppliers=SUPPLIERS // 3) as play:
        await play.start_annex()
        for number in range(rounds):
            seen = await storm(play, seconds=seconds, weather=weather)
            if any(name in seen.faults() for name in signs):
                return Caught(number + 1, seen.weather, seen.faults())
    return Caught()


async def run(rounds: int, seconds: float = LONGEST_SECONDS) -> Progress:
    """The controls first, as they are short, then the rushes; goes on where it stopped."""
    progress, end = load(PROGRESS, Progress(code=code_digest())), time.monotonic() + seconds
    async with stage.under("storm") as place:
        for mistake in CONTROLS:
            if mistake not in progress.controls:
                caught = progress.controls[mistake] = await run_control(place, mistake)
                store(PROGRESS, progress)
                tell(f"control {mistake}: caught in rush {caught.round} by {caught.seen}")
        if progress.bystander < 0:
            async with place.play(suppliers=2) as play:
                progress.bystander = await bystander(play)
        await run_rounds(place, progress, rounds, end)
    return progress


def faults_of(progress: Progress) -> list[str]:
    """Everything that fails the campaign, in sentences."""
    found = [
        f"rush {number} ({seen.weather}): {described(seen)}"
        for number, seen in enumerate(progress.rounds, 1)
        if seen.faults()
    ]
    if progress.bystander > IN_GOOD_TIME:
        found.append(f"a bid took {progress.bystander} s because another tender was locked")
    return found + [
        f"the mistake {mistake} was not caught in {CONTROL_ROUNDS} rushes"
        for mistake, caught in progress.controls.items()
        if not caught.round
    ]


def main(arguments: list[str]) -> int:
    """Run the campaign; 1 if anything was wrong or a control was not caught, 2 if the hour did not suffice."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    progress = asyncio.run(run(rounds))
    figures: dict[str, Any] = total(progress.rounds) | {"connections": CONNECTIONS, "bytes": BID_BYTES}
    figures["bystander"] = progress.bystander
    figures["controls"] = {name: msgspec.to_builtins(caught) for name, caught in progress.controls.items()}
    done = len(progress.rounds)
    return verdict("storm", figures, faults_of(progress), missing=f"{done} of {rounds}" if done < rounds else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
