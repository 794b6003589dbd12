"""The engine's sentences said again in another language, from what is stored.

The engine is pure and speaks English; a stored result keeps its sentences with message ids and figures, byte for byte,
and is never changed. Where a figure is itself a phrase ("77.5 (exactly 155/2)", "the lowest price"), the phrase is
found among PHRASES, which are all that the engine says, and told by its own translation. A phrase that is found nowhere
stays as it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

import msgspec

from scoring import Evaluation, Step
from scoring.explanation import MODES, SENTENCES, TIE_BREAKS
from service.language import Language
from service.wording import Sentence, sentence_of, wording

Tell = Callable[[str], str]
"""Puts an English message into another language."""

THE_BID: Final = "The bid"

STATED: Final = (
    "points as stated",
    "the price",
    "the quality",
    'the answer is "{answer}"',
    "the price is fixed and earns no points",
    "the price; the walk upwards with at most {rate} for one more quality point decides",
    "the quality; the price of {price} is within the budget",
    "all values are {value}, so everybody has full points",
    "all discounts are equal, so everybody has full points",
    "nobody gives a discount, for which the tender published the points",
    "a value of 0 has full points by the published rule",
)
"""What stands in the place of a formula."""

LISTED: Final = (
    "the published points for a distance of {distance}",
    "the published points for place {place} with {value}",
    "the published points for {value}, in the band from {low} up to {high}",
    "the published points for {value}, in the band from {low}",
    "the published points for {value}, in the band up to {high}",
    "the published points for {value}",
)
"""Points from a published table; the table's own points may follow."""

OF_TABLE: Final = "{published} are {listed} of {scale}"
TO_DECIMALS: Final = "{formula}, to {decimals} decimals"

CLAUSES: Final = (
    "{number} is the lowest of the bids",
    "{number} is the highest of the bids",
    "{lowest} is the lowest and {highest} the highest of the bids",
    "{number} is the mean of the bids",
    "{number} is the largest discount",
    "{number} is the published threshold",
    "{number} is the discount {reckoned}",
    "{number} the mean of all discounts",
    "{number} the largest",
    "a price above the ceiling counts as a discount of 0",
    "{number} is the lowest price",
    "{number} is the price",
    "{number} is for {criterion} (graded {grade})",
    "{number} is for {criterion}",
    "{number} is the published discount for {level}",
    "{number} is the quality",
    "{quality} is the quality, {estimate} the published estimate and {price} the price",
    "{quality} is the quality and {lowest} the lowest quality of the bids",
    "{quality} is the quality and {money} what one quality point may cost",
    (
        "{quality} is the quality, {highest} the highest of the bids, {financial} the points of the price,"
        " {rest} and {share} the shares of quality and price"
    ),
    "{earned} is what the features earn and {rest} the price's share",
    (
        "{sum} is the sum of the weighted quality points, {lowest} the lowest such sum of the bids, {estimate} the"
        " published estimate and {weighting} the weighting of the price"
    ),
    (
        "{best} is the best quality, {quality} this bid's, {share} the weighting of quality ÷ that of the price,"
        " and {price} the lowest price"
    ),
    "{quality} is the technical score, {financial} the financial score, {first} and {second} their shares",
    "{quantity} is {reckoned}, 100 at most, and {quality} the points of {graded}",
    "{confidence} is {points}, the points of {graded}, ÷ 100",
)
"""What a formula's numbers are."""

WHERE: Final = ", where {clauses}"
LIMITS: Final = (", which the floor makes {points}", ", which the cap makes {points}")
EXACT: Final = ("{shown} (exactly {fraction})", "{shown} (to ten decimals)")
ROUNDED: Final = ", {roundings}: {result}"
THEN: Final = ", then "

STATES: Final[Mapping[str, str]] = {
    "received": "received",
    "withdrawn": "withdrawn",
    "late": "received too late",
    "excluded": "excluded",
    "failed_selection": "conditions of participation not met",
    "non_compliant": "not compliant",
    "failed_hurdle": "below a minimum score",
    "abnormally_low_rejected": "rejected as abnormally low",
    "disqualified_after_award": "disqualified after award",
}
"""States of bids in the words of templates/words.html."""

WORDS: Final = frozenset({"title", "answer", "state", "test", "rule"})
"""Arguments that are no figures: their digits are left alone."""

_AFTER: Final = re.compile(r"(.+?) ([0-9]+) decimals?")
_PRODUCT: Final = re.compile(r"(.+? ÷ 100 = )([-0-9.]+(?: \([^)]+\))?)(, .+)?")


def messages() -> tuple[tuple[str, str | None], ...]:
    """Everything that the engine says, with its plural where a number decides."""
    plain = (
        *SENTENCES.values(),
        *TIE_BREAKS.values(),
        THE_BID,
        *STATED,
        *LISTED,
        OF_TABLE,
        TO_DECIMALS,
        *CLAUSES,
        WHERE,
        *LIMITS,
        *EXACT,
        ROUNDED,
        THEN,
    )
    return *((message, None) for message in dict.fromkeys(plain)), *map(_plural_of, MODES.values())


def retold(evaluation: Evaluation, language: Language) -> Evaluation:
    """An evaluation whose sentences are in a language; its numbers, and the stored result, are as they were."""
    if language.code == "en":
        return evaluation
    speaker = Speaker(language)
    return msgspec.structs.replace(
        evaluation,
        bids=tuple(msgspec.structs.replace(bid, chain=tuple(map(speaker.step, bid.chain))) for bid in evaluation.bids),
        notes=tuple(map(speaker.step, evaluation.notes)),
    )


def retold_step(step: Step, language: Language) -> Step:
    """One step whose sentence is in a language; its figures are as they were."""
    return step if language.code == "en" else Speaker(language).step(step)


