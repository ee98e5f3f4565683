"""`POST composite/graph`: trees of records, each all or nothing, written together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ordo.kernel.ids import normalize
from ordo.kernel.problems import InvalidField, NotFound, ParserError, Problem
from ordo.platform import generic, wire
from ordo.platform.reading import Reading
from ordo.platform.records import Field, Kind, Noun, noun, noun_of_id
from ordo.platform.unit import Unit
from ordo.platform.values import convert, typed
from ordo.platform.verbs import verb_of_update
from ordo.platform.work import Entry

GRAPHS_MAX = 75
NODES_MAX = 500
DEPTH_MAX = 15
FAILED_GRAPHS_MAX = 14
OLDEST_VERSION = 48

ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
_REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_GRAPH_ID = re.compile(r"[A-Za-z0-9][^.]{0,38}")
_REFERENCE = re.compile(r"@\{([^.}\s]*)((?:\.[^}]*)?)\}")
_URL = re.compile(r"/services/data/v(\d\d)\.0/sobjects/([^/?]+)(?:/([^/?]+))?(?:/([^/?]*))?/?(?:\?(.*))?")
_METHODS = frozenset({"POST", "PATCH", "GET", "DELETE"})


class ProcessingHalted(Problem):
    code = "PROCESSING_HALTED"


class InvalidInput(Problem):
    code = "INVALID_INPUT"


@dataclass
class Node:
    """One subrequest: what it does to which noun; the record id or the body may hold references."""

    method: str
    url: str
    version: str
    shape: Noun
    target: str | None
    reference_id: str
    body: Mapping[str, Any]
    fields: list[Field] | None = None
    depends: frozenset[str] = frozenset()


class NodeFailed(Problem):
    """A graph's outcome when one node was refused: that node and its error."""

    def __init__(self, node: Node, problem: Problem) -> None:
        super().__init__(problem.message, fields=problem.fields, code=problem.code, status=problem.status)
        self.node = node
        self.problem = problem


@dataclass
class Graph:
    """An atom: its nodes run in the order of their references, the array breaking ties."""

    graph_id: str
    nodes: list[Node]
    order: list[Node] = field(default_factory=list)

    def prefetch(self, reading: Reading) -> None:
        for node in self.nodes:
            _need(reading, node)

    def run(self, unit: Unit) -> dict[str, dict[str, Any]]:
        """Answers by referenceId: the subresponses in the platform's shape."""
        answers: dict[str, dict[str, Any]] = {}
        for node in self.order:
            try:
                answers[node.reference_id] = _perform(unit, node, answers)
            except Problem as problem:
                raise NodeFailed(node, problem) from problem
        return answers


# -- reading the payload -----------------------------------------------------------------------


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
    references = [node.reference_id for node in nodes]
    for reference in references:
        if references.count(reference) > 1:
            raise InvalidInput(f"Duplicate referenceId: {reference}", fields=("referenceId",))
    return Graph(graph_id, nodes, _in_order(nodes))


def _node(raw: object) -> Node:
    if not isinstance(raw, dict):
        raise ParserError("A subrequest must be an object", fields=("compositeRequest",))
    method, url, reference = raw.get("method"), raw.get("url"), raw.get("referenceId")
    if method not in _METHODS:
        raise InvalidInput(f"Invalid method: {method}", fields=("method",))
    if not isinstance(reference, str) or not _REFERENCE_ID.fullmatch(reference):
        raise InvalidInput(f"Invalid referenceId: {reference}", fields=("referenceId",))
    match = _URL.fullmatch(url) if isinstance(url, str) else None
    if match is None or not isinstance(url, str):
        raise InvalidInput(f"Invalid url for a graph: {url}", fields=("url",))
    body = raw.get("body") or {}
    if not isinstance(body, dict):
        raise ParserError("The body of a subrequest must be an object", fields=("body",))
    return _placed(method, url, match, reference, body)


def _placed(method: str, url: str, match: re.Match[str], reference: str, body: dict[str, Any]) -> Node:
    version, name, target = match[1], match[2], match[3]
    shape = noun(name)
    if int(version) < OLDEST_VERSION or shape is None or shape.room == "machine":
        raise NotFound
    if (target is None) != (method == "POST") or match[4]:
        raise InvalidInput(f"Invalid url for {method} in a graph: {url}", fields=("url",))
    depends = frozenset(m[1] for text in _texts([url, body]) for m in _REFERENCE.finditer(text))
    node = Node(method, url, f"{version}.0", shape, target and unquote(target), reference, body, depends=depends)
    if method == "GET":
        node.fields = _wanted(shape, urlsplit(url).query)
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


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if "@{" in value:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


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


# -- what a node needs and does -----------------------------------------------------------------


