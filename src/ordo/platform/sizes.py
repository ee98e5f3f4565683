"""How many rows there are and how much room they take, at a cost that does not grow with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ordo.platform.records import Noun

if TYPE_CHECKING:
    from ordo.platform.database import Database

COUNTED_MAX = 10_000
_MEGABYTE = 1024 * 1024
_BYTES = "SELECT pg_database_size(current_database()) AS bytes"


async def database_megabytes(database: Database) -> int:
    """The room the database takes with all its indexes, rounded up."""
    row = await database.fetchrow(_BYTES)
    return -(-int(row["bytes"]) // _MEGABYTE)


async def record_counts(database: Database, shapes: Sequence[Noun]) -> list[int]:
    """The rows of each noun that are not deleted: exact up to COUNTED_MAX, above it the planner's estimate."""
    if not shapes:
        return []
    arms = (
        f'SELECT {number} AS number, count(*) AS n FROM (SELECT FROM "{shape.table}" '
        f"WHERE NOT isdeleted LIMIT {COUNTED_MAX + 1}) counted"
        for number, shape in enumerate(shapes)
    )
    rows = await database.fetch(" UNION ALL ".join(arms))
    counted = {row["number"]: row["n"] for row in rows}
    return [
        counted[number] if counted[number] <= COUNTED_MAX else await _estimated(database, shape)
        for number, shape in enumerate(shapes)
    ]


async def _estimated(database: Database, shape: Noun) -> int:
    statement = f'EXPLAIN (FORMAT JSON) SELECT FROM "{shape.table}" WHERE NOT isdeleted'
    row = await database.fetchrow(statement)
    [explained] = msgspec.json.decode(row[0])
    return max(int(explained["Plan"]["Plan Rows"]), COUNTED_MAX + 1)
