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
from ordo.platform.generic import check_cleared
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, only_by_verbs, updates

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


@updates(OrderSummary)
def change_summary(unit: Unit, summary: OrderSummary, values: Values) -> None:
    """What is free to change. A status is the merchant's own text: nothing hangs on it, but it is said
    (OrderSumStatusChangedEvent), as is that the order was suspended or released."""
    check_cleared(summary.__noun__, values)
    after = unit.change(summary, **values)
    if after.status != summary.status:
        unit.fact(
            summary.original_order_id, "OrderSummaryStatusChanged",
            OrderId=summary.original_order_id, OrderSummaryId=summary.id,
            OldStatus=summary.status, NewStatus=after.status,
        )  # fmt: skip
    _say_suspension(unit, summary, after)


def _say_suspension(unit: Unit, before: OrderSummary, after: OrderSummary) -> None:
    """Flows leave the order alone from the one fact to the other."""
    if after.is_suspended and not before.is_suspended:
        unit.fact(
            after.original_order_id, "OrderSummarySuspended",
            OrderId=after.original_order_id, OrderSummaryId=after.id,
        )  # fmt: skip
    elif before.is_suspended and not after.is_suspended:
        unit.fact(
            after.original_order_id, "OrderSummaryReleased",
            OrderId=after.original_order_id, OrderSummaryId=after.id,
        )  # fmt: skip
