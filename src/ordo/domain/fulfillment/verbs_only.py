"""Rows of the fulfillment room that its verbs make and move; from outside only what is free may be changed."""

from __future__ import annotations

from ordo.objects.fulfillment import (
    FulfillmentOrder,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.platform.verbs import only_by_verbs

for _record in (
    FulfillmentOrder,
    FulfillmentOrderLineItem,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
):
    only_by_verbs(_record)
# The way of a fulfillment order, its place and its quantities move stock and the order's quantities.
only_by_verbs(FulfillmentOrder, "status", "fulfilled_from_location_id", "invoice_id")
only_by_verbs(FulfillmentOrderLineItem, "quantity", "rejected_quantity")
