"""The token endpoint and its neighbours, in the shapes clients read (platform reference 2)."""

from __future__ import annotations

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
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import Request

from ordo.api.session import token_of
from ordo.kernel.clock import Clock
from ordo.platform.auth import Auth, Role, SessionExpired
from ordo.platform.database import Database

TOKEN = "/services/oauth2/token"
ACCESS_TOKEN = re.compile(r"(00D\w{12,15})![.\w]*")
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
NewPerson = Callable[..., Awaitable[Any]]


def refused(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    return body["error"], body["error_description"]


async def token_for(client: httpx.AsyncClient, form: dict[str, str]) -> str:
    answer = await client.post(TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --- client credentials and password


async def test_client_credentials_in_the_body(
    client: httpx.AsyncClient, auth: Auth, new_person: NewPerson
) -> None:
    person = await new_person()
    answer = await client.post(TOKEN, data=person.by_app)
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
    signed = hmac.digest(
        person.client_secret.encode(), (body["id"] + body["issued_at"]).encode(), hashlib.sha256
    )
    assert base64.b64decode(body["signature"]) == signed
    assert (await auth.authenticate(body["access_token"])).user_id == person.user_id


async def test_client_credentials_by_basic(client: httpx.AsyncClient, new_person: NewPerson) -> None:
    person = await new_person()
    answer = await client.post(
        TOKEN, data={"grant_type": "client_credentials"}, auth=(person.client_id, person.client_secret)
    )
    assert answer.status_code == 200


async def test_the_path_may_end_in_a_slash_and_the_body_be_chunked(
    client: httpx.AsyncClient, new_person: NewPerson
) -> None:
    person = await new_person()
    text = "&".join(f"{key}={value}" for key, value in person.by_app.items()).encode()

    async def chunks() -> Any:
        for start in range(0, len(text), 7):
            yield text[start : start + 7]

    answer = await client.post(TOKEN + "/", content=chunks())
    assert answer.status_code == 200


async def test_password(client: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    answer = await client.post(TOKEN, data=person.by_password | {"username": person.username.upper()})
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert (await auth.authenticate(answer.json()["access_token"])).username == person.username


async def test_a_password_needs_its_security_token_unless_the_address_is_trusted_or_there_is_none(
    client: httpx.AsyncClient, auth: Auth, new_person: NewPerson
) -> None:
    person = await new_person()
    bare = person.by_password | {"password": person.password}
    assert refused(await client.post(TOKEN, data=bare)) == ("invalid_grant", "authentication failure")
    assert (await auth.token(bare, url="http://oms.example", address="10.1.2.3"))["access_token"]
    assert (await auth.token(person.by_password, address="10.1.2.3"))["access_token"]
    await auth.administration.set_password(person.user_id, person.password, with_security_token=False)
    await token_for(client, bare)


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
    client: httpx.AsyncClient, new_person: NewPerson, wrong: dict[str, str], error: tuple[str, str]
) -> None:
    person = await new_person()
    assert refused(await client.post(TOKEN, data=person.by_password | wrong)) == error


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /w==", "Basic eDp3cm9uZw=="])
async def test_a_wrong_basic_header_is_refused(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.post(
        TOKEN, data={"grant_type": "client_credentials"}, headers={"Authorization": header}
    )
    assert refused(answer)[0] in {"invalid_client", "invalid_client_id"}


async def test_inactive_users_and_apps(client: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    token = await token_for(client, person.by_app)
    await auth.administration.deactivate(person.user_id)
    for form in (person.by_app, person.by_password):
        assert refused(await client.post(TOKEN, data=form)) == ("invalid_grant", "inactive user")
    wrong = person.by_password | {"password": "wrong"}
    assert refused(await client.post(TOKEN, data=wrong)) == ("invalid_grant", "authentication failure")
    with pytest.raises(SessionExpired):
        await auth.authenticate(token)
    await auth.administration.activate(person.user_id)
    await token_for(client, person.by_app)
    await auth.administration.deactivate_app(person.client_id)
    assert refused(await client.post(TOKEN, data=person.by_app))[0] == "invalid_client_id"


async def test_an_app_without_a_user_has_no_client_credentials(client: httpx.AsyncClient, auth: Auth) -> None:
    client_id, secret = await auth.administration.create_app("nobody's", None)
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    assert refused(await client.post(TOKEN, data=form)) == (
        "invalid_grant",
        "no client credentials user enabled",
    )


async def test_a_rotated_secret_replaces_the_old_one(
    client: httpx.AsyncClient, auth: Auth, new_person: NewPerson
) -> None:
    person = await new_person()
    secret = await auth.administration.rotate_app_secret(person.client_id)
    assert refused(await client.post(TOKEN, data=person.by_app))[0] == "invalid_client"
    await token_for(client, person.by_app | {"client_secret": secret})


async def test_ten_failures_lock_for_a_quarter_of_an_hour(
    client: httpx.AsyncClient, clock: Clock, new_person: NewPerson
) -> None:
    person = await new_person()
    wrong = person.by_password | {"password": "wrong"}
    for _ in range(9):
        await client.post(TOKEN, data=wrong)
    await token_for(client, person.by_password)  # a success in between forgets the failures
    for _ in range(10):
        await client.post(TOKEN, data=wrong)
    locked = await client.post(TOKEN, data=person.by_password)
    assert refused(locked) == ("invalid_grant", "authentication failure")
    clock.offset += timedelta(minutes=14)
    assert (await client.post(TOKEN, data=person.by_password)).status_code == 400
    clock.offset += timedelta(minutes=2)
    assert (await client.post(TOKEN, data=wrong)).status_code == 400
    await token_for(client, person.by_password)


async def test_3600_logins_an_hour_are_enough(
    client: httpx.AsyncClient, database: Database, clock: Clock, new_person: NewPerson
) -> None:
    person = await new_person()
    await database.execute(
        "INSERT INTO session (token_hash, kind, user_id, scopes, created, last_used) "
        "SELECT $1 || n, 'access', $1, 'api', $2, $2 FROM generate_series(1, 3600) n",
        person.user_id,
        clock.now(),
    )
    for form in (person.by_app, person.by_password):
        answer = await client.post(TOKEN, data=form)
        assert refused(answer) == ("rate_limit_exceeded", "login rate exceeded")
    clock.offset += timedelta(minutes=61)
    await token_for(client, person.by_app)


# --- refresh


async def test_refresh(client: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    refresh = await auth.administration.create_refresh_token(person.user_id, person.client_id)
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": person.client_id}
    answer = await client.post(TOKEN, data=form)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert "signature" not in answer.json()
    first, second = answer.json()["access_token"], await token_for(client, form | person.client)
    assert refused(await client.post(TOKEN, data=form | {"client_secret": "wrong"}))[0] == "invalid_client"
    other = await new_person()
    stolen = form | other.client
    assert refused(await client.post(TOKEN, data=stolen)) == ("invalid_grant", "expired access/refresh token")
    await client.post("/services/oauth2/revoke", data={"token": first})
    with pytest.raises(SessionExpired):
        await auth.authenticate(first)
    assert (await auth.authenticate(second)).user_id == person.user_id
    await client.post("/services/oauth2/revoke", data={"token": refresh})
    assert refused(await client.post(TOKEN, data=form)) == ("invalid_grant", "expired access/refresh token")
    with pytest.raises(SessionExpired):
        await auth.authenticate(second)


async def test_an_access_token_refreshes_nothing(client: httpx.AsyncClient, new_person: NewPerson) -> None:
    person = await new_person()
    token = await token_for(client, person.by_app)
    form = {"grant_type": "refresh_token", "refresh_token": token, **person.client}
    assert refused(await client.post(TOKEN, data=form)) == ("invalid_grant", "expired access/refresh token")


# --- JWT bearer


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


def assertion(signing: RSAKey, **claims: object) -> dict[str, str]:
    told = {"aud": "https://login.salesforce.com", "exp": int(time.time()) + 180, **claims}
    return {"grant_type": BEARER, "assertion": jwt.encode({"alg": "RS256"}, told, signing)}


@pytest.fixture
async def issuer(auth: Auth, key: RSAKey) -> str:
    pem = key.as_pem(private=False).decode()
    return (await auth.administration.create_app("by JWT", None, certificate_pem=pem))[0]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": "https://test.salesforce.com"},
        {"aud": "http://oms.example"},
        {"aud": "http://oms.example/"},
        {"aud": ["http://oms.example/services/oauth2/token"]},
        {"exp": int((time.time() + 180) * 1000)},
        {"exp": str(int(time.time()) + 180)},
    ],
    ids=["simple-salesforce", "test", "own", "sf", "token endpoint", "milliseconds", "string"],
)
async def test_jwt_bearer(
    *,
    client: httpx.AsyncClient,
    auth: Auth,
    new_person: NewPerson,
    key: RSAKey,
    issuer: str,
    claims: dict[str, Any],
) -> None:
    person = await new_person()
    answer = await client.post(TOKEN, data=assertion(key, iss=issuer, sub=person.username, **claims))
    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()
    assert (await auth.authenticate(answer.json()["access_token"])).user_id == person.user_id


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"aud": "https://elsewhere.example"}, ("invalid_grant", "Audience validation failed")),
        ({"aud": None}, ("invalid_grant", "Audience validation failed")),
        ({"exp": int(time.time()) - 600}, ("invalid_grant", "assertion has expired")),
        ({"exp": int((time.time() - 600) * 1000)}, ("invalid_grant", "assertion has expired")),
        ({"exp": int(time.time()) + 10**7}, ("invalid_grant", "assertion has expired")),
        ({"exp": "soon"}, ("invalid_grant", "invalid assertion")),
        ({"exp": "nan"}, ("invalid_grant", "assertion has expired")),
        ({"exp": None}, ("invalid_grant", "invalid assertion")),
        ({"iss": "3MVG9unknown"}, ("invalid_client_id", "client identifier invalid")),
        ({"iss": 7}, ("invalid_grant", "invalid assertion")),
        ({"sub": 7}, ("invalid_grant", "invalid assertion")),
        ({"sub": "nobody@ordo.example"}, ("invalid_grant", "user hasn't approved this consumer")),
    ],
)
async def test_a_wrong_assertion_is_refused(
    *,
    client: httpx.AsyncClient,
    new_person: NewPerson,
    key: RSAKey,
    issuer: str,
    claims: dict[str, Any],
    error: tuple[str, str],
) -> None:
    person = await new_person()
    told = {"iss": issuer, "sub": person.username} | claims
    assert refused(await client.post(TOKEN, data=assertion(key, **told))) == error


