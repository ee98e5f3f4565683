"""Revocation, introspection, userinfo, identity, and the spellings of the session (reference 1, 2.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from ordo.api.session import token_of
from ordo.kernel.clock import Clock
from ordo.platform.auth import Auth, Role, SessionExpired

TOKEN = "/services/oauth2/token"
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
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


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_revoke_is_quiet(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    by_post, by_get = await token_for(door, person.by_app), await token_for(door, person.by_app)
    answers = [
        await door.post("/services/oauth2/revoke", data={"token": by_post}),
        await door.get("/services/oauth2/revoke", params={"token": by_get}),
        await door.post("/services/oauth2/revoke", data={"token": "unknown"}),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    for token in (by_post, by_get):
        with pytest.raises(SessionExpired):
            await auth.authenticate(token)
    assert refused(await door.post("/services/oauth2/revoke"))[0] == "invalid_request"


async def test_introspect(door: httpx.AsyncClient, auth: Auth, moved_clock: Clock, new_person: NewPerson) -> None:
    person, other = await new_person(), await new_person()
    token = await token_for(door, person.by_app)

    async def state(token: str, asking: Any) -> Any:
        answer = await door.post("/services/oauth2/introspect", data={"token": token, **asking.client})
        assert answer.status_code == 200
        return answer.json()

    told = await state(token, person)
    assert told.pop("exp") - told["iat"] == 7200
    assert told.pop("iat") == told.pop("nbf")
    assert told == {
        "active": True,
        "scope": "api id refresh_token web",
        "client_id": person.client_id,
        "username": person.username,
        "sub": f"http://oms.example/id/{auth.organization_id}/{person.user_id}",
        "token_type": "access_token",
    }
    assert await state("unknown", person) == {"active": False}
    assert await state(token, other) == {"active": False}
    answer = await door.post("/services/oauth2/introspect", data={"token": token})
    assert refused(answer)[0] == "invalid_request"
    by_basic = await door.post(
        "/services/oauth2/introspect", data={"token": token}, auth=(person.client_id, person.client_secret)
    )
    assert by_basic.json()["active"] is True
    moved_clock.offset += timedelta(hours=3)
    assert await state(token, person) == {"active": False}


async def test_userinfo(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    token = await token_for(door, person.by_app)
    for method in ("GET", "POST"):
        answer = await door.request(method, "/services/oauth2/userinfo", headers=bearer(token))
        told = answer.json()
        assert (told["user_id"], told["organization_id"]) == (person.user_id, auth.organization_id)
        assert told["preferred_username"] == person.username
        assert told["sub"] == f"http://oms.example/id/{auth.organization_id}/{person.user_id}"
        assert told["urls"]["rest"] == "http://oms.example/services/data/v{version}/"
        assert told["urls"]["partner"] == "http://oms.example/services/Soap/u/{version}/00D000000000001"


async def test_identity(door: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person, boss = await new_person(), await new_person(Role.ADMINISTRATOR)
    token, boss_token = await token_for(door, person.by_app), await token_for(door, boss.by_app)
    path = f"/id/{auth.organization_id}/{person.user_id}"
    answer = await door.get(path, params={"format": "json", "oauth_token": token})
    told = answer.json()
    assert told["id"] == f"http://oms.example{path}"
    assert (told["user_id"], told["organization_id"]) == (person.user_id, auth.organization_id)
    assert (told["username"], told["user_type"], told["active"]) == (person.username, "STANDARD", True)
    assert (await door.get(path, headers=bearer(boss_token))).json()["username"] == person.username
    others = [
        f"/id/{auth.organization_id}/{boss.user_id}",
        f"/id/00D000000000002EAA/{person.user_id}",
        f"/id/{auth.organization_id}/nonsense",
    ]
    for other in others:
        answer = await door.get(other, headers=bearer(token))
        assert (answer.status_code, answer.text) == (403, "Bad_Id")


@pytest.mark.parametrize("path", ["/services/oauth2/userinfo", "/id/00D000000000001EAA/005000000000001AAA"])
async def test_a_bad_token_is_answered_by_a_word(door: httpx.AsyncClient, path: str) -> None:
    missing = await door.get(path)
    bad = await door.get(path, headers=bearer("00D000000000001!foreign"))
    assert (missing.status_code, missing.text) == (403, "Missing_OAuth_Token")
    assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")


async def test_discovery(door: httpx.AsyncClient) -> None:
    told = (await door.get("/.well-known/openid-configuration")).json()
    assert told["token_endpoint"] == "http://oms.example/services/oauth2/token"
    assert BEARER in told["grant_types_supported"]
    assert (await door.get("/id/keys")).json() == {"keys": []}


# --- the spellings of the session


@pytest.mark.parametrize(
    ("path", "headers", "query", "token"),
    [
        ("/services/data", {"authorization": "Bearer t"}, "", "t"),
        ("/services/data", {"authorization": "bearer  t "}, "", "t"),
        ("/services/data", {"authorization": "OAuth t"}, "", "t"),
        ("/services/data", {"authorization": "OAUTH t"}, "", "t"),
        ("/services/data", {"x-sfdc-session": "t"}, "", "t"),
        ("/id/00D/005", {}, "format=json&oauth_token=t", "t"),
        ("//id/00D/005", {}, "oauth_token=t", "t"),
        ("/services/data", {}, "oauth_token=t", None),
        ("/services/data", {"authorization": "Basic t"}, "", None),
        ("/services/data", {"authorization": "Bearer"}, "", None),
        ("/services/data", {}, "", None),
    ],
)
def test_spellings_of_the_session(path: str, headers: dict[str, str], query: str, token: str | None) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        "server": ("oms.example", 80),
    }
    assert token_of(Request(scope)) == token
