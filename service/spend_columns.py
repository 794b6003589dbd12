"""What the columns of payment data mean: headings as councils write them, amounts and dates as they write those.

Headings change from quarter to quarter and carry slips of the pen. What is found here is a proposal, which a person
confirms; what they confirmed earlier is known by its heading the next time.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Final, Literal, get_args

from service import spend_words
from service.spend_words import without_accents

Kind = Literal["payments", "register", "places"]
"""A file of payments; a register of suppliers; a list of codes (postcodes, districts, NUTS) with each one's ring."""

Field = Literal[
    "amount",
    "supplier",
    "supplier_id",
    "paid_on",
    "body",
    "unit",
    "category",
    "code",
    "transaction",
    "kind",
    "description",
    "postcode",
    "country",
    "nuts",
    "size",
    "employees",
    "voluntary",
    "sector",
    "contract",
    "route",
    "currency",
    "place",
    "ring",
]
DateOrder = Literal["dmy", "mdy", "ymd"]
Mark = Literal[".", ","]

OF_SUPPLIERS: Final[tuple[Field, ...]] = ("postcode", "country", "nuts", "size", "employees", "voluntary", "sector")
FIELDS: Final[Mapping[Kind, tuple[Field, ...]]] = {
    "payments": tuple(field for field in get_args(Field) if field not in {"place", "ring"}),
    "register": ("supplier", "supplier_id", *OF_SUPPLIERS),
    "places": ("place", "ring"),
}
NEEDED: Final[Mapping[Kind, tuple[Field, ...]]] = {
    "payments": ("amount",),
    "register": ("supplier",),
    "places": ("place", "ring"),
}

HEADINGS: Final[Mapping[Field, str]] = {
    "amount": "netamount amountexclvat amountexcvat amountexcludingvat netvalue amountnet amount amountgbp amountpaid"
    " amounteur value total paymentamount invoiceamount transactionamount sumoftransactionamount lineamount"
    " grossamount spend betrag nettobetrag bedrag nettobedrag montant montantht importe importeneto importo"
    " importonetto valor montante kwota kwotanetto wartosc wartoscnetto ποσο ποσον αξια καθαρηαξια"
    " сума стоиност размер",
    "supplier": "suppliername supplier suppliertradingname vendorname vendor payeename payee beneficiaryname"
    " beneficiary merchantname merchant creditorname creditor nameofsupplier paidto tradingname companyname"
    " organisationname name lieferant zahlungsempfanger empfanger kreditor leverancier crediteur begunstigde"
    " fournisseur beneficiaire creancier proveedor beneficiario acreedor fornitore creditore fornecedor credor"
    " dostawca kontrahent odbiorca προμηθευτησ δικαιουχοσ αναδοχοσ доставчик получател изпълнител контрагент",
    "supplier_id": "supplierid suppliernumber supplierno suppliercode vendorid vendorno vendornumber creditorid"
    " suppliervatnumber suppliervatregistrationnumber vatregistrationnumber companynumber companyregistrationnumber"
    " companieshousenumber registrationnumber id lieferantennummer kreditorennummer ustidnr leveranciersnummer"
    " kvknummer btwnummer siret siren cif nif partitaiva codicefiscale nip regon krs αφμ еик булстат",
    "paid_on": "paiddate datepaid paymentdate dateofpayment date transactiondate dateoftransaction postingdate"
    " cleareddate clearancedate chequedate invoicedate paydate paidon effectivedate datum zahlungsdatum buchungsdatum"
    " betaaldatum boekdatum datedepaiement datepaiement fecha fechadepago fechapago datapagamento datadipagamento"
    " datadepagamento data dataplatnosci datazaplaty ημερομηνια ημερομηνιαπληρωμησ дата датанаплащане",
    "body": "bodyname body organisation organization organisationname entity client council authority publicbody"
    " departmentfamily",
    "unit": "organisationalunit organizationalunit servicearea service servicelabel department directorate division"
    " costcentre costcentrename costcentredescription directorateservicewhereexpenditureincurred servicecategorylabel",
    "category": "expenditurecategory expenditureunit expensetype expensearea expenditurename category purposeofspend"
    " purposeofexpenditure procurementclassification proclass subjective subjectivedescription accountdescription"
    " detailedexpensetype servicedivisioncategorylabel cpvdescription spendcategory kategorie ausgabenart categorie"
    " uitgavencategorie categoriededepense categoria categoriadegasto categoriadispesa kategoria rodzajwydatku"
    " κατηγορια ειδοσδαπανησ категория видразход",
    "code": "expenditurecode subjectivecode accountcode accountname costcode categorycode cpv cpvcode unspsc glcode"
    " procurementclassificationcode",
    "transaction": "transno transactionno transactionnumber transactionid transaction invoicenumber invoiceno"
    " documentnumber documentno voucherno internalref referencenumber reference paymentnumber uniqueid belegnummer"
    " rechnungsnummer factuurnummer boekingsnummer numerodefacture nfacture numerodefactura numerofattura numerofatura"
    " numerfaktury numerdokumentu αριθμοστιμολογιου αριθμοσπαραστατικου номернафактура номернадокумент",
    "kind": "caporrev capitalorrevenue capitalrevenue revenuecapital revenueorcapital typeofexpenditure"
    " expendituretype spendtype type",
    "description": "description beschreibung omschrijving descripcion descrizione descricao opis περιγραφη описание"
    " narrative summary purpose details summaryofpurpose transactiondescription",
    "postcode": "supplierpostcode supplierpostalcode postcode postalcode zipcode zip plz postleitzahl codepostal"
    " codigopostal codicepostale kodpocztowy ταχυδρομικοσκωδικασ τκ пощенскикод пк",
    "country": "suppliercountry country countrycode land pays pais paese kraj χωρα държава",
    "nuts": "nuts nutscode nuts3 itl itlcode",
    "size": "suppliersize companysize sizeclass businesssize size smeflag sme flagsme smestatus",
    "employees": "employees numberofemployees staff headcount employeecount",
    "voluntary": "flagvoluntarycommunitysector voluntarycommunitysector vcse vcsflag vcs suppliertype charity"
    " legalform",
    "sector": "sector siccode sic nace nacecode sicdescription industry suppliersector",
    "contract": "contractnumber contractref contractreference contractid contract contracttitle",
    "route": "procurementroute procurementmethod route framework howprocured",
    "currency": "currency currencycode waehrung wahrung valuta devise moneda divisa moeda waluta νομισμα валута",
    "place": "place placecode code postcode postalcode district area prefix nuts nutscode",
    "ring": "ring zone region areaname ringname locality",
}
"""Headings in plain letters and digits, in the languages of the reports, the better ones first."""

