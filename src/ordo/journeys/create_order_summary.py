"""An order summary is asked for: the one that activation made, or one made now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ordo.domain.orders.verbs_only import change_summary
from ordo.journeys.summarize_order import need_family, summarize
from ordo.kernel.problems import InvalidIdentifier, InvalidInput
from ordo.objects.orders import Order
from ordo.objects.summaries import OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.refusals import duplicate
from ordo.platform.unit import Unit
from ordo.platform.values import convert
from ordo.platform.verbs import verb

ACTIVATED = "Activated"
# The summary's fields by the properties of the command.
_FIELDS = {
    "order_life_cycle_type": "order_life_cycle_type",
    "name": "order_number",
    "status": "status",
    "business_model": "business_model",
    "external_reference_identifier": "external_reference_identifier",
    "source_process": "source_process",
}


class CreateOrderSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not told is as the order has it; `name` becomes the summary's OrderNumber."""

    order_id: str
    order_life_cycle_type: str | None = None
    name: str | None = None
    status: str | None = None
    business_model: str | None = None
    external_reference_identifier: str | None = None
    source_process: str | None = None


class OrderSummaryCreated(msgspec.Struct, frozen=True):
    order_summary_id: str


class AlreadyManaged(InvalidInput):
    def __init__(self, summary: OrderSummary) -> None:
        super().__init__(
            f"Activation made the {summary.order_life_cycle_type} order summary {summary.id} of this order; "
            "for another OrderLifeCycleType, switch the option summary_on_activation off."
        )


def _needs(reading: Reading, commands: Sequence[CreateOrderSummary]) -> None:
    for command in commands:
        need_family(reading, command.order_id)


@verb(CreateOrderSummary, _needs)
def create_order_summary(unit: Unit, command: CreateOrderSummary) -> OrderSummaryCreated:
    """Reference 4.6. An order has one summary: asking for a second is DUPLICATE_VALUE."""
    order = unit.get(Order, command.order_id)
    if order is None:
        raise InvalidIdentifier("orderId", command.order_id)
    if order.status_code != ACTIVATED:
        raise InvalidInput(f"The order {order.id} is {order.status}: only an activated order has a summary.")
    told = _told(command)
    found = unit.children(OrderSummary, "original_order_id", order.id)
    if not found:
        return OrderSummaryCreated(summarize(unit, order, **told, is_claimed=True).id)
    _claim(unit, found[0], told)
    return OrderSummaryCreated(found[0].id)


def _told(command: CreateOrderSummary) -> dict[str, Any]:
    """Typed and spelled as the fields want it; raises their errors."""
    fields = OrderSummary.__fields__
    told = {name: convert(fields[name], getattr(command, told)) for told, name in _FIELDS.items()
            if getattr(command, told) is not None}  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def _claim(unit: Unit, summary: OrderSummary, told: dict[str, Any]) -> None:
    """What activation made is taken over, as it was asked for."""
    if summary.is_claimed:
        same = told.get("external_reference_identifier") == summary.external_reference_identifier
        field = "ExternalReferenceIdentifier" if same else "OriginalOrderId"
        raise duplicate(OrderSummary.__noun__, field, summary.id)
    if told.pop("order_life_cycle_type", summary.order_life_cycle_type) != summary.order_life_cycle_type:
        raise AlreadyManaged(summary)
    change_summary(unit, summary, told | {"is_claimed": True})
