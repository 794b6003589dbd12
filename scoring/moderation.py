"""Panel scores of a lot → where the evaluators disagree, what is missing, and so who must meet about what.

People agree a score at the meeting; the engine only says where there is something to talk about. Nothing here works out
a score that nobody gave: Bromcom v ULT [2022] EWHC 3262 (TCC) set an award aside because thirteen evaluators' marks had
been averaged. So disagreement is counted in steps of the published scale between two marks that were really given.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple, get_args

import msgspec

from scoring.answers import Graded, PassFail, graded, passes
from scoring.model import Criterion, Id, Lot, leaves
from scoring.offers import is_for_panel
from scoring.worked import InvalidValue

Reason = Literal["every_question", "spread", "outlier", "missing_score", "missing_reason", "off_scale"]
Steps = Annotated[int, msgspec.Meta(ge=0, le=1000)]
PAIR = 2
"""Of two evaluators who disagree, neither is the outlier."""


class GivenScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One evaluator's own score of one bid on one criterion, with the reason that was given for it."""

    evaluator: Id
    bid: Id
    criterion: Id
    value: str
    reason: str = ""


class ModerationPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When the panel meets about a question.

    `every_question` is UK practice. `spread` is how many steps of the scale the highest and the lowest mark may lie
    apart without a meeting; an `outlier` is a mark more than so many steps away from every other one. `evaluators` are
    those of whom a score is expected on every criterion; left empty, those who have scored it for some bid.
    """

    every_question: bool = True
    spread: Steps = 1
    outlier: Steps = 1
    evaluators: tuple[Id, ...] = ()


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A score as it was given: by whom, and the value."""

    evaluator: str
    value: str


class AgendaItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bid on one criterion.

    `lowest` and `highest` are marks that were given; `spread` is the number of steps of the scale between them.
    `outliers` gave a mark that nobody else is near; `without_reason` gave none; `missing` have not scored yet;
    `off_scale` gave a value that the tender did not publish. `meet` lists those who must meet, and `why` the reasons.
    """

    criterion: str
    bid: str
    marks: tuple[Mark, ...]
    lowest: str | None
    highest: str | None
    spread: int | None
    outliers: tuple[str, ...]
    without_reason: tuple[str, ...]
    missing: tuple[str, ...]
    off_scale: tuple[str, ...]
    meet: tuple[str, ...]
    why: tuple[Reason, ...]


class Agenda(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the moderation meeting is about, criterion by criterion as published, the widest disagreement first.

    `ready` says that every expected score is there, on the scale and with a reason, so that the meeting can begin.
    """

    items: tuple[AgendaItem, ...]
    ready: bool


class ConsensusFault(NamedTuple):
    """Something about an agreed score that must not, or should not, stand."""

    severity: Literal["fault", "warning"]
    message: str
    mend: str


def moderation(lot: Lot, scores: Sequence[GivenScore], policy: ModerationPolicy, *, bids: Sequence[str] = ()) -> Agenda:
    """The agenda of a lot's moderation; the order of `scores` changes nothing.

    `bids` are those that await scores; one that nobody has scored yet appears only when it is named here.
    Raises InvalidValue for scores on criteria that the panel does not score, and for two scores of one evaluator on the
    same question.
    """
    judged = [criterion for criterion in leaves(lot.criteria) if is_for_panel(criterion)]
    check_scores(judged, scores)
    about_bids = sorted({score.bid for score in scores} | set(bids))
    items: list[AgendaItem] = []
    for criterion in judged:
        about = [score for score in scores if score.criterion == criterion.id]
        expected = policy.evaluators or tuple(sorted({score.evaluator for score in about}))
        found = [agenda_item(criterion, bid, about, expected, policy) for bid in about_bids]
        items += sorted(found, key=lambda item: -(item.spread or 0))
    stuck = {"missing_score", "missing_reason", "off_scale"}
    return Agenda(items=tuple(items), ready=not any(stuck & set(item.why) for item in items))


def check_scores(judged: Sequence[Criterion], scores: Sequence[GivenScore]) -> None:
    """Refuse scores that belong to no question of the panel, and a second score of the same evaluator."""
    known = {criterion.id for criterion in judged}
    strange = sorted({score.criterion for score in scores} - known)
    faults = [f"criterion {name!r} is not scored by the panel" for name in strange]
    seen: set[tuple[str, str, str]] = set()
    for score in scores:
        question = (score.evaluator, score.bid, score.criterion)
        if question in seen:
            faults.append(f"{score.evaluator!r} has two scores of bid {score.bid!r} on {score.criterion!r}; send one")
        seen.add(question)
    if faults:
        raise InvalidValue(*faults)


