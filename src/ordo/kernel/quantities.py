"""Quantities as people read them."""

from __future__ import annotations

from decimal import Decimal


def plain(quantity: Decimal) -> str:
    """`3` for 3.00, `0.5` for 0.50, `100` for 1E+2."""
    return f"{quantity.normalize():f}"
