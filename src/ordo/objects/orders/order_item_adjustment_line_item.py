"""OrderItemAdjustmentLineItem: one discount or surcharge on an order line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import ADJUSTMENT_GROUP_TYPES
from ordo.platform.records import (
    DateTime,
    Id,
    Record,
    currency,
    integer,
    moment,
    number,
    picklist,
    reference,
    string,
    textarea,
    total,
    zero,
)


class OrderItemAdjustmentLineItem(
    Record,
    prefix="3qZ",
    label="Order Product Adjustment Line Item",
    room="orders",
    root=("order_id", "Order"),
):
    name: str = string(255, "CUL")
    # Filled from the order line; a header row names the order and no line (S0-106, C9).
    order_id: Id | None = reference("Order", "CN", children="OrderItemAdjustmentLineItems", cascade=True)
    order_item_id: Id | None = reference("OrderItem", "CN", label="Order Product ID", children="OrderItemAdjustmentLineItems", cascade=True)
    order_adjustment_group_id: Id | None = reference("OrderAdjustmentGroup", "CUN", children="OrderItemAdjustmentLineItems")
    adjustment_basis_reference_id: Id | None = reference("Coupon", "CUN", since=54)
    adjustment_cause_id: Id | None = reference("PriceAdjustmentTier Promotion", "CUN", since=52)
    related_adjustment_line_item_id: Id | None = reference("OrderItemAdjustmentLineItem", "N", label="Order Product Adjustment Line Item ID", children="RelatedAdjustmentLineItems")

    # Tills say Header of a row that belongs to the whole order (S0-106, C9).
    type: str | None = picklist("CUN", *ADJUSTMENT_GROUP_TYPES, hidden=True)
    adjustment_amount_scope: str | None = picklist("NR", "Total", "Unit", "UnproratedTotal")
    adjustment_source: str | None = picklist("CUNR", "Discretionary", "Promotion", "Rule", "System", since=57)
    adjustment_type: str | None = picklist("CUNR", "AdjustmentAmount", "AdjustmentPercentage", "OverrideAmount", since=57)
    coupon_code: str | None = string(255, "CUN")
    description: str | None = textarea(2000, "CUN")
    priority: int | None = integer("CN", since=57)

    applied_promotion_date: DateTime | None = moment("CUN")

    adjustment_value: Decimal | None = number("CUN", scale=0, since=57)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal | None = currency("CUN")

    total_amt_with_tax: Decimal = total("NK", label="Total Amount with Tax")
    total_tax_amount: Decimal = total("NK", label="Total Tax")

    def derived(self) -> Mapping[str, object]:
        return {"total_amt_with_tax": zero(self.amount) + self.total_tax_amount}
