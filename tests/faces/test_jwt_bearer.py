"""The JWT bearer grant, with what real clients put into their assertions (platform reference 2.2)."""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from ordo.platform.auth import Auth, Role

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


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


def assertion(signing: RSAKey, **claims: object) -> dict[str, str]:
    """A claim that is a function is asked now: tests are collected long before they run."""
    now = {name: claim() if callable(claim) else claim for name, claim in claims.items()}
    told = {"aud": "https://login.salesforce.com", "exp": int(time.time()) + 180, **now}
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
        {"exp": lambda: int((time.time() + 180) * 1000)},
        {"exp": lambda: str(int(time.time()) + 180)},
    ],
    ids=["simple-salesforce", "test", "own", "sf", "token endpoint", "milliseconds", "string"],
)
async def test_jwt_bearer(
    *,
    door: httpx.AsyncClient,
    auth: Auth,
    new_person: NewPerson,
    key: RSAKey,
    issuer: str,
    claims: dict[str, Any],
) -> None:
    person = await new_person()
    answer = await door.post(TOKEN, data=assertion(key, iss=issuer, sub=person.username, **claims))
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
    door: httpx.AsyncClient,
    new_person: NewPerson,
    key: RSAKey,
    issuer: str,
    claims: dict[str, Any],
    error: tuple[str, str],
) -> None:
    person = await new_person()
    told = {"iss": issuer, "sub": person.username} | claims
    assert refused(await door.post(TOKEN, data=assertion(key, **told))) == error


async def test_an_assertion_needs_the_key_of_its_app(
    door: httpx.AsyncClient, auth: Auth, new_person: NewPerson, key: RSAKey, issuer: str
) -> None:
    person = await new_person()
    invalid = ("invalid_grant", "invalid assertion")
    forged = assertion(RSAKey.generate_key(2048), iss=issuer, sub=person.username)
    assert refused(await door.post(TOKEN, data=forged)) == invalid
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    good = assertion(key, iss=issuer, sub=person.username)["assertion"].split(".")
    for text in (f"{unsigned}.{good[1]}.", "x", "a.b.c", ".".join([good[0], good[1], good[2][:-4] + "AAAA"])):
        assert refused(await door.post(TOKEN, data={"grant_type": BEARER, "assertion": text})) == invalid
    without = assertion(key, iss=person.client_id, sub=person.username)
    assert refused(await door.post(TOKEN, data=without)) == invalid


async def test_an_app_bound_to_a_user_speaks_for_no_other(
    door: httpx.AsyncClient, auth: Auth, new_person: NewPerson, key: RSAKey
) -> None:
    bound, other = await new_person(), await new_person(Role.ADMINISTRATOR)
    pem = key.as_pem(private=False).decode()
    issuer, _ = await auth.administration.create_app("bound", bound.user_id, certificate_pem=pem)
    await token_for(door, assertion(key, iss=issuer, sub=bound.username))
    answer = await door.post(TOKEN, data=assertion(key, iss=issuer, sub=other.username))
    assert refused(answer) == ("invalid_grant", "user hasn't approved this consumer")
    await auth.administration.deactivate(bound.user_id)
    answer = await door.post(TOKEN, data=assertion(key, iss=issuer, sub=bound.username))
    assert refused(answer) == ("invalid_grant", "inactive user")
