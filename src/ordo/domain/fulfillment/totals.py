"""The sums a fulfillment order keeps over its lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ordo.objects.fulfillment import FulfillmentOrderLineItem
from ordo.platform.records import ZERO, zero

_LINE_PARTS = {
    "Order Product": ("total_product", "total_adjustment"),
    "Delivery Charge": ("total_delivery", "total_delivery_adjust"),
    "Fee": ("total_fee", "total_fee_adjust"),
}


def fulfillment_totals(lines: Sequence[FulfillmentOrderLineItem]) -> dict[str, Decimal]:
    """The totals of a fulfillment order, by attribute."""
    totals = {"item_count": ZERO, "total_amount": ZERO, "total_tax_amount": ZERO}
    for names in _LINE_PARTS.values():
        totals.update((f"{name}_{kind}", ZERO) for name in names for kind in ("amount", "tax_amount"))
    for line in lines:
        totals["item_count"] += line.quantity
        totals["total_amount"] += line.total_price
        totals["total_tax_amount"] += line.total_tax_amount
        of_lines, of_adjustments = _LINE_PARTS[line.type or "Order Product"]
        totals[f"{of_lines}_amount"] += zero(line.total_line_amount)
        totals[f"{of_lines}_tax_amount"] += line.total_line_tax_amount
        totals[f"{of_adjustments}_amount"] += line.total_adjustment_amount
        totals[f"{of_adjustments}_tax_amount"] += line.total_adjustment_tax_amount
    return totals
