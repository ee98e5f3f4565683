"""Payment: one capture of an authorisation, or one sale."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import PROCESSING_MODES, SF_RESULTS, TRANSACTION_STATUSES
from ordo.platform.records import (
    ZERO,
    Date,
    DateTime,
    Id,
    Record,
    currency,
    day,
    email,
    moment,
    number,
    phone,
    picklist,
    reference,
    string,
    textarea,
    total,
    zero,
)


class Payment(Record, prefix="0aQ", room="payments", root=("payment_group_id", "PaymentGroup"), busy=True):
    payment_number: str | None = string(255, "DAL", number_format="P-{:09d}")
    payment_group_id: Id | None = reference("PaymentGroup", "CUN", children="Payments")
    order_payment_summary_id: Id | None = reference("OrderPaymentSummary", "CUN", children="Payments")
    payment_authorization_id: Id | None = reference("PaymentAuthorization", "CUN", children="Payments")
    payment_method_id: Id | None = reference("CardPaymentMethod DigitalWallet AlternativePaymentMethod", "CUN", children="Payments")
    payment_gateway_id: Id | None = reference("PaymentGateway", "CUN", children="Payments", indexed=False)
    account_id: Id | None = reference("Account", "CUN", children="Payments", indexed=False)
    legal_entity_id: Id | None = reference("LegalEntity", "UN", since=65)
    # The invoice a capture under way is for: it may not be asked for twice. The reference has no such field.
    invoice_id: Id | None = reference("Invoice", "N", hidden=True, indexed=False)
    payment_intent_id: Id | None = reference("PaymentIntent", "CUN")

    status: str = picklist("CUR", *TRANSACTION_STATUSES)
    type: str = picklist("CUR", "Sale", "Capture")
    processing_mode: str = picklist("CR", *PROCESSING_MODES)
    cancellation_gateway_ref_number: str | None = string(255, "CUN", label="Cancellation Gateway Reference Number")
    cancellation_gateway_result_code: str | None = string(64, "CUN")
    cancellation_sf_result_code: str | None = string(64, "CUN", label="Cancellation Salesforce Result Code")
    client_context: str | None = textarea(2000, "N")
    comments: str | None = textarea(1000, "CUN")
    corporate_currency_iso_code: str | None = string(255, "UN", api="CorporateCurrencyISOCode")
    email: str | None = email("CUN", label="Audit Email")
    gateway_ref_details: str | None = textarea(1000, "CUN", label="Gateway Reference Details")
    gateway_ref_number: str | None = string(255, "CUN", label="Gateway Reference Number")
    gateway_result_code: str | None = string(64, "CUN")
    gateway_result_code_description: str | None = string(255, "CUN")
    ip_address: str | None = string(39, "CUN", label="IP Address")
    mac_address: str | None = string(32, "CUN", label="MAC Address")
    payment_intent_guid: str | None = string(255, "CNL")
    phone: str | None = phone("CUN")
    sf_result_code: str | None = picklist("CUNR", *SF_RESULTS, label="Salesforce Result Code")

    cancellation_date: DateTime | None = moment("CUN")
    cancellation_effective_date: DateTime | None = moment("CUN")
    cancellation_gateway_date: DateTime | None = moment("CUN")
    corporate_currency_cvsn_date: Date | None = day("UN", since=63)
    date: DateTime | None = moment("CUN")
    effective_date: DateTime | None = moment("CUN")
    gateway_date: DateTime | None = moment("CUN")

    corporate_currency_cvsn_rate: Decimal | None = number("UN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("CU")
    impact_amount: Decimal | None = currency("N")

    balance: Decimal = total("NK")
    net_applied: Decimal = total("N")
    net_payment_credit_applied: Decimal = total("K", since=65)
    net_refund_applied: Decimal = total("NK")
    total_applied: Decimal = total("NK")
    total_payment_credit_applied: Decimal = total("K", since=65)
    total_payment_credit_unapplied: Decimal = total("K", since=65)
    total_refund_applied: Decimal = total("NK")
    total_refund_unapplied: Decimal = total("N")
    total_unapplied: Decimal = total("NK")

    def derived(self) -> Mapping[str, object]:
        """The balance is what no invoice has used; refunds are told apart by their own lines."""
        amount = zero(self.amount)
        net_applied = self.total_applied - self.total_unapplied
        return {
            "net_applied": net_applied,
            "net_refund_applied": self.total_refund_applied - self.total_refund_unapplied,
            "net_payment_credit_applied": self.total_payment_credit_applied - self.total_payment_credit_unapplied,
            "balance": amount - net_applied,
            "impact_amount": ZERO if self.status == "Canceled" else -amount,
        }
