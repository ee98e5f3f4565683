"""What the endpoints work with, and who asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from ordo.api.session import token_of
from ordo.kernel.clock import Clock
from ordo.platform.auth import Auth, Caller
from ordo.platform.calls import Atom, Entry, Once
from ordo.platform.counter import Counter
from ordo.platform.database import Database
from ordo.platform.options import Options
from ordo.platform.settings import Settings
from ordo.platform.verbs import VerbAtom


@dataclass(frozen=True)
class Parts:
    """The machine room as the faces see it."""

    settings: Settings
    database: Database
    make_id: Callable[[str], str]
    options: Callable[[], Options]
    clock: Clock
    counter: Counter
    auth: Auth

    async def caller(self, request: Request) -> Caller:
        """Who asks; 401 for nobody. Costs no statement while the session is held."""
        return await self.auth.authenticate(token_of(request))

    async def submit(
        self, atoms: Sequence[Atom], caller: Caller, failures_max: int | None = None, once: Once | None = None
    ) -> list[Entry]:
        """Does the atoms as this caller: a verb only if it may, and with the rows that are there for it."""
        for atom in atoms:
            if isinstance(atom, VerbAtom):
                caller.require_verb(atom.verb.name)
        return await self.counter.submit(atoms, caller.user_id, failures_max, once, limit=caller.limit)


def parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts
