"""What an administrator does to credentials and apps. Secrets are made here and shown once."""

from __future__ import annotations

import msgspec
from asyncpg import UniqueViolationError

from ordo.kernel.ids import normalize
from ordo.kernel.problems import DuplicateValue, MalformedId, NotFound, RequiredFieldMissing
from ordo.platform import tokens
from ordo.platform.assertions import public_key
from ordo.platform.database import Database
from ordo.platform.passwords import Passwords
from ordo.platform.roles import PERMISSIONS, Role
from ordo.platform.sessions import Sessions

DEFAULT_SCOPES = "api id refresh_token web"


class NewSecrets(msgspec.Struct, frozen=True):
    """Shown once, to whoever asked; stored only as hashes. None: unchanged or not wanted."""

    password: str | None = None
    security_token: str | None = None

    def __repr__(self) -> str:
        return "<new secrets>"


# Of a user who was made inactive before: as the record says.
_CREATE_USER = """
WITH person AS (SELECT isactive FROM "user" WHERE id = $1 FOR SHARE)
INSERT INTO credential (user_id, username, password_hash, security_token_hash, role, location_id, is_active)
SELECT $1, $2, $3, $4, $5, $6, coalesce((SELECT isactive FROM person), true)"""
_CREATE_APP = """
INSERT INTO connectedapp (client_id, name, secret_hash, run_as_user_id, scopes, certificate_pem)
VALUES ($1, $2, $3, $4, $5, $6)"""
_SET_LOGIN = """
UPDATE credential SET password_hash = $2, security_token_hash = $3, failed_logins = 0, locked_until = NULL
WHERE user_id = $1"""
_SET_ACCESS = "UPDATE credential SET role = $2, location_id = $3 WHERE user_id = $1"
_SET_ACTIVE = "UPDATE credential SET is_active = $2, failed_logins = 0, locked_until = NULL WHERE user_id = $1"
_SET_APP_ACTIVE = "UPDATE connectedapp SET is_active = $2 WHERE client_id = $1"
_SET_APP_SECRET = "UPDATE connectedapp SET secret_hash = $2 WHERE client_id = $1"  # noqa: S105  a statement


class Administration:
    """Whatever takes something away ends the sessions it stood for; the change commits first, so that
    a session being opened meanwhile either sees it or is ended with the others."""

    def __init__(self, database: Database, passwords: Passwords, sessions: Sessions) -> None:
        self._database = database
        self._passwords = passwords
        self._sessions = sessions

    async def create_user_credential(
        self,
        user_id: str,
        username: str,
        password: str | None,
        role: Role,
        *,
        location_id: str | None = None,
        with_security_token: bool = True,
    ) -> NewSecrets:
        """Makes a password if none is given. DuplicateValue if the user or the name is taken."""
        location = _location(role, location_id)
        made = None if password else tokens.password()
        token = tokens.security_token() if with_security_token else None
        hashed = await self._passwords.hash(password or made or "")
        try:
            await self._database.execute(
                _CREATE_USER,
                user_id,
                username,
                hashed,
                tokens.digest(token) if token else None,
                role,
                location,
            )
        except UniqueViolationError as error:
            raise DuplicateValue("duplicate value found: Username", fields=("Username",)) from error
        return NewSecrets(made, token)

    async def set_password(
        self, user_id: str, password: str | None = None, *, with_security_token: bool = True
    ) -> NewSecrets:
        """A new password and, as on the platform, a new security token; ends the user's sessions."""
        made = None if password else tokens.password()
        token = tokens.security_token() if with_security_token else None
        hashed = await self._passwords.hash(password or made or "")
        await self._change(_SET_LOGIN, user_id, hashed, tokens.digest(token) if token else None)
        await self._sessions.revoke_user(user_id)
        return NewSecrets(made, token)

    async def set_access(self, user_id: str, role: Role, location_id: str | None = None) -> None:
        """Another role or location; ends the user's sessions, since they carry the old ones."""
        await self._change(_SET_ACCESS, user_id, role, _location(role, location_id))
        await self._sessions.revoke_user(user_id)

    async def deactivate(self, user_id: str) -> None:
        await self._change(_SET_ACTIVE, user_id, False)
        await self._sessions.revoke_user(user_id)

    async def activate(self, user_id: str) -> None:
        """Lets a user in again, a locked one too."""
        await self._change(_SET_ACTIVE, user_id, True)

    async def create_app(
        self,
        name: str,
        run_as_user_id: str | None,
        scopes: str = DEFAULT_SCOPES,
        *,
        certificate_pem: str | None = None,
    ) -> tuple[str, str]:
        """(client id, client secret). `run_as_user_id` is whom client credentials act for and the only
        user a JWT may name; without one, JWTs may name any. ValueError if the certificate is no RSA key."""
        if certificate_pem is not None:
            public_key(certificate_pem)
        client_id, secret = tokens.client_id(), tokens.client_secret()
        await self._database.execute(
            _CREATE_APP, client_id, name, tokens.digest(secret), run_as_user_id, scopes, certificate_pem
        )
        return client_id, secret

    async def rotate_app_secret(self, client_id: str) -> str:
        """A new secret at once; sessions that are open stay, as on the platform."""
        secret = tokens.client_secret()
        await self._change(_SET_APP_SECRET, client_id, tokens.digest(secret))
        return secret

    async def deactivate_app(self, client_id: str) -> None:
        await self._change(_SET_APP_ACTIVE, client_id, False)
        await self._sessions.revoke_app(client_id)

    async def activate_app(self, client_id: str) -> None:
        await self._change(_SET_APP_ACTIVE, client_id, True)

    async def create_refresh_token(self, user_id: str, client_id: str, scopes: str = DEFAULT_SCOPES) -> str:
        """For a device that stays logged in: a refresh token handed out by an administrator."""
        token = await self._sessions.open_refresh(user_id, client_id, scopes)
        if token is None:
            raise NotFound
        return token

    async def _change(self, statement: str, key: str, *values: object) -> None:
        if (await self._database.execute(statement, key, *values)).endswith(" 0"):
            raise NotFound


def _location(role: Role, location_id: str | None) -> str | None:
    """The id in the form that rows hold, needed for a role that is limited to a location; MalformedId."""
    if location_id is None:
        if PERMISSIONS[role].located:
            raise RequiredFieldMissing("LocationId")
        return None
    found = normalize(location_id)
    if found is None:
        raise MalformedId(f"malformed id {location_id}", fields=("LocationId",))
    return found
