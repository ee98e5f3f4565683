"""CardPaymentMethod: a credit or debit card, as a token."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import (
    GEOCODE_ACCURACY,
    PAYMENT_METHOD_STATUSES,
    PAYMENT_METHOD_TYPES,
    PROCESSING_MODES,
    SF_RESULTS,
)
from ordo.platform.records import (
    DateTime,
    Id,
    Record,
    address,
    boolean,
    coordinate,
    currency,
    encrypted,
    integer,
    moment,
    phone,
    picklist,
    reference,
    string,
    textarea,
)
from ordo.platform.records import email as email_field

_CATEGORIES = {
    "Visa": "Visa",
    "Master Card": "MasterCard",
    "American Express": "AmericanExpress",
    "JCB": "Jcb",
    "Diners Club": "DinersClub",
    "Maestro": "Maestro",
}
_DIGITS_MIN = 12  # the shortest card number there is; anything shorter would show too much of itself


class CardPaymentMethod(Record, prefix="03O", room="payments"):
    card_payment_method_number: str | None = string(255, "DAL", number_format="CPM-{:09d}")
    account_id: Id | None = reference("Account", "CUN", children="CardPaymentMethods")
    payment_gateway_id: Id | None = reference("PaymentGateway", "CN", children="CardPaymentMethods", indexed=False)
    # Payment group, method, type and amount: tills send them with a card (S0-95, C7); kept, never a payment.
    payment_group_id: Id | None = reference("PaymentGroup", "CN", hidden=True)
    payment_method_id: Id | None = reference("CardPaymentMethod DigitalWallet AlternativePaymentMethod", "CN", hidden=True)
    saved_payment_method_id: Id | None = reference("SavedPaymentMethod", "CUN", since=60)

    # Tills say Processed of a card too (S0-95, C7).
    status: str = picklist("CUR", *PAYMENT_METHOD_STATUSES, "Processed")
    type: str | None = picklist("CN", "Sale", "Capture", hidden=True)
    processing_mode: str = picklist("CR", *PROCESSING_MODES, since=49)
    card_type: str | None = picklist("CN", "Visa", "Master Card", "American Express", "Diners Club", "JCB", "Maestro", length=40)
    card_type_category: str | None = picklist("NR", "Visa", "MasterCard", "AmericanExpress", "Jcb", "DinersClub", "Maestro", "Discover", "UnionPay")
    card_category: str | None = picklist("CNR", "CreditCard", "DebitCard")
    card_holder_name: str | None = string(255, "CUN")
    audit_email: str | None = email_field("CUN")
    auto_card_type: str | None = string(20, "CN")
    card_holder_first_name: str | None = string(255, "CUN")
    card_holder_last_name: str | None = string(255, "CUN")
    comments: str | None = textarea(1000, "CUN")
    company_name: str | None = string(255, "CUN")
    display_card_number: str | None = string(20, "N")
    email: str | None = email_field("CUN", label="Registered Card Email")
    gateway_result_code: str | None = string(64, "CUN")
    gateway_result_code_description: str | None = string(255, "CUN")
    gateway_token: str | None = string(255, "CUN")
    gateway_token_details: str | None = textarea(1000, "CUN")
    gateway_token_encrypted: str | None = encrypted(1000, "CUN", since=52)
    # Taken in, never kept: derived() blanks it.
    input_card_number: str | None = string(20, "CN")
    ip_address: str | None = string(39, "CUN", label="IP Address", since=49)
    is_auto_pay_enabled: bool = boolean("CUD", label="Auto Pay", since=55)
    mac_address: str | None = string(32, "CUN", label="MAC Address", since=49)
    nick_name: str | None = string(255, "CUN", label="Nickname")
    payment_method_details: str | None = string(255, "CN", since=57)
    payment_method_sub_type: str | None = string(255, "CN", since=57)
    payment_method_type: str | None = picklist("CUNR", *PAYMENT_METHOD_TYPES, since=57)
    phone: str | None = phone("CUN", since=49)
    sf_result_code: str | None = picklist("CUNR", *SF_RESULTS, label="Salesforce Result Code")
    card_bin: int | None = integer("CN", digits=6, label="Card BIN")
    card_last_four: int | None = integer("CN", digits=4)
    expiry_month: int | None = integer("CUN", digits=2)
    expiry_year: int | None = integer("CUN", digits=4)
    start_month: int | None = integer("CUN", digits=2)
    start_year: int | None = integer("CUN", digits=4)

    gateway_date: DateTime | None = moment("CUN")

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

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal | None = currency("CN", hidden=True)

    def derived(self) -> Mapping[str, object]:
        """InputCardNumber is taken in but never kept: only its ends and a masked form stay."""
        category = {"card_type_category": _CATEGORIES.get(self.card_type or "")}
        digits = "".join(sign for sign in self.input_card_number or "" if sign.isdecimal())
        if len(digits) < _DIGITS_MIN:
            return category | {"input_card_number": None}
        return category | {
            "input_card_number": None,
            "display_card_number": "*" * (len(digits) - 4) + digits[-4:],
            "card_last_four": int(digits[-4:]),
            "card_bin": int(digits[:6]),
        }
