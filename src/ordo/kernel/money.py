"""Money: whole minor units of one currency; splits that lose nothing.

Amounts cross the edges as Decimals with at most the currency's digits (JPY 0, EUR 2, KWD 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import NamedTuple

from babel.numbers import get_currency_precision, list_currencies

NO_CURRENCIES = frozenset({"XTS", "XXX"})
"""What ISO 4217 has for tests and for where no currency is involved."""


@cache
def is_currency(code: str) -> bool:
    """Whether amounts can be told in it."""
    return code in list_currencies() and code not in NO_CURRENCIES


@cache
def digits(currency: str) -> int:
    """Decimal places of the currency; KeyError if there is no such currency."""
    if not is_currency(currency):
        raise KeyError(currency)
    return get_currency_precision(currency)


@cache
def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-digits(currency))


class Money(NamedTuple):
    """`minor` minor units of `currency`; adds and subtracts only within one currency."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """Exact: ValueError when `amount` is finer than the currency."""
        scaled = amount.scaleb(digits(currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{amount} is finer than {currency}")
        return cls(int(scaled), currency)

    @property
    def amount(self) -> Decimal:
        """With exactly the currency's digits: 1000 minor units of EUR are Decimal('10.00')."""
        return Decimal(self.minor).scaleb(-digits(self.currency))

    def plus(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return Money(self.minor + other.minor, self.currency)

    def split(self, weights: Sequence[Decimal]) -> list[Money]:
        """By largest remainder: parts in proportion to `weights` (≥ 0, not all 0) that sum to the whole.

        Ties go to the earlier part, so that equal units differ by at most one minor unit, in a fixed order.
        """
        total = sum(weights, Decimal())
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative nor all zero")
        sign = -1 if self.minor < 0 else 1
        exact = [abs(self.minor) * weight / total for weight in weights]
        whole = [int(share) for share in exact]
        by_remainder = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
        for index in by_remainder[: abs(self.minor) - sum(whole)]:
            whole[index] += 1
        return [Money(sign * part, self.currency) for part in whole]


def is_exact(amount: Decimal, currency: str) -> bool:
    """Whether `amount` has no digits beyond the currency's."""
    return amount == amount.quantize(_unit(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half up, to the currency's digits: how the platform rounds a line."""
    return amount.quantize(_unit(currency), rounding=ROUND_HALF_UP)
