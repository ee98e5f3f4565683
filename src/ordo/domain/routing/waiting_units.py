"""Units of an order line that are not routed by themselves: they wait until a person does something. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, auto


class Fate(Enum):
    """What became of units that went on a fulfillment order."""

    KEPT = auto()
    FREE = auto()  # to be routed again
    WAITING = auto()  # free, but for a person


def waiting_units(ordered: Decimal, went: Iterable[tuple[Decimal, Fate]]) -> Decimal:
    """How many free units of a line of `ordered` units wait for a person. `went` is what went on fulfillment
    orders, the earliest first; each took units that nobody held back, and others only for want of them."""
    free, waiting = ordered, Decimal()
    for units, fate in went:
        taken = min(units, free)
        free -= taken
        waiting -= units - taken
        if fate is Fate.FREE:
            free += units
        elif fate is Fate.WAITING:
            waiting += units
    return waiting
