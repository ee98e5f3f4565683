"""The HTTP application: routes to endpoints, endpoints to parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ordo.api import by_key, composite, connect, discovery, health, oauth, query, sobjects
from ordo.api.discovery import DATA as _DATA
from ordo.api.edge import Edge, problem_answered, router_answered
from ordo.api.parts import Parts
from ordo.kernel.problems import Problem

Endpoint = Callable[[Request], Awaitable[Response]]


def _routes() -> list[Route]:
    table: list[tuple[str, str, Endpoint]] = [
        ("GET", "/healthz", health.alive),
        ("GET", "/readyz", health.ready),
        ("GET", "/metrics", health.metrics),
        ("GET", "/services/data", discovery.versions),
        ("GET", _DATA, discovery.resources),
        ("GET", _DATA + "/limits", discovery.limits),
        ("GET", _DATA + "/limits/recordCount", discovery.record_count),
        ("GET", _DATA + "/composite", discovery.composite_resources),
        ("POST", _DATA + "/composite", composite.composite),
        ("POST", _DATA + "/composite/graph", composite.composite_graph),
        ("GET", _DATA + "/query", query.query),
        ("GET", _DATA + "/queryAll", query.query_all),
        ("GET", _DATA + "/query/{locator}", query.more),
        ("GET", _DATA + "/queryAll/{locator}", query.more),
        ("GET", _DATA + "/sobjects", discovery.describe_all),
        ("GET", _DATA + "/sobjects/{noun}", discovery.basic_information),
        ("POST", _DATA + "/sobjects/{noun}", sobjects.create),
        ("POST", _DATA + "/sobjects/{noun}/Id", sobjects.create),
        ("GET", _DATA + "/sobjects/{noun}/describe", discovery.describe),
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


def application(parts: Parts, more: Iterable[Route] = ()) -> ASGIApp:
    """The ASGI application over the given machine room; `more` are the routes of other faces."""
    app = Starlette(
        routes=[*_routes(), *oauth.routes(parts.auth), *more],
        middleware=[Middleware(Edge)],
        exception_handlers={
            Problem: problem_answered,
            HTTPException: router_answered,
        },
    )
    app.state.parts = parts
    app.router.redirect_slashes = False
    return app
