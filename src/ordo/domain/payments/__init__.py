"""The payments room: methods, authorisations and payments."""

from ordo.domain.payments import payment_methods, standing, transactions

__all__ = ["payment_methods", "standing", "transactions"]
