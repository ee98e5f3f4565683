"""What was fulfilled is paid for: its invoice and the money of it, as far as there is something to collect.

The automation's verbs: somebody may have made the invoice before them, or may be about to, and what is suspended
waits. What a person asks for is `create_invoice` and `ensure_funds`, which refuse what cannot be done.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ordo.journeys.create_invoice import CreateInvoice, create_invoice
from ordo.journeys.ensure_funds import EnsureFunds, ensure_funds, still_to_ask
from ordo.journeys.open_groups import open_summary
from ordo.kernel.problems import InvalidIdentifier
from ordo.objects.fulfillment import (
    FulfillmentOrder,
    FulfillmentOrderItemAdjustment,
    FulfillmentOrderItemTax,
    FulfillmentOrderLineItem,
)
from ordo.objects.payments import Invoice
from ordo.objects.summaries import OrderItemAdjustmentLineSummary, OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.verbs import verb

PARTS = (FulfillmentOrderLineItem, FulfillmentOrderItemAdjustment, FulfillmentOrderItemTax)


class CollectPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_summary_id: str
    fulfillment_order_id: str


class PaymentAsked(msgspec.Struct, frozen=True):
    """The invoice and the operation that funds it; nothing where there is nothing to collect."""

    invoice_id: str | None = None
    background_operation_id: str | None = None


def _needs(reading: Reading, commands: Sequence[CollectPayment]) -> None:
    create_invoice.needs(reading, [CreateInvoice(command.fulfillment_order_id) for command in commands])
    ensure_funds.needs(reading, [EnsureFunds(command.order_summary_id, "") for command in commands])
    for command in commands:
        reading.rows_named(Invoice, FulfillmentOrder, "invoice_id", "id", [command.fulfillment_order_id])


@verb(CollectPayment, _needs)
def collect_payment(unit: Unit, command: CollectPayment) -> PaymentAsked:
    """Makes the invoice of a fulfillment order and asks for its money, where that is still to be done (S1-14).
    What is unmanaged or suspended is left alone."""
    order = unit.get(FulfillmentOrder, command.fulfillment_order_id)
    if order is None or order.order_summary_id != command.order_summary_id:
        raise InvalidIdentifier("fulfillmentOrderId", command.fulfillment_order_id)
    summary = open_summary(unit, command.order_summary_id)
    return PaymentAsked() if summary is None else _collected(unit, summary, order)


class CollectOrderPayments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_summary_id: str


class PaymentsAsked(msgspec.Struct, frozen=True):
    """The invoices of what is fulfilled, and the operations that fund them."""

    invoice_ids: list[str]
    background_operation_ids: list[str]


def _order_needs(reading: Reading, commands: Sequence[CollectOrderPayments]) -> None:
    ids = [command.order_summary_id for command in commands]
    ensure_funds.needs(reading, [EnsureFunds(one, "") for one in ids])
    for part in PARTS:
        reading.rows_below(part, "fulfillment_order_id", FulfillmentOrder, "order_summary_id", ids)
    reading.rows(OrderItemAdjustmentLineSummary, "order_summary_id", ids)
    reading.rows_named(Invoice, FulfillmentOrder, "invoice_id", "order_summary_id", ids)


@verb(CollectOrderPayments, _order_needs)
def collect_order_payments(unit: Unit, command: CollectOrderPayments) -> PaymentsAsked:
    """Does for each fulfilled fulfillment order of an order what collect-payment does for one."""
    summary = open_summary(unit, command.order_summary_id)
    if summary is None:
        return PaymentsAsked([], [])
    orders = unit.children(FulfillmentOrder, "order_summary_id", summary.id)
    asked = [_collected(unit, summary, order) for order in orders if order.status_category == "CLOSED"]
    return PaymentsAsked(
        [one.invoice_id for one in asked if one.invoice_id],
        [one.background_operation_id for one in asked if one.background_operation_id],
    )


def _collected(unit: Unit, summary: OrderSummary, order: FulfillmentOrder) -> PaymentAsked:
    if order.is_suspended:
        return PaymentAsked()
    invoice_id = order.invoice_id or _invoiced(unit, order)
    invoice = unit.get(Invoice, invoice_id) if invoice_id else None
    if invoice is None or still_to_ask(unit, summary, invoice) <= 0:
        return PaymentAsked(invoice_id)
    asked = ensure_funds(unit, EnsureFunds(summary.id, invoice.id))
    return PaymentAsked(invoice.id, asked.background_operation_id)


def _invoiced(unit: Unit, order: FulfillmentOrder) -> str | None:
    lines = unit.children(FulfillmentOrderLineItem, "fulfillment_order_id", order.id)
    if not any(line.quantity > 0 for line in lines):
        return None
    return create_invoice(unit, CreateInvoice(order.id)).invoice_id
