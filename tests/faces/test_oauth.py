"""The token endpoint and its neighbours, in the shapes clients read (platform reference 2)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ordo.kernel.clock import Clock
from ordo.platform.auth import Auth, SessionExpired
from ordo.platform.database import Database

TOKEN = "/services/oauth2/token"
ACCESS_TOKEN = re.compile(r"(00D\w{12,15})![.\w]*")
NewPerson = Callable[..., Awaitable[Any]]


def refused(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    return body["error"], body["error_description"]


async def token_for(door: httpx.AsyncClient, form: dict[str, str]) -> str:
    answer = await door.post(TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


# --- client credentials and password


async def test_client_credentials_in_the_body(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    answer = await door.post(TOKEN, data=person.by_app)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {
        "access_token",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
        "scope",
        "signature",
    }
    assert ACCESS_TOKEN.fullmatch(body["access_token"])
    assert body["instance_url"] == "http://oms.example"
    assert body["id"] == f"http://oms.example/id/{auth.organization_id}/{person.user_id}"
    assert body["token_type"] == "Bearer"
    assert abs(int(body["issued_at"]) / 1000 - time.time()) < 60
    assert "api" in body["scope"].split()
    signed = hmac.digest(person.client_secret.encode(), (body["id"] + body["issued_at"]).encode(), hashlib.sha256)
    assert base64.b64decode(body["signature"]) == signed
    assert (await auth.authenticate(body["access_token"])).user_id == person.user_id


async def test_client_credentials_by_basic(door: httpx.AsyncClient, new_person: NewPerson) -> None:
    person = await new_person()
    answer = await door.post(
        TOKEN, data={"grant_type": "client_credentials"}, auth=(person.client_id, person.client_secret)
    )
    assert answer.status_code == 200


async def test_the_path_may_end_in_a_slash_and_the_body_be_chunked(
    door: httpx.AsyncClient, new_person: NewPerson
) -> None:
    person = await new_person()
    text = "&".join(f"{key}={value}" for key, value in person.by_app.items()).encode()

    async def chunks() -> Any:
        for start in range(0, len(text), 7):
            yield text[start : start + 7]

    answer = await door.post(TOKEN + "/", content=chunks())
    assert answer.status_code == 200


async def test_password(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    answer = await door.post(TOKEN, data=person.by_password | {"username": person.username.upper()})
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert (await auth.authenticate(answer.json()["access_token"])).username == person.username


async def test_a_password_needs_its_security_token_unless_the_address_is_trusted_or_there_is_none(
    door: httpx.AsyncClient, auth: Auth, new_person: NewPerson
) -> None:
    person = await new_person()
    bare = person.by_password | {"password": person.password}
    assert refused(await door.post(TOKEN, data=bare)) == ("invalid_grant", "authentication failure")
    assert (await auth.token(bare, url="http://oms.example", address="10.1.2.3"))["access_token"]
    assert (await auth.token(person.by_password, address="10.1.2.3"))["access_token"]
    await auth.administration.set_password(person.user_id, person.password, with_security_token=False)
    await token_for(door, bare)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"password": "wrong"}, ("invalid_grant", "authentication failure")),
        ({"password": "x" * 5000}, ("invalid_grant", "authentication failure")),
        ({"username": "nobody@ordo.example"}, ("invalid_grant", "authentication failure")),
        ({"username": "a\0b"}, ("invalid_grant", "authentication failure")),
        ({"client_secret": "wrong"}, ("invalid_client", "invalid client credentials")),
        ({"client_secret": ""}, ("invalid_request", "missing required parameter: client_secret")),
        ({"client_id": "3MVG9unknown"}, ("invalid_client_id", "client identifier invalid")),
        ({"client_id": "3MVG9\0"}, ("invalid_client_id", "client identifier invalid")),
        ({"client_id": ""}, ("invalid_request", "missing required parameter: client_id")),
        ({"username": ""}, ("invalid_request", "missing required parameter: username")),
        ({"grant_type": ""}, ("invalid_request", "missing required parameter: grant_type")),
        ({"grant_type": "implicit"}, ("unsupported_grant_type", "grant type not supported")),
        ({"more": "x" * 20_000}, ("invalid_request", "request is too large")),
    ],
)
async def test_what_is_wrong_is_refused(
    door: httpx.AsyncClient, new_person: NewPerson, wrong: dict[str, str], error: tuple[str, str]
) -> None:
    person = await new_person()
    assert refused(await door.post(TOKEN, data=person.by_password | wrong)) == error


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /w==", "Basic eDp3cm9uZw=="])
async def test_a_wrong_basic_header_is_refused(door: httpx.AsyncClient, header: str) -> None:
    answer = await door.post(TOKEN, data={"grant_type": "client_credentials"}, headers={"Authorization": header})
    assert refused(answer)[0] in {"invalid_client", "invalid_client_id"}


async def test_inactive_users_and_apps(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    token = await token_for(door, person.by_app)
    await auth.administration.deactivate(person.user_id)
    for form in (person.by_app, person.by_password):
        assert refused(await door.post(TOKEN, data=form)) == ("invalid_grant", "inactive user")
    wrong = person.by_password | {"password": "wrong"}
    assert refused(await door.post(TOKEN, data=wrong)) == ("invalid_grant", "authentication failure")
    with pytest.raises(SessionExpired):
        await auth.authenticate(token)
    await auth.administration.activate(person.user_id)
    await token_for(door, person.by_app)
    await auth.administration.deactivate_app(person.client_id)
    assert refused(await door.post(TOKEN, data=person.by_app))[0] == "invalid_client_id"


async def test_an_app_without_a_user_has_no_client_credentials(door: httpx.AsyncClient, auth: Auth) -> None:
    client_id, secret = await auth.administration.create_app("nobody's", None)
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    assert refused(await door.post(TOKEN, data=form)) == (
        "invalid_grant",
        "no client credentials user enabled",
    )


async def test_a_rotated_secret_replaces_the_old_one(
    door: httpx.AsyncClient, auth: Auth, new_person: NewPerson
) -> None:
    person = await new_person()
    secret = await auth.administration.rotate_app_secret(person.client_id)
    assert refused(await door.post(TOKEN, data=person.by_app))[0] == "invalid_client"
    await token_for(door, person.by_app | {"client_secret": secret})


async def test_ten_failures_lock_for_a_quarter_of_an_hour(
    door: httpx.AsyncClient, moved_clock: Clock, new_person: NewPerson
) -> None:
    person = await new_person()
    wrong = person.by_password | {"password": "wrong"}
    for _ in range(9):
        await door.post(TOKEN, data=wrong)
    await token_for(door, person.by_password)  # a success in between forgets the failures
    for _ in range(10):
        await door.post(TOKEN, data=wrong)
    locked = await door.post(TOKEN, data=person.by_password)
    assert refused(locked) == ("invalid_grant", "authentication failure")
    moved_clock.offset += timedelta(minutes=14)
    assert (await door.post(TOKEN, data=person.by_password)).status_code == 400
    moved_clock.offset += timedelta(minutes=2)
    assert (await door.post(TOKEN, data=wrong)).status_code == 400
    await token_for(door, person.by_password)


async def test_guesses_made_at_once_are_stopped_too(
    door: httpx.AsyncClient, auth_database: Database, new_person: NewPerson
) -> None:
    person = await new_person()
    wrong = person.by_password | {"password": "wrong"}
    answers = await asyncio.gather(*(door.post(TOKEN, data=wrong) for _ in range(40)))
    assert {refused(answer) for answer in answers} == {("invalid_grant", "authentication failure")}
    row = await auth_database.fetchrow("SELECT failed_logins FROM credential WHERE user_id = $1", person.user_id)
    assert 10 <= row["failed_logins"] <= 12


async def test_3600_logins_an_hour_are_enough(
    door: httpx.AsyncClient, auth_database: Database, moved_clock: Clock, new_person: NewPerson
) -> None:
    person = await new_person()
    await auth_database.execute(
        "INSERT INTO session (token_hash, kind, user_id, scopes, created, last_used) "
        "SELECT $1 || n, 'access', $1, 'api', $2, $2 FROM generate_series(1, 3600) n",
        person.user_id,
        moved_clock.now(),
    )
    for form in (person.by_app, person.by_password):
        answer = await door.post(TOKEN, data=form)
        assert refused(answer) == ("rate_limit_exceeded", "login rate exceeded")
    moved_clock.offset += timedelta(minutes=61)
    await token_for(door, person.by_app)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("[", "http://oms.example"),
        ("a b", "http://oms.example"),
        ('evil"<', "http://oms.example"),
    ],
)
async def test_urls_begin_with_the_host_that_was_asked(
    door: httpx.AsyncClient, new_person: NewPerson, host: str, url: str
) -> None:
    person = await new_person()
    answer = await door.post(TOKEN, data=person.by_app, headers={"Host": host})
    assert answer.json()["instance_url"] == url


async def test_a_configured_url_wins(auth_database: Database, moved_clock: Clock, new_person: NewPerson) -> None:
    person = await new_person()
    behind_a_proxy = Auth(auth_database, moved_clock, "00D000000000001", public_url="https://oms.example/")
    answer = await behind_a_proxy.token(person.by_app, url="http://10.0.0.1")
    assert answer["instance_url"] == "https://oms.example"
    assert answer["id"].startswith("https://oms.example/id/00D000000000001EAA/005")


# --- refresh


async def test_refresh(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    refresh = await auth.administration.create_refresh_token(person.user_id, person.client_id)
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": person.client_id}
    answer = await door.post(TOKEN, data=form)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert "signature" not in answer.json()
    first, second = answer.json()["access_token"], await token_for(door, form | person.client)
    assert refused(await door.post(TOKEN, data=form | {"client_secret": "wrong"}))[0] == "invalid_client"
    other = await new_person()
    stolen = form | other.client
    assert refused(await door.post(TOKEN, data=stolen)) == ("invalid_grant", "expired access/refresh token")
    await door.post("/services/oauth2/revoke", data={"token": first})
    with pytest.raises(SessionExpired):
        await auth.authenticate(first)
    assert (await auth.authenticate(second)).user_id == person.user_id
    await door.post("/services/oauth2/revoke", data={"token": refresh})
    assert refused(await door.post(TOKEN, data=form)) == ("invalid_grant", "expired access/refresh token")
    with pytest.raises(SessionExpired):
        await auth.authenticate(second)


async def test_an_access_token_refreshes_nothing(door: httpx.AsyncClient, new_person: NewPerson) -> None:
    person = await new_person()
    token = await token_for(door, person.by_app)
    form = {"grant_type": "refresh_token", "refresh_token": token, **person.client}
    assert refused(await door.post(TOKEN, data=form)) == ("invalid_grant", "expired access/refresh token")
