"""What these tests share: a door with cheap passwords, users and apps of a test's own, a desk in other hands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from tests.desk import Desk

from ordo.api import oauth
from ordo.kernel.clock import Clock
from ordo.kernel.ids import IdMaker
from ordo.platform.auth import Auth, Role
from ordo.platform.database import Database
from ordo.platform.passwords import Passwords

ORGANIZATION = "00D000000000001EAA"
ids = IdMaker(7)


class Person(NamedTuple):
    """A user and an app of its own, with everything needed to log in."""

    user_id: str
    username: str
    password: str
    security_token: str
    client_id: str
    client_secret: str

    @property
    def client(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    @property
    def by_password(self) -> dict[str, str]:
        password = self.password + self.security_token
        return {"grant_type": "password", **self.client, "username": self.username, "password": password}

    @property
    def by_app(self) -> dict[str, str]:
        return {"grant_type": "client_credentials", **self.client}


NewPerson = Callable[..., Awaitable[Person]]
As = Callable[..., Awaitable[Desk]]


@pytest.fixture
def moved_clock() -> Clock:
    return Clock()


@pytest.fixture
async def auth_database(database_url: str) -> AsyncIterator[Database]:
    auth_database = await Database.connect(database_url)
    yield auth_database
    await auth_database.close()


@pytest.fixture
def auth(auth_database: Database, moved_clock: Clock) -> Auth:
    return _process(auth_database, moved_clock)


@pytest.fixture
def other_auth(auth_database: Database, moved_clock: Clock) -> Auth:
    """Another process on the same database."""
    return _process(auth_database, moved_clock)


def _process(auth_database: Database, moved_clock: Clock) -> Auth:
    """With passwords that cost next to nothing."""
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return Auth(auth_database, moved_clock, ORGANIZATION, passwords=cheap, trusted_networks=["10.1.0.0/16"])


@pytest.fixture
def new_person(auth: Auth) -> NewPerson:
    async def make(role: Role = Role.INTEGRATION, location_id: str | None = None) -> Person:
        user_id = ids.make("005")
        username = f"u{user_id}@ordo.example"
        secrets = await auth.administration.create_user_credential(
            user_id, username, None, role, location_id=location_id
        )
        app = await auth.administration.create_app("till", user_id)
        return Person(user_id, username, secrets.password or "", secrets.security_token or "", *app)

    return make


@pytest.fixture
async def door(auth: Auth) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=oauth.routes(auth))
    transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://oms.example") as door:
        yield door


@pytest.fixture
async def acting_as(desk: Desk) -> AsyncIterator[As]:
    """The same desk in the hands of somebody else."""
    async with AsyncExitStack() as stack:

        async def make(role: Role, location: str | None = None) -> Desk:
            return await stack.enter_async_context(in_hands_of(desk, role, location))

        yield make


@asynccontextmanager
async def in_hands_of(desk: Desk, role: Role, location: str | None = None) -> AsyncIterator[Desk]:
    """A desk of somebody new with that role; its own user is in `ids`."""
    machine = desk.face.machine
    administration, user_id = machine.auth().administration, machine.worker.ids.make("005")
    place = desk.ids[location] if location else None
    await administration.create_user_credential(user_id, f"{user_id}@ordo.example", None, role, location_id=place)
    client_id, secret = await administration.create_app(f"app of {user_id}", user_id)
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answer = await desk.client.post("/services/oauth2/token", data=form)
    async with desk.face.client() as client:
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Desk(desk.face, client, desk.ids | {"user": user_id})
