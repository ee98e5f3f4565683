"""How many free units of an order line wait for a person."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ordo.domain.routing.waiting_units import Fate, waiting_units

KEPT, FREE, WAITING = Fate.KEPT, Fate.FREE, Fate.WAITING


@pytest.mark.parametrize(
    ("went", "waiting"),
    [
        ([], 0),
        ([(3, KEPT)], 0),
        ([(2, FREE)], 0),
        ([(2, WAITING)], 2),
        ([(1, WAITING), (2, FREE)], 1),
        ([(2, FREE), (1, WAITING), (2, KEPT)], 1),
        ([(3, WAITING), (2, KEPT)], 1),  # only units that waited were left to take
        ([(2, WAITING), (1, KEPT)], 2),  # those that nobody held back are taken first
        ([(2, WAITING), (2, FREE)], 1),
        ([(3, WAITING), (3, KEPT)], 0),
        ([(3, WAITING), (3, FREE)], 0),
        ([(3, FREE), (3, WAITING)], 3),
    ],
)
def test_of_three(went: list[tuple[int, Fate]], waiting: int) -> None:
    """S0-19, S0-128."""
    assert waiting_units(Decimal(3), [(Decimal(units), fate) for units, fate in went]) == waiting
