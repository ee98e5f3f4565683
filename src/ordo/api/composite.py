"""The composite family: the graph, the order-posting call, and the plain composite."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from starlette.requests import Request
from starlette.responses import Response

from ordo.api import graph, nodes
from ordo.api.composite_payload import Composite, Part, composite_of
from ordo.api.connect.action import Action
from ordo.api.edge import answer, json_of, version_of
from ordo.api.graph_payload import graphs_of
from ordo.api.nodes import Node
from ordo.api.parts import Parts, parts_of
from ordo.api.question import Question
from ordo.api.references import Answers
from ordo.api.transaction import Transaction, failed
from ordo.api.writing import written
from ordo.kernel.problems import Problem
from ordo.platform.auth import Caller
from ordo.platform.calls import Entry
from ordo.platform.idempotency import HEADER

log = structlog.get_logger()


class IdempotencyNotSupported(Problem):
    code = "IDEMPOTENCY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__(f"{HEADER} needs allOrNone: true where a composite writes")


async def composite_graph(request: Request) -> Response:
    """Every graph is an atom of one call: together in one Work, each committed or refused by itself."""
    parts = parts_of(request)
    version_of(request)
    caller = await parts.caller(request)
    graphs = graphs_of(await json_of(request, parts.settings.body_bytes_max))
    for one in graphs:
        for node in one.nodes:
            node.require(caller)

    def reply(entries: Sequence[Entry]) -> Response:
        return answer(graph.answer(graphs, entries))

    return await written(request, caller, graphs, reply, graph.FAILED_GRAPHS_MAX)


async def composite(request: Request) -> Response:
    """Subrequests one after the other, each a commit of its own; with `allOrNone` one transaction (9.1)."""
    parts, version = parts_of(request), version_of(request)
    caller = await parts.caller(request)
    told = composite_of(await json_of(request, parts.settings.body_bytes_max), version)
    for part in told.parts:
        _admit(part, parts, caller)
    if told.all_or_none:
        return await _together(request, caller, told)
    if request.headers.get(HEADER) is not None and any(_writes(part) for part in told.parts):
        raise IdempotencyNotSupported
    return answer({"compositeResponse": await _one_by_one(parts, caller, told)})


def _admit(part: Part, parts: Parts, caller: Caller) -> None:
    """What the caller may not do is refused when its turn comes."""
    if isinstance(part, Question):
        part.asker = (parts, caller)
    try:
        part.require(caller)
    except Problem as problem:
        part.problem = problem


def _writes(part: Part) -> bool:
    return isinstance(part, Action) or (isinstance(part, Node) and part.method != "GET")


async def _together(request: Request, caller: Caller, told: Composite) -> Response:
    """One atom. With a query it has a Work of its own, since that writes and asks within its transaction."""
    transaction = Transaction(told.parts, told.order, Answers(is_old=told.is_old))

    def reply(entries: Sequence[Entry]) -> Response:
        return answer({"compositeResponse": transaction.answer(entries[0])})

    if not told.parts:
        return answer({"compositeResponse": []})
    return await written(request, caller, [transaction], reply, apart=told.asks)


async def _one_by_one(parts: Parts, caller: Caller, told: Composite) -> list[nodes.Response]:
    """What refers to one that failed finds no value there, and so is not done."""
    answers = Answers(is_old=told.is_old)
    responses: dict[str, nodes.Response] = {}
    for part in told.order:
        try:
            made = responses[part.reference_id] = await _alone(part, parts, caller, answers)
        except Problem as problem:
            responses[part.reference_id] = failed(part, problem)
        except Exception as fault:
            log.exception("a subrequest failed")
            responses[part.reference_id] = failed(part, fault)
        else:
            answers.bodies[part.reference_id] = made["body"]
    return [responses[part.reference_id] for part in told.parts]


async def _alone(part: Part, parts: Parts, caller: Caller, answers: Answers) -> nodes.Response:
    if isinstance(part, Action):
        return await part.alone(parts, caller, answers)
    if isinstance(part, Question):
        return await part.alone(answers)
    transaction = Transaction([part], [part], answers)
    (entry,) = await parts.submit([transaction], caller)
    if entry.error is not None:
        raise entry.error
    return transaction.answer(entry)[0]
