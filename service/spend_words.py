"""What a heading means by the words in it, where no list of whole headings knows it: AP Amount (£), Cleared Date.

A word such as amount is not enough: an amount of VAT, a contract's value or the type of a cost is nothing that was
paid. So of the words for a field some stand for it beside any others but a few, and others beside a few alone.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

Worded = Literal["amount", "supplier", "paid_on", "postcode"]
"""What is found by words."""

IN_WORDS: Final = 500
"""How unsure a heading is that is known by its words alone."""
WITHOUT_VAT: Final = 0
UNSAID: Final = 200
WITH_VAT: Final = 400
"""How far behind the columns stand that do not say whether they are without VAT, and those that are with it."""
BY_WORDS: Final = 100
"""How far a heading of amounts that is known by its words stands behind whole ones of the same kind."""
MOST_WORDS: Final = 8


def set_of(words: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(words.split())


_ACCENT = re.compile("(?<!\u0438)[\u0300-\u036f]|(?<=\u0438)[\u0300-\u0305\u0307-\u036f]")
_TOGETHER: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W\d_]+")

_TAX: Final = r"(?:vat|tax|taxes|mwst|ust|btw|tva|iva|gst|ддс|φπα)"
_KIND: Final = r"(?:(?:of|the|any|all|non|recoverable|irrecoverable|reclaimable) )*"
_SPELLED: Final = (
    (re.compile(r"\bvalue added tax\b"), "vat"),
    (re.compile(rf"\b(ex|exc|excl|inc|incl)({_TAX})\b"), r"\1 \2"),
)
_LESS: Final = re.compile(
    r"\b(?:ex|exc|excl|exkl|excluding|excludes|exclusive|net of|without|less|before|no|not including|ohne|zonder|hors"
    rf"|sin|senza|sem|bez|без|χωρισ) {_KIND}{_TAX}\b|\b{_TAX} (?:ex|exc|excl|excluded|exclusive|not included)\b"
)
_MORE: Final = re.compile(
    r"\b(?:inc|incl|inkl|including|includes|inclusive|gross of|with|plus|mit|met|avec|con|com|z|с|με)"
    rf" {_KIND}{_TAX}\b|\b{_TAX} (?:inc|incl|included|inclusive)\b"
)
_NET: Final = set_of("net nett netto neto ht")
_GROSS: Final = set_of("gross brutto bruto ttc")

_AMOUNT: Final = {
    name: place
    for place, names in enumerate(
        ("amount amounts amt betrag bedrag montant importe importo kwota ποσο сума", "value values valeur wartosc αξια")
    )
    for name in names.split()
}
_AMOUNT_AMONG_FEW: Final = set_of("total sum paid spend spent expenditure cost costs") | _NET | _GROSS
_FEW: Final = set_of(
    "ap ar invoice invoices invoiced payment payments transaction transactions line lines item in of the to all actual"
    " gbp sterling pound pounds eur euro euros k s t supplier suppliers vendor distribution posting posted ledger"
    " document journal bank bacs cheque"
)
_NO_AMOUNT: Final = set_of(
    "id ids identifier no num number numbers nr code codes ref reference date dates day month year years period flag"
    " indicator ind type types name names description desc detail details category centre center cntr element status"
    " method reason contract contracts contractual order orders po budget budgeted threshold band range limit rate"
    " percent percentage pct count quantity qty hours balance discount credit estimated estimate forecast planned text"
    " comment comments note notes key class group from by due outstanding retention original foreign unit daily hourly"
    " annual yearly cumulative ytd redacted rateable insured"
)

_PARTY: Final = set_of(
    "supplier suppliers vendor payee payees beneficiary beneficiaries creditor merchant provider recipient"
)
_BESIDE_PARTY: Final = set_of("name names of the trading legal full or and s t")

_DAY: Final = set_of("date datum")
_NO_DAY: Final = set_of(
    "start starts started end ends birth due order ordered contract expiry expires expired from until created received"
    " receipt requested required delivery delivered publication published updated update award awarded dissolution"
    " incorporation approval approved raised period next number no id ref reference type review valid renewal return"
    " accounts last extract report refresh decision signed commencement completion"
)
_DAYS_BEST_FIRST: Final = (
    set_of("paid pay payment cleared clearing clearance cheque bacs settlement"),
    set_of("transaction posting posted ledger gl effective"),
    set_of("invoice invoiced"),
)

_POSTCODE: Final = re.compile(r"(?:postcode|postalcode|zipcode)$")
_NO_POSTCODE: Final = set_of("council body buyer authority delivery site property client customer branch our user")


class Heading(NamedTuple):
    """The words of a heading, and how far behind they say that an amount stands; None: they speak of VAT itself."""

    words: tuple[str, ...]
    behind: int | None


def without_accents(text: str) -> str:
    """In small letters and without the marks over them, but that of й, which is a letter of its own; ł is l."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _ACCENT.sub("", apart).replace("ł", "l"))


