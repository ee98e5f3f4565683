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
# Its place and its quantities are what stock is reserved for; its status is a verb (see journeys).
only_by_verbs(FulfillmentOrder, "fulfilled_from_location_id", "invoice_id")
only_by_verbs(FulfillmentOrderLineItem, "quantity", "rejected_quantity")
