"""OrderDeliveryMethod: a way of delivery, and the product its charge is booked on."""

from __future__ import annotations

from ordo.platform.records import Id, Record, boolean, picklist, reference, string, textarea


class OrderDeliveryMethod(Record, prefix="2Dm", room="orders"):
    name: str = string(255, "CUL")
    product_id: Id | None = reference("Product2", "CUN", children="Products")
    shipping_carrier_method_id: Id | None = reference("ShippingCarrierMethod", "CUN", aliases=("ShippingCarrierMethod",))
    owner_id: Id | None = reference("Group User", "CUD")

    carrier: str | None = picklist("CUN", length=40)
    class_of_service: str | None = picklist("CUN", length=40, label="Class of Service")
    description: str | None = textarea(2000, "CUN")
    is_active: bool = boolean("CUD")
    reference_number: str | None = string(255, "CUN")

    currency_iso_code: str | None = picklist("CUN", length=3, label="Currency ISO Code")
