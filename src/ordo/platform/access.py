"""Who may come in, listed and found by name: users with and without a login, and connected apps."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ordo.kernel.problems import Problem
from ordo.platform.credentials import is_storable

if TYPE_CHECKING:
    from ordo.platform.database import Database

# A login without a user, or a user without a login, is one that an administrator wants to see.
_USERS = """
SELECT coalesce(c.username, u.username) AS username, c.role, l.name AS location,
       coalesce(u.isactive AND NOT u.isdeleted, true) AND coalesce(c.is_active, true) AS is_active,
       c.user_id IS NOT NULL AS has_login,
       CASE WHEN c.locked_until > now() THEN c.locked_until END AS locked_until,
       coalesce(c.user_id, u.id) AS user_id, u.id IS NOT NULL AS has_record, c.location_id
FROM "user" u FULL JOIN credential c ON c.user_id = u.id LEFT JOIN location l ON l.id = c.location_id
"""
_BY_NAME = " ORDER BY lower(coalesce(c.username, u.username)), coalesce(c.user_id, u.id)"
_OF_NAME = " WHERE lower(coalesce(c.username, u.username)) = lower($1)"
_APPS = """
SELECT a.name, a.client_id, c.username AS run_as, a.scopes, a.certificate_pem IS NOT NULL AS has_certificate,
       a.is_active
FROM connectedapp a LEFT JOIN credential c ON c.user_id = a.run_as_user_id
"""


class NobodyOfThatName(Problem):
    code = "NOT_FOUND"


class Person(msgspec.Struct, frozen=True):
    """A user. `has_record`: there is a row of User; `has_login`: there is a credential."""

    username: str
    role: str | None
    location: str | None
    is_active: bool
    has_login: bool
    locked_until: datetime | None
    user_id: str
    has_record: bool
    location_id: str | None


class ListedApp(msgspec.Struct, frozen=True):
    """A connected app; `run_as` is the username client credentials act for."""

    name: str
    client_id: str
    run_as: str | None
    scopes: str
    has_certificate: bool
    is_active: bool


async def users(database: Database) -> list[Person]:
    return [Person(**row) for row in await database.fetch(_USERS + _BY_NAME)]


async def known(database: Database, username: str) -> Person | None:
    """In upper or lower case; whoever can log in comes before whoever cannot."""
    if not is_storable(username):
        return None
    row = await database.fetchrow(f"{_USERS}{_OF_NAME} ORDER BY c.user_id IS NULL LIMIT 1", username)
    return None if row is None else Person(**row)


async def user(database: Database, username: str) -> Person:
    """NobodyOfThatName."""
    found = await known(database, username)
    if found is None:
        raise NobodyOfThatName(f"there is no user {username}")
    return found


async def active_user(database: Database, username: str) -> str:
    """The id of a user who may act. NobodyOfThatName."""
    found = await user(database, username)
    if not found.is_active:
        raise NobodyOfThatName(f"the user {username} is off")
    return found.user_id


async def apps(database: Database) -> list[ListedApp]:
    return [ListedApp(**row) for row in await database.fetch(f"{_APPS} ORDER BY lower(a.name), a.client_id")]


async def app(database: Database, name: str) -> ListedApp:
    """By its client id or its name. NobodyOfThatName for none, or for a name that several have."""
    rows = []
    if is_storable(name):
        rows = list(await database.fetch(f"{_APPS} WHERE a.client_id = $1 OR a.name = $1 LIMIT 2", name))
    if not rows:
        raise NobodyOfThatName(f"there is no app {name}")
    if len(rows) > 1:
        raise NobodyOfThatName(f"several apps are named {name}: say its client id")
    return ListedApp(**rows[0])
