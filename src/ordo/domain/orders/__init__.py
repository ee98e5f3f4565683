"""The orders room: what may be on an order, what it adds up to, and the summary made of it."""

from ordo.domain.orders import (
    change_order,
    change_order_item,
    create_order,
    create_order_item,
    draft_parts,
    verbs_only,
)

__all__ = [
    "change_order",
    "change_order_item",
    "create_order",
    "create_order_item",
    "draft_parts",
    "verbs_only",
]
