"""For those who watch over it: whether the process lives, whether it can serve, what it measures."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response

from ordo.api.edge import answer
from ordo.api.parts import parts_of
from ordo.kernel.problems import Unavailable
from ordo.platform import backlog, migrations
from ordo.platform.database import AWAY, Database

READY_SECONDS_MAX = 4.0  # those who ask wait five


async def alive(_: Request) -> Response:
    return answer({"status": "ok"})


async def ready(request: Request) -> Response:
    """Whether requests can be served; 503 names what is in the way: the database or its migrations.

    Without a worker orders are accepted and wait, so its heartbeat and the queue are told and refuse nobody.
    """
    look = _look(request.app.state, parts_of(request).database)
    done, _ = await asyncio.wait({look}, timeout=READY_SECONDS_MAX)
    if not done:
        raise Unavailable("not ready: the database does not answer")
    try:
        return answer(look.result())
    except AWAY as away:
        raise Unavailable("not ready: the database is away") from away


def _look(state: State, database: Database) -> asyncio.Task[dict[str, Any]]:
    """One look at a time: however many ask a database that does not answer, they hold one connection. It is
    not broken off, which would wait for the database too."""
    look: asyncio.Task[dict[str, Any]] | None = getattr(state, "look", None)
    if look is None or look.done():
        look = state.look = asyncio.create_task(_found(database))
        look.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # whoever asked may be gone
    return look


async def _found(database: Database) -> dict[str, Any]:
    """What `ready` tells; Unavailable without the migrations."""
    if await asyncio.to_thread(migrations.lacks, await _revision(database)):
        raise Unavailable("not ready: migrations are missing")
    waiting = await backlog.measured(database)
    return {
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


async def _revision(database: Database) -> str | None:
    try:
        row = await database.fetchrow("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return row["version_num"] if row else None


async def metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
