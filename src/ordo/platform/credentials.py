"""Who may log in: the credentials of users and the connected apps, and their statements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, func, text

from ordo.kernel.clock import Clock
from ordo.platform.database import Database
from ordo.platform.roles import Role
from ordo.platform.schema import metadata

FAILURES_TO_LOCK = 10
LOCKED_FOR = timedelta(minutes=15)
LOGINS_PER_HOUR = 3600

_key = Text(collation="C")
_moment = DateTime(timezone=True)

credential_table = Table(
    "credential",
    metadata,
    Column("user_id", _key, primary_key=True),
    Column("username", Text, nullable=False),
    Column("password_hash", Text, comment="argon2id; null: no login by password"),
    Column("security_token_hash", _key, comment="null: the password alone is enough"),
    Column("role", Text, nullable=False),
    Column("location_id", _key, comment="the one location of a store associate"),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    Column("failed_logins", Integer, nullable=False, server_default=text("0")),
    Column("locked_until", _moment),
)
Index("credential_username_key", func.lower(credential_table.c.username), unique=True)

connectedapp_table = Table(
    "connectedapp",
    metadata,
    Column("client_id", _key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", _key),
    Column("run_as_user_id", _key, comment="whom client credentials act for, and the only one a JWT may name"),
    Column("scopes", Text, nullable=False),
    Column("certificate_pem", Text, comment="checks the signature of JWT assertions"),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
)


class Credential(msgspec.Struct, frozen=True):
    """A credential as a login reads it. `recent_logins` counts up to the limit per hour."""

    user_id: str
    username: str
    password_hash: str | None
    security_token_hash: str | None
    role: Role
    location_id: str | None
    is_active: bool
    failed_logins: int
    locked_until: datetime | None
    recent_logins: int

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > now

    @property
    def is_over_the_rate(self) -> bool:
        return self.recent_logins >= LOGINS_PER_HOUR

    def __repr__(self) -> str:
        return f"<credential of {self.user_id}>"


class App(msgspec.Struct, frozen=True):
    """A connected app."""

    client_id: str
    name: str
    secret_hash: str | None
    run_as_user_id: str | None
    scopes: str
    certificate_pem: str | None
    is_active: bool

    def __repr__(self) -> str:
        return f"<connected app {self.name!r}>"


_CREDENTIAL = """
SELECT user_id, username, password_hash, security_token_hash, role, location_id, is_active, failed_logins,
       locked_until, (SELECT count(*)::integer FROM (
           SELECT FROM session s WHERE s.user_id = c.user_id AND s.created > $2 AND s.kind = 'access'
           LIMIT 3600
       ) AS recent) AS recent_logins
FROM credential c WHERE """
_FAILED = """
UPDATE credential SET
    failed_logins = CASE WHEN locked_until <= $2 THEN 1 ELSE failed_logins + 1 END,
    locked_until = CASE WHEN locked_until <= $2 THEN NULL
                        WHEN failed_logins + 1 >= $3 THEN $4::timestamptz ELSE locked_until END
WHERE user_id = $1"""
_SUCCEEDED = "UPDATE credential SET failed_logins = 0, locked_until = NULL WHERE user_id = $1"
_APP = """
SELECT client_id, name, secret_hash, run_as_user_id, scopes, certificate_pem, is_active
FROM connectedapp WHERE client_id = $1"""


class Credentials:
    """Reads credentials and apps, and counts failed logins."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_username(self, username: str) -> Credential | None:
        return await self._one("lower(username) = lower($1)", username)

    async def of_user(self, user_id: str) -> Credential | None:
        return await self._one("user_id = $1", user_id)

    async def app(self, client_id: str) -> App | None:
        if not is_storable(client_id):
            return None
        row = await self._database.fetchrow(_APP, client_id)
        return None if row is None else App(**row)

    async def login_failed(self, user_id: str) -> None:
        now = self._clock.now()
        await self._database.execute(_FAILED, user_id, now, FAILURES_TO_LOCK, now + LOCKED_FOR)

    async def login_succeeded(self, user_id: str) -> None:
        await self._database.execute(_SUCCEEDED, user_id)

    async def _one(self, condition: str, key: str) -> Credential | None:
        if not is_storable(key):
            return None
        row: Any = await self._database.fetchrow(
            _CREDENTIAL + condition, key, self._clock.now() - timedelta(hours=1)
        )
        return None if row is None else Credential(**{**row, "role": Role(row["role"])})


def is_storable(key: str) -> bool:
    """PostgreSQL holds neither U+0000 nor half a surrogate pair: such a key names nobody."""
    return "\0" not in key and not any("\ud800" <= char <= "\udfff" for char in key)
