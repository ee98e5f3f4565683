"""Goods that the customer took along at the till: which they are, where they lay, what the books give. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from ordo.platform.records import ZERO


def is_taken_along(method_name: str | None, names: Iterable[str]) -> bool:
    """Whether a delivery method is one of those named, in upper or lower case (S0-107)."""
    return method_name is not None and method_name.lower() in {name.lower() for name in names}


def till_location(channel_id: str, channel_name: str | None, locations: Mapping[str, str]) -> str | None:
    """The location of a sales channel, told by its id or, in upper or lower case, by its name; None if there is
    none."""
    by_name = {told.lower(): location for told, location in locations.items()}
    return locations.get(channel_id) or by_name.get((channel_name or "").lower())


def leaving(sold: Decimal, available: Decimal) -> Decimal:
    """How many of the units that were sold the books can give: never more than they hold unpromised."""
    return min(sold, max(available, ZERO))
