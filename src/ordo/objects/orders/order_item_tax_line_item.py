"""OrderItemTaxLineItem: one tax on an order line or on an adjustment of it."""

from __future__ import annotations

from decimal import Decimal

from ordo.objects.picklists import TAX_TYPES
from ordo.platform.records import Date, Id, Record, currency, day, percent, picklist, reference, string, textarea


class OrderItemTaxLineItem(
    Record,
    prefix="0au",
    label="Order Product Tax Line Item",
    room="orders",
    root=("order_item_id", "OrderItem"),
):
    name: str = string(255, "CUL")
    order_item_id: Id = reference("OrderItem", "C", label="Order Product ID", children="OrderItemTaxLineItems", cascade=True)
    order_id: Id | None = reference("Order", "N", children="OrderItemTaxLineItems", cascade=True)
    order_item_adjustment_line_item_id: Id | None = reference("OrderItemAdjustmentLineItem", "CUN", label="Order Product Adjustment Line Item ID", children="OrderItemTaxLineItems", cascade=True)
    related_tax_line_item_id: Id | None = reference("OrderItemTaxLineItem", "CN", label="Order Product Tax Line Item ID", children="RelatedTaxLineItems")

    type: str = picklist("CUR", *TAX_TYPES)
    calculation_reference_number: str | None = string(255, "CN", since=62)
    description: str | None = textarea(2000, "CUN")
    reference_number: str | None = string(255, "CN", since=62)

    tax_effective_date: Date = day("CU")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("CU")
    rate: Decimal | None = percent("CUN")
