"""Ordo: order management with a Salesforce-compatible surface."""
