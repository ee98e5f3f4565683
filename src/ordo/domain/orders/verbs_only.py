"""Summaries: made when an order is activated, moved by verbs, never inserted or deleted from outside."""

from __future__ import annotations

from ordo.objects.summaries import (
    OrderAdjustmentGroupSummary,
    OrderDeliveryGroupSummary,
    OrderItemAdjustmentLineSummary,
    OrderItemSummary,
    OrderItemSummaryChange,
    OrderItemTaxLineItemSummary,
    OrderPaymentSummary,
    OrderSummary,
)
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, only_by_verbs, through

for _record in (
    OrderSummary,
    OrderItemSummary,
    OrderItemSummaryChange,
    OrderItemTaxLineItemSummary,
    OrderItemAdjustmentLineSummary,
    OrderAdjustmentGroupSummary,
    OrderDeliveryGroupSummary,
    OrderPaymentSummary,
):
    only_by_verbs(_record)
only_by_verbs(OrderSummary, "routing_attempts")


@through(OrderSummary, "status")
def change_summary_status(unit: Unit, summary: OrderSummary, values: Values) -> None:
    """The text is the merchant's own: nothing hangs on it, but it is said (OrderSumStatusChangedEvent)."""
    after = unit.change(summary, **values)
    if after.status != summary.status:
        unit.fact(
            summary.original_order_id, "OrderSummaryStatusChanged",
            OrderId=summary.original_order_id, OrderSummaryId=summary.id,
            OldStatus=summary.status, NewStatus=after.status,
        )  # fmt: skip
