"""Refund: money given back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import PROCESSING_MODES, SF_RESULTS, TRANSACTION_STATUSES
from ordo.platform.records import (
    ZERO,
    DateTime,
    Id,
    Record,
    currency,
    email,
    moment,
    phone,
    picklist,
    reference,
    string,
    textarea,
    total,
    zero,
)


class Refund(Record, prefix="0cb", room="payments", root=("payment_group_id", "PaymentGroup"), busy=True):
    refund_number: str | None = string(255, "DAL", number_format="R-{:09d}")
    payment_group_id: Id | None = reference("PaymentGroup", "CUN", children="Refunds")
    order_payment_summary_id: Id | None = reference("OrderPaymentSummary", "CUN", children="Refunds")
    payment_id: Id | None = reference("Payment", "CUN")
    payment_method_id: Id | None = reference("CardPaymentMethod DigitalWallet AlternativePaymentMethod", "CUN", children="Refunds")
    payment_gateway_id: Id | None = reference("PaymentGateway", "CUN", children="Refunds", indexed=False)
    account_id: Id | None = reference("Account", "CUN", children="Refunds", indexed=False)
    payment_intent_id: Id | None = reference("PaymentIntent", "CUN")

    status: str = picklist("CUR", *TRANSACTION_STATUSES)
    type: str = picklist("CUR", "Referenced", "NonReferenced")
    processing_mode: str = picklist("CR", *PROCESSING_MODES)
    cancellation_gateway_ref_number: str | None = string(255, "CUN", label="Cancellation Gateway Reference Number")
    cancellation_gateway_result_code: str | None = string(64, "CUN")
    cancellation_sf_result_code: str | None = string(64, "CUN", label="Cancellation Salesforce Result Code")
    client_context: str | None = textarea(2000, "N")
    comments: str | None = textarea(1000, "CUN")
    email: str | None = email("CUN", label="Audit Email")
    gateway_ref_number: str | None = string(255, "CUN", label="Gateway Reference Number")
    gateway_result_code: str | None = string(64, "CUN")
    gateway_result_code_description: str | None = string(255, "CUN")
    ip_address: str | None = string(39, "CUN", label="IP Address")
    mac_address: str | None = string(32, "CUN", label="MAC Address")
    phone: str | None = phone("CUN")
    sf_result_code: str | None = picklist("CUNR", *SF_RESULTS, label="Salesforce Result Code")

    cancellation_date: DateTime | None = moment("CUN")
    cancellation_effective_date: DateTime | None = moment("CUN")
    cancellation_gateway_date: DateTime | None = moment("CUN")
    date: DateTime | None = moment("CUND")
    effective_date: DateTime | None = moment("CUN")
    gateway_date: DateTime | None = moment("CUN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("CU")

    balance: Decimal = total("NK")
    impact_amount: Decimal | None = currency("NK")
    net_applied: Decimal = total("NK")
    total_applied: Decimal = total("NK")
    total_unapplied: Decimal = total("N")

    def derived(self) -> Mapping[str, object]:
        amount = zero(self.amount)
        net_applied = self.total_applied - self.total_unapplied
        impact = {"Canceled": None, "Failed": ZERO}.get(self.status, amount)
        return {"net_applied": net_applied, "balance": amount - net_applied, "impact_amount": impact}
