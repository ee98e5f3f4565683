"""`PATCH FulfillmentOrder {Status}`: the location's word moves stock and the order's quantities with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from ordo.domain.fulfillment.status_changed import say_status, say_suspension
from ordo.domain.fulfillment.totals import fulfillment_totals
from ordo.domain.fulfillment.ways import InvoicedOrderStands, category_of, check_type, check_way
from ordo.journeys.allocate_draft import allocate_draft
from ordo.journeys.create_fulfillment_orders import PRODUCT
from ordo.kernel.problems import NotFound
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.orders import Order
from ordo.objects.summaries import OrderItemSummary, OrderSummary
from ordo.platform.generic import check_cleared
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO, noun_of_id
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, through, verb


class ChangeFulfillmentOrderStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fulfillment_order_id: str
    status: str


class StatusChanged(msgspec.Struct, frozen=True):
    status: str
    status_category: str


def need_lines(reading: Reading, fulfillment_order_id: str) -> None:
    """Its lines, and the order lines they are parts of."""
    ids = [fulfillment_order_id]
    reading.rows(FulfillmentOrderLineItem, "fulfillment_order_id", ids)
    reading.rows_named(
        OrderItemSummary, FulfillmentOrderLineItem, "order_item_summary_id", "fulfillment_order_id", ids
    )
    reading.rows_named(OrderSummary, FulfillmentOrder, "order_summary_id", "id", ids)


def _needs(reading: Reading, commands: Sequence[ChangeFulfillmentOrderStatus]) -> None:
    for command in commands:
        reading.lock_root(FulfillmentOrder.__noun__, command.fulfillment_order_id)
        reading.lock(FulfillmentOrder, [command.fulfillment_order_id])
        reading.rows(FulfillmentOrder, "id", [command.fulfillment_order_id])
        need_lines(reading, command.fulfillment_order_id)


@verb(ChangeFulfillmentOrderStatus, _needs)
def change_fulfillment_order_status(unit: Unit, command: ChangeFulfillmentOrderStatus) -> StatusChanged:
    """Changes the status; the console's button and the till's PATCH are this (S0-128)."""
    order = unit.get(FulfillmentOrder, command.fulfillment_order_id)
    if order is None or noun_of_id(order.id) is not FulfillmentOrder.__noun__:
        raise NotFound
    after = change_status(unit, order, {"status": command.status})
    return StatusChanged(after.status, after.status_category or "")


@through(FulfillmentOrder, "status", needs=need_lines)
def _patched(unit: Unit, order: FulfillmentOrder, values: Values) -> None:
    change_status(unit, order, values)


def change_status(unit: Unit, order: FulfillmentOrder, values: dict[str, Any]) -> FulfillmentOrder:
    """CLOSED consumes what was reserved and counts as fulfilled; CANCELLED and REJECTED free it again."""
    check_cleared(order.__noun__, values)
    check_type(values.get("type"))
    category = category_of(values["status"], unit.options.fulfillment_statuses)
    before = order.status_category
    check_way(before, category)
    if order.order_id:
        unit.hold(Order, order.order_id)
    if (before, category) == ("DRAFT", "ACTIVATED"):
        after = allocate_draft(unit, unit.change(order, **_but_status(values)), values["status"])
        say_suspension(unit, order, after)
        return after
    told = values | {"status_category": category}
    if category != before:
        told |= _MOVES[category](unit, order)
    after = unit.change(order, **told)
    if after.status != order.status:
        say_status(unit, order, after)
    say_suspension(unit, order, after)
    return after


def _but_status(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "status"}


def _lines(unit: Unit, order: FulfillmentOrder) -> list[FulfillmentOrderLineItem]:
    lines = unit.children(FulfillmentOrderLineItem, "fulfillment_order_id", order.id)
    unit.get_all(OrderItemSummary, [line.order_item_summary_id for line in lines if line.order_item_summary_id])
    return [line for line in lines if line.quantity > 0]


def _is_managed(unit: Unit, order: FulfillmentOrder) -> bool:
    """An unmanaged summary only tracks: neither its quantities nor stock move."""
    summary = unit.get(OrderSummary, order.order_summary_id or "")
    return summary is not None and summary.order_life_cycle_type == "MANAGED"


Stock = Callable[[str, str, str, Decimal], None]


def _move_stock(
    move: Stock, line: FulfillmentOrderLineItem, item: OrderItemSummary, order: FulfillmentOrder
) -> None:
    if item.type == PRODUCT and item.stock_keeping_unit and order.fulfilled_from_location_id:
        move(line.id, item.stock_keeping_unit, order.fulfilled_from_location_id, line.quantity)


def _close(unit: Unit, order: FulfillmentOrder) -> dict[str, Any]:
    if _is_managed(unit, order):
        for line in _lines(unit, order):
            item = unit.get(OrderItemSummary, line.order_item_summary_id or "")
            if item is not None:
                unit.change(item, quantity_fulfilled=item.quantity_fulfilled + line.quantity)
                _move_stock(unit.consume, line, item, order)
    return {"closed_date": unit.now}


def _release(unit: Unit, order: FulfillmentOrder, *, rejected: bool) -> dict[str, Any]:
    """Its units may go elsewhere: quantities become 0, a rejected line keeps what it was asked for."""
    if order.status_category == "DRAFT" or not _is_managed(unit, order):
        return {}
    if order.invoice_id is not None:
        raise InvoicedOrderStands(order.invoice_id, "REJECTED" if rejected else "CANCELLED")
    for line in _lines(unit, order):
        item = unit.get(OrderItemSummary, line.order_item_summary_id or "")
        if item is not None:
            unit.change(item, quantity_allocated=item.quantity_allocated - line.quantity)
            _move_stock(unit.free, line, item, order)
        unit.change(line, **emptied(line, rejected=rejected))
    return fulfillment_totals([])


def emptied(line: FulfillmentOrderLineItem, *, rejected: bool) -> dict[str, Any]:
    """What a line is when its units are taken off: nothing to send, nothing to pay."""
    amounts = (
        "total_line_amount",
        "total_line_tax_amount",
        "total_adjustment_amount",
        "total_adjustment_tax_amount",
    )
    gone: dict[str, Any] = dict.fromkeys(amounts, ZERO) | {"quantity": ZERO}
    return gone | {"rejected_quantity": line.quantity} if rejected else gone


_MOVES: dict[str, Callable[[Unit, FulfillmentOrder], dict[str, Any]]] = {
    "FULFILLING": lambda unit, order: {"start_fulfillment_date": order.start_fulfillment_date or unit.now},
    "ACTIVATED": lambda _, __: {},
    "CLOSED": _close,
    "CANCELLED": lambda unit, order: _release(unit, order, rejected=False),
    "REJECTED": lambda unit, order: _release(unit, order, rejected=True),
}
