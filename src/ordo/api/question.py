"""A query, or a further page of one, as a subrequest of a composite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ordo.api.nodes import Response, answered
from ordo.api.parts import Parts
from ordo.api.query import Asker, batch_size, first_page, further_page
from ordo.api.references import Answers
from ordo.kernel.problems import Problem
from ordo.platform.auth import Caller
from ordo.platform.calls import Flush
from ordo.platform.database import Connection, plan_as_reader
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit


@dataclass
class Question:
    """`locator` is None for a first page. `problem` is what is wrong with it, told when its turn comes."""

    version: str
    told: Mapping[str, str]
    locator: str | None
    include_deleted: bool
    headers: Mapping[str, str]
    reference_id: str
    depends: frozenset[str]
    problem: Problem | None = None
    asker: tuple[Parts, Caller] | None = None
    _outcome: dict[str, Any] | Problem | None = None

    def require(self, _: Caller) -> None:
        """Which nouns it reads shows when it is compiled."""

    def need(self, _: Reading) -> None:
        """Nothing that is read before it is asked; what it was answered in an earlier attempt is forgotten."""
        self._outcome = None

    def perform(self, unit: Unit, answers: Answers) -> Response:
        """Asks on what the transaction wrote so far."""
        told, locator = self._filled(answers)
        if self._outcome is None:
            unit.settle()

            async def ask(connection: Connection) -> None:
                await plan_as_reader(connection)
                try:
                    self._outcome = await self._page(told, locator, connection)
                except Problem as problem:
                    self._outcome = problem

            raise Flush(ask)
        if isinstance(self._outcome, Problem):
            raise self._outcome
        return answered(self.reference_id, 200, self._outcome)

    async def alone(self, answers: Answers) -> Response:
        """As the call itself."""
        told, locator = self._filled(answers)
        return answered(self.reference_id, 200, await self._page(told, locator, None))

    def _filled(self, answers: Answers) -> tuple[dict[str, str], str | None]:
        if self.problem is not None:
            raise self.problem
        return answers.filled(dict(self.told)), answers.filled(self.locator)

    async def _page(
        self, told: Mapping[str, str], locator: str | None, connection: Connection | None
    ) -> dict[str, Any]:
        assert self.asker is not None
        parts, caller = self.asker
        fetch = parts.database.fetch if connection is None else connection.fetch
        asker = Asker(parts, caller, self.version, batch_size(self.headers), fetch)
        if locator is not None:
            return await further_page(asker, str(locator))
        return await first_page(asker, told, include_deleted=self.include_deleted)
