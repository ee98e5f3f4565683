"""`order-summaries`: the summary of an activated order (reference 4.6)."""

from __future__ import annotations

from ordo.api.connect.resource import Output, Resource
from ordo.journeys.create_order_summary import create_order_summary


class OrderSummaryOutput(Output):
    order_summary_id: str | None = None


RESOURCES = [Resource("/commerce/order-management/order-summaries", create_order_summary, OrderSummaryOutput)]
