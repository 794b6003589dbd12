"""What the service says in letters and trials, told again in another language from what is stored.

Letters are kept to the byte in English, with what people have written among our own sentences. A paragraph that the
catalogues know is told in the reader's language; every other one stays as somebody wrote it.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

import scoring
from service.language import ENGLISH_MONTHS, NO_BREAK_SPACE, Language
from service.retelling import retold_sentence
from service.wording import ENGLISH, told, wording

PUBLISHED: Final = " Published for it: "
SUM: Final = ", the sum of: "
UP_TO: Final = " up to "
OF: Final = " of "
CITED: Final = "In the tender: "
WITHHELD: Final = " (Withheld: "

_INSTANT: Final = re.compile(
    rf"(\d{{1,2}}) ({'|'.join(ENGLISH_MONTHS)}) (\d{{4}}), (\d\d:\d\d:\d\d) \((UTC[+−:0-9]*), [^()]+\)"
)

_END: Final = re.compile(r"(?<=[.:…]) ")
MOST_PIECES: Final = 8
"""A sentence has no more pieces than this, which end in a full stop or a colon; a title in it may have some."""

MESSAGES: Final = (
    CITED.strip(),
    PUBLISHED.strip(),
    SUM.rstrip(),
    "%(title)s up to %(most)s",
    "0 to {share} weighted points",
    "0 to 100 points by formula, then weighted",
    "by its sub-criteria, whose weighted scores are added up",
    "as the tender's rule says",
    "Scored by the published formula from what the tender states.",
    "Scored by the published formula from what the tender states: {offer}.",
    "The sum of its sub-criteria, each explained below.",
    "It is not among the best bids, as many as were published to go on.",
    "no country's rules were chosen",
    "Directive 2014/24/EU, article {number}",
    "57(2), first and third subparagraph",
    "57(2), second subparagraph",
    "Directive 2014/24/EU art. {number}",
    "in the form of Directive 2014/24/EU art. {number}",
    "Procurement Act 2023 s.{number}",
    "Procurement Act 2023, section {number}",
    "Procurement Act 2023, Schedule 6, paragraph {number}",
    "Procurement Act 2023, Schedule 6, paragraphs {first} to {last}",
    "Procurement Act 2023, Schedule 6, paragraphs {first} and {last}",
    "Procurement Act 2023, Schedule 7",
    "Procurement Act 2023 s.98, in the form of Public Contracts Regulations 2015 reg. {number}",
    "UK GDPR art. {number}",
    "Regulation (EU) 2016/679 art. {number}",
    "World Bank Procurement Regulations, annex IV",
    "World Bank Procurement Regulations, section III, eligibility",
    "World Bank Procurement Regulations, confidentiality",
    "no country's rules were chosen; the buyer answers for it",
    "the bidders' legitimate commercial interests",
    "published with the tender",
    "It is not said: {words}.",
    "the authority's address",
    "the value of the contract",
    "which procedure was chosen",
    "conflicts of interest detected and measures taken, or that there were none",
    "the circumstances that justify this procedure",
    "the share of lot {number} that is subcontracted, with names if known",
    "Nobody has decided about what {person} declared.",
    "The award of lot {number} is not decided.",
    "Bids were received electronically only; there is nothing to justify.",
    "bid {bid}, criterion {criterion}: {why}",
    "criterion {price} is the price that the rule reads as it is; leave its {name} out",
    "minimum and max_pass",
    "Directive 2014/24/EU art. 55(3), legitimate commercial interests",
    "Header:",
    "Body:",
    "Padding:",
    "Content key:",
    "See {pointer}.",
    "variant {number}",
    "version",
    "supplier",
    "instant",
    "digest",
    "digest of the rules",
)
"""What letters, the record of a procedure and trials say in pieces, and how they cite the law."""


def paragraphs(text: str, language: Language, zone: str) -> str:
    """A text whose paragraphs are in a language where they are ours; instants in them as the language writes them."""
    if language.code == ENGLISH:
        return text
    return "\n\n".join(_paragraph(part, language, zone) for part in text.split("\n\n"))


def voiced(text: str | None, language: Language) -> str | None:
    """What the service itself has stored, often several sentences in a row, in a language.

    Each sentence is told as far as it is ours: a reason for which prices stay sealed, what is wrong with an envelope.
    What no catalogue has, such as the place in a body, stays as it is.
    """
    if not text or language.code == ENGLISH:
        return text
    pieces = _END.split(text)
    told_of, start = list[str](), 0
    while start < len(pieces):
        ends = range(start + 1, min(start + MOST_PIECES, len(pieces)) + 1)
        found = ((end, _voiced(" ".join(pieces[start:end]), language)) for end in ends)
        end, spoken = next(((end, spoken) for end, spoken in found if spoken), (start + 1, pieces[start]))
        told_of.append(spoken)
        start = end
    return " ".join(told_of)


def _voiced(text: str, language: Language) -> str | None:
    if (retold := retold_sentence(text, language)) is not None:
        return retold
    spoken = told(text, language.code)
    return None if spoken == text else spoken


def _paragraph(text: str, language: Language, zone: str) -> str:
    if text.startswith(CITED):
        return f"{told(CITED.strip(), language.code)} {text.removeprefix(CITED)}"
    reason, withheld, source = text.removesuffix(".)").rpartition(WITHHELD)
    if withheld:
        return f"{reason} ({told('withheld:', language.code)} {told(source, language.code)}.)"
    spoken = told(text, language.code)
    return text if spoken == text else _INSTANT.sub(lambda found: _instant(found, language, zone), spoken)


def _instant(found: re.Match[str], language: Language, zone: str) -> str:
    day, month, year, time, offset = found.groups()
    at = date(int(year), ENGLISH_MONTHS.index(month) + 1, int(day))
    return f"{language.day(at)}, {time} ({offset}, {language.city(zone)})"


def method(text: str, language: Language) -> str:
    """By which formula points are earned; what the rules call a figure, such as target, stays as they call it."""
    formula, published, figures = text.removesuffix(".").partition(PUBLISHED)
    known = _formulas(language.code)
    spoken = known.get(formula) or known.get(f"{formula}.") or told(formula, language.code)
    if not published:
        return spoken
    return f"{spoken} {told(PUBLISHED.strip(), language.code)} {language.numbers(figures)}."


def scores(text: str, language: Language) -> str:
    """Which scores there were to have; words of the published scale stay as they were published."""
    whole, summed, parts = text.partition(SUM)
    spoken = told(whole, language.code)
    if not summed:
        return language.numbers(spoken)
    up_to = wording(language.code).gettext(MESSAGES[3])
    named = (part.rpartition(UP_TO) for part in parts.split("; "))
    listed = (up_to % {"title": title, "most": language.number(most)} for title, _, most in named)
    return f"{language.numbers(spoken)}{told(SUM.rstrip(), language.code)} {'; '.join(listed)}"


def share(text: str, language: Language) -> str:
    """A criterion's share of the lot: 24 of 100 is 24 / 100 in every language."""
    part, of, whole = text.partition(OF)
    return f"{language.number(part)}{NO_BREAK_SPACE}/{NO_BREAK_SPACE}{language.number(whole)}" if of else text


@cache
def _formulas(lang: str) -> Mapping[str, str]:
    """Every method and rule with its formula, as English says it, in a language."""
    return {
        f"{one.name}: {one.formula}": f"{told(one.name, lang)}: {told(one.formula, lang)}" for one in scoring.methods()
    }
