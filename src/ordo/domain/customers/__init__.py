"""The customers room: businesses with their contacts, and shoppers as person accounts."""

from ordo.domain.customers import accounts

__all__ = ["accounts"]
