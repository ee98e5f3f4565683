"""The description of an object as a subrequest of a composite."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ordo.api.discovery import sight_of
from ordo.api.nodes import Response, answered
from ordo.api.parts import Parts
from ordo.api.references import Answers
from ordo.kernel.problems import Problem
from ordo.platform import describing
from ordo.platform.auth import Caller, Right
from ordo.platform.reading import Reading
from ordo.platform.records import Noun
from ordo.platform.unit import Unit


@dataclass
class Description:
    """`problem` is what is wrong with it, told when its turn comes."""

    version: str
    noun: Noun
    reference_id: str
    depends: frozenset[str] = frozenset()
    problem: Problem | None = None
    asker: tuple[Parts, Caller] | None = None

    def require(self, caller: Caller) -> None:
        """InsufficientAccess (403)."""
        caller.require(Right.READ, self.noun.api)

    def need(self, _: Reading) -> None:
        """Nothing: it is drawn from declarations."""

    def perform(self, _: Unit, __: Answers) -> Response:
        if self.problem is not None:
            raise self.problem
        assert self.asker is not None
        parts, caller = self.asker
        body = describing.described(self.noun, sight_of(parts, self.version, caller))
        return answered(self.reference_id, 200, msgspec.Raw(body))
