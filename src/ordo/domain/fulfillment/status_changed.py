"""The fact that a fulfillment order has another status, or its first."""

from __future__ import annotations

from ordo.objects.fulfillment import FulfillmentOrder
from ordo.platform.unit import Unit


def say_status(unit: Unit, before: FulfillmentOrder | None, after: FulfillmentOrder) -> None:
    """`before` is None of an order that was just made."""
    unit.fact(
        after.order_id or after.id, "FulfillmentOrderStatusChanged",
        FulfillmentOrderId=after.id, OrderSummaryId=after.order_summary_id,
        LocationId=after.fulfilled_from_location_id,
        OldStatus=before and before.status, OldStatusCategory=before and before.status_category,
        NewStatus=after.status, NewStatusCategory=after.status_category,
    )  # fmt: skip
