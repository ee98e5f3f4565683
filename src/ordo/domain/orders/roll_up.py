"""Brings a draft order's sums up to date with its lines, taxes and adjustments."""

from __future__ import annotations

from ordo.domain.orders.totals import (
    DELIVERY,
    FEE,
    Adjustment,
    LineTotals,
    Tax,
    delivery_totals,
    group_totals,
    line_totals,
    order_totals,
    tax_by_adjustment,
)
from ordo.objects.orders import (
    Order,
    OrderAdjustmentGroup,
    OrderDeliveryGroup,
    OrderItem,
    OrderItemAdjustmentLineItem,
    OrderItemTaxLineItem,
)
from ordo.platform.records import Record, zero
from ordo.platform.unit import Unit

HEADER = "Header"


def roll_up(unit: Unit, order_id: str) -> None:
    """Recomputes every sum of the order; rows whose sums did not change are not written."""
    order = unit.get(Order, order_id)
    if order is None:
        return
    items = unit.children(OrderItem, "order_id", order_id)
    taxes = [
        Tax(row.order_item_id, row.order_item_adjustment_line_item_id, zero(row.amount))
        for row in unit.children(OrderItemTaxLineItem, "order_id", order_id)
    ]
    adjustments = _adjustments(unit, order_id)
    if taxes or adjustments or any(item.total_tax_amount or item.total_adjustment_amount for item in items):
        _roll_up_parts(unit, order_id, items, taxes, adjustments)
        items = unit.children(OrderItem, "order_id", order_id)
    _roll_up_groups(unit, order_id, items)
    _set(unit, order, **order_totals(items))


def _adjustments(unit: Unit, order_id: str) -> list[Adjustment]:
    rows = unit.children(OrderItemAdjustmentLineItem, "order_id", order_id)
    if not rows:
        return []
    headers = {
        group.id for group in unit.children(OrderAdjustmentGroup, "order_id", order_id) if group.type == HEADER
    }
    return [
        Adjustment(
            row.id,
            row.order_item_id or "",
            row.order_adjustment_group_id,
            row.order_adjustment_group_id in headers,
            zero(row.amount),
        )
        for row in rows
    ]


def _roll_up_parts(
    unit: Unit, order_id: str, items: list[OrderItem], taxes: list[Tax], adjustments: list[Adjustment]
) -> None:
    of_lines = line_totals(taxes, adjustments)
    for item in items:
        _set(unit, item, **of_lines.get(item.id, LineTotals())._asdict())
    of_adjustments = tax_by_adjustment(taxes)
    for row in unit.children(OrderItemAdjustmentLineItem, "order_id", order_id):
        _set(unit, row, total_tax_amount=of_adjustments.get(row.id, zero(None)))
    of_groups = group_totals(adjustments, of_adjustments)
    for group in unit.children(OrderAdjustmentGroup, "order_id", order_id):
        amount, tax = of_groups.get(group.id, (zero(None), zero(None)))
        _set(unit, group, total_amount=amount, total_tax_amount=tax)


def _roll_up_groups(unit: Unit, order_id: str, items: list[OrderItem]) -> None:
    charges = [item for item in items if item.type in (DELIVERY, FEE)]
    if not charges and all(item.id in unit.added for item in items):
        return  # a fresh order without charges: its groups start at zero
    for group in unit.children(OrderDeliveryGroup, "order_id", order_id):
        of_group = [item for item in charges if item.order_delivery_group_id == group.id]
        sums = delivery_totals((item.rounded_line_amount, _totals_of(item)) for item in of_group)
        _set(unit, group, **sums)


def _totals_of(item: OrderItem) -> LineTotals:
    return LineTotals(
        item.total_line_tax_amount,
        item.total_line_adjustment_amount,
        item.total_line_adjustment_tax_amount,
        item.total_adjustment_dist_amount,
        item.total_adjustment_dist_tax_amount,
    )


def _set(unit: Unit, row: Record, **sums: object) -> None:
    if any(getattr(row, attribute) != value for attribute, value in sums.items()):
        unit.change(row, **sums)
