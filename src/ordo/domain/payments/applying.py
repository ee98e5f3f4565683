"""Captured money pays an invoice: one line per payment and invoice, balances follow."""

from __future__ import annotations

from decimal import Decimal

from ordo.objects.payments import Invoice, Payment, PaymentLineInvoice
from ordo.platform.unit import Unit


def apply_payment(unit: Unit, payment: Payment, invoice: Invoice, amount: Decimal) -> Invoice:
    """Both balances fall by `amount`; answers the invoice as it is then."""
    unit.add(
        PaymentLineInvoice,
        payment_id=payment.id,
        invoice_id=invoice.id,
        associated_account_id=invoice.billing_account_id,
        type="Applied",
        has_been_unapplied="No",
        amount=amount,
        payment_balance=payment.balance - amount,
        currency_iso_code=payment.currency_iso_code,
        date=unit.now,
        effective_date=unit.now,
        applied_date=unit.now,
    )
    unit.change(payment, total_applied=payment.total_applied + amount)
    paid = invoice.net_payments_applied + amount
    is_settled = paid >= invoice.balance + invoice.net_payments_applied
    return unit.change(
        invoice,
        net_payments_applied=paid,
        settlement_status="Settled" if is_settled else "Partially Settled",
        full_settlement_date=unit.now.date() if is_settled else None,
    )
