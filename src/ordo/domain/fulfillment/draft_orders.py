"""A fulfillment order from outside: made as a draft with its lines and their money, allocated afterwards.

Its way out of Draft is the status verb's (see journeys); once it stands, nothing is added to it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from ordo.domain.fulfillment.shares import share
from ordo.domain.fulfillment.totals import fulfillment_totals
from ordo.domain.fulfillment.units import NO_UNITS, Span
from ordo.domain.fulfillment.ways import category_of, check_type
from ordo.kernel.money import is_exact
from ordo.kernel.problems import FieldIntegrity, InvalidCrossReference, Problem, RequiredFieldMissing
from ordo.objects.fulfillment import (
    FulfillmentOrder,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.objects.orders import Order
from ordo.objects.summaries import OrderItemSummary, OrderSummary
from ordo.platform.generic import check_required
from ordo.platform.records import ZERO, Record, zero
from ordo.platform.unit import Unit
from ordo.platform.verbs import OnlyByVerbs, Values, creates

DRAFT = "DRAFT"
P = TypeVar("P", FulfillmentOrderItemAdjustment, FulfillmentOrderItemTax)


class FulfillmentOrderIsNoDraft(FieldIntegrity):
    def __init__(self, field: str, status: str) -> None:
        super().__init__(f"a fulfillment order is filled while it is a draft, not as {status}", fields=(field,))


class ContradictsTheOrder(FieldIntegrity):
    """A value that the order settles was told otherwise."""

    def __init__(self, noun: type[Record], attribute: str, expected: object) -> None:
        api = noun.__fields__[attribute].api
        super().__init__(f"{api} must be that of the order: {expected}", fields=(api,))


class QuantityOutOfRange(Problem):
    code = "NUMBER_OUTSIDE_VALID_RANGE"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}", fields=(field,))


class AmountFinerThanCurrency(Problem):
    code = "NUMBER_OUTSIDE_VALID_RANGE"

    def __init__(self, field: str, amount: Decimal, currency: str) -> None:
        super().__init__(f"{field}: {amount} has more digits than {currency}", fields=(field,))


@creates(FulfillmentOrder, reads=("order_summary_id",))
def create_fulfillment_order(unit: Unit, values: Values) -> FulfillmentOrder:
    """As Draft; what its order says already need not be told."""
    check_required(FulfillmentOrder.__noun__, values)
    _require(FulfillmentOrder, values, "order_summary_id", "fulfilled_from_location_id", "type")
    check_type(values["type"])
    if values.get("invoice_id") is not None:
        raise OnlyByVerbs("FulfillmentOrder", "InvoiceId")
    summary = unit.get(OrderSummary, values["order_summary_id"])
    if summary is None:
        raise InvalidCrossReference("OrderSummaryId", values["order_summary_id"])
    unit.hold(Order, summary.original_order_id)
    if category_of(values["status"], unit.options.fulfillment_statuses) != DRAFT:
        raise FulfillmentOrderIsNoDraft("Status", values["status"])
    _settled(
        FulfillmentOrder,
        values,
        order_id=summary.original_order_id,
        account_id=summary.account_id,
        currency_iso_code=summary.currency_iso_code,
    )
    own = {"bill_to_contact_id": summary.bill_to_contact_id, "tax_locale_type": summary.tax_locale_type}
    return unit.add(FulfillmentOrder, **{**own, **values, "status_category": DRAFT})


@creates(FulfillmentOrderLineItem, reads=("fulfillment_order_id", "order_item_summary_id"))
def create_fulfillment_order_line_item(unit: Unit, values: Values) -> FulfillmentOrderLineItem:
    """A part of an order line, of the draft's own order. It has no units before it is allocated."""
    check_required(FulfillmentOrderLineItem.__noun__, values)
    _require(FulfillmentOrderLineItem, values, "order_item_summary_id")
    if values.get("rejected_quantity") is not None:
        raise OnlyByVerbs("FulfillmentOrderLineItem", "RejectedQuantity")
    order = _draft(unit, values["fulfillment_order_id"])
    item = unit.get(OrderItemSummary, values["order_item_summary_id"])
    if item is None or item.order_summary_id != order.order_summary_id:
        raise FieldIntegrity("the order line is of another order", fields=("OrderItemSummaryId",))
    _check_quantities(values, item)
    _settled(
        FulfillmentOrderLineItem,
        values,
        type=item.type,
        type_code=item.type_code,
        order_item_id=item.original_order_item_id,
        product2_id=item.product2_id,
        currency_iso_code=order.currency_iso_code,
    )
    values["total_line_amount"] = _line_amount(unit, order, item, values)
    own = {
        "description": item.description or item.name,
        "unit_price": item.unit_price,
        "gross_unit_price": item.gross_unit_price,
    }
    line = unit.add(FulfillmentOrderLineItem, **{**own, **values, "units": NO_UNITS})
    unit.later(total_draft, order.id)
    return line


def _line_amount(unit: Unit, order: FulfillmentOrder, item: OrderItemSummary, values: Values) -> Decimal:
    currency = order.currency_iso_code or unit.options.currency
    told: Decimal | None = values.get("total_line_amount")
    if told is None:
        span = Span(ZERO, values["quantity"])
        return share(item.total_line_amount, item.quantity_ordered, (span,), currency)
    return _checked_amount("TotalLineAmount", told, currency)


