"""`actions/create-multiple`: fulfillment orders of several delivery groups, each by itself (reference 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from ordo.api.connect.resource import ErrorResponse, Output, Resource
from ordo.domain.fulfillment.refusals import ItemRefused
from ordo.journeys.create_fulfillment_orders import (
    CreateFulfillmentOrders,
    FulfillmentGroupInput,
    OrderItemSummaryInput,
    create_fulfillment_orders,
)
from ordo.kernel.problems import InvalidInput, Problem
from ordo.platform.calls import Entry
from ordo.platform.verbs import VerbAtom

GROUPS_MAX = 500
"""As many as a graph payload has nodes."""


class MultipleFulfillmentOrderInput(msgspec.Struct, frozen=True):
    fulfillment_orders: list[CreateFulfillmentOrders]


class OrderItemSummaryOutput(msgspec.Struct, rename="camel"):
    order_item_summary_id: str
    quantity: Decimal
    errors: list[ErrorResponse]


class FulfillmentGroupOutput(Output):
    """A refused group carries what it was told, to be sent again."""

    reference_id: str | None = None
    fulfillment_order_id: str | None = None
    order_summary_id: str | None = None
    order_delivery_group_summary_id: str | None = None
    fulfilled_from_location_id: str | None = None
    fulfillment_type: str | None = None
    order_item_summaries: list[OrderItemSummaryOutput] = msgspec.field(default_factory=list)


class MultipleFulfillmentOrderOutput(Output):
    """`success` only if every group has its fulfillment order."""

    fulfillment_orders: list[FulfillmentGroupOutput] = msgspec.field(default_factory=list)


def atoms(resource: Resource, told: MultipleFulfillmentOrderInput) -> list[VerbAtom[CreateFulfillmentOrders]]:
    """Every group is an atom of one call."""
    commands = list(_commands(told.fulfillment_orders))
    if not 0 < len(commands) <= GROUPS_MAX:
        raise InvalidInput(f"A call holds 1 to {GROUPS_MAX} fulfillment groups: {len(commands)}")
    return [VerbAtom(resource.verb, command) for command in commands]


def outcome(_: Resource, told: MultipleFulfillmentOrderInput, entries: Sequence[Entry]) -> Output:
    commands = _commands(told.fulfillment_orders)
    made = [_output(command, entry) for command, entry in zip(commands, entries, strict=True)]
    return MultipleFulfillmentOrderOutput(success=all(one.success for one in made), fulfillment_orders=made)


def _commands(told: Sequence[CreateFulfillmentOrders]) -> Iterator[CreateFulfillmentOrders]:
    for order in told:
        if not order.fulfillment_groups:
            raise InvalidInput("fulfillmentGroups must hold a fulfillment group.")
        for group in order.fulfillment_groups:
            yield msgspec.structs.replace(order, fulfillment_groups=[group])


def _output(command: CreateFulfillmentOrders, entry: Entry) -> FulfillmentGroupOutput:
    (group,) = command.fulfillment_groups
    if entry.error is not None:
        return _refused(command, group, entry.error)
    answer: Any = entry.answer
    (made,) = answer.fulfillment_order_ids
    return FulfillmentGroupOutput(reference_id=group.reference_id, fulfillment_order_id=made)


def _refused(
    command: CreateFulfillmentOrders, group: FulfillmentGroupInput, error: Exception
) -> FulfillmentGroupOutput:
    """An error of one item stands at that item, any other at the group; a fault of ours says nothing of itself."""
    problem = error if isinstance(error, Problem) else Problem("An unexpected error occurred.")
    told = ErrorResponse.of(problem)
    item_id = problem.item_id if isinstance(problem, ItemRefused) else None
    return FulfillmentGroupOutput(
        success=False,
        errors=[] if item_id else [told],
        reference_id=group.reference_id,
        order_summary_id=command.order_summary_id,
        order_delivery_group_summary_id=command.order_delivery_group_summary_id,
        fulfilled_from_location_id=group.fulfilled_from_location_id,
        fulfillment_type=group.fulfillment_type,
        order_item_summaries=[_item(one, told, item_id) for one in group.order_item_summaries],
    )


def _item(one: OrderItemSummaryInput, told: ErrorResponse, item_id: str | None) -> OrderItemSummaryOutput:
    errors = [told] if one.order_item_summary_id == item_id else []
    return OrderItemSummaryOutput(one.order_item_summary_id, one.quantity, errors)


RESOURCES = [
    Resource(
        path,
        create_fulfillment_orders,
        MultipleFulfillmentOrderOutput,
        input=MultipleFulfillmentOrderInput,
        atoms=atoms,
        outcome=outcome,
    )
    for path in (
        "/commerce/fulfillment/actions/create-multiple",
        "/commerce/fulfillment/fulfillment-orders/actions/create-multiple",
    )
]
