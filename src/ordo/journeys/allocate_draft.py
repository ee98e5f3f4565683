"""A drafted fulfillment order leaves Draft: its lines take their units, their exact money and their stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TypeVar

from ordo.domain.fulfillment.refusals import QuantityNotAvailableToFulfill
from ordo.domain.fulfillment.status_changed import say_status
from ordo.domain.fulfillment.totals import fulfillment_totals
from ordo.domain.fulfillment.units import count, written
from ordo.journeys.create_fulfillment_orders import (
    ACTIVATED,
    MANAGED,
    Allocation,
    check_location,
    hold_summary,
    is_stocked,
    look_up,
    reserve,
    status_of,
)
from ordo.journeys.fulfillment_lines import (
    Part,
    add_adjustment,
    add_tax,
    free_units,
    line_amounts,
    part_of,
)
from ordo.kernel.money import digits
from ordo.kernel.problems import FieldIntegrity, InvalidCrossReference
from ordo.objects.fulfillment import (
    FulfillmentOrder,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.objects.summaries import (
    OrderItemAdjustmentLineSummary,
    OrderItemSummary,
    OrderItemTaxLineItemSummary,
    OrderSummary,
)
from ordo.platform.records import Record, zero
from ordo.platform.unit import Unit

Line = FulfillmentOrderLineItem
P = TypeVar("P", FulfillmentOrderItemAdjustment, FulfillmentOrderItemTax)
S = TypeVar("S", OrderItemAdjustmentLineSummary, OrderItemTaxLineItemSummary)


class AmountIsNotTheShare(FieldIntegrity):
    """More off than rounding can explain: the draft says other money than the order."""

    def __init__(self, line: Line, field: str, told: Decimal, exact: Decimal) -> None:
        super().__init__(f"{field} of {line.id} is {told}, its share of the order is {exact}", fields=(field,))


class PartOfAnotherLine(FieldIntegrity):
    def __init__(self, record_id: str, field: str) -> None:
        super().__init__(f"{record_id} must name, once, a part of the order line it is on", fields=(field,))


def allocate_draft(unit: Unit, fulfillment_order: FulfillmentOrder, status: str) -> FulfillmentOrder:
    """`status` is of the category Activated. Says FulfillmentOrderStatusChanged.

    Of a managed summary, quantities are allocated, stock is reserved, and the amounts become the exact shares
    of the units; of an unmanaged one nothing moves, and amounts stay as told.
    """
    unit.settle()
    order = unit.get(FulfillmentOrder, fulfillment_order.id) or fulfillment_order
    summary = hold_summary(unit, order.order_summary_id or "")
    if summary is None:
        raise InvalidCrossReference("OrderSummaryId", order.order_summary_id or "")
    lines = unit.children(Line, "fulfillment_order_id", order.id)
    if not lines:
        raise FieldIntegrity("a fulfillment order without lines cannot be allocated", fields=("Status",))
    if summary.order_life_cycle_type == MANAGED:
        lines = _allocated(unit, summary, order, lines)
    after = unit.change(
        order, status=status_of(unit, status, ACTIVATED), status_category=ACTIVATED, activated_date=unit.now,
        **fulfillment_totals(lines),
    )  # fmt: skip
    say_status(unit, order, after)
    return after


def _allocated(unit: Unit, summary: OrderSummary, order: FulfillmentOrder, lines: Sequence[Line]) -> list[Line]:
    location = order.fulfilled_from_location_id or ""
    check_location(unit, location)
    found = unit.get_all(OrderItemSummary, [line.order_item_summary_id or "" for line in lines])
    items = {item.id: item for item in found.values() if item is not None}
    if len(items) < len(found):
        raise FieldIntegrity("a line is of no order line any more", fields=("Status",))
    if len({item.order_delivery_group_summary_id for item in items.values()}) > 1:
        raise FieldIntegrity("the lines are of several delivery groups", fields=("Status",))
    wanted = [(location, Allocation(items[line.order_item_summary_id or ""], line.quantity)) for line in lines]
    asks: list[Callable[[], object]] = [
        partial(look_up, unit, wanted),
        partial(unit.children, OrderItemAdjustmentLineSummary, "order_summary_id", summary.id),
        partial(unit.children, OrderItemTaxLineItemSummary, "order_summary_id", summary.id),
        partial(unit.children, FulfillmentOrderItemAdjustment, "fulfillment_order_id", order.id),
        partial(unit.children, FulfillmentOrderItemTax, "fulfillment_order_id", order.id),
    ]
    unit.together(asks)
    currency = summary.currency_iso_code or unit.options.currency
    return [_line(unit, line, location, currency) for line in lines]


def _line(unit: Unit, line: Line, location: str, currency: str) -> Line:
    item = unit.get(OrderItemSummary, line.order_item_summary_id or "")
    assert item is not None  # looked up above
    if line.quantity > item.quantity_available_to_fulfill:
        raise QuantityNotAvailableToFulfill(item.id, line.quantity, item.quantity_available_to_fulfill)
    units = free_units(unit, item, line.quantity)
    part = part_of(item, units, currency)
    amounts = line_amounts(item, part)
    parts = _Parts(unit, line, item, part, count(units).scaleb(-digits(currency)))
    parts.check("TotalLineAmount", line.total_line_amount, amounts["total_line_amount"])
    parts.settle()
    unit.change(item, quantity_allocated=item.quantity_allocated + line.quantity)
    line = unit.change(line, units=written(units), **amounts)
    if is_stocked(item):
        reserve(unit, line, item, location)
    return line


class _Parts:
    """Adjustments and taxes of one line: those that were told become exact, those that were not are added.

    What was told may be off by `rounding`, a minor unit for each unit of the line.
    """

    def __init__(self, unit: Unit, line: Line, item: OrderItemSummary, part: Part, rounding: Decimal) -> None:
        self._unit, self._line, self._item, self._part = unit, line, item, part
        self._rounding = rounding

    def check(self, field: str, told: Decimal | None, exact: Decimal) -> None:
        if told is not None and abs(told - exact) > self._rounding:
            raise AmountIsNotTheShare(self._line, field, told, exact)

    def settle(self) -> None:
        self._taxes(self._adjustments())

    def _adjustments(self) -> dict[str, str]:
        """The line's adjustments by those of the summary."""
        told = self._told(FulfillmentOrderItemAdjustment, "order_item_adjust_line_summary_id")
        ids = {}
        for row in self._of_item(OrderItemAdjustmentLineSummary):
            mine = told.pop(row.id, None)
            if mine is None:
                ids[row.id] = add_adjustment(self._unit, self._line, row, self._part).id
                continue
            exact = self._part(zero(row.amount))
            self.check("Amount", mine.amount, exact)
            self._unit.change(mine, amount=exact, total_tax_amount=self._part(row.total_tax_amount))
            ids[row.id] = mine.id
        _refuse_others(told, "OrderItemAdjustLineSummaryId")
        return ids

    def _taxes(self, adjustment_ids: Mapping[str, str]) -> None:
        told = self._told(FulfillmentOrderItemTax, "order_item_tax_line_item_summary_id")
        for tax in self._of_item(OrderItemTaxLineItemSummary):
            mine = told.pop(tax.id, None)
            if mine is None:
                add_tax(self._unit, self._line, tax, self._part, adjustment_ids)
                continue
            exact = self._part(zero(tax.amount))
            self.check("Amount", mine.amount, exact)
            above = adjustment_ids.get(tax.order_item_adjustment_line_summary_id or "")
            self._unit.change(mine, amount=exact, fulfillment_order_item_adjust_id=above)
        _refuse_others(told, "OrderItemTaxLineItemSummaryId")

    def _told(self, record: type[P], reference: str) -> dict[str | None, P]:
        """The line's own rows, by the row of the summary that each says it is a part of."""
        rows = self._unit.children(record, "fulfillment_order_id", self._line.fulfillment_order_id)
        found: dict[str | None, P] = {}
        for row in rows:
            if getattr(row, "fulfillment_order_line_item_id") == self._line.id:  # noqa: B009  both nouns have it
                named: str | None = getattr(row, reference)
                if named in found:
                    raise PartOfAnotherLine(row.id, record.__fields__[reference].api)
                found[named] = row
        return found

    def _of_item(self, record: type[S]) -> list[S]:
        rows = self._unit.children(record, "order_summary_id", self._item.order_summary_id)
        return [row for row in rows if row.order_item_summary_id == self._item.id]


def _refuse_others(told: Mapping[str | None, Record], field: str) -> None:
    """What is left names nothing of the order line."""
    for row in told.values():
        raise PartOfAnotherLine(row.id, field)
