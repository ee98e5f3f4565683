"""The only module that knows every part: puts processes together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import asyncpg
import msgspec
import structlog

import ordo.domain
import ordo.journeys
import ordo.objects
import ordo.providers
from ordo.api.parts import Parts
from ordo.domain.identity.found_organization import Founded, FoundOrganization, found_organization
from ordo.flows import catalogue
from ordo.flows.engine import Flows
from ordo.journeys.capture_payments import CapturePayments
from ordo.journeys.ensure_funds import CAPTURE_JOB
from ordo.journeys.gateways import Gateways
from ordo.journeys.parked_facts import ParkedFacts
from ordo.kernel.clock import Clock, whole_second_after
from ordo.kernel.ids import IdMaker
from ordo.kernel.problems import Unavailable
from ordo.platform import backlog, feed, idempotency, locators, options, plugs, stored_flows, tokens, whole_file
from ordo.platform.auth import Auth
from ordo.platform.counter import Counter
from ordo.platform.database import AWAY, Database
from ordo.platform.events import Consumer
from ordo.platform.jobs import Runner
from ordo.platform.processes import RENEW_SECONDS, ProcessLease
from ordo.platform.readiness import Readiness
from ordo.platform.roles import Role
from ordo.platform.rounds import Rounds
from ordo.platform.settings import Settings
from ordo.platform.stored_flows import StoredFlow
from ordo.platform.usage import FLUSH_SECONDS, Usage
from ordo.platform.verbs import VerbAtom
from ordo.platform.work import Entry, Worker

T = TypeVar("T")
log = structlog.get_logger()
START_SECONDS_MAX = 60.0
OPTIONS_SECONDS = 2.0
PRUNE_SECONDS = 600.0
ADMINISTRATOR = "admin@ordo.example"
CREDENTIALS = "credentials.json"  # in the home

_DECLARED = (ordo.domain, ordo.journeys, ordo.objects)  # imported for what they declare
plugs.load(ordo.providers)
_FOUND = "SELECT id, createdbyid FROM organization LIMIT 1"
# Others may take the same alias later; ids rise, so the founders come first.
_USERS = """
SELECT DISTINCT ON (alias) alias, id FROM "user" WHERE alias IN ('admin', 'autoproc') ORDER BY alias, id
"""
_FOUNDING_LOCK = 0x0F0D
_CREDENTIALS_LOCK = 0x0F0E
_ADDRESSES = ("base_url", "tls_url", "ca_file")
_PLAIN: Mapping[str, str] = MappingProxyType({})


def _after_all_told() -> datetime:
    """Later than what was told in this second, be it of a session that was opened in it."""
    return whole_second_after(datetime.now(UTC) + timedelta(seconds=1))


@dataclass
class Machine:
    """One process's parts, whatever face or worker it is."""

    settings: Settings
    database: Database
    clock: Clock
    lease: ProcessLease
    worker: Worker
    organization: Founded
    usage: Usage
    changed_at: datetime = field(default_factory=_after_all_told)
    flows: Flows = field(default_factory=Flows)
    stored_flows: dict[str, StoredFlow] | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def auth(self) -> Auth:
        return Auth(
            self.database,
            self.clock,
            self.organization.organization_id,
            public_url=self.settings.public_url,
        )

    def parts(self) -> Parts:
        counter = Counter(self.worker, workers=self.settings.works)
        return Parts(
            self.settings, self.database, self._make_id, self._options, self.clock, counter, self.auth(),
            self.usage, Readiness(self.database), lambda: self.changed_at,
        )  # fmt: skip

    def _options(self) -> options.Options:
        return self.worker.options

    def _make_id(self, prefix: str) -> str:
        return self.worker.ids.make(prefix)

    async def work_off(self, stop: asyncio.Event) -> None:
        """The worker's life: sequences facts, runs the flows and does the jobs until `stop`."""
        await patiently(self.refresh_flows)
        self.every(OPTIONS_SECONDS, self.refresh_flows)
        flows = self.flow_consumer()
        await flows.register(self.database)
        self.every(backlog.REPORT_SECONDS, self.report, at_once=True)
        self.every(feed.TEND_SECONDS, self.tend_feed, at_once=True)
        await Rounds(self.database, self.worker, [flows], self.jobs()).go(stop)

    def jobs(self) -> Runner:
        """Whoever does the jobs of every kind."""
        gateways = Gateways(self.database, self.clock, lambda: self.worker.options.gateway_settings)
        capture = CapturePayments(gateways.find, self.clock)
        return Runner(self.worker, {CAPTURE_JOB: capture}, self.organization.automation_id)

    def flow_consumer(self) -> Consumer:
        """Runs the flows that `refresh_flows` found, as the automation user."""
        parked = ParkedFacts(self.flows.names)
        return Consumer("flows", self.flows.atoms, self.organization.automation_id, self.flows.admit, parked.tell)

    def every(self, seconds: float, act: Callable[[], Awaitable[None]], *, at_once: bool = False) -> None:
        self.tasks.append(asyncio.create_task(_repeat(seconds, act, 0.0 if at_once else seconds)))

    def forever(self, act: Awaitable[None]) -> None:
        self.tasks.append(asyncio.ensure_future(act))

    async def refresh_options(self) -> None:
        stored = await options.load(self.database)
        if stored != self.worker.options:
            self.worker.options, self.changed_at = stored, _after_all_told()

    def tend_usage(self) -> None:
        """A server's: adds its calls to those of the others, soon the first time, to know of theirs."""
        self.every(FLUSH_SECONDS, self.usage.flush, at_once=True)

    async def refresh_flows(self) -> None:
        """Takes over what was switched, put or removed since it last looked."""
        stored = await stored_flows.load(self.database)
        if stored != self.stored_flows:
            self.flows.use(catalogue.active(stored))
            self.stored_flows = stored

    async def renew_lease(self) -> None:
        if not await self.lease.renew(self.database):
            self.lease = await ProcessLease.take(self.database)
            self.worker.ids = IdMaker(self.lease.number)

    async def report(self) -> None:
        """A worker's: that it is there, and what waits."""
        await self.lease.works(self.database)
        await backlog.report(self.database)

    async def tend_feed(self) -> None:
        await feed.tend(self.database)

    async def prune_locators(self) -> None:
        await locators.prune(self.database, self.clock.now())

    async def prune_idempotency(self) -> None:
        await idempotency.prune(self.database, self.clock.now())


