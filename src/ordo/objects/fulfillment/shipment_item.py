"""ShipmentItem: what is in a parcel."""

from __future__ import annotations

from decimal import Decimal

from ordo.platform.records import DateTime, Id, Record, moment, number, reference, string, url


class ShipmentItem(Record, prefix="0ob", room="fulfillment", root=("shipment_id", "Shipment")):
    shipment_item_number: str | None = string(255, "DAL", number_format="SI-{:09d}")
    shipment_id: Id = reference("Shipment", "C", children="ShipmentItems", cascade=True)
    fulfillment_order_line_item_id: Id | None = reference("FulfillmentOrderLineItem", "N")
    order_item_summary_id: Id | None = reference("OrderItemSummary", "N")
    product2_id: Id | None = reference("Product2", "CUN", label="Product ID")
    return_order_line_item_id: Id | None = reference("ReturnOrderLineItem", "CUN", since=53)

    description: str | None = string(255, "CUN")
    tracking_number: str | None = string(255, "N")
    tracking_url: str | None = url("N", label="Tracking URL")

    expected_delivery_date: DateTime | None = moment("N")

    quantity: Decimal = number("CU")
