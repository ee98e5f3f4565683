"""FulfillmentOrderLineItem: the part of an order line that one fulfillment order covers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import LINE_TYPE_CODES, LINE_TYPES
from ordo.platform.records import (
    DateTime,
    Id,
    Record,
    boolean,
    currency,
    moment,
    number,
    picklist,
    reference,
    string,
    textarea,
    total,
    zero,
)


class FulfillmentOrderLineItem(
    Record,
    prefix="0a4",
    label="Fulfillment Order Product",
    room="fulfillment",
    root=("fulfillment_order_id", "FulfillmentOrder"),
    busy=True,
):
    fulfillment_order_line_item_number: str | None = string(255, "DAL", label="Fulfillment Order Product Number", number_format="FOLI-{:09d}")
    fulfillment_order_id: Id = reference("FulfillmentOrder", "C", children="FulfillmentOrderLineItems", cascade=True)
    order_item_summary_id: Id | None = reference("OrderItemSummary", "CN", children="FulfillmentOrderLineItems")
    order_item_id: Id | None = reference("OrderItem", "CN", label="Order Product ID", children="CurrentFulfillmentOrderLineItems", indexed=False)
    product2_id: Id | None = reference("Product2", "CN", label="Product ID", children="FulfillmentOrderLineItems", indexed=False)
    main_fulfillment_order_line_item_id: Id | None = reference("FulfillmentOrderLineItem", "CN", relationship="FulfillmentOrderLineItem", label="Fulfillment Order Product ID", since=63)

    type: str | None = picklist("CR", *LINE_TYPES, length=40)
    type_code: str | None = picklist("CR", *LINE_TYPE_CODES)
    description: str | None = string(255, "CUN")
    is_reship: bool = boolean("D", label="Reship", since=53)
    quantity_unit_of_measure: str | None = string(100, "CN")
    reject_reason: str | None = picklist("CUN", "Damaged", "Just Sold", "Other", "Out of Packing Supplies", "Out of Stock", length=40, since=56)
    reship_reason: str | None = picklist("CUN", "Damaged", "Lost", "Unknown", "Wrong Item", length=40, since=53)
    scope_identifier_text: str | None = string(255, "CN")
    # The units of the order line it stands for, which fix its money: null is from the first on, else see
    # domain.fulfillment.units. Only the first `quantity` of them count: what was cancelled is free again.
    units: str | None = textarea(4000, "N", hidden=True)

    end_date: DateTime | None = moment("CN")
    service_date: DateTime | None = moment("CN", label="Start Date")

    original_quantity: Decimal = number("C", scale=0, label="Quantity on the Original Order")
    quantity: Decimal = number("CU", scale=0)
    rejected_quantity: Decimal | None = number("CUN", scale=0, since=57)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    unit_price: Decimal | None = currency("CND")
    gross_unit_price: Decimal | None = currency("CN", since=49)
    total_line_amount: Decimal | None = currency("CND", label="Line Subtotal")

    total_adjustment_amount: Decimal = total("NK", label="Adjustments")
    total_adjustment_amount_with_tax: Decimal = total("NK", label="Adjustments with Tax", since=49)
    total_adjustment_tax_amount: Decimal = total("NK", label="Adjustments Tax")
    total_amount: Decimal = total("NK", label="Total with Tax")
    total_line_amount_with_tax: Decimal = total("NK", label="Line Subtotal with Tax", since=49)
    total_line_tax_amount: Decimal = total("NK", label="Line Subtotal Tax")
    total_price: Decimal = total("NK", label="Pretax Total")
    total_tax_amount: Decimal = total("NK", label="Tax")

    def derived(self) -> Mapping[str, object]:
        line, line_tax = zero(self.total_line_amount), self.total_line_tax_amount
        adjustment, adjustment_tax = self.total_adjustment_amount, self.total_adjustment_tax_amount
        price, tax = line + adjustment, line_tax + adjustment_tax
        return {
            "total_line_amount_with_tax": line + line_tax,
            "total_adjustment_amount_with_tax": adjustment + adjustment_tax,
            "total_price": price,
            "total_tax_amount": tax,
            "total_amount": price + tax,
        }