async def test_an_assertion_needs_the_key_of_its_app(
    client: httpx.AsyncClient, auth: Auth, new_person: NewPerson, key: RSAKey, issuer: str
) -> None:
    person = await new_person()
    invalid = ("invalid_grant", "invalid assertion")
    forged = assertion(RSAKey.generate_key(2048), iss=issuer, sub=person.username)
    assert refused(await client.post(TOKEN, data=forged)) == invalid
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    good = assertion(key, iss=issuer, sub=person.username)["assertion"].split(".")
    for text in (f"{unsigned}.{good[1]}.", "x", "a.b.c", ".".join([good[0], good[1], good[2][:-4] + "AAAA"])):
        assert refused(await client.post(TOKEN, data={"grant_type": BEARER, "assertion": text})) == invalid
    without = assertion(key, iss=person.client_id, sub=person.username)
    assert refused(await client.post(TOKEN, data=without)) == invalid


async def test_an_app_bound_to_a_user_speaks_for_no_other(
    client: httpx.AsyncClient, auth: Auth, new_person: NewPerson, key: RSAKey
) -> None:
    bound, other = await new_person(), await new_person(Role.ADMINISTRATOR)
    pem = key.as_pem(private=False).decode()
    issuer, _ = await auth.administration.create_app("bound", bound.user_id, certificate_pem=pem)
    await token_for(client, assertion(key, iss=issuer, sub=bound.username))
    answer = await client.post(TOKEN, data=assertion(key, iss=issuer, sub=other.username))
    assert refused(answer) == ("invalid_grant", "user hasn't approved this consumer")
    await auth.administration.deactivate(bound.user_id)
    answer = await client.post(TOKEN, data=assertion(key, iss=issuer, sub=bound.username))
    assert refused(answer) == ("invalid_grant", "inactive user")


