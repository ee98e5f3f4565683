"""Verbs that need two rooms in one transaction."""

from ordo.journeys import (
    activate_order,
    allocate_draft,
    capture_payments,
    change_fulfillment_order_status,
    collect_payment,
    create_fulfillment_orders,
    create_invoice,
    create_order_payment_summary,
    create_order_summary,
    ensure_funds,
    fulfillment_lines,
    fund_fulfillment_order,
    process_exceptions,
    record_transactions,
    route_order,
    summarize_order,
)

__all__ = [
    "activate_order",
    "allocate_draft",
    "capture_payments",
    "change_fulfillment_order_status",
    "collect_payment",
    "create_fulfillment_orders",
    "create_invoice",
    "create_order_payment_summary",
    "create_order_summary",
    "ensure_funds",
    "fulfillment_lines",
    "fund_fulfillment_order",
    "process_exceptions",
    "record_transactions",
    "route_order",
    "summarize_order",
]