def _need(reading: Reading, node: Node) -> None:
    if node.target is not None and "@{" not in node.target:
        record_id = normalize(node.target)
        if record_id is not None and noun_of_id(record_id) is node.shape:
            _need_target(reading, node, record_id)
    literal = {}
    for name, value in node.body.items():
        found = node.shape.by_name.get(name.lower())
        if found and found.kind is Kind.REFERENCE and isinstance(value, str) and "@{" not in value:
            record_id = normalize(value)
            if record_id is not None:
                literal[found.attribute] = record_id
    generic.need_references(reading, node.shape, literal)


def _need_target(reading: Reading, node: Node, record_id: str) -> None:
    if node.method == "GET":
        reading.rows(node.shape.record, "id", [record_id])
        return
    generic.need_row(reading, node.shape, record_id)
    attributes = [found.attribute for name in node.body if (found := node.shape.field(name)) is not None]
    verb = verb_of_update(node.shape.record, attributes)
    if verb is not None and verb.needs is not None:
        verb.needs(reading, record_id)


def _perform(unit: Unit, node: Node, answers: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    body = {name: _filled(value, answers) for name, value in node.body.items()} if node.depends else node.body
    if node.method == "POST":
        record = generic.create(unit, node.shape, typed(node.shape, body, creating=True))
        return {
            "body": {"id": record.id, "success": True, "errors": []},
            "httpHeaders": {"Location": wire.location(node.version, node.shape.api, record.id)},
            "httpStatusCode": 201,
            "referenceId": node.reference_id,
        }
    record_id = _record_id(node, answers)
    if node.method == "GET":
        found = unit.get(node.shape.record, record_id)
        if found is None:
            raise NotFound
        return _answered(node, 200, wire.document(found, node.version, node.fields))
    if node.method == "PATCH":
        generic.update(unit, node.shape, record_id, typed(node.shape, body, creating=False))
    else:
        generic.delete(unit, node.shape, record_id)
    return _answered(node, 204, None)


def _answered(node: Node, status: int, body: object) -> dict[str, Any]:
    return {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": node.reference_id}


def _record_id(node: Node, answers: Mapping[str, dict[str, Any]]) -> str:
    value = _filled(node.target, answers)
    id_field = node.shape.fields["id"]
    found = normalize(str(value))
    if found is None:
        raise NotFound(f"Provided external ID field does not exist or is not accessible: {value}")
    if noun_of_id(found) is not node.shape:
        convert(id_field, found)
        raise Problem(
            f"{node.shape.api} ID: id value of incorrect type: {found}", code="MALFORMED_ID", fields=("Id",)
        )
    return found


def _filled(value: Any, answers: Mapping[str, dict[str, Any]]) -> Any:
    """`@{ref.field}` replaced by what the node answered; a whole-text reference keeps its type."""
    if isinstance(value, str):
        if "@{" not in value:
            return value
        whole = _REFERENCE.fullmatch(value)
        if whole is not None:
            return _looked_up(whole, answers)
        return _REFERENCE.sub(lambda match: str(_looked_up(match, answers)), value)
    if isinstance(value, dict):
        return {key: _filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, answers) for item in value]
    return value


def _looked_up(match: re.Match[str], answers: Mapping[str, dict[str, Any]]) -> Any:
    reference, path = match[1], match[2].lstrip(".")
    found: Any = answers[reference]["body"] if reference in answers else None
    for step in path.split("."):
        found = found.get(step, _MISSING) if isinstance(found, dict) else _MISSING
    if found is _MISSING or isinstance(found, dict | list):
        name = f"{reference}.{path}" if path else reference
        raise ProcessingHalted(
            f"Invalid reference specified. No value for {name} found in {reference}. Provided referenceId "
            f"('{name}') must start with a letter or a number, and it can contain only letters, numbers and "
            "underscores ('_')."
        )
    return found


_MISSING = object()


# -- answering ----------------------------------------------------------------------------------


def answer(graphs: Sequence[Graph], entries: Sequence[Entry]) -> dict[str, Any]:
    """The body of the reply: per graph its subresponses, rolled back ones included."""
    return {"graphs": [_graph_answer(graph, entry) for graph, entry in zip(graphs, entries, strict=True)]}


def _graph_answer(graph: Graph, entry: Entry) -> dict[str, Any]:
    if entry.error is None:
        answers: Any = entry.answer
        responses = [answers[node.reference_id] for node in graph.nodes]
    else:
        responses = [_failed_node(node, entry.error) for node in graph.nodes]
    return {
        "graphId": graph.graph_id,
        "graphResponse": {"compositeResponse": responses},
        "isSuccessful": entry.error is None,
    }


def _failed_node(node: Node, error: Exception) -> dict[str, Any]:
    """The faulty node keeps its own error; when the database refused, the last node that could."""
    if isinstance(error, NodeFailed):
        if node is error.node:
            return _answered(node, error.problem.status, [error.problem.as_error()])
    elif isinstance(error, Problem):
        return _answered(node, error.status, [error.as_error()])
    else:
        unexpected = Problem("An unexpected error occurred.", code="UNKNOWN_EXCEPTION", status=500)
        return _answered(node, 500, [unexpected.as_error()])
    return _answered(node, 400, [ProcessingHalted(ROLLED_BACK).as_error()])
