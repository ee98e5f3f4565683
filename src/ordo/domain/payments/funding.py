"""Which payment summaries pay an invoice: first money that was captured, then money that is promised. Pure.

Rules and their source: docs/decisions/0016; ties go to the summary that was made first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal()


@dataclass
class Source:
    """What one payment summary can give: `balance` is captured and unused, `capturable` still to be taken."""

    id: str
    balance: Decimal
    capturable: Decimal

    @property
    def total(self) -> Decimal:
        return self.balance + self.capturable


class Wish(NamedTuple):
    """One entry of a caller's sequence; an amount of 0 is no limit."""

    source_id: str
    amount: Decimal


class Take(NamedTuple):
    """So much of the summary's captured money is applied, so much of its promised money is captured."""

    source_id: str
    apply: Decimal
    capture: Decimal


def fund(need: Decimal, sources: Sequence[Source], wishes: Sequence[Wish], *, partial: bool) -> list[Take] | None:
    """What to take from whom, so that `need` is met; None when all of it together is too little.

    With `partial`, what the wishes leave open stays open, and too little is no obstacle.
    """
    left = [Source(source.id, source.balance, source.capturable) for source in sources]
    if not partial and sum((source.total for source in left), ZERO) < need:
        return None
    takes: list[Take] = []
    for take in _taken(need, left, wishes, partial=partial):
        need -= take.apply + take.capture
        takes.append(take)
        if need <= 0:
            break
    return takes


def _taken(need: Decimal, left: list[Source], wishes: Sequence[Wish], *, partial: bool) -> Iterator[Take]:
    by_id = {source.id: source for source in left}
    for wish in wishes:
        source = by_id[wish.source_id]
        limit = min(need, wish.amount) if wish.amount else need
        apply = min(limit, source.balance)
        capture = min(limit - apply, source.capturable)
        if apply or capture:
            need -= apply + capture
            yield _take(source, apply, capture)
    if not (wishes and partial):
        yield from _by_default(need, left)


def _by_default(need: Decimal, left: list[Source]) -> Iterator[Take]:
    """An exact match, else the largest; captured money first."""
    while need > 0 and (balance := _best([(source.balance, source) for source in left], need)):
        apply = min(need, balance.balance)
        need -= apply
        yield _take(balance, apply, ZERO)
    while need > 0 and (promised := _best([(source.capturable, source) for source in left], need)):
        capture = min(need, promised.capturable)
        need -= capture
        yield _take(promised, ZERO, capture)


def _best(amounts: Sequence[tuple[Decimal, Source]], need: Decimal) -> Source | None:
    filled = [(amount, source) for amount, source in amounts if amount > 0]
    exact = [source for amount, source in filled if amount == need]
    if exact:
        return exact[0]
    return max(filled, key=lambda pair: pair[0])[1] if filled else None


def _take(source: Source, apply: Decimal, capture: Decimal) -> Take:
    source.balance -= apply
    source.capturable -= capture
    return Take(source.id, apply, capture)