def agenda_item(
    criterion: Criterion, bid: str, scores: Sequence[GivenScore], expected: Sequence[str], policy: ModerationPolicy
) -> AgendaItem:
    """One bid on one criterion."""
    given = sorted((score for score in scores if score.bid == bid), key=lambda score: score.evaluator)
    steps = {score.evaluator: step for score in given if (step := step_of(criterion, score.value)) is not None}
    low, high = (min(steps.values()), max(steps.values())) if steps else (None, None)
    spread = None if low is None or high is None else high - low
    outliers = tuple(sorted(lonely(steps, policy.outlier)))
    scored = {score.evaluator for score in given}
    missing = tuple(sorted(set(expected) - scored))
    without_reason = tuple(score.evaluator for score in given if not score.reason.strip())
    off_scale = tuple(score.evaluator for score in given if score.evaluator not in steps)
    why = reasons(
        every_question=policy.every_question,
        spread=(spread or 0) > policy.spread,
        outlier=bool(outliers),
        missing_score=bool(missing),
        missing_reason=bool(without_reason),
        off_scale=bool(off_scale),
    )
    value_at = {step_of(criterion, score.value): score.value for score in given}
    return AgendaItem(
        criterion=criterion.id,
        bid=bid,
        marks=tuple(Mark(evaluator=score.evaluator, value=score.value) for score in given),
        lowest=None if low is None else value_at[low],
        highest=None if high is None else value_at[high],
        spread=spread,
        outliers=outliers,
        without_reason=without_reason,
        missing=missing,
        off_scale=off_scale,
        meet=tuple(sorted(scored | set(missing))) if why else (),
        why=why,
    )


def reasons(**holds: bool) -> tuple[Reason, ...]:
    """Those reasons for a meeting that hold."""
    return tuple(reason for reason in get_args(Reason) if holds[reason])


def step_of(criterion: Criterion, value: str) -> int | None:
    """The place of a value on the published scale, lowest 0; nothing when it is not on it."""
    try:
        return placed(criterion, value)
    except (InvalidValue, ValueError):
        return None


def placed(criterion: Criterion, value: str) -> int:
    """The same; raises InvalidValue or ValueError, whose text says what the scale lists."""
    method = criterion.method
    if isinstance(method, PassFail):
        return 1 if passes(value) else 0
    if not isinstance(method, Graded):
        raise InvalidValue("this criterion is scored by its formula, not by the panel")
    points = graded(method, value).points
    return [graded(method, f"{level.value:f}").points for level in method.scale].index(points)


def lonely(steps: dict[str, int], near: int) -> Iterator[str]:
    """The evaluators whose mark is more than `near` steps from every other one."""
    if len(steps) <= PAIR:
        return
    for evaluator, step in steps.items():
        if all(abs(step - other) > near for name, other in steps.items() if name != evaluator):
            yield evaluator


def check_consensus(criterion: Criterion, marks: Sequence[Mark], value: str, reason: str) -> tuple[ConsensusFault, ...]:
    """What is wrong, or needs a second look, about a score that the panel agreed; empty when nothing is.

    A fault: off the published scale, or no agreed reason. A warning: outside everything that an evaluator had given.
    """
    step, faults = None, list[ConsensusFault]()
    try:
        step = placed(criterion, value)
    except (InvalidValue, ValueError) as off:
        faults.append(ConsensusFault("fault", str(off), "Agree on a value of the published scale."))
    if not reason.strip():
        faults.append(ConsensusFault("fault", "The agreed score has no reason.", "Write down why the panel agreed it."))
    given = [found for mark in marks if (found := step_of(criterion, mark.value)) is not None]
    if step is not None and given and not min(given) <= step <= max(given):
        high, low = (
            f"No evaluator had given a mark as high as {value}.",
            f"No evaluator had given a mark as low as {value}.",
        )
        mend = "Say in the reason what the meeting found that the evaluators had not."
        faults.append(ConsensusFault("warning", high if step > max(given) else low, mend))
    return tuple(faults)
