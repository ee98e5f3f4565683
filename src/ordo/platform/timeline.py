"""Facts to be looked at: those of the feed as they come, and the whole story of one root."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordo.platform.database import Database

FACTS_PER_STEP = 500

_SHOWN = "a.root, o.ordernumber, a.number, a.kind, a.at, a.body"
_ORDER = 'LEFT JOIN "order" o ON o.id = a.root'
# LIMIT keeps the feed's own order: its ids are given after commits, so none below the last one can still come.
_FEED = f"""
SELECT f.replayid, {_SHOWN}
FROM (SELECT replayid, root, number FROM feed WHERE replayid > $1 ORDER BY replayid LIMIT {FACTS_PER_STEP}) f
CROSS JOIN LATERAL (SELECT * FROM fact WHERE root = f.root AND number = f.number LIMIT 1) a
{_ORDER} ORDER BY f.replayid
"""
_OF_ROOT = f"""
SELECT NULL::bigint AS replayid, {_SHOWN}
FROM (SELECT * FROM fact WHERE root = $1 AND number > $2 ORDER BY number LIMIT {FACTS_PER_STEP}) a
{_ORDER} ORDER BY a.number
"""
_OF_ROOTS = f"""
SELECT NULL::bigint AS replayid, {_SHOWN}
FROM unnest($1::text[]) r(root)
CROSS JOIN LATERAL (SELECT * FROM fact WHERE root = r.root ORDER BY number LIMIT $2) a
{_ORDER} ORDER BY a.root, a.number
"""
_END = "SELECT coalesce((SELECT replayid FROM feed ORDER BY replayid DESC LIMIT 1), 0) AS last"


class TimedFact(msgspec.Struct, frozen=True, rename="camel"):
    """A fact as it is told: `replay_id` if it comes from the feed, `order_number` if its root is an order."""

    replay_id: int | None
    root: str
    order_number: str | None
    number: int
    kind: str
    at: datetime
    body: dict[str, Any]


async def end_of_feed(database: Database) -> int:
    """The replay id of the latest fact; 0 before the first."""
    row = await database.fetchrow(_END)
    last: int = row["last"]
    return last


async def since(database: Database, replay_id: int) -> list[TimedFact]:
    """The next facts of the feed after a replay id, FACTS_PER_STEP at most."""
    return _facts(await database.fetch(_FEED, replay_id))


async def of_root(database: Database, root: str, number: int) -> list[TimedFact]:
    """The next facts of a root after that number. They are written under the root's lock, so none comes late."""
    return _facts(await database.fetch(_OF_ROOT, root, number))


async def of_roots(database: Database, roots: Sequence[str], facts_max: int) -> dict[str, list[TimedFact]]:
    """The first facts of each root, `facts_max` of each at most, in one statement."""
    found: dict[str, list[TimedFact]] = {root: [] for root in roots}
    for fact in _facts(await database.fetch(_OF_ROOTS, list(roots), facts_max)):
        found[fact.root].append(fact)
    return found


def _facts(rows: Sequence[Any]) -> list[TimedFact]:
    return [
        TimedFact(
            row["replayid"], row["root"], row["ordernumber"], row["number"], row["kind"], row["at"],
            msgspec.json.decode(row["body"]),
        )
        for row in rows
    ]  # fmt: skip
