"""PaymentAuthorization: an amount a payment method promised."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import PROCESSING_MODES, SF_RESULTS, TRANSACTION_STATUSES
from ordo.platform.records import (
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


class PaymentAuthorization(
    Record,
    prefix="0Xc",
    room="payments",
    root=("payment_group_id", "PaymentGroup"),
    busy=True,
):
    payment_authorization_number: str | None = string(255, "DAL", number_format="PA-{:09d}")
    payment_group_id: Id | None = reference("PaymentGroup", "CUN", children="PaymentAuthorizations")
    order_payment_summary_id: Id | None = reference("OrderPaymentSummary", "CUN", children="PaymentAuthorizations")
    payment_method_id: Id | None = reference("CardPaymentMethod DigitalWallet AlternativePaymentMethod", "CUN", children="PaymentAuthorizations")
    payment_gateway_id: Id | None = reference("PaymentGateway", "CUN", children="PaymentAuthorizations", indexed=False)
    account_id: Id | None = reference("Account", "CUN", children="PaymentAuthorizations", indexed=False)

    status: str = picklist("CUR", *TRANSACTION_STATUSES)
    processing_mode: str = picklist("CR", *PROCESSING_MODES)
    comments: str | None = textarea(1000, "CUN")
    email: str | None = email("CUN", label="Audit Email")
    gateway_auth_code: str | None = string(64, "CUN")
    gateway_ref_details: str | None = textarea(1000, "CUN", label="Gateway Reference Details")
    gateway_ref_number: str | None = string(255, "CUN", label="Gateway Reference Number")
    gateway_result_code: str | None = string(64, "CUN")
    gateway_result_code_description: str | None = string(255, "CUN")
    ip_address: str | None = string(39, "CUN", label="IP Address")
    mac_address: str | None = string(32, "CUN", label="MAC Address")
    payment_intent_guid: str | None = string(255, "CNL")
    phone: str | None = phone("CUN")
    sf_result_code: str | None = picklist("CUNR", *SF_RESULTS, label="Salesforce Result Code")

    date: DateTime | None = moment("CUND")
    effective_date: DateTime | None = moment("CUN")
    expiration_date: DateTime | None = moment("CUN")
    gateway_date: DateTime | None = moment("CUN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("CU")

    balance: Decimal = total("NK")
    total_auth_reversal_amount: Decimal = total("NK", label="Total Payment Auth Reversal Amount")
    total_payment_capture_amount: Decimal = total("NK")

    def derived(self) -> Mapping[str, object]:
        spent = self.total_payment_capture_amount + self.total_auth_reversal_amount
        return {"balance": zero(self.amount) - spent}
