"""The default routing's choice: the first location that holds everything and did not reject it."""

from __future__ import annotations

from decimal import Decimal

from ordo.domain.routing.first_location import Candidate, first_location

DEMAND = {"shirt": Decimal(2), "hat": Decimal(1)}
FULL = {(sku, place): Decimal(9) for sku in DEMAND for place in ("A", "B", "C")}


def test_the_first_that_holds_everything() -> None:
    """S1-30."""
    plan = first_location(DEMAND, ["A", "B", "C"], FULL | {("shirt", "A"): Decimal(1)})
    assert plan.location == "B"
    assert plan.candidates == [Candidate("A", {"shirt": Decimal(1)}), Candidate("B", {})]


def test_a_location_that_rejected_the_goods_is_passed_over() -> None:
    """S0-19: whatever it holds; it stays among those that were looked at."""
    plan = first_location(DEMAND, ["A", "B", "C"], FULL, rejecting={"A", "B"})
    assert plan.location == "C"
    assert plan.candidates == [
        Candidate("A", {}, has_rejected=True), Candidate("B", {}, has_rejected=True), Candidate("C", {}),
    ]  # fmt: skip


def test_nowhere_else() -> None:
    plan = first_location(DEMAND, ["A", "B"], {("hat", "B"): Decimal(1)}, rejecting={"A"})
    assert plan.location is None
    assert plan.candidates == [Candidate("A", {}, has_rejected=True), Candidate("B", {"shirt": Decimal(2)})]
