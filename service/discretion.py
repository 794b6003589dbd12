"""What letters give away about others: the prices that a reader can work out, and others' names and prices in texts.

Where a formula measures prices against each other, a letter is an equation for a price that it does not show; a part
that is redacted counts as shown where it follows from its neighbours and their sum.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple
from uuid import UUID

from msgspec import Struct

import scoring
from scoring.debrief import Debrief, Derived, ShownBid, ShownLetter, debrief
from scoring.decimals import Mode
from scoring.model import is_price, price_criterion
from service.letters import Assessed, BidderName, CriterionTold, Letter, Sources

SHORTEST: Final = 4
"""Letters and digits that a name or an identifier has at least to be searched for: shorter ones stand in many words."""
LEGAL_FORMS: Final = re.compile(
    "( (ltd|limited|plc|llp|inc|corp|co|cic|gmbh|mbh|ag|kg|sa|sas|sarl|srl|spa|bv|nv|oy|ab|as|aps|lda|sl))+$"
)


class Mention(Struct, frozen=True, kw_only=True):
    """Something of another bidder that stands in a text of a letter: in which, whose it is, and what was found.

    `bid_id` is the reader's bid, `about_id` the one that the text is about: its own or the winner's.
    """

    bid_id: UUID
    about_id: UUID
    field: str
    kind: Literal["name", "identifier", "price"]
    whose: str
    found: str

    @property
    def place(self) -> dict[str, UUID | str]:
        """Where it stands and of which kind it is, for the log, which does not repeat it."""
        return {"bid_id": self.bid_id, "about_id": self.about_id, "field": self.field, "kind": self.kind}


_TOTAL: Final = ""
"""The sum of the top criteria, among criteria's ids, none of which is empty."""

# Prices that follow


def given_away(sources: Sources, letter: Letter) -> Debrief:
    """The prices of others that the reader of a letter can work out, whether or not it knows what the winner bid.

    Where the law prints all prices in the letter there is nothing to work out.
    """
    if letter.read_out:
        return Debrief(derived=())
    price = price_criterion(sources.lot.rules.criteria, sources.lot.rules.rule)
    if price is None or price.method is None:
        reason = None if price is None else "The whole-tender rule reads the price; look at the letter yourself."
        return Debrief(derived=(), not_examined=reason)
    found: dict[str, Derived] = {}
    not_examined = None
    for shown in _shown(sources, letter, price.id, price.method):
        told = debrief(shown)
        not_examined = not_examined or told.not_examined
        found |= {one.whose: one for one in told.derived}
    return Debrief(derived=tuple(found.values()), not_examined=not_examined)


def _shown(sources: Sources, letter: Letter, price_id: str, method: scoring.Method) -> Iterator[ShownLetter]:
    """What the reader can put into an equation: its own price and points, and the winner's.

    Who has no points of its own still has the winner's, whose price the award notice tells.
    """
    prices = {bid.id: bid.values.get(price_id) for bid in sources.result.inputs}
    own = ShownBid(points=_readable(sources, letter.own, price_id), price=prices.get(str(letter.own.bid_id)))
    winner = ShownBid()
    if letter.winner is not None:
        told = _readable(sources, letter.winner, price_id)
        winner = ShownBid(points=told, price=prices.get(str(letter.winner.bid_id)))
    decimals, mode = _printed(sources.lot.rules)
    digits = max((len(text.partition(".")[2]) for text in prices.values() if text), default=0)
    pairs = [(own, ShownBid(points=winner.points)), (own, winner)]
    if own.points is None or own.price is None:
        pairs = [(winner, ShownBid())] if winner.points is not None and winner.price is not None else []
    for reader, other in pairs:
        yield ShownLetter(
            method=method,
            own=reader,
            winner=other,
            decimals=decimals,
            mode=mode,
            unit_decimals=max(2, digits),
            bids=len(sources.result.reference_set),
        )


