"""The order as it was placed, and change orders; neither is rewritten after activation."""

from ordo.objects.orders.order import Order
from ordo.objects.orders.order_adjustment_group import OrderAdjustmentGroup
from ordo.objects.orders.order_delivery_group import OrderDeliveryGroup
from ordo.objects.orders.order_delivery_method import OrderDeliveryMethod
from ordo.objects.orders.order_item import OrderItem
from ordo.objects.orders.order_item_adjustment_line_item import OrderItemAdjustmentLineItem
from ordo.objects.orders.order_item_tax_line_item import OrderItemTaxLineItem

__all__ = [
    "Order",
    "OrderAdjustmentGroup",
    "OrderDeliveryGroup",
    "OrderDeliveryMethod",
    "OrderItem",
    "OrderItemAdjustmentLineItem",
    "OrderItemTaxLineItem",
]
