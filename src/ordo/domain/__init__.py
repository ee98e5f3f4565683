"""The rooms. They do not know each other; what needs two of them is a journey."""

from ordo.domain import customers, fulfillment, identity, orders, payments, routing

__all__ = ["customers", "fulfillment", "identity", "orders", "payments", "routing"]