# --- revoke, introspect, userinfo, identity


async def test_revoke_is_quiet(client: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    by_post, by_get = await token_for(client, person.by_app), await token_for(client, person.by_app)
    answers = [
        await client.post("/services/oauth2/revoke", data={"token": by_post}),
        await client.get("/services/oauth2/revoke", params={"token": by_get}),
        await client.post("/services/oauth2/revoke", data={"token": "unknown"}),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    for token in (by_post, by_get):
        with pytest.raises(SessionExpired):
            await auth.authenticate(token)
    assert refused(await client.post("/services/oauth2/revoke"))[0] == "invalid_request"


async def test_introspect(client: httpx.AsyncClient, auth: Auth, clock: Clock, new_person: NewPerson) -> None:
    person, other = await new_person(), await new_person()
    token = await token_for(client, person.by_app)

    async def state(token: str, asking: Any) -> Any:
        answer = await client.post("/services/oauth2/introspect", data={"token": token, **asking.client})
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
    answer = await client.post("/services/oauth2/introspect", data={"token": token})
    assert refused(answer)[0] == "invalid_request"
    by_basic = await client.post(
        "/services/oauth2/introspect", data={"token": token}, auth=(person.client_id, person.client_secret)
    )
    assert by_basic.json()["active"] is True
    clock.offset += timedelta(hours=3)
    assert await state(token, person) == {"active": False}


async def test_userinfo(client: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person = await new_person()
    token = await token_for(client, person.by_app)
    for method in ("GET", "POST"):
        answer = await client.request(method, "/services/oauth2/userinfo", headers=bearer(token))
        told = answer.json()
        assert (told["user_id"], told["organization_id"]) == (person.user_id, auth.organization_id)
        assert told["preferred_username"] == person.username
        assert told["sub"] == f"http://oms.example/id/{auth.organization_id}/{person.user_id}"
        assert told["urls"]["rest"] == "http://oms.example/services/data/v{version}/"
        assert told["urls"]["partner"] == "http://oms.example/services/Soap/u/{version}/00D000000000001"


async def test_identity(client: httpx.AsyncClient, auth: Auth, new_person: NewPerson) -> None:
    person, boss = await new_person(), await new_person(Role.ADMINISTRATOR)
    token, boss_token = await token_for(client, person.by_app), await token_for(client, boss.by_app)
    path = f"/id/{auth.organization_id}/{person.user_id}"
    answer = await client.get(path, params={"format": "json", "oauth_token": token})
    told = answer.json()
    assert told["id"] == f"http://oms.example{path}"
    assert (told["user_id"], told["organization_id"]) == (person.user_id, auth.organization_id)
    assert (told["username"], told["user_type"], told["active"]) == (person.username, "STANDARD", True)
    assert (await client.get(path, headers=bearer(boss_token))).json()["username"] == person.username
    others = [
        f"/id/{auth.organization_id}/{boss.user_id}",
        f"/id/00D000000000002EAA/{person.user_id}",
        f"/id/{auth.organization_id}/nonsense",
    ]
    for other in others:
        answer = await client.get(other, headers=bearer(token))
        assert (answer.status_code, answer.text) == (403, "Bad_Id")


@pytest.mark.parametrize("path", ["/services/oauth2/userinfo", "/id/00D000000000001EAA/005000000000001AAA"])
async def test_a_bad_token_is_answered_by_a_word(client: httpx.AsyncClient, path: str) -> None:
    missing = await client.get(path)
    bad = await client.get(path, headers=bearer("00D000000000001!foreign"))
    assert (missing.status_code, missing.text) == (403, "Missing_OAuth_Token")
    assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")


async def test_discovery(client: httpx.AsyncClient) -> None:
    told = (await client.get("/.well-known/openid-configuration")).json()
    assert told["token_endpoint"] == "http://oms.example/services/oauth2/token"
    assert BEARER in told["grant_types_supported"]
    assert (await client.get("/id/keys")).json() == {"keys": []}


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
