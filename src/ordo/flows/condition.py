"""`when`: a SOQL query with fields of the fact in it; the condition holds when it finds a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ordo.flows.flow import BadFlow
from ordo.flows.steps import UnknownFactField
from ordo.kernel.problems import Problem
from ordo.platform.database import Connection
from ordo.soql import Scope, compile_lookup

_VERSION = "67.0"  # a flow sees every field there is


def _scope(now: datetime) -> Scope:
    return Scope(_VERSION, now, user_id="", person_accounts=True)


class Condition:
    """Compiled once; BadFlow says what is wrong with it."""

    def __init__(self, flow: str, text: str) -> None:
        try:
            self._lookup = compile_lookup(text, _scope(datetime.now(UTC)))
        except Problem as problem:
            raise BadFlow(f"{flow}: when: {problem.message.strip()}") from problem

    def values(self, fields: Mapping[str, Any]) -> tuple[object, ...] | None:
        """What this fact asks with; None if a field it asks for is null: then it does not hold. Raises
        UnknownFactField and UnfitBind."""
        for name in self._lookup.names:
            if name not in fields:
                raise UnknownFactField(name, fields)
        return self._lookup.values(fields)

    async def holds(
        self, connection: Connection, askers: Sequence[tuple[object, ...]], now: datetime
    ) -> list[bool]:
        """For each of several facts, by one statement on the rows as they are."""
        rows = await connection.fetch(self._lookup.sql, *self._lookup.arguments(askers, _scope(now)))
        found = {row["n"] for row in rows}
        return [place in found for place in range(len(askers))]
