"""The simplest strategy: the first location of a list that holds everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple


class Candidate(NamedTuple):
    """A location that was looked at: what it lacks, empty when it can send everything."""

    location: str
    lacking: Mapping[str, Decimal]


class Plan(NamedTuple):
    """The chosen location, or None; and every candidate that was looked at, for the explanation."""

    location: str | None
    candidates: Sequence[Candidate]


def first_location(
    demand: Mapping[str, Decimal],
    locations: Sequence[str],
    available: Mapping[tuple[str, str], Decimal],
) -> Plan:
    """`demand` in units by SKU, `available` in units by (SKU, location); absent means none."""
    candidates = []
    for location in locations:
        lacking = {
            sku: quantity - held
            for sku, quantity in demand.items()
            if (held := available.get((sku, location), Decimal())) < quantity
        }
        candidates.append(Candidate(location, lacking))
        if not lacking:
            return Plan(location, candidates)
    return Plan(None, candidates)
