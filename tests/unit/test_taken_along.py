"""Goods taken along: which method says so, where they lay, what the books give."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ordo.domain.fulfillment.taken_along import is_taken_along, leaving, till_location
from ordo.platform.options import Options


@pytest.mark.parametrize(
    ("method", "names", "expected"),
    [
        ("IN_STORE-DEFAULT", Options().taken_along_methods, True),
        ("in_store-default", Options().taken_along_methods, True),
        ("IN_STORE-PICKUP_LATER", Options().taken_along_methods, False),
        ("ONLINE-DEFAULT", Options().taken_along_methods, False),
        ("IN_STORE-DEFAULT", (), False),
        ("Abholung Café", ("x", "ABHOLUNG CAFÉ"), True),
        ("", ("x",), False),
        (None, ("",), False),
    ],
)
def test_which_method_means_taken_along(method: str | None, names: tuple[str, ...], *, expected: bool) -> None:
    """S0-107."""
    assert is_taken_along(method, names) is expected


@pytest.mark.parametrize(
    ("name", "locations", "expected"),
    [
        ("POS", {}, None),
        ("POS", {"0bI1": "a"}, "a"),
        ("POS", {"POS": "b", "0bI1": "a"}, "a"),  # the id is the surer word
        ("Pos", {"POS": "b"}, "b"),
        ("Web", {"POS": "b"}, None),
        (None, {"POS": "b"}, None),
    ],
)
def test_where_the_till_stands(name: str | None, locations: dict[str, str], expected: str | None) -> None:
    assert till_location("0bI1", name, locations) == expected


@pytest.mark.parametrize(
    ("sold", "available", "expected"), [(2, 5, 2), (5, 2, 2), (2, 2, 2), (2, 0, 0), (2, -3, 0)]
)
def test_the_books_give_what_is_not_promised(sold: int, available: int, expected: int) -> None:
    """Below 0 is what incoming goods were promised: nothing of it lies there."""
    assert leaving(Decimal(sold), Decimal(available)) == expected
