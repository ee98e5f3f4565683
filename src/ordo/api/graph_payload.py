"""The payload of `POST composite/graph`: checked as a whole and turned into graphs of nodes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ordo.api.graph import Graph
from ordo.api.nodes import Node, Place, node_of
from ordo.api.references import check_unique, in_order, is_reference_id
from ordo.kernel.problems import InvalidInput, ParserError

GRAPHS_MAX = 75
NODES_MAX = 500
DEPTH_MAX = 15

_GRAPH_ID = re.compile(r"[A-Za-z0-9][^.]{0,38}")
_URL = re.compile(r"/services/data/v(\d\d\.0)/sobjects/([^/?]+)(?:/([^/?]+))?(?:/([^/?]*))?/?(?:\?(.*))?")
_METHODS = frozenset({"POST", "PATCH", "GET", "DELETE"})


class Told(NamedTuple):
    """The parts of a subrequest, each of the right kind."""

    method: str
    url: str
    reference_id: str
    body: dict[str, Any]


def graphs_of(payload: object) -> list[Graph]:
    """The graphs of a request body. A Problem here refuses the whole payload."""
    if not isinstance(payload, dict) or not isinstance(payload.get("graphs"), list):
        raise ParserError("The request body must hold an array named graphs", fields=("graphs",))
    raw = payload["graphs"]
    if len(raw) > GRAPHS_MAX:
        raise InvalidInput(f"The maximum number of graphs per payload is {GRAPHS_MAX}: {len(raw)}")
    graphs = [_graph(item) for item in raw]
    seen: set[str] = set()
    for graph in graphs:
        if graph.graph_id in seen:
            raise InvalidInput(f"Duplicate graphId: {graph.graph_id}", fields=("graphId",))
        seen.add(graph.graph_id)
    nodes = sum(len(graph.nodes) for graph in graphs)
    if nodes > NODES_MAX:
        raise InvalidInput(f"The maximum number of nodes per payload is {NODES_MAX}: {nodes}")
    return graphs


def _graph(raw: object) -> Graph:
    if not isinstance(raw, dict) or not isinstance(raw.get("compositeRequest"), list):
        raise ParserError("A graph must hold an array named compositeRequest", fields=("compositeRequest",))
    graph_id = raw.get("graphId")
    if not isinstance(graph_id, str) or not _GRAPH_ID.fullmatch(graph_id):
        raise InvalidInput(f"Invalid graphId: {graph_id}", fields=("graphId",))
    nodes = [_node(told_of(item, _METHODS)) for item in raw["compositeRequest"]]
    check_unique(nodes)
    return Graph(nodes, in_order(nodes, DEPTH_MAX), graph_id=graph_id)


def told_of(raw: object, methods: frozenset[str], *, any_reference: bool = False) -> Told:
    """A subrequest's method, URL, referenceId and body; with `any_reference` its name may be one that none can
    refer to."""
    if not isinstance(raw, dict):
        raise ParserError("A subrequest must be an object", fields=("compositeRequest",))
    method, url, reference = raw.get("method"), raw.get("url"), raw.get("referenceId")
    if not isinstance(method, str) or method not in methods:
        raise InvalidInput(f"Invalid method: {method}", fields=("method",))
    if not isinstance(reference, str) or not reference or not (any_reference or is_reference_id(reference)):
        raise InvalidInput(f"Invalid referenceId: {reference}", fields=("referenceId",))
    body = raw.get("body") or {}
    if not isinstance(body, dict):
        raise ParserError("The body of a subrequest must be an object", fields=("body",))
    return Told(method, url if isinstance(url, str) else str(url), reference, body)


def _node(told: Told) -> Node:
    match = _URL.fullmatch(told.url)
    if match is None:
        raise InvalidInput(f"Invalid url for a graph: {told.url}", fields=("url",))
    place = Place(*match.groups(default=""))
    if not place.fits(told.method):
        raise InvalidInput(f"Invalid url for {told.method} in a graph: {told.url}", fields=("url",))
    return node_of(told.method, place, told.reference_id, told.body)
