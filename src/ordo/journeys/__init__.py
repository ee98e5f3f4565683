"""Verbs that need two rooms in one transaction."""

from ordo.journeys import (
    activate_order,
    capture_payments,
    change_fulfillment_order_status,
    create_fulfillment_orders,
    create_invoice,
    ensure_funds,
    process_exceptions,
    route_order,
    summarize_order,
)

__all__ = [
    "activate_order",
    "capture_payments",
    "change_fulfillment_order_status",
    "create_fulfillment_orders",
    "create_invoice",
    "ensure_funds",
    "process_exceptions",
    "route_order",
    "summarize_order",
]
