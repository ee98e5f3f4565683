"""Units of an order line and their money go on a line of a fulfillment order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from ordo.domain.fulfillment.shares import share
from ordo.domain.fulfillment.units import NO_UNITS, Units, first, free, read
from ordo.objects.fulfillment import (
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.objects.summaries import (
    OrderItemAdjustmentLineSummary,
    OrderItemSummary,
    OrderItemTaxLineItemSummary,
)
from ordo.platform.records import zero
from ordo.platform.unit import Unit

Part = Callable[[Decimal], Decimal]


def lines_of(unit: Unit, item: OrderItemSummary) -> list[FulfillmentOrderLineItem]:
    """The fulfillment order lines of an order line that hold units of it.

    They are read only when those at hand do not account for all that is allocated.
    """
    asked = (FulfillmentOrderLineItem, "order_item_summary_id", item.id)
    lines = _holding(unit.children_at_hand(*asked))
    if sum(line.quantity for line in lines) != item.quantity_allocated:
        lines = _holding(unit.children(*asked))
    return lines


def _holding(lines: list[FulfillmentOrderLineItem]) -> list[FulfillmentOrderLineItem]:
    return [line for line in lines if line.units != NO_UNITS and line.quantity > 0]


def free_units(unit: Unit, item: OrderItemSummary, quantity: Decimal) -> Units:
    """The first `quantity` units of an order line that no fulfillment order has."""
    taken = (read(line.units, line.quantity) for line in lines_of(unit, item))
    return first(free(item.quantity_ordered, taken), quantity)


def part_of(item: OrderItemSummary, units: Units, currency: str) -> Part:
    """From an amount of the order line to what these units carry of it."""
    return lambda amount: share(amount, item.quantity_ordered, units, currency)


def line_amounts(item: OrderItemSummary, part: Part) -> dict[str, Decimal]:
    """The amounts of a fulfillment order line, by attribute."""
    return {
        "total_line_amount": part(item.total_line_amount),
        "total_line_tax_amount": part(item.total_line_tax_amount),
        "total_adjustment_amount": part(item.total_line_adjustment_amount)
        + part(item.total_adjustment_dist_amount),
        "total_adjustment_tax_amount": part(item.total_line_adjustment_tax_amount)
        + part(item.total_adjustment_dist_tax_amount),
    }


def add_line_parts(unit: Unit, line: FulfillmentOrderLineItem, item: OrderItemSummary, part: Part) -> None:
    """The line's shares of the order line's adjustments and taxes."""
    adjustment_ids: dict[str, str] = {}
    for row in unit.children(OrderItemAdjustmentLineSummary, "order_summary_id", item.order_summary_id):
        if row.order_item_summary_id == item.id:
            adjustment_ids[row.id] = add_adjustment(unit, line, row, part).id
    for tax in unit.children(OrderItemTaxLineItemSummary, "order_summary_id", item.order_summary_id):
        if tax.order_item_summary_id == item.id:
            add_tax(unit, line, tax, part, adjustment_ids)


def add_adjustment(
    unit: Unit, line: FulfillmentOrderLineItem, row: OrderItemAdjustmentLineSummary, part: Part
) -> FulfillmentOrderItemAdjustment:
    return unit.add(
        FulfillmentOrderItemAdjustment,
        amount=part(zero(row.amount)),
        total_tax_amount=part(row.total_tax_amount),
        description=row.description or row.name,
        fulfillment_order_id=line.fulfillment_order_id,
        fulfillment_order_line_item_id=line.id,
        order_item_adjust_line_summary_id=row.id,
        currency_iso_code=line.currency_iso_code,
    )


def add_tax(
    unit: Unit,
    line: FulfillmentOrderLineItem,
    tax: OrderItemTaxLineItemSummary,
    part: Part,
    adjustment_ids: Mapping[str, str],
) -> None:
    """`adjustment_ids` leads from the summary's adjustments to the line's."""
    unit.add(
        FulfillmentOrderItemTax,
        amount=part(zero(tax.amount)),
        rate=tax.rate,
        tax_effective_date=tax.tax_effective_date,
        type=tax.type,
        description=tax.description or tax.name,
        fulfillment_order_id=line.fulfillment_order_id,
        fulfillment_order_line_item_id=line.id,
        fulfillment_order_item_adjust_id=adjustment_ids.get(tax.order_item_adjustment_line_summary_id or ""),
        order_item_tax_line_item_summary_id=tax.id,
        currency_iso_code=line.currency_iso_code,
    )
