"""Shipment: one parcel of a fulfillment order, or one sent back."""

from __future__ import annotations

from decimal import Decimal

from ordo.objects.picklists import GEOCODE_ACCURACY
from ordo.platform.records import (
    ZERO,
    DateTime,
    Id,
    Record,
    address,
    coordinate,
    moment,
    number,
    picklist,
    reference,
    string,
    textarea,
    url,
)


class Shipment(Record, prefix="0OB", room="fulfillment", root=("order_summary_id", "OrderSummary")):
    shipment_number: str | None = string(255, "DAL", number_format="S-{:09d}")
    order_summary_id: Id | None = reference("OrderSummary", "CUN", children="OrderSummaryShipments", since=51)
    fulfillment_order_id: Id | None = reference("FulfillmentOrder", "CUN", children="FulfillmentOrderShipments", since=51)
    delivered_to_id: Id | None = reference("Group User", "CUN", children="DeliveredToShipments")
    delivery_method_id: Id | None = reference("OrderDeliveryMethod", "CUN", since=51)
    destination_location_id: Id | None = reference("Location", "CUN", children="DestinationLocationShipments")
    return_order_id: Id | None = reference("ReturnOrder", "CUN", since=53)
    source_location_id: Id | None = reference("Location", "CUN", children="SourceLocationShipments")
    owner_id: Id | None = reference("Group User", "CUD")

    status: str | None = picklist("CUN", "Created", "Shipped", "In Transit", "Delivered", "Voided", length=40)
    provider: str | None = picklist("CUN", "FedEx", "UPS", "USPS", length=40, label="Shipping Provider")
    tracking_number: str | None = string(255, "CUN")
    tracking_url: str | None = url("CUN", label="Tracking URL")
    description: str | None = textarea(32000, "CUN")

    actual_delivery_date: DateTime | None = moment("CUN")
    expected_delivery_date: DateTime | None = moment("CUN")

    ship_from_address = address("ShipFrom")
    ship_from_street: str | None = textarea(255, "CUN")
    ship_from_city: str | None = string(40, "CUN")
    ship_from_state: str | None = string(80, "CUN", label="Ship From State/Province")
    ship_from_state_code: str | None = picklist("CUN", length=10)
    ship_from_postal_code: str | None = string(20, "CUN", label="Ship From Zip/Postal Code")
    ship_from_country: str | None = string(80, "CUN")
    ship_from_country_code: str | None = picklist("CUN", length=10)
    ship_from_latitude: float | None = coordinate("CUN")
    ship_from_longitude: float | None = coordinate("CUN")
    ship_from_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    ship_to_name: str | None = string(255, "CU")
    ship_to_address = address("ShipTo")
    ship_to_street: str | None = textarea(255, "CUN")
    ship_to_city: str | None = string(40, "CUN")
    ship_to_state: str | None = string(80, "CUN", label="Ship To State/Province")
    ship_to_state_code: str | None = picklist("CUN", length=10)
    ship_to_postal_code: str | None = string(20, "CUN", label="Ship To Zip/Postal Code")
    ship_to_country: str | None = string(80, "CUN")
    ship_to_country_code: str | None = picklist("CUN", length=10)
    ship_to_latitude: float | None = coordinate("CUN")
    ship_to_longitude: float | None = coordinate("CUN")
    ship_to_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    total_items_quantity: Decimal = number("NK", default=ZERO, since=51)
