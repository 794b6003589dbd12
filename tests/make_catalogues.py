"""The catalogues of service/locale: every message that may be told in another language, found where it stands.

`make translations` writes new messages into the catalogues, empty, and takes out what is no longer said; nothing is
guessed, so no message becomes fuzzy. Babel writes the files.
"""

import ast
import re
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from scoring import model
from scoring.abnormally_low import AbnormallyLowTest
from scoring.units import UNITS
from service import letter_words, letters, measures, problems, report_view, retelling, serving
from service.language import LANGUAGES
from service.legal_awards import STANDSTILLS
from service.legal_grounds import GROUNDS
from service.wording import CATALOGUES
from tests.sentences import Module

assert serving  # everything that refuses is imported with it

HOUSE = CATALOGUES.parent.parent
BEGUN = datetime(2026, 11, 27, tzinfo=UTC)
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
SUPPLIERS_MEET = frozenset({
    "problems", "edge", "wire", "reception", "intake", "receipts", "bids", "submissions", "sealing", "uploads",
    "document_store", "consortia", "money", "organisations", "questions", "clarifications", "transparency",
    "opened_documents", "tenders", "reports", "case", "offers", "deliveries", "file_bodies", "quotas",
})  # fmt: skip
"""Modules whose refusals and faults a supplier can meet: titles, mends and sentences are translated."""

SPEAKING = frozenset({"Fault", "OfferFault", "SealBroken", "InvalidValue"})
"""What beside refusals takes sentences that somebody reads."""

WARNING = ("cautions", "publishable")
"""Modules of the engine that say what to look at before publication."""

TELLING: typing.Final[dict[str, tuple[str, ...]]] = {
    "letters": ("_standstill", "_BEGINS", "_why_not", "_told_apart", "_tie_break"),
    "participation": ("OUTCOMES", "_heard"),
    "spend_counting": ("WHY",),
    "spend_import": ("REASONS",),
    "spend_multiplier": ("DEFINITION",),
    "spend_shares": ("_notes", "_notes_of_words", "RESILIENCE", "SUPPLY_CHAINS", "BARRIERS", "_best_paid_of"),
}
"""What letters and reports print of what is stored: functions and constants of service/, whose texts are translated."""

OWN_WORDS = (
    "the buyer's own", "of the buyer", "absolute form", "from knowledge", "unscored", "only absolute", "were a breach",
    "ladder's fourth",
)  # fmt: skip
"""By what a method's source is known to be more than the name of a text."""

TRANSLATED = tuple(code for code in LANGUAGES if code != "en")


class Found(typing.NamedTuple):
    """What is said, its plural where a number decides, and the file that says it."""

    one: str
    many: str | None
    where: str


def messages() -> Iterator[Found]:
    """Every message there is, in the order of the files."""
    for path in sorted((HOUSE / "templates").rglob("*.html")):
        yield from _of_template(path)
    for path in sorted((*(HOUSE / "scoring").glob("*.py"), *(HOUSE / "service").glob("*.py"))):
        yield from _of_module(path)
    yield from (Found(one, many, "scoring") for one, many in retelling.messages())
    yield from (Found(text, None, "scoring") for text in _of_methods())
    yield from (Found(unit.label, None, "scoring/units.py") for unit in UNITS.values())
    yield from (Found(text, None, "scoring") for text in _of_bids())
    yield from (Found(text, None, "scoring") for name in WARNING for text in _warned(HOUSE / "scoring" / f"{name}.py"))
    yield from (Found(text, None, "service/monitoring.py") for text in _of_contracts())
    yield from (Found(text, None, f"service/{name}.py") for name in TELLING for text in _told(name))
    yield from (Found(text, None, "service/letter_words.py") for text in letter_words.MESSAGES)
    yield from (Found(text, None, "service/legal_awards.py") for text in _of_law())
    yield from _of_refusals()


def template() -> Catalog:
    """Every message once, without a translation."""
    found = Catalog(project="tenderscore", creation_date=BEGUN, charset="utf-8", fuzzy=False)
    for message in messages():
        many = (message.one, message.many) if message.many is not None else message.one
        found.add(many, locations=[(message.where, 0)])
    return found


def read(lang: str) -> Catalog:
    """A language's catalogue as it is stored."""
    with (CATALOGUES / f"{lang}.po").open("rb") as source:
        return read_po(source, locale=lang)


def write(path: Path, catalogue: Catalog) -> None:
    """Store a catalogue and what is read of it, always in the same bytes for the same messages."""
    with path.open("wb") as target, path.with_suffix(".mo").open("wb") as compiled:
        write_po(target, catalogue, width=100, ignore_obsolete=True, include_lineno=False)
        write_mo(compiled, catalogue)


def update() -> None:
    """Bring every catalogue to the messages that there are; says on stdout how many still want a translation."""
    wanted = template()
    for lang in TRANSLATED:
        catalogue = read(lang)
        catalogue.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        write(CATALOGUES / f"{lang}.po", catalogue)
        missing = sum(not is_told(message.string) for message in catalogue if message.id)
        print(f"{lang}: {len(catalogue)} messages, {missing} without a translation")


