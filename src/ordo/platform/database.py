"""PostgreSQL as Ordo uses it: a pool that reads, a pool that writes, every statement counted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from prometheus_client import Counter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STATEMENTS = Counter("ordo_sql_statements", "SQL statements sent, BEGIN and COMMIT included")

# The one write statement is planned once and then used for a while: planning it each time costs more than
# running it. Plans are renewed soon all the same, since one made for an empty table is wrong for a full one.
_WRITE_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
# Queries are planned each time, on the sizes and values of that moment: a plan kept from when a table was
# empty reads all of it for ever after.
_READ_SETTINGS = {"plan_cache_mode": "force_custom_plan", "jit": "off"}
_AS_READER = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', true)"
    for name, value in {**dict.fromkeys(_WRITE_SETTINGS, "on"), **_READ_SETTINGS}.items()
)
SHAPES_PER_CONNECTION = 64
PLAN_SECONDS = 10

# The database is gone, going or coming: what was asked may or may not have happened.
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says when a connection ends between two of its steps
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    OSError,
    TimeoutError,
)


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """An asyncpg connection that counts what it sends."""

    async def execute(self, query: str, *args: Any, **more: Any) -> Any:
        STATEMENTS.inc()
        return await super().execute(query, *args, **more)

    async def fetch(self, query: str, *args: Any, **more: Any) -> Any:
        STATEMENTS.inc()
        return await super().fetch(query, *args, **more)

    async def fetchrow(self, query: str, *args: Any, **more: Any) -> Any:
        STATEMENTS.inc()
        return await super().fetchrow(query, *args, **more)

    async def fetchval(self, query: str, *args: Any, **more: Any) -> Any:
        STATEMENTS.inc()
        return await super().fetchval(query, *args, **more)


async def plan_as_reader(connection: Connection) -> None:
    """Until its transaction ends, a connection of the write pool plans as those that read do."""
    await connection.execute(_AS_READER)


def _as_it_is(document: bytes) -> bytes:
    return document


async def _json_is_bytes(connection: asyncpg.Connection) -> None:
    """JSON crosses as bytes both ways: msgspec makes and reads it, nothing decodes it twice."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_as_it_is, decoder=_as_it_is, format="binary"
    )


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Nothing here changes a session (transactions end where they begin), so none is reset on release."""


class Database:
    """The two pools. `read` for queries outside business transactions, `write` for Work alone."""

    def __init__(self, read: asyncpg.Pool, write: asyncpg.Pool) -> None:
        self._read = read
        self.write = write

    @classmethod
    async def connect(cls, dsn: str, *, readers: int = 4, writers: int = 4) -> Database:
        read = await _pool(dsn, readers, _READ_SETTINGS)
        write = await _pool(dsn, writers, _WRITE_SETTINGS)
        return cls(read, write)

    async def close(self) -> None:
        await self._read.close()
        await self.write.close()

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Connection]:
        async with self._read.acquire() as connection:
            yield connection

    async def fetch(self, sql: str, *args: Any) -> Sequence[Any]:
        async with self._read.acquire() as connection:
            rows: Sequence[Any] = await connection.fetch(sql, *args)
            return rows

    async def fetchrow(self, sql: str, *args: Any) -> Any:
        async with self._read.acquire() as connection:
            return await connection.fetchrow(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """One statement of the machine room (sessions, leases): its own transaction, never business data."""
        async with self._read.acquire() as connection:
            status: str = await connection.execute(sql, *args)
            return status


async def _pool(dsn: str, size: int, settings: dict[str, str]) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        connection_class=Connection,
        init=_json_is_bytes,
        reset=_leave_as_it_is,
        server_settings={"application_name": "ordo", "timezone": "UTC", **settings},
        statement_cache_size=SHAPES_PER_CONNECTION,
        max_cached_statement_lifetime=PLAN_SECONDS,
        command_timeout=60,
    )
