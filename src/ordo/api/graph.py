"""`POST composite/graph`: trees of records, each all or nothing, written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ordo.api.nodes import Node
from ordo.api.transaction import Transaction, rolled_back
from ordo.platform.calls import Entry, TooManyFailures

FAILED_GRAPHS_MAX = 14


@dataclass
class Graph(Transaction):
    """A transaction with a name."""

    nodes: Sequence[Node]
    order: Sequence[Node]
    graph_id: str = ""


def answer(graphs: Sequence[Graph], entries: Sequence[Entry]) -> dict[str, Any]:
    """The body of the reply: per graph its subresponses."""
    return {"graphs": [_graph_answer(graph, entry) for graph, entry in zip(graphs, entries, strict=True)]}


def _graph_answer(graph: Graph, entry: Entry) -> dict[str, Any]:
    halted = isinstance(entry.error, TooManyFailures)
    responses = [rolled_back(node) for node in graph.nodes] if halted else graph.answer(entry)
    return {
        "graphId": graph.graph_id,
        "graphResponse": {"compositeResponse": responses},
        "isSuccessful": entry.error is None,
    }
