"""For those who watch over it: whether the process lives, whether it can serve, what it measures."""

from __future__ import annotations

import asyncio

import asyncpg
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from ordo.api.edge import answer
from ordo.api.parts import parts_of
from ordo.kernel.problems import Unavailable
from ordo.platform import backlog, migrations
from ordo.platform.database import AWAY, Database


async def alive(_: Request) -> Response:
    return answer({"status": "ok"})


async def ready(request: Request) -> Response:
    """Whether requests can be served; 503 names what is in the way: the database or its migrations.

    Without a worker orders are accepted and wait, so its heartbeat and the queue are told and refuse nobody.
    """
    database = parts_of(request).database
    try:
        if await asyncio.to_thread(migrations.lacks, await _revision(database)):
            raise Unavailable("not ready: migrations are missing")
        waiting = await backlog.measured(database)
    except AWAY as away:
        raise Unavailable("not ready: the database is away") from away
    return answer(
        {
            "status": "ready",
            "database": "ok",
            "migrations": "ok",
            "worker": {"seconds_since_seen": waiting.worker_seconds},
            "queue": {
                "inbox": waiting.inbox,
                "lag_seconds": waiting.lag_seconds,
                "parked": waiting.parked,
                "jobs": waiting.jobs,
                "parked_jobs": waiting.parked_jobs,
            },
        }
    )


async def _revision(database: Database) -> str | None:
    try:
        row = await database.fetchrow("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return row["version_num"] if row else None


async def metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
