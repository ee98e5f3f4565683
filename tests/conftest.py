"""One PostgreSQL for the whole run; one database per test process, cloned from a migrated template."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from ordo.bootstrap import Machine, opened
from ordo.domain.ports import PaymentGateway
from ordo.platform import migrations, telemetry
from ordo.platform.embedded import EmbeddedPostgres
from ordo.platform.plugs import adapter
from ordo.platform.settings import Settings
from ordo.providers.simulated.faults import Faults
from ordo.providers.simulated.payment_gateway import SimulatedGateway
from tests.desk import Desk, Face

telemetry.configure()  # plain tracebacks here too
TEMPLATE = "ordo_template"
ADMIN = "ORDO_TEST_ADMIN_URL"
# Files, or folders, whose tests share what takes seconds to start.
TOGETHER = (
    "tests/browser/",
    "tests/clients/",
    "tests/faults/test_dev.py",
    "tests/faults/test_dev_https.py",
    "tests/faults/test_kills.py",
)
_started: list[tuple[EmbeddedPostgres, Path]] = []


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Tests of such a place stay in one process, every other test goes where there is room.

    xdist has a mark for this, which does nothing from pytest 9.2 on.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _Scheduling(config, log)


def _needs_database(config: pytest.Config) -> bool:
    return not all("unit" in Path(str(argument)).parts for argument in config.args)


def pytest_configure(config: pytest.Config) -> None:
    """The process that directs the run starts PostgreSQL (or takes the one it is given) and the template."""
    if hasattr(config, "workerinput") or not _needs_database(config) or config.option.collectonly:
        return
    admin = os.environ.get(ADMIN)
    if admin is None:
        home = Path(tempfile.mkdtemp(prefix="ordo-test-"))
        home.chmod(0o755)
        # What a killed process wrote survives it all the same; only the machine must not fall over.
        postgres = EmbeddedPostgres(home, settings={"max_connections": "200", "fsync": "off"})
        admin = os.environ[ADMIN] = postgres.start()
        _started.append((postgres, home))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    migrations.upgrade(named(admin, TEMPLATE))


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    while _started:
        postgres, home = _started.pop()
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)
        os.environ.pop(ADMIN, None)


def named(admin: str, name: str) -> str:
    """The same server, another database: every DSN here ends in /database or /database?query."""
    head, _, query = admin.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")


@contextmanager
def cloned(name: str, template: str = TEMPLATE) -> Iterator[str]:
    """The DSN of a database of that name, migrated and empty unless of another template; dropped at the end."""
    admin = os.environ[ADMIN]
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield named(admin, name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> Iterator[str]:
    """A migrated database of this test process alone."""
    with cloned(f"ordo_{worker_id}") as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def machine(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Machine]:
    """The machine room on that database, with the real bootstrap."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    async with opened(settings, database_url) as machine:
        yield machine


@pytest.fixture(scope="session")
async def face(machine: Machine) -> Face:
    """The HTTP application over that machine, and an administrator's token."""
    return await Face.opened(machine)


@pytest.fixture
async def desk(face: Face) -> AsyncIterator[Desk]:
    """A logged-in client and a small company to sell for; what the test wrote is gone after it."""
    async with face.client() as client:
        yield await Desk.furnished(face, client)
    await face.clear()


@pytest.fixture
async def bare(face: Face) -> AsyncIterator[Desk]:
    """A logged-in client of an organisation that owns nothing; what the test wrote is gone after it."""
    await face.clear()
    async with face.client() as client:
        yield Desk(face, client)
    await face.clear()


@pytest.fixture
def gateway() -> Iterator[SimulatedGateway]:
    """The simulated gateway that captures without settings go to; a test may break it."""
    gateway = adapter(PaymentGateway, "Simulated")
    assert isinstance(gateway, SimulatedGateway)
    gateway.books.clear()
    yield gateway
    gateway.faults = Faults()
