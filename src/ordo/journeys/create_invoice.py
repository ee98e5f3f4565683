"""What was fulfilled is invoiced: one invoice per fulfillment order, for what is on it now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ordo.kernel.problems import InvalidIdentifier, InvalidInput
from ordo.objects.fulfillment import (
    FulfillmentOrder,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.objects.orders import Order
from ordo.objects.payments import Invoice, InvoiceLine
from ordo.objects.summaries import OrderItemAdjustmentLineSummary, OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO, zero
from ordo.platform.unit import Unit
from ordo.platform.verbs import verb

INVOICEABLE = frozenset({"ACTIVATED", "FULFILLING", "CLOSED"})


class CannotBeInvoiced(InvalidInput):
    """The fulfillment order has its invoice already, or nothing to invoice."""

    def __init__(self, order: FulfillmentOrder, why: str) -> None:
        super().__init__(f"The fulfillment order {order.id} {why}.")


class CreateInvoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fulfillment_order_id: str


class InvoiceMade(msgspec.Struct, frozen=True):
    invoice_id: str


def _needs(reading: Reading, commands: Sequence[CreateInvoice]) -> None:
    for command in commands:
        ids = [command.fulfillment_order_id]
        reading.lock_root(FulfillmentOrder.__noun__, command.fulfillment_order_id)
        reading.rows(FulfillmentOrder, "id", ids)
        reading.rows_named(OrderSummary, FulfillmentOrder, "order_summary_id", "id", ids)
        for part in (FulfillmentOrderLineItem, FulfillmentOrderItemAdjustment, FulfillmentOrderItemTax):
            reading.rows(part, "fulfillment_order_id", ids)


@verb(CreateInvoice, _needs)
def create_invoice(unit: Unit, command: CreateInvoice) -> InvoiceMade:
    """Makes the invoice of a fulfillment order, posted at once; moves no money (S1-14)."""
    order = unit.get(FulfillmentOrder, command.fulfillment_order_id)
    if order is None or order.order_id is None:
        raise InvalidIdentifier("fulfillmentOrderId", command.fulfillment_order_id)
    unit.hold(Order, order.order_id)
    summary = unit.get(OrderSummary, order.order_summary_id or "")
    lines = unit.children(FulfillmentOrderLineItem, "fulfillment_order_id", order.id)
    lines = [line for line in lines if line.quantity > 0]
    _check(order, summary, lines)
    invoice = unit.add(Invoice, **_header(unit, order, lines))
    _Lines(unit, order, invoice).write(lines)
    unit.change(order, invoice_id=invoice.id)
    unit.fact(
        order.order_id, "InvoiceCreated",
        InvoiceId=invoice.id, FulfillmentOrderId=order.id, OrderSummaryId=order.order_summary_id,
        TotalAmountWithTax=invoice.total_amount_with_tax, CurrencyIsoCode=invoice.currency_iso_code,
    )  # fmt: skip
    return InvoiceMade(invoice.id)


def _check(
    order: FulfillmentOrder, summary: OrderSummary | None, lines: Sequence[FulfillmentOrderLineItem]
) -> None:
    if order.invoice_id is not None:
        raise CannotBeInvoiced(order, f"has its invoice {order.invoice_id} already")
    if summary is None or summary.order_life_cycle_type != "MANAGED":
        raise CannotBeInvoiced(order, "belongs to no managed order summary")
    if order.status_category not in INVOICEABLE or not lines:
        raise CannotBeInvoiced(order, f"is {order.status} and has nothing to invoice")


def _header(unit: Unit, order: FulfillmentOrder, lines: Sequence[FulfillmentOrderLineItem]) -> dict[str, Any]:
    today = unit.now.date()
    totals = {
        "total_charge_amount": sum((zero(line.total_line_amount) for line in lines), ZERO),
        "total_charge_tax_amount": sum((line.total_line_tax_amount for line in lines), ZERO),
        "total_adjustment_amount": sum((line.total_adjustment_amount for line in lines), ZERO),
        "total_adjustment_tax_amount": sum((line.total_adjustment_tax_amount for line in lines), ZERO),
        "total_tax_amount": sum((line.total_tax_amount for line in lines), ZERO),
    }
    owed = totals["total_charge_amount"] + totals["total_adjustment_amount"] + totals["total_tax_amount"]
    return totals | {
        "reference_entity_id": order.order_summary_id,
        "billing_account_id": order.account_id,
        "bill_to_contact_id": order.bill_to_contact_id,
        "owner_id": order.owner_id,
        "status": "Posted",
        "tax_locale_type": order.tax_locale_type,
        "invoice_date": today,
        "due_date": today,
        "posted_date": today,
        "currency_iso_code": order.currency_iso_code,
        "settlement_status": "Not Settled" if owed > 0 else "Not Applicable",
    }


class _Lines:
    """The lines of one invoice: a charge per order line, an adjustment or a tax per row below it."""

    def __init__(self, unit: Unit, order: FulfillmentOrder, invoice: Invoice) -> None:
        self._unit = unit
        self._order = order
        self._invoice = invoice

    def write(self, lines: Sequence[FulfillmentOrderLineItem]) -> None:
        alive = {line.id: self._charge(line) for line in lines}
        adjusted: dict[str, InvoiceLine] = {}
        rows = self._unit.children(FulfillmentOrderItemAdjustment, "fulfillment_order_id", self._order.id)
        ordered = self._ordered(rows)
        for row in rows:
            charge = alive.get(row.fulfillment_order_line_item_id)
            if charge is not None:
                adjusted[row.id] = self._adjustment(row, charge, ordered.get(row.id))
        for tax in self._unit.children(FulfillmentOrderItemTax, "fulfillment_order_id", self._order.id):
            charge = alive.get(tax.fulfillment_order_line_item_id)
            if charge is not None:
                self._tax(tax, charge, adjusted.get(tax.fulfillment_order_item_adjust_id or ""))

    def _line(self, kind: str, name: str, charge: InvoiceLine | None, **fields: Any) -> InvoiceLine:
        of_line = {} if charge is None else {
            "reference_entity_item_type": charge.reference_entity_item_type,
            "reference_entity_item_type_code": charge.reference_entity_item_type_code,
            "group_reference_entity_item_id": charge.group_reference_entity_item_id,
            "reference_entity_item_id": charge.reference_entity_item_id,
            "related_line_id": charge.id,
        }  # fmt: skip
        told = of_line | fields
        return self._unit.add(
            InvoiceLine, invoice_id=self._invoice.id, type=kind, name=name[:255], invoice_status="Posted",
            currency_iso_code=self._invoice.currency_iso_code, **told,
        )  # fmt: skip

    def _charge(self, line: FulfillmentOrderLineItem) -> InvoiceLine:
        return self._line(
            "Charge", line.description or line.type or "Charge", None,
            description=line.description,
            reference_entity_item_id=line.order_item_id,
            group_reference_entity_item_id=line.order_item_id,
            reference_entity_item_type=line.type,
            reference_entity_item_type_code=line.type_code,
            product2_id=line.product2_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            gross_unit_price=line.gross_unit_price,
            charge_amount=zero(line.total_line_amount),
            charge_tax_amount=line.total_line_tax_amount,
        )  # fmt: skip

    def _adjustment(
        self, row: FulfillmentOrderItemAdjustment, charge: InvoiceLine, ordered: str | None
    ) -> InvoiceLine:
        return self._line(
            "Adjustment", row.description or "Adjustment", charge,
            description=row.description,
            reference_entity_item_id=ordered or charge.reference_entity_item_id,
            adjustment_amount=row.amount,
            adjustment_tax_amount=row.total_tax_amount,
        )  # fmt: skip

    def _ordered(self, rows: Sequence[FulfillmentOrderItemAdjustment]) -> dict[str, str | None]:
        """The adjustments of the order that these are shares of."""
        ids = {row.id: row.order_item_adjust_line_summary_id for row in rows}
        found = self._unit.get_all(OrderItemAdjustmentLineSummary, [one for one in ids.values() if one])
        summaries = {row_id: found.get(summary_id or "") for row_id, summary_id in ids.items()}
        return {
            row_id: summary.original_order_item_adjustment_line_item_id
            for row_id, summary in summaries.items()
            if summary is not None
        }

    def _tax(self, tax: FulfillmentOrderItemTax, charge: InvoiceLine, adjustment: InvoiceLine | None) -> None:
        self._line(
            "Tax", tax.description or "Tax", adjustment or charge,
            reference_entity_item_type=charge.reference_entity_item_type,
            reference_entity_item_type_code=charge.reference_entity_item_type_code,
            description=tax.description,
            tax_name=tax.description,
            tax_amount=tax.amount,
            tax_rate=tax.rate,
            tax_effective_date=tax.tax_effective_date,
        )  # fmt: skip