NUMBERS: Final[Mapping[str, str]] = {
    "company": "companynumber companyregistrationnumber companieshousenumber registrationnumber kvknummer siren krs еик"
    " булстат",
    "tax": "suppliervatnumber suppliervatregistrationnumber vatregistrationnumber ustidnr btwnummer cif nif partitaiva"
    " nip αφμ",
}
"""Headings of numbers that a register of companies or a tax office has given; all other numbers are the buyer's own."""

SLIP: Final = 1000
"""How unsure a heading is that only looks like one."""
SHORT: Final = 5
"""Headings of so many letters are not looked for under slips of the pen: too many words are alike."""
ALIKE: Final = 88
"""Of a hundred: as alike must an unknown heading be to a known one to be taken for a slip of the pen."""

_NUMBER = r"(?:[0-9]{1,3}(?:G[0-9]{3})+|[0-9]{1,15})(?:D[0-9]+)?"
_SIGN = "[-+\u2212\u2013]"
CURRENCIES: Final[Mapping[str, str]] = {
    "£": "GBP GIP FKP SHP EGP SYP",
    "$": "USD AUD CAD NZD SGD HKD",
    "€": "EUR",
    "zł": "PLN",
    "лв": "BGN",
    "kr": "SEK DKK NOK ISK",
    "kč": "CZK",
    **{code: code for code in ("GBP", "EUR", "USD", "PLN", "BGN", "CHF", "SEK", "DKK", "NOK", "CZK", "HUF", "RON")},
}
"""Marks of money as they stand beside amounts, and the currencies that each may mean, the likeliest first."""
CURRENCY_NAMES: Final[Mapping[str, str]] = {
    "EUR": "EURO EUROS EVRO ΕΥΡΩ ΕΥΡΏ ЕВРО",
    "GBP": "POUND POUNDS STERLING STG UKP",
    "PLN": "ZŁOTY ZŁOTYCH ZŁOTE ZLOTY ZL",
    "BGN": "ЛЕВ ЛЕВА ЛЕВОВЕ ЛВ. BGL",
    "CHF": "FR. SFR SFR. FRANKEN",
}
"""What stands in columns of currencies instead of a code, in capitals."""
_MARKS: Final = {mark.casefold(): mark for mark in CURRENCIES}
_MONEY = re.compile(
    "|".join(
        rf"(?<![^\W\d_]){mark}(?![^\W\d_])\.?" if mark.isalpha() else re.escape(mark)
        for mark in sorted(CURRENCIES, key=len, reverse=True)
    ),
    re.IGNORECASE,
)
_SPACES: Final = "\u00a0\u2007\u2009\u202f"
"""Spaces that do not break a line or are narrow, as they stand between thousands and before currencies."""
_TYPED: Final = str.maketrans(dict.fromkeys(_SPACES, " ") | {"\u2019": "'"})
"""What is typeset, as it is typed."""
_DAYS = re.compile(
    r"(\d{1,4})(?:er|st|nd|rd|th|º)?[/.\-]{1,2}(\d{1,2}|[^\W\d_]{3,12})[/.\-]{1,2}(\d{1,4})", re.IGNORECASE
)
_TIME = re.compile(r"[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?Z?$", re.IGNORECASE)
_SERIAL = re.compile(r"[2-6]\d{4}(?:\.0+)?")
MONTHS: Final = (
    "january januar jänner janvier enero gennaio janeiro styczeń stycznia januari ιανουάριος ιανουαρίου януари",
    "february februar feber février febrero febbraio fevereiro luty lutego februari φεβρουάριος φεβρουαρίου февруари",
    "march märz mrz mars marzo março marzec marca maart mrt μάρτιος μαρτίου март",
    "april avril abril aprile kwiecień kwietnia απρίλιος απριλίου април",
    "may mai mayo maggio maio maj maja mei μάιος μαΐου май",
    "june juni juin junio giugno junho czerwiec czerwca ιούνιος ιουνίου юни",
    "july juli juillet julio luglio julho lipiec lipca ιούλιος ιουλίου юли",
    "august août agosto sierpień sierpnia augustus αύγουστος αυγούστου август",
    "september septembre septiembre setiembre settembre setembro wrzesień września σεπτέμβριος σεπτεμβρίου септември",
    "october oktober octobre octubre ottobre outubro październik października οκτώβριος οκτωβρίου октомври",
    "november novembre noviembre novembro listopad listopada νοέμβριος νοεμβρίου ноември",
    "december dezember décembre diciembre dicembre dezembro grudzień grudnia δεκέμβριος δεκεμβρίου декември",
)
"""Names of the months in the languages of the reports, as they stand alone and in a date."""
SHORTEST: Final = 3
"""Letters of a month that is shortened."""
_SHORT_YEAR = 2
"""Digits of a year without its century."""
_EPOCH = date(1899, 12, 30)
"""Day nought of the spreadsheets' serial numbers, as all use it since 1 March 1900."""
MOST: Final = Decimal("9999999999999999.99")


