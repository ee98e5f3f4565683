"""What was fulfilled is paid for: its invoice and the money of it, as far as there is something to collect.

The automation's verb: somebody may have made the invoice before it, or may be about to. What a person asks
for is `create_invoice` and `ensure_funds`, which refuse what cannot be done.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ordo.journeys.create_invoice import CreateInvoice, create_invoice
from ordo.journeys.ensure_funds import EnsureFunds, ensure_funds
from ordo.kernel.problems import InvalidIdentifier
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.orders import Order
from ordo.objects.payments import Invoice
from ordo.objects.summaries import OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.verbs import verb


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
    """Makes the invoice of a fulfillment order and asks for its money, where that is still to be done (S1-14)."""
    order = unit.get(FulfillmentOrder, command.fulfillment_order_id)
    summary = unit.get(OrderSummary, command.order_summary_id)
    if order is None or summary is None or order.order_summary_id != summary.id:
        raise InvalidIdentifier("fulfillmentOrderId", command.fulfillment_order_id)
    unit.hold(Order, summary.original_order_id)
    if summary.order_life_cycle_type != "MANAGED":
        return PaymentAsked()
    invoice_id = order.invoice_id or _invoiced(unit, order)
    invoice = unit.get(Invoice, invoice_id) if invoice_id else None
    if invoice is None or invoice.balance <= 0:
        return PaymentAsked(invoice_id)
    asked = ensure_funds(unit, EnsureFunds(summary.id, invoice.id))
    return PaymentAsked(invoice.id, asked.background_operation_id)


def _invoiced(unit: Unit, order: FulfillmentOrder) -> str | None:
    lines = unit.children(FulfillmentOrderLineItem, "fulfillment_order_id", order.id)
    if not any(line.quantity > 0 for line in lines):
        return None
    return create_invoice(unit, CreateInvoice(order.id)).invoice_id
