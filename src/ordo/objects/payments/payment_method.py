"""PaymentMethod: cards, wallets and other ways to pay, seen as one."""

from __future__ import annotations

from ordo.objects.picklists import GEOCODE_ACCURACY, PAYMENT_METHOD_STATUSES, PAYMENT_METHOD_TYPES
from ordo.platform.records import Id, Record, address, boolean, coordinate, picklist, reference, string, textarea


class PaymentMethod(
    Record,
    prefix="0aa",
    room="payments",
    view="CardPaymentMethod DigitalWallet AlternativePaymentMethod",
    calls="retrieve query",
):
    name: str = string(255, "L", label="Payment Method Name")
    account_id: Id | None = reference("Account", "N")
    saved_payment_method_id: Id | None = reference("SavedPaymentMethod", "N")

    status: str = picklist("R", *PAYMENT_METHOD_STATUSES)
    comments: str | None = textarea(32000, "N")
    company_name: str | None = string(255, "N")
    implementor_type: str | None = string(255, "N")
    is_auto_pay_enabled: bool = boolean("D", label="Auto Pay")
    nick_name: str | None = string(255, "N", label="Nickname")
    payment_method_details: str | None = string(255, "N", since=57)
    payment_method_sub_type: str | None = string(255, "N", since=57)
    payment_method_type: str | None = picklist("NR", *PAYMENT_METHOD_TYPES, since=57)

    payment_method_address = address("PaymentMethod")
    payment_method_street: str | None = textarea(255, "N", label="Street")
    payment_method_city: str | None = string(40, "N", label="City")
    payment_method_state: str | None = string(80, "N", label="State")
    payment_method_state_code: str | None = picklist("N", length=10)
    payment_method_postal_code: str | None = string(20, "N", label="Postal Code")
    payment_method_country: str | None = string(80, "N", label="Country")
    payment_method_country_code: str | None = picklist("N", length=10)
    payment_method_latitude: float | None = coordinate("N", label="Latitude")
    payment_method_longitude: float | None = coordinate("N", label="Longitude")
    payment_method_geocode_accuracy: str | None = picklist("NR", *GEOCODE_ACCURACY, length=40, label="Geo Code Accuracy")
