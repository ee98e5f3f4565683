"""A line of a draft order changes; once the order stands, only its remarks do."""

from __future__ import annotations

from ordo.domain.orders.create_order_item import check_line
from ordo.domain.orders.draft_parts import draft_order
from ordo.domain.orders.roll_up import roll_up
from ordo.objects.orders import OrderItem
from ordo.platform.generic import check_cleared
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, updates

# What says nothing about what was bought, for how much and where it goes.
REMARKS = frozenset({"description", "delivery_estimation_reference", "delivery_estimation_time_zone"})


@updates(OrderItem)
def change_order_item(unit: Unit, item: OrderItem, values: Values) -> None:
    check_cleared(OrderItem.__noun__, values)
    if not values.keys() <= REMARKS:
        order = draft_order(unit, item.order_id)
        check_line(unit, order, values)
        unit.later(roll_up, order.id)
    unit.change(item, **values)
