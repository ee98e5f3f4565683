"""Goods that the customer took along at the till are fulfilled at once: nothing is routed, reserved or sent.

The sale is a fact, so that nothing here refuses it: where the books of the store hold less than was sold, they
give what they can and a person is told to count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from ordo.domain.fulfillment.taken_along import leaving, till_location
from ordo.journeys.create_fulfillment_orders import (
    Allocation,
    add_fulfillment_order,
    is_stocked,
    look_up,
    status_of,
)
from ordo.journeys.open_groups import OpenGroup, need_groups, open_groups, open_summary
from ordo.journeys.process_exceptions import raise_exception
from ordo.kernel.quantities import plain
from ordo.objects.catalog import SalesChannel
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.inventory import Location
from ordo.objects.summaries import OrderItemSummary, OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO
from ordo.platform.unit import Unit
from ordo.platform.verbs import verb

CLOSED = "CLOSED"
RETAIL_STORE = "Retail Store"


class FulfillAtTill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`status` is one of the category Closed."""

    order_summary_id: str
    status: str = "Fulfilled"


class HandedOver(msgspec.Struct, frozen=True):
    """The fulfillment orders that were made; none where nothing was taken along, or all of it is there already."""

    fulfillment_order_ids: list[str]


class Till(msgspec.Struct, frozen=True):
    """The location that is configured and the one there is; neither, if the till keeps its own stock."""

    told: str | None = None
    location: Location | None = None


def _needs(reading: Reading, commands: Sequence[FulfillAtTill]) -> None:
    for command in commands:
        need_groups(reading, command.order_summary_id)


@verb(FulfillAtTill, _needs)
def fulfill_at_till(unit: Unit, command: FulfillAtTill) -> HandedOver:
    """Makes a fulfilled fulfillment order of each delivery group whose goods were taken along at the till, and
    takes them from the stock of the till's location (S0-07, S0-09). An unmanaged or suspended summary is left
    alone."""
    summary = open_summary(unit, command.order_summary_id)
    if summary is None:
        return HandedOver([])
    groups = open_groups(unit, summary, taken_along=True)
    if not groups:
        return HandedOver([])
    status = status_of(unit, command.status, CLOSED)
    till = _till(unit, summary, groups)
    made = [_handed_over(unit, summary, till, group, status) for group in groups]
    return HandedOver([order.id for order in made])


def _till(unit: Unit, summary: OrderSummary, groups: Sequence[OpenGroup]) -> Till:
    """Reads its stock too."""
    told = _configured(unit, summary)
    wanted = [(told, allocation) for _, items in groups for allocation in _allocations(items)]
    asks: list[Callable[[], object]] = [partial(look_up, unit, wanted)]
    if told is not None:
        asks.append(partial(unit.get, Location, told))
    unit.together(asks)
    return Till() if told is None else Till(told, unit.get(Location, told))


def _configured(unit: Unit, summary: OrderSummary) -> str | None:
    locations = unit.options.till_locations
    if not (locations and summary.sales_channel_id):
        return None
    channel = unit.get(SalesChannel, summary.sales_channel_id)
    name = channel.sales_channel_name if channel else None
    return till_location(summary.sales_channel_id, name, locations)


def _allocations(items: Sequence[OrderItemSummary]) -> list[Allocation]:
    return [Allocation(item, item.quantity_available_to_fulfill) for item in items]


def _handed_over(unit: Unit, summary: OrderSummary, till: Till, group: OpenGroup, status: str) -> FulfillmentOrder:
    delivery, items = group
    made, lines = add_fulfillment_order(
        unit, delivery, _allocations(items), type=RETAIL_STORE,
        fulfilled_from_location_id=till.location.id if till.location else None,
        status=status, status_category=CLOSED, activated_date=unit.now, closed_date=unit.now,
    )  # fmt: skip
    missing = []
    for line, item in zip(lines, items, strict=True):
        unit.change(item, quantity_fulfilled=item.quantity_fulfilled + line.quantity)
        if till.location and is_stocked(item):
            missing += _taken(unit, till.location.id, line, item)
        elif till.location and item.type is None:
            missing.append(f"{item.stock_keeping_unit or item.name}: a line without a Type, nothing taken")
    _tell(unit, summary, till, made, missing)
    return made


def _taken(unit: Unit, location_id: str, line: FulfillmentOrderLineItem, item: OrderItemSummary) -> list[str]:
    """Takes what the books can give; says what they lack."""
    sku = item.stock_keeping_unit or ""
    position = unit.position(sku, location_id)
    taken = leaving(line.quantity, position.available if position else ZERO)
    if taken:
        unit.move_stock(sku, location_id, line.id, on_hand=-taken)
    return [] if taken == line.quantity else [f"{sku}: {plain(line.quantity)} sold, {plain(taken)} taken"]


def _tell(unit: Unit, summary: OrderSummary, till: Till, order: FulfillmentOrder, missing: Sequence[str]) -> None:
    """A person must see what the books cannot be right about."""
    if till.told and till.location is None:
        message = f"The till's location {till.told} does not exist, so that no stock was taken."
    elif till.location and missing:
        message = f"The count at {till.location.name[:150]} is wrong: the till sold what was not taken from it."
    else:
        return
    raise_exception(
        unit, summary, order.id, "OM Stock Count Failed", message, category="Fulfillment",
        description="; ".join(missing)[:2000] or None,
    )  # fmt: skip
