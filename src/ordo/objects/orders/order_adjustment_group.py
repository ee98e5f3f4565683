"""OrderAdjustmentGroup: adjustments of one order that belong to the same promotion."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import ADJUSTMENT_GROUP_TYPES
from ordo.platform.records import Id, Record, integer, number, picklist, reference, string, textarea, total


class OrderAdjustmentGroup(Record, prefix="0az", room="orders", root=("order_id", "Order")):
    name: str = string(255, "CUL")
    order_id: Id = reference("Order", "C", children="OrderAdjustmentGroups", cascade=True)
    adjustment_basis_reference_id: Id | None = reference("Coupon", "CUN", since=54)
    adjustment_cause_id: Id | None = reference("PriceAdjustmentTier Promotion", "CUN", since=52)
    related_adjustment_group_id: Id | None = reference("OrderAdjustmentGroup", "N", label="Order Adjustment Group ID", children="RelatedAdjustmentGroups")

    type: str = picklist("CUR", *ADJUSTMENT_GROUP_TYPES)
    adjustment_source: str | None = picklist("CUNR", "Discretionary", "Promotion", "Rule", "System", since=57)
    adjustment_type: str | None = picklist("CUNR", "AdjustmentAmount", "AdjustmentPercentage", "OverrideAmount", since=57)
    description: str | None = textarea(2000, "CUN")
    priority: int | None = integer("CN", since=57)

    adjustment_value: Decimal | None = number("CUN", scale=0, since=57)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")

    grand_total_amount: Decimal = total("NK", label="Total with Tax")
    total_amount: Decimal = total("NK", label="Pretax Total")
    total_tax_amount: Decimal = total("NK", label="Total Tax")

    def derived(self) -> Mapping[str, object]:
        return {"grand_total_amount": self.total_amount + self.total_tax_amount}
