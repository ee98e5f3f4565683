"""`order-payment-summaries`: money that came after the summary (reference 4.5)."""

from __future__ import annotations

from ordo.api.connect.resource import Output, Resource
from ordo.journeys.create_order_payment_summary import create_order_payment_summary


class CreateOrderPaymentSummaryOutput(Output):
    order_payment_summary_id: str | None = None


RESOURCES = [
    Resource(
        "/commerce/order-management/order-payment-summaries",
        create_order_payment_summary,
        CreateOrderPaymentSummaryOutput,
    )
]
