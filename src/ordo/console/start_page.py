"""`/`: how Ordo is, where its credentials are, first calls to copy, the last orders."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ordo.console import formats, health
from ordo.console.assets import Assets
from ordo.console.health import Health
from ordo.console.last_orders import ShownOrder, last_orders
from ordo.console.snippets import snippets
from ordo.console.visitors import is_on_this_machine
from ordo.platform.database import AWAY
from ordo.platform.readiness import NotReady, Readiness, SharedLook, TakesTooLong

if TYPE_CHECKING:
    from ordo.platform.database import Database

PAGE_SECONDS_MAX = 4.8
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Development:
    """What `ordo dev` shows to those on its machine: `addresses` as in the file of `credentials`, and orders."""

    database: Database
    addresses: Mapping[str, str]
    credentials: Path


class StartPage:
    """The page of one process. Without `development` nobody is shown orders, paths or what waits."""

    def __init__(
        self, readiness: Readiness, public_url: str | None, development: Development | None = None
    ) -> None:
        self._readiness = readiness
        self._public_url = public_url
        self._development = development
        self._orders = SharedLook(self._look_at_orders)
        self._assets = Assets()
        pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        pages.globals |= {"asset": self._assets.url, "version": version("ordo")}
        self._page = pages.get_template("start_page.html")

    def routes(self) -> list[Route]:
        return [Route("/", self._answer, methods=["GET"]), self._assets.route()]

    async def _answer(self, request: Request) -> Response:
        """200, or 503 with the same page when requests cannot be served; within five seconds."""
        begun = time.monotonic()
        found = await self._health()
        if self._development is not None and is_on_this_machine(request):
            orders = None
            if found.state is not health.State.BAD:
                orders = await self._last_orders(PAGE_SECONDS_MAX - (time.monotonic() - begun))
            html = self._to_this_machine(self._development, found, orders)
        else:
            html = self._to_anybody(found)
        status = 503 if found.state is health.State.BAD else 200
        return Response(html, status, _HEADERS, media_type="text/html")

    async def _health(self) -> Health:
        try:
            return health.of_backlog(await self._readiness.backlog())
        except NotReady as refusal:
            return health.of_obstacle(refusal.obstacle)

    async def _look_at_orders(self) -> Sequence[ShownOrder]:
        assert self._development is not None
        return await last_orders(self._development.database)

    async def _last_orders(self, seconds: float) -> Sequence[ShownOrder] | None:
        """None if they could not be read in time."""
        try:
            return await self._orders.within(seconds)
        except (TakesTooLong, *AWAY):
            return None

    def _to_this_machine(
        self, development: Development, found: Health, orders: Sequence[ShownOrder] | None
    ) -> str:
        addresses, path = development.addresses, development.credentials
        now = datetime.now(UTC)
        return self._page.render(
            is_own=True, health=found, orders=orders, addresses=addresses,
            credentials=path.absolute(), has_credentials=path.exists(),
            snippets=snippets(str(path), speaks_https=_is_https(addresses.values())),
            ago=lambda at: formats.ago(now - at),
        )  # fmt: skip

    def _to_anybody(self, found: Health) -> str:
        addresses = {"base_url": self._public_url} if self._public_url else {}
        return self._page.render(
            is_own=False, health=found.for_anybody(), addresses=addresses,
            snippets=snippets("credentials.json", speaks_https=_is_https(addresses.values())),
        )  # fmt: skip


def _is_https(addresses: Iterable[str]) -> bool:
    return any(address.startswith("https://") for address in addresses)