def plain(heading: str) -> str:
    """A heading in lower-case letters and digits of any script, without accents: what two spellings have in common.

    >>> plain("Net Amount (£)"), plain("Catégorie"), plain("Ποσό"), plain("Пощенски код")
    ('netamount', 'categorie', 'ποσο', 'пощенскикод')
    """
    return "".join(sign for sign in without_accents(heading) if sign.isalnum())


def kind_of_number(heading: str) -> str:
    """Which numbers stand under a heading: of a `company` register, of the `tax` office, or "" for all others."""
    return next((kind for kind, names in NUMBERS.items() if plain(heading) in names.split()), "")


def is_listed(heading: str, kind: Kind) -> bool:
    """Whether a whole heading is known, not only its words or something like it."""
    return any(plain(heading) in HEADINGS[field].split() for field in FIELDS[kind])


def meaning_of(heading: str, kind: Kind, known: Mapping[str, Field]) -> tuple[Field, int] | None:
    """What a heading means, and how sure that is: 0 as confirmed earlier, then the place in the list, by words, SLIP.

    known: plain headings that the buyer's people have confirmed, with their meaning.
    """
    found = plain(heading)
    if not found:
        return None
    if found in known and known[found] in FIELDS[kind]:
        return known[found], 0
    for field in FIELDS[kind]:
        names = HEADINGS[field].split()
        if found in names:
            place = 1 + names.index(found)
            return field, spend_words.amount_by(heading, place) if field == "amount" else place
    return spend_words.in_words(heading, FIELDS[kind]) or _slip(heading, kind)


