"""OrderItemSummaryChange: the log of what change orders did to an order line."""

from __future__ import annotations

from ordo.platform.records import Id, Record, boolean, picklist, reference, string


class OrderItemSummaryChange(
    Record,
    prefix="1oc",
    label="Order Product Summary Change",
    room="orders",
    root=("order_summary_id", "OrderSummary"),
    calls="retrieve delete query",
):
    order_item_summary_change_number: str | None = string(255, "DAL", label="Name", number_format="OISC-{:09d}")
    order_summary_id: Id = reference("OrderSummary", children="OrderSummaries", cascade=True)
    order_item_summary_id: Id = reference("OrderItemSummary", label="Order Product Summary ID", children="OrderItemSummaries", cascade=True)
    change_order_item_id: Id = reference("OrderItem", label="Order Product ID", children="ChangeOrderItems")

    change_type: str = picklist("R", "Add", "Cancel", "Return", "ReturnFee", "CancelFee", "DeliveryChargeAdjustment", "ProductAdjustment", "FeeAdjustment", since=54)
    reason: str = picklist("D", "Unknown", length=40, default="Unknown")
    reason_text: str | None = string(255, "N")
    is_pre_fulfillment: bool = boolean("D", label="Is PreFulfillment")
