"""Quantities of an order go to a location: a fulfillment order with its lines, its stock reserved."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ordo.domain.fulfillment.totals import fulfillment_totals
from ordo.domain.fulfillment.units import written
from ordo.journeys.fulfillment_lines import add_line_parts, free_units, line_amounts, part_of
from ordo.kernel.problems import Problem
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.orders import Order
from ordo.objects.summaries import (
    OrderDeliveryGroupSummary,
    OrderItemAdjustmentLineSummary,
    OrderItemSummary,
    OrderItemTaxLineItemSummary,
    OrderSummary,
)
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO
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
    item, quantity = unit.get(OrderItemSummary, allocation.item.id) or allocation.item, allocation.quantity
    if quantity <= 0 or quantity > item.quantity_available_to_fulfill:
        raise QuantityNotAvailableToFulfill(item, quantity)
    units = free_units(unit, item, quantity)
    part = part_of(item, units, summary.currency_iso_code or unit.options.currency)
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
        units=written(units),
        **line_amounts(item, part),
    )
    add_line_parts(unit, line, item, part)
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
