"""The HTTP application: routes to endpoints, endpoints to parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ordo.api import by_key, composite, connect, health, oauth, query, sobjects
from ordo.api.edge import (
    NEWEST,
    OLDEST,
    Edge,
    answer,
    problem_answered,
    router_answered,
    version_of,
)
from ordo.api.parts import Parts, parts_of
from ordo.kernel.problems import Problem

Endpoint = Callable[[Request], Awaitable[Response]]
_DATA = "/services/data/v{version}"
_SEASONS = ("Winter", "Spring", "Summer")


async def versions(_: Request) -> Response:
    """No session needed; oldest first, since clients take the highest."""
    return answer(
        [
            {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in range(OLDEST, NEWEST + 1)
        ]
    )


def _label(number: int) -> str:
    """Version 50 is Winter '21; three a year."""
    year, season = divmod(number - 50, 3)
    return f"{_SEASONS[season]} '{21 + year}"


async def resources(request: Request) -> Response:
    parts = parts_of(request)
    version = version_of(request)
    caller = await parts.caller(request)
    base = f"/services/data/v{version}"
    found = {name: f"{base}/{name}" for name in ("sobjects", "query", "queryAll", "composite", "limits")}
    host = parts.auth.public_url or str(request.base_url).rstrip("/")
    return answer(found | {"identity": f"{host}/id/{caller.organization_id}/{caller.user_id}"})


def _routes() -> list[Route]:
    table: list[tuple[str, str, Endpoint]] = [
        ("GET", "/healthz", health.alive),
        ("GET", "/readyz", health.ready),
        ("GET", "/metrics", health.metrics),
        ("GET", "/services/data", versions),
        ("GET", _DATA, resources),
        ("POST", _DATA + "/composite", composite.composite),
        ("POST", _DATA + "/composite/graph", composite.composite_graph),
        ("GET", _DATA + "/query", query.query),
        ("GET", _DATA + "/queryAll", query.query_all),
        ("GET", _DATA + "/query/{locator}", query.more),
        ("GET", _DATA + "/queryAll/{locator}", query.more),
        ("POST", _DATA + "/sobjects/{noun}", sobjects.create),
        ("POST", _DATA + "/sobjects/{noun}/Id", sobjects.create),
        ("GET", _DATA + "/sobjects/{noun}/{record}", sobjects.read),
        ("PATCH", _DATA + "/sobjects/{noun}/{record}", sobjects.update),
        ("DELETE", _DATA + "/sobjects/{noun}/{record}", sobjects.delete),
        *((method, _DATA + "/sobjects/{noun}/{field}/{value:path}", by_key.by_key) for method in by_key.METHODS),
        *(("POST", _DATA + resource.path, resource.__call__) for resource in connect.RESOURCES),
    ]
    by_path: dict[str, dict[str, Endpoint]] = {}
    for method, path, endpoint in table:
        by_path.setdefault(path, {})[method] = endpoint
    return [Route(path, _by_method(some), methods=list(some)) for path, some in by_path.items()]


def _by_method(endpoints: dict[str, Endpoint]) -> Endpoint:
    """One route per path, so that a refusal names every method there is."""
    if len(endpoints) == 1:
        return next(iter(endpoints.values()))

    async def dispatched(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return dispatched


def application(parts: Parts) -> ASGIApp:
    """The ASGI application over the given machine room."""
    app = Starlette(
        routes=[*_routes(), *oauth.routes(parts.auth)],
        middleware=[Middleware(Edge)],
        exception_handlers={
            Problem: problem_answered,
            HTTPException: router_answered,
        },
    )
    app.state.parts = parts
    app.router.redirect_slashes = False
    return app
