"""Flows: on a fact, do verbs. They are data: YAML files that name facts and verbs by string."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec
import yaml

from ordo.kernel.problems import Problem
from ordo.platform.events import FeedFact
from ordo.platform.facts import DEPTH_MAX
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.verbs import Verb, verb_named
from ordo.platform.work import Atom


class Flow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`do` is a list of one-entry maps: verb name → arguments; `$Name` takes a value from the fact."""

    flow: str
    on: str
    do: list[dict[str, dict[str, Any]]]
    about: str = ""

    def steps(self) -> list[tuple[Verb[Any, Any], dict[str, Any]]]:
        return [(verb_named(name), arguments) for step in self.do for name, arguments in step.items()]


class FlowAtom:
    """All verbs of one flow for one fact: they take effect together or not at all."""

    def __init__(self, flow: Flow, fact: FeedFact) -> None:
        body = msgspec.json.decode(fact.body)
        self._fact = fact
        self._commands = [
            (verb, msgspec.convert(_filled(arguments, body, fact), verb.command))
            for verb, arguments in flow.steps()
        ]

    def prefetch(self, reading: Reading) -> None:
        for verb, command in self._commands:
            verb.needs(reading, [command])

    def run(self, unit: Unit) -> list[object]:
        if self._fact.depth >= DEPTH_MAX:
            raise FlowTooDeep(self._fact.kind)
        unit.cause, unit.depth = self._fact.id, self._fact.depth + 1
        return [verb.run(unit, command) for verb, command in self._commands]


class FlowTooDeep(Problem):
    """Facts that cause facts without end: parked, for a person to look at."""

    code = "FLOW_EXCEPTION"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is caused by {DEPTH_MAX} facts before it; a flow runs in a circle")


def _filled(arguments: Mapping[str, Any], body: Mapping[str, Any], fact: FeedFact) -> dict[str, Any]:
    known = {**body, "Root": fact.root}
    return {
        name: known[value[1:]] if isinstance(value, str) and value.startswith("$") else value
        for name, value in arguments.items()
    }


class Flows:
    """The flows that are on, by the fact they wait for: the handler of the flow consumer."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._by_fact: defaultdict[str, list[Flow]] = defaultdict(list)
        for flow in flows:
            flow.steps()  # an unknown verb is an error at the start, not at the first order
            self._by_fact[flow.on].append(flow)

    def atoms(self, fact: FeedFact) -> list[Atom]:
        return [FlowAtom(flow, fact) for flow in self._by_fact.get(fact.kind, ())]


def standard_flows() -> list[Flow]:
    """The flows shipped by default."""
    folder = files("ordo.flows") / "standard"
    texts = sorted((item.name, item.read_text()) for item in folder.iterdir() if item.name.endswith(".yaml"))
    return [msgspec.convert(_loaded(text), Flow) for _, text in texts]


def _loaded(text: str) -> Any:
    document = yaml.safe_load(text)
    if True in document:  # YAML 1.1 reads the key `on` as a truth value
        document["on"] = document.pop(True)
    return document
