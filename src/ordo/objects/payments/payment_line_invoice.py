"""PaymentLineInvoice: a payment applied to an invoice, or taken off it again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.platform.records import (
    DateTime,
    Id,
    Record,
    currency,
    moment,
    picklist,
    reference,
    string,
    textarea,
    zero,
)


class PaymentLineInvoice(
    Record,
    prefix="1PL",
    plural="Payment Lines Invoice",
    room="payments",
    root=("payment_id", "Payment"),
    calls="create retrieve update query",
):
    payment_line_invoice_number: str | None = string(255, "DAL", number_format="PLI-{:09d}")
    payment_id: Id = reference("Payment", "C", children="PaymentLinesInvoice", cascade=True)
    invoice_id: Id = reference("Invoice", "C", children="PaymentLinesInvoice", cascade=True)
    associated_account_id: Id | None = reference("Account", "CN", label="Account ID", children="PaymentLinesInvoice", indexed=False)
    associated_payment_line_id: Id | None = reference("PaymentLineInvoice", "CN", label="Payment Line Invoice ID", children="AssociatedPaymentLines")

    type: str = picklist("CR", "Applied", "Unapplied")
    comments: str | None = textarea(1000, "CUN")
    has_been_unapplied: str = picklist("CR", "No", "Yes", "NA")

    applied_date: DateTime | None = moment("CN")
    date: DateTime | None = moment("CN")
    effective_date: DateTime | None = moment("CN")
    unapplied_date: DateTime | None = moment("CN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("C")
    effective_impact_amount: Decimal | None = currency("N")
    impact_amount: Decimal | None = currency("N")
    payment_balance: Decimal | None = currency("N")

    def derived(self) -> Mapping[str, object]:
        amount = zero(self.amount)
        return {"impact_amount": -amount if self.type == "Applied" else amount}
