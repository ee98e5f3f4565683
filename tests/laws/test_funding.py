"""Whose money pays an invoice: never more than there is or is needed, and all of it when it can be met."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ordo.domain.payments.funding import Source, Take, Wish, fund

ZERO = Decimal()
AMOUNTS = st.integers(0, 30).map(Decimal)
IDS = ("a", "b", "c", "d")
Purses = dict[str, tuple[Decimal, Decimal]]
PURSES = st.dictionaries(st.sampled_from(IDS), st.tuples(AMOUNTS, AMOUNTS))


@st.composite
def asked(draw: Any) -> tuple[Purses, list[Wish]]:
    purses = draw(PURSES)
    if not purses:
        return purses, []
    return purses, draw(st.lists(st.builds(Wish, st.sampled_from(sorted(purses)), AMOUNTS), max_size=5))


def sources(purses: Purses) -> list[Source]:
    return [Source(name, balance, capturable) for name, (balance, capturable) in purses.items()]


def total(takes: list[Take]) -> Decimal:
    return sum((take.apply + take.capture for take in takes), ZERO)


@given(need=st.integers(-5, 90).map(Decimal), asked=asked(), partial=st.booleans())
@example(need=Decimal(-4), asked=({"a": (Decimal(5), ZERO)}, [Wish("a", ZERO)]), partial=False)
def test_neither_too_much_nor_too_little(need: Decimal, asked: tuple[Purses, list[Wish]], partial: bool) -> None:
    """S1-14, C15."""
    purses, wishes = asked
    there_is = sum((balance + capturable for balance, capturable in purses.values()), ZERO)
    takes = fund(need, sources(purses), wishes, partial=partial)
    if need > there_is and not partial:
        assert takes is None
        return
    assert takes is not None
    check_takes(purses, takes)
    if not (partial and wishes):
        assert total(takes) == max(ZERO, min(need, there_is))
        return
    assert total(takes) <= max(ZERO, need)
    check_caps(wishes, takes)


def check_takes(purses: Purses, takes: list[Take]) -> None:
    """Each takes something, and together they leave nobody below zero."""
    applied: Counter[str] = Counter()
    captured: Counter[str] = Counter()
    for take in takes:
        assert min(take.apply, take.capture) >= 0 < take.apply + take.capture
        applied[take.source_id] += take.apply  # type: ignore[assignment]
        captured[take.source_id] += take.capture  # type: ignore[assignment]
    for name, (balance, capturable) in purses.items():
        assert applied[name] <= balance
        assert captured[name] <= capturable


def check_caps(wishes: list[Wish], takes: list[Take]) -> None:
    """A cap holds for captured and promised money together; 0 is none."""
    for name in {wish.source_id for wish in wishes}:
        caps = [wish.amount for wish in wishes if wish.source_id == name]
        if ZERO not in caps:
            assert total([take for take in takes if take.source_id == name]) <= sum(caps, ZERO)
    assert {take.source_id for take in takes} <= {wish.source_id for wish in wishes}


@given(need=AMOUNTS, purses=PURSES)
def test_captured_money_goes_first(need: Decimal, purses: Purses) -> None:
    """C15: without wishes nothing is captured while captured money is left."""
    takes = fund(need, sources(purses), [], partial=True)
    assert takes is not None
    if any(take.capture for take in takes):
        assert sum((take.apply for take in takes), ZERO) == sum((one for one, _ in purses.values()), ZERO)


@given(need=st.integers(1, 30).map(Decimal), purses=PURSES)
def test_an_exact_match_is_taken_alone(need: Decimal, purses: Purses) -> None:
    """C15: and never split over two where one of the same kind does."""
    takes = fund(need, sources(purses), [], partial=True)
    assert takes is not None
    if need in (balance for balance, _ in purses.values()):
        assert [(take.apply, take.capture) for take in takes] == [(need, ZERO)]
    elif not any(balance for balance, _ in purses.values()) and need in (one for _, one in purses.values()):
        assert [(take.apply, take.capture) for take in takes] == [(ZERO, need)]


@given(need=AMOUNTS, asked=asked(), partial=st.booleans())
def test_what_was_handed_in_stays_as_it_was(
    need: Decimal, asked: tuple[Purses, list[Wish]], partial: bool
) -> None:
    purses, wishes = asked
    given_in = sources(purses)
    fund(need, given_in, wishes, partial=partial)
    assert given_in == sources(purses)
