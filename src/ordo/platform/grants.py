"""The OAuth grants: each turns what a client sent into an access token or a refusal."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import NamedTuple

from ordo.kernel.clock import Clock
from ordo.platform import assertions, tokens
from ordo.platform.credentials import App, Credential, Credentials
from ordo.platform.logins import (
    AuthenticationFailed,
    GrantRefused,
    InactiveUser,
    Logins,
    MissingParameter,
    admitted,
)
from ordo.platform.sessions import Sessions

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Asked(NamedTuple):
    """A token request: the form, the pair of HTTP Basic, and where and from where it came."""

    form: Mapping[str, str]
    basic: tuple[str, str] | None
    url: str
    address: str | None

    def needed(self, name: str) -> str:
        value = self.form.get(name)
        if not value:
            raise MissingParameter(name)
        return value

    @property
    def client(self) -> tuple[str, str | None]:
        if self.basic is not None:
            return self.basic
        return self.needed("client_id"), self.form.get("client_secret")


class Grants:
    """Answers the token endpoint. Every refusal is a GrantRefused."""

    def __init__(
        self, credentials: Credentials, sessions: Sessions, logins: Logins, clock: Clock, organization_id: str
    ) -> None:
        self._credentials = credentials
        self._sessions = sessions
        self._logins = logins
        self._clock = clock
        self._organization_id = organization_id
        self._grants = {
            "client_credentials": self._client_credentials,
            "password": self._password,
            "refresh_token": self._refresh,
            JWT_BEARER: self._jwt_bearer,
        }

    @property
    def types(self) -> list[str]:
        return list(self._grants)

    async def token(self, asked: Asked) -> dict[str, str]:
        grant = self._grants.get(asked.needed("grant_type"))
        if grant is None:
            raise GrantRefused("unsupported_grant_type", "grant type not supported")
        return await grant(asked)

    async def client(self, asked: Asked, *, secret_needed: bool = True) -> App:
        """The app that asks, its secret checked; a public client may leave it out where it is not needed."""
        client_id, secret = asked.client
        app = await self._credentials.app(client_id)
        if app is None or not app.is_active:
            raise GrantRefused("invalid_client_id", "client identifier invalid")
        if not secret and secret_needed:
            raise MissingParameter("client_secret")
        if secret and not tokens.matches(app.secret_hash, secret):
            raise GrantRefused("invalid_client", "invalid client credentials")
        return app

    async def _client_credentials(self, asked: Asked) -> dict[str, str]:
        app = await self.client(asked)
        person = await self._credentials.of_user(app.run_as_user_id) if app.run_as_user_id else None
        if person is None:
            raise GrantRefused("invalid_grant", "no client credentials user enabled")
        return await self._open(asked, admitted(person), app)

    async def _password(self, asked: Asked) -> dict[str, str]:
        app = await self.client(asked)
        username, password = asked.needed("username"), asked.needed("password")
        person = await self._logins.by_password(username, password, asked.address)
        return await self._open(asked, person, app)

    async def _refresh(self, asked: Asked) -> dict[str, str]:
        app = await self.client(asked, secret_needed=False)
        session = await self._sessions.stored(asked.needed("refresh_token"))
        if session is None or session.kind != "refresh" or session.client_id != app.client_id:
            raise GrantRefused("invalid_grant", "expired access/refresh token")
        person = await self._credentials.of_user(session.user_id)
        if person is None:
            raise AuthenticationFailed
        return await self._open(asked, admitted(person), app, refresh_of=session.token_hash)

    async def _jwt_bearer(self, asked: Asked) -> dict[str, str]:
        assertion = asked.needed("assertion")
        app = await self._credentials.app(assertions.issuer(assertion))
        if app is None or not app.is_active:
            raise GrantRefused("invalid_client_id", "client identifier invalid")
        if app.certificate_pem is None:
            raise assertions.InvalidAssertion
        audiences = {asked.url, f"{asked.url}/services/oauth2/token", *assertions.SALESFORCE_AUDIENCES}
        username = assertions.subject(assertion, app.certificate_pem, audiences)
        person = await self._credentials.of_username(username)
        if person is None or app.run_as_user_id not in (None, person.user_id):
            raise GrantRefused("invalid_grant", "user hasn't approved this consumer")
        return await self._open(asked, admitted(person), app)

    async def _open(
        self, asked: Asked, person: Credential, app: App, refresh_of: str | None = None
    ) -> dict[str, str]:
        token = await self._sessions.open(person.user_id, app.client_id, app.scopes, refresh_of)
        if token is None:
            raise InactiveUser
        identity = f"{asked.url}/id/{self._organization_id}/{person.user_id}"
        issued = str(int(self._clock.now().timestamp() * 1000))
        answer = {
            "access_token": token,
            "instance_url": asked.url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
            "scope": app.scopes,
        }
        secret = asked.basic[1] if asked.basic else asked.form.get("client_secret")
        return answer | ({"signature": _signature(identity + issued, secret)} if secret else {})


def _signature(text: str, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha256)).decode()
