"""PaymentAuthAdjustment: a reversal of (a part of) an authorisation."""

from __future__ import annotations

from decimal import Decimal

from ordo.objects.picklists import PROCESSING_MODES, SF_RESULTS
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
)


class PaymentAuthAdjustment(
    Record,
    prefix="9tv",
    label="Payment Authorization Adjustment",
    room="payments",
    root=("payment_authorization_id", "PaymentAuthorization"),
):
    payment_auth_adjustment_number: str | None = string(255, "DAL", label="Payment Authorization Adjustment Number", number_format="PAA-{:09d}")
    payment_authorization_id: Id = reference("PaymentAuthorization", "CU", indexed=True)
    account_id: Id | None = reference("Account", "CUN")
    payment_intent_id: Id | None = reference("PaymentIntent", "CUN")

    status: str = picklist("CUR", "Draft", "Processed", "Canceled", "Pending", since=61)
    type: str = picklist("CUR", "Reversal", label="Adjustment Type")
    comments: str | None = textarea(1000, "CUN")
    email: str | None = email("CUN", label="Audit Email")
    gateway_ref_details: str | None = textarea(1000, "CUN", label="Gateway Reference Details")
    gateway_ref_number: str | None = string(255, "CUN", label="Gateway Reference Number")
    gateway_result_code: str | None = string(64, "CUN")
    gateway_result_code_description: str | None = string(255, "CUN")
    ip_address: str | None = string(39, "CUN", label="IP Address")
    mac_address: str | None = string(32, "CUN", label="MAC Address")
    phone: str | None = phone("CUN")
    processing_mode: str = picklist("CUR", *PROCESSING_MODES)
    sf_result_code: str | None = picklist("CUNR", *SF_RESULTS, label="Salesforce Result Code")

    date: DateTime | None = moment("CUN")
    effective_date: DateTime | None = moment("CUN")
    gateway_date: DateTime | None = moment("CUN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("CU")
