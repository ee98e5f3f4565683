"""Sessions: opened with a token, known without a statement, ended everywhere within two seconds."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import Column, DateTime, Index, Integer, Table, Text

from ordo.kernel.clock import Clock
from ordo.kernel.ids import normalize
from ordo.kernel.problems import Problem
from ordo.platform import tokens
from ordo.platform.database import Database
from ordo.platform.limits import Limit
from ordo.platform.roles import PERMISSIONS, InsufficientAccess, Permission, Right, Role
from ordo.platform.schema import metadata

INACTIVITY_SECONDS = 2 * 3600
HELD_MAX = 20_000
LOOK_EVERY_SECONDS = 1.0
UNLOOKED_SECONDS_MAX = 2.0
_FLUSH_EVERY_LOOKS = 5
_PRUNE_EVERY_LOOKS = 600
_OVERLAP_SECONDS = 10.0

_key = Text(collation="C")
_moment = DateTime(timezone=True)
_log = structlog.get_logger(__name__)

session_table = Table(
    "session",
    metadata,
    Column("token_hash", _key, primary_key=True),
    Column("kind", Text, nullable=False, comment="access or refresh"),
    Column("user_id", _key, nullable=False),
    Column("client_id", _key, comment="null: SOAP login"),
    Column("scopes", Text, nullable=False),
    Column("created", _moment, nullable=False),
    Column("last_used", _moment, nullable=False),
    Column("expires_after", Integer, comment="seconds without use; null: never"),
    Column("refresh_of", _key, comment="the refresh token it was made from"),
    Column("revoked_at", _moment, comment="by the database's clock, which all processes share"),
)
Index("session_user", session_table.c.user_id, session_table.c.created)
Index("session_refresh", session_table.c.refresh_of, postgresql_where=session_table.c.refresh_of.is_not(None))
Index("session_revoked", session_table.c.revoked_at, postgresql_where=session_table.c.revoked_at.is_not(None))


class SessionExpired(Problem):
    """No session, an ended one or a foreign one: clients log in again when they see it."""

    code = "INVALID_SESSION_ID"
    status = 401

    def __init__(self) -> None:
        super().__init__("Session expired or invalid")


class Caller(msgspec.Struct, frozen=True):
    """Who is asking. `session` is the stored key of the session, not its token; `since` is when it was opened."""

    user_id: str
    username: str
    role: Role
    location_id: str | None
    scopes: frozenset[str]
    client_id: str | None
    organization_id: str
    session: str
    since: datetime

    @property
    def permission(self) -> Permission:
        return PERMISSIONS[self.role]

    def require(self, right: Right, noun: str) -> None:
        """InsufficientAccess (403) unless the role may do this to the noun; to which rows, `limit` says."""
        if not self.permission.allows(right, noun):
            raise InsufficientAccess

    def require_verb(self, verb: str) -> None:
        if not self.permission.allows_verb(verb):
            raise InsufficientAccess

    @property
    def limit(self) -> Limit | None:
        """What of the rows is there for this caller; None: all. Without a location none of the located are."""
        located = self.permission.located
        return Limit(located, self.location_id or "", self.permission) if located else None


class Session(msgspec.Struct, frozen=True):
    """A stored session, as refresh and introspection read it."""

    token_hash: str
    kind: str
    user_id: str
    username: str
    client_id: str | None
    scopes: str
    created: datetime
    last_used: datetime
    expires_after: int | None

    def expires(self) -> datetime | None:
        return None if self.expires_after is None else self.last_used + timedelta(seconds=self.expires_after)

    def is_over(self, now: datetime) -> bool:
        expires = self.expires()
        return expires is not None and expires < now


class _Held(msgspec.Struct):
    """A session in memory. `read` is monotonic: when its row was asked for."""

    caller: Caller
    last_used: datetime
    expires_after: timedelta
    read: float


# The credential is locked first, as by whoever ends sessions: neither waits for the other.
_OPEN = """
WITH person AS (SELECT FROM credential WHERE user_id = $3 AND is_active FOR SHARE),
app AS (SELECT FROM connectedapp WHERE client_id = $4 AND is_active FOR SHARE),
parent AS (SELECT FROM session WHERE token_hash = $8 AND revoked_at IS NULL AND EXISTS (SELECT FROM person)
    FOR SHARE)
