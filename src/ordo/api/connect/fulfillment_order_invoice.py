"""`fulfillment-orders/{id}/actions/create-invoice`: one invoice for one fulfillment order (reference 4.3)."""

from __future__ import annotations

from ordo.api.connect.resource import Output, Resource
from ordo.journeys.create_invoice import create_invoice


class FulfillmentOrderInvoiceOutput(Output):
    invoice_id: str | None = None


RESOURCES = [
    Resource(
        "/commerce/fulfillment/fulfillment-orders/{fulfillmentOrderId}/actions/create-invoice",
        create_invoice,
        FulfillmentOrderInvoiceOutput,
    )
]
