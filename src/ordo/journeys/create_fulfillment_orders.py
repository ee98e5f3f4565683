"""Quantities of an order go to a location: a fulfillment order with its lines, its stock reserved."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ordo.domain.fulfillment.shares import share
from ordo.kernel.problems import Problem
from ordo.objects.fulfillment import (
    FulfillmentOrder,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.objects.orders import Order
from ordo.objects.summaries import (
    OrderDeliveryGroupSummary,
    OrderItemAdjustmentLineSummary,
    OrderItemSummary,
    OrderItemTaxLineItemSummary,
    OrderSummary,
)
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO, zero
from ordo.platform.unit import Unit

ALLOCATED = "Allocated"
PRODUCT = "Order Product"


class QuantityNotAvailableToFulfill(Problem):
    code = "INVALID_INPUT"

    def __init__(self, item: OrderItemSummary, quantity: Decimal) -> None:
        super().__init__(
            f"The quantity {quantity} is more than the quantity available to fulfill "
            f"({item.quantity_available_to_fulfill}) of {item.id}."
        )


class NotEnoughStock(Problem):
    code = "INVALID_INPUT"

    def __init__(self, sku: str, location: str, available: Decimal) -> None:
        super().__init__(f"{sku} has {available} units available at {location}.")


class Allocation(NamedTuple):
    """A quantity of one order line that goes on a fulfillment order."""

    item: OrderItemSummary
    quantity: Decimal


def need_summary(reading: Reading, order_summary_id: str) -> None:
    """The summary, its lines and groups and their money, behind the lock of their order."""
    reading.lock_root(OrderSummary.__noun__, order_summary_id)
    reading.rows(OrderSummary, "id", [order_summary_id])
    for part in (
        OrderItemSummary,
        OrderDeliveryGroupSummary,
        OrderItemTaxLineItemSummary,
        OrderItemAdjustmentLineSummary,
    ):
        reading.rows(part, "order_summary_id", [order_summary_id])


def hold_summary(unit: Unit, order_summary_id: str) -> OrderSummary | None:
    """The summary, its order held against others."""
    summary = unit.get(OrderSummary, order_summary_id)
    if summary is not None:
        unit.hold(Order, summary.original_order_id)
    return summary


def make_fulfillment_order(
    unit: Unit,
    group: OrderDeliveryGroupSummary,
    location_id: str,
    allocations: Sequence[Allocation],
    *,
    kind: str = "Warehouse",
    status: str = ALLOCATED,
) -> FulfillmentOrder:
    """Makes the order and its lines, raises QuantityAllocated, reserves stock of every product line."""
    summary = unit.get(OrderSummary, group.order_summary_id)
    if summary is None:
        raise Problem("The order summary is not there.", code="INVALID_INPUT")
    made = unit.add(FulfillmentOrder, **_header(summary, group), fulfilled_from_location_id=location_id,
                    type=kind, status=status, activated_date=unit.now)  # fmt: skip
    lines = [_line(unit, summary, made, allocation) for allocation in allocations]
    made = unit.change(made, **fulfillment_totals(lines))
    unit.fact(
        summary.original_order_id, "FulfillmentOrderStatusChanged",
        FulfillmentOrderId=made.id, OrderSummaryId=summary.id, LocationId=location_id,
        OldStatus=None, OldStatusCategory=None, NewStatus=made.status, NewStatusCategory=made.status_category,
    )  # fmt: skip
    return made


def _header(summary: OrderSummary, group: OrderDeliveryGroupSummary) -> dict[str, Any]:
    address = {
        f"fulfilled_to_{part}": getattr(group, f"deliver_to_{part}")
        for part in (
            "street", "city", "state", "state_code", "postal_code", "country", "country_code",
            "latitude", "longitude", "geocode_accuracy", "name",
        )
    }  # fmt: skip
    return {
        **address,
        "fulfilled_to_email_address": group.email_address or summary.billing_email_address,
        "fulfilled_to_phone": group.phone_number or summary.billing_phone_number,
        "order_summary_id": summary.id,
        "order_id": summary.original_order_id,
        "account_id": summary.account_id,
        "bill_to_contact_id": summary.bill_to_contact_id,
        "delivery_method_id": group.order_delivery_method_id,
        "owner_id": summary.owner_id,
        "tax_locale_type": summary.tax_locale_type,
        "currency_iso_code": summary.currency_iso_code,
    }


def _line(
    unit: Unit, summary: OrderSummary, made: FulfillmentOrder, allocation: Allocation
) -> FulfillmentOrderLineItem:
    item, quantity = allocation
    if quantity <= 0 or quantity > item.quantity_available_to_fulfill:
        raise QuantityNotAvailableToFulfill(item, quantity)
    currency = summary.currency_iso_code or unit.options.currency
    before = item.quantity_allocated

    def part(amount: Decimal) -> Decimal:
        return share(amount, item.quantity_ordered, before, quantity, currency)

    line = unit.add(
        FulfillmentOrderLineItem,
        fulfillment_order_id=made.id,
        order_item_summary_id=item.id,
        order_item_id=item.original_order_item_id,
        product2_id=item.product2_id,
        type=item.type,
        type_code=item.type_code,
        description=item.description or item.name,
        quantity=quantity,
        original_quantity=quantity,
        unit_price=item.unit_price,
        gross_unit_price=item.gross_unit_price,
        currency_iso_code=summary.currency_iso_code,
        total_line_amount=part(item.total_line_amount),
        total_line_tax_amount=part(item.total_line_tax_amount),
        total_adjustment_amount=part(item.total_line_adjustment_amount) + part(item.total_adjustment_dist_amount),
        total_adjustment_tax_amount=part(item.total_line_adjustment_tax_amount)
        + part(item.total_adjustment_dist_tax_amount),
    )
    _line_parts(unit, line, item, part)
    unit.change(item, quantity_allocated=item.quantity_allocated + quantity)
    if item.type == PRODUCT and item.stock_keeping_unit:
        reserve(unit, line.id, item.stock_keeping_unit, made.fulfilled_from_location_id or "", quantity)
    return line


def reserve(unit: Unit, line_id: str, sku: str, location: str, quantity: Decimal) -> None:
    """Promises stock of a position; refused when less is available than asked for."""
    position = unit.position(sku, location)
    available = position.available if position else ZERO
    if available < quantity:
        raise NotEnoughStock(sku, location, available)
    unit.reserve(line_id, sku, location, quantity)


def _line_parts(unit: Unit, line: FulfillmentOrderLineItem, item: OrderItemSummary, part: Any) -> None:
    adjustment_ids = {}
    summary_id = item.order_summary_id
    for row in unit.children(OrderItemAdjustmentLineSummary, "order_summary_id", summary_id):
        if row.order_item_summary_id == item.id:
            adjustment_ids[row.id] = unit.add(
                FulfillmentOrderItemAdjustment,
                amount=part(zero(row.amount)),
                total_tax_amount=part(row.total_tax_amount),
                description=row.description or row.name,
                fulfillment_order_id=line.fulfillment_order_id,
                fulfillment_order_line_item_id=line.id,
                order_item_adjust_line_summary_id=row.id,
                currency_iso_code=line.currency_iso_code,
            ).id
    for tax in unit.children(OrderItemTaxLineItemSummary, "order_summary_id", summary_id):
        if tax.order_item_summary_id == item.id:
            unit.add(
                FulfillmentOrderItemTax,
                amount=part(zero(tax.amount)),
                rate=tax.rate,
                tax_effective_date=tax.tax_effective_date,
                type=tax.type,
                description=tax.description or tax.name,
                fulfillment_order_id=line.fulfillment_order_id,
                fulfillment_order_line_item_id=line.id,
                fulfillment_order_item_adjust_id=adjustment_ids.get(
                    tax.order_item_adjustment_line_summary_id or ""
                ),
                order_item_tax_line_item_summary_id=tax.id,
                currency_iso_code=line.currency_iso_code,
            )


_LINE_PARTS = {
    "Order Product": ("total_product", "total_adjustment"),
    "Delivery Charge": ("total_delivery", "total_delivery_adjust"),
    "Fee": ("total_fee", "total_fee_adjust"),
}


def fulfillment_totals(lines: Sequence[FulfillmentOrderLineItem]) -> dict[str, Decimal]:
    """The sums a fulfillment order keeps over its lines."""
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