def _slip(heading: str, kind: Kind) -> tuple[Field, int] | None:
    from rapidfuzz import fuzz, process

    names: dict[str, Field] = {
        name: field for field in reversed(FIELDS[kind]) for name in HEADINGS[field].split() if len(name) > SHORT
    }
    best = process.extractOne(plain(heading), list(names), scorer=fuzz.ratio, score_cutoff=ALIKE)
    if best is None or (names[best[0]] == "amount" and spend_words.is_no_amount(heading)):
        return None
    return names[best[0]], SLIP


def meanings_of(headings: Sequence[str], kind: Kind, known: Mapping[str, Field]) -> dict[Field, int]:
    """The column of each field, counted from 1; of two columns with one meaning the surer has it, then the first."""
    best: dict[Field, tuple[int, int]] = {}
    for number, heading in enumerate(headings, 1):
        found = meaning_of(heading, kind, known)
        if found is not None:
            field, doubt = found
            best[field] = min(best.get(field, (doubt, number)), (doubt, number))
    return {field: best[field][1] for field in FIELDS[kind] if field in best}


def is_money(samples: Sequence[str]) -> bool:
    """Whether cells can only be amounts: all read as some, none finer than cents, and not all are bare whole numbers.

    Bare whole numbers may be anything: numbers of documents, years, accounts.

    >>> is_money(["12.50", "-7"]), is_money(["£1,000"]), is_money(["20240401", "17"]), is_money(["51.7520131"])
    (True, True, False, False)
    """
    mark, _ = mark_of(samples)
    read = all(read_amount(text, mark) is not None for text in samples)
    fine = any(re.search(rf"{re.escape(mark)}[0-9]{{3,}}", text) for text in samples)
    return read and not fine and any(not text.strip().isdecimal() for text in samples)


def is_days(samples: Sequence[str]) -> bool:
    """Whether cells can only be days: all read as some, and not as the serial numbers of spreadsheets."""
    order, _ = order_of(samples)
    return bool(samples) and all(
        read_date(text, order) is not None and not _SERIAL.fullmatch(text.strip()) for text in samples
    )


def amount_pattern(mark: Mark) -> str:
    """The regular expression of amounts that are read without thinking: RE2 and Python alike, at most two decimals."""
    group = r"\," if mark == "." else r"\."
    number = _NUMBER.replace("G", group).replace("D[0-9]+", f"\\{mark}[0-9]{{1,2}}")
    return f"-?{number}"


def foreign_marks(currency: str) -> str:
    """The regular expression, RE2 and Python alike, of marks that cannot stand beside an amount in this currency."""
    edge = r"[0-9\s.,'()+\-" + f"\u2019\u2212{_SPACES}]"
    foreign = [mark for mark, codes in CURRENCIES.items() if currency not in codes.split()]
    words = "|".join(mark for mark in foreign if mark.isalpha())
    signs = "".join(re.escape(mark) for mark in foreign if not mark.isalpha())
    return f"(?i)(?:^|{edge})(?:{words})(?:{edge}|$)" + (f"|[{signs}]" if signs else "")


def currencies_in(text: str) -> list[str]:
    """The currencies that the mark beside an amount may mean; none where there is no mark that we know.

    >>> currencies_in("€500"), currencies_in("12,50 zł"), currencies_in("500")
    (['EUR'], ['PLN'], [])
    """
    found = _MONEY.search(text)
    return [] if found is None else CURRENCIES[_MARKS[found[0].rstrip(".").casefold()]].split()


def currencies_of(cell: str) -> list[str]:
    """The currencies that a cell of a column of currencies may mean: a code, a mark or a name; none if it is neither.

    >>> currencies_of("eur "), currencies_of("Euro"), currencies_of("€"), currencies_of("?")
    (['EUR'], ['EUR'], ['EUR'], [])
    """
    bare = cell.strip()
    if bare.casefold() in _MARKS:
        return CURRENCIES[_MARKS[bare.casefold()]].split()
    named = [code for code, names in CURRENCY_NAMES.items() if bare.upper() in names.split()]
    return named or ([bare.upper()] if re.fullmatch("[A-Za-z]{3}", bare) else [])


def cells_of(currency: str) -> list[str]:
    """What in a column of currencies may mean this one beside its code, in capitals."""
    marks = [mark.upper() for mark, codes in CURRENCIES.items() if currency in codes.split()]
    return [*marks, *CURRENCY_NAMES.get(currency, "").split()]


