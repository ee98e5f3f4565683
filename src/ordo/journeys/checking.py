"""The laws, asked of live data: one snapshot, nothing written, each law with a time limit."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

import asyncpg
import msgspec

from ordo.journeys.laws import Law

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ordo.platform.database import Connection, Database

_LIMIT = "SELECT set_config('statement_timeout', $1, true)"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`count` rows break the law; `examples` are the first of their ids."""

    law: str
    state: Literal["holds", "broken", "not checked"]
    count: int = 0
    examples: list[str] = []
    seconds: float


@asynccontextmanager
async def snapshot(database: Database, seconds: int) -> AsyncIterator[Connection]:
    """All laws see the data of one moment, so that they hold while others write; no statement may take longer
    than `seconds`."""
    async with (
        database.reader() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(_LIMIT, str(seconds * 1000))
        yield connection


async def judged(connection: Connection, law: Law, *, seconds: int, examples: int) -> Verdict:
    """Within a snapshot. The ids stay in the database but for a few, however many there are."""
    sql = (
        f"WITH broken(id) AS MATERIALIZED ({law.sql}) SELECT (SELECT count(*) FROM broken) AS count, "
        "array(SELECT id FROM broken ORDER BY id LIMIT $1) AS examples"
    )
    began = time.monotonic()
    try:
        async with connection.transaction():  # a savepoint: what is cut off leaves the snapshot as it is
            # the database ends it; the driver, which would drop the connection, only after that
            row = await connection.fetchrow(sql, examples, timeout=seconds + 30)
    except asyncpg.QueryCanceledError:
        return Verdict(law=law.name, state="not checked", seconds=_since(began))
    state: Literal["holds", "broken"] = "broken" if row["count"] else "holds"
    return Verdict(law=law.name, state=state, count=row["count"], examples=row["examples"], seconds=_since(began))


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
