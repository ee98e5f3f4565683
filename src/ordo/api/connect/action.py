"""A call of a Connect resource as a subrequest of a composite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.routing import compile_path

from ordo.api.connect import RESOURCES
from ordo.api.connect.resource import Output, Resource
from ordo.api.nodes import Response, answered
from ordo.api.parts import Parts
from ordo.api.references import Answers, holds_reference
from ordo.kernel.problems import Problem
from ordo.platform.auth import Caller
from ordo.platform.calls import Entry
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit


@cache
def _paths() -> list[tuple[re.Pattern[str], Resource]]:
    return [(compile_path(resource.path)[0], resource) for resource in RESOURCES]


def resource_at(path: str) -> tuple[Resource, dict[str, str]] | None:
    """The resource at a path below the version, and what the path names; None where there is none."""
    for pattern, resource in _paths():
        match = pattern.fullmatch(path)
        if match is not None:
            return resource, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


@dataclass
class Action:
    """`problem` is what is wrong with it, told when its turn comes."""

    resource: Resource
    named: Mapping[str, str]
    body: Mapping[str, Any]
    reference_id: str
    depends: frozenset[str]
    problem: Problem | None = None

    def require(self, caller: Caller) -> None:
        """InsufficientAccess (403)."""
        self.resource.require(caller)

    def need(self, reading: Reading) -> None:
        """What is known to be needed before anything was answered; a refusal waits for its turn."""
        if self.problem is not None or holds_reference([self.named, self.body]):
            return
        try:
            told = self.resource.told(self.named, self.body)
            for atom in self.resource.atoms(self.resource, told):
                atom.prefetch(reading)
        except Problem:
            return

    def perform(self, unit: Unit, answers: Answers) -> Response:
        """Inside a transaction nothing of it may be refused: what would be an entry's error is the call's."""
        named, body = self._filled(answers)
        try:
            told = self.resource.told(named, body)
            unit.settle()  # sums of what earlier subrequests wrote
            atoms = self.resource.atoms(self.resource, told)
            made = unit.together(partial(atom.run, unit) for atom in atoms)
            entries = [Entry(atom, unit.actor, answer=one) for atom, one in zip(atoms, made, strict=True)]
            return self._answered(self.resource.outcome(self.resource, told, entries))
        except Problem as problem:
            raise self.resource.refusal(problem) from problem

    async def alone(self, parts: Parts, caller: Caller, answers: Answers) -> Response:
        """As the call itself."""
        named, body = self._filled(answers)
        try:
            told = self.resource.told(named, body)
            entries = await parts.submit(self.resource.atoms(self.resource, told), caller)
            return self._answered(self.resource.outcome(self.resource, told, entries))
        except Problem as problem:
            raise self.resource.refusal(problem) from problem

    def _filled(self, answers: Answers) -> tuple[dict[str, Any], Any]:
        if self.problem is not None:
            raise self.problem
        return answers.filled(dict(self.named)), answers.filled(self.body)

    def _answered(self, output: Output) -> Response:
        return answered(self.reference_id, 201, msgspec.to_builtins(output, builtin_types=(Decimal,)))
