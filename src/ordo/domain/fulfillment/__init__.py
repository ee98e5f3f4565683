"""The fulfillment room: what a fulfillment order holds and which way it may go."""

from ordo.domain.fulfillment import refusals, shares, totals, units, verbs_only

__all__ = ["refusals", "shares", "totals", "units", "verbs_only"]
