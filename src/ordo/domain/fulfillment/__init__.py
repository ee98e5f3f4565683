"""The fulfillment room: what a fulfillment order holds and which way it may go."""

from ordo.domain.fulfillment import shares, totals, units, verbs_only

__all__ = ["shares", "totals", "units", "verbs_only"]
