"""Facts that were refused, and their release: the consumer takes them again as it takes the feed's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ordo.platform.facts import shard_sql

if TYPE_CHECKING:
    from ordo.platform.database import Database

_PARKED = """
SELECT k.consumer, k.root, k.number, k.kind, k.reason, k.at,
       k.number > min(k.number) OVER (PARTITION BY k.consumer, k.root) AS is_behind,
       r.root IS NOT NULL AS is_released
FROM parkedfact k LEFT JOIN releasedroot r USING (consumer, root)
ORDER BY k.consumer, k.root, k.number
"""
_RELEASE = f"""
INSERT INTO releasedroot (consumer, shard, root)
SELECT DISTINCT consumer, {shard_sql("root")}, root FROM parkedfact
WHERE consumer = coalesce($1, consumer) AND root = coalesce($2, root)
ON CONFLICT DO NOTHING
"""


class ParkedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that waits. `is_behind`: for an earlier one of its root; `is_released`: for its consumer only."""

    consumer: str
    root: str
    number: int
    kind: str
    reason: str
    at: datetime
    is_behind: bool
    is_released: bool


async def parked(database: Database) -> list[ParkedFact]:
    """All parked facts, by consumer, root and number."""
    return [ParkedFact(**row) for row in await database.fetch(_PARKED)]


async def release(database: Database, consumer: str | None = None, root: str | None = None) -> int:
    """Lets a consumer take the parked facts of a root again, in their order; None stands for every one.

    Answers how many roots were released by this call. What happens to a root until its parked facts are taken
    goes behind them; one that is refused again ends the release, and is parked with its new reason.
    """
    status = await database.execute(_RELEASE, consumer, root)
    return int(status.rsplit(" ", 1)[1])
