"""OrderItemSummary: an order line as it stands now: quantities, status, amounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.lines import TYPE_CODES, line_totals
from ordo.objects.picklists import LINE_TYPE_CODES, LINE_TYPES
from ordo.platform.records import (
    ZERO,
    Date,
    Id,
    Record,
    Time,
    currency,
    day,
    integer,
    number,
    picklist,
    reference,
    string,
    time_of_day,
    total,
)


class OrderItemSummary(
    Record,
    prefix="10u",
    label="Order Product Summary",
    plural="Order Product Summaries",
    room="orders",
    root=("order_summary_id", "OrderSummary"),
    ledger=(
        "quantity_ordered quantity_canceled quantity_allocated quantity_fulfilled quantity_reshipped "
        "quantity_return_initiated quantity_returned total_line_amount total_line_tax_amount "
        "total_line_adjustment_amount total_line_adjustment_tax_amount "
        "total_adjustment_dist_amount total_adjustment_dist_tax_amount"
    ),
    busy=True,
):
    name: str = string(255, "CUL")
    order_summary_id: Id = reference("OrderSummary", children="OrderItemSummaries", cascade=True)
    order_delivery_group_summary_id: Id = reference("OrderDeliveryGroupSummary", children="OrderItemSummaries", cascade=True)
    original_order_item_id: Id | None = reference("OrderItem", "N", label="Order Product ID", children="OrderItemSummaries")
    product2_id: Id | None = reference("Product2", label="Product ID", children="OrderItemSummaries", indexed=False)
    pricebook_entry_id: Id | None = reference("PricebookEntry", "N", label="Price Book Entry ID", since=54)
    asset_id: Id | None = reference("Asset", "N", since=60)
    main_order_item_summary_id: Id | None = reference("OrderItemSummary", "CN")
    reserved_at_location_id: Id | None = reference("Location LocationGroup", "CUN", label="ReservedAtLocation ID", children="OrderItemSummaries", indexed=False)
    tax_treatment_id: Id | None = reference("TaxTreatment", "CUN", since=63)

    status: str = picklist("DR", "ORDERED", "RETURNED", "CANCELED", "PAID", "RESHIPPED", "FULFILLED", "PARTIALLYFULFILLED", "ALLOCATED", "PARTIALLYALLOCATED", "RETURNINITIATED", default="ORDERED")
    type: str | None = picklist("NR", *LINE_TYPES, length=40, unmanaged=True)
    type_code: str | None = picklist("NR", *LINE_TYPE_CODES, unmanaged=True)
    line_number: int | None = integer("N", label="Order Line Number", unmanaged=True)
    product_code: str | None = string(255, "N")
    stock_keeping_unit: str | None = string(255, "N", label="Product Sku", since=49)
    description: str | None = string(255, "CUN")
    estimated_delivery_reference: str | None = string(255, "CUN", aliases=("DeliveryEstimationReference",))
    estimated_delivery_time_zone: str | None = picklist("CUN", aliases=("DeliveryEstimationTimeZone",))
    order_management_billing_type: str | None = picklist("NR", "PPO", "GMV")

    earliest_estimated_delivery_date: Date | None = day("CUN")
    earliest_estimated_delivery_time: Time | None = time_of_day("CUN")
    end_date: Date | None = day("N", unmanaged=True)
    latest_estimated_delivery_date: Date | None = day("CUN", aliases=("LastEstimatedDeliveryDate",))
    latest_estimated_delivery_time: Time | None = time_of_day("CUN", aliases=("LastEstimatedDeliveryTime",))
    service_date: Date | None = day("N", label="Start Date", unmanaged=True)

    quantity_ordered: Decimal = number(scale=0, default=ZERO, unmanaged=True)
    quantity_allocated: Decimal = number(scale=0, default=ZERO, unmanaged=True)
    quantity_canceled: Decimal = number(scale=0, default=ZERO, unmanaged=True)
    quantity_fulfilled: Decimal = number(scale=0, default=ZERO, unmanaged=True)
    quantity_reshipped: Decimal = number("N", scale=0, default=ZERO, unmanaged=True, since=53)
    quantity_returned: Decimal = number(scale=0, default=ZERO, unmanaged=True)
    quantity_return_initiated: Decimal = number(scale=0, default=ZERO, unmanaged=True)
    quantity_shipped: Decimal | None = number("CUN", scale=0, since=52)
    quantity: Decimal = number("K", scale=0, default=ZERO, unmanaged=True)
    quantity_available_to_cancel: Decimal = number("NK", scale=0, label="Quantity Available to Cancel", default=ZERO)
    quantity_available_to_fulfill: Decimal = number("NK", scale=0, label="Quantity Available to Fulfill", default=ZERO)
    quantity_available_to_reship: Decimal = number("NK", scale=0, label="Quantity Available to Reship", default=ZERO, since=53)
    quantity_available_to_return: Decimal = number("NK", scale=0, label="Quantity Available to Return", default=ZERO)
    quantity_net_ordered: Decimal = number("NK", scale=0, default=ZERO)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    unit_price: Decimal | None = currency("N", unmanaged=True)
    gross_unit_price: Decimal | None = currency("N", unmanaged=True, since=49)
    list_price: Decimal | None = currency("N", unmanaged=True)
    reference_price: Decimal | None = currency("CN", since=63)

    adjusted_line_amount: Decimal = total("NK", label="Adjusted Line Subtotal")
    adjusted_line_amt_with_tax: Decimal = total("NK", label="Line Total", since=49)
    total_adjusted_line_tax_amount: Decimal = total("NK", label="Adjusted Line Subtotal Tax")
    total_adjustment_amount: Decimal = total("NK", label="Adjustments")
    total_adjustment_amt_with_tax: Decimal = total("NK", label="Adjustments with Tax", since=49)
    total_adjustment_dist_amount: Decimal = total("NK", label="Distributed Order Adjustments")
    total_adjustment_dist_amt_with_tax: Decimal = total("NK", label="Distributed Order Adjustments with Tax", since=49)
    total_adjustment_dist_tax_amount: Decimal = total("NK", label="Distributed Order Adjustments Tax")
    total_adjustment_tax_amount: Decimal = total("NK", label="Adjustments Tax")
    total_amt_with_tax: Decimal = total("NK", label="Total with Tax", since=49)
    total_line_adjustment_amount: Decimal = total("NK", label="Line Adjustments")
    total_line_adjustment_amt_with_tax: Decimal = total("NK", label="Line Adjustments with Tax", since=49)
    total_line_adjustment_tax_amount: Decimal = total("NK", label="Line Adjustments Tax")
    total_line_amount: Decimal = total("N", label="Line Subtotal", unmanaged=True)
    total_line_amount_with_tax: Decimal = total("NK", label="Line Subtotal with Tax", since=49)
    total_line_tax_amount: Decimal = total("NK", label="Line Subtotal Tax")
    total_price: Decimal = total("NK", label="Pretax Total")
    total_tax_amount: Decimal = total("NK", label="Tax")

    def derived(self) -> Mapping[str, object]:
        line = self.total_line_amount
        return {
            "type_code": TYPE_CODES.get(self.type or ""),
            "total_line_amount_with_tax": line + self.total_line_tax_amount,
            **self._quantities(),
            **line_totals(
                line,
                self.total_line_tax_amount,
                adjustment=self.total_line_adjustment_amount,
                adjustment_tax=self.total_line_adjustment_tax_amount,
                distributed=self.total_adjustment_dist_amount,
                distributed_tax=self.total_adjustment_dist_tax_amount,
            ),
        }

    def _quantities(self) -> dict[str, object]:
        net_ordered = self.quantity_ordered - self.quantity_canceled
        quantity = net_ordered - self.quantity_returned
        available = net_ordered - self.quantity_allocated
        returnable = self.quantity_fulfilled - self.quantity_return_initiated
        return {
            "quantity": quantity,
            "quantity_net_ordered": net_ordered,
            "quantity_available_to_cancel": available,
            "quantity_available_to_fulfill": available,
            "quantity_available_to_return": returnable,
            "quantity_available_to_reship": returnable - self.quantity_reshipped,
            "status": self._status(quantity, net_ordered),
        }

    def _status(self, quantity: Decimal, net_ordered: Decimal) -> str:
        """The first condition that holds names it; PAID is listed but never computed."""
        fulfilled, allocated = self.quantity_fulfilled, self.quantity_allocated
        initiated, returned = self.quantity_return_initiated, self.quantity_returned
        conditions = (
            ("RETURNINITIATED", quantity > 0 and returned < initiated == fulfilled),
            ("RESHIPPED", 0 < fulfilled == self.quantity_reshipped == self.quantity_ordered and initiated == 0),
            ("RETURNED", quantity == 0 and returned > 0),
            ("CANCELED", quantity == 0 and self.quantity_canceled > 0),
            ("FULFILLED", quantity > 0 and net_ordered <= fulfilled),
            ("PARTIALLYFULFILLED", 0 < fulfilled < net_ordered),
            ("ALLOCATED", 0 < quantity <= allocated),
            ("PARTIALLYALLOCATED", 0 < allocated < quantity),
        )
        return next((status for status, holds in conditions if holds), "ORDERED")
