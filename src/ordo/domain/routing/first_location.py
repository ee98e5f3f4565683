"""The simplest strategy: the first location of a list that holds everything, and did not reject it before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from typing import NamedTuple


class Candidate(NamedTuple):
    """A location that was looked at: what it lacks, empty when it can send everything; or that it was passed over,
    whatever it holds, since it rejected the goods."""

    location: str
    lacking: Mapping[str, Decimal]
    has_rejected: bool = False


class Plan(NamedTuple):
    """The chosen location, or None; and every candidate that was looked at, for the explanation."""

    location: str | None
    candidates: Sequence[Candidate]


def first_location(
    demand: Mapping[str, Decimal],
    locations: Sequence[str],
    available: Mapping[tuple[str, str], Decimal],
    rejecting: Set[str] = frozenset(),
) -> Plan:
    """`demand` in units by SKU, `available` in units by (SKU, location); absent means none. `rejecting` locations
    are passed over."""
    candidates = []
    for location in locations:
        if location in rejecting:
            candidates.append(Candidate(location, {}, has_rejected=True))
            continue
        lacking = {
            sku: quantity - held
            for sku, quantity in demand.items()
            if (held := available.get((sku, location), Decimal())) < quantity
        }
        candidates.append(Candidate(location, lacking))
        if not lacking:
            return Plan(location, candidates)
    return Plan(None, candidates)
