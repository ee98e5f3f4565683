"""How many SQL statements this process has sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ordo.platform.database import STATEMENTS


def statements() -> int:
    """BEGIN and COMMIT included."""
    (family,) = STATEMENTS.collect()
    return next(int(sample.value) for sample in family.samples if sample.name.endswith("_total"))


async def least_statements(act: Callable[[], Awaitable[object]]) -> int:
    """Statements that `act` sends: the least of three, since others of this process send some now and then."""
    counts = []
    for _ in range(3):
        before = statements()
        await act()
        counts.append(statements() - before)
    return min(counts)