async def _repeat(seconds: float, act: Callable[[], Awaitable[None]], wait: float) -> None:
    while True:
        await asyncio.sleep(wait)
        wait = seconds
        try:
            await act()
        except AWAY as away:
            log.warning("database away", error=type(away).__name__)
        except Exception:  # a task that ended would be missed days later, when the feed has grown
            log.exception("a repeated task failed")


async def patiently(act: Callable[[], Awaitable[T]]) -> T:
    """What a start asks of the database; asked again while that is away. It must be safe to ask twice."""
    clock = asyncio.get_running_loop()
    latest = clock.time() + START_SECONDS_MAX
    while True:
        try:
            return await act()
        except asyncpg.ClientConfigurationError:  # counts among AWAY, but no waiting mends an address
            raise
        except (*AWAY, Unavailable) as away:
            if clock.time() > latest:
                raise
            log.warning("database away", error=type(away).__name__)
        await asyncio.sleep(0.5)


@asynccontextmanager
async def _alone(database: Database, lock: int) -> AsyncIterator[None]:
    """What one process does while the others wait for it."""
    async with database.reader() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", lock)
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", lock)


@asynccontextmanager
async def opened(settings: Settings, dsn: str) -> AsyncIterator[Machine]:
    """A machine on a migrated database, with its lease held and its options read; closed at the end.

    A database that is away at the start is waited for, START_SECONDS_MAX long; then its error is raised.
    """
    database = await patiently(lambda: Database.connect(dsn))
    try:
        clock = Clock()
        lease = await patiently(lambda: ProcessLease.take(database))
        stored = await patiently(lambda: options.load(database))
        worker = Worker(database, IdMaker(lease.number), clock, stored)
        founded = await patiently(lambda: organization(database, worker))
        machine = Machine(settings, database, clock, lease, worker, founded, Usage(database))
        worker.may_make_ids = lambda: machine.lease.safe
        machine.every(OPTIONS_SECONDS, machine.refresh_options)
        machine.every(RENEW_SECONDS, machine.renew_lease)
        machine.every(PRUNE_SECONDS, machine.prune_locators)
        machine.every(PRUNE_SECONDS, machine.prune_idempotency)
        machine.every(PRUNE_SECONDS, machine.usage.prune)
        try:
            yield machine
        finally:
            for task in machine.tasks:
                task.cancel()
            await asyncio.gather(*machine.tasks, return_exceptions=True)
            with contextlib.suppress(*AWAY):
                await machine.usage.close()
                await lease.give_back(database)
    finally:
        await database.close()


