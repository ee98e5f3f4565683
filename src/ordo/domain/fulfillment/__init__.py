"""The fulfillment room: what a fulfillment order holds and which way it may go."""

from ordo.domain.fulfillment import draft_orders, refusals, shares, shipments, totals, units, verbs_only, ways

__all__ = ["draft_orders", "refusals", "shares", "shipments", "totals", "units", "verbs_only", "ways"]
