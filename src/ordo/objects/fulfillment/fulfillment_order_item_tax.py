"""FulfillmentOrderItemTax: the share of a tax on a fulfillment order line or its adjustment."""

from __future__ import annotations

from decimal import Decimal

from ordo.objects.picklists import TAX_TYPES
from ordo.platform.records import Date, Id, Record, currency, day, percent, picklist, reference, string, textarea


class FulfillmentOrderItemTax(
    Record,
    prefix="0co",
    plural="Fulfillment Order Item Taxes",
    room="fulfillment",
    root=("fulfillment_order_id", "FulfillmentOrder"),
):
    fulfillment_order_item_tax_number: str | None = string(255, "DAL", label="Name", number_format="FOIT-{:09d}")
    fulfillment_order_id: Id = reference("FulfillmentOrder", "C", children="FulfillmentOrderItemTaxes", cascade=True)
    fulfillment_order_line_item_id: Id = reference("FulfillmentOrderLineItem", "C", label="Fulfillment Order Product ID", children="FulfillmentOrderItemTaxes", cascade=True)
    fulfillment_order_item_adjust_id: Id | None = reference("FulfillmentOrderItemAdjustment", "CN", label="Fulfillment Order Item Adjustment ID", children="FulfillmentOrderItemTaxes", cascade=True)
    order_item_tax_line_item_summary_id: Id | None = reference("OrderItemTaxLineItemSummary", "CN", children="FulfillmentOrderItemTaxes")

    type: str = picklist("CUR", *TAX_TYPES)
    description: str | None = textarea(2000, "CUN")

    tax_effective_date: Date = day("CU")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("C")
    rate: Decimal | None = percent("CUN")
