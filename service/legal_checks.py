"""What a jurisdiction's rules say about a tender that is about to be published: what they forbid, what they advise."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import scoring
from scoring.answers import Graded
from scoring.legal_notes import notes_on
from scoring.methods import Relative
from scoring.model import Criterion, Lot, method_tag
from scoring.rules import is_relative_rule
from service.jurisdictions import Presets
from service.problems import Fault

HALF: Final = 50


class Findings(NamedTuple):
    """What stands against a tender's publication in law, and what does not stop it."""

    faults: list[Fault]
    warnings: list[Fault]


def judge_law(law: Presets, lots: Sequence[Lot], price_envelopes: Sequence[Sequence[str]]) -> Findings:
    """Judge the lots' rules, and which criteria are sealed apart, by the rules of a jurisdiction."""
    found = Findings([], [])
    if law.id == "none":
        mend = "choose one of GET /jurisdictions in the draft, or go on where none applies"
        found.warnings.append(Fault("/jurisdiction", "no country's rules are checked, because none is chosen", mend))
    for index, (lot, sealed) in enumerate(zip(lots, price_envelopes, strict=True)):
        path = f"/lots/{index}/rules"
        _judge_formulas(law, lot, path, found)
        _judge_ties(law, lot, path, found)
        _judge_tests(law, lot, path, found)
        if law.judgement_first:
            found.warnings.extend(_judgement_after_formula(law, lot, sealed, path))
    return found


def judge_officers(law: Presets, officers_needed: int) -> list[Fault]:
    """Refuse an opening by fewer than the law wants."""
    if officers_needed >= law.officers_least:
        return []
    message = f"{law.officers_least} persons must open the bids, not {officers_needed}.{_source(law, 'two-open')}"
    return [Fault("/officers_needed", message, f"Write {law.officers_least} or more.")]


def _judge_formulas(law: Presets, lot: Lot, path: str, found: Findings) -> None:
    """Formulas that the country's law or its guidance objects to, as the dated notes have it."""
    formulas = [
        (f"{place}/method", method_tag(criterion) or "", isinstance(criterion.method, Relative))
        for place, criterion in _placed(lot.criteria, path)
    ]
    if lot.rule is not None:
        formulas.append((f"{path}/rule", str(lot.rule.__struct_config__.tag), is_relative_rule(lot.rule)))
    for place, tag, relative in formulas:
        for note in notes_on(tag, relative=relative):
            if note.country != law.country or "all" in note.ids:
                continue
            weight = law.relative_scoring if "relative" in note.ids else note.weight
            evidence = "the text was read" if note.evidence == "seen" else "from memory: check the text"
            message = f"{tag}: {note.rule} ({note.reference}; {evidence})"
            mend = "choose an absolute formula, such as A1" if relative else "choose another formula"
            if weight == "forbidden":
                found.faults.append(Fault(place, message, mend))
            elif weight == "discouraged":
                found.warnings.append(Fault(place, message, mend))


def _judge_ties(law: Presets, lot: Lot, path: str, found: Findings) -> None:
    if lot.tie_break:
        return
    for name in ("tie-break-defined", "tie-ladder", "ties-split"):
        if rule := law.rule(name):
            fault = Fault(
                f"{path}/tie_break", f"No tie-break is published. {rule.text} ({rule.source})", "Publish the list."
            )
            (found.faults if law.tie_break == "required" else found.warnings).append(fault)


def _judge_tests(law: Presets, lot: Lot, path: str, found: Findings) -> None:
    """Whether a test for abnormally low prices that the country's law knows is published."""
    published = {str(test.__struct_config__.tag) for test in lot.abnormally_low}
    if not law.abnormally_low_tests or published & set(law.abnormally_low_tests):
        return
    names = " or ".join(law.abnormally_low_tests)
    law_says = "".join(
        f" {rule.text} ({rule.source})"
        for name in ("thirty-percent", "anomaly-methods", "abnormally-low-test")
        if (rule := law.rule(name))
    )
    fault = Fault(f"{path}/abnormally_low", f"The test {names} is not published.{law_says}", f"Add {names}.")
    (found.faults if law.abnormally_low_test == "required" else found.warnings).append(fault)


def _judgement_after_formula(law: Presets, lot: Lot, sealed: Sequence[str], path: str) -> Iterator[Fault]:
    """Criteria that the panel judges, opened together with those that a formula is applied to."""
    judged = [criterion for criterion in scoring.leaves(lot.criteria) if isinstance(criterion.method, Graded)]
    computed = [criterion.id for criterion in scoring.leaves(lot.criteria) if not isinstance(criterion.method, Graded)]
    open_at_once = sorted(set(computed) - set(sealed))
    if judged and open_at_once:
        message = f"{', '.join(open_at_once)} would be opened before the judgement.{_source(law, 'judgement-first')}"
        yield Fault(f"{path.removesuffix('/rules')}/price_envelope", message, "Name them in price_envelope.")
    for place, criterion in _placed(lot.criteria, path):
        low = criterion.minimum is not None and criterion.minimum < HALF
        if low and sealed and any(isinstance(leaf.method, Graded) for leaf in scoring.leaves((criterion,))):
            message = f"The minimum is below {HALF}.{_source(law, 'half-of-quality')}"
            yield Fault(f"{place}/minimum", message, f"Write {HALF} or more.")


def _placed(criteria: tuple[Criterion, ...], prefix: str) -> Iterator[tuple[str, Criterion]]:
    for index, criterion in enumerate(criteria):
        path = f"{prefix}/criteria/{index}"
        yield path, criterion
        yield from _placed(criterion.criteria, path)


def _source(law: Presets, name: str) -> str:
    rule = law.rule(name)
    return f" {rule.text} ({rule.source})" if rule else ""
