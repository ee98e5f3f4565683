"""The facts that a fulfillment order has another status, or its first, and that it was suspended or released."""

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


def say_suspension(unit: Unit, before: FulfillmentOrder, after: FulfillmentOrder) -> None:
    """Where IsSuspended changed; flows wait from the one to the other."""
    root = after.order_id or after.id
    if after.is_suspended and not before.is_suspended:
        unit.fact(
            root, "FulfillmentOrderSuspended",
            FulfillmentOrderId=after.id, OrderSummaryId=after.order_summary_id,
            Status=after.status, StatusCategory=after.status_category,
        )  # fmt: skip
    elif before.is_suspended and not after.is_suspended:
        unit.fact(
            root, "FulfillmentOrderReleased",
            FulfillmentOrderId=after.id, OrderSummaryId=after.order_summary_id,
            Status=after.status, StatusCategory=after.status_category,
        )  # fmt: skip
