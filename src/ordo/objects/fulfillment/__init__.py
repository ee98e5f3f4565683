"""What one location is to hand over or send, and the parcels it travels in."""

from ordo.objects.fulfillment.fulfillment_order import FulfillmentOrder
from ordo.objects.fulfillment.fulfillment_order_item_adjustment import FulfillmentOrderItemAdjustment
from ordo.objects.fulfillment.fulfillment_order_item_tax import FulfillmentOrderItemTax
from ordo.objects.fulfillment.fulfillment_order_line_item import FulfillmentOrderLineItem
from ordo.objects.fulfillment.shipment import Shipment
from ordo.objects.fulfillment.shipment_item import ShipmentItem

__all__ = [
    "FulfillmentOrder",
    "FulfillmentOrderItemAdjustment",
    "FulfillmentOrderItemTax",
    "FulfillmentOrderLineItem",
    "Shipment",
    "ShipmentItem",
]