def _readable(sources: Sources, told: Assessed, price_id: str) -> str | None:
    """The points on the price, unless they are redacted and do not follow from any sum less its other parts either."""
    result = next((bid for bid in sources.result.bids if bid.id == str(told.bid_id)), None)
    if result is None or not _is_known(sources.lot.rules, told, price_id):
        return None
    return result.points.get(price_id)


def _is_known(rules: scoring.Lot, told: Assessed, price_id: str) -> bool:
    """Whether the score on the price is shown or can be solved for, sum by sum, from whatever is shown."""
    sums = {one.id: [child.id for child in one.sub_criteria] for one in _all(told.criteria) if one.sub_criteria}
    sums[_TOTAL] = [one.id for one in told.criteria]
    worthless = {criterion.id for criterion, _ in scoring.walk(rules.criteria) if not criterion.weighting} - {price_id}
    known = {one.id for one in _all(told.criteria) if one.score.redacted is None} | worthless
    if told.total.text:
        known.add(_TOTAL)
    before = -1
    while before != len(known):
        before = len(known)
        for whole, parts in sums.items():
            hidden = [part for part in parts if part not in known]
            if not hidden:
                known.add(whole)
            elif len(hidden) == 1 and whole in known:
                known.add(hidden[0])
    return price_id in known


def _all(criteria: tuple[CriterionTold, ...]) -> Iterator[CriterionTold]:
    for criterion in criteria:
        yield criterion
        yield from _all(criterion.sub_criteria)


def _printed(rules: scoring.Lot) -> tuple[int, Mode]:
    """How the points of a leaf are rounded before anybody reads them."""
    for step in rules.rounding:
        if step.stage == "leaf" and not step.criteria and step.decimals is not None:
            return step.decimals, step.mode or "half_up"
    return 10, "half_up"


# What texts tell


class _Secret(NamedTuple):
    """What one bidder is not to read of another; `plain` must stand in a text's words, or `digits` among its digits."""

    whose: str
    kind: Literal["name", "identifier", "price"]
    told: str
    plain: str
    digits: str
    pattern: re.Pattern[str] | None


def mentions(sources: Sources, letter: Letter) -> list[Mention]:
    """What stands in a letter's texts of bidders whom it is not about, and of the winner's price.

    Found are names but for their legal form, their first words, identifiers, and prices in digits however they are
    grouped. Not found are nicknames, prices that were rounded or written in words, and what only the context tells.
    Where the law prints names and prices in the letter, only identifiers are looked for.
    """
    texts = [(about, field, text, _plain(text)) for about, field, text in _texts(letter)]
    words = "\n".join(f" {plain} " for _, _, _, plain in texts)
    digits = re.sub(r"\D", "", "".join(text for _, _, text, _ in texts))
    secrets = [one for one in _secrets(sources, letter) if one.kind == "identifier" or not letter.read_out]
    secrets = [one for one in secrets if (one.plain in words if one.plain else one.digits in digits)]
    found = [
        Mention(bid_id=letter.own.bid_id, about_id=about, field=field, kind=one.kind, whose=one.whose, found=one.told)
        for about, field, text, plain in texts
        for one in secrets
        if (one.pattern.search(text) if one.pattern else one.plain in f" {plain} ")
    ]
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    """The words of a text, small, with single blanks between them."""
    return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def _texts(letter: Letter) -> Iterator[tuple[UUID, str, str]]:
    """Everything in a letter that people have written: about which bid, in which field; reasons of redactions too."""
    yield letter.own.bid_id, "decision", letter.decision
    for told in (letter.own, letter.winner):
        if told is None:
            continue
        fields = {name: getattr(told, name) for name in ("identifier", "disqualification", "debriefing")}
        shown = {
            name: getattr(told, name)
            for name in ("postal_address", "email", "total", "further_explanation", "relative_advantages")
        }
        for one in _all(told.criteria):
            shown |= {f"score:{one.id}": one.score, f"explanation:{one.id}": one.explanation}
        fields |= {name: one.redacted or one.text for name, one in shown.items()}
        for decided in told.participation:
            words = (decided.evidence, decided.reason, decided.self_cleaning)
            fields[decided.field] = "\n".join(text for text in words if text)
        yield from ((told.bid_id, name, text) for name, text in fields.items() if text)


