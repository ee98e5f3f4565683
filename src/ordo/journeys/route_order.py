"""The default routing: each delivery group goes to the first configured location that holds all of it, and that
rejected none of it before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from itertools import chain

import msgspec

from ordo.domain.routing.first_location import Candidate, Plan, first_location
from ordo.domain.routing.waiting_units import Fate, waiting_units
from ordo.journeys.create_fulfillment_orders import (
    PRODUCT,
    Allocation,
    is_open,
    make_fulfillment_order,
)
from ordo.journeys.open_groups import need_groups, open_groups, open_summary
from ordo.journeys.process_exceptions import raise_exception, resolve_exceptions
from ordo.kernel.quantities import plain
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.inventory import Location
from ordo.objects.summaries import OrderDeliveryGroupSummary, OrderItemSummary, OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO, zero
from ordo.platform.unit import Unit
from ordo.platform.verbs import verb

FAILED = "OM Routing Failed"
NO_PLAN = Plan(None, [])
LOCATIONS_PER_LOOK = 4
"""Stock is looked up for a few locations at a time: most orders go to one of the first."""


class RouteOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`by_itself`: no person asks for it, a flow does."""

    order_summary_id: str
    by_itself: bool = False


class Routed(msgspec.Struct, frozen=True):
    """The fulfillment orders that were made; groups that found no location are parked with a fact."""

    fulfillment_order_ids: list[str]
    parked_group_ids: list[str]


def _needs(reading: Reading, commands: Sequence[RouteOrder]) -> None:
    for command in commands:
        need_groups(reading, command.order_summary_id)


@verb(RouteOrder, _needs)
def route_order(unit: Unit, command: RouteOrder) -> Routed:
    """Sends each delivery group to the first configured location that holds all of it, its stock reserved
    (S1-25, S1-30). A location that rejected goods of a line is not asked for that line again (S0-19). With
    `by_itself`, units that a person cancelled are left alone, and what a fulfillment order rejected that is
    suspended still. An unmanaged or suspended summary is left alone, and so are goods taken along at the till.
    Exceptions that say no longer why something waits are resolved."""
    summary = open_summary(unit, command.order_summary_id)
    if summary is None:
        return Routed([], [])
    made, parked, told = [], [], []
    for group, items in open_groups(unit, summary, taken_along=False):
        allocations = _allocations(unit, items, by_itself=command.by_itself)
        if not allocations:
            continue
        plan, reason = _decided(unit, allocations)
        if plan.location is None:
            parked.append(group.id)
            told.append(_park(unit, summary, group, reason, plan))
            continue
        made.append(make_fulfillment_order(unit, group, plan.location, allocations).id)
    resolve_exceptions(unit, summary, FAILED, but=told)
    return Routed(made, parked)


def _allocations(unit: Unit, items: Sequence[OrderItemSummary], *, by_itself: bool) -> list[Allocation]:
    """What is to be routed; charges wait with the goods they are for."""
    waiting = _waiting(unit, items) if by_itself else {}
    open_units = {item.id: item.quantity_available_to_fulfill - waiting.get(item.id, ZERO) for item in items}
    found = [Allocation(item, open_units[item.id]) for item in items if open_units[item.id] > 0]
    if any(waiting.values()) and all(item.type not in (PRODUCT, None) for item, _ in found):
        return []
    return found


def _waiting(unit: Unit, items: Sequence[OrderItemSummary]) -> dict[str, Decimal]:
    """How many units of each line wait for a person."""
    went: defaultdict[str | None, list[tuple[Decimal, Fate]]] = defaultdict(list)
    for line, order in _allocated(unit, items):
        went[line.order_item_summary_id].append(_went(line, order))
    return {item.id: waiting_units(item.quantity_net_ordered, went[item.id]) for item in items}


def _went(line: FulfillmentOrderLineItem, order: FulfillmentOrder) -> tuple[Decimal, Fate]:
    if order.status_category == "CANCELLED":
        return line.original_quantity, Fate.WAITING
    if order.status_category == "REJECTED":
        return zero(line.rejected_quantity), Fate.WAITING if order.is_suspended else Fate.FREE
    return line.quantity, Fate.KEPT


