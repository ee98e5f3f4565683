"""The orders room: what may be on an order, what it adds up to, and the summary made of it."""

from ordo.domain.orders import (
    change_order,
    create_order,
    create_order_item,
    draft_parts,
)

__all__ = ["change_order", "create_order", "create_order_item", "draft_parts"]