@asynccontextmanager
async def database_alone(dsn: str) -> AsyncIterator[Database]:
    """For a command that asks or changes one thing: no lease, nothing runs. Verbs and nouns are declared."""
    database = await Database.connect(dsn, readers=1, writers=1)
    try:
        yield database
    finally:
        await database.close()


async def organization(database: Database, worker: Worker) -> Founded:
    """The organisation of this database; founded now if it has none, by one process only."""
    async with _alone(database, _FOUNDING_LOCK):
        found = await database.fetchrow(_FOUND)
        if found is None:
            command = FoundOrganization("Ordo", ADMINISTRATOR, worker.options.currency)
            entry = Entry(VerbAtom(found_organization, command), "")
            await worker.run([entry])
            entry.result()
            found = await database.fetchrow(_FOUND)
        users = {row["alias"]: row["id"] for row in await database.fetch(_USERS)}
    return Founded(found["id"], users["admin"], users["autoproc"])


async def first_credentials(machine: Machine, base_url: str, secured: Mapping[str, str] = _PLAIN) -> Path | None:
    """Makes the administrator's login and a connected app, once; answers the file that names them.

    Later starts only bring the file's addresses up to date: `base_url` and, of a server that speaks TLS too,
    those of `secured`, `tls_url` and `ca_file`.

    The file is the only place the secrets are ever written to (mode 0600). ORDO_ADMIN_PASSWORD overrides
    the password that would be made. It is written before the login exists: a process that is killed in
    between leaves no login that nobody knows, and the next start makes both anew.
    """
    addresses = {"base_url": base_url, **secured}
    async with _alone(machine.database, _CREDENTIALS_LOCK):
        known = "SELECT 1 FROM credential WHERE user_id = $1"
        if await machine.database.fetchrow(known, machine.organization.administrator_id) is not None:
            _keep_addresses(machine.settings.home, addresses)
            return None
        return await _make_credentials(machine, addresses)


async def _make_credentials(machine: Machine, addresses: Mapping[str, str]) -> Path:
    administration, user_id = machine.auth().administration, machine.organization.administrator_id
    password = os.environ.get("ORDO_ADMIN_PASSWORD") or tokens.password()
    client_id, secret = await administration.create_app("First application", user_id)
    secrets = {
        **addresses,
        "username": ADMINISTRATOR,
        "password": password,
        "security_token": None,
        "client_id": client_id,
        "client_secret": secret,
    }
    _write(machine.settings.home, secrets)
    made = await administration.create_user_credential(user_id, ADMINISTRATOR, password, Role.ADMINISTRATOR)
    return _write(machine.settings.home, secrets | {"security_token": made.security_token})


def _keep_addresses(home: Path, addresses: Mapping[str, str]) -> None:
    """Where the server is now. A file that was removed stays away; one that cannot be used hinders no start."""
    path = home / CREDENTIALS
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, object])
        wanted = {**addresses, **{name: value for name, value in found.items() if name not in _ADDRESSES}}
        if found != wanted:
            _write(home, wanted)
    except FileNotFoundError:
        return
    except (OSError, msgspec.DecodeError) as error:
        log.warning("the credentials file keeps its addresses", file=str(path), error=str(error))


def _write(home: Path, credentials: Mapping[str, object]) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    return whole_file.write(home / CREDENTIALS, json.dumps(credentials, indent=2).encode(), mode=0o600)
