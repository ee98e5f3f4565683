"""A shipment is one parcel of one fulfillment order, and of that one's order summary."""

from __future__ import annotations

from ordo.kernel.problems import FieldIntegrity
from ordo.objects.fulfillment import FulfillmentOrder, Shipment
from ordo.platform.generic import check_cleared, check_required
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, updates


class ShipmentStaysWithItsFulfillmentOrder(FieldIntegrity):
    def __init__(self, fulfillment_order_id: str) -> None:
        super().__init__(
            f"the shipment belongs to fulfillment order {fulfillment_order_id}", fields=("FulfillmentOrderId",)
        )


class ShipmentIsOfAnotherOrder(FieldIntegrity):
    def __init__(self, expected: str | None) -> None:
        super().__init__(
            f"the order summary of the shipment's fulfillment order is {expected}", fields=("OrderSummaryId",)
        )


@creates(Shipment, reads=("fulfillment_order_id",))
def create_shipment(unit: Unit, values: Values) -> Shipment:
    """S0-66. The order summary need not be told."""
    check_required(Shipment.__noun__, values)
    if values.get("order_summary_id") is None:
        values.pop("order_summary_id", None)
    _belong(unit, values, None)
    return unit.add(Shipment, **values)


@updates(Shipment)
def change_shipment(unit: Unit, shipment: Shipment, values: Values) -> None:
    """S0-66: it never goes to a second fulfillment order."""
    check_cleared(shipment.__noun__, values)
    mine = shipment.fulfillment_order_id
    if mine is not None and values.get("fulfillment_order_id", mine) != mine:
        raise ShipmentStaysWithItsFulfillmentOrder(mine)
    if values.keys() & {"fulfillment_order_id", "order_summary_id"}:
        _belong(unit, values, shipment)
    unit.change(shipment, **values)


def _belong(unit: Unit, values: Values, before: Shipment | None) -> None:
    """The order summary follows from the fulfillment order; told otherwise, it is refused."""
    order_id = values.get("fulfillment_order_id") or (before and before.fulfillment_order_id)
    order = unit.get(FulfillmentOrder, order_id) if order_id else None
    if order is None:
        return
    known = before.order_summary_id if before else None
    if "order_summary_id" not in values and known is None:
        values["order_summary_id"] = order.order_summary_id
    if values.get("order_summary_id", known) != order.order_summary_id:
        raise ShipmentIsOfAnotherOrder(order.order_summary_id)
