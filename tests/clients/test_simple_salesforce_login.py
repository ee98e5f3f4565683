"""The logins of unmodified simple-salesforce 1.12.10 against a listening server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import requests
import uvicorn
from argon2 import PasswordHasher
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin
from starlette.applications import Starlette
from tests.clients.adapter import plain_session

from ordo.api import oauth
from ordo.kernel.clock import Clock
from ordo.kernel.ids import IdMaker
from ordo.platform.auth import Auth, Role
from ordo.platform.database import Database
from ordo.platform.passwords import Passwords

ids = IdMaker(8)


class World(NamedTuple):
    """A running server, and a user and an app that may log in to it."""

    auth: Auth
    port: int
    session: requests.Session
    user_id: str
    username: str
    password: str
    security_token: str
    client_id: str
    client_secret: str
    private_key: str

    @property
    def instance(self) -> str:
        return f"127.0.0.1:{self.port}"


def key_pair() -> tuple[str, str]:
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


async def person(auth: Auth, port: int, session: requests.Session) -> World:
    user_id, (private, public) = ids.make("005"), key_pair()
    username = f"u{user_id}+<&>@ordo.example"
    secrets = await auth.administration.create_user_credential(
        user_id, username, "p&<w>ü " + user_id, Role.INTEGRATION
    )
    app = await auth.administration.create_app("simple-salesforce", user_id, certificate_pem=public)
    token = secrets.security_token or ""
    return World(auth, port, session, user_id, username, "p&<w>ü " + user_id, token, *app, private)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    database = await Database.connect(database_url)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    auth = Auth(database, Clock(), "00D000000000001EAA", passwords=cheap)
    app = Starlette(routes=oauth.routes(auth))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        with plain_session(port) as session:
            yield await person(auth, port, session)
        server.should_exit = True
        await serving
    await database.close()


async def login(world: World, **told: Any) -> Salesforce:
    return await asyncio.to_thread(lambda: Salesforce(session=world.session, **told))


async def check(world: World, sf: Salesforce) -> None:
    assert sf.sf_instance == world.instance
    told: Any = await asyncio.to_thread(sf.oauth2, "userinfo")
    assert (told["user_id"], told["preferred_username"]) == (world.user_id, world.username)
    assert (await world.auth.authenticate(sf.session_id)).user_id == world.user_id


async def test_soap(world: World) -> None:
    sf = await login(world, username=world.username, password=world.password, security_token=world.security_token)
    await check(world, sf)


async def test_soap_with_organization(world: World) -> None:
    await world.auth.administration.set_password(world.user_id, world.password, with_security_token=False)
    told = {"username": world.username, "password": world.password, "organizationId": "00D000000000001"}
    await check(world, await login(world, **told))


async def test_soap_by_scratch_url_without_any_adapter(world: World) -> None:
    told: dict[str, Any] = {"username": world.username, "password": world.password}
    told["security_token"] = world.security_token
    url = f"http://{world.instance}"
    token, instance = await asyncio.to_thread(lambda: SalesforceLogin(scratch_url=url, **told))
    assert instance == world.instance
    assert (await world.auth.authenticate(token)).user_id == world.user_id


async def test_password_grant(world: World) -> None:
    sf = await login(
        world,
        username=world.username,
        password=world.password + world.security_token,
        consumer_key=world.client_id,
        consumer_secret=world.client_secret,
    )
    await check(world, sf)


async def test_client_credentials(world: World) -> None:
    sf = await login(world, consumer_key=world.client_id, consumer_secret=world.client_secret, domain="oms.my")
    await check(world, sf)


async def test_jwt(world: World) -> None:
    sf = await login(world, username=world.username, consumer_key=world.client_id, privatekey=world.private_key)
    await check(world, sf)


async def test_direct_with_a_token(world: World) -> None:
    app = {"client_id": world.client_id, "client_secret": world.client_secret}
    token = (await world.auth.token({"grant_type": "client_credentials", **app}))["access_token"]
    await check(world, await login(world, instance_url=f"http://{world.instance}", session_id=token))


@pytest.mark.parametrize(
    ("told", "code", "message"),
    [
        (
            {"password": "wrong", "security_token": ""},
            "INVALID_LOGIN",
            "Invalid username, password, security token; or user locked out.",
        ),
        (
            {"password": "wrong", "consumer_key": "3MVG9unknown", "consumer_secret": "s"},
            "invalid_client_id",
            "client identifier invalid",
        ),
    ],
)
async def test_the_reason_reaches_the_client(world: World, told: dict[str, str], code: str, message: str) -> None:
    with pytest.raises(SalesforceAuthenticationFailed) as failed:
        await login(world, username=world.username, **told)
    assert (failed.value.code, failed.value.auth_message) == (code, message)