def retold_sentence(text: str, language: Language) -> str | None:
    """A stored sentence of the engine in a language; None where it is none of the engine's."""
    for message, sentence in _sentences():
        if (figures := sentence.figures(text)) is not None:
            step = Step(criterion=None, message=message, arguments=figures, sentence=text)
            return retold_step(step, language).sentence
    return None


@cache
def _sentences() -> tuple[tuple[str, Sentence], ...]:
    """Every sentence by its message id, those with the most words of their own first."""
    known = ((message, sentence_of(text)) for message, text in SENTENCES.items())
    return tuple(sorted(known, key=lambda one: -sum(map(len, one[1].words))))


class Speaker:
    """Says the engine's steps in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._wording = wording(language.code)
        self._tell: Tell = self._wording.gettext
        self._phrases: Mapping[str, Tell] = {
            "formula": self.formula,
            "where": self._where,
            "limited": lambda text: said(text, LIMITS, self._tell) or text,
            "rounded": self.rounded,
            "contribution": self._contribution,
            "exact": self.exact,
            "points": self.exact,
            "state": lambda text: self._tell(STATES[text]) if text in STATES else text,
            "rule": self._tell,
            "title": lambda text: self._tell(text) if text == THE_BID else text,
        }

    def step(self, step: Step) -> Step:
        """A step with its words in the language. Its figures keep their marks, which the templates set."""
        words = {name: self._argument(name, text) for name, text in step.arguments.items()}
        shown = {name: text if name in WORDS else self._language.numbers(text) for name, text in words.items()}
        message = SENTENCES.get(step.message)
        return msgspec.structs.replace(
            step,
            arguments=words,
            formula=(step.formula and words.get("formula")) or step.formula,
            sentence=step.sentence if message is None else self._tell(message).format_map(shown),
        )

    def _argument(self, name: str, text: str) -> str:
        tell = self._phrases.get(name)
        return text if tell is None or not text else tell(text)

    def _where(self, text: str) -> str:
        return self._tell(WHERE).format(clauses=self.clauses(text.removeprefix(", where ")))

    def formula(self, text: str) -> str:
        """A formula, or what stands in its place."""
        if (parts := _match(TO_DECIMALS, text)) is not None:
            return self._tell(TO_DECIMALS).format_map({**parts, "formula": self.formula(parts["formula"])})
        if (found := said(text, STATED, self._tell)) is not None:
            return found
        if (parts := _match(OF_TABLE, text)) is not None and parts["published"].startswith("the published points"):
            published = said(parts["published"].removesuffix(","), LISTED, self._tell)
            return self._tell(OF_TABLE).format_map({**parts, "published": published or parts["published"]})
        return said(text, LISTED, self._tell) or text

    def clauses(self, text: str) -> str:
        """What the numbers are, clause by clause: the shortest known clauses that make up the whole text."""
        ends = [*(found.start() for found in re.finditer(", ", text)), len(text)]
        rests: dict[int, str | None] = {
            len(text) + 2: ""
        }  # by where a rest begins; from the back, so each is told once
        for start in reversed([0, *(end + 2 for end in ends[:-1])]):
            rests[start] = next(self._split(text, start, ends, rests), None)
        return rests[0] or text

    def _split(self, text: str, start: int, ends: list[int], rests: Mapping[int, str | None]) -> Iterator[str]:
        for end in ends:
            rest = rests.get(end + 2)
            if end > start and rest is not None and (found := said(text[start:end], CLAUSES, self._tell)) is not None:
                yield f"{found}, {rest}" if rest else found

    def exact(self, text: str) -> str:
        """A number, and what it is exactly."""
        return said(text, EXACT, self._tell) or text

    def rounded(self, text: str) -> str:
        """What was rounded, and how."""
        if not text:
            return ""
        steps, _, result = text.removeprefix(", ").rpartition(": ")
        roundings = self._tell(THEN).join(map(self._rounding, steps.split(THEN)))
        return self._tell(ROUNDED).format(roundings=roundings, result=result)

    def _rounding(self, text: str) -> str:
        found = _AFTER.fullmatch(text)
        if found is None or found[1] not in MODES.values():
            return text
        count = int(found[2])
        return self._wording.ngettext(*_plural_of(found[1]), count).format(count=count)

    def _contribution(self, text: str) -> str:
        found = _PRODUCT.fullmatch(text)
        return text if found is None else f"{found[1]}{self.exact(found[2])}{self.rounded(found[3] or '')}"


def said(text: str, phrases: tuple[str, ...], tell: Tell) -> str | None:
    """A phrase of the engine in another language; None where it is none of these."""
    for phrase in phrases:
        if (parts := _match(phrase, text)) is not None:
            return tell(phrase).format_map(parts)
    return None


def _plural_of(mode: str) -> tuple[str, str]:
    return f"{mode} {{count}} decimal", f"{mode} {{count}} decimals"


def _match(phrase: str, text: str) -> dict[str, str] | None:
    found = _pattern(phrase).fullmatch(text)
    return None if found is None else found.groupdict()


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    """What a phrase looks like with its {figures} filled in. Number words alone stand for numbers."""
    named = (
        re.escape(part) if index % 2 == 0 else f"(?P<{part}>{_figure(part)})"
        for index, part in enumerate(re.split(r"\{(\w+)\}", phrase))
    )
    return re.compile("".join(named), re.DOTALL)


def _figure(name: str) -> str:
    """Free text may hold anything; a number has digits, a point and a sign, perhaps in brackets."""
    free = {"answer", "criterion", "level", "graded", "formula", "published", "reckoned", "distance", "value"}
    return ".+?" if name in free else r"\(?-?[0-9][0-9.]*(?:/[0-9]+)?\)?"