def read_amount(text: str, mark: Mark) -> Decimal | None:
    """An amount to the penny, or None: signs on either side, brackets, CR for a credit, currency, thousands in threes.

    More than two decimals are rounded half up. Scientific notation is refused: who wrote it has lost digits already.

    >>> read_amount("(1,054.10)", "."), read_amount("£2.50 CR", "."), read_amount("1.054,10-", ",")
    (Decimal('-1054.10'), Decimal('-2.50'), Decimal('-1054.10'))
    >>> read_amount("12,34", ".") is None
    True
    """
    bare = _MONEY.sub("", text).translate(_TYPED).strip()
    minus = False
    if bare[:1] == "(" and bare[-1:] == ")":
        bare, minus = bare[1:-1].strip(), True
    if bare[-2:].upper() in {"CR", "DR"}:
        bare, minus = bare[:-2].strip(), minus != (bare[-2:].upper() == "CR")
    signs = re.fullmatch(f"({_SIGN}?)\\s*(.*?)\\s*({_SIGN}?)", bare)
    if signs is None or (signs[1] and signs[3]):
        return None
    minus = minus != (signs[1] + signs[3] not in {"", "+"})
    group = "[, ']" if mark == "." else "[. ']"
    if not re.fullmatch(_NUMBER.replace("G", group).replace("D", re.escape(mark)), signs[2]):
        return None
    digits = re.sub(group, "", signs[2]).replace(mark, ".")
    try:
        amount = Decimal(digits).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return None if amount > MOST else -amount if minus else amount


def read_date(text: str, order: DateOrder) -> date | None:
    """A day, or None: 7/4/2015, 07-Apr-15, 2015-04-07 with or without a time, a spreadsheet's serial number."""
    bare = _TIME.sub("", text.translate(_TYPED).strip())
    if _SERIAL.fullmatch(bare):
        return _EPOCH + timedelta(days=int(bare[:5]))
    parts = _parts_of(bare)
    if parts is None:
        return None
    first, middle, last = parts
    if len(first) > _SHORT_YEAR:
        return _day(first, middle, last)
    if not middle.isdigit():
        return _day(last, middle, first)
    return _day(last, first, middle) if order == "mdy" else _day(last, middle, first)


def _parts_of(bare: str) -> tuple[str, str, str] | None:
    """The three parts of a day as they stand, whatever parts them; also of 12 de enero de 2024 and 7.9.2015 г."""
    told = re.sub(r"(?: ?г)?\.?$", "", unicodedata.normalize("NFC", bare))
    parts = _DAYS.fullmatch(re.sub(r"(?<=[\w.])(?:[ ,]+(?:de )?)+(?=\w)", "-", told))
    return None if parts is None else (parts[1], parts[2], parts[3])


def _day(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdigit() else _months().get(plain(month), 0)
    century = 2000 if len(year) <= _SHORT_YEAR else 0
    try:
        return date(int(year) + century, number, int(day))
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    """The months by their names and whatever shortens one of them alone, in plain letters."""
    found: dict[str, set[int]] = defaultdict(set)
    whole: dict[str, int] = {}
    for number, names in enumerate(MONTHS, 1):
        for name in (plain(name) for name in names.split()):
            whole[name] = number
            for length in range(SHORTEST, len(name)):
                found[name[:length]].add(number)
    return {short: min(numbers) for short, numbers in found.items() if len(numbers) == 1} | whole


def order_of(samples: Iterable[str]) -> tuple[DateOrder, bool]:
    """In which order days and months stand, and whether the samples tell; where they do not, the day comes first."""
    firsts: list[int] = []
    seconds: list[int] = []
    for text in samples:
        parts = _parts_of(_TIME.sub("", text.translate(_TYPED).strip()))
        if parts is None:
            continue
        if len(parts[0]) > _SHORT_YEAR or not parts[1].isdigit():
            return ("ymd" if len(parts[0]) > _SHORT_YEAR else "dmy"), True
        firsts.append(int(parts[0]))
        seconds.append(int(parts[1]))
    months = 12
    if max(seconds, default=0) > months >= max(firsts, default=0):
        return "mdy", True
    return "dmy", max(firsts, default=0) > months


def mark_of(samples: Iterable[str]) -> tuple[Mark, str | None]:
    """Whether amounts have a decimal comma: more of the samples read so than with a point.

    Where as many read either way, one that means two different sums, such as 1.234, comes with it.
    """
    both = [(text, read_amount(text, "."), read_amount(text, ",")) for text in samples if text.strip()]
    points, commas = (sum(read is not None for read in way) for way in ([b for _, b, _ in both], [c for *_, c in both]))
    doubtful = next((text for text, point, comma in both if point != comma and None not in (point, comma)), None)
    return ("," if commas > points else "."), (doubtful if commas == points else None)
