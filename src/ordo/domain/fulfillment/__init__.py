"""The fulfillment room: what a fulfillment order holds and which way it may go."""

from ordo.domain.fulfillment import (
    draft_orders,
    refusals,
    shares,
    shipments,
    status_changed,
    taken_along,
    totals,
    units,
    verbs_only,
    ways,
)

__all__ = [
    "draft_orders",
    "refusals",
    "shares",
    "shipments",
    "status_changed",
    "taken_along",
    "totals",
    "units",
    "verbs_only",
    "ways",
]
