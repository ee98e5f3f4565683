"""Quantities of an order go to locations: fulfillment orders with their lines, their stock reserved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec

from ordo.domain.fulfillment.refusals import (
    ItemNotOfDeliveryGroup,
    NotEnoughStock,
    QuantityNotAvailableToFulfill,
    QuantityNotWhole,
)
from ordo.domain.fulfillment.status_changed import say_status
from ordo.domain.fulfillment.totals import fulfillment_totals
from ordo.domain.fulfillment.units import written
from ordo.journeys.fulfillment_lines import add_line_parts, free_units, line_amounts, lines_of, part_of
from ordo.kernel.problems import InvalidIdentifier, InvalidInput
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.fulfillment.fulfillment_order import STATUS_CATEGORIES, TYPE_CATEGORIES
from ordo.objects.inventory import Location
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
from ordo.platform.verbs import verb

ALLOCATED = "Allocated"
ACTIVATED = "ACTIVATED"
PRODUCT = "Order Product"
MANAGED = "MANAGED"


class OrderItemSummaryInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`quantity` in whole units, above 0."""

    order_item_summary_id: str
    quantity: Decimal


class FulfillmentGroupInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one location shall send; `reference_id` is the caller's own name for it."""

    fulfilled_from_location_id: Annotated[str, msgspec.Meta(extra={"noun": "Location"})]
    fulfillment_type: str
    order_item_summaries: list[OrderItemSummaryInput]
    reference_id: str | None = None


class CreateFulfillmentOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fulfillment order for each group, all of one delivery group of an order."""

    order_summary_id: str
    order_delivery_group_summary_id: str
    fulfillment_groups: list[FulfillmentGroupInput]
    default_activation_status: str = ALLOCATED


class CreatedFulfillmentOrders(msgspec.Struct, frozen=True):
    """In the order of the groups."""

    fulfillment_order_ids: list[str]


class Allocation(NamedTuple):
    """A quantity of one order line that goes on a fulfillment order."""

    item: OrderItemSummary
    quantity: Decimal


class Sending(NamedTuple):
    """A group that was checked: where from, as what, which lines."""

    location_id: str
    kind: str
    allocations: list[Allocation]


# -- the verb -------------------------------------------------------------------------------------


def _needs(reading: Reading, commands: Sequence[CreateFulfillmentOrders]) -> None:
    for command in commands:
        need_summary(reading, command.order_summary_id)
        groups = command.fulfillment_groups
        reading.rows(Location, "id", [group.fulfilled_from_location_id for group in groups])


@verb(CreateFulfillmentOrders, _needs)
def create_fulfillment_orders(unit: Unit, command: CreateFulfillmentOrders) -> CreatedFulfillmentOrders:
    """All groups or none (S0-57, S0-58, S1-12, S1-30). Raises InvalidIdentifier, InvalidInput and its kinds.

    A suspended order is not refused: the platform leaves it to flows to respect that.
    """
    summary = managed_summary(unit, command.order_summary_id)
    delivery = unit.get(OrderDeliveryGroupSummary, command.order_delivery_group_summary_id)
    if delivery is None or delivery.order_summary_id != summary.id:
        raise InvalidIdentifier("orderDeliveryGroupSummaryId", command.order_delivery_group_summary_id)
    status = status_of(unit, command.default_activation_status, ACTIVATED)
    if not command.fulfillment_groups:
        raise InvalidInput("fulfillmentGroups must hold a fulfillment group.")
    sendings = [_sending(unit, delivery, group) for group in command.fulfillment_groups]
    look_up(unit, [(one.location_id, allocation) for one in sendings for allocation in one.allocations])
    made = [
        make_fulfillment_order(unit, delivery, one.location_id, one.allocations, kind=one.kind, status=status)
        for one in sendings
    ]
    return CreatedFulfillmentOrders([order.id for order in made])


def managed_summary(unit: Unit, order_summary_id: str) -> OrderSummary:
    """The summary, held; only of a managed one may fulfillment orders be made by actions."""
    summary = hold_summary(unit, order_summary_id)
    if summary is None:
        raise InvalidIdentifier("orderSummaryId", order_summary_id)
    if summary.order_life_cycle_type != MANAGED:
        raise InvalidInput(f"The order summary {order_summary_id} is not managed.")
    return summary


_TYPES = {kind.lower(): kind for kind in TYPE_CATEGORIES}


def status_of(unit: Unit, told: str, category: str) -> str:
    """The status as it is spelled; it must be of the category (C10)."""
    categories = STATUS_CATEGORIES | unit.options.fulfillment_statuses
    status = next((known for known in categories if known.lower() == told.lower()), told)
    if categories.get(status) != category:
        raise InvalidInput(f"The status {told} is not of the status category {category.capitalize()}.")
    return status


def _sending(unit: Unit, delivery: OrderDeliveryGroupSummary, group: FulfillmentGroupInput) -> Sending:
    kind = _TYPES.get(group.fulfillment_type.lower())
    if kind is None:
        raise InvalidInput(f"The fulfillment type {group.fulfillment_type} is not known.")
    check_location(unit, group.fulfilled_from_location_id)
    if not group.order_item_summaries:
        raise InvalidInput("orderItemSummaries must hold an order item summary.")
    items = unit.children(OrderItemSummary, "order_summary_id", delivery.order_summary_id)
    by_id = {item.id: item for item in items}
    allocations = []
    for told in group.order_item_summaries:
        item = by_id.get(told.order_item_summary_id)
        if item is None or item.order_delivery_group_summary_id != delivery.id:
            raise ItemNotOfDeliveryGroup(told.order_item_summary_id, delivery.id)
        check_whole(item.id, told.quantity)
        allocations.append(Allocation(item, told.quantity))
    return Sending(group.fulfilled_from_location_id, kind, allocations)


def check_location(unit: Unit, location_id: str) -> None:
    """It must be there, and open."""
    location = unit.get(Location, location_id)
    if location is None:
        raise InvalidIdentifier("fulfilledFromLocationId", location_id)
    if not is_open(unit, location):
        raise InvalidInput(f"The location {location_id} is not active.")


def is_open(unit: Unit, location: Location) -> bool:
    """Neither of status Inactive nor past its CloseDate."""
    closed = location.close_date is not None and location.close_date <= unit.now.date()
    return not closed and (location.status or "").lower() != "inactive"


def check_whole(item_id: str, quantity: Decimal) -> None:
    if not (quantity.is_finite() and quantity > 0 and quantity == quantity.to_integral_value()):
        raise QuantityNotWhole(item_id, quantity)


def look_up(unit: Unit, wanted: Sequence[tuple[str | None, Allocation]]) -> None:
    """Everything that lines will ask for is read together: stock by location, and other lines' units."""
    keys = [
        (item.stock_keeping_unit or "", location)
        for location, (item, _) in wanted
        if location is not None and is_stocked(item)
    ]
    asks: list[Callable[[], object]] = [partial(unit.positions, keys)]
    asks += [partial(lines_of, unit, item) for item in {item.id: item for _, (item, _) in wanted}.values()]
    unit.together(asks)