INSERT INTO session
    (token_hash, kind, user_id, client_id, scopes, created, last_used, expires_after, refresh_of)
SELECT $1, $2, $3, $4, $5, $6, $6, $7, $8 FROM person
WHERE ($4::text IS NULL OR EXISTS (SELECT FROM app)) AND ($8::text IS NULL OR EXISTS (SELECT FROM parent))"""
_KNOWN = """
SELECT s.user_id, s.client_id, s.scopes, s.created, s.last_used, s.expires_after, c.username, c.role,
       c.location_id
FROM session s JOIN credential c ON c.user_id = s.user_id
WHERE s.token_hash = $1 AND s.kind = 'access' AND s.revoked_at IS NULL AND c.is_active"""
_STORED = """
SELECT s.token_hash, s.kind, s.user_id, c.username, s.client_id, s.scopes, s.created, s.last_used,
       s.expires_after
FROM session s JOIN credential c ON c.user_id = s.user_id
WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND c.is_active"""
_REVOKED = "SELECT token_hash FROM session WHERE revoked_at > clock_timestamp() - make_interval(secs => $1)"
_USED = """
WITH used AS (SELECT * FROM unnest($1::text[], $2::timestamptz[]) AS used (token_hash, at)),
locked AS (SELECT token_hash FROM session WHERE token_hash = ANY($1) ORDER BY token_hash FOR NO KEY UPDATE)
UPDATE session s SET last_used = greatest(s.last_used, used.at)
FROM locked JOIN used USING (token_hash) WHERE s.token_hash = locked.token_hash"""
_PRUNE = """
DELETE FROM session
WHERE last_used + make_interval(secs => expires_after) < $1::timestamptz - interval '1 day'
    OR revoked_at < clock_timestamp() - interval '1 day'"""


class Sessions:
    """The sessions table and what this process holds of it."""

    def __init__(self, database: Database, clock: Clock, organization_id: str) -> None:
        self._database = database
        self._clock = clock
        self._organization_id = normalize(organization_id) or organization_id
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._used: dict[str, datetime] = {}
        self._looked = time.monotonic()

    async def open(
        self, user_id: str, client_id: str | None, scopes: str, refresh_of: str | None = None
    ) -> str | None:
        """A new access token; None if user, app or refresh token have just been ended."""
        token = tokens.access_token(self._organization_id[:15])
        stored = await self._store(token, "access", user_id, client_id, scopes, INACTIVITY_SECONDS, refresh_of)
        return token if stored else None

    async def open_refresh(self, user_id: str, client_id: str, scopes: str) -> str | None:
        token = tokens.refresh_token()
        return token if await self._store(token, "refresh", user_id, client_id, scopes, None, None) else None

    async def _store(self, token: str, kind: str, *more: object) -> bool:
        user_id, client_id, scopes, expires_after, refresh_of = more
        status = await self._database.execute(
            _OPEN,
            tokens.digest(token),
            kind,
            user_id,
            client_id,
            scopes,
            self._clock.now(),
            expires_after,
            refresh_of,
        )
        return status.endswith(" 1")

    async def authenticate(self, token: str | None) -> Caller:
        """Who this token speaks for, without a statement while it is held; SessionExpired if nobody."""
        if token is None or not tokens.looks_like_access_token(token):
            raise SessionExpired
        key = tokens.digest(token)
        held, now = self._held.get(key), self._clock.now()
        if held is None or self._unlooked(held) or now - held.last_used > held.expires_after:
            held = await self._load(key)  # another process may have seen it used
            if now - held.last_used > held.expires_after:
                raise SessionExpired
        held.last_used = max(held.last_used, now)
        self._used[key] = held.last_used
        self._held[key] = held
        self._held.move_to_end(key)
        if len(self._held) > HELD_MAX:
            self._held.popitem(last=False)
        return held.caller

    def _unlooked(self, held: _Held) -> bool:
        """Whether nobody has looked for revocations for so long that the row must be read again."""
        return time.monotonic() - max(held.read, self._looked) > UNLOOKED_SECONDS_MAX

    async def _load(self, key: str) -> _Held:
        read = time.monotonic()
        self._held.pop(key, None)
        row = await self._database.fetchrow(_KNOWN, key)
        if row is None:
            raise SessionExpired
        caller = Caller(
            user_id=row["user_id"],
            username=row["username"],
            role=Role(row["role"]),
            location_id=row["location_id"],
            scopes=frozenset(row["scopes"].split()),
            client_id=row["client_id"],
            organization_id=self._organization_id,
            session=key,
            since=row["created"],
        )
        last_used = max(row["last_used"], self._used.get(key, row["last_used"]))
        return _Held(caller, last_used, timedelta(seconds=row["expires_after"]), read)

    async def stored(self, token: str) -> Session | None:
        """The live session of an access or refresh token, whatever its inactivity."""
        row: Any = await self._database.fetchrow(_STORED, tokens.digest(token))
        if row is None:
            return None
        used = self._used.get(row["token_hash"], row["last_used"])
        return Session(**{**row, "last_used": max(row["last_used"], used)})

    async def revoke(self, key: str) -> None:
        """Ends a session by its key; a refresh token's access tokens with it. Safe to repeat."""
        for column in ("token_hash", "refresh_of"):  # one after the other, so that none is opened in between
            await self._end(f"{column} = $1", key)

    async def revoke_user(self, user_id: str) -> None:
        await self._end("user_id = $1", user_id)

    async def revoke_app(self, client_id: str) -> None:
        await self._end("client_id = $1", client_id)

    async def _end(self, condition: str, argument: str) -> None:
        rows = await self._database.fetch(
            f"UPDATE session SET revoked_at = clock_timestamp() WHERE {condition} AND revoked_at IS NULL "
            "RETURNING token_hash",  # the condition is one of the four above
            argument,
        )
        self._forget(row["token_hash"] for row in rows)

    def _forget(self, keys: Any) -> None:
        for key in keys:
            self._held.pop(key, None)

    async def look(self) -> None:
        """Forgets what other processes have revoked. Looks back further than the last look began, because
        a revocation is dated before it commits, and a row read before it may be held after it."""
        began = time.monotonic()
        rows = await self._database.fetch(_REVOKED, began - self._looked + _OVERLAP_SECONDS)
        self._forget(row["token_hash"] for row in rows)
        self._looked = began

    async def flush(self) -> None:
        """Writes when sessions were last used, all in one statement."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            await self._database.execute(_USED, list(used), list(used.values()))
        except BaseException:
            self._used = used | self._used
            raise

    async def prune(self) -> None:
        """Deletes sessions that ended more than a day ago."""
        await self._database.execute(_PRUNE, self._clock.now())

    async def run_background(self) -> None:
        """Looks every second, flushes and prunes now and then, until cancelled."""
        look = 0
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_SECONDS)
                look += 1
                await self._tend(look)
        finally:
            with contextlib.suppress(Exception):
                await self.flush()

    async def _tend(self, look: int) -> None:
        try:
            await self.look()
            if look % _FLUSH_EVERY_LOOKS == 0:
                await self.flush()
            if look % _PRUNE_EVERY_LOOKS == 0:
                await self.prune()
        except Exception as error:
            _log.warning("sessions not tended", error=type(error).__name__)
