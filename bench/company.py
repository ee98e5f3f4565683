"""The company the benchmark sells for: how much it has, and the ids its seeded records have.

Seed and load generator never talk: both compute a record's id from its prefix and number.
"""

from __future__ import annotations

from typing import NamedTuple

from ordo.kernel.ids import ALPHABET, checksum

# Ids end in a number below; the milliseconds before it are of 1970, so no id made later meets them.
_STAMP = "0" * 7
_WIDTH = 5


class Company(NamedTuple):
    """Numbers run from 1. The same sizes as the limit's schema."""

    products: int = 100_000
    locations: int = 50
    accounts: int = 100_000
    on_hand: int = 1_000_000


BENCHMARK = Company()
CURRENCY = "EUR"
PREFIXES = {
    "account": "001",
    "location": "131",
    "orderdeliverymethod": "2Dm",
    "paymentgateway": "0b0",
    "paymentgatewayprovider": "0cJ",
    "pricebook2": "01s",
    "pricebookentry": "01u",
    "product2": "01t",
    "saleschannel": "0bI",
    "user": "005",
}


def record_id(table: str, number: int) -> str:
    """The id of the table's seeded record of that number."""
    digits = ""
    for _ in range(_WIDTH):
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    fifteen = PREFIXES[table] + _STAMP + digits
    return fifteen + checksum(fifteen)


def sku(number: int) -> str:
    return f"BENCH-{number}"


def unit_price_cents(number: int) -> int:
    """What a piece of the product costs: 5.00 to 99.99."""
    return 500 + number % 9500
