"""`POST composite/graph`: trees of records, each all or nothing, written together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ordo.kernel.ids import normalize
from ordo.kernel.problems import NotFound, Problem
from ordo.platform import generic, wire
from ordo.platform.fields import Field
from ordo.platform.reading import Reading
from ordo.platform.records import Noun, noun_of_id
from ordo.platform.unit import Unit
from ordo.platform.values import typed
from ordo.platform.verbs import Values, verb_of_update
from ordo.platform.work import Entry, TooManyFailures

FAILED_GRAPHS_MAX = 14
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
REFERENCE = re.compile(r"@\{([^.}\s]*)((?:\.[^}]*)?)\}")
_MISSING = object()


class ProcessingHalted(Problem):
    code = "PROCESSING_HALTED"


@dataclass
class Node:
    """One subrequest: what it does to which noun.

    `values` are the fields of the body that hold no reference, typed already; `open` are those that do.
    `problem` is what is wrong with the node: its own error, when its turn comes. `noun` is None where the
    URL names none that is served.
    """

    method: str
    version: str
    noun: Noun | None
    target: str | None
    reference_id: str
    values: Values
    open: Mapping[str, Any]
    depends: frozenset[str]
    fields: list[Field] | None = None
    problem: Problem | None = None

    @property
    def shape(self) -> Noun:
        if self.noun is None:
            raise NotFound
        return self.noun

    def all_values(self, answers: Mapping[str, dict[str, Any]]) -> Values:
        """The typed body, references replaced by what earlier nodes answered."""
        values = dict(self.values)
        if self.open:
            filled = {name: _filled(value, answers) for name, value in self.open.items()}
            values.update(typed(self.shape, filled, creating=self.method == "POST"))
        return values


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


# -- what a node needs and does -----------------------------------------------------------------


def _need(reading: Reading, node: Node) -> None:
    if node.problem is not None:
        return
    if node.target is not None and "@{" not in node.target:
        record_id = normalize(node.target)
        if record_id is not None and noun_of_id(record_id) is node.shape:
            _need_target(reading, node, record_id)
    generic.need_references(reading, node.shape, node.values)


def _need_target(reading: Reading, node: Node, record_id: str) -> None:
    if node.method == "GET":
        reading.rows(node.shape.record, "id", [record_id])
        return
    if node.method == "DELETE":
        generic.need_family(reading, node.shape, record_id)
        return
    generic.need_row(reading, node.shape, record_id)
    verb = verb_of_update(node.shape.record, node.values)
    if verb is not None and verb.needs is not None:
        verb.needs(reading, record_id)


def _perform(unit: Unit, node: Node, answers: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    if node.problem is not None:
        raise node.problem
    if node.method == "POST":
        record = generic.create(unit, node.shape, node.all_values(answers))
        return {
            "body": {"id": record.id, "success": True, "errors": []},
            "httpHeaders": {"Location": wire.location(node.version, node.shape.api, record.id)},
            "httpStatusCode": 201,
            "referenceId": node.reference_id,
        }
    record_id = _record_id(node, answers)
    if node.method == "GET":
        unit.settle()  # sums of what earlier nodes wrote
        found = generic.read(unit, node.shape, record_id)
        return _answered(node, 200, wire.document(found, node.version, node.fields))
    if node.method == "PATCH":
        generic.update(unit, node.shape, record_id, node.all_values(answers))
    else:
        generic.delete(unit, node.shape, record_id)
    return _answered(node, 204, None)


def _answered(node: Node, status: int, body: object) -> dict[str, Any]:
    return {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": node.reference_id}


def _record_id(node: Node, answers: Mapping[str, dict[str, Any]]) -> str:
    value = _filled(node.target, answers)
    found = normalize(str(value))
    if found is None:
        raise NotFound(f"Provided external ID field does not exist or is not accessible: {value}")
    if noun_of_id(found) is not node.shape:
        raise Problem(
            f"{node.shape.api} ID: id value of incorrect type: {found}", code="MALFORMED_ID", fields=("Id",)
        )
    return found


def _filled(value: Any, answers: Mapping[str, dict[str, Any]]) -> Any:
    """`@{ref.field}` replaced by what the node answered; a whole-text reference keeps its type."""
    if isinstance(value, str):
        if "@{" not in value:
            return value
        whole = REFERENCE.fullmatch(value)
        if whole is not None:
            return _looked_up(whole, answers)
        return REFERENCE.sub(lambda match: str(_looked_up(match, answers)), value)
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


# -- answering ----------------------------------------------------------------------------------


def answer(graphs: Sequence[Graph], entries: Sequence[Entry]) -> dict[str, Any]:
    """The body of the reply: per graph its subresponses, rolled back ones included."""
    return {"graphs": [_graph_answer(graph, entry) for graph, entry in zip(graphs, entries, strict=True)]}


def _graph_answer(graph: Graph, entry: Entry) -> dict[str, Any]:
    if entry.error is None:
        answers: Any = entry.answer
        responses = [answers[node.reference_id] for node in graph.nodes]
    else:
        responses = _failed_responses(graph, entry.error)
    return {
        "graphId": graph.graph_id,
        "graphResponse": {"compositeResponse": responses},
        "isSuccessful": entry.error is None,
    }


def _failed_responses(graph: Graph, error: Exception) -> list[dict[str, Any]]:
    if isinstance(error, TooManyFailures):
        return [_rolled_back(node) for node in graph.nodes]
    faulty, own = _fault(graph, error)
    return [own if node is faulty else _rolled_back(node) for node in graph.nodes]


def _fault(graph: Graph, error: Exception) -> tuple[Node, dict[str, Any]]:
    """The node that was refused, with its own error. What the database refuses is told at the last node:
    what that one did could not be written."""
    if isinstance(error, NodeFailed):
        return error.node, _answered(error.node, error.problem.status, [error.problem.as_error()])
    node = graph.order[-1]
    if isinstance(error, Problem):
        return node, _answered(node, error.status, [error.as_error()])
    unexpected = Problem("An unexpected error occurred.", code="UNKNOWN_EXCEPTION", status=500)
    return node, _answered(node, 500, [unexpected.as_error()])


def _rolled_back(node: Node) -> dict[str, Any]:
    return _answered(node, 400, [ProcessingHalted(ROLLED_BACK).as_error()])
