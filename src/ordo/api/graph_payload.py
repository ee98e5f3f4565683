"""The payload of `POST composite/graph`: checked as a whole and turned into graphs of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from ordo.api.edge import NEWEST, OLDEST
from ordo.api.graph import REFERENCE, Graph, Node
from ordo.kernel.problems import InvalidField, ParserError, Problem
from ordo.platform.fields import Field
from ordo.platform.records import Noun, noun
from ordo.platform.values import typed

GRAPHS_MAX = 75
NODES_MAX = 500
DEPTH_MAX = 15
NESTING_MAX = 32

_REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_GRAPH_ID = re.compile(r"[A-Za-z0-9][^.]{0,38}")
_URL = re.compile(r"/services/data/v(\d\d)\.0/sobjects/([^/?]+)(?:/([^/?]+))?(?:/([^/?]*))?/?(?:\?(.*))?")
_METHODS = frozenset({"POST", "PATCH", "GET", "DELETE"})


class InvalidInput(Problem):
    code = "INVALID_INPUT"


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
    nodes = [_node(item) for item in raw["compositeRequest"]]
    seen: set[str] = set()
    for node in nodes:
        if node.reference_id in seen:
            raise InvalidInput(f"Duplicate referenceId: {node.reference_id}", fields=("referenceId",))
        seen.add(node.reference_id)
    return Graph(graph_id, nodes, _in_order(nodes))


def _node(raw: object) -> Node:
    if not isinstance(raw, dict):
        raise ParserError("A subrequest must be an object", fields=("compositeRequest",))
    method, url, reference = raw.get("method"), raw.get("url"), raw.get("referenceId")
    if not isinstance(method, str) or method not in _METHODS:
        raise InvalidInput(f"Invalid method: {method}", fields=("method",))
    if not isinstance(reference, str) or not _REFERENCE_ID.fullmatch(reference):
        raise InvalidInput(f"Invalid referenceId: {reference}", fields=("referenceId",))
    match = _URL.fullmatch(url) if isinstance(url, str) else None
    if match is None or not isinstance(url, str):
        raise InvalidInput(f"Invalid url for a graph: {url}", fields=("url",))
    body = raw.get("body") or {}
    if not isinstance(body, dict):
        raise ParserError("The body of a subrequest must be an object", fields=("body",))
    return _placed(method, match, reference, body)


def _placed(method: str, match: re.Match[str], reference: str, body: dict[str, Any]) -> Node:
    version, name, target, query = match[1], match[2], match[3], match[5]
    if (target is None) != (method == "POST") or match[4]:
        raise InvalidInput(f"Invalid url for {method} in a graph: {match[0]}", fields=("url",))
    held = {name: value for name, value in body.items() if _holds_reference(value)}
    node = Node(
        method,
        f"{version}.0",
        noun(name) if OLDEST <= int(version) <= NEWEST else None,
        target and unquote(target),
        reference,
        {},
        held,
        frozenset(found[1] for text in _texts([target, held]) for found in REFERENCE.finditer(text)),
    )
    try:
        plain = {name: value for name, value in body.items() if name not in held} if held else body
        node.values = typed(node.shape, plain, creating=method == "POST")
        if method == "GET":
            node.fields = _wanted(node.shape, query or "")
    except Problem as problem:  # refuses this node and so its graph, not the payload
        node.problem = problem
    return node


def _wanted(shape: Noun, query: str) -> list[Field] | None:
    named = dict(parse_qsl(query)).get("fields")
    if not named:
        return None
    return [wanted_field(shape, name) for name in named.split(",")]


def wanted_field(shape: Noun, name: str) -> Field:
    """A field named in `fields=`; INVALID_FIELD where there is none."""
    found = shape.field(name.strip())
    if found is None or found.hidden:
        raise InvalidField(f"No such column '{name.strip()}' on sobject of type {shape.api}")
    return found


def _holds_reference(value: object) -> bool:
    if isinstance(value, str):
        return "@{" in value
    return isinstance(value, dict | list) and any(True for _ in _texts(value))


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """The texts in a value that hold a reference; ParserError where it is nested beyond any use."""
    if depth > NESTING_MAX:
        raise ParserError("The body of a subrequest is nested too deep", fields=("body",))
    if isinstance(value, str):
        if "@{" in value:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)


def _in_order(nodes: Sequence[Node]) -> list[Node]:
    """By references, array order otherwise; a circle or a chain over the limit is refused."""
    by_reference = {node.reference_id: node for node in nodes}
    depth: dict[str, int] = {}
    order: list[Node] = []

    def visit(node: Node, path: tuple[str, ...]) -> int:
        if node.reference_id in depth:
            return depth[node.reference_id]
        if node.reference_id in path:
            raise InvalidInput(f"Circular reference: {' -> '.join((*path, node.reference_id))}")
        if len(path) >= DEPTH_MAX:
            raise InvalidInput(f"The maximum depth of a graph is {DEPTH_MAX}")
        above = (by_reference[name] for name in sorted(node.depends) if name in by_reference)
        reached = 1 + max((visit(one, (*path, node.reference_id)) for one in above), default=0)
        if reached > DEPTH_MAX:
            raise InvalidInput(f"The maximum depth of a graph is {DEPTH_MAX}")
        depth[node.reference_id] = reached
        order.append(node)
        return reached

    for node in nodes:
        visit(node, ())
    return order
