"""The share of a line's money that a part of its quantity carries. Pure."""

from __future__ import annotations

from decimal import Decimal

from ordo.kernel.money import Money


def share(amount: Decimal, whole: Decimal, before: Decimal, part: Decimal, currency: str) -> Decimal:
    """What units `before + 1 … before + part` of `whole` carry of `amount`.

    Shares of the whole range add up to the amount, and equal units of equal place carry equal money:
    unit boundaries are fixed by the whole quantity, not by how it is divided later.
    """
    if part == whole:
        return amount
    money = Money.of(amount, currency)
    return Money(
        _boundary(money.minor, before + part, whole) - _boundary(money.minor, before, whole), currency
    ).amount


def _boundary(minor: int, units: Decimal, whole: Decimal) -> int:
    """Minor units carried by the first `units` of `whole`: the larger parts come first."""
    sign = -1 if minor < 0 else 1
    exact = abs(minor) * units / whole
    up = -(-exact // 1)
    return sign * int(up)