def _decided(unit: Unit, allocations: Sequence[Allocation]) -> tuple[Plan, str]:
    """The plan, and why it has no location, if it has none."""
    if any(item.type is None for item, _ in allocations):  # nobody can know whether it takes stock
        return NO_PLAN, "a line has no Type"
    if not any(item.type == PRODUCT for item, _ in allocations):
        return NO_PLAN, "it holds charges only, which are sent with nothing"
    plan = _planned(unit, allocations)
    return plan, "" if plan.location else _why(unit, plan)


def _planned(unit: Unit, allocations: Sequence[Allocation]) -> Plan:
    demand: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item, quantity in allocations:
        if item.type == PRODUCT and item.stock_keeping_unit:
            demand[item.stock_keeping_unit] += quantity
    locations = unit.options.routing_locations
    rejecting = _rejecting(unit, [item for item, _ in allocations])
    plan = NO_PLAN
    for start in range(0, len(locations), LOCATIONS_PER_LOOK):
        some = locations[start : start + LOCATIONS_PER_LOOK]
        available, standing = _stock(unit, demand, some)
        found = first_location(demand, standing, available, rejecting)
        plan = Plan(found.location, [*plan.candidates, *found.candidates])
        if plan.location is not None:
            break
    return plan


def _rejecting(unit: Unit, items: Iterable[OrderItemSummary]) -> set[str]:
    """The locations that rejected units of these lines."""
    rejected = [order for line, order in _allocated(unit, items) if line.rejected_quantity]
    return {order.fulfilled_from_location_id for order in rejected if order.fulfilled_from_location_id}


def _allocated(
    unit: Unit, items: Iterable[OrderItemSummary]
) -> list[tuple[FulfillmentOrderLineItem, FulfillmentOrder]]:
    """What of these lines went on which fulfillment orders, the earliest first; drafts hold nothing yet.

    Nothing is read for lines that nobody changed since they were made: none of their units was ever allocated.
    """
    changed = [item.id for item in items if item.last_modified_date != item.created_date]
    lines = unit.together(
        partial(unit.children, FulfillmentOrderLineItem, "order_item_summary_id", one) for one in changed
    )
    by_order: defaultdict[str, list[FulfillmentOrderLineItem]] = defaultdict(list)
    for line in chain(*lines):
        by_order[line.fulfillment_order_id].append(line)
    found = unit.get_all(FulfillmentOrder, by_order).values()
    dated = [(order.activated_date, order) for order in found if order and order.activated_date]
    orders = [order for _, order in sorted(dated, key=lambda one: (one[0], one[1].id))]
    return [(line, order) for order in orders for line in by_order[order.id]]


def _stock(
    unit: Unit, skus: Iterable[str], locations: Sequence[str]
) -> tuple[dict[tuple[str, str], Decimal], list[str]]:
    """What is available where, and which of the locations still stand open."""
    keys = [(sku, location) for sku in skus for location in locations]
    asks: list[Callable[[], object]] = [partial(unit.positions, keys), partial(unit.get_all, Location, locations)]
    unit.together(asks)
    available = {key: found.available for key, found in unit.positions(keys).items() if found is not None}
    found = unit.get_all(Location, locations)
    return available, [one for one in locations if (location := found[one]) and is_open(unit, location)]


def _why(unit: Unit, plan: Plan) -> str:
    if not unit.options.routing_locations:
        return "no location is configured"
    other = "other " if any(candidate.has_rejected for candidate in plan.candidates) else ""
    return f"no {other}location holds everything"


def _park(unit: Unit, summary: OrderSummary, group: OrderDeliveryGroupSummary, reason: str, plan: Plan) -> str:
    """Somebody is told why a group was not routed; the id of the exception."""
    told = raise_exception(
        unit, summary, summary.id, FAILED, f"Not routed: {reason}.", category="Fulfillment",
        description="; ".join(map(_told, plan.candidates))[:2000] or None,
    )  # fmt: skip
    unit.fact(
        summary.original_order_id, "RoutingParked",
        OrderSummaryId=summary.id, OrderDeliveryGroupSummaryId=group.id, Reason=reason,
        Candidates=[
            {"LocationId": c.location, "Lacking": dict(c.lacking), "HasRejected": c.has_rejected}
            for c in plan.candidates
        ],
    )  # fmt: skip
    return told.id


def _told(candidate: Candidate) -> str:
    if candidate.has_rejected:
        return f"{candidate.location} rejected it"
    lacking = ", ".join(f"{plain(quantity)} {sku}" for sku, quantity in candidate.lacking.items())
    return f"{candidate.location} lacks {lacking}"
