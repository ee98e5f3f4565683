"""The parts of a draft order besides its lines: delivery groups, taxes, adjustments and their groups."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from ordo.domain.orders.roll_up import roll_up
from ordo.kernel.money import is_exact
from ordo.kernel.problems import FieldIntegrity, InvalidCrossReference, Problem, RequiredFieldMissing
from ordo.objects.orders import (
    Order,
    OrderAdjustmentGroup,
    OrderDeliveryGroup,
    OrderItem,
    OrderItemAdjustmentLineItem,
    OrderItemTaxLineItem,
)
from ordo.platform.generic import adopt_currency, check_cleared, check_required
from ordo.platform.records import Record
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, deletes, updates

P = TypeVar("P", bound=Record)


class OrderIsActivated(FieldIntegrity):
    """Lines and their money do not change once the shopper's order stands (S0-52)."""

    def __init__(self) -> None:
        super().__init__("the order is activated: its products, taxes and adjustments cannot change")


def draft_order(unit: Unit, order_id: str) -> Order:
    """The order, held against others, which must still be a draft."""
    unit.hold(Order, order_id)
    order = unit.get(Order, order_id)
    if order is None:
        raise InvalidCrossReference("OrderId", order_id)
    if order.status_code != "Draft":
        raise OrderIsActivated
    return order


@creates(OrderDeliveryGroup)
def create_order_delivery_group(unit: Unit, values: Values) -> OrderDeliveryGroup:
    check_required(OrderDeliveryGroup.__noun__, values)
    order = draft_order(unit, values["order_id"])
    adopt_currency(values, order.currency_iso_code)
    return unit.add(OrderDeliveryGroup, **values)


@creates(OrderItemTaxLineItem)
def create_order_item_tax_line_item(unit: Unit, values: Values) -> OrderItemTaxLineItem:
    check_required(OrderItemTaxLineItem.__noun__, values)
    item = _item(unit, values["order_item_id"])
    return _money_part(unit, OrderItemTaxLineItem, item.order_id, values)


@creates(OrderItemAdjustmentLineItem)
def create_order_item_adjustment_line_item(unit: Unit, values: Values) -> OrderItemAdjustmentLineItem:
    """Of a line, or, with an `OrderId` and no line, of the whole order (S0-106): that one is kept, not counted."""
    check_required(OrderItemAdjustmentLineItem.__noun__, values)
    item_id = values.get("order_item_id")
    order_id = _item(unit, item_id).order_id if item_id else values.get("order_id")
    if order_id is None:
        raise RequiredFieldMissing("OrderItemId")
    return _money_part(unit, OrderItemAdjustmentLineItem, order_id, values)


@creates(OrderAdjustmentGroup)
def create_order_adjustment_group(unit: Unit, values: Values) -> OrderAdjustmentGroup:
    check_required(OrderAdjustmentGroup.__noun__, values)
    return _money_part(unit, OrderAdjustmentGroup, values["order_id"], values)


def _item(unit: Unit, item_id: str) -> OrderItem:
    item = unit.get(OrderItem, item_id)
    if item is None:
        raise InvalidCrossReference("OrderItemId", item_id)
    return item


def _money_part(unit: Unit, record: type[P], order_id: str, values: Values) -> P:
    order = draft_order(unit, order_id)
    _check_amount(values, order)
    adopt_currency(values, order.currency_iso_code)
    row = unit.add(record, **{**values, "order_id": order.id})
    unit.later(roll_up, order.id)
    return row


class AmountFinerThanCurrency(Problem):
    """A total with more digits than its currency has would be rounded by somebody, some day."""

    code = "NUMBER_OUTSIDE_VALID_RANGE"

    def __init__(self, field: str, amount: Decimal, currency: str) -> None:
        super().__init__(f"{field}: {amount} has more digits than {currency}", fields=(field,))


def check_exact(field: str, amount: Decimal | None, currency: str | None) -> None:
    """Amounts that enter totals must fit the currency's digits."""
    if amount is not None and currency is not None and not is_exact(amount, currency):
        raise AmountFinerThanCurrency(field, amount, currency)


def _check_amount(values: Values, order: Order) -> None:
    check_exact("Amount", values.get("amount"), order.currency_iso_code)


_PARTS: tuple[type[Record], ...] = (
    OrderDeliveryGroup,
    OrderItemTaxLineItem,
    OrderItemAdjustmentLineItem,
    OrderAdjustmentGroup,
)
_NOT_MONEY = frozenset({"description", "name"})


def _change_part(unit: Unit, row: Record, values: Values) -> None:
    check_cleared(row.__noun__, values)
    order_id: str = getattr(row, "order_id")  # noqa: B009  every part has one, no common class says so
    if values.keys() <= _NOT_MONEY:
        unit.change(row, **values)
        return
    order = draft_order(unit, order_id)
    _check_amount(values, order)
    unit.change(row, **values)
    unit.later(roll_up, order_id)


@deletes(OrderItem)
def _delete_part(unit: Unit, row: Record) -> None:
    order_id: str = getattr(row, "order_id")  # noqa: B009
    draft_order(unit, order_id)
    unit.later(roll_up, order_id)


for _part in _PARTS:
    updates(_part)(_change_part)
    deletes(_part)(_delete_part)
