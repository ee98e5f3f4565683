"""Roles: what a caller may read, write and do, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from ordo.kernel.problems import Problem


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    INTEGRATION = "integration"
    SERVICE_AGENT = "service agent"
    STORE_ASSOCIATE = "store associate"


class Right(StrEnum):
    """What is done to a noun; the letters stand in the table below. A verb is allowed or not."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"


class InsufficientAccess(Problem):
    """The session is good, its role does not allow this. Never 401: clients would log in again for ever."""

    code = "INSUFFICIENT_ACCESS"
    status = 403

    def __init__(self) -> None:
        super().__init__("insufficient access rights on object id")


class Permission(NamedTuple):
    """`nouns` by lower-case API name, `*` for those not named; `verbs` by registered name or `*`.
    `located` gives, per noun, the path to the location that must be the caller's own."""

    nouns: Mapping[str, str]
    verbs: frozenset[str]
    located: Mapping[str, str] = {}

    def allows(self, right: Right, noun: str) -> bool:
        return right in self.nouns.get(noun.lower(), self.nouns.get("*", ""))

    def may(self, right: Right, noun: str) -> bool:
        """Whether a door is open to it. A noun of which it may see one location's rows only is closed whole: no
        door narrows rows down yet, and showing those of other stores would be worse than showing none."""
        return self.allows(right, noun) and noun.lower() not in self.located

    def allows_verb(self, verb: str) -> bool:
        return "*" in self.verbs or verb in self.verbs


def _each(rights: str, names: str) -> dict[str, str]:
    return {name.lower(): rights for name in names.split()}


_SETUP = "User Organization PaymentGateway PaymentGatewayProvider GtwyProvPaymentMethodType"

_CARE_VERBS = """
    create-order-summary create-order-payment-summary create-fulfillment-orders create-invoice ensure-funds
    fund-fulfillment-order create-return-order return-items preview-cancel submit-cancel preview-return
    submit-return adjust-item-preview adjust-item-submit create-credit-memo ensure-refunds-async
    preview-cart-to-exchange-order submit-cart-to-exchange-order cancel-item
"""
_STORE_VERBS = "cancel-item create-invoice distribute-quantities hand-over return-items ship take-back"

_STORE_PATHS = {
    "fulfillmentorder": "FulfilledFromLocationId",
    "fulfillmentorderlineitem": "FulfillmentOrder.FulfilledFromLocationId",
    "fulfillmentorderitemadjustment": "FulfillmentOrder.FulfilledFromLocationId",
    "fulfillmentorderitemtax": "FulfillmentOrder.FulfilledFromLocationId",
    "shipment": "FulfillmentOrder.FulfilledFromLocationId",
    "shipmentitem": "Shipment.FulfillmentOrder.FulfilledFromLocationId",
}

PERMISSIONS: Mapping[Role, Permission] = {
    Role.ADMINISTRATOR: Permission({"*": "CRUD"}, frozenset("*")),
    Role.INTEGRATION: Permission({"*": "CRUD", **_each("R", _SETUP)}, frozenset("*")),
    Role.SERVICE_AGENT: Permission(
        {
            "*": "R",
            **_each("CRU", "Account Contact Case Order OrderItem OrderDeliveryGroup ReturnOrder"),
            **_each("CRU", "ReturnOrderLineItem CardPaymentMethod DigitalWallet AlternativePaymentMethod"),
            **_each("RU", "OrderSummary OrderDeliveryGroupSummary ProcessException"),
        },
        frozenset(_CARE_VERBS.split()),
    ),
    Role.STORE_ASSOCIATE: Permission(
        {
            **_each("R", "Product2 SalesChannel Location OrderDeliveryMethod Organization User"),
            **_each("R", "FulfillmentOrderItemAdjustment FulfillmentOrderItemTax"),
            **_each("RU", "FulfillmentOrder FulfillmentOrderLineItem"),
            **_each("CRU", "Shipment ShipmentItem"),
        },
        frozenset(_STORE_VERBS.split()),
        _STORE_PATHS,
    ),
}
