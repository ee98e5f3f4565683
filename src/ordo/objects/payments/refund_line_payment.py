"""RefundLinePayment: a refund applied to the payment it gives back."""

from __future__ import annotations

from decimal import Decimal

from ordo.platform.records import DateTime, Id, Record, currency, moment, picklist, reference, string, textarea


class RefundLinePayment(
    Record,
    prefix="0dR",
    room="payments",
    root=("refund_id", "Refund"),
    calls="create retrieve update query",
):
    refund_line_payment_number: str | None = string(255, "DAL", number_format="RLP-{:09d}")
    refund_id: Id = reference("Refund", "C", children="RefundLinePayments", cascade=True)
    payment_id: Id = reference("Payment", "C", children="RefundLinePayments", cascade=True)
    associated_account_id: Id | None = reference("Account", "CN", label="Account ID", children="RefundLinePayments", indexed=False)
    associated_refund_line_payment_id: Id | None = reference("RefundLinePayment", "CN", label="Refund Line Payment ID", children="RefundLinePayments")

    type: str = picklist("CR", "Applied")
    comments: str | None = textarea(1000, "CUN")
    has_been_unapplied: str = picklist("CR", "No")

    applied_date: DateTime | None = moment("CN")
    date: DateTime | None = moment("CN")
    effective_date: DateTime | None = moment("CN")
    unapplied_date: DateTime | None = moment("CN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("C")
    effective_impact_amount: Decimal | None = currency("N")
    impact_amount: Decimal | None = currency("N")
    payment_balance: Decimal | None = currency("N")
    refund_balance: Decimal | None = currency("N")
