"""The nouns. Importing this package declares them all.

Automatic numbers: orders and order lines are eight digits (`00000123`), as clients expect; every other noun
is the initials of its name and nine digits (`FO-000000123`), except invoices (`DOC-`) and credit memos (`CM-`).
"""

from ordo.objects import accounts, catalog, fulfillment, inventory, orders, payments, service, setup, summaries

__all__ = ["accounts", "catalog", "fulfillment", "inventory", "orders", "payments", "service", "setup", "summaries"]