def is_told(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a message has its translation, with every plural form."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def faults(catalogue: Catalog, wanted: Catalog) -> Iterator[str]:
    """What makes a catalogue unfit to be read to anybody."""
    here, there = ({message.id for message in one if message.id} for one in (catalogue, wanted))
    yield from (f"missing: {text}" for text in there - here)
    yield from (f"nobody says it: {text}" for text in here - there)
    for message in catalogue:
        if message.id:
            yield from (f"{fault}: {message.id}" for fault in _faults_of(message, catalogue.num_plurals))


def _faults_of(message: Message, plurals: int) -> Iterator[str]:
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    told = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield "guessed"
    if not all(told) or (len(sources) > 1 and len(told) != plurals):
        yield "not translated"
    wanted = figures(sources[-1])
    for text in filter(None, told):
        if figures(text) != wanted and not (len(sources) > 1 and figures(text) == figures(sources[0])):
            yield f"other figures than {sorted(wanted)}"
        if not {"<", ">", "&"}.isdisjoint(set(text) - set("".join(sources))):
            yield "markup"
        if (text[:1].isspace(), text[-1:].isspace()) != (sources[0][:1].isspace(), sources[0][-1:].isspace()):
            yield "other spaces around it"


def figures(text: str) -> frozenset[str]:
    """The places in a message that are filled in, in either way of writing them."""
    return frozenset(re.findall(r"%\(\w+\)[sd]|\{\w*\}", text))


def _of_template(path: Path) -> Iterator[Found]:
    where = str(path.relative_to(HOUSE))
    with path.open("rb") as source:
        for _, _, found, _ in babel_extract(source, ("_", "gettext", "ngettext"), (), JINJA):
            if found is None:  # what a name stands for; its values are found where they are written
                continue
            texts = [found] if isinstance(found, str) else [text for text in found if text is not None]
            yield Found(texts[0], texts[1] if len(texts) > 1 else None, where)


def _of_module(path: Path) -> Iterator[Found]:
    """What a module says to its reports' readers, and what it refuses or finds at fault where suppliers meet it."""
    where = str(path.relative_to(HOUSE))
    yield from (Found(text, None, where) for text in _said(path))
    if path.stem in SUPPLIERS_MEET:
        kinds = {kind.__name__ for kind in problems.refusals().values()}
        yield from (Found(text, None, where) for text in Module(path, SPEAKING | kinds).sentences())


def _said(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="say") | ast.Attribute(attr="say"), args=[ast.Constant(value=str(text))]):
                yield text
            case _:
                pass


def _warned(path: Path) -> Iterator[str]:
    """What the engine warns of before publication, and how to mend it; laws stay as they are cited."""
    module = Module(path, frozenset({"Problem"}))
    yield from module.sentences()
    yield from module.said_by("_given_away")


def _of_bids() -> Iterator[str]:
    """What the engine finds wrong with a bid, as a trial prints it."""
    for path in sorted((HOUSE / "scoring").glob("*.py")):
        yield from Module(path, frozenset({"BidFault", "Unscorable"})).sentences()


def _of_contracts() -> Iterator[str]:
    """What the report on a contract warns of, and what proves a measure; what is due it words itself."""
    yield from (text for measure in measures.built_in().measures for text in measure.evidence)
    yield from Module(HOUSE / "service" / "monitoring.py", frozenset({"Fault"})).sentences()


def _told(name: str) -> Iterator[str]:
    module = Module(HOUSE / "service" / f"{name}.py", frozenset())
    for told in TELLING[name]:
        yield from module.said_by(told)


def _of_law() -> Iterator[str]:
    """What letters cite of the law: its standstills, the grounds on which somebody is out, and what letters are."""
    yield from letters.LAWS.values()
    yield from (one.source for every in STANDSTILLS.values() for one in every)
    yield from (one.text for every in GROUNDS.values() for one in every)


def _of_methods() -> Iterator[str]:
    """What reports print about methods, rules, tie-breaks and tests; of sources those that have words of ours."""
    for family in (model.Method, model.Rule, model.TieBreak, AbnormallyLowTest):
        for kind in typing.get_args(family) or (family,):
            name, about = report_view.page_of(kind)
            yield name
            if family in (model.Method, model.Rule):
                yield from (about[topic] for topic in ("Formula", "Edge cases") if topic in about)
                yield from (about["Source"] for words in OWN_WORDS if words in about.get("Source", ""))


def _of_refusals() -> Iterator[Found]:
    for kind in problems.refusals().values():
        module = kind.__module__.rpartition(".")[2]
        if module in SUPPLIERS_MEET:
            yield from (Found(text, None, f"service/{module}.py") for text in (kind.title(), kind.mend()))


if __name__ == "__main__":
    update()
