"""What headings mean by the words in them, where nobody has listed the whole heading."""

import pytest

from service.spend_columns import meaning_of, meanings_of

AMOUNTS = """AP Amount (£)|Total Amount|Invoice Amount Excl. VAT|Net|Gross|Net of VAT|Amount net of VAT|Net (of VAT) £
|Amount (ex. recoverable VAT)|Line Value|Invoice Line Amount|Payment Value|Transaction Value|TransactionValue
|Total Paid|Paid (£)|Sum of Amount|Amount in Sterling|Distribution Amount|Value (Excl. VAT)|Cost|Total Cost
|AmountExVAT|AMOUNT_EXC_VAT|Amount inc VAT|Gross (inc. VAT)|VAT exclusive amount|Amount (T)|Actual Spend"""

NO_AMOUNTS = """Contract value|Irrecoverable VAT|VAT amount|VAT|VAT (£)|Amount VAT|Payment Amount VAT|Amount + VAT
|Net VAT|Recoverable VAT amount|Total VAT|Value Added Tax|Tax amount|Supplier ID|Net/gross flag|Net/Gross|Payment date
|Value date
|Payment reference|Cost centre|Cost Code|Cost element|Cost type|Amount type|Amount currency|PO Value|Order amount
|Budget
|Budget amount|Paid by|Paid status|Total hours|Number of payments|Spend category|Spend area|Service cost description"""


@pytest.mark.parametrize("heading", AMOUNTS.replace("\n", "").split("|"))
def test_an_amount_is_known_by_the_words_of_its_heading(heading: str) -> None:
    found = meaning_of(heading, "payments", {})
    assert found is not None
    assert found[0] == "amount"


@pytest.mark.parametrize("heading", NO_AMOUNTS.replace("\n", "").split("|"))
def test_what_only_speaks_of_amounts_is_none(heading: str) -> None:
    """VAT by itself, what was agreed or planned, and what names, counts or dates payments, was not paid."""
    assert (meaning_of(heading, "payments", {}) or ("",))[0] != "amount"


@pytest.mark.parametrize(
    ("headings", "column"),
    [
        (("Gross", "VAT", "Net"), 3),
        (("Total", "VAT", "Net"), 3),
        (("Gross Amount", "VAT Amount", "Net of VAT"), 3),
        (("Amount inc VAT", "Total Amount"), 2),
        (("Amount inc VAT", "Irrecoverable VAT", "Invoice Amount Excl. VAT"), 3),
        (("Line Value", "Amount"), 2),
        (("Invoice net", "Net Amount"), 2),
        (("VAT", "Amount inc VAT"), 2),
        (("Paid", "Transaction Value"), 2),
    ],
)
def test_of_several_amounts_that_without_vat_is_taken(headings: tuple[str, ...], column: int) -> None:
    """Then one that says nothing of VAT, and one with VAT last; a whole heading that is known before words of one."""
    assert meanings_of(headings, "payments", {}) == {"amount": column}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Supplier/Beneficiary name", "supplier"),
        ("Supplier Name (Payee)", "supplier"),
        ("Name of payee", "supplier"),
        ("Date of Transaction", "paid_on"),
        ("Cleared Date", "paid_on"),
        ("Cheque Date", "paid_on"),
        ("Date Invoice Paid", "paid_on"),
        ("Supplier ID", "supplier_id"),
        ("Supplier Type", "voluntary"),
        ("Supplier Address", None),
        ("Contract start date", None),
        ("Due date", None),
        ("Date of birth", None),
        ("Invoice received date", None),
        ("Order date", None),
    ],
)
def test_suppliers_and_days_are_known_by_words(heading: str, field: str | None) -> None:
    assert (meaning_of(heading, "payments", {}) or (None,))[0] == field


def test_the_day_of_payment_is_taken_before_that_of_the_invoice() -> None:
    assert meanings_of(("Invoice Date", "Cleared Date"), "payments", {}) == {"paid_on": 2}


def test_the_register_of_companies_says_where_a_company_is() -> None:
    headings = ("CompanyName", " CompanyNumber", "RegAddress.PostTown", "RegAddress.PostCode")
    assert meanings_of(headings, "register", {}) == {"supplier": 1, "supplier_id": 2, "postcode": 4}
