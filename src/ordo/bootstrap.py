"""The only module that knows every part: puts processes together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

import ordo.domain
import ordo.journeys
import ordo.objects
from ordo.api.parts import Parts
from ordo.flows.engine import Flows, standard_flows
from ordo.kernel.clock import Clock
from ordo.kernel.ids import IdMaker
from ordo.organization import Organization, organization
from ordo.platform import locators, options
from ordo.platform.auth import Auth
from ordo.platform.database import Database
from ordo.platform.events import Consumer, pump
from ordo.platform.processes import RENEW_SECONDS, ProcessLease
from ordo.platform.settings import Settings
from ordo.platform.work import AWAY, Counter, Worker

log = structlog.get_logger()
OPTIONS_SECONDS = 2.0
PRUNE_SECONDS = 600.0
FLOW_USER = "flows"

__all__ = ["Machine", "opened"]
_DECLARED = (ordo.domain, ordo.journeys, ordo.objects)  # imported for what they declare


@dataclass
class Machine:
    """One process's parts, whatever face or worker it is."""

    settings: Settings
    database: Database
    clock: Clock
    lease: ProcessLease
    worker: Worker
    organization: Organization
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def parts(self) -> Parts:
        auth = Auth(
            self.database, self.clock, self.organization.id,
            public_url=self.settings.public_url, organization_name=self.organization.name,
        )  # fmt: skip
        counter = Counter(self.worker, workers=self.settings.works)
        return Parts(self.settings, self.database, self.worker.ids, self.clock, counter, auth)

    async def work_off(self, stop: asyncio.Event) -> None:
        """The worker's life: sequences facts and runs the flows until `stop`."""
        flows = Consumer("flows", Flows(standard_flows()).atoms, self.organization.administrator_id)
        await flows.register(self.database)
        await pump(self.database, self.worker, [flows], stop)

    def every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        self.tasks.append(asyncio.create_task(_repeat(seconds, act)))

    async def refresh_options(self) -> None:
        self.worker.options = await options.load(self.database)

    async def renew_lease(self) -> None:
        await self.lease.renew(self.database)

    async def prune_locators(self) -> None:
        await locators.prune(self.database, self.clock.now())


async def _repeat(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await act()
        except AWAY as away:
            log.warning("database away", error=type(away).__name__)


@asynccontextmanager
async def opened(settings: Settings, dsn: str) -> AsyncIterator[Machine]:
    """A machine on a migrated database, with its lease held and its options read; closed at the end."""
    database = await Database.connect(dsn)
    try:
        clock = Clock()
        lease = await ProcessLease.take(database)
        worker = Worker(database, IdMaker(lease.number), clock, await options.load(database))
        found = await organization(database, worker.ids, clock)
        machine = Machine(settings, database, clock, lease, worker, found)
        machine.every(OPTIONS_SECONDS, machine.refresh_options)
        machine.every(RENEW_SECONDS, machine.renew_lease)
        machine.every(PRUNE_SECONDS, machine.prune_locators)
        try:
            yield machine
        finally:
            for task in machine.tasks:
                task.cancel()
            await asyncio.gather(*machine.tasks, return_exceptions=True)
            with contextlib.suppress(*AWAY):
                await lease.give_back(database)
    finally:
        await database.close()
