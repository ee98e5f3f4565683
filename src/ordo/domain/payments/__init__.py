"""The payments room: methods, authorisations and payments."""

from ordo.domain.payments import payment_methods, transactions

__all__ = ["payment_methods", "transactions"]