def _secrets(sources: Sources, letter: Letter) -> Iterator[_Secret]:
    """What the reader of a letter is not to find in its texts; its own and the winners' names it knows."""
    own = sources.bids[letter.own.bid_id].supplier_id
    suppliers = {bid_id: facts.supplier_id for bid_id, facts in sources.bids.items()}
    told_of = {own, *(suppliers[bid_id] for bid_id in sources.holders)}
    if letter.winner:
        told_of.add(suppliers[letter.winner.bid_id])
    known = {_plain(one.text) for one in _names(sources) if suppliers[one.bid_id] in told_of}
    told = [*known, *map(_plain, (letter.buyer, letter.title, letter.lot))]
    public = {word for text in told for word in text.split()}
    for one in _names(sources):
        if suppliers[one.bid_id] not in told_of and _plain(one.text) not in known:
            whose = sources.bids[one.bid_id].supplier
            for needle in sorted(_needles(one.text, public) if one.kind == "name" else {_plain(one.text)}):
                if len(needle) >= SHORTEST:
                    yield _Secret(whose, one.kind, one.text, f" {needle} ", "", None)
    yield from _prices(sources, {bid_id for bid_id, supplier in suppliers.items() if supplier == own})


def _names(sources: Sources) -> Iterator[BidderName]:
    yield from sources.names
    for (bid_id, field), text in sources.texts.items():
        if field == "identifier":
            yield BidderName(bid_id, "identifier", text)


def _needles(name: str, public: set[str]) -> set[str]:
    """A name as people write it: without its legal form, or only its first word unless that says nothing by itself."""
    plain = _plain(name)
    short = LEGAL_FORMS.sub("", plain)
    whole = short if len(short) >= SHORTEST else plain
    first, *_ = short.split() or [""]
    return {whole} if first in public else {whole, first}


def _prices(sources: Sources, own: set[UUID]) -> Iterator[_Secret]:
    """The prices of all bids but the reader's own, and but those that are equal to one of its own."""
    money = [leaf.id for leaf in scoring.leaves(sources.lot.rules.criteria) if is_price(leaf)]
    read = [(UUID(bid.id), bid.values.get(name, "")) for bid in sources.result.inputs for name in money]
    read = [(bid_id, price) for bid_id, price in read if re.fullmatch(r"\d+(\.\d+)?", price)]
    mine = {_digits(price) for bid_id, price in read if bid_id in own}
    for bid_id, price in read:
        if bid_id not in own and _digits(price) not in mine:
            whole, _ = _digits(price)
            yield _Secret(sources.bids[bid_id].supplier, "price", price, "", whole, _written(price))


def _digits(price: str) -> tuple[str, str]:
    whole, _, rest = price.partition(".")
    return whole.lstrip("0") or "0", rest.rstrip("0")


def _written(price: str) -> re.Pattern[str]:
    """How a price may stand in a text: thousands apart or not, a point or a comma, from 1000 on also without cents."""
    whole, cents = _digits(price)
    first = len(whole) % 3 or 3
    groups = [whole[:first], *(whole[at : at + 3] for at in range(first, len(whole), 3))]
    rest = rf"[.,]{cents}0*" if cents else r"[.,]0+"
    optional = "?" if not cents or len(groups) > 1 else ""
    digits = r"[.,'’\s]?".join(groups)
    return re.compile(rf"(?<!\d)(?<!\d[.,'’]){digits}({rest}){optional}(?!\d)(?![.,'’]\d)")
