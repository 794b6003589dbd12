"""A stored result checked: ranked again from its own rules and bids, and compared digit for digit."""

import json
from collections.abc import Iterator
from typing import Final, cast

import msgspec

from scoring.canonical import canonical
from scoring.model import Evaluation
from scoring.ranking import evaluate

LONGEST_ECHO: Final = 100


def verify(evaluation: Evaluation) -> tuple[str, ...]:
    """Rank again from the rules and inputs inside a stored evaluation; says what differs, nothing when all agrees.

    Compared are the canonical forms, so a single changed digit shows, with its place, such as bids[0].total. Raises
    what `evaluate` raises when the stored bids cannot be ranked.
    """
    again = evaluate(evaluation.lot, evaluation.inputs, evaluation.draw_secret)
    return tuple(differences(_plain(evaluation), _plain(again), ""))


def differences(stored: object, again: object, path: str) -> Iterator[str]:
    """Every place at which two JSON values differ, with both values."""
    if type(stored) is not type(again) or not isinstance(stored, dict | list):
        if stored != again:
            yield f"{path} is {_said(stored)}; its rules and bids give {_said(again)}"
    elif isinstance(stored, dict):
        one, two = cast("dict[str, object]", stored), cast("dict[str, object]", again)
        for name in sorted(one.keys() | two.keys()):
            yield from differences(one.get(name), two.get(name), f"{path}.{name}" if path else name)
    else:
        items, others = cast("list[object]", stored), cast("list[object]", again)
        if len(items) != len(others):
            yield f"{path} has {len(items)} entries; its rules and bids give {len(others)}"
        else:
            for index, (item, other) in enumerate(zip(items, others, strict=True)):
                yield from differences(item, other, f"{path}[{index}]")


def _plain(evaluation: Evaluation) -> object:
    return msgspec.json.decode(canonical(evaluation))


def _said(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"
