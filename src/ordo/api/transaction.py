"""Subrequests that are done together or not at all: an atom, and what it answers when one of them is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ordo.api.nodes import Response, answered
from ordo.api.references import Answers, ProcessingHalted
from ordo.kernel.problems import Problem
from ordo.platform.calls import Entry, Flush
from ordo.platform.loaded import NotLoaded
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit

ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


class Subrequest(Protocol):
    """`perform` answers the subresponse of a success, and raises a refusal as Problem."""

    reference_id: str
    depends: frozenset[str]

    def need(self, reading: Reading) -> None: ...

    def perform(self, unit: Unit, answers: Answers) -> Response: ...


class NodeFailed(Problem):
    """A transaction's outcome when one node was refused: that node and its error."""

    def __init__(self, node: Subrequest, problem: Problem) -> None:
        super().__init__(problem.message, fields=problem.fields, code=problem.code, status=problem.status)
        self.node = node
        self.problem = problem
        self.retry_after_seconds = problem.retry_after_seconds

    def as_body(self) -> list[object]:
        return self.problem.as_body()


@dataclass
class Transaction:
    """An atom: its nodes run in the order of their references, the array breaking ties.

    `known` are the answers of subrequests that were done before, `_kept` the subresponses up to the last flush.
    """

    nodes: Sequence[Subrequest]
    order: Sequence[Subrequest]
    known: Answers = field(default_factory=Answers)
    _kept: dict[str, Response] = field(default_factory=dict)

    def prefetch(self, reading: Reading) -> None:
        self._kept = {}
        for node in self.nodes:
            node.need(reading)

    def run(self, unit: Unit) -> dict[str, Response]:
        """Subresponses by referenceId."""
        answers, responses = self.known.copy(), dict(self._kept)
        answers.bodies.update((name, one["body"]) for name, one in responses.items())
        for place, node in enumerate(self.order):
            if node.reference_id in responses:
                continue
            unit.step = node.reference_id
            try:
                made = responses[node.reference_id] = node.perform(unit, answers)
            except NotLoaded as need:
                raise _all_needs(need, unit, self.order[place + 1 :], answers) from None
            except Flush:
                self._kept = responses
                raise
            except Problem as problem:
                raise NodeFailed(node, problem) from problem
            answers.bodies[node.reference_id] = made["body"]
        return responses

    def answer(self, entry: Entry) -> list[Response]:
        """The subresponses, rolled back ones included, in the order of the array."""
        if entry.error is None:
            made: Any = entry.answer
            return [made[node.reference_id] for node in self.nodes]
        faulty, own = self._fault(entry.error)
        return [own if node is faulty else rolled_back(node) for node in self.nodes]

    def _fault(self, error: Exception) -> tuple[Subrequest, Response]:
        """The node that was refused, with its own error. What the database refuses is told at the last node:
        what that one did could not be written."""
        node = error.node if isinstance(error, NodeFailed) else self.order[-1]
        return node, failed(node, error)


def _all_needs(need: NotLoaded, unit: Unit, later: Iterable[Subrequest], answers: Answers) -> NotLoaded:
    """What the nodes behind one that could not run miss too, so that it is read together: they are tried. Nothing
    of this lasts, and what they are refused for may be due to the gap."""
    needs = Reading()
    needs.merge(need.reading)
    for node in later:
        unit.step = node.reference_id
        try:
            answers.bodies[node.reference_id] = node.perform(unit, answers)["body"]
        except NotLoaded as more:
            needs.merge(more.reading)
        except Flush:
            break
        except Exception:  # noqa: S112  it is run again, and then it counts
            continue
    return NotLoaded(needs)


def failed(node: Subrequest, error: Exception) -> Response:
    """The subresponse with the node's own error; a fault of ours says nothing of itself."""
    problem = error.problem if isinstance(error, NodeFailed) else error
    if not isinstance(problem, Problem):
        problem = Problem("An unexpected error occurred.", code="UNKNOWN_EXCEPTION", status=500)
    return answered(node.reference_id, problem.status, problem.as_body())


def rolled_back(node: Subrequest) -> Response:
    return answered(node.reference_id, 400, ProcessingHalted(ROLLED_BACK).as_body())
