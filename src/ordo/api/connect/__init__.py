"""The Connect resources of order management: one file each, all served alike (see resource)."""

from ordo.api.connect import (
    ensure_funds_async,
    fulfillment_order_invoice,
    fulfillment_orders,
    multiple_fulfillment_orders,
    order_payment_summaries,
    order_summaries,
)

RESOURCES = [
    *fulfillment_orders.RESOURCES,
    *multiple_fulfillment_orders.RESOURCES,
    *fulfillment_order_invoice.RESOURCES,
    *order_summaries.RESOURCES,
    *order_payment_summaries.RESOURCES,
    *ensure_funds_async.RESOURCES,
]
