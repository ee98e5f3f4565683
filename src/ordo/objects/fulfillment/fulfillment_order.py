"""FulfillmentOrder: lines of one order that one location sends or hands to one recipient."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import GEOCODE_ACCURACY, TAX_LOCALES
from ordo.platform.records import (
    ZERO,
    DateTime,
    Id,
    Record,
    address,
    boolean,
    coordinate,
    email,
    integer,
    moment,
    number,
    phone,
    picklist,
    reference,
    string,
    textarea,
    total,
)

# The list is open, the categories are not; the platform says Cancelled here, clients say both (C11).
# A status of the merchant's own gets its category from the verb that sets it.
STATUS_CATEGORIES = {
    "Draft": "DRAFT",
    "Allocated": "ACTIVATED",
    "Assigned": "FULFILLING",
    "Pickpack": "FULFILLING",
    "Pick Complete": "FULFILLING",
    "Pack Complete": "FULFILLING",
    "Printed": "FULFILLING",
    "Fulfilled": "CLOSED",
    "Cancelled": "CANCELLED",
    "Canceled": "CANCELLED",
    "Rejected": "REJECTED",
}
TYPE_CATEGORIES = {
    "Warehouse": "PHYSICAL",
    "Retail Store": "PHYSICAL",
    "In Store Pickup": "PHYSICAL",
    "Supplier": "DROPSHIP",
    "Download": "DIGITAL",
    "Email": "DIGITAL",
}


class FulfillmentOrder(
    Record,
    prefix="0a3",
    room="fulfillment",
    root=("order_summary_id", "OrderSummary"),
    busy=True,
):
    fulfillment_order_number: str | None = string(255, "DAL", number_format="FO-{:09d}")
    order_summary_id: Id | None = reference("OrderSummary", "CN", children="FulfillmentOrders")
    order_id: Id | None = reference("Order", "CN", children="FulfillmentOrders")
    account_id: Id | None = reference("Account", "CN", children="FulfillmentOrders")
    fulfilled_from_location_id: Id | None = reference("Location", "CUN", children="FulfillmentOrders")
    bill_to_contact_id: Id | None = reference("Contact", "CN", label="Contact ID", children="FulfillmentOrders", since=49)
    delivery_method_id: Id | None = reference("OrderDeliveryMethod", "CUN", children="FulfillmentOrders", indexed=False)
    invoice_id: Id | None = reference("Invoice", "CUN", children="FulfillmentOrders", indexed=False)
    record_type_id: Id | None = reference("RecordType", "CUN")
    owner_id: Id | None = reference("Group User", "CUD")

    status: str = picklist("CU", "Draft", "Allocated", "Assigned", "Pickpack", "Pick Complete", "Pack Complete", "Printed", "Fulfilled", "Cancelled", "Rejected", length=40, option="fulfillment_statuses")
    status_category: str | None = picklist("R", "DRAFT", "ACTIVATED", "FULFILLING", "CLOSED", "CANCELLED", "REJECTED")
    type: str | None = picklist("CUN", "Warehouse", "Retail Store", "In Store Pickup", "Supplier", "Download", "Email", length=40)
    type_category: str | None = picklist("NR", "PHYSICAL", "DROPSHIP", "DIGITAL")
    is_reship: bool = boolean("CUD", label="Reship", since=53)
    is_suspended: bool = boolean("CUD")
    tax_locale_type: str | None = picklist("CNR", *TAX_LOCALES, since=49)
    processing_time_in_minutes: int | None = integer("CUN", digits=18)

    activated_date: DateTime | None = moment("N", aliases=("ActiveDate",), since=61)
    closed_date: DateTime | None = moment("N", since=61)
    delivery_date: DateTime | None = moment("CUN")
    start_fulfillment_date: DateTime | None = moment("CUN")

    fulfilled_to_email_address: str | None = email("CUN")
    fulfilled_to_name: str | None = string(255, "CU", label="Order Recipient")
    fulfilled_to_phone: str | None = phone("CUN")
    fulfilled_to_address = address("FulfilledTo")
    fulfilled_to_street: str | None = textarea(255, "CUN", label="Address")
    fulfilled_to_city: str | None = string(40, "CUN", label="City")
    fulfilled_to_state: str | None = string(80, "CUN", label="State/Province")
    fulfilled_to_state_code: str | None = picklist("CUN", length=10)
    fulfilled_to_postal_code: str | None = string(20, "CUN", label="Zip")
    fulfilled_to_country: str | None = string(80, "CUN", label="Country")
    fulfilled_to_country_code: str | None = picklist("CUN", length=10)
    fulfilled_to_latitude: float | None = coordinate("CUN", label="Latitude")
    fulfilled_to_longitude: float | None = coordinate("CUN", label="Longitude")
    fulfilled_to_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    item_count: Decimal = number("NK", scale=0, label="Total Quantity", default=ZERO)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")

    grand_total_amount: Decimal = total("NK", label="Total with Tax")
    total_adjustment_amount: Decimal = total("NK", label="Product Adjustments")
    total_adjustment_amt_with_tax: Decimal = total("NK", label="Product Adjustments with Tax", since=49)
    total_adjustment_tax_amount: Decimal = total("NK", label="Product Adjustments Tax")
    total_amount: Decimal = total("NK", label="Pretax Total")
    total_delivery_adjust_amount: Decimal = total("NK", label="Shipping Adjustments")
    total_delivery_adjust_amt_with_tax: Decimal = total("NK", label="Shipping Adjustments with Tax", since=49)
    total_delivery_adjust_tax_amount: Decimal = total("NK", label="Shipping Adjustments Tax")
    total_delivery_amount: Decimal = total("NK", label="Shipping Subtotal")
    total_delivery_amt_with_tax: Decimal = total("NK", label="Shipping Subtotal with Tax", since=49)
    total_delivery_tax_amount: Decimal = total("NK", label="Shipping Subtotal Tax")
    total_fee_adjust_amount: Decimal = total("NK", label="Fee Adjustments", since=56)
    total_fee_adjust_amt_with_tax: Decimal = total("NK", label="Fee Adjustments with Tax", since=56)
    total_fee_adjust_tax_amount: Decimal = total("NK", label="Fee Adjustments Tax", since=56)
    total_fee_amount: Decimal = total("NK", label="Fee Subtotal", since=56)
    total_fee_amt_with_tax: Decimal = total("NK", label="Fee Subtotal with Tax", since=56)
    total_fee_tax_amount: Decimal = total("NK", label="Fee Subtotal Tax", since=56)
    total_product_amount: Decimal = total("NK", label="Product Subtotal")
    total_product_amt_with_tax: Decimal = total("NK", label="Product Subtotal with Tax", since=49)
    total_product_tax_amount: Decimal = total("NK", label="Product Subtotal Tax")
    total_tax_amount: Decimal = total("NK", label="Tax")

    def derived(self) -> Mapping[str, object]:
        return {
            "status_category": self.status_category or STATUS_CATEGORIES.get(self.status),
            "type_category": TYPE_CATEGORIES.get(self.type or ""),
            "grand_total_amount": self.total_amount + self.total_tax_amount,
            "total_product_amt_with_tax": self.total_product_amount + self.total_product_tax_amount,
            "total_adjustment_amt_with_tax": self.total_adjustment_amount + self.total_adjustment_tax_amount,
            "total_delivery_amt_with_tax": self.total_delivery_amount + self.total_delivery_tax_amount,
            "total_delivery_adjust_amt_with_tax": self.total_delivery_adjust_amount + self.total_delivery_adjust_tax_amount,
            "total_fee_amt_with_tax": self.total_fee_amount + self.total_fee_tax_amount,
            "total_fee_adjust_amt_with_tax": self.total_fee_adjust_amount + self.total_fee_adjust_tax_amount,
        }
