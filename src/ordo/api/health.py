"""For those who watch over it: whether the process lives, whether it can serve, what it measures."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from ordo.api.edge import answer
from ordo.api.parts import parts_of


async def alive(_: Request) -> Response:
    return answer({"status": "ok"})


async def ready(request: Request) -> Response:
    """Whether requests can be served; 503 names what is in the way: the database or its migrations.

    Without a worker orders are accepted and wait, so its heartbeat and the queue are told and refuse nobody.
    """
    waiting = await parts_of(request).readiness.backlog()
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


async def metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
