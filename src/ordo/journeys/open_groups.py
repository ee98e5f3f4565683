"""What of an order is still to be fulfilled: delivery groups that were taken along at the till, and the others."""

from __future__ import annotations

from ordo.domain.fulfillment.taken_along import is_taken_along
from ordo.journeys.create_fulfillment_orders import MANAGED, hold_summary, need_summary
from ordo.objects.orders import OrderDeliveryMethod
from ordo.objects.summaries import OrderDeliveryGroupSummary, OrderItemSummary, OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit

OpenGroup = tuple[OrderDeliveryGroupSummary, list[OrderItemSummary]]


def need_groups(reading: Reading, order_summary_id: str) -> None:
    """The summary with its parts, and the methods of its delivery groups."""
    need_summary(reading, order_summary_id)
    reading.rows_named(
        OrderDeliveryMethod, OrderDeliveryGroupSummary, "order_delivery_method_id", "order_summary_id",
        [order_summary_id],
    )  # fmt: skip


def open_summary(unit: Unit, order_summary_id: str) -> OrderSummary | None:
    """The summary, held; None where nothing is to be done by itself: it is unmanaged, suspended or not there."""
    summary = hold_summary(unit, order_summary_id)
    if summary is None or summary.order_life_cycle_type != MANAGED or summary.is_suspended:
        return None
    return summary


def open_groups(unit: Unit, summary: OrderSummary, *, taken_along: bool) -> list[OpenGroup]:
    """Delivery groups of one of the two kinds, each with its lines that are not allocated in full."""
    groups = unit.children(OrderDeliveryGroupSummary, "order_summary_id", summary.id)
    named = [group.order_delivery_method_id for group in groups if group.order_delivery_method_id]
    methods = unit.get_all(OrderDeliveryMethod, named)
    found = []
    for group in groups:
        method = methods.get(group.order_delivery_method_id or "")
        name = method.name if method else None
        if is_taken_along(name, unit.options.taken_along_methods) is taken_along:
            found.append((group, _open_items(unit, group)))
    return [(group, items) for group, items in found if items]


def _open_items(unit: Unit, group: OrderDeliveryGroupSummary) -> list[OrderItemSummary]:
    return [
        item
        for item in unit.children(OrderItemSummary, "order_summary_id", group.order_summary_id)
        if item.order_delivery_group_summary_id == group.id and item.quantity_available_to_fulfill > 0
    ]
