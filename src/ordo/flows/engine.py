"""Flows at work: the handler of the flow consumer. They are data: YAML that names facts and verbs by string."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ordo.flows.flow import Flow, standard_flows
from ordo.flows.steps import Told, UnknownFactField, steps_of
from ordo.kernel.problems import Problem
from ordo.platform.events import FeedFact
from ordo.platform.facts import DEPTH_MAX
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.work import Atom

__all__ = ["Flow", "FlowAtom", "FlowTooDeep", "Flows", "ReadyFlow", "standard_flows"]


class ReadyFlow:
    """A flow that was checked against the verbs, prepared for many facts. BadFlow says what is wrong with it."""

    def __init__(self, flow: Flow) -> None:
        self.name = flow.flow
        self.on = flow.on
        self.steps = steps_of(flow)
        self._matching = [
            (name, tuple(value) if isinstance(value, list) else (value,)) for name, value in flow.matching.items()
        ]

    def matches(self, fields: Mapping[str, Any]) -> bool:
        """Whether the fact is one it waits for. UnknownFactField if it asks for what facts do not say."""
        for name, values in self._matching:
            if name not in fields:
                raise UnknownFactField(name, fields)
            if fields[name] not in values:
                return False
        return True


class FlowAtom:
    """All verbs of one flow for one fact: they take effect together or not at all."""

    def __init__(self, flow: ReadyFlow, fact: FeedFact, fields: Mapping[str, Any]) -> None:
        self._flow = flow
        self._fact = fact
        self._told = Told(fields, {})
        self._commands = [None if step.is_late else step.command(self._told) for step in flow.steps]

    def prefetch(self, reading: Reading) -> None:
        for step, command in zip(self._flow.steps, self._commands, strict=True):
            known = step.foreseen(self._told) if step.is_late else command
            if known is not None:
                step.verb.needs(reading, [known])

    def run(self, unit: Unit) -> Mapping[str, object]:
        if self._fact.depth >= DEPTH_MAX:
            raise FlowTooDeep(self._fact.kind)
        unit.cause, unit.depth = self._fact.id, self._fact.depth + 1
        answers: dict[str, object] = {}
        told = Told(self._told.fact, answers)
        for step, known in zip(self._flow.steps, self._commands, strict=True):
            unit.settle()  # a step goes on from what the earlier ones left, sums included
            command = step.command(told) if step.is_late else known
            answers[step.verb.name] = step.verb.run(unit, command)
        return answers


class FlowTooDeep(Problem):
    """Facts that cause facts without end: parked, for a person to look at."""

    code = "FLOW_EXCEPTION"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is caused by {DEPTH_MAX} facts before it; a flow runs in a circle")


class Flows:
    """The flows that are on, by the fact they wait for: the handler of the flow consumer."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._by_fact: defaultdict[str, list[ReadyFlow]] = defaultdict(list)
        for flow in flows:
            self._by_fact[flow.on].append(ReadyFlow(flow))  # a wrong one is an error now, not at the first order

    def atoms(self, fact: FeedFact) -> list[Atom]:
        waiting = self._by_fact.get(fact.kind)
        if not waiting:
            return []
        fields = {**msgspec.json.decode(fact.body), "Root": fact.root}
        return [FlowAtom(flow, fact, fields) for flow in waiting if flow.matches(fields)]
