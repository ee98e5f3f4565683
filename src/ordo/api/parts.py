"""What the endpoints work with, and who asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from ordo.api.session import token_of
from ordo.kernel.clock import Clock
from ordo.platform.auth import Auth, Caller
from ordo.platform.calls import Atom, Entry, Once
from ordo.platform.counter import Counter
from ordo.platform.database import Database
from ordo.platform.options import Options
from ordo.platform.readiness import Readiness
from ordo.platform.settings import Settings
from ordo.platform.usage import Usage
from ordo.platform.verbs import VerbAtom


@dataclass(frozen=True)
class Parts:
    """The machine room as the faces see it. `changed_at` is when what it declares last changed."""

    settings: Settings
    database: Database
    make_id: Callable[[str], str]
    options: Callable[[], Options]
    clock: Clock
    counter: Counter
    auth: Auth
    usage: Usage
    readiness: Readiness
    changed_at: Callable[[], datetime]

    async def caller(self, request: Request) -> Caller:
        """Who asks; 401 for nobody. Costs no statement while the session is held. The request is a call of the
        API from here on, one however often it is asked, and its answer says so (see edge)."""
        caller = await self.auth.authenticate(token_of(request))
        if not hasattr(request.state, "api_usage"):
            self.usage.count()
            request.state.api_usage = self.api_usage()
        return caller

    def api_usage(self) -> str:
        """The day's calls so far and their maximum, as Sforce-Limit-Info tells them."""
        return f"api-usage={self.usage.calls}/{self.options().daily_api_requests}"

    async def submit(
        self,
        atoms: Sequence[Atom],
        caller: Caller,
        failures_max: int | None = None,
        once: Once | None = None,
        *,
        apart: bool = False,
    ) -> list[Entry]:
        """Does the atoms as this caller: a verb only if it may, and with the rows that are there for it."""
        for atom in atoms:
            if isinstance(atom, VerbAtom):
                caller.require_verb(atom.verb.name)
        return await self.counter.submit(
            atoms, caller.user_id, failures_max, once, limit=caller.limit, apart=apart
        )


def parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts
