"""OrderItemTaxLineItemSummary: one tax of an order line as it stands now."""

from __future__ import annotations

from decimal import Decimal

from ordo.objects.picklists import TAX_TYPES
from ordo.platform.records import Date, Id, Record, currency, day, percent, picklist, reference, string, textarea


class OrderItemTaxLineItemSummary(
    Record,
    prefix="0ai",
    label="Order Product Tax Line Item Summary",
    plural="Order Product Tax Line Item Summaries",
    room="orders",
    root=("order_summary_id", "OrderSummary"),
    busy=True,
    calls="retrieve update delete query",
):
    name: str = string(255, "UL")
    order_summary_id: Id = reference("OrderSummary", children="OrderItemTaxLineItemSummaries", cascade=True)
    order_item_summary_id: Id = reference("OrderItemSummary", label="Order Product Summary ID", children="OrderItemTaxLineItemSummaries", cascade=True)
    order_item_adjustment_line_summary_id: Id | None = reference("OrderItemAdjustmentLineSummary", "N", label="Order Product Adjustment Line Item Summary ID", children="OrderItemTaxLineItemSummaries", cascade=True)
    original_order_item_tax_line_item_id: Id | None = reference("OrderItemTaxLineItem", "N", label="Order Product Tax Line Item ID", children="OrderItemTaxLineItemSummaries")

    type: str = picklist("R", *TAX_TYPES, unmanaged=True)
    calculation_reference_number: str | None = string(255, "N")
    description: str | None = textarea(1000, "UN")
    reference_number: str | None = string(255, "N")
    transaction_reference_number: str | None = string(255, "UN")

    tax_effective_date: Date = day(unmanaged=True)

    currency_iso_code: str | None = picklist("N", length=3, label="Currency ISO Code")
    amount: Decimal = currency(unmanaged=True)
    rate: Decimal | None = percent("N", unmanaged=True)
