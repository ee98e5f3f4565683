"""AlternativePaymentMethod: a way to pay that is neither card nor wallet."""

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


class AlternativePaymentMethod(Record, prefix="8Z7", room="payments"):
    alternative_payment_method_number: str | None = string(255, "DAL", number_format="APM-{:09d}")
    account_id: Id | None = reference("Account", "CUN")
    payment_gateway_id: Id | None = reference("PaymentGateway", "CN")
    saved_payment_method_id: Id | None = reference("SavedPaymentMethod", "CUN")
    owner_id: Id | None = reference("Group User", "CUD")

    status: str = picklist("CUR", *PAYMENT_METHOD_STATUSES)
    processing_mode: str = picklist("CR", *PROCESSING_MODES)
    audit_email: str | None = email_field("CUN")
    bank_account_holder_type: str | None = picklist("NR", "Business", "Individual", label="Account Ownership Type")
    bank_account_type: str | None = string(25, "N")
    bank_code: str | None = string(25, "CUN")
    billing_first_name: str | None = string(255, "CUN", label="First name of the person tied to billing address", since=58)
    billing_last_name: str | None = string(255, "CUN", label="Last name of the person tied to billing address", since=58)
    billing_name: str | None = string(255, "CUN", label="Name of the person tied to billing address", since=58)
    comments: str | None = textarea(1000, "CUN")
    company_name: str | None = string(255, "CUN")
    email: str | None = email_field("CUN", label="Registered Email")
    extended_payment_method_type: str | None = string(255, "CUN", since=66)
    gateway_token: str | None = encrypted(1000, "CUN")
    gateway_token_details: str | None = textarea(1000, "CUN")
    ip_address: str | None = string(39, "CUN", label="IP Address")
    is_auto_pay_enabled: bool = boolean("CUD", label="Auto Pay")
    mac_address: str | None = string(32, "CUN", label="MAC Address")
    mandate: str | None = string(255, "CUN", label="Mandate Text")
    nick_name: str | None = string(255, "CUN", label="Nickname")
    payment_method_details: str | None = string(255, "CN", since=57)
    payment_method_sub_type: str | None = string(255, "CN", since=57)
    payment_method_type: str | None = picklist("CUNR", *PAYMENT_METHOD_TYPES, since=57)
    phone: str | None = phone("CUN")
    standard_entry_class_code: str | None = picklist("NR", "CCD", "PPD", "TEL", "WEB", label="Standard Entry Class Code (ACH)")

    payment_method_address = address("PaymentMethod")
    payment_method_street: str | None = textarea(255, "CUN", label="Street")
    payment_method_city: str | None = string(40, "CUN", label="City")
    payment_method_state: str | None = string(80, "CUN", label="State")
    payment_method_postal_code: str | None = string(20, "CUN", label="Postal Code")
    payment_method_country: str | None = string(80, "CUN", label="Country")
    payment_method_latitude: float | None = coordinate("CUN", label="Latitude")
    payment_method_longitude: float | None = coordinate("CUN", label="Longitude")
    payment_method_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40, label="Geo Code Accuracy")