def is_stocked(item: OrderItemSummary) -> bool:
    """Whether units of the line lie on a shelf: a product with a SKU does, a charge does not."""
    return item.type == PRODUCT and bool(item.stock_keeping_unit)


# -- making one -----------------------------------------------------------------------------------


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
    """Makes the order and its lines, raises QuantityAllocated, reserves stock of every product line.

    `status` must be of the category Activated.
    """
    made, lines = add_fulfillment_order(
        unit, group, allocations, fulfilled_from_location_id=location_id, type=kind,
        status=status, status_category=ACTIVATED, activated_date=unit.now,
    )  # fmt: skip
    for line, (item, _) in zip(lines, allocations, strict=True):
        if is_stocked(item):
            reserve(unit, line, item, location_id)
    return made


def add_fulfillment_order(
    unit: Unit, group: OrderDeliveryGroupSummary, allocations: Sequence[Allocation], **told: Any
) -> tuple[FulfillmentOrder, list[FulfillmentOrderLineItem]]:
    """The order, as `told` (attributes), with lines and totals; raises QuantityAllocated, moves no stock."""
    summary = unit.get(OrderSummary, group.order_summary_id)
    if summary is None:
        raise InvalidIdentifier("orderSummaryId", group.order_summary_id)
    made = unit.add(FulfillmentOrder, **_header(summary, group), **told)
    lines = [_line(unit, summary, made, allocation) for allocation in allocations]
    made = unit.change(made, **fulfillment_totals(lines))
    say_status(unit, None, made)
    return made, lines


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
        raise QuantityNotAvailableToFulfill(item.id, quantity, item.quantity_available_to_fulfill)
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
    return line


def reserve(unit: Unit, line: FulfillmentOrderLineItem, item: OrderItemSummary, location: str) -> None:
    """Promises stock of a position to a line; refused when less is available than it asks for."""
    sku = item.stock_keeping_unit or ""
    position = unit.position(sku, location)
    available = position.available if position else ZERO
    if available < line.quantity:
        raise NotEnoughStock(item.id, sku, location, available)
    unit.reserve(line.id, sku, location, line.quantity)