def read_heading(heading: str) -> Heading:
    """A heading word by word, without what it says of VAT.

    >>> read_heading("Invoice Amount Excl. VAT"), read_heading("VAT (£)")
    (Heading(words=('invoice', 'amount'), behind=0), Heading(words=('vat',), behind=None))
    >>> read_heading("RegAddress.PostCode").words
    ('reg', 'address', 'post', 'code')
    """
    text = " ".join(_WORD.findall(without_accents(_TOGETHER.sub(" ", heading))))
    for spelled, as_here in _SPELLED:
        text = spelled.sub(as_here, text)
    bare = _LESS.sub(" net ", text)
    less = bare != text
    bare, more = _MORE.subn(" gross ", bare)
    found = tuple(bare.split())
    net, gross = bool(_NET & set(found)), bool(_GROSS & set(found))
    if any(re.fullmatch(_TAX, word) for word in found) or (net and gross and not less):
        behind = None
    else:
        behind = WITHOUT_VAT if net else WITH_VAT if gross else UNSAID
    said = {"net"} if less else set[str]()
    said |= {"gross"} if more else set[str]()
    words = tuple(word for word in found if word not in said)
    return Heading(words or found, behind)


def is_no_amount(heading: str) -> bool:
    """Whether a heading says that what stands below it was not paid: VAT, numbers, budgets, days.

    >>> is_no_amount("Payment Amount VAT"), is_no_amount("Contract value"), is_no_amount("Payment Amount")
    (True, True, False)
    """
    words, behind = read_heading(heading)
    return behind is None or not _NO_AMOUNT.isdisjoint(words)


def is_no_day(heading: str) -> bool:
    """Whether a heading says that the days below it are not those of payments."""
    return not _NO_DAY.isdisjoint(read_heading(heading).words)


def amount_by(heading: str, place: int) -> int:
    """How unsure a whole heading of amounts is that stands at this place of their list."""
    behind = read_heading(heading).behind
    if behind == UNSAID and re.search(r"net|exc|ht$|καθαρ", without_accents(heading)):
        behind = WITHOUT_VAT
    elif behind == UNSAID and "gross" in heading.casefold():
        behind = WITH_VAT
    return (UNSAID if behind is None else behind) + place


def in_words(heading: str, fields: Sequence[str]) -> tuple[Worded, int] | None:
    """Which of these fields a heading means by its words, and how unsure that is.

    >>> in_words("Net of VAT (£)", ["amount"]), in_words("Cost Centre", ["amount"])
    (('amount', 116), None)
    """
    said = read_heading(heading)
    if not 0 < len(said.words) <= MOST_WORDS:
        return None
    if "postcode" in fields and _is_postcode(said.words):
        return "postcode", IN_WORDS
    if "supplier" in fields and _is_supplier(said.words):
        return "supplier", IN_WORDS
    if "paid_on" in fields and (place := _day(said.words)) is not None:
        return "paid_on", IN_WORDS + place
    if "amount" in fields and (place := _amount(said)) is not None:
        return "amount", place
    return None


def _amount(said: Heading) -> int | None:
    words = set(said.words)
    if said.behind is None or not _NO_AMOUNT.isdisjoint(words) or ("currency" in words and "in" not in words):
        return None
    if places := [_AMOUNT[word] for word in words if word in _AMOUNT]:
        return said.behind + BY_WORDS + min(places)
    few = words & _AMOUNT_AMONG_FEW
    if (few or said.behind != UNSAID) and words <= _AMOUNT_AMONG_FEW | _FEW:
        return said.behind + BY_WORDS + len(_AMOUNT) + (few == {"paid"})
    return None


def _is_supplier(words: Sequence[str]) -> bool:
    return not _PARTY.isdisjoint(words) and set(words) <= _PARTY | _BESIDE_PARTY


def _day(words: Sequence[str]) -> int | None:
    if _DAY.isdisjoint(words) or not _NO_DAY.isdisjoint(words):
        return None
    kinds = (place for place, kind in enumerate(_DAYS_BEST_FIRST) if not kind.isdisjoint(words))
    return next(kinds, len(_DAYS_BEST_FIRST))


def _is_postcode(words: Sequence[str]) -> bool:
    return _POSTCODE.search("".join(words)) is not None and _NO_POSTCODE.isdisjoint(words)
