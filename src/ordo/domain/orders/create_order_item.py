"""A line joins a draft order."""

from __future__ import annotations

from decimal import Decimal

from ordo.domain.orders.draft_parts import check_exact, draft_order
from ordo.domain.orders.roll_up import roll_up
from ordo.kernel.problems import FieldIntegrity, Problem, RequiredFieldMissing
from ordo.objects.catalog import PricebookEntry
from ordo.objects.orders import Order, OrderDeliveryGroup, OrderItem
from ordo.platform.generic import adopt_currency, check_required
from ordo.platform.records import zero
from ordo.platform.unit import Unit
from ordo.platform.values import NumberOutsideRange
from ordo.platform.verbs import Values, creates

AMOUNT_LIMIT = Decimal(10) ** 16  # what a currency field holds: 18 digits, two of them after the point


class NegativeQuantity(Problem):
    code = "NUMBER_OUTSIDE_VALID_RANGE"

    def __init__(self) -> None:
        super().__init__("Quantity: value must be greater than zero", fields=("Quantity",))


class DuplicateLineNumber(Problem):
    """LineNumber names a line within its order (S0-101)."""

    code = "DUPLICATE_VALUE"

    def __init__(self, line_number: int, other: str) -> None:
        super().__init__(
            f"duplicate value found: LineNumber {line_number} duplicates value on record with id: {other}",
            fields=("LineNumber",),
        )


class PriceInAnotherCurrency(FieldIntegrity):
    """A price is never read in another currency; one that tells none is good for orders of any."""

    def __init__(self, told: str, order: str | None) -> None:
        super().__init__(
            f"the price book entry is in {told}, the order in {order or 'none'}", fields=("PricebookEntryId",)
        )


@creates(OrderItem, reads=("pricebook_entry_id", "product2_id"))
def create_order_item(unit: Unit, values: Values) -> OrderItem:
    """Takes product and list price from the price book entry; it and the amount must fit the currency."""
    check_required(OrderItem.__noun__, values)
    order = draft_order(unit, values["order_id"])
    _from_price_book(unit, order, values)
    adopt_currency(values, order.currency_iso_code)
    check_line(unit, order, values)
    _check_line_number(unit, values)
    item = unit.add(OrderItem, **values)
    unit.later(roll_up, order.id)
    return item


def _from_price_book(unit: Unit, order: Order, values: Values) -> None:
    entry_id = values.get("pricebook_entry_id")
    if entry_id is None:
        if values.get("product2_id") is None or not unit.options.optional_price_books:
            raise RequiredFieldMissing("PricebookEntryId")
        return
    entry = unit.get(PricebookEntry, entry_id)
    if entry is None:
        raise FieldIntegrity(f"price book entry {entry_id} is not there", fields=("PricebookEntryId",))
    if order.pricebook2_id is None and order.id not in unit.added:
        unit.change(order, pricebook2_id=entry.pricebook2_id)
    elif order.pricebook2_id is not None and order.pricebook2_id != entry.pricebook2_id:
        raise FieldIntegrity("the price book entry is not of the order's price book", fields=("PricebookEntryId",))
    if entry.currency_iso_code and entry.currency_iso_code != order.currency_iso_code:
        raise PriceInAnotherCurrency(entry.currency_iso_code, order.currency_iso_code)
    product = values.get("product2_id")
    if product is not None and product != entry.product2_id:
        raise FieldIntegrity(
            "the price book entry is of another product", fields=("PricebookEntryId", "Product2Id")
        )
    values["product2_id"] = entry.product2_id
    for price in ("list_price", "unit_price"):
        if values.get(price) is None:
            values[price] = entry.unit_price


def check_line(unit: Unit, order: Order, values: Values) -> None:
    """What holds of a line however it came to be. Unit prices may be finer than the currency: they are
    informational, the line amount leads."""
    quantity = values.get("quantity")
    if quantity is not None and quantity <= 0:
        raise NegativeQuantity
    check_exact("TotalLineAmount", values.get("total_line_amount"), order.currency_iso_code)
    if quantity is not None and abs(quantity * zero(values.get("unit_price"))) >= AMOUNT_LIMIT:
        raise NumberOutsideRange("TotalLineAmount")
    group_id = values.get("order_delivery_group_id")
    if group_id is None:
        return
    group = unit.get(OrderDeliveryGroup, group_id)
    if group is None or group.order_id != order.id:
        raise FieldIntegrity("the delivery group is not of this order", fields=("OrderDeliveryGroupId",))


def _check_line_number(unit: Unit, values: Values) -> None:
    wanted = values.get("line_number")
    if wanted is None:
        return
    if wanted <= 0:
        raise FieldIntegrity("LineNumber counts from 1", fields=("LineNumber",))
    for other in unit.children(OrderItem, "order_id", values["order_id"]):
        if other.line_number == wanted:
            raise DuplicateLineNumber(wanted, other.id)
