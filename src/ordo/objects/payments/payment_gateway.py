"""PaymentGateway: an account with a payment provider."""

from __future__ import annotations

from ordo.platform.records import Id, Record, picklist, reference, string, textarea


class PaymentGateway(Record, prefix="0b0", room="payments"):
    payment_gateway_name: str = string(255, "CUL")
    merchant_account_id: Id | None = reference("MerchantAccount", "CUN")
    merchant_credential_id: Id | None = reference("NamedCredential", "CUN", label="Named Credential ID")
    payment_gateway_provider_id: Id | None = reference("PaymentGatewayProvider", "CU", children="PaymentGateways")

    status: str = picklist("CUR", "Active", "Inactive", "Complete", "Enabled", "Pending", "Rejected", "Restricted", "RestrictedSoon", since=55)
    external_reference: str | None = string(255, "CUNL", unique=True)
    comments: str | None = textarea(1000, "CUN")
    default_tap_to_pay_location: str | None = string(40, "N", label="Tap To Pay Location")
    gateway_mode: str | None = picklist("CUNR", "Connected", "Live", "Test")
    payment_processor: str | None = picklist("CUNR", "Paypal", "Stripe")
    payment_status: str = picklist("CUNDR", "Enabled", "Disabled", default="Disabled")
    payout_status: str = picklist("CUNDR", "Enabled", "Disabled", default="Disabled")
    provider_account: str | None = string(255, "CUN")