def _checked_amount(field: str, amount: Decimal, currency: str) -> Decimal:
    if not is_exact(amount, currency):
        raise AmountFinerThanCurrency(field, amount, currency)
    return amount


def _check_quantities(values: Values, item: OrderItemSummary) -> None:
    quantity, original = values["quantity"], values["original_quantity"]
    for field, told in (("Quantity", quantity), ("OriginalQuantity", original)):
        if told <= 0 or told != told.to_integral_value():
            raise QuantityOutOfRange(field, "must be a whole number above 0")
    if quantity > original or quantity > item.quantity_ordered:
        raise QuantityOutOfRange("Quantity", "is more than was ordered")


@creates(FulfillmentOrderItemAdjustment, reads=("fulfillment_order_line_item_id", "fulfillment_order_id"))
def create_fulfillment_order_item_adjustment(unit: Unit, values: Values) -> FulfillmentOrderItemAdjustment:
    check_required(FulfillmentOrderItemAdjustment.__noun__, values)
    return _part(unit, FulfillmentOrderItemAdjustment, values)


@creates(
    FulfillmentOrderItemTax,
    reads=("fulfillment_order_line_item_id", "fulfillment_order_id", "fulfillment_order_item_adjust_id"),
)
def create_fulfillment_order_item_tax(unit: Unit, values: Values) -> FulfillmentOrderItemTax:
    """Of a line, or of one of its adjustments."""
    check_required(FulfillmentOrderItemTax.__noun__, values)
    adjustment_id = values.get("fulfillment_order_item_adjust_id")
    if adjustment_id is not None:
        adjustment = unit.get(FulfillmentOrderItemAdjustment, adjustment_id)
        line_id = values["fulfillment_order_line_item_id"]
        if adjustment is None or adjustment.fulfillment_order_line_item_id != line_id:
            raise FieldIntegrity("the adjustment is of another line", fields=("FulfillmentOrderItemAdjustId",))
    return _part(unit, FulfillmentOrderItemTax, values)


def _part(unit: Unit, record: type[P], values: Values) -> P:
    order = _draft(unit, values["fulfillment_order_id"])
    line = unit.get(FulfillmentOrderLineItem, values["fulfillment_order_line_item_id"])
    if line is None or line.fulfillment_order_id != order.id:
        raise FieldIntegrity("the line is of another fulfillment order", fields=("FulfillmentOrderLineItemId",))
    _checked_amount("Amount", values["amount"], order.currency_iso_code or unit.options.currency)
    row = unit.add(record, **{**values, "currency_iso_code": order.currency_iso_code})
    unit.later(total_draft, order.id)
    return row


def _draft(unit: Unit, fulfillment_order_id: str) -> FulfillmentOrder:
    """The fulfillment order, its order held against others, which must still be a draft."""
    order = unit.get(FulfillmentOrder, fulfillment_order_id)
    if order is None:
        raise InvalidCrossReference("FulfillmentOrderId", fulfillment_order_id)
    if order.order_id is not None:
        unit.hold(Order, order.order_id)
    if order.status_category != DRAFT:
        raise FulfillmentOrderIsNoDraft("FulfillmentOrderId", order.status)
    return order


def _require(noun: type[Record], values: Values, *attributes: str) -> None:
    """What the platform declares nillable and no fulfillment order can be without."""
    lacking = [noun.__fields__[name].api for name in attributes if values.get(name) is None]
    if lacking:
        raise RequiredFieldMissing(*lacking)


def _settled(noun: type[Record], values: Values, **expected: object) -> None:
    """Fills in what the order settles; whoever says otherwise is refused."""
    for attribute, value in expected.items():
        told = values.get(attribute)
        if told is not None and told != value:
            raise ContradictsTheOrder(noun, attribute, value)
        values[attribute] = value


def total_draft(unit: Unit, fulfillment_order_id: str) -> None:
    """The sums of a draft and its lines, over the adjustments and taxes as they were told."""
    order = unit.get(FulfillmentOrder, fulfillment_order_id)
    if order is None:
        return
    lines = unit.children(FulfillmentOrderLineItem, "fulfillment_order_id", order.id)
    adjustments = unit.children(FulfillmentOrderItemAdjustment, "fulfillment_order_id", order.id)
    taxes = unit.children(FulfillmentOrderItemTax, "fulfillment_order_id", order.id)
    for row in adjustments:
        of_row = [tax for tax in taxes if tax.fulfillment_order_item_adjust_id == row.id]
        unit.change(row, total_tax_amount=_sum(of_row))
    totalled = []
    for line in lines:
        mine = [tax for tax in taxes if tax.fulfillment_order_line_item_id == line.id]
        totalled.append(
            unit.change(
                line,
                total_line_tax_amount=_sum([t for t in mine if t.fulfillment_order_item_adjust_id is None]),
                total_adjustment_amount=_sum(
                    [row for row in adjustments if row.fulfillment_order_line_item_id == line.id]
                ),
                total_adjustment_tax_amount=_sum([t for t in mine if t.fulfillment_order_item_adjust_id]),
            )
        )
    unit.change(order, **fulfillment_totals(totalled))


def _sum(rows: list[FulfillmentOrderItemTax] | list[FulfillmentOrderItemAdjustment]) -> Decimal:
    return sum((zero(row.amount) for row in rows), ZERO)
