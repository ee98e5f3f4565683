"""Verbs that need two rooms in one transaction."""

from ordo.journeys import activate_order, create_fulfillment_orders, route_order, summarize_order

__all__ = ["activate_order", "create_fulfillment_orders", "route_order", "summarize_order"]
