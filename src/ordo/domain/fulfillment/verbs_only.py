"""Rows of the fulfillment room that its verbs make and move; from outside only what is free may be changed.

They are created as drafts (see draft_orders) and never deleted: a fulfillment order is cancelled.
"""

from __future__ import annotations

from ordo.domain.fulfillment.status_changed import say_suspension
from ordo.domain.fulfillment.ways import check_type
from ordo.objects.fulfillment import (
    FulfillmentOrder,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.platform.generic import check_cleared
from ordo.platform.unit import Unit
from ordo.platform.verbs import RefusedOutside, Values, deletes, only_by_verbs, updates

for _record in (
    FulfillmentOrder,
    FulfillmentOrderLineItem,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
):
    deletes(_record)(RefusedOutside(_record))
# Its place and its quantities are what stock is reserved for; its status is a verb (see journeys).
only_by_verbs(FulfillmentOrder, "fulfilled_from_location_id", "invoice_id")
only_by_verbs(FulfillmentOrderLineItem, "quantity", "rejected_quantity")


@updates(FulfillmentOrder)
def change_fulfillment_order(unit: Unit, order: FulfillmentOrder, values: Values) -> None:
    """What is free to change; says so if it was suspended or released."""
    check_cleared(order.__noun__, values)
    check_type(values.get("type"))
    say_suspension(unit, order, unit.change(order, **values))
