"""Flows at work: the handler of the flow consumer. They are data: YAML that names facts and verbs by string."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from ordo.flows.condition import Condition
from ordo.flows.flow import BadFlow, Flow, standard_flows
from ordo.flows.steps import Step, Told, UnknownFactField, steps_of
from ordo.kernel.problems import Problem
from ordo.platform.database import Connection
from ordo.platform.events import FeedFact
from ordo.platform.facts import DEPTH_MAX
from ordo.platform.loaded import NotLoaded
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.work import Atom

__all__ = ["BrokenFlow", "Flow", "FlowAtom", "FlowTooDeep", "Flows", "ReadyFlow", "standard_flows"]


class ReadyFlow:
    """A flow that was checked against the verbs, prepared for many facts. BadFlow says what is wrong with it."""

    def __init__(self, flow: Flow) -> None:
        self.name = flow.flow
        self.on = flow.on
        self.steps = steps_of(flow)
        self.condition = Condition(flow.flow, flow.when) if flow.when else None
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

    def may_wait_for(self, fields: Mapping[str, Any]) -> bool:
        """Whether the fact is not one that it passes over; one it cannot read is none."""
        try:
            return self.matches(fields)
        except UnknownFactField:
            return True

    def atom(self, fact: FeedFact, fields: Mapping[str, Any]) -> FlowAtom | None:
        """What it does for this fact; None if it does not wait for it. Raises UnknownFactField, BadArgument and
        UnfitBind."""
        if not self.matches(fields):
            return None
        asked = self.condition.values(fields) if self.condition else ()
        return None if asked is None else FlowAtom(self, fact, fields, asked)


class BrokenFlow:
    """A stored flow that cannot run: the facts it waits for are parked, none is passed over."""

    def __init__(self, flow: Flow, reason: str) -> None:
        self.name = flow.flow
        self.on = flow.on
        self._reason = reason

    def may_wait_for(self, _: Mapping[str, Any]) -> bool:
        return True

    def atom(self, _: FeedFact, __: Mapping[str, Any]) -> FlowAtom | None:
        raise BadFlow(self._reason)


class FlowAtom:
    """All verbs of one flow for one fact: they take effect together or not at all."""

    def __init__(
        self, flow: ReadyFlow, fact: FeedFact, fields: Mapping[str, Any], asked: tuple[object, ...]
    ) -> None:
        self.condition = flow.condition
        self.asked = asked
        self._flow = flow
        self._fact = fact
        self._told = Told(fields, {})
        self._needed = Reading()
        self._commands = [None if step.is_late else step.command(self._told) for step in flow.steps]

    def prefetch(self, reading: Reading) -> None:
        self._needed = Reading()
        for step, command in zip(self._flow.steps, self._commands, strict=True):
            if not step.is_late:
                step.verb.needs(self._needed, [command])
                continue
            with suppress(Exception):  # what a blank trips over is asked when the step runs
                blank = step.foreseen(self._told)
                if blank is not None:
                    step.verb.needs(self._needed, [blank])
        reading.merge(self._needed)

    def run(self, unit: Unit) -> Mapping[str, object]:
        if self._fact.depth >= DEPTH_MAX:
            raise FlowTooDeep(self._fact.kind)
        unit.cause, unit.depth = self._fact.id, self._fact.depth + 1
        answers: dict[str, object] = {}
        told = Told(self._told.fact, answers)
        for step, known in zip(self._flow.steps, self._commands, strict=True):
            unit.settle()  # a step goes on from what the earlier ones left, sums included
            command = known
            if step.is_late:
                command = step.command(told)
                self._need(unit, step, command)
            answers[step.verb.name] = step.verb.run(unit, command)
        return answers

    def _need(self, unit: Unit, step: Step, command: Any) -> None:
        """Before a step decides on an earlier one's answer, what that leads to is locked and read; what this Work
        made is neither. All is read anew, as a lock makes what was read before it old."""
        asked, made = Reading(), unit.added.keys()
        step.verb.needs(asked, [command])
        locks = {path: ids - made - self._needed.locks.get(path, set()) for path, ids in asked.locks.items()}
        arms = {arm: keys - made - self._needed.arms.get(arm, set()) for arm, keys in asked.arms.items()}
        if any(locks.values()) or any(arms.values()):
            self._needed.merge(asked)
            raise NotLoaded(self._needed)


class FlowTooDeep(Problem):
    """Facts that cause facts without end: parked, for a person to look at."""

    code = "FLOW_EXCEPTION"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is caused by {DEPTH_MAX} facts before it; a flow runs in a circle")


class Flows:
    """The flows that are on, by the fact they wait for: the handler of the flow consumer."""

    def __init__(self, flows: Sequence[Flow] = ()) -> None:
        self.use([ReadyFlow(flow) for flow in flows])

    def use(self, flows: Sequence[ReadyFlow | BrokenFlow]) -> None:
        """These flows and no others from now on."""
        self._by_fact: defaultdict[str, list[ReadyFlow | BrokenFlow]] = defaultdict(list)
        for flow in flows:
            self._by_fact[flow.on].append(flow)

    def atoms(self, fact: FeedFact) -> list[Atom]:
        waiting = self._by_fact.get(fact.kind)
        if not waiting:
            return []
        fields = _fields(fact)
        atoms = [flow.atom(fact, fields) for flow in waiting]
        return [atom for atom in atoms if atom is not None]

    def names(self, fact: FeedFact) -> list[str]:
        """The flows that wait for this fact, whatever their conditions."""
        fields = _fields(fact)
        return [flow.name for flow in self._by_fact.get(fact.kind, ()) if flow.may_wait_for(fields)]

    async def admit(self, connection: Connection, atoms: Sequence[Atom], now: datetime) -> Sequence[bool]:
        """Which atoms' conditions hold now: one statement for each flow that has one, however many facts."""
        admitted = [True] * len(atoms)
        asking: defaultdict[Condition, list[tuple[int, tuple[object, ...]]]] = defaultdict(list)
        for place, atom in enumerate(atoms):
            if isinstance(atom, FlowAtom) and atom.condition is not None:
                asking[atom.condition].append((place, atom.asked))
        for condition, askers in asking.items():
            holds = await condition.holds(connection, [values for _, values in askers], now)
            for (place, _), is_so in zip(askers, holds, strict=True):
                admitted[place] = is_so
        return admitted


def _fields(fact: FeedFact) -> dict[str, Any]:
    return {**msgspec.json.decode(fact.body), "Root": fact.root}
