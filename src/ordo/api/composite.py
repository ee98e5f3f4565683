"""The composite family: so far the graph, the order-posting call."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from ordo.api import graph
from ordo.api.edge import answer, json_of, version_of
from ordo.api.graph_payload import graphs_of
from ordo.api.parts import parts_of
from ordo.api.writing import written
from ordo.platform.calls import Entry
from ordo.platform.roles import Right

_RIGHTS = {"POST": Right.CREATE, "GET": Right.READ, "PATCH": Right.UPDATE, "DELETE": Right.DELETE}


async def composite_graph(request: Request) -> Response:
    """Every graph is an atom of one call: together in one Work, each committed or refused by itself."""
    parts = parts_of(request)
    version_of(request)
    caller = await parts.caller(request)
    graphs = graphs_of(await json_of(request, parts.settings.body_bytes_max))
    for one in graphs:
        for node in one.nodes:
            if node.noun is not None:
                caller.require(_RIGHTS[node.method], node.noun.api)

    def reply(entries: Sequence[Entry]) -> Response:
        return answer(graph.answer(graphs, entries))

    return await written(request, caller, graphs, reply, graph.FAILED_GRAPHS_MAX)
