"""The rooms. They do not know each other; what needs two of them is a journey."""

from ordo.domain import fulfillment, identity, orders, payments, routing

__all__ = ["fulfillment", "identity", "orders", "payments", "routing"]
