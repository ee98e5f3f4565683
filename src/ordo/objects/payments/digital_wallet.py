"""DigitalWallet: a wallet, gift card or cash."""

from __future__ import annotations

from ordo.objects.picklists import (
    GEOCODE_ACCURACY,
    PAYMENT_METHOD_STATUSES,
    PAYMENT_METHOD_TYPES,
    PROCESSING_MODES,
)
from ordo.platform.records import (
    Id,
    Record,
    address,
    boolean,
    coordinate,
    encrypted,
    phone,
    picklist,
    reference,
    string,
    textarea,
)
from ordo.platform.records import email as email_field


class DigitalWallet(Record, prefix="1DW", room="payments"):
    digital_wallet_number: str | None = string(255, "DAL", number_format="DW-{:09d}")
    account_id: Id | None = reference("Account", "CUN", children="DigitalWallets")
    payment_gateway_id: Id | None = reference("PaymentGateway", "CN", children="DigitalWallets", indexed=False)
    saved_payment_method_id: Id | None = reference("SavedPaymentMethod", "CUN")

    status: str = picklist("CUR", *PAYMENT_METHOD_STATUSES)
    # What kind of wallet, Cash included (S0-97).
    type: str | None = string(40, "CUN")
    processing_mode: str = picklist("CR", *PROCESSING_MODES)
    audit_email: str | None = email_field("CUN")
    billing_name: str | None = string(255, "CUN", since=64)
    comments: str | None = textarea(1000, "CUN")
    company_name: str | None = string(255, "CUN")
    customer: str | None = string(255, "CN", label="Customer ID")
    email: str | None = email_field("CUN", label="Registered Email")
    extended_payment_method_type: str | None = string(255, "CUN", since=66)
    gateway_token: str | None = string(255, "CUN")
    gateway_token_details: str | None = textarea(1000, "CUN")
    gateway_token_encrypted: str | None = encrypted(1000, "CUN")
    ip_address: str | None = string(39, "CUN", label="IP Address")
    is_auto_pay_enabled: bool = boolean("CD", label="Auto Pay")
    mac_address: str | None = string(32, "CUN", label="MAC Address")
    nick_name: str | None = string(255, "CUN", label="Nickname")
    payment_method_details: str | None = string(255, "CN", since=57)
    payment_method_sub_type: str | None = string(255, "CN", since=57)
    payment_method_type: str | None = picklist("CUNR", *PAYMENT_METHOD_TYPES, since=57)
    phone: str | None = phone("CUN")

    payment_method_address = address("PaymentMethod")
    payment_method_street: str | None = textarea(255, "CUN", label="Street")
    payment_method_city: str | None = string(40, "CUN", label="City")
    payment_method_state: str | None = string(80, "CUN", label="State")
    payment_method_state_code: str | None = picklist("CUN", length=10)
    payment_method_postal_code: str | None = string(20, "CUN", label="Postal Code")
    payment_method_country: str | None = string(80, "CUN", label="Country")
    payment_method_country_code: str | None = picklist("CUN", length=10)
    payment_method_latitude: float | None = coordinate("CUN", label="Latitude")
    payment_method_longitude: float | None = coordinate("CUN", label="Longitude")
    payment_method_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40, label="Geo Code Accuracy")
