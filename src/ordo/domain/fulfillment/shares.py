"""The share of a line's money that some of its units carry. Pure."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from ordo.domain.fulfillment.units import Units, count
from ordo.kernel.money import Money


def share(amount: Decimal, whole: Decimal, units: Units, currency: str) -> Decimal:
    """What these units of a line of `whole` carry of `amount`.

    Each unit's share is fixed by its place in the line, so shares add up to the amount however the line is
    divided, and a unit that is given back and taken again carries the same money.
    """
    if count(units) == whole:
        return amount
    money = Money.of(amount, currency)
    minor = sum(_boundary(money.minor, end, whole) - _boundary(money.minor, start, whole) for start, end in units)
    return Money(minor, currency).amount


def _boundary(minor: int, units: Decimal, whole: Decimal) -> int:
    """Minor units carried by the first `units` of `whole`: the larger parts come first."""
    sign = -1 if minor < 0 else 1
    exact = abs(minor) * units / whole
    return sign * int(exact.to_integral_value(ROUND_CEILING))
