"""Which units of an order line are meant: spans between unit boundaries. Pure.

The units of a line of five lie between the boundaries 0 and 5; the third is the span 2-3. As text, spans
are `0-2 4-5`, no units are an empty text.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal()
NO_UNITS = ""


class Span(NamedTuple):
    """The units after boundary `start` up to boundary `end`."""

    start: Decimal
    end: Decimal

    @property
    def size(self) -> Decimal:
        return self.end - self.start


Units = tuple[Span, ...]


def written(units: Units) -> str | None:
    """None for units from the first on: a line that goes out whole has nothing to say."""
    if len(units) == 1 and units[0].start == 0:
        return None
    return " ".join(f"{span.start:f}-{span.end:f}" for span in units)


def read(text: str | None, quantity: Decimal) -> Units:
    """The units a line of `quantity` stands for; what was taken off it since `written` is off its end."""
    if text is None:
        return first((Span(ZERO, quantity),), quantity)
    pairs = (part.split("-") for part in text.split())
    return first(tuple(Span(Decimal(start), Decimal(end)) for start, end in pairs), quantity)


def count(units: Units) -> Decimal:
    return sum((span.size for span in units), ZERO)


def first(units: Units, quantity: Decimal) -> Units:
    """The first `quantity` of the units; fewer where there are not so many."""
    found = []
    for start, end in units:
        if quantity <= 0:
            break
        found.append(Span(start, min(end, start + quantity)))
        quantity -= end - start
    return tuple(found)


def free(whole: Decimal, taken: Iterable[Units]) -> Units:
    """What is left of a line of `whole` units when some are taken, from the first on."""
    found, reached = [], ZERO
    for start, end in sorted(span for units in taken for span in units):
        if start > reached:
            found.append(Span(reached, start))
        reached = max(reached, end)
    if reached < whole:
        found.append(Span(reached, whole))
    return tuple(found)
