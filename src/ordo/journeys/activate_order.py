"""`PATCH Order {Status: Activated}`: the order stands, and its summary is made in the same transaction."""

from __future__ import annotations

from ordo.domain.orders.change_order import change_order
from ordo.journeys.summarize_order import need_family, summarize
from ordo.kernel.problems import FieldIntegrity
from ordo.objects.orders import Order, OrderItem
from ordo.objects.orders.order import STATUS_CODES
from ordo.platform.unit import Unit
from ordo.platform.values import BadPicklistValue
from ordo.platform.verbs import Values, through

ACTIVATED = "Activated"


class StateTransitionNotAllowed(FieldIntegrity):
    code = "STATE_TRANSITION_NOT_ALLOWED"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"an order cannot go from {before} to {after}", fields=("Status",))


@through(Order, "status", needs=need_family)
def change_order_status(unit: Unit, order: Order, values: Values) -> None:
    """Draft → Activated activates; within a category only the text changes (S0-109, 3.2)."""
    after = STATUS_CODES.get(values["status"] or "")
    if after is None:
        raise BadPicklistValue("Status")
    if after == order.status_code:
        change_order(unit, order, values)
        return
    if after != ACTIVATED:
        raise StateTransitionNotAllowed(order.status, values["status"])
    if len(values) > 1:
        others = [Order.__fields__[name].api for name in values if name != "status"]
        raise FieldIntegrity("activating changes Status and nothing else", fields=others)
    activate_order(unit, order, values["status"])


def activate_order(unit: Unit, order: Order, status: str = ACTIVATED) -> None:
    """The order's terms are fixed from here; with the option on, its managed summary is made."""
    unit.settle()
    order = unit.get(Order, order.id) or order
    if not unit.children(OrderItem, "order_id", order.id):
        raise FieldIntegrity("an order without order products cannot be activated", fields=("Status",))
    order = unit.change(order, status=status, activated_date=unit.now, activated_by_id=unit.actor)
    unit.fact(order.id, "OrderActivated", OrderId=order.id, OldStatus="Draft", NewStatus=status)
    if unit.options.summary_on_activation:
        summarize(unit, order)
