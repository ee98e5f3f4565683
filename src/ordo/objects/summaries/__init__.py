"""The current truth of an order: the original and all its change orders together."""

from ordo.objects.summaries.order_adjustment_group_summary import OrderAdjustmentGroupSummary
from ordo.objects.summaries.order_delivery_group_summary import OrderDeliveryGroupSummary
from ordo.objects.summaries.order_item_adjustment_line_summary import OrderItemAdjustmentLineSummary
from ordo.objects.summaries.order_item_summary import OrderItemSummary
from ordo.objects.summaries.order_item_summary_change import OrderItemSummaryChange
from ordo.objects.summaries.order_item_tax_line_item_summary import OrderItemTaxLineItemSummary
from ordo.objects.summaries.order_payment_summary import OrderPaymentSummary
from ordo.objects.summaries.order_summary import OrderSummary

__all__ = [
    "OrderAdjustmentGroupSummary",
    "OrderDeliveryGroupSummary",
    "OrderItemAdjustmentLineSummary",
    "OrderItemSummary",
    "OrderItemSummaryChange",
    "OrderItemTaxLineItemSummary",
    "OrderPaymentSummary",
    "OrderSummary",
]
