"""What is refused of fulfillment orders, with Salesforce's codes."""

from __future__ import annotations

from decimal import Decimal

from ordo.kernel.problems import InvalidInput


class ItemRefused(InvalidInput):
    """A refusal that one order line caused; `item_id` is its OrderItemSummary."""

    def __init__(self, item_id: str, message: str) -> None:
        super().__init__(message)
        self.item_id = item_id


class ItemNotOfDeliveryGroup(ItemRefused):
    def __init__(self, item_id: str, group_id: str) -> None:
        super().__init__(item_id, f"The order item summary {item_id} is not of the delivery group {group_id}.")


class QuantityNotWhole(ItemRefused):
    def __init__(self, item_id: str, quantity: Decimal) -> None:
        super().__init__(item_id, f"The quantity {quantity} of {item_id} is not a whole number above 0.")


class QuantityNotAvailableToFulfill(ItemRefused):
    def __init__(self, item_id: str, quantity: Decimal, available: Decimal) -> None:
        super().__init__(
            item_id,
            f"The quantity {quantity} is more than the quantity available to fulfill ({available}) of {item_id}.",
        )


class NotEnoughStock(ItemRefused):
    def __init__(self, item_id: str, sku: str, location: str, available: Decimal) -> None:
        super().__init__(item_id, f"{sku} has {available} units available at {location}.")
